"""Builds the frozen knowledge from checked tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
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
from cds_service.knowledge.rows import Row
from cds_service.knowledge.schema import CANONICAL_SYSTEMS
from cds_service.knowledge.tables import Tables
from cds_service.knowledge.terminology_build import terminology_from
from cds_service.knowledge.units import VolumeUnits
from cds_service.knowledge.words import folded

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
