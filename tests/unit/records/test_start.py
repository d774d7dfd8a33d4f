"""Database and spool are tried at the start: what production refuses and how, and what development says."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.errors import SettingsError
from cds_service.records.sql.schema import migrate_database
from cds_service.settings import Settings, settings_from
from tests.unit.records.postgresql import GUARDED, Server, free_port

PRODUCTION = {
    "CDS_PROFILE": "production",
    "CDS_PUBLIC_URL": "https://cds.example.org",
    "CDS_TRUSTED_CLIENTS": "gateway",
    "CDS_FHIR_SERVERS": "none",
    "CDS_SITE_KEY": "a key of this test that is long enough",
}
HEAD = "0003"


def production(url: str) -> Settings:
    return settings_from(PRODUCTION | {"CDS_DATABASE_URL": url})


def refusal(url: str) -> str:
    with pytest.raises(SettingsError) as refused:
        create_app(production(url))
    (fault,) = refused.value.faults
    assert fault.startswith("CDS_DATABASE_URL: ")
    assert fault.endswith(" (CDS_PROFILE is production)")
    return fault


def test_production_starts_on_tables_of_this_version(database_url: str) -> None:
    migrate_database(database_url, to=HEAD)

    create_app(production(database_url))


def test_production_refuses_tables_of_an_earlier_version_and_says_what_to_run(database_url: str) -> None:
    migrate_database(database_url, to="0001")

    fault = refusal(database_url)

    assert "(old schema)" in fault
    assert "run `cds-service records migrate`" in fault
    migrate_database(database_url, to=HEAD)
    create_app(production(database_url))


def test_production_refuses_an_empty_database_and_says_what_to_run(server: Server) -> None:
    with server.database("empty") as url:
        assert "(no tables): it is empty; correct its name, or run `cds-service records migrate`" in refusal(
            url
        )


def test_the_whole_refusal_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}/record.db") == (
        f"CDS_DATABASE_URL: sqlite:///{tmp_path}/record.db cannot be used (no such database): it is not "
        "there; correct its name, or make it and run `cds-service records migrate` "
        "(CDS_PROFILE is production)"
    )


@pytest.fixture
def migrated(server: Server) -> Iterator[str]:
    with server.database("migrated") as url:
        migrate_database(url, to=HEAD)
        yield url


@pytest.mark.integration
@pytest.mark.parametrize(
    ("user", "kind"),
    [
        (GUARDED, "authentication"),  # without a password
        (f"{GUARDED}:hunter2", "authentication"),
        ("nobody_of_that_name", "authentication"),
        ("uninvited", "authentication"),
        (f"{GUARDED}:right", "permission"),
    ],
)
def test_a_user_of_postgresql_that_may_not_is_refused_and_no_password_is_shown(
    server: Server, migrated: str, user: str, kind: str
) -> None:
    fault = refusal(server.url_of("migrated", user))

    assert f"({kind})" in fault
    assert "hunter2" not in fault
    assert "right@" not in fault


@pytest.mark.integration
def test_a_user_with_the_rights_that_the_page_grants_may_serve_and_not_migrate(
    server: Server, migrated: str
) -> None:
    for statement in GRANTS:
        server.run(statement, "migrated")
    url = server.url_of("migrated", f"{GUARDED}:right")

    create_app(production(url))
    migrate_database(migrated, to="0001")
    with pytest.raises(SettingsError, match=r"\(permission\)"):
        migrate_database(url, to=HEAD)


GRANTS = (
    "GRANT SELECT ON alembic_version TO guarded",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON consultations, cards, quiet, feedback, seen_tokens TO guarded",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO guarded",
)


@pytest.mark.integration
def test_a_database_of_postgresql_that_is_not_there_is_named_so(server: Server) -> None:
    assert "(no such database)" in refusal(server.url_of("nowhere"))


@pytest.mark.integration
def test_a_database_that_can_only_be_read_is_refused(server: Server, migrated: str) -> None:
    server.run("ALTER DATABASE migrated SET default_transaction_read_only = on")

    assert "(read-only)" in refusal(migrated)


@pytest.mark.integration
def test_a_database_that_admits_no_further_connection_is_not_ready(server: Server, migrated: str) -> None:
    server.run(f"ALTER ROLE {GUARDED} CONNECTION LIMIT 0")
    try:
        assert "(not ready)" in refusal(server.url_of("migrated", f"{GUARDED}:right"))
    finally:
        server.run(f"ALTER ROLE {GUARDED} CONNECTION LIMIT -1")


@pytest.mark.integration
def test_a_table_that_another_holds_is_locked(server: Server, migrated: str) -> None:
    import psycopg

    with psycopg.connect(migrated) as other:
        other.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")

        assert "(locked)" in refusal(migrated)


def test_a_port_where_nothing_listens_refuses() -> None:
    assert "(refused)" in refusal(f"postgresql://cds:hunter2@127.0.0.1:{free_port()}/cds")


def test_a_name_that_no_one_knows_is_unreachable() -> None:
    fault = refusal("postgresql://cds:hunter2@no-such-host.invalid/cds")

    assert "postgresql://***@no-such-host.invalid/cds cannot be used (unreachable)" in fault
    assert "hunter2" not in fault


@pytest.fixture
def no_folder(tmp_path: Path) -> Path:
    """A place for a spool where nobody, whatever their rights, can make a folder."""
    file = tmp_path / "file"
    file.touch()
    return file / "spool"


def test_production_refuses_a_spool_that_cannot_be_written(database_url: str, no_folder: Path) -> None:
    migrate_database(database_url, to=HEAD)

    with pytest.raises(SettingsError) as refused:
        create_app(
            settings_from(
                PRODUCTION | {"CDS_DATABASE_URL": database_url, "CDS_SPOOL_DIR": str(no_folder)},
            )
        )
    assert refused.value.faults == (
        f"CDS_SPOOL_DIR: {no_folder} cannot be written (Not a directory); name a folder that the service can "
        "write, on a disk that outlives the process (CDS_PROFILE is production)",
    )


def test_development_says_that_the_spool_cannot_be_written_and_goes_on(
    database_url: str, no_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    create_app(settings_from({"CDS_DATABASE_URL": database_url, "CDS_SPOOL_DIR": str(no_folder)}))

    assert f"CDS_SPOOL_DIR: {no_folder} cannot be written (Not a directory)" in caplog.text
    assert "no consultation is recorded until then" in caplog.text


def test_a_spool_that_was_tried_leaves_nothing_behind(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    create_app(settings_from({"CDS_DATABASE_URL": database_url, "CDS_SPOOL_DIR": str(folder)}))

    assert list(folder.iterdir()) == []


def test_development_says_what_is_wrong_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "folder.db").mkdir()

    app = create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/folder.db"}))

    assert app.test_client().get("/cds-services").status_code == 200
    said = [record.getMessage() for record in caplog.records]
    assert any(
        line.startswith(f"CDS_DATABASE_URL: sqlite:///{tmp_path}/folder.db cannot be used (not a database): ")
        and line.endswith("; feedback is refused until then")
        for line in said
    )


def test_development_makes_the_tables_of_an_empty_database(database_url: str) -> None:
    create_app(settings_from({"CDS_DATABASE_URL": database_url}))

    create_app(production(database_url))
