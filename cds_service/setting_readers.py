"""How the text of a setting becomes a value; a reader raises ValueError with what it expected."""

import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit


def one_of(vocabulary: type[StrEnum]) -> Callable[[str], StrEnum]:
    """A reader of exactly the words of a vocabulary."""

    def read(text: str) -> StrEnum:
        if text not in list(vocabulary):
            raise ValueError("one of " + ", ".join(vocabulary))
        return vocabulary(text)

    return read


def on_or_off(text: str) -> bool:
    """True for on, False for off."""
    if text not in {"on", "off"}:
        raise ValueError("on or off")
    return text == "on"


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`, both included."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


def matching(pattern: str, expected: str) -> Callable[[str], str]:
    """A reader of texts that match a pattern as a whole."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(expected)
        return text

    return read


def is_loopback(host: str) -> bool:
    """Whether a host name or address, as it stands in a URL, means this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return re.fullmatch(r"(.+\.)?localhost\.?", host, re.IGNORECASE) is not None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address.is_unspecified or (mapped or address).is_loopback


def _split(url: str) -> SplitResult | None:
    """The parts of an absolute http or https URL, or None where it is not one that a client could call."""
    try:
        parts = urlsplit(url)
        unusable = parts.port == 0 or not parts.hostname
    except ValueError:
        return None
    if unusable or parts.scheme not in {"http", "https"} or re.search(r"[\s@?#\\]|[^ -~]", url):
        return None
    return parts


def base_url(text: str) -> str:
    """An absolute URL that paths can be appended to."""
    if _split(text) is None or text.endswith("/"):
        raise ValueError("an http or https URL without user, query or slash at the end")
    return text


def fhir_server(text: str) -> str:
    """The base URL of a FHIR server, without slash at the end."""
    parts = _split(text)
    if parts is None or (parts.scheme == "http" and not is_loopback(parts.hostname or "")):
        raise ValueError("base URLs of FHIR servers with commas between, https unless on this machine")
    return text.rstrip("/")


def origin(text: str) -> str:
    """The origin of a browser client as a browser sends it, or `*` for every one."""
    parts = _split(text)
    if text != "*" and (parts is None or parts.path or text != text.lower()):
        raise ValueError("origins such as https://ehr.example.org with commas between, or *")
    return text


def list_of(read_one: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """A reader of values with commas between; empty: no value."""

    def read(text: str) -> tuple[str, ...]:
        values = tuple(read_one(part.strip()) for part in text.split(",") if part.strip())
        if "*" in values and len(values) > 1:
            raise ValueError("either * or a list, not both")
        return values

    return read


def database_url(text: str) -> str:
    """The URL of a database that every process of the service can write to, and that outlives them."""
    expected = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE, the password percent-encoded"
    if not re.fullmatch(r"sqlite:///(?!:memory:|file:)[^?]+|postgresql(\+psycopg)?://\S+", text):
        raise ValueError(expected)
    try:
        _ = urlsplit(text).port
    except ValueError:  # CAUTION: its own message quotes the text, password included
        raise ValueError(expected) from None
    return text


def existing_folder(text: str) -> Path:
    """The path of a folder that exists."""
    if not text or not Path(text).is_dir():
        raise ValueError("a folder that exists")
    return Path(text)


def existing_file_if_any(text: str) -> Path | None:
    """The path of a file that exists; empty: none."""
    if text and not Path(text).is_file():
        raise ValueError("a file that exists")
    return Path(text) if text else None
