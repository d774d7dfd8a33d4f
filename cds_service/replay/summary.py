"""The new folder of a replay: held by one run alone, with the account of what was read and found."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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
WORK: Final = ".work"
"""The folder within it that holds what is needed while a run lasts, lines of charts among it."""

_MARK: Final = "job.json"
_LOCK: Final = "held"
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


@contextmanager
def held_for(out: Path, own: str = "") -> Iterator[None]:
    """The folder held by this run alone; one that was killed and has the same fingerprint is gone on with.

    Without a fingerprint none is. The work folder goes with a run that is done, or that no other can go on
    with. Raises BadValue where another run writes into the folder, and for one that holds something else.
    """
    work = out / WORK
    if (out / SUMMARY).exists():
        shutil.rmtree(work, ignore_errors=True)  # of a run that was killed as it was done
    _check(out, own)
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(mode=0o700, exist_ok=True)
    with (work / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadValue(f"Another replay is writing into {out}; name another folder.") from None
        except OSError:
            pass  # a file system that has no locks
        _check(out, own)
        if own:
            _write(work / _MARK, own.encode())
        try:
            yield
        except BaseException:
            if not own:
                shutil.rmtree(work)
            raise
        shutil.rmtree(work)


def _check(out: Path, own: str) -> None:
    """Raises BadValue for a folder that this run may not write into."""
    mark = out / WORK / _MARK
    if (out / SUMMARY).exists():
        raise BadValue(f"{out} holds a replay already; name another folder.")
    if mark.exists():
        if mark.read_text(encoding="utf-8") != own:
            raise BadValue(
                f"{out} holds a replay of other data or settings that is not done; name another folder."
            )
    elif out.exists() and any(path.name != WORK for path in out.iterdir()):
        raise BadValue(f"{out} is not empty and holds no replay to go on with; name another folder.")


def write_summary(out: Path, summary: ReplaySummary) -> None:
    """Keep the account with the rows; a replay with one is done."""
    _write(out / SUMMARY, msgspec.json.format(msgspec.json.encode(summary), indent=2))


def _write(path: Path, content: bytes) -> None:
    """Under its name only when it is whole."""
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").rename(path)


def read_summary(out: Path) -> ReplaySummary:
    """The account of a folder; raises BadValue where it holds no replay that is done."""
    try:
        return msgspec.json.decode((out / SUMMARY).read_bytes(), type=ReplaySummary)
    except (OSError, msgspec.MsgspecError):
        raise BadValue(f"{out} holds no replay that is done; expected is {SUMMARY} in it.") from None
