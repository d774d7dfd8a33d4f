"""One call to a server for a person who asks whether it answers: what came, or why not, and its clock."""

import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests

from cds_service.outbound.addresses import address_within, base_from
from cds_service.outbound.answers import CallFailed, Failure
from cds_service.outbound.transport import Caller, guarded_session
from cds_service.settings import Settings

SECONDS_TO_ANSWER: Final = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of a call; `server_time` is None where the server told none, `at` when it was here."""

    at: datetime
    body: bytes = field(default=b"", repr=False)
    failure: Failure | None = None
    server_time: datetime | None = None


def visit(settings: Settings, url: str, *, accepted: str) -> Visit:
    """Get a URL, guarded as every call is; raises nothing."""
    base = base_from(url)
    address = address_within(base, url) if base else None
    began, dates = _now(), list[str]()
    if base is None or address is None:
        return Visit(began, failure=Failure.NOT_ALLOWED)
    with closing(guarded_session(settings, connections=1)) as session:
        session.hooks["response"].insert(0, lambda answer, **_: _note_date(answer, dates))
        caller = Caller(session, base, time.monotonic() + SECONDS_TO_ANSWER, token="", accepted=accepted)
        try:
            body, failure = caller.page_at(address, max_bytes=settings.max_body_bytes), None
        except CallFailed as failed:
            body, failure = b"", failed.failure
    return Visit(_now(), body, failure, _time_from(dates))


def _note_date(answer: requests.Response, dates: list[str]) -> None:
    dates.append(answer.headers.get("Date", ""))


def _time_from(dates: list[str]) -> datetime | None:
    try:
        found = parsedate_to_datetime(dates[-1]) if dates else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _now() -> datetime:
    return datetime.now().astimezone()
