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
from cds_service.fhir.codes import Coded, Meanings, coded_from
from cds_service.fhir.elements import has_status, status_words
from cds_service.fhir.orders.reasons import StatedReason, Target, reason_from, reason_stated
from cds_service.fhir.orders.studies import (
    code_of_study,
    is_embolization_elsewhere,
    is_known_as_none,
    is_of_another_part,
    may_be_chest_imaging,
    names_bronchial_embolization,
    names_imaging,
    names_other_regions,
    settled,
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
_LONGEST_PLACE: Final = 1_000
_WITHOUT_STUDY: Final = ("no-study-yet", "not-chest-imaging")
NO_REASON: Final = Reason("none")
_NO_STUDY: Final = Study("")


class OrderRead(msgspec.Struct, frozen=True):
    """A draft order as it is judged, and what is needed to follow the references of its reason.

    `may_be_other`: a request, no laboratory test, of which no study of the chest is understood; where its own
    reason is hemoptysis it is an order of another kind, or imaging that is not recognized (`may_be_imaging`).
    """

    order: ImagingOrder
    stated: StatedReason
    contained: tuple[msgspec.Raw, ...] = ()
    may_be_other: bool = False
    may_be_imaging: bool = False

    @property
    def is_open(self) -> bool:
        """True where only what its reason refers to can tell whether it concerns this service."""
        is_settled = self.order.recognition in ("other-order", "unrecognized-imaging")
        return self.may_be_other and not is_settled and bool(self.stated.references)


def orders_read(
    drafts: Sequence[DraftOrder], *, patient_id: str, meanings: Meanings
) -> tuple[OrderRead, ...]:
    """Every draft order, with its reason as far as the order alone gives it.

    Orders that name no chest study (drugs, other parts of the body, other patients') are there too,
    recognized as `not-chest-imaging`; or as `other-order` where they are for hemoptysis.
    """
    return tuple(_order_read(draft, patient_id, meanings) for draft in meanings.deadline.each(drafts))


def with_resolved_reasons(
    read: Sequence[OrderRead], drafts: Sequence[DraftOrder], find: Target, meanings: Meanings, patient_id: str
) -> tuple[ImagingOrder, ...]:
    """The orders with the reasons that lie in the data (`find`) or among the draft orders."""
    if not any(one.stated.references for one in read):
        return tuple(one.order for one in read)
    by_reference = cache(lambda: _by_reference(drafts))

    @cache
    def target(reference: Reference) -> ChartResource | None:
        return find(reference) or _own_resource(by_reference().get(reference, ()), patient_id)

    return tuple(_resolved(one, target, meanings) for one in meanings.deadline.each(read))


def _resolved(read: OrderRead, target: Target, meanings: Meanings) -> ImagingOrder:
    is_concerned = read.may_be_other or read.order.recognition != "not-chest-imaging"
    if not (is_concerned and read.stated.references):
        return read.order
    return _with_reason(read, target, meanings).order


def _with_reason(read: OrderRead, target: Target, meanings: Meanings) -> OrderRead:
    """The order with its reason: one for hemoptysis whose study is not understood is of another kind."""
    reason = reason_from(read.stated, _within(read.contained, target), meanings)
    order = replace(read.order, reason=reason)
    if read.may_be_other and reason.kind == "for-hemoptysis":
        order = replace(order, recognition="unrecognized-imaging" if read.may_be_imaging else "other-order")
    return replace(read, order=order)


def _order_read(draft: DraftOrder, patient_id: str, meanings: Meanings) -> OrderRead:
    """One draft order, decoded once."""
    order = _decoded(draft)
    if order is None or not _is_wanted(order, patient_id):
        return _not_chest_imaging(draft)
    coded = code_of_study(order.code)
    study = _study_of(order, coded, meanings)
    recognition = _recognition(study, coded, order, meanings)
    is_understood, names = recognition not in _WITHOUT_STUDY, _names(coded, order, meanings)
    if not is_understood and _is_laboratory_test(order, coded, meanings):
        return _not_chest_imaging(draft, title=coded.label)
    read = OrderRead(
        _imaging_order(study, recognition, draft, order, coded),
        reason_stated(order),
        order.contained,
        may_be_other=not is_understood,
        may_be_imaging=not is_understood and may_be_chest_imaging(coded, names, meanings),
    )
    return _with_reason(read, lambda _: None, meanings)


def _decoded(draft: DraftOrder) -> ServiceRequest | None:
    if draft.resource_type not in ORDER_TYPES:
        return None
    return decoded(draft.raw, ServiceRequest) or repaired(draft.raw, ServiceRequest)


def _is_wanted(order: ServiceRequest, patient_id: str) -> bool:
    """False for an order of another patient, one that was withdrawn, and one not to do something."""
    is_wanted = _is_of(order, patient_id) and order.do_not_perform is not True
    return is_wanted and not has_status(order.status, *_WITHDRAWN)


def _study_of(order: ServiceRequest, coded: Coded, meanings: Meanings) -> Study:
    """The study by code, else by name, as the instructions settle it; else an empty one."""
    names = _names(coded, order, meanings)
    study = study_by_code(coded, meanings) or _study_by_name(names, coded, meanings)
    if study is None or (study.needs_hemoptysis_reason and is_embolization_elsewhere(names, meanings)):
        return _NO_STUDY
    if study.needs_hemoptysis_reason:
        # A code for any vessel needs no reason where its words name the bronchial artery.
        return replace(study, needs_hemoptysis_reason=not names_bronchial_embolization(names, meanings))
    study = settled(study, names, _instructions(order), meanings)
    return replace(
        study,
        is_pulmonary_arteries=study.is_pulmonary_arteries
        or _names_pulmonary_arteries(study, coded, meanings),
        has_other_regions=study.has_other_regions or names_other_regions(names, meanings),
    )


def _study_by_name(names: Sequence[str], coded: Coded, meanings: Meanings) -> Study | None:
    """None where a code says that it is no such study, whatever its name."""
    is_known = any(meanings.of(coding).is_not_imaging for coding in coded.codings)
    return None if is_known else study_by_name(names, meanings)


def _names_pulmonary_arteries(study: Study, coded: Coded, meanings: Meanings) -> bool:
    """CT angiography has one code, whatever the vessels; the order's words can tell that they are these."""
    if meanings.knowledge.procedures[study.procedure].modality is not Modality.CTA:
        return False
    return any(
        meanings.study_in(words).is_pulmonary_arteries
        or any(match.concept is Concept.PULMONARY_EMBOLISM for match in meanings.in_text(words))
        for words in coded.words
    )


def _recognition(study: Study, coded: Coded, order: ServiceRequest, meanings: Meanings) -> Recognition:
    if study is not _NO_STUDY:
        return "by-name" if study.matched_name else "by-code"
    if coded.is_empty:
        return "no-study-yet"
    is_known = is_known_as_none(coded, meanings)
    is_imaging = _is_filed_as_imaging(order, meanings) or names_imaging(coded.words, meanings)
    if is_known or not is_imaging or is_of_another_part(_names(coded, order, meanings), meanings):
        return "not-chest-imaging"
    return "unrecognized-imaging"


def _names(coded: Coded, order: ServiceRequest, meanings: Meanings) -> tuple[str, ...]:
    """The names of the study, each with the part of the body where the order states it apart."""
    is_place = meanings.terminology.study_words.is_place
    places = (*_sites(order), *(text for text in _instructions(order)[:_MOST_SITES] if is_place(text)))
    place, names = " ".join(places)[:_LONGEST_PLACE], coded.words or ("",) * bool(places)
    return (*(f"{name} {place}".strip() for name in names[:_MOST_SITES]), *names[_MOST_SITES:])


def _instructions(order: ServiceRequest) -> tuple[str, ...]:
    return tuple(word for detail in order.order_detail for word in coded_from(detail).words)


def _sites(order: ServiceRequest) -> tuple[str, ...]:
    """CAUTION: they stand beside every name; without limits the cost would be that of names times sites."""
    return coded_from(*order.body_site).words[:_MOST_SITES]


def _is_filed_as_imaging(order: ServiceRequest, meanings: Meanings) -> bool:
    return any(meanings.terminology.is_imaging_word(word) for word in _categories(order))


def _is_laboratory_test(order: ServiceRequest, coded: Coded, meanings: Meanings) -> bool:
    """By its category, or by a name that names no intervention and no imaging beside it."""
    words = meanings.terminology.study_words
    if any(map(words.is_laboratory_word, _categories(order))):
        return True
    return any(words.is_laboratory_word(name) for name in coded.words) and not any(
        words.names_more_than_a_test(name) for name in coded.words
    )


def _categories(order: ServiceRequest) -> tuple[str, ...]:
    return (*coded_from(*order.category).words, *(w for c in order.category for w in status_words(c)))


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


def _imaging_order(
    study: Study, recognition: Recognition, draft: DraftOrder, order: ServiceRequest, coded: Coded
) -> ImagingOrder:
    is_request = draft.resource_type == "ServiceRequest" and bool(draft.id)
    return ImagingOrder(
        index=draft.index,
        id=draft.id,
        title=coded.label,
        recognition=recognition,
        procedure=study.procedure,
        reason=NO_REASON,
        is_pulmonary_arteries=study.is_pulmonary_arteries,
        needs_hemoptysis_reason=study.needs_hemoptysis_reason,
        matched_name=study.matched_name,
        other_procedures=study.other_procedures,
        can_carry_actions=is_request and recognition not in _WITHOUT_STUDY,
        has_rating=any((extension.url or "").strip() in RATING_URLS for extension in order.extension),
        has_other_regions=study.has_other_regions,
        may_be_cta=study.may_be_cta,
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
    """The draft orders by the references that lead to them: id with the type or without, fullUrl."""
    found: dict[Reference, list[DraftOrder]] = {}
    for draft in drafts:
        by_id = [Reference(name, draft.id) for name in (draft.resource_type, "") if draft.id]
        for reference in dict.fromkeys((*by_id, reference_from(draft.full_url))):
            found.setdefault(reference, []).append(draft)
    return found


def _own_resource(drafts: Iterable[DraftOrder], patient_id: str) -> ChartResource | None:
    """The first of the drafts that is a resource of the patient's which is read."""
    resources = (resource_from(draft.raw, draft.resource_type) for draft in drafts)
    return next((r for r in resources if r is not None and _is_of(r, patient_id)), None)


def _is_of(resource: ChartResource, patient_id: str) -> bool:
    subject = resource.subject or resource.patient
    written = subject and subject.reference
    return written is None or reference_from(written).is_to("Patient", patient_id)
