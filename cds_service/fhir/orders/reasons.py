"""Why something was ordered or done: codes, words, and the resources referred to (BEHAVIOUR 5)."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from cds_service.cds_hooks.request import NOWHERE, Reference, reference_from
from cds_service.clinical.facts import Reason, ReasonKind
from cds_service.fhir.codes import UNCODED, Coded, Meanings, Told, coded_from, merged
from cds_service.fhir.elements import FhirReference, has_status, why_void
from cds_service.fhir.resources import (
    ChartResource,
    Condition,
    Encounter,
    Observation,
    PastProcedure,
    ServiceRequest,
)
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology

Target = Callable[[Reference], ChartResource | None]
"""Finds the resource that a reference leads to; None where it leads to none that is read."""


class StatedReason(msgspec.Struct, frozen=True):
    """The parts of a reason: what is coded and worded, further instructions, and what it refers to."""

    coded: Coded
    instructions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    displays: tuple[str, ...] = ()


def references_in(written: Iterable[FhirReference | None]) -> tuple[Reference, ...]:
    """The targets of References, each once, as far as they can be told."""
    found = (reference_from(one.reference) for one in written if one is not None and one.reference)
    return tuple(dict.fromkeys(reference for reference in found if reference != NOWHERE))


def reason_stated(order: ServiceRequest) -> StatedReason:
    """The reason of an order."""
    return StatedReason(
        coded=coded_from(*order.reason_code),
        instructions=tuple(word for detail in order.order_detail for word in coded_from(detail).words),
        references=references_in(order.reason_reference),
        displays=tuple(dict.fromkeys(d for r in order.reason_reference if (d := (r.display or "").strip()))),
    )


def reason_from(stated: StatedReason, target: Target, meanings: Meanings) -> Reason:
    """What the reason is, with the references that `target` can follow."""
    followed = told_at(stated.references, target, meanings)
    words = (*meanings.telling_words(stated.coded), *stated.instructions, *stated.displays)
    matches = merged(
        (
            *meanings.coded(stated.coded),
            *meanings.worded(words),
            *(match for _, meant in followed for match in meant),
        )
    )
    labels = (stated.coded.label, *(label for label, _ in followed), *stated.displays)
    return Reason(_kind(stated, matches, followed, meanings), matches, next(filter(None, labels), ""))


def _kind(
    stated: StatedReason, matches: tuple[ConceptMatch, ...], followed: Sequence[Told], meanings: Meanings
) -> ReasonKind:
    """A history of hemoptysis is no present one, and what is ordered for it is ordered for its cause."""
    if any(m.concept is Concept.HEMOPTYSIS and m.is_present for m in matches):
        return "for-hemoptysis"
    if any(_is_related(match.concept, meanings.terminology) for match in matches):
        return "cause-or-symptom"
    if followed or meanings.is_telling(stated.coded):
        return "other"
    is_open = bool(stated.coded.codings or stated.references or stated.displays)
    return "unresolved" if is_open else "none"


def _is_related(concept: Concept, terminology: Terminology) -> bool:
    is_cause = concept is Concept.HEMOPTYSIS or terminology.has_role(concept, "cause")
    return is_cause or terminology.has_role(concept, "respiratory-symptom")


def _coded_in(resource: ChartResource) -> Coded:
    """What a Condition or an Observation stands for; nothing if it does not count."""
    if isinstance(resource, Condition):
        return UNCODED if why_void(resource.verification_status) else coded_from(resource.code)
    if isinstance(resource, Observation) and not has_status(resource.status, "entered-in-error", "cancelled"):
        return coded_from(resource.code)
    return UNCODED


def told_at(references: Iterable[Reference], target: Target, meanings: Meanings) -> Sequence[Told]:
    """How the Conditions and Observations referred to are called, and what they mean.

    CAUTION: many orders may refer to one large resource; each is read once for a request.
    """
    targets = (target(reference) for reference in references)
    found = (_told_in(resource, meanings) for resource in targets if resource is not None)
    return [told for told in found if told is not None]


def _told_in(resource: ChartResource, meanings: Meanings) -> Told | None:
    known = meanings.referred.get(id(resource))
    if known is None:
        coded = _coded_in(resource)
        told = None if coded.is_empty else (coded.label, meanings.meant(coded))
        known = meanings.referred[id(resource)] = resource, told
    return known[1]


def reason_of(procedure: PastProcedure, target: Target, meanings: Meanings) -> ReasonKind:
    """Whether hemoptysis, something else or nothing is given as the reason; references are followed."""
    coded = coded_from(*procedure.reason_code)
    followed = told_at(references_in(procedure.reason_reference), target, meanings)
    reasons = (*meanings.meant(coded), *(match for _, meant in followed for match in meant))
    if any(match.concept is Concept.HEMOPTYSIS for match in reasons):
        return "for-hemoptysis"
    return "other" if followed or not coded.is_empty else "none"


def encounter_reasons(encounter: Encounter, target: Target, meanings: Meanings) -> tuple[ConceptMatch, ...]:
    """The concepts of its coded or worded reasons, and of the Conditions that it refers to."""
    coded = coded_from(*encounter.reason_code)
    followed = told_at(references_in(encounter.reason_reference), target, meanings)
    own = (*meanings.coded(coded), *meanings.worded(coded.texts))
    return merged((*own, *(match for _, meant in followed for match in meant)))
