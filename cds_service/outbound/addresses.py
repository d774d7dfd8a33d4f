"""Which addresses of a FHIR server may be called, and which queries beneath its base may be sent."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin

from cds_service.urls import parts_of_url

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
# CAUTION: URLs are ASCII. Unicode hosts, spaces, backslashes and control characters are read differently
# by different parsers, so that what was checked may not be what is called. IDNs come as punycode.
_VISIBLE_ASCII: Final = re.compile(r"[!-\[\]-~]+")
_LABEL: Final = r"([a-z0-9_-]*[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$)([a-z0-9_]{_LABEL}\.)*[a-z]{_LABEL}")
# CAUTION: besides the segments `.` and `..`, also nothing that a server may decode into one or into a
# slash; and no `;`, since Java servers read the segment `..;` as `..`.
_ENCODED: Final = r"%(?!2E|2F|5C|25|3B|7F|[01][0-9A-F])[0-9A-F]{2}"
_SEGMENT: Final = rf"(?!\.{{1,2}}(/|$))([A-Za-z0-9._~!$&'()*+,=:@-]|{_ENCODED})+"
_PATH: Final = re.compile(rf"(/{_SEGMENT})*/?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Base:
    """The base of a FHIR server; `path` has no slash at its end and is empty at the root."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and, unless it is the default, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The base as a URL without slash at its end."""
        return self.origin + self.path

    def is_within(self, other: "Base") -> bool:
        """Whether this is the other base or lies beneath it, segment by segment."""
        return self.origin == other.origin and f"{self.path}/".startswith(f"{other.path}/")

    @property
    def is_this_machine(self) -> bool:
        """Whether calls certainly stay on this machine: `localhost` itself, 127.0.0.0/8 and ::1."""
        # CAUTION: narrower than `is_loopback`, which refuses. `x.localhost` may be asked of a name server.
        try:
            address = ip_address(self.host)
        except ValueError:
            return self.host == "localhost"
        is_mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
        return address.is_loopback and not is_mapped


def base_from(text: str) -> Base | None:
    """The base that a URL names, or None unless it is a plain absolute http or https URL."""
    parts = _parts(text)
    if parts is None or "?" in text or "#" in text:
        return None
    return _base_of(parts)


def address_within(base: Base, link: str) -> str | None:
    """The address that a link on a page of `base` means, or None if it leads out of it.

    A relative link is relative to the base, as everywhere in FHIR. The result is rebuilt from the parts
    that were compared; a fragment is dropped.
    """
    parts = _parts(_joined(base, link))
    target = _base_of(parts) if parts else None
    if parts is None or target is None or not target.is_within(base):
        return None
    return f"{target.origin}{parts.path}?{parts.query}" if parts.query else target.origin + parts.path


def _joined(base: Base, link: str) -> str:
    try:
        return urljoin(f"{base.url}/", link) if _VISIBLE_ASCII.fullmatch(link) else ""
    except ValueError:
        return ""


def _parts(url: str) -> SplitResult | None:
    return parts_of_url(url) if _VISIBLE_ASCII.fullmatch(url) else None


def _base_of(parts: SplitResult) -> Base | None:
    """The checked parts of an address, its query and fragment aside."""
    host = _host(parts)
    is_usable = parts.scheme in DEFAULT_PORTS and parts.port != 0 and _PATH.fullmatch(parts.path)
    if not host or not is_usable:
        return None
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return Base(parts.scheme, host, port, parts.path.removesuffix("/"))


def _host(parts: SplitResult) -> str:
    """The host in its one spelling; empty for a user, a zone, or what is neither a name nor an address."""
    host = (parts.hostname or "").lower()
    if "@" in parts.netloc or "%" in host:
        return ""
    try:
        return str(ip_address(host))
    except ValueError:
        return host if _NAME.fullmatch(host) else ""


_QUERY_SEGMENT: Final = r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+"
_QUERY: Final = re.compile(rf"[A-Z][A-Za-z]*(?P<id>/{_QUERY_SEGMENT})?(\?[!-~]+)?")
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
