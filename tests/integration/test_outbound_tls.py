"""The FHIR client against real sockets within TLS: certificates, the deadline, the size."""

import ssl
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cds_service.errors import SettingsError, Unavailable
from cds_service.outbound.answers import Failure
from cds_service.outbound.client import Answer
from cds_service.outbound.key_sets import key_set_at
from cds_service.outbound.transport import trusted_tls
from cds_service.settings import settings_from
from cds_service.trust.key_sets import KeySets
from tests.integration.authority import Authority
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
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "site")


@pytest.fixture
def server_tls(authority: Authority) -> ssl.SSLContext:
    return authority.server_tls("127.0.0.1")


def _cut_off(text: str) -> str:
    return text[:-60]


def _emptied(text: str) -> str:
    return ""


def _of_a_key(text: str) -> str:
    return text.replace("CERTIFICATE", "PRIVATE KEY")


def test_a_certificate_that_nobody_vouches_for_gets_no_request(server_tls: ssl.SSLContext) -> None:
    with Gateway(None, TOKEN, Mode.HONEST).with_tls(server_tls) as gateway:
        answers = client_with().read(gateway.base_url, TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.UNREACHABLE)}
    assert gateway.requests == []


def test_a_certificate_of_the_sites_own_authority_is_accepted(
    server_tls: ssl.SSLContext, authority: Authority
) -> None:
    with Gateway(None, TOKEN, Mode.HONEST).with_tls(server_tls) as gateway:
        answers = client_with(ca_file=authority.file).read(gateway.base_url, TOKEN, QUERIES)

    assert all(answer.failure is None for answer in answers.values())


def test_a_certificate_for_another_host_gets_no_request(
    server_tls: ssl.SSLContext, authority: Authority
) -> None:
    with Gateway(None, TOKEN, Mode.HONEST).with_tls(server_tls) as gateway:
        server = gateway.base_url.replace("127.0.0.1", "localhost")
        answers = client_with(ca_file=authority.file).read(server, TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.UNREACHABLE)}
    assert gateway.requests == []


@pytest.mark.parametrize("mode", [Mode.HANGS, Mode.DRIPS_HEADERS, Mode.DRIPS_CHUNK_SIZE])
def test_the_deadline_holds_within_tls(mode: Mode, server_tls: ssl.SSLContext, authority: Authority) -> None:
    with Gateway(None, TOKEN, mode).with_tls(server_tls).misbehaving_for("Condition") as gateway:
        start = time.monotonic()
        answers = client_with(DEADLINE_SECONDS * 2, ca_file=authority.file).read(
            gateway.base_url, TOKEN, QUERIES
        )
        elapsed = seconds_since(start)
        threads_ended = ended_within(LATEST_SECONDS)

    assert answers["conditions"] == Answer(failure=Failure.DEADLINE)
    assert all(answers[key].failure is None for key in OTHERS)
    assert elapsed < LATEST_SECONDS
    assert threads_ended


def test_the_size_is_bounded_within_tls(server_tls: ssl.SSLContext, authority: Authority) -> None:
    with Gateway(None, TOKEN, Mode.HUGE_HEADERS).with_tls(server_tls) as gateway:
        answers = client_with(ca_file=authority.file).read(gateway.base_url, TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.TOO_LARGE)}


def test_only_the_sites_own_authorities_are_trusted_where_it_lists_them(
    server_tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    other = Authority(tmp_path, "other")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))

    with Gateway(None, TOKEN, Mode.HONEST).with_tls(server_tls) as gateway:
        answers = client_with(ca_file=other.file).read(gateway.base_url, TOKEN, QUERIES)

    assert set(answers.values()) == {Answer(failure=Failure.UNREACHABLE)}
    assert gateway.requests == []


def test_no_authority_is_trusted_beside_those_that_the_site_lists(authority: Authority) -> None:
    assert [found["subject"] for found in trusted_tls(authority.file).get_ca_certs()] == [
        ((("commonName", "site"),),)
    ]
    assert len(trusted_tls(None).get_ca_certs()) > 10


@pytest.mark.parametrize("is_trusted", [True, False])
def test_the_keys_of_a_client_are_fetched_by_the_same_authorities(
    server_tls: ssl.SSLContext, authority: Authority, tmp_path: Path, is_trusted: bool
) -> None:
    ca_file = authority.file if is_trusted else Authority(tmp_path, "other").file
    settings = settings_from({"CDS_CA_FILE": str(ca_file)})

    with Gateway(None, "", Mode.HONEST).with_tls(server_tls) as gateway:
        key_sets = KeySets(partial(key_set_at, settings)).at(f"{gateway.base_url}/Patient/1")
        with pytest.raises(Unavailable):
            key_sets.verifier("key-1", "ES384")

    assert len(gateway.requests) == is_trusted


@pytest.mark.parametrize("damage", [_cut_off, _emptied, _of_a_key])
def test_a_file_of_authorities_that_cannot_be_read_stops_the_start_and_names_the_setting(
    damage: Callable[[str], str], authority: Authority, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.pem"
    damaged.write_text(damage(authority.file.read_text() * 2))

    with pytest.raises(SettingsError) as raised:
        settings_from({"CDS_CA_FILE": str(damaged)})

    (fault,) = raised.value.faults
    assert fault.startswith("CDS_CA_FILE: expected a PEM file that can be read")
