"""The site key is changed as the page on the record says, and nothing that clinicians said is forgotten."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import RECORDING, create_app
from cds_service.records.site_key import SiteKey
from cds_service.settings import settings_from
from cds_service.web.recording import Recording
from tests.unit.web.recording.waiting import wait_for

PAGE = Path("docs/how-to/keep-the-record.md").read_text()
PATH = "/cds-services/hemoptysis-imaging-order-select"
REQUEST = json.loads(Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json").read_bytes())
OLD, NEW = "1" * 64, "2" * 64


class Running:
    """A service that is set up with these keys, over the record of one site."""

    def __init__(self, folder: Path, keys: str) -> None:
        settings = settings_from({"CDS_DATABASE_URL": f"sqlite:///{folder}/record.db", "CDS_SITE_KEY": keys})
        app = create_app(settings)
        self.recording: Recording = app.extensions[RECORDING]
        self.client = app.test_client()

    def cards(self) -> list[Any]:
        """Of the same order again; asked anew where the database was too slow to be heard."""
        quiet = self.recording.quiet
        assert quiet is not None
        for _ in range(50):
            quiet.skipped, quiet._failed_at = 0, float("-inf")
            answer = self.client.post(PATH, json=REQUEST).get_json()
            if not quiet.skipped:
                assert len(answer["systemActions"]) == 1
                return list(answer["cards"])
        raise AssertionError("the database never answered in time")

    def turn_down(self, card: str) -> None:
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-24T10:05:31Z"}
        assert self.client.post(f"{PATH}/feedback", json={"feedback": [item]}).status_code == 200


@contextmanager
def running(folder: Path, keys: str) -> Iterator[Running]:
    service = Running(folder, keys)
    yield service
    wait_for(service.recording)
    service.recording.close()


def patient_keys(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "record.db")) as connection:
        return [key for (key,) in connection.execute("SELECT patient_key FROM consultations ORDER BY at, id")]


def of_the_patient(key: str) -> str:
    return SiteKey([key.encode()]).of("patient", "", REQUEST["context"]["patientId"])


def test_what_was_turned_down_under_the_old_key_stays_held_back_and_new_rows_have_the_new_one(
    tmp_path: Path,
) -> None:
    with running(tmp_path, OLD) as before:
        (card,) = before.cards()
        before.turn_down(card["uuid"])
    rows = len(patient_keys(tmp_path))
    with running(tmp_path, f"{NEW},{OLD}") as between:
        assert between.cards() == []
    kept = patient_keys(tmp_path)

    assert set(kept[:rows]) == {of_the_patient(OLD)}
    assert set(kept[rows:]) == {of_the_patient(NEW)}


def test_without_the_old_key_it_is_not_found(tmp_path: Path) -> None:
    with running(tmp_path, OLD) as before:
        (card,) = before.cards()
        before.turn_down(card["uuid"])
    with running(tmp_path, NEW) as after:
        assert len(after.cards()) == 1


@pytest.mark.parametrize("keys", ["NEW,OLD", "NEW"])
def test_the_page_gives_the_settings_that_are_tried_here(keys: str) -> None:
    section = PAGE.partition("## Change the site key")[2].partition("\n## ")[0]

    assert re.search(rf"^ *CDS_SITE_KEY={keys}$", section, re.MULTILINE)
