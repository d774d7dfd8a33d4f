"""The rules that give evidence and cautions, each with what it reads: one row, one rule."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from cds_service.clinical.cautions import BY_CONCEPT
from cds_service.clinical.decision import Effect, Evidence, RuleId
from cds_service.clinical.evidence.blood import volume_evidence
from cds_service.clinical.evidence.calm import CALM, calm_evidence
from cds_service.clinical.evidence.conditions import condition_evidence, reason_evidence
from cds_service.clinical.evidence.recurrence import (
    called_recurrent_evidence,
    earlier_episode_evidence,
    embolization_evidence,
    history_evidence,
    missing_data_evidence,
    returning_evidence,
)
from cds_service.clinical.evidence.support import support_evidence
from cds_service.clinical.evidence.vitals import SCORES_THREE, vital_evidence
from cds_service.clinical.pregnancy import ABOUT_PREGNANCY, SAYS_PREGNANT
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept

_PROVES: Final = (Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE)
_SIGN: Final = (Effect.KEEPS_MASSIVE_PLAUSIBLE,)
_SHOWN: Final = (Effect.SHOWN_ONLY,)
_AGAINST: Final = (Effect.RULES_OUT_MASSIVE, Effect.SHOWN_ONLY)
_RECURRENT: Final = (Effect.PROVES_RECURRENCE, Effect.KEEPS_RECURRENCE_PLAUSIBLE)
_PERHAPS_RECURRENT: Final = (Effect.KEEPS_RECURRENCE_PLAUSIBLE,)
_VOLUMES: Final = (
    DefinitionId.VOLUME_MASSIVE,
    DefinitionId.VOLUME_MASSIVE_CHRONIC,
    DefinitionId.VOLUME_BORDERLINE,
    DefinitionId.VOLUME_BORDERLINE_CHRONIC,
)


class Rule(msgspec.Struct, frozen=True):
    """A rule of BEHAVIOUR: its id, the effects it can have, and the functions that apply it.

    What it rests on: the definitions it compares with, and the concepts whose code lists it looks for;
    `is_high_risk` when these are all those of that role. The sentences it can put on a card stand in
    `cards.texts` under the same id.
    """

    id: RuleId
    effects: tuple[Effect, ...]
    applied_by: tuple[Callable[..., Iterable[Evidence]], ...]
    definitions: tuple[DefinitionId, ...] = ()
    concepts: tuple[Concept, ...] = ()
    is_high_risk: bool = False


_RATES: Final = (DefinitionId.RATE_MASSIVE, DefinitionId.RATE_MASSIVE_CHRONIC)
_PROOF_OF_NOW: Final = (
    DefinitionId.SEVERITY_WINDOW,
    DefinitionId.BEFORE_ONSET,
    DefinitionId.RECENT_WINDOW,
    DefinitionId.SMALL_BLEED,
)
_SMALL_IN_ADULTS: Final = (DefinitionId.RATE_WEIGHED_PERIOD, DefinitionId.ADULT_AGE)
_OXYGEN_READ: Final = (Concept.INHALED_OXYGEN_CONCENTRATION, Concept.INHALED_OXYGEN_FLOW)
_SHOCKS: Final = (Concept.HEMORRHAGIC_SHOCK, Concept.SHOCK)
_BLOOD: Final = (Concept.EXPECTORATED_BLOOD,)
_BLOOD_BY_BACKGROUND: Final = (*_BLOOD, Concept.CHRONIC_RESPIRATORY_FAILURE)


RULES: Final = (
    Rule(
        RuleId.VOLUME,
        (*_PROVES, *_SHOWN),
        (volume_evidence,),
        (*_VOLUMES, DefinitionId.SEVERITY_WINDOW, DefinitionId.TOTAL_PERIOD, DefinitionId.SAME_AMOUNT_WINDOW),
        _BLOOD_BY_BACKGROUND,
    ),
    Rule(
        RuleId.RATE,
        (*_PROVES, *_AGAINST),
        (volume_evidence,),
        (
            *_RATES,
            *_VOLUMES,
            DefinitionId.RATE_MINIMUM_PERIOD,
            DefinitionId.RATE_WEIGHED_PERIOD,
            DefinitionId.TOTAL_PERIOD,
            DefinitionId.TOTAL_FRESHNESS,
        ),
        _BLOOD_BY_BACKGROUND,
    ),
    Rule(RuleId.UNREADABLE_AMOUNT, _SIGN, (volume_evidence,), concepts=_BLOOD),
    Rule(
        RuleId.UNDATED_AMOUNT,
        (*_SIGN, *_SHOWN),
        (volume_evidence,),
        (*_VOLUMES, *_RATES, DefinitionId.FUTURE_TOLERANCE),
        _BLOOD_BY_BACKGROUND,
    ),
    Rule(
        RuleId.SATURATION,
        (*_PROVES, *_SHOWN),
        (vital_evidence,),
        (DefinitionId.SPO2_LOW, DefinitionId.SPO2_LOW_TARGET, DefinitionId.SPO2_BELOW_TARGET, *_PROOF_OF_NOW),
        (Concept.OXYGEN_SATURATION, Concept.CHRONIC_RESPIRATORY_FAILURE, Concept.HOME_OXYGEN, Concept.COPD),
    ),
    Rule(
        RuleId.SYSTOLIC,
        (*_PROVES, *_SHOWN),
        (vital_evidence,),
        (DefinitionId.SYSTOLIC_LOW, DefinitionId.ADULT_AGE, *_PROOF_OF_NOW),
        (Concept.SYSTOLIC_PRESSURE, Concept.BLOOD_PRESSURE_PANEL),
    ),
    Rule(
        RuleId.RESPIRATORY_RATE,
        (*_PROVES, *_SHOWN),
        (vital_evidence,),
        (DefinitionId.RESPIRATORY_RATE_HIGH, DefinitionId.ADULT_AGE, *_PROOF_OF_NOW),
        (Concept.RESPIRATORY_RATE,),
    ),
    Rule(
        RuleId.OXYGEN,
        _SHOWN,
        (vital_evidence, support_evidence),
        (DefinitionId.ROOM_AIR_OXYGEN, DefinitionId.OXYGEN_FLOW),
        (*_OXYGEN_READ, Concept.OXYGEN_THERAPY, Concept.HOME_OXYGEN),
    ),
    Rule(
        RuleId.HEART_RATE,
        (*_SIGN, *_SHOWN),
        (vital_evidence,),
        (DefinitionId.HEART_RATE_HIGH, DefinitionId.ADULT_AGE),
        (Concept.HEART_RATE,),
    ),
    Rule(
        RuleId.VITALS_SCORE_THREE,
        _SIGN,
        (vital_evidence,),
        (*(limit for limits in SCORES_THREE.values() for limit in limits), DefinitionId.ADULT_AGE),
    ),
    Rule(
        RuleId.SMALL_AND_CALM,
        _AGAINST,
        (calm_evidence,),
        (
            DefinitionId.VOLUME_BORDERLINE,
            DefinitionId.VOLUME_BORDERLINE_CHRONIC,
            *(limit for limits in CALM.values() for limit in limits),
            DefinitionId.ROOM_AIR_OXYGEN,
            DefinitionId.OXYGEN_FLOW,
            *_SMALL_IN_ADULTS,
        ),
        (*_BLOOD, Concept.HEMOPTYSIS),
    ),
    Rule(
        RuleId.SMALL_TOTAL,
        _AGAINST,
        (volume_evidence,),
        (*_VOLUMES, DefinitionId.TOTAL_PERIOD, DefinitionId.TOTAL_FRESHNESS, *_SMALL_IN_ADULTS),
        _BLOOD,
    ),
    Rule(
        RuleId.RECENT_AMOUNT,
        (*_SIGN, *_SHOWN),
        (volume_evidence,),
        (*_VOLUMES, *_RATES, DefinitionId.RECENT_WINDOW),
        _BLOOD_BY_BACKGROUND,
    ),
    Rule(RuleId.CALLED_LARGE, _SIGN, (volume_evidence,), (DefinitionId.RECENT_WINDOW,), concepts=_BLOOD),
    Rule(
        RuleId.VENTILATION,
        _PROVES,
        (support_evidence,),
        (DefinitionId.SEVERITY_WINDOW, DefinitionId.BEFORE_ONSET, DefinitionId.RECENT_WINDOW),
        (Concept.VENTILATION, Concept.NONINVASIVE_VENTILATION, Concept.VENTILATOR_RATE),
    ),
    Rule(
        RuleId.INSTABILITY,
        _SIGN,
        (condition_evidence, support_evidence),
        (DefinitionId.SEVERITY_WINDOW,),
        (*_SHOCKS, Concept.ARREST, Concept.ACUTE_RESPIRATORY_DISTRESS, Concept.ECMO),
    ),
    Rule(
        RuleId.VASOPRESSOR,
        _SIGN,
        (support_evidence,),
        (DefinitionId.SEVERITY_WINDOW,),
        (Concept.VASOPRESSOR,),
    ),
    Rule(
        RuleId.TRANSFUSION,
        _SIGN,
        (support_evidence,),
        (DefinitionId.SEVERE_CONDITION_WINDOW, DefinitionId.RECENT_WINDOW),
        (Concept.RED_CELL_TRANSFUSION,),
    ),
    Rule(
        RuleId.ACUTE_FAILURE,
        (*_PROVES, *_SHOWN),
        (condition_evidence,),
        (*_PROOF_OF_NOW, DefinitionId.SEVERE_CONDITION_WINDOW),
        (Concept.ACUTE_RESPIRATORY_FAILURE,),
    ),
    Rule(
        RuleId.SHOCK,
        (*_PROVES, *_SHOWN),
        (condition_evidence,),
        (*_PROOF_OF_NOW, DefinitionId.SEVERE_CONDITION_WINDOW),
        (Concept.HYPOVOLEMIC_SHOCK,),
    ),
    Rule(
        RuleId.SEVERE_CONDITION,
        (*_PROVES, *_SHOWN),
        (condition_evidence,),
        (DefinitionId.SEVERITY_WINDOW, DefinitionId.SEVERE_CONDITION_WINDOW),
        (Concept.HEMOPTYSIS,),
    ),
    Rule(
        RuleId.CALLED_SEVERE,
        _SIGN,
        (condition_evidence, reason_evidence),
        (DefinitionId.SEVERE_CONDITION_WINDOW,),
        (Concept.HEMOPTYSIS, Concept.SEVERE),
    ),
    Rule(
        RuleId.UNSPECIFIED_FAILURE,
        _SIGN,
        (condition_evidence,),
        (DefinitionId.SEVERITY_WINDOW,),
        (Concept.RESPIRATORY_FAILURE_UNSPECIFIED, Concept.HYPOXEMIA),
    ),
    Rule(
        RuleId.CHRONIC_FAILURE, _SHOWN, (condition_evidence,), concepts=(Concept.CHRONIC_RESPIRATORY_FAILURE,)
    ),
    Rule(
        RuleId.CLINICAL_STATUS,
        _RECURRENT,
        (returning_evidence,),
        concepts=(Concept.HEMOPTYSIS,),
    ),
    Rule(
        RuleId.CALLED_RECURRENT,
        _PERHAPS_RECURRENT,
        (called_recurrent_evidence,),
        concepts=(Concept.HEMOPTYSIS, Concept.RECURRENCE),
    ),
    Rule(
        RuleId.HISTORY,
        _PERHAPS_RECURRENT,
        (history_evidence,),
        (DefinitionId.EPISODE_GAP,),
        (Concept.HEMOPTYSIS,),
    ),
    Rule(
        RuleId.EARLIER_EPISODE,
        _RECURRENT,
        (earlier_episode_evidence,),
        (DefinitionId.EPISODE_GAP,),
        (Concept.HEMOPTYSIS,),
    ),
    Rule(
        RuleId.AFTER_EMBOLIZATION,
        _RECURRENT,
        (embolization_evidence,),
        (DefinitionId.EMBOLIZATION_GAP,),
        (Concept.BRONCHIAL_EMBOLIZATION, Concept.UNNAMED_EMBOLIZATION),
    ),
    Rule(RuleId.CONDITIONS_MISSING, _PERHAPS_RECURRENT, (missing_data_evidence,)),
    Rule(RuleId.PROCEDURES_MISSING, _PERHAPS_RECURRENT, (missing_data_evidence,)),
    Rule(RuleId.HIGH_RISK, (Effect.RAISES_ALERT,), (condition_evidence,), is_high_risk=True),
)
_KIDNEY_DISEASE: Final = (Concept.ACUTE_KIDNEY_INJURY, Concept.KIDNEY_DISEASE_SEVERE)
CAUTIONS_REST_ON: Final = {
    CautionId.KIDNEY_SEVERE: ((DefinitionId.EGFR_SEVERE,), (Concept.EGFR, *_KIDNEY_DISEASE)),
    CautionId.KIDNEY_DISCRETION: (
        (DefinitionId.EGFR_DISCRETION,),
        (Concept.EGFR,),
    ),
    CautionId.KIDNEY_UNKNOWN: (
        (DefinitionId.EGFR_AGE,),
        (Concept.CREATININE, Concept.KIDNEY_DISEASE_OTHER),
    ),
    CautionId.METFORMIN: (
        (DefinitionId.EGFR_SEVERE, DefinitionId.EGFR_AGE, DefinitionId.EGFR_METFORMIN_LABEL),
        (Concept.METFORMIN, Concept.EGFR, *_KIDNEY_DISEASE),
    ),
    CautionId.RECENT_STUDY: ((DefinitionId.RECENT_STUDY_WINDOW,), ()),
    CautionId.PREGNANCY: ((DefinitionId.PREGNANCY_WINDOW,), SAYS_PREGNANT),
    CautionId.PREGNANCY_UNKNOWN: ((DefinitionId.PREGNANCY_WINDOW,), ABOUT_PREGNANCY),
    **{
        caution: ((), tuple(concept for concept in BY_CONCEPT if BY_CONCEPT[concept] is caution))
        for caution in BY_CONCEPT.values()
    },
    CautionId.CONTRAST_REACTION: ((), (Concept.IODINATED_CONTRAST, Concept.CONTRAST_REACTION)),
}
"""For each caution of `cautions_for` the definitions it compares with and the concepts it looks for."""
