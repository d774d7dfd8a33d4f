"""What `CDS_CARD_DETAIL=full` adds: all evidence, the ratings, the limits of the site, the source."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.detail.evidence import evidence_section, read_section
from cds_service.cards.phrases import limit_text, window_length
from cds_service.cards.site import Site, ratings_table, source_line
from cds_service.clinical.chart import began
from cds_service.clinical.decision import Effect, Evidence, IndicationBasis, RuleId
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import Knowledge

_CALM_BAND: Final = (
    DefinitionId.SPO2_CALM,
    DefinitionId.SYSTOLIC_CALM_LOW,
    DefinitionId.SYSTOLIC_CALM_HIGH,
    DefinitionId.RESPIRATORY_CALM_LOW,
    DefinitionId.RESPIRATORY_CALM_HIGH,
)
_ABOUT_MASSIVE: Final = (Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE, Effect.RULES_OUT_MASSIVE)


def full_of_order(case: Case, ordered: str) -> Iterator[str]:
    """What is added to the card of an order for this procedure."""
    if case.is_full:
        yield evidence_section(case)
        yield ratings_table(case.site, case.plausible, case.classification.age_group, ordered)
        yield _line(case.site, tuple(_classifying(case)))
        yield source_line(case.site)


def full_of_patient(case: Case) -> Iterator[str]:
    """What is added to the card of patient-view."""
    if case.is_full:
        yield evidence_section(case)
        yield ratings_table(case.site, case.plausible, case.classification.age_group)
        yield _line(case.site, (*_classifying(case), DefinitionId.PATIENT_VIEW_WINDOW))
        yield source_line(case.site)


def full_of_alert(case: Case) -> Iterator[str]:
    """What is added to an alert: hemoptysis is of the chart unless an order says so."""
    if case.is_full:
        bases = {judgment.indication for judgment in case.decision.judgments if judgment.is_judged}
        is_in_an_order = IndicationBasis.OWN_REASON in bases
        windows = () if is_in_an_order else tuple(_windows_from_the_chart(case))
        yield read_section(case)
        yield _line(case.site, (*_classifying(case), *windows))


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
