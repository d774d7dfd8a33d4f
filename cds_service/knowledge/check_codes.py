"""Cross-checks of codes: systems, check digits, code lists, order codes."""

from collections.abc import Callable, Iterator, Mapping

from cds_service.knowledge.check_digits import is_loinc, is_snomed_concept
from cds_service.knowledge.code_index import Matching, Systems, name_key
from cds_service.knowledge.concepts import Concept
from cds_service.knowledge.rows import Row
from cds_service.knowledge.tables import Tables
from cds_service.knowledge.terminology_build import code_index_from, code_key_of, systems_from

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
    systems = systems_from(tables["codelists/systems.csv"])
    uris = {row["key"]: row["uri"] for row in tables["codelists/systems.csv"]}
    yield from _repeated_codes(tables, systems, uris)
    yield from _repeated_order_codes(tables, systems, uris)
    yield from _prefix_faults(tables)
    index = code_index_from(tables, systems, uris)
    for row in tables["codelists/excluded.csv"]:
        for match in index.find(*code_key_of(row, systems, uris)):
            yield f"{row.place}: {row['code']} is excluded but stands for {match.concept}"


def _system_faults(tables: Tables) -> Iterator[str]:
    seen: dict[str, str] = {}
    for row in tables["codelists/systems.csv"]:
        for name in (row["key"], row["uri"], *row["names"].split()):
            if seen.setdefault(name_key(name), row["uri"]) != row["uri"]:
                yield f"{row.place}: {name!r} is the name of another system too"


def _unknown_systems(tables: Tables) -> Iterator[str]:
    known = {row["key"] for row in tables["codelists/systems.csv"]}
    for row in tables.coded_rows():
        if row["system"] not in known:
            yield f"{row.place}: system {row['system']!r} is not in systems.csv"


def _check_digit_faults(tables: Tables) -> Iterator[str]:
    for row in tables.coded_rows():
        is_valid = _IS_VALID.get(row["system"])
        if is_valid and not is_valid(row["code"]):
            yield f"{row.place}: {row['code']} is not a valid {row['system']} code (check digit)"


def _concept_faults(tables: Tables) -> Iterator[str]:
    described = {row["id"] for row in tables["concepts"]}
    for concept in Concept:
        if concept not in described:
            yield f"codelists/manifest.toml: [concepts.{concept}] is missing"
        if not tables.code_list(concept):
            yield f"codelists/{concept}.csv: no code is listed"


def _order_code_procedures(tables: Tables) -> Iterator[str]:
    known = {row["id"] for row in tables["procedures.csv"]}
    for row in tables["codelists/order_codes.csv"]:
        if row["procedure"] not in known:
            yield f"{row.place}: procedure {row['procedure']!r} is not in procedures.csv"


def _repeated_codes(tables: Tables, systems: Systems, uris: Mapping[str, str]) -> Iterator[str]:
    for concept in Concept:
        seen: set[tuple[str, str]] = set()
        for row in tables.code_list(concept):
            key = code_key_of(row, systems, uris)
            if key in seen:
                yield f"{row.place}: {row['code']} stands twice in the list"
            seen.add(key)


def _repeated_order_codes(tables: Tables, systems: Systems, uris: Mapping[str, str]) -> Iterator[str]:
    seen: dict[tuple[str, str], Row] = {}
    for row in (*tables["codelists/order_codes.csv"], *tables["codelists/not_imaging.csv"]):
        key = code_key_of(row, systems, uris)
        if key in seen:
            yield f"{row.place}: {row['system']} {row['code']} stands already at {seen[key].place}"
        seen.setdefault(key, row)


def _prefix_faults(tables: Tables) -> Iterator[str]:
    by_prefix = {row["key"] for row in tables["codelists/systems.csv"] if row["matching"] == Matching.ICD}
    for concept in Concept:
        for row in tables.code_list(concept):
            if row["match"] == "prefix" and row["system"] not in by_prefix:
                yield f"{row.place}: only ICD codes match as a prefix"
