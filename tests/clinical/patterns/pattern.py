"""An evidence pattern: a sentence, the facts of the chart, and the classification that must come of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.clinical.decision import Recurrence, Severity
from cds_service.knowledge.model import Variant
from tests.clinical.chart import Fact

_M, _R, _N = Variant.MASSIVE, Variant.RECURRENT, Variant.NONMASSIVE


@dataclass(frozen=True, slots=True)
class Expected:
    """Where both questions must stand, what stays plausible, and the topic code of the card."""

    severity: Severity
    recurrence: Recurrence
    plausible: tuple[Variant, ...]
    topic: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a chart holds, in words and as facts, and what must come of it."""

    name: str
    facts: tuple[Fact, ...]
    expected: Expected


@dataclass(frozen=True, slots=True)
class Section:
    """Patterns of one rule, under a title and a note for the reference page."""

    title: str
    patterns: tuple[Pattern, ...]
    note: str = ""


Row = tuple[str, tuple[Fact, ...], Expected]


def section(title: str, rows: Iterable[Row], *, note: str = "") -> Section:
    """A section of rows (sentence, facts, expected classification); the note says what they share."""
    return Section(title, tuple(Pattern(*row) for row in rows), note)


MASSIVE = Expected("proven", "not-found", (_M,), "massive")
KEPT = Expected("kept-plausible", "not-found", (_M, _N), "undetermined")
OPEN = Expected("unsettled", "not-found", (_M, _N), "undetermined")
NONMASSIVE = Expected("ruled-out", "not-found", (_N,), "nonmassive")

RECURRENT = Expected("ruled-out", "proven", (_R,), "recurrent")
MASSIVE_AND_RECURRENT = Expected("proven", "proven", (_M,), "massive")
KEPT_RECURRENT = Expected("kept-plausible", "proven", (_M, _R), "undetermined")
OPEN_RECURRENT = Expected("unsettled", "proven", (_M, _R), "undetermined")

PERHAPS_RECURRENT = Expected("ruled-out", "plausible", (_R, _N), "undetermined")
MASSIVE_PERHAPS_RECURRENT = Expected("proven", "plausible", (_M,), "massive")
KEPT_PERHAPS_RECURRENT = Expected("kept-plausible", "plausible", (_M, _R, _N), "undetermined")
OPEN_PERHAPS_RECURRENT = Expected("unsettled", "plausible", (_M, _R, _N), "undetermined")
