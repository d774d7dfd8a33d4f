"""Every figure of the report as a sheet, in the words of a person."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cds_service.cards import texts
from cds_service.cards.phrases import capital
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.answers import NO_REASON, OTHER_SYSTEM, UNMAPPED
from cds_service.records.report.cells import Cell, Palette, ReportColumn, Sheet
from cds_service.records.report.intervals import Comparison, Share
from cds_service.records.report.orders import NOTHING, Series
from cds_service.records.report.report import Figures, Report

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
_SHARES: Final = (
    ReportColumn("Of", "count"),
    ReportColumn("Share", "percent"),
    ReportColumn(INTERVAL, "percent-range"),
)


class Words:
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
    words = Words(knowledge)
    figures = report.figures
    return (
        *_orders(figures, words),
        *_feedback(figures, words),
        *_changes(figures, words),
        *_gaps(figures, words),
        _latency(figures, words),
        *_comparisons(report, words),
    )


def _orders(figures: Figures, words: Words) -> Iterator[Sheet]:
    orders = figures.orders
    once = "Each order once, as it was judged last in the period."
    yield _bars("categories", "Orders by category", once, ("Category", "Orders"), orders.categories, words)
    yield _over_time(
        "categories-over-time", "Categories over time", orders.category_series, words, "categories"
    )
    yield _bars("studies", "Orders by study", once, ("Study", "Orders"), orders.procedures, words)
    yield _over_time("studies-over-time", "Studies over time", orders.procedure_series, words)
    yield _bars("variants", "Orders by variant", once, ("Variant", "Orders"), orders.variants, words)
    yield _over_time("variants-over-time", "Variants over time", orders.variant_series, words)


def _feedback(figures: Figures, words: Words) -> Iterator[Sheet]:
    hours, feedback = figures.scope.hours, figures.feedback
    rows = [
        (f"{words.of(a.kind)}, {a.indicator}: {one.name}", *_share_cells(one))
        for a in feedback.answers
        for one in (a.accepted, a.overridden, a.unanswered)
    ]
    still_open = sum(a.still_open for a in feedback.answers)
    late = sum(a.late for a in feedback.answers)
    yield Sheet(
        id="answers",
        title="Answers to cards",
        says=f"Of the cards that somebody saw, what came within {hours} h; no answer is nothing within {hours} h, "
        f"{late:,} of them answered later. Left out: {still_open:,} shown less than {hours} h ago.",
        columns=(ReportColumn("Card"), ReportColumn("Cards", "count"), *_SHARES),
        rows=tuple(rows),
        chart="bars",
    )
    yield Sheet(
        id="reasons",
        title="Why cards were overridden",
        says="The last reason given for each card that was overridden and not taken, and HL7's words for it.",
        columns=(
            ReportColumn("Reason"),
            ReportColumn("Cards", "count"),
            *_SHARES,
            ReportColumn("HL7 category"),
            ReportColumn("HL7 reason, nearest"),
        ),
        rows=tuple(
            (words.of(r.code), *_share_cells(r.given), words.of(r.category), r.nearest)
            for r in feedback.reasons
        ),
        chart="bars",
    )
    says = "The same reasons by HL7's category of non-adherence."
    yield _bars(
        "hl7", "HL7 categories of the reasons", says, ("HL7 category", "Cards"), feedback.nonadherence, words
    )


def _changes(figures: Figures, words: Words) -> Iterator[Sheet]:
    hours, changes = figures.scope.hours, figures.changes
    still_open = sum(group.still_open for group in changes.groups)
    yield Sheet(
        id="changes",
        title="Orders changed after an alternative",
        says="Of the orders of a known study that was not usually appropriate: those that became another study "
        f"within {hours} h, by an accepted suggestion or as they were judged again. Without an alternative is "
        f"what happens anyway. Left out: {still_open:,} judged less than {hours} h ago.",
        columns=(ReportColumn("Order"), ReportColumn("Orders", "count"), *_SHARES),
        rows=tuple(
            (f"{'With' if group.offered else 'Without'} an alternative: {one.name}", *_share_cells(one))
            for group in changes.groups
            for one in (group.to_alternative, group.to_other)
        ),
        chart="bars",
    )
    says = "Which study became which, of all that changed."
    yield _bars("moves", "From study to study", says, ("Change", "Orders"), changes.moves, words)


def _gaps(figures: Figures, words: Words) -> Iterator[Sheet]:
    found = figures.gaps
    orders = (
        "Codes of orders that looked like imaging and that no list holds: to be mapped in CDS_ORDER_CODES."
    )
    yield _bars("unmapped", "Order codes to map", orders, ("Code", "Orders"), found.unmapped, words)
    unread = "Codes of observations that were not read, by calls: to be mapped in CDS_OBSERVATION_CODES."
    yield _bars("unread", "Observation codes to map", unread, ("Code", "Calls"), found.unread, words)
    missing = "Kinds of data that were neither sent nor to be had, by calls."
    yield _bars("missing", "Missing data", missing, ("Data", "Calls"), found.missing, words)
    unreadable = "Kinds of data of which something came that could not be read, by calls."
    yield _bars("unreadable", "Data not understood", unreadable, ("Data", "Calls"), found.unreadable, words)


def _latency(figures: Figures, words: Words) -> Sheet:
    ms = ("Median", "95 %", "99 %", "Longest")
    return Sheet(
        id="latency",
        title="How long answers took",
        says="In milliseconds, by calls that were recorded; calls to FHIR servers where there were any.",
        columns=(
            ReportColumn("Service"),
            ReportColumn("Calls", "count"),
            *(ReportColumn(n, "ms") for n in ms),
        ),
        rows=tuple(
            (
                f"{one.service}: {words.of(one.part).lower()}",
                one.calls,
                one.p50,
                one.p95,
                one.p99,
                one.longest,
            )
            for one in figures.latency
        ),
        chart="times",
    )


def _comparisons(report: Report, words: Words) -> Iterator[Sheet]:
    says = "The difference in percentage points; where its interval holds 0, it may be chance alone."
    if report.modes:
        title = "Silent mode beside live"
        said = f"{says} Alternatives of silent mode are those that would have been offered."
        yield _differences("modes", title, said, report.modes, ("Live", "Silent"), words)
    if report.earlier is not None:
        yield _differences("periods", "Two periods", says, report.periods, ("Earlier", "This period"), words)


def _differences(
    sheet_id: str, title: str, says: str, found: Iterable[Comparison], groups: tuple[str, str], words: Words
) -> Sheet:
    each = [column for name in groups for column in _of_group(name)]
    return Sheet(
        id=sheet_id,
        title=title,
        says=says,
        columns=(
            ReportColumn("Share"),
            *each,
            ReportColumn("Difference", "points"),
            ReportColumn("Difference, 95 % interval", "points-range"),
        ),
        rows=tuple(
            (
                words.of_measure(one.name),
                *_group_cells(one.first),
                *_group_cells(one.second),
                one.difference,
                _range(one.low, one.high),
            )
            for one in found
        ),
        chart="differences",
    )


def _of_group(name: str) -> tuple[ReportColumn, ...]:
    return (
        ReportColumn(f"{name}, count", "count"),
        ReportColumn(f"{name}, of", "count"),
        ReportColumn(name, "percent"),
        ReportColumn(f"{name}, {INTERVAL}", "percent-range"),
    )


def _group_cells(one: Share) -> tuple[Cell, ...]:
    return (one.count, one.of, one.share, _range(one.low, one.high))


def _bars(
    sheet_id: str, title: str, says: str, heads: tuple[str, str], found: Iterable[Share], words: Words
) -> Sheet:
    columns = (ReportColumn(heads[0]), ReportColumn(heads[1], "count"), *_SHARES)
    rows = tuple((words.of(one.name), *_share_cells(one)) for one in found)
    return Sheet(id=sheet_id, title=title, says=says, columns=columns, rows=rows, chart="bars")


def _share_cells(one: Share) -> tuple[Cell, ...]:
    return (one.count, one.of, one.share, _range(one.low, one.high))


def _range(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)


def _over_time(sheet_id: str, title: str, series: Series, words: Words, palette: Palette = "plain") -> Sheet:
    columns = [ReportColumn(words.of(name), "count") for name in series.counts]
    counts = zip(*series.counts.values(), strict=True) if series.counts else ((),) * len(series.starts)
    return Sheet(
        id=sheet_id,
        title=title,
        says="Each order once, at the time it was judged last.",
        columns=(ReportColumn(_BY[series.by]), *columns),
        rows=tuple((start.isoformat(), *of_one) for start, of_one in zip(series.starts, counts, strict=True)),
        chart="columns",
        palette=palette,
    )
