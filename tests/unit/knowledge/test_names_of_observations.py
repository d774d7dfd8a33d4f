"""Names by which a local code of an Observation is read: the vital sign or value that it names, no other."""

import pytest

from cds_service.knowledge.terminology.concepts import Concept
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
        ("eGFR (CKD-EPI, creatinine)", C.EGFR),
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
        "Blood pressure cuff size",
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
        "RR",
        "",
    ],
)
def test_a_name_of_another_thing_is_none_of_them(terminology: Terminology, name: str) -> None:
    assert concepts(terminology.concepts_in(name)) & MEASURED == set()


def test_a_name_can_say_that_air_was_breathed(terminology: Terminology) -> None:
    for name in ("SpO2 on room air", "SpO2 en air ambiant"):
        assert concepts(terminology.concepts_in(name)) == {C.OXYGEN_SATURATION, C.OXYGEN_SATURATION_ON_AIR}
