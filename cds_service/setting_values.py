"""How the text of a setting becomes its value, and what is said of a text that cannot be meant."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SHIPPED_KNOWLEDGE: Final = Path(__file__).parent / "knowledge" / "data"
GATEWAY: Final = "gateway"
NO_VALUE: Final = "none"
LEAST_CHARACTERS_OF_A_KEY: Final = 32


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


def most_a_minute(text: str) -> int | None:
    """A number of requests, or `off`."""
    if text == "off":
        return None
    if not re.fullmatch(r"[0-9]{1,7}", text) or int(text) == 0:
        raise ValueError("a whole number from 1 to 9999999, or off")
    return int(text)
