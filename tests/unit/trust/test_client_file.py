"""The file of trusted clients: what it says, and every fault by its line."""

from pathlib import Path

import pytest

from cds_service.trust.client_file import TrustedClientsError, clients_summary, trusted_clients_from
from cds_service.trust.clients import TrustedClient
from tests.attack.signing import jwk, jwks

WHOLE = f"""# who may call
[[client]]
name = "north-hospital"
issuer = "https://ehr.north.example"
tenant = "north"
jwks_url = "https://ehr.north.example/jwks"
algorithms = ["RS384", "ES384", "PS256"]
audiences = ["urn:cds"]
services = ["hemoptysis-imaging-order-sign"]
fhir_servers = ["https://ehr.north.example/fhir"]
mode = "silent"

[[client]]
name = "south"
issuer = "https://ehr.south.example"
jwks = '''
{jwks()}
'''
"""
LEAST = 'name = "a"\nissuer = "https://a"\njwks_url = "https://a/jwks"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clients.toml"


def faults_in(file: Path, text: str, *, http_allowed: bool = False) -> tuple[str, ...]:
    file.write_text(text)
    with pytest.raises(TrustedClientsError) as raised:
        trusted_clients_from(file, http_allowed=http_allowed)
    assert str(file) in raised.value.message
    return raised.value.faults


def test_every_member_is_read_and_the_defaults_are_the_documented_ones(file: Path) -> None:
    file.write_text(WHOLE)

    north, south = trusted_clients_from(file, http_allowed=False)

    assert (north.name, north.issuer, north.tenant) == (
        "north-hospital",
        "https://ehr.north.example",
        "north",
    )
    assert (north.jwks_url, north.keys) == ("https://ehr.north.example/jwks", None)
    assert north.algorithms == ("RS384", "ES384", "PS256")
    assert (north.audiences, north.services) == (("urn:cds",), ("hemoptysis-imaging-order-sign",))
    assert [base.url for base in north.fhir_servers] == ["https://ehr.north.example/fhir"]
    assert north.is_silent
    assert south.keys is not None
    assert south.keys.verifier("key-1", "ES384") is not None
    plain = TrustedClient(name="south", issuer="https://ehr.south.example", keys=south.keys)
    assert south == plain
    assert plain.algorithms == ("RS384", "ES384")


def test_the_summary_names_each_client_what_it_may_use_and_whether_it_is_silent(file: Path) -> None:
    file.write_text(WHOLE)

    lines = clients_summary(trusted_clients_from(file, http_allowed=False)).splitlines()

    assert lines == [
        "2 trusted clients",
        "- north-hospital (silent): https://ehr.north.example; keys at https://ehr.north.example/jwks; "
        "hemoptysis-imaging-order-sign; https://ehr.north.example/fhir",
        "- south (live): https://ehr.south.example; 2 keys in the file; every service; "
        "every allowed FHIR server",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: expected at least one [[client]] table"),
        ("# nobody\n", "line 1: expected at least one [[client]] table"),
        ("client = 1", "line 1: expected at least one [[client]] table"),
        ("\n[client]\n" + LEAST, "line 1: expected at least one [[client]] table"),
        ("[[client]]\n" + LEAST + "\n[other]\n", "line 6: other: unknown"),
        ("[[client]]\n" + LEAST + 'isuer = "x"\n', "line 5: isuer: unknown; correct or remove it; known are"),
        ("[[client]]\n" + LEAST.replace('name = "a"\n', ""), "line 1: name is missing: expected 1 to 64"),
        ("[[client]]\n" + LEAST.replace('"a"', '"a b"'), "line 2: name: expected 1 to 64 letters"),
        ("[[client]]\n" + LEAST.replace('"a"', '"a\\nb"'), "line 2: name: expected 1 to 64 letters"),
        ("[[client]]\n" + LEAST.replace('"https://a"', '""'), "line 3: issuer: expected the iss"),
        ("[[client]]\n" + LEAST.replace('"https://a"', "7"), "line 3: issuer: expected the iss"),
        ("[[client]]\n" + LEAST.replace('jwks_url = "https://a/jwks"\n', ""), "line 1: jwks_url is missing"),
        (
            "[[client]]\n" + LEAST.replace("https://a/", "http://a/"),
            "line 4: jwks_url: expected an https URL",
        ),
        ("[[client]]\n" + LEAST.replace("https://a/", "https://u:hunter2@a/"), "line 4: jwks_url: expected"),
        ("[[client]]\n" + LEAST.replace('jwks"', 'jwks?x=1"'), "line 4: jwks_url: expected an https URL"),
        ("[[client]]\n" + LEAST + "jwks = '{}'\n", "line 5: jwks: expected a JWK Set"),
        ("[[client]]\n" + LEAST + "jwks = 1\n", "line 5: jwks: expected a JWK Set as text"),
        ("[[client]]\n" + LEAST + 'algorithms = ["HS256"]\n', "line 5: algorithms: expected one of RS256"),
        ("[[client]]\n" + LEAST + 'algorithms = ["none"]\n', "line 5: algorithms: expected one of RS256"),
        ("[[client]]\n" + LEAST + 'algorithms = "RS384"\n', "line 5: algorithms: expected an array of"),
        ("[[client]]\n" + LEAST + "algorithms = []\n", "line 5: algorithms: expected at least one"),
        ("[[client]]\n" + LEAST + 'audiences = [""]\n', "line 5: audiences: expected a text"),
        ("[[client]]\n" + LEAST + 'services = ["x"]\n', "line 5: services: expected one of hemoptysis"),
        ("[[client]]\n" + LEAST + 'fhir_servers = ["http://a/fhir"]\n', "line 5: fhir_servers: expected the"),
        ("[[client]]\n" + LEAST + 'mode = "Live"\n', "line 5: mode: expected one of live, silent"),
        ("[[client]]\n" + LEAST + "tenant = 1\n", "line 5: tenant: expected a text"),
        ("[[client]]\nname = ", "is no TOML: "),
        ('[[client]]\nname = "a"\nname = "b"\n', "is no TOML: "),
    ],
)
def test_a_fault_is_told_by_its_line_with_what_to_do(file: Path, text: str, fault: str) -> None:
    (told,) = faults_in(file, text)

    assert told.startswith(fault)
    assert "hunter2" not in told


def test_every_fault_is_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    text = "[[client]]\n" + LEAST + 'mode = "x"\n\n[[client]]\n' + LEAST.replace("https://a/", "ftp://a/")

    told = faults_in(file, text)

    assert [fault.split(": ")[:2] for fault in told] == [
        ["line 5", "mode"],
        ["line 8", "name"],
        ["line 9", "issuer"],
        ["line 10", "jwks_url"],
    ]


def test_lines_within_a_text_of_several_lines_are_no_members(file: Path) -> None:
    text = "[[client]]\njwks = '''\n[[client]]\nmode = 1\n'''\n" + LEAST + 'mode = "x"\n'

    told = faults_in(file, text)

    assert [fault.split(": ")[:2] for fault in told] == [["line 2", "jwks"], ["line 9", "mode"]]


def test_a_private_key_in_the_file_is_refused_and_never_shown(file: Path) -> None:
    (told,) = faults_in(file, "[[client]]\n" + LEAST + f"jwks = '{jwks(jwk(d='hunter2'))}'\n")

    assert told.startswith("line 5: jwks: key 1 holds its private half")
    assert "hunter2" not in told


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/jwks", "http://localhost/jwks", "http://[::1]/jwks"])
def test_keys_come_by_http_from_this_machine_only_and_only_where_that_is_allowed(
    file: Path, url: str
) -> None:
    text = "[[client]]\n" + LEAST.replace("https://a/jwks", url)

    (told,) = faults_in(file, text)
    (client,) = trusted_clients_from(file, http_allowed=True)

    assert told.startswith("line 4: jwks_url: expected")
    assert client.jwks_url == url
    assert faults_in(file, text.replace(url, "http://192.0.2.1/jwks"), http_allowed=True)


def test_one_issuer_may_have_several_tenants_but_none_twice(file: Path) -> None:
    both = "[[client]]\n" + LEAST + 'tenant = "t"\n[[client]]\n' + LEAST.replace('"a"', '"b"')
    file.write_text(both)

    assert len(trusted_clients_from(file, http_allowed=False)) == 2
    (told,) = faults_in(file, both + 'tenant = "t"\n')
    assert told.startswith("line 8: issuer: another client has the same issuer and tenant")


def test_a_file_that_is_no_text_is_told(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(TrustedClientsError, match="cannot be read"):
        trusted_clients_from(file, http_allowed=False)
