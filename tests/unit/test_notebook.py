"""The service as a Python function: it answers as `cds-service ask` does, by the settings that are given."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cds_service import examples, judge
from cds_service.cli.main import cli
from cds_service.errors import BadRequest, MissingData, SettingsError
from tests.integration.test_wsgi_servers import comparable

REQUESTS = Path(__file__).parents[2] / "fixtures" / "requests"
REQUEST = REQUESTS / "order-sign" / "massive-by-volume.json"


def test_it_answers_as_the_command_does() -> None:
    printed = CliRunner().invoke(cli, ["ask", "--json", str(REQUEST)]).stdout

    evaluation = judge(REQUEST.read_bytes())

    ours = json.loads(comparable(msgspec.json.encode(evaluation.response)))
    assert ours == json.loads(comparable(json.dumps(json.loads(printed)).encode()))


def test_a_request_may_be_bytes_text_or_what_the_text_stands_for() -> None:
    body = REQUEST.read_bytes()

    summaries = {
        judge(request).response.cards[0].summary for request in (body, body.decode(), json.loads(body))
    }

    assert len(summaries) == 1


def test_the_instant_that_is_asked_for_comes_before_that_of_the_request() -> None:
    asked = datetime(2030, 1, 1, tzinfo=UTC)

    assert judge(REQUEST.read_bytes(), at=asked).trace.judged_at == asked
    assert judge(REQUEST.read_bytes()).trace.judged_at == datetime(2026, 3, 12, 14, 30, tzinfo=UTC)


def test_settings_that_are_given_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    request = examples.text(examples.FIRST)
    monkeypatch.setenv("CDS_ALTERNATIVES", "1")

    counts = [
        len(judge(request, settings).response.cards[0].suggestions)
        for settings in (None, {}, {"CDS_ALTERNATIVES": "0"})
    ]

    assert counts == [1, 2, 0]


def test_what_the_service_would_refuse_is_raised() -> None:
    with pytest.raises(BadRequest):
        judge("{}")
    with pytest.raises(MissingData):
        judge((REQUESTS / "invalid" / "conditions-were-not-sent-for-patient-view.json").read_bytes())
    with pytest.raises(SettingsError):
        judge("{}", {"CDS_ALTERNATIVES": "many"})


def test_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    judge(REQUEST.read_bytes(), {"CDS_TIME_ZONE": "UTC"})

    assert list(tmp_path.iterdir()) == []
