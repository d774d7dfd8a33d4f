"""Builds the terminology from checked tables: indexes of codes, terms, study words and order codes."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from cds_service.knowledge.code_index import (
    ICD_CATEGORY_LENGTH,
    CodeIndex,
    Matching,
    Systems,
    TermIndex,
    name_key,
)
from cds_service.knowledge.concepts import Certainty, Coding, Concept, ConceptMatch, OrderCode, Role, Term
from cds_service.knowledge.negation import CueKind, cues_from
from cds_service.knowledge.rows import Row
from cds_service.knowledge.studies import StudyRule, StudyWords, study_words_from
from cds_service.knowledge.tables import Tables
from cds_service.knowledge.terminology import Terminology
from cds_service.knowledge.words import folded, pattern_of


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
