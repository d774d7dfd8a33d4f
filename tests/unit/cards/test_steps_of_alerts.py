"""The steps of the critical card: what the chart adds to them, and what it holds against."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Alternative, Caution, Effect, RuleId
from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import UNDATED, Moment, instant
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import active, blood_seen, embolization, episode, on, spo2
from tests.unit.cards.builders import (
    MASSIVE,
    MASSIVE_OR_NOT,
    NOW,
    a_classification,
    a_decision,
    a_small_bleed,
    an_order,
    blood,
    cards_of,
    judged,
    some_facts,
)
from tests.unit.cards.detail_builders import breaths, evidence

TRANEXAMIC_ACID = "tranexamic acid (unless thrombosis, embolism)"
TERLIPRESSIN = "terlipressin (unless hypoxia, ischemia, pregnancy)"
BOTH_DRUGS = f"By local protocol: {TRANEXAMIC_ACID} or {TERLIPRESSIN}."
NEVER_NAMED_IN_A_SMALL_BLEED = ("mbolization", "ranexamic", "erlipressin")


def ago(**length: float) -> Moment:
    return instant(NOW - timedelta(**length))


def charted(concept: Concept, label: str) -> Diagnosis:
    return replace(active(concept), label=label)


def the_alert(alert: str = "massive", **changes: Any) -> Card:
    """The alert; facts of the chart, `cautions` and `alert_studies` may be given."""
    of_the_decision = {k: changes.pop(k) for k in ("cautions", "alert_studies") if k in changes}
    plausible = MASSIVE if alert in ("massive", "unstable") else MASSIVE_OR_NOT
    found = changes.pop("evidence", ())
    classification = a_classification(plausible, alert=alert, **({"evidence": found} if found else {}))
    decision = a_decision(judged(an_order(), plausible), classification=classification, **of_the_decision)
    return cards_of(decision, facts=some_facts(**changes))[0]


# --- anticoagulants ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("alert", ["massive", "unstable", "unstable-and-small"])
def test_a_drug_that_bleeds_is_named_in_the_third_step(alert: str) -> None:
    drugs = (
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "Apixaban"),
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "clopidogrel"),
        Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "Apixaban"),
    )

    detail = the_alert(alert, cautions=drugs).detail

    assert "\n3. Apixaban and clopidogrel: decide on stopping or reversing.\n4. " in detail
    assert detail.count("Apixaban") == 1


def test_no_step_asks_about_drugs_where_none_is_charted() -> None:
    assert "stopping or reversing" not in the_alert().detail


# --- embolization ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("performed", "bleeds", "said"),
    [
        (
            ago(hours=10),
            (episode(400, ago(hours=20)),),
            "Bronchial embolization was done yesterday 23:30; if bleeding recurs, discuss repeat",
        ),
        (
            ago(hours=6),
            (episode(400, ago(hours=2)),),
            "Bronchial embolization was done today 03:30, bleeding is charted after it: discuss repeat",
        ),
        (on("2026-11-01"), (blood_seen(ago(hours=1)),), "was done 2026-11-01, bleeding is charted after"),
        (on("2026-11-24"), (blood_seen(ago(hours=1)),), "was done today; if bleeding recurs"),
        (UNDATED, (blood_seen(ago(hours=1)),), "was done at an unknown time; if bleeding recurs"),
    ],
)
def test_after_an_embolization_the_step_says_when_it_was_and_what_to_discuss(
    performed: Moment, bleeds: tuple[Any, ...], said: str
) -> None:
    card = the_alert(embolizations=(embolization(performed),), bleeds=bleeds)

    assert said in card.detail
    assert "repeat embolization or surgery." in card.detail
    assert "then embolization" not in f"{card.summary}{card.detail}"
    assert "Bronchial embolization with chest radiograph" not in card.detail


def test_the_latest_bronchial_embolization_is_named_before_one_of_an_unnamed_vessel() -> None:
    done = (
        embolization(ago(days=9)),
        embolization(ago(days=2), is_bronchial=False),
        embolization(ago(days=4)),
    )

    assert "Bronchial embolization was done 2026-11-20" in the_alert(embolizations=done).detail
    assert "Embolization (vessel not named) was done 2026-11-22" in the_alert(embolizations=done[1:2]).detail


# --- drugs -------------------------------------------------------------------------------------------------


def test_both_drugs_are_by_local_protocol_where_nothing_speaks_against_them() -> None:
    assert BOTH_DRUGS in the_alert().detail
    assert BOTH_DRUGS in the_alert(vitals=(spo2(90, ago(hours=1)),)).detail
    assert BOTH_DRUGS in the_alert(vitals=(spo2(80, ago(days=3)),)).detail


@pytest.mark.parametrize(
    "concept", [Concept.THROMBOSIS, Concept.PULMONARY_EMBOLISM, Concept.PULMONARY_EMBOLISM_HISTORY]
)
def test_tranexamic_acid_is_not_advised_with_thrombosis_or_embolism(concept: Concept) -> None:
    detail = the_alert(diagnoses=(charted(concept, "Clot"),)).detail

    assert f"By local protocol: {TERLIPRESSIN}. Tranexamic acid not advised: Clot." in detail


@pytest.mark.parametrize("concept", [Concept.ISCHEMIA, Concept.INFARCTION])
def test_terlipressin_is_not_advised_with_ischemia_or_infarction(concept: Concept) -> None:
    detail = the_alert(diagnoses=(charted(concept, "STEMI"),)).detail

    assert f"By local protocol: {TRANEXAMIC_ACID}. Terlipressin not advised: STEMI." in detail


def test_terlipressin_is_not_advised_with_a_low_saturation_or_in_pregnancy() -> None:
    pregnancy = (Caution(CautionId.PREGNANCY, Concept.PREGNANCY),)
    low = (spo2(95, ago(hours=1)), spo2(88, ago(hours=5)))

    assert (
        "Terlipressin not advised: SpO2 88 % and pregnancy."
        in the_alert(vitals=low, cautions=pregnancy).detail
    )


@pytest.mark.parametrize(
    "concept",
    [
        Concept.ACUTE_RESPIRATORY_FAILURE,
        Concept.ACUTE_RESPIRATORY_DISTRESS,
        Concept.RESPIRATORY_FAILURE_UNSPECIFIED,
        Concept.HYPOXEMIA,
    ],
)
def test_terlipressin_is_not_advised_with_hypoxia_that_is_charted_without_a_number(concept: Concept) -> None:
    hypoxic = charted(concept, "Hypoxia")

    assert "Terlipressin not advised: Hypoxia." in the_alert(diagnoses=(hypoxic,)).detail
    measured = the_alert(diagnoses=(hypoxic,), vitals=(spo2(85, ago(hours=1)),)).detail
    assert "Terlipressin not advised: SpO2 85 %." in measured


def test_neither_is_advised_where_the_birth_date_leaves_a_child_possible() -> None:
    detail = the_alert(birth=replace(UNDATED, written="unknown")).detail

    assert "Tranexamic acid not advised: the birth date could not be read." in detail
    assert "local protocol" not in detail


def test_neither_is_advised_under_eighteen() -> None:
    detail = the_alert(birth=on("2015-01-01")).detail

    assert "Tranexamic acid not advised: under 18. Terlipressin not advised: under 18." in detail
    assert "local protocol" not in detail


def test_what_is_charted_by_code_alone_is_named_beside_a_drug_that_is_advised() -> None:
    codes = ("I82.401", "I21.3", "K55.0", "I10", "I21.3")
    said = "Check what is charted by code alone: I82.401, I21.3, K55.0 and 1 more."

    assert said in the_alert(codes_alone=codes).detail
    assert "by code alone" not in the_alert().detail
    assert "by code alone" not in the_alert(codes_alone=codes, birth=on("2015-01-01")).detail


def test_an_ended_diagnosis_speaks_against_nothing() -> None:
    ended = replace(charted(Concept.PULMONARY_EMBOLISM, "Clot"), is_active=False)

    assert BOTH_DRUGS in the_alert(diagnoses=(ended,)).detail


@pytest.mark.parametrize("alert", ["massive", "unstable"])
def test_a_charted_pulmonary_embolism_stands_on_the_alert(alert: str) -> None:
    embolus = charted(Concept.PULMONARY_EMBOLISM, "Saddle embolus")
    by_its_name = charted(Concept.PULMONARY_EMBOLISM, "Pulmonary Embolism")

    assert "Pulmonary embolism is charted: Saddle embolus." in the_alert(alert, diagnoses=(embolus,)).detail
    assert "Pulmonary embolism is charted.\n" in f"{the_alert(alert, diagnoses=(by_its_name,)).detail}\n"


# --- unstable ----------------------------------------------------------------------------------------------


def test_an_unstable_patient_without_an_amount_asks_to_chart_it() -> None:
    asks = "Chart the amount of blood; if it is small, look for another cause too."

    assert asks in the_alert("unstable").detail
    assert asks in the_alert("unstable", bleeds=(blood_seen(ago(hours=1)),)).detail
    assert asks not in the_alert("unstable", bleeds=(episode(60, ago(hours=1)),)).detail
    assert asks not in the_alert("unstable", bleeds=(episode(60, ago(hours=30)),)).detail
    assert asks in the_alert("unstable", bleeds=(episode(60, ago(hours=80)),)).detail
    assert asks not in the_alert("massive").detail


def test_against_a_small_bleed_the_card_looks_for_another_cause_and_treats_no_bleed() -> None:
    against = breaths(32, Effect.KEEPS_MASSIVE_PLAUSIBLE)
    small = blood("5", Effect.KEEPS_MASSIVE_PLAUSIBLE)

    card = the_alert("unstable-and-small", evidence=(small, against))

    assert card.indicator == "critical"
    assert card.summary.startswith(
        "Unstable patient with hemoptysis (respiratory rate 32 /min, today 08:10): a"
    )
    assert card.detail.startswith("Also: 5 mL of blood in one episode (today 08:10).\n")
    assert "3. Look for another cause: embolism, sepsis, infarction, gastrointestinal" in card.detail
    said = f"{card.summary}{card.detail}"
    assert [word for word in NEVER_NAMED_IN_A_SMALL_BLEED if word in said] == []


def test_other_causes_that_are_charted_are_named() -> None:
    found = (
        charted(Concept.SEPSIS, "Urosepsis"),
        charted(Concept.PULMONARY_EMBOLISM, "Saddle embolus"),
        charted(Concept.PNEUMONIA, "Pneumonia"),
    )

    detail = the_alert("unstable-and-small", diagnoses=found).detail

    assert "Look for another cause; charted: Urosepsis and Saddle embolus." in detail


def test_coded_shock_is_named_by_what_it_is() -> None:
    shock = evidence(RuleId.INSTABILITY, Effect.KEEPS_MASSIVE_PLAUSIBLE, what=Concept.SHOCK)

    assert (
        "hemoptysis (shock, today 08:10): airway"
        in the_alert("unstable-and-small", evidence=(shock,)).summary
    )


def test_beside_a_sign_of_much_blood_the_summary_names_what_makes_the_patient_unstable() -> None:
    much = evidence(RuleId.RECENT_AMOUNT, Effect.KEEPS_MASSIVE_PLAUSIBLE)
    shock = evidence(RuleId.INSTABILITY, Effect.KEEPS_MASSIVE_PLAUSIBLE, what=Concept.HEMORRHAGIC_SHOCK)

    assert "(hemorrhagic shock, today 08:10): airway" in the_alert("unstable", evidence=(much, shock)).summary


# --- what it offers, and what it could not read ------------------------------------------------------------


@pytest.mark.parametrize("alert", ["massive", "unstable", "unstable-and-small"])
def test_the_critical_card_offers_cta_and_preselects_nothing(alert: str) -> None:
    cta = Alternative("cta-chest-with-contrast", (CautionId.PREGNANCY,))

    (suggestion,) = the_alert(alert, alert_studies=(cta,)).suggestions

    assert suggestion.label.startswith("Order CTA chest with IV contrast (caution: ")
    assert not suggestion.is_recommended
    assert [action.type for action in suggestion.actions] == ["create"]


@pytest.mark.parametrize("alert", ["massive", "unstable", "unstable-and-small", "sign"])
def test_every_alert_says_what_could_not_be_read(alert: str) -> None:
    card = the_alert(alert, evidence=(a_small_bleed(),), unreadable={Kind.VITALS: 2})

    assert "Could not be read: vital signs (2)" in card.detail
