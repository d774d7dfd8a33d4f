"""The generated reference pages are those that the data give."""

from pathlib import Path

import pytest

from cds_service.knowledge.kinds import KINDS, Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.patterns.catalog import every_pattern
from tests.clinical.patterns.indications import CASES
from tests.clinical.what_is_read import IN_ORDERS_ONLY, READ_IN
from tests.generate_docs import PAGES, ROOT, write_pages


@pytest.mark.parametrize("path", PAGES)
def test_a_generated_page_is_up_to_date(path: str) -> None:
    on_disk = (ROOT / path).read_text(encoding="utf-8")

    assert on_disk == PAGES[path](), f"{path} is not what the data give: run `make docs`"


def test_every_page_is_written_under_the_given_folder(tmp_path: Path) -> None:
    written = write_pages(tmp_path)

    assert [str(page.relative_to(tmp_path)) for page in written] == list(PAGES)


def test_the_decision_table_holds_every_pattern_and_every_indication() -> None:
    page = PAGES["docs/reference/decision-table.md"]()

    names = [pattern.name for pattern in every_pattern()] + [case.name[1:] for case in CASES]
    assert [name for name in names if name not in page] == []


def test_every_concept_stands_under_a_kind_or_is_read_in_orders_only() -> None:
    in_charts = {concept for concepts in READ_IN.values() for concept in concepts}

    assert in_charts | {*IN_ORDERS_ONLY} == {*Concept}
    assert in_charts & {*IN_ORDERS_ONLY} == set()


@pytest.mark.parametrize("kind", Kind)
def test_what_is_asked_for_by_code_stands_under_its_kind(kind: Kind) -> None:
    assert {*KINDS[kind].concepts} <= {*READ_IN[kind]}
