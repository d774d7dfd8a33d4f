"""The card and the rating of an order, row by row of the table in BEHAVIOUR 6."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from cds_service.clinical.decision import Alternative, Decision, Judgment, JudgmentOutcome
from cds_service.knowledge.model import Variant
from tests.unit.cards.builders import (
    CTA,
    NONMASSIVE,
    REACTION,
    RECURRENT,
    a_decision,
    an_order,
    an_unknown_order,
    answer_to,
    codes,
    judged,
    not_rated,
    resource_of,
    the_card,
)

ALL_REASONS = [
    "specialist-requested",
    "special-circumstances",
    "prior-study-inadequate",
    "patient-preference",
    "radiologist-advised",
    "contrast-contraindicated",
    "not-hemoptysis",
    "already-done",
    "other",
]
RECURRENT_OR_NOT = (Variant.RECURRENT, Variant.NONMASSIVE)


@dataclass(frozen=True)
class Row:
    """A row of the table: the judgment, and what its card shows."""

    name: str
    judgment: Judgment
    plausible: tuple[Variant, ...]
    indicator: str
    labels: tuple[str, ...]
    has_reasons: bool
    rating: tuple[str, ...]


REPLACE_CTA = "Replace with CTA chest with IV contrast"
REPLACE_SHORTLY = "Replace with CTA with contrast"
APPROPRIATE = ("appropriate", "usually-appropriate")

ROWS = (
    Row(
        "usually appropriate",
        judged(an_order("cta-chest-with-contrast"), RECURRENT),
        RECURRENT,
        "info",
        (),
        has_reasons=False,
        rating=APPROPRIATE,
    ),
    Row(
        "may be appropriate",
        judged(an_order("ct-chest-without-contrast"), alternatives=(CTA,)),
        NONMASSIVE,
        "info",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=("appropriate", "may-be-appropriate"),
    ),
    Row(
        "may be appropriate, arteriography",
        judged(
            an_order("arteriography-bronchial-embolization"),
            named_instead=("cta-chest-with-contrast", "radiography-chest"),
        ),
        NONMASSIVE,
        "info",
        (),
        has_reasons=True,
        rating=("appropriate", "may-be-appropriate"),
    ),
    Row(
        "usually not appropriate",
        judged(an_order("ct-chest-without-contrast"), RECURRENT, alternatives=(CTA,)),
        RECURRENT,
        "warning",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=("not-appropriate", "usually-not-appropriate"),
    ),
    Row(
        "differs, one of them usually not",
        judged(an_order("ct-chest-without-contrast"), RECURRENT_OR_NOT, alternatives=(CTA,)),
        RECURRENT_OR_NOT,
        "warning",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=(),
    ),
    Row(
        "differs, none of them usually not",
        judged(an_order("ct-chest-with-contrast"), RECURRENT_OR_NOT, alternatives=(CTA,)),
        RECURRENT_OR_NOT,
        "info",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=(),
    ),
    Row(
        "contrast not specified",
        not_rated(
            an_order("ct-chest-contrast-unspecified"),
            "contrast-unspecified",
            alternatives=(CTA,),
        ),
        NONMASSIVE,
        "info",
        (REPLACE_SHORTLY,),
        has_reasons=True,
        rating=(),
    ),
    Row(
        "CT with contrast or CT angiography, by a code that tells no difference",
        not_rated(an_order("ct-chest-with-contrast", may_be_cta=True), "ct-or-cta", alternatives=(CTA,)),
        RECURRENT,
        "info",
        (REPLACE_SHORTLY,),
        has_reasons=True,
        rating=(),
    ),
    Row(
        "may be appropriate, for further regions",
        judged(
            an_order("ct-chest-without-contrast", has_other_regions=True),
            named_instead=("cta-chest-with-contrast", "radiography-chest"),
        ),
        NONMASSIVE,
        "info",
        (),
        has_reasons=True,
        rating=("appropriate", "may-be-appropriate"),
    ),
    Row(
        "low-dose screening CT",
        not_rated(
            an_order("ct-chest-screening"),
            "not-in-topic",
            alternatives=(Alternative("cta-chest-with-contrast"),),
        ),
        NONMASSIVE,
        "info",
        (REPLACE_SHORTLY,),
        has_reasons=True,
        rating=("no-criteria-apply",),
    ),
    Row(
        "not in the topic",
        not_rated(
            an_order("mri-chest"),
            "not-in-topic",
            alternatives=(Alternative("cta-chest-with-contrast"),),
        ),
        NONMASSIVE,
        "info",
        (REPLACE_SHORTLY,),
        has_reasons=True,
        rating=("no-criteria-apply",),
    ),
    Row(
        "not in the topic, ventilation and perfusion",
        not_rated(an_order("ventilation-perfusion"), "not-in-topic"),
        NONMASSIVE,
        "info",
        (),
        has_reasons=True,
        rating=("no-criteria-apply",),
    ),
    Row(
        "study not recognized",
        not_rated(an_unknown_order("Thorax spiral"), "not-recognized"),
        NONMASSIVE,
        "info",
        (),
        has_reasons=False,
        rating=(),
    ),
)


def rating_codes(resource: dict[str, Any]) -> tuple[str, ...]:
    extensions = {e["url"]: e for e in resource.get("extension", [])}
    rating = extensions.get("http://fhir.org/argonaut/Extension/pama-rating")
    return tuple(c["code"] for c in rating["valueCodeableConcept"]["coding"]) if rating else ()


def ratings_in(decision: Decision) -> tuple[str, ...]:
    actions = answer_to(decision).system_actions
    if isinstance(actions, msgspec.UnsetType):
        return ()
    (action,) = actions
    return rating_codes(resource_of(action.resource))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_judged_order_gets_the_card_of_its_row(row: Row) -> None:
    card = the_card(a_decision(row.judgment, plausible=row.plausible))

    assert card.indicator == row.indicator
    assert tuple(s.label for s in card.suggestions) == row.labels
    assert codes(card.override_reasons) == (ALL_REASONS if row.has_reasons else [])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_judged_order_gets_the_rating_of_its_row(row: Row) -> None:
    decision = a_decision(row.judgment, plausible=row.plausible)

    assert ratings_in(decision) == row.rating


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_card_has_a_source_with_edition_and_the_variant_as_topic(row: Row) -> None:
    source = the_card(a_decision(row.judgment, plausible=row.plausible)).source

    assert source.label == "ACR Appropriateness Criteria: Hemoptysis, 2019 (New)"
    assert source.topic is not None
    assert source.topic.system == "http://localhost:8000/CodeSystem/hemoptysis-variant"
    assert source.topic.code == (row.plausible[0] if len(row.plausible) == 1 else "undetermined")


@pytest.mark.parametrize(
    "outcome",
    [
        "no-study-yet",
        "not-chest-imaging",
        "other-indication",
        "needs-conditions",
    ],
)
def test_an_order_that_is_not_judged_gets_neither_card_nor_rating(outcome: JudgmentOutcome) -> None:
    answer = answer_to(a_decision(not_rated(an_order(), outcome)))

    assert answer.cards == ()
    assert msgspec.json.encode(answer) == b'{"cards":[]}'


FOR_FURTHER_REGIONS = judged(an_order("ct-chest-with-contrast", has_other_regions=True))


def test_an_appropriate_order_for_further_regions_gets_a_card_for_a_caution_alone() -> None:
    without, with_it = a_decision(FOR_FURTHER_REGIONS), a_decision(FOR_FURTHER_REGIONS, cautions=REACTION)

    card = the_card(with_it)

    assert answer_to(without).cards == ()
    assert ratings_in(without) == ratings_in(with_it) == APPROPRIATE
    assert "earlier contrast reaction" in f"{card.summary}{card.detail}".lower()
    assert card.suggestions == ()


def test_better_studies_are_named_beside_an_order_that_is_never_replaced() -> None:
    wider = judged(
        an_order("ct-chest-without-contrast", has_other_regions=True),
        named_instead=("cta-chest-with-contrast",),
    )
    unknown = not_rated(
        an_unknown_order("Spiral"), "not-recognized", named_instead=("cta-chest-with-contrast",)
    )

    cards = [the_card(a_decision(one)) for one in (wider, unknown)]

    assert all("CTA chest with IV contrast is usually appropriate" in card.summary for card in cards)
    assert not any("drafted" in f"{card.summary}{card.detail}" for card in cards)


def test_a_code_that_may_mean_ct_angiography_says_so_on_the_card() -> None:
    rated = judged(an_order("ct-chest-with-contrast", may_be_cta=True))
    asked = not_rated(an_order("ct-chest-with-contrast", may_be_cta=True), "ct-or-cta")

    assert "does not tell CTA apart" in the_card(a_decision(rated)).detail
    assert "whether CTA is meant" in the_card(a_decision(asked, plausible=RECURRENT)).summary
