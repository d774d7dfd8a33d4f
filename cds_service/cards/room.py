"""How much a card may say: it is read in ten seconds, and its first button stays in sight."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from cds_service.cards import texts

MOST_WORDS: Final = 140
"""Of summary, detail and the labels of the buttons together."""

MOST_PIXELS: Final = 420
"""Above the first button, in a panel of 300 px whose letters are about as wide as those of Arial at 16 px."""


class Room(IntEnum):
    """How much of what a chart holds a card may name, from all of it to the least.

    What a clinician is to do is said in each of them; what is dropped is evidence, details and names. Why
    goes before what an order's cautions rest on, and these keep names after their sentences. Of cautions and
    of what is not known the last leaves how many there are.
    """

    AMPLE = 0
    FEWER_NAMES = 1
    FIRST_NAMES = 2
    BRIEF = 3
    WITHOUT_WHY = 4
    NAMES = 5
    LEAST = 6
    COUNTS = 7

    @property
    def names(self) -> int:
        """How many things of one kind are named before the rest is counted."""
        return (3, 2, 1, 1, 1, 1, 1, 1)[self]

    @property
    def characters(self) -> int:
        """Most characters of one charted text."""
        return (80, 40, 24, 24, 24, 24, 18, 18)[self]

    @property
    def notes(self) -> int:
        """How many notes the line of context holds."""
        return (9, 9, 3, 2, 2, 2, 2, 2)[self]


# How wide a character of DejaVu Sans Condensed is, in tenths of a px; what is not listed, and what other
# scripts write, is taken for as wide as the widest.
_BY_WIDTH: Final[Mapping[int, str]] = {
    40: "'ijl",
    46: " ,.IJ",
    49: "/:;\\|",
    52: "f-",
    58: "()[]t!\u00b2\u2039\u203a",
    59: "r",
    76: '"*_`s?z',
    80: "cL",
    83: "Fk",
    85: "vxy",
    89: "PTYaoe",
    92: "ESbdghnpqu0123456789${}",
    101: "KAVBXZRC",
    108: "UHN",
    113: "D&GOQ",
    121: "w#+<=>^~",
    129: "M\u2622",
    142: "%mW",
}
_WIDEST: Final = 160


class _Widths(dict[str, int]):
    """The width of each listed character; of any other the widest."""

    def __missing__(self, character: str) -> int:
        return _WIDEST


_WIDTH: Final = _Widths((character, width) for width, of_it in _BY_WIDTH.items() for character in of_it)
_REGULAR, _BOLD = 100, 115
"""How wide letters are, in percent."""

_WIDTH_OF_A_LINE, _WIDTH_OF_A_STEP = 2780, 2590
_HEIGHT_OF_A_LINE, _BETWEEN, _AROUND = 20, 4, 12
_SURELY_FITS: Final = 260
"""So few characters fit whatever they are, in not too many paragraphs."""

_MORE_WITHOUT_BUTTONS: Final = 100
"""How much lower a card that suggests nothing may end."""


def few(names: Iterable[str], most: int) -> list[str]:
    """The first names, each once, and how many more there are; with none of them how many there are."""
    every = list(dict.fromkeys(filter(None, names)))
    if every and not most:
        return [str(len(every))]
    more = len(every) - most
    return [*every[:most], texts.SO_MANY_MORE.format(more)] if more > 0 else every


def fits(summary: str, detail: str, labels: Sequence[str]) -> bool:
    """True for a card that is no longer than the limits, as far as the width of letters can be known."""
    if len(summary) + len(detail) + 30 * detail.count("\n") < _SURELY_FITS:
        return True
    words = len(" ".join((summary, detail, *labels)).split())
    most = MOST_PIXELS if labels else MOST_PIXELS + _MORE_WITHOUT_BUTTONS
    return words <= MOST_WORDS and _pixels_of(summary, detail) <= most


def _pixels_of(summary: str, detail: str) -> int:
    """What lies above the first button of a card, at most."""
    paragraphs = [part for part in detail.split("\n\n") if part]
    lines = _lines_of(f"**{summary}**", _WIDTH_OF_A_LINE) + sum(map(_lines_in, paragraphs))
    return _AROUND + _BETWEEN + lines * _HEIGHT_OF_A_LINE + _BETWEEN * (len(paragraphs) - 1)


def _lines_in(paragraph: str) -> int:
    if not paragraph.startswith("1. "):
        return _lines_of(paragraph, _WIDTH_OF_A_LINE)
    return sum(_lines_of(step.partition(". ")[2], _WIDTH_OF_A_STEP) for step in paragraph.splitlines())


def _lines_of(text: str, width: int) -> int:
    """The lines that a text takes, broken at its blanks; what stands between `**` is bold."""
    lines, filled, weight = 1, 0, _REGULAR
    for word in text.replace("\\", "").replace("&lt;", "<").split():
        is_marked = "**" in word
        weight = _BOLD if is_marked and word.startswith("**") else weight
        letters = sum(map(_WIDTH.__getitem__, word.replace("**", "") if is_marked else word))
        wide, blank = letters * weight // 100, _WIDTH[" "] if filled else 0
        if filled + blank + wide > width:
            lines, filled, blank = lines + bool(filled), 0, 0
        lines, filled = lines + wide // width, filled + blank + wide % width
        weight = _REGULAR if is_marked and word.rstrip(":").endswith("**") else weight
    return lines
