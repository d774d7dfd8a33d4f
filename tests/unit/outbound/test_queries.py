"""How an id of a patient gets into a query, and which queries are sent."""

from functools import cache
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.catalog import queries_for
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.outbound.addresses import is_sendable

READ, SEARCH = "patient", "bleeding"
"""The keys of a query that holds the id in its path, and of one that has it as a parameter beside codes."""


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


def query(key: str, *, patient_id: str) -> str:
    return queries_for(patient_id, knowledge())[key]


@pytest.mark.parametrize(
    ("patient_id", "in_query"),
    [
        ("123", "123"),
        ("a-b.C_d~1", "a-b.C_d~1"),
        ("urn:uuid:1", "urn%3Auuid%3A1"),
        ("a b+c=d", "a%20b%2Bc%3Dd"),
        ("1&status=active", "1%26status%3Dactive"),
        ("1#x?y", "1%23x%3Fy"),
        ("100%", "100%25"),
        ("é", "%C3%A9"),
    ],
)
def test_an_id_is_percent_encoded(patient_id: str, in_query: str) -> None:
    sent = query("conditions", patient_id=patient_id)

    assert sent == f"Condition?patient={in_query}&_sort=-recorded-date&_count=200"
    assert is_sendable(sent)


@pytest.mark.parametrize("patient_id", ["1,2", "1|2", "1$2", "1\\2", "Group/1", "1\n2", "\x00", "\ud800"])
@pytest.mark.parametrize("key", [READ, SEARCH])
def test_an_id_that_could_ask_for_something_else_is_not_sent(key: str, patient_id: str) -> None:
    assert not is_sendable(query(key, patient_id=patient_id))


@pytest.mark.parametrize("patient_id", ["", ".", "..", "../Practitioner/1"])
def test_an_id_that_changes_the_path_is_not_sent(patient_id: str) -> None:
    assert not is_sendable(query(READ, patient_id=patient_id))


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "?patient=1",
        "/Patient/1",
        "https://evil.example/Patient/1",
        "//evil.example",
        "patient/1",
        "Patient/1/$everything",
        "Patient/1/../2",
        "Patient/%2e%2E",
        "Condition?patient=1#x",
        "Condition?patient=1 2",
        "Condition?patient=1%2c2",
        "Condition?patient=1%0d%0aX: 1",
        "Condition?",
    ],
)
def test_what_is_no_read_or_search_of_one_type_is_not_sent(asked: str) -> None:
    assert not is_sendable(asked)


@given(st.text())
def test_an_id_is_sent_as_it_is_or_not_at_all(patient_id: str) -> None:
    read, search = query(READ, patient_id=patient_id), query(SEARCH, patient_id=patient_id)

    if is_sendable(read):
        assert unquote(read) == f"Patient/{patient_id}"
        assert read.count("/") == 1
    if is_sendable(search):
        parameters = parse_qsl(urlsplit(search).query, keep_blank_values=True)
        assert parameters[0] == ("patient", patient_id)
        assert [name for name, _ in parameters] == ["patient", "code", "_sort", "_count"]


@pytest.mark.parametrize("patient_id", ["1", "e" * 211])
def test_every_query_of_the_catalog_is_sent(patient_id: str) -> None:
    queries = queries_for(patient_id, knowledge()).values()

    assert [sent for sent in queries if not is_sendable(sent)] == []
