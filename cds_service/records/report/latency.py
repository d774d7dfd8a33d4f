"""How long answers took: percentiles by service, of the whole and of the calls to FHIR servers in it."""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Column, Connection, func, or_, select

from cds_service.records.report.scope import Scope, about, called
from cds_service.records.sql.tables import CONSULTATIONS

TimedPart: TypeAlias = Literal["answer", "fhir"]
"""What was timed: the whole answer, or the calls to FHIR servers where there were any."""

PERCENTILES: Final = (50, 95, 99, 100)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that calls of one service took; the nearest rank, so each was really measured."""

    service: str
    part: TimedPart
    calls: int
    p50: float
    p95: float
    p99: float
    longest: float


def latencies(connection: Connection, scope: Scope) -> tuple[Latency, ...]:
    """Of each service its answers, then its calls to FHIR servers."""
    c = CONSULTATIONS.c
    return (
        *_of_part(connection, scope, "answer", c.judge_ms),
        *_of_part(connection, scope, "fhir", c.fetch_ms),
    )


def _of_part(connection: Connection, scope: Scope, part: TimedPart, column: Column[float]) -> list[Latency]:
    c = CONSULTATIONS.c
    is_timed = [column > 0] if part == "fhir" else []
    calls = (
        select(c.service_id, func.max(column).label("ms"))
        .where(*called(scope), *about(scope), *is_timed)
        .group_by(c.service_id, c.call_id)
        .subquery()
    )
    rank = func.row_number().over(partition_by=calls.c.service_id, order_by=calls.c.ms)
    of = func.count().over(partition_by=calls.c.service_id)
    ranked = select(calls.c.service_id, calls.c.ms, rank.label("rank"), of.label("of")).subquery()
    wanted = or_(*(ranked.c.rank == rank_of(p, ranked.c.of) for p in PERCENTILES))
    found: dict[tuple[str, int], dict[int, float]] = {}
    for service, ms, place, count in connection.execute(
        select(ranked).where(wanted).order_by(ranked.c.service_id, ranked.c.rank)
    ):
        found.setdefault((service, count), {})[place] = ms
    return [
        Latency(service, part, count, *(by_rank[rank_of(p, count)] for p in PERCENTILES))
        for (service, count), by_rank in found.items()
    ]


def rank_of(percentile: int, count: Any) -> Any:
    """The nearest rank of a percentile among so many: of a number one, of a column of whole numbers one."""
    return (count * percentile + 99) // 100
