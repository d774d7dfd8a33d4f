"""The small multiple: a strip for each rated study, in stretches of one category, over the range of a slider."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from cds_service.cards import texts
from cds_service.cards.phrases import limit_text, number
from cds_service.knowledge.definitions import Definition
from cds_service.knowledge.model import Category, Knowledge
from cds_service.web.workbench.controls import SLIDER_BY_ID, SWITCH_BY_ID, Slider
from cds_service.web.workbench.variation import Column, Position

DIFFERS: Final = "differs"
NOT_JUDGED: Final = "not-judged"
_SIGNS: Final = {
    Category.USUALLY_APPROPRIATE.value: "✓",
    Category.MAY_BE_APPROPRIATE.value: "∼",
    Category.USUALLY_NOT_APPROPRIATE.value: "✕",
    DIFFERS: "?",
    NOT_JUDGED: "–",
}
_LEAST_WIDTH_OF_A_SIGN: Final = 5.0
_TICKS: Final = 4


class Stretch(msgspec.Struct, frozen=True):
    """A part of a strip: from where to where in percent of the width, what holds there, and its words."""

    left: float
    width: float
    kind: str
    sign: str
    words: str
    over: str


class Strip(msgspec.Struct, frozen=True):
    """One study, or the variants, over the whole range."""

    name: str
    stretches: tuple[Stretch, ...]


class LimitLine(msgspec.Struct, frozen=True):
    """A limit on the range of the slider, and where it comes from."""

    number: int
    place: float
    text: str
    words: str
    origin: str


class SmallMultiple(msgspec.Struct, frozen=True):
    """All strips over one axis; `place` is where the slider stands, None where the chart does not say."""

    label: str
    unit: str
    variants: Strip
    strips: tuple[Strip, ...]
    ticks: tuple[tuple[float, str], ...]
    limits: tuple[LimitLine, ...]
    place: float | None
    at: str


def small_multiple(
    control: str, columns: Sequence[Column], knowledge: Knowledge, at: Position | None
) -> SmallMultiple:
    """The strips of what the service said, with the limits of the slider."""
    axis = _Axis(control, columns)
    shown = SLIDER_BY_ID.get(control)
    return SmallMultiple(
        axis.label,
        axis.unit,
        Strip(_VARIANT, tuple(axis.stretches((_topic(column) for column in columns)))),
        tuple(_strip(procedure.id, procedure.name, columns, axis) for procedure in knowledge.rated_procedures()),
        tuple(axis.ticks()),
        tuple(_limit_lines(shown, axis, columns, knowledge)) if shown else (),
        axis.place(at) if at is not None else None,
        axis.told(at) if at is not None else "",
    )


_VARIANT: Final = "Variant"
Held = tuple[str, str]
"""What holds at a position: its kind, and its words."""


def _topic(column: Column) -> Held:
    if not column.plausible:
        return NOT_JUDGED, "not judged"
    return column.topic, " or ".join(texts.VARIANT[variant] for variant in column.plausible)


def _strip(procedure: str, name: str, columns: Sequence[Column], axis: "_Axis") -> Strip:
    held = (_held(column.categories.get(procedure, ())) for column in columns)
    return Strip(name, tuple(axis.stretches(held)))


def _held(categories: Sequence[Category]) -> Held:
    if not categories:
        return NOT_JUDGED, "not judged"
    words = " or ".join(texts.CATEGORY[category] for category in categories)
    return (categories[0].value if len(categories) == 1 else DIFFERS), words


class _Axis:
    """From a position to its place: each position of a slider, or state of a switch, has its own width."""

    def __init__(self, control: str, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.slider, switch = SLIDER_BY_ID.get(control), SWITCH_BY_ID.get(control)
        self.states = switch.states if switch else {}
        self.label = self.slider.label if self.slider else switch.label if switch else ""
        self.unit = texts.UNIT.get(self.slider.unit, self.slider.unit) if self.slider else ""

    def edge(self, at: Position) -> float:
        """Where the width of a position begins."""
        if self.slider is None:
            return 100.0 * list(self.states).index(str(at)) / len(self.states)
        steps = (self.slider.most - self.slider.least) // self.slider.step + 1
        return float(100 * (Decimal(at) - self.slider.least) / self.slider.step / steps)

    def place(self, at: Position) -> float:
        """The middle of a position."""
        steps = len(self.states) if self.slider is None else len(self.slider.values())
        return round(min(max(self.edge(at) + 50.0 / steps, 0.0), 100.0), 2)

    def told(self, at: Position) -> str:
        """The position with its unit, or the name of the state."""
        return f"{number(at)} {self.unit}" if isinstance(at, Decimal) else self.states.get(at, "")

    def stretches(self, held: Iterable[Held]) -> Iterable[Stretch]:
        """Neighbors of which the same holds, as one."""
        runs: list[tuple[Column, Column, Held]] = []
        for column, what in zip(self.columns, held, strict=True):
            if runs and runs[-1][2] == what:
                runs[-1] = (runs[-1][0], column, what)
            else:
                runs.append((column, column, what))
        edges = [*(self.edge(first.at) for first, _, _ in runs), 100.0]
        following = [*(first.at for first, _, _ in runs[1:]), None]
        for (first, last, (kind, words)), left, right, then in zip(
            runs, edges, edges[1:], following, strict=False
        ):
            sign = _SIGNS.get(kind, "") if right - left >= _LEAST_WIDTH_OF_A_SIGN else ""
            over = self._over(first.at, last.at, then)
            yield Stretch(round(left, 2), round(right - left, 2), kind, sign, words, over)

    def _over(self, first: Position, last: Position, then: Position | None) -> str:
        """`0 to 95 mL`: up to the position before the next stretch."""
        if self.slider is None or isinstance(first, str):
            return self.told(first)
        end = Decimal(then) - self.slider.step if then is not None else Decimal(self.slider.most)
        if first == end:
            return self.told(first)
        return f"{number(Decimal(first))} to {number(end)} {self.unit}"

    def ticks(self) -> Iterable[tuple[float, str]]:
        """A few positions along the axis, with their numbers."""
        if self.slider is None:
            return [(self.place(state), name) for state, name in self.states.items()]
        every = self.slider.values()
        chosen = [every[round(part * (len(every) - 1) / _TICKS)] for part in range(_TICKS + 1)]
        return [(self.place(Decimal(position)), str(position)) for position in chosen]


def _limit_lines(
    slider: Slider, axis: _Axis, columns: Sequence[Column], knowledge: Knowledge
) -> Iterable[LimitLine]:
    """The limits of a slider that lie on its range; those for some patients only where they decided."""
    crossed = {limit for column in columns for limit in column.limits}
    ids = [*slider.limits, *(limit for limit in slider.chronic if limit in crossed)]
    found = [knowledge.definitions[limit] for limit in ids]
    within = [limit for limit in found if slider.least <= limit.value <= slider.most]
    for place, limit in enumerate(sorted(within, key=lambda limit: limit.value), start=1):
        yield LimitLine(
            place, round(_line_at(limit, slider, axis), 2), limit_text(limit), limit.words, _origin(limit, knowledge)
        )


def _line_at(limit: Definition, slider: Slider, axis: _Axis) -> float:
    """Between the positions that the limit parts."""
    is_crossed_beyond = limit.comparison in (">", "<=")
    return axis.edge(limit.value + (slider.step if is_crossed_beyond else 0))


def _origin(limit: Definition, knowledge: Knowledge) -> str:
    """`Guideline: SPLF` or `Site limit`, and where it stands."""
    publication = knowledge.sources.get(limit.source)
    where = f"{publication.publisher}: {publication.title}" if publication else limit.source
    if limit.basis == "project-default":
        return f"Site limit. {where}, {limit.locator}" if publication else f"Site limit, {limit.locator}"
    return f"Guideline. {where}, {limit.locator}"
