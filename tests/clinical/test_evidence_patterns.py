"""Every sentence on severity and recurrence, as data: see tests/clinical/patterns."""

import pytest

from cds_service.clinical.classify import classify
from tests.clinical.chart import judged_chart
from tests.clinical.patterns.catalog import every_pattern
from tests.clinical.patterns.pattern import Expected, Pattern

PATTERNS = tuple(every_pattern())


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_a_pattern_of_evidence_is_classified_as_the_rules_say(pattern: Pattern) -> None:
    chart = judged_chart(*pattern.facts)

    found = classify(chart)

    assert Expected(found.severity, found.recurrence, found.plausible, found.topic) == pattern.expected


def test_no_two_patterns_bear_the_same_name() -> None:
    names = [pattern.name for pattern in PATTERNS]

    assert len(set(names)) == len(names)
