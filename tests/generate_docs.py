"""Writes the reference pages that are made from data: `python -m tests.generate_docs`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.clinical.decision_table import decision_table, table
from tests.clinical.rule_book import rule_book
from tests.clinical.what_is_read import what_is_read
from tests.contract.validator import REQUIREMENTS

ROOT: Final = Path(__file__).parent.parent


def conformance() -> str:
    """The page of what every answer is checked for."""
    rows = ((f"`{name}`", required.rule, required.source) for name, required in sorted(REQUIREMENTS.items()))
    return (
        _CONFORMANCE.format(count=len(REQUIREMENTS))
        + table(("Id", "Requirement", "Laid down in"), rows)
        + "\n"
    )


_CONFORMANCE = (
    "# Conformance\n\n"
    "Written by `make docs` from the requirements in `tests/contract/`: do not edit.\n\n"
    "The answers of the service are checked by a validator that shares no code with it. "
    "It looks for breaches of these {count} requirements; a fault is reported by the id. "
    "BEHAVIOUR is the page on [behavior](behaviour.md).\n\n"
)

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/decision-table.md": decision_table,
    "docs/reference/rules.md": rule_book,
    "docs/reference/conformance.md": conformance,
    "docs/reference/what-is-read.md": what_is_read,
}


def write_pages(root: Path = ROOT) -> tuple[Path, ...]:
    """Write every page under the root; the paths written."""
    return tuple(_written(root / path, text()) for path, text in PAGES.items())


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    for page in write_pages():
        print(page.relative_to(ROOT))
