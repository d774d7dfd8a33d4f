"""Requests that would have the service call somewhere else: whatever they name, nothing leaves for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.attack.calling import BODY, Answer, call
from tests.attack.outgoing import outgoing, watched
from tests.attack.served import served
from tests.integration.gateway import Gateway, Mode

LISTED = "https://ehr.hospital.example/fhir"
PRODUCTION = {
    "CDS_PROFILE": "production",
    "CDS_PUBLIC_URL": "https://cds.hospital.example",
    "CDS_TRUSTED_CLIENTS": "gateway",
    "CDS_FHIR_SERVERS": LISTED,
    "CDS_SITE_KEY": "a key of this test that is long enough",
}
HOSTILE = {
    "userinfo": "https://ehr.hospital.example@{here}/fhir",
    "userinfo with a password": "https://ehr.hospital.example:443@{here}/fhir",
    "userinfo of the listed host": "https://user:password@ehr.hospital.example/fhir",
    "two at signs": "https://a@{here}@ehr.hospital.example/fhir",
    "an encoded at sign": "https://ehr.hospital.example%40{here}/fhir",
    "a backslash before the host": "https://{here}\\@ehr.hospital.example/fhir",
    "a backslash for a slash": "https:\\\\{here}\\fhir",
    "a fragment before the host": "https://{here}#@ehr.hospital.example/fhir",
    "a query before the host": "https://{here}?@ehr.hospital.example/fhir",
    "a fragment": "https://ehr.hospital.example/fhir#/../../admin",
    "an ideographic full stop": "https://ehr\u3002hospital.example/fhir",
    "full-width letters": "https://\uff45hr.hospital.example/fhir",
    "a letter that looks alike": "https://\u0435hr.hospital.example/fhir",
    "circled letters for localhost": "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3:{port}/fhir",
    "punycode of one that looks alike": "https://xn--hr-1lc.hospital.example/fhir",
    "a soft hyphen": "https://ehr.hos\u00adpital.example/fhir",
    "a decimal address": "http://2130706433:{port}/fhir",
    "an octal address": "http://0177.0.0.1:{port}/fhir",
    "a hexadecimal address": "http://0x7f.0.0.1:{port}/fhir",
    "a hexadecimal number": "http://0x7f000001:{port}/fhir",
    "a short address": "http://127.1:{port}/fhir",
    "a padded address": "http://127.000.000.001:{port}/fhir",
    "full-width digits": "http://\uff11\uff12\uff17.0.0.1:{port}/fhir",
    "the unspecified address": "http://0.0.0.0:{port}/fhir",
    "zero": "http://0:{port}/fhir",
    "the unspecified IPv6 address": "http://[::]:{port}/fhir",
    "IPv4 within IPv6": "http://[::ffff:127.0.0.1]:{port}/fhir",
    "IPv4 compatible IPv6": "http://[::127.0.0.1]:{port}/fhir",
    "NAT64": "https://[64:ff9b::7f00:1]:{port}/fhir",
    "6to4": "https://[2002:7f00:1::]:{port}/fhir",
    "a zone": "http://[::1%25lo]:{port}/fhir",
    "a zone of a link": "http://[fe80::1%25eth0]/fhir",
    "a zone that is not encoded": "http://[fe80::1%eth0]/fhir",
    "metadata": "http://169.254.169.254/latest/meta-data",
    "metadata by https": "https://169.254.169.254/fhir",
    "metadata by IPv6": "http://[fd00:ec2::254]/latest/meta-data",
    "metadata by name": "http://metadata.google.internal/computeMetadata/v1",
    "a private address": "https://10.0.0.1/fhir",
    "localhost with a dot": "http://localhost.:{port}/fhir",
    "a name under localhost": "http://ehr.localhost:{port}/fhir",
    "a name that resolves to this machine": "http://127.0.0.1.nip.io:{port}/fhir",
    "port 0": "https://ehr.hospital.example:0/fhir",
    "another port": "https://ehr.hospital.example:8443/fhir",
    "a port out of range": "https://ehr.hospital.example:65979/fhir",
    "a port that is none": "https://ehr.hospital.example:443@/fhir",
    "a port with a sign": "https://ehr.hospital.example:+443/fhir",
    "a line end in the host": "https://ehr.hospital.example\r\nHost: {here}/fhir",
    "a line end in the path": "https://ehr.hospital.example/fhir\r\nX-Header: 1",
    "an encoded line end": "https://ehr.hospital.example/fhir%0d%0aX-Header:%201",
    "a tab in the host": "https://ehr\t.hospital.example/fhir",
    "a null": "https://ehr.hospital.example\u0000.{here}/fhir",
    "encoded dots": "https://ehr.hospital.example/fhir/%2e%2e/admin",
    "dots encoded twice": "https://ehr.hospital.example/fhir/%252e%252e/admin",
    "a slash encoded twice": "https://ehr.hospital.example/fhir/..%252fadmin",
    "dots with a parameter": "https://ehr.hospital.example/fhir/..;/admin",
    "an encoded host": "https://%65hr.hospital.example/fhir",
    "the listed name before another": "https://ehr.hospital.example.evil.example/fhir",
    "the listed path alone": "https://evil.example/ehr.hospital.example/fhir",
    "no scheme": "//{here}/fhir",
    "plain http": "http://ehr.hospital.example/fhir",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://{here}/_GET%20/fhir",
    "a URL before the URL": "url:http://{here}/fhir",
    "several": "https://ehr.hospital.example/fhir,http://{here}/fhir",
}
PROCESSES = 2
LED_ASTRAY = {
    "loopback": [["127.0.0.1"]],
    "loopback-8": [["127.8.8.8"]],
    "loopback-ipv6": [["::1"]],
    "unspecified": [["0.0.0.0"]],
    "metadata": [["169.254.169.254"]],
    "metadata-ipv6": [["fd00:ec2::254"]],
    "mapped": [["::ffff:127.0.0.1"]],
    "nat64": [["64:ff9b::a9fe:a9fe"]],
    "six-to-four": [["2002:7f00:1::"]],
    "multicast": [["224.0.0.251"]],
    "several": [["169.254.169.254", "127.0.0.1", "::1"]],
    "rebound": [["10.1.2.3"], ["127.0.0.1"]],  # an address that is called, then one that must not be
}


class Victim(NamedTuple):
    """A running service, what goes out of it, and someone on its machine who must not be called."""

    port: int
    folder: Path
    stranger: Gateway

    def asked_with(self, server: object) -> Answer:
        """The answer to a request that lacks its data and names this server."""
        request = json.loads(BODY)
        request["prefetch"] = {"patient": request["prefetch"]["patient"]}
        return call(self.port, body=json.dumps(request | {"fhirServer": server}).encode())


@contextmanager
def victim(folder: Path, names: dict[str, list[list[str]]], **settings: str) -> Iterator[Victim]:
    database = f"sqlite:///{folder / 'record.db'}"
    own = {"CDS_DATABASE_URL": database, "CDS_FHIR_DEADLINE_MS": "3000", **settings}
    with (
        Gateway(None, "", Mode.HONEST) as stranger,
        served(folder, **watched(folder, names), **own) as (port, _),
    ):
        yield Victim(port, folder, stranger)


@pytest.fixture(scope="module")
def in_production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with victim(tmp_path_factory.mktemp("production"), {}, **PRODUCTION) as service:
        yield service


@pytest.fixture(scope="module")
def in_development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with victim(tmp_path_factory.mktemp("development"), {}, CDS_FHIR_SERVERS=LISTED) as service:
        yield service


def require_nothing_sent(service: Victim, server: object) -> None:
    before = outgoing(service.folder)

    answer = service.asked_with(server)

    assert answer.status == 200
    assert answer.body["cards"], "advice goes on without what could not be read"
    assert outgoing(service.folder) == before
    assert service.stranger.requests == []


def filled_in(form: str, service: Victim) -> str:
    here = service.stranger.base_url.removeprefix("http://").removesuffix("/fhir")
    return form.replace("{here}", here).replace("{port}", here.partition(":")[2])


@pytest.mark.parametrize("form", list(HOSTILE.values()), ids=list(HOSTILE))
def test_a_hostile_form_of_a_server_sends_nothing_anywhere(
    form: str, in_production: Victim, in_development: Victim
) -> None:
    for service in (in_production, in_development):
        require_nothing_sent(service, filled_in(form, service))


@pytest.mark.parametrize("server", ["{here}", "http://{here}/fhir", "http://localhost:{port}/fhir"])
def test_in_production_this_machine_is_not_called(server: str, in_production: Victim) -> None:
    require_nothing_sent(in_production, filled_in(server, in_production))


@pytest.mark.parametrize("server", [None, "", 1, True, [LISTED], {"url": LISTED}, LISTED * 500])
def test_a_server_that_is_no_text_sends_nothing_anywhere(server: object, in_production: Victim) -> None:
    require_nothing_sent(in_production, server)


def test_what_goes_out_is_seen(in_development: Victim) -> None:
    server = f"{in_development.stranger.base_url}/beneath"
    port = server.split(":")[2].partition("/")[0]

    in_development.asked_with(server)
    seen = outgoing(in_development.folder)
    in_development.stranger.requests.clear()

    assert f"connect 127.0.0.1 {port}" in seen


@pytest.fixture(scope="module")
def led_astray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    names = {f"{kind}.example": answers for kind, answers in LED_ASTRAY.items()}
    servers = ",".join(f"https://{name}/fhir" for name in names)
    settings = {**PRODUCTION, "CDS_FHIR_SERVERS": servers}
    with victim(tmp_path_factory.mktemp("astray"), names, **settings) as service:
        yield service


@pytest.mark.parametrize("kind", [kind for kind in LED_ASTRAY if kind != "rebound"])
def test_a_listed_name_that_is_led_astray_sends_nothing_anywhere(kind: str, led_astray: Victim) -> None:
    before = len(outgoing(led_astray.folder))

    answer = led_astray.asked_with(f"https://{kind}.example/fhir")

    assert answer.status == 200
    assert set(outgoing(led_astray.folder)[before:]) == {f"ask {kind}.example"}


def test_a_name_that_is_bound_anew_between_the_check_and_the_call_is_not_followed(led_astray: Victim) -> None:
    before = len(outgoing(led_astray.folder))

    for _ in range(4):
        assert led_astray.asked_with("https://rebound.example/fhir").status == 200

    seen = outgoing(led_astray.folder)[before:]
    assert seen.count("ask rebound.example") > PROCESSES
    assert 1 <= seen.count("connect 10.1.2.3 443") <= PROCESSES
    assert set(seen) == {"ask rebound.example", "connect 10.1.2.3 443"}
