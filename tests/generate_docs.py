"""Writes the reference pages and the NOTICE, which are made from data: `python -m tests.generate_docs`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.clinical.decision_table import decision_table
from tests.clinical.rule_book import rule_book
from tests.clinical.what_is_read import what_is_read
from tests.contract.conformance import conformance_page
from tests.notice import notice
from tests.unit.telemetry.page import metrics_page

ROOT: Final = Path(__file__).parent.parent


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/decision-table.md": decision_table,
    "docs/reference/rules.md": rule_book,
    "docs/reference/conformance.md": conformance_page,
    "docs/reference/what-is-read.md": what_is_read,
    "docs/reference/metrics.md": metrics_page,
    "NOTICE": notice,
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
