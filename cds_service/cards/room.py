"""How much a card may say: it is read in ten seconds, and its first button stays in sight."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

MOST_WORDS: Final = 140
"""Of summary, detail and the labels of the buttons together."""

MOST_PIXELS: Final = 420
"""Above the first button, in a panel of 300 px whose letters are about as wide as those of Arial at 16 px."""


class Room(IntEnum):
    """How much of what a chart holds a card may name, from all of it to the least.

    What a clinician is to do is said in each of them; what is dropped is evidence, details and names. Of
    cautions and of what is not known the last leaves how many there are.
    """

    AMPLE = 0
    FEWER_NAMES = 1
    FIRST_NAMES = 2
    BRIEF = 3
    LEAST = 4
    COUNTS = 5

    @property
    def names(self) -> int:
        """How many things of one kind are named before the rest is counted."""
        return (3, 2, 1, 1, 1, 1)[self]

    @property
    def characters(self) -> int:
        """Most characters of one charted text."""
        return (80, 40, 24, 18, 18, 18)[self]

    @property
    def notes(self) -> int:
        """How many notes the line of context holds."""
        return (9, 9, 3, 2, 2, 2)[self]


# How wide a character is, in px: what is not listed, and of other scripts, as wide as the widest.
_BY_WIDTH: Final[Mapping[int, str]] = {
    4: "'ijl",
    5: " ,./:;IJ\\|",
    6: "!()-[]frt\u00b2",
    8: '"*_?`csz',
    9: "FLPTYaekovxy",
    10: "0123456789$ABEKRSVXZbdghnpqu{}",
    12: "CDGHNOQUw&",
    13: "#+<=>M^~\u2622",
}
_WIDTH: Final = {character: width for width, of_it in _BY_WIDTH.items() for character in of_it}
_WIDEST: Final = 16
_WIDER_IN_BOLD: Final = 1
_WIDTH_OF_A_LINE, _WIDTH_OF_A_STEP = 278, 259
_HEIGHT_OF_A_LINE, _BETWEEN, _AROUND = 20, 4, 12
_SURELY_FITS: Final = 260
"""So few characters fit whatever they are, in not too many paragraphs."""


def fits(summary: str, detail: str, labels: Iterable[str]) -> bool:
    """True for a card that is no longer than the limits, as far as the width of letters can be known."""
    if len(summary) + len(detail) + 30 * detail.count("\n") < _SURELY_FITS:
        return True
    words = len(" ".join((summary, detail, *labels)).split())
    return words <= MOST_WORDS and _pixels_of(summary, detail) <= MOST_PIXELS


def _pixels_of(summary: str, detail: str) -> int:
    """What lies above the first button of a card, at most."""
    paragraphs = [part for part in detail.split("\n\n") if part]
    lines = _lines_of(summary, _WIDTH_OF_A_LINE, bolder=_WIDER_IN_BOLD) + sum(map(_lines_in, paragraphs))
    return _AROUND + _BETWEEN + lines * _HEIGHT_OF_A_LINE + _BETWEEN * (len(paragraphs) - 1)


def _lines_in(paragraph: str) -> int:
    if not paragraph.startswith("1. "):
        return _lines_of(paragraph, _WIDTH_OF_A_LINE)
    return sum(_lines_of(step.partition(". ")[2], _WIDTH_OF_A_STEP) for step in paragraph.splitlines())


def _lines_of(text: str, width: int, bolder: int = 0) -> int:
    """The lines that a text takes, broken at its blanks."""
    lines, filled, blank = 1, 0, _WIDTH[" "]
    for word in text.replace("\\", "").split():
        bolder = _WIDER_IN_BOLD if word.startswith("**") else bolder
        wide = sum(_WIDTH.get(character, _WIDEST) + bolder for character in word.replace("**", ""))
        if filled and filled + blank + wide > width:
            lines, filled = lines + 1, 0
        filled += wide + (blank if filled else 0)
        lines, filled = lines + (filled - 1) // width, (filled - 1) % width + 1
        bolder = 0 if word.rstrip(":").endswith("**") else bolder
    return lines
