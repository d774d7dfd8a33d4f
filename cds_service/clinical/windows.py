"""Windows and currency: how the definitions' durations bear on the facts of one patient."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from cds_service.clinical.facts import AgeGroup, HemoptysisFacts
from cds_service.clinical.time import Moment
from cds_service.knowledge.model import DefinitionId, Knowledge

_UNIT_LENGTHS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


_A_DATE = timedelta(days=2)


class Currency(StrEnum):
    """Whether something counts as evidence of now (BEHAVIOUR 3)."""

    CURRENT = "current"
    PAST = "past"
    UNDATABLE = "undatable"


def duration(knowledge: Knowledge, definition: DefinitionId) -> timedelta:
    """The length of a defined window; its unit is min, h or d."""
    window = knowledge.definitions[definition]
    return float(window.value) * _UNIT_LENGTHS[window.unit]


def horizon(facts: HemoptysisFacts, knowledge: Knowledge) -> datetime:
    """The latest instant that still counts as now; clocks of devices run ahead a little."""
    return facts.now + duration(knowledge, DefinitionId.FUTURE_TOLERANCE)


def currency(
    moment: Moment,
    facts: HemoptysisFacts,
    knowledge: Knowledge,
    window: DefinitionId = DefinitionId.SEVERITY_WINDOW,
) -> Currency:
    """Current if any moment of it lies in the window; undatable if unknown, vague or in the future.

    A month or a year alone is vague: unlike a date, it says nothing of the window.
    """
    latest = horizon(facts, knowledge)
    if not moment.is_dated or moment.earliest > latest or moment.latest - moment.earliest > _A_DATE:
        return Currency.UNDATABLE
    if moment.may_lie_between(facts.now - duration(knowledge, window), latest):
        return Currency.CURRENT
    return Currency.PAST


def is_current(
    moment: Moment,
    facts: HemoptysisFacts,
    knowledge: Knowledge,
    window: DefinitionId = DefinitionId.SEVERITY_WINDOW,
) -> bool:
    """True when the moment lies in the window."""
    return currency(moment, facts, knowledge, window) is Currency.CURRENT


def age_group(facts: HemoptysisFacts, knowledge: Knowledge) -> AgeGroup:
    """Adult, child, or unknown when the birth date is missing, unreadable or leaves both possible."""
    if not facts.birth.is_dated or facts.birth.earliest > facts.now:
        return AgeGroup.UNKNOWN
    adult_years = int(knowledge.definitions[DefinitionId.ADULT_AGE].value)
    is_adult = {
        _birthday(born.date(), adult_years) <= facts.now.astimezone(born.tzinfo).date()
        for born in (facts.birth.earliest, facts.birth.latest)
    }
    if len(is_adult) > 1:
        return AgeGroup.UNKNOWN
    return AgeGroup.ADULT if is_adult.pop() else AgeGroup.CHILD


def _birthday(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return born.replace(year=born.year + years, month=3, day=1)
