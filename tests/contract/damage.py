"""Small, named ways to damage a faultless document."""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

Place = list[str | int]
Damage = Callable[[Any], None]


def put(path: str, value: Any) -> Damage:
    """Set the value at a path such as `cards[0].summary`; parents must exist."""

    def damage(document: Any) -> None:
        *parents, last = _steps(path)
        _at(document, parents)[last] = deepcopy(value)

    return damage


def drop(path: str) -> Damage:
    def damage(document: Any) -> None:
        *parents, last = _steps(path)
        del _at(document, parents)[last]

    return damage


def add(path: str, value: Any) -> Damage:
    """Append a value to the list at the path."""

    def damage(document: Any) -> None:
        _at(document, _steps(path)).append(deepcopy(value))

    return damage


def copy(source: str, target: str) -> Damage:
    def damage(document: Any) -> None:
        put(target, _at(document, _steps(source)))(document)

    return damage


def again(path: str) -> Damage:
    """Append to the list at the path a copy of its first item."""

    def damage(document: Any) -> None:
        items = _at(document, _steps(path))
        items.append(deepcopy(items[0]))

    return damage


def all_of(*damages: Damage) -> Damage:
    def damage(document: Any) -> None:
        for each in damages:
            each(document)

    return damage


def places_in(document: Any, so_far: Place | None = None) -> list[Place]:
    """Every place below the document, the outer ones first."""
    here = so_far or []
    below: list[Place] = []
    for key, value in _members(document):
        below += [[*here, key], *places_in(value, [*here, key])]
    return below


def _members(document: Any) -> list[tuple[str | int, Any]]:
    if isinstance(document, dict):
        return list(document.items())
    return list(enumerate(document)) if isinstance(document, list) else []


def replaced(document: Any, place: Place, value: Any) -> Any:
    """A copy of the document with another value at the place."""
    damaged = deepcopy(document)
    _at(damaged, place[:-1])[place[-1]] = value
    return damaged


def without(document: Any, place: Place) -> Any:
    """A copy of the document without what stands at the place."""
    damaged = deepcopy(document)
    del _at(damaged, place[:-1])[place[-1]]
    return damaged


def _steps(path: str) -> Place:
    return [int(step) if step.lstrip("-").isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]


def _at(document: Any, steps: Place) -> Any:
    for step in steps:
        document = document[step]
    return document
