"""Spans: none unless they are asked for, and nothing of a patient in them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cds_service.app import create_app
from cds_service.outbound.client import Answer
from cds_service.settings import Settings
from cds_service.telemetry import tracing
from cds_service.telemetry.tracing import NO_TRACING, is_asked_for, tracing_from
from tests.unit.telemetry.test_counted import BODY, PATH
from tests.unit.web.conftest import Written, log
from tests.unit.web.recording.planting import Planter

__all__ = ["log"]
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("environ", "is_so"),
    [
        ({}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "True"}, False),
        ({"OTEL_SERVICE_NAME": "cds"}, False),
    ],
)
def test_spans_are_made_only_where_the_environment_says_where_they_go(
    environ: dict[str, str], is_so: bool
) -> None:
    assert is_asked_for(environ) is is_so
    assert (tracing_from(environ) is not NO_TRACING) is is_so


def test_nothing_of_opentelemetry_is_imported_unless_spans_are_asked_for(tmp_path: Path) -> None:
    program = (
        "import sys; from cds_service.app import create_app; from cds_service.settings import settings_from; "
        f"create_app(settings_from({{'CDS_DATABASE_URL': 'sqlite:///{tmp_path}/record.db'}})); "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_without_the_extra_the_start_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    assert tracing_from(ENDPOINT) is NO_TRACING
    assert "cds-service[otel]" in caplog.text


class Traced:
    """A service whose spans are kept here."""

    def __init__(self, app: Flask, kept: InMemorySpanExporter) -> None:
        self.app, self._kept = app, kept

    def post(self, body: Any, **more: Any) -> int:
        return self.app.test_client().post(PATH, json=body, **more).status_code

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._kept.get_finished_spans()}

    def text(self) -> str:
        return "\n".join(span.to_json() for span in self._kept.get_finished_spans())


@pytest.fixture
def traced(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traced]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "_tracer", lambda process: provider.get_tracer("cds_service"))
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    yield Traced(create_app(settings), kept)
    provider.shutdown()


REQUEST = "POST /cds-services/<service_id>"


def test_a_request_leaves_a_span_with_reading_and_decision_within(traced: Traced, log: Written) -> None:
    assert traced.post(BODY) == 200

    spans = traced.spans()
    assert spans.keys() == {REQUEST, "gather", "decide"}
    whole = spans[REQUEST]
    assert whole.context is not None
    parents = [spans[name].parent for name in ("gather", "decide")]
    assert [parent and parent.span_id for parent in parents] == [whole.context.span_id] * 2
    assert dict(whole.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/cds-services/<service_id>",
        "http.response.status_code": 200,
        "cds.service": "hemoptysis-imaging-order-select",
        "cds.judged": 1,
        "cds.cards": 1,
        "cds.resources": 13,
    }
    assert log.lines[-1]["trace_id"] == f"{whole.context.trace_id:032x}"


def test_each_query_to_a_fhir_server_has_a_span_named_after_its_kind_of_data(traced: Traced) -> None:
    asked = {**BODY, "prefetch": {}, "fhirServer": "http://127.0.0.1:9/fhir"}

    assert traced.post(asked) in (200, 412)

    spans = traced.spans()
    assert {"GET conditions", "GET bleeding", "GET vital-signs"} <= spans.keys()
    query, gather = spans["GET conditions"], spans["gather"]
    assert dict(query.attributes or {}) == {"cds.pages": 0, "error.type": "unreachable"}
    assert query.parent is not None
    assert gather.context is not None
    assert query.parent.span_id == gather.context.span_id
    assert "127.0.0.1" not in traced.text()


def test_a_trace_that_comes_is_taken_up_and_what_is_none_is_not(traced: Traced, log: Written) -> None:
    for given in (f"00-{TRACE}-b7ad6b7169203331-01", "00-Jane-Doe-01", f"00-{'0' * 32}-b7ad6b7169203331-01"):
        traced.post(BODY, headers={"traceparent": given})

    ids = [line["trace_id"] for line in log.lines if line.get("event") == "request"]
    assert ids[0] == TRACE
    assert TRACE not in ids[1:]
    assert "Jane" not in traced.text() + log.text


def test_the_text_of_a_fault_is_in_no_span(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("LEAKDoe, born 1970-01-01")

    monkeypatch.setattr("cds_service.evaluate.decide", broken)

    assert traced.post(BODY) == 500

    assert traced.spans()[REQUEST].attributes["http.response.status_code"] == 500  # type: ignore[index]
    assert "LEAK" not in traced.text()


def test_nothing_that_is_sent_is_in_a_span(traced: Traced) -> None:
    planter = Planter()
    for body in planter.bodies({**BODY, "fhirServer": "https://ehr.example/fhir"}):
        traced.post(body)
    traced.app.test_client().get(f"/{planter.word('an address')}", query_string={planter.word("a query"): 1})

    assert len(traced.spans()) >= 3
    assert planter.found_in(traced.text()) == set()


def test_a_query_passes_every_state_of_its_answer_on(traced: Traced) -> None:
    states = [Answer((b"1",)), Answer((b"1", b"2"))]

    passed = list(tracing_from(ENDPOINT).query("conditions", iter(states)))

    assert passed == states
    assert dict(traced.spans()["GET conditions"].attributes or {}) == {"cds.pages": 2}
    assert list(NO_TRACING.query("conditions", iter(states))) == states
    assert json.loads(traced.spans()["GET conditions"].to_json())["kind"] == "SpanKind.CLIENT"
