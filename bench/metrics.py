"""What counting costs an answer, in one process without sockets: `python -m bench.metrics` writes the page.

The same service with and without it answers the same requests in turns of changing order, so that a busy
machine slows both. Counts are kept in files, as by several processes. Calls need no quiet machine.
"""

import gc
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import cds_service.app
from bench.in_process import calls_of
from bench.payloads import payload
from bench.record import posting_to
from bench.report import report_costs
from cds_service.settings import Settings, settings_from
from cds_service.telemetry.meter import Meter

TURNS, ANSWERS_IN_A_TURN = 120, 20
MOST: Final = {
    "of the processor time of a typical answer, %": 3.0,
    "of the processor time of a tiny answer, %": 5.0,
    "of the calls of a typical answer, %": 3.0,
}
"""What the project allows."""


class _CountsNothing(Meter):
    def count(self, *_: object, **__: object) -> None:
        return

    def observe(self, *_: object, **__: object) -> None:
        return

    def publish_if_due(self) -> None:
        return


def costs() -> dict[str, float]:
    """What counting adds, as a share."""
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        apps = [_app(Path(folder) / name, kind) for name, kind in (("bare", _CountsNothing), ("full", Meter))]
        answers = [posting_to(app) for app in apps]
        typical, tiny = payload("typical", 0), payload("tiny", 0)
        gc.collect()
        gc.freeze()  # as the service does after its start
        found = [
            _share_of_time(answers, typical),
            _share_of_time(answers, tiny),
            _share_of_calls(answers, typical),
        ]
        for app in apps:
            app.extensions[cds_service.app.RECORDING].close()
    return dict(zip(MOST, found, strict=True))


def _app(folder: Path, kind: type[Meter]) -> Any:
    made: Any = cds_service.app
    before = made.Meter
    made.Meter = kind
    try:
        return cds_service.app.create_app(_settings(folder))
    finally:
        made.Meter = before


def _settings(folder: Path) -> Settings:
    own = {
        "CDS_DATABASE_URL": f"sqlite:///{folder / 'record.db'}",
        "CDS_METRICS_DIR": str(folder / "metrics"),
    }
    return settings_from({**own, "CDS_NO_NAGGING_HOURS": "0"})


def _share_of_time(answers: list[Callable[[bytes], None]], body: bytes) -> float:
    """The median of what a turn takes more, in percent of one without counting."""
    turns: list[list[float]] = [[], []]
    for answer in answers:
        _turn(answer, body)
    for number in range(TURNS):
        for which in (0, 1) if number % 2 else (1, 0):
            turns[which].append(_turn(answers[which], body))
    added = median(full - bare for bare, full in zip(*turns, strict=True))
    return float(100 * added / median(turns[0]))


def _turn(answer: Callable[[bytes], None], body: bytes) -> float:
    started = time.thread_time()
    for _ in range(ANSWERS_IN_A_TURN):
        answer(body)
    return time.thread_time() - started


def _share_of_calls(answers: list[Callable[[bytes], None]], body: bytes) -> float:
    bare, full = (calls_of(lambda answer=answer: answer(body)) for answer in answers)  # type: ignore[misc]
    return 100 * (full - bare) / bare


def main() -> int:
    """Write the table; the exit code is 1 where counting costs more than it may."""
    return report_costs(costs(), MOST, head=["what counting adds", "at most", "found"], by="bench.metrics")


if __name__ == "__main__":
    sys.exit(main())
