"""The tables of a report as drawings in SVG with their words in HTML: no script, no style of their own.

Horizontal places are percentages and no view box is set, so that a drawing fills its place and letters keep
their size on a narrow screen. Colors come from classes of the stylesheet.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from typing import Final

from cds_service.records.report.cells import ChartKind, Sheet, shown

MOST_BARS: Final = 10
MOST_SERIES: Final = 7
"""How many series have a color of their own; further ones are drawn together."""

_THICK: Final = 12
_HEIGHT: Final = 200
_ABOVE: Final = 10
_BELOW: Final = 22
_ROUND: Final = (1, 2, 2.5, 5, 10)


def chart_of(sheet: Sheet) -> str:
    """The drawing of a sheet, and its legend, as HTML; empty where there is nothing to draw."""
    return _DRAWN[sheet.chart](sheet) if sheet.rows else ""


def _bars(sheet: Sheet) -> str:
    """Each share as a bar with its interval, from 0 to a round share above the largest."""
    place = {column.format: index for index, column in enumerate(sheet.columns)}
    rows = sheet.rows[:MOST_BARS]
    top = min(1.0, round_above(max(_ends(row[place["percent-range"]])[1] for row in rows)))
    drawn = []
    for row in rows:
        share, interval = row[place["percent"]], row[place["percent-range"]]
        value = f"{shown(row[1], 'count')} ({shown(share, 'percent')})"
        low, high = _ends(interval)
        bar = _rect((0, _float(share) / top), (0, _THICK), "chart__bar") + _line(low / top, high / top)
        drawn.append(_row(str(row[0]), value, bar if interval else ""))
    more = len(sheet.rows) - MOST_BARS
    note = f"And {more:,} more in the table." if more > 0 else ""
    return _rows(drawn, ("0", shown(top, "percent")), note)


def _times(sheet: Sheet) -> str:
    """From the median to the 99th percentile a line, at the 95th a dot."""
    top = round_above(max(_float(row[4]) for row in sheet.rows))
    drawn = []
    for row in sheet.rows:
        median, high, highest = (_float(cell) / top for cell in row[2:5])
        value = " / ".join(shown(cell, "ms") for cell in row[2:5])
        drawn.append(_row(str(row[0]), f"{value} ms", _line(median, highest) + _dot(high)))
    note = "The line runs from the median to the 99th percentile; the dot is the 95th."
    return _rows(drawn, ("0", f"{top:g} ms"), note)


def _differences(sheet: Sheet) -> str:
    """Each difference as a dot with its interval, around a line at 0."""
    widest = max(abs(end) for row in sheet.rows for end in _ends(row[-1]))
    top = min(1.0, round_above(widest))
    drawn = []
    for row in sheet.rows:
        low, high = ((end / top + 1) / 2 for end in _ends(row[-1]))
        dot = _line(low, high) + _dot((_float(row[-2]) / top + 1) / 2) if row[-1] else ""
        value = f"{shown(row[-2], 'points')} ({shown(row[-1], 'points-range')})"
        drawn.append(_row(str(row[0]), value, _line(0.5, 0.5, upright=True) + dot))
    return _rows(drawn, (f"{shown(-top, 'points')} points", f"{shown(top, 'points')} points"), "")


def _columns(sheet: Sheet) -> str:
    """Counts over time, one column for each bucket, the series on top of each other."""
    names = [column.name for column in sheet.columns[1:]]
    stacks = [_merged([int(_float(cell)) for cell in row[1:]]) for row in sheet.rows]
    top = max(round_above(max(map(sum, stacks))), 1)
    drawn = [_line_at(part) for part in (0, 0.5, 1)]
    for index, (row, stack) in enumerate(zip(sheet.rows, stacks, strict=True)):
        below = 0.0
        for series, count in enumerate(stack):
            height = count / top * _HEIGHT
            across = (index + 0.12) / len(stacks), 0.76 / len(stacks)
            said = f"{row[0]}: {_name(names, series)}, {count:,}"
            if count:
                y = _ABOVE + _HEIGHT - below - height
                drawn.append(_rect(across, (y, height), _class(sheet, series), said))
            below += height
    drawn += _dates([str(row[0]) for row in sheet.rows])
    size, said = f'height="{_ABOVE + _HEIGHT + _BELOW}"', escape(f"{sheet.title}: a chart of the table below")
    chart = f'<svg class="chart" width="100%" {size} role="img" aria-label="{said}">{"".join(drawn)}</svg>'
    axis = f'<svg class="chart" width="44" {size} aria-hidden="true">{"".join(_axis(top))}</svg>'
    return f'<div class="columns">{axis}{chart}</div>{_legend(sheet, names)}'


def _merged(counts: list[int]) -> list[int]:
    if len(counts) <= MOST_SERIES + 1:
        return counts
    return [*counts[:MOST_SERIES], sum(counts[MOST_SERIES:])]


def _name(names: list[str], series: int) -> str:
    return "others" if series == MOST_SERIES and len(names) > MOST_SERIES + 1 else names[series]


def _class(sheet: Sheet, series: int) -> str:
    return f"chart__series chart__series--{sheet.palette}-{series}"


def _legend(sheet: Sheet, names: list[str]) -> str:
    key = '<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="{}"/></svg>'
    entries = (
        f'<li class="legend__entry">{key.format(_class(sheet, series))}{escape(_name(names, series))}</li>'
        for series in range(min(len(names), MOST_SERIES + 1))
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _axis(top: float) -> Iterator[str]:
    for part in (0, 0.5, 1):
        if top * part == int(top * part):
            y = _ABOVE + _HEIGHT * (1 - part) + 4
            yield f'<text class="chart__axis" x="38" y="{y:g}" text-anchor="end">{top * part:,.0f}</text>'


def _line_at(part: float) -> str:
    y = _ABOVE + _HEIGHT * (1 - part)
    return f'<line class="chart__grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>'


def _dates(starts: list[str]) -> Iterator[str]:
    y, last = _ABOVE + _HEIGHT + 16, len(starts) - 1
    places = {0: ("0", "start"), last: ("100%", "end")} if last else {0: ("50%", "middle")}
    if last > 1:
        places[last // 2] = (f"{(last // 2 + 0.5) / len(starts) * 100:.2f}%", "middle")
    for index, (x, anchor) in places.items():
        yield f'<text class="chart__axis" x="{x}" y="{y}" text-anchor="{anchor}">{starts[index]}</text>'


def _row(label: str, value: str, drawn: str) -> str:
    """One line of words with a drawing under it; the words say all that the drawing shows."""
    words = (
        f'<span class="bars__label">{escape(label)}</span><span class="bars__value">{escape(value)}</span>'
    )
    track = _rect((0, 1), (0, _THICK), "chart__track")
    svg = f'<svg class="chart" width="100%" height="{_THICK}" aria-hidden="true">{track}{drawn}</svg>'
    return f'<li class="bars__row">{words}{svg}</li>'


def _rows(rows: Iterable[str], ends: tuple[str, str], note: str) -> str:
    scale = "".join(f"<span>{escape(end)}</span>" for end in ends)
    said = f'<p class="fine">{escape(note)}</p>' if note else ""
    return f'<ol class="bars">{"".join(rows)}</ol><p class="bars__scale" aria-hidden="true">{scale}</p>{said}'


def _rect(across: tuple[float, float], down: tuple[float, float], kind: str, said: str = "") -> str:
    """A rectangle by its place and size across, in parts of the width, and down, in pixels."""
    (x, width), (y, height) = across, down
    place = f'x="{x * 100:.3f}%" y="{y:.2f}" width="{width * 100:.3f}%" height="{height:.2f}"'
    title = f"<title>{escape(said)}</title>" if said else ""
    return f'<rect class="{kind}" {place}>{title}</rect>'


def _line(low: float, high: float, *, upright: bool = False) -> str:
    """The interval of a row, or the upright line at zero."""
    y1, y2, kind = (0, _THICK, "zero") if upright else (_THICK / 2, _THICK / 2, "whisker")
    place = f'x1="{low * 100:.3f}%" x2="{high * 100:.3f}%" y1="{y1:g}" y2="{y2:g}"'
    return f'<line class="chart__{kind}" {place}/>'


def _dot(x: float) -> str:
    return f'<circle class="chart__dot" cx="{x * 100:.3f}%" cy="{_THICK / 2:g}" r="5"/>'


def round_above(value: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below a value; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 1.0
    while power > value:
        power /= 10
    return next(step * power for step in _ROUND if step * power >= value * (1 - 1e-9))


def _ends(cell: object) -> tuple[float, float]:
    return (float(cell[0]), float(cell[1])) if isinstance(cell, tuple) else (0.0, 0.0)


def _float(cell: object) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


_DRAWN: Final[Mapping[ChartKind, Callable[[Sheet], str]]] = {
    "bars": _bars,
    "columns": _columns,
    "differences": _differences,
    "times": _times,
    "none": lambda sheet: "",
}
