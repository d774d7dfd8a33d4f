"""Codes of orders: the procedure they stand for, and the codes that a site adds."""

import pytest

from cds_service.knowledge.terminology.concepts import Coding, Study
from cds_service.knowledge.terminology.terminology import Terminology
from tests.unit.knowledge.terminology_builders import CPT, LOINC, PCS, RADLEX, SNOMED


@pytest.mark.parametrize(
    ("system", "code", "procedure"),
    [
        (CPT, "71046", "radiography-chest"),
        (CPT, "71250", "ct-chest-without-contrast"),
        (CPT, "71260", "ct-chest-with-contrast"),
        (CPT, "71270", "ct-chest-without-and-with-contrast"),
        (CPT, "71275", "cta-chest-with-contrast"),
        ("urn:oid:2.16.840.1.113883.6.12", "71275", "cta-chest-with-contrast"),
        ("cpt", " 71275 ", "cta-chest-with-contrast"),
        (CPT, "71555", "mra-chest"),
        (CPT, "78582", "ventilation-perfusion"),
        (CPT, "78815", "fdg-pet"),
        (CPT, "75726", "bronchial-arteriography"),
        (LOINC, "30746-2", "radiography-chest"),
        (LOINC, "24627-2", "ct-chest-contrast-unspecified"),
        (LOINC, "30804-9", "cta-chest-with-contrast"),
        (SNOMED, "169069000", "ct-chest-contrast-unspecified"),
        (SNOMED, "233525003", "arteriography-bronchial-embolization"),
        (PCS, "b31l1zz", "bronchial-arteriography"),
        (RADLEX, "RPID16", "ct-chest-without-contrast"),
    ],
)
def test_an_order_code_stands_for_its_procedure(
    terminology: Terminology, system: str, code: str, procedure: str
) -> None:
    found = terminology.meaning(system, code).order_code

    assert found is not None
    assert found.procedure == procedure


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (CPT, "74178"),
        (CPT, "31622"),
        ("ops", "8-836"),
        ("ops", "3-20"),
        (SNOMED, "71275"),
        ("urn:site", "71275"),
        (RADLEX, "RPID17"),
        (CPT, ""),
    ],
)
def test_a_code_that_is_not_in_the_map_stands_for_nothing(
    terminology: Terminology, system: str, code: str
) -> None:
    assert terminology.meaning(system, code).order_code is None


def test_ct_of_the_pulmonary_arteries_is_marked(terminology: Terminology) -> None:
    marked = {code for (_, code), study in terminology.order_codes.items() if study.is_pulmonary_arteries}

    assert marked == {
        *("79077-4", "72251-2", "16332841000119106", "RPID147"),
        *("B32S1ZZ", "B32T1ZZ", "B32SYZZ", "B32TYZZ"),
    }


def test_an_embolization_of_any_vessel_needs_a_hemoptysis_reason(terminology: Terminology) -> None:
    marked = {code for (_, code), study in terminology.order_codes.items() if study.needs_hemoptysis_reason}

    assert marked == {
        *("37242", "37244", "24554-8", "03LY3CZ", "03LY3DZ", "03LY3ZZ", "8-836.K", "8-836.M"),
        *("75726", "36215", "36216", "36217", "36218"),
    }


@pytest.mark.parametrize(
    ("system", "code", "study"),
    [
        ("ccam", "ECQH010", Study("cta-chest-with-contrast")),
        ("ccam", "ecqh011", Study("cta-chest-with-contrast", has_other_regions=True)),
        ("ccam", "ACQH002", Study("ct-chest-with-contrast", has_other_regions=True)),
        ("ccam", "ZBQK001", Study("ct-chest-without-contrast")),
        ("ccam", "ZBQK002", Study("radiography-chest")),
        ("http://fhir.de/CodeSystem/bfarm/ops", "3-202", Study("ct-chest-without-contrast")),
        ("ops", "3-222", Study("ct-chest-with-contrast", may_be_cta=True)),
        ("ops", "3-221", Study("", is_chest_imaging=False, has_other_regions=True)),
        (CPT, "74177", Study("", is_chest_imaging=False, has_other_regions=True)),
        ("ops", "8-836.k2", Study("arteriography-bronchial-embolization", needs_hemoptysis_reason=True)),
        (CPT, "71271", Study("ct-chest-screening")),
        ("hcpcs", "G0297", Study("ct-chest-screening")),
        (LOINC, "72254-6", Study("ct-chest-with-contrast", has_other_regions=True)),
        (PCS, "BW24ZZZ", Study("ct-chest-without-contrast", has_other_regions=True)),
    ],
)
def test_a_code_tells_further_regions_and_what_it_leaves_open(
    terminology: Terminology, system: str, code: str, study: Study
) -> None:
    assert terminology.meaning(system, code).order_code == study


@pytest.mark.parametrize(
    ("system", "code"), [(LOINC, "24823-7"), (LOINC, "48468-3"), (LOINC, "24544-9"), (CPT, "37243")]
)
def test_guidance_ribs_and_the_aorta_are_known_to_be_no_study_of_the_topic(
    terminology: Terminology, system: str, code: str
) -> None:
    assert terminology.meaning(system, code).is_not_imaging


@pytest.mark.parametrize(
    ("system", "code"), [(CPT, "31622"), (SNOMED, "10847001"), (LOINC, "18744-3"), (PCS, "0BJ08ZZ")]
)
def test_bronchoscopy_is_known_to_be_no_imaging(terminology: Terminology, system: str, code: str) -> None:
    assert terminology.meaning(system, code).is_not_imaging
    assert terminology.meaning(system, code).order_code is None


def test_a_sites_own_codes_are_added_and_win(terminology: Terminology) -> None:
    local = Study("ct-chest-with-contrast")
    redefined = Study("cta-chest-with-contrast", is_pulmonary_arteries=True)

    own = terminology.with_order_codes(
        [(Coding("urn:site", "IMG123", "CT CHEST W"), local), (Coding("cpt", "71275", "CTPA"), redefined)]
    )

    assert own.meaning("urn:site", "IMG123").order_code == local
    assert own.meaning(CPT, "71275").order_code == redefined
    assert own.meaning(CPT, "71250").order_code == terminology.meaning(CPT, "71250").order_code
    assert terminology.meaning("urn:site", "IMG123").order_code is None


def test_a_sites_own_codes_may_differ_in_case_only(terminology: Terminology) -> None:
    upper, lower = Study("ct-chest-with-contrast"), Study("ct-chest-without-contrast")

    own = terminology.with_order_codes([(Coding("urn:site", "A"), upper), (Coding("urn:site", "a"), lower)])

    assert own.meaning("urn:site", "A").order_code == upper
    assert own.meaning("urn:site", "a").order_code == lower
