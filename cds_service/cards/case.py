"""One decided request, and whether an alert stands on top of its cards."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, get_args

import msgspec
from msgspec.structs import replace

from cds_service.cards import texts
from cds_service.cards.markdown import markdown, plain
from cds_service.cards.room import Room, few, fits
from cds_service.cards.site import Site, categories_of
from cds_service.cds_hooks.request import DraftOrder, Hook, HookRequest
from cds_service.cds_hooks.response import Suggestion
from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import Alert, Classification, Decision, Judgment, JudgmentOutcome
from cds_service.clinical.facts import ImagingOrder
from cds_service.clinical.silence import alert_id
from cds_service.knowledge.model import Category, Knowledge, Modality, Procedure, Variant

TITLE_LIMIT: Final = 60
CHEST_IMAGING: Final = frozenset(get_args(JudgmentOutcome)) - {
    "not-chest-imaging",
    "no-study-yet",
}
"""The outcomes of orders that are for chest imaging, whatever their reason, or else for hemoptysis."""


class Case(msgspec.Struct, frozen=True):
    """One request, decided.

    `alert` is the one alert that it has. `drafts` holds the client's
    draft orders by their index, `consult_ids` the `urn:uuid:` of each judged one. `rated_before` are those
    that carry the rating already that they would get again (BEHAVIOUR 6, order-sign after order-select).
    `room` is how much a card may say.
    """

    decision: Decision
    chart: Chart
    request: HookRequest
    site: Site
    new_uuid: Callable[[], str]
    alert: Alert
    drafts: Mapping[int, DraftOrder]
    consult_ids: Mapping[int, str]
    rated_before: frozenset[int] = frozenset()
    room: Room = Room.AMPLE

    @property
    def classification(self) -> Classification:
        """What the data leave plausible, and why."""
        return self.decision.classification

    @property
    def plausible(self) -> tuple[Variant, ...]:
        """The variants that the data leave plausible."""
        return self.decision.classification.plausible

    @property
    def now(self) -> datetime:
        """The instant of judging, in the zone of the site."""
        return self.chart.facts.now

    @property
    def is_full(self) -> bool:
        """True where the site wants the table of ratings and all evidence on the card."""
        return self.site.settings.card_detail == "full"

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge that everything was judged by."""
        return self.site.knowledge

    def charted(self, text: str) -> str:
        """What the chart says, safe for Markdown, cut to the room that there is."""
        return markdown(text, self.room.characters)

    def few(self, names: Iterable[str]) -> list[str]:
        """The first names that there is room for, and how many more there are."""
        return few(names, self.room.names)

    def procedure_of(self, order: ImagingOrder) -> Procedure | None:
        """The procedure of an order; None when the study was not recognized."""
        return self.site.knowledge.procedures.get(order.procedure)

    def order_name(self, order: ImagingOrder) -> str:
        """The name an order has on its card: the ACR's when recognized, else its own title, in plain text."""
        procedure = self.procedure_of(order)
        if procedure is None:
            return plain(order.title, TITLE_LIMIT) or texts.UNNAMED_ORDER
        if order.is_pulmonary_arteries:
            return texts.OF_PULMONARY_ARTERIES.format(procedure.name)
        return procedure.name

    def categories(self, procedure: str) -> Mapping[Variant, Category]:
        """The category of a rated procedure under each plausible variant."""
        return categories_of(self.site, procedure, self.plausible)

    def has_complement(self, judgment: Judgment) -> bool:
        """True when the card of this order offers the chest radiograph beside it."""
        index = judgment.order.index
        is_meant = self.decision.complement_for == index and index not in self.rated_before
        return is_meant and self.site.settings.suggest_complement and judgment.order.can_carry_actions


class Fitted(msgspec.Struct, frozen=True):
    """The words of a card, and the room in which they fit."""

    summary: str
    detail: str
    room: Room


def fitted(
    case: Case,
    summary_of: Callable[[Case], str],
    suggestions: Iterable[Suggestion],
    lines_of: Callable[[Case], Iterable[str]],
) -> Fitted:
    """The summary, and the fullest detail with which a card is short enough; in the full form all of it."""
    if not case.site.has_readers:
        return Fitted("", "", Room.AMPLE)
    labels = [suggestion.label for suggestion in suggestions]
    fitted_in = Fitted("", "", Room.AMPLE)
    for room in Room:
        narrowed = replace(case, room=room) if room else case
        fitted_in = Fitted(summary_of(narrowed), text_of(lines_of(narrowed)), room)
        if case.is_full or fits(fitted_in.summary, fitted_in.detail, labels):
            break
    return fitted_in


def text_of(lines: Iterable[str]) -> str:
    """The lines that say something, each a paragraph of its own."""
    return "\n\n".join(line for line in lines if line)


def is_arteriography(procedure: Procedure | None) -> bool:
    """True for catheter studies, which are never replaced by a diagnostic study nor offered for one."""
    return procedure is not None and procedure.modality is Modality.ARTERIOGRAPHY


def is_named_only(case: Case, judgment: Judgment) -> bool:
    """True where better studies are named and none replaces the order.

    So it is with a catheter study, one for further regions, and one that was not recognized.
    """
    order = judgment.order
    is_replaceable = bool(order.procedure) and not order.has_other_regions
    return not is_replaceable or is_arteriography(case.procedure_of(order))


def alert_for(decision: Decision, hook: Hook) -> Alert:
    """The alert of a request: at most one, and none where it concerns none of its orders.

    What proves, and an unstable patient, alert with any chest imaging order and any order for hemoptysis
    while the bleed is recent; a sign, and all of it later, only where an order is judged. None where the site
    silenced it.
    """
    alert, is_recent = decision.classification.alert, decision.classification.is_bleed_recent
    if alert_id(alert) in decision.silenced:
        return "none"
    outcomes = {judgment.outcome for judgment in decision.judgments}
    if alert == "none" or not (decision.has_hemoptysis or "other-order" in outcomes):
        return "none"
    if hook is Hook.PATIENT_VIEW:
        return alert if is_recent else "none"
    if alert == "sign" or not is_recent:
        is_concerned = any(judgment.is_judged for judgment in decision.judgments)
    else:
        is_concerned = not outcomes.isdisjoint(CHEST_IMAGING)
    return alert if is_concerned else "none"
