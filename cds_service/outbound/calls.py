"""One call: a page from one address, or the reason why there is none."""

import codecs
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec
import requests
from urllib3.exceptions import ProtocolError

from cds_service.outbound.addresses import Base, address_within
from cds_service.outbound.answers import CallFailed, Failure
from cds_service.outbound.transport import Allowance, Deadline, Transport, spending

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


FRAMING_BYTES: Final = 65536  # headers and chunk sizes, on top of the body


_HEADERS: Final = {
    "Accept": "application/fhir+json",
    "Accept-Encoding": ACCEPTED_ENCODING,
    "User-Agent": "cds-service",
}


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


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls one FHIR server for one request: nothing is ever sent outside `base`."""

    transport: Transport
    base: Base
    deadline: Deadline
    token: str = field(repr=False)

    def page_at(self, address: str, *, max_bytes: int) -> bytes:
        """The body at an address of the server; raises CallFailed and nothing else."""
        allowance = Allowance(self.deadline, max_bytes + FRAMING_BYTES)
        try:
            with spending(allowance):
                return self._sent_within(allowance, address, max_bytes)
        except CallFailed:
            raise
        except Exception as error:  # CAUTION: whatever it is, it may quote the address or the token
            raise CallFailed(_failure_of(error, allowance)) from None

    def _sent_within(self, allowance: Allowance, address: str, max_bytes: int) -> bytes:
        request = requests.Request("GET", address, headers=self._headers()).prepare()
        if address_within(self.base, request.url or "") is None:
            raise CallFailed(Failure.NOT_ALLOWED)  # what is sent is checked, not what was asked for
        with closing(self._answer(request, allowance)) as answer:
            _raise_for_status(answer.status_code)
            pieces = answer.raw.stream(PIECE_BYTES, decode_content=False)
            encoding = answer.headers.get("Content-Encoding", "")
            return body_from(pieces, encoding=encoding, max_bytes=max_bytes)

    def _headers(self) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**_HEADERS, **authorization}

    def _answer(self, request: requests.PreparedRequest, allowance: Allowance) -> requests.Response:
        """The answer up to its headers; asks again, once, where a connection that was kept is gone."""
        try:
            return self._sent(request, allowance)
        except requests.ConnectionError as error:
            if not (error.args and isinstance(error.args[0], ProtocolError)):
                raise
            return self._sent(request, allowance)

    def _sent(self, request: requests.PreparedRequest, allowance: Allowance) -> requests.Response:
        seconds = allowance.seconds_to_wait()
        return self.transport.send(request, stream=True, timeout=seconds, proxies={})


def _raise_for_status(status: int) -> None:
    if status != HTTPStatus.OK:
        by_hundreds = _FAILURES_BY_HUNDREDS.get(status // 100, Failure.NOT_FHIR)
        raise CallFailed(_FAILURES.get(status, by_hundreds))


def _failure_of(error: Exception, allowance: Allowance) -> Failure:
    """Why a call broke off, by what is left of its allowance: errors come in many wrappings."""
    if allowance.bytes_left < 0:
        return Failure.TOO_LARGE
    is_late = allowance.deadline.seconds_left <= 0 or isinstance(error, requests.Timeout | TimeoutError)
    return Failure.DEADLINE if is_late else Failure.UNREACHABLE
