"""The commands that tend the record: what is old goes, and what is there holds together."""

import os
import re
import sys
from datetime import timedelta

import click

from cds_service.cli.reporting import now_at
from cds_service.settings import settings_from

FAULTS_FOUND = 1
_RETENTION = "400d"
"""How long the record is kept unless said otherwise: a year, and a month to compare it (project default)."""


def days(value: str) -> timedelta:
    """A number of days such as `400d`; raises BadParameter."""
    found = re.fullmatch(r"(\d{1,5})d", value.strip())
    if not found or int(found[1]) == 0:
        raise click.BadParameter(f"{value!r} is not a number of days such as {_RETENTION}")
    return timedelta(days=int(found[1]))


@click.command()
@click.option("--older-than", type=days, default=_RETENTION, metavar="DAYS", help="400d unless said.")
@click.option("--dry-run", is_flag=True, help="Count what would go, and change nothing.")
def purge(older_than: timedelta, dry_run: bool) -> None:
    """Delete what is old from the record: consultations with their cards and feedback."""
    from cds_service.records.upkeep import purge as purging

    settings = settings_from(os.environ)
    act = purging.would_purge if dry_run else purging.purge
    gone = act(settings.database_url, older_than=older_than, now=now_at(settings))
    word = "Would delete" if dry_run else "Deleted"
    click.echo(
        f"{word}: {gone.consultations:,} consultations, {gone.cards:,} cards, "
        f"{gone.feedback:,} items of feedback (older than {older_than.days} days)"
    )


@click.command()
def verify() -> None:
    """Check that the record holds together; the exit code is 1 where it does not."""
    from cds_service.records.upkeep.verify import verify as findings_of

    settings = settings_from(os.environ)
    findings = findings_of(settings.database_url, now_at(settings))
    for finding in findings:
        mark = "FAULT" if finding.is_fault and finding.count else "ok" if finding.is_fault else ""
        click.echo(f"{mark:<6}{finding.count:>9,} {finding.says}")
    sys.exit(FAULTS_FOUND if any(finding.is_fault and finding.count for finding in findings) else 0)


UPKEEP = (purge, verify)
"""The commands of `cds-service records` that are defined here."""
