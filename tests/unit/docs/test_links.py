"""Whatever a page points to is there: links, headings, files, the pages of the map."""

import re
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
DOCS = REPOSITORY / "docs"
PAGES = (*sorted(REPOSITORY.glob("*.md")), *sorted(DOCS.glob("**/*.md")))
NOT_OURS = re.compile(r"\.git|\.venv.*|\..*cache|dist|var")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FOLDERS = r"(?:cds_service|tests|docs|fixtures|deploy|\.ci)/"
FILE_NAME = re.compile(r"[\w.-]+\.(?:csv|toml|md|py|yml|lock|html)")


def name_of(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def prose_of(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def file_names() -> frozenset[str]:
    ours = [path for path in REPOSITORY.iterdir() if not NOT_OURS.fullmatch(path.name)]
    within = (path for folder in ours if folder.is_dir() for path in folder.rglob("*"))
    return frozenset(path.name for path in (*ours, *within))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for target in LINK.findall(prose_of(page)):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.is_file() or (anchor and anchor not in anchors_of(linked)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_mentions_a_path_that_does_not_exist(page: Path) -> None:
    mentioned = re.findall(rf"(?<![\w/.-]){FOLDERS}[\w./*-]*", page.read_text())
    paths = {path.rstrip(".") for path in mentioned}

    assert [path for path in paths if not list(REPOSITORY.glob(path))] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_names_a_file_that_does_not_exist(page: Path) -> None:
    spans = re.findall(r"`([^`\n]+)`", prose_of(page))
    names = {span for span in spans if FILE_NAME.fullmatch(span) and span == span.lower()}

    assert names - file_names() == set()


def test_the_map_shows_every_page() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in LINK.findall(index.read_text())}

    missing = [name_of(page) for page in DOCS.glob("**/*.md") if page not in linked | {index}]

    assert missing == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("decisions/*.md")), ids=name_of)
def test_a_decision_has_its_number_and_its_sections(page: Path) -> None:
    text = page.read_text()

    assert re.match(rf"# {page.name[:4]}\. \S", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_no_two_decisions_have_the_same_number() -> None:
    numbers = sorted(page.name[:4] for page in DOCS.glob("decisions/*.md"))

    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]


def test_every_version_of_the_changelog_parts_clinical_from_technical() -> None:
    _, *versions = re.split(r"^## ", (REPOSITORY / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert versions
    for version in versions:
        assert re.findall(r"^### (.+)$", version, re.MULTILINE) == ["Clinical", "Technical"]


@pytest.mark.parametrize(
    ("name", "page"),
    [("BEHAVIOUR", "reference/behaviour.md"), ("CLINICAL", "explanation/clinical-content.md")],
)
def test_what_comments_cite_by_number_is_a_heading(name: str, page: str) -> None:
    headings = set(re.findall(r"^#+ (\d(?:\.\d)?)", (DOCS / page).read_text(), re.MULTILINE))
    sources = [*REPOSITORY.glob("cds_service/**/*.py"), *REPOSITORY.glob("tests/**/*.py")]

    cited = {
        number for source in sources for number in re.findall(rf"{name} (\d(?:\.\d)?)", source.read_text())
    }

    assert cited
    assert cited <= headings
