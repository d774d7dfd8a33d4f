"""Orders as EHRs and wards of several countries write them: the study, its contrast, and what is no study."""

from dataclasses import replace
from typing import Any, NoReturn

import pytest

from cds_service.app import advisor_from
from cds_service.cds_hooks.request import FhirAccess
from cds_service.cds_hooks.response import ServiceResponse
from cds_service.clinical.facts import Recognition
from cds_service.evaluate import Advisor, evaluate, orders_to_judge
from cds_service.fhir.codes import Coded
from cds_service.fhir.orders.orders import orders_read, with_resolved_reasons
from cds_service.fhir.orders.reasons import StatedReason, reason_from
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.outbound.client import FhirReader
from cds_service.settings import Settings
from tests.unit.fhir.builders import (
    CHEST_PAIN,
    CPT,
    HEMOPTYSIS,
    LOINC,
    Json,
    bundle,
    concept,
    condition,
    meanings,
    order,
    orders_in,
    read_order,
    request,
)

CT_CHEST = concept(LOINC, "24627-2", text="CT Chest")
RADLEX = "http://radlex.org/"
OPS, CCAM = "http://fhir.de/CodeSystem/bfarm/ops", "https://smt.esante.gouv.fr/terminologie-ccam"
WITH, WITHOUT, UNSPECIFIED, CTA = (
    *("ct-chest-with-contrast", "ct-chest-without-contrast", "ct-chest-contrast-unspecified"),
    "cta-chest-with-contrast",
)
URN = "urn:uuid:11111111-1111-4111-8111-111111111111"


def instructed(code: Json, *texts: str) -> Json:
    return order(code=code, orderDetail=[{"text": text} for text in texts])


@pytest.mark.parametrize(
    ("code", "texts", "procedure"),
    [
        (CT_CHEST, ("with IV contrast",), WITH),
        (CT_CHEST, ("portable please", "without contrast"), WITHOUT),
        ({"text": "Scanner thoracique"}, ("avec injection",), WITH),
        ({"text": "CT Thorax"}, ("nativ",), WITHOUT),
        (CT_CHEST, ("with contrast", "without contrast"), UNSPECIFIED),
        (CT_CHEST, ("with contrast if eGFR is above 30",), UNSPECIFIED),
        (CT_CHEST, (), UNSPECIFIED),
        (concept(CPT, "71260"), ("without contrast",), UNSPECIFIED),
        (concept(CPT, "71260"), ("with contrast",), WITH),
        (concept(CPT, "71270"), ("with contrast",), "ct-chest-without-and-with-contrast"),
        (concept(CPT, "71275"), ("with contrast",), CTA),
        (concept(CPT, "71275"), ("no contrast",), UNSPECIFIED),
        (concept(CPT, "71046"), ("with contrast",), "radiography-chest"),
    ],
)
def test_contrast_stated_in_the_instructions_counts_and_a_contradiction_is_asked_about(
    code: Json, texts: tuple[str, ...], procedure: str
) -> None:
    assert read_order(instructed(code, *texts)).procedure == procedure


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        ("CT chest with contrast", WITH),
        ("CT ANGIO CHEST", CTA),
        ("CT chest", UNSPECIFIED),
        ("CXR", UNSPECIFIED),
    ],
)
def test_a_code_that_leaves_contrast_open_is_what_its_name_says(text: str, procedure: str) -> None:
    assert read_order(order(code=concept(LOINC, "24627-2", text=text))).procedure == procedure


def test_a_part_of_the_body_may_stand_in_the_instructions() -> None:
    detail = [{"coding": [{"system": "http://radlex.org/", "code": "RID1243", "display": "Thorax"}]}]
    code = {
        "coding": [{"system": "http://radlex.org/", "code": "RID10321", "display": "computed tomography"}]
    }

    read = read_order(order(code=code, orderDetail=detail))

    assert (read.recognition, read.procedure) == ("by-name", UNSPECIFIED)


@pytest.mark.parametrize(
    ("code", "procedure", "has_other_regions"),
    [
        (concept(LOINC, "72254-6"), WITH, True),
        (concept(CCAM, "ECQH011"), CTA, True),
        ({"coding": [{"system": CPT, "code": "71260"}, {"system": CPT, "code": "74177"}]}, WITH, True),
        (concept(CPT, "71260", text="CT chest/abdomen/pelvis w contrast"), WITH, True),
        ({"text": "CT chest abdomen pelvis with contrast"}, WITH, True),
        (concept(CPT, "71260"), WITH, False),
        (
            concept(CCAM, "ECQH010", text="Scanographie des vaisseaux du thorax et/ou du cœur"),
            CTA,
            False,
        ),
    ],
)
def test_an_order_for_further_regions_is_read_as_its_chest_part(
    code: Json, procedure: str, *, has_other_regions: bool
) -> None:
    read = read_order(order(code=code))

    assert (read.procedure, read.has_other_regions) == (procedure, has_other_regions)


@pytest.mark.parametrize(
    "code", [concept(CPT, "74177"), concept(OPS, "3-221"), {"text": "CT abdomen pelvis"}]
)
def test_a_code_of_other_regions_alone_is_no_chest_imaging(code: Json) -> None:
    assert read_order(order(code=code)).recognition == "not-chest-imaging"


@pytest.mark.parametrize(
    ("text", "procedure", "may_be_cta"),
    [
        ("Computertomographie des Thorax mit Kontrastmittel", WITH, True),
        ("CT-Angiographie Thorax", CTA, False),
        ("", WITH, True),
    ],
)
def test_a_code_that_cannot_tell_ct_angiography_apart_says_so_until_its_name_does(
    text: str, procedure: str, *, may_be_cta: bool
) -> None:
    read = read_order(order(code=concept(OPS, "3-222", text=text)))

    assert (read.procedure, read.may_be_cta) == (procedure, may_be_cta)


@pytest.mark.parametrize("code", ["71271", "71250", "31622"])
def test_screening_ct_is_known(code: str) -> None:
    expected = {"71271": "ct-chest-screening", "71250": WITHOUT, "31622": ""}

    assert read_order(order(code=concept(CPT, code))).procedure == expected[code]


NOT_UNDERSTOOD: list[Any] = [
    {"text": "CT GUIDED LUNG BIOPSY"},
    {"text": "Pulmonology consult"},
    {"text": "CT abdomen with contrast"},
    concept(CPT, "31622"),
    concept("urn:site", "X1"),
    concept(RADLEX, "RID10321"),
    {"text": "Überweisung"},
    {},
    None,
]


@pytest.mark.parametrize("code", NOT_UNDERSTOOD)
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"reasonCode": [HEMOPTYSIS]}, "other-order"),
        ({"reasonCode": [{"text": "coughing up blood"}]}, "other-order"),
        ({"reasonReference": [{"display": "Hemoptysis"}]}, "other-order"),
        ({"reasonReference": [{"reference": "Condition/c1"}]}, "other-order"),
        ({"reasonCode": [HEMOPTYSIS], "category": [{"text": "Laboratory"}]}, "not-chest-imaging"),
        ({"reasonCode": [HEMOPTYSIS], "status": "revoked"}, "not-chest-imaging"),
        ({"reasonCode": [HEMOPTYSIS], "subject": {"reference": "Patient/p2"}}, "not-chest-imaging"),
    ],
)
def test_a_request_for_hemoptysis_whose_study_is_not_understood_is_an_order_of_another_kind(
    code: Any, members: Json, expected: Recognition
) -> None:
    read = read_order(order(code=code, **members), any=bundle(condition("c1")))

    is_empty_form = not code and expected != "other-order" and "category" not in members
    assert read.recognition == expected or (is_empty_form and not read.procedure)


@pytest.mark.parametrize("code", NOT_UNDERSTOOD)
def test_such_a_request_for_another_reason_is_none(code: Any) -> None:
    referring = order(code=code, reasonReference=[{"reference": "Condition/c1"}])

    read = read_order(referring, any=bundle(condition("c1", code=CHEST_PAIN)))

    assert read.recognition in ("not-chest-imaging", "no-study-yet")


def test_a_selection_that_matches_nothing_never_means_an_order_of_another_kind() -> None:
    consult = order(id=None, code={"text": "Pulmonology consult"}, reasonCode=[HEMOPTYSIS])
    asked = request(drafts=bundle(consult, order(id=None)), selections=["ServiceRequest/x"])

    assert orders_to_judge(asked, orders_in(consult, order(id=None))) == (1,)


@pytest.mark.parametrize("reference", [URN, "https://ehr.example/fhir/Condition/draft-1"])
def test_a_reason_is_followed_by_the_full_url_of_a_draft(reference: str) -> None:
    entries = [
        {"resource": order(reasonReference=[{"reference": reference}])},
        {"fullUrl": reference, "resource": condition("another-id", code=HEMOPTYSIS)},
    ]
    asked, said = request(drafts={"resourceType": "Bundle", "entry": entries}), meanings()

    read = orders_read(asked.drafts, patient_id="p1", meanings=said)
    resolved, _ = with_resolved_reasons(read, asked.drafts, lambda _: None, said, "p1")

    assert resolved.reason.kind == "for-hemoptysis"


class SilentReader(FhirReader):
    """A reader that fails whoever asks it."""

    def read(self, *_: object) -> NoReturn:
        pytest.fail("the FHIR server was asked")


@pytest.fixture
def advisor(settings: Settings) -> Advisor:
    return replace(advisor_from(settings), reader=SilentReader())


def test_the_reason_of_an_order_of_another_kind_is_looked_for_in_what_was_sent_alone(
    advisor: Advisor,
) -> None:
    consult = order(code={"text": "Consult"}, reasonReference=[{"reference": "Condition/c1"}])
    sent = {"any": bundle(condition("c1", code=CHEST_PAIN))}
    asked = request(drafts=bundle(consult), prefetch=sent)

    found = evaluate(replace(asked, access=FhirAccess("https://e.example/fhir")), advisor)

    assert found.response == ServiceResponse()


def test_an_order_of_another_kind_for_hemoptysis_is_evaluated_and_not_judged(advisor: Advisor) -> None:
    consult = order(code={"text": "Consult"}, reasonReference=[{"reference": "Condition/c1"}])
    asked = request(drafts=bundle(consult), prefetch={"any": bundle(condition("c1"))})

    found = evaluate(asked, advisor)

    assert found.trace.decision is not None
    assert [j.outcome for j in found.trace.decision.judgments] == ["other-order"]
    assert found.trace.decision.has_hemoptysis
    assert not found.response.system_actions


@pytest.mark.parametrize("certainty", Certainty)
def test_a_history_of_hemoptysis_is_no_present_reason_and_no_other_indication(certainty: Certainty) -> None:
    said = meanings()
    said._by_text["blood, once"] = (ConceptMatch(Concept.HEMOPTYSIS, certainty),)

    reason = reason_from(StatedReason(Coded(texts=("blood, once",))), lambda _: None, said)

    assert reason.kind == ("cause-or-symptom" if certainty is Certainty.PAST else "for-hemoptysis")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CT pulm angio", "unrecognized-imaging"),
        ("CT Thx", "unrecognized-imaging"),
        ("XR portable", "unrecognized-imaging"),
        ("Radiografía PA y lateral", "unrecognized-imaging"),
        ("CT gibberish of a ward", "unrecognized-imaging"),
        ("Rx pulmones", "by-name"),
        ("Thorax in 2 Ebenen", "by-name"),
        ("Lungenröntgen", "by-name"),
        *((name, "not-chest-imaging") for name in ("CT Kopf", "MRI brain", "XR knees", "CT sinuses")),
        *((name, "not-chest-imaging") for name in ("IRM genou", "Mammography", "CT of the abdomen, urgent")),
        *((name, "not-chest-imaging") for name in ("Échographie thyroïde", "X-ray left ankle")),
    ],
)
@pytest.mark.parametrize("category", [[], [{"text": "Imaging"}]], ids=["unfiled", "imaging"])
def test_only_a_listed_part_of_the_body_tells_that_it_is_not_the_chest(
    name: str, expected: Recognition, category: list[Json]
) -> None:
    code = {"code": {"text": name}, "category": category}

    assert read_order(order(**code, reasonCode=[])).recognition == expected


@pytest.mark.parametrize("name", ["Untersuchung 12", "Examen", "12"])
def test_what_is_filed_as_imaging_and_names_no_part_is_imaging_that_is_not_recognized(name: str) -> None:
    code = {"code": {"text": name}, "category": [{"text": "Imaging"}]}

    assert read_order(order(**code)).recognition == "unrecognized-imaging"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, "other-order") for name in ("Bronchoscopy with culture", "Bronchoscopie, culture BK")),
        *((name, "other-order") for name in ("Bronchoscopy with BAL for culture", "Lung biopsy and culture")),
        *((name, "not-chest-imaging") for name in ("Sputum culture", "CBC", "Blood culture", "Labs")),
    ],
)
def test_an_intervention_for_hemoptysis_with_a_culture_is_no_laboratory_test(
    name: str, expected: Recognition
) -> None:
    assert read_order(order(code={"text": name}, reasonCode=[HEMOPTYSIS])).recognition == expected


AORTA = concept(LOINC, "24544-9", text="CT Thoracic Aorta")


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        *((code, [], "unrecognized-imaging") for code in (AORTA, {"text": "CTA thoracic aorta"})),
        *((code, [CHEST_PAIN], "unrecognized-imaging") for code in (AORTA, {"text": "CT aorta"})),
        *((code, [HEMOPTYSIS], "unrecognized-imaging") for code in (AORTA, {"text": "Angioscanner aorte"})),
        ({"text": "CT if tolerated"}, [], "unrecognized-imaging"),
        ({"text": "CTA abdominal aorta"}, [], "not-chest-imaging"),
        ({"text": "Consult interventional radiology"}, [], "not-chest-imaging"),
        ({"text": "Consult interventional radiology"}, [HEMOPTYSIS], "other-order"),
        ({"text": "Screening colonoscopy"}, [HEMOPTYSIS], "other-order"),
        ({"text": "Type and screen"}, [HEMOPTYSIS], "not-chest-imaging"),
        ({"text": "MRSA screen"}, [HEMOPTYSIS], "not-chest-imaging"),
    ],
)
def test_a_part_of_the_chest_is_imaging_of_it_and_a_consult_or_a_blood_test_is_none(
    code: Json, reason: list[Json], expected: Recognition
) -> None:
    read = read_order(order(code=code, reasonCode=reason))

    assert (read.recognition, read.procedure) == (expected, "")


@pytest.mark.parametrize(
    "text", ["thoraco-abdo sans injection", "Chest/pelvis", "thorax-xyz", "CT chest and ribs", "CT C/A/P"]
)
def test_the_name_beside_a_code_tells_a_further_part_with_or_without_a_modality(text: str) -> None:
    assert read_order(order(code=concept(CPT, "71250", text=text))).has_other_regions
