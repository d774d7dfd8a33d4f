"""One build of the image for the whole run."""

from collections.abc import Iterator

import pytest

from tests.deploy.containers import Engine, engine_with_the_image


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with engine_with_the_image() as engine:
        yield engine
