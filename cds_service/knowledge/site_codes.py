"""The codes of a site, of orders and observations: its files read, joined to the knowledge, and summed up."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from cds_service.errors import StartupError
from cds_service.knowledge.kinds import KINDS, OBSERVED
from cds_service.knowledge.model import Knowledge, Modality, Procedure
from cds_service.knowledge.tables.rows import Fault, Row, path_of, read_csv, unseen_in
from cds_service.knowledge.terminology.concepts import Coding, Concept, Study
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import Units, squeezed

_ANY_OTHER = "other"
"""Nuclear medicine, fluoroscopy: words that also stand beside the name of a modality."""


def doubts_of(display: str, procedure: str, terminology: Terminology) -> Iterator[str]:
    """What a display names that its procedure is not: another study, modality or part of the body."""
    study = terminology.study_in(display)
    if study.procedure and study.procedure != procedure:
        yield f"the display reads like {study.procedure}"
    elif study.has_other_regions:
        yield "the display names another part of the body"
    if study.procedure:
        return
    words = terminology.study_words
    said = words.said_in(display)
    if strange := _strange(said["modality"], words.modalities_of(procedure)):
        yield f"the display names another modality ({', '.join(sorted(strange))})"
    if "region" in said["other"]:
        yield "the display names another part of the body"


def _strange(named: set[str], expected: frozenset[str]) -> set[str]:
    is_named_too = not named.isdisjoint(expected)
    return named - expected - ({_ANY_OTHER} if is_named_too else set())


COLUMNS: Final = ("system", "code", "procedure", "display", "orderable")
_YES_NO: Final = {"yes": True, "no": False}
_SHORTENED: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class SiteCode:
    """One line of the file: a code of the site, the procedure that it means, whether it can be ordered.

    `key` is what tells one code from another: case does not count in a system that is known.
    """

    line: int
    key: tuple[str, str]
    coding: Coding
    procedure: str
    is_orderable: bool


SiteCodes = tuple[SiteCode, ...]
"""The order codes of a site, each once, in the order of the file."""


def orderable(site: SiteCodes, procedure: str) -> tuple[Coding, ...]:
    """The codes by which the site can order a procedure: at most one for each code system."""
    own = (code.coding for code in site if code.procedure == procedure and code.is_orderable)
    return tuple(Coding(coding.system, coding.code, coding.display) for coding in own)


def site_codes_from(path: Path, knowledge: Knowledge) -> SiteCodes:
    """The order codes in a CSV file with the columns `system,code,procedure,display,orderable`.

    Systems are canonicalized where they are known by any of their names; others are taken as they stand.
    Raises StartupError with every fault, each with its line.
    """
    rows, faults = read_csv(path, path.name, COLUMNS)
    codes: list[SiteCode] = []
    for row in rows:
        found = [(row.line, fault) for fault in _cell_faults(row, knowledge)]
        faults += found
        codes += [] if found else [_site_code(row, knowledge)]
    faults += _contradictions(codes)
    _refuse(path, faults, subject="Order codes")
    first: dict[tuple[str, str], SiteCode] = {}
    for code in codes:
        first.setdefault(code.key, code)
    return tuple(first.values())


def with_site_codes(knowledge: Knowledge, site: SiteCodes) -> Knowledge:
    """The same knowledge with a site's codes read in both directions.

    The site's codes are recognized before the shipped ones, and a procedure for which the site has
    orderable codes is suggested by these only.
    """
    recognized = [(code.coding, _study_of(code, knowledge)) for code in site]
    procedures = {p.id: _ordered_by(p, orderable(site, p.id)) for p in knowledge.procedures.values()}
    return replace(
        knowledge,
        terminology=knowledge.terminology.with_order_codes(recognized),
        procedures=MappingProxyType(procedures),
    )


def site_codes_summary(site: SiteCodes, knowledge: Knowledge) -> str:
    """Which procedures are mapped and orderable, which rated ones are not, and what to look at again."""
    count = sum(code.is_orderable for code in site)
    mapped = Counter(code.procedure for code in site)
    lines = [f"Order codes: {len(site)} read, {count} of them orderable"]
    lines += [_mapping_line(p, mapped[p], site) for p in knowledge.procedures if mapped[p]]
    missing = [p.id for p in knowledge.rated_procedures() if not orderable(site, p.id)]
    if missing:
        lines += ["Rated, without an orderable code (suggested by the order's own code system, else by CPT):"]
        lines += [f"  {procedure}" for procedure in missing]
    doubts = [f"  {doubt}" for doubt in doubts_about(site, knowledge)]
    return "\n".join([*lines, *(["Please check:"] if doubts else []), *doubts])


def doubts_about(site: SiteCodes, knowledge: Knowledge) -> Iterator[str]:
    """A file without codes, and lines whose display names another study than the procedure they map to."""
    if not site:
        yield "the file holds no codes, so that it changes nothing"
    for code in site:
        for doubt in doubts_of(code.coding.display, code.procedure, knowledge.terminology):
            yield f"line {code.line}: {doubt}, the procedure is {code.procedure}"


def _mapping_line(procedure: str, count: int, site: SiteCodes) -> str:
    named = [f"{code.system}|{code.code}" for code in orderable(site, procedure)]
    return f"  {procedure}: {_counted(count)}, orderable: {', '.join(named) or 'none'}"


def _ordered_by(procedure: Procedure, own: Sequence[Coding]) -> Procedure:
    codes = MappingProxyType({code.system: code for code in own})
    return replace(procedure, canonical_codes=codes) if own else procedure


def _study_of(code: SiteCode, knowledge: Knowledge) -> Study:
    """Recognition by a site's code.

    A line that repeats a shipped code keeps what is known of it (such as a code for any vessel). The
    display tells whether a CT angiography is of the pulmonary arteries, and of further regions.
    """
    shipped = knowledge.terminology.meaning(code.coding.system, code.coding.code).order_code
    if shipped is not None and shipped.procedure == code.procedure:
        return shipped
    is_cta = knowledge.procedures[code.procedure].modality is Modality.CTA
    named = knowledge.terminology.study_in(code.coding.display)
    return Study(
        code.procedure,
        is_pulmonary_arteries=is_cta and named.is_pulmonary_arteries,
        has_other_regions=named.has_other_regions,
    )


def _site_code(row: Row, knowledge: Knowledge) -> SiteCode:
    """A line without faults; a code without a display is shown by the name of its procedure."""
    key = system, _ = knowledge.terminology.codes.key(row["system"], row["code"])
    display = row["display"] or knowledge.procedures[row["procedure"]].name
    return SiteCode(
        line=row.line,
        key=key,
        coding=Coding(system, row["code"], display),
        procedure=row["procedure"],
        is_orderable=_YES_NO[row["orderable"].lower()],
    )


def _cell_faults(row: Row, knowledge: Knowledge) -> Iterator[str]:
    yield from _code_faults(row)
    if row["procedure"] not in knowledge.procedures:
        yield f"procedure {row['procedure']!r} is not known: one of {', '.join(knowledge.procedures)}"
    if row["orderable"].lower() not in _YES_NO:
        yield f"orderable is {row['orderable']!r}: yes or no is expected"


def _code_faults(row: Row) -> Iterator[str]:
    yield from (f"{column} is empty" for column in ("system", "code") if not row[column])
    if re.search(r"\s", row["system"]):
        yield "system holds a blank: write the URL, urn or name that stands in the data of your EHR"
    if re.search(r"\s\s|[^\S ]", row["code"]):
        yield "code holds two blanks together, a tab or a line break"
    yield from _unseen_faults(row)
    if _SHORTENED.fullmatch(row["code"]):
        yield "code looks like a number that a spreadsheet shortened: set its column to text, type it again"


def _unseen_faults(row: Row) -> Iterator[str]:
    for column in row.cells.keys() & {"system", "code", "display", "unit"}:
        text = row[column] if column == "display" else re.sub(r"\s", "", row[column])
        if unseen := unseen_in(text):
            yield f"{column} holds a character that cannot be seen ({unseen}): type the cell again"


def _contradictions(codes: Sequence[SiteCode]) -> Iterator[Fault]:
    """What is wrong between lines; one that says once more what another says does no harm."""
    first: dict[tuple[str, str], SiteCode] = {}
    for code in codes:
        known = first.setdefault(code.key, code)
        if known.procedure != code.procedure:
            yield code.line, f"the same code means {known.procedure} in line {known.line}"
        elif known.is_orderable != code.is_orderable:
            yield code.line, f"line {known.line} says the contrary of the same code's orderable"
    yield from _orderable_twice(list(first.values()))


def _orderable_twice(codes: Sequence[SiteCode]) -> Iterator[Fault]:
    """A suggestion names one code, so that the choice between two is the site's to make."""
    chosen: dict[tuple[str, str], SiteCode] = {}
    rule = "one code for each procedure and system can be, so write no in the others"
    for code in codes:
        first = chosen.setdefault((code.coding.system, code.procedure), code) if code.is_orderable else code
        if first is not code:
            yield code.line, f"{code.procedure} is orderable by line {first.line} already: {rule}"


def _refuse(path: Path, faults: Iterable[Fault], *, subject: str) -> None:
    located = [f"{path_of(path.name, line)}: {what}" for line, what in sorted(faults, key=itemgetter(0))]
    if located:
        raise StartupError(located, subject=subject)


OBSERVATION_COLUMNS: Final = ("system", "code", "observation", "unit")
OBSERVED_CONCEPTS: Final = tuple(
    sorted({c for kind in OBSERVED for c in KINDS[kind].concepts} - {Concept.HEMOPTYSIS})
)
"""What a site's observation code can be: what the kinds of data that come as Observations are known by."""
ObservationCode: TypeAlias = tuple[int, Coding, Concept, str]
"""One line of the file: where it stands, the code, what is observed, and the unit of a bare number."""


def observation_codes_from(path: Path, knowledge: Knowledge) -> tuple[ObservationCode, ...]:
    """The observation codes in a CSV file with the columns `system,code,observation,unit`.

    Raises StartupError with every fault, each with its line.
    """
    rows, faults = read_csv(path, path.name, OBSERVATION_COLUMNS)
    first: dict[tuple[str, str], ObservationCode] = {}
    for row in rows:
        found = [*_observation_faults(row, knowledge.units)]
        if not found:
            key = system, _ = knowledge.terminology.codes.key(row["system"], row["code"])
            code = (row.line, Coding(system, row["code"]), Concept(row["observation"]), row["unit"])
            line, _, *meant = first.setdefault(key, code)
            found = [f"line {line} says another thing of the same code"] if [*code[2:]] != meant else []
        faults += [(row.line, fault) for fault in found]
    _refuse(path, faults, subject="Observation codes")
    return tuple(first.values())


def with_observation_codes(knowledge: Knowledge, codes: Sequence[ObservationCode]) -> Knowledge:
    """The same knowledge with a site's observation codes read before the shipped ones, and asked for too."""
    own = [(coding, concept, unit) for _, coding, concept, unit in codes]
    return replace(knowledge, terminology=knowledge.terminology.with_observation_codes(own))


def observation_codes_summary(codes: Sequence[ObservationCode], knowledge: Knowledge) -> str:
    """How many codes of each kind there are, in which units, and what to look at again."""
    lines = [f"Observation codes: {len(codes)} read"]
    for concept in OBSERVED_CONCEPTS:
        own = [(coding, unit) for _, coding, observed, unit in codes if observed is concept]
        units = ", ".join(sorted({unit for _, unit in own if unit})) or "none given"
        lines += [f"  {concept}: {_counted(len(own))}, unit: {units}"] if own else []
    doubts = [f"  {doubt}" for doubt in _observation_doubts(codes, knowledge)]
    return "\n".join([*lines, *(["Please check:"] if doubts else []), *doubts])


def _observation_doubts(codes: Sequence[ObservationCode], knowledge: Knowledge) -> Iterator[str]:
    yield from [] if codes else ["the file holds no codes, so that it changes nothing"]
    for line, coding, concept, _ in codes:
        shipped = knowledge.terminology.meaning(coding.system, coding.code).concepts
        if shipped and concept not in shipped:
            yield f"line {line}: the shipped lists read this code as {', '.join(sorted(shipped))}"
        if not coding.is_askable:
            yield f"line {line}: the code is read where it comes, but a query cannot ask for it"


def _observation_faults(row: Row, units: Units) -> Iterator[str]:
    yield from _code_faults(row)
    if row["observation"] not in OBSERVED_CONCEPTS:
        yield f"observation {row['observation']!r} is not known: one of {', '.join(OBSERVED_CONCEPTS)}"
    if row["unit"] and not _is_known_unit(row["unit"], units):
        yield f"unit {row['unit']!r} is not known: write it in UCUM (%, mm[Hg], /min, mL), or leave it empty"


def _is_known_unit(unit: str, units: Units) -> bool:
    """True for a unit of a vital sign or the kidney, and for a volume, also by time."""
    volume, _, time = unit.partition("/")
    if units.milliliters_per(volume) is not None and (not time or units.hours_per(time) is not None):
        return True
    return any(squeezed(unit) in spelled for spelled in units.spellings.values())


def _counted(number: int) -> str:
    return "1 code" if number == 1 else f"{number} codes"
