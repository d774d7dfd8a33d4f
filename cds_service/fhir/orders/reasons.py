"""Why something was ordered or done: codes, words, and the resources referred to (BEHAVIOUR 5)."""

from collections.abc import Callable, Iterable

import msgspec

from cds_service.cds_hooks.request import NOWHERE, Reference, reference_from
from cds_service.clinical.facts import Reason, ReasonKind
from cds_service.fhir.codes import UNCODED, Coded, Meanings, coded_from, has_status, merged, why_void
from cds_service.fhir.elements import FhirReference
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
    """The targets of References, as far as they can be told."""
    found = (reference_from(one.reference) for one in written if one is not None and one.reference)
    return tuple(reference for reference in found if reference != NOWHERE)


def reason_stated(order: ServiceRequest) -> StatedReason:
    """The reason of an order."""
    return StatedReason(
        coded=coded_from(*order.reason_code),
        instructions=tuple(word for detail in order.order_detail for word in coded_from(detail).words),
        references=references_in(order.reason_reference),
        displays=tuple(d for r in order.reason_reference if (d := (r.display or "").strip())),
    )


def reason_from(stated: StatedReason, target: Target, meanings: Meanings) -> Reason:
    """What the reason is, with the references that `target` can follow."""
    followed = coded_at(stated.references, target)
    words = (*meanings.telling_words(stated.coded), *stated.instructions, *stated.displays)
    matches = merged(
        (
            *meanings.coded(stated.coded),
            *meanings.worded(words),
            *(match for coded in followed for match in meanings.meant(coded)),
        )
    )
    label = next((c.label for c in (stated.coded, *followed) if c.label), next(iter(stated.displays), ""))
    return Reason(_kind(stated, matches, followed, meanings), matches, label)


def _kind(
    stated: StatedReason, matches: tuple[ConceptMatch, ...], followed: tuple[Coded, ...], meanings: Meanings
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


def coded_at(references: Iterable[Reference], target: Target) -> tuple[Coded, ...]:
    """What the Conditions and Observations referred to stand for, as far as they can be followed."""
    targets = (target(reference) for reference in references)
    found = (_coded_in(resource) for resource in targets if resource is not None)
    return tuple(coded for coded in found if not coded.is_empty)


def reason_of(procedure: PastProcedure, target: Target, meanings: Meanings) -> ReasonKind:
    """Whether hemoptysis, something else or nothing is given as the reason; references are followed."""
    coded = coded_from(*procedure.reason_code)
    followed = coded_at(references_in(procedure.reason_reference), target)
    reasons = [match.concept for one in (coded, *followed) for match in meanings.meant(one)]
    if Concept.HEMOPTYSIS in reasons:
        return "for-hemoptysis"
    return "other" if followed or not coded.is_empty else "none"


def encounter_reasons(encounter: Encounter, target: Target, meanings: Meanings) -> tuple[ConceptMatch, ...]:
    """The concepts of its coded or worded reasons, and of the Conditions that it refers to."""
    coded = coded_from(*encounter.reason_code)
    followed = coded_at(references_in(encounter.reason_reference), target)
    own = (*meanings.coded(coded), *meanings.worded(coded.texts))
    return merged((*own, *(match for one in followed for match in meanings.meant(one))))
