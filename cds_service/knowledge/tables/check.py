"""Cross-checks of the knowledge tables: what no single cell can show."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import get_args

from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import OF_THE_ALERTS, AdviceKind, Category, CautionId, Modality, Variant
from cds_service.knowledge.tables.check_codes import code_faults
from cds_service.knowledge.tables.folder import Tables
from cds_service.knowledge.tables.rows import Row
from cds_service.knowledge.tables.schema import CANONICAL_SYSTEMS, CSV_FILES, term_faults
from cds_service.knowledge.terminology.words import CHART_WORD_KINDS, UNCLEAR, Scale, folded, squeezed

SCORE_BANDS = {
    Category.USUALLY_NOT_APPROPRIATE: range(1, 4),
    Category.MAY_BE_APPROPRIATE: range(4, 7),
    Category.USUALLY_APPROPRIATE: range(7, 10),
}
_TIME_UNITS = ("min", "h", "d")
_DECIMAL = re.compile(r"\d{1,3}(\.\d{1,3})?", re.ASCII)
_EGFR_UNIT = "mL/min/{1.73_m2}"
_UNITS: Mapping[DefinitionId, tuple[str, ...]] = {
    DefinitionId.VOLUME_MASSIVE: ("mL",),
    DefinitionId.VOLUME_MASSIVE_CHRONIC: ("mL",),
    DefinitionId.VOLUME_BORDERLINE: ("mL",),
    DefinitionId.VOLUME_BORDERLINE_CHRONIC: ("mL",),
    DefinitionId.RATE_MASSIVE: ("mL/h",),
    DefinitionId.RATE_MASSIVE_CHRONIC: ("mL/h",),
    DefinitionId.SPO2_LOW: ("%",),
    DefinitionId.SYSTOLIC_LOW: ("mm[Hg]",),
    DefinitionId.RESPIRATORY_RATE_HIGH: ("/min",),
    DefinitionId.ROOM_AIR_OXYGEN: ("%",),
    DefinitionId.OXYGEN_FLOW: ("L/min",),
    DefinitionId.SEVERITY_WINDOW: _TIME_UNITS,
    DefinitionId.FUTURE_TOLERANCE: _TIME_UNITS,
    DefinitionId.EPISODE_GAP: _TIME_UNITS,
    DefinitionId.INDICATION_WINDOW: _TIME_UNITS,
    DefinitionId.RECENT_STUDY_WINDOW: _TIME_UNITS,
    DefinitionId.COMPLEMENT_WINDOW: _TIME_UNITS,
    DefinitionId.RECENT_WINDOW: _TIME_UNITS,
    DefinitionId.BEFORE_ONSET: _TIME_UNITS,
    DefinitionId.SMALL_BLEED: ("mL",),
    DefinitionId.VOLUME_PERSISTENT: ("mL",),
    DefinitionId.RATE_WEIGHED_PERIOD: ("h",),
    DefinitionId.TOTAL_FRESHNESS: _TIME_UNITS,
    DefinitionId.SPO2_LOW_TARGET: ("%",),
    DefinitionId.SPO2_BELOW_TARGET: ("%",),
    DefinitionId.HEART_RATE_HIGH: ("/min",),
    DefinitionId.SPO2_CALM: ("%",),
    DefinitionId.SYSTOLIC_CALM_LOW: ("mm[Hg]",),
    DefinitionId.SYSTOLIC_CALM_HIGH: ("mm[Hg]",),
    DefinitionId.RESPIRATORY_CALM_LOW: ("/min",),
    DefinitionId.RESPIRATORY_CALM_HIGH: ("/min",),
    DefinitionId.HEART_CALM_LOW: ("/min",),
    DefinitionId.HEART_CALM_HIGH: ("/min",),
    DefinitionId.NEWS2_SPO2: ("%",),
    DefinitionId.NEWS2_SYSTOLIC_LOW: ("mm[Hg]",),
    DefinitionId.NEWS2_SYSTOLIC_HIGH: ("mm[Hg]",),
    DefinitionId.NEWS2_RESPIRATORY_LOW: ("/min",),
    DefinitionId.NEWS2_RESPIRATORY_HIGH: ("/min",),
    DefinitionId.NEWS2_HEART_LOW: ("/min",),
    DefinitionId.EMBOLIZATION_GAP: _TIME_UNITS,
    DefinitionId.SEVERE_CONDITION_WINDOW: _TIME_UNITS,
    DefinitionId.SAME_AMOUNT_WINDOW: _TIME_UNITS,
    DefinitionId.PATIENT_VIEW_WINDOW: _TIME_UNITS,
    DefinitionId.PREGNANCY_WINDOW: _TIME_UNITS,
    DefinitionId.EGFR_AGE: _TIME_UNITS,
    DefinitionId.TOTAL_PERIOD: ("h",),
    DefinitionId.RATE_MINIMUM_PERIOD: ("h",),
    DefinitionId.ADULT_AGE: ("a",),
    DefinitionId.EGFR_SEVERE: (_EGFR_UNIT,),
    DefinitionId.EGFR_DISCRETION: (_EGFR_UNIT,),
    DefinitionId.EGFR_METFORMIN_LABEL: (_EGFR_UNIT,),
}
"""The units in which the code compares; a site may change a number, not what it measures."""

_CROSSED_DOWNWARDS = frozenset(
    {
        DefinitionId.SPO2_LOW,
        DefinitionId.SYSTOLIC_LOW,
        DefinitionId.SMALL_BLEED,
        DefinitionId.SPO2_LOW_TARGET,
        DefinitionId.SPO2_BELOW_TARGET,
        DefinitionId.SPO2_CALM,
        DefinitionId.SYSTOLIC_CALM_LOW,
        DefinitionId.RESPIRATORY_CALM_LOW,
        DefinitionId.HEART_CALM_LOW,
        DefinitionId.NEWS2_SPO2,
        DefinitionId.NEWS2_SYSTOLIC_LOW,
        DefinitionId.NEWS2_RESPIRATORY_LOW,
        DefinitionId.NEWS2_HEART_LOW,
        DefinitionId.EMBOLIZATION_GAP,
        DefinitionId.EPISODE_GAP,
        DefinitionId.EGFR_SEVERE,
        DefinitionId.EGFR_DISCRETION,
        DefinitionId.EGFR_METFORMIN_LABEL,
    }
)
_NAMED_IN_CODE = ("radiography-chest", "ct-chest-with-contrast", "ct-chest-without-contrast")
"""The chest radiograph is the complement; notes of the cards belong to CT with and without contrast."""

_SIZES = ("small", "some", "large", UNCLEAR, "")
_READ_AS: Mapping[str, tuple[str, ...]] = {
    "answer": ("yes", "no"),
    "comparator": ("<", "<=", ">", ">="),
    "size": _SIZES,
}


def faults_in(tables: Tables) -> Iterator[str]:
    """Every contradiction between the rows of checked tables."""
    yield from _rating_faults(tables)
    yield from _missing_ratings(tables)
    yield from _procedure_faults(tables)
    yield from _definition_faults(tables)
    yield from _missing_sections(tables)
    yield from _missing_advice(tables)
    yield from _source_faults(tables)
    yield from _repeated(tables)
    yield from _unit_faults(tables)
    yield from _study_rule_faults(tables)
    yield from term_faults(tables["codelists/terms.csv"])
    yield from _chart_word_faults(tables)
    yield from code_faults(tables)


def _rating_faults(tables: Tables) -> Iterator[str]:
    rated = _rated(tables)
    for row in tables["ratings.csv"]:
        if row["procedure"] not in rated:
            yield f"{row.path}: procedure {row['procedure']!r} is not a rated procedure of procedures.csv"
        if row["score"] and int(row["score"]) not in SCORE_BANDS[Category(row["category"])]:
            yield f"{row.path}: score {row['score']} is not in the band of {row['category']}"
        if bool(row["score"]) != bool(row["score_source"]):
            yield f"{row.path}: a score needs its score_source, and none without a score"


def _missing_ratings(tables: Tables) -> Iterator[str]:
    cells = Counter((row["variant"], row["procedure"]) for row in tables["ratings.csv"])
    for variant in Variant:
        for procedure in _rated(tables):
            if (count := cells[variant, procedure]) != 1:
                yield f"ratings.csv: variant {variant} rates {procedure} {count} times, not once"


def _rated(tables: Tables) -> list[str]:
    return [row["id"] for row in tables["procedures.csv"] if row["topic_status"] == "rated"]


def _procedure_faults(tables: Tables) -> Iterator[str]:
    missing = (procedure for procedure in _NAMED_IN_CODE if procedure not in _rated(tables))
    yield from (f"procedures.csv: {procedure} must be there and rated" for procedure in missing)
    for row in tables["procedures.csv"]:
        yield from _faults_of_procedure(row)
        yield from _canonical_faults(row, _order_procedures(tables))


def _order_procedures(tables: Tables) -> dict[tuple[str, str], str]:
    return {(row["system"], row["code"]): row["procedure"] for row in tables["codelists/order_codes.csv"]}


def _faults_of_procedure(row: Row) -> Iterator[str]:
    for group in ("adult", "pediatric"):
        if bool(row[f"{group}_symbols"]) != bool(row[f"{group}_msv"]):
            yield f"{row.path}: {group} radiation needs both symbols and dose range, or neither"
    if row["modality"] == Modality.CTA and row["contrast"] != "with":
        yield f"{row.path}: CT angiography is defined with contrast"
    if row["topic_status"] == "rated" and not row["cpt"]:
        yield f"{row.path}: a rated procedure needs a canonical CPT code"


def _canonical_faults(row: Row, orders: dict[tuple[str, str], str]) -> Iterator[str]:
    for system in CANONICAL_SYSTEMS:
        code = row[system]
        if code and orders.get((system, code)) != row["id"]:
            yield f"{row.path}: {system} {code} is not an order code of {row['id']} in order_codes.csv"


def _definition_faults(tables: Tables) -> Iterator[str]:
    ucum = {row["unit"] for row in tables["units.csv"] if row["is_ucum"] == "yes"}
    for row in tables["definitions.toml"]:
        if row["unit"] not in ucum:
            yield f"{row.path}: unit {row['unit']!r} is not a UCUM unit of units.csv"
        else:
            yield from _faults_of_limit(row)


def _faults_of_limit(row: Row) -> Iterator[str]:
    definition = DefinitionId(row["id"])
    value = Decimal(row["value"])
    if not value.is_finite() or value < 0:
        yield f"{row.path}: value: {row['value']!r} is not a number"
    if row["unit"] not in _UNITS[definition]:
        yield f"{row.path}: the unit must be {' or '.join(_UNITS[definition])}"
    is_downwards = row["comparison"] in ("<", "<=")
    if is_downwards != (definition in _CROSSED_DOWNWARDS):
        allowed = "< or <=" if definition in _CROSSED_DOWNWARDS else "> or >="
        yield f"{row.path}: the comparison must be {allowed}"


def _missing_sections(tables: Tables) -> Iterator[str]:
    """A definition or caution that the code asks for and the data do not give (TOML forbids two)."""
    for name, expected in (("definitions.toml", list(DefinitionId)), ("cautions.toml", list(CautionId))):
        given = {row["id"] for row in tables[name]}
        yield from (f"{name}: [{wanted}] is missing" for wanted in expected if wanted not in given)


def _missing_advice(tables: Tables) -> Iterator[str]:
    missing = sorted({*AdviceKind} - {row["kind"] for row in tables["advice.toml"]})
    yield from (f"advice.toml: nothing of the kind {kind}" for kind in missing)


def _source_faults(tables: Tables) -> Iterator[str]:
    known = {row["id"] for row in tables["sources.toml"]}
    missing = [source for source in OF_THE_ALERTS if source not in known]
    yield from (f"sources.toml: [{source}] is missing, the source of the critical card" for source in missing)
    cited = {
        "ratings.csv": ("source", "score_source", "backed_by"),
        "definitions.toml": ("source",),
        "cautions.toml": ("source",),
        "edition.toml": ("source",),
        "discrepancies.toml": ("source",),
        "advice.toml": ("source",),
    }
    for name, columns in cited.items():
        for row in tables[name]:
            unknown = (row[c] for c in columns if row[c] and row[c] not in known)
            yield from (f"{row.path}: source {source!r} is not in sources.toml" for source in unknown)


def _repeated(tables: Tables) -> Iterator[str]:
    yield from _repeats(tables["procedures.csv"], ("id",))
    yield from _repeats(tables["codelists/terms.csv"], ("concept", "words"))
    yield from _repeats(tables["codelists/negations.csv"], ("kind", "words"))
    yield from _repeats(tables["codelists/chart_words.csv"], ("kind", "words"), read=str.lower)
    for name in ("study_words", "study_spellings"):
        yield from _repeats(tables[f"codelists/{name}.csv"], ("words",))
    yield from _repeats(tables["codelists/study_rules.csv"], ("modalities", "region", "contrast"))
    yield from _repeats(tables["units.csv"], ("unit",))
    yield from _repeats(tables["nonadherence.csv"], ("reason",))
    yield from _repeats(tables["unit_spellings.csv"], ("unit", "spelling"), read=squeezed)
    listed = {f"codelists/{row['id']}.csv" for row in tables["files"]}
    expected = {name for name in CSV_FILES if name.startswith("codelists/")}
    yield from (f"codelists/manifest.toml: {name} is not described" for name in sorted(expected - listed))
    yield from (f"codelists/manifest.toml: {name} does not exist" for name in sorted(listed - expected))


def _repeats(
    rows: Iterable[Row], columns: tuple[str, ...], *, read: Callable[[str], str] = folded
) -> Iterator[str]:
    seen: dict[tuple[str, ...], str] = {}
    for row in rows:
        key = tuple(read(row[column]) for column in columns)
        if key in seen:
            yield f"{row.path}: {' '.join(row[c] for c in columns)!r} stands already at {seen[key]}"
        seen.setdefault(key, row.path)


def _unit_faults(tables: Tables) -> Iterator[str]:
    for row in tables["units.csv"]:
        if (row["kind"] == "other") == bool(row["factor"]):
            yield f"{row.path}: volume and time need a factor, other units have none"
        elif row["factor_to"] and (row["kind"] != "volume" or "/" in row["factor"] + row["factor_to"]):
            yield f"{row.path}: only a unit of volume may be from one number to another"
        elif row["factor_to"] and Decimal(row["factor_to"]) <= Decimal(row["factor"]):
            yield f"{row.path}: factor_to must be more than factor"


def _study_rule_faults(tables: Tables) -> Iterator[str]:
    known = {row["id"] for row in tables["procedures.csv"]}
    for row in tables["codelists/study_rules.csv"]:
        if row["procedure"] not in known:
            yield f"{row.path}: procedure {row['procedure']!r} is not in procedures.csv"


def _chart_word_faults(tables: Tables) -> Iterator[str]:
    """Words that are read as nothing that the code knows; kinds of words, and scales, without a word."""
    rows = tables["codelists/chart_words.csv"]
    for row in rows:
        expected = _READ_AS.get(row["kind"], ("",))
        if row["kind"] == "number":
            if not _DECIMAL.fullmatch(row["read_as"]):
                yield f"{row.path}: {row['kind']} is read as a number, such as 2 or 0.5"
        elif row["read_as"] not in expected:
            yield f"{row.path}: {row['kind']} is read as {' or '.join(filter(None, expected)) or 'nothing'}"
    missing = sorted({*CHART_WORD_KINDS} - {row["kind"] for row in rows})
    yield from (f"codelists/chart_words.csv: nothing of the kind {kind}" for kind in missing)
    unspelled = sorted({*get_args(Scale)} - {row["unit"] for row in tables["unit_spellings.csv"]})
    yield from (f"unit_spellings.csv: no spelling of {unit}" for unit in unspelled)
