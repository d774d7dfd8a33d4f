"""The commands that ask the record: what was judged, what came of it, and the record itself as files."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cds_service import __version__
from cds_service.settings import settings_from

if TYPE_CHECKING:
    from cds_service.records.upkeep.export import ExportFormat
    from cds_service.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])
NOT_FOUND = 1


def questions(command: Command) -> Command:
    """The options that say what a report is about."""
    for option in reversed(
        (
            click.option(
                "--since", metavar="DAY", help="From this day or instant on; 30 days ago unless said."
            ),
            click.option("--until", metavar="DAY", help="To this day, including it, or before this instant."),
            click.option("--service", metavar="ID", help="Of this service only."),
            click.option("--client", metavar="NAME", help="Of this client only."),
            click.option("--procedure", metavar="ID", help="Orders of this study only."),
            click.option("--variant", metavar="CODE", help="Orders judged under this variant only."),
            click.option("--compare-since", metavar="DAY", help="Beside another period, from this day on."),
            click.option("--compare-until", metavar="DAY", help="Beside another period, to this day."),
            click.option("--by", metavar="UNIT", help="Count over time by day, week or month."),
            click.option(
                "--hours", metavar="COUNT", help="How long an answer is waited for; 24 unless said."
            ),
        )
    ):
        command = option(command)
    return command


as_page = click.option(
    "--html",
    "html_file",
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write one page with charts, which needs nothing beside it.",
)


@click.command()
@questions
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
@as_page
def report(as_json: bool, html_file: Path | None, **asked: str | None) -> None:
    """Print what was judged and what came of it, from the record."""
    from cds_service.app import knowledge_in_force
    from cds_service.cli.main import console
    from cds_service.cli.show_report import print_as_json, print_report
    from cds_service.records.report.asking import question_from
    from cds_service.records.report.report import report_on

    settings = settings_from(os.environ)
    knowledge = knowledge_in_force(settings)
    given = {name.replace("_", "-"): value for name, value in asked.items() if value is not None}
    question = question_from(given, knowledge, now_at(settings))
    found = report_on(settings.database_url, question, knowledge)
    if html_file is not None:
        from cds_service.web.insights import report_file

        html_file.write_text(report_file(found, knowledge, __version__), encoding="utf-8")
    if as_json:
        print_as_json(found)
    elif html_file is None:
        from cds_service.records.report.sheets import sheets

        print_report(found, sheets(found, knowledge), console())


@click.command()
@click.argument("any_id", metavar="ID")
@click.option("--comments", is_flag=True, help="Print comments too, which may name a patient.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def consult(any_id: str, comments: bool, as_json: bool) -> None:
    """Print a consultation as it was judged, by its consult id, call id or a card's uuid."""
    from cds_service.cli.show_report import lines_of, print_as_json, without_comments
    from cds_service.records.upkeep.lookup import consultations_of

    settings = settings_from(os.environ)
    found = consultations_of(settings.database_url, any_id)
    if not comments:
        found = [without_comments(one) for one in found]
    if not found:
        click.echo("Not in the record.", err=True)
        sys.exit(NOT_FOUND)
    if as_json:
        print_as_json(found)
        return
    for one in found:
        for line in lines_of(one, settings.time_zone):
            click.echo(line)


@click.command()
@click.option(
    "--parquet", "parquet_folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False)
)
@click.option("--csv", "csv_folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@click.option("--comments", is_flag=True, help="Write comments too, which may name a patient.")
def export(parquet_folder: Path | None, csv_folder: Path | None, comments: bool) -> None:
    """Write the record to a folder as Parquet (needs cds-service[parquet]) or CSV, a file for each table."""
    from cds_service.records.upkeep.export import export as export_record

    if (parquet_folder is None) == (csv_folder is None):
        raise click.UsageError("name one of --parquet FOLDER and --csv FOLDER")
    folder = parquet_folder or csv_folder
    assert folder is not None
    database_url = settings_from(os.environ).database_url
    form: ExportFormat = "csv" if parquet_folder is None else "parquet"
    counts = export_record(database_url, folder, form, with_comments=comments)
    for name, count in counts.items():
        click.echo(f"{folder / name}: {count:,} rows")


def now_at(settings: "Settings") -> datetime:
    """Now, in the zone of the site."""
    return datetime.now(UTC).astimezone(settings.time_zone)
