"""Which FHIR servers may be called and how much they may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerPolicy:
    """What a site allows.

    `allowed` are base URLs; what lies beneath their path is allowed too. `loopback_allowed`: any server on
    this machine may be called; otherwise none, even if it is listed. `deadline_seconds` is for all queries
    of one request together; `max_pages` and `max_bytes` (unpacked, all pages together) are for each query.
    """

    allowed: tuple[str, ...]
    loopback_allowed: bool
    deadline_seconds: float
    max_pages: int
    max_bytes: int
