"""JSON decoded narrowly: only what a type names is built, every other part is skipped as bytes."""

import codecs
import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from threading import Lock
from typing import Any, Final, NoReturn, TypeVar

import msgspec

T = TypeVar("T")
Bytes = bytes | msgspec.Raw
NOTHING = msgspec.Raw()
NULL: Final = msgspec.Raw(b"null")
"""Stands for a member that is absent, where only its presence is read."""

_PREPARING: Final = Lock()
# What a decoder raises. CAUTION: a RecursionError depends on how deep the caller stands: what passed once
# can fail later.
UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
TOO_DEEP: Final = "is nested too deeply, or holds a number that is too long"
"""What is said of a body that is JSON and yet cannot be decoded."""
_TEXT_OR_CONSTANT: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN', re.DOTALL)


def decoded(raw: Bytes, as_type: type[T]) -> T | None:
    """The JSON as the type, decimals with their written digits; None when it cannot be read so."""
    try:
        value: T = _decoder(as_type).decode(raw)  # type: ignore[arg-type]  # every type is hashable
    except UNREADABLE:
        return None
    return value


def members_of(raw: Bytes) -> dict[str, msgspec.Raw] | None:
    """The members of a JSON object, each as its own bytes; None for anything else."""
    return decoded(raw, dict[str, msgspec.Raw])


def items_of(raw: Bytes) -> tuple[msgspec.Raw, ...] | None:
    """The items of a JSON array, each as its own bytes; None for anything else."""
    return decoded(raw, tuple[msgspec.Raw, ...])


def first_byte(raw: Bytes) -> bytes:
    """The byte that tells an object from an array, a string or a literal; empty for an absent member."""
    return bytes(memoryview(raw)[:1])


def is_null(raw: Bytes) -> bool:
    """True for an absent member and for null."""
    return raw is NULL or bytes(memoryview(raw)[:1]) in (b"", b"n")  # asked so often that a call costs


def text_in(value: Any) -> str:
    """The text without blanks around it, empty for whatever is not text."""
    return value.strip() if isinstance(value, str) else ""


def says_something(value: Any) -> bool:
    """False for null, empty text, and arrays and objects that hold only such: `[{"coding": [{}]}]`."""
    left = [value]  # CAUTION: not by recursion, since an array may be nested hundreds deep
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list):
            left += item
        elif item is not None and item != "":
            return True
    return False


def holds_something(raw: Bytes) -> bool:
    """The same of JSON that was kept as it is."""
    return raw is not NULL and not is_null(raw) and says_something(decoded(raw, Any))


@cache
def _decoder(as_type: Any) -> msgspec.json.Decoder[Any]:
    """CAUTION: two threads that prepare the same type for the first time make msgspec end the process."""
    with _PREPARING:
        return msgspec.json.Decoder(as_type, float_hook=_decimal)


def _decimal(written: str) -> Decimal:
    """A decimal that keeps its digits; one that no computer can hold is no number."""
    try:
        return Decimal(written)
    except InvalidOperation:
        return Decimal("NaN")


def fault_place(body: bytes) -> str:
    """Where a body stops being JSON, as `line 3, column 12`; empty where it is, or nests too deeply.

    Lines and columns count from 1, a column is a character, a byte order mark is none of them. Of a text that
    is not closed it is the beginning, of any other word the first that cannot stand there.
    """
    written = body.removeprefix(codecs.BOM_UTF8)
    try:
        text = written.decode()
    except UnicodeDecodeError as fault:
        return _place_after(written[: fault.start].decode())
    start = len(written) - len(written.lstrip())
    try:
        json.loads(text[start:], parse_int=len, parse_float=len, parse_constant=_refuse)
    except json.JSONDecodeError as fault:
        return _place_after(text[: start + fault.pos])
    except RecursionError:
        return ""
    except ValueError:  # a word that Python takes for a number, after texts that are whole
        words = (found for found in _TEXT_OR_CONSTANT.finditer(text) if not found[0].startswith('"'))
        return _place_after(text[: next(words).start()])
    return ""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _place_after(before: str) -> str:
    line = before.count("\n") + 1
    return f"line {line}, column {len(before) - before.rfind(chr(10))}"
