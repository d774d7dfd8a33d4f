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


MASSIVE = Expected(Severity.PROVEN, Recurrence.NOT_FOUND, (_M,), "massive")
KEPT = Expected(Severity.KEPT_PLAUSIBLE, Recurrence.NOT_FOUND, (_M, _N), "undetermined")
OPEN = Expected(Severity.UNSETTLED, Recurrence.NOT_FOUND, (_M, _N), "undetermined")
NONMASSIVE = Expected(Severity.RULED_OUT, Recurrence.NOT_FOUND, (_N,), "nonmassive")

RECURRENT = Expected(Severity.RULED_OUT, Recurrence.PROVEN, (_R,), "recurrent")
MASSIVE_AND_RECURRENT = Expected(Severity.PROVEN, Recurrence.PROVEN, (_M,), "massive")
KEPT_RECURRENT = Expected(Severity.KEPT_PLAUSIBLE, Recurrence.PROVEN, (_M, _R), "undetermined")
OPEN_RECURRENT = Expected(Severity.UNSETTLED, Recurrence.PROVEN, (_M, _R), "undetermined")

PERHAPS_RECURRENT = Expected(Severity.RULED_OUT, Recurrence.PLAUSIBLE, (_R, _N), "undetermined")
MASSIVE_PERHAPS_RECURRENT = Expected(Severity.PROVEN, Recurrence.PLAUSIBLE, (_M,), "massive")
KEPT_PERHAPS_RECURRENT = Expected(Severity.KEPT_PLAUSIBLE, Recurrence.PLAUSIBLE, (_M, _R, _N), "undetermined")
OPEN_PERHAPS_RECURRENT = Expected(Severity.UNSETTLED, Recurrence.PLAUSIBLE, (_M, _R, _N), "undetermined")
