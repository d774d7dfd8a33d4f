"""The detail of a card: what was read, and from when it is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.cards.markdown import shown
from cds_service.cards.phrases import evidence_text
from cds_service.clinical.decision import Caution, Effect, RuleId
from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import UNDATED, Moment, instant
from cds_service.fhir.dates import Calendar
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from tests.unit.cards.builders import (
    MASSIVE_OR_NOT,
    NOW,
    RECURRENT,
    a_small_bleed,
    an_order,
    blood,
    judged,
    some_facts,
    total,
)
from tests.unit.cards.detail_builders import (
    CTA_CHEST,
    breaths,
    detail_of,
    evidence,
    normal_vitals,
    oxygen,
    saturation,
)


def a_diagnosis(reference: str, label: str, onset: Moment = UNDATED) -> Diagnosis:
    matches = (ConceptMatch(Concept.HEMOPTYSIS),)
    return Diagnosis(reference, matches, label, is_active=True, onset=onset)


def test_evidence_is_shown_with_its_date_and_what_it_says() -> None:
    proof = evidence(RuleId.CLINICAL_STATUS, Effect.PROVES_RECURRENCE)

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, evidence=(proof,))

    assert "- today 08:10: hemoptysis charted as having come back → recurrent" in detail


@pytest.mark.parametrize(
    ("charted", "is_shown"),
    [
        ("1 cup", True),
        ("0.2366 L", True),
        ("236.6 mL", False),
        ("236.60 ml", False),
        ("236.6 mL/(24.h)", False),
        ("blood 236.6 mL", False),
        ("of blood", False),
        ("", False),
    ],
)
def test_the_charted_value_stands_beside_when_its_unit_really_differs(charted: str, is_shown: bool) -> None:
    detail = detail_of(judged(an_order()), evidence=(total("236.6", charted=charted),))

    assert ("(charted:" in detail) is is_shown


def test_a_limit_of_the_site_is_labeled_as_such() -> None:
    low = saturation(88, Effect.KEEPS_MASSIVE_PLAUSIBLE, definition=DefinitionId.SPO2_LOW)
    large = total("136", Effect.KEEPS_MASSIVE_PLAUSIBLE, definition=DefinitionId.VOLUME_BORDERLINE)

    detail = detail_of(judged(an_order(), MASSIVE_OR_NOT), MASSIVE_OR_NOT, evidence=(low, large))

    assert "oxygen saturation 88 % → massive possible (site limit: under 90 %)" in detail
    assert "136 mL of blood over 24 h → massive possible (limit: from 100 mL)\n" in detail


def test_what_is_only_shown_comes_last_and_much_of_it_is_counted() -> None:
    shown_only = [blood(str(number)) for number in range(12)]
    proof = evidence(RuleId.CLINICAL_STATUS, Effect.PROVES_RECURRENCE)

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, evidence=(*shown_only, proof))

    assert detail.index("having come back") < detail.index("0 mL of blood")
    assert "- and 3 more" in detail


def test_the_evidence_stands_in_the_order_of_its_weight() -> None:
    effects = (
        Effect.SHOWN_ONLY,
        Effect.RAISES_ALERT,
        Effect.RULES_OUT_MASSIVE,
        Effect.KEEPS_MASSIVE_PLAUSIBLE,
        Effect.PROVES_RECURRENCE,
    )
    found = tuple(blood(f"7{index}", effect, when=UNDATED) for index, effect in enumerate(effects))
    hemoptysis = a_diagnosis("Condition/h", "Coughing blood")

    detail = detail_of(
        judged(an_order(), RECURRENT), RECURRENT, evidence=found, facts=some_facts(diagnoses=(hemoptysis,))
    )

    expected = [f"7{index} mL of blood" for index in reversed(range(len(effects)))]
    expected.insert(3, "diagnosis Coughing blood")
    places = [detail.index(f"undated: {words}") for words in expected]
    assert places == sorted(places)


def test_the_oxygen_breathed_stands_on_the_line_of_the_saturation() -> None:
    measured = saturation(93, charted="93 %")
    earlier = instant(datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    breathed = oxygen(4, "L/min")
    older = oxygen(28, "%", when=earlier)

    assert "oxygen saturation 93 %, inhaled oxygen 4 L/min\n" in detail_of(
        judged(an_order()), evidence=(measured, breathed)
    )
    assert "oxygen saturation 93 %, inhaled oxygen 28 % (today 07:00)\n" in detail_of(
        judged(an_order()), evidence=(measured, older)
    )
    assert "today 08:10: inhaled oxygen 4 L/min\n" in detail_of(judged(an_order()), evidence=(breathed,))


@pytest.mark.parametrize("charted", ["22 breaths/minute", "22 {breaths}/min", "22 /min"])
def test_another_spelling_of_the_unit_is_no_other_unit(charted: str) -> None:
    rate = breaths(22, charted=charted)

    assert "respiratory rate 22 /min\n" in detail_of(judged(an_order()), evidence=(rate,))


def test_all_that_one_condition_says_stands_on_one_line() -> None:
    condition: dict[str, Any] = {"references": ("Condition/c",), "charted": "Respiratory failure on oxygen"}
    background = evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT, **condition)
    lowered = evidence(RuleId.CHRONIC_FAILURE, **condition)

    detail = detail_of(judged(an_order()), evidence=(background, lowered))

    assert (
        "the lower volume limits hold (charted: Respiratory failure on oxygen) → high-risk background"
        in detail
    )
    assert detail.count("Respiratory failure on oxygen") == 1


def test_a_diagnosis_that_the_evidence_speaks_of_has_no_line_of_its_own() -> None:
    returned = evidence(
        RuleId.CLINICAL_STATUS,
        Effect.PROVES_RECURRENCE,
        references=("Condition/h",),
        charted="Hemoptysis",
    )
    facts = some_facts(diagnoses=(a_diagnosis("Condition/h", "Hemoptysis"),))

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, evidence=(returned,), facts=facts)

    assert "hemoptysis charted as having come back → recurrent" in detail
    assert "diagnosis" not in detail


def test_an_anticoagulant_is_said_by_its_caution_alone() -> None:
    drug: dict[str, Any] = {"references": ("MedicationRequest/w",), "charted": "warfarin"}
    warfarin = evidence(RuleId.HIGH_RISK, Effect.RAISES_ALERT, **drug)
    caution = Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, **drug)

    detail = detail_of(judged(an_order()), evidence=(warfarin,), cautions=(caution,))

    assert detail.count("warfarin") == 1
    assert "**Anticoagulant or antiplatelet**: warfarin. " in detail


def test_the_diagnoses_do_not_depend_on_the_order_of_the_resources() -> None:
    diagnoses = tuple(
        a_diagnosis(f"Condition/{n}", f"Hemoptysis {n}", onset=instant(NOW - timedelta(hours=n)))
        for n in (1, 2, 3)
    )

    details = {
        detail_of(judged(an_order()), facts=some_facts(diagnoses=order))
        for order in (diagnoses, diagnoses[::-1])
    }

    (detail,) = details
    assert detail.index("Hemoptysis 1") < detail.index("Hemoptysis 2")
    assert "Hemoptysis 3" not in detail


def test_nothing_found_is_said() -> None:
    assert "Nothing that settles severity or recurrence was found." in detail_of(
        judged(an_order()), evidence=()
    )


def test_only_the_limits_of_the_site_that_decided_are_named() -> None:
    assert "Site limits" not in detail_of(judged(an_order()), evidence=(normal_vitals(),))


def test_the_card_of_an_appropriate_order_names_no_limits_of_the_site() -> None:
    normal = normal_vitals(Effect.RULES_OUT_MASSIVE)

    order = judged(an_order(CTA_CHEST))

    detail = detail_of(order, evidence=(normal,), complement_for=0, is_short=True)

    assert detail == ""


def test_the_full_card_of_an_appropriate_order_shows_the_amount_and_the_table() -> None:
    detail = detail_of(judged(an_order(CTA_CHEST)), evidence=(a_small_bleed(),))

    assert "today 08:10: 30 mL of blood in one episode" in detail
    assert "| **CTA chest with IV contrast** | usually appropriate |" in detail


def test_the_limits_behind_normal_vital_signs_are_named_limits_of_the_site() -> None:
    normal = normal_vitals(Effect.RULES_OUT_MASSIVE)

    detail = detail_of(judged(an_order()), evidence=(normal,))

    assert (
        "Site limits: severity counts the last 24 h; not calm: SpO2 under 94 %; systolic pressure under "
        "101 mmHg; systolic pressure over 219 mmHg; respiratory rate under 9 /min; respiratory rate over "
        "20 /min." in detail
    )


def test_a_reading_that_a_set_of_readings_names_is_not_said_twice() -> None:
    part, other = saturation(97, references=("Observation/1",)), breaths(16, references=("Observation/2",))
    whole = normal_vitals(Effect.RULES_OUT_MASSIVE, part, other)
    another = saturation(97, references=("Observation/3",))

    assert detail_of(judged(an_order()), evidence=(whole, part)).count("saturation 97 %") == 1
    assert detail_of(judged(an_order()), evidence=(whole, another)).count("saturation 97 %") == 2


def test_the_charted_hemoptysis_is_shown_with_its_date() -> None:
    onset = Moment(NOW - timedelta(hours=2), NOW, "2026-11-24")
    hemoptysis = a_diagnosis("Condition/h", "Coughing blood", onset=onset)

    detail = detail_of(judged(an_order()), facts=some_facts(diagnoses=(hemoptysis,)))

    assert "**Read from the chart**\n\n- today: diagnosis Coughing blood\n" in detail


PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2026-11-24T08:10:33.123+01:00", "today 08:10"),
        ("2026-11-24T08:10:00Z", "today 09:10"),
        ("2026-11-23T23:30:00Z", "today 00:30"),
        ("2026-11-23T22:59:00Z", "yesterday 23:59"),
        ("2026-11-24T00:10:00+05:00", "yesterday 20:10"),
        ("2026-11-22T12:00:00Z", "2026-11-22"),
        ("2026-11-24T13:00:00Z", "today 14:00"),
        ("2026-11-26T13:00:00Z", "2026-11-26 14:00"),
        ("2026-11-24", "today"),
        ("2026-11-23", "yesterday"),
        ("2026-11-22", "2026-11-22"),
        ("2026-11", "2026-11"),
        ("2026", "2026"),
        ("", "undated"),
    ],
)
def test_a_time_is_said_as_a_ward_says_it_in_the_zone_of_the_site(written: str, text: str) -> None:
    now = NOW.astimezone(PARIS)

    assert shown(Calendar(now).moment(written), now) == text


def test_a_stretch_of_time_is_said_by_its_ends() -> None:
    stretch = Moment(NOW - timedelta(hours=12), NOW - timedelta(hours=1), "a text of any kind")

    assert shown(stretch, NOW) == "yesterday 21:30 to today 08:30"


@pytest.mark.parametrize(
    ("milliliters", "charted", "text"),
    [
        ("473.176473", "2 cups", "about 470 mL"),
        ("236.588", "8 fl oz", "about 240 mL"),
        ("195.2", "6.6 oz", "about 195 mL"),
        ("354.88", "1.5 cups", "about 350 mL"),
        ("4.92892", "a teaspoon", "about 4.9 mL"),
        ("236.6", "0.2366 L", "236.6 mL"),
        ("500", "0.5 L", "500 mL"),
        ("136.6", "136.6 mL", "136.6 mL"),
        ("199.999", "199.999 mL", "199.99 mL"),
        ("250", "", "250 mL"),
    ],
)
def test_a_volume_is_rounded_as_the_chart_was_exact(milliliters: str, charted: str, text: str) -> None:
    assert evidence_text(blood(milliliters, charted=charted)) == f"{text} of blood in one episode"


def test_what_was_read_by_the_name_of_a_local_code_is_said_to_be() -> None:
    low = saturation(85, Effect.PROVES_MASSIVE, by_name="O2 sat finger")

    detail = detail_of(judged(an_order()), evidence=(low,))

    assert "today 08:10: oxygen saturation 85 %, by its name → massive" in detail


def test_oxygen_that_is_charted_again_and_again_is_said_once() -> None:
    given = [oxygen(6, "L/min") for _ in range(50)]

    detail = detail_of(judged(an_order()), evidence=(saturation(85), *given))

    assert detail.count("inhaled oxygen") == 1
