"""The commands that judge past orders again, and report on them: `cds-service replay ...`."""

import os
from datetime import UTC, datetime, timedelta, tzinfo
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from cds_service import __version__
from cds_service.cli.reporting import as_page
from cds_service.errors import BadValue
from cds_service.settings import settings_from

if TYPE_CHECKING:
    from cds_service.replay.steps import ReplayJob

_ENGINES = ("duckdb", "spark")
_NO_ZONE = (
    "CDS_TIME_ZONE is not set: dates without a time are read in the offset of each order. Where the "
    "server writes UTC, a day then begins at another hour than on the ward, and the next day may count."
)


class ReplayGroup(click.Group):
    """What is none of the commands is the folder of an export, to be replayed."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant."""
        is_named = bool(args) and args[0] in self.commands
        return super().resolve_command(ctx, args if is_named else ["run", *args])


@click.group(cls=ReplayGroup, context_settings={"ignore_unknown_options": True})
def replay() -> None:
    """Judge the orders of a FHIR bulk export as of their day: `replay NDJSON_DIR --out DIR`."""


def day(value: str | None, zone: tzinfo) -> datetime | None:
    """A day as its first moment in a zone, None for none. Raises BadParameter."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a day such as 2026-03-10") from None


@replay.command("run")
@click.argument("source", metavar="NDJSON_DIR")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="A new folder.")
@click.option(
    "--knowledge",
    "folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Criteria to judge by, one set of rows each; those in force unless said.",
)
@click.option("--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Processes.")
@click.option("--engine", type=click.Choice(_ENGINES), default="duckdb", show_default=True)
@click.option("--since", metavar="DAY", help="Orders from this day on.")
@click.option("--until", metavar="DAY", help="Orders to this day, including it.")
@click.option("--client", default="", metavar="NAME", help="The trusted client whose orders they are.")
@click.option("--quiet", is_flag=True, help="Say nothing of how far it has come.")
def run(
    source: str, out: Path | None, folders: tuple[Path, ...], engine: Literal["duckdb", "spark"], **asked: Any
) -> None:
    """Judge the orders of an export, each as of the moment it was written."""
    if out is None:
        raise click.UsageError("name the new folder with --out DIR")
    require("duckdb" if engine == "duckdb" else "pyspark")
    from cds_service.replay.summary import read_summary

    workers: int = asked["workers"]
    job = _job(source, folders, asked)
    if engine == "spark":
        from cds_service.replay.spark import replay_on_spark

        replay_on_spark(job, out, workers=workers, tell=_silent if asked["quiet"] else _told)
    else:
        from cds_service.replay.duck import replay_on_one_machine

        replay_on_one_machine(job, out, workers=workers, tell=_silent if asked["quiet"] else _told)
    for line in read_summary(out).lines_said():
        click.echo(line)


def _told(line: str) -> None:
    click.echo(line, err=True)


def _silent(line: str) -> None:
    """For a run that says nothing of how far it has come."""


def _job(source: str, folders: tuple[Path, ...], asked: dict[str, Any]) -> "ReplayJob":
    from cds_service.records.start import site_keys_from
    from cds_service.replay.judging import JudgeSetup
    from cds_service.replay.lines import Asked
    from cds_service.replay.steps import editions_of, job_of

    settings = settings_from(os.environ)
    editions = editions_of(folders, settings.knowledge_dir)
    setup = JudgeSetup(settings, editions, site_keys_from(settings), client=asked["client"])
    setup.sites()  # what cannot be loaded is told here, and not by each of the processes
    if settings.time_zone is None and not asked["quiet"]:
        _told(_NO_ZONE)
    zone = settings.time_zone or UTC
    since, last = day(asked["since"], zone), day(asked["until"], zone)
    if since and last and last < since:
        raise click.UsageError("--until is before --since; no order is of such a time.")
    return job_of(source, setup, Asked(since, last + timedelta(days=1) if last else None))


def require(module: str) -> None:
    """Raises BadValue where an optional part is not installed."""
    extra = "spark" if module == "pyspark" else "replay"
    if find_spec(module) is None:
        raise BadValue(f"replay needs {module}, which is not installed; install cds-service[{extra}].")


@replay.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--patients", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same export.")
def example(folder: Path, patients: int, seed: int) -> None:
    """Write a synthetic export to try a replay with; nobody in it lives."""
    from cds_service.replay.example import write_example

    for name, count in write_example(folder, patients=patients, seed=seed).items():
        click.echo(f"{folder / name}.ndjson: {count:,}")


@replay.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--edition", default="", metavar="NAME", help="The set to report on; the first unless said.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
@as_page
def report(folder: Path, edition: str, as_json: bool, html_file: Path | None) -> None:
    """Print what a replay would have said, to whom, and what another edition would change."""
    require("duckdb")
    from cds_service.app import knowledge_in_force
    from cds_service.cli.main import console
    from cds_service.cli.show_report import print_as_json, print_sheet
    from cds_service.replay.report import replay_report

    settings = settings_from(os.environ)
    knowledge, zone = knowledge_in_force(settings), settings.time_zone
    found = replay_report(folder, knowledge, edition, zone=zone.key if zone else "UTC")
    if html_file is not None:
        from cds_service.web.insights import sheets_file

        said = {"report": found, "key_figures": found.key_figures(), "lines": [*found.summary.lines_said()]}
        html_file.write_text(sheets_file(found.groups, version=__version__, **said), encoding="utf-8")
    if as_json:
        print_as_json(found)
    elif html_file is None:
        for name, value in found.key_figures():
            click.echo(f"{name}: {value}")
        for sheet in (sheet for sheet in found.every_sheet if sheet.rows):
            print_sheet(sheet, console())
