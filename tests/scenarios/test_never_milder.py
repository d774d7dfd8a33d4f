"""Tests that what is not understood is never taken for "none": no answer is milder for it, or silent.

A calm patient with a small bleed is nonmassive, without an alert or a caution. Beside that chart stands one
resource around a value that would prove, in every kind, with codes, units, forms and modifiers that may not
be understood.
"""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cds_service.cds_hooks.request import JUDGE_AT_KEY
from tests.scenarios import clients
from tests.scenarios.chart import Json

NOW: Final = "2026-03-12T14:30:00Z"
ONSET: Final = "2026-03-12T09:00:00Z"
BLED: Final = "2026-03-12T11:00:00Z"
TAKEN: Final = "2026-03-12T12:00:00Z"
PATIENT: Final = "calm-chart"
UCUM: Final = "http://unitsofmeasure.org"
KEYS: Final = (
    *("conditions", "bleeding", "vitals", "vital-signs", "labs", "pregnancy", "procedures"),
    *("allergies", "medications", "administrations", "imaging", "encounter"),
)
EVERY_EXAMPLE: Final = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
SPEAKING: Final = ("not read", "not be read", "not assessed", "read in part")


def coded(system: str, code: str, display: str = "") -> Json:
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}


def loinc(code: str) -> Json:
    return coded("http://loinc.org", code)


def of_patient(resource_type: str, **members: Any) -> Json:
    return {"resourceType": resource_type, "subject": {"reference": f"Patient/{PATIENT}"}, **members}


def vital(resource_id: str, code: str, value: float, unit: str) -> Json:
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return of_patient(
        "Observation",
        id=resource_id,
        status="final",
        code=loinc(code),
        effectiveDateTime=TAKEN,
        valueQuantity=quantity,
    )


def calm_chart() -> dict[str, list[Json]]:
    hemoptysis = coded("http://snomed.info/sct", "66857006", "Hemoptysis")
    active = coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")
    blood = {"value": 5, "unit": "mL", "system": UCUM, "code": "mL"}
    return {
        "conditions": [
            of_patient("Condition", id="c1", code=hemoptysis, clinicalStatus=active, onsetDateTime=ONSET)
        ],
        "bleeding": [
            of_patient(
                "Observation",
                id="b1",
                status="final",
                code=hemoptysis,
                effectiveDateTime=BLED,
                valueQuantity=blood,
            )
        ],
        "vitals": [
            vital("v1", "59408-5", 97, "%"),
            vital("v2", "8480-6", 124, "mm[Hg]"),
            vital("v3", "9279-1", 16, "/min"),
        ],
    }


def body_with(
    *added: tuple[str, Json], has_ids: bool = True, more: Mapping[str, Json] = MappingProxyType({})
) -> Json:
    """The calm chart with what is added to it; `more` is what the Bundles of some keys hold besides."""
    chart = {key: list(calm_chart().get(key, ())) for key in KEYS}
    for key, resource in added:
        chart[key].append(resource | ({"id": f"added-to-{key}"} if has_ids else {}))
    bundles = {
        key: {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in found]}
        for key, found in chart.items()
    }
    for key, members in more.items():
        entries = [*bundles[key]["entry"], *members.get("entry", ())]
        bundles[key] |= members | {"entry": entries}
    person = {"resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": "1950-05-01"}
    order = of_patient(
        "ServiceRequest",
        id="ct-1",
        status="draft",
        intent="order",
        code=coded("http://www.ama-assn.org/go/cpt", "71260"),
        reasonCode=[coded("http://snomed.info/sct", "66857006")],
    )
    return {
        "hook": "order-select",
        "hookInstance": "2f1d6a3e-0c7f-4f61-9b5a-0d6a7f3b8a11",
        "extension": {JUDGE_AT_KEY: NOW},
        "context": {
            "userId": "Practitioner/p1",
            "patientId": PATIENT,
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
        "prefetch": {"patient": person, **bundles},
    }


# --- what may not be understood ---------------------------------------------------------------------------

MODIFIED: Final = {"modifierExtension": [{"url": "urn:example:uncertainty", "valueCode": "unknown"}]}
MASKED: Final = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                                "valueCode": "masked"}]}  # fmt: skip
modifiers: SearchStrategy[Json] = st.sampled_from([{}, {}, MODIFIED])

_SIGNS: Final = (
    ("59408-5", "2708-6", "SpO2", 80, "%"),
    ("8480-6", "76534-7", "Systolic blood pressure", 70, "mm[Hg]"),
    ("9279-1", "76170-0", "Respiratory rate", 36, "/min"),
)


@st.composite
def codes(draw: st.DrawFn, listed: tuple[str, ...], name: str) -> Any:
    """Listed, local with a name in the display or the text, local beside a listed name, or none at all."""
    return draw(
        st.sampled_from(
            [
                *(loinc(code) for code in listed),
                coded("urn:example:local", "4711", name),
                coded("http://snomed.info/sct", "86290005", name),
                {"text": name},
                {**coded("urn:example:local", "4711"), "text": name},
            ]
        )
    )


@st.composite
def values(draw: st.DrawFn, number: float, unit: str) -> Any:
    """The number in its unit, in none, in one that is not known, as an integer, a text, or hidden."""
    written = draw(st.sampled_from([unit, "", "zz", unit.upper(), f"{unit} "]))
    quantity = {"value": number, **({"unit": written} if written else {})}
    return draw(
        st.sampled_from(
            [
                {"valueQuantity": quantity},
                {"valueQuantity": quantity | {"system": UCUM, "code": written or "1"}},
                {"valueInteger": int(number)},
                {"valueString": f"{number} {written}".strip()},
                {"valueString": f"about {number}!"},
                {"valueRange": {"low": quantity, "high": quantity}},
                {"valueSampledData": {"origin": quantity, "period": 1, "dimensions": 1, "data": str(number)}},
                {"valueQuantity": MASKED},
                {"dataAbsentReason": coded("urn:x", "masked"), "valueQuantity": quantity},
                {"dataAbsentReason": coded("urn:x", draw(st.sampled_from(["masked", "error", "as-text"])))},
                {"dataAbsentReason": {"text": "see the note"}},
            ]
        )
    )


@st.composite
def vitals(draw: st.DrawFn) -> tuple[str, Json]:
    first, second, name, number, unit = draw(st.sampled_from(_SIGNS))
    code, value = draw(codes((first, second), name)), draw(values(number, unit))
    head = {"status": "final", "effectiveDateTime": "2026-03-12T13:00:00Z"}
    measured = {"code": code} | value
    if draw(st.booleans()):
        measured = {"code": loinc("85353-1"), "component": [measured]}
    key = draw(st.sampled_from(["vitals", "vital-signs"]))
    return key, of_patient("Observation", **head, **measured, **draw(modifiers))


@st.composite
def bleeds(draw: st.DrawFn) -> tuple[str, Json]:
    value = draw(
        st.one_of(
            values(300, "mL"),
            st.sampled_from(["copious", "large amount", "beaucoup", "3 glorps", "300"]).map(
                lambda text: {"valueString": text}
            ),
        )
    )
    when = draw(st.sampled_from(["2026-03-12T12:30:00Z", "2026-03-12", "unknown", None]))
    dated = {"effectiveDateTime": when} if when else {}
    code = coded("http://snomed.info/sct", "66857006")
    head = {"status": "final", "code": code}
    return "bleeding", of_patient("Observation", **head, **dated, **value, **draw(modifiers))


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Json]:
    code = draw(
        st.sampled_from(
            [
                {"code": coded("http://hl7.org/fhir/sid/icd-10-cm", "J96.01")},
                {"code": {"text": "acute respiratory failure"}},
                {"code": MASKED},
                {"code": {"coding": [MASKED]}},
                {},
            ]
        )
    )
    status = draw(st.sampled_from([None, "unconfirmed", "provisional", "differential", "confirmed", "odd"]))
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    verified = {"verificationStatus": coded(system, status)} if status else {}
    recorded = {"recordedDate": "2026-03-12T12:30:00Z"}
    return "conditions", of_patient("Condition", **code, **verified, **recorded, **draw(modifiers))


@st.composite
def procedures(draw: st.DrawFn) -> tuple[str, Json]:
    code = draw(
        st.sampled_from([coded("http://snomed.info/sct", "112798008"), MASKED, {"text": "intubation"}])
    )
    status = draw(st.sampled_from(["completed", "in-progress", "unknown", "odd"]))
    when = {"performedDateTime": "2026-03-12T12:30:00Z"}
    return "procedures", of_patient("Procedure", status=status, code=code, **when, **draw(modifiers))


@st.composite
def allergies(draw: st.DrawFn) -> tuple[str, Json]:
    code: Json = draw(st.sampled_from([{"code": {"text": "iohexol"}}, {"code": MASKED}, {}]))
    resource = {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": f"Patient/{PATIENT}"},
    }
    return "allergies", {**resource, **code, **draw(modifiers)}


@st.composite
def drugs(draw: st.DrawFn) -> tuple[str, Json]:
    drug: Json = draw(
        st.sampled_from(
            [
                {"medicationCodeableConcept": {"text": "Eliquis 5 mg"}},
                {"medicationReference": {"reference": "Medication/not-there"}},
                {"medicationCodeableConcept": MASKED},
            ]
        )
    )
    status = draw(st.sampled_from(["active", "on-hold", "unknown", "odd", None]))
    head = {"intent": "order"} | ({"status": status} if status else {})
    return "medications", of_patient("MedicationRequest", **head, **drug, **draw(modifiers))


@st.composite
def administrations(draw: st.DrawFn) -> tuple[str, Json]:
    drug = draw(st.sampled_from([{"text": "norepinephrine 4 mg"}, MASKED, coded("urn:example:local", "77")]))
    status = draw(st.sampled_from(["in-progress", "odd", None]))
    begun = {"effectivePeriod": {"start": "2026-03-12T12:30:00Z"}}
    head = {"medicationCodeableConcept": drug} | ({"status": status} if status else {})
    return "administrations", of_patient("MedicationAdministration", **head, **begun, **draw(modifiers))


@st.composite
def kidney_values(draw: st.DrawFn) -> tuple[str, Json]:
    value = draw(values(20, "mL/min/{1.73_m2}"))
    head = {"status": "final", "code": loinc("98979-8"), "effectiveDateTime": TAKEN}
    return "labs", of_patient("Observation", **head, **value, **draw(modifiers))


@st.composite
def pregnancies(draw: st.DrawFn) -> tuple[str, Json]:
    pregnant = coded("http://snomed.info/sct", "77386006", "Pregnancy")
    value: Json = draw(
        st.sampled_from(
            [
                {"valueCodeableConcept": pregnant},
                {"valueCodeableConcept": {"text": "pregnant"}},
                {"valueString": "perhaps"},
                {"valueCodeableConcept": coded("urn:example:local", "1")},
                {"valueCodeableConcept": MASKED},
                {"dataAbsentReason": coded("urn:x", "masked")},
            ]
        )
    )
    head = {"status": "final", "code": loinc("82810-3"), "effectiveDateTime": TAKEN}
    return "pregnancy", of_patient("Observation", **head, **value, **draw(modifiers))


resources = st.one_of(
    *(vitals(), bleeds(), conditions(), procedures(), allergies(), drugs()),
    *(administrations(), kidney_values(), pregnancies()),
)


# --- the properties --------------------------------------------------------------------------------------


def answer_to(client: FlaskClient, body: Json) -> Json:
    reply = client.post("/cds-services/hemoptysis-imaging-order-select", json=body)
    assert reply.status_code == 200, reply.text
    answer: Json = json.loads(reply.text)
    return answer


def severity_in(answer: Json) -> int:
    """0 where massive is ruled out, 1 where it is open, 2 by a sign, 3 with the critical card."""
    indicators = [c["indicator"] for c in answer["cards"] if not c["source"]["label"].startswith("ACR")]
    topics = {card["source"]["topic"]["code"] for card in answer["cards"]}
    if "critical" in indicators:
        return 3
    if "warning" in indicators:
        return 2
    return 0 if topics <= {"nonmassive", "recurrent"} else 1


def words_in(answer: Json) -> Iterator[str]:
    yield from (clients.words_of(card).lower() for card in answer["cards"])


def speaks(answer: Json) -> bool:
    """True where a card says more than the calm patient's: an alert, a caution, what was not read."""
    text = "\n".join(words_in(answer))
    return severity_in(answer) > 0 or "caution" in text or any(words in text for words in SPEAKING)


def test_a_calm_patient_with_a_small_bleed_is_nonmassive_and_nothing_more_is_said(
    client: FlaskClient,
) -> None:
    answer = answer_to(client, body_with())

    assert severity_in(answer) == 0
    assert not speaks(answer)


@given(added=resources, has_ids=st.booleans())
@EVERY_EXAMPLE
def test_what_would_prove_or_is_not_understood_is_never_none(
    client: FlaskClient, added: tuple[str, Json], has_ids: bool
) -> None:
    answer = answer_to(client, body_with(added, has_ids=has_ids))

    assert speaks(answer)


HIDDEN: Final[Json] = {
    "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "suppressed"}]}
}


@pytest.mark.parametrize("members", [{"entry": [HIDDEN]}, {"link": [{"relation": "next", "url": "urn:x"}]}])
@pytest.mark.parametrize("key", [key for key in KEYS if key != "encounter"])
def test_what_is_hidden_or_on_a_further_page_is_never_none(
    client: FlaskClient, key: str, members: Json
) -> None:
    assert speaks(answer_to(client, body_with(more={key: members})))


@given(added=st.lists(resources, min_size=2, max_size=3, unique_by=lambda one: one[0]))
@EVERY_EXAMPLE
def test_an_answer_is_never_milder_for_what_stands_beside(
    client: FlaskClient, added: list[tuple[str, Json]]
) -> None:
    alone = max(severity_in(answer_to(client, body_with(one))) for one in added)

    assert severity_in(answer_to(client, body_with(*added))) >= alone
