"""A record as a hospital would have it after some months, made from a seed.

`python -m tests.unit.records.report.generator COUNT DATABASE_URL` fills an empty database with it.
"""

import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, insert

from cds_service.records.sql.engine import engine_from
from cds_service.records.sql.schema import migrate
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK

END = datetime(2026, 11, 30, 12, tzinfo=UTC)
"""When the made record is looked at."""
DAYS = 120
SERVICES = (
    "hemoptysis-imaging-order-select",
    "hemoptysis-imaging-order-sign",
    "hemoptysis-imaging-patient-view",
)
PROCEDURES = (
    "ct-chest-without-contrast",
    "ct-chest-with-contrast",
    "cta-chest-with-contrast",
    "radiography-chest",
    "ct-chest-without-and-with-contrast",
    "arteriography-bronchial-embolization",
)
TOPICS = ("massive", "nonmassive", "recurrent", "undetermined")
CATEGORIES = ("usually-appropriate", "may-be-appropriate", "usually-not-appropriate", "")
CODES = ("http://site.example/orders|CTCH1", "http://site.example/orders|XR-99", "urn:oid:1.2.3|77")
OBSERVATIONS = ("http://site.example/flow|SPUT", "http://site.example/flow|BLD2", "http://loinc.org|99999-9")
KINDS = ("labs", "vitals", "allergies", "pregnancy", "bleeding")
REASONS = ("specialist-requested", "special-circumstances", "patient-preference", "already-done", "other", "")
OURS = "http://localhost:8000/CodeSystem/override-reason"


@dataclass
class Rows:
    """What is to be inserted."""

    consultations: list[dict[str, Any]] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)


class Maker:
    """Makes orders as they are judged, one call after the other."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.rows = Rows()

    def make(self, count: int) -> Rows:
        """So many consultations, or a few more."""
        while len(self.rows.consultations) < count:
            self.order()
        self.strangers()
        return self.rows

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def some(self, of: Sequence[str], chance: float) -> list[str]:
        return [one for one in of if self.random.random() < chance]

    def order(self) -> None:
        """One order: judged when chosen, often again when signed, now and then as another study."""
        choose, at = self.random.choice, END - timedelta(minutes=self.random.randrange(DAYS * 24 * 60))
        order = {
            "consult_id": self.uuid(),
            "client": choose(("north", "south")),
            "mode": "silent" if self.random.random() < 0.2 else "live",
            "patient_key": f"{self.random.getrandbits(64):032x}",
            "user_key": f"{self.random.getrandbits(8):032x}",
            "order_key": f"{self.random.getrandbits(64):032x}" if self.random.random() < 0.97 else "",
            "edition": "2019 (New)" if at < END - timedelta(days=60) else "2026",
            "topic": choose(TOPICS),
        }
        procedure = choose(PROCEDURES) if self.random.random() < 0.9 else ""
        for service in SERVICES[: choose((1, 2, 2))]:
            procedure = self.consultation(order, service, at, procedure)
            at += timedelta(minutes=self.random.choice((3, 20, 90, 60 * 30)))
        if self.random.random() < 0.05:
            self.chart(order, at)

    def consultation(self, order: dict[str, Any], service: str, at: datetime, procedure: str) -> str:
        """One judgment with its card and what the clinician does; the study that the order then is."""
        category = self.random.choices(CATEGORIES, (40, 20, 25, 15))[0] if procedure else ""
        outcome = "rated" if category else "differs-between-variants" if procedure else "not-recognized"
        row = self.row(order, service, at, order_index=0)
        row |= {"procedure": procedure, "category": category, "outcome": outcome}
        row |= {"recognition": "by-code" if procedure else "unrecognized-imaging"}
        row |= {"unmapped": [] if procedure else self.some(CODES, 0.6)}
        row["is_held_back"] = category not in ("usually-appropriate", "") and self.random.random() < 0.05
        self.rows.consultations.append(row)
        if procedure and not row["is_held_back"]:
            return self.card(row, at) or procedure
        if row["is_held_back"]:  # nobody saw the order's card; the alert is never held back
            self.add_card(row, "order", "warning", [[self.uuid(), "radiography-chest", "", True]])
            self.add_card(row, "alert", "critical", [])
        changes = procedure and self.random.random() < 0.4
        return self.random.choice(PROCEDURES) if changes else procedure

    def row(self, order: dict[str, Any], service: str, at: datetime, order_index: int) -> dict[str, Any]:
        topic = order["topic"]
        return {
            **order,
            "id": self.uuid(),
            "call_id": self.uuid(),
            "hook_instance": self.uuid(),
            "service_id": service,
            "hook": service.removeprefix("hemoptysis-imaging-"),
            "at": round(at.timestamp() * 1000) + self.random.randrange(1000),
            "judge_ms": round(self.random.lognormvariate(1.2, 0.6), 3),
            "fetch_ms": round(self.random.lognormvariate(4, 0.5), 3) if self.random.random() < 0.3 else 0.0,
            "state_key": f"{self.random.getrandbits(64):032x}",
            "order_index": order_index,
            "recognition": "",
            "procedure": "",
            "outcome": "",
            "category": "",
            "variants": [topic] if topic != "undetermined" else ["massive", "nonmassive"],
            "categories": [],
            "alert": "massive" if topic == "massive" else "none",
            "severity": "proven" if topic == "massive" else "unsettled",
            "recurrence": "not-found",
            "evidence": [],
            "cautions": [],
            "missing": self.some(KINDS, 0.1),
            "unreadable": self.some(KINDS, 0.03),
            "unmapped": [],
            "unread": self.some(OBSERVATIONS, 0.05),
            "is_held_back": False,
        }

    def card(self, row: dict[str, Any], at: datetime) -> str:
        """The card of an order; the study that the clinician takes instead, or nothing."""
        is_fine = row["category"] == "usually-appropriate"
        others = [] if is_fine else self.random.sample([p for p in PROCEDURES if p != row["procedure"]], 2)
        suggestions = [[self.uuid(), study, self.uuid(), place == 0] for place, study in enumerate(others)]
        card = self.add_card(row, "order", "info" if is_fine else "warning", suggestions)
        if row["mode"] == "silent":
            return self.random.choice(others) if others and self.random.random() < 0.02 else ""
        dice = self.random.random()
        if suggestions and dice < 0.15:
            self.feedback(card, "accepted", at, suggestions[0])
            if dice < 0.02:
                self.feedback(card, "overridden", at)
            return str(suggestions[0][1])
        if suggestions and dice < 0.45:
            self.feedback(card, "overridden", at)
            if dice < 0.20:
                self.feedback(card, "overridden", at)
        return self.random.choice(PROCEDURES) if others and dice > 0.94 else ""

    def add_card(self, row: dict[str, Any], kind: str, indicator: str, suggestions: list[Any]) -> str:
        card = self.uuid()
        made = {"uuid": card, "consultation_id": row["id"], "at": row["at"], "place": 0}
        self.rows.cards.append({**made, "kind": kind, "indicator": indicator, "suggestions": suggestions})
        return card

    def chart(self, order: dict[str, Any], at: datetime) -> None:
        """A chart without an order, with its alert."""
        row = self.row({**order, "order_key": "", "consult_id": self.uuid()}, SERVICES[2], at, order_index=-1)
        self.rows.consultations.append(row)
        card = self.add_card(row, "alert", "critical", [])
        if row["mode"] == "live" and self.random.random() < 0.3:
            self.feedback(card, "overridden", at)

    def feedback(self, card: str, outcome: str, at: datetime, suggestion: Sequence[Any] = ()) -> None:
        came = at + timedelta(minutes=self.random.choice((1, 5, 30, 60 * 25)))
        reason = self.random.choice(REASONS) if outcome == "overridden" else ""
        self.rows.feedback.append(
            {
                "service_id": SERVICES[0],
                "card": card,
                "outcome": outcome,
                "accepted_suggestions": list(suggestion[:1]),
                "override_code": reason,
                "override_system": OURS if reason and self.random.random() < 0.9 else "",
                "override_display": "",
                "user_comment": "please read" if reason == "other" else "",
                "outcome_timestamp": came,
                "received_at": came,
            }
        )

    def strangers(self) -> None:
        """Feedback of cards that nobody here showed, and reasons of other systems."""
        for _ in range(7):
            self.feedback(self.uuid(), "overridden", END)
        for card in self.rows.cards[:5]:
            self.feedback(card["uuid"], "overridden", END - timedelta(days=DAYS))
            self.rows.feedback[-1] |= {
                "override_code": "Z-1",
                "override_system": "http://ehr.example/reasons",
            }


def fill(database_url: str, count: int, seed: int = 11) -> Engine:
    """Make the tables and put a made record in them."""
    engine = engine_from(database_url)
    migrate(engine)
    rows = Maker(seed).make(count)
    for table, made in ((CONSULTATIONS, rows.consultations), (CARDS, rows.cards), (FEEDBACK, rows.feedback)):
        for batch in _batches(made):
            with engine.begin() as connection:
                connection.execute(insert(table), batch)
    return engine


def _batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), 2000):
        yield rows[start : start + 2000]


if __name__ == "__main__":
    fill(sys.argv[2], int(sys.argv[1])).dispose()
