"""Draft orders as imaging orders: which study, and how it was recognized."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import Recognition
from tests.unit.fhir.builders import (
    CPT,
    CT_WITHOUT,
    HEMOPTYSIS,
    LOINC,
    SNOMED,
    Json,
    concept,
    order,
    orders_in,
    read_order,
)

CT_ABDOMEN = {"text": "CT abdomen with contrast"}
LOCAL = {"system": "urn:site:orders", "code": "IMG1234"}
RADIOLOGY = {"text": "Radiology"}
IMAGING = {"coding": [{"system": "urn:site:categories", "code": "7", "display": "Imaging"}]}
OFFICIAL_NAME = (
    "Vascular embolization or occlusion, inclusive of all radiological supervision and interpretation, "
    "intraprocedural roadmapping, and imaging guidance necessary to complete the intervention; for arterial "
    "or venous hemorrhage or lymphatic extravasation"
)


def test_a_study_is_recognized_by_its_code() -> None:
    read = read_order(order())

    assert (read.recognition, read.procedure) == ("by-code", "ct-chest-without-contrast")
    assert read.can_carry_actions


@pytest.mark.parametrize(
    "code",
    [
        {"coding": {"system": CPT, "code": "71250"}},
        [CT_WITHOUT],
        {"concept": CT_WITHOUT},
        {"coding": [{}, {"system": "cpt", "code": " 71250 "}]},
        {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.12", "code": 71250}]},
        {"system": CPT, "code": "71250"},
        {
            "text": "Chest CT",
            "extension": [{"url": "urn:x", "valueCoding": {"system": CPT, "code": "71250"}}],
        },
        {"coding": [LOCAL | {"extension": [{"url": "urn:x", "valueCodeableConcept": CT_WITHOUT}]}]},
        {"extension": [{"url": "https://ehr.example/cpt", "valueCode": "71250"}]},
        {"extension": [{"extension": [{"url": "cpt", "valueString": "71250"}]}]},
    ],
)
def test_a_code_of_any_shape_is_read(code: Any) -> None:
    assert read_order(order(code=code)).procedure == "ct-chest-without-contrast"


def test_of_codes_that_disagree_the_most_specific_wins_and_the_others_are_kept() -> None:
    codings = [
        {"system": LOINC, "code": "24627-2"},
        {"system": CPT, "code": "71275"},
        CT_WITHOUT["coding"][0],
    ]

    read = read_order(order(code={"coding": [*codings, LOCAL], "text": "CT chest with contrast"}))

    assert read.procedure == "cta-chest-with-contrast"
    assert read.other_procedures == ("ct-chest-without-contrast",)
    assert read.matched_name == ""


def test_a_general_code_beside_a_specific_one_does_not_disagree() -> None:
    codings = [{"system": LOINC, "code": "24627-2"}, {"system": CPT, "code": "71260"}]

    read = read_order(order(code={"coding": codings}))

    assert (read.procedure, read.other_procedures) == ("ct-chest-with-contrast", ())


def test_a_study_without_a_known_code_is_matched_by_name_and_says_so() -> None:
    read = read_order(order(code={"coding": [LOCAL], "text": "CT CHEST W CONTRAST"}))

    assert (read.recognition, read.procedure) == ("by-name", "ct-chest-with-contrast")
    assert read.matched_name == "CT CHEST W CONTRAST"


def test_the_part_of_the_body_may_stand_apart_from_the_name() -> None:
    read = read_order(order(code={"text": "CT with contrast"}, bodySite=[{"text": "Chest"}]))

    assert read.procedure == "ct-chest-with-contrast"


def test_names_that_contradict_each_other_are_no_match() -> None:
    coding = LOCAL | {"display": "CT chest without contrast"}

    read = read_order(order(code={"coding": [coding], "text": "CT chest with contrast"}))

    assert read.recognition == "unrecognized-imaging"


def test_an_embolization_of_any_vessel_needs_a_hemoptysis_reason() -> None:
    assert read_order(order(code=concept(CPT, "37244"))).needs_hemoptysis_reason
    assert not read_order(order(code=concept(SNOMED, "233525003"))).needs_hemoptysis_reason


@pytest.mark.parametrize(
    "members",
    [
        {"code": concept(CPT, "37244", text="Splenic artery embolization")},
        {"code": {"coding": [{"system": CPT, "code": "37244", "display": "Embolization, uterine artery"}]}},
        {"code": concept(CPT, "37244"), "bodySite": [{"text": "Spleen"}]},
        {"code": concept(CPT, "37244", text="Embolization"), "bodySite": {"text": "Rate"}},
        {"code": concept(CPT, "37244", text="Embolization"), "bodySite": {"text": "Liver"}},
        {"code": concept(LOINC, "24554-8"), "bodySite": [{"coding": [{"display": "Splenic artery"}]}]},
    ],
)
def test_an_embolization_of_another_part_of_the_body_is_no_chest_imaging(members: Json) -> None:
    read = read_order(order(**members))
    for_hemoptysis = read_order(order(**members, reasonCode=[HEMOPTYSIS]))

    assert (read.recognition, read.procedure) == ("not-chest-imaging", "")
    assert (for_hemoptysis.recognition, for_hemoptysis.procedure) == ("other-order", "")


@pytest.mark.parametrize(
    "members",
    [
        {"code": concept(CPT, "37244", text="Bronchial artery embolization")},
        {"code": concept(CPT, "37244", text="Embolisation artérielle bronchique")},
        {"code": concept(CPT, "37244"), "bodySite": [{"text": "Bronchial artery"}]},
        {"code": concept(CPT, "37244", text="Embolization"), "bodySite": [{"text": "Bronchial arteries"}]},
    ],
)
def test_an_embolization_whose_own_words_name_the_bronchial_artery_needs_no_reason(members: Json) -> None:
    read = read_order(order(**members))

    assert (read.recognition, read.needs_hemoptysis_reason) == ("by-code", False)
    assert read.procedure == "arteriography-bronchial-embolization"


@pytest.mark.parametrize(
    "members",
    [
        {"code": concept(CPT, "37244", text="Not bronchial artery embolization")},
        {"code": concept(CPT, "37244", text="Pulmonary artery embolization")},
        {"code": concept(CPT, "37244", text="IR embolization, Dr Smith"), "bodySite": {"text": "Artery"}},
        {"code": {"coding": [{"system": CPT, "code": "37244", "display": OFFICIAL_NAME}]}},
    ],
)
def test_an_embolization_that_names_no_other_part_keeps_needing_a_reason(members: Json) -> None:
    read = read_order(order(**members))

    assert (read.recognition, read.needs_hemoptysis_reason) == ("by-code", True)


def test_ct_angiography_of_the_pulmonary_arteries_is_marked() -> None:
    assert read_order(order(code=concept(LOINC, "79077-4"))).is_pulmonary_arteries


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"code": {"text": "CTA chest without contrast"}}, "unrecognized-imaging"),
        ({"code": {"coding": [LOCAL]}, "category": [RADIOLOGY]}, "unrecognized-imaging"),
        ({"code": {"coding": [LOCAL]}, "category": IMAGING}, "unrecognized-imaging"),
        ({"code": {"text": "Thorax protocol B"}, "category": IMAGING}, "unrecognized-imaging"),
        ({"code": {"text": "Thoracic spine"}, "category": IMAGING}, "not-chest-imaging"),
        ({"code": {"text": "CT scan"}}, "unrecognized-imaging"),
        ({"code": {"text": "CT hemoptysis"}}, "unrecognized-imaging"),
        ({"code": {"text": "CT guided lung biopsy"}}, "not-chest-imaging"),
        ({"code": {"text": "XR ribs with PA chest"}}, "not-chest-imaging"),
        ({"code": CT_ABDOMEN, "category": [RADIOLOGY]}, "not-chest-imaging"),
        ({"code": {"text": "MRI temporal bones"}}, "not-chest-imaging"),
        ({"code": {"text": "CT"}, "bodySite": {"text": "Knee"}}, "not-chest-imaging"),
        ({"code": {"text": "Hemoglobin"}}, "not-chest-imaging"),
        ({"code": {"coding": [LOCAL]}}, "not-chest-imaging"),
        ({"code": concept(CPT, "31622"), "category": [RADIOLOGY]}, "not-chest-imaging"),
        ({"code": None}, "no-study-yet"),
        ({"code": {}}, "no-study-yet"),
        ({"code": {"coding": [{}]}, "category": [RADIOLOGY]}, "no-study-yet"),
        ({"code": {"coding": [{"system": CPT}], "text": " "}}, "no-study-yet"),
    ],
)  # fmt: skip
def test_what_no_code_or_name_identifies(members: Json, expected: Recognition) -> None:
    read = read_order(order(**members))

    assert (read.recognition, read.procedure) == (expected, "")


@pytest.mark.parametrize(
    "members",
    [
        {"resourceType": "MedicationRequest"},
        {"resourceType": "NutritionOrder"},
        {"subject": {"reference": "Patient/p2"}},
        {"doNotPerform": True},
        {"status": "entered-in-error"},
        {"status": "revoked"},
    ],
)
def test_an_order_of_another_kind_or_patient_is_not_judged(members: Json) -> None:
    assert read_order(order(**members)).recognition == "not-chest-imaging"


def test_every_draft_order_comes_out_in_its_place() -> None:
    orders = orders_in(order(), {"resourceType": "Medication"}, order(id="o2"))

    assert [(read.index, read.id) for read in orders] == [(0, "o1"), (1, ""), (2, "o2")]


def test_a_procedure_request_gets_a_card_and_no_action() -> None:
    read = read_order(order(resourceType="ProcedureRequest", reasonCode=[HEMOPTYSIS]))

    assert (read.recognition, read.can_carry_actions) == ("by-code", False)
    assert read.reason.kind == "for-hemoptysis"


def test_an_order_without_an_id_can_carry_no_action() -> None:
    assert not read_order(order(id=None)).can_carry_actions


def test_an_older_rating_on_the_draft_is_seen() -> None:
    rating = {"url": "http://fhir.org/argonaut/Extension/pama-rating"}

    assert read_order(order(extension=rating)).has_rating


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["coding", "code", "system", "text", "display", "reference", "concept", "extension"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
MEMBERS = (
    "id", "status", "code", "category", "subject", "reasonCode", "reasonReference", "reason", "orderDetail",
    "bodySite", "extension", "contained", "doNotPerform",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_any_order_is_read(members: Json) -> None:
    read = read_order(order() | members)

    assert read.recognition in get_args(Recognition)


@pytest.mark.parametrize(
    ("text", "is_marked"),
    [
        ("CT ANGIO CHEST PULMONARY EMBOLISM", True),
        ("CTA pulmonary arteries", True),
        ("CTA chest with contrast", False),
    ],
)
def test_the_words_beside_the_one_code_of_ct_angiography_tell_the_pulmonary_arteries(
    text: str, is_marked: bool
) -> None:
    read = read_order(order(code={"coding": [{"system": CPT, "code": "71275"}], "text": text}))

    assert read.procedure == "cta-chest-with-contrast"
    assert read.is_pulmonary_arteries is is_marked


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("CT-Thx-Angiographie", "unrecognized-imaging"), ("CTA thoracic aorta", "unrecognized-imaging")),
        *(("CT THX", "unrecognized-imaging"), ("CT aorta chest", "unrecognized-imaging")),
        *(("TEP scanner", "unrecognized-imaging"), ("CT brain", "other-order")),
        *(("Thyroid ultrasound", "other-order"), ("CT guided lung biopsy", "other-order")),
        *(("Splenic artery embolization", "other-order"), ("Bronchoscopy", "other-order")),
    ],
)
def test_imaging_for_hemoptysis_of_which_no_other_part_is_named_is_not_recognized(
    name: str, expected: str
) -> None:
    read = read_order(order(code={"text": name}, reasonCode=[HEMOPTYSIS]))

    assert (read.recognition, read.procedure) == (expected, "")
