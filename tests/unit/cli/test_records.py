"""`cds-service records migrate` and `new-key`: what they do, and what they say."""

import re
from pathlib import Path

import pytest

from cds_service.records.sql.engine import engine_from, migrating_engine_from
from cds_service.records.sql.schema import require_current
from cds_service.settings import settings_from
from tests.unit.cli.command import Command
from tests.unit.records.version_0_1_0 import make_tables_of_0_1_0


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/record.db"


def test_it_makes_the_tables_of_an_empty_database_and_then_has_nothing_to_do(
    cds_service: Command, url: str
) -> None:
    first = cds_service("records", "migrate", "--database", url).out
    second = cds_service("records", "migrate", "--database", url).out

    assert first == "The tables are at revision 0003; before: none, the database was empty\n"
    assert second == "Nothing to do: the tables are at revision 0003\n"
    require_current(engine_from(url))


def test_it_goes_up_from_0_1_0_and_down_again(cds_service: Command, url: str) -> None:
    make_tables_of_0_1_0(migrating_engine_from(url, seconds=10))

    assert "revision 0003; before: base" in cds_service("records", "migrate", "--database", url).out
    assert (
        "revision 0001; before: 0003"
        in cds_service("records", "migrate", "--database", url, "--to", "0001").out
    )
    assert (
        "revision base; before: 0001"
        in cds_service("records", "migrate", "--database", url, "--to", "base").out
    )


def test_it_reads_the_setting_of_the_database_and_no_other(
    cds_service: Command, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", url)
    monkeypatch.setenv("CDS_PROFILE", "production")  # which asks for more than a migration needs

    assert cds_service("records", "migrate").code == 0
    require_current(engine_from(url))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "0999"), "0999 is no revision of this version; known are base, 0001, 0002, 0003"),
        (
            ("--database", "mysql://u:hunter2@h/d"),
            "CDS_DATABASE_URL: expected sqlite:///FILE or postgresql://",
        ),
        (
            ("--database", "postgresql://u:hunter2@127.0.0.1:1/d"),
            "://***@127.0.0.1:1/d cannot be used (refused)",
        ),
        (("--database", "sqlite:////proc/record.db"), "cannot be used (no such database)"),
    ],
)
def test_what_is_wrong_is_said_and_no_password_is(
    cds_service: Command, arguments: tuple[str, ...], said: str
) -> None:
    done = cds_service("records", "migrate", *arguments)

    assert done.code == 2
    assert said in done.err
    assert "hunter2" not in done.err


def test_a_new_key_is_one_that_production_takes_and_never_the_same(cds_service: Command) -> None:
    first, second = (cds_service("records", "new-key").out for _ in range(2))

    assert re.fullmatch(r"[0-9a-f]{64}\n", first)
    assert first != second
    assert settings_from({"CDS_SITE_KEY": f"{first.strip()},{second.strip()}"}).site_key
