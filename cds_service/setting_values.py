"""How the text of a setting becomes its value, and what is said of a text that cannot be meant."""

import re
import ssl
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SHIPPED_KNOWLEDGE: Final = Path(__file__).parent / "knowledge" / "data"
GATEWAY: Final = "gateway"
NO_VALUE: Final = "none"
LEAST_CHARACTERS_OF_A_KEY: Final = 32

Profile: TypeAlias = Literal["development", "production"]
"""How strict the service is about where it runs."""

PamaCode: TypeAlias = Literal["appropriate", "not-appropriate", "no-criteria-apply"]
"""The codes of the PAMA rating of an order."""

CardDetail: TypeAlias = Literal["short", "full"]
"""How much a card says."""

WhenStoreIsDown: TypeAlias = Literal["remember", "refuse"]
"""What is done with a token while the store of seen tokens does not answer."""

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
"""The least important kind of message that is logged."""

LogFormat: TypeAlias = Literal["text", "json"]
"""How a line of the log is written: for a person, or as a JSON object."""


def one_of(vocabulary: Any) -> Callable[[str], str]:
    """A reader of exactly the words of a vocabulary, a Literal."""
    words = get_args(vocabulary)

    def read(text: str) -> str:
        if text not in words:
            raise ValueError("one of " + ", ".join(words))
        return text

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


def list_of(read_one: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """A reader of values with commas between; empty: no value."""

    def read(text: str) -> tuple[str, ...]:
        values = tuple(read_one(part.strip()) for part in text.split(",") if part.strip())
        if "*" in values and len(values) > 1:
            raise ValueError("either * or a list, not both")
        return values

    return read


def none_or(read: Callable[[str], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    """A reader of lists in which `none` says on purpose that there is no value."""
    return lambda text: () if text == NO_VALUE else read(text)


def knowledge_folder(text: str) -> Path:
    """The path of a folder that exists; empty: the shipped one."""
    if text and not Path(text).is_dir():
        raise ValueError("a folder that exists")
    return Path(text) if text else SHIPPED_KNOWLEDGE


def existing_file_if_any(text: str) -> Path | None:
    """The path of a file that exists; empty: none."""
    if text and not Path(text).is_file():
        raise ValueError("a file that exists")
    return Path(text) if text else None


def folder_if_any(text: str) -> Path | None:
    """The path of a folder, made when it is needed; empty: none. No file may stand in its place."""
    if text and Path(text).exists() and not Path(text).is_dir():
        raise ValueError("a folder")
    return Path(text) if text else None


def site_keys(text: str) -> tuple[str, ...]:
    """Secrets with commas between, the one in force first; empty: none."""
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    if any(len(key) < LEAST_CHARACTERS_OF_A_KEY for key in keys):
        raise ValueError(f"secrets of at least {LEAST_CHARACTERS_OF_A_KEY} characters, with commas between")
    return keys


def authorities_if_any(text: str) -> Path | None:
    """The path of a PEM file of certificates that vouch for servers which are called; empty: none."""
    if not text:
        return None
    try:
        ssl.create_default_context(cafile=text)
    except (OSError, ValueError):
        raise ValueError("a PEM file that can be read, of the certificates of your authorities") from None
    return Path(text)


def services_or_all(text: str) -> tuple[str, ...]:
    """Ids of services with commas between, or `all`; empty: none."""
    services = list_of(str)(text)
    if not all(re.fullmatch(r"[a-z0-9-]+", service) for service in services):
        raise ValueError("ids of services with commas between, or all")
    return services


def zone_if_any(text: str) -> ZoneInfo | None:
    """A time zone by its name, `Europe/Paris`; empty: none."""
    try:
        return ZoneInfo(text) if text else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("a name of a time zone, such as Europe/Paris") from None


def trusted_clients(text: str) -> Path | Literal["gateway"] | None:
    """The path of a file that exists, or `gateway`; empty: none."""
    if text == GATEWAY:
        return "gateway"
    if text and not Path(text).is_file():
        raise ValueError("a file of trusted clients that exists, or gateway where a gateway checks them")
    return Path(text) if text else None


def address_or_network(text: str) -> str:
    """An IP address, or a network such as 10.0.0.0/8."""
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("IP addresses or networks, such as 10.0.0.0/8, with commas between") from None


def address_and_port_if_any(text: str) -> str:
    """A host name or address and a port, `[::1]:8001` for one of IPv6; empty: none."""
    is_written = re.fullmatch(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}", text)
    if text and not (is_written and 1 <= host_and_port(text)[1] <= 65535):
        raise ValueError("an address and a port, such as 127.0.0.1:8001")
    return text


def host_and_port(address: str) -> tuple[str, int]:
    """The host, without the brackets of IPv6, and the port of what `address_and_port_if_any` let pass."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def whole_number_or_off(least: int, most: int) -> Callable[[str], int | None]:
    """A reader of such numbers, and of `off` for no limit."""
    read_number = whole_number(least, most)

    def read(text: str) -> int | None:
        try:
            return None if text == "off" else read_number(text)
        except ValueError as expected:
            raise ValueError(f"{expected}, or off") from None

    return read
