"""What the real app answers, with uuids that are the same in every run."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.app import RECORDING, create_app
from cds_service.settings import settings_from
from tests.scenarios.chart import Json

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@contextmanager
def temporary_client() -> Iterator[FlaskClient]:
    """A client of a development service whose database is thrown away."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # its writer may be at it yet
        app = create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{folder}/record.db"}))
        try:
            yield app.test_client()
        finally:
            app.extensions[RECORDING].close()


def posted(client: FlaskClient, body: Mapping[str, Any]) -> TestResponse:
    """The reply of the service of the body's hook."""
    return client.post(f"/cds-services/hemoptysis-imaging-{body['hook']}", json=body)


def answered(client: FlaskClient, body: Mapping[str, Any]) -> Json:
    """The answer with stable uuids."""
    reply = posted(client, body)
    assert reply.status_code == 200, reply.text
    answer: Json = json.loads(with_stable_uuids(reply.text))
    return answer


def with_stable_uuids(text: str) -> str:
    """The n-th uuid to appear becomes 00000000-0000-4000-8000 and n in twelve digits, wherever it stands."""
    numbers, stable = count(1), dict[str, str]()

    def stand_in(match: re.Match[str]) -> str:
        if match[0] not in stable:
            stable[match[0]] = f"00000000-0000-4000-8000-{next(numbers):012d}"
        return stable[match[0]]

    return _UUID.sub(stand_in, text)
