"""The example requests that come with the package: fictitious patients, each with an order."""

import json
from functools import cache
from importlib.resources import files
from typing import Final

from cds_service.errors import NotFound

FIRST: Final = "recurrent-ct-without-contrast"
"""The example that is shown where none was chosen."""
INDEX: Final = "index.json"
_FOLDER: Final = files("cds_service") / "example_requests"


def names() -> tuple[str, ...]:
    """The name of every example, in the order in which they are shown."""
    return tuple(_index())


def about(name: str) -> str:
    """What an example shows, in a few words. Raises NotFound."""
    return _index()[_known(name)]


def text(name: str) -> str:
    """The JSON of an example: one hook request, with the instant to judge at. Raises NotFound."""
    return (_FOLDER / f"{_known(name)}.json").read_text(encoding="utf-8")


@cache
def _index() -> dict[str, str]:
    """What each example shows, by name."""
    shown: dict[str, str] = json.loads((_FOLDER / INDEX).read_text(encoding="utf-8"))
    return shown


def _known(name: str) -> str:
    """The name, once it is one of the list. CAUTION: it becomes part of a path."""
    if name not in _index():
        raise NotFound(f"There is no such example; there are {', '.join(names())}.")
    return name
