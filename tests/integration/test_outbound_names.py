"""The FHIR client and a name server that means no good: only an address that was looked at is called."""

import socket
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import pytest
from urllib3.util.connection import create_connection

from cds_service.outbound import connections
from cds_service.outbound.answers import CallFailed, Failure
from cds_service.outbound.client import Answer
from cds_service.outbound.key_sets import key_set_at
from cds_service.settings import settings_from
from tests.integration.authority import Authority
from tests.integration.gateway import Gateway, Mode
from tests.integration.outbound_builders import AMPLE_SECONDS, TOKEN, client_with

pytestmark = pytest.mark.usefixtures("_no_thread_outlives_its_test")

ONE = {"conditions": "Condition?patient=1"}
NAME = "ehr.hospital.example"
LOCAL = "ehr.localhost"
METADATA = "169.254.169.254"
REFUSED = Answer(failure=Failure.NOT_ALLOWED)


class NameServer:
    """Answers for names with what it is told to, one answer after the other, the last one again and again."""

    def __init__(self, answers: Sequence[Sequence[str]]) -> None:
        self._answers = chain(answers, repeat(answers[-1]))
        self.asked: list[str] = []
        self._ask = socket.getaddrinfo

    def __call__(self, host: str, *more: Any, **options: Any) -> list[Any]:
        if host not in (NAME, LOCAL):
            return self._ask(host, *more, **options)
        self.asked.append(host)
        return [one for address in next(self._answers) for one in self._ask(address, *more, **options)]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are called, in order; what is not of this machine does not answer."""
    addresses: list[str] = []

    def noted(place: tuple[str, int], *more: Any, **options: Any) -> socket.socket:
        addresses.append(place[0])
        if not place[0].startswith("127."):
            raise ConnectionRefusedError
        return create_connection(place, *more, **options)

    monkeypatch.setattr(connections, "create_connection", noted)
    return addresses


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., NameServer]:
    def answering(*answers: Sequence[str]) -> NameServer:
        name_server = NameServer(answers)
        monkeypatch.setattr(connections, "getaddrinfo", name_server)
        monkeypatch.setattr(socket, "getaddrinfo", name_server)
        return name_server

    return answering


@pytest.fixture
def stranger() -> Iterator[Gateway]:
    """Someone on this machine who is not the FHIR server."""
    with Gateway(None, "", Mode.HONEST) as gateway:
        yield gateway


def port_of(gateway: Gateway) -> int:
    return int(gateway.base_url.split(":")[2].split("/")[0])


@pytest.mark.parametrize(
    "address",
    [
        METADATA,
        "127.0.0.1",
        "127.0.0.53",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "fe80::1",
    ],
)
def test_a_listed_name_that_leads_to_this_machine_or_to_metadata_is_not_called(
    address: str, stranger: Gateway, names: Callable[..., NameServer], called: list[str]
) -> None:
    names([address])
    server = f"https://{NAME}:{port_of(stranger)}/fhir"

    answers = client_with(AMPLE_SECONDS, server).read(server, TOKEN, ONE)

    assert answers == {"conditions": REFUSED}
    assert called == []
    assert stranger.requests == []


def test_a_name_that_answers_well_first_and_badly_then_is_not_called_at_the_second_answer(
    names: Callable[..., NameServer], called: list[str]
) -> None:
    name_server = names(["10.1.2.3"], ["127.0.0.1"])
    server = f"https://{NAME}/fhir"
    client = client_with(AMPLE_SECONDS, server)

    first = client.read(server, TOKEN, ONE)
    asked_for_the_first = len(name_server.asked)
    second = client.read(server, TOKEN, ONE)

    assert first == {"conditions": Answer(failure=Failure.UNREACHABLE)}
    assert asked_for_the_first == 1, "what was looked at is what is called"
    assert second == {"conditions": REFUSED}
    assert called == ["10.1.2.3"]


def test_of_several_addresses_only_those_that_may_be_called_are_tried_in_order(
    names: Callable[..., NameServer], called: list[str]
) -> None:
    names([METADATA, "10.1.2.3", "127.0.0.1", "fd12::1", "::1", "8.8.8.8", "2002:7f00:1::1"])
    server = f"https://{NAME}/fhir"

    answers = client_with(AMPLE_SECONDS, server).read(server, TOKEN, ONE)

    assert answers == {"conditions": Answer(failure=Failure.UNREACHABLE)}
    assert called == ["10.1.2.3", "fd12::1", "8.8.8.8"]


@pytest.mark.parametrize("address", ["10.1.2.3", METADATA, "8.8.8.8", "::ffff:10.1.2.3"])
@pytest.mark.parametrize("host", ["localhost", LOCAL])
def test_a_name_of_this_machine_that_leads_elsewhere_is_not_called(
    host: str, address: str, monkeypatch: pytest.MonkeyPatch, called: list[str]
) -> None:
    def elsewhere(_: str, port: int, **options: Any) -> list[Any]:
        return socket.getaddrinfo(address, port, **options)

    monkeypatch.setattr(connections, "getaddrinfo", elsewhere)
    server = f"http://{host}:8080/fhir"

    answers = client_with(AMPLE_SECONDS, server).read(server, TOKEN, ONE)

    assert answers == {"conditions": REFUSED}
    assert called == []


def test_the_checked_address_is_called_and_the_name_stays_in_host_and_tls(
    names: Callable[..., NameServer], called: list[str], tmp_path: Any
) -> None:
    authority = Authority(tmp_path, "site")
    tls = authority.server_tls(LOCAL)
    indicated: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: indicated.append(name)
    name_server = names(["127.0.0.1"], ["127.0.0.2"])

    with Gateway(None, TOKEN, Mode.HONEST).with_tls(tls) as gateway:
        port = port_of(gateway)
        server = f"https://{LOCAL}:{port}/fhir"
        client = client_with(AMPLE_SECONDS, server, ca_file=authority.file)
        answers = [client.read(server, TOKEN, ONE)["conditions"] for _ in range(3)]

    assert [answer.failure for answer in answers] == [None, None, None]
    assert {seen.headers["host"] for seen in gateway.requests} == {f"{LOCAL}:{port}"}
    assert (indicated, called, name_server.asked) == ([LOCAL], ["127.0.0.1"], [LOCAL])


def test_a_name_that_is_led_to_another_server_gets_no_request_by_its_certificate(
    names: Callable[..., NameServer], called: list[str], tmp_path: Any
) -> None:
    authority = Authority(tmp_path, "site")
    names(["127.0.0.1"])

    with Gateway(None, TOKEN, Mode.HONEST).with_tls(authority.server_tls("other.localhost")) as gateway:
        server = f"https://{LOCAL}:{port_of(gateway)}/fhir"
        client = client_with(AMPLE_SECONDS, server, ca_file=authority.file)
        answers = client.read(server, TOKEN, ONE)

    assert answers == {"conditions": Answer(failure=Failure.UNREACHABLE)}
    assert called == ["127.0.0.1"]
    assert gateway.requests == []


def test_an_address_that_does_not_answer_is_followed_by_the_next(
    names: Callable[..., NameServer], called: list[str]
) -> None:
    with Gateway(None, TOKEN, Mode.HONEST) as gateway:
        names(["127.0.0.9", "127.0.0.1"])
        server = f"http://{LOCAL}:{port_of(gateway)}/fhir"
        answers = client_with(AMPLE_SECONDS, server).read(server, TOKEN, ONE)

    assert answers["conditions"].failure is None
    assert called == ["127.0.0.9", "127.0.0.1"]


def test_a_name_that_nobody_knows_is_unreachable(monkeypatch: pytest.MonkeyPatch, called: list[str]) -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(connections, "getaddrinfo", unknown)
    server = f"https://{NAME}/fhir"

    answers = client_with(AMPLE_SECONDS, server).read(server, TOKEN, ONE)

    assert answers == {"conditions": Answer(failure=Failure.UNREACHABLE)}
    assert called == []


@pytest.mark.parametrize("address", [METADATA, "127.0.0.1", "::1", "2002:a9fe:a9fe::1"])
def test_a_key_set_is_held_to_the_same(
    address: str, stranger: Gateway, names: Callable[..., NameServer], called: list[str]
) -> None:
    names([address])

    with pytest.raises(CallFailed) as raised:
        key_set_at(settings_from({}), f"https://{NAME}:{port_of(stranger)}/jwks")

    assert raised.value.failure is Failure.NOT_ALLOWED
    assert called == []
    assert stranger.requests == []
