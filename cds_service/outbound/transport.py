"""The one HTTP session, and a call through it: verified TLS, bounded time and bytes, nothing from around."""

import logging
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Final

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import ProtocolError

from cds_service.outbound.addresses import Base, address_within
from cds_service.outbound.answers import (
    ACCEPTED_ENCODING,
    PIECE_BYTES,
    CallFailed,
    Failure,
    body_from,
    raise_for_status,
)
from cds_service.outbound.connections import (
    Allowance,
    BoundedAdapter,
    BoundedTlsSocket,
    seconds_until,
    spending,
)
from cds_service.settings import Settings

FRAMING_BYTES: Final = 65536  # headers and chunk sizes, on top of the body
_HEADERS: Final[Mapping[str, str]] = {
    "Accept-Encoding": ACCEPTED_ENCODING,
    "User-Agent": "cds-service",
}
SERVERS_KEPT: Final = 16  # more origins than a site lists; the one unused for longest is closed


# CAUTION: its messages quote whole addresses, with the patient's id in them.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def guarded_session(settings: Settings, *, connections: int) -> requests.Session:
    """A session that may be used by many threads: it holds nothing that a call could change.

    Nothing comes from the environment (no proxy, no certificates, no ~/.netrc): the proxy and the authorities
    are those of the settings. No header is sent but those of the call, and no cookie goes from one patient
    to the next. Raises CallFailed for an answer of any status but 200, its body unread.
    """
    session = requests.Session()
    session.trust_env = False
    session.proxies = {"https": settings.https_proxy} if settings.https_proxy else {}
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # CAUTION: as a hook, which runs before a Session reads the body of a redirect in full, at any size,
    # even where redirects are off.
    session.hooks = {"response": [_refuse_unless_ok]}
    adapter = BoundedAdapter(trusted_tls(settings.ca_file), servers=SERVERS_KEPT, connections=connections)
    for prefix in ("https://", "http://"):
        session.mount(prefix, adapter)
    return session


def _refuse_unless_ok(answer: requests.Response, **_: object) -> None:
    try:
        raise_for_status(answer.status_code)
    except CallFailed:
        answer.close()
        raise


@cache
def trusted_tls(ca_file: Path | None) -> ssl.SSLContext:
    """TLS that trusts the authorities in the site's file alone; without one the machine's and the usual ones.

    About 80 ms, hence once.
    """
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is None:
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = BoundedTlsSocket
    return context


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls one server for one request: nothing is ever sent outside `base`, or after `deadline`."""

    session: requests.Session = field(repr=False)
    base: Base
    deadline: float
    token: str = field(repr=False)
    accepted: str = "application/fhir+json"

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
        request = self.session.prepare_request(requests.Request("GET", address, headers=self._headers()))
        if address_within(self.base, request.url or "") is None:
            raise CallFailed(Failure.NOT_ALLOWED)  # what is sent is checked, not what was asked for
        with closing(self._answer(request, allowance)) as answer:
            pieces = answer.raw.stream(PIECE_BYTES, decode_content=False)
            encoding = answer.headers.get("Content-Encoding", "")
            return body_from(pieces, encoding=encoding, max_bytes=max_bytes)

    def _headers(self) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Accept": self.accepted, **_HEADERS, **authorization}

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
        proxies = {} if self.base.is_this_machine else self.session.proxies
        return self.session.send(
            request, stream=True, timeout=seconds, allow_redirects=False, proxies=proxies
        )


def _failure_of(error: Exception, allowance: Allowance) -> Failure:
    """Why a call broke off, by what is left of its allowance: errors come in many wrappings."""
    if allowance.bytes_left < 0:
        return Failure.TOO_LARGE
    is_late = seconds_until(allowance.deadline) <= 0 or isinstance(error, requests.Timeout | TimeoutError)
    return Failure.DEADLINE if is_late else Failure.UNREACHABLE
