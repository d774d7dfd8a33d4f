"""The cards about the patient: the alert on top, and the card of patient-view."""

from collections.abc import Iterator
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.cautions import (
    alternative_text,
    bearing_cautions,
    cautions_of_alert,
    cautions_section,
    missing_section,
)
from cds_service.cards.evidence import evidence_section, read_section, section
from cds_service.cards.notes import (
    alert_defaults,
    limiting_notes,
    patient_defaults,
    settling_section,
    severity_notes,
)
from cds_service.cards.order_card import INFO, WARNING, text_of
from cds_service.cards.phrases import capital
from cds_service.cards.site import (
    ALERT_REASONS,
    criteria_source,
    links,
    override_reasons,
    rated_with,
    ratings_table,
    source_line,
    teaching_source,
    topic_links,
)
from cds_service.cards.suggestions import initial_suggestions, selection_behavior
from cds_service.cards.summaries import massive_summary, patient_summary, sign_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.rating import SCANS, diagnostic_studies
from cds_service.knowledge.model import AdviceKind, Modality

CRITICAL: Final = "critical"


def alert_card(case: Case) -> Card | None:
    """Critical when massive hemoptysis is proven, a warning while a sign keeps it open, else None."""
    match case.alert:
        case "proven":
            return _massive_card(case)
        case "kept-plausible":
            return _sign_card(case)
        case _:
            return None


def _massive_card(case: Case) -> Card:
    advice = case.knowledge.advice_on(AdviceKind.MASSIVE)
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(advice, start=1))
    return Card(
        uuid=str(case.new_uuid()),
        summary=massive_summary(case),
        indicator=CRITICAL,
        source=teaching_source(case.site, case.classification.topic),
        detail=text_of((steps, *_common_parts(case))),
        override_reasons=override_reasons(case.site, ALERT_REASONS),
        links=topic_links(case.site),
    )


def _sign_card(case: Case) -> Card:
    check_first = " ".join(case.knowledge.advice_on(AdviceKind.MASSIVE_NOT_EXCLUDED))
    parts = (check_first, settling_section(case), *_common_parts(case), source_line(case.site))
    return Card(
        uuid=str(case.new_uuid()),
        summary=sign_summary(case),
        indicator=WARNING,
        source=criteria_source(case.site, case.classification.topic),
        detail=text_of(parts),
        override_reasons=override_reasons(case.site, ALERT_REASONS),
        links=topic_links(case.site),
    )


def _common_parts(case: Case) -> Iterator[str]:
    yield from severity_notes(case)
    yield read_section(case)
    studies = _studies_to_come(case)
    yield cautions_of_alert(case, bearing_cautions(case, studies))
    yield section(texts.PLEASE_NOTE, limiting_notes(case))
    yield missing_section(case, studies)
    yield alert_defaults(case)


def _studies_to_come(case: Case) -> list[str]:
    """The studies that massive hemoptysis leads to: the diagnostic ones, and embolization."""
    diagnostic = diagnostic_studies(case.classification, case.knowledge)
    return [p.id for p in (*diagnostic, *rated_with(case.site, Modality.ARTERIOGRAPHY))]


def patient_card(case: Case) -> Card | None:
    """What imaging is usually appropriate now, and when the patient must come back.

    None without hemoptysis, and once a CT or CTA of the chest was done since the onset.
    """
    if case.decision.studied_since_onset or not case.decision.has_hemoptysis:
        return None
    suggestions = initial_suggestions(case)
    return Card(
        uuid=str(case.new_uuid()),
        summary=patient_summary(case),
        indicator=INFO,
        source=criteria_source(case.site, case.classification.topic),
        detail=text_of(_parts(case)),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case.site, case.plausible),
    )


def is_for_a_patient(user_id: str) -> bool:
    """True when the user is a Patient or RelatedPerson, who is shown nothing; ids may be absolute."""
    return user_id.split("/")[-2:-1] in (["Patient"], ["RelatedPerson"])


def _parts(case: Case) -> Iterator[str]:
    studies = case.decision.initial_studies
    procedures = [study.procedure for study in studies]
    names = (capital(alternative_text(case, study)) for study in studies)
    yield section(texts.INITIAL_STUDIES[case.alert], names)
    yield _together(case)
    yield "" if case.alert else settling_section(case)
    yield cautions_section(case, bearing_cautions(case, procedures))
    yield evidence_section(case)
    yield ratings_table(case.site, case.plausible, case.classification.age_group)
    yield section(texts.PLEASE_NOTE, limiting_notes(case))
    if case.alert != "proven":
        yield section(texts.SEEK_HELP, case.knowledge.advice_on(AdviceKind.RED_FLAG))
    yield missing_section(case, procedures)
    yield patient_defaults(case)
    yield source_line(case.site)


def _together(case: Case) -> str:
    """How the radiograph and the scans belong together (ACR summary; page for patients on recurrence)."""
    known = case.knowledge.procedures
    modalities = [known[study.procedure].modality for study in case.decision.initial_studies]
    scans = sum(modality in SCANS for modality in modalities)
    if Modality.RADIOGRAPHY not in modalities or not scans:
        return ""
    return texts.COMPLEMENTARY if scans == 1 else texts.ONE_SCAN
