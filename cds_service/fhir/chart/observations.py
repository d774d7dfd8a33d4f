"""Observations: do they count, when were they made, what is measured, and its value with its unit."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from cds_service.cds_hooks.raw_json import decoded
from cds_service.clinical.range import exactly
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.fhir.codes import (
    NOTHING_MEANT,
    Meanings,
    Measured,
    coded_from,
    has_status,
    merged,
    says_something,
    words_of,
)
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import NULL, CodeableConcept
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
from cds_service.fhir.repair import contained_of, holds_something
from cds_service.fhir.resources import Observation, ObservationComponent
from cds_service.knowledge.kinds import KINDS, SCALE_OF, Kind
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.terminology import Named, keep
from cds_service.knowledge.terminology.words import Scale, folded

MASKED: Final = "masked"
"""Why an Observation does not count whose value is hidden: it cannot be read."""

_NOT_OBSERVED: Final = (
    *("unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined"),
    *("not-applicable", "not-performed", "unk", "asku", "nav", "nask", "na"),
)
"""Reasons for which there is no value; any other may hide one: by consent, by an error, in words."""


def why_not_counted(observation: Observation) -> str:
    """Why an Observation does not count; empty where it does."""
    if observation.status != "final":
        for status in ("entered-in-error", "cancelled"):
            if has_status(observation.status, status):
                return status
    if observation.data_absent_reason is None or has_value(observation):
        return ""
    if any(has_value(component) for component in observation.component):
        return ""
    if is_hidden(observation):
        return MASKED
    return "not-observed" if says_something(observation.data_absent_reason) else ""


def is_hidden(valued: ObservationComponent) -> bool:
    """True when there may be a value that is not shown."""
    reason = valued.data_absent_reason
    return says_something(reason) and not has_status(reason, *_NOT_OBSERVED)


def has_value(valued: ObservationComponent) -> bool:
    """True when there is a value of whatever type, also one of which nothing can be read (masked)."""
    is_plain = valued.value_quantity is not None or bool(valued.value_string)
    is_coded = valued.value_codeable_concept is not None
    return is_plain or is_coded or valued.value_range is not None or has_other_value(valued)


def has_other_value(valued: ObservationComponent) -> bool:
    """True when there is a value of a type that holds no measure with a unit."""
    if valued.value_ratio is not None:
        return True
    others = (
        *(valued.value_boolean, valued.value_integer, valued.value_decimal, valued.value_sampled_data),
        *(valued.value_time, valued.value_date_time, valued.value_period, valued.value_attachment),
        *(valued.value_reference, valued.value_string_element, valued.value_integer_element),
        valued.value_boolean_element,
    )
    return any(other is not NULL and holds_something(other) for other in others)


def charted_value(valued: ObservationComponent) -> str:
    """The chart's own words for a value that could not be read, cut short."""
    concept, quantity = valued.value_codeable_concept, valued.value_quantity
    words = [(valued.value_string or "").strip(), ((concept.text if concept else None) or "").strip()]
    if quantity is not None:
        number = decoded(quantity.value, str) or decoded(quantity.value, Decimal)
        written = "" if number is None else str(number).strip()
        parts = ((quantity.comparator or "").strip(), written, (quantity.unit or "").strip())
        words.append(" ".join(part[:40] for part in parts if part))
    return next((word for word in words if word), "")[:80]


def effective(observation: Observation, calendar: Calendar) -> Period:
    """When it was observed: a point, a span, or undated. The time of issue does not stand for it."""
    for written in (observation.effective_date_time, observation.effective_instant):
        if written is not None:
            return at(calendar.moment(written))
    if observation.effective_period is not None:
        return calendar.period(observation.effective_period)
    if observation.effective_timing is not None:
        return calendar.last_event(observation.effective_timing)
    return at(UNDATED)


def time_taken(observation: Observation, calendar: Calendar) -> Moment:
    """A measurement over a period is as current as the end of the period; an open one ends now."""
    if observation.effective_date_time is not None:
        return calendar.moment(observation.effective_date_time)
    return effective(observation, calendar).closed_at(calendar.now).end


_NOTHING: Final[Measured] = (NOTHING_MEANT, "", False)
_NAMED: Final = frozenset({Concept.OTHER_MEASUREMENT, *(c for row in KINDS.values() for c in row.concepts)})
_READ_IF_POSSIBLE: Final = (Concept.OTHER_MEASUREMENT, *KINDS[Kind.LABS].concepts)
OF_SUPPORT: Final = (
    *(Concept.VENTILATION, Concept.NONINVASIVE_VENTILATION, Concept.VENTILATOR_RATE, Concept.ECMO),
    *(Concept.HOME_OXYGEN, Concept.OXYGEN_THERAPY),
)
"""What is observed of support: as a code, as a name or as a value."""

_LONGEST_NAME: Final = 200
_SHORT_NAME: Final = 2
_LONGEST_UNIT: Final = 60


def parts_of(observation: Observation) -> Sequence[ObservationComponent]:
    """The Observation itself, its components, and the Observations that it contains with theirs."""
    if not observation.contained:
        return (observation, *observation.component) if observation.component else (observation,)
    found: list[ObservationComponent] = [observation, *observation.component]
    for member in contained_of(observation.contained, "Observation"):
        if isinstance(member, Observation) and not why_not_counted(member):
            found += (member, *member.component)
    return found


def measured_by(valued: ObservationComponent, meanings: Meanings) -> Measured:
    """What is measured: by its codes, else by the first of its words that names it, and then by which.

    Words count only where no code is known; they name nothing where they name another measurement too
    (`blood pressure, diastolic`), unless it stands beside the systolic one.
    """
    code = valued.code
    if code is None:
        return _NOTHING
    known = meanings.measured.get(id(code))
    if known is None:
        known = meanings.measured[id(code)] = code, _measured_by(code, meanings)
    return known[1] if not known[1][1] else _in_its_unit(known[1], valued, meanings)


def _in_its_unit(named: Measured, valued: ObservationComponent, meanings: Meanings) -> Measured:
    """What is known by its name alone, but for what the unit of its value tells to be another measurement.

    An abbreviation of two letters within a longer name is only possible, and only in its own unit: the `hr`
    of `Urine output 24 hr` is no heart rate. A name that is only possible (`Resp`) is sure alone in its unit;
    of one that names two vital signs (`RR`, a rate or a pressure) only the unit tells which.
    """
    matches, name, is_known = named
    units = meanings.knowledge.units
    is_scaled = any(match.concept in SCALE_OF for match in matches)
    value = measured_value(valued, meanings.knowledge) if is_scaled else None
    unit = value.unit if value else ""
    kept: list[ConceptMatch] = []
    for match in matches:
        scale = SCALE_OF.get(match.concept)
        is_alone = match.by_text == folded(name)
        needs_unit = (len(match.by_text) <= _SHORT_NAME and not is_alone) or sum(
            match.by_text == other.by_text for other in matches
        ) > 1
        if scale is not None and (is_unit_of(unit, scale, units) or _is_of_two(valued, scale)):
            is_sure = is_alone or not (needs_unit or match.certainty is Certainty.POSSIBLE)
            kept.append(replace(match, certainty=Certainty.DEFINITE if is_sure else Certainty.POSSIBLE))
        elif scale is None or not (needs_unit or is_unit_of(unit, "other", units)):
            kept.append(match)
    return tuple(kept), name if kept else "", is_known


def _is_of_two(valued: ObservationComponent, scale: Scale) -> bool:
    """True for a pressure written as two."""
    return scale == "mm[Hg]" and any("/" in text[:_LONGEST_UNIT] for text in texts_of(valued))


def _measured_by(code: CodeableConcept, meanings: Meanings) -> Measured:
    key = hash(code)
    named, place, is_known = meanings.terminology.names.get(key) or _remembered(key, code, meanings)
    return named, words_of(code)[place] if place >= 0 else "", is_known


def _remembered(key: int, code: CodeableConcept, meanings: Meanings) -> Named:
    """What the code names, kept where one of its codings is in a system that is known."""
    known = [meanings.terminology.meaning(c.system or "", c.code) for c in code.coding if c.code]
    is_silent = any(meant.is_silent for meant in known)
    is_known = any(meant.is_known_system for meant in known)
    named, place = merged(match for meant in known for match in meant.matches), -1
    if not named and not is_silent:
        named, place = _named(code, meanings)
    found = named, place if named else -1, is_known and not is_silent
    if is_known:
        keep(meanings.terminology.names, key, found)
    return found


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
    return frozenset(match.concept for match in measured_by(valued, meanings)[0])


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
        return measured(valued.value_quantity, knowledge.words)
    if is_given_range(valued.value_range):
        return measured_range(valued.value_range)
    for raw in (valued.value_integer, valued.value_decimal):
        if (number := number_from(decoded(raw, Decimal))) is not None:
            return MeasuredValue(exactly(number), "", f"{number}")
    values = (measured_text(text, knowledge.words) for text in texts_of(valued))
    return next((value for value in values if value), None)


def value_meant(valued: ObservationComponent, meanings: Meanings) -> tuple[ConceptMatch, ...]:
    """What a coded or worded value stands for, by itself or with its name: `Airway: ETT`."""
    if valued.value_codeable_concept is None and not valued.value_string:
        return NOTHING_MEANT
    coded = meanings.meant(coded_from(valued.value_codeable_concept))
    return coded or meanings.in_text((valued.value_string or "")[:_LONGEST_NAME]) or _told(valued, meanings)


def _told(valued: ObservationComponent, meanings: Meanings) -> tuple[ConceptMatch, ...]:
    """What the name and the value tell together of a ventilator, and neither does alone."""
    names = [name[:_LONGEST_UNIT] for name in words_of(valued.code)]
    known = {match.by_text for match in meanings.worded(names)}
    told = meanings.worded(f"{name} {text[:_LONGEST_UNIT]}" for name in names for text in texts_of(valued))
    return tuple(m for m in told if m.concept is Concept.VENTILATOR_RATE and m.by_text not in known)


def texts_of(valued: ObservationComponent) -> list[str]:
    """The value in words."""
    written = (valued.value_string or "").strip()
    return [text for text in (written, *words_of(valued.value_codeable_concept)) if text]


def site_unit_of(valued: ObservationComponent, knowledge: Knowledge) -> str:
    """The unit in which the site charts a local code; empty where it says none."""
    codings = valued.code.coding if valued.code else ()
    units = (knowledge.terminology.unit_of(c.system or "", c.code) for c in codings if c.code)
    return next((unit for unit in units if unit), "")
