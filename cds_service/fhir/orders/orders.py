"""Draft orders, read as imaging orders: the study, the reason, and how both were recognized."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

import msgspec
from msgspec.structs import replace

from cds_service.cds_hooks.raw_json import NOTHING, decoded, members_of
from cds_service.cds_hooks.request import DraftOrder, Reference, reference_from
from cds_service.cds_hooks.response import RATING_URLS
from cds_service.clinical.facts import ImagingOrder, Reason, Recognition
from cds_service.fhir.codes import Coded, Meanings, coded_from, has_status, status_words
from cds_service.fhir.orders.reasons import StatedReason, Target, reason_from, reason_stated
from cds_service.fhir.orders.studies import (
    code_of_study,
    is_embolization_elsewhere,
    is_of_another_part,
    names_bronchial_embolization,
    names_imaging,
    study_by_code,
    study_by_name,
)
from cds_service.fhir.repair import repaired, resource_from
from cds_service.fhir.resources import ChartResource, ServiceRequest, id_of
from cds_service.knowledge.model import Modality
from cds_service.knowledge.terminology.concepts import Concept, Study

ORDER_TYPES: Final = frozenset({"ServiceRequest", "ProcedureRequest"})
_WITHDRAWN: Final = ("entered-in-error", "revoked", "cancelled", "completed", "stopped")
_CONTAINED: Final = ("Condition", "Observation")
_MOST_SITES: Final = 20
NO_REASON: Final = Reason("none")
_NO_STUDY: Final = Study("")


class OrderRead(msgspec.Struct, frozen=True):
    """A draft order as it is judged, and what is needed to follow the references of its reason."""

    order: ImagingOrder
    stated: StatedReason
    contained: tuple[msgspec.Raw, ...] = ()


def orders_read(
    drafts: Sequence[DraftOrder], *, patient_id: str, meanings: Meanings
) -> tuple[OrderRead, ...]:
    """Every draft order, with its reason as far as the order alone gives it.

    Orders that name no chest study (drugs, other parts of the body, other patients') are there too,
    recognized as `not-chest-imaging`.
    """
    return tuple(_order_read(draft, patient_id, meanings) for draft in drafts)


def with_resolved_reasons(
    read: Sequence[OrderRead], drafts: Sequence[DraftOrder], find: Target, meanings: Meanings, patient_id: str
) -> tuple[ImagingOrder, ...]:
    """The orders with the reasons that lie in the data (`find`) or among the draft orders."""
    by_reference = cache(lambda: _by_reference(drafts))

    @cache
    def target(reference: Reference) -> ChartResource | None:
        return find(reference) or _own_resource(by_reference().get(reference, ()), patient_id)

    return tuple(_resolved(one, target, meanings) for one in read)


def _resolved(read: OrderRead, target: Target, meanings: Meanings) -> ImagingOrder:
    order = read.order
    if order.recognition == "not-chest-imaging" or not read.stated.references:
        return order
    return replace(order, reason=reason_from(read.stated, _within(read.contained, target), meanings))


def _order_read(draft: DraftOrder, patient_id: str, meanings: Meanings) -> OrderRead:
    """One draft order, decoded once."""
    order = _decoded(draft)
    if order is None or not _is_wanted(order, patient_id):
        return _not_chest_imaging(draft)
    coded = code_of_study(order.code)
    is_no_imaging = any(meanings.of(coding).is_not_imaging for coding in coded.codings)
    study = _study_of(order, coded, meanings, is_no_imaging=is_no_imaging)
    if study is None:
        return _not_chest_imaging(draft, title=coded.label)
    recognition = _recognition(study, coded, order, meanings, is_no_imaging=is_no_imaging)
    if recognition == "not-chest-imaging":
        return _not_chest_imaging(draft, title=coded.label)
    stated = reason_stated(order)
    reason = reason_from(stated, _within(order.contained, lambda _: None), meanings)
    return OrderRead(_imaging_order(study, recognition, draft, order, coded, reason), stated, order.contained)


def _decoded(draft: DraftOrder) -> ServiceRequest | None:
    if draft.resource_type not in ORDER_TYPES:
        return None
    return decoded(draft.raw, ServiceRequest) or repaired(draft.raw, ServiceRequest)


def _is_wanted(order: ServiceRequest, patient_id: str) -> bool:
    """False for an order of another patient, one that was withdrawn, and one not to do something."""
    subject = order.patient if order.subject is None else order.subject
    is_own = subject is None or subject.reference is None
    if not is_own and not reference_from(subject and subject.reference).is_to("Patient", patient_id):
        return False
    return order.do_not_perform is not True and not has_status(order.status, *_WITHDRAWN)


def _study_of(
    order: ServiceRequest, coded: Coded, meanings: Meanings, *, is_no_imaging: bool
) -> Study | None:
    """The study by code, else by name, else an empty one; None for an embolization of another part."""
    study = study_by_code(coded, meanings)
    if study and study.needs_hemoptysis_reason:
        words = (*coded.words, *_sites(order))
        if is_embolization_elsewhere(words, meanings):
            return None
        # A code for any vessel needs no reason where its words name the bronchial artery.
        study = replace(study, needs_hemoptysis_reason=not names_bronchial_embolization(words, meanings))
    if study is None and not is_no_imaging:
        study = study_by_name(_names(coded, order), meanings)
    if study and not study.is_pulmonary_arteries:
        study = replace(study, is_pulmonary_arteries=_names_pulmonary_arteries(study, coded, meanings))
    return study or _NO_STUDY


def _names_pulmonary_arteries(study: Study, coded: Coded, meanings: Meanings) -> bool:
    """CT angiography has one code, whatever the vessels; the order's words can tell that they are these."""
    if meanings.knowledge.procedures[study.procedure].modality is not Modality.CTA:
        return False
    return any(
        meanings.study_in(words).is_pulmonary_arteries
        or any(match.concept is Concept.PULMONARY_EMBOLISM for match in meanings.in_text(words))
        for words in coded.words
    )


def _recognition(
    study: Study, coded: Coded, order: ServiceRequest, meanings: Meanings, *, is_no_imaging: bool
) -> Recognition:
    if study is not _NO_STUDY:
        return "by-name" if study.matched_name else "by-code"
    if coded.is_empty:
        return "no-study-yet"
    is_imaging = _is_filed_as_imaging(order, meanings) or names_imaging(coded.words, meanings)
    if is_no_imaging or not is_imaging or is_of_another_part(_names(coded, order), meanings):
        return "not-chest-imaging"
    return "unrecognized-imaging"


def _names(coded: Coded, order: ServiceRequest) -> tuple[str, ...]:
    """The names of the study, each with the part of the body where the order states it apart."""
    sites = _sites(order)
    return tuple(" ".join((name, *sites)) for name in coded.words)


def _sites(order: ServiceRequest) -> tuple[str, ...]:
    """CAUTION: they stand beside every name; without a limit the cost would be that of names times sites."""
    return coded_from(*order.body_site).words[:_MOST_SITES]


def _is_filed_as_imaging(order: ServiceRequest, meanings: Meanings) -> bool:
    words = (*coded_from(*order.category).words, *(w for c in order.category for w in status_words(c)))
    return any(meanings.terminology.is_imaging_word(word) for word in words)


def _not_chest_imaging(draft: DraftOrder, title: str = "") -> OrderRead:
    order = ImagingOrder(
        index=draft.index,
        id=draft.id,
        title=title,
        recognition="not-chest-imaging",
        procedure="",
        reason=NO_REASON,
        can_carry_actions=False,
    )
    return OrderRead(order, StatedReason(Coded()))


def _imaging_order(  # noqa: PLR0913 - what an order is made of
    study: Study,
    recognition: Recognition,
    draft: DraftOrder,
    order: ServiceRequest,
    coded: Coded,
    reason: Reason,
) -> ImagingOrder:
    return ImagingOrder(
        index=draft.index,
        id=draft.id,
        title=coded.label,
        recognition=recognition,
        procedure=study.procedure,
        reason=reason,
        is_pulmonary_arteries=study.is_pulmonary_arteries,
        needs_hemoptysis_reason=study.needs_hemoptysis_reason,
        matched_name=study.matched_name,
        other_procedures=study.other_procedures,
        can_carry_actions=draft.resource_type == "ServiceRequest" and bool(draft.id),
        has_rating=any((extension.url or "").strip() in RATING_URLS for extension in order.extension),
    )


def _within(contained: Sequence[msgspec.Raw], beyond: Target) -> Target:
    """A function that follows the references `#id` into the contained Conditions and Observations."""
    if not contained:
        return beyond
    by_id = cache(lambda: _contained_by_id(contained))

    def target(reference: Reference) -> ChartResource | None:
        found = by_id().get(reference.id) if reference.id.startswith("#") else None
        return found or beyond(reference)

    return target


def _contained_by_id(contained: Sequence[msgspec.Raw]) -> dict[str, ChartResource]:
    """The contained Conditions and Observations by the ids that references to them have."""
    found: dict[str, ChartResource] = {}
    for raw in contained:
        resource_type = decoded((members_of(raw) or {}).get("resourceType", NOTHING), str)
        resource = resource_from(raw, resource_type) if resource_type in _CONTAINED else None
        if resource is not None:
            found.setdefault(f"#{id_of(resource).removeprefix('#')}", resource)
    return found


def _by_reference(drafts: Sequence[DraftOrder]) -> dict[Reference, list[DraftOrder]]:
    """The draft orders by the references that lead to them, with their type or without."""
    found: dict[Reference, list[DraftOrder]] = {}
    for draft in drafts:
        for name in (draft.resource_type, "") if draft.id else ():
            found.setdefault(Reference(name, draft.id), []).append(draft)
    return found


def _own_resource(drafts: Iterable[DraftOrder], patient_id: str) -> ChartResource | None:
    """The first of the drafts that is a resource of the patient's which is read."""
    resources = (resource_from(draft.raw, draft.resource_type) for draft in drafts)
    return next((r for r in resources if r is not None and _is_of(r, patient_id)), None)


def _is_of(resource: ChartResource, patient_id: str) -> bool:
    subject = resource.subject or resource.patient
    if subject is None or subject.reference is None:
        return True
    return reference_from(subject.reference).is_to("Patient", patient_id)
