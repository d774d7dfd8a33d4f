"""What the record costs an answer, in one process without sockets: `python -m bench.record` writes the page.

The service without a record, with one, and with the lookup of quiet orders answer the same requests in turns,
so that a busy machine slows all of them. Processor time counts the thread that writes, until nothing waits.
"""

import gc
import io
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from flask import Flask
from werkzeug.test import create_environ

import cds_service.app
from bench.payloads import payload
from bench.report import report_costs
from cds_service.cards.site import Site
from cds_service.evaluate import Evaluation
from cds_service.settings import Settings, settings_from
from cds_service.telemetry.meter import Meter
from cds_service.web.recording import Recording

PATH: Final = "/cds-services/hemoptysis-imaging-order-select"
BLOCKS: Final = 12
ANSWERS_IN_A_BLOCK: Final = 200
MOST: Final = {
    "writing it, of the median answer, ms": 0.15,
    "writing it, of the processor time, %": 10.0,
    "lookup of quiet orders, of the median answer, ms": 0.3,
}
"""What the project allows."""


class _NoRecording(Recording):
    """The routes without a record."""

    def held_back(self, *_: object) -> frozenset[int]:
        return frozenset()

    def keep(self, evaluation: Evaluation, *_: object, **__: object) -> None:
        return


def costs() -> dict[str, float]:
    """What the record adds to the answer of a typical request."""
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        apps = {
            "without": _without_a_record(_settings(folder, "without", hours="0")),
            "written": cds_service.app.create_app(_settings(folder, "written", hours="0")),
            "asked": cds_service.app.create_app(_settings(folder, "asked", hours="24")),
        }
        gc.collect()
        gc.freeze()  # as the service does after its start
        found = _measured(apps)
        for app in apps.values():
            app.extensions[cds_service.app.RECORDING].close()
    return found


def _settings(folder: str, name: str, *, hours: str) -> Settings:
    url = f"sqlite:///{Path(folder) / name / 'record.db'}"
    return settings_from({"CDS_DATABASE_URL": url, "CDS_NO_NAGGING_HOURS": hours})


def _without_a_record(settings: Settings) -> Flask:
    made = cds_service.app.recording_from

    def without(settings: Settings, site: Site, meter: Meter) -> Recording:
        one = made(settings, site, meter)
        return _NoRecording(one.site, one.key, one.recorder, one.quiet, meter)

    cds_service.app.recording_from = without
    try:
        return cds_service.app.create_app(settings)
    finally:
        cds_service.app.recording_from = made


def _measured(apps: Mapping[str, Flask]) -> dict[str, float]:
    bodies = [payload("typical", seed) for seed in range(4)]
    for app in apps.values():
        _block(app, bodies)
    time.sleep(0.5)
    walls: dict[str, list[float]] = {name: [] for name in apps}
    computed: dict[str, list[float]] = {name: [] for name in apps}
    for number in range(BLOCKS):
        for name in sorted(apps, reverse=bool(number % 2)):
            taken, cpu = _block(apps[name], bodies)
            walls[name].append(median(taken))
            computed[name].append(cpu)
    return dict(
        zip(
            MOST,
            (
                _added(walls, "written", "without") * 1000,
                100 * _added(computed, "written", "without") / median(computed["without"]),
                _added(walls, "asked", "written") * 1000,
            ),
            strict=True,
        )
    )


def _added(found: Mapping[str, Sequence[float]], name: str, base: str) -> float:
    return median(one - other for one, other in zip(found[name], found[base], strict=True))


def _block(app: Flask, bodies: Sequence[bytes]) -> tuple[list[float], float]:
    """How long each answer took, and the processor time of all, what was written afterwards among it."""
    answer = _answering(app)
    started, taken = time.process_time(), []
    for number in range(ANSWERS_IN_A_BLOCK):
        began = time.perf_counter()
        answer(bodies[number % len(bodies)])
        taken.append(time.perf_counter() - began)
    recorder = app.extensions[cds_service.app.RECORDING].recorder
    while recorder.state().spooled_bytes:
        time.sleep(0.01)
    return taken, time.process_time() - started


def _answering(app: Flask) -> Callable[[bytes], None]:
    environ = create_environ(PATH, method="POST", content_type="application/json")

    def answer(body: bytes) -> None:
        asked = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        statuses: list[str] = []

        def started(status: str, *_: Any) -> Callable[[bytes], None]:
            statuses.append(status)
            return lambda _: None

        b"".join(app.wsgi_app(asked, started))
        assert statuses == ["200 OK"], statuses

    return answer


def main() -> int:
    """Write the table; the exit code is 1 where the record costs more than it may."""
    return report_costs(costs(), MOST, head=["what the record adds", "at most", "found"], by="bench.record")


if __name__ == "__main__":
    sys.exit(main())
