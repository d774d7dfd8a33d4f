"""Rules for the Markdown in a card's detail."""

import re
from collections.abc import Iterator

from .node import Finding, Node, is_absolute_url
from .registry import requirement

FENCED_CODE = re.compile(r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\1(?!`)", re.DOTALL)
# `<` opens a tag before a letter, `/`, `!` or `?` unless a backslash escapes it; `<https://…>` is a link.
RAW_TAG = re.compile(r"(?<!\\)(?:\\\\)*<(?=[A-Za-z/!?])(?!(?:https?|mailto):[^\s<>]*>)")
DESTINATION = re.compile(
    r"(?<!\\)\]\(\s*<?([^\s)>]*)"  # [text](destination), also of an image
    r"|^ {0,3}\[[^\]\n]+\]:\s*<?([^\s>]+)",  # [label]: destination
    re.MULTILINE,
)
DELIMITER_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
BLOCK_START = re.compile(r"\s{0,3}(?:#{1,6} |>|[-*+] |\d{1,9}[.)] |```|~~~)")


def prose_of(detail: str) -> str:
    """The detail without its code, in which nothing is markup."""
    return CODE_SPAN.sub(" ", FENCED_CODE.sub("", detail))


@requirement(
    "CARD-DETAIL-HTML",
    "The detail holds no raw HTML; a `<` of the chart's text is escaped.",
    scope="card",
    source="CDS Hooks, Card Attributes; DESIGN, Protocol decisions",
)
def has_no_raw_html(card: Node) -> Iterator[Finding]:
    detail = card.member("detail")
    prose = prose_of(detail.text)
    for tag in RAW_TAG.finditer(prose):
        yield detail.fault(f"opens an HTML tag: {prose[tag.start() : tag.end() + 20]!r}")


@requirement(
    "CARD-DETAIL-LINKS",
    "A link in the detail goes to an absolute http or https URL.",
    scope="card",
    source="CDS Hooks, Card Attributes; EHR_CLIENTS, CDS Hooks Sandbox",
)
def has_safe_links(card: Node) -> Iterator[Finding]:
    detail = card.member("detail")
    for link in DESTINATION.finditer(prose_of(detail.text)):
        destination = link.group(1) or link.group(2) or ""
        if not is_absolute_url(destination):
            yield detail.fault(f"links to {destination!r}")


@requirement(
    "CARD-DETAIL-TABLES",
    "A table in the detail has a delimiter row, and each row has the same number of cells.",
    scope="card",
    source="CDS Hooks, Card Attributes (GitHub Flavored Markdown)",
)
def has_rectangular_tables(card: Node) -> Iterator[Finding]:
    detail = card.member("detail")
    for paragraph in re.split(r"\n[ \t]*(?=\n)", FENCED_CODE.sub("", detail.text)):
        for message in _table_faults(paragraph.strip("\n").split("\n")):
            yield detail.fault(message)


def _table_faults(lines: list[str]) -> Iterator[str]:
    start = next((n for n, line in enumerate(lines) if n and _is_delimiter(line)), None)
    if start is None:
        yield from (f"a row outside a table: {line!r}" for line in lines if line.lstrip().startswith("|"))
        return
    width = _cells(lines[start - 1])
    for line in lines[start:]:
        if BLOCK_START.match(line):
            return
        if _cells(line) != width:
            yield f"{_cells(line)} cells where the table has {width}: {line!r}"


def _is_delimiter(line: str) -> bool:
    return "|" in line and DELIMITER_ROW.fullmatch(line) is not None


def _cells(row: str) -> int:
    inner = re.sub(r"^\||(?<!\\)\|$", "", row.strip())
    return len(re.split(r"(?<!\\)\|", inner))
