"""Draft orders, read as imaging orders: the study, the reason, and how both were recognised."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cds_service.cds_hooks.drafts import carries_rating
from cds_service.cds_hooks.raw_json import decoded
from cds_service.cds_hooks.request import DraftOrder, Reference
from cds_service.clinical.facts import ImagingOrder, Reason, ReasonKind, Recognition
from cds_service.fhir.before.codings import Coded, coded_from, has_status, status_codes
from cds_service.fhir.before.contained import contained_target
from cds_service.fhir.before.gather import Gathered
from cds_service.fhir.before.reasons import reason_from, reason_stated
from cds_service.fhir.before.resources import Order, Resource, resource_from
from cds_service.fhir.before.studies import NamedStudy, code_of_study, study_by_code, study_by_name
from cds_service.fhir.before.study_names import (
    is_embolization_elsewhere,
    is_of_another_part,
    names_bronchial_embolization,
    names_imaging,
)
from cds_service.knowledge.model import Knowledge, Modality
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology

_WITHDRAWN = ("entered-in-error", "revoked", "cancelled", "completed", "stopped")


NO_REASON = Reason(ReasonKind.NONE)


def imaging_orders(
    drafts: Sequence[DraftOrder], *, patient_id: str, knowledge: Knowledge
) -> tuple[ImagingOrder, ...]:
    """Every draft order, with its reason as far as the order alone gives it.

    Orders that name no chest study (drugs, other parts of the body, other patients') are there too,
    recognised as NOT_CHEST_IMAGING.
    """
    return tuple(_imaging_order(draft, patient_id, knowledge) for draft in drafts)


def with_resolved_reasons(
    orders: Sequence[ImagingOrder],
    drafts: Sequence[DraftOrder],
    gathered: Gathered,
    knowledge: Knowledge,
) -> tuple[ImagingOrder, ...]:
    """The orders with the reasons that lie in the data or among the draft orders."""
    by_index = {draft.index: draft for draft in drafts}
    return tuple(_resolved(order, by_index[order.index], drafts, gathered, knowledge) for order in orders)


def _imaging_order(draft: DraftOrder, patient_id: str, knowledge: Knowledge) -> ImagingOrder:
    order = decoded(draft.raw, Order) if draft.resource_type in Order.types else None
    if order is None or not order.belongs_to(patient_id) or _is_not_wanted(order):
        return _not_chest_imaging(draft)
    coded = code_of_study(order.code, knowledge.terminology)
    study = study_by_code(coded, knowledge)
    if study and study.needs_hemoptysis_reason:
        words = (*coded.words, *_sites(order, knowledge.terminology))
        if is_embolization_elsewhere(words, knowledge.terminology):
            return _not_chest_imaging(draft, title=coded.label)
        study = _by_its_vessel(study, words, knowledge.terminology)
    if study is None and not _is_not_imaging(coded, knowledge.terminology):
        study = study_by_name(_names(coded, order, knowledge.terminology), knowledge)
    if study and not study.is_pulmonary_arteries:
        study = replace(study, is_pulmonary_arteries=_names_pulmonary_arteries(study, coded, knowledge))
    recognition = _recognition(study, coded, order, knowledge.terminology)
    if recognition is Recognition.NOT_CHEST_IMAGING:
        return _not_chest_imaging(draft, title=coded.label)
    return _order_for(study or NamedStudy(""), recognition, coded.label, draft, _own_reason(order, knowledge))


def _by_its_vessel(study: NamedStudy, words: Sequence[str], terminology: Terminology) -> NamedStudy:
    """An embolization by a code for any vessel needs no reason where its words name the bronchial artery."""
    return replace(study, needs_hemoptysis_reason=not names_bronchial_embolization(words, terminology))


def _names_pulmonary_arteries(study: NamedStudy, coded: Coded, knowledge: Knowledge) -> bool:
    """CT angiography has one code, whatever the vessels; the order's words can tell that they are these."""
    if knowledge.procedures[study.procedure].modality is not Modality.CTA:
        return False
    terminology = knowledge.terminology
    return any(
        terminology.study_in(words).is_pulmonary_arteries
        or any(match.concept is Concept.PULMONARY_EMBOLISM for match in terminology.concepts_in(words))
        for words in coded.words
    )


def _not_chest_imaging(draft: DraftOrder, title: str = "") -> ImagingOrder:
    return ImagingOrder(
        index=draft.index,
        id=draft.id,
        title=title,
        recognition=Recognition.NOT_CHEST_IMAGING,
        procedure="",
        reason=NO_REASON,
        can_carry_actions=False,
    )


def _order_for(
    study: NamedStudy, recognition: Recognition, title: str, draft: DraftOrder, reason: Reason
) -> ImagingOrder:
    return ImagingOrder(
        index=draft.index,
        id=draft.id,
        title=title,
        recognition=recognition,
        procedure=study.procedure,
        reason=reason,
        is_pulmonary_arteries=study.is_pulmonary_arteries,
        needs_hemoptysis_reason=study.needs_hemoptysis_reason,
        matched_name=study.matched_name,
        other_procedures=study.other_procedures,
        can_carry_actions=draft.resource_type == "ServiceRequest" and bool(draft.id),
        has_rating=carries_rating(draft.raw),
    )


def _is_not_wanted(order: Order) -> bool:
    return order.do_not_perform is True or has_status(order.status, *_WITHDRAWN)


def _is_not_imaging(coded: Coded, terminology: Terminology) -> bool:
    return any(terminology.is_not_imaging(coding) for coding in coded.codings)


def _recognition(
    study: NamedStudy | None, coded: Coded, order: Order, terminology: Terminology
) -> Recognition:
    if study is not None:
        return Recognition.BY_NAME if study.matched_name else Recognition.BY_CODE
    if coded.is_empty:
        return Recognition.NO_STUDY_YET
    is_imaging = _is_filed_as_imaging(order, terminology) or names_imaging(coded.words, terminology)
    if _is_not_imaging(coded, terminology) or not is_imaging:
        return Recognition.NOT_CHEST_IMAGING
    names = _names(coded, order, terminology)
    is_elsewhere = is_of_another_part(names, terminology)
    return Recognition.NOT_CHEST_IMAGING if is_elsewhere else Recognition.UNRECOGNISED_IMAGING


def _names(coded: Coded, order: Order, terminology: Terminology) -> tuple[str, ...]:
    """The names of the study, each with the part of the body where the order states it apart."""
    sites = _sites(order, terminology)
    return tuple(" ".join((name, *sites)) for name in coded.words)


def _sites(order: Order, terminology: Terminology) -> tuple[str, ...]:
    return coded_from(order.body_site, terminology).words


def _is_filed_as_imaging(order: Order, terminology: Terminology) -> bool:
    category = coded_from(order.category, terminology)
    words = (*category.words, *status_codes(order.category))
    return any(terminology.is_imaging_word(word) for word in words)


def _own_reason(order: Order, knowledge: Knowledge) -> Reason:
    terminology = knowledge.terminology
    return reason_from(reason_stated(order, terminology), contained_target(order.contained), terminology)


def _resolved(
    order: ImagingOrder,
    draft: DraftOrder,
    drafts: Sequence[DraftOrder],
    gathered: Gathered,
    knowledge: Knowledge,
) -> ImagingOrder:
    read = decoded(draft.raw, Order)
    stated = reason_stated(read, knowledge.terminology) if read else None
    if order.recognition is Recognition.NOT_CHEST_IMAGING or not (read and stated and stated.references):
        return order
    contained = contained_target(read.contained)

    def target(reference: Reference) -> Resource | None:
        return contained(reference) or gathered.target(reference) or _among(drafts, reference, gathered)

    return replace(order, reason=reason_from(stated, target, knowledge.terminology))


def _among(drafts: Iterable[DraftOrder], reference: Reference, gathered: Gathered) -> Resource | None:
    named = (d for d in drafts if d.id and reference.is_to(d.resource_type, d.id))
    found = (resource_from(draft.raw, draft.resource_type) for draft in named)
    return next(
        (resource for resource in found if resource and resource.belongs_to(gathered.patient_id)), None
    )
