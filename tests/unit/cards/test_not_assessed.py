"""Cautions whose data are unavailable are listed as not assessed on every card that they bear on."""

import pytest

from cds_service.cards.texts import KIND
from cds_service.cds_hooks.request import Hook
from cds_service.clinical.decision import Alternative, Judgment
from cds_service.knowledge.kinds import Kind
from tests.unit.cards.builders import (
    CTA,
    RADIOGRAPH,
    a_decision,
    a_request,
    an_order,
    an_unknown_order,
    judged,
    not_rated,
    the_card,
)

FOR_EVERY_STUDY = {Kind.CONDITIONS, Kind.MEDICATIONS}
FOR_RADIATION = FOR_EVERY_STUDY | {Kind.PREGNANCY}
FOR_RATED = FOR_RADIATION | {Kind.IMAGING}
ALL = FOR_RATED | {Kind.LABS, Kind.ALLERGIES}
UNREAD = tuple(kind for kind in Kind if kind in ALL)


def not_assessed_in(detail: str) -> set[Kind]:
    """The kinds that the line names; `cautions` stands for all that bear on any study."""
    _, _, said = detail.partition("Not assessed: ")
    line = said.partition("\n")[0]
    return ALL if line == "cautions." else {kind for kind in ALL if KIND[kind] in line}


@pytest.mark.parametrize(
    ("judgment", "kinds"),
    [
        pytest.param(judged(an_order("radiography-chest")), FOR_RATED, id="radiograph"),
        pytest.param(judged(an_order("cta-chest-with-contrast")), ALL, id="cta"),
        pytest.param(judged(an_order("arteriography-bronchial-embolization")), ALL, id="embolization"),
        pytest.param(judged(an_order("ct-chest-without-contrast")), FOR_RATED, id="ct without contrast"),
        pytest.param(
            judged(an_order("ct-chest-without-contrast"), alternatives=(CTA,)), ALL, id="ct, cta offered"
        ),
        pytest.param(
            judged(an_order("ct-chest-without-contrast"), allergy_withholds_alternatives=True),
            FOR_RATED,
            id="ct, alternatives withheld",
        ),
        pytest.param(
            not_rated(an_order("ct-chest-contrast-unspecified"), "contrast-unspecified"),
            FOR_RADIATION | {Kind.LABS, Kind.ALLERGIES},
            id="contrast unspecified",
        ),
        pytest.param(not_rated(an_order("mri-chest"), "not-in-topic"), FOR_EVERY_STUDY, id="mri"),
        pytest.param(
            not_rated(an_order("mri-chest"), "not-in-topic", alternatives=(RADIOGRAPH,)),
            FOR_RATED,
            id="mri, radiograph offered",
        ),
        pytest.param(
            not_rated(an_order("ventilation-perfusion"), "not-in-topic"),
            FOR_RADIATION,
            id="v/q",
        ),
        pytest.param(
            not_rated(an_unknown_order("Spiral"), "not-recognized"),
            FOR_EVERY_STUDY,
            id="unknown",
        ),
    ],
)
def test_a_card_lists_the_kinds_whose_cautions_bear_on_its_studies(
    judgment: Judgment, kinds: set[Kind]
) -> None:
    card = the_card(a_decision(judgment, not_assessed=UNREAD))

    assert not_assessed_in(card.detail) == kinds


def test_a_confirmed_study_without_anything_to_add_says_what_was_not_assessed() -> None:
    unread = (Kind.MEDICATIONS, Kind.IMAGING, Kind.PREGNANCY)

    card = the_card(a_decision(judged(an_order("radiography-chest")), not_assessed=unread))

    assert card.detail == "Not assessed: drugs, earlier imaging, pregnancy."


def test_only_what_was_not_assessed_is_listed() -> None:
    unread = (Kind.LABS,)

    assert the_card(a_decision(judged(an_order("radiography-chest")), not_assessed=unread)).detail == ""


def test_the_patient_card_lists_what_bears_on_the_studies_that_it_offers() -> None:
    decision = a_decision(initial_studies=(Alternative("radiography-chest"),), not_assessed=UNREAD)

    card = the_card(decision, request=a_request(decision, Hook.PATIENT_VIEW))

    assert not_assessed_in(card.detail) == FOR_RATED


@pytest.mark.parametrize(
    ("procedure", "said"),
    [
        ("cta-chest-with-contrast", "Never charted: eGFR, pregnancy, allergies."),
        ("radiography-chest", "Never charted: pregnancy."),
    ],
)
def test_a_card_tells_what_was_never_charted_from_what_was_not_assessed(procedure: str, said: str) -> None:
    absent = (Kind.LABS, Kind.PREGNANCY, Kind.ALLERGIES)

    card = the_card(a_decision(judged(an_order(procedure)), never_charted=absent))

    assert card.detail.startswith(said)


def test_both_stand_on_one_line() -> None:
    decision = a_decision(
        judged(an_order("cta-chest-with-contrast")),
        never_charted=(Kind.LABS,),
        not_assessed=(Kind.ALLERGIES,),
    )

    assert the_card(decision).detail.startswith("Never charted: eGFR. Not assessed: contrast reactions.")


def test_what_was_not_read_is_not_said_to_be_never_charted_too() -> None:
    order, both = judged(an_order("cta-chest-with-contrast")), (Kind.PREGNANCY,)

    detail = the_card(a_decision(order, never_charted=both, not_assessed=both)).detail

    assert "Not assessed: pregnancy" in detail
    assert "Never charted" not in detail
