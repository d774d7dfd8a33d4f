"""The gates of a run: what must be shown, and what counts when it could not be measured."""

from bench.gates import Gate, gates
from bench.results import Results
from bench.rounds import Trial, Turn
from bench.systems import BARE_FLASK, SERVICE

AT_ONCE = Trial("typical", 1000, rounds=1, connections=8)


def run(turn: Turn, *, share: float = 1.0) -> Results:
    """A run in which the service and bare Flask did the same."""
    names = (SERVICE.name, BARE_FLASK.name)
    return Results(
        turns={AT_ONCE: {name: [turn] for name in names}},
        memory_mib=dict.fromkeys(names, 100.0),
        seconds_to_start=dict.fromkeys(names, 1.0),
        cpu_over_json={"typical": 1.0, "heavy": 1.0},
        calls_per_resource=1.0,
        seconds=1.0,
        share=share,
    )


def p99_gate(results: Results) -> Gate:
    return next(gate for gate in gates(results) if gate.what.startswith("p99"))


def test_a_percentile_that_was_taken_is_compared() -> None:
    gate = p99_gate(run(Turn(p50=1.0, p99=1.0, per_second=1.0, cpu_seconds=1.0)))

    assert gate.is_met
    assert str(gate) == "met     p99 of typical, 8 new, ratio: 1.00, at most 1.00"


def test_a_percentile_that_could_not_be_taken_is_a_missed_gate() -> None:
    gate = p99_gate(run(Turn(p50=1.0, p99=None, per_second=1.0, cpu_seconds=1.0)))

    assert not gate.is_met
    assert str(gate) == "MISSED  p99 of typical, 8 new, ratio: not taken, at most 1.00"


def test_a_quick_run_says_that_a_percentile_was_not_taken() -> None:
    gate = p99_gate(run(Turn(p50=1.0, p99=None, per_second=1.0, cpu_seconds=1.0), share=0.1))

    assert gate.is_met
    assert str(gate) == "        p99 of typical, 8 new, ratio: not taken, at most 1.00"
