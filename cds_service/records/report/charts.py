"""The tables of a report as drawings in SVG: no script, no style of their own, readable at any width.

Horizontal places are percentages and no view box is set, so that letters keep their size on a narrow
screen. Colors come from classes of the stylesheet.
"""

from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Final

from cds_service.records.report.cells import ChartKind, Sheet, shown

MOST_BARS: Final = 15
MOST_SERIES: Final = 7
"""How many series have a color of their own; further ones are drawn together."""

_LONGEST_LABEL: Final = 34
_ROW: Final = 42
_HEIGHT: Final = 200
_ABOVE: Final = 14
_ROUND: Final = (1, 2, 2.5, 5, 10)


def chart_of(sheet: Sheet) -> str:
    """The drawing of a sheet, and its legend, as HTML; empty where there is nothing to draw."""
    return _DRAWN[sheet.chart](sheet) if sheet.rows else ""


def _bars(sheet: Sheet) -> str:
    """Each share as a bar with its interval, from 0 to a round share above the largest."""
    place = {column.format: index for index, column in enumerate(sheet.columns) if column.format != "text"}
    rows = sheet.rows[:MOST_BARS]
    ranges = [row[place["percent-range"]] for row in rows]
    top = min(1.0, round_above(max((r[1] for r in ranges if isinstance(r, tuple)), default=1.0)))
    drawn = []
    for index, (row, interval) in enumerate(zip(rows, ranges, strict=True)):
        share = row[place["percent"]]
        value = f"{shown(row[1], 'count')} ({shown(share, 'percent')})"
        drawn += _labeled(index, str(row[0]), value)
        if isinstance(share, float) and isinstance(interval, tuple):
            drawn.append(_rect(0, index * _ROW + 22, share / top, 12, "chart__bar"))
            drawn.append(_whisker(interval[0] / top, interval[1] / top, index * _ROW + 28))
    drawn += _scale("0", shown(top, "percent"), len(rows) * _ROW + 10)
    return _svg(sheet, drawn, len(rows) * _ROW + 16) + _left_out(len(sheet.rows))


def _times(sheet: Sheet) -> str:
    """From the median to the 99th percentile a line, at the 95th a dot."""
    top = round_above(max(_float(row[4]) for row in sheet.rows))
    drawn = []
    for index, row in enumerate(sheet.rows):
        median, high, highest = (_float(cell) / top for cell in row[2:5])
        value = " / ".join(shown(cell, "ms") for cell in row[2:5])
        drawn += _labeled(index, str(row[0]).removeprefix("hemoptysis-imaging-"), f"{value} ms")
        drawn.append(_whisker(median, highest, index * _ROW + 28))
        drawn.append(_dot(high, index * _ROW + 28))
    drawn += _scale("0", f"{top:g} ms", len(sheet.rows) * _ROW + 10)
    note = '<p class="fine">The line runs from the median to the 99th percentile, the dot is the 95th.</p>'
    return _svg(sheet, drawn, len(sheet.rows) * _ROW + 16) + note


def _differences(sheet: Sheet) -> str:
    """Each difference as a dot with its interval, around a line at 0."""
    ends = [row[-1] for row in sheet.rows]
    widest = max((abs(end) for r in ends if isinstance(r, tuple) for end in r), default=1.0)
    top = min(1.0, round_above(widest))
    height = len(sheet.rows) * _ROW
    drawn = [f'<line class="chart__zero" x1="50%" x2="50%" y1="0" y2="{height}"/>']
    for index, (row, interval) in enumerate(zip(sheet.rows, ends, strict=True)):
        drawn += _labeled(index, str(row[0]), shown(row[-2], "points"))
        if isinstance(interval, tuple):
            low, high = ((end / top + 1) / 2 for end in interval)
            drawn.append(_whisker(low, high, index * _ROW + 28))
            drawn.append(_dot((_float(row[-2]) / top + 1) / 2, index * _ROW + 28))
    drawn += _scale(shown(-top, "points"), f"{shown(top, 'points')} points", height + 10)
    return _svg(sheet, drawn, height + 16)


def _columns(sheet: Sheet) -> str:
    """Counts over time, one column for each bucket, the series on top of each other."""
    names = [column.name for column in sheet.columns[1:]]
    stacks = [_merged([int(_float(cell)) for cell in row[1:]]) for row in sheet.rows]
    top = max(round_above(max(map(sum, stacks))), 1)
    drawn = list(_grid(top))
    width = 1 / len(stacks)
    for index, (row, stack) in enumerate(zip(sheet.rows, stacks, strict=True)):
        below = 0.0
        for series, count in enumerate(stack):
            height = count / top * _HEIGHT
            if count:
                y = _ABOVE + _HEIGHT - below - height
                said = f"{row[0]}: {_name(names, series)}, {count:,}"
                kind = f"chart__series chart__series--{sheet.palette}-{series}"
                drawn.append(_rect(index * width + width * 0.12, y, width * 0.76, height, kind, said))
            below += height
    drawn += _dates([str(row[0]) for row in sheet.rows])
    shown_series = min(len(names), MOST_SERIES + 1)
    return _svg(sheet, drawn, _ABOVE + _HEIGHT + 22) + _legend(sheet, names, shown_series)


def _merged(counts: list[int]) -> list[int]:
    if len(counts) <= MOST_SERIES + 1:
        return counts
    return [*counts[:MOST_SERIES], sum(counts[MOST_SERIES:])]


def _name(names: list[str], series: int) -> str:
    return "others" if series == MOST_SERIES and len(names) > MOST_SERIES + 1 else names[series]


def _legend(sheet: Sheet, names: list[str], count: int) -> str:
    entries = (
        f'<li class="legend__entry"><svg class="legend__key" width="12" height="12" aria-hidden="true">'
        f'<rect width="12" height="12" class="chart__series chart__series--{sheet.palette}-{series}"/></svg>'
        f"{escape(_name(names, series))}</li>"
        for series in range(count)
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _grid(top: float) -> Iterator[str]:
    for part in (0, 0.5, 1):
        y = _ABOVE + _HEIGHT * (1 - part)
        yield f'<line class="chart__grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>'
        if part and top * part == int(top * part):
            yield f'<text class="chart__axis" x="0" y="{y - 3:g}">{top * part:,.0f}</text>'


def _dates(starts: list[str]) -> Iterator[str]:
    y, last = _ABOVE + _HEIGHT + 16, len(starts) - 1
    yield f'<text class="chart__axis" x="0" y="{y}">{starts[0]}</text>'
    if last > 1:
        middle = last // 2
        place = (middle + 0.5) / len(starts) * 100
        yield f'<text class="chart__axis" x="{place:.2f}%" y="{y}" text-anchor="middle">{starts[middle]}</text>'
    if last > 0:
        yield f'<text class="chart__axis" x="100%" y="{y}" text-anchor="end">{starts[last]}</text>'


def _labeled(index: int, label: str, value: str) -> Iterator[str]:
    y = index * _ROW
    yield f'<text class="chart__label" x="0" y="{y + 15}">{escape(shortened(label))}</text>'
    yield f'<text class="chart__value" x="100%" y="{y + 15}" text-anchor="end">{escape(value)}</text>'
    yield f'<rect class="chart__track" x="0" y="{y + 22}" width="100%" height="12"/>'


def shortened(label: str) -> str:
    """A label that fits beside its value; of a code what comes after the system."""
    name = label.rpartition("|")[2] or label
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def _scale(least: str, most: str, y: int) -> Iterator[str]:
    yield f'<text class="chart__axis" x="0" y="{y}">{escape(least)}</text>'
    yield f'<text class="chart__axis" x="100%" y="{y}" text-anchor="end">{escape(most)}</text>'


def _rect(x: float, y: float, width: float, height: float, kind: str, said: str = "") -> str:
    place = f'x="{x * 100:.3f}%" y="{y:.2f}" width="{width * 100:.3f}%" height="{height:.2f}"'
    title = f"<title>{escape(said)}</title>" if said else ""
    return f'<rect class="{kind}" {place}>{title}</rect>'


def _whisker(low: float, high: float, y: int) -> str:
    return f'<line class="chart__whisker" x1="{low * 100:.3f}%" x2="{high * 100:.3f}%" y1="{y}" y2="{y}"/>'


def _dot(x: float, y: int) -> str:
    return f'<circle class="chart__dot" cx="{x * 100:.3f}%" cy="{y}" r="5"/>'


def _svg(sheet: Sheet, drawn: list[str], height: int) -> str:
    said = escape(f"{sheet.title}: a chart of the table below", quote=True)
    return f'<svg class="chart" width="100%" height="{height}" role="img" aria-label="{said}">{"".join(drawn)}</svg>'


def _left_out(rows: int) -> str:
    more = rows - MOST_BARS
    return f'<p class="fine">And {more:,} more in the table.</p>' if more > 0 else ""


def round_above(value: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below a value; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** len(str(int(value))) / 10 if value >= 1 else 1.0
    while power > value:
        power /= 10
    return next(step * power for step in _ROUND if step * power >= value * (1 - 1e-9))


def _float(cell: object) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


_DRAWN: Final[Mapping[ChartKind, Callable[[Sheet], str]]] = {
    "bars": _bars,
    "columns": _columns,
    "differences": _differences,
    "times": _times,
    "none": lambda sheet: "",
}
