"""`python -m bench.servers`: what servers cost alone, serving a Flask application that does nothing."""

import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.processes import System, all_running
from bench.report import table
from bench.rounds import Trial, Turn, held, ratio
from bench.systems import BENCH_BIN

_BIN: Final = Path(sys.executable).parent
_APP: Final = "bench.apps.do_nothing:app"
_GUNICORN: Final = (str(BENCH_BIN / "gunicorn"), "-w", "2", "-b", "127.0.0.1:{port}", _APP)
SYNC: Final = System("gunicorn sync", _GUNICORN)
SYSTEMS: Final = (
    SYNC,
    System("gunicorn gthread", (*_GUNICORN, "-k", "gthread", "--threads", "4", "--keep-alive", "75")),
    System("waitress, one process", (str(_BIN / "waitress-serve"), "--listen", "127.0.0.1:{port}", _APP)),
    System(
        "granian",
        (
            *(str(BENCH_BIN / "granian"), "--interface", "wsgi", "--workers", "2", "--no-ws"),
            *("--host", "127.0.0.1", "--port", "{port}", "--log-level", "error", _APP),
        ),
    ),
    System(
        "this service's",
        (str(_BIN / "python"), "-m", "bench.apps.serve_nothing", "{port}"),
        {"CDS_LOG_LEVEL": "warning"},
    ),
)
TRIALS: Final = tuple(
    Trial(payload, requests, rounds=9, kept=kept)
    for kept in (False, True)
    for payload, requests in (("tiny", 100), ("typical", 60), ("heavy", 20))
)


def main() -> None:
    """Print the ratios of p50 to gunicorn's sync workers."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        all_running(SYSTEMS, Path(folder)) as running,
    ):
        turns = {trial: held(trial, running) for trial in TRIALS}
    rows = [
        (one.name, *(f"{ratio(turns[trial], _p50, of=one.name, to=SYNC.name):.2f}" for trial in TRIALS))
        for one in SYSTEMS
    ]
    print(table(("server", *(trial.name for trial in TRIALS)), rows))


def _p50(turn: Turn) -> float:
    return turn.p50


if __name__ == "__main__":
    main()
