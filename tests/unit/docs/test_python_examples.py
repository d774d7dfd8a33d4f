"""The examples in Python on the pages give what the pages say: their `python` blocks, one after another."""

import doctest
import inspect
from pathlib import Path

import pytest

import cds_service
from cds_service import judge
from tests.unit.docs.commands import BLOCK, PAGES, REPOSITORY

HOW_TO = REPOSITORY / "docs" / "how-to" / "use-from-python.md"


def session_of(page: Path) -> str:
    """Every block of a page as one session."""
    return "\n".join(found[3] for found in BLOCK.finditer(page.read_text()) if found[2] == "python")


WITH_EXAMPLES = [page for page in PAGES if ">>>" in session_of(page)]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_an_example_in_python_gives_what_the_page_says(
    page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    examples = doctest.DocTestParser().get_doctest(session_of(page), {}, page.name, str(page), 0)
    told: list[str] = []

    result = doctest.DocTestRunner(verbose=False).run(examples, out=told.append)

    assert result.attempted > 0
    assert result.failed == 0, "".join(told)
    assert list(tmp_path.iterdir()) == []


def test_the_how_to_is_among_them() -> None:
    assert HOW_TO in WITH_EXAMPLES


def test_the_package_offers_the_function_and_names_what_it_lacks() -> None:
    assert "hook request" in (inspect.getdoc(judge) or "")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cds_service.nothing
