"""Builds the terminology from checked tables: indexes of codes, terms, study words and order codes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from cds_service.knowledge.model import (
    Advice,
    AdviceKind,
    AppliesTo,
    Basis,
    Category,
    CautionId,
    CautionText,
    Comparison,
    Contrast,
    Definition,
    DefinitionId,
    Discrepancy,
    Edition,
    Knowledge,
    Modality,
    OrderableCode,
    Procedure,
    Radiation,
    Rating,
    Source,
    Standing,
    Support,
    Variant,
)
from cds_service.knowledge.tables.folder import Tables
from cds_service.knowledge.tables.rows import Row
from cds_service.knowledge.tables.schema import CANONICAL_SYSTEMS
from cds_service.knowledge.terminology.codes import (
    ICD_CATEGORY_LENGTH,
    CodeIndex,
    Matching,
    Systems,
    TermIndex,
    name_key,
)
from cds_service.knowledge.terminology.concepts import (
    Certainty,
    Coding,
    Concept,
    ConceptMatch,
    OrderCode,
    Role,
    Term,
)
from cds_service.knowledge.terminology.context import CueKind, cues_from
from cds_service.knowledge.terminology.study_names import StudyRule, StudyWords, study_words_from
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import VolumeUnits, folded, pattern_of


def terminology_from(tables: Tables) -> Terminology:
    """The terminology that checked tables hold."""
    systems = systems_from(tables["codelists/systems.csv"])
    uris = {row["key"]: row["uri"] for row in tables["codelists/systems.csv"]}
    return Terminology(
        systems=systems,
        codes=code_index_from(tables, systems, uris),
        terms=_term_index_from(tables),
        study_words=_study_words_from(tables),
        order_codes=_order_codes_from(tables["codelists/order_codes.csv"], systems, uris),
        not_imaging=frozenset(code_key_of(row, systems, uris) for row in tables["codelists/not_imaging.csv"]),
        codings=MappingProxyType({c: _codings_from(tables.code_list(c), uris) for c in Concept}),
        roles=MappingProxyType(
            {Concept(row["id"]): frozenset(map(Role, row["roles"].split())) for row in tables["concepts"]}
        ),
    )


def systems_from(rows: Iterable[Row]) -> Systems:
    """The code systems by all their names."""
    by_name: dict[str, str] = {}
    matching: dict[str, Matching] = {}
    for row in rows:
        by_name |= {name_key(name): row["uri"] for name in (row["uri"], row["key"], *row["names"].split())}
        matching[row["uri"]] = Matching(row["matching"])
    return Systems(MappingProxyType(by_name), MappingProxyType(matching))


def code_key_of(row: Row, systems: Systems, uris: Mapping[str, str]) -> tuple[str, str]:
    """The key under which the code of a row is found."""
    uri = uris[row["system"]]
    return uri, systems.code_key(uri, row["code"])


def code_index_from(tables: Tables, systems: Systems, uris: Mapping[str, str]) -> CodeIndex:
    """Every code and category of the code lists; one code may stand for several concepts."""
    found: dict[str, dict[tuple[str, str], tuple[ConceptMatch, ...]]] = {"exact": {}, "prefix": {}}
    for concept in Concept:
        for row in tables.code_list(concept):
            index, key = found[row["match"]], code_key_of(row, systems, uris)
            match = ConceptMatch(concept, Certainty(row["certainty"]))
            index[key] = (*index.get(key, ()), match)
    return CodeIndex(
        exact=MappingProxyType(found["exact"]),
        prefixes=MappingProxyType(found["prefix"]),
        silent=frozenset(_silent_keys(tables["codelists/excluded.csv"], systems, uris)),
    )


def _silent_keys(rows: Iterable[Row], systems: Systems, uris: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for row in rows:
        system, key = code_key_of(row, systems, uris)
        is_icd = systems.matching[system] is Matching.ICD
        yield system, key[:ICD_CATEGORY_LENGTH] if is_icd else key


def _codings_from(rows: Iterable[Row], uris: Mapping[str, str]) -> tuple[Coding, ...]:
    return tuple(Coding(uris[row["system"]], row["code"], row["display"]) for row in rows)


def _order_codes_from(
    rows: Iterable[Row], systems: Systems, uris: Mapping[str, str]
) -> Mapping[tuple[str, str], OrderCode]:
    return MappingProxyType({code_key_of(row, systems, uris): _order_code_from(row, uris) for row in rows})


def _order_code_from(row: Row, uris: Mapping[str, str]) -> OrderCode:
    return OrderCode(
        coding=Coding(uris[row["system"]], row["code"], row["display"]),
        procedure=row["procedure"],
        is_pulmonary_arteries=row["is_pulmonary_arteries"] == "yes",
        needs_hemoptysis_reason=row["needs_hemoptysis_reason"] == "yes",
    )


def _term_index_from(tables: Tables) -> TermIndex:
    by_words: dict[str, tuple[Term, ...]] = {}
    for row in tables["codelists/terms.csv"]:
        words = folded(row["words"])
        term = Term(Concept(row["concept"]), words, Certainty(row["certainty"]))
        by_words[words] = (*by_words.get(words, ()), term)
    return TermIndex(
        by_words=MappingProxyType(by_words),
        pattern=pattern_of(by_words),
        cues=cues_from((CueKind(r["kind"]), folded(r["words"])) for r in tables["codelists/negations.csv"]),
    )


def _study_words_from(tables: Tables) -> StudyWords:
    return study_words_from(
        spellings={row["words"]: row["read_as"] for row in tables["codelists/study_spellings.csv"]},
        meanings={row["words"]: row["meanings"].split() for row in tables["codelists/study_words.csv"]},
        rules=[_study_rule_from(row) for row in tables["codelists/study_rules.csv"]],
    )


def _study_rule_from(row: Row) -> StudyRule:
    return StudyRule(
        modalities=frozenset(row["modalities"].split("+")),
        region=row["region"],
        contrast=row["contrast"],
        procedure=row["procedure"],
    )


K = TypeVar("K")


V = TypeVar("V")


def knowledge_from(tables: Tables) -> Knowledge:
    """The knowledge that checked tables hold; a fault left in them raises KeyError or ValueError."""
    return Knowledge(
        edition=Edition(**tables["edition.toml"][0].cells),
        procedures=_procedures_from(tables),
        ratings=_by(lambda r: (r.variant, r.procedure), map(_rating_from, tables["ratings.csv"])),
        definitions=_by(lambda d: DefinitionId(d.id), map(_definition_from, tables["definitions.toml"])),
        cautions=_by(lambda caution: caution.id, map(_caution_from, tables["cautions.toml"])),
        sources=_by(lambda source: source.id, (Source(**row.cells) for row in tables["sources.toml"])),
        terminology=terminology_from(tables),
        units=units_from(tables["units.csv"]),
        discrepancies=tuple(Discrepancy(**row.cells) for row in tables["discrepancies.toml"]),
        advice=tuple(_advice_from(row) for row in tables["advice.toml"]),
    )


def units_from(rows: Iterable[Row]) -> VolumeUnits:
    """The units of the table `units.csv`."""
    factors: dict[str, dict[str, Decimal]] = {"volume": {}, "time": {}, "other": {}}
    for row in rows:
        if row["factor"]:
            factors[row["kind"]][folded(row["unit"])] = _factor_from(row["factor"])
    return VolumeUnits(
        millilitres=MappingProxyType(factors["volume"]),
        hours=MappingProxyType(factors["time"]),
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
) -> Mapping[str, OrderableCode]:
    codes = {key: row[key] for key in CANONICAL_SYSTEMS if row[key]}
    return MappingProxyType(
        {uris[key]: OrderableCode(uris[key], code, displays[key, code]) for key, code in codes.items()}
    )


def _procedure_from(row: Row, codes: Mapping[str, OrderableCode]) -> Procedure:
    return Procedure(
        id=row["id"],
        name=row["name"],
        short_name=row["short_name"],
        standing=Standing(row["standing"]),
        modality=Modality(row["modality"]),
        contrast=Contrast(row["contrast"]),
        radiation_adult=_radiation_from(row["adult_symbols"], row["adult_msv"]),
        radiation_pediatric=_radiation_from(row["pediatric_symbols"], row["pediatric_msv"]),
        canonical_codes=codes,
    )


def _radiation_from(symbols: str, dose_range_msv: str) -> Radiation | None:
    return Radiation(int(symbols), dose_range_msv) if symbols else None


def _rating_from(row: Row) -> Rating:
    return Rating(
        procedure=row["procedure"],
        variant=Variant(row["variant"]),
        category=Category(row["category"]),
        score=int(row["score"]) if row["score"] else None,
        source=row["source"],
        locator=row["locator"],
        words=row["words"],
        support=Support(row["support"]),
        score_source=row["score_source"],
        backed_by=row["backed_by"],
    )


def _definition_from(row: Row) -> Definition:
    return Definition(
        id=row["id"],
        value=Decimal(row["value"]),
        unit=row["unit"],
        comparison=Comparison(row["comparison"]),
        basis=Basis(row["basis"]),
        source=row["source"],
        locator=row["locator"],
        words=row["words"],
    )


def _caution_from(row: Row) -> CautionText:
    return CautionText(
        id=CautionId(row["id"]),
        title=row["title"],
        text=row["text"],
        applies_to=AppliesTo(row["applies_to"]),
        source=row["source"],
        locator=row["locator"],
        words=row["words"],
    )


def _advice_from(row: Row) -> Advice:
    kind = AdviceKind(row["kind"])
    return Advice(row["id"], kind, row["text"], row["source"], row["locator"], row["words"])
