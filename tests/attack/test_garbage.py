"""Garbage as fast as a load generator makes it: valid requests are answered, and memory is bounded.

For 6 s; for longer by `GARBAGE_SECONDS=30 pytest -s tests/attack/test_garbage.py`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.attack.crowd import seconds_to_advice
from tests.attack.flood import SOCKETS
from tests.attack.processes import bytes_held
from tests.attack.served import served

SECONDS: Final = float(os.environ.get("GARBAGE_SECONDS", "6"))
GENERATORS: Final = 2
MIB: Final = 1 << 20
MOST_MORE_MEANWHILE: Final = 256 * MIB
MOST_MORE_AFTERWARDS: Final = 64 * MIB
ROOT: Final = Path(__file__).parents[2]


@contextmanager
def flooded(port: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "tests.attack.flood", str(port), str(SECONDS)]
    floods = [
        subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE)
        for seed in range(GENERATORS)
    ]
    try:
        yield floods
    finally:
        for flood in floods:
            flood.wait(timeout=SECONDS + 30)


def test_while_garbage_comes_in_valid_requests_are_answered_and_memory_is_bounded(tmp_path: Path) -> None:
    waits, held, done = [], [], []
    with served(tmp_path) as (port, process):
        for _ in range(20):
            seconds_to_advice(port)
        before = bytes_held(process.pid)
        with flooded(port) as floods:
            while any(flood.poll() is None for flood in floods):
                waits.append(seconds_to_advice(port))
                held.append(bytes_held(process.pid))
            done = [json.loads(flood.communicate()[0]) for flood in floods]
        time.sleep(3)
        after = bytes_held(process.pid)

    total = {name: sum(one[name] for one in done) for name in done[0]}
    print(
        f"\ngarbage for {SECONDS:.0f} s: {total['bytes'] / MIB:.0f} MiB on {total['connections']} "
        f"connections, {total['answers']} answers; {len(waits)} valid requests, longest wait "
        f"{max(waits):.3f} s; memory {before / MIB:.0f} MiB before, {max(held) / MIB:.0f} at most, "
        f"{after / MIB:.0f} afterwards"
    )
    assert total["bytes"] > MIB
    assert total["connections"] > 2 * SOCKETS
    assert total["answers"] > 0
    assert len(waits) > 10
    assert max(held) < before + MOST_MORE_MEANWHILE
    assert after < before + MOST_MORE_AFTERWARDS
