"""What each cell of each file of the knowledge must hold, as types."""

from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from cds_service.knowledge.definitions import Definition, Text
from cds_service.knowledge.model import (
    Advice,
    CautionText,
    Contrast,
    Discrepancy,
    Edition,
    Modality,
    Publication,
    Rating,
    TopicStatus,
)
from cds_service.knowledge.tables.rows import Row
from cds_service.knowledge.terminology.concepts import Certainty, Concept, Role
from cds_service.knowledge.terminology.context import CueKind
from cds_service.knowledge.terminology.terminology import Matching
from cds_service.knowledge.terminology.words import CHART_WORD_KINDS, Scale, words_needed

Columns = Mapping[str, object]
"""The type of each column; one of a plain `str` or an optional type may be empty, of the latter left out."""

R = TypeVar("R", bound=msgspec.Struct)
_MODALITY: Final = (
    *("radiography", "ct", "cta", "mri", "mra", "pet", "ultrasound", "ventilation-perfusion"),
    *("angiography", "embolization", "screening", "other"),
)
_REGION: Final = ("chest", "bronchial", "pulmonary-arteries", "whole-body")
MEANINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "modality": _MODALITY,
    "region": (*_REGION, "chest-part"),
    "presumed": ("chest", "aorta"),
    "contrast": ("with", "without", "without-and-with", "unspecified"),
    "other": ("region", "organ", "procedure", "guidance", "doubt", "earlier", "referral"),
    "denial": ("next", "onward"),
    "category": ("imaging", "laboratory"),
}
_MEANING: Final = "|".join(f"{kind}={value}" for kind, values in MEANINGS.items() for value in values)
_MODALITIES: Final = rf"^(?:{'|'.join(_MODALITY)})(?:\+(?:{'|'.join(_MODALITY)}))*$"
Meaning = Annotated[str, Meta(pattern=f"^(?:{_MEANING})$", description="a known meaning")]
Modalities = Annotated[str, Meta(pattern=_MODALITIES, description="made of known modalities joined by +")]
Symbols = Annotated[int, Meta(ge=1, le=5, description="one of 1 to 5")]
Factor = Annotated[
    str,
    Meta(
        pattern=r"^(?:1/)?(?=.*[1-9])\d+(?:\.\d+)?$",
        description="above zero: a number, or 1/ and a number",
    ),
]
YesOrNo = Literal["yes", "no"]
Language = Literal["en", "fr", "de", "es", "it", "pt", "nl", "any"]
"""`any`: the same in every language, as the names of drugs and the short names of vital signs are."""

ANOTHER_THING: Final = "other"
"""The certainty of words that tell, beside a term of the concept, of another thing: `venous` saturation."""

ALONE: Final = "alone"
"""The certainty of a term that is sure where it is the whole name, else only possible: `intubation`."""

IN_DOUBT: Final = "not"
"""That of words that leave it in doubt, beside a term: `anticipated` intubation."""

Support = Literal["two-sources", "one-source"]
CANONICAL_SYSTEMS: Final = ("cpt", "loinc", "snomed", "radlex")


def columns_of(kind: type[msgspec.Struct]) -> Columns:
    """The columns that become a Struct: its fields."""
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


PROCEDURES: Final[Columns] = {
    "id": Text,
    "name": Text,
    "short_name": Text,
    "topic_status": TopicStatus,
    "modality": Modality,
    "contrast": Contrast,
    "adult_symbols": Symbols | None,
    "adult_msv": str,
    "pediatric_symbols": Symbols | None,
    "pediatric_msv": str,
    **dict.fromkeys(CANONICAL_SYSTEMS, str),
}
CODE_LIST: Final[Columns] = {
    "system": Text,
    "code": Text,
    "match": Literal["exact", "prefix"],
    "certainty": Certainty,
    "display": Text,
    "support": Literal["two-sources", "one-source", "category"],
}
CSV_FILES: Final[Mapping[str, Columns]] = {
    "ratings.csv": columns_of(Rating),
    "procedures.csv": PROCEDURES,
    "units.csv": {
        "unit": Text,
        "kind": Literal["volume", "time", "other"],
        "factor": Factor | None,
        "factor_to": Factor | None,
        "is_ucum": YesOrNo,
    },
    "unit_spellings.csv": {"unit": Scale, "spelling": Text},
    "nonadherence.csv": dict.fromkeys(("reason", "category", "nearest", "source"), Text),
    "codelists/order_codes.csv": {
        "system": Text,
        "code": Text,
        "procedure": str,
        "is_pulmonary_arteries": YesOrNo,
        "needs_hemoptysis_reason": YesOrNo,
        "has_other_regions": YesOrNo,
        "may_be_cta": YesOrNo,
        "display": Text,
        "support": Support,
    },
    "codelists/not_imaging.csv": {"system": Text, "code": Text, "display": Text, "support": Support},
    "codelists/excluded.csv": {"system": Text, "code": Text, "display": Text, "reason": Text},
    "codelists/systems.csv": {
        "key": Text,
        "uri": Text,
        "matching": Matching,
        "modifies": str,
        "names": str,
    },
    "codelists/terms.csv": {
        "concept": Concept,
        "language": Language,
        "certainty": Literal["definite", "possible", "past", "alone", "other", "not"],
        "words": Text,
    },
    "codelists/chart_words.csv": {
        "kind": Literal[CHART_WORD_KINDS],
        "language": Language,
        "words": Text,
        "read_as": str,
    },
    "codelists/negations.csv": {"kind": CueKind, "language": Language, "words": Text},
    "codelists/study_words.csv": {"words": Text, "language": Language, "meanings": tuple[Meaning, ...]},
    "codelists/study_spellings.csv": {"words": Text, "language": Language, "read_as": str},
    "codelists/study_rules.csv": {
        "modalities": Modalities,
        "region": Literal[_REGION],
        "contrast": Literal["any", "with", "without", "without-and-with", "unstated"],
        "procedure": Text,
    },
}
TOML_FILES: Final[Mapping[str, Columns]] = {
    "definitions.toml": columns_of(Definition),
    "cautions.toml": columns_of(CautionText),
    "sources.toml": columns_of(Publication),
    "discrepancies.toml": columns_of(Discrepancy),
    "advice.toml": columns_of(Advice),
}
EDITION: Final = columns_of(Edition)
CONCEPTS: Final[Columns] = {"id": Concept, "purpose": Text, "provenance": Text, "roles": tuple[Role, ...]}
FILES: Final[Columns] = {"id": Text, "purpose": Text, "provenance": Text}


def faults_of_rows(rows: Sequence[Row], columns: Columns) -> Mapping[str, Sequence[str]]:
    """What is wrong with the cells of rows, each alone, by the path of the row; nothing for a good row."""
    if all(row.cells.keys() == columns.keys() for row in rows) and all(
        _are({row[key] for row in rows}, kind) for key, kind in columns.items()
    ):
        return {}
    found = ((row.path, [*_row_faults(row, columns)]) for row in rows)
    return {path: faults for path, faults in found if faults}


def _row_faults(row: Row, columns: Columns) -> Iterator[str]:
    for key, value in row.cells.items():
        if key not in columns:
            yield f"{row.path}: unknown key {key!r}"
        elif fault := _cell_fault(value, columns[key]):
            yield f"{row.path}: {key}: {fault}"
    for key, kind in columns.items():
        if key not in row.cells and type(None) not in get_args(kind):
            yield f"{row.path}: {key}: missing"


def _cell_fault(value: str, kind: object) -> str:
    """What is wrong with a cell; empty when it is of its type."""
    if get_origin(kind) is tuple:
        faults = (_cell_fault(item, get_args(kind)[0]) for item in value.split())
        return next(filter(None, faults), "")
    if _are({value}, kind):
        return ""
    return f"{value!r} is not {_expected(kind)}" if value.strip() else "is empty"


def _are(values: Set[str], kind: object) -> bool:
    """True when each of the values is of the type, as text."""
    if get_origin(kind) is tuple:
        values, (kind, *_) = {item for value in values for item in value.split()}, get_args(kind)
    if type(None) in get_args(kind):
        values = values - {""}
    try:
        msgspec.convert(sorted(values), list[kind], strict=False)  # type: ignore[valid-type]
    except msgspec.ValidationError:
        return False
    return True


@lru_cache(maxsize=64)
def _expected(kind: object) -> str:
    (inner, *_) = [arg for arg in get_args(kind) if arg is not type(None)] or [kind]
    for part in (kind, inner):
        if isinstance(part, type) and issubclass(part, StrEnum):
            return f"one of {', '.join(part)}"
        if get_origin(part) is Literal:
            return f"one of {', '.join(get_args(part))}"
        if described := getattr(part, "__metadata__", ()):
            return str(described[0].description)
    return "a number" if inner is Decimal else "known"


def as_struct(row: Row, kind: type[R]) -> R:
    """A row without faults as a Struct; an empty cell is its default."""
    return msgspec.convert({key: value for key, value in row.cells.items() if value}, kind, strict=False)


def term_faults(rows: tuple[Row, ...]) -> Iterator[str]:
    """Terms by whose words no text can be searched."""
    for row in rows:
        if not words_needed(row["words"]):
            yield f"{row.path}: words: {row['words']!r} holds no word to look for"
