"""The detail of a card: the cautions."""

import pytest

from cds_service.clinical.decision import Caution
from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId, Variant
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import on, range_of
from tests.unit.cards.builders import (
    CT,
    CTA,
    NONMASSIVE,
    RECURRENT,
    an_order,
    an_unknown_order,
    judged,
    not_rated,
    some_facts,
)
from tests.unit.cards.detail_builders import CTA_CHEST, detail_of

NOT_WHOLE = (Availability.UNAVAILABLE, Availability.FAILED, Availability.INCOMPLETE)


def test_a_caution_on_an_offered_study_is_shown_though_the_ordered_one_is_free_of_it() -> None:
    reaction = (Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION, "Iohexol"),)

    offered = detail_of(judged(an_order(), alternatives=(CTA,)), cautions=reaction)
    not_offered = detail_of(judged(an_order()), cautions=reaction)

    assert "**Earlier contrast reaction**: Iohexol. " in offered
    assert "Earlier reaction" not in not_offered


def test_a_caution_is_given_once_with_everything_found_for_it() -> None:
    when = on("2026-11-20")
    found = (
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "Apixaban 5 mg", when, by_text="apixaban"),
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULATION, when=when),
    )

    detail = detail_of(judged(an_order()), cautions=found)

    assert detail.count("**Anticoagulant or antiplatelet**") == 1
    assert "Apixaban 5 mg, matched by name only; anticoagulant therapy charted. " in detail


@pytest.mark.parametrize(
    ("caution", "line"),
    [
        (
            Caution(CautionId.TUBERCULOSIS, Concept.TUBERCULOSIS, "Tuberculosis of lung"),
            "**Tuberculosis**: Tuberculosis of lung. If it",
        ),
        (
            Caution(CautionId.TUBERCULOSIS, Concept.TUBERCULOSIS, "Tuberculosis"),
            "**Tuberculosis**: charted. If it",
        ),
        (
            Caution(CautionId.TUBERCULOSIS, Concept.TUBERCULOSIS),
            "**Tuberculosis**: tuberculosis charted. If",
        ),
        (
            Caution(CautionId.PREGNANCY, Concept.PREGNANCY_TEST, "Positive"),
            "**Pregnancy**: positive pregnancy test (Positive). Do not",
        ),
        (
            Caution(CautionId.KIDNEY_SEVERE, Concept.EGFR, "22 mL/min/{1.73_m2}", egfr=range_of(22)),
            "**Severe kidney impairment**: eGFR 22 mL/min/1.73 m². Consider",
        ),
    ],
)
def test_a_caution_says_nothing_twice(caution: Caution, line: str) -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))

    assert line in detail_of(order, cautions=(caution,)).split("\n\n")[0]


def test_kidney_function_is_shown_once_and_never_under_the_date_of_the_drug() -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))
    egfr = "eGFR 22 mL/min/1.73 m²"
    prescribed, measured = on("2025-06-03"), on("2026-11-22")
    kidney = Caution(CautionId.KIDNEY_SEVERE, Concept.EGFR, when=measured, egfr=range_of(22))
    metformin = Caution(
        CautionId.METFORMIN,
        Concept.METFORMIN,
        "metformin",
        prescribed,
        egfr=range_of(22),
        kidneys=Concept.EGFR,
    )

    together = detail_of(order, cautions=(kidney, metformin))
    alone = detail_of(order, cautions=(metformin,))

    assert together.count(egfr) == 1
    assert f"**Severe kidney impairment, metformin**: {egfr}, 2026-11-22. Consider" in together
    assert f"**Metformin**: charted; {egfr}. With" in alone


@pytest.mark.parametrize(
    ("plausible", "said"),
    [
        (NONMASSIVE, "Without contrast (CT chest without IV contrast): may be appropriate."),
        (RECURRENT, "Without contrast (CT chest without IV contrast): usually not appropriate."),
    ],
)
def test_a_contrast_reaction_tells_how_the_study_without_contrast_is_rated_here(
    plausible: tuple[Variant, ...], said: str
) -> None:
    reaction = (Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION, "Iohexol"),)
    order = an_order("ct-chest-without-and-with-contrast")

    assert said in detail_of(judged(order, plausible), plausible, cautions=reaction)
    assert "Without contrast (" not in detail_of(judged(an_order(), alternatives=(CTA,)), cautions=reaction)


def test_a_caution_for_every_study_is_shown_with_a_study_that_was_not_recognized() -> None:
    found = (Caution(CautionId.TUBERCULOSIS, Concept.TUBERCULOSIS),)

    detail = detail_of(not_rated(an_unknown_order("Spiral"), "not-recognized"), cautions=found)

    assert "**Tuberculosis**" in detail


def test_a_recent_study_bears_on_the_same_study_only() -> None:
    recent = (Caution(CautionId.RECENT_STUDY, procedure="ct-chest-with-contrast"),)

    assert "Same study done recently" in detail_of(judged(an_order(), alternatives=(CT,)), cautions=recent)
    assert "Same study" not in detail_of(judged(an_order(), alternatives=(CTA,)), cautions=recent)


FURTHER = (
    Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION, "Iohexol"),
    Caution(CautionId.PREGNANCY, Concept.PREGNANCY),
    Caution(CautionId.ANTICOAGULATION, Concept.ANTIPLATELET, "Clopidogrel"),
    Caution(CautionId.KIDNEY_SEVERE, Concept.EGFR, egfr=range_of(22)),
    Caution(CautionId.METFORMIN, Concept.METFORMIN, kidneys=Concept.EGFR, egfr=range_of(22)),
    Caution(CautionId.TUBERCULOSIS, Concept.TUBERCULOSIS),
)


def test_three_cautions_have_a_line_each_and_the_others_one_together() -> None:
    detail = detail_of(judged(an_order("ct-chest-without-and-with-contrast")), cautions=FURTHER)

    lines = detail.split("\n\n")
    assert [line.partition("**:")[0] for line in lines[:3]] == [
        "**Earlier contrast reaction",
        "**Pregnancy",
        "**Anticoagulant or antiplatelet",
    ]
    assert lines[3] == "Also: severe kidney impairment, metformin and tuberculosis."


def test_of_many_drugs_two_are_named() -> None:
    drugs = tuple(
        Caution(CautionId.ANTICOAGULATION, Concept.ANTIPLATELET, f"Drug {number}") for number in range(5)
    )

    detail = detail_of(judged(an_order()), cautions=drugs)

    assert "**Anticoagulant or antiplatelet**: Drug 0; Drug 1; and 3 more. Decide" in detail


def test_an_egfr_of_30_and_over_is_no_line_on_a_card() -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))
    reduced = (Caution(CautionId.KIDNEY_DISCRETION, Concept.EGFR, egfr=range_of(40)),)

    assert detail_of(order, cautions=reduced) == detail_of(order)


def test_a_kidney_value_of_more_than_a_year_ago_is_shown_with_its_age() -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))
    taken = on("2023-11-20")
    low = (Caution(CautionId.KIDNEY_SEVERE, Concept.EGFR, when=taken, egfr=range_of(22)),)
    beside = (
        Caution(
            CautionId.METFORMIN, Concept.METFORMIN, kidneys=Concept.EGFR, egfr=range_of(80), egfr_taken=taken
        ),
    )

    assert "eGFR 22 mL/min/1.73 m², 2023-11-20, 3 years old. " in detail_of(order, cautions=low)
    assert "metformin; eGFR 80 mL/min/1.73 m², 3 years old. " in detail_of(order, cautions=beside)


def test_a_creatinine_without_an_egfr_is_named_as_it_is_charted() -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))
    found = (Caution(CautionId.KIDNEY_UNKNOWN, Concept.CREATININE, "274 umol/L"),)

    assert "**Kidney function not known**: creatinine (274 umol/L). Check it." in detail_of(
        order, cautions=found
    )


@pytest.mark.parametrize(
    ("how", "is_said"), [(Availability.AVAILABLE, True), *((how, False) for how in NOT_WHOLE)]
)
def test_that_no_egfr_is_charted_is_said_only_where_laboratory_data_were_read_whole(
    how: Availability, is_said: bool
) -> None:
    found = (Caution(CautionId.KIDNEY_UNKNOWN, Concept.KIDNEY_DISEASE_OTHER, "CKD"),)
    facts = some_facts(availability={**dict.fromkeys(Kind, Availability.AVAILABLE), Kind.LABS: how})

    detail = detail_of(judged(an_order(CTA_CHEST)), facts=facts, cautions=found)

    assert ("No eGFR of the last 365 days is charted." in detail) is is_said


@pytest.mark.parametrize(
    ("caution", "line"),
    [
        (
            Caution(CautionId.PREGNANCY_UNKNOWN, Concept.PREGNANCY_UNKNOWN, "see report"),
            "**Pregnancy status unknown**: answer unknown or not understood (see report). Check it.",
        ),
        (
            Caution(CautionId.PREGNANCY_UNKNOWN, Concept.PREGNANCY, "Pregnant", on("2019-03-01")),
            "**Pregnancy status unknown**: Pregnant, 2019-03-01, no later test or status read. Check it.",
        ),
    ],
)
def test_a_pregnancy_that_is_not_known_asks_for_a_check(caution: Caution, line: str) -> None:
    assert line in detail_of(judged(an_order()), cautions=(caution,))


def test_the_card_says_that_the_topic_does_not_rate_vasculitis() -> None:
    said = "the ACR topic does not rate that question."

    assert said in detail_of(judged(an_order()), is_outside_topic=True)
    assert said not in detail_of(judged(an_order()))
