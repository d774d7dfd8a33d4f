"""The key set at a URL that the site lists, fetched as all else is: guarded, bounded, never redirected."""

import time
from contextlib import closing
from typing import Final

from cds_service.outbound.addresses import address_within, base_from
from cds_service.outbound.answers import CallFailed, Failure
from cds_service.outbound.transport import Caller, guarded_session
from cds_service.settings import Settings

SECONDS_TO_FETCH: Final = 2
MOST_BYTES: Final = 262_144


def key_set_at(settings: Settings, url: str) -> bytes:
    """The body at the URL of a key set, over a connection of its own; raises CallFailed and nothing else."""
    base = base_from(url)
    address = address_within(base, url) if base else None
    if base is None or address is None:
        raise CallFailed(Failure.NOT_ALLOWED)
    with closing(guarded_session(settings, connections=1)) as session:
        deadline = time.monotonic() + SECONDS_TO_FETCH
        caller = Caller(session, base, deadline, token="", accepted="application/json")
        return caller.page_at(address, max_bytes=MOST_BYTES)
