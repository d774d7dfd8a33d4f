"""The notes of a card: how it came to be about hemoptysis and this study, and what limits the rating."""

from collections.abc import Iterator

from cds_service.cards import wording
from cds_service.cards.case import Case
from cds_service.cards.defaults import indication_window
from cds_service.cards.escape import markdown
from cds_service.cards.phrases import joined
from cds_service.cards.reading import is_a_caution
from cds_service.clinical.appropriateness import speaks_of_embolism
from cds_service.clinical.bleeding import is_charted
from cds_service.clinical.decision import Effect, IndicationBasis, Judgement, Outcome, Severity
from cds_service.clinical.facts import AgeGroup
from cds_service.clinical.orders import Recognition
from cds_service.knowledge.model import DefinitionId, Modality, Variant
from cds_service.knowledge.terminology import Concept

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
        yield wording.POSSIBLE
    yield from _age_notes(case)


def severity_notes(case: Case) -> Iterator[str]:
    """What the severity rests on, for an alert."""
    classification = case.decision.classification
    if classification.is_instability_only:
        yield wording.INSTABILITY_ONLY
    signs = classification.evidence_with(Effect.KEEPS_MASSIVE_PLAUSIBLE)
    is_open = classification.severity is Severity.KEPT_PLAUSIBLE
    if is_open and any(e.definition is DefinitionId.VOLUME_BORDERLINE for e in signs):
        yield wording.BORDERLINE


def background_notes(case: Case) -> Iterator[str]:
    """The high-risk background, for a card that shows no evidence."""
    backgrounds = case.decision.classification.evidence_with(Effect.RAISES_ALERT)
    names = dict.fromkeys(markdown(e.charted or e.finding) for e in backgrounds if not is_a_caution(case, e))
    if names:
        yield wording.HIGH_RISK.format(joined(list(names)[:_MOST_BACKGROUNDS]))


def _age_notes(case: Case) -> Iterator[str]:
    match case.decision.classification.age_group:
        case AgeGroup.CHILD:
            yield wording.CHILD
        case AgeGroup.UNKNOWN:
            yield wording.AGE_UNKNOWN
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
            yield _from_the_chart(case, wording.NO_REASON)
        case IndicationBasis.CHART_WITH_UNRESOLVED_REASON:
            yield _from_the_chart(case, wording.UNRESOLVED_REASON)
        case IndicationBasis.CHART_WITH_RELATED_REASON:
            reason = markdown(judgement.order.reason.label) or "a cause or respiratory symptom"
            yield _from_the_chart(case, wording.RELATED_REASON.format(reason))
        case _:
            pass
    if judgement.is_possible_only:
        yield wording.POSSIBLE


def _from_the_chart(case: Case, why: str) -> str:
    window = indication_window(case)
    return wording.FROM_THE_CHART.format(why, f" of the last {window}" if window else "")


def _topic_notes(case: Case, judgement: Judgement) -> Iterator[str]:
    if judgement.order.is_pulmonary_arteries:
        yield wording.PULMONARY_ARTERIES
    elif _is_about_embolism(case, judgement):
        yield wording.EMBOLISM
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
        yield wording.RECURRENT_CT
    if procedure.modality is Modality.ARTERIOGRAPHY and is_charted(case.facts, *_INFECTIOUS):
        yield wording.RECURRENT_INFECTION


def _action_notes(judgement: Judgement) -> Iterator[str]:
    order = judgement.order
    if judgement.allergy_withholds_alternatives:
        yield wording.ALLERGY_WITHHOLDS
    if judgement.alternatives and not order.can_carry_actions:
        yield wording.CANNOT_CHANGE
    is_rated = judgement.outcome in (Outcome.RATED, Outcome.NOT_IN_TOPIC)
    if order.has_rating and not (is_rated and order.can_carry_actions):
        yield wording.OLDER_RATING
