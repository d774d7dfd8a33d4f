"""Vital signs and the eGFR in their own units, by code or by name, and what of them is not understood."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from cds_service.cds_hooks.raw_json import NULL, decoded, holds_something
from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.facts import KidneyFunction, Vital, VitalKind
from cds_service.clinical.range import ZERO, Range, above, exactly
from cds_service.fhir.chart.gather import WITHOUT_VALUE
from cds_service.fhir.chart.observations import (
    MASKED,
    charted_value,
    has_value,
    is_hidden,
    parts_of,
    time_taken,
)
from cds_service.fhir.chart.understood import CODE_NOT_KNOWN, may_be_of
from cds_service.fhir.codes import Coded, Meanings, coded_from
from cds_service.fhir.dates import Calendar
from cds_service.fhir.measurements import (
    measured_by,
    measured_value,
    name_of,
    site_unit_of,
    texts_of,
)
from cds_service.fhir.orders.reasons import Target
from cds_service.fhir.quantities import MeasuredValue, is_in, is_on, is_possible, number_of
from cds_service.fhir.resources import Observation, ObservationComponent, reference_to
from cds_service.knowledge.kinds import SCALE_OF, Kind, Measured
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.words import Scale, squeezed, tokens_of

WITHOUT_UNIT: Final = "without-unit"
UNIT_NOT_KNOWN: Final = "unit-not-known"
VALUE_NOT_UNDERSTOOD: Final = "value-not-understood"
PART_NOT_SENT: Final = "part-not-sent"
NOT_READ: Final = frozenset({UNIT_NOT_KNOWN, VALUE_NOT_UNDERSTOOD, MASKED})
"""What is amiss with a value: a number without a unit is read, if not for sure; these are not."""

_VITALS: Final[dict[Concept, VitalKind]] = {
    Concept.OXYGEN_SATURATION: "oxygen-saturation",
    Concept.SYSTOLIC_PRESSURE: "systolic-pressure",
    Concept.BLOOD_PRESSURE_PANEL: "systolic-pressure",
    Concept.RESPIRATORY_RATE: "respiratory-rate",
    Concept.HEART_RATE: "heart-rate",
    Concept.INHALED_OXYGEN_CONCENTRATION: "inhaled-oxygen-concentration",
    Concept.INHALED_OXYGEN_FLOW: "inhaled-oxygen-flow",
}
_OXYGEN: Final = frozenset({Concept.INHALED_OXYGEN_CONCENTRATION, Concept.INHALED_OXYGEN_FLOW})
_SOME_OXYGEN: Final = above(Decimal(0), is_open=True)
_MM_HG_PER_KPA: Final = Decimal("7.500638")
"""UCUM."""

_LONGEST_PRESSURE: Final = 60
_MOST_SHOWN: Final = 80
"""Characters of the chart's own text."""

_PRESSURE: Final = re.compile(
    r"(?P<first>\d{1,3}(?:[.,]\d{1,2})?)/(?P<last>\d{1,3}(?:[.,]\d{1,2})?)(?P<unit>[a-z(\[][^\d/]{0,20})?",
    re.ASCII,
)
Reading = tuple[VitalKind, Range, str, bool]
"""Of which vital sign, its value in the unit of that, as charted, and whether it was said to be on air."""

_ANY_VALUE: Final = above(Decimal(0), is_open=False)
_MM_HG_PER_CM: Final = Decimal(10)
_LOWEST_IN_MM_HG: Final = 30
"""Both numbers of a pressure below it are cm[Hg] (project default, decision 0031)."""


def vitals_from(
    observation: Observation, target: Target, calendar: Calendar, meanings: Meanings
) -> tuple[list[Vital], str]:
    """Every vital sign of the Observation, its components and contained members; why one is not read."""
    found: list[Vital] = []
    why = ""
    taken = time_taken(observation, calendar)
    for valued in parts_of(observation):
        measured = measured_by(valued, meanings)
        for match in measured.matches:
            if match.concept not in _VITALS:
                continue
            reading, amiss = _reading(valued, match.concept, meanings)
            if reading is None and match.certainty is Certainty.POSSIBLE and not _holds_number(valued):
                continue
            why = why or (amiss if amiss in NOT_READ else "")
            if reading is not None:
                kind, value, charted, is_on_air = reading
                vital = Vital(
                    reference_to(observation),
                    kind,
                    value,
                    taken,
                    charted,
                    is_unsure=bool(amiss) or _is_doubtful(observation, valued, match),
                    by_name=name_of(valued, measured) if measured.place >= 0 else "",
                    is_on_air=is_on_air or (bool(measured.matches[1:]) and _is_of_air(measured)),
                )
                found.append(vital)
    return found, why or _why_in_part(observation, found, target, meanings)


def _is_of_air(measured: Measured) -> bool:
    """True where a code says beside the saturation that it was taken on air."""
    return any(match.concept is Concept.OXYGEN_SATURATION_ON_AIR for match in measured.matches)


def kinds_measured(valued: ObservationComponent, meanings: Meanings) -> frozenset[VitalKind]:
    """The vital signs that it measures, or may measure, whether its value is read or not."""
    meant = measured_by(valued, meanings).matches
    return frozenset(_VITALS[match.concept] for match in meant if match.concept in _VITALS)


def egfr_from(observation: Observation, calendar: Calendar, meanings: Meanings) -> KidneyFunction | None:
    """The eGFR; None when its value cannot be read. A listed code fixes the unit of a number without one."""
    knowledge = meanings.knowledge
    fixed: Scale = "mL/min/{1.73_m2}"
    unit = site_unit_of(observation, knowledge)
    if not unit and measured_by(observation, meanings).place < 0:
        unit = fixed
    value = measured_value(observation, knowledge, unit)
    if value is None or not is_on(value, fixed, knowledge):
        return None
    taken = time_taken(observation, calendar)
    return KidneyFunction(reference_to(observation), value.value, taken, value.charted)


def _why_in_part(observation: Observation, found: Sequence[Vital], target: Target, meanings: Meanings) -> str:
    """Why there may be more: a part whose code is not known, a member that was not sent, no value at all.

    Beside the systolic pressure another one is the diastolic or the mean.
    """
    is_told = bool(observation.component) and any(vital.kind == "systolic-pressure" for vital in found)
    for part in observation.component:
        if not measured_by(part, meanings).matches and may_be_of(part, Kind.VITALS, meanings):
            value = measured_value(part, meanings.knowledge)
            if not (is_told and value and is_in(value, "mm[Hg]", meanings.knowledge)):
                return CODE_NOT_KNOWN
    if found:
        return ""
    members = [reference_from(member.reference) for member in observation.has_member]
    if any(target(member) is None for member in members):
        return PART_NOT_SENT
    is_vital = any(match.concept in _VITALS for match in measured_by(observation, meanings).matches)
    is_empty = not (has_value(observation) or observation.component or members)
    return WITHOUT_VALUE if is_vital and is_empty and observation.data_absent_reason is None else ""


def _holds_number(valued: ObservationComponent) -> bool:
    """False for the words of what is only perhaps a vital sign: `SpO2 site`, left hand."""
    texts = texts_of(valued)
    return not texts or any(character.isdigit() for text in texts for character in text[:_LONGEST_PRESSURE])


def _is_doubtful(observation: Observation, valued: ObservationComponent, match: ConceptMatch) -> bool:
    """A code that means it only possibly, or a modifier: none is understood."""
    modifier = observation.modifier_extension
    if match.certainty is Certainty.POSSIBLE or (modifier is not NULL and holds_something(modifier)):
        return True
    return valued is not observation and holds_something(valued.modifier_extension)


def _reading(
    valued: ObservationComponent, concept: Concept, meanings: Meanings
) -> tuple[Reading | None, str]:
    """The value, and what is amiss with it; nothing where there is none."""
    if concept in _OXYGEN:
        return _oxygen(valued, concept, meanings)
    if not has_value(valued):
        return None, MASKED if is_hidden(valued) else ""
    kind, scale = _VITALS[concept], SCALE_OF[concept]
    value = _pressure_of_two(valued) if scale == "mm[Hg]" else None
    is_lone = value is None and concept is Concept.BLOOD_PRESSURE_PANEL
    value = value or measured_value(valued, meanings.knowledge, site_unit_of(valued, meanings.knowledge))
    is_worded = scale == "%" and value is not None and value.unit != scale
    is_on_air = is_worded and value is not None and _is_air(value.unit, meanings.knowledge)
    if value is not None and is_on_air:
        value = replace(value, unit=scale if scale in value.unit else "")
    scaled, amiss = on_scale(value, scale, meanings.knowledge)
    if value is None or scaled is None:
        charted = charted_value(valued)
        is_sign = any(_is_unmeasurable(text, meanings.knowledge) for text in texts_of(valued))
        return (kind, _ANY_VALUE, charted, False) if is_sign else None, VALUE_NOT_UNDERSTOOD
    return (kind, scaled, value.charted[:_MOST_SHOWN], is_on_air), amiss or (WITHOUT_UNIT if is_lone else "")


def _is_air(text: str, knowledge: Knowledge) -> bool:
    """True for words that say nothing but that air was breathed: `% RA`, `(room air)`."""
    return " ".join(tokens_of(text[:_LONGEST_PRESSURE])) in knowledge.words.on_air


def _is_unmeasurable(text: str, knowledge: Knowledge) -> bool:
    """True where words say that no value could be taken: it may be the worst."""
    said = f" {' '.join(tokens_of(text[:_MOST_SHOWN]))} "
    return any(f" {words} " in said for words in knowledge.words.unmeasurable)


def _oxygen(valued: ObservationComponent, concept: Concept, meanings: Meanings) -> tuple[Reading | None, str]:
    """Oxygen that is charted is given, unless its amount is zero or the answer is no.

    A value that is not understood, or none, is a flow of more than zero.
    """
    if not has_value(valued) and valued.data_absent_reason is not None:
        return None, MASKED if is_hidden(valued) else ""
    kind, scale = _VITALS[concept], SCALE_OF[concept]
    charted = charted_value(valued)
    if _is_none(valued, meanings):
        return ("inhaled-oxygen-flow", ZERO, charted, False), ""
    value = measured_value(valued, meanings.knowledge, site_unit_of(valued, meanings.knowledge))
    scaled, amiss = on_scale(value, scale, meanings.knowledge)
    if value is not None and scaled is not None and amiss != UNIT_NOT_KNOWN:
        return (kind, scaled, value.charted[:_MOST_SHOWN], False), amiss
    return ("inhaled-oxygen-flow", _SOME_OXYGEN, charted, False), amiss if has_value(valued) else WITHOUT_UNIT


def _is_none(valued: ObservationComponent, meanings: Meanings) -> bool:
    """True for nothing, in any unit or in none, and for an answer that says so."""
    quantity = valued.value_quantity
    if quantity is not None:
        return not quantity.comparator and number_of(quantity) == 0
    value = measured_value(valued, meanings.knowledge)
    said = Coded(texts=tuple(texts_of(valued))).joined(coded_from(valued.value_codeable_concept))
    is_no = decoded(valued.value_boolean, bool) is False or meanings.answer_in(said) is False
    is_no = is_no or any(_is_air(text, meanings.knowledge) for text in said.texts)
    return is_no or (value is not None and value.value == ZERO)


def _pressure_of_two(valued: ObservationComponent) -> MeasuredValue | None:
    """The systolic of a pressure written as two: `70/40`, `70/40 mmHg`; `12/7` without a unit is cm[Hg]."""
    for text in texts_of(valued):
        match = _PRESSURE.fullmatch(squeezed(text[:_LONGEST_PRESSURE]))
        if match is not None and len(text) <= _LONGEST_PRESSURE:
            systolic, other = (Decimal(match[name].replace(",", ".")) for name in ("first", "last"))
            is_in_cm = not match["unit"] and max(systolic, other) < _LOWEST_IN_MM_HG
            value = exactly(systolic * _MM_HG_PER_CM if is_in_cm else systolic)
            return MeasuredValue(value, match["unit"] or "", text)
    return None


def on_scale(value: MeasuredValue | None, scale: Scale, knowledge: Knowledge) -> tuple[Range | None, str]:
    """The value in the unit of the scale, and what is amiss with it; None where it cannot be one at all.

    In its unit or in another that is understood (kPa, cm[Hg]; a saturation as a fraction) it is sure. A bare
    number that is possible is taken to be in the usual unit, so is one in a unit that is not known.
    """
    if value is None:
        return None, VALUE_NOT_UNDERSTOOD
    if is_on(value, scale, knowledge):
        return value.value, ""
    if scale == "mm[Hg]" and is_on(value, "kPa", knowledge):
        return value.value.scaled(_MM_HG_PER_KPA), ""
    if scale == "mm[Hg]" and is_on(value, "cm[Hg]", knowledge):
        return value.value.scaled(_MM_HG_PER_CM), ""
    is_fraction = scale == "%" and 0 < value.written <= 1
    amiss = WITHOUT_UNIT if not value.unit or is_in(value, scale, knowledge) else UNIT_NOT_KNOWN
    if is_fraction:
        return value.value.scaled(Decimal(100)), "" if is_in(value, "1", knowledge) else amiss
    return (value.value, amiss) if is_possible(value, scale) else (None, VALUE_NOT_UNDERSTOOD)
