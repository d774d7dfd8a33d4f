"""What became of orders that were not usually appropriate: whether they were changed, and to which study."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, select

from cds_service.knowledge.model import Category
from cds_service.records.feedback import in_utc
from cds_service.records.report.intervals import Share, share, shares
from cds_service.records.report.scope import Scope, about, called, milliseconds
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK


@dataclass(frozen=True, slots=True)
class Changes:
    """Of the orders that were not usually appropriate, with or without an alternative, what became of them.

    `still_open` were judged too lately to say, and were not changed yet.
    """

    offered: bool
    orders: int
    still_open: int
    to_alternative: Share
    to_other: Share

    @property
    def shares(self) -> tuple[Share, ...]:
        """Those that there can be."""
        return (self.to_alternative, self.to_other) if self.offered else (self.to_other,)


@dataclass(frozen=True, slots=True)
class OrderChanges:
    """The changes with and without an alternative, and from which study to which they went most often."""

    groups: tuple[Changes, ...]
    moves: tuple[Share, ...]


@dataclass(slots=True)
class _Order:
    """One order from the consultation on that first offered an alternative, or else its first one."""

    id: str
    at: int
    procedure: str
    alternatives: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    @property
    def moved_to(self) -> str:
        """The study that it became: an alternative before another one; empty where it stayed."""
        return min(self.taken, key=lambda study: (study not in self.alternatives.values(), study), default="")


def order_changes(connection: Connection, scope: Scope) -> OrderChanges:
    """What became of the orders of a period within the hours of the scope."""
    orders = _orders(connection, scope)
    by_id = {order.id: order for order in orders}
    _add_later_studies(connection, scope, by_id)
    _add_accepted(connection, scope, by_id)
    groups = (
        _changes(scope, offered=True, orders=[order for order in orders if order.alternatives]),
        _changes(scope, offered=False, orders=[order for order in orders if not order.alternatives]),
    )
    settled = [order for order in orders if order.at < scope.settled_before and order.moved_to]
    moves = Counter(f"{order.procedure} > {order.moved_to}" for order in settled)
    return OrderChanges(groups, shares(moves))


def _changes(scope: Scope, *, offered: bool, orders: Iterable[_Order]) -> Changes:
    every = list(orders)
    settled = [order for order in every if order.at < scope.settled_before]
    moved = [order for order in settled if order.moved_to]
    taken = sum(order.moved_to in order.alternatives.values() for order in moved)
    return Changes(
        offered,
        len(every),
        len(every) - len(settled),
        share("to an alternative", taken, len(settled)),
        share("to another study", len(moved) - taken, len(settled)),
    )


def _improvable(scope: Scope) -> list[Any]:
    """A recognized study that is not usually appropriate, in an order that can be found again.

    Of live ones only where the mode is not said: an alternative of silent mode was offered to nobody.
    """
    c = CONSULTATIONS.c
    return [
        c.order_index >= 0,
        c.order_key != "",
        c.procedure != "",
        c.category != Category.USUALLY_APPROPRIATE.value,
        *([] if scope.mode else [c.mode == "live"]),
        *called(scope),
        *about(scope),
    ]


def _orders(connection: Connection, scope: Scope) -> list[_Order]:
    c = CONSULTATIONS.c
    cards = and_(CARDS.c.consultation_id == c.id, CARDS.c.kind == "order", ~c.is_held_back)
    found = (
        select(c.id, c.at, c.mode, c.patient_key, c.order_key, c.procedure, CARDS.c.suggestions)
        .select_from(CONSULTATIONS.outerjoin(CARDS, cards))
        .where(*_improvable(scope))
        .order_by(c.at, c.id)
    )
    orders: dict[tuple[str, ...], _Order] = {}
    for row in connection.execute(found):
        offered = {uuid: study for uuid, study, *_ in row.suggestions or () if study != row.procedure}
        key = (row.mode, row.patient_key, row.order_key)
        if key not in orders or (offered and not orders[key].alternatives):
            orders[key] = _Order(row.id, row.at, row.procedure, offered)
    return list(orders.values())


def _add_later_studies(connection: Connection, scope: Scope, by_id: Mapping[str, _Order]) -> None:
    c, later = CONSULTATIONS.c, CONSULTATIONS.alias("later")
    same = and_(
        later.c.order_key == c.order_key,
        later.c.patient_key == c.patient_key,
        later.c.mode == c.mode,
        later.c.at > c.at,
        later.c.at <= c.at + scope.wait,
        later.c.procedure != c.procedure,
        later.c.procedure != "",
    )
    found = (
        select(c.id, later.c.procedure)
        .select_from(CONSULTATIONS.join(later, same))
        .where(*_improvable(scope))
    )
    for consultation, study in connection.execute(found.distinct()):
        if consultation in by_id:
            by_id[consultation].taken.add(study)


def _add_accepted(connection: Connection, scope: Scope, by_id: Mapping[str, _Order]) -> None:
    c, f = CONSULTATIONS.c, FEEDBACK.c
    cards = CONSULTATIONS.join(CARDS, CARDS.c.consultation_id == c.id)
    found = (
        select(c.id, CARDS.c.at, f.received_at, f.accepted_suggestions)
        .select_from(cards.join(FEEDBACK, f.card == CARDS.c.uuid))
        .where(*_improvable(scope), f.outcome == "accepted")
    )
    for consultation, at, came, accepted in connection.execute(found):
        order = by_id.get(consultation)
        if order is not None and milliseconds(in_utc(came)) - at <= scope.wait:
            order.taken |= {order.alternatives[uuid] for uuid in accepted if uuid in order.alternatives}
