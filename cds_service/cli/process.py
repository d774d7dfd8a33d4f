"""What a process takes of the machine: files, connections and memory."""

import ctypes
import resource
from typing import Final

from cds_service.cli.connections import MOST_CONNECTIONS

MOST_CONNECTIONS_OF_THE_MANAGEMENT: Final = 24
"""In one process; those of the service are beside them."""

_M_ARENA_MAX: Final = -8  # glibc's number for it


def files_allowed() -> int:
    """How many files this process may open; raised to what its connections take where the system lets it."""
    wanted = 2 * (MOST_CONNECTIONS + MOST_CONNECTIONS_OF_THE_MANAGEMENT)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    files, most = (wanted if limit == resource.RLIM_INFINITY else limit for limit in limits)
    if files >= min(wanted, most):
        return files
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, most), limits[1]))
    return min(wanted, most)


def shares_of(files: int) -> tuple[int, int]:
    """The most connections of the service and of the management: neither takes a place of the other.

    Together half of the files, which FHIR servers and the database need some of too.
    """
    connections = files // 2
    management = min(MOST_CONNECTIONS_OF_THE_MANAGEMENT, connections // 10)
    return min(MOST_CONNECTIONS, connections - management), management


def keep_memory_together() -> None:
    """Have the threads of a process take memory from one place, where the C library lets them choose.

    Each would keep what large bodies took in a place of its own; as one computes at a time, none waits.
    """
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(_M_ARENA_MAX, 1)


def give_memory_back() -> None:
    """Give the system the memory that the C library holds and does not use, where it can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
