"""The body of an answer, unpacked within bounds, and the `next` link in it."""

import codecs
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from cds_service.outbound.fetched import CallFailed, Failure

PIECE_BYTES: Final = 65536
ACCEPTED_ENCODING: Final = "gzip"

_GZIP_WINDOW: Final = 31  # zlib's number for "gzip, largest window"


class _Page(msgspec.Struct, rename="camel"):
    resource_type: str
    link: Any = None


_decoder: Final = msgspec.json.Decoder(_Page)


def body_from(pieces: Iterable[bytes], *, encoding: str, max_bytes: int) -> bytes:
    """The whole body; raises CallFailed above `max_bytes` or for a content encoding that was not asked for.

    Unpacks by itself, piece by piece: what is read is bounded even where a small body unpacks to gigabytes.
    """
    if encoding.lower() not in {"", "identity", ACCEPTED_ENCODING}:
        raise CallFailed(Failure.NOT_FHIR)
    unpacked = _unzipped(pieces) if encoding.lower() == ACCEPTED_ENCODING else pieces
    body = bytearray()
    for piece in unpacked:
        body += piece
        if len(body) > max_bytes:
            raise CallFailed(Failure.TOO_LARGE)
    return bytes(body).removeprefix(codecs.BOM_UTF8)


def next_link(body: bytes) -> str:
    """The `next` link of a page, empty if there is none; raises CallFailed unless it is a FHIR resource."""
    try:
        page = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise CallFailed(Failure.NOT_FHIR) from None
    links = page.link if isinstance(page.link, list) else [page.link]
    return next(filter(None, map(_next_address, links)), "")


def _next_address(link: object) -> str:
    if not isinstance(link, dict) or link.get("relation") != "next":
        return ""
    address = link.get("url")
    return address if isinstance(address, str) else ""


def _unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unzip = zlib.decompressobj(_GZIP_WINDOW)
    for piece in pieces:
        packed = b"" if unzip.eof else piece
        while packed:
            yield _unzipped_piece(unzip, packed)
            packed = unzip.unconsumed_tail
    yield unzip.flush()
    if not unzip.eof:
        raise CallFailed(Failure.NOT_FHIR)


def _unzipped_piece(unzip: "zlib._Decompress", packed: bytes) -> bytes:
    try:
        return unzip.decompress(packed, PIECE_BYTES)
    except zlib.error:
        raise CallFailed(Failure.NOT_FHIR) from None
