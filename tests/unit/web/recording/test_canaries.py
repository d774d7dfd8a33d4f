"""What is sent is nowhere in the record, spool, log, metrics or a report but where that is said.

The page on privacy names these places: `docs/explanation/privacy-and-safety.md`.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import RECORDING
from cds_service.settings import Settings
from cds_service.web.recording import Recording
from tests.unit.cli.command import Command
from tests.unit.web.conftest import Written
from tests.unit.web.recording.planting import Planter, bytes_under, leaves, rows_of
from tests.unit.web.recording.waiting import wait_for

REQUESTS = Path("fixtures/requests")
PATH = "/cds-services/hemoptysis-imaging-order-sign"
NAMES = (
    "order-select/recurrent-ct-without-contrast",
    "patient-view/patient-view-massive",
    "clients/category-as-object-study-unknown",
    "charts/pregnancy-status-loinc-11449-6",
)
"""Advice, an alert, a study and an observation that no list holds."""

CODES = {
    "ServiceRequest.code.coding.system",
    "ServiceRequest.code.coding.code",
    "Observation.code.coding.system",
    "Observation.code.coding.code",
}
IDS = {"hookInstance", "ServiceRequest.extension.valueUri"}
"""The hook instance, and the consult id of a rating that comes back: recorded where they are UUIDs."""

FEEDBACK = {
    "feedback.card",
    "feedback.acceptedSuggestions.id",
    "feedback.overrideReason.reason.code",
    "feedback.overrideReason.reason.system",
    "feedback.overrideReason.reason.display",
    "feedback.overrideReason.userComment",
}
WRITTEN_BY_PEOPLE = {"feedback.overrideReason.reason.display", "feedback.overrideReason.userComment"}


def a_request(name: str) -> Any:
    return json.loads((REQUESTS / f"{name}.json").read_bytes())


class Kept:
    """A service with its record, and everything that it leaves on the disk."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.client: FlaskClient = app.test_client()
        self.recording: Recording = app.extensions[RECORDING]
        self.folder = folder
        self.file = folder / "cds-service.db"

    def call(self, body: Any) -> Any:
        return self.client.post(PATH, json=body).get_json()

    def everything(self) -> list[bytes | str]:
        return [*bytes_under(self.folder), *rows_of(self.file)]

    def metrics(self) -> str:
        return self.client.get("/metrics").text

    def consultations(self) -> int:
        with closing(sqlite3.connect(self.file)) as connection:
            return int(connection.execute("SELECT count(*) FROM consultations").fetchone()[0])


@pytest.fixture
def kept(app: Flask, tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(app, tmp_path)
    yield kept
    kept.recording.close()


def a_rated_order(kept: Kept) -> Any:
    """A request whose order comes back with the rating that it got."""
    body = a_request("order-sign/recurrent-ct-without-contrast")
    (action,) = kept.call(body)["systemActions"]
    body["context"]["draftOrders"]["entry"][0]["resource"] = action["resource"]
    return body


def requests_with_leaks(planter: Planter, kept: Kept) -> Iterator[Any]:
    """Every place of every request; then each of its ids throughout, so that it is judged all the same."""
    for body in (*map(a_request, NAMES), a_rated_order(kept)):
        yield from planter.bodies(body)
        for kind, known in ids_in(body):
            for value in (planter.word(kind), planter.uuid(kind)):
                yield json.loads(json.dumps(body).replace(known, value))
        prefetch = body.get("prefetch", {})
        renamed = {f"{key}{planter.word('a key of the prefetch')}": held for key, held in prefetch.items()}
        yield {**body, planter.word("a member"): planter.word("an unknown member"), "prefetch": renamed}


def ids_in(body: Any) -> Iterator[tuple[str, str]]:
    for place in leaves(body):
        if place[-1] in ("id", "patientId", "userId", "encounterId"):
            value: Any = body
            for key in place:
                value = value[key]
            yield f"{place[-1]} throughout", value


def reports(cds_service: Command, settings: Settings, folder: Path) -> str:
    """What every question to the record prints or writes, comments left out."""
    cds_service.monkeypatch.setenv("CDS_DATABASE_URL", settings.database_url)
    page = folder.parent / f"{folder.name}-report.html"
    told = [cds_service("report", "--json").out, cds_service("report", "--html", page).out, page.read_text()]
    out = folder.parent / f"{folder.name}-export"
    told.append(cds_service("export", "--csv", out).out)
    told += [file.read_text() for file in out.iterdir()]
    told.append(cds_service("records", "verify").out)
    with closing(sqlite3.connect(folder / "cds-service.db")) as connection:
        cards = [card for (card,) in connection.execute("SELECT card FROM feedback WHERE is_known LIMIT 20")]
    told += [cds_service("consult", card).out for card in cards]
    return "\n".join(told)


@pytest.fixture
def cds_service(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capfd)


def test_of_a_request_only_unknown_codes_and_ids_of_calls_are_kept(
    kept: Kept, log: Written, cds_service: Command, settings: Settings
) -> None:
    planter = Planter()

    with closing(sqlite3.connect(kept.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for body in requests_with_leaks(planter, kept):
            kept.call(body)
        waiting = b"".join(bytes_under(kept.folder / "spool"))
        other.execute("ROLLBACK")
    wait_for(kept.recording)

    assert kept.consultations() > 500
    assert planter.found_in(waiting) == CODES | IDS
    assert planter.found_in(*kept.everything()) == CODES | IDS
    assert planter.found_in(log.text) == {"hookInstance"}
    assert 'cds_unmapped_total{kind="order"} 0.0' not in kept.metrics()
    assert planter.found_in(kept.metrics()) == set()
    assert planter.found_in(reports(cds_service, settings, kept.folder)) <= CODES | IDS


def test_feedback_is_kept_as_it_was_sent_and_shown_without_what_people_wrote(
    kept: Kept, log: Written, cds_service: Command, settings: Settings
) -> None:
    planter = Planter()
    (card,) = kept.call(a_request(NAMES[0]))["cards"]
    wait_for(kept.recording)
    reason = {"code": "other", "system": "https://ehr.example/reasons", "display": "Other"}
    item = {
        "card": card["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-24T10:05:31Z",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"], "label": "CTA"}],
        "overrideReason": {"reason": {**reason, "version": "1"}, "userComment": "Seen", "by": "someone"},
        "user": "someone",
    }

    for body in planter.bodies({"feedback": [item], "user": "someone"}):
        kept.client.post(f"{PATH}/feedback", json=body)
    wait_for(kept.recording)

    assert planter.found_in(*kept.everything()) == FEEDBACK
    assert planter.found_in(log.text, kept.metrics()) == set()
    told = planter.found_in(reports(cds_service, settings, kept.folder))
    assert told == FEEDBACK - WRITTEN_BY_PEOPLE
    assert planter.found_in(cds_service("report", "--json").out, *report_page(cds_service, kept)) == set()


def report_page(cds_service: Command, kept: Kept) -> list[str]:
    page = kept.folder.parent / "page.html"
    cds_service("report", "--html", page)
    return [page.read_text()]
