"""Reads a site's CSV file of order codes as lines of cells, and says what is wrong with the file."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COLUMNS: Final = ("system", "code", "procedure", "display", "orderable")

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong, and in which line; 0 where it is the file as a whole."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(frozen=True, slots=True)
class Line:
    """One line with all its columns, without blanks around the cells."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file that have the right shape, and the faults of the others or of the whole."""

    well_formed: tuple[Line, ...] = ()
    faults: tuple[LineFault, ...] = ()


def unseen_in(text: str) -> str:
    """The first character that is not seen or turns the direction of writing, as `U+202E`; else empty."""
    return next((f"U+{ord(sign):04X}" for sign in text if unicodedata.category(sign) in _UNSEEN), "")


_LAST_BLANK: Final = 0x3000
_BLANKS: Final = "\t\r\n" + "".join(
    sign for sign in map(chr, range(_LAST_BLANK + 1)) if sign.isspace() and not unseen_in(sign)
)


def lines_in(path: Path) -> Lines:
    """The lines below the header; empty ones are passed over."""
    text = _text_of(path)
    if isinstance(text, LineFault):
        return Lines(faults=(text,))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if faults := tuple(_header_faults(header, text)):
            return Lines(faults=faults)
        read = [(reader.line_num, [cell.strip(_BLANKS) for cell in cells]) for cells in reader]
    except csv.Error as error:
        return Lines(faults=(LineFault(reader.line_num, f"not readable as CSV ({error})"),))
    return _shaped(header, [(number, cells) for number, cells in read if any(cells)])


def _shaped(header: Sequence[str], read: Sequence[tuple[int, Sequence[str]]]) -> Lines:
    width = len(header)
    expected = f"{width} are expected: a comma in a name needs quotes around the whole name"
    return Lines(
        tuple(Line(n, dict(zip(header, cells, strict=True))) for n, cells in read if len(cells) == width),
        tuple(LineFault(n, f"{len(cells)} cells, {expected}") for n, cells in read if len(cells) != width),
    )


def _text_of(path: Path) -> str | LineFault:
    """The text of the file (a UTF-8 byte order mark is no fault), or what is wrong with it as a whole."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return LineFault(0, f"cannot be read ({error.strerror})")
    if content.startswith(_UTF_16):
        return LineFault(0, "encoded in UTF-16: save the file as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return LineFault(line, "not encoded in UTF-8: save the file as CSV UTF-8")


def _header_faults(header: Sequence[str], text: str) -> Iterator[LineFault]:
    if len(header) < 2 and (separator := _other_separator(text.partition("\n")[0])):
        yield LineFault(1, f"separated by {separator}: save the file with commas")
        return
    expected = ", ".join(COLUMNS)
    for name in COLUMNS:
        if name not in header:
            yield LineFault(1, f"column {name!r} is missing: {expected} are expected")
        elif header.count(name) > 1:
            yield LineFault(1, f"column {name!r} stands twice")
    for name in header:
        if name not in COLUMNS:
            yield LineFault(1, f"unknown column {name!r}: only {expected} are read")


def _other_separator(first_line: str) -> str:
    return next((name for sign, name in _OTHER_SEPARATORS.items() if sign in first_line), "")
