"""What a replay read and found, beside its rows: files, lines, what could not be used, what judged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from cds_service import __version__
from cds_service.errors import BadValue
from cds_service.knowledge.kinds import KINDS
from cds_service.replay.export import FileTally
from cds_service.replay.lines import FOUND
from cds_service.replay.steps import ReplayJob

SUMMARY: Final = "replay.json"
_MOST_PLACES: Final = 100


class ReplaySummary(msgspec.Struct, frozen=True):
    """The account of a replay, kept with its rows.

    `amiss` counts lines and orders that could not be used, by why, and `places` names the first of them.
    `missing` are the kinds of data of which the export has no file, `cut_off` the types of files that end
    early.
    """

    version: str
    files: int
    lines: int
    bytes: int
    orders: int
    amiss: dict[str, int]
    places: tuple[str, ...]
    types: dict[str, int]
    missing: tuple[str, ...]
    cut_off: tuple[str, ...]
    editions: tuple[str, ...]

    def lines_said(self) -> Iterator[str]:
        """The account, line by line."""
        yield f"{self.lines:,} lines of {self.files} files read, {self.orders:,} orders found"
        if self.missing:
            yield f"No file for: {', '.join(self.missing)}; what needs them is not assessed"
        if self.cut_off:
            yield f"Cut off: {', '.join(self.cut_off)}; what they lack is no evidence"
        for why, count in sorted(self.amiss.items()):
            yield f"Not used: {why}, {count:,}"
        yield from (f"  {place}" for place in self.places[:10])


def summary_of(job: ReplayJob, read: FileTally) -> ReplaySummary:
    """The account of a job that is done."""
    types = job.setup.types | read.types.keys()
    missing = (kind.value for kind, row in KINDS.items() if types.isdisjoint(row.resource_types))
    return ReplaySummary(
        version=__version__,
        files=len(job.files),
        lines=read.lines,
        bytes=read.bytes,
        orders=read.amiss.get(FOUND, 0),
        amiss={why: count for why, count in sorted(read.amiss.items()) if why != FOUND},
        places=tuple(sorted(read.places)[:_MOST_PLACES]),
        types=dict(sorted(read.types.items())),
        missing=tuple(missing),
        cut_off=tuple(read.cut_off),
        editions=tuple(edition.name for edition in job.setup.editions),
    )


def write_summary(out: Path, summary: ReplaySummary) -> None:
    """Keep the account with the rows; a replay with one is done."""
    (out / SUMMARY).write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2))


def read_summary(out: Path) -> ReplaySummary:
    """The account of a folder; raises BadValue where it holds no replay that is done."""
    try:
        return msgspec.json.decode((out / SUMMARY).read_bytes(), type=ReplaySummary)
    except (OSError, msgspec.MsgspecError):
        raise BadValue(f"{out} holds no replay that is done; expected is {SUMMARY} in it.") from None
