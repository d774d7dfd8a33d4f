"""The cards about the patient: the alert on top, and the card of patient-view."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from msgspec.structs import replace

from cds_service.cards.case import Case, fitted
from cds_service.cards.cautions import (
    bearing_cautions,
    bears_on_study,
    caution_lines,
    cautions_of_order,
    with_a_line,
)
from cds_service.cards.detail.context import alert_context, chart_line, patient_context
from cds_service.cards.detail.full import full_of_alert, full_of_patient
from cds_service.cards.detail.missing import is_missing_line_whole, missing_line
from cds_service.cards.detail.steps import emergency_lines, small_bleed_lines
from cds_service.cards.detail.studies import levels_line
from cds_service.cards.detail.why import also_line, why_line
from cds_service.cards.order_card import INFO, WARNING
from cds_service.cards.room import Room
from cds_service.cards.site import (
    ALERT_REASONS,
    criteria_source,
    links,
    override_reasons,
    rated_with,
    teaching_source,
)
from cds_service.cards.suggestions import alert_suggestions, initial_suggestions, selection_behavior
from cds_service.cards.summaries import alert_summary, patient_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import Caution
from cds_service.knowledge.model import CautionId, Modality

CRITICAL: Final = "critical"
_EVERY_STUDY: Final = ("",)
"""A study that is not known: what bears on it bears on every one."""


def alert_card(case: Case) -> Card | None:
    """The one alert of BEHAVIOUR 6, critical or a warning; None where there is none."""
    card, _ = _alert(case)
    return card


def patient_view_cards(case: Case) -> Iterator[Card]:
    """The alert, and the card of what imaging is usually appropriate, which says what the alert left out."""
    alert, room = _alert(case)
    yield from filter(None, (alert, _patient_card(case, room)))


def _alert(case: Case) -> tuple[Card | None, Room]:
    """The alert, and the room that it has."""
    if case.alert == "none":
        return None, Room.AMPLE
    suggestions = alert_suggestions(case)
    said = fitted(case, alert_summary, suggestions, _alert_lines)
    topic = case.classification.topic
    card = Card(
        uuid=case.new_uuid(),
        summary=said.summary,
        indicator=WARNING if case.alert == "sign" else CRITICAL,
        source=teaching_source(case.site, topic),
        detail=said.detail,
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        override_reasons=override_reasons(case.site, ALERT_REASONS),
        links=links(case.site, topic),
    )
    return card, said.room


def _to_do(case: Case) -> Iterable[str]:
    match case.alert:
        case "sign":
            return (chart_line(case),)
        case "unstable-and-small":
            return small_bleed_lines(case)
        case _:
            return emergency_lines(case)


def _alert_lines(case: Case) -> Iterator[str]:
    """The evidence, what to do, the cautions on the study that the card offers, and what is not known.

    The cautions on an order stand on its own card under this one, but for what the bleeding depends on.
    """
    offered = _spoken_for(case)
    named = replace(case, room=Room.NAMES) if _is_short(case.room) else case
    counted = replace(case, room=_room_for_missing(case.room))
    cautions = caution_lines(named, _cautions_of_alert(case, offered))
    steps, *more_to_do = _to_do(case)
    rest = (*more_to_do, *cautions, alert_context(case), missing_line(counted, offered))
    also = also_line(case) if case.room < Room.LEAST else ""
    if case.room >= Room.WITHOUT_WHY:
        yield from (also, steps, " ".join(filter(None, rest)))
        return
    yield from (also, steps, *rest)
    yield from full_of_alert(case)


def _is_short(room: Room) -> bool:
    return Room.WITHOUT_WHY <= room <= Room.NAMES


def _room_for_missing(room: Room) -> Room:
    """In which room an alert says what is not known."""
    return Room.LEAST if _is_short(room) else room


def _cautions_of_alert(case: Case, offered: Collection[str]) -> Sequence[Caution]:
    """Those on the study it offers, but no drugs of a step, and no other that the card of an order explains.

    In little room none that stands on a button either.
    """
    told = (with_a_line(cautions_of_order(case, judgment)) for judgment in case.decision.with_cards)
    on_cards = {c for c in chain.from_iterable(told) if c.id is not CautionId.ANTICOAGULATION}
    said = {CautionId.ANTICOAGULATION} if case.alert != "sign" else set[CautionId]()
    if case.room >= Room.WITHOUT_WHY:
        on_buttons = (caution for study in case.decision.alert_studies for caution in study.cautions)
        said |= {*on_buttons, CautionId.RECENT_STUDY}
    return [c for c in bearing_cautions(case, offered) if c.id not in said and c not in on_cards]


def _spoken_for(case: Case) -> Collection[str]:
    """The studies that an alert offers; where no card under it is on one with contrast, the CTA it advises.

    A CTA that is drafted for another reason, or was done, is not offered, and has no card of its own.
    """
    offered = [study.procedure for study in case.decision.alert_studies]
    judged = case.decision.with_cards
    on_cards = [judgment.order.procedure for judgment in judged]
    on_cards += [study.procedure for judgment in judged for study in judgment.alternatives]
    reaction = Caution(CautionId.CONTRAST_REACTION)
    if case.alert == "sign" or any(bears_on_study(case, reaction, procedure) for procedure in on_cards):
        return offered or _EVERY_STUDY
    return offered or [procedure.id for procedure in rated_with(case.site, Modality.CTA)]


# --- patient-view ----------------------------------------------------------------------------------------


def _patient_card(case: Case, alerted_in: Room) -> Card | None:
    """What imaging is usually appropriate now, under an alert that had this room.

    None without hemoptysis of late, and once a CT or CTA of the chest was done since the onset.
    """
    decision = case.decision
    if decision.studied_since_onset or not (decision.has_hemoptysis and decision.has_new_hemoptysis):
        return None
    suggestions = initial_suggestions(case)

    def lines_of(narrowed: Case) -> Iterator[str]:
        return _patient_lines(narrowed, alerted_in)

    said = fitted(case, patient_summary, suggestions, lines_of)
    return Card(
        uuid=case.new_uuid(),
        summary=said.summary,
        indicator=INFO,
        source=criteria_source(case.site, case.classification.topic),
        detail=said.detail,
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case.site, case.classification.topic),
    )


def is_for_a_patient(user_id: str) -> bool:
    """True when the user is a Patient or RelatedPerson, who is shown nothing; ids may be absolute."""
    return user_id.split("/")[-2:-1] in (["Patient"], ["RelatedPerson"])


def _patient_lines(case: Case, alerted_in: Room) -> Iterator[str]:
    procedures = [study.procedure for study in case.decision.initial_studies]
    missing, said = missing_line(case, procedures), _said_above(case, alerted_in)
    cautions = [c for c in bearing_cautions(case, procedures) if c not in said]
    gives_way = bool(cautions) and case.room >= Room.WITHOUT_WHY
    yield "" if case.is_full or gives_way else why_line(case)
    yield from caution_lines(case, cautions)
    yield levels_line(case, procedures)
    yield patient_context(case)
    yield chart_line(case) if case.alert in ("none", "unstable-and-small") else ""
    yield missing if case.alert == "none" or not _is_said_above(case, missing, alerted_in) else ""
    yield from full_of_patient(case)


def _is_said_above(case: Case, missing: str, alerted_in: Room) -> bool:
    """Whether an alert on top, in the room that it had, names all that is not known here."""
    spoken_for, alerted = _spoken_for(case), replace(case, room=_room_for_missing(alerted_in))
    return missing == missing_line(case, spoken_for) and is_missing_line_whole(alerted, spoken_for)


def _said_above(case: Case, alerted_in: Room) -> Collection[Caution]:
    """The cautions that an alert on top says, drugs that bleed among them: in little room these alone."""
    if case.alert == "none":
        return ()
    said = bearing_cautions(case, _spoken_for(case))
    is_brief = alerted_in >= Room.WITHOUT_WHY
    return [c for c in said if c.id is CautionId.ANTICOAGULATION] if is_brief else said
