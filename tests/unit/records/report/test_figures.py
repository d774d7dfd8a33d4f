"""Every figure of the report on a made record, against SQL that was written for the test alone."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from cds_service.knowledge.model import Knowledge
from cds_service.records.report.answers import Answers, feedback_on_cards
from cds_service.records.report.changes import order_changes
from cds_service.records.report.gaps import gaps
from cds_service.records.report.intervals import Share
from cds_service.records.report.latency import latencies
from cds_service.records.report.orders import order_counts
from cds_service.records.report.report import Question, report_from
from cds_service.records.report.scope import Scope
from tests.unit.records.report.conftest import SCOPE, Made, ms
from tests.unit.records.report.generator import END, OURS

DAY = 86_400_000
SCOPES = [
    SCOPE,
    replace(SCOPE, service="hemoptysis-imaging-order-sign", client="north"),
    replace(SCOPE, procedure="radiography-chest", variant="massive"),
    replace(SCOPE, hours=48, mode="silent"),
]
every_scope = pytest.mark.parametrize("scope", SCOPES, ids=["all", "service", "study", "silent"])

IN_SCOPE = """
    c.at >= :since AND c.at < :until
    AND (:service = '' OR c.service_id = :service) AND (:client = '' OR c.client = :client)
    AND (:mode = '' OR c.mode = :mode)
"""
ABOUT = "(:procedure = '' OR c.procedure = :procedure) AND (:variant = '' OR c.topic = :variant)"
LAST = f"""
    WITH mine AS (SELECT *, mode || patient_key || CASE order_key WHEN '' THEN consult_id ELSE order_key END
                  AS who FROM consultations c WHERE order_index >= 0 AND {IN_SCOPE}),
    last AS (SELECT * FROM mine c WHERE {ABOUT} AND NOT EXISTS
        (SELECT 1 FROM mine m WHERE m.who = c.who AND (m.at > c.at OR (m.at = c.at AND m.id > c.id))))
"""


def named(scope: Scope) -> dict[str, object]:
    since, until = ms(scope)
    settled = round((scope.now - timedelta(hours=scope.hours)).timestamp() * 1000)
    filters = {name: getattr(scope, name) for name in ("service", "client", "procedure", "variant", "mode")}
    return {**filters, "since": since, "until": until, "settled": settled, "wait": scope.hours * 3_600_000}


def asked(made: Made, sql: str, scope: Scope) -> list[tuple[object, ...]]:
    return made.file.execute(sql, named(scope)).fetchall()


def counts(shares: tuple[Share, ...]) -> dict[str, int]:
    return {one.name: one.count for one in shares if one.count}


@every_scope
def test_orders_by_category_study_and_variant(made: Made, connection: Connection, scope: Scope) -> None:
    orders = order_counts(connection, scope)

    def by(what: str) -> dict[object, object]:
        return dict(asked(made, f"{LAST} SELECT {what}, count(*) FROM last GROUP BY 1", scope))  # type: ignore[arg-type]

    assert counts(orders.categories) == by("CASE category WHEN '' THEN outcome ELSE category END")
    assert counts(orders.procedures) == by("CASE procedure WHEN '' THEN 'none' ELSE procedure END")
    assert counts(orders.variants) == by("topic")
    assert {orders.total} == {sum(counts(of).values()) for of in (orders.categories, orders.procedures)}
    assert all(one.of == orders.total for one in orders.categories)


@pytest.mark.parametrize(
    ("by", "bucket"),
    [
        ("day", "date(at / 1000, 'unixepoch')"),
        ("week", "date(at / 1000, 'unixepoch', '-6 days', 'weekday 1')"),
        ("month", "date(at / 1000, 'unixepoch', 'start of month')"),
    ],
)
def test_orders_over_time(made: Made, connection: Connection, by: str, bucket: str) -> None:
    series = order_counts(connection, SCOPE, by).category_series  # type: ignore[arg-type]

    found = {
        (start.isoformat(), name): count
        for name, of_one in series.counts.items()
        for start, count in zip(series.starts, of_one, strict=True)
        if count
    }
    category = "CASE category WHEN '' THEN outcome ELSE category END"
    rows = asked(made, f"{LAST} SELECT {bucket}, {category}, count(*) FROM last GROUP BY 1, 2", SCOPE)
    assert found == {(day, name): count for day, name, count in rows}
    assert list(series.starts) == sorted(set(series.starts))


def test_a_day_is_one_of_the_sites_zone(made: Made, connection: Connection) -> None:
    zone = ZoneInfo("Asia/Kathmandu")  # 5 h 45 min from UTC
    scope = replace(SCOPE, since=SCOPE.since.astimezone(zone), until=SCOPE.until.astimezone(zone))

    series = order_counts(connection, scope, "day").variant_series

    found = dict(
        zip(
            (start.isoformat() for start in series.starts),
            zip(*series.counts.values(), strict=True),
            strict=True,
        )
    )
    shifted = "date((at + 20700000) / 1000, 'unixepoch')"
    rows = asked(made, f"{LAST} SELECT {shifted}, count(*) FROM last GROUP BY 1", scope)
    assert {day: sum(of_day) for day, of_day in found.items() if sum(of_day)} == dict(rows)  # type: ignore[arg-type]


CARDS = f"""
    FROM cards k JOIN consultations c ON c.id = k.consultation_id
    WHERE c.mode = 'live' AND NOT (c.is_held_back AND k.kind = 'order') AND {IN_SCOPE} AND {ABOUT}
"""
IN_TIME = """
    FROM feedback f WHERE f.card = k.uuid
    AND round((julianday(f.received_at) - 2440587.5) * 86400000) - k.at <= :wait
"""
OUTCOME = f"""
    CASE WHEN EXISTS (SELECT 1 {IN_TIME} AND f.outcome = 'accepted') THEN 'accepted'
    WHEN EXISTS (SELECT 1 {IN_TIME}) THEN 'overridden'
    WHEN EXISTS (SELECT 1 FROM feedback f WHERE f.card = k.uuid) THEN 'late' ELSE 'none' END
"""


@every_scope
def test_answers_to_cards(made: Made, connection: Connection, knowledge: Knowledge, scope: Scope) -> None:
    answers = feedback_on_cards(connection, scope, knowledge.nonadherence).answers

    rows = asked(made, f"SELECT k.kind, k.indicator, k.at >= :settled, {OUTCOME} {CARDS}", scope)
    expected: dict[tuple[object, object], Counter[object]] = {}
    for kind, indicator, is_open, outcome in rows:
        expected.setdefault((kind, indicator), Counter())["open" if is_open else outcome] += 1
    assert {(a.kind, a.indicator): counted(a) for a in answers} == {
        key: {
            "shown": found.total(),
            "open": found["open"],
            "accepted": found["accepted"],
            "overridden": found["overridden"],
            "unanswered": found["none"] + found["late"],
            "late": found["late"],
            "of": found.total() - found["open"],
        }
        for key, found in expected.items()
    }


def counted(a: Answers) -> dict[str, int]:
    return {
        "shown": a.shown,
        "open": a.still_open,
        "accepted": a.accepted.count,
        "overridden": a.overridden.count,
        "unanswered": a.unanswered.count,
        "late": a.late,
        "of": a.accepted.of,
    }


@every_scope
def test_reasons_to_override_and_their_hl7_categories(
    made: Made, connection: Connection, knowledge: Knowledge, scope: Scope
) -> None:
    feedback = feedback_on_cards(connection, scope, knowledge.nonadherence)

    last = f"SELECT max(f.id) {IN_TIME} AND f.outcome = 'overridden'"
    reason = f"""(SELECT CASE WHEN override_code = '' THEN 'none-given'
        WHEN override_system IN ('', '{OURS}') AND override_code != 'Z-1'
        THEN override_code ELSE 'of-another-system' END FROM feedback WHERE id = ({last}))"""
    rows = asked(
        made,
        f"SELECT {reason}, count(*) {CARDS} AND k.at < :settled AND {OUTCOME} = 'overridden' GROUP BY 1",
        scope,
    )
    expected = {str(code): count for code, count in rows}
    assert {one.code: one.given.count for one in feedback.reasons} == expected
    table = knowledge.nonadherence
    categories: Counter[str] = Counter()
    for code, count in expected.items():
        categories[table[code][0] if code in table else "unmatched"] += int(str(count))
    assert counts(feedback.nonadherence) == categories
    assert all((r.category, r.nearest) == table[r.code] for r in feedback.reasons if r.code in table)


@pytest.mark.parametrize("scope", [SCOPE, SCOPES[1], SCOPES[3], replace(SCOPE, hours=2)])
def test_orders_changed_after_an_alternative(made: Made, connection: Connection, scope: Scope) -> None:
    changes = order_changes(connection, scope)

    assert [
        (g.offered, g.orders, g.still_open, g.to_alternative.count, g.to_other.count, g.to_other.of)
        for g in changes.groups
    ] == [changed(made, scope, offered=offered) for offered in (True, False)]
    assert sum(one.count for one in changes.moves) == sum(
        g.to_alternative.count + g.to_other.count for g in changes.groups
    )


def test_the_made_record_holds_every_kind_of_change(made: Made) -> None:
    offered, without = (changed(made, SCOPE, offered=offered) for offered in (True, False))

    assert 0 not in offered
    assert 0 not in (without[1], without[4])


def changed(made: Made, scope: Scope, *, offered: bool) -> tuple[object, ...]:
    """The same by SQL that looks up one order after the other."""
    improvable = f"""
        SELECT c.*, (SELECT suggestions FROM cards k WHERE k.consultation_id = c.id AND k.kind = 'order'
        AND NOT c.is_held_back) AS offers FROM consultations c
        WHERE order_index >= 0 AND order_key != '' AND procedure != '' AND category != 'usually-appropriate'
        AND (:mode != '' OR c.mode = 'live') AND {IN_SCOPE} AND {ABOUT}
    """
    rows = asked(
        made,
        "SELECT order_key, id, at, procedure, mode, coalesce(offers, '[]') AS offers"
        f" FROM ({improvable}) ORDER BY at, id",
        scope,
    )
    orders: dict[object, tuple[object, ...]] = {}
    for order, *row in rows:
        if order not in orders or (orders[order][-1] == "[]" and row[-1] != "[]"):
            orders[order] = tuple(row)
    tally: Counter[str] = Counter()
    for order, (consultation, at, procedure, mode, offers) in orders.items():
        suggested = {uuid: study for uuid, study, *_ in json.loads(str(offers))}
        if bool(suggested) != offered:
            continue
        tally["orders"] += 1
        if int(str(at)) >= int(str(named(scope)["settled"])):
            tally["open"] += 1
            continue
        later = made.ask(
            "SELECT procedure FROM consultations WHERE order_key = ?"
            " AND mode = ? AND at > ? AND at <= ? AND procedure NOT IN ('', ?)",
            *(order, mode, at, int(str(at)) + scope.hours * 3_600_000, procedure),
        )
        taken = made.ask(
            "SELECT j.value FROM feedback f JOIN cards k ON k.uuid = f.card,"
            " json_each(f.accepted_suggestions) j WHERE k.consultation_id = ? AND f.outcome = 'accepted'"
            " AND round((julianday(f.received_at) - 2440587.5) * 86400000) - k.at <= ?",
            *(consultation, scope.hours * 3_600_000),
        )
        studies = {study for (study,) in later} | {suggested[uuid] for (uuid,) in taken if uuid in suggested}
        tally["alternative" if studies & {*suggested.values()} else "other" if studies else "none"] += 1
    settled = tally["orders"] - tally["open"]
    return (offered, tally["orders"], tally["open"], tally["alternative"], tally["other"], settled)


@every_scope
def test_what_is_to_be_mapped_and_what_was_missing(made: Made, connection: Connection, scope: Scope) -> None:
    found = gaps(connection, scope)

    calls = f"FROM consultations c, json_each(c.{{}}) j WHERE {IN_SCOPE} AND {ABOUT}"
    for name in ("missing", "unread", "unreadable"):
        sql = f"SELECT j.value, count(DISTINCT c.call_id) {calls.format(name)} GROUP BY 1"
        assert counts(getattr(found, name)) == dict(asked(made, sql, scope)), name  # type: ignore[arg-type]
    sql = f"{LAST} SELECT j.value, count(*) FROM last, json_each(last.unmapped) j GROUP BY 1"
    assert counts(found.unmapped) == dict(asked(made, sql, scope))  # type: ignore[arg-type]
    every = asked(
        made, f"SELECT count(DISTINCT call_id) FROM consultations c WHERE {IN_SCOPE} AND {ABOUT}", scope
    )
    lacking = asked(made, f"SELECT count(DISTINCT c.call_id) {calls.format('missing')}", scope)
    assert [(found.calls,), (found.any_missing,)] == [*every, *lacking]


@every_scope
@pytest.mark.parametrize(("part", "column"), [("answer", "judge_ms"), ("fhir", "fetch_ms")])
def test_percentiles_of_time(
    made: Made, connection: Connection, scope: Scope, part: str, column: str
) -> None:
    found = {one.service: one for one in latencies(connection, scope) if one.part == part}

    rows = asked(
        made,
        f"SELECT DISTINCT service_id, call_id, {column} FROM consultations c WHERE {IN_SCOPE} AND {ABOUT}",
        scope,
    )
    by_service: dict[str, list[float]] = {}
    for service, _, time in rows:
        if part == "answer" or float(str(time)) > 0:
            by_service.setdefault(str(service), []).append(float(str(time)))
    assert found.keys() == by_service.keys()
    for service, times in by_service.items():
        times.sort()
        one, n = found[service], len(times)
        ranks = [times[-(-n * p // 100) - 1] for p in (50, 95, 99)]
        assert [one.calls, one.p50, one.p95, one.p99, one.longest] == [n, *ranks, times[-1]]


def test_silent_beside_live_and_one_period_beside_another(
    made: Made, connection: Connection, knowledge: Knowledge
) -> None:
    earlier = replace(SCOPE, since=END - timedelta(days=120), until=SCOPE.since)

    report = report_from(connection, Question(SCOPE, earlier), knowledge)

    sql = f"{LAST} SELECT sum(category = 'usually-appropriate'), count(*) FROM last"
    sides = (
        ("modes", replace(SCOPE, mode="live"), replace(SCOPE, mode="silent")),
        ("periods", earlier, SCOPE),
    )
    for name, first, second in sides:
        compared = next(one for one in getattr(report, name) if one.name == "usually-appropriate")
        (before,), (after,) = asked(made, sql, first), asked(made, sql, second)
        assert (compared.first.count, compared.first.of) == before
        assert (compared.second.count, compared.second.of) == after
        share = [int(str(a)) / int(str(b)) for a, b in (before, after)]
        assert compared.difference == pytest.approx(share[1] - share[0])
    strangers = "SELECT count(*) FROM feedback WHERE card NOT IN (SELECT uuid FROM cards)"
    assert made.ask(strangers) == [(report.unknown_cards,)]
    assert report.figures.consultations == sum(one.count for one in report.figures.editions)


def test_an_empty_period_is_a_report_of_nothing(connection: Connection, knowledge: Knowledge) -> None:
    year = datetime(2019, 1, 1, tzinfo=UTC)
    scope = Scope(since=year, until=year + timedelta(days=3), now=END)

    report = report_from(connection, Question(scope, replace(scope, until=scope.until)), knowledge)

    assert (report.figures.consultations, report.figures.orders.total, report.modes) == (0, 0, ())
    assert [one.share for one in report.figures.orders.categories] == [None, None, None]
