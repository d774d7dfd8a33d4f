"""The line of context of a card, and what to chart where the answer depends on it."""

from collections.abc import Iterable, Iterator
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.markdown import shown
from cds_service.cards.phrases import joined
from cds_service.cards.room import Room, few
from cds_service.clinical.decision import Effect, IndicationBasis, Judgment, RuleId
from cds_service.clinical.evidence.sums import measures_of, newest_first, volume_of_days
from cds_service.clinical.facts import SafetyFinding
from cds_service.clinical.rating import speaks_of_embolism
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import Modality, Variant
from cds_service.knowledge.terminology.concepts import Concept

_SETTLE_SEVERITY: Final = frozenset({"amount-over-24h", "vital-signs", "dates"})
_OPEN: Final = ("kept-plausible", "unsettled")
_MAY_RECUR: Final = (
    *(Concept.CAVITATING_LESION, Concept.LUNG_CANCER),
    *(Concept.ASPERGILLOSIS, Concept.TUBERCULOSIS),
)
"""In the order in which a card names them."""

_MOST_BACKGROUNDS: Final = 2


# --- what to chart -------------------------------------------------------------------------------------


def chart_line(case: Case) -> str:
    """What to chart; where the severity is open and nothing charted could settle it, who decides then."""
    words = texts.TO_RECORD if case.room < Room.FIRST_NAMES else texts.TO_RECORD_BRIEFLY
    wanted = [words[item] for item in case.classification.to_record]
    to_chart = texts.TO_CHART.format("; ".join(wanted)) if wanted else ""
    return _said(case, filter(None, (_undecidable(case), to_chart)))


def _undecidable(case: Case) -> str:
    """Nothing rules massive hemoptysis out in children, nor while a sign of it stands (BEHAVIOUR 4)."""
    classification = case.classification
    if classification.severity not in _OPEN or not _SETTLE_SEVERITY.isdisjoint(classification.to_record):
        return ""
    is_child = classification.age_group == "child"
    return texts.NOTHING_TO_RECORD_CHILD if is_child else texts.NOTHING_TO_RECORD


# --- context -------------------------------------------------------------------------------------------


def order_context(case: Case, judgment: Judgment) -> str:
    """The one line of context of an order's card; empty without any.

    Where there is little room the first in importance are said: what to check, then what else may be meant.
    """
    by_importance = (
        (3, _backgrounds(case)),
        (6, _age_notes(case)),
        (1, _recognition_notes(case, judgment)),
        (5, _indication_notes(case, judgment)),
        (2, _topic_notes(case, judgment)),
        (4, _persistence(case)),
        (0, _action_notes(judgment)),
    )
    notes = [(rank, note) for rank, of_rank in by_importance for note in of_rank]
    told = sorted(notes, key=lambda note: note[0])[: case.room.notes]
    return _said(case, (note for _, note in notes if (_, note) in told))


def _said(case: Case, notes: Iterable[str]) -> str:
    return " ".join(texts.BRIEFLY.get(note, note) if case.room >= Room.BRIEF else note for note in notes)


def patient_context(case: Case) -> str:
    """What limits all that a card about the patient says, and what may make the bleed recur massively."""
    possible = [texts.POSSIBLE] if case.decision.is_possible_only else []
    return _said(case, (*_backgrounds(case), *_age_notes(case), *possible, *_persistence(case)))


def alert_context(case: Case) -> str:
    """The same on an alert: of a sign the background too, which the cards under it leave out then.

    In least room the card under it alone says what the age limits.
    """
    possible = [texts.POSSIBLE] if case.decision.is_possible_only else []
    backgrounds = _charted_backgrounds(case) if case.alert == "sign" else ()
    ages = _age_notes(case) if case.room < Room.COUNTS else ()
    return _said(case, (*backgrounds, *ages, *possible))


def asks_for_a_check(case: Case, judgment: Judgment) -> bool:
    """True when the context asks to check the study, the reason, another topic or an older rating.

    Such a note is said even where a site wants no card for an order that is only confirmed.
    """
    doubts = (
        judgment.is_possible_only,
        judgment.indication is IndicationBasis.CHART_WITH_UNRESOLVED_REASON,
        _is_about_embolism(case, judgment),
    )
    return any(doubts) or any(_recognition_notes(case, judgment)) or any(_action_notes(judgment))


def _backgrounds(case: Case) -> Iterator[str]:
    """What may make the bleed recur massively, unless an alert on top says it, or says more."""
    if case.alert == "none":
        yield from _charted_backgrounds(case)


def _charted_backgrounds(case: Case) -> Iterator[str]:
    found = [e for e in case.classification.evidence_with(Effect.RAISES_ALERT) if e.what in _MAY_RECUR]
    found.sort(key=lambda e: _MAY_RECUR.index(e.what) if e.what in _MAY_RECUR else len(_MAY_RECUR))
    names = few((case.charted(e.charted) for e in found), min(case.room.names, _MOST_BACKGROUNDS))
    if names:
        yield texts.MAY_RECUR.format(joined(names))


def _age_notes(case: Case) -> Iterator[str]:
    match case.classification.age_group:
        case "child":
            yield texts.CHILD
        case "unknown":
            yield texts.AGE_UNKNOWN
        case "adult":
            pass


def _recognition_notes(case: Case, judgment: Judgment) -> Iterator[str]:
    order = judgment.order
    if order.recognition == "by-name" and judgment.outcome != "contrast-unspecified":
        name = case.charted(order.matched_name)
        is_said = name.casefold() == case.order_name(order).casefold()
        yield texts.RECOGNIZED_BY_ITS_NAME if is_said else texts.RECOGNIZED_BY_NAME.format(name)
    if order.other_procedures:
        others = joined(case.site.name(procedure) for procedure in order.other_procedures)
        yield texts.CODES_DISAGREE.format(others)
    if order.may_be_cta and judgment.outcome != "ct-or-cta":
        yield texts.MAY_BE_CTA
    if order.has_other_regions:
        yield texts.FURTHER_REGIONS


def _indication_notes(case: Case, judgment: Judgment) -> Iterator[str]:
    match judgment.indication:
        case IndicationBasis.CHART_WITHOUT_REASON:
            yield texts.FROM_THE_CHART.format(texts.NO_REASON)
        case IndicationBasis.CHART_WITH_UNRESOLVED_REASON:
            yield texts.FROM_THE_CHART.format(texts.UNRESOLVED_REASON)
        case IndicationBasis.CHART_WITH_RELATED_REASON:
            reason = case.charted(judgment.order.reason.label) or texts.A_RELATED_REASON
            yield texts.FROM_THE_CHART.format(texts.RELATED_REASON.format(reason))
        case _:
            pass
    if judgment.is_possible_only:
        yield texts.POSSIBLE


def _is_for_screening(case: Case, judgment: Judgment) -> bool:
    """The CT that the topic does not rate is that for screening."""
    procedure = case.procedure_of(judgment.order)
    is_ct = procedure is not None and procedure.modality is Modality.CT
    return is_ct and judgment.outcome == "not-in-topic"


def _topic_notes(case: Case, judgment: Judgment) -> Iterator[str]:
    if _is_for_screening(case, judgment):
        yield texts.SCREENING
    if judgment.order.is_pulmonary_arteries:
        yield texts.PULMONARY_ARTERIES
    elif _is_about_embolism(case, judgment):
        yield texts.EMBOLISM
    if case.decision.is_outside_topic:
        yield texts.OUTSIDE_TOPIC
    if Variant.RECURRENT in case.plausible:
        yield from _embolization_notes(case, judgment)


def _is_about_embolism(case: Case, judgment: Judgment) -> bool:
    return case.chart.has(Concept.PULMONARY_EMBOLISM) or speaks_of_embolism(judgment.order)


def _embolization_notes(case: Case, judgment: Judgment) -> Iterator[str]:
    """Recurrence after an embolization is named; else it may complement a CTA in recurrent hemoptysis."""
    proofs = case.classification.evidence_with(Effect.PROVES_RECURRENCE)
    done = [e.when for e in proofs if e.rule is RuleId.AFTER_EMBOLIZATION]
    if done:
        last = max(done, key=lambda when: when.latest)
        yield texts.AGAIN_AFTER_EMBOLIZATION.format(shown(last, case.now))
        return
    procedure = case.procedure_of(judgment.order)
    is_cta = procedure is not None and procedure.modality is Modality.CTA
    if is_cta and case.plausible == (Variant.RECURRENT,):
        yield texts.EMBOLIZATION_TOO


def _persistence(case: Case) -> Iterator[str]:
    """Nonmassive bleeding under treatment, or so much over the recent window (seed 2: specialized center)."""
    if case.plausible != (Variant.NONMASSIVE,):
        return
    treated = [drug for drug in case.chart.facts.safety if _is_bleeding_after(case, drug)]
    if treated:
        drugs = case.few(case.charted(drug.label) or texts.TREATMENT for drug in treated)
        yield texts.BLEEDING_AFTER.format(joined(drugs))
        return
    limit = case.chart.definition(DefinitionId.VOLUME_PERSISTENT)
    newest = newest_first(measures_of(case.chart))
    if newest and volume_of_days(newest, case.chart).every_value_crosses(limit):
        yield texts.PERSISTENT


def _is_bleeding_after(case: Case, drug: SafetyFinding) -> bool:
    """True for a treatment of the bleeding after whose begin blood of the recent window is charted."""
    if drug.concept is not Concept.BLEEDING_TREATMENT or not drug.when.is_dated:
        return False
    bled = (period.end for bleed, period in case.chart.bleeds if bleed.shows_blood)
    recent = (end for end in bled if case.chart.recency(end) in ("current", "recent"))
    return any(drug.when.is_certainly_before(end) for end in recent)


def _action_notes(judgment: Judgment) -> Iterator[str]:
    order = judgment.order
    if judgment.alternatives and not order.can_carry_actions:
        yield texts.CANNOT_CHANGE
    is_rated = judgment.outcome in ("rated", "not-in-topic")
    if order.has_rating and not (is_rated and order.can_carry_actions):
        yield texts.OLDER_RATING
