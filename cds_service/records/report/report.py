"""The whole report: the figures of a period, silent mode beside live, and one period beside another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from cds_service.knowledge.model import Knowledge
from cds_service.records.report.answers import FeedbackFigures, feedback_on_cards
from cds_service.records.report.changes import OrderChanges, order_changes
from cds_service.records.report.gaps import Gaps, gaps
from cds_service.records.report.intervals import Share, ShareComparison, compared, share, shares
from cds_service.records.report.latency import Latency, latencies
from cds_service.records.report.orders import OrderCounts, order_counts
from cds_service.records.report.reading import reading
from cds_service.records.report.scope import BucketUnit, Scope, about, called
from cds_service.records.sql.tables import CARDS, CONSULTATIONS, FEEDBACK


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything counted of one scope; `editions` are those of the knowledge that judged."""

    scope: Scope
    consultations: int
    editions: tuple[Share, ...]
    orders: OrderCounts
    feedback: FeedbackFigures
    changes: OrderChanges
    gaps: Gaps
    latency: tuple[Latency, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period; `modes` silent less live, `periods` the period less an earlier one.

    `earlier` is None where no other period was asked for. `unknown_cards` counts feedback of the whole
    record whose card is not in it.
    """

    figures: Figures
    modes: tuple[ShareComparison, ...]
    earlier: Scope | None
    periods: tuple[ShareComparison, ...]
    unknown_cards: int


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks of the record: a scope, another to set it beside, and the buckets of time."""

    scope: Scope
    earlier: Scope | None = None
    by: BucketUnit | None = None


def report_on(database_url: str, question: Question, knowledge: Knowledge) -> Report:
    """The report, all of it of one moment of the record. Raises as `reading` does."""
    with reading(database_url) as connection:
        return report_from(connection, question, knowledge)


def report_from(connection: Connection, question: Question, knowledge: Knowledge) -> Report:
    """The report from an open connection."""
    scope, hl7 = question.scope, knowledge.nonadherence
    figures = figures_of(connection, scope, hl7, question.by)
    periods: tuple[ShareComparison, ...] = ()
    if question.earlier is not None:
        earlier = figures_of(connection, question.earlier, hl7)
        periods = compared(main_shares(earlier), main_shares(figures))
    modes: tuple[ShareComparison, ...] = ()
    silent = figures_of(connection, replace(scope, mode="silent"), hl7)
    if silent.consultations:
        live = figures_of(connection, replace(scope, mode="live"), hl7)
        modes = compared(main_shares(live), main_shares(silent))
    return Report(figures, modes, question.earlier, periods, _unknown_cards(connection))


def figures_of(
    connection: Connection,
    scope: Scope,
    nonadherence: Mapping[str, tuple[str, str]],
    by: BucketUnit | None = None,
) -> Figures:
    """Everything counted of one scope."""
    c = CONSULTATIONS.c
    found = select(c.edition, func.count()).where(*called(scope), *about(scope)).group_by(c.edition)
    editions = {str(edition): int(count) for edition, count in connection.execute(found)}
    return Figures(
        scope,
        sum(editions.values()),
        shares(editions),
        order_counts(connection, scope, by),
        feedback_on_cards(connection, scope, nonadherence),
        order_changes(connection, scope),
        gaps(connection, scope),
        latencies(connection, scope),
    )


def main_shares(figures: Figures) -> Iterator[Share]:
    """The shares by which one period, or one mode, is set beside another; those of nothing are left out."""
    yield from figures.orders.categories
    for answers in figures.feedback.answers:
        for one in (answers.accepted, answers.overridden, answers.unanswered):
            yield replace(one, name=f"{answers.kind}/{answers.indicator}: {one.name}")
    for changes in figures.changes.groups:
        where = "with an alternative" if changes.offered else "without an alternative"
        for one in changes.shares:
            yield replace(one, name=f"{where}: {one.name}")
    yield share("calls that lacked data", figures.gaps.any_missing, figures.gaps.calls)


def _unknown_cards(connection: Connection) -> int:
    known = select(CARDS.c.uuid).where(CARDS.c.uuid == FEEDBACK.c.card).exists()
    return connection.execute(select(func.count()).select_from(FEEDBACK).where(~known)).scalar_one()
