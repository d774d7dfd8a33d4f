"""Every pattern is linear in the text that it meets: each is found in the modules, and fed what is hard."""

import ast
import dataclasses
import functools
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import cds_service
from tests.unit.fhir.builders import knowledge

LENGTH: Final = 4_000
MOST_GROWTH: Final = 20
"""Ten times as much text may take twenty times as long; a quadratic pattern takes a hundred times."""

ONCE: Final = 0.05
"""Seconds of the processor that a busy computer may add to anything; a quadratic pattern takes more."""

MEETS: Final = {
    "cds_service.fhir.chart.pregnancy._YEAR_AFTER": 500,
    "cds_service.fhir.chart.pregnancy._YEAR_AHEAD": 500,
    "cds_service.fhir.chart.pregnancy._YEAR_BESIDE": 500,
    "cds_service.fhir.quantities.amount_pattern": 160,
    "cds_service.fhir.chart.blood_amounts._EXPONENT": 160,
    "cds_service.fhir.chart.blood_amounts._LEADING_SIGN": 160,
}
"""The few that never meet a longer text, and whose modules cut it; every other one may meet any."""

MATCHED: Final = {
    "cds_service.fhir.chart.pregnancy._YEAR_BESIDE": {"match"},
    "cds_service.fhir.chart.pregnancy._YEAR_AFTER": {"match"},
}
"""How those are used that are handed to a function by another name."""

PIECES: Final = [
    *(" ", ", ", "\t\n", "a", "1", "a ", "1 ", "1.", "no ", "or ", ":", " - ", "( ", "{", "/", "(neg) "),
    *("a.", "'", "\\", "\\\\", "\\n", "\\ud800", "\ue000", "é"),
]
AROUND: Final = (("", "!"), ("200 mL ", "x\x00"))
MOST_OWN: Final = 12
"""So many further characters are taken from the pattern itself."""

INLINE: Final = frozenset({"fullmatch", "match", "search", "sub", "findall", "finditer", "split"})


AT_WORK_ONCE_LOADED: Final = ("cds_service.records.sql.migrations.env", "cds_service.wsgi")
"""Loaded by Alembic or by a WSGI server alone: they set up the log, a service, tables as that is done."""


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(cds_service.__path__, "cds_service."):
        if found.name not in AT_WORK_ONCE_LOADED:
            yield importlib.import_module(found.name)


def patterns_in(name: str, value: object) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns that a value is, holds, or gives when it is called with the knowledge."""
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from patterns_in(f"{name}[{number}]", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from patterns_in(f"{name}[{key}]", item)
    elif isinstance(value, functools._lru_cache_wrapper):
        known = {"words": knowledge().words, "units": knowledge().units, "knowledge": knowledge()}
        parameters = inspect.signature(value).parameters
        if known.keys() >= parameters.keys():
            yield from patterns_in(name, value(*(known[parameter] for parameter in parameters)))


def patterns_inline(module: Any) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns that are written where they are used: `re.fullmatch(r"...", text)`."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in INLINE:
            is_of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if is_of_re and node.args and isinstance(node.args[0], ast.Constant):
                yield f"{module.__name__}:{node.lineno}.{node.func.attr}", re.compile(node.args[0].value)


def uses() -> dict[tuple[str, str], set[str]]:
    """How each pattern is used, by module and name: `_TOKEN.fullmatch(text)`, `_per(words).split(unit)`."""
    found: dict[tuple[str, str], set[str]] = {}
    for module in modules():
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in INLINE:
                owner = node.value.func if isinstance(node.value, ast.Call) else node.value
                of_cues = isinstance(owner, ast.Attribute)
                name = getattr(owner, "attr" if of_cues else "id", "")
                found.setdefault(("cues" if of_cues else module.__name__, name), set()).add(node.attr)
    return found


USES: Final = uses()


def runs_of(name: str, pattern: re.Pattern[Any]) -> list[Callable[[Any], object]]:
    """The ways in which a pattern is used: one that is only matched at a place is not searched for."""
    module, _, own = name.partition("[")[0].rpartition(".")
    used = {own} & INLINE or USES.get((module, own), MATCHED.get(name, {"search"}))
    runs: dict[str, Callable[[Any], object]] = {"match": pattern.match, "fullmatch": pattern.fullmatch}
    found = [run for how, run in runs.items() if how in used]
    return found if used <= runs.keys() else [*found, lambda text: sum(1 for _ in pattern.finditer(text))]


def every_pattern() -> dict[str, re.Pattern[Any]]:
    found: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            found |= dict(patterns_in(f"{module.__name__}.{name}", value))
        found |= dict(patterns_inline(module))
    cues = knowledge().terminology.terms.cues
    for field in dataclasses.fields(cues):
        found |= dict(patterns_in(f"cues.{field.name}", getattr(cues, field.name)))
    once = {pattern: name for name, pattern in reversed(found.items())}
    return {name: pattern for pattern, name in once.items()}


PATTERNS: Final = every_pattern()


def seconds(run: Callable[[Any], object], text: Any) -> float:
    """Processor time, so that other processes do not count."""
    started = time.process_time()
    run(text)
    return time.process_time() - started


def assert_grows_with_text(name: str, pattern: re.Pattern[Any], piece: str, length: int) -> None:
    def met(size: int) -> Any:
        text = (head + piece * (size // len(piece)))[:size] + tail
        return text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text

    for head, tail in AROUND:
        for run in runs_of(name, pattern):
            if seconds(run, met(length)) > ONCE:
                few, many = (
                    min(seconds(run, met(size)) for _ in range(3)) for size in (length // 10, length)
                )
                assert many <= MOST_GROWTH * few + ONCE, (piece, head, tail)


def every(name: str, pattern: re.Pattern[Any], pieces: Iterable[str], length: int) -> None:
    for piece in pieces:
        assert_grows_with_text(name, pattern, piece, length)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_the_time_of_a_pattern_grows_with_the_text_at_most(name: str) -> None:
    pattern = PATTERNS[name]
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    own = sorted({character for character in written if not character.isalnum()})[:MOST_OWN]

    every(name, pattern, dict.fromkeys((*PIECES, *own)), MEETS.get(name, LENGTH))


def test_patterns_of_every_kind_are_found() -> None:
    found = PATTERNS.keys()

    assert "cds_service.fhir.dates._WRITTEN" in found
    assert "cds_service.knowledge.terminology.study_names._SIGNS[0][0]" in found
    assert "cds_service.fhir.chart.blood_amounts._phrase" in found
    assert "cues.ahead" in found
    assert any(name.startswith("cds_service.knowledge.terminology.signs:") for name in found)
    assert found >= MEETS.keys()


@pytest.mark.parametrize("written", [r"a+b", r"\s+$", r"[\d.]+z"])
def test_a_pattern_that_is_not_linear_fails(written: str) -> None:
    slow = re.compile(written)

    with pytest.raises(AssertionError):
        every("slow", slow, (" ", "a", "1"), 3 * LENGTH)
