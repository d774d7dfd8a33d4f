"""`python -m bench`: measure, and write the page; with `gates` measure, and fail on what is missed."""

import signal
import sys
from types import FrameType

from bench.gates import gates
from bench.report import tables, write
from bench.results import results


def main(arguments: list[str]) -> int:
    """The exit code: 1 when a gate is missed that was asked for."""
    signal.signal(signal.SIGTERM, _end)
    measured = results(share=0.1 if "quick" in arguments else 1.0)
    print(tables(measured), "\n")
    found = gates(measured)
    for gate in found:
        print(gate)
    if "gates" in arguments:
        return 0 if all(gate.is_met for gate in found) else 1
    if "quick" not in arguments:
        write(measured)
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    """CAUTION: without an exception the servers that were started would stay."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
