"""How many requests one caller may send: an allowance that fills evenly and is spent one by one."""

import math
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Final

from cds_service.errors import TooManyRequests

SECONDS_SAVED: Final = 10
"""For how long a caller that was quiet has saved its allowance: so many requests may come at once."""

MOST_CALLERS: Final = 10_000
BITS_OF_A_SITE: Final = 64
"""Of an IPv6 address, of which one sender commonly has all below."""


class RateLimit:
    """The limit of every caller by name, in one process; `a_minute` None: there is none.

    `saved`: the seconds whose allowance may be spent at once.
    """

    def __init__(
        self, a_minute: int | None, *, clock: Callable[[], float], saved: int = SECONDS_SAVED
    ) -> None:
        self._a_second = a_minute / 60 if a_minute else math.inf
        self._most = max(1.0, self._a_second * saved)
        self._clock = clock
        self._lock = Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def spend(self, caller: str, count: int = 1) -> None:
        """Count requests, or rows; raises TooManyRequests, and counts none, where the allowance is spent."""
        if self._a_second == math.inf:
            return
        with self._lock:
            now = self._clock()
            left = self._left_of(caller, now)
            if left >= count:
                self._left[caller] = (left - count, now)
                return
        raise TooManyRequests(
            "Too many requests; send fewer, and this one again later.",
            seconds=math.ceil((count - left) / self._a_second),
        )

    def _left_of(self, caller: str, now: float) -> float:
        if caller not in self._left and len(self._left) >= MOST_CALLERS:
            self._forget(now)
        left, at = self._left.get(caller, (self._most, now))
        return min(self._most, left + (now - at) * self._a_second)

    def _forget(self, now: float) -> None:
        """Forget whose allowance is full again; where that frees no place, everyone begins anew."""
        self._left = {
            caller: (left, at)
            for caller, (left, at) in self._left.items()
            if left + (now - at) * self._a_second < self._most
        }
        if len(self._left) >= MOST_CALLERS:
            self._left.clear()


@lru_cache(maxsize=1000)
def address_to_limit(address: str, trusted_proxies: tuple[str, ...]) -> str:
    """What the limit of an address counts by; empty for a gateway's, behind which are many callers."""
    try:
        sender = ip_address(address.partition("%")[0])
    except ValueError:
        return address or "-"
    sender = (isinstance(sender, IPv6Address) and sender.ipv4_mapped) or sender
    if any(sender in ip_network(listed) for listed in trusted_proxies):
        return ""
    if isinstance(sender, IPv6Address):
        return str(ip_network((sender, BITS_OF_A_SITE), strict=False))
    return str(sender)
