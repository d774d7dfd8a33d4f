"""A card is read in ten seconds: how many words it has, over all fixtures."""

from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from tests.scenarios.words import MOST_AT_THE_MEDIAN, MOST_WORDS, counted, fixture_folders, kind_of, medians

Counts = Mapping[str, list[tuple[int, str]]]


@pytest.fixture(scope="module")
def counts(client: FlaskClient) -> Counts:
    return counted(client, fixture_folders())


@pytest.mark.parametrize("kind", MOST_AT_THE_MEDIAN)
def test_a_card_of_each_kind_has_few_words(counts: Counts, kind: str) -> None:
    assert len(counts[kind]) > 10, "too few cards to say anything"
    assert medians(counts)[kind] <= MOST_AT_THE_MEDIAN[kind]


def test_no_card_has_so_many_words_that_nobody_reads_it(counts: Counts) -> None:
    long = {name: words for of_kind in counts.values() for words, name in of_kind if words > MOST_WORDS}

    assert long == {}


@pytest.mark.parametrize(
    ("indicator", "summary", "kind"),
    [
        ("critical", "Massive hemoptysis (260 mL of blood over 24 h): airway and oxygen first", "critical"),
        ("info", "CTA chest with IV contrast: usually appropriate in nonmassive hemoptysis", "confirm"),
        ("info", "CTA chest: usually appropriate if massive, may be appropriate if recurrent", "advice"),
        (
            "info",
            "MRI chest: not rated for hemoptysis; CTA with contrast is usually appropriate",
            "not rated",
        ),
        ("warning", "CT chest without IV contrast: usually not appropriate in hemoptysis", "advice"),
    ],
)
def test_a_card_is_of_the_kind_that_a_clinician_sees(indicator: str, summary: str, kind: str) -> None:
    assert kind_of({"indicator": indicator, "summary": summary}) == kind
