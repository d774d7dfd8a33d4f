"""The meaning of a code in one lookup: by any name of its system, remembered within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.terminology.concepts import CodeMeaning, Coding, Concept, Study
from cds_service.knowledge.terminology.terminology import Terminology
from tests.unit.knowledge.terminology_builders import CPT

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
SHIPPED = load_knowledge().terminology
CODES = [*SHIPPED.order_codings.values(), *(c for concept in Concept for c in SHIPPED.codes_of(concept))]


@pytest.fixture
def fresh() -> Terminology:
    """A terminology that remembers nothing yet."""
    return SHIPPED.with_order_codes([])


def test_a_listed_code_means_its_concepts(fresh: Terminology) -> None:
    meaning = fresh.meaning(ICD10, "R04.2")

    assert meaning.concepts == {Concept.HEMOPTYSIS}
    assert [match.concept for match in meaning.matches] == [Concept.HEMOPTYSIS]
    assert meaning.is_known_system
    assert not meaning.is_silent
    assert meaning.order_code is None


def test_an_unlisted_code_of_a_site_means_nothing(fresh: Terminology) -> None:
    assert fresh.meaning("urn:site", "A1") == CodeMeaning(
        system="urn:site",
        matches=(),
        concepts=frozenset(),
        is_silent=False,
        is_icd=False,
        is_known_system=False,
        order_code=None,
        is_not_imaging=False,
    )


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (CPT, "71275"),
        ("urn:oid:2.16.840.1.113883.6.12", "71275"),
        (" CPT ", " 71275 "),
        (f"{CPT}|2026", "71275"),
    ],
)
def test_a_system_has_many_names_and_a_code_may_stand_between_blanks(
    fresh: Terminology, system: str, code: str
) -> None:
    meaning = fresh.meaning(system, code)

    assert meaning.system == CPT
    assert meaning.order_code == Study("cta-chest-with-contrast")


def test_an_unlisted_sibling_of_an_icd_code_is_silent(fresh: Terminology) -> None:
    meaning = fresh.meaning(ICD10, "R04.0")

    assert meaning.is_icd
    assert meaning.is_silent
    assert not meaning.matches


@given(st.sampled_from(CODES), st.sampled_from(["", " ", "\t"]))
def test_the_meaning_says_what_each_index_says(coding: Coding, blank: str) -> None:
    meaning = SHIPPED.meaning(coding.system, f"{blank}{coding.code}{blank}")

    key = SHIPPED.codes.key(coding.system, coding.code)
    assert meaning.matches == SHIPPED.codes.find(*key)
    assert meaning.order_code == SHIPPED.order_codes.get(key)
    assert meaning.is_not_imaging == (key in SHIPPED.not_imaging)
    assert meaning.is_silent == SHIPPED.codes.is_silent(*key)


def test_a_code_is_looked_up_once(fresh: Terminology) -> None:
    assert fresh.meaning(CPT, "71275") is fresh.meaning(CPT, "71275")


def test_what_is_remembered_stays_bounded_in_number_and_in_length(fresh: Terminology) -> None:
    for number in range(20_000):
        fresh.meaning("urn:site", str(number))
    long = "9" * 65

    assert fresh.meaning("urn:site", long) is not fresh.meaning("urn:site", long)
    assert len(fresh._looked_up) <= 8_192


def test_a_terminology_with_other_order_codes_remembers_nothing_of_the_first(fresh: Terminology) -> None:
    assert fresh.meaning("urn:site", "A1").order_code is None

    own = fresh.with_order_codes([(Coding("urn:site", "A1"), Study("radiography-chest"))])

    assert own.meaning("urn:site", "A1").order_code == Study("radiography-chest")
