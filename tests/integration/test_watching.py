"""A running service watched by what sites watch it with: Prometheus with our files, a collector of traces."""

import json
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.attack.calling import call
from tests.attack.served import free_port, served
from tests.unit.monitoring.queries import RULES, queries

pytestmark = pytest.mark.integration
SECONDS = 60


def wait_until(is_so: Callable[[], Any]) -> Any:
    until = time.monotonic() + SECONDS
    while not (found := is_so()):
        assert time.monotonic() < until
        time.sleep(0.2)
    return found


# --- Prometheus ----------------------------------------------------------------------------------------


class Prometheus:
    """One that watches a service by the files of `deploy/prometheus`, asked over its API."""

    def __init__(self, port: int) -> None:
        self._api = f"http://127.0.0.1:{port}/api/v1"

    def get(self, path: str, **asked: str) -> Any:
        address = f"{self._api}/{path}?{urllib.parse.urlencode(asked)}"
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            return json.load(answer)["data"]

    def value(self, query: str) -> float | None:
        try:
            found = self.get("query", query=query)["result"]
        except OSError:
            return None
        return float(found[0]["value"][1]) if found else None


@pytest.fixture
def management() -> int:
    return free_port()


@pytest.fixture
def prometheus(tmp_path: Path, management: int) -> Iterator[Prometheus]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed; Debian has it in the package `prometheus`")
    folder, port = tmp_path / "prometheus", free_port()
    folder.mkdir()
    shutil.copy(RULES, folder)
    config = RULES.with_name("prometheus.yml").read_text().replace("_interval: 15s", "_interval: 1s")
    (folder / "prometheus.yml").write_text(config.replace("scrape_timeout: 10s", "scrape_timeout: 1s"))
    targets = RULES.with_name("targets.yml").read_text()
    (folder / "targets.yml").write_text(targets.replace("127.0.0.1:8001", f"127.0.0.1:{management}"))
    options = [f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [program, f"--config.file={folder / 'prometheus.yml'}", *options], stdout=log, stderr=log
        )
        yield Prometheus(port)
        process.terminate()
        process.wait(timeout=SECONDS)


def test_prometheus_watches_a_service_by_our_files(
    tmp_path: Path, prometheus: Prometheus, management: int
) -> None:
    with served(tmp_path, CDS_MANAGEMENT_BIND=f"127.0.0.1:{management}") as (port, _):
        assert [call(port).status for _ in range(4)] == [200] * 4
        wait_until(lambda: prometheus.value('sum(cds_requests_total{outcome="cards"})') == 4)

        assert prometheus.value('up{job="cds-service"}') == 1
        assert prometheus.value("cds_processes") == 2
        assert prometheus.value('sum(cds_decision_seconds_bucket{le="+Inf"})') == 4
        groups = wait_until(lambda: evaluated(prometheus))
        rules = [rule for group in groups for rule in group["rules"]]
        assert {rule["health"] for rule in rules} == {"ok"}
        assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
        for query in queries():
            prometheus.get("query", query=query)  # raises where it cannot be answered


def evaluated(prometheus: Prometheus) -> Any:
    groups = prometheus.get("rules")["groups"]
    is_done = all(rule["health"] != "unknown" for group in groups for rule in group["rules"])
    return groups if groups and is_done else None


# --- traces --------------------------------------------------------------------------------------------


class Collector(ThreadingHTTPServer):
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.bodies: list[bytes] = []

    def spans(self) -> dict[str, str]:
        """The names of all spans that came, each with its service."""
        return {
            span.name: service_of(resource)
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


def service_of(resource: Any) -> str:
    attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
    return str(attributes["service.name"])


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_collector_gets_the_spans_of_a_service(tmp_path: Path, collector: Collector) -> None:
    endpoint = f"http://127.0.0.1:{collector.server_address[1]}"
    asked_for = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with served(tmp_path, **asked_for) as (port, _):
        assert [call(port).status for _ in range(4)] == [200] * 4
        names = {"POST /cds-services/<service_id>", "gather", "decide"}
        wait_until(lambda: collector.spans().keys() >= names)

    assert set(collector.spans().values()) == {"cds-service"}
    assert b"Condition?" not in b"".join(collector.bodies)
