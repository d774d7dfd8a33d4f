"""No code is shipped that was not verified, and none under another system than it was verified in."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.knowledge.load import SHIPPED_DATA
from cds_service.knowledge.tables.check_codes import is_loinc, is_snomed_concept
from cds_service.knowledge.tables.folder import Tables, read_tables
from cds_service.knowledge.tables.rows import Row
from cds_service.knowledge.terminology.concepts import Concept

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ICD_9_CM = "http://hl7.org/fhir/sid/icd-9-cm"
ATC = "http://www.whocc.no/atc"

CATEGORIES = frozenset(
    [
        *("C34", "C78.0", "A15", "A16", "J44", "J47", "E84", "J15", "J18", "J20", "J96.0", "J96.1", "J96.2"),
        *("I26", "T17.5", "T17.9", "B44", "M31.3", "M31.7", "N17", "N18.3", "N18.4", "N18.5", "N18.6"),
        *("N18.9", "E05"),
    ]
)
"""The ICD categories that match as a prefix, of the first list of codes."""

OF_PREGNANCY = (
    *(0, 1, 2, 3, 4, 7, 8, 9, *range(10, 17), *range(20, 27), *range(28, 37), *range(40, 49)),
    *(*range(60, 78), 80, 82, *range(85, 93), 94, 98, 99),
)
MORE_CATEGORIES = frozenset(
    [
        *("R57", "I46", "J96.9", "O", "O9A", "O60.0", "Z34", "Z35", "Z36", "Z37", "Z39", "Z3A"),
        *(f"O{number:02}" for number in OF_PREGNANCY),
    ]
)
"""Those of the second list: shock, arrest, unspecified failure, pregnancy, birth and after."""

GROUPS = frozenset(
    [
        *("B01AA", "B01AB", "B01AC", "B01AD", "B01AE", "B01AF", "C01CA", "D08AG"),
        *("V08A", "V08AA", "V08AB", "V08AC", "V08AD", "V08B", "V08C", "V08D"),
    ]
)
"""The groups of ATC."""

ENDING = re.compile(
    r"O10\.[0-49][123]|O1[136]\.[1-59]|O12\.[0-2][0-5]|O14\.[0129][02345]|O15\.[0-2]"
    r"|O24\.[013489][123]|O25\.[123]|O26\.(?:6[1234]|7[123]|8[1-57-9]|[0-59])|O9[12]\.[012][123]|O99\.[23]\d[0-5]"
    r"|O99\.8(?:[1-4][0-5]|9[123])|O88\.[01238][123]|O98\.\d[123]|O99\.[014567][123]|O9A\.[1-5][123]"
)
"""The usual endings of the mixed categories: pregnancy, birth and puerperium."""

NAMED_AS_EXCLUDED = {
    (ICD_10_CM, "J85.3"),
    (ICD_9_CM, "786.31"),
    *((ATC, code) for code in ("B01AB11", "B01AC09", "B01AC11", "B01AC21", "B01AC27", "C01CA17", "C01CA27")),
}
"""Codes that the lists of codes name only to exclude them."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables(SHIPPED_DATA)


def verified() -> dict[tuple[str, str], str]:
    path = Path(__file__).parent / "verified_codes.csv"
    with path.open(encoding="utf-8") as file:
        return {(row["system_uri"], row["code"]): row["status"] for row in csv.DictReader(file)}


def shipped(tables: Tables) -> Iterator[tuple[str, str, str]]:
    """System, code and place of every code in the data, categories left out."""
    uris = {row["key"]: row["uri"] for row in tables["codelists/systems.csv"]}
    for row in tables.coded_rows():
        if row.cells.get("match") != "prefix":
            yield uris[row["system"]], row["code"], row.path


def test_every_code_shipped_was_verified_in_its_system(tables: Tables) -> None:
    known = {code for code, status in verified().items() if status in ("VERIFIED-1", "VERIFIED-2")}

    unverified = [
        f"{place}: {system}|{code}"
        for system, code, place in shipped(tables)
        if (system, code) not in known | NAMED_AS_EXCLUDED
    ]

    assert unverified == []


@pytest.mark.parametrize("status", ["UNVERIFIED", "NOT FOUND", "INVALID"])
def test_no_code_of_this_status_is_shipped(tables: Tables, status: str) -> None:
    not_to_ship = {code for code, stated in verified().items() if stated == status}

    assert not_to_ship.isdisjoint((system, code) for system, code, _ in shipped(tables))


def test_no_code_is_marked_with_more_sources_than_hold_it(tables: Tables) -> None:
    uris = {row["key"]: row["uri"] for row in tables["codelists/systems.csv"]}
    known = verified()

    wrong = [
        row.path
        for row in tables.coded_rows()
        if row.cells.get("support") == "two-sources"
        and known[uris[row["system"]], row["code"]] != "VERIFIED-2"
    ]

    assert wrong == []


def test_the_code_lists_say_of_every_code_in_how_many_sources_it_was_found(tables: Tables) -> None:
    uris = {row["key"]: row["uri"] for row in tables["codelists/systems.csv"]}
    known, marks = verified(), {"VERIFIED-1": "one-source", "VERIFIED-2": "two-sources"}

    wrong = [
        row.path
        for concept in Concept
        for row in tables.code_list(concept)
        if row["support"] != "category" and marks[known[uris[row["system"]], row["code"]]] != row["support"]
    ]

    assert wrong == []


def prefixes(tables: Tables) -> Iterator[Row]:
    for concept in Concept:
        yield from (row for row in tables.code_list(concept) if row["match"] == "prefix")


def test_only_the_listed_categories_match_as_a_prefix(tables: Tables) -> None:
    found = [*prefixes(tables)]
    icd = {row["code"] for row in found if row["system"] in ("icd-10-cm", "icd-10")}

    assert {code for code in icd if not ENDING.fullmatch(code)} == CATEGORIES | MORE_CATEGORIES
    assert {row["code"] for row in found if row["system"] == "atc"} == GROUPS
    assert {row["code"] for row in found if row["system"] == "ops"} == {"8-852.0"}
    assert {row["system"] for row in found} == {"icd-10-cm", "icd-10", "atc", "ops"}


def test_every_category_holds_a_verified_code_of_its_system(tables: Tables) -> None:
    uris = {row["key"]: row["uri"] for row in tables["codelists/systems.csv"]}
    known = verified()
    for row in prefixes(tables):
        is_held = any(
            system == uris[row["system"]] and code.startswith(row["code"]) for system, code in known
        )
        assert is_held or ENDING.fullmatch(row["code"]) or row["code"] == "O60.0", row.path


def test_every_unit_used_as_ucum_was_verified(tables: Tables) -> None:
    known = {code for (system, code), _ in verified().items() if system == "http://unitsofmeasure.org"}
    units_of_time = {"s", "min", "h", "d", "wk", "mo", "a"}

    ucum = {row["unit"] for row in tables["units.csv"] if row["is_ucum"] == "yes"}

    assert ucum <= known | units_of_time
    assert not ucum & {"cc", "mL/min/1.73m2"}


@pytest.mark.parametrize(
    "code", ["66857006", "16332841000119106", "395081000119108", "24484000", "293637006", "233525003"]
)
def test_a_valid_snomed_concept_is_told(code: str) -> None:
    assert is_snomed_concept(code)


@pytest.mark.parametrize(
    "code", ["66857005", "66875006", "16332841000119100", "6685700", "66857006 ", "R04.2", "", "66857018"]
)
def test_an_invalid_snomed_concept_is_told(code: str) -> None:
    assert not is_snomed_concept(code)


@pytest.mark.parametrize("code", ["8480-6", "59408-5", "98979-8", "24627-2", "777-3"])
def test_a_valid_loinc_code_is_told(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize("code", ["8480-5", "8840-6", "84806", "-6", "8480-", "", "LP29684-5"])
def test_an_invalid_loinc_code_is_told(code: str) -> None:
    assert not is_loinc(code)


def test_every_verified_code_of_a_system_with_check_digits_is_valid() -> None:
    for (system, code), status in verified().items():
        if status.startswith("VERIFIED"):
            assert system != SNOMED or is_snomed_concept(code), code
            assert system != LOINC or is_loinc(code), code
