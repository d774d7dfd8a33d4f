"""One FHIR server for the whole run, with the fixture patients in it, and one app that may read it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from deploy.load_fixtures import load
from tests.integration.advice import Queried, client_with
from tests.integration.hapi import HapiServer
from tests.integration.hapi import hapi_server as hapi_server
from tests.integration.outbound_builders import AMPLE_SECONDS, ended_within
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json

AMPLE_MS = 20_000  # so that a busy machine changes no answer


@pytest.fixture(scope="session")
def hapi(hapi_server: HapiServer) -> HapiServer:
    """The server with every fixture patient, loaded as `docker compose up` loads them."""
    load(hapi_server.base_url, FIXTURES / "patients")
    return hapi_server


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the apps keep their records."""
    return tmp_path_factory.mktemp("records")


@pytest.fixture(scope="session")
def client(folder: Path) -> FlaskClient:
    """A client of an app that waits long for a FHIR server."""
    return client_with(folder, deadline_ms=AMPLE_MS)


@pytest.fixture(scope="session")
def templates(client: FlaskClient) -> Mapping[str, str]:
    """The prefetch templates, as a client reads them in the discovery document."""
    services = client.get("/cds-services").get_json()["services"]
    first: Mapping[str, str] = services[0]["prefetch"]
    assert all(service["prefetch"] == first for service in services)
    return first


@pytest.fixture(scope="session")
def queried(hapi: HapiServer, templates: Mapping[str, str]) -> Queried:
    """Every template with the patient's id filled in, run as a query by a client that is not ours."""

    def run(patient_id: str) -> dict[str, Json]:
        queries = {
            key: query.replace("{{context.patientId}}", patient_id) for key, query in templates.items()
        }
        return {key: hapi.search(query) for key, query in queries.items()}

    return run


@pytest.fixture
def _no_thread_outlives_its_test() -> Iterator[None]:
    yield
    assert ended_within(AMPLE_SECONDS)
