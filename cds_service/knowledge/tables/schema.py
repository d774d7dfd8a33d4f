"""What each file of the knowledge must hold, cell by cell."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from cds_service.knowledge.model import (
    AdviceKind,
    AppliesTo,
    Basis,
    Category,
    CautionId,
    Comparison,
    Contrast,
    DefinitionId,
    Modality,
    Standing,
    Support,
    Variant,
)
from cds_service.knowledge.tables.rows import CellCheck
from cds_service.knowledge.terminology.codes import Matching
from cds_service.knowledge.terminology.concepts import Certainty, Concept, Role
from cds_service.knowledge.terminology.context import CueKind

MEANINGS: Mapping[str, frozenset[str]] = {
    "modality": frozenset(
        {
            "radiography",
            "ct",
            "cta",
            "mri",
            "mra",
            "pet",
            "ultrasound",
            "ventilation-perfusion",
            "angiography",
            "embolization",
            "other",
        }
    ),
    "region": frozenset({"chest", "bronchial", "pulmonary-arteries", "whole-body"}),
    "contrast": frozenset({"with", "without", "without-and-with", "unspecified"}),
    "other": frozenset({"region", "procedure", "doubt"}),
    "category": frozenset({"imaging"}),
}


def anything(value: str) -> str:
    """Any text, also none."""
    return ""


def text(value: str) -> str:
    """Some text."""
    return "" if value.strip() else "is empty"


def one_of(*allowed: str) -> CellCheck:
    """One of the words."""

    def check(value: str) -> str:
        return "" if value in allowed else f"{value!r} is not one of {', '.join(allowed)}"

    return check


def member_of(vocabulary: type[StrEnum]) -> CellCheck:
    """A member of a vocabulary."""
    return one_of(*vocabulary)


def members_of(vocabulary: type[StrEnum]) -> CellCheck:
    """Any number of members of a vocabulary, parted by spaces."""

    def check(value: str) -> str:
        unknown = [word for word in value.split() if word not in list(vocabulary)]
        return f"unknown: {', '.join(unknown)}" if unknown else ""

    return check


def optional(check: CellCheck) -> CellCheck:
    """Empty, or what the other check accepts."""
    return lambda value: check(value) if value else ""


def whole_number(value: str) -> str:
    """A whole number."""
    return "" if re.fullmatch(r"\d+", value) else f"{value!r} is not a whole number"


def number(value: str) -> str:
    """A decimal number, not negative."""
    try:
        is_valid = Decimal(value).is_finite() and Decimal(value) >= 0
    except InvalidOperation:
        is_valid = False
    return "" if is_valid else f"{value!r} is not a number"


def factor(value: str) -> str:
    """A positive decimal number, or one over such a number."""
    divisor = value.removeprefix("1/")
    return number(divisor) or ("" if Decimal(divisor) > 0 else f"{value!r} is not above zero")


def url(value: str) -> str:
    """An https address."""
    return "" if re.fullmatch(r"https://\S+", value) else f"{value!r} is not an https address"


def meanings(value: str) -> str:
    """Meanings of a study word, such as `modality=ct region=chest`; none at all for words to skip."""
    for meaning in value.split():
        kind, _, what = meaning.partition("=")
        if what not in MEANINGS.get(kind, frozenset()):
            return f"{meaning!r} is not a known meaning"
    return ""


def modalities(value: str) -> str:
    """Modalities of study words, joined by `+`."""
    unknown = [word for word in value.split("+") if word not in MEANINGS["modality"]]
    return f"unknown: {', '.join(unknown)}" if unknown else ""


yes_or_no = one_of("yes", "no")


language = one_of("en", "fr")


support = one_of("two-sources", "one-source")


RATINGS: Mapping[str, CellCheck] = {
    "procedure": text,
    "variant": member_of(Variant),
    "category": member_of(Category),
    "score": optional(one_of(*"123456789")),
    "score_source": anything,
    "source": text,
    "locator": text,
    "words": text,
    "support": member_of(Support),
    "backed_by": anything,
}


PROCEDURES: Mapping[str, CellCheck] = {
    "id": text,
    "name": text,
    "short_name": text,
    "standing": member_of(Standing),
    "modality": member_of(Modality),
    "contrast": member_of(Contrast),
    "adult_symbols": optional(one_of(*"12345")),
    "adult_msv": anything,
    "pediatric_symbols": optional(one_of(*"12345")),
    "pediatric_msv": anything,
    "cpt": anything,
    "loinc": anything,
    "snomed": anything,
    "radlex": anything,
}


CANONICAL_SYSTEMS = ("cpt", "loinc", "snomed", "radlex")


DEFINITIONS: Mapping[str, CellCheck] = {
    "id": member_of(DefinitionId),
    "value": number,
    "unit": text,
    "comparison": member_of(Comparison),
    "basis": member_of(Basis),
    "source": text,
    "locator": text,
    "words": text,
}


CAUTIONS: Mapping[str, CellCheck] = {
    "id": member_of(CautionId),
    "title": text,
    "text": text,
    "applies_to": member_of(AppliesTo),
    "source": text,
    "locator": text,
    "words": text,
}


SOURCES: Mapping[str, CellCheck] = {
    "publisher": text,
    "title": text,
    "date": anything,
    "url": optional(url),
    "licence": text,
    "reading": text,
}


EDITION: Mapping[str, CellCheck] = {
    "topic": text,
    "label": text,
    "year": whole_number,
    "source": text,
    "topic_url": url,
    "patient_url": url,
    "note": text,
}


DISCREPANCIES: Mapping[str, CellCheck] = {"source": text, "says": text, "right": text, "evidence": text}


ADVICE: Mapping[str, CellCheck] = {
    "kind": one_of(*AdviceKind),
    "text": text,
    "source": text,
    "locator": text,
    "words": text,
}


UNITS: Mapping[str, CellCheck] = {
    "unit": text,
    "kind": one_of("volume", "time", "other"),
    "factor": optional(factor),
    "is_ucum": yes_or_no,
}


CODE_LIST: Mapping[str, CellCheck] = {
    "system": text,
    "code": text,
    "match": one_of("exact", "prefix"),
    "certainty": member_of(Certainty),
    "display": text,
    "support": one_of("two-sources", "one-source", "category"),
}


ORDER_CODES: Mapping[str, CellCheck] = {
    "system": text,
    "code": text,
    "procedure": text,
    "is_pulmonary_arteries": yes_or_no,
    "needs_hemoptysis_reason": yes_or_no,
    "display": text,
    "support": support,
}


NOT_IMAGING: Mapping[str, CellCheck] = {"system": text, "code": text, "display": text, "support": support}


EXCLUDED: Mapping[str, CellCheck] = {"system": text, "code": text, "display": text, "reason": text}


SYSTEMS: Mapping[str, CellCheck] = {
    "key": text,
    "uri": text,
    "matching": member_of(Matching),
    "names": anything,
}


TERMS: Mapping[str, CellCheck] = {
    "concept": member_of(Concept),
    "language": language,
    "certainty": member_of(Certainty),
    "words": text,
}


NEGATIONS: Mapping[str, CellCheck] = {"kind": member_of(CueKind), "language": language, "words": text}


STUDY_WORDS: Mapping[str, CellCheck] = {"words": text, "language": language, "meanings": meanings}


STUDY_SPELLINGS: Mapping[str, CellCheck] = {"words": text, "read_as": anything}


STUDY_RULES: Mapping[str, CellCheck] = {
    "modalities": modalities,
    "region": one_of(*sorted(MEANINGS["region"])),
    "contrast": one_of("any", "with", "without", "without-and-with", "unstated"),
    "procedure": text,
}


CONCEPTS: Mapping[str, CellCheck] = {
    "id": member_of(Concept),
    "purpose": text,
    "provenance": text,
    "roles": members_of(Role),
}


FILES: Mapping[str, CellCheck] = {"purpose": text, "provenance": text}
