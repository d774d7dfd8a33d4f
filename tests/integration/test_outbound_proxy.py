"""The FHIR client and proxies: the one that the site sets is used, one of the environment never."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cds_service.outbound.answers import CallFailed, Failure
from cds_service.outbound.client import Answer
from cds_service.outbound.key_sets import key_set_at
from cds_service.settings import settings_from
from tests.integration.authority import Authority
from tests.integration.gateway import DRIP_SECONDS, Gateway, Mode
from tests.integration.outbound_builders import (
    AMPLE_SECONDS,
    DEADLINE_SECONDS,
    LATEST_SECONDS,
    TOKEN,
    client_with,
    ended_within,
)

pytestmark = pytest.mark.usefixtures("_no_thread_outlives_its_test")

ONE = {"conditions": "Condition?patient=1"}
NAME = "ehr.hospital.example"
VARIABLES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class Proxy(ThreadingHTTPServer):
    """Takes every tunnel to one port of this machine, whatever it is asked for, or answers as it is told."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.port = port
        self.asked: list[str] = []
        self.sent: list[str] = []
        self.status = HTTPStatus.OK
        self.drips = False
        self.stopped = threading.Event()

    @property
    def url(self) -> str:
        """What a site sets."""
        return f"http://127.0.0.1:{self.server_port}"


class _Tunnel(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        self.server.sent.append(str(self.headers))
        while self.server.drips and not self.server.stopped.wait(DRIP_SECONDS):
            self.wfile.write(b"H")
        self.send_response(self.server.status)
        self.end_headers()
        if self.server.status == HTTPStatus.OK:
            with socket.create_connection(("127.0.0.1", self.server.port)) as behind:
                back = threading.Thread(target=_pass_on, args=(behind, self.connection), daemon=True)
                back.start()
                _pass_on(self.connection, behind)
                back.join()

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(HTTPStatus.BAD_GATEWAY)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.stopped.set()
        server.shutdown()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "site")


def port_of(gateway: Gateway) -> int:
    return int(gateway.base_url.split(":")[2].split("/")[0])


def test_through_the_proxy_of_the_site_goes_a_tunnel_that_it_cannot_read(
    proxy: Proxy, authority: Authority
) -> None:
    server = f"https://{NAME}/fhir"
    client = client_with(AMPLE_SECONDS, server, ca_file=authority.file, proxy=proxy.url)

    with Gateway(None, TOKEN, Mode.HONEST).with_tls(authority.server_tls(NAME)) as gateway:
        proxy.port = port_of(gateway)
        answers = [client.read(server, TOKEN, ONE)["conditions"] for _ in range(2)]

    assert [answer.failure for answer in answers] == [None, None]
    assert {seen.headers["host"] for seen in gateway.requests} == {NAME}
    assert proxy.asked == [f"{NAME}:443"]
    assert TOKEN not in "".join(proxy.sent)


def test_a_server_that_another_authority_vouches_for_gets_no_request_through_a_proxy(
    proxy: Proxy, authority: Authority
) -> None:
    server = f"https://{NAME}/fhir"
    client = client_with(AMPLE_SECONDS, server, proxy=proxy.url)

    with Gateway(None, TOKEN, Mode.HONEST).with_tls(authority.server_tls(NAME)) as gateway:
        proxy.port = port_of(gateway)
        answers = client.read(server, TOKEN, ONE)

    assert answers == {"conditions": Answer(failure=Failure.UNREACHABLE)}
    assert gateway.requests == []


def test_keys_are_fetched_through_the_proxy_too(proxy: Proxy) -> None:
    proxy.status = HTTPStatus.FORBIDDEN

    with pytest.raises(CallFailed) as raised:
        key_set_at(settings_from({"CDS_HTTPS_PROXY": proxy.url}), f"https://{NAME}/jwks")

    assert raised.value.failure is Failure.UNREACHABLE
    assert proxy.asked == [f"{NAME}:443"]


def test_a_proxy_that_drips_costs_the_deadline_and_no_more(proxy: Proxy) -> None:
    proxy.drips = True
    server = f"https://{NAME}/fhir"

    answers = client_with(DEADLINE_SECONDS, server, proxy=proxy.url).read(server, TOKEN, ONE)
    threads_ended = ended_within(LATEST_SECONDS)

    assert answers == {"conditions": Answer(failure=Failure.DEADLINE)}
    assert threads_ended, "a proxy that drips must not hold a thread after the deadline"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_on_this_machine_is_called_without_the_proxy(
    scheme: str, proxy: Proxy, authority: Authority
) -> None:
    with Gateway(None, TOKEN, Mode.HONEST) as gateway:
        if scheme == "https":
            gateway.with_tls(authority.server_tls("127.0.0.1"))
        client = client_with(ca_file=authority.file, proxy=proxy.url)
        answers = client.read(gateway.base_url, TOKEN, ONE)

    assert answers["conditions"].failure is None
    assert proxy.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_of_the_environment_is_used(
    scheme: str, proxy: Proxy, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login user password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "none.pem"))
    for name in VARIABLES:
        monkeypatch.setenv(name, proxy.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    with Gateway(None, "", Mode.HONEST) as gateway:
        if scheme == "https":
            gateway.with_tls(authority.server_tls("127.0.0.1"))
        answers = client_with(ca_file=authority.file).read(gateway.base_url, "", ONE)

    assert answers["conditions"].failure is None
    assert {seen.authorization for seen in gateway.requests} == {""}
    assert proxy.asked == []
