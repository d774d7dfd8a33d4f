"""The current Encounter and why it is."""

from collections.abc import Iterator

from cds_service.cds_hooks.request import NOWHERE, Reference
from cds_service.fhir.before.codings import (
    Coded,
    coded_from,
    concepts_coded,
    concepts_worded,
    has_status,
    merged,
)
from cds_service.fhir.before.json_values import objects_in
from cds_service.fhir.before.references import reference_in, references_in
from cds_service.fhir.before.resources import Encounter
from cds_service.knowledge.terminology.concepts import ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology

_NOT_COUNTING = ("entered-in-error", "cancelled")


_HERE = ("in-progress", "arrived", "triaged", "onleave", "on-leave")


def current_encounter(encounters: Iterator[Encounter], encounter_id: str) -> Encounter | None:
    """The Encounter of the context; where that names none, the only one for which the patient is here."""
    counting = [e for e in encounters if not has_status(e.status, *_NOT_COUNTING)]
    if encounter_id:
        return next((e for e in counting if e.logical_id == encounter_id), None)
    here = [e for e in counting if has_status(e.status, *_HERE)]
    return here[0] if len(here) == 1 else None


def encounter_reasons(encounter: Encounter, terminology: Terminology) -> tuple[ConceptMatch, ...]:
    """The concepts of its coded or worded reasons."""
    coded = _reason_of(encounter, terminology)
    return merged((*concepts_coded(coded, terminology), *concepts_worded(coded.texts, terminology)))


def _reason_of(encounter: Encounter, terminology: Terminology) -> Coded:
    coded = coded_from(encounter.reason_code, terminology).joined(coded_from(encounter.reason, terminology))
    for reason in objects_in(encounter.reason):
        coded = coded.joined(coded_from(reason.get("value"), terminology))
    return coded


def encounter_references(encounter: Encounter) -> tuple[Reference, ...]:
    """The Conditions and the like that it is for."""
    r5 = (reference_in(value) for r in objects_in(encounter.reason) for value in objects_in(r.get("value")))
    return (*references_in(encounter.reason_reference), *(ref for ref in r5 if ref != NOWHERE))


def diagnoses_of(encounter: Encounter) -> tuple[Reference, ...]:
    """The Conditions that are its diagnoses."""
    return tuple(ref for d in objects_in(encounter.diagnosis) for ref in references_in(d.get("condition")))
