"""Random UUIDs, many at a time."""

import os
from typing import Final

_MADE_AT_ONCE: Final = 256
_BYTES: Final = 16
_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_ready: Final[list[str]] = []
# CAUTION: else two processes that were forked from one would give the same.
os.register_at_fork(after_in_child=_ready.clear)


def new_uuid() -> str:
    """A random UUID (RFC 9562, version 4) as text; from the system's randomness, as `uuid.uuid4` is.

    That is asked for many at once: asked in the midst of an answer the system takes longer than all the rest.
    """
    try:
        return _ready.pop()
    except IndexError:
        first, *others = uuids_of(os.urandom(_BYTES * _MADE_AT_ONCE).hex())
        _ready.extend(others)
        return first


def uuids_of(digits: str) -> list[str]:
    """The UUIDs of version 4 that hexadecimal digits make, 32 each."""
    return [
        f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"
        for at in range(0, len(digits), 2 * _BYTES)
        for h in (digits[at : at + 2 * _BYTES],)
    ]
