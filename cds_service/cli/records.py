"""The commands that tend the record: `cds-service records ...`."""

import os
import secrets

import click

from cds_service.settings import value_from

_BYTES_OF_A_KEY = 32


@click.group()
def records() -> None:
    """Tend the database of the record."""


@records.command("new-key")
def new_key() -> None:
    """Print a new secret for CDS_SITE_KEY."""
    click.echo(secrets.token_hex(_BYTES_OF_A_KEY))


@records.command()
@click.option("--database", metavar="URL", help="The database (CDS_DATABASE_URL).")
@click.option("--to", metavar="REVISION", help="Another revision than this version's; `base`: as 0.1.0 had.")
def migrate(database: str | None, to: str | None) -> None:
    """Bring the tables of the record up to this version, or to a revision; nothing kept is lost."""
    from cds_service.records.sql.schema import BEFORE_REVISIONS, REVISIONS, migrate_database

    known = (BEFORE_REVISIONS, *REVISIONS)
    target = to or REVISIONS[-1]
    if target not in known:
        raise click.BadParameter(f"{target} is no revision of this version; known are {', '.join(known)}")
    environ = os.environ if database is None else {"CDS_DATABASE_URL": database}
    before = migrate_database(value_from(environ, "CDS_DATABASE_URL"), to=target)
    if before == target:
        click.echo(f"Nothing to do: the tables are at revision {target}")
    else:
        click.echo(f"The tables are at revision {target}; before: {before or 'none, the database was empty'}")
