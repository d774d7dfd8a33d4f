"""Captured requests, the anonymized copies of them, and the reports on them."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.app import advisor_from
from cds_service.evaluate import Advisor
from cds_service.settings import settings_from
from cds_service.support.anonymize.request import anonymized
from cds_service.support.anonymize.stand_ins import TimeShift
from cds_service.support.captures import examined
from cds_service.support.report import report_on

Json = dict[str, Any]

REQUESTS = Path(__file__).parents[3] / "fixtures" / "requests"
RECURRENT = REQUESTS / "order-select" / "recurrent-ct-without-contrast.json"
SECRET = "Wintergruen"
NOW = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)
SHIFT = TimeShift(-1000, NOW)


@cache
def advisor() -> Advisor:
    return advisor_from(settings_from({}))


def copied(body: Json, shift: TimeShift = SHIFT) -> Json:
    result: Json = json.loads(
        anonymized(json.dumps(body).encode(), knowledge=advisor().knowledge, shift=shift)
    )
    return result


def report(body: object) -> list[str]:
    """The lines of the report, without the blanks before them."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    examination = examined(raw, None, advisor())
    return [line.strip() for line in report_on(examination, advisor().knowledge)]


def order(**members: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "71250"}]},
        "reasonCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "66857006"}]}],
        **members,
    }


def request(*orders: Json, prefetch: Json | None = None, **context: Any) -> Json:
    entries = [{"resource": one} for one in orders]
    drafts = {"draftOrders": {"resourceType": "Bundle", "entry": entries}}
    return {
        "hook": "order-select",
        "hookInstance": "i",
        "context": {"userId": "Practitioner/d", "patientId": "p1", **drafts, **context},
        "prefetch": prefetch or {},
    }
