"""The zone of the site: in it dates without one are read, and times are said on cards."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cds_service.app import advisor_from
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.request import JUDGE_AT_KEY
from cds_service.evaluate import Evaluation, evaluate
from cds_service.settings import settings_from

FIXTURE = Path(__file__).parents[2] / "fixtures" / "requests" / "order-select" / "massive-by-volume.json"
NOW = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)


def evaluated(environ: dict[str, str], bleed: dict[str, Any]) -> Evaluation:
    """One amount of 300 mL charted at this time, judged at NOW."""
    body = json.loads(FIXTURE.read_text("utf-8"))
    amount = {"value": 300, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "66857006"}]}
    observation = {"resourceType": "Observation", "id": "b", "status": "final", "code": code}
    body["prefetch"] = {"bleeding": {**observation, "valueQuantity": amount, **bleed}}
    body["extension"] = {JUDGE_AT_KEY: NOW.isoformat()}
    return evaluate(hook_request_from(json.dumps(body).encode()), advisor_from(settings_from(environ)))


def alert_of(zone: str, when: str) -> str:
    found = evaluated({"CDS_TIME_ZONE": zone} if zone else {}, {"effectiveDateTime": when})
    return found.response.cards[0].summary


def test_times_on_cards_are_of_the_zone_of_the_site() -> None:
    assert "in one episode, yesterday 23:40)" in alert_of("Europe/Paris", "2026-03-09T22:40:00Z")
    assert "in one episode, today 17:40)" in alert_of("America/Chicago", "2026-03-09T22:40:00Z")


def test_without_a_zone_times_are_of_the_zone_of_the_instant() -> None:
    assert "in one episode, today 22:40)" in alert_of("", "2026-03-09T23:40:00+01:00")


def test_a_date_without_a_zone_is_read_in_that_of_the_site() -> None:
    assert "in one episode, today)" in alert_of("Europe/Paris", "2026-03-10")
    assert "in one episode, yesterday)" in alert_of("Europe/Paris", "2026-03-09")
    assert "in one episode, today)" in alert_of("America/Chicago", "2026-03-09")
