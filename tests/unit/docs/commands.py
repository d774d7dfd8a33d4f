"""The commands that the pages tell a person to type: those of their blocks, and those within a sentence."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
TEMPLATES = REPOSITORY / "cds_service" / "web" / "templates"
PAGES = (
    *sorted(REPOSITORY.glob("*.md")),
    *sorted(REPOSITORY.glob("docs/**/*.md")),
    *sorted(REPOSITORY.glob("fixtures/*.md")),
)
BLOCK = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)
PROGRAMS = ("cds-service", "make", "python", "pytest")
WITHIN_A_SENTENCE = re.compile(rf"`((?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(?:{'|'.join(PROGRAMS)}) [^`\n]+)`")
BETWEEN_COMMANDS = {"|", "||", "&&", ";", "&"}
IN_A_CLUSTER = re.compile(r"(?:deployment|job)/")
REDIRECTION = {">", ">>", "<"}


@dataclass(frozen=True, slots=True)
class Typed:
    """One command of a page: its words, without what is set before it; `is_whole` in a block."""

    page: Path
    words: tuple[str, ...]
    is_whole: bool

    @property
    def program(self) -> str:
        """The name of what is called; empty where only variables are set."""
        return Path(self.words[0]).name if self.words else ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}: {' '.join(self.words)}"


def languages() -> set[str]:
    return {found[2] for page in PAGES for found in BLOCK.finditer(page.read_text())}


def lines_in_blocks() -> list[tuple[Path, str]]:
    """Every command line of every `sh` block, its continued lines joined, without its comment."""
    blocks = (
        (page, found[3]) for page in PAGES for found in BLOCK.finditer(page.read_text()) if found[2] == "sh"
    )
    return [
        (page, line.partition(" # ")[0].strip())
        for page, block in blocks
        for line in re.sub(r"\\\n\s*", "", block).splitlines()
        if line.strip()
    ]


def lines_in_templates() -> list[tuple[Path, str]]:
    """The same of what stands as code on the service's own pages, which know no repository."""
    codes = ((page, code) for page in TEMPLATES.rglob("*.html") for code in CODE.findall(page.read_text()))
    return [
        (page, line.strip()) for page, code in codes for line in code.splitlines() if "cds-service " in line
    ]


def typed() -> list[Typed]:
    """Every command of every page, pipes and lists taken apart."""
    found = [
        *(command for page, line in lines_in_blocks() for command in commands_in(page, line, is_whole=True)),
        *(
            command
            for page, line in lines_in_templates()
            for command in commands_in(page, line, is_whole=True)
        ),
    ]
    for page in PAGES:
        prose = BLOCK.sub("", page.read_text())
        spans = WITHIN_A_SENTENCE.findall(prose)
        found += [command for span in spans for command in commands_in(page, span, is_whole=False)]
    return [command for command in found if command.words]


def commands_in(page: Path, line: str, *, is_whole: bool) -> Iterator[Typed]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in BETWEEN_COMMANDS:
            words.append(word)
            continue
        yield Typed(page, tuple(_without_settings(words)), is_whole)
        words = []


def _without_settings(words: list[str]) -> list[str]:
    set_before = 0
    while set_before < len(words) and re.match(r"[A-Za-z_]\w*=", words[set_before]):
        set_before += 1
    return words[set_before:]


def files_named(command: Typed) -> list[str]:
    """The words that are paths of the repository: no addresses, no paths of a machine, no output."""
    named = []
    for before, word in zip(("", *command.words), command.words, strict=False):
        path = word.removeprefix("@")
        is_ours = not re.match(r"[a-z]+://|[/~.]|localhost|-|.*\s|[A-Z]+:", path) and "=" not in path
        is_ours = is_ours and not IN_A_CLUSTER.match(path)
        is_file = "/" in path or re.search(r"\w\.(?:json|csv|toml|md|py|yml|lock)$", path)
        if is_ours and is_file and before not in REDIRECTION:
            named.append(path)
    return named
