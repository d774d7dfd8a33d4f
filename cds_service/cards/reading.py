"""What a card says was read, could not be read, and would settle what is open."""

from collections.abc import Iterable, Iterator
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.dates import shown
from cds_service.cards.escape import markdown
from cds_service.cards.evidence_lines import evidence_line, telling
from cds_service.cards.wording import KIND, NOTHING_READ, TO_RECORD, joined
from cds_service.clinical.condition_evidence import began
from cds_service.clinical.facts import Availability, Kind
from cds_service.clinical.indication import is_present_hemoptysis

MOST_LINES: Final = 10
_MOST_DIAGNOSES: Final = 2
_DECIDING_KINDS: Final = (Kind.CONDITIONS, Kind.BLEEDING, Kind.VITALS, Kind.PROCEDURES)


def section(title: str, lines: Iterable[str]) -> str:
    """A titled list in Markdown; empty without lines."""
    bullets = "\n".join(f"- {line}" for line in lines)
    return f"**{title}**\n\n{bullets}" if bullets else ""


def read_section(case: Case) -> str:
    """The charted hemoptysis and the evidence used, each with its date; past ten lines only counted."""
    evidence = telling(case.decision.classification.evidence)
    lines = [*_hemoptysis_lines(case), *(evidence_line(e, case.knowledge) for e in evidence)]
    if not evidence:
        lines.append(NOTHING_READ)
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more"]
    return section("Read from the chart", lines)


def _hemoptysis_lines(case: Case) -> Iterator[str]:
    present = [d for d in case.facts.diagnoses if is_present_hemoptysis(d, case.facts, case.knowledge)]
    for diagnosis in present[:_MOST_DIAGNOSES]:
        yield f"{shown(began(diagnosis))}: diagnosis {markdown(diagnosis.label) or 'hemoptysis'}"


def to_record_section(case: Case) -> str:
    """What to record to settle what is open."""
    wanted = case.decision.classification.to_record
    return section("To settle it, record", (TO_RECORD[item] for item in wanted))


def missing_section(case: Case) -> str:
    """What was not available, read in part, unreadable, or not assessed for cautions."""
    lines = (
        _kinds_line("Not available", _kinds_with(case, Availability.UNAVAILABLE)),
        _kinds_line("Read in part", _kinds_with(case, Availability.INCOMPLETE)),
        _kinds_line("Not assessed for cautions", case.decision.cautions.not_assessed),
        _unreadable_line(case),
    )
    return section("What is missing", (line for line in lines if line))


def _kinds_with(case: Case, availability: Availability) -> list[Kind]:
    known = case.facts.availability
    return [k for k in _DECIDING_KINDS if known.get(k, Availability.UNAVAILABLE) is availability]


def _kinds_line(what: str, kinds: Iterable[Kind]) -> str:
    names = [KIND[kind] for kind in kinds]
    return f"{what}: {joined(names)}" if names else ""


def _unreadable_line(case: Case) -> str:
    counts = [f"{KIND[kind]} ({count})" for kind, count in case.facts.unreadable.items() if count]
    return f"Entries that could not be read: {joined(counts)}" if counts else ""
