"""Every section of evidence patterns, in the order of the reference page."""

from collections.abc import Iterator

from tests.clinical.patterns import (
    calm,
    conditions,
    embolizations,
    instability,
    rates,
    recurrences,
    sums,
    vitals,
    volumes,
)
from tests.clinical.patterns.pattern import Pattern, Section

SECTIONS: tuple[Section, ...] = (
    volumes.VOLUMES,
    volumes.CHRONIC_FAILURE,
    volumes.COMPARATORS,
    rates.RATES,
    rates.BLOOD_SINCE,
    rates.UNDER_A_DAY,
    rates.OVER_A_DAY,
    rates.PERIODS,
    sums.SUMS,
    sums.DATES,
    vitals.VITALS,
    vitals.BELONGING,
    vitals.SCORES,
    instability.AGAINST_A_SMALL_BLEED,
    instability.SUPPORT,
    calm.SMALL_AND_CALM,
    calm.OXYGEN,
    calm.MISSING,
    conditions.CONDITIONS,
    conditions.CHILDREN,
    recurrences.BY_STATUS,
    recurrences.BY_EPISODE,
    embolizations.BY_EMBOLIZATION,
    recurrences.BY_MISSING_DATA,
)


def every_pattern() -> Iterator[Pattern]:
    """All patterns of all sections."""
    return (pattern for section in SECTIONS for pattern in section.patterns)
