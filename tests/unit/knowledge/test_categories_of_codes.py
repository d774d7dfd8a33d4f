"""Categories of codes: pregnancy, birth and after in ICD-10-CM, and the groups of ATC."""

import pytest

from cds_service.knowledge.terminology.concepts import Certainty, Concept
from cds_service.knowledge.terminology.terminology import Terminology
from tests.unit.knowledge.terminology_builders import C

CM = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("O09.93", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O10.011", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O10.02", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O10.03", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O14.95", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O15.1", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O15.9", (C.PREGNANCY, Certainty.POSSIBLE)),
        ("O24.419", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O24.424", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O98.711", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O99.323", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O99.325", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O99.511", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O99.52", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O91.211", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O91.23", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O11.2", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O12.02", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O13.9", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O14.12", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O15.02", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O16.2", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O26.892", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O92.012", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O92.20", (C.PREGNANCY, Certainty.POSSIBLE)),
        ("O99.283", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O60.02", (C.PREGNANCY, Certainty.DEFINITE)),
        ("O63.0", (C.PREGNANCY, Certainty.POSSIBLE)),
        ("O07.4", (C.PREGNANCY, Certainty.POSSIBLE)),
        ("O72.1", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("O80", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("Z39.0", (C.NOT_PREGNANT, Certainty.DEFINITE)),
        ("Z3A.30", (C.PREGNANCY, Certainty.DEFINITE)),
        ("Z32.02", (C.NOT_PREGNANT, Certainty.DEFINITE)),
    ],
)
def test_a_code_of_pregnancy_birth_and_after_says_what_it_names(
    terminology: Terminology, code: str, expected: tuple[Concept, Certainty]
) -> None:
    (match,) = terminology.meaning(CM, code).matches

    assert (match.concept, match.certainty) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("B01AA03", {C.ANTICOAGULANT}),
        ("B01AB13", {C.ANTICOAGULANT}),
        ("B01AB02", set()),
        ("B01AB11", set()),
        ("B01AC30", {C.ANTIPLATELET}),
        ("B01AC09", set()),
        ("B01AC27", set()),
        ("B01AD02", {C.THROMBOLYTIC}),
        ("B01AX05", {C.ANTICOAGULANT}),
        ("C01CA03", {C.VASOPRESSOR}),
        ("C01CA17", set()),
        ("V08AB02", {C.IODINATED_CONTRAST}),
        ("V08AB", {C.IODINATED_CONTRAST}),
        ("V08CA09", {C.OTHER_CONTRAST}),
        ("D08AG02", {C.OTHER_CONTRAST}),
        ("A10BD07", {C.METFORMIN}),
        ("A10BD", set()),
    ],
)
def test_an_atc_code_matches_by_its_group_but_for_what_is_excluded(
    terminology: Terminology, code: str, expected: set[Concept]
) -> None:
    for system in ("http://www.whocc.no/atc", "http://fhir.de/CodeSystem/bfarm/atc"):
        assert terminology.meaning(system, code).concepts == expected
