"""The same record in PostgreSQL: the same report, and the same upkeep."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cds_service.errors import Unavailable
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.asking import choices_in
from cds_service.records.report.reading import reading
from cds_service.records.report.report import Question, report_on
from cds_service.records.sql.tables import CARDS
from cds_service.records.upkeep.export import export
from cds_service.records.upkeep.lookup import consultations_of
from cds_service.records.upkeep.purge import purge, would_purge
from cds_service.records.upkeep.verify import verify
from tests.unit.records.report.conftest import SCOPE
from tests.unit.records.report.generator import END, Maker, fill

pytestmark = pytest.mark.integration
COUNT = 1500


@pytest.fixture
def urls(postgresql_url: str, tmp_path: Path) -> tuple[str, str]:
    """Two databases with the same record."""
    file = f"sqlite:///{tmp_path}/record.db"
    for url in (file, postgresql_url):
        fill(url, COUNT).dispose()
    return file, postgresql_url


def test_both_databases_say_the_same(urls: tuple[str, str], knowledge: Knowledge, tmp_path: Path) -> None:
    question = Question(SCOPE, replace(SCOPE, since=END - timedelta(days=120), until=SCOPE.since))
    consultation = Maker(11).make(COUNT).consultations[0]["id"]

    first, second = (report_on(url, question, knowledge) for url in urls)

    assert first == second
    assert first.figures.consultations > 100
    assert choices_in(urls[0]) == choices_in(urls[1])
    assert consultations_of(urls[0], consultation) == consultations_of(urls[1], consultation) != []
    folders = [tmp_path / "file", tmp_path / "remote"]
    assert [export(url, folder, "csv", with_comments=True) for url, folder in zip(urls, folders, strict=True)]
    for name in ("consultations.csv", "cards.csv", "feedback.csv"):
        assert (folders[0] / name).read_text() == (folders[1] / name).read_text(), name


def test_both_databases_are_tended_alike(urls: tuple[str, str]) -> None:
    before = [would_purge(url, older_than=timedelta(days=60), now=END) for url in urls]

    gone = [purge(url, older_than=timedelta(days=60), now=END) for url in urls]

    assert before == gone
    assert gone[0] == gone[1]
    assert gone[0].consultations > 0
    later = END + timedelta(days=9)
    assert verify(urls[0], later) == verify(urls[1], later)


def test_a_question_may_take_longer_than_a_request(postgresql_url: str) -> None:
    fill(postgresql_url, 0).dispose()

    with reading(postgresql_url) as connection:
        answer = connection.exec_driver_sql("SELECT 1 FROM pg_sleep(2.5)").scalar_one()

    assert answer == 1


def test_the_record_is_read_as_it_is_at_one_moment_and_nothing_is_changed(urls: tuple[str, str]) -> None:
    for url in urls:
        with reading(url) as connection:
            before = connection.execute(select(func.count()).select_from(CARDS)).scalar_one()
            purge(url, older_than=timedelta(days=60), now=END)
            assert connection.execute(select(func.count()).select_from(CARDS)).scalar_one() == before
        with reading(url) as connection:
            assert connection.execute(select(func.count()).select_from(CARDS)).scalar_one() < before


def test_a_reader_of_postgresql_cannot_write(postgresql_url: str) -> None:
    fill(postgresql_url, 0).dispose()

    with pytest.raises(Unavailable, match="ReadOnlySqlTransaction"), reading(postgresql_url) as connection:
        connection.exec_driver_sql("DELETE FROM cards")
