"""One call: a page from one address, or the reason why there is none."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import requests
from urllib3.exceptions import ProtocolError

from cds_service.outbound.addresses import Base, address_within
from cds_service.outbound.allowance import Allowance, Deadline
from cds_service.outbound.bodies import ACCEPTED_ENCODING, PIECE_BYTES, body_from
from cds_service.outbound.fetched import CallFailed, Failure
from cds_service.outbound.sockets import spending
from cds_service.outbound.transport import Transport

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
