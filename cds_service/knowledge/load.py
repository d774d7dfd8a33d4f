"""Loads the knowledge: reads the data folder, checks it, freezes it."""

from pathlib import Path

from cds_service.errors import KnowledgeError
from cds_service.knowledge.build import knowledge_from
from cds_service.knowledge.check import faults_in
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.summary import knowledge_summary
from cds_service.knowledge.tables import read_tables

__all__ = ["SHIPPED_DATA", "knowledge_summary", "load_knowledge"]

SHIPPED_DATA = Path(__file__).parent / "data"


def load_knowledge(folder: Path | None = None) -> Knowledge:
    """The knowledge in a folder (the shipped data if none is given), checked and frozen.

    Raises KnowledgeError with every fault found, each with its file and line or key.
    """
    tables = read_tables(folder or SHIPPED_DATA)
    if faults := [*tables.faults, *faults_in(tables)]:
        raise KnowledgeError(faults)
    return knowledge_from(tables)
