"""The floor: a server written in Rust, and msgspec decoding only what a decision could read, no framework."""

import msgspec

from bench.apps.narrow import HookRequest


class Answer(msgspec.Struct):
    """An answer without cards."""

    cards: list[str]


_DECODER = msgspec.json.Decoder(HookRequest)
_BODY = msgspec.json.encode(Answer([]))
_HEADERS = [("content-type", "application/json")]


async def app(scope: object, protocol: object) -> None:
    """One request, by granian's own interface (RSGI)."""
    _DECODER.decode(await protocol())  # type: ignore[operator]
    protocol.response_bytes(200, _HEADERS, _BODY)  # type: ignore[attr-defined]
