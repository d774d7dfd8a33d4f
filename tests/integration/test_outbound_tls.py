"""The FHIR client against real sockets within TLS: certificates, the deadline, the size."""

import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cds_service.outbound.answers import Failure
from cds_service.outbound.client import Answer
from cds_service.outbound.transport import trusted_tls
from tests.integration.gateway import Gateway, Mode
from tests.integration.outbound_builders import (
    DEADLINE_SECONDS,
    LATEST_SECONDS,
    OTHERS,
    QUERIES,
    TOKEN,
    client_with,
    ended_within,
    seconds_since,
)

pytestmark = pytest.mark.usefixtures("_no_thread_outlives_its_test")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A key and a certificate for 127.0.0.1 that nobody vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    how = ["-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2"]
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", *how, *subject, *files], check=True, capture_output=True)
    return {"key": key, "certificate": certificate}


@pytest.fixture
def server_tls(certificate: Mapping[str, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate["certificate"], certificate["key"])
    return context


@pytest.fixture
def _site_trusts(certificate: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate["certificate"]))
    trusted_tls.cache_clear()
    yield
    trusted_tls.cache_clear()


def test_a_certificate_that_nobody_vouches_for_gets_no_request(server_tls: ssl.SSLContext) -> None:
    with Gateway(None, TOKEN, Mode.HONEST).with_tls(server_tls) as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.UNREACHABLE)}
    assert gateway.requests == []


@pytest.mark.usefixtures("_site_trusts")
def test_a_certificate_that_the_site_trusts_is_accepted(server_tls: ssl.SSLContext) -> None:
    with Gateway(None, TOKEN, Mode.HONEST).with_tls(server_tls) as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert all(answer.failure is None for answer in answers.values())


@pytest.mark.usefixtures("_site_trusts")
def test_a_certificate_for_another_host_gets_no_request(server_tls: ssl.SSLContext) -> None:
    with Gateway(None, TOKEN, Mode.HONEST).with_tls(server_tls) as gateway:
        server = gateway.base_url.replace("127.0.0.1", "localhost")
        answers = client_with().read(server, TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.UNREACHABLE)}
    assert gateway.requests == []


@pytest.mark.usefixtures("_site_trusts")
@pytest.mark.parametrize("mode", [Mode.HANGS, Mode.DRIPS_HEADERS, Mode.DRIPS_CHUNK_SIZE])
def test_the_deadline_holds_within_tls(mode: Mode, server_tls: ssl.SSLContext) -> None:
    with Gateway(None, TOKEN, mode).with_tls(server_tls).misbehaving_for("Condition") as gateway:
        start = time.monotonic()
        answers = client_with(DEADLINE_SECONDS * 2).read(gateway.base_url, TOKEN, QUERIES)
        elapsed = seconds_since(start)
        threads_ended = ended_within(LATEST_SECONDS)

    assert answers["conditions"] == Answer(failure=Failure.DEADLINE)
    assert all(answers[key].failure is None for key in OTHERS)
    assert elapsed < LATEST_SECONDS
    assert threads_ended


@pytest.mark.usefixtures("_site_trusts")
def test_the_size_is_bounded_within_tls(server_tls: ssl.SSLContext) -> None:
    with Gateway(None, TOKEN, Mode.HUGE_HEADERS).with_tls(server_tls) as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.TOO_LARGE)}
