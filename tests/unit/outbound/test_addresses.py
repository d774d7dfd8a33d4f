"""Which FHIR servers may be called, and which links of a page lead on within one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.errors import SettingsError
from cds_service.outbound.addresses import address_within, base_from
from cds_service.outbound.client import FhirClient
from cds_service.setting_values import Profile
from cds_service.settings import settings_from

LISTED = "https://ehr.example.org/fhir"


def client_with(*allowed: str, loopback_allowed: bool = False) -> FhirClient:
    profile: Profile = "development" if loopback_allowed else "production"
    return FhirClient(replace(settings_from({}), profile=profile, fhir_servers=allowed))


@pytest.mark.parametrize(
    "server",
    [
        LISTED,
        "https://ehr.example.org/fhir/",
        "https://EHR.example.ORG/fhir",
        "HTTPS://ehr.example.org:443/fhir",
        "https://ehr.example.org:/fhir",
        "https://ehr.example.org/fhir/tenant/1",
    ],
)
def test_a_listed_server_is_allowed_in_every_spelling_and_beneath_its_path(server: str) -> None:
    assert client_with(LISTED).is_allowed(server)


@pytest.mark.parametrize(
    "server",
    [
        "",
        "ehr.example.org/fhir",
        "//ehr.example.org/fhir",
        "http://ehr.example.org/fhir",
        "https://ehr.example.org",
        "https://ehr.example.org/",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org/fhirX",
        "https://ehr.example.org/fhi",
        "https://ehr.example.org//fhir",
        "https://ehr.example.org/fhir//x",
        "https://ehr.example.org:8443/fhir",
        "https://ehr.example.org:0/fhir",
        "https://ehr.example.org:x/fhir",
        "https://ehr.example.org:443443/fhir",
        "https://ehr.example.org./fhir",
        "https://ehr.example.org.evil.example/fhir",
        "https://evil.example/ehr.example.org/fhir",
        "https://user@ehr.example.org/fhir",
        "https://user:password@ehr.example.org/fhir",
        "https://ehr.example.org@evil.example/fhir",
        "https://evil.example#@ehr.example.org/fhir",
        "https://evil.example\\@ehr.example.org/fhir",
        "https://evil.example%2F@ehr.example.org/fhir",
        "https://ehr.example.org/fhir/..",
        "https://ehr.example.org/fhir/../admin",
        "https://ehr.example.org/fhir/./x",
        "https://ehr.example.org/fhir/%2e%2e/admin",
        "https://ehr.example.org/fhir/%2E./admin",
        "https://ehr.example.org/fhir/..%2fadmin",
        "https://ehr.example.org/fhir/..%5Cadmin",
        "https://ehr.example.org/fhir/%252e%252e/admin",
        "https://ehr.example.org/fhir/..;/admin",
        "https://ehr.example.org/fhir/..%3b/admin",
        "https://ehr.example.org/fhir/%00",
        "https://ehr.example.org/fhir\\..\\admin",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/fhir?",
        "https://ehr.example.org/fhir#x",
        "https://ehr.example.org/fhir ",
        " https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir\n",
        "https://ehr\t.example.org/fhir",
        "https://ehr。example.org/fhir",
        "https://ｅhr.example.org/fhir",
        "https://ehr.example.org/fhïr",
        "https://[ehr.example.org]/fhir",
        "https://[::1/fhir",
        "ftp://ehr.example.org/fhir",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_no_other_server_is_allowed(server: str) -> None:
    assert not client_with(LISTED).is_allowed(server)


@pytest.mark.parametrize(
    ("listed", "server", "is_allowed"),
    [
        ("https://xn--hpital-wqa.example/fhir", "https://XN--hpital-WQA.example/fhir", True),
        ("https://[2001:db8::1]/fhir", "https://[2001:DB8:0:0:0:0:0:1]:443/fhir", True),
        ("https://[2001:db8::1]/fhir", "https://[2001:db8::2]/fhir", False),
        ("https://[fe80::1]/fhir", "https://[fe80::1%25eth0]/fhir", False),
        ("https://192.0.2.1/fhir", "https://192.0.2.1/fhir", True),
        ("https://192.0.2.1/fhir", "https://3221225985/fhir", False),
        ("https://192.0.2.1/fhir", "https://192.0.2.01/fhir", False),
        ("https://192.0.2.1/fhir", "https://[::ffff:192.0.2.1]/fhir", False),
        ("https://ehr.example.org", "https://ehr.example.org/fhir", True),
        ("https://ehr.example.org/r4/My%20Unit", "https://ehr.example.org/r4/My%20Unit", True),
        ("http://fhir_server:8080/fhir", "http://fhir_server:8080/fhir", True),
        ("http://fhir:8080/fhir", "https://fhir:8080/fhir", False),
    ],
)
def test_hosts_compare_by_what_they_mean(listed: str, server: str, is_allowed: bool) -> None:
    assert client_with(listed).is_allowed(server) is is_allowed


LOOPBACK = ["http://localhost:8080/fhir", "http://LOCALHOST/", "http://127.0.0.1:1", "https://127.9.9.9/x"]
LOOPBACK += ["http://[::1]:8080/fhir", "http://[0:0:0:0:0:0:0:1]/fhir"]
LIKE_LOOPBACK = ["http://0.0.0.0/fhir", "http://[::]/fhir", "http://[::ffff:127.0.0.1]/fhir", "http://127.1/"]
LIKE_LOOPBACK += ["http://ehr.localhost/fhir", "http://localhost./fhir", "http://2130706433/fhir"]
LIKE_LOOPBACK += ["http://localhost.evil.example/fhir", "http://0x7f000001/fhir", "http://10.0.0.1/fhir"]


@pytest.mark.parametrize("server", LOOPBACK)
def test_this_machine_is_allowed_only_where_loopback_is(server: str) -> None:
    assert client_with(loopback_allowed=True).is_allowed(server)
    assert not client_with(loopback_allowed=False).is_allowed(server)
    assert not client_with(server, loopback_allowed=False).is_allowed(server)


@pytest.mark.parametrize("server", LIKE_LOOPBACK)
def test_what_only_resembles_this_machine_is_not_allowed_as_loopback(server: str) -> None:
    assert not client_with(loopback_allowed=True).is_allowed(server)


@pytest.mark.parametrize("listed", ["https://ehr.example.org/a/../b", "https://ehr.example.org/a;b", "ehr"])
def test_a_listed_url_that_could_never_match_stops_the_start(listed: str) -> None:
    with pytest.raises(SettingsError, match="CDS_FHIR_SERVERS"):
        client_with(listed)


@pytest.mark.parametrize(
    ("link", "address"),
    [
        (
            "https://ehr.example.org/fhir?_getpages=a-b&_x=1",
            "https://ehr.example.org/fhir?_getpages=a-b&_x=1",
        ),
        ("https://EHR.example.org:443/fhir?p=2", "https://ehr.example.org/fhir?p=2"),
        ("https://ehr.example.org/fhir/Condition/?p=%2F%2C", f"{LISTED}/Condition/?p=%2F%2C"),
        ("Condition?page=2", "https://ehr.example.org/fhir/Condition?page=2"),
        ("/fhir/Condition?page=2", "https://ehr.example.org/fhir/Condition?page=2"),
        ("?_getpages=1", "https://ehr.example.org/fhir/?_getpages=1"),
        ("https://ehr.example.org/fhir/page/2#top", "https://ehr.example.org/fhir/page/2"),
    ],
)
def test_a_link_within_the_base_is_followed(link: str, address: str) -> None:
    base = base_from(LISTED)

    assert base is not None
    assert address_within(base, link) == address


@pytest.mark.parametrize(
    "link",
    [
        "http://ehr.example.org/fhir?p=2",
        "https://evil.example/fhir?p=2",
        "//evil.example/fhir?p=2",
        "https://ehr.example.org/admin?p=2",
        "https://ehr.example.org/fhirX?p=2",
        "https://ehr.example.org:444/fhir?p=2",
        "https://user@ehr.example.org/fhir?p=2",
        "../admin?p=2",
        "%2e%2e/admin?p=2",
        "/admin",
        "https://[::1",
        "Condition?p=2\r\nX-Header: 1",
        "javascript:alert(1)",
    ],
)
def test_a_link_that_leads_out_of_the_base_is_not_followed(link: str) -> None:
    base = base_from(LISTED)

    assert base is not None
    assert address_within(base, link) is None


@given(st.text() | st.text(alphabet="/.:@?#%;\\[]ehr.example.orghttpsfi0125CcFfEe"))
def test_whatever_a_link_says_the_address_lies_beneath_the_base(link: str) -> None:
    base = base_from(LISTED)

    assert base is not None
    address = address_within(base, link)
    assert address is None or address.removeprefix(LISTED)[:1] in {"", "/", "?"}
    assert address is None or ".." not in address.partition("?")[0].split("/")


@given(st.text())
def test_any_text_as_a_server_is_answered(server: str) -> None:
    assert not client_with(LISTED).is_allowed(server)
