"""Charts that hold much at once: many conditions, drugs, allergies and data that cannot be read.

`rich_body` draws a request; `fullest_body` is one with all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from tests.scenarios.chart import Json
from tests.scenarios.test_never_milder import KEYS, MASKED, TAKEN, body_with, coded, loinc, of_patient, vital

SNOMED: Final = "http://snomed.info/sct"
CPT: Final = "http://www.ama-assn.org/go/cpt"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
NOW_ON: Final = "2026-03-12T12:30:00Z"
TAIL: Final = ", as charted on the ward by the team on call after discussion"
"""What makes a charted name as long as one that is cut."""

CONDITIONS: Final = (
    *("Acute saddle pulmonary embolism", "Septic shock due to pneumonia", "ST elevation infarction"),
    *("Acute upper gastrointestinal bleeding", "Pulmonary tuberculosis", "Lung cancer, left upper lobe"),
    *("Aspergilloma in a lung cavity", "Cavitating lesion of lung", "Deep vein thrombosis of the left leg"),
    *("Mesenteric ischemia", "Critical limb ischemia", "Pregnancy", "Graves disease with hyperthyroidism"),
    *("Acute kidney injury", "Chronic kidney disease stage 5", "Acute respiratory failure"),
    *("Chronic respiratory failure on home oxygen", "Granulomatosis with polyangiitis", "COPD"),
    *("Diffuse alveolar hemorrhage", "Hemorrhagic shock", "Hypovolemic shock", "Cardiac arrest"),
    *("Acute respiratory distress syndrome", "Hypoxemia", "Bronchiectasis", "Cystic fibrosis"),
    *("History of pulmonary embolism", "Massive hemoptysis", "Recurrent hemoptysis", "Coronary ischemia"),
    *("Allergy to iodinated contrast", "Long-term use of anticoagulants", "Portal vein thrombosis"),
)
CODES_ALONE: Final = ("I82.401", "K76.7", "M05.9", "Q21.1", "E87.1")
DRUGS: Final = (
    *("warfarin 5 mg", "apixaban 5 mg", "rivaroxaban 20 mg", "clopidogrel 75 mg", "aspirin 100 mg"),
    *("ticagrelor 90 mg", "enoxaparin 80 mg", "dabigatran 150 mg", "metformin 1000 mg", "Janumet 50/1000"),
    *("tranexamic acid 1 g", "terlipressin 1 mg"),
)
GIVEN: Final = (
    *("norepinephrine infusion", "heparin infusion", "alteplase infusion", "tranexamic acid 1 g"),
    *("argatroban infusion", "cangrelor infusion", "tirofiban infusion", "vasopressin infusion"),
)
AGENTS: Final = ("iohexol", "iopamidol", "IV contrast", "Omnipaque 350", "CT dye")
PROCEDURES: Final = ("bronchial artery embolization", "intubation", "ECMO", "red cell transfusion")
STUDIES: Final = ("71250", "71260", "71275", "71270", "71046")
ORDERS: Final = (
    *((CPT, code, "") for code in STUDIES),
    *((CPT, code, "") for code in ("75726", "71550", "71271", "37244", "78580")),
    *(
        ("", "", name)
        for name in ("CT chest", "CTA chest and abdomen", "chest imaging protocol 7 of the house")
    ),
    *(("", "", name) for name in ("CT thorax with contrast", "CT pulmonary angiogram", "PET chest")),
)
REASONS: Final[tuple[Json, ...]] = (
    coded(SNOMED, "66857006"),
    {"text": "possible hemoptysis"},
    {"text": "recurrent massive hemoptysis in shock"},
    {"text": "bronchiectasis"},
    {},
)
HOOKS: Final = ("order-select", "order-sign", "patient-view")


def condition(name: str, when: str = NOW_ON) -> tuple[str, Json]:
    return "conditions", of_patient("Condition", code={"text": name}, onsetDateTime=when, recordedDate=when)


def _code_alone(code: str) -> tuple[str, Json]:
    code_only = coded("http://hl7.org/fhir/sid/icd-10-cm", code)
    return "conditions", of_patient("Condition", code=code_only, onsetDateTime=NOW_ON)


def drug(name: str, authored: str = "2026-03-01") -> tuple[str, Json]:
    head = {"status": "active", "intent": "order", "authoredOn": authored}
    return "medications", of_patient("MedicationRequest", **head, medicationCodeableConcept={"text": name})


def given(name: str, begun: str = "2026-03-12T09:30:00Z") -> tuple[str, Json]:
    head = {"status": "in-progress", "effectivePeriod": {"start": begun}}
    named = {"medicationCodeableConcept": {"text": name}}
    return "administrations", of_patient("MedicationAdministration", **head, **named)


def allergy(agent: str) -> tuple[str, Json]:
    owner = {"patient": of_patient("x")["subject"], "recordedDate": "2019-05-04"}
    return "allergies", {"resourceType": "AllergyIntolerance", "code": {"text": agent}} | owner


def procedure(name: str) -> tuple[str, Json]:
    head = {"status": "completed", "performedDateTime": "2026-03-11T08:00:00Z"}
    return "procedures", of_patient("Procedure", **head, code={"text": name})


def _study(code: str) -> tuple[str, Json]:
    head = {"status": "available", "started": "2026-03-10T10:00:00Z"}
    return "imaging", of_patient("ImagingStudy", **head, procedureCode=[coded(CPT, code)])


def _blood(amount: float, unit: str, when: str) -> tuple[str, Json]:
    value = {"valueQuantity": {"value": amount, "unit": unit}}
    head = {"status": "final", "code": coded(SNOMED, "66857006"), "effectiveDateTime": when}
    return "bleeding", of_patient("Observation", **head, **value)


def _vital(code: str, value: float, unit: str) -> tuple[str, Json]:
    return "vitals", vital("", code, value, unit) | {"effectiveDateTime": "2026-03-12T13:00:00Z"}


def egfr(value: float) -> tuple[str, Json]:
    measured = {"valueQuantity": {"value": value, "unit": "mL/min/1.73m2"}}
    head = {"status": "final", "effectiveDateTime": TAKEN, "code": loinc("98979-8")}
    return "labs", of_patient("Observation", **head, **measured)


def _pregnancy(answer: str) -> tuple[str, Json]:
    head = {"status": "final", "effectiveDateTime": TAKEN, "code": loinc("82810-3")}
    return "pregnancy", of_patient("Observation", **head, valueCodeableConcept={"text": answer})


UNREAD: Final[tuple[tuple[str, Json], ...]] = (
    ("conditions", of_patient("Condition", code=MASKED)),
    ("procedures", of_patient("Procedure", status="completed", code=MASKED)),
    (
        "bleeding",
        of_patient("Observation", status="final", code=coded(SNOMED, "66857006"), valueQuantity=MASKED),
    ),
    ("vitals", of_patient("Observation", status="final", code=loinc("59408-5"), valueQuantity=MASKED)),
    ("labs", of_patient("Observation", status="final", code=loinc("98979-8"), valueQuantity=MASKED)),
    ("medications", of_patient("MedicationRequest", status="active", medicationCodeableConcept=MASKED)),
    ("administrations", of_patient("MedicationAdministration", medicationCodeableConcept=MASKED)),
    (
        "allergies",
        {"resourceType": "AllergyIntolerance", "code": MASKED} | {"patient": of_patient("x")["subject"]},
    ),
)
BLEEDS: Final = (
    *(_blood(260, "mL", NOW_ON), _blood(2, "cups", "2026-03-12T12:00:00Z"), _blood(60, "mL", "2026-03-10")),
    *(_blood(120, "mL", "2026-03-11T20:00:00Z"), _blood(3, "glorps", "2026-03-12T10:00:00Z")),
)
VITALS: Final = (
    *(_vital("59408-5", 81, "%"), _vital("8480-6", 71, "mm[Hg]"), _vital("9279-1", 38, "/min")),
    *(_vital("8867-4", 144, "/min"), _vital("3151-8", 12, "L/min")),
)
LABS: Final = (egfr(12), _pregnancy("pregnant"), _pregnancy("maybe"))


def _everything(tail: str, when: str) -> list[tuple[str, Json]]:
    return [
        *(condition(name + tail, when) for name in CONDITIONS),
        *(_code_alone(code) for code in CODES_ALONE),
        *(drug(name + tail) for name in DRUGS),
        *(given(name + tail) for name in GIVEN),
        *(allergy(agent + tail) for agent in AGENTS),
        *map(procedure, PROCEDURES),
        *map(_study, STUDIES),
        *(*BLEEDS, *VITALS, *LABS, *UNREAD),
    ]


def body_of(
    added: Sequence[tuple[str, Json]],
    *,
    hook: str = "order-select",
    orders: Sequence[tuple[str, str, str, int]] = ((*ORDERS[0], 0),),
    birth: str = "1990-05-01",
    left_out: Sequence[str] = (),
) -> Json:
    """A request about a chart that holds what is added; of the keys left out nothing was sent."""
    body = body_with(
        *((key, one | {"id": f"{key}-{n}"}) for n, (key, one) in enumerate(added)), has_ids=False
    )
    body["hook"] = hook
    prefetch = {key: value for key, value in body["prefetch"].items() if key not in left_out}
    person = {"resourceType": "Patient", "id": prefetch["patient"]["id"], "gender": "female"}
    prefetch["patient"] = person | ({"birthDate": birth} if birth else {})
    context: dict[str, Any] = {k: v for k, v in body["context"].items() if k != "draftOrders"}
    if hook != "patient-view":
        entries = [{"resource": _order(n, order)} for n, order in enumerate(orders)]
        context["draftOrders"] = {"resourceType": "Bundle", "entry": entries}
    return body | {"prefetch": prefetch, "context": context}


def _order(number: int, order: tuple[str, str, str, int]) -> Json:
    system, code, name, reason_index = order
    reason = REASONS[reason_index]
    head = {"status": "draft", "intent": "order", "category": [{"text": "Imaging"}]}
    reasons = {"reasonCode": [reason]} if reason else {}
    meant = coded(system, code) if code else {"text": name}
    return of_patient("ServiceRequest", id=f"order-{number}", code=meant, **head, **reasons)


def fullest_body(**changes: Any) -> Json:
    """A request about a chart with everything, under long names."""
    return body_of(_everything(TAIL, NOW_ON), **changes)


orders = st.tuples(st.sampled_from(ORDERS), st.integers(0, len(REASONS) - 1)).map(
    lambda order: (*order[0], order[1])
)


@st.composite
def rich_bodies(draw: st.DrawFn) -> Mapping[str, Any]:
    """A request about a chart that holds any part of everything, with names of any length."""
    tail = draw(st.sampled_from(["", TAIL]))
    when = draw(st.sampled_from([NOW_ON, "2026-03-11T22:10:00Z", "2026-02-20"]))
    everything = _everything(tail, when)
    share = draw(st.sampled_from([3, 10, 30, len(everything)]))
    chosen = draw(st.lists(st.sampled_from(range(len(everything))), max_size=share, unique=True))
    return body_of(
        [everything[index] for index in chosen],
        hook=draw(st.sampled_from(HOOKS)),
        orders=draw(st.lists(orders, min_size=1, max_size=3)),
        birth=draw(st.sampled_from(["1990-05-01", "2015-05-01", "", "not known"])),
        left_out=draw(st.sampled_from([(), (), KEYS[4:], KEYS[1:]])),
    )
