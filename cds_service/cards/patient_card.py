"""The patient-view card: what imaging is usually appropriate now, and when the patient must come back."""

from collections.abc import Iterator
from typing import Final

from cds_service.cards.case import SCANS, Case, alerts_for
from cds_service.cards.cautions import alternative_text, bearing_cautions, cautions_section, missing_section
from cds_service.cards.evidence import evidence_section, section
from cds_service.cards.notes import limiting_notes, patient_defaults, settling_section
from cds_service.cards.order_card import INFO, source_line, text_of
from cds_service.cards.sources import criteria_source, links
from cds_service.cards.suggestions import initial_suggestions, selection_behavior
from cds_service.cards.summaries import patient_summary
from cds_service.cards.table import ratings_table
from cds_service.cards.texts import COMPLEMENTARY, ONE_SCAN, capital
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Severity
from cds_service.knowledge.model import AdviceKind, Modality


def patient_card(case: Case) -> Card | None:
    """The card of a patient with hemoptysis; None once a CT or CTA of the chest was done since the onset."""
    if case.decision.studied_since_onset or not case.decision.has_hemoptysis:
        return None
    suggestions = initial_suggestions(case)
    return Card(
        uuid=str(case.new_uuid()),
        summary=patient_summary(case),
        indicator=INFO,
        source=criteria_source(case),
        detail=text_of(_parts(case)),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case),
    )


def is_for_a_patient(user_id: str) -> bool:
    """True when the user is a Patient or RelatedPerson, who is shown nothing; ids may be absolute."""
    return user_id.split("/")[-2:-1] in (["Patient"], ["RelatedPerson"])


def _parts(case: Case) -> Iterator[str]:
    studies = case.decision.initial_studies
    alert = alerts_for(case)
    yield section(_HEADINGS[alert], (capital(alternative_text(case, study)) for study in studies))
    yield _together(case)
    yield "" if alert else settling_section(case)
    procedures = [study.procedure for study in studies]
    yield cautions_section(case, bearing_cautions(case, procedures))
    yield evidence_section(case)
    yield ratings_table(case)
    yield section("Please note", limiting_notes(case))
    if alert is not Severity.PROVEN:
        yield section(
            "Tell the patient to seek help at once for", case.knowledge.advice_on(AdviceKind.RED_FLAG)
        )
    yield missing_section(case, procedures)
    yield patient_defaults(case)
    yield source_line(case)


_HEADINGS: Final = {
    None: "Usually appropriate now",
    Severity.KEPT_PLAUSIBLE: "Usually appropriate, massive or not",
    Severity.PROVEN: "Usually appropriate once stable",
}


def _together(case: Case) -> str:
    """How the radiograph and the scans belong together (ACR summary; page for patients on recurrence)."""
    modalities = [case.knowledge.procedures[s.procedure].modality for s in case.decision.initial_studies]
    if Modality.RADIOGRAPHY not in modalities:
        return ""
    match sum(modality in SCANS for modality in modalities):
        case 0:
            return ""
        case 1:
            return COMPLEMENTARY
        case _:
            return ONE_SCAN
