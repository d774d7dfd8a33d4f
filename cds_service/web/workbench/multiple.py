"""The small multiple: for each rated study a strip over the range of a slider, in stretches of a category."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from cds_service.cards import texts
from cds_service.cards.phrases import limit_text, number
from cds_service.knowledge.definitions import Definition
from cds_service.knowledge.model import Category, Knowledge
from cds_service.web.workbench.controls import SLIDER_BY_ID, SWITCH_BY_ID, Slider
from cds_service.web.workbench.explanation import Part
from cds_service.web.workbench.variation import Column, Position

DIFFERS: Final = "differs"
NOT_JUDGED: Final = "not-judged"
_LEAST_WIDTH: Final = 5.0
"""What has less of the width, in percent, gets no sign of its own."""
_TICKS: Final = 4

Held: TypeAlias = tuple[str, str]
"""What holds at a position: its kind, and its words."""


def small_multiple(
    control: str, columns: Sequence[Column], knowledge: Knowledge, at: Position | None
) -> Part:
    """The strips of what the service said, with the limits of the slider; places in percent of the width.

    `at` is where the slider stands, None where the chart does not say.
    """
    axis = _Axis(control, columns)
    slider = SLIDER_BY_ID.get(control)
    limits = list(_limits(slider, axis, columns, knowledge)) if slider else []
    return {
        "control": control,
        "unit": axis.unit,
        "variants": axis.stretches(_topic(column) for column in columns),
        "strips": [
            (
                procedure.name,
                axis.stretches(_held(column.categories.get(procedure.id, ())) for column in columns),
            )
            for procedure in knowledge.rated_procedures()
        ],
        "ticks": axis.ticks(),
        "limits": limits,
        "marks": _marks(limits),
        "place": None if at is None else axis.place(at),
        "at": "" if at is None else axis.told(at),
    }


def _topic(column: Column) -> Held:
    if not column.plausible:
        return NOT_JUDGED, NOT_JUDGED.replace("-", " ")
    return column.topic, " or ".join(texts.VARIANT[variant] for variant in column.plausible)


def _held(categories: Sequence[Category]) -> Held:
    if not categories:
        return NOT_JUDGED, NOT_JUDGED.replace("-", " ")
    words = " or ".join(texts.CATEGORY[category] for category in categories)
    return (categories[0].value if len(categories) == 1 else DIFFERS), words


class _Axis:
    """From a position to its place: each position of a slider, or state of a switch, has its own width."""

    def __init__(self, control: str, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.slider = SLIDER_BY_ID.get(control)
        self.positions: list[Position] = (
            [Decimal(value) for value in self.slider.values()]
            if self.slider
            else list(SWITCH_BY_ID[control].states)
        )
        self.unit = texts.UNIT.get(self.slider.unit, self.slider.unit) if self.slider else ""

    def edge(self, at: Position) -> float:
        """Where the width of a position begins."""
        if self.slider is None:
            return 100.0 * self.positions.index(at) / len(self.positions)
        return float(100 * (Decimal(at) - self.slider.least) / self.slider.step / len(self.positions))

    def place(self, at: Position) -> float:
        """The middle of a position."""
        return round(min(max(self.edge(at) + 50.0 / len(self.positions), 0.0), 100.0), 2)

    def told(self, at: Position) -> str:
        """The position with its unit, or the id of the state."""
        return f"{number(at)} {self.unit}" if isinstance(at, Decimal) else at

    def stretches(self, held: Iterable[Held]) -> list[Part]:
        """Neighbors of which the same holds, as one."""
        starts: list[tuple[Position, Held]] = []
        for column, what in zip(self.columns, held, strict=True):
            if not (starts and starts[-1][1] == what and self.slider):
                starts.append((column.at, what))
        ends = [*(self.edge(at) for at, _ in starts[1:]), 100.0]
        last = [*(at for at, _ in starts[1:]), None]
        return [
            self._stretch(at, what, end, then)
            for (at, what), end, then in zip(starts, ends, last, strict=True)
        ]

    def _stretch(self, at: Position, held: Held, end: float, then: Position | None) -> Part:
        kind, words = held
        left = round(self.edge(at), 2)
        width = round(end - left, 2)
        over = self._over(at, then)
        has_room = width >= _LEAST_WIDTH
        return {
            "left": left,
            "width": width,
            "kind": kind,
            "words": words,
            "over": over,
            "has_room": has_room,
        }

    def _over(self, first: Position, then: Position | None) -> str:
        """`0 to 95 mL`: up to the position before the next stretch."""
        if self.slider is None or isinstance(first, str):
            return self.told(first)
        end = Decimal(self.slider.most) if then is None else Decimal(then) - self.slider.step
        return self.told(first) if first == end else f"{number(first)} to {number(end)} {self.unit}"

    def ticks(self) -> list[tuple[float, str]]:
        """A few positions along the axis, with their numbers; every state of a switch."""
        if self.slider is None:
            return [(self.place(state), str(state)) for state in self.positions]
        last = len(self.positions) - 1
        chosen = [self.positions[round(part * last / _TICKS)] for part in range(_TICKS + 1)]
        return [(self.place(position), str(position)) for position in chosen]


def _limits(slider: Slider, axis: _Axis, columns: Sequence[Column], knowledge: Knowledge) -> Iterator[Part]:
    """The limits of a slider that lie on its range; those for some patients only where they decided."""
    crossed = {limit for column in columns for limit in column.limits}
    ids = [*slider.limits, *(limit for limit in slider.chronic if limit in crossed)]
    found = sorted((knowledge.definitions[limit] for limit in ids), key=lambda limit: limit.value)
    within = [limit for limit in found if slider.least <= limit.value <= slider.most]
    for place, limit in enumerate(within, start=1):
        yield {
            "number": place,
            "place": round(_line_at(limit, slider, axis), 2),
            "text": limit_text(limit),
            "words": limit.words,
            "is_of_the_site": limit.basis == "project-default",
            "source": knowledge.sources[limit.source],
            "locator": limit.locator,
        }


def _line_at(limit: Definition, slider: Slider, axis: _Axis) -> float:
    """Between the positions that the limit parts."""
    is_crossed_beyond = limit.comparison in (">", "<=")
    return axis.edge(limit.value + (slider.step if is_crossed_beyond else 0))


def _marks(limits: Iterable[Part]) -> list[tuple[object, str]]:
    """Where limits stand on the axis, and their numbers; those of limits side by side are one mark."""
    marks: list[tuple[object, str]] = []
    last = -100.0
    for limit in limits:
        place = float(str(limit["place"]))
        if place - last < _LEAST_WIDTH:
            marks[-1] = (marks[-1][0], f"{marks[-1][1]}, {limit['number']}")
        else:
            marks.append((place, str(limit["number"])))
            last = place
    return marks
