"""A test that a page names as proof exists; every risk has a proof, or says why there is none."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.contract.conformance import PENDING, Row, rows
from tests.contract.validator import REQUIREMENTS
from tests.house.tree import ROOT, every_test

NAMED = re.compile(r"\btests/[\w/]+\.py::\w+")
PAGES = [page for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if NAMED.search(page.read_text())]
RISKS = ["docs/explanation/security.md", "docs/explanation/hazards.md"]
PROOF = re.compile(r"^- \*\*(?:Held by|Not yet|Not ours)\*\*", re.MULTILINE)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def sections_of(page: str) -> dict[str, str]:
    """The sections of the third level by heading: each is one risk."""
    _, *sections = re.split(r"^### ", text_of(page), flags=re.MULTILINE)
    return {
        section.partition("\n")[0]: re.split(r"^## ", section, flags=re.MULTILINE)[0] for section in sections
    }


RISK = [(page, heading) for page in RISKS for heading in sections_of(page)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    assert {*NAMED.findall(page.read_text())} - every_test() == set()


@pytest.mark.parametrize(("page", "heading"), RISK, ids=[heading for _, heading in RISK])
def test_every_risk_names_a_test_or_says_why_there_is_none(page: str, heading: str) -> None:
    section = sections_of(page)[heading]
    held = [line for line in section.splitlines() if line.startswith("- **Held by**")]

    assert PROOF.search(section)
    assert all(NAMED.search(line) for line in held)


def test_every_hazard_says_its_cause_its_guard_what_remains_and_who_acts() -> None:
    for heading, section in sections_of("docs/explanation/hazards.md").items():
        said = re.findall(r"^- \*\*([^*]+)\*\*", section, re.MULTILINE)

        assert said == ["Cause", "Guard", "Held by", "What remains", "Who"], heading


def test_every_risk_of_the_published_assessment_is_answered() -> None:
    rows = re.findall(
        r"^\| (R\d+) \| (?:high|medium|low) \| [^|]+ \| \S[^|]+ \|$", text_of(RISKS[0]), re.MULTILINE
    )

    assert rows == [f"R{number}" for number in range(1, 18)]


def test_every_risk_has_a_number_of_its_own() -> None:
    for page in RISKS:
        numbers = [heading.partition(".")[0] for heading in sections_of(page)]

        assert [number for number, times in Counter(numbers).items() if times > 1] == []
        assert all(re.fullmatch(r"[A-Z]\d+", number) for number in numbers)


# --- the requirements of CDS Hooks ---------------------------------------------------------------------


def test_the_list_has_every_requirement_for_a_service_once() -> None:
    verbs = Counter(row.verb for row in rows())

    assert verbs == {"SHALL": 69, "SHOULD": 17, "SHALL NOT": 4, "SHOULD NOT": 1}
    assert len({row.id for row in rows()}) == verbs.total() == 91


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"requirement {row.id}")
def test_a_requirement_is_proven_by_tests_and_rules_that_exist_or_says_why_not(row: Row) -> None:
    assert {*row.tests} - every_test() == set()
    assert {*row.rules} - REQUIREMENTS.keys() == set()
    assert row.is_open != bool(row.tests)
    assert row.requirement


def test_what_is_pending_is_client_authentication_alone() -> None:
    assert {row.note for row in rows() if row.note.startswith(PENDING)} <= {f"{PENDING}client authentication"}
