"""What clinicians did with the cards that they saw: took, overrode and why, or nothing in the time given."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, case, func, select

from cds_service.cards.code_systems import OVERRIDE_SYSTEM
from cds_service.cards.texts import OVERRIDE_REASON
from cds_service.records.feedback import in_utc
from cds_service.records.report.intervals import Share, share, shares
from cds_service.records.report.scope import (
    Scope,
    about,
    called,
    cards_shown,
    milliseconds,
    was_shown,
)
from cds_service.records.sql.tables import CARDS, FEEDBACK

NO_REASON: Final = "none-given"
OTHER_SYSTEM: Final = "of-another-system"
"""A reason that is none of ours; its code is not shown, as a client may write anything there."""

UNMAPPED: Final = "unmatched"
"""Of HL7's categories none; as the ConceptMap says it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The settled answers to one kind of card; `still_open` were shown too lately to say.

    `late` counts cards whose first answer came after the time given: they are among the unanswered.
    """

    kind: str
    indicator: str
    shown: int
    still_open: int
    accepted: Share
    overridden: Share
    unanswered: Share
    late: int


@dataclass(frozen=True, slots=True)
class GivenReason:
    """One reason to override, HL7's category and nearest reason for it, and how often it was given."""

    code: str
    category: str
    nearest: str
    given: Share


@dataclass(frozen=True, slots=True)
class FeedbackFigures:
    """All that is said of answers: by kind of card, and the reasons of those that were overridden."""

    answers: tuple[Answers, ...]
    reasons: tuple[GivenReason, ...]
    nonadherence: tuple[Share, ...]


class _Settled(NamedTuple):
    kind: str
    indicator: str
    outcome: str
    reason: str


def feedback_on_cards(
    connection: Connection, scope: Scope, nonadherence: Mapping[str, tuple[str, str]]
) -> FeedbackFigures:
    """The answers to the cards of a period; `nonadherence` has HL7's words for our reasons."""
    settled = list(_settled(connection, scope))
    given = Counter(one.reason for one in settled if one.outcome == "overridden")
    overridden = given.total()
    unknown = (UNMAPPED, "")
    reasons = tuple(GivenReason(one.name, *nonadherence.get(one.name, unknown), one) for one in shares(given))
    categories: Counter[str] = Counter()
    for reason in reasons:
        categories[reason.category] += reason.given.count
    answers = tuple(_answers(connection, scope, settled))
    return FeedbackFigures(answers, reasons, shares(categories, overridden))


def _answers(connection: Connection, scope: Scope, settled: Iterable[_Settled]) -> Iterator[Answers]:
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in settled:
        counts[one.kind, one.indicator][one.outcome] += 1
    for kind, indicator, shown, still_open in connection.execute(_shown(scope)):
        of, found = shown - still_open, counts[kind, indicator]
        accepted, overridden = found["accepted"], found["overridden"]
        yield Answers(
            kind,
            indicator,
            shown,
            still_open,
            share("accepted", accepted, of),
            share("overridden", overridden, of),
            share("no answer", of - accepted - overridden, of),
            found["late"],
        )


def _shown(scope: Scope) -> Select[Any]:
    is_open = func.sum(case((CARDS.c.at >= scope.settled_before, 1), else_=0))
    return (
        select(CARDS.c.kind, CARDS.c.indicator, func.count(), is_open)
        .select_from(cards_shown())
        .where(*was_shown(), *called(scope), *about(scope))
        .group_by(CARDS.c.kind, CARDS.c.indicator)
        .order_by(CARDS.c.kind, CARDS.c.indicator)
    )


def _settled(connection: Connection, scope: Scope) -> Iterator[_Settled]:
    """What came of each card that got any feedback: a card that was taken once is taken."""
    f = FEEDBACK.c
    found = (
        select(CARDS.c.uuid, CARDS.c.at, CARDS.c.kind, CARDS.c.indicator)
        .add_columns(f.outcome, f.override_code, f.override_system, f.received_at)
        .select_from(cards_shown().join(FEEDBACK, f.card == CARDS.c.uuid))
        .where(*was_shown(), *called(scope), *about(scope), CARDS.c.at < scope.settled_before)
        .order_by(CARDS.c.uuid, f.id)
    )
    items_of: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(found):
        items_of[row.uuid].append(row)
    for items in items_of.values():
        in_time = [item for item in items if milliseconds(in_utc(item.received_at)) - item.at <= scope.wait]
        overridden = [item for item in in_time if item.outcome == "overridden"]
        last = overridden[-1] if overridden else items[-1]
        outcome = "late" if not in_time else "overridden" if len(overridden) == len(in_time) else "accepted"
        yield _Settled(
            last.kind, last.indicator, outcome, reason_of(last.override_code, last.override_system)
        )


def reason_of(code: str, system: str) -> str:
    """The reason by our own code, or what can be said of another one."""
    is_ours = code in OVERRIDE_REASON and (not system or system.endswith(f"/CodeSystem/{OVERRIDE_SYSTEM}"))
    if is_ours:
        return code
    return OTHER_SYSTEM if code else NO_REASON
