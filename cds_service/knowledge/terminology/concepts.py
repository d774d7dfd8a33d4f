"""The vocabulary of the terminology: clinical concepts, their roles, codings and order codes."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

import msgspec


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
    MILD_OR_MODERATE = "mild-or-moderate"
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
    OXYGEN_SATURATION_ON_AIR = "oxygen-saturation-on-air"
    HEART_RATE = "heart-rate"
    VENTILATOR_RATE = "ventilator-rate"
    OTHER_MEASUREMENT = "other-measurement"
    INFUSION = "infusion"
    LOCAL_FORM = "local-form"
    EXPECTORATED_BLOOD = "expectorated-blood"
    BLOODSTAINED_SPUTUM = "bloodstained-sputum"
    EGFR = "egfr"
    PREGNANCY_STATUS = "pregnancy-status"
    CREATININE = "creatinine"
    PREGNANCY_TEST = "pregnancy-test"
    NOT_PREGNANT = "not-pregnant"
    PREGNANCY_UNKNOWN = "pregnancy-unknown"
    DELIVERY_DATE_ESTIMATED = "delivery-date-estimated"
    GESTATIONAL_AGE = "gestational-age"
    SHOCK = "shock"
    HEMORRHAGIC_SHOCK = "hemorrhagic-shock"
    ARREST = "arrest"
    ACUTE_RESPIRATORY_DISTRESS = "acute-respiratory-distress"
    VENTILATION = "ventilation"
    NONINVASIVE_VENTILATION = "noninvasive-ventilation"
    ECMO = "ecmo"
    RED_CELL_TRANSFUSION = "red-cell-transfusion"
    VASOPRESSOR = "vasopressor"
    HOME_OXYGEN = "home-oxygen"
    OXYGEN_THERAPY = "oxygen-therapy"
    IODINATED_CONTRAST = "iodinated-contrast"
    OTHER_CONTRAST = "other-contrast"
    ANTIPLATELET = "antiplatelet"
    THROMBOLYTIC = "thrombolytic"
    BLEEDING_TREATMENT = "bleeding-treatment"
    LINE_CARE = "line-care"
    RECURRENCE = "recurrence"
    SEPSIS = "sepsis"
    INFARCTION = "infarction"
    ISCHEMIA = "ischemia"
    THROMBOSIS = "thrombosis"
    GASTROINTESTINAL_BLEEDING = "gastrointestinal-bleeding"


Role = Literal["cause", "respiratory-symptom", "high-risk", "lasting"]
"""What a concept does besides naming itself; stated in the manifest of the code lists.

`lasting`: what once was may be still, so that a history of it counts, possibly.
"""


class Certainty(StrEnum):
    """Whether a code or a text means the concept, only possibly so (a card asks to confirm), or in the past.

    Past is what a history says ("history of hemoptysis"): never the present state of the patient.
    """

    DEFINITE = "definite"
    POSSIBLE = "possible"
    PAST = "past"


AS_SURE: Final[Mapping[Certainty, int]] = MappingProxyType(
    {Certainty.PAST: 0, Certainty.POSSIBLE: 1, Certainty.DEFINITE: 2}
)
"""The certainties in order: of what is said twice the surer one counts."""


_ASKABLE: Final = re.compile(r"[A-Za-z0-9._~:/+-]+")


class Coding(msgspec.Struct, frozen=True):
    """A code in a system; the system is the canonical URI where it is known by any of its names."""

    system: str
    code: str
    display: str = ""

    @property
    def is_askable(self) -> bool:
        """True for one that can stand in a query as it is: no sign in it parts or ends a list of codes."""
        return _ASKABLE.fullmatch(f"{self.system}{self.code}") is not None


class ConceptMatch(msgspec.Struct, frozen=True):
    """A concept found in a coding, or in a text (then `by_text` is the term that matched, folded)."""

    concept: Concept
    certainty: Certainty = Certainty.DEFINITE
    by_text: str = ""

    @property
    def is_present(self) -> bool:
        """False for what is said of the past only."""
        return self.certainty is not Certainty.PAST


class Study(msgspec.Struct, frozen=True):
    """A study as an order states it; `procedure` is an id of procedures.csv, empty while it is not clear.

    `is_chest_imaging`: it is, whatever the procedure. `is_pulmonary_arteries`: CT angiography of the
    pulmonary arteries, rated as CTA chest. `needs_hemoptysis_reason`: by a code for any vessel, bronchial
    only when the reason is hemoptysis. `matched_name`: the name by which it is known, where no code is;
    `other_procedures`: what codes beside it stand for that disagree. `has_other_regions`: of the chest and
    further regions. `may_be_cta`: the code cannot tell CT with contrast from CT angiography.
    """

    procedure: str
    is_chest_imaging: bool = True
    is_pulmonary_arteries: bool = False
    needs_hemoptysis_reason: bool = False
    matched_name: str = ""
    other_procedures: tuple[str, ...] = ()
    has_other_regions: bool = False
    may_be_cta: bool = False


class CodeMeaning(msgspec.Struct, frozen=True):
    """All that is known of a code, whatever the name of its system and the blanks around it.

    `matches` are the concepts it stands for (an ICD code also by its listed category), `order_code` the
    study that it orders, and `is_not_imaging` tells of such codes as bronchoscopy. `is_silent`: its display
    must not count either. These are the excluded codes and, of ICD, the unlisted codes of the same category:
    siblings of R04.0 and 786.31 are told apart by the code alone.
    """

    system: str
    matches: tuple[ConceptMatch, ...]
    concepts: frozenset[Concept]
    is_silent: bool
    is_icd: bool
    is_known_system: bool
    order_code: Study | None
    is_not_imaging: bool
