"""Every figure of the report as a sheet, in the words of a person."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from cds_service.cards import texts
from cds_service.cards.phrases import capital
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.answers import NO_REASON, OTHER_SYSTEM, UNMAPPED
from cds_service.records.report.cells import Cell, ChartKind, ReportColumn, Sheet
from cds_service.records.report.intervals import Share, ShareComparison
from cds_service.records.report.orders import NOTHING, Series
from cds_service.records.report.report import Figures, Report

Row: TypeAlias = tuple[Cell, ...]
"""One row of a table."""

INTERVAL: Final = "95 % interval"
_NAMES: Final[Mapping[str, str]] = {
    "differs-between-variants": "Differs between variants",
    "contrast-unspecified": "Contrast not stated",
    "ct-or-cta": "CT or CTA, not stated",
    "not-in-topic": "Not in the topic",
    "not-recognized": "Not recognized",
    NOTHING: "Not recognized",
    NO_REASON: "None given",
    OTHER_SYSTEM: "Of another system",
    UNMAPPED: "No HL7 category",
    "answer": "Whole answer",
    "fhir": "Calls to FHIR servers",
    "alert": "Alert",
    "order": "Order card",
    "chart": "Chart card",
}
_BY: Final = {"day": "Day", "week": "Week from", "month": "Month from"}
_HL7: Final = (ReportColumn("HL7 category"), ReportColumn("HL7 reason, nearest"))
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "categories": ("Orders by category", "Each order once, as it was judged last in the period."),
    "categories-over-time": ("Categories over time", "Each order once, at the time it was judged last."),
    "studies": ("Orders by study", "Each order once, as it was judged last in the period."),
    "studies-over-time": ("Studies over time", "Each order once, at the time it was judged last."),
    "variants": ("Orders by variant", "Each order once, as it was judged last in the period."),
    "variants-over-time": ("Variants over time", "Each order once, at the time it was judged last."),
    "answers": (
        "Answers to cards",
        "Of the cards that somebody saw, what came within {hours} h; no answer is nothing within {hours} h, "
        "{late:,} of them answered later. Left out: {still_open:,} shown less than {hours} h ago.",
    ),
    "reasons": (
        "Why cards were overridden",
        "The last reason given for each card that was overridden and not taken, and HL7's words for it.",
    ),
    "hl7": ("HL7 categories of the reasons", "The same reasons by HL7's category of non-adherence."),
    "changes": (
        "Orders changed after an alternative",
        "Of the orders of a known study that was not usually appropriate: those that became another one "
        "within {hours} h, by an accepted suggestion or as they were judged again. Without an alternative "
        "is what happens anyway. Left out: {still_open:,} judged less than {hours} h ago.",
    ),
    "moves": ("From study to study", "Which study became which, of all that changed."),
    "unmapped": (
        "Order codes to map",
        "Codes of orders that looked like imaging and that no list holds, by orders: for CDS_ORDER_CODES.",
    ),
    "unread": (
        "Observation codes to map",
        "Codes of observations that were not read, by calls: for CDS_OBSERVATION_CODES.",
    ),
    "missing": ("Missing data", "Kinds of data that were neither sent nor to be had, by calls."),
    "unreadable": ("Data not understood", "Kinds of data of which something could not be read, by calls."),
    "latency": (
        "How long answers took",
        "In milliseconds, by calls that were recorded; calls to FHIR servers where there were any.",
    ),
    "modes": (
        "Silent mode beside live",
        "The difference in percentage points; where its interval holds 0, it may be chance alone. "
        "Alternatives of silent mode are those that would have been offered.",
    ),
    "periods": (
        "Two periods",
        "The difference in percentage points; where its interval holds 0, it may be chance alone.",
    ),
}
"""What each sheet is called, and what it says it counts."""

_DRAWN_AS: Final[Mapping[str, ChartKind]] = {
    "latency": "times",
    "modes": "differences",
    "periods": "differences",
}


class ReportWords:
    """The names of what is counted, as the knowledge and the cards have them."""

    def __init__(self, knowledge: Knowledge) -> None:
        studies = {procedure.id: procedure.short_name for procedure in knowledge.procedures.values()}
        categories = {category.value: capital(text) for category, text in texts.CATEGORY.items()}
        kinds = {kind.value: capital(text) for kind, text in texts.KIND.items()}
        variants = {str(code): text for code, text in texts.TOPIC.items()}
        reasons = dict(texts.OVERRIDE_REASON)
        self._names = {**studies, **categories, **kinds, **variants, **reasons, **_NAMES}

    def of(self, code: str) -> str:
        """The name of a code; of a pair `a > b` both; a code without a name is its own."""
        if " > " in code:
            return " → ".join(map(self.of, code.split(" > ")))
        return self._names.get(code, code)

    def of_measure(self, name: str) -> str:
        """The name of a share that is compared: `kind/indicator: outcome`, or a code."""
        kind, found, rest = name.partition("/")
        return f"{self.of(kind)}, {rest}" if found else capital(self.of(name))


def sheets(report: Report, knowledge: Knowledge) -> tuple[Sheet, ...]:
    """All figures of a report; those of which there can be nothing are left out."""
    words = ReportWords(knowledge)
    figures = report.figures
    return (
        *_orders(figures, words),
        *_feedback(figures, words),
        *_changes(figures, words),
        *_gaps(figures, words),
        _latency(figures, words),
        *_comparisons(report, words),
    )


def _orders(figures: Figures, words: ReportWords) -> Iterator[Sheet]:
    orders = figures.orders
    yield _bars("categories", ("Category", "Orders"), _cells(orders.categories, words))
    yield _over_time("categories-over-time", orders.category_series, words)
    yield _bars("studies", ("Study", "Orders"), _cells(orders.procedures, words))
    yield _over_time("studies-over-time", orders.procedure_series, words)
    yield _bars("variants", ("Variant", "Orders"), _cells(orders.variants, words))
    yield _over_time("variants-over-time", orders.variant_series, words)


def _feedback(figures: Figures, words: ReportWords) -> Iterator[Sheet]:
    feedback = figures.feedback
    answers = [
        (f"{words.of(a.kind)}, {a.indicator}: {one.name}", *_share_cells(one))
        for a in feedback.answers
        for one in (a.accepted, a.overridden, a.unanswered)
    ]
    still_open = sum(a.still_open for a in feedback.answers)
    late = sum(a.late for a in feedback.answers)
    yield _bars(
        "answers", ("Card", "Cards"), answers, hours=figures.scope.hours, late=late, still_open=still_open
    )
    reasons = [
        (words.of(reason.code), *_share_cells(reason.given), words.of(reason.category), reason.nearest)
        for reason in feedback.reasons
    ]
    yield _sheet("reasons", (*_columns_of("Reason", "Cards"), *_HL7), reasons)
    yield _bars("hl7", ("HL7 category", "Cards"), _cells(feedback.nonadherence, words))


def _changes(figures: Figures, words: ReportWords) -> Iterator[Sheet]:
    changes = figures.changes
    still_open = sum(group.still_open for group in changes.groups)
    rows = [
        (f"{'With' if group.offered else 'Without'} an alternative: {one.name}", *_share_cells(one))
        for group in changes.groups
        for one in group.shares
    ]
    yield _bars("changes", ("Order", "Orders"), rows, hours=figures.scope.hours, still_open=still_open)
    yield _bars("moves", ("Change", "Orders"), _cells(changes.moves, words))


def _gaps(figures: Figures, words: ReportWords) -> Iterator[Sheet]:
    found = figures.gaps
    yield _bars("unmapped", ("Code", "Orders"), _cells(found.unmapped, words))
    yield _bars("unread", ("Code", "Calls"), _cells(found.unread, words))
    yield _bars("missing", ("Data", "Calls"), _cells(found.missing, words))
    yield _bars("unreadable", ("Data", "Calls"), _cells(found.unreadable, words))


def _latency(figures: Figures, words: ReportWords) -> Sheet:
    times = (ReportColumn(name, "ms") for name in ("Median", "95 %", "99 %", "Longest"))
    rows = [
        (f"{one.service}: {words.of(one.part)}", one.calls, one.p50, one.p95, one.p99, one.longest)
        for one in figures.latency
    ]
    columns = (ReportColumn("Service"), ReportColumn("Calls", "count"), *times)
    return _sheet("latency", columns, rows)


def _comparisons(report: Report, words: ReportWords) -> Iterator[Sheet]:
    if report.modes:
        yield _differences("modes", report.modes, ("Live", "Silent"), words)
    if report.earlier is not None:
        yield _differences("periods", report.periods, ("Earlier", "This period"), words)


def _differences(
    sheet_id: str, found: Iterable[ShareComparison], groups: tuple[str, str], words: ReportWords
) -> Sheet:
    each = [column for name in groups for column in _columns_of_group(name)]
    ends = (ReportColumn("Difference", "points"), ReportColumn(f"Difference, {INTERVAL}", "points-range"))
    rows = [
        (
            words.of_measure(one.name),
            *_share_cells(one.first),
            *_share_cells(one.second),
            one.difference,
            _range(one.low, one.high),
        )
        for one in found
    ]
    return _sheet(sheet_id, (ReportColumn("Share"), *each, *ends), rows)


def _over_time(sheet_id: str, series: Series, words: ReportWords) -> Sheet:
    columns = [ReportColumn(words.of(name), "count") for name in series.counts]
    counts = zip(*series.counts.values(), strict=True) if series.counts else ((),) * len(series.starts)
    rows = [(start.isoformat(), *of_one) for start, of_one in zip(series.starts, counts, strict=True)]
    heads = (ReportColumn(_BY[series.by]), *columns)
    return _sheet(sheet_id, heads, rows)


def _bars(sheet_id: str, heads: tuple[str, str], rows: Iterable[Row], **said: int) -> Sheet:
    return _sheet(sheet_id, _columns_of(*heads), rows, said)


def _sheet(
    sheet_id: str,
    columns: tuple[ReportColumn, ...],
    rows: Iterable[Row],
    said: Mapping[str, int] | None = None,
) -> Sheet:
    title, says = _SAID[sheet_id]
    return Sheet(
        id=sheet_id,
        title=title,
        says=says.format(**(said or {})),
        columns=columns,
        rows=tuple(rows),
        chart="columns" if sheet_id.endswith("-over-time") else _DRAWN_AS.get(sheet_id, "bars"),
        palette="categories" if sheet_id == "categories-over-time" else "neutral",
    )


def _columns_of(name: str, counted: str) -> tuple[ReportColumn, ...]:
    return (
        ReportColumn(name),
        ReportColumn(counted, "count"),
        ReportColumn("Of", "count"),
        ReportColumn("Share", "percent"),
        ReportColumn(INTERVAL, "percent-range"),
    )


def _columns_of_group(name: str) -> tuple[ReportColumn, ...]:
    return (
        ReportColumn(f"{name}, count", "count"),
        ReportColumn(f"{name}, of", "count"),
        ReportColumn(name, "percent"),
        ReportColumn(f"{name}, {INTERVAL}", "percent-range"),
    )


def _cells(found: Iterable[Share], words: ReportWords) -> Iterator[Row]:
    for one in found:
        yield words.of(one.name), *_share_cells(one)


def _share_cells(one: Share) -> Row:
    return one.count, one.of, one.share, _range(one.low, one.high)


def _range(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)
