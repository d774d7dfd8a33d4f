"""The notes of a card: how it came to be about hemoptysis and this study, and what limits the rating."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.evidence import is_a_caution, references_of_anticoagulants, section
from cds_service.cards.markdown import markdown, shown
from cds_service.cards.phrases import evidence_text, joined, limit_text, uncapital, window_length
from cds_service.cards.site import Site, rated_with
from cds_service.clinical.chart import began
from cds_service.clinical.decision import (
    Effect,
    Evidence,
    IndicationBasis,
    Judgment,
    RuleId,
)
from cds_service.clinical.rating import speaks_of_embolism
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import Knowledge, Modality, Variant
from cds_service.knowledge.terminology.concepts import Concept

_CALM_BAND: Final = (
    DefinitionId.SPO2_CALM,
    DefinitionId.SYSTOLIC_CALM_LOW,
    DefinitionId.SYSTOLIC_CALM_HIGH,
    DefinitionId.RESPIRATORY_CALM_LOW,
    DefinitionId.RESPIRATORY_CALM_HIGH,
)
_ABOUT_MASSIVE: Final = (Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE, Effect.RULES_OUT_MASSIVE)
_SETTLE_SEVERITY: Final = frozenset({"amount-over-24h", "vital-signs", "dates"})
_OPEN: Final = ("kept-plausible", "unsettled")
_INFECTIOUS: Final = (
    Concept.CYSTIC_FIBROSIS,
    Concept.TUBERCULOSIS,
    Concept.ASPERGILLOSIS,
    Concept.PNEUMONIA,
    Concept.RESPIRATORY_INFECTION,
)
_MOST_BACKGROUNDS: Final = 3


# --- limits of the site --------------------------------------------------------------------------------


def order_defaults(case: Case) -> str:
    """The limits of the site that decided the variant of an order's card, in one line.

    Those behind a caution, a complement or the indication stand beside these.
    """
    return _line(case.site, tuple(_classifying(case)))


def patient_defaults(case: Case) -> str:
    """The limits of the site that decided a card about the patient, in one line."""
    return _line(case.site, (*_classifying(case), DefinitionId.PATIENT_VIEW_WINDOW))


def alert_defaults(case: Case) -> str:
    """The limits of the site that decided an alert: hemoptysis is of the chart unless an order says so."""
    bases = {judgment.indication for judgment in case.decision.judgments if judgment.is_judged}
    is_in_an_order = IndicationBasis.OWN_REASON in bases
    windows = () if is_in_an_order else tuple(_windows_from_the_chart(case))
    return _line(case.site, (*_classifying(case), *windows))


def window_text(knowledge: Knowledge, window: DefinitionId) -> str:
    """The length of a window, and whether it is one of the site: `7 days (site limit)`."""
    length = window_length(knowledge.definitions[window])
    return texts.LENGTH_BY_DEFAULT.format(length) if _is_default(knowledge, window) else length


def _classifying(case: Case) -> Iterator[DefinitionId]:
    """What decided the variant, but for the limits that the evidence itself names."""
    evidence = case.classification.evidence
    if any(e.effect in _ABOUT_MASSIVE and e.when.is_dated for e in evidence):
        yield DefinitionId.SEVERITY_WINDOW
    if any(e.rule is RuleId.EARLIER_EPISODE for e in evidence):
        yield DefinitionId.EPISODE_GAP
    if any(_is_ruled_out_by_vitals(e) for e in evidence):
        yield from _CALM_BAND


def _is_ruled_out_by_vitals(evidence: Evidence) -> bool:
    return evidence.rule is RuleId.SMALL_AND_CALM and evidence.effect is Effect.RULES_OUT_MASSIVE


def _windows_from_the_chart(case: Case) -> Iterator[DefinitionId]:
    """How far back hemoptysis was looked for, where a dated diagnosis decided that."""
    if any(began(d).is_dated and not d.is_returning for d in case.chart.present):
        yield DefinitionId.INDICATION_WINDOW


@lru_cache(maxsize=256)
def _line(site: Site, used: tuple[DefinitionId, ...]) -> str:
    knowledge = site.knowledge
    phrases = [_phrase(knowledge, definition) for definition in used if _is_default(knowledge, definition)]
    return texts.DEFAULTS.format("; ".join(phrases)) if phrases else ""


def _is_default(knowledge: Knowledge, definition: DefinitionId) -> bool:
    return knowledge.definitions[definition].basis == "project-default"


def _phrase(knowledge: Knowledge, definition: DefinitionId) -> str:
    known = knowledge.definitions[definition]
    text = limit_text(known) if definition in _CALM_BAND else window_length(known)
    return texts.DEFAULT[definition].format(text)


# --- what to record ------------------------------------------------------------------------------------


def settling_section(case: Case) -> str:
    """What to record; where the severity is open and nothing recorded could settle it, who decides then."""
    wanted = case.classification.to_record
    to_record = section(texts.TO_SETTLE_IT, (texts.TO_RECORD[item] for item in wanted))
    return "\n\n".join(part for part in (_undecidable(case), to_record) if part)


def _undecidable(case: Case) -> str:
    """Nothing rules massive hemoptysis out in children, nor while a sign of it stands (BEHAVIOUR 4)."""
    classification = case.classification
    if classification.severity not in _OPEN or not _SETTLE_SEVERITY.isdisjoint(classification.to_record):
        return ""
    is_child = classification.age_group == "child"
    return texts.NOTHING_TO_RECORD_CHILD if is_child else texts.NOTHING_TO_RECORD


# --- notes ---------------------------------------------------------------------------------------------


def order_notes(case: Case, judgment: Judgment) -> tuple[str, ...]:
    """Every note of an order's card."""
    return (
        *_recognition_notes(case, judgment),
        *_indication_notes(case, judgment),
        *_topic_notes(case, judgment),
        *_action_notes(judgment),
        *_age_notes(case),
    )


def asks_for_a_check(case: Case, judgment: Judgment) -> bool:
    """True when a note asks to check the study, the reason, another topic or an older rating.

    Such a note is said even where a site wants no card for an order that is only confirmed.
    """
    doubts = (
        judgment.is_possible_only,
        judgment.indication is IndicationBasis.CHART_WITH_UNRESOLVED_REASON,
        _is_about_embolism(case, judgment),
    )
    return any(doubts) or any(_recognition_notes(case, judgment)) or any(_action_notes(judgment))


def limiting_notes(case: Case) -> Iterator[str]:
    """What limits all that a card about the patient says."""
    if case.decision.is_possible_only:
        yield texts.POSSIBLE
    yield from _age_notes(case)


def severity_notes(case: Case) -> Iterator[str]:
    """That an amount is borderline, for a warning."""
    signs = case.classification.evidence_with(Effect.KEEPS_MASSIVE_PLAUSIBLE)
    if case.alert == "sign" and any(e.definition is DefinitionId.VOLUME_BORDERLINE for e in signs):
        yield texts.BORDERLINE


def background_notes(case: Case) -> Iterator[str]:
    """The high-risk background, for a card that shows no evidence."""
    backgrounds = case.classification.evidence_with(Effect.RAISES_ALERT)
    told = references_of_anticoagulants(case)
    said = (e.charted or evidence_text(e) for e in backgrounds if not is_a_caution(e, told))
    if names := list(dict.fromkeys(markdown(name) for name in said)):
        yield texts.HIGH_RISK.format(joined(names[:_MOST_BACKGROUNDS]))


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
    if order.recognition == "by-name":
        yield texts.RECOGNIZED_BY_NAME.format(markdown(order.matched_name))
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
            yield _from_the_chart(case, texts.NO_REASON)
        case IndicationBasis.CHART_WITH_UNRESOLVED_REASON:
            yield _from_the_chart(case, texts.UNRESOLVED_REASON)
        case IndicationBasis.CHART_WITH_RELATED_REASON:
            reason = markdown(judgment.order.reason.label) or texts.A_RELATED_REASON
            yield _from_the_chart(case, texts.RELATED_REASON.format(reason))
        case _:
            pass
    if judgment.is_possible_only:
        yield texts.POSSIBLE


def _from_the_chart(case: Case, why: str) -> str:
    windows = (window_text(case.knowledge, window) for window in _windows_from_the_chart(case))
    return texts.FROM_THE_CHART.format(why, "".join(map(texts.OF_THE_LAST.format, windows)))


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
        yield from _recurrence_notes(case, judgment)
        yield from _embolization_notes(case, judgment)


def _is_about_embolism(case: Case, judgment: Judgment) -> bool:
    return case.chart.has(Concept.PULMONARY_EMBOLISM) or speaks_of_embolism(judgment.order)


def _recurrence_notes(case: Case, judgment: Judgment) -> Iterator[str]:
    """Where the table and the summary of the ACR topic differ (CLINICAL 1.3, D5 and D6)."""
    procedure = case.procedure_of(judgment.order)
    if procedure is None:
        return
    if procedure.modality is Modality.CT and procedure.contrast == "with":
        yield texts.RECURRENT_CT
    if procedure.modality is Modality.ARTERIOGRAPHY and case.chart.has(*_INFECTIOUS):
        yield texts.RECURRENT_INFECTION


def _embolization_notes(case: Case, judgment: Judgment) -> Iterator[str]:
    """Recurrence after an embolization is named; else it may complement a CTA in recurrent hemoptysis."""
    proofs = case.classification.evidence_with(Effect.PROVES_RECURRENCE)
    done = [e.when for e in proofs if e.rule is RuleId.AFTER_EMBOLIZATION]
    if done:
        last = max(done, key=lambda when: when.latest)
        yield texts.AGAIN_AFTER_EMBOLIZATION.format(shown(last, case.now))
        return
    procedure = case.procedure_of(judgment.order)
    if (
        procedure is not None
        and procedure.modality is Modality.CTA
        and case.plausible == (Variant.RECURRENT,)
    ):
        names = (p.short_name for p in rated_with(case.site, Modality.ARTERIOGRAPHY))
        yield from (texts.EMBOLIZATION_TOO.format(uncapital(name)) for name in names)


def _action_notes(judgment: Judgment) -> Iterator[str]:
    order = judgment.order
    if judgment.allergy_withholds_alternatives:
        yield texts.ALLERGY_WITHHOLDS
    if judgment.alternatives and not order.can_carry_actions:
        yield texts.CANNOT_CHANGE
    is_rated = judgment.outcome in ("rated", "not-in-topic")
    if order.has_rating and not (is_rated and order.can_carry_actions):
        yield texts.OLDER_RATING
