"""Where the commands print: text as it is, in colour only on a terminal that wants it."""

import sys
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDEST = 110
"""Lines longer than this are hard to read."""


def console() -> "Console":
    """A console that takes no text of a request for markup. NO_COLOR and pipes turn colours off."""
    from rich.console import Console  # not for `--version`, which prints without it

    found = Console(markup=False, emoji=False, highlight=False)
    found.width = min(found.width, _WIDEST)
    return found


def forgive_narrow_encodings() -> None:
    """Characters that the terminal cannot show become `?`, instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def printable(text: str) -> str:
    """The text in one line, without control characters, which could command a terminal."""
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text)
