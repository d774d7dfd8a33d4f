"""The line of each request: what it holds, and that nothing of a chart or of an error's text is in it."""

import json
import logging
import sys
import threading
from pathlib import Path
from typing import Any, Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.cli.logs import log_from
from cds_service.errors import Unavailable
from cds_service.web.request_log import REQUEST_ID
from tests.attack.calling import FEEDBACK, PATH
from tests.unit.web.conftest import Written
from tests.unit.web.recording.planting import leaves, planted

CANARY, NUMBER = "LEAKDoe", 90817263
REQUESTS = Path("fixtures/requests")
SELECT = json.loads((REQUESTS / "order-select/recurrent-ct-without-contrast.json").read_bytes())
ID = "1f0e5c1e-3180-4578-ad75-32d7b8d8d4a1"


def test_the_line_of_a_call_says_who_asked_what_and_what_came_of_it(
    client: FlaskClient, log: Written
) -> None:
    answer = client.post(PATH, json=SELECT, headers={REQUEST_ID: ID})

    (line,) = log.lines
    assert answer.headers[REQUEST_ID] == ID
    assert line.pop("ms") > 0
    assert line.pop("time")
    assert line.pop("resources") > 0
    assert line == {
        "level": "info",
        "event": "request",
        "id": ID,
        "method": "POST",
        "route": "/cds-services/<service_id>",
        "status": 200,
        "service": PATH.rpartition("/")[2],
        "instance": SELECT["hookInstance"],
        "judged": 1,
        "cards": len(answer.get_json(force=True)["cards"]),
        "topic": "recurrent",
    }


def test_the_line_of_feedback_says_how_many_were_kept_and_how_many_refused(
    client: FlaskClient, log: Written
) -> None:
    items = json.loads(FEEDBACK)["feedback"]

    client.post(f"{PATH}/feedback", json={"feedback": [*items, {}]})

    (line,) = log.lines
    assert (line["status"], line["code"], line["kept"], line["refused"]) == (400, "required", 1, 1)


def test_a_warning_of_a_request_carries_its_id(app: Flask, client: FlaskClient, log: Written) -> None:
    def failing() -> str:
        logging.getLogger("cds_service.trust").warning("something")
        raise Unavailable("later")

    app.view_functions["pages.home"] = failing

    client.get("/", headers={REQUEST_ID: ID})

    warning, line = log.lines
    assert warning["id"] == line["id"] == ID
    assert (warning["level"], warning["message"], line["status"]) == ("warning", "something", 503)
    assert f"WARNING something id={ID}\n" in log.text


@pytest.mark.parametrize("sent", ["", CANARY, f"{ID}{CANARY}", "1" * 4000])
def test_an_id_that_is_no_uuid_is_replaced(client: FlaskClient, log: Written, sent: str) -> None:
    answer = client.get("/rules", headers={REQUEST_ID: sent})

    assert answer.headers[REQUEST_ID] == log.lines[0]["id"] != sent
    assert len(answer.headers[REQUEST_ID]) == 36


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATH, SELECT),
        (f"{PATH}/feedback", json.loads(FEEDBACK)),
        ("/workbench/evaluate", {"text": json.dumps(SELECT), "changes": {"amount": 1}}),
    ],
)
def test_no_value_of_any_field_reaches_the_log_or_an_error(
    client: FlaskClient, log: Written, path: str, body: Any
) -> None:
    for place in leaves(body):
        planted_once = planted(body, place, a_canary)
        refused = {"hook": CANARY, "example": CANARY, "feedback": CANARY, place[0]: planted_once[place[0]]}
        for sent in (planted_once, {**planted_once, **refused}):
            answer = client.post(path, json=sent, query_string={CANARY: CANARY})

            if answer.status_code != 200:
                assert CANARY not in answer.text, place
                assert str(NUMBER) not in answer.text, place
    assert CANARY not in log.text
    assert str(NUMBER) not in log.text


def a_canary(was: Any) -> Any:
    """A value of ours; a text keeps its beginning, so that more of it is read."""
    return f"{was}{CANARY}" if isinstance(was, str) else NUMBER


STAGES = ("hook_request_from", "evaluate", "feedback_from_json", "json_response", "uuid_or_none")


@pytest.mark.parametrize("stage", STAGES)
def test_whatever_fails_none_of_its_words_is_told(
    client: FlaskClient, log: Written, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        error = RuntimeError(f"{CANARY}, born 1970-01-01")
        error.add_note(CANARY)
        raise error from KeyError(CANARY)

    monkeypatch.setattr(f"cds_service.web.routes.{stage}", broken)
    path = f"{PATH}/feedback" if "feedback" in stage else PATH
    answer = client.post(path, json=json.loads(FEEDBACK) if "feedback" in stage else SELECT)

    assert answer.status_code == 500
    assert CANARY not in f"{answer.text}{answer.headers}"
    assert CANARY not in log.text
    assert [line.get("status") for line in log.lines] == [None, 500]
    assert log.lines[0]["message"].startswith("fault RuntimeError at ")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_nobody_catches_is_told_without_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log_format: Literal["text", "json"]
) -> None:
    for place, name in ((threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(place, name, getattr(place, name))
    loggers = [logging.getLogger(), logging.getLogger("cds_service")]
    kept = [(one, list(one.handlers), one.level, one.propagate) for one in loggers]
    try:
        log_from("info", log_format)
        thread = threading.Thread(target=lambda: int(f"{CANARY}, born 1970-01-01"))
        thread.start()
        thread.join()
        logging.getLogger("some.library").warning(CANARY)
    finally:
        for one, handlers, level, propagate in kept:
            one.handlers, one.level, one.propagate = handlers, level, propagate
        logging.captureWarnings(False)

    told = capsys.readouterr()
    assert CANARY not in told.out + told.err
    assert "fault ValueError at " in told.err
    assert "message of some.library withheld" in told.err
    if log_format == "json":
        assert all(json.loads(line)["time"] for line in told.err.splitlines())
