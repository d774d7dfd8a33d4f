"""The patient-view card: what imaging is usually appropriate now, and when the patient must come back."""

from collections.abc import Iterator

from cds_service.cards import wording
from cds_service.cards.case import Case
from cds_service.cards.caution_lines import bearing_cautions, cautions_section
from cds_service.cards.defaults import patient_defaults
from cds_service.cards.detail import alternative_line, source_line, text_of
from cds_service.cards.notes import patient_notes
from cds_service.cards.order_card import INFO
from cds_service.cards.reading import missing_section, read_section, section, to_record_section
from cds_service.cards.sources import criteria_source, links
from cds_service.cards.suggestions import initial_suggestions, selection_behavior
from cds_service.cards.summaries import patient_summary
from cds_service.cards.tables import ratings_table
from cds_service.cds_hooks.response import Card


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
    yield section("Usually appropriate now", (alternative_line(case, study) for study in studies))
    yield cautions_section(case, bearing_cautions(case, [study.procedure for study in studies]))
    yield read_section(case)
    yield ratings_table(case)
    yield to_record_section(case)
    yield section("Please note", _notes(case))
    yield section("Tell the patient to seek help at once for", wording.RED_FLAGS)
    yield missing_section(case)
    yield patient_defaults(case)
    yield source_line(case)


def _notes(case: Case) -> Iterator[str]:
    if case.decision.is_possible_only:
        yield wording.POSSIBLE
    yield from patient_notes(case)
