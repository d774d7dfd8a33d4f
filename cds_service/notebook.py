"""The service as a Python function, for a notebook or a script."""

import os
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from cds_service.app import advisor_from
from cds_service.evaluate import Advisor, Evaluation
from cds_service.settings import settings_from
from cds_service.support.captures import asked

_SETUPS = 4
"""How many sets of settings stay loaded."""


def judge(
    request: Mapping[str, Any] | str | bytes,
    settings: Mapping[str, str] | None = None,
    *,
    at: datetime | None = None,
) -> Evaluation:
    """The answer to one hook request and the trace that led to it, as `cds-service ask` has them.

    `settings`: variables such as `CDS_TIME_ZONE`, in place of those of the environment.
    `at`: the instant to judge as of, else the one that the request carries, else now.
    Nothing is recorded. Raises BadRequest, MissingData or TooLarge where the service would refuse the
    request, and a StartupError for settings that it would not start with.
    """
    body = request if isinstance(request, bytes) else _as_bytes(request)
    given = os.environ if settings is None else settings
    setup = tuple(sorted((name, value) for name, value in given.items() if name.startswith("CDS_")))
    return asked(body, at, _advisor(setup))


def _as_bytes(request: Mapping[str, Any] | str) -> bytes:
    return request.encode() if isinstance(request, str) else msgspec.json.encode(request)


@lru_cache(maxsize=_SETUPS)
def _advisor(setup: tuple[tuple[str, str], ...]) -> Advisor:
    return advisor_from(settings_from(dict(setup)))
