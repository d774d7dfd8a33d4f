"""What reading a client's FHIR server gives: the pages of each query, or why there are none."""

import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import BoundedSemaphore, Thread
from typing import Final, Protocol

from cds_service.errors import SettingsError
from cds_service.outbound.addresses import Base, address_within, base_from, is_sendable
from cds_service.outbound.answers import CallFailed, Failure, Fetched, ServerPolicy
from cds_service.outbound.calls import Caller, next_link
from cds_service.outbound.transport import Deadline, Transport, trusted_tls
from cds_service.settings import is_loopback

Job = Callable[[], None]


def run_until(deadline: Deadline, jobs: Iterable[Job], *, slots: BoundedSemaphore) -> None:
    """Run every job for which a slot is free in time; returns when all ended, or at the deadline.

    A job must raise nothing and end soon after the deadline by itself; until then it holds its slot.
    """
    for thread in list(_started(deadline, jobs, slots)):
        thread.join(deadline.seconds_left)


def _started(deadline: Deadline, jobs: Iterable[Job], slots: BoundedSemaphore) -> Iterator[Thread]:
    for job in jobs:
        if not slots.acquire(timeout=deadline.seconds_left):
            return
        # CAUTION: daemons, so that a server which hangs cannot hold up the end of the process.
        thread = Thread(target=_run, args=(job, slots), name="outbound", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more threads
            slots.release()
            return
        yield thread


def _run(job: Job, slots: BoundedSemaphore) -> None:
    try:
        job()
    finally:
        slots.release()


NOTHING_YET: Final = Fetched(failure=Failure.DEADLINE)


def fetched_so_far(query: str, *, caller: Caller, policy: ServerPolicy) -> Iterator[Fetched]:
    """What there is of an answer after each page, as it must be told if the deadline comes now.

    The last one is final. Raises nothing.
    """
    pages: tuple[bytes, ...] = ()
    try:
        for page in _pages(query, caller=caller, policy=policy):
            pages = (*pages, page)
            yield Fetched(pages, Failure.DEADLINE)
    except CallFailed as failed:
        yield Fetched(pages, failed.failure)
    else:
        yield Fetched(pages)


def _pages(query: str, *, caller: Caller, policy: ServerPolicy) -> Iterator[bytes]:
    """Every page; raises CallFailed where one is missing or a link is not followed."""
    address = _first_address(query, caller)
    seen: list[str] = []
    bytes_left = policy.max_bytes
    while address:
        _raise_unless_new(address, seen, policy.max_pages)
        seen.append(address)
        page = caller.page_at(address, max_bytes=bytes_left)
        link = next_link(page)
        yield page
        bytes_left -= len(page)
        address = _next_address(link, caller)


def _first_address(query: str, caller: Caller) -> str:
    if not is_sendable(query):
        raise CallFailed(Failure.NOT_ALLOWED)
    return f"{caller.base.url}/{query}"


def _next_address(link: str, caller: Caller) -> str:
    address = address_within(caller.base, link) if link else ""
    if address is None:
        raise CallFailed(Failure.NOT_ALLOWED)
    return address


def _raise_unless_new(address: str, seen: list[str], max_pages: int) -> None:
    if address in seen:
        raise CallFailed(Failure.ENDLESS)
    if len(seen) >= max_pages:
        raise CallFailed(Failure.TOO_MANY_PAGES)


# Eight threads of a gunicorn worker with eleven queries each; the bound is for servers whose name hangs.
CONNECTIONS_PER_SERVER: Final = 96


_SENDABLE_TOKEN: Final = re.compile(r"[!-~]*")  # a line end in it would start a header of its own


_log = logging.getLogger(__name__)


class FhirClient:
    """Reads FHIR servers within a policy; may be used by many threads and made before a fork."""

    def __init__(self, policy: ServerPolicy) -> None:
        self._policy = policy
        self._allowed = _bases(policy.allowed)
        self._connections: dict[int, _Connections] = {}
        trusted_tls()  # slow, so not within the deadline of the first request

    def is_allowed(self, server: str) -> bool:
        """Whether the server with this base URL may be called; asks no name server."""
        return self._permitted(server) is not None

    def fetch(self, server: str, token: str, queries: Mapping[str, str]) -> Mapping[str, Fetched]:
        """The answers to relative queries (`Condition?patient=1`), each under the key of its query.

        Returns at the deadline at the latest, with what there is by then. `token` may be empty. Raises
        nothing: what cannot be read has a failure.
        """
        deadline = Deadline.after(self._policy.deadline_seconds)
        base = self._permitted(server)
        if base is None:
            return dict.fromkeys(queries, Fetched(failure=Failure.NOT_ALLOWED))
        if not _SENDABLE_TOKEN.fullmatch(token):
            return dict.fromkeys(queries, Fetched(failure=Failure.REFUSED))
        connections = self._connections_of_process()
        caller = Caller(connections.transport, base, deadline, token)
        return self._fetched(caller, queries, connections.slots_for(base))

    def _fetched(
        self, caller: Caller, queries: Mapping[str, str], slots: BoundedSemaphore
    ) -> Mapping[str, Fetched]:
        latest = dict.fromkeys(queries, NOTHING_YET)
        run_until(caller.deadline, self._jobs(caller, queries, latest), slots=slots)
        answers = dict(latest)  # threads that are late write to the other one, which nobody reads
        _log_outcome(answers)
        return answers

    def _jobs(self, caller: Caller, queries: Mapping[str, str], latest: dict[str, Fetched]) -> Iterator[Job]:
        for key, query in queries.items():
            states = fetched_so_far(query, caller=caller, policy=self._policy)
            yield partial(_keep_latest, key, states, latest)

    def _permitted(self, server: str) -> Base | None:
        """The base of a server that may be called, or None."""
        base = base_from(server)
        return base if base is not None and self._permits(base) else None

    def _permits(self, base: Base) -> bool:
        if is_loopback(base.host) and not self._policy.loopback_allowed:
            return False
        return base.is_this_machine or any(base.is_within(allowed) for allowed in self._allowed)

    def _connections_of_process(self) -> "_Connections":
        """CAUTION: made by the process that uses them; after a fork, two would share one connection."""
        process = os.getpid()
        return self._connections.get(process) or self._connections.setdefault(process, _Connections())


class _Connections:
    """The open connections of one process, and how many calls to each server may run in it."""

    def __init__(self) -> None:
        self.transport = Transport(connections=CONNECTIONS_PER_SERVER)
        self._slots: dict[str, BoundedSemaphore] = {}

    def slots_for(self, base: Base) -> BoundedSemaphore:
        """Slots of one server only, so that one which hangs takes none from another."""
        return self._slots.setdefault(base.origin, BoundedSemaphore(CONNECTIONS_PER_SERVER))


def _bases(urls: tuple[str, ...]) -> tuple[Base, ...]:
    """The listed bases; a listed URL that could never match is a fault of the settings."""
    bases = {url: base_from(url) for url in urls}
    faults = [re.sub("//.*@", "//***@", url) for url, base in bases.items() if base is None]
    if faults:
        expected = "expected base URLs of FHIR servers, in ASCII, without `..`, `;`, query or user"
        raise SettingsError([f"CDS_FHIR_SERVERS: {expected}, came {', '.join(faults)}; correct it"])
    return tuple(base for base in bases.values() if base is not None)


def _keep_latest(key: str, states: Iterator[Fetched], latest: dict[str, Fetched]) -> None:
    for state in states:
        latest[key] = state


def _log_outcome(answers: Mapping[str, Fetched]) -> None:
    failures = Counter(answer.failure.value for answer in answers.values() if answer.failure)
    _log.info("FHIR server: %d queries, failures: %s", len(answers), dict(failures) or "none")


class Access(Protocol):
    """Where and with which token a FHIR server may be read."""

    @property
    def server(self) -> str:
        """The base URL."""

    @property
    def token(self) -> str:
        """The bearer token, empty when none was given."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one query: its pages in order, as they came, and what went wrong, if anything did.

    With `failure`, pages that came before it are still there; the failure names no address or token.
    """

    pages: tuple[bytes, ...] = field(default=(), repr=False)
    failure: str = ""


class FhirReader(Protocol):
    """Reads a FHIR server within one deadline for all queries."""

    def read(self, access: Access, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """The answers to relative queries (`Condition?patient=1`), each under the key of its query.

        Raises nothing: what cannot be read is an Answer with a failure. A key left out was not asked.
        """


class NoReader:
    """Reads nothing."""

    def read(self, access: Access, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """No answer to any query."""
        return {}


NO_READER = NoReader()


class ServerReader:
    """Reads the client's FHIR server where the site allows it."""

    def __init__(self, client: FhirClient) -> None:
        self._client = client

    def read(self, access: Access, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """The answer to every query, or why there is none."""
        fetched = self._client.fetch(access.server, access.token, queries)
        return {key: Answer(one.pages, one.failure or "") for key, one in fetched.items()}
