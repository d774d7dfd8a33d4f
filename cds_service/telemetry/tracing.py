"""Spans of a request, its queries and its decision for OpenTelemetry, where the environment asks for them."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cds_service.outbound.client import Answer

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_LOG = logging.getLogger(__name__)
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_OF_A_LINE: Final = ("status", "code", "reason", "service", "client", "judged", "cards", "resources")
"""What a span has of what the log has: words of ours and of the site, and counts."""

_NAMES: Final[Mapping[str, str]] = {"status": "http.response.status_code", "route": "http.route"}


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Whether the environment says where traces go."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    return bool(exporter) or any(environ.get(name, "").strip() for name in _ENDPOINTS)


class NoTracing:
    """What is told when a request, a stage or a query begins and ends; this one is not asked for."""

    def request(self, environ: Mapping[str, Any], noted: dict[str, Any]) -> AbstractContextManager[None]:
        """Around one request; `noted` is filled with what the log has of it."""
        return nullcontext()

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Around one stage of it."""
        return nullcontext()

    def query(self, key: str, answers: Iterator[Answer]) -> Iterator[Answer]:
        """One query to a FHIR server, by the key of its kind of data; passes its answers on."""
        return answers


NO_TRACING: Final = NoTracing()


class Tracing(NoTracing):
    """Makes spans. CAUTION: names and counts of ours alone, no address, query, id or text of a request."""

    def __init__(self, tracer: "Callable[[], Tracer]") -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._trace, self._propagator, self._tracer = trace, TraceContextTextMapPropagator(), tracer

    @contextmanager
    def request(self, environ: Mapping[str, Any], noted: dict[str, Any]) -> Iterator[None]:
        """A span of its own, or of the trace that the caller names (W3C Trace Context)."""
        named = self._propagator.extract({"traceparent": environ.get("HTTP_TRACEPARENT", "")})
        kind = self._trace.SpanKind.SERVER
        with self._current(noted["method"], named, kind) as span:
            noted["trace_id"] = f"{span.get_span_context().trace_id:032x}"
            try:
                yield
            finally:
                _describe(span, noted)

    def stage(self, name: str) -> AbstractContextManager[object]:
        """A span within the current one."""
        return self._current(name)

    def _current(self, name: str, context: Any = None, kind: Any = None) -> "AbstractContextManager[Span]":
        """CAUTION: by itself it would tell the text of an error, which can quote the chart."""
        return self._tracer().start_as_current_span(
            name,
            context,
            kind or self._trace.SpanKind.INTERNAL,
            record_exception=False,
            set_status_on_exception=False,
        )

    def query(self, key: str, answers: Iterator[Answer]) -> Iterator[Answer]:
        """A span within the one that is current now, in whichever thread the answers come."""
        return self._spanned(key, answers, self._trace.set_span_in_context(self._trace.get_current_span()))

    def _spanned(self, key: str, answers: Iterator[Answer], context: Any) -> Iterator[Answer]:
        span, answer = self._tracer().start_span(f"GET {key}", context, self._trace.SpanKind.CLIENT), Answer()
        try:
            for answer in answers:
                yield answer
        finally:
            span.set_attribute("cds.pages", len(answer.pages))
            if answer.failure is not None:
                span.set_attribute("error.type", answer.failure.value)
            span.end()


def tracing_from(environ: Mapping[str, str]) -> NoTracing:
    """What makes spans, where the environment asks for them and the extra `otel` is installed."""
    if not is_asked_for(environ):
        return NO_TRACING
    try:
        return Tracing(_tracer_of_process)
    except ImportError:
        _LOG.warning("no traces: install the extra, as in: pip install 'cds-service[otel]'")
        return NO_TRACING


def _describe(span: "Span", noted: Mapping[str, Any]) -> None:
    if route := noted.get("route"):
        span.update_name(f"{noted['method']} {route}")
        span.set_attribute("http.route", route)
    span.set_attribute("http.request.method", noted["method"])
    for name in _OF_A_LINE:
        if name in noted:
            span.set_attribute(_NAMES.get(name, f"cds.{name}"), noted[name])


def _tracer_of_process() -> "Tracer":
    return _tracer(os.getpid())


@cache
def _tracer(process: int) -> "Tracer":
    """CAUTION: made by the process that uses it; the thread that sends spans does not survive a fork."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

    from cds_service import __version__

    exporter: SpanExporter
    if os.environ.get("OTEL_TRACES_EXPORTER", "").strip() == "console":
        exporter = ConsoleSpanExporter()
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter()
    named = Resource.create({} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "cds-service"})
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("cds_service", __version__)
