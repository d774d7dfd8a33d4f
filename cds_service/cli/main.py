"""The commands of `cds-service` and how their errors are shown."""

# Each command imports what it needs when it runs: help and version do not wait for all that judges an order.

import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import click

from cds_service import __version__
from cds_service.cli.doctor.command import doctor
from cds_service.cli.records import records
from cds_service.cli.replay import replay
from cds_service.cli.reporting import consult, export, report
from cds_service.cli.upkeep import UPKEEP
from cds_service.errors import BadRequest, CdsServiceError, trail_of
from cds_service.setting_table import SETTINGS
from cds_service.settings import settings_from, value_from, values_shown

if TYPE_CHECKING:
    from rich.console import Console

    from cds_service.evaluate import Advisor


_WIDEST = 110
"""Lines longer than this are hard to read."""
_LONG_VALUE = 36
_LEAST_MEANING = 24

REQUEST = click.argument("request_file", metavar="REQUEST.json", type=click.File("rb"))


def instant(value: str) -> datetime:
    """An ISO 8601 instant, aware; without an offset it is read in the local zone. Raises BadParameter."""
    try:
        return datetime.fromisoformat(value).astimezone()
    except ValueError:
        raise click.BadParameter(f"{value!r} is not an instant such as 2026-03-10T09:30:00Z") from None


REFUSED, FAILED, FAULT, INTERRUPTED = 1, 2, 3, 130
AT = click.option(
    "--at", type=instant, metavar="INSTANT", help="Judge as of this instant, as in 2026-03-10T09:30:00Z."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cds-service")
def cli() -> None:
    """CDS Hooks service for imaging orders in hemoptysis, by the ACR Appropriateness Criteria."""


for command in UPKEEP:
    records.add_command(command)
for command in (report, consult, export, records, doctor, replay):
    cli.add_command(command)


@cli.command()
@click.option("--host", help="Address to listen on (CDS_HOST).")
@click.option("--port", type=int, help="Port to listen on (CDS_PORT).")
@click.option("--workers", type=int, help="Processes that answer requests (CDS_WORKERS).")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Start the service."""
    from cds_service.cli.serve import serve_forever

    given = {"CDS_HOST": host, "CDS_PORT": port, "CDS_WORKERS": workers}
    flags = {name: str(value) for name, value in given.items() if value is not None}
    serve_forever(settings_from({**os.environ, **flags}))


@cli.command()
@REQUEST
@AT
@click.option("--json", "as_json", is_flag=True, help="Print the raw answer.")
def ask(request_file: BinaryIO, at: datetime | None, as_json: bool) -> None:
    """Print the cards for a captured request as a person would see them."""
    from cds_service.cli.show import print_answer, print_raw
    from cds_service.support.captures import asked, captured

    evaluation = asked(captured(request_file), at, _advisor())
    if as_json:
        print_raw(evaluation.response)
    else:
        print_answer(evaluation.response, console())


@cli.command()
@REQUEST
@AT
def explain(request_file: BinaryIO, at: datetime | None) -> None:
    """Print every step that leads from a captured request to its answer."""
    from cds_service.cli.show import print_explanation
    from cds_service.support.captures import asked, captured

    advisor = _advisor()
    evaluation = asked(captured(request_file), at, advisor, entries=[])
    print_explanation(evaluation, advisor.knowledge, console())


@cli.command("check-request")
@REQUEST
@AT
@click.option(
    "--anonymize",
    "--anonymise",  # as it was first spelled
    "copy_file",
    metavar="OUT.json",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a copy without names, birth dates, identifiers and free text, to be shared.",
)
def check_request(request_file: BinaryIO, at: datetime | None, copy_file: Path | None) -> None:
    """Print what a captured request holds, what is read of it, and the answer.

    The exit code is 0 if it is answered and 1 if it is refused.
    """
    from cds_service.support.captures import captured, examined
    from cds_service.support.report import report_on
    from cds_service.support.shared_copy import random_days, refuse_to_overwrite, write_copy

    if copy_file is not None:
        refuse_to_overwrite(copy_file)
    advisor = _advisor()
    try:
        body = captured(request_file)
    except BadRequest as refusal:
        click.echo(f"Refused\n  {refusal.message}")
        sys.exit(REFUSED)
    examination = examined(body, at, advisor)
    for line in report_on(examination, advisor.knowledge):
        click.echo(line)
    if copy_file is not None:
        for line in write_copy(body, copy_file, at=at, advisor=advisor, days=random_days):
            click.echo(line)
    sys.exit(REFUSED if examination.refusals else 0)


@cli.command()
@click.argument("name", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the names, and what each example shows.")
def example(name: str | None, as_list: bool) -> None:
    """Print an example request, of a fictitious patient, for `ask -` or to be posted to the service."""
    from cds_service.examples import FIRST, about, names, text

    if as_list:
        width = max(map(len, names()))
        for known in names():
            click.echo(f"{known:<{width}}  {about(known)}")
        return
    click.echo(text(name or FIRST).encode(), nl=False)  # bytes, so that no terminal changes a character


@cli.command("check-order-codes")
@click.argument(
    "codes_file", metavar="FILE.csv", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
def check_order_codes(codes_file: Path) -> None:
    """Check a file of a site's own order codes (CDS_ORDER_CODES)."""
    from cds_service.knowledge.load import load_knowledge
    from cds_service.knowledge.site_codes import site_codes_from, site_codes_summary

    knowledge = load_knowledge(settings_from(_environ_without("CDS_ORDER_CODES")).knowledge_dir)
    click.echo(site_codes_summary(site_codes_from(codes_file, knowledge), knowledge))


@cli.command("check-observation-codes")
@click.argument(
    "codes_file", metavar="FILE.csv", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
def check_observation_codes(codes_file: Path) -> None:
    """Check a file of a site's own observation codes (CDS_OBSERVATION_CODES)."""
    from cds_service.knowledge.load import load_knowledge
    from cds_service.knowledge.site_codes import observation_codes_from, observation_codes_summary

    environ = _environ_without("CDS_OBSERVATION_CODES")
    knowledge = load_knowledge(settings_from(environ).knowledge_dir)
    click.echo(observation_codes_summary(observation_codes_from(codes_file, knowledge), knowledge))


@cli.command("check-trusted-clients")
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def check_trusted_clients(file: Path) -> None:
    """Check a file of trusted clients (CDS_TRUSTED_CLIENTS)."""
    from cds_service.trust.client_file import clients_summary, trusted_clients_from

    is_development = value_from(os.environ, "CDS_PROFILE") == "development"
    click.echo(clients_summary(trusted_clients_from(file, http_allowed=is_development)))


@cli.command("check-knowledge")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="Folder to check (CDS_KNOWLEDGE_DIR).")
def check_knowledge(folder: Path | None) -> None:
    """Check the criteria, definitions, code lists and sources."""
    from cds_service.knowledge.load import knowledge_summary, load_knowledge

    knowledge = load_knowledge(folder or settings_from(os.environ).knowledge_dir)
    click.echo(knowledge_summary(knowledge))


@cli.command("settings")
@click.option("--json", "as_json", is_flag=True, help="Print them as one JSON object of texts.")
def show_settings(as_json: bool) -> None:
    """Print the settings in force, secrets hidden."""
    shown = values_shown(settings_from(os.environ))
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for line in setting_lines(shown, width=console().width):
        click.echo(line)


def setting_lines(shown: Mapping[str, str], *, width: int) -> Iterator[str]:
    """Each setting with its value in one piece, however long, and its meaning beside or below."""
    names = max(map(len, shown)) + 2
    column = names + min(_LONG_VALUE, max(map(len, shown.values()))) + 2
    margin = column if width - column >= _LEAST_MEANING else 4
    for setting in SETTINGS:
        head = f"{setting.name:<{names}}{shown[setting.name]}"
        meaning = wrap(setting.meaning, max(width - margin, _LEAST_MEANING))
        is_beside = len(head) <= margin - 2
        yield f"{head:<{margin}}{meaning.pop(0)}" if is_beside else head.rstrip()
        yield from (" " * margin + line for line in meaning)


def console() -> "Console":
    """A console that takes no text of a request for markup. NO_COLOR and pipes turn colors off."""
    from rich.console import Console  # not for `--version`, which prints without it

    found = Console(markup=False, emoji=False, highlight=False)
    found.width = min(found.width, _WIDEST)
    return found


def forgive_narrow_encodings() -> None:
    """Characters that the terminal cannot show become `?`, instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _advisor() -> "Advisor":
    from cds_service.app import advisor_from

    return advisor_from(settings_from(os.environ))


def _environ_without(name: str) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != name}


def main() -> None:
    """The entry point: every error becomes one plain message, and an exit code of 2 where it is no fault."""
    forgive_narrow_encodings()
    try:
        cli.main(prog_name="cds-service", standalone_mode=False)
    except CdsServiceError as error:
        _stop(error.message, FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except Exception as fault:
        if isinstance(fault, OSError) and is_at_a_path_that_was_given(fault):
            _stop(f"{fault.filename} cannot be used ({fault.strerror}); name another", FAILED)
        _stop(f"a fault of this program, {trail_of(fault)}. Please report it with these words.", FAULT)


def is_at_a_path_that_was_given(error: OSError) -> bool:
    """Whether a file or folder is amiss that a word of the command line names, or one in it."""
    if not isinstance(error.filename, str | Path):
        return False
    place = Path(error.filename).absolute()
    given = (
        Path(name).absolute() for word in sys.argv[1:] for name in (word, word.partition("=")[2]) if name
    )
    return any(path in (place, *place.parents) for path in given)


def _stop(message: str, exit_code: int) -> NoReturn:
    click.echo(f"cds-service: {message}", err=True)
    sys.exit(exit_code)
