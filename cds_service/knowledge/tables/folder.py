"""Reads every file of a knowledge folder into tables of valid rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds_service.knowledge.tables.rows import CellCheck, Row, Rows, read_csv, read_toml, read_toml_section
from cds_service.knowledge.tables.schema import (
    ADVICE,
    CAUTIONS,
    CODE_LIST,
    CONCEPTS,
    DEFINITIONS,
    DISCREPANCIES,
    EDITION,
    EXCLUDED,
    FILES,
    NEGATIONS,
    NOT_IMAGING,
    ORDER_CODES,
    PROCEDURES,
    RATINGS,
    SOURCES,
    STUDY_RULES,
    STUDY_SPELLINGS,
    STUDY_WORDS,
    SYSTEMS,
    TERMS,
    UNITS,
)
from cds_service.knowledge.terminology.concepts import Concept

MANIFEST = "codelists/manifest.toml"


CSV_FILES: Mapping[str, Mapping[str, CellCheck]] = {
    "ratings.csv": RATINGS,
    "procedures.csv": PROCEDURES,
    "units.csv": UNITS,
    "codelists/order_codes.csv": ORDER_CODES,
    "codelists/not_imaging.csv": NOT_IMAGING,
    "codelists/excluded.csv": EXCLUDED,
    "codelists/systems.csv": SYSTEMS,
    "codelists/terms.csv": TERMS,
    "codelists/negations.csv": NEGATIONS,
    "codelists/study_words.csv": STUDY_WORDS,
    "codelists/study_spellings.csv": STUDY_SPELLINGS,
    "codelists/study_rules.csv": STUDY_RULES,
}


TOML_FILES: Mapping[str, Mapping[str, CellCheck]] = {
    "definitions.toml": DEFINITIONS,
    "cautions.toml": CAUTIONS,
    "sources.toml": SOURCES,
    "discrepancies.toml": DISCREPANCIES,
    "advice.toml": ADVICE,
}


@dataclass(frozen=True, slots=True)
class Tables:
    """The valid rows of every file by its name, and the faults met while reading."""

    rows: Mapping[str, tuple[Row, ...]]
    faults: tuple[str, ...]

    def __getitem__(self, name: str) -> tuple[Row, ...]:
        return self.rows[name]

    def code_list(self, concept: Concept) -> tuple[Row, ...]:
        """The codes of a concept."""
        return self.rows[code_list_name(concept)]

    def coded_rows(self) -> Iterator[Row]:
        """Every row that holds a code: code lists, order codes, what is no imaging, what is excluded."""
        for concept in Concept:
            yield from self.code_list(concept)
        for name in ("order_codes", "not_imaging", "excluded"):
            yield from self.rows[f"codelists/{name}.csv"]


def code_list_name(concept: Concept) -> str:
    """The file that holds the codes of a concept."""
    return f"codelists/{concept}.csv"


def read_tables(folder: Path) -> Tables:
    """Every table of the folder, with all that is wrong in single cells and files."""
    read = {name: read_csv(folder, name, columns) for name, columns in CSV_FILES.items()}
    read |= {name: read_toml(folder, name, keys) for name, keys in TOML_FILES.items()}
    read["edition.toml"] = read_toml_section(folder, "edition.toml", EDITION, section="")
    read["concepts"] = read_toml_section(folder, MANIFEST, CONCEPTS, section="concepts")
    read["files"] = read_toml_section(folder, MANIFEST, FILES, section="files")
    for concept in Concept:
        name = code_list_name(concept)
        read[name] = read_csv(folder, name, CODE_LIST)
    return Tables(
        rows={name: rows.valid for name, rows in read.items()},
        faults=(*_faults_of(read), *_stray_files(folder, read)),
    )


def _faults_of(read: Mapping[str, Rows]) -> Iterator[str]:
    """Every fault once: two tables of one unreadable file report the same."""
    yield from dict.fromkeys(fault for rows in read.values() for fault in rows.faults)


def _stray_files(folder: Path, read: Mapping[str, Rows]) -> Iterator[str]:
    known = {*read, MANIFEST}
    for path in sorted([*folder.glob("**/*.csv"), *folder.glob("**/*.toml")]):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            yield f"{name}: no such file is expected"
