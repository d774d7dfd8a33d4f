"""What the record costs an answer, counted, so that it shows on a busy computer too."""

import json
from collections import Counter
from typing import Any

import pytest
from flask import Flask

from bench.payloads import payload
from cds_service import random_uuids
from cds_service.app import RECORDING
from cds_service.random_uuids import uuids_of
from cds_service.records import site_key
from cds_service.web.recording import Recording
from tests.unit.bench.test_calls import calls_of

PATH = "/cds-services/hemoptysis-imaging-order-select"
MOST_CALLS = 240
"""Of the typical request of the benchmark, whose card offers two studies; waking the writer takes ten."""


def answered(app: Flask) -> dict[str, Any]:
    answer = app.test_client().post(PATH, data=payload("typical"), content_type="application/json")
    result: dict[str, Any] = json.loads(answer.data)
    return result


def test_an_answer_makes_one_hash_for_each_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is looked up by, and what its choices write, are derived from that of the order as it says."""
    made: Counter[str] = Counter()
    hashed = site_key._hashed

    def counted(key: Any, kind: str, parts: Any) -> str:
        made[kind] += 1
        return hashed(key, kind, parts)

    monkeypatch.setattr(site_key, "_hashed", counted)
    answer = answered(app)

    [card] = answer["cards"]
    assert len(card["suggestions"]) == 2
    assert made == {"patient": 1, "user": 1, "order": 1, "said": 1}


def test_the_calls_that_keeping_makes_do_not_rise(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    keep = Recording.keep

    def counted(self: Recording, *given: Any, **named: Any) -> Any:
        kept: list[Any] = []
        calls.append(calls_of(lambda: kept.append(keep(self, *given, **named))))
        return kept[0]

    monkeypatch.setattr(Recording, "keep", counted)
    monkeypatch.setattr(random_uuids, "_ready", uuids_of("0" * 32 * 100))
    for _ in range(3):
        answered(app)

    assert app.extensions[RECORDING].recorder.state().counts.lost == 0
    assert max(calls[1:]) <= MOST_CALLS
