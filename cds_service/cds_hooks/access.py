"""How the client lets its FHIR server be read: the address and the bearer token of a request."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from cds_service.cds_hooks.request import FhirAccess

# CAUTION: a token with a line break would write headers of its own.
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


def access_from(server: Any, authorization: Any) -> FhirAccess | None:
    """The server and the token of a request; None without a web address."""
    address = _text(server)
    return FhirAccess(address, _token(authorization)) if _is_web_address(address) else None


def is_odd_server(server: Any) -> bool:
    """True when a server is named that is no web address."""
    return server is not None and not _is_web_address(_text(server))


def is_odd_token(authorization: Any) -> bool:
    """True when there is an authorization without a token that can be used."""
    return authorization is not None and not _token(authorization)


def _token(authorization: Any) -> str:
    token = _text(authorization.get("access_token")) if isinstance(authorization, dict) else ""
    return token if _TOKEN.fullmatch(token) else ""


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
