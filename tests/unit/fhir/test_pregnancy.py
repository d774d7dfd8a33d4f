"""What is read of pregnancy: which answers mean yes, no, or neither."""

from typing import Any

import pytest

from cds_service.clinical.facts import Availability
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import (
    ICD,
    LOINC,
    SNOMED,
    Json,
    concept,
    condition,
    facts,
    facts_of,
    observation,
    quantity,
)

STATUS, TEST = concept(LOINC, "82810-3"), concept(LOINC, "2106-3")
DELIVERY, GESTATION = concept(LOINC, "11778-8"), concept(LOINC, "18185-9")
PREGNANT, NOT_PREGNANT = concept(SNOMED, "77386006"), concept(SNOMED, "60001007")
POSITIVE = {"system": SNOMED, "code": "10828004"}
YES, NO, UNKNOWN = Concept.PREGNANCY_STATUS, Concept.NOT_PREGNANT, Concept.PREGNANCY_UNKNOWN
MODIFIED = [{"url": "https://e.example/x", "valueBoolean": True}]


def safety(*resources: Any) -> list[Concept]:
    return [finding.concept for finding in facts_of(*resources).safety]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"valueCodeableConcept": PREGNANT}, YES),
        ({"valueCodeableConcept": concept(LOINC, "LA15173-0")}, YES),
        ({"valueCodeableConcept": {"text": "Pregnant"}}, YES),
        ({"valueCodeableConcept": {"coding": [{"display": "Pregnant"}]}}, YES),
        ({"valueString": "POS"}, YES),
        ({"valueString": "positive"}, YES),
        ({"valueString": "pregnant"}, YES),
        ({"valueBoolean": True}, YES),
        ({"valueString": "positiv"}, YES),
        ({"valueString": "+"}, YES),
        ({"valueString": "schwanger"}, YES),
        ({"valueCodeableConcept": {"text": "embarazada"}}, YES),
        ({"valueCodeableConcept": {"coding": [{**POSITIVE, "display": "Positive (qualifier value)"}]}}, YES),
        ({"valueString": "negativ"}, NO),
        ({"valueString": "nicht schwanger"}, NO),
        ({"valueCodeableConcept": {"coding": [POSITIVE]}}, UNKNOWN),
        ({"valueString": "-"}, UNKNOWN),
        ({"valueCodeableConcept": NOT_PREGNANT}, NO),
        ({"valueCodeableConcept": concept(LOINC, "LA26683-5")}, NO),
        ({"valueCodeableConcept": {"text": "Not pregnant"}}, NO),
        ({"valueCodeableConcept": {"coding": [{"display": "Not pregnant"}]}}, NO),
        ({"valueString": "neg"}, NO),
        ({"valueBoolean": False}, NO),
        ({"valueCodeableConcept": concept(LOINC, "LA4489-6")}, UNKNOWN),
        ({"valueCodeableConcept": {"text": "Unknown"}}, UNKNOWN),
        ({"valueCodeableConcept": concept("https://e.example/answers", "P")}, UNKNOWN),
        ({"valueCodeableConcept": {**PREGNANT, "text": "No"}}, UNKNOWN),
        ({"valueString": "see report"}, UNKNOWN),
        ({"valueInteger": 1}, UNKNOWN),
        ({"valueQuantity": quantity(25000, "m[IU]/mL")}, UNKNOWN),
        ({"valueString": "25000 mIU/mL"}, UNKNOWN),
        ({"dataAbsentReason": concept("x", "asked-unknown")}, UNKNOWN),
        ({}, UNKNOWN),
        ({"valueBoolean": True, "modifierExtension": MODIFIED}, UNKNOWN),
    ],
)
def test_an_answer_means_pregnant_not_pregnant_or_neither(members: Json, said: Concept) -> None:
    assert safety(observation(STATUS, **members)) == [said]


def test_a_positive_test_is_named_a_test() -> None:
    assert safety(observation(TEST, valueString="POS")) == [Concept.PREGNANCY_TEST]


def test_a_status_is_read_by_its_name_and_by_an_answer_that_speaks_for_itself() -> None:
    by_name = concept(LOINC, "2106-3", text="Pregnancy test")

    assert safety(observation(by_name, valueString="positive")) == [Concept.PREGNANCY_TEST]
    assert safety(observation(PREGNANT)) == [YES]
    assert safety(observation(PREGNANT, valueBoolean=False)) == [NO]


def test_an_answer_counts_whatever_code_its_question_has() -> None:
    unlisted = observation(concept(LOINC, "11449-6"), valueCodeableConcept=PREGNANT)
    unclear = observation(concept(LOINC, "11449-6"), valueString="4711")

    for written, said in ((unlisted, YES), (unclear, UNKNOWN)):
        (finding,) = facts({"pregnancy": written}).safety
        assert finding.concept is said


def test_a_masked_answer_is_unknown_and_leaves_its_kind_in_doubt() -> None:
    read = facts_of(observation(STATUS, dataAbsentReason=concept("x", "masked")))

    assert [finding.concept for finding in read.safety] == [UNKNOWN]
    assert read.availability[Kind.PREGNANCY] is Availability.INCOMPLETE


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_an_answer_that_does_not_count_is_dropped(status: str) -> None:
    read = facts_of(observation(STATUS, valueBoolean=True, status=status))

    assert (read.safety, read.dropped) == ((), {status: 1})


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"valueDateTime": "2027-02-01"}, Concept.DELIVERY_DATE_ESTIMATED),
        ({"valueDateTime": "2026-11-24"}, Concept.DELIVERY_DATE_ESTIMATED),
        ({"valueString": "2027-02-01"}, Concept.DELIVERY_DATE_ESTIMATED),
        ({"valueDateTime": "2026-11-20"}, UNKNOWN),
        ({"valueString": "in spring"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_an_expected_date_of_delivery_counts_while_it_lies_ahead(members: Json, said: Concept) -> None:
    assert safety(observation(DELIVERY, **members)) == [said]


@pytest.mark.parametrize(
    ("age", "unit", "taken", "is_present"),
    [
        (30, "wk", "2026-11-20", True),
        (30, "wk", "2026-09-02", True),
        (30, "wk", "2026-08-20", False),
        (210, "d", "2026-11-20", True),
        (39, "wk", "2026-05-01", False),
    ],
)
def test_a_gestational_age_counts_from_its_date_to_the_42nd_week(
    age: int, unit: str, taken: str, is_present: bool
) -> None:
    written = observation(GESTATION, valueQuantity=quantity(age, unit), effectiveDateTime=taken)

    (finding,) = facts_of(written).safety

    assert finding.concept is Concept.GESTATIONAL_AGE
    assert (finding.when.latest.isoformat()[:10] == taken) is is_present


@pytest.mark.parametrize(
    "value", [quantity(30, "furlong"), quantity(60, "wk"), quantity(20, "wk", comparator=">")]
)
def test_a_gestational_age_that_is_not_understood_is_unknown(value: Json) -> None:
    assert safety(observation(GESTATION, valueQuantity=value)) == [UNKNOWN]


def test_the_answer_may_stand_in_a_component_and_others_say_nothing() -> None:
    panel = observation(
        concept(LOINC, "00000-0"),
        component=[
            {"code": STATUS, "valueCodeableConcept": NOT_PREGNANT},
            {"code": concept(LOINC, "8665-2"), "valueDateTime": "2026-11-01"},
        ],
    )

    assert safety(panel) == [NO]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("Z33.1", [Concept.PREGNANCY]),
        ("Z3A.30", [Concept.PREGNANCY]),
        ("O09.93", [Concept.PREGNANCY]),
        ("O00.9", [Concept.PREGNANCY]),
        ("O99.89", [UNKNOWN]),
        ("Z39.2", [NO]),
        ("O72.1", [NO]),
        ("Z37.0", [NO]),
        ("Z87.59", []),
    ],
)
def test_a_diagnosis_means_pregnant_now_after_birth_or_neither(code: str, found: list[Concept]) -> None:
    assert safety(condition(code=concept(ICD, code))) == found


ICD_10, ICD_10_GM = "http://hl7.org/fhir/sid/icd-10", "http://fhir.de/CodeSystem/bfarm/icd-10-gm"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (concept(ICD_10_GM, "O09.3"), [UNKNOWN]),
        (concept(ICD_10, "O26.8"), [UNKNOWN]),
        (concept(ICD_10, "O26.8", text="Other specified pregnancy-related conditions"), [Concept.PREGNANCY]),
        (concept(ICD_10_GM, "O09.3", text="Schwangerschaft, 20. SSW"), [Concept.PREGNANCY]),
        (concept(ICD_10, "O99.8", text="Diseases complicating pregnancy and the puerperium"), [UNKNOWN]),
        (concept(ICD_10, "O26.8", text="Keine Schwangerschaft"), [UNKNOWN]),
        (concept(ICD_10, "O85"), [NO]),
        (concept(ICD_10, "P03"), []),
    ],
)
def test_a_code_of_the_chapter_on_pregnancy_leaves_it_open_but_for_its_words(
    written: Json, found: list[Concept]
) -> None:
    assert safety(condition(code=written)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Schwangerschaft 20. SSW", Concept.PREGNANCY),
        ("Embarazo 20 semanas", Concept.PREGNANCY),
        ("Gravidanza alla 20a settimana", Concept.PREGNANCY),
        ("Grávida de 20 semanas", Concept.PREGNANCY),
        ("zwanger, 20 weken", Concept.PREGNANCY),
        ("Schwangerschaftstest positiv", Concept.PREGNANCY),
        ("Positive pregnancy test", Concept.PREGNANCY),
        ("Test de grossesse positif", Concept.PREGNANCY),
        ("Verdacht auf Schwangerschaft", UNKNOWN),
        ("Schwangerschaftstest negativ", NO),
        ("Nicht schwanger", NO),
        ("Negative pregnancy test", NO),
    ],
)
def test_a_pregnancy_is_read_in_words_of_any_listed_language(text: str, found: Concept) -> None:
    assert safety(condition(code={"text": text})) == [found]


@pytest.mark.parametrize("name", ["Schwangerschaftstest", "Prueba de embarazo", "Schwangerschaftsstatus"])
def test_a_question_on_pregnancy_is_known_by_its_name_under_any_key(name: str) -> None:
    (finding,) = facts({"x": observation({"text": name}, valueString="positiv")}).safety

    assert finding.concept in (Concept.PREGNANCY_TEST, YES)


def test_a_test_that_is_named_with_its_result_needs_no_value() -> None:
    (finding,) = facts({"x": observation({"text": "Schwangerschaftstest positiv"})}).safety

    assert finding.concept is YES


@pytest.mark.parametrize(
    "members",
    [
        {"verificationStatus": concept("x", "unconfirmed"), "modifierExtension": MODIFIED},
        {"modifierExtension": MODIFIED},
    ],
)
def test_a_pregnancy_that_is_not_sure_is_unknown(members: Json) -> None:
    assert safety(condition(code=concept(ICD, "Z33.1"), **members)) == [UNKNOWN]


def test_a_pregnancy_is_as_new_as_the_later_of_its_dates() -> None:
    written = condition(code=concept(ICD, "Z33.1"), onsetDateTime="2019-03-01", recordedDate="2026-11-01")

    (finding,) = facts_of(written).safety

    assert finding.when.written == "2026-11-01"


RECENT = {"recordedDate": "2026-11-01"}


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (
            "Grossesse|Grossesse à risque|High-risk pregnancy|Pregnant 20 weeks|Pregnancy 2026|"
            "Pregnant, previous cesarean 2019|Pregnant with prior LSCS 2019|Pregnancy after IVF|"
            "Grossesse après FIV|Unplanned pregnancy|Planned pregnancy|Grossesse désirée|Enceinte de 20 SA|"
            "2019: pregnancy. Now pregnant 8 weeks|Pregnant, partner abroad|Last trimester of pregnancy|"
            "Pregnant teenager|Pregnant 12 weeks, desires termination|Grossesse gémellaire",
            [Concept.PREGNANCY],
        ),
        (
            "Planning pregnancy|Désir de grossesse|Projet de grossesse|Souhaite une grossesse|"
            "Trying to become pregnant|Unlikely to be pregnant|Grossesse peu probable|Pregnancy ended|"
            "Pregnancy ended in January|Termination of pregnancy|Interruption volontaire de grossesse 2026|"
            "Request for termination of pregnancy|Husband: partner pregnant|Wife pregnant|Risk of pregnancy|"
            "Fear of pregnancy|Previous pregnancy|Ectopic pregnancy right tube 2012|"
            "Schwangerschaft unwahrscheinlich",
            [UNKNOWN],
        ),
        (
            "Contraception, pregnancy prevention|Prévention de la grossesse|History of ectopic pregnancy|"
            "Avoiding pregnancy",
            [],
        ),
    ],
)
def test_words_beside_pregnancy_leave_it_open_and_only_its_prevention_or_a_history_says_nothing(
    texts: str, found: list[Concept]
) -> None:
    read = {text: safety(condition(code={"text": text}, **RECENT)) for text in texts.split("|")}

    assert read == dict.fromkeys(read, found)


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ({"text": "Grossesse extra-utérine 2015"}, "2015"),
        ({"text": "Ectopic pregnancy (03/2012)"}, "2012"),
        ({"text": "2012 ectopic pregnancy"}, "2012"),
        (concept(ICD, "O00.9", text="Ectopic pregnancy 2012"), "2012"),
        (concept(ICD, "O00.9", text="Ectopic pregnancy 2026"), "2026-11-01"),
        (concept(ICD, "Z34.90", text="Supervision of pregnancy, prior LSCS 2019"), "2026-11-01"),
    ],
)
def test_a_year_beside_the_word_tells_when_the_pregnancy_was(written: Json, when: str) -> None:
    (finding,) = facts_of(condition(code=written, **RECENT)).safety

    assert (finding.concept, finding.when.written) == (Concept.PREGNANCY, when)


@pytest.mark.parametrize(
    ("code", "found", "by_name"),
    [
        (concept(ICD, "Z34.90", text="Supervision of pregnancy"), Concept.PREGNANCY, False),
        (concept(SNOMED, "77386006", text="Pregnancy"), Concept.PREGNANCY, False),
        (concept(ICD, "Z31.69", text="Pregnancy counselling"), UNKNOWN, True),
        (concept("https://e.example/codes", "4711", text="Pregnancy"), Concept.PREGNANCY, True),
        ({"text": "Pregnancy"}, Concept.PREGNANCY, True),
    ],
)
def test_a_listed_code_is_no_name_and_words_beside_a_code_of_another_thing_leave_it_open(
    code: Json, found: Concept, by_name: bool
) -> None:
    (finding,) = facts_of(condition(code=code, **RECENT)).safety

    assert (finding.concept, bool(finding.by_text)) == (found, by_name)


@pytest.mark.parametrize(
    ("written", "is_ending"),
    [
        (concept(ICD, "O03.9"), True),
        (concept(ICD, "Z33.2"), True),
        (concept(ICD, "O07.4"), False),
        (concept(ICD, "O99.89"), False),
        ({"text": "Interruption volontaire de grossesse"}, True),
        ({"text": "Unlikely to be pregnant"}, False),
    ],
)
def test_a_code_or_words_of_an_ending_tell_so_and_leave_it_unknown(written: Json, is_ending: bool) -> None:
    (finding,) = facts_of(condition(code=written, **RECENT)).safety

    assert (finding.concept, finding.is_ending) == (UNKNOWN, is_ending)
