"""Where the management is answered: what is read, and what is refused."""

import pytest

from cds_service.settings import settings_from
from tests.unit.test_settings import PRODUCTION, faults_of


def test_production_has_a_management_address_of_its_own() -> None:
    assert settings_from(PRODUCTION).management_bind == "127.0.0.1:8001"
    assert settings_from({}).management_bind == ""


@pytest.mark.parametrize("own", ["", "127.0.0.1:1", "0.0.0.0:65535", "[::1]:8001", "cds-1.example.org:9000"])
def test_a_management_address_is_an_address_and_a_port(own: str) -> None:
    assert settings_from({"CDS_MANAGEMENT_BIND": own}).management_bind == own


@pytest.mark.parametrize(
    "other", ["8001", ":8001", "127.0.0.1", "::1:8001", "h:0", "h:65536", "a b:1", "unix:/x"]
)
def test_what_is_no_address_and_port_is_refused(other: str) -> None:
    (fault,) = faults_of({"CDS_MANAGEMENT_BIND": other})

    assert fault.startswith("CDS_MANAGEMENT_BIND: expected an address and a port, such as 127.0.0.1:8001")


def test_the_management_address_is_not_the_services_own() -> None:
    own = ({"CDS_MANAGEMENT_BIND": "127.0.0.1:8000"}, {"CDS_MANAGEMENT_BIND": "127.0.0.1:08000"})
    for environ in (*own, PRODUCTION | {"CDS_PORT": "8001"}):
        (fault,) = faults_of(environ)

        assert fault.startswith("CDS_MANAGEMENT_BIND: expected another port than CDS_PORT, 800")
