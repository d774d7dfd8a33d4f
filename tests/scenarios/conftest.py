"""One app for all scenarios: an answer depends on nothing but its request."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.scenarios.replies import temporary_client


@pytest.fixture(scope="package")
def client() -> Iterator[FlaskClient]:
    with temporary_client() as client:
        yield client
