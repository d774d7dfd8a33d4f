"""The detail of a card: the cautions."""

import pytest

from cds_service.clinical.decision import Caution
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
)
from tests.unit.cards.detail_builders import detail_of


def test_a_caution_on_an_offered_study_is_shown_though_the_ordered_one_is_free_of_it() -> None:
    reaction = (Caution(CautionId.CONTRAST_REACTION, Concept.CONTRAST_REACTION, "Iohexol"),)

    offered = detail_of(judged(an_order(), alternatives=(CTA,)), cautions=reaction)
    not_offered = detail_of(judged(an_order()), cautions=reaction)

    assert "**Earlier reaction to contrast media**: Iohexol. " in offered
    assert "Earlier reaction" not in not_offered


def test_a_caution_is_given_once_with_everything_found_for_it() -> None:
    when = on("2026-11-20")
    found = (
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "Apixaban 5 mg", when, by_text="apixaban"),
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULATION, when=when),
    )

    detail = detail_of(judged(an_order()), cautions=found)

    assert detail.count("**Anticoagulation**") == 1
    assert (
        "Apixaban 5 mg, 2026-11-20, matched by name only; "
        "anticoagulant therapy charted, 2026-11-20. " in detail
    )


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
            "**Pregnancy**: positive pregnancy test (Positive). Radiography",
        ),
        (
            Caution(CautionId.KIDNEY_SEVERE, Concept.EGFR, "22 mL/min/{1.73_m2}", egfr=range_of(22)),
            "**Severe kidney impairment**: eGFR 22 mL/min/1.73 m². High-risk",
        ),
    ],
)
def test_a_caution_says_nothing_twice(caution: Caution, line: str) -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))

    assert f"- {line}" in detail_of(order, cautions=(caution,))


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
    assert "**Metformin**: charted, 2025-06-03. With" in together
    assert f"**Metformin**: charted, 2025-06-03; {egfr}. With" in alone


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


def test_the_window_of_a_recent_study_is_named_a_limit_of_the_site() -> None:
    recent = (Caution(CautionId.RECENT_STUDY, procedure="ct-chest-without-contrast"),)

    assert "Looked back 7 days (site limit)." in detail_of(judged(an_order()), cautions=recent)
