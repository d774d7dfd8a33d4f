"""Which queries, relative to the base of a FHIR server, may be sent."""

import re
from typing import Final
from urllib.parse import unquote

_SEGMENT: Final = r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+"
_QUERY: Final = re.compile(rf"[A-Z][A-Za-z]*(?P<id>/{_SEGMENT})?(\?[!-~]+)?")
# CAUTION: separators are never encoded in a template, so an encoded one came with an id, and servers
# decode before they split: `1%2C2` would ask for two patients, `%2F` for another type of resource.
_SEPARATOR: Final = re.compile(r"%(2C|7C|24|5C|2F|[01][0-9A-F]|7F)", re.IGNORECASE)


def is_sendable(query: str) -> bool:
    """Whether a query is a read or search of one type beneath the base, and asks for one patient only."""
    match = _QUERY.fullmatch(query)
    if match is None or "#" in query or _SEPARATOR.search(query):
        return False
    id_in_path = unquote(match["id"] or "").removeprefix("/")
    return id_in_path not in {".", ".."} and _is_text(query)


def _is_text(query: str) -> bool:
    try:
        unquote(query, errors="strict")
    except UnicodeDecodeError:
        return False
    return True
