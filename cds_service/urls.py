"""The URLs that a site or a client may name: taken apart once, and what each kind of them must be."""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit


def parts_of_url(url: str) -> SplitResult | None:
    """The parts of a URL, or None where it cannot be taken apart, its port included."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no port; CAUTION: the error quotes the URL, password included
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host name or address, as it stands in a URL, means this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return re.fullmatch(r"(.+\.)?localhost\.?", host, re.IGNORECASE) is not None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address.is_unspecified or (mapped or address).is_loopback


def is_every_address(host: str) -> bool:
    """Whether who listens at this host is reached at every address of the machine: 0.0.0.0, ::, ::0."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def is_url_of_this_machine(url: str) -> bool:
    """Whether a URL names this machine."""
    parts = parts_of_url(url)
    return parts is not None and is_loopback(parts.hostname or "")


def base_url(text: str) -> str:
    """An absolute URL that paths can be appended to; raises ValueError saying so."""
    if _callable_parts(text) is None or text.endswith("/"):
        raise ValueError("an http or https URL without user, query or slash at the end")
    return text


def fhir_server(text: str) -> str:
    """The base URL of a FHIR server, without slash at the end; raises ValueError saying what is expected."""
    parts = _callable_parts(text)
    if parts is None or (parts.scheme == "http" and not is_loopback(parts.hostname or "")):
        raise ValueError("base URLs of FHIR servers with commas between, https unless on this machine")
    return text.rstrip("/")


def proxy_if_any(text: str) -> str:
    """The URL of an HTTP proxy; empty: none; raises ValueError saying what is expected."""
    parts = _callable_parts(text) if text else None
    if text and (parts is None or parts.scheme != "http" or parts.path.strip("/")):
        raise ValueError("the URL of a proxy without user or path, such as http://proxy.example.org:3128")
    return text.rstrip("/")


def origin(text: str) -> str:
    """The origin of a browser client as a browser sends it, or `*` for every one; raises ValueError."""
    parts = _callable_parts(text)
    if text != "*" and (parts is None or parts.path or text != text.lower()):
        raise ValueError("origins such as https://ehr.example.org with commas between, or *")
    return text


def database_url(text: str) -> str:
    """The URL of a database that all processes can write to, and that outlives them; raises ValueError."""
    is_known = re.fullmatch(r"sqlite:///(?!:memory:|file:)[^?]+|postgresql(\+psycopg)?://\S+", text)
    if not is_known or parts_of_url(text) is None:
        expected = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE, the password percent-encoded"
        raise ValueError(expected)
    return text


def without_password(text: str) -> str:
    """A URL without the user, password and query that may stand in it."""
    return re.sub(r"\?.*", "?***", re.sub(r"://.*@", "://***@", text, flags=re.DOTALL), flags=re.DOTALL)


def _callable_parts(url: str) -> SplitResult | None:
    """The parts of an absolute http or https URL, or None where it is not one that a client could call."""
    parts = parts_of_url(url)
    if parts is None or parts.port == 0 or not parts.hostname:
        return None
    if parts.scheme not in {"http", "https"} or re.search(r"[\s@?#\\]|[^ -~]", url):
        return None
    return parts
