"""The detail of a card: what was read, the rating, the table, the cautions, the notes, the source."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from cds_service.cards.dates import shown
from cds_service.cards.radiation import level, level_for
from cds_service.clinical.decision import (
    Alternative,
    Caution,
    Cautions,
    Decision,
    Effect,
    Evidence,
    IndicationBasis,
    Judgement,
    Outcome,
    RuleId,
    Severity,
    ToRecord,
)
from cds_service.clinical.facts import AgeGroup, Availability, Diagnosis, Kind
from cds_service.clinical.orders import Reason, ReasonKind, Recognition
from cds_service.clinical.time import UNDATED, Moment, instant
from cds_service.knowledge.model import CautionId, DefinitionId, Radiation, Variant
from cds_service.knowledge.terminology import Concept, ConceptMatch
from tests.unit.card_builders import (
    CT,
    CTA,
    EVERY_COMBINATION,
    MASSIVE,
    NONMASSIVE,
    NOW,
    RECURRENT,
    a_classification,
    a_decision,
    an_order,
    an_unknown_order,
    cards_of,
    judged,
    knowledge,
    not_rated,
    some_facts,
)

MASSIVE_OR_NOT = (Variant.MASSIVE, Variant.NONMASSIVE)


def detail_of(judgement: Judgement, plausible: tuple[Variant, ...] = NONMASSIVE, **changes: Any) -> str:
    """The detail of the order's card; fields of Classification, of Decision, and `facts` may be given."""
    facts = changes.pop("facts", None)
    classified = ("evidence", "age_group", "to_record", "is_instability_only", "severity")
    classification = a_classification(plausible, **{k: v for k, v in changes.items() if k in classified})
    decision = a_decision(
        judgement,
        classification=classification,
        **{k: v for k, v in changes.items() if k not in classified},
    )
    return cards_of(decision, facts=facts)[-1].detail


def rows_of(detail: str) -> list[list[str]]:
    lines = [line for line in detail.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


# --- what was read ---------------------------------------------------------------------------------


def evidence(effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    fields: dict[str, Any] = {
        "rule": RuleId.VOLUME,
        "finding": "blood 236.6 mL in 24 h",
        "when": instant(datetime(2026, 11, 24, 8, 10, tzinfo=UTC)),
    }
    return Evidence(effect=effect, **{**fields, **changes})


def test_evidence_is_shown_with_its_date_and_what_it_says() -> None:
    proof = evidence(Effect.PROVES_RECURRENCE, finding="hemoptysis charted as having come back")

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, evidence=(proof,))

    assert "- 2026-11-24 08:10+00:00: hemoptysis charted as having come back → recurrent" in detail


@pytest.mark.parametrize(
    ("charted", "is_shown"),
    [("1 cup", True), ("236.6 mL", False), ("236.588 ml", False), ("blood 236.6 mL", False), ("", False)],
)
def test_the_charted_value_stands_beside_when_its_unit_differs(charted: str, is_shown: bool) -> None:
    detail = detail_of(judged(an_order()), evidence=(evidence(charted=charted),))

    assert ("(charted:" in detail) is is_shown


def test_a_limit_of_this_project_is_labelled_as_such() -> None:
    low = evidence(
        Effect.KEEPS_MASSIVE_PLAUSIBLE, finding="oxygen saturation 88 %", definition=DefinitionId.SPO2_LOW
    )
    large = evidence(Effect.KEEPS_MASSIVE_PLAUSIBLE, definition=DefinitionId.VOLUME_BORDERLINE)

    detail = detail_of(judged(an_order(), MASSIVE_OR_NOT), MASSIVE_OR_NOT, evidence=(low, large))

    assert "oxygen saturation 88 % → massive possible (limit: under 90 %, project default)" in detail
    assert "blood 236.6 mL in 24 h → massive possible (limit: from 100 mL)\n" in detail


def test_what_is_only_shown_comes_last_and_much_of_it_is_counted() -> None:
    shown_only = [evidence(finding=f"reading {number}") for number in range(12)]
    proof = evidence(Effect.PROVES_RECURRENCE, finding="proof")

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, evidence=(*shown_only, proof))

    assert detail.index("proof") < detail.index("reading 0")
    assert "- and 3 more" in detail


def test_nothing_found_is_said() -> None:
    assert "Nothing that settles severity or recurrence was found." in detail_of(
        judged(an_order()), evidence=()
    )


def test_the_limits_behind_normal_vital_signs_are_named_project_defaults() -> None:
    normal = evidence(Effect.RULES_OUT_MASSIVE, rule=RuleId.NORMAL_VITALS, finding="saturation 97 %")

    detail = detail_of(judged(an_order()), evidence=(normal,))

    assert (
        "Project defaults, from no guideline: severity counts the last 24 h; low SpO2 is under 90 %; "
        "low systolic pressure is under 90 mmHg; high respiratory rate is from 30 /min." in detail
    )


def test_a_reading_that_a_set_of_readings_names_is_not_said_twice() -> None:
    references = ("Observation/1", "Observation/2")
    whole = evidence(Effect.RULES_OUT_MASSIVE, finding="saturation 97 %, rate 16 /min", references=references)
    part = evidence(finding="saturation 97 %", references=("Observation/1",))
    another = evidence(finding="saturation 97 %", references=("Observation/3",))

    assert detail_of(judged(an_order()), evidence=(whole, part)).count("saturation 97 %") == 1
    assert detail_of(judged(an_order()), evidence=(whole, another)).count("saturation 97 %") == 2


def test_the_charted_hemoptysis_is_shown_with_its_date() -> None:
    onset = Moment(NOW - timedelta(hours=2), NOW, "2026-11-24")
    hemoptysis = Diagnosis(
        "Condition/h", (ConceptMatch(Concept.HEMOPTYSIS),), "Coughing blood", is_active=True, onset=onset
    )

    detail = detail_of(judged(an_order()), facts=some_facts(diagnoses=(hemoptysis,)))

    assert "**Read from the chart**\n\n- 2026-11-24: diagnosis Coughing blood\n" in detail


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2026-11-24T08:10:33.123+01:00", "2026-11-24 08:10+01:00"),
        ("2026-11-24T08:10:00Z", "2026-11-24 08:10Z"),
        ("2026-11-24T08:10Z", "2026-11-24 08:10Z"),
        ("2026-11-24", "2026-11-24"),
        ("2026-11", "2026-11"),
        ("2026", "2026"),
    ],
)
def test_a_date_is_shown_as_written_to_the_minute_with_its_zone(written: str, text: str) -> None:
    assert shown(Moment(NOW, NOW, written)) == text


def test_a_date_without_text_is_shown_in_full_and_an_unknown_one_is_undated() -> None:
    zone = timezone(timedelta(hours=-5))
    moment = datetime(2026, 11, 24, 3, 10, 5, tzinfo=zone)

    assert shown(Moment(moment, moment)) == "2026-11-24 03:10-05:00"
    assert shown(UNDATED) == "undated"


# --- rating and table ------------------------------------------------------------------------------


def test_the_rating_stands_first_with_the_name_it_was_ordered_by() -> None:
    detail = detail_of(judged(an_order(title="CT THORAX NATIV"), RECURRENT), RECURRENT)

    assert detail.startswith(
        "CT chest without IV contrast (ordered as CT THORAX NATIV): "
        "**usually not appropriate** in recurrent hemoptysis."
    )


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_the_table_has_the_six_studies_and_a_column_for_each_plausible_variant(
    plausible: tuple[Variant, ...],
) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    rows = rows_of(detail_of(judged(order, plausible), plausible))

    assert [cell.lower() for cell in rows[0][1 : 1 + len(plausible)]] == list(plausible)
    assert len(rows) == 2 + 6
    for procedure, row in zip(knowledge().rated_procedures(), rows[2:], strict=True):
        expected = [knowledge().category(procedure.id, v).replace("-", " ") for v in plausible]
        assert row[0].strip("*") == procedure.name
        assert row[1 : 1 + len(plausible)] == expected


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_the_table_has_few_enough_columns_for_a_narrow_panel(plausible: tuple[Variant, ...]) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    detail = detail_of(judged(order, plausible), plausible)

    assert len(rows_of(detail)[0]) <= 4
    assert "☢☢☢ 1-10 mSv" in detail


def test_the_ordered_study_is_in_bold() -> None:
    assert "| **CT chest without IV contrast** | usually not" in detail_of(
        judged(an_order(), RECURRENT), RECURRENT
    )


def test_radiation_is_the_number_of_symbols_with_the_dose() -> None:
    assert level(Radiation(3, "1-10")) == "☢☢☢ 1-10 mSv"
    assert level(Radiation(3, "1-10 mSv")) == "☢☢☢ 1-10 mSv"
    assert level(Radiation(1, "<0.1")) == "☢ &lt;0.1 mSv"
    assert level(None) == "not given"


@pytest.mark.parametrize(
    ("age_group", "text"),
    [
        (AgeGroup.ADULT, "☢☢☢ 1-10 mSv"),
        (AgeGroup.CHILD, "☢☢☢☢ 3-10 mSv"),
        (AgeGroup.UNKNOWN, "adult ☢☢☢ 1-10 mSv, child ☢☢☢☢ 3-10 mSv"),
    ],
)
def test_radiation_is_that_of_the_patients_age_group(age_group: AgeGroup, text: str) -> None:
    assert level_for(knowledge().procedures["ct-chest-with-contrast"], age_group) == text


# --- cautions --------------------------------------------------------------------------------------


def test_a_caution_on_an_offered_study_is_shown_though_the_ordered_one_is_free_of_it() -> None:
    reaction = Cautions((Caution(CautionId.CONTRAST_REACTION, "reaction charted", "Iohexol"),))

    offered = detail_of(judged(an_order(), alternatives=(CTA,)), cautions=reaction)
    not_offered = detail_of(judged(an_order()), cautions=reaction)

    assert "**Earlier reaction to contrast media**: reaction charted (Iohexol)" in offered
    assert "Earlier reaction" not in not_offered


def test_a_caution_is_given_once_with_everything_found_for_it() -> None:
    when = Moment(NOW, NOW, "2026-11-20")
    found = (
        Caution(CautionId.ANTICOAGULATION, "anticoagulant", "Apixaban 5 mg", when, by_text="apixaban"),
        Caution(CautionId.ANTICOAGULATION, "anticoagulant therapy charted", when=when),
    )

    detail = detail_of(judged(an_order()), cautions=Cautions(found))

    assert detail.count("**Anticoagulation**") == 1
    assert (
        "anticoagulant (Apixaban 5 mg), 2026-11-20, matched by name only; "
        "anticoagulant therapy charted, 2026-11-20. " in detail
    )


def test_a_recent_study_bears_on_the_same_study_only() -> None:
    recent = Cautions((Caution(CautionId.RECENT_STUDY, "done", procedure="ct-chest-with-contrast"),))

    assert "Same study done recently" in detail_of(judged(an_order(), alternatives=(CT,)), cautions=recent)
    assert "Same study" not in detail_of(judged(an_order(), alternatives=(CTA,)), cautions=recent)


def test_the_window_of_a_recent_study_is_named_a_project_default() -> None:
    recent = Cautions((Caution(CautionId.RECENT_STUDY, "done", procedure="ct-chest-without-contrast"),))

    assert "the same study counts as recent for 7 days" in detail_of(judged(an_order()), cautions=recent)


# --- what is missing and what to record ------------------------------------------------------------


def test_what_was_not_available_is_told_apart_from_what_was_read_in_part() -> None:
    whole = dict.fromkeys(Kind, Availability.AVAILABLE)
    facts = some_facts(
        availability={
            **whole,
            Kind.CONDITIONS: Availability.INCOMPLETE,
            Kind.VITALS: Availability.UNAVAILABLE,
        },
        unreadable={Kind.BLEEDING: 2, Kind.LABS: 0},
    )

    detail = detail_of(
        judged(an_order()), facts=facts, cautions=Cautions(not_assessed=(Kind.LABS, Kind.ALLERGIES))
    )

    assert "- Not available: vital signs" in detail
    assert "- Read in part: diagnoses" in detail
    assert "- Not assessed for cautions: kidney function and contrast reactions" in detail
    assert "- Entries that could not be read: amount of blood (2)" in detail


def test_what_would_settle_it_is_asked_for() -> None:
    wanted = (ToRecord.AMOUNT, ToRecord.VITALS, ToRecord.EARLIER_EPISODES, ToRecord.DATES)

    detail = detail_of(judged(an_order(), MASSIVE_OR_NOT), MASSIVE_OR_NOT, to_record=wanted)

    assert "**To settle it, record**\n\n- the amount of blood over the last 24 h" in detail
    assert "respiratory rate" in detail
    assert "earlier episodes" in detail


# --- notes -----------------------------------------------------------------------------------------


def charted(concept: Concept) -> Any:
    diagnosis = Diagnosis("Condition/c", (ConceptMatch(concept),), "charted", is_active=True)
    return some_facts(diagnoses=(diagnosis,))


EMBOLIZATION = "arteriography-bronchial-embolization"
CTA_CHEST = "cta-chest-with-contrast"
EMBOLISM_REASON = Reason(ReasonKind.HEMOPTYSIS, (ConceptMatch(Concept.PULMONARY_EMBOLISM),), "PE?")
NOTES: tuple[tuple[str, Judgement, tuple[Variant, ...], dict[str, Any], str], ...] = (
    ("child", judged(an_order()), NONMASSIVE, {"age_group": AgeGroup.CHILD}, "rest on adult evidence"),
    (
        "age unknown",
        judged(an_order()),
        NONMASSIVE,
        {"age_group": AgeGroup.UNKNOWN},
        "rules for adults were used",
    ),
    (
        "instability only",
        judged(an_order(), MASSIVE),
        MASSIVE,
        {"is_instability_only": True},
        "consider another cause of the instability",
    ),
    (
        "borderline amount",
        judged(an_order()),
        NONMASSIVE,
        {"evidence": (evidence(definition=DefinitionId.VOLUME_BORDERLINE),)},
        "some guidelines call it massive, others do not",
    ),
    (
        "high-risk background",
        judged(an_order()),
        NONMASSIVE,
        {
            "evidence": (
                evidence(Effect.RAISES_ALERT, finding="high-risk background", charted="Bronchiectasis"),
            )
        },
        "High-risk background (Bronchiectasis): risk of severe bleeding",
    ),
    (
        "recognised by name",
        judged(an_order(recognition=Recognition.BY_NAME, matched_name="CT thorax sans inj")),
        NONMASSIVE,
        {},
        "Recognised by its name (CT thorax sans inj), not by a code: please check.",
    ),
    (
        "codings that disagree",
        judged(an_order(other_procedures=("mri-chest", "ct-chest-with-contrast"))),
        NONMASSIVE,
        {},
        "disagree (also MRI chest and CT chest with IV contrast)",
    ),
    ("possible", judged(an_order(), is_possible_only=True), NONMASSIVE, {}, "only possibly: please confirm"),
    (
        "no reason",
        judged(an_order(), indication=IndicationBasis.CHART_WITHOUT_REASON),
        NONMASSIVE,
        {},
        "gives no reason; hemoptysis was taken from the chart",
    ),
    (
        "unresolved reason",
        judged(an_order(), indication=IndicationBasis.CHART_WITH_UNRESOLVED_REASON),
        NONMASSIVE,
        {},
        "reason could not be read",
    ),
    (
        "related reason",
        judged(
            an_order(reason=Reason(ReasonKind.CAUSE_OR_SYMPTOM, label="Pneumonia")),
            indication=IndicationBasis.CHART_WITH_RELATED_REASON,
        ),
        NONMASSIVE,
        {},
        "Ordered for Pneumonia; hemoptysis was taken from the chart.",
    ),
    (
        "pulmonary arteries",
        judged(an_order(CTA_CHEST, is_pulmonary_arteries=True)),
        NONMASSIVE,
        {},
        "rated as CTA chest with IV contrast. If pulmonary embolism is suspected, another ACR topic applies.",
    ),
    (
        "embolism suspected",
        judged(an_order(reason=EMBOLISM_REASON)),
        NONMASSIVE,
        {},
        "Pulmonary embolism is charted or suspected",
    ),
    (
        "embolism charted",
        not_rated(an_order("mri-chest"), Outcome.NOT_IN_TOPIC),
        NONMASSIVE,
        {"facts": charted(Concept.PULMONARY_EMBOLISM)},
        "that is another ACR topic",
    ),
    (
        "recurrence, CT with contrast (D5)",
        judged(an_order("ct-chest-with-contrast"), RECURRENT),
        RECURRENT,
        {},
        "its summary names either CT or CTA with IV contrast",
    ),
    (
        "recurrence, embolization in infection (D6)",
        judged(an_order(EMBOLIZATION), RECURRENT),
        RECURRENT,
        {"facts": charted(Concept.CYSTIC_FIBROSIS)},
        "excepts infectious causes such as cystic fibrosis",
    ),
    (
        "older rating",
        judged(an_order(has_rating=True), (Variant.RECURRENT, Variant.NONMASSIVE)),
        (Variant.RECURRENT, Variant.NONMASSIVE),
        {},
        "The older rating on this order no longer holds",
    ),
)


@pytest.mark.parametrize(
    ("judgement", "plausible", "changes", "text"),
    [pytest.param(*rest, id=name) for name, *rest in NOTES],
)
def test_a_note_is_given_where_it_applies_and_only_there(
    judgement: Judgement, plausible: tuple[Variant, ...], changes: dict[str, Any], text: str
) -> None:
    assert text in detail_of(judgement, plausible, **changes)
    assert text not in detail_of(judged(an_order()), NONMASSIVE)


def test_an_older_rating_that_is_replaced_needs_no_note() -> None:
    assert "older rating" not in detail_of(judged(an_order(has_rating=True)))


@pytest.mark.parametrize(
    ("procedure", "facts"),
    [
        (EMBOLIZATION, some_facts()),
        (CTA_CHEST, charted(Concept.CYSTIC_FIBROSIS)),
    ],
)
def test_the_exception_for_infection_concerns_embolization_in_infection_only(
    procedure: str, facts: Any
) -> None:
    assert "excepts infectious" not in detail_of(
        judged(an_order(procedure), RECURRENT), RECURRENT, facts=facts
    )


@pytest.mark.parametrize(
    ("outcome", "procedure", "text"),
    [
        (Outcome.CONTRAST_UNSPECIFIED, "ct-chest-contrast-unspecified", "please state which is meant"),
        (Outcome.NOT_IN_TOPIC, "mri-chest", "no judgement for or against it"),
    ],
)
def test_a_study_without_a_rating_is_told_why(outcome: Outcome, procedure: str, text: str) -> None:
    assert text in detail_of(not_rated(an_order(procedure), outcome))


def test_a_study_not_recognised_is_told_so() -> None:
    detail = detail_of(not_rated(an_unknown_order("Spiral"), Outcome.NOT_RECOGNISED))

    assert detail.startswith("Spiral: The study could not be recognised")


# --- source and house rules ------------------------------------------------------------------------


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_no_detail_holds_html_and_all_name_the_edition(plausible: tuple[Variant, ...]) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    detail = detail_of(judged(order, plausible, alternatives=(CTA,)), plausible)

    assert "<" not in detail
    assert "Source: ACR Appropriateness Criteria: Hemoptysis, 2019 (New), published 2020." in detail
    assert "Project defaults, from no guideline: severity counts the last 24 h" in detail


def test_the_detail_of_the_alerts_says_what_they_rest_on() -> None:
    sign = a_classification(
        MASSIVE_OR_NOT,
        severity=Severity.KEPT_PLAUSIBLE,
        evidence=(evidence(Effect.KEEPS_MASSIVE_PLAUSIBLE),),
        to_record=(ToRecord.AMOUNT, ToRecord.VITALS),
    )
    warning = alert_of(a_decision(judged(an_order(), MASSIVE_OR_NOT), classification=sign))
    critical = alert_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE))

    assert "blood 236.6 mL in 24 h → massive possible" in warning
    assert "**To settle it, record**" in warning
    assert "Source: ACR" in warning
    assert "blood 240 mL in 24 h (charted: 1 cup) → massive" in critical
    assert "Ratings: ACR Appropriateness Criteria: Hemoptysis, 2019 (New)." in critical


def test_an_alert_shows_what_bears_on_the_studies_to_come() -> None:
    found = (
        Caution(CautionId.ANTICOAGULATION, "anticoagulant", "Warfarin"),
        Caution(CautionId.CONTRAST_REACTION, "reaction charted"),
    )

    detail = alert_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE, cautions=Cautions(found)))

    assert "**Anticoagulation**: anticoagulant (Warfarin)" in detail
    assert "**Earlier reaction to contrast media**" in detail


def alert_of(decision: Decision) -> str:
    return cards_of(decision)[0].detail


def test_labels_of_offered_studies_stand_in_the_detail_too() -> None:
    risky = Alternative(CTA_CHEST, (CautionId.PREGNANCY, CautionId.KIDNEY_SEVERE))

    detail = detail_of(judged(an_order(), alternatives=(risky,)))

    assert "- CTA chest with IV contrast (caution: pregnancy and severe kidney impairment)" in detail
