"""No word beside an agent or a drug takes its caution away (BEHAVIOUR 6): every listed word, and tables."""

import csv
from itertools import product

import pytest

from cds_service.clinical.facts import Availability
from cds_service.fhir.codes import Meanings
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.load import SHIPPED_DATA, load_knowledge
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import SNOMED, Json, allergy, concept, condition, facts_of
from tests.unit.fhir.test_contrast_reactions import GADOLINIUM, IOHEXOL, RXNORM, reacted_to
from tests.unit.fhir.test_safety import drug

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
X_RAY_CONTRAST, ANY_CONTRAST = "293638001", "293637006"
ORDERS = ("{} / {}", "{1}, {0}", "{} ({})", "{1} and {0}")


def listed(concept_of: Concept, certainty: str) -> list[str]:
    with (SHIPPED_DATA / "codelists/terms.csv").open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    return [row["words"] for row in rows if (row["concept"], row["certainty"]) == (concept_of, certainty)]


def is_cautioned(code: Json) -> bool:
    read = facts_of(allergy(code=code))
    return Concept.CONTRAST_REACTION in {finding.concept for finding in read.safety}


# --- contrast ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
def test_an_iodinated_agent_counts_beside_whatever_else_is_named(order: str) -> None:
    others = [*listed(Concept.OTHER_CONTRAST, "possible"), "gadolinium", "Gadavist", "barium", "SonoVue"]
    agents = listed(Concept.IODINATED_CONTRAST, "definite")

    lost = [
        order.format(agent, other)
        for agent, other in product(agents, others)
        if not is_cautioned({"text": order.format(agent, other)})
    ]

    assert lost == []


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_no_contrast_says_nothing_of_contrast_beside_it(order: str) -> None:
    bare, others = (
        listed(Concept.IODINATED_CONTRAST, "possible"),
        listed(Concept.OTHER_CONTRAST, "possible"),
    )

    lost = [t for pair in product(bare, others) if not is_cautioned({"text": (t := order.format(*pair))})]

    assert lost == []


@pytest.mark.parametrize("other", ["gadolinium", "Gadavist", "barium", "SonoVue"])
def test_another_agent_overrules_contrast_whose_kind_is_not_stated(other: str) -> None:
    assert not any(
        is_cautioned({"text": f"{bare} ({other})"}) for bare in listed(Concept.IODINATED_CONTRAST, "possible")
    )


@pytest.mark.parametrize(
    "text",
    [
        "Iodine based contrast media",
        "Contrast media (iodine-containing)",
        "Produit de contraste iodé, fruits de mer",
        "Contrast - hives; fish - hives",
        "Radiographic contrast / gadolinium",
        "Jodkontrastmittel",
        "possible iohexol, gadolinium",
    ],
)
def test_the_words_of_charts_for_contrast_and_something_else_are_read(text: str) -> None:
    assert is_cautioned({"text": text})


@pytest.mark.parametrize("substance", ["Iodine", "shellfish", "Gadolinium", "Povidone-iodine"])
def test_the_substance_of_a_reaction_takes_no_agent_away(substance: str) -> None:
    read = facts_of(allergy(code=IOHEXOL, reaction=reacted_to({"text": substance})))

    assert [finding.concept for finding in read.safety] == [Concept.CONTRAST_REACTION]


@pytest.mark.parametrize(
    ("code", "text", "cautioned", "unreadable"),
    [
        (X_RAY_CONTRAST, "X-ray contrast media allergy (iodine)", True, 0),
        (X_RAY_CONTRAST, "Gadolinium", False, 1),
        (ANY_CONTRAST, "Gadolinium", False, 0),
        ("395751002", "Gadavist", False, 1),
        ("44588005", "IV contrast", True, 0),
        ("735029006", "Shellfish, contrast dye", True, 0),
        ("58281002", "IV contrast", False, 0),
        ("58281002", "Omnipaque", True, 0),
    ],
)
def test_a_code_and_words_that_disagree_are_never_none(
    code: str, text: str, cautioned: bool, unreadable: int
) -> None:
    read = facts_of(allergy(code=concept(SNOMED, code, text=text)))

    assert bool(read.safety) is cautioned
    assert read.unreadable.get(Kind.ALLERGIES, 0) == unreadable


@pytest.mark.parametrize(
    ("code", "found", "availability"),
    [
        ({"text": "Radiographic dye (iodine) allergy"}, True, Availability.AVAILABLE),
        ({"text": "Allergy to contrast media and shellfish"}, True, Availability.AVAILABLE),
        ({"text": "Gadolinium allergy"}, False, Availability.INCOMPLETE),
    ],
)
def test_a_coded_reaction_of_the_problem_list_is_not_voided_by_its_words(
    code: Json, found: bool, availability: Availability
) -> None:
    read = facts_of(condition(code={**concept(ICD_10_CM, "Z91.041"), **code}), allergy(code=GADOLINIUM))

    assert bool(read.safety) is found
    assert read.availability[Kind.ALLERGIES] is availability


@pytest.mark.parametrize(
    ("texts", "cautioned", "unreadable"),
    [
        (
            "Gadobutrol; tolerated iohexol 2023|Iohexol: no reaction on rechallenge 2024|Iohexol (tolerated)|"
            "Iohexol, tolerated 2023|Iohexol well tolerated|IV contrast: tolerated|Ioméprol bien toléré 2021|"
            "Produit de contraste iodé : sans réaction|Kontrastmittel gut vertragen|"
            "Iohexol negative rechallenge|shellfish, tolerated iohexol|Iohexol without reaction 2024",
            False,
            1,
        ),
        (
            "Iohexol not tolerated|Iohexol was not well tolerated|Cannot tolerate iohexol|"
            "Does not tolerate IV contrast|Iohexol hives 2015, tolerated iodixanol 2020|"
            "Iohexol hives 2015; tolerated with premedication|Iodixanol tolerated, iohexol hives|"
            "CT dye; tolerates gadolinium|Contrast dye (tolerates gadolinium)|Iohexol: hives on rechallenge|"
            "Visipaque anaphylaxis 2019 (tolerates Omnipaque)|Jodkontrastmittel nicht vertragen|"
            "Contrast - hives; tolerated CT 2020|Intolerance to iohexol|possible iohexol",
            True,
            0,
        ),
        ("Gadolinium|Gadobutrol; tolerates barium sulfate|Penicillin, tolerated cefazolin", False, 0),
    ],
)
def test_an_agent_that_was_tolerated_is_to_check_and_another_beside_it_stays_what_it_is(
    texts: str, cautioned: bool, unreadable: int
) -> None:
    read = {text: facts_of(allergy(code={"text": text})) for text in texts.split("|")}

    found = {t: (bool(r.safety), r.unreadable.get(Kind.ALLERGIES, 0)) for t, r in read.items()}
    assert found == dict.fromkeys(read, (cautioned, unreadable))


# --- drugs that bleed --------------------------------------------------------------------------------------

LINE_CARE = ("flush", "lock", "line flush", "gel", "rinçage")


def drugs_in(text: str) -> set[Concept]:
    read = facts_of(drug(medicationCodeableConcept={"text": text}))
    return {finding.concept for finding in read.safety}


@pytest.mark.parametrize("words", LINE_CARE)
def test_line_care_takes_no_drug_but_heparin_away(words: str) -> None:
    heparin = set(listed(Concept.LINE_CARE, "possible"))
    bleeds = (Concept.ANTICOAGULANT, Concept.ANTIPLATELET, Concept.THROMBOLYTIC)

    lost = [
        name
        for concept_of in bleeds
        for name in listed(concept_of, "definite")
        if name not in heparin and concept_of not in drugs_in(f"{name} {words}")
    ]

    assert lost == []


@pytest.mark.parametrize(
    "text",
    [
        "Heparin 25000 units in 500 mL, IV infusion via central line",
        "Heparin 18 U/kg/h, flush",
        "Heparin infusion 18 U/kg/h, flush line after each bag",
        "Heparin 5000 units SC, flush line after each dose",
        "Enoxaparin (Lovenox) 40 mg/0.4 mL, remove epidural catheter line first",
        "Énoxaparine 4000 UI, rinçage",
        "heparin lock and warfarin",
        "Alteplase infusion, catheter-directed",
        "DOAC",
        "AVK",
        "HBPM",
        "antiplatelets",
        "vitamin K antagonist",
    ],
)
def test_a_drug_that_bleeds_is_found_among_other_words(text: str) -> None:
    assert drugs_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Heparin flush 10 units/mL",
        "Heparin, porcine 10 unit/mL flush",
        "héparine, verrou",
        "heparin 2 UNT/ML",
    ],
)
def test_what_keeps_a_line_open_is_no_anticoagulation(text: str) -> None:
    read = facts_of(drug(medicationCodeableConcept={"text": text}))

    assert (read.safety, read.unreadable) == ((), {})


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("1364430", "Apixaban 5 mg liquid-gel capsule"),
        ("67108", "Enoxaparin flush"),
        ("5224", "Heparin infusion 18 U/kg/h, flush line after each bag"),
    ],
)
def test_a_coded_drug_is_not_voided_by_a_word(code: str, text: str) -> None:
    assert facts_of(drug(medicationCodeableConcept=concept(RXNORM, code, text=text))).safety


def test_heparin_that_is_given_at_a_rate_is_no_line_care() -> None:
    rate = [{"doseAndRate": [{"rateQuantity": {"value": 12, "unit": "U/kg/h"}}]}]
    flush = concept(RXNORM, "5224", text="Heparin flush")

    assert facts_of(drug(medicationCodeableConcept=flush, dosageInstruction=rate)).safety


def test_long_term_use_of_antiplatelets_is_found_by_its_code_and_no_allergy_to_one_is() -> None:
    by_code = facts_of(condition(code=concept(ICD_10_CM, "Z79.02")))
    by_name = facts_of(condition(code={"text": "Aspirin allergy"}))

    assert [finding.concept for finding in by_code.safety] == [Concept.ANTIPLATELET]
    assert by_name.safety == ()


NOTHING, TO_CHECK, TAKEN = (False, 0), (False, 1), (True, 0)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (
            "Phytonadione 10 mg IV (warfarin reversal)|Protamine sulfate (heparin reversal)|"
            "Andexxa (factor Xa inhibitor reversal)|Praxbind (idarucizumab, reverses dabigatran)|"
            "Vitamin K for reversal of warfarin|Kcentra - rivaroxaban reversal|Antidote to heparin|"
            "Antidote de l'héparine|Antagonisation des AVK|Réversion AVK: PPSB|Alteplase reversal|"
            "Protamine 50 mg for heparin neutralization|Sulfate de protamine (neutralise l'héparine)|"
            "History of warfarin use|NPH insulin (protamine)|Acetaminophen (non-aspirin)",
            NOTHING,
        ),
        (
            "Phytonadione (warfarin)|Vitamine K1 (surdosage AVK)|Idarucizumab, dabigatran antidote|"
            "Heparin allergy|Allergie à l'héparine|Aspirin contraindicated|possible warfarin|"
            "Ibuprofen 400 mg, avoid with warfarin|Metronidazole (interacts with warfarin)|"
            "Contre-indication aux anticoagulants",
            TO_CHECK,
        ),
        (
            "Apixaban 5 mg (warfarin contraindicated)|Enoxaparin 40 mg SC, heparin allergy|"
            "Apixaban 5 mg (penicillin allergy)|Heparin infusion, reverse with protamine if bleeding|"
            "Warfarin 5 mg, INR reversed last week|Dabigatran (Pradaxa) 150 mg, antidote available|"
            "Clopidogrel 75 mg (aspirin intolerance)|Rivaroxaban 20 mg (instead of warfarin)|"
            "Enoxaparin bridge to warfarin|Apixaban - no known allergies|vitamin K antagonist|"
            "Insulin isophane protamine; heparin 5000 units SC|Warfarin 5 mg (allergic to penicillin)",
            TAKEN,
        ),
    ],
)
def test_an_antidote_is_not_the_drug_and_what_is_only_possible_is_to_check(
    texts: str, told: tuple[bool, int]
) -> None:
    read = {text: facts_of(drug(medicationCodeableConcept={"text": text})) for text in texts.split("|")}

    found = {t: (bool(r.safety), r.unreadable.get(Kind.MEDICATIONS, 0)) for t, r in read.items()}
    assert found == dict.fromkeys(read, told)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (
            "Anticoagulation contraindicated|Contraindication to anticoagulation|Refuses anticoagulation|"
            "Atrial fibrillation, anticoagulation contraindicated|Anticoagulation contre-indiquée|"
            "Contre-indication au traitement anticoagulant|History of anticoagulation",
            NOTHING,
        ),
        ("Possible anticoagulation|Anticoagulation was declined", TO_CHECK),
        (
            "Long-term anticoagulation|Sous anticoagulants|AF on anticoagulation, aspirin contraindicated|"
            "Anticoagulated for AF",
            TAKEN,
        ),
    ],
)
def test_a_contraindication_is_no_anticoagulation(texts: str, told: tuple[bool, int]) -> None:
    read = {t: facts_of(condition(code=concept(ICD_10_CM, "Z53.09", text=t))) for t in texts.split("|")}

    found = {t: (bool(r.safety), r.unreadable.get(Kind.MEDICATIONS, 0)) for t, r in read.items()}
    assert found == dict.fromkeys(read, told)


# --- what speaks against the drugs of the critical card ---------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        (
            {Concept.ISCHEMIA, Concept.INFARCTION},
            "Unstable angina|Angor instable|Ischemic heart disease|Cardiopathie ischémique|SCA ST+|Type 2 MI|"
            "Intestinal ischemia|Bowel ischemia|Ischémie intestinale|Mesenteric infarction|"
            "Infarctus mésentérique|Critical limb-threatening ischaemia|Coronary artery disease|"
            "Ischémie aiguë du membre inférieur gauche|Peripheral arterial disease stage IV|AOMI|"
            "Artériopathie oblitérante des membres inférieurs|Acute on chronic limb ischemia",
        ),
        (
            {Concept.THROMBOSIS, Concept.PULMONARY_EMBOLISM},
            "VTE|MTEV|EP bilatérale|Left atrial thrombus|Thrombus VG|Thrombophlébite cérébrale|Active DIC|"
            "CIVD|History of DVT|ATCD de phlébite|Portal vein thrombosis",
        ),
    ],
)
def test_what_speaks_against_a_drug_is_known_by_its_words(wanted: set[Concept], texts: str) -> None:
    meanings = Meanings(load_knowledge())

    unknown = [
        text
        for text in texts.split("|")
        if not any(match.concept in wanted and match.is_present for match in meanings.in_text(text))
    ]

    assert unknown == []
