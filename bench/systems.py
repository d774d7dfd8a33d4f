"""What is measured: the service, what it is measured by, and the peers that a user would pick instead."""

import sys
from pathlib import Path
from typing import Final

from bench.load import ADDRESS
from bench.processes import System

_HERE: Final = Path.cwd()
BENCH_BIN: Final = _HERE / ".venv-bench" / "bin"
PEERS: Final = {name: _HERE / f".venv-bench-{name}" / "bin" for name in ("fhir-resources", "healthchain")}
SERVICE: Final = System(
    "service",
    (sys.executable, "-m", "bench.apps.advice_alone", "{port}"),
)
BARE_FLASK: Final = System(
    "bare-flask",
    (str(BENCH_BIN / "gunicorn"), "-w", "2", "-b", "127.0.0.1:{port}", "bench.apps.bare_flask:app"),
)
RAW_FLOOR: Final = System(
    "raw-floor",
    (
        *(str(BENCH_BIN / "granian"), "--interface", "rsgi", "--workers", "2", "--no-ws"),
        *("--host", "127.0.0.1", "--port", "{port}", "--log-level", "error", "bench.apps.raw_floor:app"),
    ),
)
FHIR_RESOURCES: Final = System(
    "fhir-resources",
    (
        *(str(PEERS["fhir-resources"] / "gunicorn"), "-w", "2", "-b", "127.0.0.1:{port}"),
        "bench.apps.fhir_resources_flask:app",
    ),
)
_HEALTHCHAIN_COMMAND: Final = (
    *(str(PEERS["healthchain"] / "uvicorn"), "--workers", "2", "--host", "127.0.0.1", "--no-access-log"),
    *("--port", "{port}", "--log-level", "error", "bench.apps.healthchain_service:app"),
)
_HEALTHCHAIN_ADDRESS: Final = f"/cds{ADDRESS}"
HEALTHCHAIN: Final = System(
    "healthchain", _HEALTHCHAIN_COMMAND, address=_HEALTHCHAIN_ADDRESS, takes_extension=False
)
HEALTHCHAIN_ADAPTER: Final = System(
    "healthchain-adapter",
    _HEALTHCHAIN_COMMAND,
    {"PEER_USES_ADAPTER": "yes"},
    address=_HEALTHCHAIN_ADDRESS,
    takes_extension=False,
)
