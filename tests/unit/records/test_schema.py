"""The tables of the record in every kind of database: up from any state, down again, and by whom."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect
from sqlalchemy.exc import SQLAlchemyError

from cds_service.records.seen_tokens import SEEN_TOKENS
from cds_service.records.sql import schema
from cds_service.records.sql.engine import engine_from, migrating_engine_from
from cds_service.records.sql.faults import DatabaseFault, WrongSchema, fault_of
from cds_service.records.sql.schema import (
    REVISIONS,
    migrate,
    prepare_in_development,
    require_current,
    revision_of,
)
from cds_service.records.sql.tables import METADATA
from tests.unit.records.keeping import FeedbackKeeper
from tests.unit.records.test_feedback_in_sqlite import ACCEPTED, NOON, OVERRIDDEN, SERVICE
from tests.unit.records.version_0_1_0 import make_tables_of_0_1_0

HEAD = REVISIONS[-1]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_from(database_url)
    yield engine
    engine.dispose()


def older(engine: Engine, *, is_whole: bool = True) -> None:
    maker = migrating_engine_from(engine.url, seconds=10)
    make_tables_of_0_1_0(maker, is_whole=is_whole)
    maker.dispose()


def cards(database_url: str) -> list[str]:
    return [kept.item.card for kept in FeedbackKeeper(database_url, require_current).all()]


def migrate_once(url: str) -> None:
    migrate(engine_from(url))


def test_the_revisions_are_those_of_the_files_in_their_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    scripts = ScriptDirectory.from_config(config)

    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(REVISIONS))


def test_an_empty_database_gets_the_tables_that_the_code_works_with(engine: Engine) -> None:
    assert migrate(engine) is None

    expected = MetaData()
    tokens = () if engine.dialect.name == "sqlite" else (SEEN_TOKENS,)
    for table in (*METADATA.sorted_tables, *tokens):
        table.to_metadata(expected)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), expected) == []
        assert revision_of(connection) == HEAD
    require_current(engine)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_database_of_0_1_0_is_recognized_and_brought_up_without_losing_a_row(
    engine: Engine, database_url: str, is_whole: bool
) -> None:
    older(engine, is_whole=is_whole)
    with pytest.raises(WrongSchema) as refused:
        require_current(engine)
    assert refused.value.fault == DatabaseFault.SCHEMA_OLD

    assert migrate(engine) == "base"

    (kept,) = FeedbackKeeper(database_url, require_current).all()
    assert (kept.item.card, kept.item.override_reason.user_comment) == ("a card of 0.1.0", "said no – ☹")
    assert {index["name"] for index in inspect(engine).get_indexes("feedback")} >= {"ix_feedback_card"}


def test_one_that_is_current_is_left_as_it_is(engine: Engine, database_url: str) -> None:
    migrate(engine)
    FeedbackKeeper(database_url).keep(SERVICE, [OVERRIDDEN], received_at=NOON)

    assert migrate(engine) == HEAD
    assert cards(database_url) == [OVERRIDDEN.card]


def test_every_revision_leads_down_and_up_again_with_every_row(engine: Engine, database_url: str) -> None:
    migrate(engine)
    FeedbackKeeper(database_url).keep(SERVICE, [OVERRIDDEN, ACCEPTED], received_at=NOON)
    kept = [each.item for each in FeedbackKeeper(database_url, require_current).all()]
    way = ["base", *REVISIONS]

    for lower in reversed(way[:-1]):
        migrate(engine, to=lower)
        with engine.connect() as connection:
            assert revision_of(connection) == lower
        with pytest.raises(WrongSchema):
            require_current(engine)
    for upper in way[1:]:
        migrate(engine, to=upper)

    assert [each.item for each in FeedbackKeeper(database_url, require_current).all()] == kept


def test_of_two_instances_that_migrate_at_the_same_moment_one_waits(
    engine: Engine, database_url: str
) -> None:
    older(engine)
    context = multiprocessing.get_context("spawn")
    instances = [context.Process(target=migrate_once, args=(database_url,)) for _ in range(4)]

    for instance in instances:
        instance.start()
    for instance in instances:
        instance.join()

    assert [instance.exitcode for instance in instances] == [0] * 4
    assert cards(database_url) == ["a card of 0.1.0"]


def test_one_that_is_migrated_by_another_is_waited_for_only_so_long(engine: Engine) -> None:
    older(engine)
    other = migrating_engine_from(engine.url, seconds=10)

    with other.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({schema._LOCK})")
        with pytest.raises(SQLAlchemyError) as gave_up:
            migrate(engine, seconds=1)

    assert fault_of(gave_up.value) == DatabaseFault.LOCKED
    assert migrate(engine, seconds=1) == "base"


def test_a_migration_that_fails_leaves_everything_as_it_was(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(engine)
    monkeypatch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", _fail_at_the_second())

    with pytest.raises(RuntimeError, match="power"):
        migrate(engine)

    with engine.connect() as connection:
        assert revision_of(connection) == "base"
        assert not inspect(connection).has_table("alembic_version")


def _fail_at_the_second() -> object:
    calls: list[object] = []

    def update_to_step(_self: object, step: object) -> None:
        calls.append(step)
        if len(calls) == 2:
            raise RuntimeError("power cut")

    return update_to_step


@pytest.mark.parametrize("versions", [("0999",), ("0001", "0002")])
def test_tables_of_a_later_version_are_refused_and_left_alone(
    engine: Engine, versions: tuple[str, ...]
) -> None:
    migrate(engine)
    with migrating_engine_from(engine.url, seconds=10).begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        for version in versions:
            connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{version}')")

    for use in (require_current, prepare_in_development, migrate):
        with pytest.raises(WrongSchema) as refused:
            use(engine)
        assert refused.value.fault == DatabaseFault.SCHEMA_NEW


def test_a_table_of_that_name_of_another_program_is_refused_and_left_alone(engine: Engine) -> None:
    with migrating_engine_from(engine.url, seconds=10).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE feedback (id INTEGER PRIMARY KEY, stars INTEGER)")

    for use in (require_current, prepare_in_development, migrate):
        with pytest.raises(WrongSchema) as refused:
            use(engine)
        assert refused.value.fault == DatabaseFault.SCHEMA_FOREIGN
    assert inspect(engine).get_table_names() == ["feedback"]


def test_tables_of_others_beside_are_left_alone(engine: Engine) -> None:
    with migrating_engine_from(engine.url, seconds=10).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE wards (id INTEGER PRIMARY KEY)")

    migrate(engine)
    migrate(engine, to="base")

    assert "wards" in inspect(engine).get_table_names()


def test_development_makes_the_tables_of_an_empty_database(engine: Engine) -> None:
    prepare_in_development(engine)

    require_current(engine)


def test_development_brings_up_a_file_and_no_database_that_others_may_share(engine: Engine) -> None:
    older(engine)

    if engine.dialect.name == "sqlite":
        prepare_in_development(engine)
        require_current(engine)
    else:
        with pytest.raises(WrongSchema) as refused:
            prepare_in_development(engine)
        assert refused.value.fault == DatabaseFault.SCHEMA_OLD


def test_production_makes_nothing_not_even_a_file(database_url: str, tmp_path: Path) -> None:
    engine = engine_from(database_url)

    with pytest.raises((WrongSchema, FileNotFoundError)):
        require_current(engine)

    assert list(tmp_path.iterdir()) == []
    if engine.dialect.name == "postgresql":
        assert inspect(engine).get_table_names() == []
