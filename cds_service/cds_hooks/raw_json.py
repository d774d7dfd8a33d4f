"""JSON decoded narrowly: only what a type names is built, every other part is skipped as bytes."""

from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from functools import cache
from threading import Lock
from typing import Any, Final, TypeVar, cast

import msgspec

T = TypeVar("T")
Bytes = bytes | msgspec.Raw
NOTHING = msgspec.Raw()
_PREPARING: Final = Lock()
# What a decoder raises. CAUTION: a RecursionError depends on how deep the caller stands: what passed once
# can fail later.
UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def decoded(raw: Bytes, as_type: type[T]) -> T | None:
    """The JSON as the type, decimals with their written digits; None when it cannot be read so."""
    try:
        value: T = _decoder(cast(Hashable, as_type)).decode(raw)
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
    return first_byte(raw) in (b"", b"n")


def text_in(value: Any) -> str:
    """The text without blanks around it, empty for whatever is not text."""
    return value.strip() if isinstance(value, str) else ""


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
