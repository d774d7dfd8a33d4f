"""What is offered instead of an order, or together with it (BEHAVIOUR 6: Alternatives, Complement)."""

import itertools

import pytest

from cds_service.clinical.decision import Alternative, Judgment
from cds_service.clinical.facts import Reason
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.model import CautionId, Variant
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    CHILD,
    TWO_DAYS_AGO,
    YESTERDAY,
    Fact,
    active,
    days_ago,
    egfr,
    finding,
    hemoptysis,
    hours_ago,
    study,
)
from tests.clinical.criteria import CHARTS, MASSIVE, NONMASSIVE, RECURRENT, TABLE, UA
from tests.clinical.orders import (
    CT_UNSPECIFIED,
    CT_WITH,
    CT_WITHOUT,
    CT_WITHOUT_AND_WITH,
    CTA,
    EMBOLIZATION,
    FOR_ANOTHER,
    FOR_EMBOLISM,
    RADIOGRAPH,
    WITHOUT_REASON,
    decided,
    judged,
    order,
)

IN_MASSIVE, IN_RECURRENT = CHARTS[MASSIVE,], CHARTS[RECURRENT,]
IN_NONMASSIVE, UNDETERMINED = CHARTS[NONMASSIVE,], CHARTS[MASSIVE, NONMASSIVE]
REACTION = finding(Concept.CONTRAST_REACTION)
PREGNANT = finding(Concept.PREGNANCY)
EMBOLISM = active(Concept.PULMONARY_EMBOLISM)

every_set = pytest.mark.parametrize("variants", CHARTS, ids="+".join)


def names(alternatives: tuple[Alternative, ...]) -> list[str]:
    return [alternative.procedure for alternative in alternatives]


def recommended(judgment: Judgment) -> list[str]:
    return [a.procedure for a in judgment.alternatives if a.is_recommended]


# --- which, and in what order ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "facts", "offered"),
    [
        (CT_WITHOUT, IN_RECURRENT, [CTA, RADIOGRAPH]),
        (CT_WITH, IN_RECURRENT, [CTA, RADIOGRAPH]),
        (CT_WITHOUT, IN_MASSIVE, [CTA, CT_WITH]),
        (CT_WITHOUT, IN_NONMASSIVE, [CTA, CT_WITH]),
        (CT_WITHOUT_AND_WITH, IN_NONMASSIVE, [CTA, CT_WITH]),
        (CT_WITHOUT, UNDETERMINED, [CTA, CT_WITH]),
        (CT_WITH, CHARTS[MASSIVE, RECURRENT], [CTA, RADIOGRAPH]),
        (CT_WITHOUT, CHARTS[RECURRENT, NONMASSIVE], [CTA, RADIOGRAPH]),
        (CT_UNSPECIFIED, IN_NONMASSIVE, [CTA, CT_WITH]),
        (CT_UNSPECIFIED, IN_RECURRENT, [CTA, RADIOGRAPH]),
        ("mri-chest", IN_NONMASSIVE, [CTA, CT_WITH]),
        ("fdg-pet", IN_RECURRENT, [CTA, RADIOGRAPH]),
        ("ventilation-perfusion", IN_NONMASSIVE, []),
        ("bronchial-arteriography", IN_NONMASSIVE, []),
        ("pulmonary-arteriography", IN_NONMASSIVE, []),
        (CTA, IN_NONMASSIVE, []),
        (RADIOGRAPH, UNDETERMINED, []),
    ],
)
def test_studies_usually_appropriate_are_offered_ct_angiography_first(
    ordered: str, facts: tuple[Fact, ...], offered: list[str]
) -> None:
    assert names(judged(order(ordered), *facts).alternatives) == offered


@every_set
@pytest.mark.parametrize("ordered", [*TABLE, CT_UNSPECIFIED, "mri-chest"])
def test_what_is_offered_is_usually_appropriate_whatever_is_plausible_and_never_arteriography(
    ordered: str, variants: tuple[Variant, ...]
) -> None:
    found = judged(order(ordered), *CHARTS[variants], limit=9)

    for name in names(found.alternatives):
        assert name not in (ordered, EMBOLIZATION)
        assert {TABLE[name][variant] for variant in variants} == {UA}


@pytest.mark.parametrize(("limit", "offered"), [(0, []), (1, [CTA]), (2, [CTA, CT_WITH])])
def test_no_more_is_offered_than_the_site_allows(limit: int, offered: list[str]) -> None:
    assert names(judged(order(CT_WITHOUT), *IN_NONMASSIVE, limit=limit).alternatives) == offered


@pytest.mark.parametrize("facts", [IN_NONMASSIVE, UNDETERMINED])
def test_an_arteriography_order_is_never_replaced_but_the_diagnostic_studies_are_named(
    facts: tuple[Fact, ...],
) -> None:
    found = judged(order(EMBOLIZATION), *facts)

    assert found.alternatives == ()
    assert found.named_instead == (CTA, CT_WITH, RADIOGRAPH)


def test_a_study_already_drafted_is_named_and_not_offered() -> None:
    found = decided(*IN_NONMASSIVE, orders=(order(CT_WITHOUT), order(CTA))).judgments[0]

    assert names(found.alternatives) == [CT_WITH, RADIOGRAPH]
    assert found.named_instead == (CTA,)


def test_nothing_is_preselected_beside_a_drafted_scan_that_is_usually_appropriate() -> None:
    found = decided(*IN_NONMASSIVE, orders=(order(CT_WITHOUT), order(CTA))).judgments[0]

    assert recommended(found) == []


def test_a_drafted_radiograph_does_not_keep_the_scan_from_being_preselected() -> None:
    found = decided(*IN_NONMASSIVE, orders=(order(CT_WITHOUT), order(RADIOGRAPH))).judgments[0]

    assert recommended(found) == [CTA]


def test_a_study_is_preselected_on_one_card_of_a_request_only() -> None:
    orders = (order(CT_WITHOUT), order(CT_WITHOUT_AND_WITH))

    first, second = decided(*IN_RECURRENT, orders=orders).judgments

    assert recommended(first) == [CTA]
    assert recommended(second) == []
    assert names(second.alternatives) == names(first.alternatives)


@pytest.mark.parametrize("facts", [(EMBOLISM,), (EMBOLISM, hemoptysis())])
def test_nothing_is_offered_for_a_study_outside_the_topic_when_embolism_is_charted(
    facts: tuple[Fact, ...],
) -> None:
    assert judged(order("mra-chest"), *IN_NONMASSIVE, *facts).alternatives == ()


def test_nothing_is_offered_for_a_study_outside_the_topic_ordered_for_embolism() -> None:
    assert judged(order("mra-chest", FOR_EMBOLISM), *IN_NONMASSIVE).alternatives == ()


def test_an_embolism_does_not_withhold_alternatives_to_a_study_of_the_topic() -> None:
    assert names(judged(order(CT_WITHOUT), *IN_NONMASSIVE, EMBOLISM).alternatives) == [CTA, CT_WITH]


@pytest.mark.parametrize("reason", [FOR_ANOTHER, WITHOUT_REASON])
def test_nothing_is_offered_for_an_order_that_is_not_for_hemoptysis(reason: Reason) -> None:
    assert judged(order(CT_WITHOUT, reason)).alternatives == ()


# --- which one is recommended, and what its label carries ------------------------------------------


@pytest.mark.parametrize("ordered", [CT_WITHOUT, CT_WITHOUT_AND_WITH, CT_UNSPECIFIED])
def test_the_first_alternative_is_recommended(ordered: str) -> None:
    assert recommended(judged(order(ordered), *IN_NONMASSIVE)) == [CTA]


def test_none_is_recommended_instead_of_a_study_outside_the_topic() -> None:
    assert recommended(judged(order("mri-chest"), *IN_NONMASSIVE)) == []


def test_in_a_child_the_lowest_radiation_comes_first_and_none_is_recommended() -> None:
    found = judged(order(CT_WITHOUT_AND_WITH), CHILD)

    assert names(found.alternatives) == [RADIOGRAPH, CTA]
    assert recommended(found) == []


def test_in_pregnancy_the_lowest_radiation_comes_first_and_none_is_recommended() -> None:
    found = judged(order(CT_WITHOUT), *IN_NONMASSIVE, PREGNANT)

    assert names(found.alternatives) == [RADIOGRAPH, CTA]
    assert recommended(found) == []
    assert [a.cautions for a in found.alternatives] == [(CautionId.PREGNANCY,), (CautionId.PREGNANCY,)]


def test_after_a_contrast_reaction_the_study_without_contrast_comes_first_and_none_is_recommended() -> None:
    found = judged(order(CT_WITHOUT), *IN_RECURRENT, REACTION)

    assert names(found.alternatives) == [RADIOGRAPH, CTA]
    assert recommended(found) == []
    assert [a.cautions for a in found.alternatives] == [(), (CautionId.CONTRAST_REACTION,)]


@pytest.mark.parametrize("facts", [IN_MASSIVE, IN_NONMASSIVE, UNDETERMINED])
def test_after_a_contrast_reaction_a_ct_without_contrast_that_may_be_appropriate_is_left_alone(
    facts: tuple[Fact, ...],
) -> None:
    found = judged(order(CT_WITHOUT), *facts, REACTION)

    assert found.alternatives == ()
    assert found.allergy_withholds_alternatives


def test_without_a_contrast_reaction_no_alternatives_are_withheld_for_it() -> None:
    assert not judged(order(CT_WITHOUT), *IN_NONMASSIVE).allergy_withholds_alternatives


def test_with_severe_kidney_impairment_none_is_recommended_and_the_labels_say_so() -> None:
    found = judged(order(CT_WITHOUT), *IN_RECURRENT, egfr(20))

    assert recommended(found) == []
    assert [(a.procedure, a.cautions) for a in found.alternatives] == [
        (CTA, (CautionId.KIDNEY_SEVERE,)),
        (RADIOGRAPH, ()),
    ]


def test_with_reduced_kidney_function_the_first_is_recommended_and_no_label_speaks_of_it() -> None:
    found = judged(order(CT_WITHOUT), *IN_RECURRENT, egfr(40))

    assert recommended(found) == [CTA]
    assert found.alternatives[0].cautions == ()


@pytest.mark.parametrize("concept", [Concept.VASCULITIS, Concept.HEMOSIDEROSIS])
def test_where_the_topic_does_not_rate_the_question_nothing_is_recommended(concept: Concept) -> None:
    found = decided(*IN_NONMASSIVE, active(concept), orders=(order(CT_WITHOUT),))

    assert found.is_outside_topic
    assert names(found.judgments[0].alternatives) == [CTA, CT_WITH]
    assert recommended(found.judgments[0]) == []


# --- patient-view ----------------------------------------------------------------------------------


@every_set
def test_the_initial_studies_hold_under_every_plausible_variant_and_none_is_preselected(
    variants: tuple[Variant, ...],
) -> None:
    found = decided(*CHARTS[variants]).initial_studies

    expected = {
        procedure
        for procedure, row in TABLE.items()
        if procedure != EMBOLIZATION and all(row[variant] is UA for variant in variants)
    }
    assert set(names(found)) == expected
    assert not any(alternative.is_recommended for alternative in found)


@pytest.mark.parametrize(
    ("facts", "is_done"),
    [
        ((hemoptysis(), study(CTA, hours_ago(2))), True),
        ((hemoptysis(), study(CT_UNSPECIFIED, hours_ago(2))), True),
        ((hemoptysis(), study(CTA, hours_ago(6))), True),
        ((hemoptysis(), study(CTA, hours_ago(7))), False),
        ((hemoptysis(), study(RADIOGRAPH, hours_ago(2))), False),
        ((hemoptysis(), study(CTA, UNDATED)), False),
        ((active(Concept.HEMOPTYSIS), study(CTA, hours_ago(2))), False),
        ((hemoptysis(), hemoptysis(hours_ago(1)), study(CTA, hours_ago(2))), False),
        ((study(CTA, hours_ago(2)),), False),
    ],
)
def test_a_ct_done_since_the_onset_is_noticed(facts: tuple[Fact, ...], *, is_done: bool) -> None:
    assert decided(*facts).studied_since_onset is is_done


# --- the chest radiograph as a complement ----------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "facts", "has_complement"),
    [
        (CTA, IN_MASSIVE, True),
        (CT_WITH, IN_MASSIVE, True),
        (EMBOLIZATION, IN_MASSIVE, True),
        (CT_WITHOUT, IN_MASSIVE, False),
        (RADIOGRAPH, IN_MASSIVE, False),
        (CTA, IN_NONMASSIVE, True),
        (CT_WITH, IN_NONMASSIVE, True),
        (EMBOLIZATION, IN_NONMASSIVE, False),
        (CTA, IN_RECURRENT, True),
        (EMBOLIZATION, IN_RECURRENT, True),
        (CT_WITH, IN_RECURRENT, False),
        (RADIOGRAPH, IN_RECURRENT, False),
        (CTA, UNDETERMINED, True),
        (EMBOLIZATION, UNDETERMINED, False),
        (EMBOLIZATION, CHARTS[MASSIVE, RECURRENT], True),
        (CTA, CHARTS[MASSIVE, RECURRENT, NONMASSIVE], True),
        ("mri-chest", IN_NONMASSIVE, False),
    ],
)
def test_the_radiograph_accompanies_a_usually_appropriate_order_that_is_not_one(
    ordered: str, facts: tuple[Fact, ...], *, has_complement: bool
) -> None:
    found = decided(*facts, orders=(order(ordered),))

    assert found.complement_for == (0 if has_complement else None)


@pytest.mark.parametrize(
    ("performed", "has_complement"),
    [
        (hours_ago(1), False),
        (hours_ago(24), False),
        (hours_ago(25), True),
        (YESTERDAY, False),
        (TWO_DAYS_AGO, True),
        (UNDATED, True),
        (days_ago(9), True),
    ],
)
def test_a_radiograph_of_the_last_24_h_is_not_offered_again(
    performed: Moment, *, has_complement: bool
) -> None:
    found = decided(*IN_NONMASSIVE, study(RADIOGRAPH, performed), orders=(order(CTA),))

    assert (found.complement_for == 0) is has_complement


def test_a_drafted_radiograph_is_not_offered_again() -> None:
    found = decided(*IN_NONMASSIVE, orders=(order(CTA), order(RADIOGRAPH, FOR_ANOTHER)))

    assert found.complement_for is None


def test_the_complement_is_offered_once_per_request_with_the_first_order_that_takes_it() -> None:
    found = decided(*IN_NONMASSIVE, orders=(order(CT_WITHOUT), order(CT_WITH), order(CTA)))

    assert found.complement_for == 1


def test_an_order_that_is_not_for_hemoptysis_gets_no_complement() -> None:
    assert decided(*IN_NONMASSIVE, orders=(order(CTA, FOR_ANOTHER),)).complement_for is None


def test_safety_data_never_change_a_category() -> None:
    safety = (REACTION, PREGNANT, egfr(12), finding(Concept.METFORMIN), finding(Concept.THYROID))
    for procedure, facts in itertools.product(TABLE, CHARTS.values()):
        plain, with_safety = judged(order(procedure), *facts), judged(order(procedure), *facts, *safety)

        assert (with_safety.outcome, with_safety.categories) == (plain.outcome, plain.categories)
