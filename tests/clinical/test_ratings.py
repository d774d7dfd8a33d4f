"""The ratings against a second, independent copy of the table of the ACR topic."""

import itertools
from typing import get_args

import pytest
from msgspec.structs import replace

from cds_service.clinical.decision import JudgmentOutcome
from cds_service.clinical.facts import Recognition
from cds_service.knowledge.model import Modality, TopicStatus, Variant
from tests.clinical.chart import knowledge
from tests.clinical.criteria import CHARTS, MBA, TABLE, UA, UNA, common_category
from tests.clinical.orders import (
    CT_UNSPECIFIED,
    CT_WITH,
    CT_WITHOUT,
    CTA,
    decided,
    judged,
    order,
    unrecognized,
)

CELLS = tuple((procedure, variant) for procedure, row in TABLE.items() for variant in row)
CASES = tuple(itertools.product(TABLE, CHARTS))
NOT_IN_TOPIC = (
    "ct-chest-screening",
    "mri-chest",
    "mra-chest",
    "fdg-pet",
    "ventilation-perfusion",
    "ultrasound-chest",
    "bronchial-arteriography",
    "pulmonary-arteriography",
)

every_set = pytest.mark.parametrize("variants", CHARTS, ids="+".join)


@pytest.mark.parametrize(("procedure", "variant"), CELLS)
def test_a_cell_of_the_table_is_as_the_criteria_print_it(procedure: str, variant: Variant) -> None:
    assert knowledge().category(procedure, variant) is TABLE[procedure][variant]


def test_the_topic_rates_exactly_these_six_procedures() -> None:
    assert {procedure.id for procedure in knowledge().rated_procedures()} == set(TABLE)
    assert len(knowledge().ratings) == 18


@every_set
def test_every_set_of_variants_can_be_left_plausible(variants: tuple[Variant, ...]) -> None:
    assert tuple(judged(order(CTA), *CHARTS[variants]).categories) == variants


@pytest.mark.parametrize(
    ("procedure", "variants"), CASES, ids=lambda value: value if isinstance(value, str) else "+".join(value)
)
def test_an_order_is_rated_when_all_plausible_variants_agree_and_only_then(
    procedure: str, variants: tuple[Variant, ...]
) -> None:
    found = judged(order(procedure), *CHARTS[variants])

    category = common_category(procedure, variants)
    assert found.category is category
    assert found.outcome == ("rated" if category else "differs-between-variants")
    assert found.categories == {variant: TABLE[procedure][variant] for variant in variants}


def test_the_misprint_of_a_cta_without_contrast_is_not_reproduced_in_nonmassive_hemoptysis() -> None:
    assert knowledge().category(CT_WITHOUT, Variant.NONMASSIVE) is MBA
    assert knowledge().category(CTA, Variant.NONMASSIVE) is UA


def test_the_misprint_of_a_cta_without_contrast_is_not_reproduced_in_recurrent_hemoptysis() -> None:
    assert knowledge().category(CTA, Variant.RECURRENT) is UA
    assert knowledge().category(CT_WITHOUT, Variant.RECURRENT) is UNA


def test_no_procedure_is_a_cta_without_contrast() -> None:
    angiographies = [p for p in knowledge().procedures.values() if p.modality is Modality.CTA]

    assert [p.contrast for p in angiographies] == ["with"]


@every_set
@pytest.mark.parametrize("procedure", NOT_IN_TOPIC)
def test_a_study_outside_the_topic_is_never_rated(procedure: str, variants: tuple[Variant, ...]) -> None:
    found = judged(order(procedure), *CHARTS[variants])

    assert (found.outcome, found.category, found.categories) == ("not-in-topic", None, {})


def test_every_recognized_procedure_is_rated_outside_the_topic_or_without_its_contrast() -> None:
    by_status = {status: set[str]() for status in get_args(TopicStatus)}
    for procedure in knowledge().procedures.values():
        by_status[procedure.topic_status].add(procedure.id)

    assert by_status == {
        "rated": set(TABLE),
        "contrast-unspecified": {CT_UNSPECIFIED},
        "not-in-topic": set(NOT_IN_TOPIC),
    }


@every_set
def test_a_ct_without_its_contrast_stated_is_asked_for_and_not_rated(variants: tuple[Variant, ...]) -> None:
    found = judged(order(CT_UNSPECIFIED), *CHARTS[variants])

    assert (found.outcome, found.category) == ("contrast-unspecified", None)


@pytest.mark.parametrize(
    ("recognition", "outcome", "has_a_card"),
    [
        ("unrecognized-imaging", "not-recognized", True),
        ("no-study-yet", "no-study-yet", False),
        ("other-order", "other-order", False),
        ("not-chest-imaging", "not-chest-imaging", False),
    ],
)
def test_an_order_without_a_known_study_is_not_rated(
    recognition: Recognition, outcome: JudgmentOutcome, *, has_a_card: bool
) -> None:
    found = judged(unrecognized(recognition))

    assert (found.outcome, found.is_judged, found.category) == (outcome, has_a_card, None)


@pytest.mark.parametrize(
    ("variants", "outcome"),
    [
        ((Variant.MASSIVE,), "rated"),
        ((Variant.NONMASSIVE,), "rated"),
        ((Variant.MASSIVE, Variant.NONMASSIVE), "rated"),
        ((Variant.RECURRENT,), "ct-or-cta"),
    ],
)
def test_a_code_that_may_mean_ct_angiography_is_rated_where_both_have_the_same_category(
    variants: tuple[Variant, ...], outcome: JudgmentOutcome
) -> None:
    found = judged(replace(order(CT_WITH), may_be_cta=True), *CHARTS[variants])

    assert found.outcome == outcome
    assert found.is_judged
    if outcome == "ct-or-cta":
        assert (found.category, found.alternatives[0].procedure) == (None, CTA)


@every_set
def test_an_order_for_further_regions_is_rated_and_never_replaced(variants: tuple[Variant, ...]) -> None:
    for procedure in TABLE:
        alone, wider = order(procedure), replace(order(procedure), has_other_regions=True)

        found = decided(*CHARTS[variants], orders=(wider,))

        assert found.judgments[0].category == judged(alone, *CHARTS[variants]).category
        assert found.judgments[0].alternatives == ()
        assert found.complement_for is None


def test_an_order_that_is_not_recognized_gets_ct_angiography_named() -> None:
    found = judged(unrecognized("unrecognized-imaging"))

    assert (found.named_instead, found.alternatives) == ((CTA,), ())
