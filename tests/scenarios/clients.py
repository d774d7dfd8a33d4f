"""The bodies that real clients send and the charts that wards write, and the outcome that each must have.

A body is fixtures/requests/clients/NAME.json, named after its quirk, or fixtures/requests/charts/NAME.json,
named after what is charted; its outcome is the file of the same name in fixtures/responses:

about        what the body shows
status       the HTTP status; with 400 and 412 also `issueCode` and, where there is one, `expression`
cards        each card in order: indicator, topic, `suggestions` ("update 71275": type of the action and
             code of the study), hasOverrideReasons, words that it `says` and those that it `neverSays`
ratings      the codes of the rating on each order of the system actions, and on no other
neverSays    words that stand nowhere in the answer
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from cds_service.cds_hooks.request import JUDGE_AT_KEY
from tests.contract.agreed import RATING
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json

CORPORA: Final = ("clients", "charts")

SERVICES: Final = tuple(
    f"hemoptysis-imaging-{hook}" for hook in ("order-select", "order-sign", "patient-view")
)
ANOTHER_PATIENT: Final = "somebody-else"

_MEMBERS_OF_AN_OUTCOME: Final = {
    "about",
    "status",
    "cards",
    "ratings",
    "issueCode",
    "expression",
    "neverSays",
}
_MEMBERS_OF_A_CARD: Final = {"indicator", "topic", "suggestions", "hasOverrideReasons", "says", "neverSays"}


def names(side: str = "requests") -> list[str]:
    return sorted(file.stem for corpus in CORPORA for file in (FIXTURES / side / corpus).glob("*.json"))


def _text(side: str, name: str) -> str:
    files = (FIXTURES / side / corpus / f"{name}.json" for corpus in CORPORA)
    return next(file.read_text(encoding="utf-8") for file in files if file.exists())


@cache
def text_of(name: str) -> str:
    return _text("requests", name)


def body_of(name: str) -> Json:
    body: Json = json.loads(text_of(name))
    assert JUDGE_AT_KEY in body["extension"], "a body says at which instant it is to be judged"
    return body


def outcome_of(name: str) -> Json:
    """The expected outcome; a member that no test would look at is a mistake."""
    outcome: Json = json.loads(_text("responses", name))
    assert outcome.keys() <= _MEMBERS_OF_AN_OUTCOME
    assert all(card.keys() <= _MEMBERS_OF_A_CARD for card in outcome.get("cards", ()))
    return outcome


def service_of(body: Mapping[str, Any]) -> str:
    return f"hemoptysis-imaging-{body['hook']}"


def ratings_in(answer: Json) -> dict[str, list[str]]:
    """The codes of the rating on each order of the system actions."""
    resources = [action["resource"] for action in answer.get("systemActions", ())]
    ratings = {f"{r['resourceType']}/{r['id']}": _rating_codes(r) for r in resources}
    assert len(ratings) == len(resources), "two system actions for one order"
    return ratings


def _rating_codes(resource: Json) -> list[str]:
    (rating,) = [e["valueCodeableConcept"] for e in resource["extension"] if e["url"] == RATING]
    return [coding["code"] for coding in rating["coding"]]


def seen_of(card: Json) -> Json:
    """What an outcome tells of a card, its words aside."""
    return {
        "indicator": card["indicator"],
        "topic": card["source"].get("topic", {}).get("code"),
        "suggestions": [_offered(action) for s in card.get("suggestions", ()) for action in s["actions"]],
        "hasOverrideReasons": bool(card.get("overrideReasons")),
    }


def words_of(card: Json) -> str:
    return f"{card['summary']}\n{card.get('detail', '')}"


def _offered(action: Json) -> str:
    code = action["resource"]["code"]
    (coding,) = code.get("concept", code)["coding"]
    return f"{action['type']} {coding['code']}"


def updates_in(answer: Json) -> Iterator[Json]:
    """The resources of every update: of the system actions, and of the suggestions."""
    yield from (action["resource"] for action in answer.get("systemActions", ()))
    for card in answer["cards"]:
        for suggestion in card.get("suggestions", ()):
            yield from (a["resource"] for a in suggestion["actions"] if a["type"] == "update")


def with_another_patient(body: Json) -> Json:
    """The body with the worst chart and two orders of another patient beside what it has."""
    mixed: Json = json.loads(json.dumps(body))
    prefetch = mixed.get("prefetch")
    mixed["prefetch"] = _mixed_prefetch(prefetch) if isinstance(prefetch, dict) else {"other": _their_chart()}
    drafts = mixed["context"].get("draftOrders")
    if isinstance(drafts, dict) and drafts.get("entry"):
        drafts["entry"] += [{"resource": order} for order in _their_orders()]
    return mixed


def _mixed_prefetch(prefetch: Json) -> Json:
    """Their chart under a key of its own, and in every Bundle that holds something of the patient's."""
    for value in prefetch.values():
        entries = value.get("entry") if isinstance(value, dict) else None
        if isinstance(entries, list) and any(_holds_data(entry) for entry in entries):
            entries += _their_chart()["entry"]
    return prefetch | {"other": _their_chart()}


def _holds_data(entry: Json) -> bool:
    resource = entry.get("resource")
    return isinstance(resource, dict) and resource["resourceType"] not in ("Bundle", "OperationOutcome")


def _their_chart() -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in _their_data()]}


def _their_data() -> list[Json]:
    hemoptysis = _concept("http://snomed.info/sct", "66857006")
    severe = _concept("http://snomed.info/sct", "24484000")
    return [
        {"resourceType": "Patient", "id": ANOTHER_PATIENT, "birthDate": "2019-02-03", "gender": "male"},
        _theirs("Condition", code=hemoptysis, severity=severe, onsetDateTime="2026-03-12T14:00:00Z"),
        _theirs("Condition", code=hemoptysis, onsetDateTime="2024-01-02", abatementDateTime="2024-01-05"),
        _theirs("Condition", code=_concept("http://snomed.info/sct", "77386006")),
        _measured(hemoptysis, 900, "mL"),
        _measured(_concept("http://loinc.org", "59408-5"), 71, "%"),
        _measured(_concept("http://loinc.org", "8480-6"), 62, "mm[Hg]"),
        _measured(_concept("http://loinc.org", "98979-8"), 9, "mL/min/{1.73_m2}"),
        _theirs("Procedure", status="completed", code=_concept("http://snomed.info/sct", "233525003")),
        _theirs("Encounter", id="visit-1", status="in-progress", reasonCode=[hemoptysis]),
    ]


def _their_orders() -> list[Json]:
    hemoptysis = _concept("http://snomed.info/sct", "66857006")
    codes = {"their-radiograph": "71046", "their-cta": "71275"}
    return [
        _theirs("ServiceRequest", id=name, status="draft", intent="order", reasonCode=[hemoptysis])
        | {"code": _concept("http://www.ama-assn.org/go/cpt", code)}
        for name, code in codes.items()
    ]


def _measured(code: Json, value: int, unit: str) -> Json:
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return _theirs("Observation", status="final", code=code, valueQuantity=quantity) | {
        "effectiveDateTime": "2026-03-12T14:10:00Z"
    }


def _theirs(resource_type: str, **members: Any) -> Json:
    subject = {"reference": f"Patient/{ANOTHER_PATIENT}"}
    return {"resourceType": resource_type, "subject": subject, **members}


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}
