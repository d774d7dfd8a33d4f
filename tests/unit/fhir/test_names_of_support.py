"""Support by its name alone: what ventilates, what only sounds so, and which vasopressor runs."""

from typing import Final

import pytest

from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import LOINC, TODAY, Json, concept, condition, facts_of, observation, quantity
from tests.unit.fhir.test_supports import administration, ordered, procedure, supports_of

SURE, UNSURE = False, True
VITAL: Final[Json] = {"category": [{"coding": [{"code": "vital-signs"}]}]}


def named(text: str) -> Json:
    return {"medicationCodeableConcept": {"text": text}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, "Ventilator") for name in ("O2 Device", "Oxygen Delivery Method", "Equipment")],
        *[(name, "ETT") for name in ("Airway", "Airway Type", "O2 Device", "Oxygen Delivery Method")],
        *[("Vent Mode", "AC/VC"), ("Ventilator Mode", "PRVC"), ("Airway Type", "Oral ETT")],
        *[("Mode ventilatoire", "VAC"), ("Support respiratoire", "ventilateur")],
        *[("Ventilator", "yes"), ("O2 delivery", "Vent"), ("Airway", "Endotracheal tube")],
    ],
)
def test_what_the_ward_charts_of_a_ventilator_is_a_sign(name: str, value: str) -> None:
    found = facts_of(observation({"text": name}, valueString=value, **VITAL))

    assert [(s.concept, s.is_unsure) for s in found.supports] == [(Concept.VENTILATION, UNSURE)]
    assert found.unreadable == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("Airway", "Patent"), ("O2 Device", "Room air"), ("O2 Device", "None"), ("Echo", "ETT")],
        *[("Ventilator", "no"), ("Vent Mode", "none"), ("Ventilator weaning protocol", "n/a")],
    ],
)
def test_names_of_devices_without_a_ventilator_are_no_sign(name: str, value: str) -> None:
    assert supports_of(observation({"text": name}, valueString=value, **VITAL)) == []


def test_a_tidal_volume_is_a_sign_by_its_name_alone() -> None:
    volume = concept(LOINC, "20112-9")
    by_name = observation({**volume, "text": "Tidal volume"}, valueQuantity=quantity(450, "mL"), **VITAL)

    assert supports_of(by_name) == [(Concept.VENTILATION, UNSURE)]


@pytest.mark.parametrize(
    "name",
    [
        *("Intubation", "Emergency intubation", "Rapid sequence intubation performed", "Intubated in ED"),
        *("ETT placed", "Double-lumen endobronchial tube placement", "Oral intubation with bougie"),
        *("Difficult intubation, ETT placed second attempt", "Intubated at home by EMS"),
        *("Intubation trachéale", "Intubation en urgence", "Intubé à domicile par le SAMU", "IOT"),
        *("Mechanical ventilation", "Nasolacrimal intubation; endotracheal intubation"),
        *("Orotracheal intubation, NG tube placed", "Orotracheal intubation, consent waived"),
        *("Reintubation", "Laryngoscopy and intubation", "Intubation sélective gauche"),
    ],
)
def test_a_procedure_that_names_the_airway_or_nothing_else_is_sure(name: str) -> None:
    assert supports_of(procedure({"text": name}, performedDateTime=TODAY)) == [(Concept.VENTILATION, SURE)]


@pytest.mark.parametrize(
    "name",
    [
        *("Intubation, difficult", "Intubation of something", "RSI", "Full code, intubated"),
        *("Refuses blood products, intubated", "DNR, intubated", "Intubation, NG tube placed"),
        *("Chest x-ray for endotracheal tube placement", "Sedation for intubation", "ETT exchange"),
    ],
)
def test_a_bare_word_in_a_longer_name_and_doubt_beside_it_are_not_sure(name: str) -> None:
    assert supports_of(procedure({"text": name}, performedDateTime=TODAY)) == [(Concept.VENTILATION, UNSURE)]


@pytest.mark.parametrize(
    "name",
    [
        *("Nasolacrimal duct intubation", "Ureteral intubation", "NG tube intubation", "Biliary intubation"),
        *("Difficult intubation alert", "Pre-anesthesia assessment: easy intubation predicted"),
        *("Anesthesia consult: Mallampati 1, intubation not difficult", "Intubation kit check"),
        *("Advance directive: refuses mechanical ventilation", "Consent for intubation"),
        *("Declines intubation", "Ventilation training", "Mechanical ventilation teaching for family"),
        *("CPR training", "Full code: CPR if arrest", "Simulation: cardiac arrest", "Formation CPR"),
        *("Code status: DNR, no intubation", "Directives anticipées : refuse la ventilation mécanique"),
        *("Intubation lacrymonasale", "Intubation du canal lacrymal", "Cecal intubation reached"),
        *("Post-intubation tracheal stenosis", "Mechanical ventilation (patient refused)"),
        *("ECMO education", "Blood transfusion refused", "Red cell transfusion education"),
    ],
)
def test_other_organs_plans_training_and_wishes_are_no_support(name: str) -> None:
    assert supports_of(procedure({"text": name}, performedDateTime=TODAY)) == []


@pytest.mark.parametrize("name", ["CPR", "CPR performed", "Bystander CPR", "Cardiopulmonary resuscitation"])
def test_resuscitation_is_sure(name: str) -> None:
    assert supports_of(procedure({"text": name}, performedDateTime=TODAY)) == [(Concept.ARREST, SURE)]


@pytest.mark.parametrize(
    ("name", "is_unsure"),
    [("ECMO", SURE), ("VV ECMO", SURE), ("ECMO cannulation", SURE), ("ECMO consult", UNSURE)],
)
def test_ecmo_is_sure_alone_and_with_how_it_is_run(name: str, is_unsure: bool) -> None:
    assert supports_of(procedure({"text": name}, performedDateTime=TODAY)) == [(Concept.ECMO, is_unsure)]


@pytest.mark.parametrize(
    "name",
    [
        *("OSA on BiPAP", "OSA on NIV", "BiPAP for OSA", "OSA on CPAP", "COPD GOLD 4, home NIV"),
        *("SAOS appareillé par VNI nocturne", "BPCO sous VNI à domicile", "Home mechanical ventilation"),
        *("Chronic hypercapnic respiratory failure on home BiPAP",),
    ],
)
def test_ventilation_at_home_or_asleep_is_oxygen_to_a_saturation_and_no_sign(name: str) -> None:
    assert supports_of(condition(code={"text": name})) == [(Concept.OXYGEN_THERAPY, SURE)]


@pytest.mark.parametrize("name", ["COPD exacerbation on BiPAP", "Acute failure requiring NIV", "Sous VNI"])
def test_noninvasive_ventilation_that_is_not_called_so_may_be_acute(name: str) -> None:
    expected = {(Concept.NONINVASIVE_VENTILATION, UNSURE), (Concept.OXYGEN_THERAPY, SURE)}

    assert {*supports_of(condition(code={"text": name}))} == expected


@pytest.mark.parametrize("name", ["Nocturnal hypoxemia", "Sleep-related hypoxemia", "Hypoxémie nocturne"])
def test_hypoxemia_of_sleep_is_no_hypoxemia_of_now(name: str) -> None:
    (diagnosis,) = facts_of(condition(code={"text": name})).diagnoses or (None,)

    assert diagnosis is None or not diagnosis.means(Concept.HYPOXEMIA)


@pytest.mark.parametrize(
    "drug",
    [
        "norepinephrine 8 mg in 250 mL bag",
        "norepinephrine 8 mg in 250 mL bag, protect eyes",
        "norepinephrine 8 mg (protect eyes)",
        "norepinephrine infusion via central line, no topical",
        "norepinephrine infusion via central line, no topical anesthetic",
        "Norepinephrine - keep away from eyes",
        "Norepinephrine 4 mg, no nasal route",
        "Vasopressin 20 units, oral care q4h",
        "Epinephrine infusion for anaphylaxis",
        "Noradrénaline 8 mg IVSE, soins des yeux",
    ],
)
def test_no_word_in_a_further_clause_mutes_a_vasopressor(drug: str) -> None:
    for use in (ordered(**named(drug)), administration(**named(drug))):
        assert [concept for concept, _ in supports_of(use)] == [Concept.VASOPRESSOR]


@pytest.mark.parametrize(
    "text",
    [
        *("central line, protect eyes", "IV, avoid contact with eyes", "keep away from eyes"),
        *("titrate; do not give intramuscularly", "continuous, eye care q4h"),
    ],
)
def test_what_a_dosage_guards_against_is_no_form(text: str) -> None:
    assert supports_of(administration(dosage={"text": text})) == [(Concept.VASOPRESSOR, SURE)]
    assert supports_of(ordered(dosageInstruction=[{"text": text}])) != []


def test_a_vasopressor_given_for_anaphylaxis_is_not_muted_by_its_dosage() -> None:
    given = administration(dosage={"text": "anaphylaxis, titrate to MAP 65"})

    assert supports_of(given) == [(Concept.VASOPRESSOR, UNSURE)]


@pytest.mark.parametrize(
    "drug",
    [
        "Articaine 4 % adrénaline 1/200 000",
        "Lidocaine 2% with epinephrine 1:100,000",
        "Bupivacaine 0.5% and epinephrine 1:200,000",
        "Xylocaïne adrénaline",
        "phenylephrine-cocoa butter suppository (Preparation H)",
        "Venlafaxine (serotonin norepinephrine reuptake inhibitor)",
        "Duloxetine, serotonin-norepinephrine reuptake inhibitor",
        "Pramipexole (dopamine agonist)",
        "Metoclopramide (dopamine antagonist)",
        "Ropinirole, agoniste de la dopamine",
        "EPINEPHrine (ADRENALIN) 1 mg/mL injection for anaphylaxis PRN",
        "epinephrine 0.3 mg auto-injector",
        "phenylephrine hydrochloride 25 MG/ML Ophthalmic Solution",
        "Phenylephrine 2.5 %, ophthalmic solution",
        "phenylephrine 0.5 % nasal spray",
        "Eye drops: phenylephrine 10 %",
        "phénylephrine collyre 10 %",
    ],
)
def test_local_forms_and_classes_of_drugs_are_no_running_vasopressor(drug: str) -> None:
    assert supports_of(ordered(**named(drug))) == []
    assert (Concept.VASOPRESSOR, SURE) not in supports_of(administration(**named(drug)))
