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


def variants_said_in(cell: str, plausible: tuple[Variant, ...]) -> dict[Variant, str]:
    """The category of each variant, as a cell of the table says it."""
    parts = [part.partition(" if ") for part in cell.split(", ")]
    return {
        v: category
        for v in plausible
        for category, _, named in parts
        if not named or v in named.split(" or ")
    }


# --- what was read ---------------------------------------------------------------------------------


def evidence(effect: Effect = Effect.SHOWN_ONLY, **changes: Any) -> Evidence:
    fields: dict[str, Any] = {
        "rule": RuleId.VOLUME,
        "finding": "blood 236.6 mL in 24 h",
        "when": instant(datetime(2026, 11, 24, 8, 10, tzinfo=UTC)),
    }
    return Evidence(effect=effect, **{**fields, **changes})


def a_diagnosis(reference: str, label: str, onset: Moment = UNDATED) -> Diagnosis:
    matches = (ConceptMatch(Concept.HEMOPTYSIS),)
    return Diagnosis(reference, matches, label, is_active=True, onset=onset)


def test_evidence_is_shown_with_its_date_and_what_it_says() -> None:
    proof = evidence(Effect.PROVES_RECURRENCE, finding="hemoptysis charted as having come back")

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, evidence=(proof,))

    assert "- 2026-11-24 08:10+00:00: hemoptysis charted as having come back → recurrent" in detail


@pytest.mark.parametrize(
    ("charted", "is_shown"),
    [
        ("1 cup", True),
        ("0.2366 L", True),
        ("236.6 mL", False),
        ("236.60 ml", False),
        ("236.6 mL/(24.h)", False),
        ("blood 236.6 mL", False),
        ("", False),
    ],
)
def test_the_charted_value_stands_beside_when_its_unit_really_differs(charted: str, is_shown: bool) -> None:
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


def test_the_evidence_stands_in_the_order_of_its_weight() -> None:
    effects = (
        Effect.SHOWN_ONLY,
        Effect.RAISES_ALERT,
        Effect.RULES_OUT_MASSIVE,
        Effect.KEEPS_MASSIVE_PLAUSIBLE,
        Effect.PROVES_RECURRENCE,
    )
    found = tuple(evidence(effect, finding=effect.value, when=UNDATED) for effect in effects)
    hemoptysis = a_diagnosis("Condition/h", "Coughing blood")

    detail = detail_of(
        judged(an_order(), RECURRENT), RECURRENT, evidence=found, facts=some_facts(diagnoses=(hemoptysis,))
    )

    expected = [effect.value for effect in reversed(effects)]
    expected.insert(3, "Coughing blood")
    places = [detail.index(f"undated: {'diagnosis ' * (w == 'Coughing blood')}{w}") for w in expected]
    assert places == sorted(places)


def test_the_oxygen_breathed_stands_on_the_line_of_the_saturation() -> None:
    saturation = evidence(rule=RuleId.SATURATION, finding="oxygen saturation 93 %", charted="93 %")
    earlier = instant(datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    oxygen = evidence(rule=RuleId.OXYGEN, finding="inhaled oxygen 4 L/min")
    older = evidence(rule=RuleId.OXYGEN, finding="inhaled oxygen 28 %", when=earlier)

    assert "oxygen saturation 93 %, inhaled oxygen 4 L/min\n" in detail_of(
        judged(an_order()), evidence=(saturation, oxygen)
    )
    assert "oxygen saturation 93 %, inhaled oxygen 28 % (2026-11-24 07:00+00:00)\n" in detail_of(
        judged(an_order()), evidence=(saturation, older)
    )
    assert "08:10+00:00: inhaled oxygen 4 L/min\n" in detail_of(judged(an_order()), evidence=(oxygen,))


@pytest.mark.parametrize("charted", ["22 breaths/minute", "22 {breaths}/min", "22 /min"])
def test_another_spelling_of_the_unit_is_no_other_unit(charted: str) -> None:
    rate = evidence(rule=RuleId.RESPIRATORY_RATE, finding="respiratory rate 22 /min", charted=charted)

    assert "respiratory rate 22 /min\n" in detail_of(judged(an_order()), evidence=(rate,))


def test_all_that_one_condition_says_stands_on_one_line() -> None:
    condition: dict[str, Any] = {"references": ("Condition/c",), "charted": "Chronic respiratory failure"}
    background = evidence(
        Effect.RAISES_ALERT, rule=RuleId.HIGH_RISK, finding="high-risk background", **condition
    )
    lowered = evidence(rule=RuleId.CHRONIC_FAILURE, finding="the lower volume limits hold", **condition)

    detail = detail_of(judged(an_order()), evidence=(background, lowered))

    assert (
        "the lower volume limits hold (charted: Chronic respiratory failure) → high-risk background" in detail
    )
    assert detail.count("Chronic respiratory failure") == 1


def test_a_diagnosis_that_the_evidence_speaks_of_has_no_line_of_its_own() -> None:
    returned = evidence(
        Effect.PROVES_RECURRENCE,
        rule=RuleId.CLINICAL_STATUS,
        finding="hemoptysis charted as having come back",
        references=("Condition/h",),
        charted="Hemoptysis",
    )
    facts = some_facts(diagnoses=(a_diagnosis("Condition/h", "Hemoptysis"),))

    detail = detail_of(judged(an_order(), RECURRENT), RECURRENT, evidence=(returned,), facts=facts)

    assert "hemoptysis charted as having come back → recurrent" in detail
    assert "diagnosis" not in detail


def test_an_anticoagulant_is_said_by_its_caution_alone() -> None:
    warfarin = evidence(
        Effect.RAISES_ALERT,
        rule=RuleId.HIGH_RISK,
        finding="high-risk background",
        references=("MedicationRequest/w",),
        charted="warfarin",
    )
    caution = Caution(
        CautionId.ANTICOAGULATION, "anticoagulant", "warfarin", references=("MedicationRequest/w",)
    )

    detail = detail_of(judged(an_order()), evidence=(warfarin,), cautions=Cautions((caution,)))

    assert detail.count("warfarin") == 1
    assert "**Anticoagulation**: warfarin. " in detail


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


def test_only_the_project_defaults_that_decided_are_named() -> None:
    normal = evidence(rule=RuleId.NORMAL_VITALS, finding="saturation 97 %")

    assert "Project defaults" not in detail_of(judged(an_order()), evidence=(normal,))


def test_the_card_of_an_appropriate_order_names_no_project_defaults() -> None:
    normal = evidence(Effect.RULES_OUT_MASSIVE, rule=RuleId.NORMAL_VITALS, finding="saturation 97 %")

    detail = detail_of(judged(an_order(CTA_CHEST)), evidence=(normal,), complement_for=0)

    assert "Project defaults" not in detail
    assert "None was drafted, or done in the last 24 h (project default)." in detail


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
    hemoptysis = a_diagnosis("Condition/h", "Coughing blood", onset=onset)

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
def test_the_table_has_the_six_studies_with_the_category_under_each_plausible_variant(
    plausible: tuple[Variant, ...],
) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    rows = rows_of(detail_of(judged(order, plausible), plausible))

    assert rows[0] == ["Study", "Category", "Dose"]
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

    assert "**Earlier reaction to contrast media**: Iohexol. " in offered
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
        "Apixaban 5 mg, 2026-11-20, matched by name only; "
        "anticoagulant therapy charted, 2026-11-20. " in detail
    )


@pytest.mark.parametrize(
    ("caution", "line"),
    [
        (
            Caution(CautionId.TUBERCULOSIS, "tuberculosis charted", "Tuberculosis of lung"),
            "**Tuberculosis**: Tuberculosis of lung. If it",
        ),
        (
            Caution(CautionId.TUBERCULOSIS, "tuberculosis charted", "Tuberculosis"),
            "**Tuberculosis**: charted. If it",
        ),
        (
            Caution(CautionId.TUBERCULOSIS, "tuberculosis charted"),
            "**Tuberculosis**: tuberculosis charted. If",
        ),
        (
            Caution(CautionId.PREGNANCY, "positive pregnancy test", "Positive"),
            "**Pregnancy**: positive pregnancy test (Positive). Radiography",
        ),
        (
            Caution(CautionId.KIDNEY_SEVERE, "eGFR 22 mL/min/1.73 m²", "22 mL/min/{1.73_m2}"),
            "**Severe kidney impairment**: eGFR 22 mL/min/1.73 m². High-risk",
        ),
    ],
)
def test_a_caution_says_nothing_twice(caution: Caution, line: str) -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))

    assert f"- {line}" in detail_of(order, cautions=Cautions((caution,)))


def test_kidney_function_is_shown_once_and_never_under_the_date_of_the_drug() -> None:
    order = judged(an_order("ct-chest-without-and-with-contrast"))
    egfr = "eGFR 22 mL/min/1.73 m²"
    prescribed, measured = Moment(NOW, NOW, "2025-06-03"), Moment(NOW, NOW, "2026-11-23")
    kidney = Caution(CautionId.KIDNEY_SEVERE, egfr, when=measured)
    metformin = Caution(CautionId.METFORMIN, f"metformin; {egfr}", "metformin", prescribed)

    together = detail_of(order, cautions=Cautions((kidney, metformin)))
    alone = detail_of(order, cautions=Cautions((metformin,)))

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
    reaction = Cautions((Caution(CautionId.CONTRAST_REACTION, "reaction charted", "Iohexol"),))
    order = an_order("ct-chest-without-and-with-contrast")

    assert said in detail_of(judged(order, plausible), plausible, cautions=reaction)
    assert "Without contrast (" not in detail_of(judged(an_order(), alternatives=(CTA,)), cautions=reaction)


def test_a_caution_for_every_study_is_shown_with_a_study_that_was_not_recognized() -> None:
    found = Cautions((Caution(CautionId.TUBERCULOSIS, "tuberculosis charted"),))

    detail = detail_of(not_rated(an_unknown_order("Spiral"), Outcome.NOT_RECOGNISED), cautions=found)

    assert "**Tuberculosis**" in detail


def test_a_recent_study_bears_on_the_same_study_only() -> None:
    recent = Cautions((Caution(CautionId.RECENT_STUDY, "done", procedure="ct-chest-with-contrast"),))

    assert "Same study done recently" in detail_of(judged(an_order(), alternatives=(CT,)), cautions=recent)
    assert "Same study" not in detail_of(judged(an_order(), alternatives=(CTA,)), cautions=recent)


def test_the_window_of_a_recent_study_is_named_a_project_default() -> None:
    recent = Cautions((Caution(CautionId.RECENT_STUDY, "done", procedure="ct-chest-without-contrast"),))

    assert "Looked back 7 days (project default)." in detail_of(judged(an_order()), cautions=recent)


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
        judged(an_order(), alternatives=(CTA,)),
        facts=facts,
        cautions=Cautions(not_assessed=(Kind.LABS, Kind.ALLERGIES)),
    )

    assert "- Not available: vital signs" in detail
    assert "- Read in part: diagnoses" in detail
    assert "- Not assessed for cautions: kidney function and contrast reactions" in detail
    assert "- Entries that could not be read: amount of blood (2)" in detail


def test_a_radiograph_is_not_said_to_be_missing_where_earlier_imaging_was_not_read() -> None:
    whole = dict.fromkeys(Kind, Availability.AVAILABLE)
    unread = some_facts(availability={**whole, Kind.IMAGING: Availability.UNAVAILABLE})

    detail = detail_of(judged(an_order(CTA_CHEST)), complement_for=0, facts=unread)

    assert "None was drafted; whether one was done in the last 24 h (project default) could not be" in detail


def test_what_would_settle_it_is_asked_for() -> None:
    wanted = (ToRecord.AMOUNT, ToRecord.VITALS, ToRecord.EARLIER_EPISODES, ToRecord.DATES)

    detail = detail_of(judged(an_order(), MASSIVE_OR_NOT), MASSIVE_OR_NOT, to_record=wanted)

    assert "**To settle it, record**\n\n- the amount of blood over the last 24 h" in detail
    assert "respiratory rate" in detail
    assert "earlier episodes" in detail


@pytest.mark.parametrize(
    ("age_group", "severity", "text"),
    [
        (AgeGroup.CHILD, Severity.UNSETTLED, "Under 18 nothing charted rules massive hemoptysis out"),
        (AgeGroup.ADULT, Severity.KEPT_PLAUSIBLE, "Nothing more that could be charted rules massive"),
    ],
)
def test_where_nothing_charted_can_settle_it_clinical_judgment_decides(
    age_group: AgeGroup, severity: Severity, text: str
) -> None:
    detail = detail_of(
        judged(an_order(EMBOLIZATION), MASSIVE_OR_NOT),
        MASSIVE_OR_NOT,
        age_group=age_group,
        severity=severity,
        to_record=(ToRecord.EARLIER_EPISODES,),
    )

    assert text in detail
    assert "clinical judgment decides" in detail
    assert "**To settle it, record**\n\n- earlier episodes" in detail


def test_a_settled_severity_needs_no_judgment() -> None:
    assert "clinical judgment" not in detail_of(judged(an_order()), age_group=AgeGroup.CHILD)


# --- notes -----------------------------------------------------------------------------------------


def charted(concept: Concept) -> Any:
    diagnosis = Diagnosis("Condition/c", (ConceptMatch(concept),), "charted", is_active=True)
    return some_facts(diagnoses=(diagnosis,))


EMBOLIZATION = "arteriography-bronchial-embolization"
CTA_CHEST = "cta-chest-with-contrast"
EMBOLISM_REASON = Reason(ReasonKind.HEMOPTYSIS, (ConceptMatch(Concept.PULMONARY_EMBOLISM),), "PE?")
BRONCHIECTASIS = Evidence(
    RuleId.HIGH_RISK, Effect.RAISES_ALERT, "high-risk background", charted="Bronchiectasis"
)
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
        "high-risk background",
        judged(an_order()),
        NONMASSIVE,
        {"evidence": (BRONCHIECTASIS,)},
        "Bronchiectasis → high-risk background: risk of severe bleeding",
    ),
    (
        "high-risk background, on the card of an appropriate order",
        judged(an_order(CTA_CHEST)),
        NONMASSIVE,
        {"evidence": (BRONCHIECTASIS,)},
        "High-risk background (Bronchiectasis): risk of severe bleeding",
    ),
    (
        "recognised by name",
        judged(an_order(recognition=Recognition.BY_NAME, matched_name="CT thorax sans inj")),
        NONMASSIVE,
        {},
        "Recognized by its name (CT thorax sans inj), not by a code: please check.",
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
        "gives no reason; hemoptysis was taken from the chart.",
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
        (Outcome.CONTRAST_UNSPECIFIED, "ct-chest-contrast-unspecified", "Please state which is meant"),
        (Outcome.NOT_IN_TOPIC, "mri-chest", "no judgment for or against it"),
    ],
)
def test_a_study_without_a_rating_is_told_why(outcome: Outcome, procedure: str, text: str) -> None:
    assert text in detail_of(not_rated(an_order(procedure), outcome))


def test_a_study_not_recognised_is_told_so() -> None:
    detail = detail_of(not_rated(an_unknown_order("Spiral"), Outcome.NOT_RECOGNISED))

    assert detail.startswith("Spiral: The study could not be recognized")


# --- source and house rules ------------------------------------------------------------------------


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_no_detail_holds_html_and_all_name_the_edition(plausible: tuple[Variant, ...]) -> None:
    order = an_order("ct-chest-without-and-with-contrast")

    detail = detail_of(judged(order, plausible, alternatives=(CTA,)), plausible)

    assert "<" not in detail
    assert "Source: ACR Appropriateness Criteria: Hemoptysis, 2019 (New), published 2020." in detail


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
    assert "Ratings" not in critical


def test_an_alert_shows_what_bears_on_the_studies_to_come() -> None:
    found = (
        Caution(CautionId.ANTICOAGULATION, "anticoagulant", "Warfarin"),
        Caution(CautionId.CONTRAST_REACTION, "reaction charted"),
    )

    detail = alert_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE, cautions=Cautions(found)))

    assert "**Anticoagulation**: Warfarin. " in detail
    assert "**Earlier reaction to contrast media**" in detail


def test_the_alert_shows_all_evidence_and_the_order_under_it_only_what_decides() -> None:
    found = (
        evidence(Effect.PROVES_MASSIVE, finding="260 mL of blood over 24 h"),
        evidence(Effect.RAISES_ALERT, rule=RuleId.HIGH_RISK, finding="background"),
        evidence(rule=RuleId.SATURATION, finding="oxygen saturation 97 %"),
    )
    classification = a_classification(MASSIVE, evidence=found)
    order = judged(an_order(), MASSIVE, alternatives=(CTA,))

    alert, card = (c.detail for c in cards_of(a_decision(order, classification=classification)))

    assert all(e.finding in alert for e in found)
    assert "260 mL of blood over 24 h → massive" in card
    assert "oxygen saturation" not in card
    assert "background" not in card
    assert "| **CT chest without IV contrast** |" in card


def test_a_borderline_amount_is_explained_on_the_alert() -> None:
    sign = evidence(Effect.KEEPS_MASSIVE_PLAUSIBLE, definition=DefinitionId.VOLUME_BORDERLINE)
    classification = a_classification(MASSIVE_OR_NOT, severity=Severity.KEPT_PLAUSIBLE, evidence=(sign,))

    detail = alert_of(a_decision(judged(an_order(), MASSIVE_OR_NOT), classification=classification))

    assert "some guidelines call it massive, others do not" in detail


def test_an_alert_by_instability_alone_asks_to_consider_another_cause() -> None:
    classification = a_classification(MASSIVE, is_instability_only=True)

    detail = alert_of(a_decision(judged(an_order(), MASSIVE), classification=classification))

    assert "consider another cause of the instability" in detail


def alert_of(decision: Decision) -> str:
    return cards_of(decision)[0].detail


def test_labels_of_offered_studies_stand_in_the_detail_too() -> None:
    risky = Alternative(CTA_CHEST, (CautionId.PREGNANCY, CautionId.KIDNEY_SEVERE))

    detail = detail_of(judged(an_order(), alternatives=(risky,)))

    assert "- CTA chest with IV contrast (caution: pregnancy and severe kidney impairment)" in detail
