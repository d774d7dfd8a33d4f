"""How much feedback one client may have kept: a flood of it cannot fill the database."""

import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from cds_service.cds_hooks.feedback import MOST_ITEMS
from cds_service.web.recording import FEEDBACK_A_MINUTE
from tests.contract.validator import outcome_faults
from tests.unit.web.test_access import FEEDBACK

ADDRESS = "/cds-services/hemoptysis-imaging-order-select/feedback"


def batch(count: int) -> dict[str, Any]:
    [item] = FEEDBACK["feedback"]
    return {"feedback": [{**item, "card": str(uuid.uuid4())} for _ in range(count)]}


def test_a_client_that_floods_is_told_when_to_come_again(app: Flask, client: FlaskClient) -> None:
    whole = 60 * FEEDBACK_A_MINUTE // MOST_ITEMS
    kept = [client.post(ADDRESS, json=batch(MOST_ITEMS)).status_code for _ in range(whole)]

    refused = client.post(ADDRESS, json=batch(MOST_ITEMS))

    assert kept == [200] * whole
    assert refused.status_code == 429
    assert outcome_faults(refused.json, status=429) == []
    assert 0 < int(refused.headers["Retry-After"]) <= 60 * MOST_ITEMS // FEEDBACK_A_MINUTE


def test_advice_is_given_to_a_client_whose_feedback_is_refused(app: Flask, client: FlaskClient) -> None:
    app.extensions["cds_service.recording"].limit.spend("", 60 * FEEDBACK_A_MINUTE)

    assert client.post(ADDRESS, json=batch(1)).status_code == 429
    assert client.get("/cds-services").status_code == 200
