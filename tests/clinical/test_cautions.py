"""What stands beside a rating and never changes it (CLINICAL part 3, BEHAVIOUR 6)."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from cds_service.cards.phrases import caution_text, kidneys_text
from cds_service.clinical.cautions import bears_on, cautions_for, never_charted, not_assessed
from cds_service.clinical.decision import Caution
from cds_service.clinical.facts import SafetyFinding
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from tests.clinical.chart import (
    YESTERDAY,
    EncounterReason,
    Fact,
    Gender,
    Read,
    chart,
    days_ago,
    egfr,
    finding,
    hours_ago,
    incomplete,
    judged_chart,
    knowledge,
    minutes_ahead,
    on,
    study,
    unavailable,
    under,
)
from tests.clinical.orders import CT_UNSPECIFIED, CT_WITH, CT_WITHOUT, CTA, EMBOLIZATION, RADIOGRAPH

SEVERE, DISCRETION = CautionId.KIDNEY_SEVERE, CautionId.KIDNEY_DISCRETION
UNKNOWN = CautionId.KIDNEY_UNKNOWN
METFORMIN, RECENT = CautionId.METFORMIN, CautionId.RECENT_STUDY
DRUG = finding(Concept.METFORMIN)


OPEN = CautionId.PREGNANCY_UNKNOWN
SUSPECTED = EncounterReason(ConceptMatch(Concept.TUBERCULOSIS, Certainty.POSSIBLE))
OF_THE_PAST = EncounterReason(ConceptMatch(Concept.TUBERCULOSIS, Certainty.PAST))


def creatinine(taken: Moment) -> SafetyFinding:
    return SafetyFinding("Observation/creatinine", Concept.CREATININE, "3.1 mg/dL", taken)


def injury(begun: Moment = UNDATED) -> SafetyFinding:
    return replace(finding(Concept.ACUTE_KIDNEY_INJURY), when=begun)


def cautions(*facts: Fact) -> tuple[Caution, ...]:
    return cautions_for(judged_chart(*facts))


class Case(NamedTuple):
    name: str
    facts: tuple[Fact, ...]
    expected: tuple[CautionId, ...]


CASES = (
    Case("nothing charted", (), ()),
    Case("eGFR 29.9", (egfr("29.9"),), (SEVERE,)),
    Case("eGFR 30", (egfr(30),), (DISCRETION,)),
    Case("eGFR 44.9", (egfr("44.9"),), (DISCRETION,)),
    Case("eGFR 45", (egfr(45),), ()),
    Case("eGFR charted as under 30", (egfr(under(30)),), (SEVERE,)),
    Case("eGFR charted as under 60", (egfr(under(60)),), (SEVERE,)),
    Case("a newer good eGFR", (egfr(20, days_ago(10)), egfr(80, days_ago(1))), ()),
    Case("a newer bad eGFR", (egfr(80, days_ago(10)), egfr(20, days_ago(1))), (SEVERE,)),
    Case("a bad eGFR without a date beside a good one", (egfr(20, UNDATED), egfr(80)), (SEVERE,)),
    Case("a good and a bad eGFR on the same day", (egfr(80, YESTERDAY), egfr(20, YESTERDAY)), (SEVERE,)),
    Case(
        "an eGFR dated tomorrow does not replace today's", (egfr(80, on("2026-05-12")), egfr(20)), (SEVERE,)
    ),
    Case("acute kidney injury", (finding(Concept.ACUTE_KIDNEY_INJURY),), (SEVERE,)),
    Case("acute kidney injury with a good eGFR", (finding(Concept.ACUTE_KIDNEY_INJURY), egfr(90)), (SEVERE,)),
    Case(
        "an old kidney injury before a good eGFR", (injury(days_ago(31)), egfr(30, YESTERDAY)), (DISCRETION,)
    ),
    Case("an old kidney injury before a bad eGFR", (injury(days_ago(31)), egfr(20)), (SEVERE, SEVERE)),
    Case(
        "an old kidney injury with an older eGFR", (injury(days_ago(40)), egfr(90, days_ago(50))), (SEVERE,)
    ),
    Case("an old kidney injury, no dated eGFR", (injury(days_ago(900)), egfr(90, UNDATED)), (SEVERE,)),
    Case("a kidney injury of this month", (injury(days_ago(29)), egfr(90, YESTERDAY)), (SEVERE,)),
    Case("a kidney injury after the eGFR", (injury(days_ago(1)), egfr(90, days_ago(2))), (SEVERE,)),
    Case(
        "severe kidney disease with a good eGFR",
        (finding(Concept.KIDNEY_DISEASE_SEVERE), egfr(90)),
        (SEVERE,),
    ),
    Case("other kidney disease without an eGFR", (finding(Concept.KIDNEY_DISEASE_OTHER),), (UNKNOWN,)),
    Case("an eGFR of 13 months ago under 30", (egfr(20, days_ago(400)),), (SEVERE,)),
    Case("an eGFR of 13 months ago over 30", (egfr(80, days_ago(400)),), ()),
    Case("a creatinine without an eGFR", (creatinine(days_ago(1)),), (UNKNOWN,)),
    Case("a creatinine without a date", (creatinine(UNDATED),), (UNKNOWN,)),
    Case("a creatinine beside an eGFR", (creatinine(days_ago(1)), egfr(80, days_ago(2))), ()),
    Case("a creatinine beside a low eGFR", (creatinine(days_ago(1)), egfr(20, days_ago(2))), (SEVERE,)),
    Case("a creatinine after an old eGFR", (creatinine(days_ago(1)), egfr(80, days_ago(400))), (UNKNOWN,)),
    Case("a creatinine before an old eGFR", (creatinine(days_ago(500)), egfr(80, days_ago(400))), ()),
    Case("three creatinines", tuple(creatinine(days_ago(days)) for days in (1, 2, 3)), (UNKNOWN,)),
    Case("other kidney disease with a good eGFR", (finding(Concept.KIDNEY_DISEASE_OTHER), egfr(90)), ()),
    Case("metformin", (DRUG,), (METFORMIN,)),
    Case("metformin and eGFR 20", (DRUG, egfr(20)), (SEVERE, METFORMIN)),
    Case("a contrast reaction", (finding(Concept.CONTRAST_REACTION),), (CautionId.CONTRAST_REACTION,)),
    Case("pregnancy", (finding(Concept.PREGNANCY),), (CautionId.PREGNANCY,)),
    Case("a positive pregnancy test", (finding(Concept.PREGNANCY_TEST),), (CautionId.PREGNANCY,)),
    Case("a pregnancy status", (finding(Concept.PREGNANCY_STATUS),), (CautionId.PREGNANCY,)),
    Case("an answer on pregnancy that is unknown", (finding(Concept.PREGNANCY_UNKNOWN),), (OPEN,)),
    Case("hyperthyroid disease", (finding(Concept.THYROID),), (CautionId.THYROID,)),
    Case("anticoagulation", (finding(Concept.ANTICOAGULATION),), (CautionId.ANTICOAGULATION,)),
    Case("an anticoagulant", (finding(Concept.ANTICOAGULANT),), (CautionId.ANTICOAGULATION,)),
    Case("an antiplatelet", (finding(Concept.ANTIPLATELET),), (CautionId.ANTICOAGULATION,)),
    Case("a thrombolytic", (finding(Concept.THROMBOLYTIC),), (CautionId.ANTICOAGULATION,)),
    Case("tuberculosis", (finding(Concept.TUBERCULOSIS),), (CautionId.TUBERCULOSIS,)),
    Case("tuberculosis in question", (SUSPECTED,), (CautionId.TUBERCULOSIS,)),
    Case("tuberculosis of the past", (OF_THE_PAST,), ()),
    Case("a radiograph of yesterday", (study(RADIOGRAPH, days_ago(1)),), ()),
    Case("an embolization of yesterday", (study(EMBOLIZATION, days_ago(1)),), ()),
    Case("the same study exactly 7 days ago", (study(CTA, days_ago(7)),), (RECENT,)),
    Case("the same study 7 days and 1 h ago", (study(CTA, hours_ago(169)),), ()),
    Case("the same study on the day 7 days ago", (study(CTA, on("2026-05-04")),), (RECENT,)),
    Case("a study without a date", (study(CTA, UNDATED),), ()),
    Case("a study in the future", (study(CTA, minutes_ahead(60)),), ()),
    Case("a recent study outside the topic", (study("mri-chest", days_ago(1)),), ()),
    Case("a recent CT without its contrast stated", (study(CT_UNSPECIFIED, days_ago(1)),), ()),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_chart_gives_rise_to_just_these_cautions(case: Case) -> None:
    assert tuple(caution.id for caution in cautions(*case.facts)) == case.expected


@pytest.mark.parametrize(
    ("fact", "bearing", "sparing"),
    [
        (egfr(20), (CTA, CT_WITH, EMBOLIZATION, CT_UNSPECIFIED), (RADIOGRAPH, CT_WITHOUT, "mri-chest")),
        (finding(Concept.CONTRAST_REACTION), (CTA, EMBOLIZATION, CT_UNSPECIFIED), (RADIOGRAPH, CT_WITHOUT)),
        (finding(Concept.THYROID), (CTA, EMBOLIZATION), (RADIOGRAPH, CT_WITHOUT)),
        (finding(Concept.PREGNANCY), (RADIOGRAPH, CTA, "fdg-pet"), ("mri-chest", "ultrasound-chest")),
        (finding(Concept.ANTICOAGULANT), (RADIOGRAPH, CTA, "mri-chest"), ()),
        (finding(Concept.TUBERCULOSIS), (RADIOGRAPH, "ultrasound-chest"), ()),
        (study(CTA, days_ago(1)), (CTA,), (CT_WITH, RADIOGRAPH)),
        (DRUG, (CTA, EMBOLIZATION, CT_UNSPECIFIED), (RADIOGRAPH, CT_WITHOUT)),
    ],
)
def test_a_caution_bears_only_on_the_studies_it_is_about(
    fact: Fact, bearing: tuple[str, ...], sparing: tuple[str, ...]
) -> None:
    (caution,) = cautions(fact)

    found = {p for p in (*bearing, *sparing) if bears_on(caution, knowledge().procedures[p], knowledge())}

    assert found == set(bearing)


@pytest.mark.parametrize(
    ("facts", "is_arterial_only"),
    [
        ((egfr(30),), True),
        ((egfr("29.9"),), False),
        ((egfr(80, days_ago(365)),), True),
        ((egfr(80, days_ago(366)),), False),
        ((), False),
        ((egfr(90), finding(Concept.ACUTE_KIDNEY_INJURY)), False),
        ((egfr(90, days_ago(1)), injury(days_ago(29))), False),
        ((egfr(90, days_ago(1)), injury(days_ago(2000))), True),
        ((egfr(90), finding(Concept.KIDNEY_DISEASE_SEVERE)), False),
        ((egfr(90), egfr(20, UNDATED)), False),
    ],
)
def test_metformin_with_good_kidneys_bears_on_arterial_studies_only(
    facts: tuple[Fact, ...], *, is_arterial_only: bool
) -> None:
    found = _metformin(cautions(DRUG, *facts))

    assert found.is_arterial_only is is_arterial_only
    assert bears_on(found, knowledge().procedures[EMBOLIZATION], knowledge())
    assert bears_on(found, knowledge().procedures[CTA], knowledge()) is not is_arterial_only


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ((), "metformin; kidney function not known"),
        ((egfr(50),), "metformin; eGFR 50 mL/min/1.73 m²"),
        ((finding(Concept.ACUTE_KIDNEY_INJURY),), "metformin; acute kidney injury charted"),
    ],
)
def test_metformin_is_shown_with_what_is_known_of_the_kidneys(facts: tuple[Fact, ...], words: str) -> None:
    found = _metformin(cautions(DRUG, *facts))

    assert f"{caution_text(found, knowledge())}; {kidneys_text(found)}" == words


def test_a_drug_found_by_its_name_only_is_marked_so() -> None:
    (caution,) = cautions(finding(Concept.ANTICOAGULANT, by_text="warfarin"))

    assert caution.by_text == "warfarin"


def test_the_newest_kidney_function_is_shown_with_its_date() -> None:
    (caution,) = cautions(egfr(25, days_ago(3)), egfr(22, days_ago(1)))

    assert caution_text(caution, knowledge()) == "eGFR 22 mL/min/1.73 m²"
    assert caution.when == days_ago(1)


@pytest.mark.parametrize("read", [unavailable, incomplete])
@pytest.mark.parametrize(
    ("kind", "missed"),
    [
        (Kind.LABS, (Kind.LABS,)),
        (Kind.ALLERGIES, (Kind.ALLERGIES,)),
        (Kind.MEDICATIONS, (Kind.MEDICATIONS,)),
        (Kind.IMAGING, (Kind.IMAGING,)),
        (Kind.PREGNANCY, (Kind.PREGNANCY,)),
        (Kind.CONDITIONS, (Kind.CONDITIONS, Kind.PREGNANCY)),
        (Kind.VITALS, ()),
    ],
)
def test_cautions_whose_data_are_missing_are_not_assessed_rather_than_none(
    read: Callable[[Kind], Read], kind: Kind, missed: tuple[Kind, ...]
) -> None:
    assert not_assessed(chart(read(kind))) == missed


def test_pregnancy_is_not_missed_in_a_male_patient() -> None:
    assert not_assessed(chart(Gender("male"), unavailable(Kind.PREGNANCY))) == ()


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        ((), [Kind.LABS]),
        ((egfr(80),), []),
        ((creatinine(days_ago(1)),), []),
        ((finding(Concept.ACUTE_KIDNEY_INJURY),), []),
        ((unavailable(Kind.LABS),), []),
    ],
)
def test_what_was_never_charted_is_neither_none_nor_not_assessed(
    facts: tuple[Fact, ...], kinds: list[Kind]
) -> None:
    assert list(never_charted(chart(*facts))) == kinds


@pytest.mark.parametrize(("has_entries", "is_listed"), [(True, False), (False, True)])
def test_an_empty_list_of_allergies_is_not_a_list_without_this_one(
    *, has_entries: bool, is_listed: bool
) -> None:
    facts = replace(chart(), has_allergy_entries=has_entries)

    assert (Kind.ALLERGIES in never_charted(facts)) is is_listed


def test_cautions_come_in_the_order_in_which_they_matter() -> None:
    found = cautions(
        study(CTA, days_ago(1)),
        finding(Concept.THYROID),
        finding(Concept.TUBERCULOSIS),
        DRUG,
        egfr(20),
        finding(Concept.ANTIPLATELET),
        finding(Concept.PREGNANCY),
        finding(Concept.CONTRAST_REACTION),
    )

    assert [caution.id for caution in found] == [
        CautionId.CONTRAST_REACTION,
        CautionId.PREGNANCY,
        CautionId.ANTICOAGULATION,
        SEVERE,
        METFORMIN,
        CautionId.TUBERCULOSIS,
        CautionId.THYROID,
        RECENT,
    ]


def test_the_order_of_the_chart_does_not_change_the_order_of_the_cautions() -> None:
    facts = (
        finding(Concept.TUBERCULOSIS),
        finding(Concept.PREGNANCY),
        replace(finding(Concept.ANTICOAGULANT), reference="MedicationRequest/2"),
        finding(Concept.ANTICOAGULANT),
        egfr(20),
    )

    assert cautions(*facts) == cautions(*reversed(facts))


def _metformin(found: tuple[Caution, ...]) -> Caution:
    return next(caution for caution in found if caution.id is METFORMIN)
