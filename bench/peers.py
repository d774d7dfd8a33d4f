"""`python -m bench.peers`: the service beside what a user would pick instead, none of which judges."""

import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.gates import LEAST_OVER_FHIR_RESOURCES, LEAST_OVER_HEALTHCHAIN
from bench.processes import System, all_running
from bench.rounds import Trial, Turn, Turns, held, middle, ratio
from bench.systems import FHIR_RESOURCES, HEALTHCHAIN, HEALTHCHAIN_ADAPTER, SERVICE

TRIALS: Final = (Trial("typical", 30, rounds=5), Trial("heavy", 6, rounds=5))
PEERS: Final = (FHIR_RESOURCES, HEALTHCHAIN, HEALTHCHAIN_ADAPTER)


def main() -> int:
    """The exit code: 1 when a peer is not as much slower as it must be."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        all_running((SERVICE, *PEERS), Path(folder)) as systems,
    ):
        turns = {trial: held(trial, systems) for trial in TRIALS}
    met = [_is_met(trial, turns[trial], peer) for trial in TRIALS for peer in PEERS]
    return 0 if all(met) else 1


def _is_met(trial: Trial, turns: Turns, peer: System) -> bool:
    times = ratio(turns, _p50, of=peer.name, to=SERVICE.name) or 0.0
    milliseconds = (middle(turns, _p50, of=peer.name) or 0.0) * 1000
    least = _least(peer, trial.payload)
    print(f"{trial.name}: {peer.name} {milliseconds:.1f} ms, {times:.1f} times ours, must be {least:.0f}")
    return times >= least


def _p50(turn: Turn) -> float:
    return turn.p50


def _least(peer: System, payload: str) -> float:
    return LEAST_OVER_FHIR_RESOURCES[payload] if peer is FHIR_RESOURCES else LEAST_OVER_HEALTHCHAIN


if __name__ == "__main__":
    sys.exit(main())
