"""The detail of a card: the rating, the table of the studies, the edition they come from."""

import pytest

from cds_service.cards.site import dose_text, level, level_for
from cds_service.clinical.decision import Alternative
from cds_service.clinical.facts import AgeGroup
from cds_service.knowledge.model import Radiation, Variant
from tests.unit.cards.builders import (
    CT,
    CTA,
    EVERY_COMBINATION,
    RADIOGRAPH,
    RECURRENT,
    an_order,
    judged,
    knowledge,
)
from tests.unit.cards.detail_builders import detail_of


def rows_of(detail: str) -> list[list[str]]:
    lines = [line for line in detail.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def variants_said_in(cell: str, plausible: tuple[Variant, ...]) -> dict[Variant, str]:
    """The category of each variant, as a cell of the table says it."""
    parts = [part.partition(" if ") for part in cell.split(", ")]
    return {
        v: category
        for v in plausible
        for category, _, named in parts
        if not named or v in named.split(" or ")
    }


# --- rating and table ------------------------------------------------------------------------------


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_the_short_form_holds_no_table_no_limit_of_the_site_and_no_source(
    plausible: tuple[Variant, ...],
) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    detail = detail_of(judged(order, plausible, alternatives=(CTA,)), plausible, is_short=True)

    assert [word for word in ("|", "Site limits", "site limit", "Source", "→") if word in detail] == []


@pytest.mark.parametrize(
    ("alternatives", "line"),
    [
        ((CTA,), "Radiation: ☢☢☢ 1-10 mSv."),
        ((CTA, CT), "Radiation: each ☢☢☢ 1-10 mSv."),
        ((CTA, RADIOGRAPH), "Radiation: CTA with contrast ☢☢☢ 1-10 mSv; chest radiograph ☢ &lt;0.1 mSv."),
    ],
)
def test_what_is_offered_stands_with_its_level(alternatives: tuple[Alternative, ...], line: str) -> None:
    detail = detail_of(judged(an_order(), RECURRENT, alternatives=alternatives), RECURRENT, is_short=True)

    assert line in detail.split("\n\n")


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_the_table_has_the_six_studies_with_the_category_under_each_plausible_variant(
    plausible: tuple[Variant, ...],
) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    rows = rows_of(detail_of(judged(order, plausible), plausible))

    assert rows[0] == ["Study", "Category", "Relative radiation level"]
    assert len(rows) == 2 + 6
    for procedure, row in zip(knowledge().rated_procedures(), rows[2:], strict=True):
        said = {v: knowledge().category(procedure.id, v).replace("-", " ") for v in plausible}
        assert row[0].strip("*") == procedure.name
        assert variants_said_in(row[1], plausible) == said


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_the_table_has_few_enough_columns_for_a_narrow_panel(plausible: tuple[Variant, ...]) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    detail = detail_of(judged(order, plausible), plausible)

    assert {len(row) for row in rows_of(detail)} == {3}
    assert "☢☢☢ 1-10 mSv" in detail


def test_the_ordered_study_is_in_bold() -> None:
    assert "| **CT chest without IV contrast** | usually not" in detail_of(
        judged(an_order(), RECURRENT), RECURRENT
    )


def test_radiation_is_the_number_of_symbols_with_the_dose() -> None:
    assert level(Radiation(3, "1-10")) == "☢☢☢ 1-10 mSv"
    assert level(Radiation(3, "1-10 mSv")) == "☢☢☢ 1-10 mSv"
    assert level(Radiation(1, "<0.1")) == "☢ <0.1 mSv"
    assert level(None) == dose_text(None) == "not given"
    assert dose_text(Radiation(3, "1-10 mSv")) == dose_text(Radiation(3, "1-10")) == "1-10 mSv"


@pytest.mark.parametrize(
    ("age_group", "text"),
    [
        ("adult", "☢☢☢ 1-10 mSv"),
        ("child", "☢☢☢☢ 3-10 mSv"),
        ("unknown", "adult ☢☢☢ 1-10 mSv, child ☢☢☢☢ 3-10 mSv"),
    ],
)
def test_radiation_is_that_of_the_patients_age_group(age_group: AgeGroup, text: str) -> None:
    assert level_for(knowledge().procedures["ct-chest-with-contrast"], age_group) == text


# --- source and house rules ------------------------------------------------------------------------


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_no_detail_holds_html_and_all_name_the_edition(plausible: tuple[Variant, ...]) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    detail = detail_of(judged(order, plausible, alternatives=(CTA,)), plausible)

    assert "<" not in detail
    assert "Source: ACR Appropriateness Criteria: Hemoptysis, 2019 (New), published 2020." in detail
