"""The vocabulary of the terminology: clinical concepts, their roles, codings and order codes."""

from dataclasses import dataclass
from enum import StrEnum


class Concept(StrEnum):
    """The clinical concepts that decide something; each has a code list of the same name."""

    HEMOPTYSIS = "hemoptysis"
    ACUTE_RESPIRATORY_FAILURE = "acute-respiratory-failure"
    RESPIRATORY_FAILURE_UNSPECIFIED = "respiratory-failure-unspecified"
    HYPOXEMIA = "hypoxemia"
    HYPOVOLEMIC_SHOCK = "hypovolemic-shock"
    CHRONIC_RESPIRATORY_FAILURE = "chronic-respiratory-failure"
    COPD = "copd"
    LUNG_CANCER = "lung-cancer"
    LUNG_CANCER_HISTORY = "lung-cancer-history"
    CAVITATING_LESION = "cavitating-lesion"
    LUNG_MASS = "lung-mass"
    TUBERCULOSIS = "tuberculosis"
    TUBERCULOSIS_SEQUELAE = "tuberculosis-sequelae"
    BRONCHIECTASIS = "bronchiectasis"
    CYSTIC_FIBROSIS = "cystic-fibrosis"
    ASPERGILLOSIS = "aspergillosis"
    PNEUMONIA = "pneumonia"
    RESPIRATORY_INFECTION = "respiratory-infection"
    PULMONARY_EMBOLISM = "pulmonary-embolism"
    PULMONARY_EMBOLISM_HISTORY = "pulmonary-embolism-history"
    FOREIGN_BODY = "foreign-body"
    VASCULITIS = "vasculitis"
    HEMOSIDEROSIS = "pulmonary-hemosiderosis"
    PULMONARY_ARTERY_ANEURYSM = "pulmonary-artery-aneurysm"
    PULMONARY_AV_MALFORMATION = "pulmonary-av-malformation"
    COUGH = "cough"
    DYSPNEA = "dyspnea"
    SEVERE = "severe"
    ANTICOAGULATION = "anticoagulation"
    ANTICOAGULANT = "anticoagulant"
    METFORMIN = "metformin"
    PREGNANCY = "pregnancy"
    CONTRAST_REACTION = "contrast-reaction"
    KIDNEY_DISEASE_SEVERE = "kidney-disease-severe"
    KIDNEY_DISEASE_OTHER = "kidney-disease-other"
    ACUTE_KIDNEY_INJURY = "acute-kidney-injury"
    THYROID = "hyperthyroidism"
    BRONCHIAL_EMBOLIZATION = "bronchial-embolization"
    UNNAMED_EMBOLIZATION = "embolization-of-unnamed-vessel"
    OXYGEN_SATURATION = "oxygen-saturation"
    SYSTOLIC_PRESSURE = "systolic-pressure"
    BLOOD_PRESSURE_PANEL = "blood-pressure-panel"
    RESPIRATORY_RATE = "respiratory-rate"
    INHALED_OXYGEN_CONCENTRATION = "inhaled-oxygen-concentration"
    INHALED_OXYGEN_FLOW = "inhaled-oxygen-flow"
    EXPECTORATED_BLOOD = "expectorated-blood"
    EGFR = "egfr"
    PREGNANCY_STATUS = "pregnancy-status"
    PREGNANCY_TEST = "pregnancy-test"


class Role(StrEnum):
    """What a concept does besides naming itself; stated in the manifest of the code lists."""

    CAUSE = "cause"
    RESPIRATORY_SYMPTOM = "respiratory-symptom"
    HIGH_RISK = "high-risk"


class Certainty(StrEnum):
    """Whether a code means the concept, or only possibly so (then a card asks to confirm)."""

    DEFINITE = "definite"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Coding:
    """A code in a system; the system is the canonical URI where it is known by any of its names."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class ConceptMatch:
    """A concept found in a coding, or in a text (then `by_text` is the term that matched)."""

    concept: Concept
    certainty: Certainty = Certainty.DEFINITE
    by_text: str = ""


@dataclass(frozen=True, slots=True)
class OrderCode:
    """What an order code stands for.

    `is_pulmonary_arteries`: CT angiography of the pulmonary arteries, rated as CTA chest.
    `needs_hemoptysis_reason`: a code for any vessel, bronchial only when the reason is hemoptysis.
    """

    coding: Coding
    procedure: str
    is_pulmonary_arteries: bool = False
    needs_hemoptysis_reason: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand for a concept, folded (no accents, lower case)."""

    concept: Concept
    words: str
    certainty: Certainty = Certainty.DEFINITE
