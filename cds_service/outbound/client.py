"""All queries of one request to a client's FHIR server, page by page, within one deadline."""

import logging
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import BoundedSemaphore, Thread
from typing import Final, TypeAlias

import requests

from cds_service.errors import SettingsError
from cds_service.outbound.addresses import Base, address_within, base_from, is_sendable
from cds_service.outbound.answers import CallFailed, Failure, next_link
from cds_service.outbound.connections import seconds_until
from cds_service.outbound.transport import Caller, guarded_session, trusted_tls
from cds_service.settings import Settings
from cds_service.urls import is_loopback, without_password

MAX_PAGES: Final = 20
"""The most pages of one query; conditions come 200 to a page, a server that gives 5 still gives 100."""

# Eight threads of a process with thirteen queries each; the bound is for servers whose name hangs.
CONNECTIONS_PER_SERVER: Final = 104
_SENDABLE_TOKEN: Final = re.compile(r"[!-~]*")  # a line end in it would start a header of its own
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one query: the pages that came whole, as raw JSON in order.

    Without a failure every page came; with one, those that came before it are there.
    """

    pages: tuple[bytes, ...] = field(default=(), repr=False)
    failure: Failure | None = None


class FhirReader:
    """Reads a client's FHIR server, all queries within one deadline; this one reads none."""

    def read(self, server: str, token: str, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """The answers to relative queries (`Condition?patient=1`), each under the key of its query.

        Raises nothing: what cannot be read is an Answer with a failure. A key left out was not asked.
        """
        return {}


NO_READER: Final = FhirReader()
Watched: TypeAlias = Callable[[str, Iterator[Answer]], Iterator[Answer]]
"""What is given each query by its key, with its answer as it grows, and passes the answer on."""


class FhirClient(FhirReader):
    """Reads the FHIR servers that the site allows; may be used by many threads and made before a fork."""

    def __init__(
        self,
        settings: Settings,
        *,
        max_pages: int = MAX_PAGES,
        watched: Watched = lambda _, states: states,
    ) -> None:
        self._settings = settings
        self._watched = watched
        self._allowed = _bases(settings.fhir_servers)
        self._max_pages = max_pages
        self._sessions: dict[int, requests.Session] = {}
        self._slots: dict[tuple[int, str], BoundedSemaphore] = {}
        trusted_tls(settings.ca_file)  # slow, so not within the deadline of the first request

    def is_allowed(self, server: str) -> bool:
        """Whether the server with this base URL may be called; asks no name server."""
        return self._permitted(server) is not None

    def read(self, server: str, token: str, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        """The answers to relative queries (`Condition?patient=1`), each under the key of its query.

        Returns at the deadline at the latest, with what there is by then. `token` may be empty. Raises
        nothing: what cannot be read has a failure.
        """
        deadline = time.monotonic() + self._settings.fhir_deadline_ms / 1000
        base = self._permitted(server)
        if base is None:
            return dict.fromkeys(queries, Answer(failure=Failure.NOT_ALLOWED))
        if not _SENDABLE_TOKEN.fullmatch(token):
            return dict.fromkeys(queries, Answer(failure=Failure.REFUSED))
        return self._answers(Caller(self._session_of_process(), base, deadline, token), queries)

    def _answers(self, caller: Caller, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        latest = dict.fromkeys(queries, Answer(failure=Failure.DEADLINE))
        slots = self._slots_of_process(caller.base)
        run_until(caller.deadline, self._jobs(caller, queries, latest), slots=slots)
        answers = dict(latest)  # threads that are late write to the other one, which nobody reads
        _log_outcome(answers)
        return answers

    def _jobs(
        self, caller: Caller, queries: Mapping[str, str], latest: dict[str, Answer]
    ) -> Iterator[Callable[[], None]]:
        for key, query in queries.items():
            states = self._watched(key, self._answer_so_far(query, caller))
            yield partial(_keep_latest, key, states, latest)

    def _answer_so_far(self, query: str, caller: Caller) -> Iterator[Answer]:
        """What there is of an answer after each page, as it must be told if the deadline comes now.

        The last one is final. Raises nothing.
        """
        pages: tuple[bytes, ...] = ()
        try:
            for page in self._pages(query, caller):
                pages = (*pages, page)
                yield Answer(pages, Failure.DEADLINE)
        except CallFailed as failed:
            yield Answer(pages, failed.failure)
        else:
            yield Answer(pages)

    def _pages(self, query: str, caller: Caller) -> Iterator[bytes]:
        """Every page; raises CallFailed where one is missing or a link is not followed."""
        address = _first_address(query, caller.base)
        seen: list[str] = []
        bytes_left = self._settings.max_body_bytes
        while address:
            _raise_unless_new(address, seen, self._max_pages)
            seen.append(address)
            page = caller.page_at(address, max_bytes=bytes_left)
            link = next_link(page)
            yield page
            bytes_left -= len(page)
            address = _next_address(link, caller.base)

    def _permitted(self, server: str) -> Base | None:
        """The base of a server that may be called, or None."""
        base = base_from(server)
        return base if base is not None and self._permits(base) else None

    def _permits(self, base: Base) -> bool:
        if is_loopback(base.host) and not self._settings.loopback_allowed:
            return False
        return base.is_this_machine or any(base.is_within(allowed) for allowed in self._allowed)

    def _session_of_process(self) -> requests.Session:
        """CAUTION: made by the process that uses it; after a fork, two would share one connection."""
        process = os.getpid()
        return self._sessions.get(process) or self._sessions.setdefault(
            process, guarded_session(self._settings, connections=CONNECTIONS_PER_SERVER)
        )

    def _slots_of_process(self, base: Base) -> BoundedSemaphore:
        """Slots of one server only, so that one which hangs takes none from another."""
        key = (os.getpid(), base.origin)
        return self._slots.setdefault(key, BoundedSemaphore(CONNECTIONS_PER_SERVER))


def _bases(urls: tuple[str, ...]) -> tuple[Base, ...]:
    """The listed bases; a listed URL that could never match is a fault of the settings."""
    bases = {url: base_from(url) for url in urls}
    faults = [without_password(url) for url, base in bases.items() if base is None]
    if faults:
        expected = "expected base URLs of FHIR servers, in ASCII, without `..`, `;`, query or user"
        raise SettingsError([f"CDS_FHIR_SERVERS: {expected}, came {', '.join(faults)}; correct it"])
    return tuple(base for base in bases.values() if base is not None)


def _first_address(query: str, base: Base) -> str:
    if not is_sendable(query):
        raise CallFailed(Failure.NOT_ALLOWED)
    return f"{base.url}/{query}"


def _next_address(link: str, base: Base) -> str:
    address = address_within(base, link) if link else ""
    if address is None:
        raise CallFailed(Failure.NOT_ALLOWED)
    return address


def _raise_unless_new(address: str, seen: list[str], max_pages: int) -> None:
    if address in seen:
        raise CallFailed(Failure.ENDLESS)
    if len(seen) >= max_pages:
        raise CallFailed(Failure.TOO_MANY_PAGES)


def _keep_latest(key: str, states: Iterator[Answer], latest: dict[str, Answer]) -> None:
    for state in states:
        latest[key] = state


def _log_outcome(answers: Mapping[str, Answer]) -> None:
    failures = Counter(answer.failure.value for answer in answers.values() if answer.failure)
    _LOG.info("FHIR server: %d queries, failures: %s", len(answers), dict(failures) or "none")


def run_until(deadline: float, jobs: Iterable[Callable[[], None]], *, slots: BoundedSemaphore) -> None:
    """Run every job for which a slot is free in time; returns when all ended, or at the deadline.

    A job must raise nothing and end soon after the deadline by itself; until then it holds its slot.
    """
    for thread in list(_started(deadline, jobs, slots)):
        thread.join(seconds_until(deadline))


def _started(
    deadline: float, jobs: Iterable[Callable[[], None]], slots: BoundedSemaphore
) -> Iterator[Thread]:
    for job in jobs:
        if not slots.acquire(timeout=seconds_until(deadline)):
            return
        # CAUTION: daemons, so that a server which hangs cannot hold up the end of the process.
        thread = Thread(target=_run, args=(job, slots), name="outbound", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more threads
            slots.release()
            return
        yield thread


def _run(job: Callable[[], None], slots: BoundedSemaphore) -> None:
    try:
        job()
    finally:
        slots.release()
