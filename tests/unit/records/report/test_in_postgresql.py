"""The same record in PostgreSQL: the same report, and the same upkeep."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cds_service.knowledge.model import Knowledge
from cds_service.records.report.asking import choices_in
from cds_service.records.report.report import Question, report_on
from cds_service.records.upkeep.export import export
from cds_service.records.upkeep.lookup import consultations_of
from cds_service.records.upkeep.purge import purge, would_purge
from cds_service.records.upkeep.verify import verify
from tests.unit.records.report.conftest import SCOPE
from tests.unit.records.report.generator import END, Maker, fill
from tests.unit.records.test_feedback_in_postgresql import Server, server  # noqa: F401

pytestmark = pytest.mark.integration
COUNT = 1500


@pytest.fixture
def urls(server: Server, tmp_path: Path) -> Iterator[tuple[str, str]]:  # noqa: F811
    """Two databases with the same record."""
    file, remote = f"sqlite:///{tmp_path}/record.db", server.url
    fill(file, COUNT).dispose()
    engine = fill(remote, COUNT)
    yield file, remote
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE consultations, cards, feedback, quiet")
    engine.dispose()


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
