"""What CDS Hooks 2.0 asks of a service, requirement by requirement, and the page that shows it."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.clinical.decision_table import table

from .validator import REQUIREMENTS

FILE: Final = Path(__file__).parents[2] / "docs/reference/conformance.csv"
NOT_FOR_US: Final = "does not apply: "
PENDING: Final = "pending: "
SPECIFICATION: Final = "https://cds-hooks.hl7.org/2.0/#"
HELD_IN_EVERY_ANSWER: Final = (
    "tests/scenarios/test_fixtures.py::test_an_answer_keeps_the_rules_of_cds_hooks",
    "tests/scenarios/test_clients.py::test_an_answer_keeps_the_rules_of_cds_hooks",
    "tests/contract/test_validator.py::test_a_damaged_answer_is_noticed",
)
"""Where the validator is applied to every answer, and where it is shown to notice a breach."""


class Row(NamedTuple):
    """One requirement of the published list: its number there, what proves it, or why nothing does."""

    id: str
    actor: str
    verb: str
    section: str
    requirement: str
    rules: tuple[str, ...]
    tests: tuple[str, ...]
    note: str

    @property
    def is_open(self) -> bool:
        return self.note.startswith((NOT_FOR_US, PENDING))


def rows() -> tuple[Row, ...]:
    """Every row of the file, in its order."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_row(read) for read in csv.DictReader(file))


def _row(read: dict[str, str]) -> Row:
    return Row(**read | {"rules": tuple(read["rules"].split()), "tests": tuple(read["tests"].split())})  # type: ignore[arg-type]


def conformance_page() -> str:
    """The page: the requirements of the specification, and the rules of our own validator."""
    every = rows()
    counts = {
        "rows": len(every),
        "proven": sum(not row.is_open for row in every),
        "not_for_us": sum(row.note.startswith(NOT_FOR_US) for row in every),
        "pending": sum(row.note.startswith(PENDING) for row in every),
        "rules": len(REQUIREMENTS),
    }
    asked = ((_link(row), row.verb, row.requirement, "<br>".join(_proof(row))) for row in every)
    held = ((f"`{name}`", required.rule, required.source) for name, required in sorted(REQUIREMENTS.items()))
    return "\n".join(
        (
            _HEAD.format(**counts),
            table(("No.", "Verb", "Requirement", "Proven by"), asked),
            _RULES.format(**counts),
            table(("Id", "Requirement", "Laid down in"), held),
            "",
        )
    )


def _link(row: Row) -> str:
    return f"[{row.id}]({SPECIFICATION}{row.section})"


def _proof(row: Row) -> Iterator[str]:
    if {*HELD_IN_EVERY_ANSWER} <= {*row.tests}:
        yield f"every answer: {', '.join(f'`{rule}`' for rule in row.rules)}"
    elif row.rules:
        yield ", ".join(f"`{rule}`" for rule in row.rules)
    yield from (f"`{test}`" for test in row.tests if test not in HELD_IN_EVERY_ANSWER)
    if row.note:
        yield row.note


_HEAD: Final = (
    "# Conformance\n\n"
    "Written by `make docs` from `docs/reference/conformance.csv` and the rules in `tests/contract/`: "
    "do not edit.\n\n"
    "## What CDS Hooks 2.0 asks of a service\n\n"
    "The list of requirements is that of the Inferno CRD test kit "
    "(`inferno-framework/davinci-crd-test-kit`, set `cds-hooks_2.0`). It has {rows} rows with SHALL, "
    "SHALL NOT, SHOULD or SHOULD NOT for the CDS Service, those shared with the client among them. "
    "Each is said here in our own words; the number leads to its place in the specification, "
    "which alone counts.\n\n"
    "{proven} are proven by tests, {not_for_us} do not apply to this service, {pending} are pending: "
    'each says why. "Every answer" means that the rules named, which stand below, are held in every '
    "answer to the fixtures and to the corpus of clients (`tests/scenarios/test_fixtures.py`, "
    "`tests/scenarios/test_clients.py`), by a validator that is itself shown to notice their breach "
    "(`tests/contract/test_validator.py`). `tests/unit/docs/test_named_tests.py` fails when a test that "
    "is named here is gone.\n"
)

_RULES: Final = (
    "\n## What every answer is checked for\n\n"
    "The answers of the service are checked by a validator that shares no code with it. "
    "It looks for breaches of these {rules} requirements; a fault is reported by the id. "
    "BEHAVIOUR is the page on [behavior](behaviour.md).\n"
)
