"""The notes of a card: how it came to be about hemoptysis and this study, and what limits the rating."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.evidence import is_a_caution, limit_text, section
from cds_service.cards.markdown import markdown
from cds_service.cards.texts import (
    AGE_UNKNOWN,
    ALLERGY_WITHHOLDS,
    BORDERLINE,
    CANNOT_CHANGE,
    CHILD,
    EMBOLISM,
    FROM_THE_CHART,
    HIGH_RISK,
    INSTABILITY_ONLY,
    NO_REASON,
    NOTHING_TO_RECORD,
    NOTHING_TO_RECORD_CHILD,
    OLDER_RATING,
    POSSIBLE,
    PROJECT_DEFAULT,
    PULMONARY_ARTERIES,
    RECURRENT_CT,
    RECURRENT_INFECTION,
    RELATED_REASON,
    TO_RECORD,
    UNRESOLVED_REASON,
    joined,
)
from cds_service.clinical.amounts import number
from cds_service.clinical.decision import (
    Effect,
    Evidence,
    IndicationBasis,
    Judgement,
    Outcome,
    RuleId,
    Severity,
    ToRecord,
)
from cds_service.clinical.evidence.conditions import began
from cds_service.clinical.evidence.sums import is_charted
from cds_service.clinical.facts import AgeGroup, Recognition
from cds_service.clinical.indication import is_present_hemoptysis
from cds_service.clinical.rating import speaks_of_embolism
from cds_service.knowledge.model import Basis, DefinitionId, Modality, Variant
from cds_service.knowledge.terminology.concepts import Concept

_PHRASES: Final[Mapping[DefinitionId, str]] = {
    DefinitionId.SEVERITY_WINDOW: "severity counts the last {}",
    DefinitionId.EPISODE_GAP: "a new episode counts after {}",
    DefinitionId.INDICATION_WINDOW: "hemoptysis in the chart counts for {}",
    DefinitionId.SPO2_LOW: "low SpO2 is {}",
    DefinitionId.SYSTOLIC_LOW: "low systolic pressure is {}",
    DefinitionId.RESPIRATORY_RATE_HIGH: "high respiratory rate is {}",
}


_VITAL_LIMITS: Final = (
    DefinitionId.SPO2_LOW,
    DefinitionId.SYSTOLIC_LOW,
    DefinitionId.RESPIRATORY_RATE_HIGH,
)


_ABOUT_MASSIVE: Final = (Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE, Effect.RULES_OUT_MASSIVE)


def order_defaults(case: Case) -> str:
    """The project defaults that decided the variant of an order's card, in one line.

    Those behind a caution, a complement or the indication stand beside these.
    """
    return _line(case, list(_classifying(case)))


def patient_defaults(case: Case) -> str:
    """The project defaults that decided a card about the patient, in one line."""
    return _line(case, [*_classifying(case), *_windows_from_the_chart(case)])


def alert_defaults(case: Case) -> str:
    """The project defaults that decided an alert: hemoptysis comes from the chart unless an order says so."""
    bases = {judgement.indication for judgement in case.decision.judgements if judgement.is_judged}
    is_in_an_order = IndicationBasis.OWN_REASON in bases
    return order_defaults(case) if is_in_an_order else patient_defaults(case)


def window_text(case: Case, window: DefinitionId) -> str:
    """The length of a window, and whether this project chose it: `7 days (project default)`."""
    known = case.knowledge.definitions[window]
    default = f" ({PROJECT_DEFAULT})" if _is_default(case, window) else ""
    return f"{_length(known.value, known.unit)}{default}"


def indication_window(case: Case) -> str:
    """How far back hemoptysis was looked for; empty where no dated diagnosis decided that."""
    return "".join(window_text(case, window) for window in _windows_from_the_chart(case))


def _classifying(case: Case) -> Iterator[DefinitionId]:
    """What decided the variant, but for the limits that the evidence itself names."""
    evidence = case.decision.classification.evidence
    if any(e.effect in _ABOUT_MASSIVE and e.when.is_dated for e in evidence):
        yield DefinitionId.SEVERITY_WINDOW
    if any(e.rule is RuleId.EARLIER_EPISODE for e in evidence):
        yield DefinitionId.EPISODE_GAP
    if any(_is_ruled_out_by_vitals(e) for e in evidence):
        yield from _VITAL_LIMITS


def _is_ruled_out_by_vitals(evidence: Evidence) -> bool:
    return evidence.rule is RuleId.NORMAL_VITALS and evidence.effect is Effect.RULES_OUT_MASSIVE


def _windows_from_the_chart(case: Case) -> Iterator[DefinitionId]:
    present = [d for d in case.facts.diagnoses if is_present_hemoptysis(d, case.facts, case.knowledge)]
    if any(began(d).is_dated and not d.is_returning for d in present):
        yield DefinitionId.INDICATION_WINDOW


def _line(case: Case, used: Collection[DefinitionId]) -> str:
    phrases = [_phrase(case, definition) for definition in used if _is_default(case, definition)]
    return f"Project defaults, from no guideline: {'; '.join(phrases)}." if phrases else ""


def _is_default(case: Case, definition: DefinitionId) -> bool:
    return case.knowledge.definitions[definition].basis is Basis.PROJECT_DEFAULT


def _phrase(case: Case, definition: DefinitionId) -> str:
    known = case.knowledge.definitions[definition]
    if definition in _VITAL_LIMITS:
        return _PHRASES[definition].format(limit_text(known))
    return _PHRASES[definition].format(_length(known.value, known.unit))


def _length(value: Decimal, unit: str) -> str:
    return f"{number(value)} {'days' if unit == 'd' else unit}"


_SETTLE_SEVERITY: Final = frozenset({ToRecord.AMOUNT, ToRecord.VITALS, ToRecord.DATES})


_OPEN: Final = (Severity.KEPT_PLAUSIBLE, Severity.UNSETTLED)


def settling_section(case: Case) -> str:
    """What to record; where the severity is open and nothing recorded could settle it, who decides then."""
    wanted = case.decision.classification.to_record
    to_record = section("To settle it, record", (TO_RECORD[item] for item in wanted))
    return "\n\n".join(part for part in (_undecidable(case), to_record) if part)


def _undecidable(case: Case) -> str:
    """Nothing rules massive hemoptysis out in children, nor while a sign of it stands (BEHAVIOUR 4)."""
    classification = case.decision.classification
    if classification.severity not in _OPEN or _SETTLE_SEVERITY & set(classification.to_record):
        return ""
    is_child = classification.age_group is AgeGroup.CHILD
    return NOTHING_TO_RECORD_CHILD if is_child else NOTHING_TO_RECORD


_INFECTIOUS = (
    Concept.CYSTIC_FIBROSIS,
    Concept.TUBERCULOSIS,
    Concept.ASPERGILLOSIS,
    Concept.PNEUMONIA,
    Concept.RESPIRATORY_INFECTION,
)


_MOST_BACKGROUNDS = 3


def order_notes(case: Case, judgement: Judgement) -> tuple[str, ...]:
    """Every note of an order's card."""
    return (
        *_recognition_notes(case, judgement),
        *_indication_notes(case, judgement),
        *_topic_notes(case, judgement),
        *_action_notes(judgement),
        *_age_notes(case),
    )


def asks_for_a_check(case: Case, judgement: Judgement) -> bool:
    """True when a note asks to check the study, the reason, another topic or an older rating.

    Such a note is said even where a site wants no card for an order that is only confirmed.
    """
    doubts = (
        judgement.is_possible_only,
        judgement.indication is IndicationBasis.CHART_WITH_UNRESOLVED_REASON,
        _is_about_embolism(case, judgement),
    )
    notes = (*_recognition_notes(case, judgement), *_action_notes(judgement))
    return any(doubts) or bool(notes)


def limiting_notes(case: Case) -> Iterator[str]:
    """What limits all that a card about the patient says."""
    if case.decision.is_possible_only:
        yield POSSIBLE
    yield from _age_notes(case)


def severity_notes(case: Case) -> Iterator[str]:
    """What the severity rests on, for an alert."""
    classification = case.decision.classification
    if classification.is_instability_only:
        yield INSTABILITY_ONLY
    signs = classification.evidence_with(Effect.KEEPS_MASSIVE_PLAUSIBLE)
    is_open = classification.severity is Severity.KEPT_PLAUSIBLE
    if is_open and any(e.definition is DefinitionId.VOLUME_BORDERLINE for e in signs):
        yield BORDERLINE


def background_notes(case: Case) -> Iterator[str]:
    """The high-risk background, for a card that shows no evidence."""
    backgrounds = case.decision.classification.evidence_with(Effect.RAISES_ALERT)
    names = dict.fromkeys(markdown(e.charted or e.finding) for e in backgrounds if not is_a_caution(case, e))
    if names:
        yield HIGH_RISK.format(joined(list(names)[:_MOST_BACKGROUNDS]))


def _age_notes(case: Case) -> Iterator[str]:
    match case.decision.classification.age_group:
        case AgeGroup.CHILD:
            yield CHILD
        case AgeGroup.UNKNOWN:
            yield AGE_UNKNOWN
        case AgeGroup.ADULT:
            pass


def _recognition_notes(case: Case, judgement: Judgement) -> Iterator[str]:
    order = judgement.order
    if order.recognition is Recognition.BY_NAME:
        yield f"Recognized by its name ({markdown(order.matched_name)}), not by a code: please check."
    if order.other_procedures:
        others = joined(case.name(procedure) for procedure in order.other_procedures)
        yield f"The codes of this order disagree (also {others}): please check which study is meant."


def _indication_notes(case: Case, judgement: Judgement) -> Iterator[str]:
    match judgement.indication:
        case IndicationBasis.CHART_WITHOUT_REASON:
            yield _from_the_chart(case, NO_REASON)
        case IndicationBasis.CHART_WITH_UNRESOLVED_REASON:
            yield _from_the_chart(case, UNRESOLVED_REASON)
        case IndicationBasis.CHART_WITH_RELATED_REASON:
            reason = markdown(judgement.order.reason.label) or "a cause or respiratory symptom"
            yield _from_the_chart(case, RELATED_REASON.format(reason))
        case _:
            pass
    if judgement.is_possible_only:
        yield POSSIBLE


def _from_the_chart(case: Case, why: str) -> str:
    window = indication_window(case)
    return FROM_THE_CHART.format(why, f" of the last {window}" if window else "")


def _topic_notes(case: Case, judgement: Judgement) -> Iterator[str]:
    if judgement.order.is_pulmonary_arteries:
        yield PULMONARY_ARTERIES
    elif _is_about_embolism(case, judgement):
        yield EMBOLISM
    if Variant.RECURRENT in case.plausible:
        yield from _recurrence_notes(case, judgement)


def _is_about_embolism(case: Case, judgement: Judgement) -> bool:
    is_known = is_charted(case.facts, Concept.PULMONARY_EMBOLISM)
    return is_known or speaks_of_embolism(judgement.order)


def _recurrence_notes(case: Case, judgement: Judgement) -> Iterator[str]:
    """Where the table and the summary of the ACR topic differ (CLINICAL 1.3, D5 and D6)."""
    procedure = case.procedure_of(judgement.order)
    if procedure is None:
        return
    if procedure.id == "ct-chest-with-contrast":
        yield RECURRENT_CT
    if procedure.modality is Modality.ARTERIOGRAPHY and is_charted(case.facts, *_INFECTIOUS):
        yield RECURRENT_INFECTION


def _action_notes(judgement: Judgement) -> Iterator[str]:
    order = judgement.order
    if judgement.allergy_withholds_alternatives:
        yield ALLERGY_WITHHOLDS
    if judgement.alternatives and not order.can_carry_actions:
        yield CANNOT_CHANGE
    is_rated = judgement.outcome in (Outcome.RATED, Outcome.NOT_IN_TOPIC)
    if order.has_rating and not (is_rated and order.can_carry_actions):
        yield OLDER_RATING
