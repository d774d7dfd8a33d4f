"""The workbench of a development service, asked as its page asks."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def asked(client: FlaskClient) -> Asked:
    """The answer to a question that the service does not refuse."""

    def ask(**members: Any) -> dict[str, Any]:
        answer = client.post("/workbench/evaluate", json=members)
        assert answer.status_code == 200, answer.get_json()
        content: dict[str, Any] = answer.get_json()
        return content

    return ask
