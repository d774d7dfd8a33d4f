"""Reads every file of a knowledge folder into tables of valid rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cds_service.knowledge.tables.rows import Row, keys_of, path_of, read_csv, read_toml, sections_of
from cds_service.knowledge.tables.schema import (
    CODE_LIST,
    CONCEPTS,
    CSV_FILES,
    EDITION,
    FILES,
    TOML_FILES,
    Columns,
    R,
    as_struct,
    faults_of_rows,
)
from cds_service.knowledge.terminology.concepts import Concept

MANIFEST: Final = "codelists/manifest.toml"


@dataclass(frozen=True, slots=True)
class Tables:
    """The valid rows of every file by its name, and the faults met while reading."""

    rows: Mapping[str, tuple[Row, ...]]
    faults: tuple[str, ...]

    def __getitem__(self, name: str) -> tuple[Row, ...]:
        return self.rows[name]

    def of(self, name: str, kind: type[R]) -> tuple[R, ...]:
        """The rows of a file as Structs."""
        return tuple(as_struct(row, kind) for row in self.rows[name])

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
    columns = {**CSV_FILES, **{code_list_name(concept): CODE_LIST for concept in Concept}}
    read = {name: _checked(_csv(folder, name, columns[name]), columns[name]) for name in columns}
    for name, keys in TOML_FILES.items():
        read[name] = _checked(sections_of(name, read_toml(folder / name, name)), keys)
    edition, manifest = (read_toml(folder / name, name) for name in ("edition.toml", MANIFEST))
    read["edition.toml"] = _checked(keys_of("edition.toml", edition), EDITION)
    read["concepts"] = _checked(sections_of(MANIFEST, manifest, "concepts"), CONCEPTS)
    read["files"] = _checked(sections_of(MANIFEST, manifest, "files"), FILES)
    return Tables(
        rows={name: rows for name, (rows, _) in read.items()},
        faults=(*(fault for _, faults in read.values() for fault in faults), *_stray_files(folder, read)),
    )


def _checked(
    read: tuple[Sequence[Row], Sequence[str]], columns: Columns
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows without a fault, and all faults."""
    rows, faults = read
    found = faults_of_rows(rows, columns)
    valid = tuple(row for row in rows if row.path not in found)
    return valid, (*faults, *(fault for wrong in found.values() for fault in wrong))


def _csv(folder: Path, name: str, columns: Columns) -> tuple[list[Row], list[str]]:
    rows, faults = read_csv(folder / name, name, columns)
    return rows, [f"{path_of(name, line)}: {fault}" for line, fault in faults]


def _stray_files(folder: Path, read: Mapping[str, object]) -> Iterator[str]:
    known = {*read, MANIFEST}
    for path in sorted([*folder.glob("**/*.csv"), *folder.glob("**/*.toml")]):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            yield f"{name}: no such file is expected"
