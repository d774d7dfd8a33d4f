"""Which addresses may be called, and which queries beneath the base of a FHIR server may be sent."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin

from cds_service.urls import is_loopback, parts_of_url

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


def _networks(*texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, texts))


# Where hospitals keep their servers: private networks, shared addresses (RFC 6598), unique local ones.
_OF_A_SITE: Final = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
_PUBLIC: Final = _networks("0.0.0.0/0", "2000::/3")
# CAUTION: where clouds answer with their metadata and secrets, outside the link-local networks too.
_OF_A_CLOUD: Final = _networks(
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::/32", "fd20:ce::254"
)
# CAUTION: `is_global` lets these through in some versions of Python: assignments of protocols, Teredo, 6to4.
_NOT_A_SERVER: Final = _networks(
    "192.0.0.0/24", "224.0.0.0/3", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20"
)
_NAT64: Final = _networks("64:ff9b::/96")


def leads_to(host: str, address: IPv4Address | IPv6Address) -> bool:
    """Whether a listed host may be called at this address, to which it resolves.

    An address leads to itself, and a name of this machine to loopback. Any other name leads to public
    addresses and, since the site vouches for it, to those of private networks; never to loopback, link-local
    (metadata of clouds), multicast, unspecified or reserved ones, nor to IPv4 within IPv6, but for NAT64,
    which is judged by the IPv4 address that it stands for.
    """
    try:
        return address == ip_address(host)
    except ValueError:
        return address.is_loopback if is_loopback(host) else _is_for_names(address)


def _is_for_names(address: IPv4Address | IPv6Address) -> bool:
    if _is_in(_NAT64, address):
        return _is_for_names(IPv4Address(int(address) & 0xFFFFFFFF))
    if _is_in(_OF_A_CLOUD, address) or _is_in(_NOT_A_SERVER, address):
        return False
    return _is_in(_OF_A_SITE, address) or (address.is_global and _is_in(_PUBLIC, address))


def _is_in(networks: tuple[IPv4Network | IPv6Network, ...], address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in networks)


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
