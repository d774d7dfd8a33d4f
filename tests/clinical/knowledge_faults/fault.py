"""What is done to a copy of the knowledge, and what is said of it."""

from collections.abc import Callable
from pathlib import Path

Break = Callable[[Path], object]
Fault = tuple[str, Break, str, str]


def replace(folder: Path, name: str, old: str, new: str) -> None:
    """Replaces the one place where a text stands in a file."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} does not stand in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(folder: Path, name: str, line: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
