"""The card on top: critical when massive hemoptysis is proven, a warning while a sign keeps it open."""

from collections.abc import Iterator

from cds_service.cards.case import Case, alerts_for
from cds_service.cards.cautions import bearing_cautions, cautions_of_alert, missing_section
from cds_service.cards.evidence import read_section, section
from cds_service.cards.notes import alert_defaults, limiting_notes, settling_section, severity_notes
from cds_service.cards.order_card import WARNING, source_line, text_of
from cds_service.cards.sources import (
    ALERT_REASONS,
    criteria_source,
    override_reasons,
    teaching_source,
    topic_links,
)
from cds_service.cards.summaries import massive_summary, sign_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Severity
from cds_service.clinical.rating import diagnostic_studies
from cds_service.knowledge.model import AdviceKind, Modality

CRITICAL = "critical"


def alert_card(case: Case) -> Card | None:
    """The alert of a request, if it has one."""
    match alerts_for(case):
        case Severity.PROVEN:
            return _massive_card(case)
        case Severity.KEPT_PLAUSIBLE:
            return _sign_card(case)
        case _:
            return None


def _massive_card(case: Case) -> Card:
    advice = case.knowledge.advice_on(AdviceKind.MASSIVE)
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(advice, start=1))
    return Card(
        uuid=str(case.new_uuid()),
        summary=massive_summary(case),
        indicator=CRITICAL,
        source=teaching_source(case),
        detail=text_of((steps, *_common_parts(case))),
        override_reasons=override_reasons(case, ALERT_REASONS),
        links=topic_links(case),
    )


def _sign_card(case: Case) -> Card:
    check_first = " ".join(case.knowledge.advice_on(AdviceKind.MASSIVE_NOT_EXCLUDED))
    parts = (check_first, settling_section(case), *_common_parts(case), source_line(case))
    return Card(
        uuid=str(case.new_uuid()),
        summary=sign_summary(case),
        indicator=WARNING,
        source=criteria_source(case),
        detail=text_of(parts),
        override_reasons=override_reasons(case, ALERT_REASONS),
        links=topic_links(case),
    )


def _common_parts(case: Case) -> Iterator[str]:
    yield from severity_notes(case)
    yield read_section(case)
    studies = _studies_to_come(case)
    yield cautions_of_alert(case, bearing_cautions(case, studies))
    yield section("Please note", limiting_notes(case))
    yield missing_section(case, studies)
    yield alert_defaults(case)


def _studies_to_come(case: Case) -> list[str]:
    """The studies that massive hemoptysis leads to: the diagnostic ones, and embolization."""
    diagnostic = [p.id for p in diagnostic_studies(case.decision.classification, case.knowledge)]
    rated = case.knowledge.rated_procedures()
    return diagnostic + [p.id for p in rated if p.modality is Modality.ARTERIOGRAPHY]
