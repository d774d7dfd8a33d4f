"""The three steps of a replay as streams of Arrow batches, the same under any engine."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from zlib import crc32

import msgspec
import pyarrow as pa

from cds_service import __version__
from cds_service.cds_hooks.raw_json import decoded, text_in
from cds_service.cds_hooks.request import reference_given
from cds_service.errors import BadValue
from cds_service.replay.export import (
    BYTES_OF_A_RANGE,
    CHART,
    DIRECTORY,
    ORDERS,
    STAND_INS,
    ExportFile,
    FileRange,
    FileTally,
    export_files,
    files_with,
    lines_in,
    ranges_of,
)
from cds_service.replay.judging import EditionSet, Judge, JudgeSetup, ReplayedOrder
from cds_service.replay.lines import (
    FOUND,
    OUTSIDE,
    Asked,
    Finder,
    KeptLine,
    OrderFilter,
    Template,
    chart_in,
    orders_in,
    templates_of,
)
from cds_service.settings import values_shown

ReplayStep: TypeAlias = Literal["orders", "studies", "chart"]
"""What is looked for in the files: orders, the studies that stand for them, or the charts."""

_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_LINES_AT_ONCE: Final = 1000
_ROWS_AT_ONCE: Final = 2000
_BYTES_OF_A_PART: Final = 64 << 20
_FEWEST_PARTS, _MOST_PARTS = 16, 4096
_OF_STEP: Final[Mapping[ReplayStep, tuple[str, ...]]] = {
    "orders": ORDERS,
    "studies": STAND_INS,
    "chart": CHART,
}

LINES: Final = pa.schema(
    [("part", pa.int32()), ("patient", pa.string()), ("role", pa.string()), ("line", pa.binary())]
)
_ARROW: Final = {str: pa.string(), int: pa.int32(), datetime: pa.timestamp("us", tz="UTC")}
ROWS: Final = pa.schema(
    [(f.name, _ARROW.get(f.type, pa.list_(pa.string()))) for f in msgspec.structs.fields(ReplayedOrder)]
)


@dataclass(frozen=True)
class ReplayJob:
    """All that a replay is about: whose files, which orders, how judged, and in how many parts."""

    source: str
    files: tuple[ExportFile, ...]
    setup: JudgeSetup
    asked: Asked
    parts: int
    range_bytes: int

    def ranges(self, step: ReplayStep) -> list[FileRange]:
        """The ranges of the files that a step reads."""
        return list(ranges_of(self.source, files_with(self.files, _OF_STEP[step]), self.range_bytes))

    def fingerprint(self) -> str:
        """The same for what gives the same rows: a run goes on only where this has not changed."""
        setup = self.setup
        said = (
            *(__version__, self.files, self.asked, self.parts, self.range_bytes, setup.client),
            *(values_shown(setup.settings), setup.site_key().of("replay", self.source)),
            [(edition.name, _content_of(Path(edition.folder))) for edition in setup.editions],
            [_content_of(path) for path in (setup.settings.order_codes, setup.settings.observation_codes)],
            sorted(setup.directory.items()),
        )
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _content_of(path: Path | None) -> str:
    """A hash of a file, or of all files of a folder with their names; empty for none."""
    if path is None:
        return ""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    read = [(one.relative_to(path).as_posix(), hashlib.sha256(one.read_bytes()).hexdigest()) for one in files]
    return hashlib.sha256(msgspec.json.encode(read)).hexdigest()


def job_of(source: str, setup: JudgeSetup, asked: Asked, *, range_bytes: int = BYTES_OF_A_RANGE) -> ReplayJob:
    """The job of a folder; its directory of requesters is read at once. Raises BadValue for no export."""
    files = export_files(source)
    size = sum(file.size for file in files)
    parts = min(max(_FEWEST_PARTS, size // _BYTES_OF_A_PART), _MOST_PARTS)
    types = frozenset(name for file in files for name in file.types)
    full = replace(setup, types=types, directory=_directory(source, files))
    return ReplayJob(source, files, full, asked, parts, range_bytes)


def editions_of(folders: Iterable[Path], in_force: Path) -> tuple[EditionSet, ...]:
    """A set for each folder, named after it, else that in force; raises BadValue where two have one name."""
    named = [(folder.resolve().name, folder) for folder in folders] or [("in-force", in_force)]
    editions = tuple(EditionSet(_UNFIT.sub("-", name), str(folder.resolve())) for name, folder in named)
    if len({edition.name for edition in editions}) < len(editions):
        raise BadValue("Two --knowledge folders have the same name; each set is named after its folder.")
    return editions


def scanned(
    part: FileRange, step: ReplayStep, job: ReplayJob, judge: Judge, tally: FileTally
) -> Iterator[KeptLine]:
    """What a step keeps of a range for a judge; what it reads is counted."""
    knowledges = judge.knowledges
    if step == "chart":
        every = dict.fromkeys(one for knowledge in knowledges for one in templates_of(knowledge))
        return chart_in(part, Finder(_without_status(every)), tally)
    keep = OrderFilter(_OF_STEP[step], knowledges, judge.zone, job.asked)
    return orders_in(part, keep, tally)


def _without_status(templates: Iterable[Template]) -> list[Template]:
    return [*dict.fromkeys(msgspec.structs.replace(template, statuses=frozenset()) for template in templates)]


def has_orders(read: FileTally) -> bool:
    """Whether an export has orders of chest imaging, of whatever time; else studies stand for them."""
    return any(read.amiss.get(name) for name in (FOUND, OUTSIDE))


def in_batches(lines: Iterable[KeptLine], parts: int) -> Iterator[pa.RecordBatch]:
    """Lines as batches, each with the part that its patient belongs to."""
    left = iter(lines)
    while some := list(islice(left, _LINES_AT_ONCE)):
        columns = [
            [crc32(one.patient.encode()) % parts for one in some],
            *([getattr(one, name) for one in some] for name in ("patient", "role", "line")),
        ]
        yield pa.record_batch(columns, schema=LINES)


def judged_batches(batches: Iterable[pa.RecordBatch], judge: Judge) -> Iterator[pa.RecordBatch]:
    """The rows of the orders in lines that come sorted by patient; one patient's are in memory at a time."""
    lines = (KeptLine(*values) for batch in batches for values in _values(batch))
    patients = groupby(lines, key=attrgetter("patient"))
    rows = (row for patient, of_one in patients for row in judge.rows(patient, of_one))
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        yield pa.RecordBatch.from_pylist([msgspec.structs.asdict(row) for row in some], schema=ROWS)


def _values(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    columns = [batch.column(name).to_pylist() for name in ("patient", "role", "line")]
    return zip(*columns, strict=True)


class _Member(msgspec.Struct, rename="camel"):
    resource_type: Any = None
    id: Any = None
    name: Any = None
    practitioner: Any = None
    organization: Any = None


def _directory(source: str, files: Iterable[ExportFile]) -> dict[str, str]:
    """The organization of each role, and of each practitioner who has roles in one organization alone."""
    names: dict[str, str] = {}
    roles: dict[str, set[str]] = {}
    shown: dict[str, str] = {}
    for part in ranges_of(source, files_with([f for f in files if f.types], DIRECTORY)):
        for _, line in lines_in(part, FileTally(part.file.name)):
            member = decoded(line, _Member) or _Member()
            named = f"{text_in(member.resource_type)}/{text_in(member.id)}"
            if text_in(member.resource_type) == "Organization":
                names[named] = text_in(member.name) or text_in(member.id)
            elif isinstance(member.organization, dict):
                organization = f"Organization/{reference_given(member.organization).id}"
                shown[organization] = text_in(member.organization.get("display"))
                roles.setdefault(named, set()).add(organization)
                practitioner = reference_given(member.practitioner).id
                roles.setdefault(f"Practitioner/{practitioner}", set()).add(organization)
    names = {name: shown.get(name, "") for name in shown} | names
    one = {of: next(iter(found)) for of, found in roles.items() if len(found) == 1}
    return {**names, **{of: names.get(name) or name for of, name in one.items()}}
