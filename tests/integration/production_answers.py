"""What a production service answers to every fixture request, and the drafts that it was asked about."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from cds_service.app import advisor_from
from cds_service.errors import CdsServiceError
from cds_service.settings import settings_from
from cds_service.support.captures import asked
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json

PRODUCTION: Final = {
    "CDS_PROFILE": "production",
    "CDS_PUBLIC_URL": "https://cds.hospital.example",
    "CDS_DATABASE_URL": "sqlite:///record.db",
    "CDS_TRUSTED_CLIENTS": "gateway",
    "CDS_FHIR_SERVERS": "none",
    "CDS_SITE_KEY": "a key of this test that is long enough",
    "CDS_EXTENSION_SYSTEM_ACTIONS": "off",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """The answer to one fixture request, and its draft orders."""

    name: str
    orders: list[Json]
    answer: Json

    def as_line(self) -> str:
        """For a reader that is another program."""
        return json.dumps({"orders": self.orders, "answer": self.answer})


@cache
def exchanges() -> tuple[Exchange, ...]:
    """Every fixture request that is answered, judged at the instant it carries."""
    files = sorted((FIXTURES / "requests").glob("*/*.json"))
    return tuple(exchange for file in files for exchange in _exchange(file))


def _exchange(file: Path) -> Iterator[Exchange]:
    body, advisor = file.read_bytes(), _advisor()
    try:
        evaluation = asked(body, None, advisor)
    except CdsServiceError:
        return
    answer = json.loads(msgspec.json.encode(evaluation.response))
    yield Exchange(f"{file.parent.name}/{file.stem}", list(_orders_in(json.loads(body))), answer)


_advisor: Final = cache(lambda: advisor_from(settings_from(PRODUCTION)))


def _orders_in(body: Json) -> Iterator[Json]:
    drafts: Any = body["context"].get("draftOrders")
    entries = drafts.get("entry") if isinstance(drafts, dict) else drafts
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield resource
