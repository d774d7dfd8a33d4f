"""Cross-checks of codes: systems, check digits, code lists, order codes."""

import re
from collections.abc import Callable, Iterator, Mapping

from cds_service.knowledge.tables.build import code_index_from
from cds_service.knowledge.tables.folder import Tables
from cds_service.knowledge.tables.rows import Row
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import CodeIndex, name_key

_TIMES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_CONCEPT_PARTITIONS = ("00", "10")


def is_snomed_concept(code: str) -> bool:
    """True for 6 to 18 digits with a concept partition (00 core, 10 extension) and a valid Verhoeff digit."""
    has_shape = re.fullmatch(r"[1-9]\d{5,17}", code) is not None
    return has_shape and code[-3:-1] in _CONCEPT_PARTITIONS and _verhoeff(code) == 0


def is_loinc(code: str) -> bool:
    """True for 1 to 7 digits, a hyphen, and the mod 10 check digit of the digits before; and for an answer.

    The codes of answers (`LA15173-0`) are told by their form: no rule for their check digit was found.
    """
    if re.fullmatch(r"LA\d{1,6}-\d", code):
        return True
    match = re.fullmatch(r"(\d{1,7})-(\d)", code)
    return match is not None and _mod10(match[1]) == int(match[2])


def _verhoeff(digits: str) -> int:
    check = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(position % 8):
            value = _PERMUTATION[value]
        check = _TIMES[check][value]
    return check


def _mod10(digits: str) -> int:
    """Luhn: from the right, every second digit doubled, starting with the last."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value // 10 + value % 10
    return -total % 10


_IS_VALID: Mapping[str, Callable[[str], bool]] = {"snomed": is_snomed_concept, "loinc": is_loinc}


def code_faults(tables: Tables) -> Iterator[str]:
    """Every fault of the codes. Where a system is unknown, what depends on it is not looked at."""
    yield from _system_faults(tables)
    yield from _check_digit_faults(tables)
    yield from _concept_faults(tables)
    yield from _order_code_procedures(tables)
    unknown = [*_unknown_systems(tables)]
    yield from unknown
    if not unknown:
        yield from _faults_of_keys(tables)


def _faults_of_keys(tables: Tables) -> Iterator[str]:
    index = code_index_from(tables)
    yield from _repeated_codes(tables, index)
    yield from _repeated_order_codes(tables, index)
    yield from _prefix_faults(tables)
    for row in tables["codelists/excluded.csv"]:
        for match in index.find(*index.key(row["system"], row["code"])):
            yield f"{row.path}: {row['code']} is excluded but stands for {match.concept}"


def _system_faults(tables: Tables) -> Iterator[str]:
    seen: dict[str, str] = {}
    for row in tables["codelists/systems.csv"]:
        for name in (row["key"], row["uri"], *row["names"].split()):
            if seen.setdefault(name_key(name), row["uri"]) != row["uri"]:
                yield f"{row.path}: {name!r} is the name of another system too"
    bases = {row["key"] for row in tables["codelists/systems.csv"] if not row["modifies"]}
    for row in tables["codelists/systems.csv"]:
        if row["modifies"] and row["modifies"] not in bases:
            yield f"{row.path}: modifies {row['modifies']!r}, which is no system of its own"


def _unknown_systems(tables: Tables) -> Iterator[str]:
    known = {row["key"] for row in tables["codelists/systems.csv"]}
    for row in tables.coded_rows():
        if row["system"] not in known:
            yield f"{row.path}: system {row['system']!r} is not in systems.csv"


def _check_digit_faults(tables: Tables) -> Iterator[str]:
    for row in tables.coded_rows():
        is_valid = _IS_VALID.get(row["system"])
        if is_valid and not is_valid(row["code"]):
            yield f"{row.path}: {row['code']} is not a valid {row['system']} code (check digit)"


def _concept_faults(tables: Tables) -> Iterator[str]:
    described = {row["id"] for row in tables["concepts"]}
    worded = {row["concept"] for row in tables["codelists/terms.csv"]}
    for concept in Concept:
        if concept not in described:
            yield f"codelists/manifest.toml: [concepts.{concept}] is missing"
        if not tables.code_list(concept) and concept not in worded:
            yield f"codelists/{concept}.csv: no code is listed, nor a term in terms.csv"


def _order_code_procedures(tables: Tables) -> Iterator[str]:
    """A code of other regions alone has none: it tells what stands beside a study of the chest."""
    known = {row["id"] for row in tables["procedures.csv"]}
    for row in tables["codelists/order_codes.csv"]:
        is_of_others = not row["procedure"] and row["has_other_regions"] == "yes"
        if row["procedure"] not in known and not is_of_others:
            yield f"{row.path}: procedure {row['procedure']!r} is not in procedures.csv"


def _repeated_codes(tables: Tables, index: CodeIndex) -> Iterator[str]:
    for concept in Concept:
        seen: set[tuple[str, str]] = set()
        for row in tables.code_list(concept):
            key = index.key(row["system"], row["code"])
            if key in seen:
                yield f"{row.path}: {row['code']} stands twice in the list"
            seen.add(key)


def _repeated_order_codes(tables: Tables, index: CodeIndex) -> Iterator[str]:
    seen: dict[tuple[str, str], Row] = {}
    for row in (*tables["codelists/order_codes.csv"], *tables["codelists/not_imaging.csv"]):
        key = index.key(row["system"], row["code"])
        if key in seen:
            yield f"{row.path}: {row['system']} {row['code']} stands already at {seen[key].path}"
        seen.setdefault(key, row)


def _prefix_faults(tables: Tables) -> Iterator[str]:
    by_prefix = {
        row["key"] for row in tables["codelists/systems.csv"] if row["matching"] in ("icd", "hierarchy")
    }
    for concept in Concept:
        for row in tables.code_list(concept):
            if row["match"] == "prefix" and row["system"] not in by_prefix:
                yield f"{row.path}: codes of this system do not match as a prefix"
