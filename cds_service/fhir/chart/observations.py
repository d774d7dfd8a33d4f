"""Observations: do they count, when were they made, and what does a value say that is no number."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from cds_service.cds_hooks.raw_json import NULL, decoded, holds_something
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.fhir.codes import NOTHING_MEANT, Meanings, coded_from, words_of
from cds_service.fhir.dates import Calendar
from cds_service.fhir.elements import has_status, says_something
from cds_service.fhir.measurements import texts_of
from cds_service.fhir.repair import contained_of
from cds_service.fhir.resources import Observation, ObservationComponent
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch

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
    return any(map(holds_something, [other for other in others if other is not NULL]))


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


OF_SUPPORT: Final = (
    *(Concept.VENTILATION, Concept.NONINVASIVE_VENTILATION, Concept.VENTILATOR_RATE, Concept.ECMO),
    *(Concept.HOME_OXYGEN, Concept.OXYGEN_THERAPY),
)
"""What is observed of support: as a code, as a name or as a value."""

_LONGEST_NAME: Final = 200
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
