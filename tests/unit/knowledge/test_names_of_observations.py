"""Names by which a local code of an Observation is read: the vital sign or value that it names, no other."""

import pytest

from cds_service.knowledge.terminology.concepts import Certainty, Concept
from cds_service.knowledge.terminology.terminology import Terminology
from tests.unit.knowledge.terminology_builders import C, concepts

MEASURED = {
    C.OXYGEN_SATURATION,
    C.SYSTOLIC_PRESSURE,
    C.BLOOD_PRESSURE_PANEL,
    C.RESPIRATORY_RATE,
    C.HEART_RATE,
    C.VENTILATOR_RATE,
    C.INHALED_OXYGEN_CONCENTRATION,
    C.INHALED_OXYGEN_FLOW,
    C.EGFR,
    C.CREATININE,
    C.PREGNANCY_TEST,
    C.PREGNANCY_STATUS,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SpO2", C.OXYGEN_SATURATION),
        ("SpO2 %", C.OXYGEN_SATURATION),
        ("SaO2 (blood gas)", C.OXYGEN_SATURATION),
        ("O2 Sat", C.OXYGEN_SATURATION),
        ("Oxygen saturation in Arterial blood by Pulse oximetry", C.OXYGEN_SATURATION),
        ("Pulse oximetry", C.OXYGEN_SATURATION),
        ("Saturation en oxygène", C.OXYGEN_SATURATION),
        ("Systolic blood pressure", C.SYSTOLIC_PRESSURE),
        ("Systolic Blood Pressure (invasive)", C.SYSTOLIC_PRESSURE),
        ("BP systolic", C.SYSTOLIC_PRESSURE),
        ("SBP", C.SYSTOLIC_PRESSURE),
        ("Pression artérielle systolique", C.SYSTOLIC_PRESSURE),
        ("TA systolique", C.SYSTOLIC_PRESSURE),
        ("Blood pressure", C.BLOOD_PRESSURE_PANEL),
        ("Systolic and diastolic blood pressure", C.BLOOD_PRESSURE_PANEL),
        ("Blood pressure systolic & diastolic", C.BLOOD_PRESSURE_PANEL),
        ("NIBP", C.BLOOD_PRESSURE_PANEL),
        ("Tension artérielle", C.BLOOD_PRESSURE_PANEL),
        ("Respiratory rate", C.RESPIRATORY_RATE),
        ("Resp Rate", C.RESPIRATORY_RATE),
        ("Respirations", C.RESPIRATORY_RATE),
        ("Resp. Rate", C.RESPIRATORY_RATE),
        ("O2 sat.", C.OXYGEN_SATURATION),
        ("Fréquence respiratoire", C.RESPIRATORY_RATE),
        ("Heart rate", C.HEART_RATE),
        ("Pulse", C.HEART_RATE),
        ("Fréquence cardiaque", C.HEART_RATE),
        ("Pouls", C.HEART_RATE),
        ("Respiratory rate (ventilator)", C.VENTILATOR_RATE),
        ("Respiratory rate set", C.VENTILATOR_RATE),
        ("FiO2", C.INHALED_OXYGEN_CONCENTRATION),
        ("Fraction inspirée en oxygène", C.INHALED_OXYGEN_CONCENTRATION),
        ("O2 flow rate", C.INHALED_OXYGEN_FLOW),
        ("Débit d'oxygène", C.INHALED_OXYGEN_FLOW),
        ("eGFR", C.EGFR),
        ("eGFR (CKD-EPI)", C.EGFR),
        ("DFG estimé", C.EGFR),
        ("Creatinine", C.CREATININE),
        ("Créatininémie", C.CREATININE),
        ("Creatinine, serum", C.CREATININE),
        ("hCG, qualitative", C.PREGNANCY_TEST),
        ("Urine pregnancy test", C.PREGNANCY_TEST),
        ("Pregnancy status", C.PREGNANCY_STATUS),
        ("Statut de grossesse", C.PREGNANCY_STATUS),
    ],
)
def test_a_name_says_what_is_measured(terminology: Terminology, name: str, expected: Concept) -> None:
    assert concepts(terminology.concepts_in(name)) & MEASURED == {expected}


@pytest.mark.parametrize(
    "name",
    [
        "Diastolic blood pressure",
        "Pression artérielle diastolique",
        "Mean arterial pressure",
        "Mean blood pressure",
        "Central venous pressure",
        "Pulmonary artery systolic pressure",
        "Right ventricular systolic pressure",
        "Systolic murmur",
        "Mixed venous oxygen saturation",
        "Central venous oxygen saturation",
        "ScvO2",
        "Saturation veineuse en oxygène",
        "Transferrin saturation",
        "Coefficient de saturation de la transferrine",
        "Oxygen saturation during exercise",
        "SpO2 during anesthesia",
        "SpO2 target",
        "SpO2 alarm low limit",
        "Pulse pressure",
        "Fetal heart rate",
        "Heart rate variability",
        "Dorsalis pedis pulse",
        "Urine creatinine",
        "Creatinine clearance",
        "Albumin/creatinine ratio",
        "Créatinine urinaire",
        "Clairance de la créatinine",
        "Creatine kinase",
        "Cockcroft-Gault GFR",
        "Body temperature",
        "Oxygen",
        "",
    ],
)
def test_a_name_of_another_thing_is_none_of_them(terminology: Terminology, name: str) -> None:
    assert concepts(terminology.concepts_in(name)) & MEASURED == set()


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("Blood pressure cuff size", C.BLOOD_PRESSURE_PANEL),
        ("SpO2 site: left hand", C.OXYGEN_SATURATION),
        ("Low blood pressure", C.BLOOD_PRESSURE_PANEL),
        ("Pulse quality", C.HEART_RATE),
        ("BP systolic (mean 52)", C.SYSTOLIC_PRESSURE),
        ("Intubation anticipated", C.VENTILATION),
    ],
)
def test_words_that_may_tell_of_another_thing_leave_a_doubt(
    terminology: Terminology, name: str, concept: Concept
) -> None:
    said = {match.concept: match.certainty for match in terminology.concepts_in(name)}

    assert said[concept] is Certainty.POSSIBLE


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("SpO2 (finger probe)", C.OXYGEN_SATURATION),
        ("Emergency intubation, difficult airway", C.VENTILATION),
        ("Orotracheal intubation, gastric tube placed", C.VENTILATION),
        ("Ventilation mécanique, perfusion de noradrénaline", C.VENTILATION),
        ("Mechanical ventilation (not yet extubated)", C.VENTILATION),
        ("Mechanical ventilation, then nasogastric intubation", C.VENTILATION),
        ("Hemorrhagic shock, not anaphylactic", C.HEMORRHAGIC_SHOCK),
        ("Septic shock, spinal epidural abscess", C.SHOCK),
        ("Choc cardiogénique, pointe akinétique", C.SHOCK),
        ("Anaphylactic shock", C.SHOCK),
        ("Norepinephrine 8 mg/250 mL oral intake nil", C.VASOPRESSOR),
        ("Rivaroxaban: patient has heparin induced thrombocytopenia", C.ANTICOAGULANT),
        ("Systemic lupus, on long-term anticoagulation", C.ANTICOAGULATION),
        ("Anticoagulation for a syndrome (lupus anticoagulant)", C.ANTICOAGULATION),
    ],
)
def test_a_word_of_another_clause_takes_nothing_back(
    terminology: Terminology, name: str, concept: Concept
) -> None:
    said = {match.concept: match.certainty for match in terminology.concepts_in(name)}

    assert said[concept] is Certainty.DEFINITE


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("Nasogastric intubation", C.VENTILATION),
        ("Electric shock", C.SHOCK),
        ("Choc électrique externe", C.SHOCK),
        ("O2 saturation, venous", C.OXYGEN_SATURATION),
        ("Heart rate (fetal)", C.HEART_RATE),
        ("Lupus anticoagulant", C.ANTICOAGULATION),
        ("Heparin-induced thrombocytopenia", C.ANTICOAGULANT),
        ("Cathflo (alteplase)", C.THROMBOLYTIC),
    ],
)
def test_words_right_beside_a_term_or_alone_in_the_next_clause_tell_of_another_thing(
    terminology: Terminology, name: str, concept: Concept
) -> None:
    assert concept not in concepts(terminology.concepts_in(name))


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("No complications during intubation", {C.VENTILATION}),
        ("No fever or septic shock", {C.SHOCK, C.SEPSIS}),
        ("No septic shock", set()),
        ("Sepsis without septic shock", set()),
        ("Septic shock: no", set()),
    ],
)
def test_a_no_from_afar_is_told_apart_from_one_right_beside(
    terminology: Terminology, text: str, denied: set[Concept]
) -> None:
    found, from_afar = terminology.terms.read(text)

    assert from_afar == denied
    assert not concepts(found) & {C.SHOCK, C.VENTILATION}


def test_a_name_can_say_that_air_was_breathed(terminology: Terminology) -> None:
    for name in ("SpO2 on room air", "SpO2 en air ambiant"):
        assert concepts(terminology.concepts_in(name)) == {C.OXYGEN_SATURATION, C.OXYGEN_SATURATION_ON_AIR}
