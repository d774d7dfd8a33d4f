"""What the FHIR client sends, and what it makes of each answer."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
from responses.registries import OrderedRegistry

from cds_service.outbound.answers import Failure
from cds_service.outbound.client import Answer, FhirClient
from cds_service.settings import settings_from

SERVER = "https://ehr.example.org/fhir"
TOKEN = "secret-token"
QUERY = "Condition?patient=1"
MAX_BYTES = 10_000


def client_with(*, max_pages: int = 3) -> FhirClient:
    settings = settings_from({"CDS_FHIR_SERVERS": SERVER, "CDS_FHIR_DEADLINE_MS": "10000"})
    in_production = replace(settings, profile="production", max_body_bytes=MAX_BYTES)
    return FhirClient(in_production, max_pages=max_pages)


def fetched(query: str = QUERY, *, server: str = SERVER, token: str = TOKEN, max_pages: int = 3) -> Answer:
    return client_with(max_pages=max_pages).read(server, token, {"key": query})["key"]


def page(next_url: str = "", **members: object) -> dict[str, Any]:
    links = [{"relation": "next", "url": next_url}] if next_url else []
    return {"resourceType": "Bundle", "link": links, **members}


def sent() -> list[requests.PreparedRequest]:
    return [call.request for call in responses.calls]


@responses.activate
def test_a_query_is_sent_beneath_the_base_with_token_and_media_type() -> None:
    responses.get(f"{SERVER}/Condition", json=page())

    answer = fetched()

    assert answer == Answer((json.dumps(page()).encode(),), None)
    assert [request.url for request in sent()] == [f"{SERVER}/{QUERY}"]
    assert sent()[0].headers["Accept"] == "application/fhir+json"
    assert sent()[0].headers["Authorization"] == f"Bearer {TOKEN}"


@responses.activate
def test_no_authorization_is_sent_without_a_token() -> None:
    responses.get(f"{SERVER}/Condition", json=page())

    fetched(token="")

    assert "Authorization" not in sent()[0].headers


@responses.activate
def test_ids_and_separators_of_a_search_reach_the_server_as_meant() -> None:
    responses.get(f"{SERVER}/Observation", json=page())

    fetched("Observation?patient=a%26b&code=http://loinc.org|1,http://loinc.org|2")

    parameters = parse_qsl(urlsplit(sent()[0].url or "").query)
    assert parameters == [("patient", "a&b"), ("code", "http://loinc.org|1,http://loinc.org|2")]


@responses.activate
def test_the_listed_spelling_of_the_server_is_called_whatever_the_request_spells() -> None:
    responses.get(f"{SERVER}/Condition", json=page())

    answer = fetched(server="HTTPS://EHR.example.org:443/fhir/")

    assert answer.failure is None
    assert sent()[0].url == f"{SERVER}/{QUERY}"


@responses.activate
@pytest.mark.parametrize("server", ["https://evil.example/fhir", "http://127.0.0.1/fhir", "", "nonsense"])
def test_nothing_is_sent_to_a_server_that_is_not_allowed(server: str) -> None:
    assert fetched(server=server) == Answer(failure=Failure.NOT_ALLOWED)
    assert sent() == []


@responses.activate
@pytest.mark.parametrize(
    "query", ["Patient/../admin", "Patient/..%3Bx", "https://evil.example/x", "Condition?patient=1%2C2"]
)
def test_a_query_that_asks_for_something_else_is_not_sent(query: str) -> None:
    assert fetched(query) == Answer(failure=Failure.NOT_ALLOWED)
    assert sent() == []


@responses.activate
@pytest.mark.parametrize("token", ["a\r\nX-Header: 1", "a b", "é", "\x00", "a\n"])
def test_a_token_that_cannot_stand_in_a_header_is_not_sent(token: str) -> None:
    assert fetched(token=token) == Answer(failure=Failure.REFUSED)
    assert sent() == []


@responses.activate
def test_no_query_no_call() -> None:
    assert client_with().read(SERVER, TOKEN, {}) == {}
    assert sent() == []


@responses.activate
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (201, Failure.NOT_FHIR),
        (204, Failure.NOT_FHIR),
        (206, Failure.NOT_FHIR),
        (300, Failure.REDIRECTED),
        (301, Failure.REDIRECTED),
        (304, Failure.REDIRECTED),
        (308, Failure.REDIRECTED),
        (400, Failure.NOT_ACCEPTED),
        (401, Failure.REFUSED),
        (403, Failure.REFUSED),
        (404, Failure.NOT_FOUND),
        (408, Failure.SERVER_ERROR),
        (410, Failure.NOT_FOUND),
        (422, Failure.NOT_ACCEPTED),
        (429, Failure.SERVER_ERROR),
        (499, Failure.NOT_ACCEPTED),
        (500, Failure.SERVER_ERROR),
        (503, Failure.SERVER_ERROR),
        (599, Failure.SERVER_ERROR),
        (999, Failure.NOT_FHIR),
    ],
)
def test_a_status_other_than_200_is_a_failure_of_its_kind(status: int, failure: Failure) -> None:
    responses.get(f"{SERVER}/Condition", json=page(), status=status)

    assert fetched() == Answer(failure=failure)


@responses.activate
@pytest.mark.parametrize("body", [b"", b"<html>", b"<Bundle/>", b'{"resourceType": "Bun', b"{}", b"[]"])
def test_a_body_that_is_no_fhir_json_is_not_fhir(body: bytes) -> None:
    responses.get(f"{SERVER}/Condition", body=body, content_type="application/fhir+json")

    assert fetched() == Answer(failure=Failure.NOT_FHIR)


@responses.activate
def test_json_under_another_media_type_is_read() -> None:
    responses.get(f"{SERVER}/Condition", body=json.dumps(page()), content_type="text/plain")

    assert fetched().failure is None


@responses.activate(registry=OrderedRegistry)
def test_pages_are_followed_in_order_with_the_token() -> None:
    # As HAPI writes them: no slash after the base.
    second, third = f"{SERVER}?_getpages=x&_getpagesoffset=5", "Condition?patient=1&page=3"
    responses.get(f"{SERVER}/Condition", json=page(second, total=1))
    responses.get(SERVER, json=page(third, total=2))
    responses.get(f"{SERVER}/Condition", json=page(total=3))

    answer = fetched()

    assert [json.loads(body)["total"] for body in answer.pages] == [1, 2, 3]
    assert answer.failure is None
    assert [request.url for request in sent()] == [f"{SERVER}/{QUERY}", second, f"{SERVER}/{third}"]
    assert {request.headers["Authorization"] for request in sent()} == {f"Bearer {TOKEN}"}


@responses.activate
@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/fhir?p=2",
        "http://ehr.example.org/fhir?p=2",
        "https://ehr.example.org:8443/fhir?p=2",
        "https://ehr.example.org/other?p=2",
        "https://ehr.example.org/fhir/../other?p=2",
        "//evil.example/fhir",
    ],
)
def test_a_link_out_of_the_base_is_left_and_the_page_kept(link: str) -> None:
    responses.get(f"{SERVER}/Condition", json=page(link))

    answer = fetched()

    assert (len(answer.pages), answer.failure) == (1, Failure.NOT_ALLOWED)
    assert len(sent()) == 1


@responses.activate(registry=OrderedRegistry)
def test_pages_before_a_failure_are_kept() -> None:
    responses.get(f"{SERVER}/Condition", json=page(f"{SERVER}?p=2"))
    responses.get(SERVER, status=500)

    answer = fetched()

    assert (len(answer.pages), answer.failure) == (1, Failure.SERVER_ERROR)


@responses.activate
def test_pages_that_lead_round_in_a_circle_are_read_once() -> None:
    responses.get(f"{SERVER}/Condition", json=page(f"{SERVER}?p=2"))
    responses.get(SERVER, json=page(f"{SERVER}/{QUERY}"))

    answer = fetched(max_pages=100)

    assert (len(answer.pages), answer.failure) == (2, Failure.ENDLESS)


@responses.activate
@pytest.mark.parametrize(
    ("max_pages", "pages", "failure"),
    [(1, 1, Failure.TOO_MANY_PAGES), (2, 2, None), (3, 2, None)],
)
def test_no_more_pages_than_allowed_are_read(max_pages: int, pages: int, failure: Failure | None) -> None:
    responses.get(f"{SERVER}/Condition", json=page(f"{SERVER}?p=2"))
    responses.get(SERVER, json=page())

    answer = fetched(max_pages=max_pages)

    assert (len(answer.pages), answer.failure) == (pages, failure)


@responses.activate
def test_the_pages_of_one_answer_share_the_size_allowed() -> None:
    filling = "x" * (MAX_BYTES * 2 // 3)
    responses.get(f"{SERVER}/Condition", json=page(f"{SERVER}?p=2", filling=filling))
    responses.get(SERVER, json=page(filling=filling))

    answer = fetched()

    assert (len(answer.pages), answer.failure) == (1, Failure.TOO_LARGE)


@responses.activate
def test_an_operation_outcome_is_a_page_like_any_other() -> None:
    responses.get(f"{SERVER}/Condition", json={"resourceType": "OperationOutcome", "issue": []})

    assert fetched().failure is None


@responses.activate
@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (requests.ConnectionError(f"token {TOKEN}"), Failure.UNREACHABLE),
        (requests.exceptions.SSLError("certificate"), Failure.UNREACHABLE),
        (requests.ReadTimeout("late"), Failure.DEADLINE),
        (requests.ConnectTimeout("late"), Failure.DEADLINE),
        (requests.exceptions.InvalidHeader(f"token {TOKEN}"), Failure.UNREACHABLE),
        (RuntimeError(f"token {TOKEN}"), Failure.UNREACHABLE),
    ],
)
def test_an_error_of_any_kind_costs_one_query_and_quotes_nothing(
    error: Exception, failure: Failure, capfd: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{SERVER}/Condition", body=error)

    answer = fetched()

    assert answer == Answer(failure=failure)
    assert TOKEN not in repr(answer) + "".join(capfd.readouterr())


@responses.activate
def test_what_is_read_is_not_shown() -> None:
    responses.get(f"{SERVER}/Condition", json=page(secret="hidden"))

    assert "hidden" not in repr(fetched())
