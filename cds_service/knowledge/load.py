"""Loading the knowledge, and a summary of it for a person who checks it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from cds_service.errors import KnowledgeError
from cds_service.knowledge.definitions import Basis
from cds_service.knowledge.model import Knowledge, Support, Variant
from cds_service.knowledge.tables.build import knowledge_from
from cds_service.knowledge.tables.check import faults_in
from cds_service.knowledge.tables.folder import read_tables
from cds_service.knowledge.terminology.concepts import Concept

SHIPPED_DATA = Path(__file__).parent / "data"


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """The knowledge in a folder (the shipped data if none is given), checked and frozen.

    Raises KnowledgeError with every fault found, each with its file and line or key.
    """
    tables = read_tables(folder or SHIPPED_DATA)
    if faults := [*dict.fromkeys((*tables.faults, *faults_in(tables)))]:
        raise KnowledgeError(faults)
    return knowledge_from(tables)


def knowledge_summary(knowledge: Knowledge) -> str:
    """Edition, table of ratings and counts, as plain text."""
    parts = (_edition_lines(knowledge), _rating_lines(knowledge), _count_lines(knowledge))
    return "\n\n".join("\n".join(lines) for lines in parts)


def _edition_lines(knowledge: Knowledge) -> list[str]:
    edition = knowledge.edition
    return [
        f"Topic: {edition.topic}, edition {edition.label}, published {edition.year}",
        f"Source: {knowledge.sources[edition.source].title}",
        f"Note: {edition.note}",
    ]


def _rating_lines(knowledge: Knowledge) -> list[str]:
    width = max(len(p.name) for p in knowledge.rated_procedures())
    header = f"{'Procedure':{width}}" + "".join(f"  {variant:25}" for variant in Variant)
    rows = (
        f"{p.name:{width}}" + "".join(f"  {knowledge.category(p.id, variant):25}" for variant in Variant)
        for p in knowledge.rated_procedures()
    )
    return [line.rstrip() for line in (header, *rows)]


def _count_lines(knowledge: Knowledge) -> list[str]:
    terminology = knowledge.terminology
    support = Counter[str](rating.support for rating in knowledge.ratings.values())
    basis = Counter[str](definition.basis for definition in knowledge.definitions.values())
    codes = sum(len(terminology.codes_of(concept)) for concept in Concept)
    terms = len(terminology.terms.by_words)
    return [
        f"Ratings: {len(knowledge.ratings)} ({_counted(support, get_args(Support))})",
        f"Definitions: {len(knowledge.definitions)} ({_counted(basis, get_args(Basis))})",
        f"Cautions: {len(knowledge.cautions)}; sources: {len(knowledge.sources)}",
        f"Concepts: {len(terminology.codings)} with {codes} codes and {terms} terms",
        f"Order codes: {len(terminology.order_codes)} for {len(knowledge.procedures)} procedures",
        f"Known discrepancies of sources, not reproduced: {len(knowledge.discrepancies)}",
    ]


def _counted(counts: Counter[str], words: Iterable[str]) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in words)
