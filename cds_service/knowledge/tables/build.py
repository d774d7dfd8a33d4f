"""Builds the knowledge from checked tables: its terminology, units, procedures, ratings and texts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar, cast, get_args

import msgspec

from cds_service.knowledge.definitions import Definition
from cds_service.knowledge.model import (
    Advice,
    CautionText,
    Contrast,
    Discrepancy,
    Edition,
    Knowledge,
    Modality,
    Procedure,
    Publication,
    Radiation,
    Rating,
    TopicStatus,
)
from cds_service.knowledge.tables.folder import Tables
from cds_service.knowledge.tables.rows import Row
from cds_service.knowledge.tables.schema import ALONE, ANOTHER_THING, CANONICAL_SYSTEMS, IN_DOUBT, as_struct
from cds_service.knowledge.terminology.concepts import (
    Certainty,
    Coding,
    Concept,
    ConceptMatch,
    Study,
)
from cds_service.knowledge.terminology.context import CueKind, cues_from
from cds_service.knowledge.terminology.study_names import StudyWords, study_words_from
from cds_service.knowledge.terminology.term_index import term_index_from
from cds_service.knowledge.terminology.terminology import (
    ICD_CATEGORY_LENGTH,
    CodeIndex,
    Matching,
    Terminology,
    name_key,
)
from cds_service.knowledge.terminology.terms import TermIndex
from cds_service.knowledge.terminology.words import Scale, Units, chart_words_from, folded, squeezed


def terminology_from(tables: Tables) -> Terminology:
    """The terminology that checked tables hold."""
    codes = code_index_from(tables)
    orders = [(codes.key(row["system"], row["code"]), row) for row in tables["codelists/order_codes.csv"]]
    return Terminology(
        codes=codes,
        terms=_term_index_from(tables),
        study_words=_study_words_from(tables),
        words=chart_words_from(
            (row["kind"], row["language"], row["words"], row["read_as"])
            for row in tables["codelists/chart_words.csv"]
        ),
        order_codes=MappingProxyType({key: _study_from(row) for key, row in orders}),
        order_codings=MappingProxyType({key: _coding_from(row, codes) for key, row in orders}),
        not_imaging=frozenset(
            codes.key(row["system"], row["code"]) for row in tables["codelists/not_imaging.csv"]
        ),
        codings=MappingProxyType(
            {c: tuple(_coding_from(row, codes) for row in tables.code_list(c)) for c in Concept}
        ),
        roles=MappingProxyType(
            {Concept(row["id"]): frozenset(row["roles"].split()) for row in tables["concepts"]}
        ),
    )


def code_index_from(tables: Tables) -> CodeIndex:
    """The code systems, and every code and category of the code lists; one may stand for several concepts.

    An excluded code stands for none, whatever its category does.
    """
    systems = _systems_from(tables["codelists/systems.csv"])
    found: dict[str, dict[tuple[str, str], tuple[ConceptMatch, ...]]] = {"exact": {}, "prefix": {}}
    for concept in Concept:
        for row in tables.code_list(concept):
            index, key = found[row["match"]], systems.key(row["system"], row["code"])
            match = ConceptMatch(concept, Certainty(row["certainty"]))
            index[key] = (*index.get(key, ()), match)
    excluded = {systems.key(row["system"], row["code"]): () for row in tables["codelists/excluded.csv"]}
    return replace(
        systems,
        exact=MappingProxyType(excluded | found["exact"]),
        prefixes=MappingProxyType(found["prefix"]),
        silent=frozenset(_silent_keys(tables["codelists/excluded.csv"], systems)),
    )


def _systems_from(rows: Sequence[Row]) -> CodeIndex:
    names: dict[str, str] = {}
    for row in rows:
        names |= {name_key(name): row["uri"] for name in (row["uri"], row["key"], *row["names"].split())}
    return CodeIndex(
        names=MappingProxyType(names),
        matching=MappingProxyType({row["uri"]: cast(Matching, row["matching"]) for row in rows}),
        modified=MappingProxyType({row["uri"]: names[row["modifies"]] for row in rows if row["modifies"]}),
    )


def _silent_keys(rows: Iterable[Row], systems: CodeIndex) -> Iterator[tuple[str, str]]:
    for row in rows:
        system, key = systems.key(row["system"], row["code"])
        yield system, key[:ICD_CATEGORY_LENGTH] if systems.is_icd(system) else key


def _coding_from(row: Row, systems: CodeIndex) -> Coding:
    return Coding(systems.canonical(row["system"]), row["code"], row["display"])


def _study_from(row: Row) -> Study:
    return Study(
        procedure=row["procedure"],
        is_pulmonary_arteries=row["is_pulmonary_arteries"] == "yes",
        needs_hemoptysis_reason=row["needs_hemoptysis_reason"] == "yes",
        is_chest_imaging=bool(row["procedure"]),
        has_other_regions=row["has_other_regions"] == "yes",
        may_be_cta=row["may_be_cta"] == "yes",
    )


def _term_index_from(tables: Tables) -> TermIndex:
    rows = tables["codelists/terms.csv"]
    index = term_index_from(
        (_term_from(row) for row in rows if row["certainty"] not in (ANOTHER_THING, IN_DOUBT)),
        cues_from((cast(CueKind, r["kind"]), folded(r["words"])) for r in tables["codelists/negations.csv"]),
        others=_words_beside(rows, ANOTHER_THING),
        doubts=_words_beside(rows, IN_DOUBT),
        lasting=[Concept(row["id"]) for row in tables["concepts"] if "lasting" in row["roles"].split()],
    )
    alone = {w: (ConceptMatch(concept, by_text=w),) for concept, w in _words_beside(rows, ALONE)}
    return replace(index, by_words=MappingProxyType({**index.by_words, **alone}))


def _words_beside(rows: Iterable[Row], certainty: str) -> list[tuple[Concept, str]]:
    return [(Concept(row["concept"]), folded(row["words"])) for row in rows if row["certainty"] == certainty]


def _term_from(row: Row) -> ConceptMatch:
    certainty = Certainty.POSSIBLE if row["certainty"] == ALONE else Certainty(row["certainty"])
    return ConceptMatch(Concept(row["concept"]), certainty, by_text=folded(row["words"]))


def _study_words_from(tables: Tables) -> StudyWords:
    return study_words_from(
        spellings={row["words"]: row["read_as"] for row in tables["codelists/study_spellings.csv"]},
        meanings={row["words"]: row["meanings"].split() for row in tables["codelists/study_words.csv"]},
        rules={
            (frozenset(row["modalities"].split("+")), row["region"], row["contrast"]): row["procedure"]
            for row in tables["codelists/study_rules.csv"]
        },
    )


K = TypeVar("K")
V = TypeVar("V")


def knowledge_from(tables: Tables) -> Knowledge:
    """The knowledge that checked tables hold; a fault left in them raises KeyError or ValueError."""
    return Knowledge(
        edition=as_struct(tables["edition.toml"][0], Edition),
        procedures=_procedures_from(tables),
        ratings=_by(lambda r: (r.variant, r.procedure), tables.of("ratings.csv", Rating)),
        definitions=_by(lambda definition: definition.id, tables.of("definitions.toml", Definition)),
        cautions=_by(lambda caution: caution.id, tables.of("cautions.toml", CautionText)),
        sources=_by(lambda source: source.id, tables.of("sources.toml", Publication)),
        terminology=terminology_from(tables),
        units=units_from(tables["units.csv"], tables["unit_spellings.csv"]),
        discrepancies=tables.of("discrepancies.toml", Discrepancy),
        advice=tables.of("advice.toml", Advice),
        nonadherence=MappingProxyType(
            {row["reason"]: (row["category"], row["nearest"]) for row in tables["nonadherence.csv"]}
        ),
    )


def units_from(rows: Iterable[Row], spellings: Sequence[Row]) -> Units:
    """The units of the table `units.csv`, and the spellings of `unit_spellings.csv`."""
    volumes: dict[str, tuple[Decimal, Decimal]] = {}
    times: dict[str, Decimal] = {}
    for row in rows:
        if row["kind"] == "volume":
            least, most = row["factor"], row["factor_to"] or row["factor"]
            volumes[folded(row["unit"])] = _factor_from(least), _factor_from(most)
        elif row["kind"] == "time":
            times[folded(row["unit"])] = _factor_from(row["factor"])
    return Units(
        milliliters=MappingProxyType(volumes),
        hours=MappingProxyType(times),
        spellings=MappingProxyType(
            {
                scale: frozenset(squeezed(row["spelling"]) for row in spellings if row["unit"] == scale)
                for scale in get_args(Scale)
            }
        ),
    )


def _by(key: Callable[[V], K], values: Iterable[V]) -> Mapping[K, V]:
    return MappingProxyType({key(value): value for value in values})


def _factor_from(text: str) -> Decimal:
    divisor = text.removeprefix("1/")
    return Decimal(text) if divisor == text else 1 / Decimal(divisor)


def _procedures_from(tables: Tables) -> Mapping[str, Procedure]:
    uris = {row["key"]: row["uri"] for row in tables["codelists/systems.csv"]}
    displays: dict[tuple[str, str], str] = defaultdict(str)
    for row in tables["codelists/order_codes.csv"]:
        displays[row["system"], row["code"]] = row["display"]
    return _by(
        lambda procedure: procedure.id,
        (_procedure_from(row, _canonical_codes(row, uris, displays)) for row in tables["procedures.csv"]),
    )


def _canonical_codes(
    row: Row, uris: Mapping[str, str], displays: Mapping[tuple[str, str], str]
) -> Mapping[str, Coding]:
    codes = {key: row[key] for key in CANONICAL_SYSTEMS if row[key]}
    return MappingProxyType(
        {uris[key]: Coding(uris[key], code, displays[key, code]) for key, code in codes.items()}
    )


def _procedure_from(row: Row, codes: Mapping[str, Coding]) -> Procedure:
    return Procedure(
        id=row["id"],
        name=row["name"],
        short_name=row["short_name"],
        topic_status=cast(TopicStatus, row["topic_status"]),
        modality=Modality(row["modality"]),
        contrast=msgspec.convert(row["contrast"], Contrast),
        radiation_adult=_radiation_from(row["adult_symbols"], row["adult_msv"]),
        radiation_pediatric=_radiation_from(row["pediatric_symbols"], row["pediatric_msv"]),
        canonical_codes=codes,
    )


def _radiation_from(symbols: str, dose_range_msv: str) -> Radiation | None:
    return Radiation(int(symbols), dose_range_msv) if symbols else None
