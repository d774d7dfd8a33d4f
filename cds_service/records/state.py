"""How the record of one process stands, for who looks after the service."""

from dataclasses import dataclass


@dataclass(slots=True)
class RecordCounts:
    """What became of the record in this process, in rows."""

    written: int = 0
    feedback: int = 0
    taken_over: int = 0
    lost: int = 0
    torn: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class RecordState:
    """How the record of this process stands, and what waits in the spool.

    `is_failing`: the database does not answer; `is_losing`: the spool did not take what came last either.
    `stranded_files` of processes that are gone could not be opened or read when they were last looked for.
    """

    is_failing: bool
    is_losing: bool
    spooled_bytes: int
    stranded_files: int
    counts: RecordCounts
