"""The card of patient-view: the studies to create, and who is shown them."""

import pytest

from cds_service.cds_hooks.request import Hook
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Alternative, Decision
from tests.unit.cards.builders import (
    CT,
    MASSIVE,
    RADIOGRAPH,
    a_classification,
    a_decision,
    a_request,
    cards_of,
)

STUDIES = (Alternative("cta-chest-with-contrast"), CT, RADIOGRAPH)


def patient_view(decision: Decision, user_id: str = "Practitioner/doc") -> tuple[Card, ...]:
    return cards_of(decision, request=a_request(decision, Hook.PATIENT_VIEW, user_id=user_id))


def test_patient_view_offers_the_studies_to_create_and_preselects_none() -> None:
    (card,) = patient_view(a_decision(initial_studies=STUDIES))

    assert card.indicator == "info"
    assert [s.label for s in card.suggestions] == [
        "Order CTA chest with IV contrast",
        "Order CT chest with IV contrast",
        "Order chest radiograph",
    ]
    assert {a.type for s in card.suggestions for a in s.actions} == {"create"}
    assert not any(s.is_recommended for s in card.suggestions)
    assert card.selection_behavior == "any"
    assert card.override_reasons == ()


def test_patient_view_leads_to_the_page_with_the_red_flags_and_does_not_say_them_itself() -> None:
    (card,) = patient_view(a_decision(initial_studies=STUDIES))

    assert card.links[-1].url.endswith("/patient")
    assert "chest pain" not in card.detail


def test_patient_view_in_massive_hemoptysis_waits_for_stability() -> None:
    card = patient_view(a_decision(plausible=MASSIVE, initial_studies=STUDIES))[-1]

    assert ": once stable, " in card.summary


def test_patient_view_gives_the_level_of_each_study() -> None:
    (card,) = patient_view(a_decision(initial_studies=STUDIES))

    levels = "Radiation: CTA or CT with contrast ☢☢☢ 1-10 mSv; chest radiograph ☢ &lt;0.1 mSv."
    assert levels in card.detail.split("\n\n")


def test_patient_view_calls_an_unstable_patient_unstable() -> None:
    classification = a_classification(MASSIVE, alert="unstable")

    card = patient_view(a_decision(classification=classification, initial_studies=STUDIES))[-1]

    assert card.summary.startswith("Unstable patient with hemoptysis: once stable, ")


def test_patient_view_puts_the_critical_card_first() -> None:
    cards = patient_view(a_decision(plausible=MASSIVE, initial_studies=STUDIES))

    assert [card.indicator for card in cards] == ["critical", "info"]


def test_patient_view_shows_only_the_alert_once_the_chest_was_scanned() -> None:
    scanned = a_decision(plausible=MASSIVE, initial_studies=STUDIES, studied_since_onset=True)

    assert [card.indicator for card in patient_view(scanned)] == ["critical"]
    assert patient_view(a_decision(initial_studies=STUDIES, studied_since_onset=True)) == ()


def test_patient_view_is_silent_about_hemoptysis_of_long_ago() -> None:
    assert patient_view(a_decision(has_new_hemoptysis=False, initial_studies=STUDIES)) == ()


def test_patient_view_shows_no_alert_once_the_bleed_is_not_recent() -> None:
    classification = a_classification(MASSIVE, is_bleed_recent=False)
    decision = a_decision(classification=classification, initial_studies=STUDIES)

    assert [card.indicator for card in patient_view(decision)] == ["info"]


def test_patient_view_is_silent_without_hemoptysis() -> None:
    assert patient_view(a_decision(has_hemoptysis=False, initial_studies=STUDIES)) == ()


@pytest.mark.parametrize("user", ["Patient/p1", "RelatedPerson/r", "https://ehr.example/fhir/Patient/p1"])
def test_patient_view_shows_nothing_to_patients_and_relatives(user: str) -> None:
    assert patient_view(a_decision(plausible=MASSIVE, initial_studies=STUDIES), user_id=user) == ()


@pytest.mark.parametrize("user", ["", "Practitioner/1", "PractitionerRole/Patient", "Patient"])
def test_patient_view_answers_everyone_else(user: str) -> None:
    assert patient_view(a_decision(initial_studies=STUDIES), user_id=user) != ()


def test_patient_view_asks_to_confirm_what_is_only_possibly_hemoptysis() -> None:
    (card,) = patient_view(a_decision(initial_studies=STUDIES, is_possible_only=True))

    assert card.summary.startswith("Possible nonmassive hemoptysis")
    assert "please confirm" in card.detail


def test_patient_view_without_a_study_for_all_variants_points_to_all_ratings() -> None:
    (card,) = patient_view(a_decision(initial_studies=()))

    assert card.suggestions == ()
    assert "see all ratings" in card.summary
    assert card.links[0].label == "Why, and all ratings"
