"""The FHIR client against real sockets: whatever a server does costs its own data and no more time."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.outbound.answers import Failure
from cds_service.outbound.client import CONNECTIONS_PER_SERVER, Answer
from tests.integration.gateway import Gateway, Mode
from tests.integration.outbound_builders import (
    AMPLE_SECONDS,
    DEADLINE_SECONDS,
    LATEST_SECONDS,
    MAX_PAGES,
    OTHERS,
    QUERIES,
    TOKEN,
    client_with,
    ended_within,
    seconds_since,
)

pytestmark = pytest.mark.usefixtures("_no_thread_outlives_its_test")


def wait_until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + AMPLE_SECONDS
    while not is_so() and time.monotonic() < latest:
        time.sleep(0.01)


def test_an_honest_server_gives_every_query_whole_and_gets_token_and_media_type() -> None:
    with Gateway(None, TOKEN, Mode.HONEST) as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert set(answers) == set(QUERIES)
    assert all(answer.failure is None for answer in answers.values())
    assert json.loads(answers["patient"].pages[0]) == {"resourceType": "Patient", "id": "1"}
    assert {seen.headers["accept"] for seen in gateway.requests} == {"application/fhir+json"}
    assert {seen.authorization for seen in gateway.requests} == {f"Bearer {TOKEN}"}


def test_no_authorization_is_sent_without_a_token() -> None:
    with Gateway(None, "", Mode.HONEST) as gateway:
        client_with().read(gateway.base_url, "", QUERIES)

    assert {seen.authorization for seen in gateway.requests} == {""}


@pytest.mark.parametrize("token", ["", "another"])
def test_a_wrong_token_is_refused(token: str) -> None:
    with Gateway(None, TOKEN, Mode.HONEST) as gateway:
        answers = client_with().read(gateway.base_url, token, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.REFUSED)}


@pytest.mark.parametrize(
    ("mode", "failure"),
    [
        (Mode.CUTS, Failure.UNREACHABLE),
        (Mode.CUTS_BODY, Failure.UNREACHABLE),
        (Mode.SERVER_ERROR, Failure.SERVER_ERROR),
        (Mode.BUSY, Failure.SERVER_ERROR),
        (Mode.REFUSES, Failure.REFUSED),
        (Mode.NOT_FOUND, Failure.NOT_FOUND),
        (Mode.HTML, Failure.NOT_FHIR),
        (Mode.XML, Failure.NOT_FHIR),
        (Mode.TRUNCATED_JSON, Failure.NOT_FHIR),
        (Mode.NOT_A_RESOURCE, Failure.NOT_FHIR),
        (Mode.DEEP_JSON, Failure.NOT_FHIR),
        (Mode.HUGE, Failure.TOO_LARGE),
        (Mode.HUGE_HEADERS, Failure.TOO_LARGE),
        (Mode.GZIP_BOMB, Failure.TOO_LARGE),
        (Mode.REDIRECTS, Failure.REDIRECTED),
    ],
)
def test_a_server_that_fails_one_query_costs_that_one_only(mode: Mode, failure: Failure) -> None:
    with Gateway(None, TOKEN, mode).misbehaving_for("Condition") as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert answers["conditions"] == Answer(failure=failure)
    assert all(answers[key].failure is None for key in OTHERS)


@pytest.mark.parametrize(
    "mode", [Mode.SLOW, Mode.HANGS, Mode.DRIPS_HEADERS, Mode.DRIPS_BODY, Mode.DRIPS_CHUNK_SIZE]
)
def test_the_deadline_holds_and_what_came_by_then_is_returned(mode: Mode) -> None:
    with Gateway(None, TOKEN, mode).misbehaving_for("Condition") as gateway:
        start = time.monotonic()
        answers = client_with(DEADLINE_SECONDS).read(gateway.base_url, TOKEN, QUERIES)
        elapsed = seconds_since(start)
        threads_ended = ended_within(LATEST_SECONDS)

    assert answers["conditions"] == Answer(failure=Failure.DEADLINE)
    assert all(answers[key].failure is None for key in OTHERS)
    assert elapsed < LATEST_SECONDS
    assert threads_ended, "a server that drips must not hold a thread after the deadline"


def test_a_server_that_never_accepts_a_connection_costs_the_deadline_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        start = time.monotonic()
        answers = client_with(DEADLINE_SECONDS).read(f"http://127.0.0.1:{port}/fhir", TOKEN, QUERIES)

    assert {answer.failure for answer in answers.values()} == {Failure.DEADLINE}
    assert seconds_since(start) < LATEST_SECONDS


def test_a_server_that_hangs_in_the_tls_handshake_costs_the_deadline_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        start = time.monotonic()
        answers = client_with(DEADLINE_SECONDS).read(f"https://127.0.0.1:{port}/fhir", TOKEN, QUERIES)
        elapsed = seconds_since(start)
        threads_ended = ended_within(LATEST_SECONDS)

    assert {answer.failure for answer in answers.values()} == {Failure.DEADLINE}
    assert elapsed < LATEST_SECONDS
    assert threads_ended


def test_nobody_at_the_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    answers = client_with().read(f"http://127.0.0.1:{port}/fhir", TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.UNREACHABLE)}


def test_endless_pages_are_read_up_to_the_bound_and_kept() -> None:
    with Gateway(None, TOKEN, Mode.ENDLESS_PAGES).misbehaving_for("Condition") as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert len(answers["conditions"].pages) == MAX_PAGES
    assert answers["conditions"].failure is Failure.TOO_MANY_PAGES
    assert answers["conditions"].failure
    assert all(answers[key].failure is None for key in OTHERS)


def test_a_page_that_leads_back_to_itself_is_read_once() -> None:
    with Gateway(None, TOKEN, Mode.LOOPING_PAGES).misbehaving_for("Condition") as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert len(answers["conditions"].pages) == 1
    assert answers["conditions"].failure is Failure.ENDLESS


@pytest.mark.parametrize("mode", [Mode.REDIRECTS, Mode.PAGES_ELSEWHERE])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_is_sent_to_another_host_that_the_server_names(mode: Mode, host: str) -> None:
    with Gateway(None, "", Mode.HONEST) as stranger, Gateway(None, TOKEN, mode) as gateway:
        gateway.elsewhere = stranger.base_url.replace("127.0.0.1", host)
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    expected = Failure.REDIRECTED if mode is Mode.REDIRECTS else Failure.NOT_ALLOWED
    assert {answer.failure for answer in answers.values()} == {expected}
    assert stranger.requests == []


def test_a_page_that_came_before_a_link_elsewhere_is_kept() -> None:
    with Gateway(None, TOKEN, Mode.PAGES_ELSEWHERE) as gateway:
        answer = client_with().read(gateway.base_url, TOKEN, QUERIES)["conditions"]

    assert [json.loads(page)["resourceType"] for page in answer.pages] == ["Bundle"]
    assert answer.failure


def test_the_wrong_patients_data_come_as_they_are_for_the_reader_to_drop() -> None:
    with Gateway(None, TOKEN, Mode.WRONG_PATIENT) as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert all(answer.failure is None for answer in answers.values())
    assert json.loads(answers["patient"].pages[0])["id"] != "1"


def test_connections_are_used_again_and_no_cookie_is_kept() -> None:
    with Gateway(None, TOKEN, Mode.HONEST) as gateway:
        client = client_with()
        for _ in range(5):
            client.read(gateway.base_url, TOKEN, {"conditions": QUERIES["conditions"]})

    assert len(gateway.requests) == 5
    assert len({seen.port for seen in gateway.requests}) == 1
    assert all("cookie" not in seen.headers for seen in gateway.requests)


def test_a_connection_that_the_server_cuts_after_it_was_kept_is_replaced() -> None:
    with Gateway(None, TOKEN, Mode.CUTS_KEPT) as gateway:
        client = client_with()
        answers = [client.read(gateway.base_url, TOKEN, {"patient": "Patient/1"}) for _ in range(3)]

    assert all(answer["patient"].failure is None for answer in answers)
    assert len({seen.port for seen in gateway.requests}) == 3


def test_a_server_that_hangs_takes_no_connection_from_another() -> None:
    with Gateway(None, TOKEN, Mode.HANGS) as bad, Gateway(None, TOKEN, Mode.HONEST) as good:
        client = client_with(2.0)
        many = {str(number): f"Condition?patient={number}" for number in range(120)}
        other = threading.Thread(target=client.read, args=(bad.base_url, TOKEN, many))
        other.start()
        wait_until(lambda: len(bad.requests) == CONNECTIONS_PER_SERVER)
        answers = client.read(good.base_url, TOKEN, QUERIES)
        is_other_waiting = other.is_alive()
        other.join()

    assert all(answer.failure is None for answer in answers.values())
    assert is_other_waiting


def test_proxies_and_netrc_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    with Gateway(None, "", Mode.HONEST) as gateway:
        answers = client_with().read(gateway.base_url, "", QUERIES)

    assert all(answer.failure is None for answer in answers.values())
    assert {seen.authorization for seen in gateway.requests} == {""}


@pytest.mark.parametrize("mode", list(Mode))
def test_neither_token_nor_patient_is_logged_or_shown(
    mode: Mode, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with Gateway(None, TOKEN, mode) as gateway:
        client = client_with(DEADLINE_SECONDS)
        answers = client.read(gateway.base_url, TOKEN, {"conditions": "Condition?patient=hidden-id"})
    ended_within(AMPLE_SECONDS)

    written = caplog.text + "".join(capfd.readouterr()) + repr(answers) + repr(client)
    assert TOKEN not in written
    assert "hidden-id" not in written
    assert "FHIR server: 1 queries" in written
