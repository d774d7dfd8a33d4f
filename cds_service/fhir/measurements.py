"""What was measured, by the code of an Observation or by its name, and its value with its unit."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from cds_service.cds_hooks.raw_json import decoded
from cds_service.clinical.range import exactly
from cds_service.fhir.codes import NOTHING_MEANT, Meanings, merged, words_of
from cds_service.fhir.elements import CodeableConcept, is_named
from cds_service.fhir.quantities import (
    MeasuredValue,
    is_given,
    is_given_range,
    is_unit_of,
    measured,
    measured_range,
    measured_text,
    number_from,
)
from cds_service.fhir.resources import ObservationComponent
from cds_service.knowledge.kinds import KINDS, SCALE_OF, Kind, Measured, kind_observed
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.terminology import keep
from cds_service.knowledge.terminology.words import Scale, folded

_NOTHING: Final = Measured()
_NAMED: Final = frozenset({Concept.OTHER_MEASUREMENT, *(c for row in KINDS.values() for c in row.concepts)})
_READ_IF_POSSIBLE: Final = (Concept.OTHER_MEASUREMENT, *KINDS[Kind.LABS].concepts)
_LONGEST_NAME: Final = 200
_SHORT_NAME: Final = 2
_LONGEST_UNIT: Final = 60


def measured_by(valued: ObservationComponent, meanings: Meanings) -> Measured:
    """What is measured: by its codes, else by the first of its words that names it, and then by which.

    Words count only where no code is known; they name nothing where they name another measurement too
    (`blood pressure, diastolic`), unless it stands beside the systolic one.
    """
    code = valued.code
    if code is None:
        return _NOTHING
    key = hash(code)
    try:  # of a known system as nearly all are: a look up without a call
        known = meanings.knowledge.measured[key]
    except KeyError:
        known = meanings.measured.get(key) or _remembered(key, code, meanings)
    return known if known.place < 0 else _in_its_unit(known, valued, meanings)


def name_of(valued: ObservationComponent, meant: Measured) -> str:
    """The words by which it is known what is measured; empty where its codes tell."""
    return words_of(valued.code)[meant.place] if meant.place >= 0 else ""


def _remembered(key: int, code: CodeableConcept, meanings: Meanings) -> Measured:
    """What the code names, kept beyond the request where one of its codings is in a system that is known."""
    known = [meanings.terminology.meaning(c.system or "", c.code) for c in code.coding if c.code]
    is_silent = any(meant.is_silent for meant in known)
    is_known = any(meant.is_known_system for meant in known)
    named, place = merged(match for meant in known for match in meant.matches), -1
    if not named and not is_silent:
        named, place = _named(code, meanings)
    found = Measured(
        named, place if named else -1, is_known and not is_silent, is_named(code), kind_observed(named)
    )
    keep(meanings.knowledge.measured if is_known else meanings.measured, key, found)
    return found


def _in_its_unit(named: Measured, valued: ObservationComponent, meanings: Meanings) -> Measured:
    """What is known by its name alone, but for what the unit of its value tells to be another measurement.

    An abbreviation of two letters within a longer name is only possible, and only in its own unit: the `hr`
    of `Urine output 24 hr` is no heart rate. A name that is only possible (`Resp`) is sure alone in its unit;
    of one that names two vital signs (`RR`, a rate or a pressure) only the unit tells which.
    """
    units, name = meanings.knowledge.units, folded(name_of(valued, named))
    is_scaled = any(match.concept in SCALE_OF for match in named.matches)
    value = measured_value(valued, meanings.knowledge) if is_scaled else None
    unit = value.unit if value else ""
    kept: list[ConceptMatch] = []
    for match in named.matches:
        scale = SCALE_OF.get(match.concept)
        is_alone = match.by_text == name
        needs_unit = (len(match.by_text) <= _SHORT_NAME and not is_alone) or sum(
            match.by_text == other.by_text for other in named.matches
        ) > 1
        if scale is not None and (is_unit_of(unit, scale, units) or _is_of_two(valued, scale)):
            is_sure = is_alone or not (needs_unit or match.certainty is Certainty.POSSIBLE)
            kept.append(replace(match, certainty=Certainty.DEFINITE if is_sure else Certainty.POSSIBLE))
        elif scale is None or not (needs_unit or is_unit_of(unit, "other", units)):
            kept.append(match)
    place = named.place if kept else -1
    return replace(named, matches=tuple(kept), place=place, kind=kind_observed(kept))


def _is_of_two(valued: ObservationComponent, scale: Scale) -> bool:
    """True for a pressure written as two."""
    return scale == "mm[Hg]" and any("/" in text[:_LONGEST_UNIT] for text in texts_of(valued))


def _named(code: CodeableConcept, meanings: Meanings) -> tuple[tuple[ConceptMatch, ...], int]:
    """What the first of its words that names a measurement names, and the place of that.

    Another measurement that is only possible (`Comment`) is named where nothing else is.
    """
    found: tuple[tuple[ConceptMatch, ...], int] = NOTHING_MEANT, -1
    for place, words in enumerate(words_of(code)):
        named = tuple(match for match in meanings.in_text(words[:_LONGEST_NAME]) if _may_be_meant(match))
        surest = tuple(match for match in named if match.certainty is Certainty.DEFINITE)
        own = tuple(match for match in named if match.concept is not Concept.OTHER_MEASUREMENT)
        if own or surest:
            others = tuple(match for match in surest if match not in own)
            is_other = others and all(match.concept is not Concept.SYSTOLIC_PRESSURE for match in own)
            return others if is_other else (*others, *(tuple(m for m in own if m in surest) or own)), place
        found = found if found[0] else (named, place)
    return found


def _may_be_meant(match: ConceptMatch) -> bool:
    """Only a vital sign, a kidney value or another measurement is read of a name that is only possible."""
    is_read = match.concept in SCALE_OF or match.concept in _READ_IF_POSSIBLE
    is_sure = match.certainty is Certainty.DEFINITE
    return match.concept in _NAMED and (is_sure or (is_read and match.is_present))


def concepts_observed(valued: ObservationComponent, meanings: Meanings) -> frozenset[Concept]:
    """What is observed, by code or else by name."""
    return frozenset([match.concept for match in measured_by(valued, meanings).matches])


def measured_value(
    valued: ObservationComponent, knowledge: Knowledge, site_unit: str = ""
) -> MeasuredValue | None:
    """The measured value with its unit, from a Quantity, a Range, a number or a text; None without any.

    `site_unit` is that of a number without one, where the site says so.
    """
    value = _written_value(valued, knowledge)
    return replace(value, unit=site_unit) if value and site_unit and not value.unit else value


def _written_value(valued: ObservationComponent, knowledge: Knowledge) -> MeasuredValue | None:
    if is_given(valued.value_quantity):
        return measured(valued.value_quantity, knowledge.terminology.words)
    if is_given_range(valued.value_range):
        return measured_range(valued.value_range)
    for raw in (valued.value_integer, valued.value_decimal):
        if (number := number_from(decoded(raw, Decimal))) is not None:
            return MeasuredValue(exactly(number), "", f"{number}")
    values = (measured_text(text, knowledge.words) for text in texts_of(valued))
    return next((value for value in values if value), None)


def texts_of(valued: ObservationComponent) -> list[str]:
    """The value in words."""
    written = (valued.value_string or "").strip()
    words = words_of(valued.value_codeable_concept)
    return [written, *words] if written else words


def site_unit_of(valued: ObservationComponent, knowledge: Knowledge) -> str:
    """The unit in which the site charts a local code; empty where it says none."""
    if not knowledge.terminology.own_units:
        return ""
    codings = valued.code.coding if valued.code else ()
    units = (knowledge.terminology.unit_of(c.system or "", c.code) for c in codings if c.code)
    return next((unit for unit in units if unit), "")
