"""One call: a page from one address, or the reason why there is none."""

from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import requests
from urllib3.exceptions import ProtocolError

from cds_service.outbound.addresses import Base, address_within
from cds_service.outbound.allowance import Allowance, Deadline, Overspent
from cds_service.outbound.bodies import ACCEPTED_ENCODING, PIECE_BYTES, body_from
from cds_service.outbound.fetched import CallFailed, Failure
from cds_service.outbound.transport import Transport

FRAMING_BYTES: Final = 65536  # headers and chunk sizes, on top of the body

_FAILURES: Final = {
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
        headers = {"Accept": "application/fhir+json", "Accept-Encoding": ACCEPTED_ENCODING}
        return {**headers, "Authorization": f"Bearer {self.token}"} if self.token else headers
