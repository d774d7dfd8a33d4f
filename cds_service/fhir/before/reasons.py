"""Why something was ordered or done: codes, words, and the resources referred to (BEHAVIOUR 5)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cds_service.cds_hooks.request import Reference
from cds_service.clinical.facts import Reason, ReasonKind
from cds_service.fhir.before.codings import (
    Coded,
    coded_from,
    concepts_coded,
    concepts_meant,
    concepts_worded,
    has_status,
    merged,
    telling_words,
)
from cds_service.fhir.before.conditions import Verification, verification_of
from cds_service.fhir.before.json_values import objects_in, text_in, texts_in
from cds_service.fhir.before.references import references_in
from cds_service.fhir.before.resources import Condition, Observation, Order, Resource
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch, Role
from cds_service.knowledge.terminology.terminology import Terminology

Target = Callable[[Reference], Resource | None]


@dataclass(frozen=True, slots=True)
class Stated:
    """The parts of a reason: what is coded and worded, further instructions, and what it refers to."""

    coded: Coded
    instructions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    displays: tuple[str, ...] = ()


def reason_stated(order: Order, terminology: Terminology) -> Stated:
    """The reason of an order, in the shapes of DSTU2, STU3, R4 and R5."""
    coded = Coded()
    for written in (order.reason_code, order.reason_codeable_concept, order.reason):
        coded = coded.joined(coded_from(written, terminology))
    references = [*references_in(order.reason_reference), *references_in(order.reason)]
    details = [coded_from(detail, terminology) for detail in _details(order)]
    return Stated(
        coded=coded,
        instructions=tuple(word for detail in details for word in detail.words),
        references=tuple(references),
        displays=tuple(d for r in objects_in(order.reason_reference) if (d := text_in(r.get("display")))),
    )


def _details(order: Order) -> Iterable[object]:
    """The details of an order; R5 puts each into a parameter."""
    for detail in objects_in(order.order_detail) or texts_in(order.order_detail):
        yield detail
        if isinstance(detail, dict):
            for parameter in objects_in(detail.get("parameter")):
                yield parameter.get("valueCodeableConcept") or parameter.get("valueString")


def reason_from(stated: Stated, target: Target, terminology: Terminology) -> Reason:
    """What the reason is, with the references that `target` can follow."""
    followed = coded_at(stated.references, target, terminology)
    matches = merged(
        (
            *_matches(stated, terminology),
            *(match for coded in followed for match in concepts_meant(coded, terminology)),
        )
    )
    label = next((c.label for c in (stated.coded, *followed) if c.label), next(iter(stated.displays), ""))
    return Reason(_kind(stated, matches, followed, terminology), matches, label)


def _matches(stated: Stated, terminology: Terminology) -> tuple[ConceptMatch, ...]:
    words = (*telling_words(stated.coded, terminology), *stated.instructions, *stated.displays)
    return *concepts_coded(stated.coded, terminology), *concepts_worded(words, terminology)


def _kind(
    stated: Stated, matches: tuple[ConceptMatch, ...], followed: tuple[Coded, ...], terminology: Terminology
) -> ReasonKind:
    concepts = {match.concept for match in matches}
    if Concept.HEMOPTYSIS in concepts:
        return ReasonKind.HEMOPTYSIS
    if any(_is_related(concept, terminology) for concept in concepts):
        return ReasonKind.CAUSE_OR_SYMPTOM
    if followed or _is_telling(stated.coded, terminology):
        return ReasonKind.OTHER
    is_open = bool(stated.coded.codings or stated.references or stated.displays)
    return ReasonKind.UNRESOLVED if is_open else ReasonKind.NONE


def _is_related(concept: Concept, terminology: Terminology) -> bool:
    return terminology.has_role(concept, Role.CAUSE) or terminology.has_role(
        concept, Role.RESPIRATORY_SYMPTOM
    )


def _is_telling(coded: Coded, terminology: Terminology) -> bool:
    """True when it says something definite: words, or a code of a known system."""
    return bool(coded.words) or any(terminology.is_known_system(c.system) for c in coded.codings)


def _coded_in(resource: Resource, terminology: Terminology) -> Coded:
    """What a Condition or an Observation stands for; nothing if it does not count."""
    if isinstance(resource, Condition):
        counts = verification_of(resource.verification_status) is Verification.COUNTS
        return coded_from(resource.code, terminology) if counts else Coded()
    if isinstance(resource, Observation) and not has_status(resource.status, "entered-in-error", "cancelled"):
        return coded_from(resource.code, terminology)
    return Coded()


def coded_at(references: Iterable[Reference], target: Target, terminology: Terminology) -> tuple[Coded, ...]:
    """What the Conditions and Observations referred to stand for, as far as they can be followed."""
    targets = (target(reference) for reference in references)
    found = (_coded_in(resource, terminology) for resource in targets if resource is not None)
    return tuple(coded for coded in found if not coded.is_empty)
