"""What a FHIR server answers: a page within bounds, or the reason why there is none."""

import codecs
import zlib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import msgspec

PIECE_BYTES: Final = 65536
ACCEPTED_ENCODING: Final = "gzip"
_GZIP_WINDOW: Final = 31  # zlib's number for "gzip, largest window"


class Failure(StrEnum):
    """Why a query, or the rest of its pages, gave nothing; names no address, token or patient."""

    NOT_ALLOWED = "not-allowed"
    """The server, the query or a `next` link is outside what may be called; nothing was sent there."""

    DEADLINE = "deadline"
    """There was no whole answer in time."""

    UNREACHABLE = "unreachable"
    """No connection, no trusted certificate, or the connection broke before the answer was whole."""

    REFUSED = "refused"
    """The server asks for another token (401, 403), or the token cannot stand in a header."""

    NOT_FOUND = "not-found"
    """The server has no such resource or type (404, 410)."""

    NOT_ACCEPTED = "not-accepted"
    """The server does not accept the query (any other 4xx)."""

    SERVER_ERROR = "server-error"
    """The server failed or has too much to do (5xx, 408, 425, 429)."""

    REDIRECTED = "redirected"
    """The server names another address (3xx), which is never followed."""

    NOT_FHIR = "not-fhir"
    """HTML, XML, cut-off JSON, or JSON that is no FHIR resource."""

    TOO_LARGE = "too-large"
    """The answer is larger than the site allows."""

    TOO_MANY_PAGES = "too-many-pages"
    """The answer has more pages than the site allows."""

    ENDLESS = "endless"
    """A `next` link leads back to a page that was read already."""


class CallFailed(Exception):
    """One call gave no page.

    CAUTION: carries the reason only. What lies beneath it may quote the address (with the patient's id)
    or the header (with the token), so it is raised `from None` and never logged.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


_FAILURES: Final[Mapping[int, Failure]] = {
    HTTPStatus.UNAUTHORIZED: Failure.REFUSED,
    HTTPStatus.FORBIDDEN: Failure.REFUSED,
    HTTPStatus.NOT_FOUND: Failure.NOT_FOUND,
    HTTPStatus.GONE: Failure.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: Failure.SERVER_ERROR,
    HTTPStatus.TOO_EARLY: Failure.SERVER_ERROR,
    HTTPStatus.TOO_MANY_REQUESTS: Failure.SERVER_ERROR,
}
_FAILURES_BY_HUNDREDS: Final = {
    3: Failure.REDIRECTED,
    4: Failure.NOT_ACCEPTED,
    5: Failure.SERVER_ERROR,
}


def raise_for_status(status: int) -> None:
    """Raise CallFailed for every status but 200."""
    if status != HTTPStatus.OK:
        by_hundreds = _FAILURES_BY_HUNDREDS.get(status // 100, Failure.NOT_FHIR)
        raise CallFailed(_FAILURES.get(status, by_hundreds))


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


def next_link(page: bytes) -> str:
    """The `next` link of a page, empty if there is none; raises CallFailed unless it is a FHIR resource."""
    try:
        members = msgspec.json.decode(page, type=dict[str, msgspec.Raw])
        msgspec.json.decode(members.get("resourceType", b""), type=str)
        link = msgspec.json.decode(members.get("link", b"[]"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise CallFailed(Failure.NOT_FHIR) from None
    links = link if isinstance(link, list) else [link]
    return next(filter(None, map(_next_address, links)), "")


def _next_address(link: object) -> str:
    if not isinstance(link, dict) or link.get("relation") != "next":
        return ""
    address = link.get("url")
    return address if isinstance(address, str) else ""
