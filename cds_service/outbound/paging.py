"""The pages of one query, one after the other, as long as they lead on within the same server."""

from collections.abc import Iterator
from typing import Final

from cds_service.outbound.addresses import address_within
from cds_service.outbound.bodies import next_link
from cds_service.outbound.calls import Caller
from cds_service.outbound.fetched import CallFailed, Failure, Fetched
from cds_service.outbound.policy import ServerPolicy
from cds_service.outbound.queries import is_sendable

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
