"""What the record costs an answer, in one process without sockets: `python -m bench.record` writes the page.

The service without a record, with the lookup of quiet orders alone, and with both, as it is shipped, answer
the same requests in turns, so that a busy machine slows all of them. What both need is counted to the lookup,
which comes first. Processor time counts the thread that writes, until nothing waits.
"""

import gc
import io
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final
from unittest.mock import patch

from flask import Flask
from werkzeug.test import create_environ

import cds_service.app
from bench.payloads import payload
from bench.report import report_costs
from cds_service.cards.site import Site
from cds_service.evaluate import Evaluation
from cds_service.records.writer import Recorder
from cds_service.settings import Settings, settings_from
from cds_service.telemetry.meter import Meter
from cds_service.web.recording import Recording

PATH: Final = "/cds-services/hemoptysis-imaging-order-select"
TURNS, ANSWERS_IN_A_TURN = 100, 20
"""For the time of an answer: short ones, since a busy machine is another one a second later."""

BLOCKS, ANSWERS_IN_A_BLOCK = 24, 200
"""For the processor time: long ones, with groups of rows as they are under load."""

MOST: Final = {
    "writing it, of the median answer, ms": 0.15,
    "writing it, of the processor time, %": 10.0,
    "lookup of quiet orders, of the median answer, ms": 0.3,
}
"""What the project allows."""


class _Unwritten(Recording):
    """The routes without a record; they still look quiet orders up, where the site wants that."""

    def keep(self, evaluation: Evaluation, *_: object, **__: object) -> None:
        return


def costs() -> dict[str, float]:
    """What the record adds to the answer of a typical request."""
    logging.disable(logging.INFO)
    uncounted = patch("cds_service.web.recording.count_consultations", lambda *_, **__: None)
    with uncounted, tempfile.TemporaryDirectory() as folder:  # what counting costs `bench.metrics` measures
        with without_a_record():
            without = cds_service.app.create_app(_settings(folder, "without", hours="0"))
            asked = cds_service.app.create_app(_settings(folder, "asked", hours="24"))
        both = cds_service.app.create_app(_settings(folder, "both", hours="24"))
        apps = {"without": without, "asked": asked, "both": both}
        gc.collect()
        gc.freeze()  # as the service does after its start
        found = _measured(apps)
        for app in apps.values():
            app.extensions[cds_service.app.RECORDING].close()
    return found


def _settings(folder: str, name: str, *, hours: str) -> Settings:
    url = f"sqlite:///{Path(folder) / name / 'record.db'}"
    return settings_from({"CDS_DATABASE_URL": url, "CDS_NO_NAGGING_HOURS": hours})


@contextmanager
def without_a_record() -> Iterator[None]:
    """Have what is made meanwhile answer without keeping anything."""
    made = cds_service.app.recording_from

    def without(settings: Settings, site: Site, meter: Meter) -> Recording:
        one = made(settings, site, meter)
        return _Unwritten(one.site, one.key, one.recorder, one.quiet, meter)

    with patch("cds_service.app.recording_from", without):
        yield


def _measured(apps: Mapping[str, Flask]) -> dict[str, float]:
    bodies = [payload("typical", seed) for seed in range(4)]
    answers = {name: partial(_answered, posting_to(app), bodies) for name, app in apps.items()}
    recorders = {name: app.extensions[cds_service.app.RECORDING].recorder for name, app in apps.items()}
    for name in apps:
        _computed(answers[name], recorders[name])
    walls = _in_turns(apps, TURNS, lambda name: median(answers[name](ANSWERS_IN_A_TURN)))
    for recorder in recorders.values():
        _wait_until_written(recorder)
    computed = _in_turns(apps, BLOCKS, lambda name: _computed(answers[name], recorders[name]))
    found = (
        _added(walls, "both", "asked") * 1000,
        100 * _added(computed, "both", "asked") / median(computed["without"]),
        _added(walls, "asked", "without") * 1000,
    )
    return dict(zip(MOST, found, strict=True))


def _in_turns(names: Iterable[str], count: int, measure: Callable[[str], float]) -> dict[str, list[float]]:
    """What each of them takes, in turns of changing order."""
    order = [*names]
    found: dict[str, list[float]] = {name: [] for name in order}
    for number in range(count):
        shift = number % len(order)
        for name in order[shift:] + order[:shift]:
            found[name].append(measure(name))
    return found


def _added(found: Mapping[str, Sequence[float]], name: str, base: str) -> float:
    return median(one - other for one, other in zip(found[name], found[base], strict=True))


def _computed(answered: Callable[[int], Sequence[float]], recorder: Recorder) -> float:
    """The processor time of a block, what was written afterwards among it."""
    started = time.process_time()
    answered(ANSWERS_IN_A_BLOCK)
    _wait_until_written(recorder)
    return time.process_time() - started


def _wait_until_written(recorder: Recorder) -> None:
    while recorder.state().spooled_bytes:
        time.sleep(0.01)


def _answered(answer: Callable[[bytes], None], bodies: Sequence[bytes], count: int) -> list[float]:
    """How long each answer took."""
    taken = []
    for number in range(count):
        began = time.perf_counter()
        answer(bodies[number % len(bodies)])
        taken.append(time.perf_counter() - began)
    return taken


def posting_to(app: Flask) -> Callable[[bytes], None]:
    """What posts a body to an application in process, as a server would, and reads its answer."""
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
