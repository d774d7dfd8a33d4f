"""The card on top: critical when massive hemoptysis is proven, a warning while a sign keeps it open."""

from collections.abc import Iterator

from cds_service.cards import wording
from cds_service.cards.case import CHEST_IMAGING, Case
from cds_service.cards.caution_lines import bearing_cautions, cautions_section
from cds_service.cards.defaults import patient_defaults
from cds_service.cards.detail import source_line, text_of
from cds_service.cards.notes import patient_notes
from cds_service.cards.order_card import WARNING
from cds_service.cards.reading import missing_section, read_section, section, to_record_section
from cds_service.cards.sources import (
    ALERT_REASONS,
    criteria_source,
    edition_label,
    override_reasons,
    teaching_source,
    topic_links,
)
from cds_service.cards.summaries import massive_summary, sign_summary
from cds_service.cds_hooks.request import Hook
from cds_service.cds_hooks.response import Card
from cds_service.clinical.alternatives import diagnostic_studies
from cds_service.clinical.decision import Severity
from cds_service.knowledge.model import Modality

CRITICAL = "critical"


def alert_card(case: Case) -> Card | None:
    """At most one alert for a request.

    Proven massive hemoptysis alerts with any chest imaging order, whatever its reason; a sign only where
    hemoptysis itself is judged.
    """
    match case.decision.classification.severity:
        case Severity.PROVEN if _is_about_the_chest(case):
            return _massive_card(case)
        case Severity.KEPT_PLAUSIBLE if _is_about_hemoptysis(case):
            return _sign_card(case)
        case _:
            return None


def _is_about_the_chest(case: Case) -> bool:
    outcomes = {judgement.outcome for judgement in case.decision.judgements}
    return case.decision.has_hemoptysis and (_is_patient_view(case) or bool(outcomes & CHEST_IMAGING))


def _is_about_hemoptysis(case: Case) -> bool:
    is_judged = any(judgement.is_judged for judgement in case.decision.judgements)
    return case.decision.has_hemoptysis and (_is_patient_view(case) or is_judged)


def _is_patient_view(case: Case) -> bool:
    return case.request.hook is Hook.PATIENT_VIEW


def _massive_card(case: Case) -> Card:
    parts = (
        "\n".join(f"{n}. {step}" for n, step in enumerate(wording.LIFE_SAVING, start=1)),
        *_common_parts(case),
        f"Ratings: {edition_label(case.knowledge.edition)}.",
    )
    return Card(
        uuid=str(case.new_uuid()),
        summary=massive_summary(case),
        indicator=CRITICAL,
        source=teaching_source(case),
        detail=text_of(parts),
        override_reasons=override_reasons(case, ALERT_REASONS),
        links=topic_links(case),
    )


def _sign_card(case: Case) -> Card:
    parts = (wording.CHECK_FIRST, to_record_section(case), *_common_parts(case), source_line(case))
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
    yield read_section(case)
    yield cautions_section(case, bearing_cautions(case, _studies_to_come(case)))
    yield section("Please note", _notes(case))
    yield missing_section(case)
    yield patient_defaults(case)


def _notes(case: Case) -> Iterator[str]:
    if case.decision.is_possible_only:
        yield wording.POSSIBLE
    yield from patient_notes(case)


def _studies_to_come(case: Case) -> list[str]:
    """The studies that massive hemoptysis leads to: the diagnostic ones, and embolization."""
    diagnostic = [p.id for p in diagnostic_studies(case.decision.classification, case.knowledge)]
    rated = case.knowledge.rated_procedures()
    return diagnostic + [p.id for p in rated if p.modality is Modality.ARTERIOGRAPHY]
