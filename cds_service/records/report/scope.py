"""Which part of the record a report is about, as conditions of its queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, FromClause, Subquery, case, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from cds_service.records.consultation import Mode
from cds_service.records.sql.tables import CARDS, CONSULTATIONS

Columns: TypeAlias = ReadOnlyColumnCollection[str, Any]
"""The columns of the consultations, or of a selection of them."""

BucketUnit: TypeAlias = Literal["day", "week", "month"]
"""What a figure over time is counted by."""

ANSWER_HOURS: Final = 24
"""How long an answer to a card is waited for, unless said otherwise (project default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a report is about: the consultations from `since` until before `until`, filtered.

    An empty filter lets everything through. `hours` after a card was shown, or an order judged, what came of
    it is settled; what is younger than that at `now` is still open and counts in no share.
    """

    since: datetime
    until: datetime
    now: datetime
    hours: int = ANSWER_HOURS
    service: str = ""
    client: str = ""
    procedure: str = ""
    variant: str = ""
    mode: Mode | Literal[""] = ""

    @property
    def settled_before(self) -> int:
        """What was shown at this millisecond or later is still open.

        CAUTION: not by subtracting from `now`, which is an hour off when the clocks are changed.
        """
        return milliseconds(self.now) - self.wait

    @property
    def wait(self) -> int:
        """How long an answer is waited for, in milliseconds."""
        return self.hours * 3_600_000


def milliseconds(instant: datetime) -> int:
    """Since 1970, as the record has its instants."""
    return round(instant.timestamp() * 1000)


def called(scope: Scope, c: Columns = CONSULTATIONS.c) -> list[ColumnElement[bool]]:
    """When, by whom and where: the conditions that hold for a whole call."""
    filters = ((c.service_id, scope.service), (c.client, scope.client), (c.mode, scope.mode))
    return [
        c.at >= milliseconds(scope.since),
        c.at < milliseconds(scope.until),
        *(column == wanted for column, wanted in filters if wanted),
    ]


def about(scope: Scope, c: Columns = CONSULTATIONS.c) -> list[ColumnElement[bool]]:
    """Which study, and under which variant."""
    filters = ((c.procedure, scope.procedure), (c.topic, scope.variant))
    return [column == wanted for column, wanted in filters if wanted]


def order_of(c: Columns) -> tuple[ColumnElement[Any], ...]:
    """What makes two consultations those of one order; one without an id is known by its rating's id."""
    return c.mode, c.patient_key, case((c.order_key == "", c.consult_id), else_=c.order_key)


def last_judged(scope: Scope) -> Subquery:
    """Each order once, as it was judged last in the period: at order-sign as a rule, not at every hook."""
    c = CONSULTATIONS.c
    place = func.row_number().over(partition_by=order_of(c), order_by=(c.at.desc(), c.id.desc()))
    judged = (c.at, c.category, c.outcome, c.procedure, c.topic, c.unmapped)
    ranked = select(*judged, place.label("place")).where(c.order_index >= 0, *called(scope)).subquery()
    return select(ranked).where(ranked.c.place == 1, *about(scope, ranked.c)).subquery()


def cards_shown() -> FromClause:
    """The cards with their consultations; to be narrowed by `was_shown`."""
    return CARDS.join(CONSULTATIONS, CARDS.c.consultation_id == CONSULTATIONS.c.id)


def was_shown() -> list[ColumnElement[bool]]:
    """A card that somebody saw: none of silent mode, and no order's card that was held back."""
    c = CONSULTATIONS.c
    return [c.mode == "live", ~(c.is_held_back & (CARDS.c.kind == "order"))]
