"""Hook requests of known sizes, the same for the same seed: what the benchmark and the tests send.

The chart is one that a hospital could hold: a patient with hemoptysis who is stable, an order of a
chest CT without contrast, vital signs and blood of today, and around them what a chart is mostly made
of: Conditions and laboratory values that no decision reads. Every concept has several codings.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bench.chart import Chart, Json, instant, searchset


@dataclass(frozen=True, slots=True)
class Payload:
    """What one kind of request holds; `size` is what it is meant to have in bytes, within a tenth."""

    conditions: int
    observations: int
    size: int
    concerns_us: bool = True


PAYLOADS: Final[Mapping[str, Payload]] = {
    "tiny": Payload(0, 0, 3_000),
    "typical": Payload(20, 50, 140_000),
    "heavy": Payload(200, 500, 1_400_000),
    "extreme": Payload(100, 5_000, 10_000_000),
    "unconcerned": Payload(20, 50, 140_000, concerns_us=False),
}
LAB_SHARE: Final = 0.6
"""The share of Observations that are laboratory values which no decision reads."""


def payload(name: str, seed: int = 1) -> bytes:
    """The body of an order-select request: one of PAYLOADS, by its name.

    The same name and seed give the same bytes; another seed gives another patient of the same kind.
    """
    kind = PAYLOADS[name]
    chart = Chart(random.Random(f"{name}/{seed}"))
    order = chart.ct_order() if kind.concerns_us else chart.blood_count_order()
    body = {
        "hook": "order-select",
        "hookInstance": chart.new_id(),
        "context": {
            "userId": "Practitioner/emergency-physician",
            "patientId": chart.patient,
            "encounterId": chart.encounter,
            "selections": [f"ServiceRequest/{order['id']}"],
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]},
        },
        "prefetch": _prefetch(chart, kind),
        "extension": {"hemoptysis-imaging.judgeAt": instant(timedelta(0))},
    }
    return json.dumps(body, separators=(",", ":")).encode()


def resource_count(name: str) -> int:
    """How many resources stand in a payload: the draft order, and the Conditions and Observations."""
    kind = PAYLOADS[name]
    return 1 + kind.conditions + kind.observations


def _prefetch(chart: Chart, kind: Payload) -> Json:
    """The prefetch as discovery asks for it; without a chart every search found nothing."""
    labs = round(kind.observations * LAB_SHARE)
    kidney = min(2, kind.observations)
    blood = kidney + kind.observations // 100
    vitals = max(0, kind.observations - labs - blood - kidney)
    values = [*map(chart.egfr, range(kidney)), *map(chart.lab, range(labs))]
    return {
        "patient": chart.patient_resource(),
        "conditions": searchset(map(chart.condition, range(kind.conditions))),
        "bleeding": searchset(map(chart.blood, range(blood))),
        "vitals": searchset(map(chart.vital, range(vitals))),
        "labs": searchset(values),
        **{key: searchset([]) for key in ("pregnancy", "procedures", "allergies", "medications")},
        **{key: searchset([]) for key in ("imaging", "encounter")},
    }
