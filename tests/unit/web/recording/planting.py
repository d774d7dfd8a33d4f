"""Values of ours in every place of a body, each of which says where it stood when it is found again."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

Place: TypeAlias = tuple[Any, ...]
_WORD = "leak{:07d}x"
_UUID = "1eaf0000-0000-4000-8000-{:012d}"
_NUMBER = 817_263_500_000_000
"""So long that no time, and hardly a piece of a hash, is like it."""

_ANY = re.compile(rb"leak(\d{7})x|1eaf0000-?0000-?4000-?8000-?(\d{12})|81726350(\d{7})", re.IGNORECASE)


def leaves(value: Any, place: Place = ()) -> Iterator[Place]:
    """The place of each text, number and member of JSON."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*place, key))
    elif not isinstance(value, bool | None):
        yield place


def planted(body: Any, place: Place, value: Callable[[Any], Any]) -> Any:
    """A copy with another value at a place, made from the one that stood there."""
    copy = holder = deepcopy(body)
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value(holder[place[-1]])
    return copy


class Planter:
    """Plants values that are each used once, and knows the place of one that is found."""

    def __init__(self) -> None:
        self._next = count(1)
        self._names: dict[int, str] = {}

    def bodies(self, body: Any) -> Iterator[Any]:
        """Copies of a body, each with one value behind what stood at a place, or instead of it.

        Of an element that repeats, such as the entries of a Bundle, its first is enough.
        """
        once = {
            tuple(key for key in place if isinstance(key, str)): place for place in reversed([*leaves(body)])
        }
        for place in once.values():
            name = element_at(body, place)
            yield planted(body, place, partial(self._behind, name=name))
            yield planted(body, place, partial(self._instead_of, name=name))

    def word(self, name: str) -> str:
        """A new word, for the place with this name."""
        return _WORD.format(self._noted(name))

    def uuid(self, name: str) -> str:
        """A new UUID, for the place with this name."""
        return _UUID.format(self._noted(name))

    def found_in(self, *everything: bytes | str) -> set[str]:
        """The names of all places whose values stand somewhere in it."""
        texts = (each.encode() if isinstance(each, str) else each for each in everything)
        found = (match.groups() for text in texts for match in _ANY.finditer(text))
        return {self._names[int(next(filter(None, groups)))] for groups in found}

    def _behind(self, was: Any, name: str) -> Any:
        return f"{was}{self.word(name)}" if isinstance(was, str) else _NUMBER + self._noted(name)

    def _instead_of(self, was: Any, name: str) -> Any:
        if not isinstance(was, str):
            return self.word(name)
        return f"urn:uuid:{self.uuid(name)}" if was.startswith("urn:") else self.uuid(name)

    def _noted(self, name: str) -> int:
        number = next(self._next)
        self._names[number] = name
        return number


def element_at(body: Any, place: Place) -> str:
    """The name of a place: its resource's type and the path in it, or the path in the body."""
    names: list[str] = []
    holder = body
    for key in place:
        if isinstance(holder, dict) and "resourceType" in holder:
            names = [holder["resourceType"]]
        holder = holder[key]
        names += [key] if isinstance(key, str) else []
    return ".".join(names)


def bytes_under(folder: Path) -> Iterator[bytes]:
    """Every file there, whatever it is."""
    return (file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def rows_of(file: Path) -> Iterable[str]:
    """Every row of every table of a SQLite file."""
    with sqlite3.connect(file) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield repr([each.hex() if isinstance(each, bytes) else each for each in row])
