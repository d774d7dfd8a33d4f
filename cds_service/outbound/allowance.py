"""What a call may still take: of the time that all calls share, and of bytes."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the time for all calls of one request, on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def seconds_left(self) -> float:
        """The seconds until the deadline, 0 after it."""
        return max(0.0, self.at - time.monotonic())


class Overspent(OSError):
    """More bytes came than the call may take."""


class Allowance:
    """The time and the bytes that one call may take from the network, headers and framing included."""

    __slots__ = ("bytes_left", "deadline")

    def __init__(self, deadline: Deadline, bytes_left: int) -> None:
        self.deadline = deadline
        self.bytes_left = bytes_left

    def seconds_to_wait(self) -> float:
        """The seconds that may still be waited, more than 0; raises TimeoutError at the deadline."""
        seconds = self.deadline.seconds_left
        if seconds <= 0:
            raise TimeoutError("no time left")
        return seconds

    def spend(self, count: int) -> None:
        """Take `count` bytes; raises Overspent when there were not so many left."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise Overspent("no bytes left")
