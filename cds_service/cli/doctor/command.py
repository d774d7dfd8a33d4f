"""`cds-service doctor`: what is well, what is not, and what to do."""

import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import click

from cds_service.errors import SettingsError
from cds_service.settings import settings_from

if TYPE_CHECKING:
    from cds_service.cli.doctor.checks import Finding

FAULTS_FOUND: Final = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def doctor(as_json: bool) -> None:
    """Look at settings, knowledge, database, spool, servers, keys and clock, and say what to do.

    The exit code is 1 where something is at fault. Nothing is changed.
    """
    logging.disable(logging.CRITICAL)  # all of it is told as a finding
    try:
        found = list(_findings())
    finally:
        logging.disable(logging.NOTSET)
    faults = sum(finding.outcome == "fault" for finding in found)
    if as_json:
        told = [
            {"check": each.check, "outcome": each.outcome, "says": each.says, "do": each.do} for each in found
        ]
        click.echo(json.dumps({"faults": faults, "findings": told}, indent=2))
    else:
        for line in _lines(found):
            click.echo(line)
        click.echo(f"{faults} fault{'' if faults == 1 else 's'}")
    sys.exit(FAULTS_FOUND if faults else 0)


def _findings() -> Iterator["Finding"]:
    from cds_service.cli.doctor.checks import faults_of_settings, findings_of

    try:
        settings = settings_from(os.environ)
    except SettingsError as error:
        yield from faults_of_settings(error)
        return
    yield from findings_of(settings)


def _lines(found: Iterable["Finding"]) -> Iterator[str]:
    marks = {"ok": "ok", "note": "note", "fault": "FAULT"}
    for finding in found:
        yield f"{marks[finding.outcome]:<6}{finding.check:<16}{finding.says}"
        if finding.do:
            yield f"{'':<22}{finding.do}"
