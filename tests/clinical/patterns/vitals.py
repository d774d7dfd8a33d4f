"""Vital signs: what proves, what keeps plausible, and the complete normal set that rules out."""

from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import UNDATED
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    AGE_UNKNOWN,
    TODAY,
    TWO_DAYS_AGO,
    YESTERDAY,
    active,
    at_least,
    between,
    blood_seen,
    breaths,
    episode,
    hemoptysis,
    hours_ago,
    incomplete,
    minutes_ahead,
    no_blood,
    normal_vitals,
    over,
    oxygen_flow,
    oxygen_percent,
    possible,
    spo2,
    sure,
    systolic,
    total,
    unavailable,
    under,
)
from tests.clinical.patterns.pattern import KEPT, MASSIVE, NONMASSIVE, OPEN, section
from tests.clinical.patterns.volumes import CHRONIC

_COPD = active(Concept.COPD)
_POSSIBLE_COPD = Diagnosis("Condition/it", possible(Concept.COPD), "", is_active=True)
_ENDED_COPD = Diagnosis("Condition/it", sure(Concept.COPD), "", is_active=False)
_NORMAL = normal_vitals()
_PRESENT = hemoptysis()
_ALL_THREE = (
    "All three: saturation 97 %, systolic pressure 125 mmHg, respiratory rate 16/min. "
    "The hemoptysis began six hours ago."
)

VITALS = section(
    "Vital signs that speak for massive hemoptysis",
    [
        ("Oxygen saturation 89.9 %", (spo2("89.9"),), MASSIVE),
        ("Oxygen saturation 90 %", (spo2(90),), OPEN),
        ("Systolic pressure 89 mmHg", (systolic(89),), MASSIVE),
        ("Systolic pressure 90 mmHg", (systolic(90),), OPEN),
        ("Respiratory rate 31/min", (breaths(31),), MASSIVE),
        ("Respiratory rate 30/min", (breaths(30),), MASSIVE),
        ("Respiratory rate 29/min", (breaths(29),), OPEN),
        ("Oxygen saturation 85 % exactly 24 h ago", (spo2(85, hours_ago(24)),), MASSIVE),
        ("Oxygen saturation 85 % 25 h ago: stale", (spo2(85, hours_ago(25)),), OPEN),
        ("Oxygen saturation 85 % yesterday, without a time", (spo2(85, YESTERDAY),), MASSIVE),
        ("Oxygen saturation 85 % two days ago, without a time", (spo2(85, TWO_DAYS_AGO),), OPEN),
        ("Oxygen saturation 85 %, undated", (spo2(85, UNDATED),), KEPT),
        ("Oxygen saturation 97 %, undated", (spo2(97, UNDATED),), OPEN),
        ("Systolic pressure 80 mmHg, undated", (systolic(80, UNDATED),), KEPT),
        ("Respiratory rate 35/min, undated", (breaths(35, UNDATED),), KEPT),
        ("Oxygen saturation 85 % in 14 min", (spo2(85, minutes_ahead(14)),), MASSIVE),
        ("Oxygen saturation 85 % in 16 min", (spo2(85, minutes_ahead(16)),), KEPT),
        ("Oxygen saturation charted as under 90 %", (spo2(under(90)),), MASSIVE),
        ("Oxygen saturation charted as under 92 %", (spo2(under(92)),), KEPT),
        ("Oxygen saturation charted as over 88 %", (spo2(over(88)),), KEPT),
        ("Oxygen saturation charted as over 92 %", (spo2(over(92)),), OPEN),
        ("Oxygen saturation charted as 88 to 92 %", (spo2(between(88, 92)),), KEPT),
        ("Respiratory rate charted as at least 30/min", (breaths(at_least(30)),), MASSIVE),
        ("Respiratory rate charted as over 28/min", (breaths(over(28)),), KEPT),
        ("Oxygen saturation 85 % in chronic respiratory failure", (CHRONIC, spo2(85)), KEPT),
        ("Oxygen saturation 85 % in COPD", (_COPD, spo2(85)), KEPT),
        ("Oxygen saturation 85 %, COPD only possible", (_POSSIBLE_COPD, spo2(85)), MASSIVE),
        ("Oxygen saturation 85 %, COPD charted as ended", (_ENDED_COPD, spo2(85)), MASSIVE),
        ("Systolic pressure 85 mmHg in COPD", (_COPD, systolic(85)), MASSIVE),
        ("Oxygen saturation 85 % under oxygen", (oxygen_flow(4), spo2(85)), MASSIVE),
        (
            "Oxygen saturation 85 % this morning, then normal vital signs",
            (spo2(85, hours_ago(5)), *_NORMAL),
            MASSIVE,
        ),
        ("Normal vital signs and 250 mL", (episode(250), *_NORMAL), MASSIVE),
        ("Normal vital signs and 120 mL", (episode(120), *_NORMAL), KEPT),
        (
            "Normal vital signs in COPD but a saturation of 85 % before",
            (_COPD, spo2(85, hours_ago(5)), *_NORMAL),
            KEPT,
        ),
    ],
)

SMALL_AND_CALM = section(
    "Normal vital signs that rule massive hemoptysis out",
    [
        ("All three normal, after the onset", (_PRESENT, *_NORMAL), NONMASSIVE),
        (
            "All three at their limits: 90 %, 90 mmHg, 29/min",
            (_PRESENT, spo2(90), systolic(90), breaths(29)),
            NONMASSIVE,
        ),
        ("All three normal, only the order speaks of hemoptysis", _NORMAL, NONMASSIVE),
        ("All three normal in chronic respiratory failure", (_PRESENT, CHRONIC, *_NORMAL), NONMASSIVE),
        ("All three normal, age unknown", (AGE_UNKNOWN, _PRESENT, *_NORMAL), NONMASSIVE),
        ("No saturation", (_PRESENT, systolic(125), breaths(16)), OPEN),
        ("No systolic pressure", (_PRESENT, spo2(97), breaths(16)), OPEN),
        ("No respiratory rate", (_PRESENT, spo2(97), systolic(125)), OPEN),
        ("One normal value", (_PRESENT, spo2(99)), OPEN),
        (
            "All three normal, at the moment of the onset",
            (_PRESENT, *normal_vitals(hours_ago(6))),
            NONMASSIVE,
        ),
        ("All three normal, 1 min before the onset", (_PRESENT, *normal_vitals(hours_ago(6 + 1 / 60))), OPEN),
        ("All three normal, onset today without a time", (hemoptysis(TODAY), *_NORMAL), NONMASSIVE),
        (
            "All three normal last night, onset today without a time",
            (hemoptysis(TODAY), *normal_vitals(hours_ago(13))),
            OPEN,
        ),
        ("All three normal, hemoptysis without any date", (active(Concept.HEMOPTYSIS), *_NORMAL), OPEN),
        (
            "All three normal, onset unknown, recorded before them",
            (active(Concept.HEMOPTYSIS, recorded=hours_ago(3)), *_NORMAL),
            NONMASSIVE,
        ),
        (
            "All three normal, onset unknown, recorded after them",
            (active(Concept.HEMOPTYSIS, recorded=hours_ago(0.5)), *_NORMAL),
            OPEN,
        ),
        ("All three normal, after the last small bleed", (_PRESENT, episode(5), *_NORMAL), NONMASSIVE),
        (
            "All three normal, before the last small bleed",
            (_PRESENT, episode(5, hours_ago(0.5)), *_NORMAL),
            OPEN,
        ),
        (
            "All three normal, before blood without an amount",
            (_PRESENT, blood_seen(hours_ago(0.5)), *_NORMAL),
            OPEN,
        ),
        (
            "All three normal, before an observation of no blood",
            (_PRESENT, no_blood(hours_ago(0.5)), *_NORMAL),
            NONMASSIVE,
        ),
        (
            "All three normal, last small bleed today without a time",
            (_PRESENT, episode(5, TODAY), *_NORMAL),
            NONMASSIVE,
        ),
        (
            "All three normal, blood without an amount and without a date",
            (_PRESENT, blood_seen(UNDATED), *_NORMAL),
            OPEN,
        ),
        (
            "Saturation before the last small bleed, the others after it",
            (_PRESENT, episode(5), spo2(97, hours_ago(3)), systolic(125), breaths(16)),
            OPEN,
        ),
        (
            "One of the three 25 h old",
            (hemoptysis(TWO_DAYS_AGO), spo2(97), systolic(125, hours_ago(25)), breaths(16)),
            OPEN,
        ),
        ("One of the three undated", (_PRESENT, spo2(97), systolic(125), breaths(16, UNDATED)), OPEN),
        (
            "One of the three in 16 min",
            (_PRESENT, spo2(97), systolic(125), breaths(16, minutes_ahead(16))),
            OPEN,
        ),
        (
            "One of the three in 14 min",
            (_PRESENT, spo2(97), systolic(125), breaths(16, minutes_ahead(14))),
            NONMASSIVE,
        ),
        ("All three today, without a time", (_PRESENT, *normal_vitals(TODAY)), NONMASSIVE),
        (
            "Saturation charted as over 92 %, the others normal",
            (_PRESENT, spo2(over(92)), systolic(125), breaths(16)),
            NONMASSIVE,
        ),
        ("All three normal and hypoxemia coded", (_PRESENT, active(Concept.HYPOXEMIA), *_NORMAL), KEPT),
    ],
    note=_ALL_THREE,
)

OXYGEN = section(
    "Oxygen",
    [
        ("All three normal, inhaled oxygen 21 %", (_PRESENT, oxygen_percent(21), *_NORMAL), NONMASSIVE),
        ("All three normal, inhaled oxygen 22 %", (_PRESENT, oxygen_percent(22), *_NORMAL), OPEN),
        ("All three normal, oxygen flow 0 L/min", (_PRESENT, oxygen_flow(0), *_NORMAL), NONMASSIVE),
        ("All three normal, oxygen flow 0.5 L/min", (_PRESENT, oxygen_flow("0.5"), *_NORMAL), OPEN),
        (
            "All three normal, oxygen 25 h ago",
            (_PRESENT, oxygen_flow(3, hours_ago(25)), *_NORMAL),
            NONMASSIVE,
        ),
        ("All three normal, oxygen undated", (_PRESENT, oxygen_flow(3, UNDATED), *_NORMAL), OPEN),
    ],
    note=_ALL_THREE,
)

MISSING = section(
    "Data read in part",
    [
        ("All three normal, vital signs read in part", (_PRESENT, incomplete(Kind.VITALS), *_NORMAL), OPEN),
        ("All three normal, bleeding read in part", (_PRESENT, incomplete(Kind.BLEEDING), *_NORMAL), OPEN),
        ("All three normal, bleeding not available", (_PRESENT, unavailable(Kind.BLEEDING), *_NORMAL), OPEN),
        ("30 mL over 24 h, bleeding read in part", (incomplete(Kind.BLEEDING), total(30, 24)), OPEN),
        ("30 mL over 24 h, vital signs read in part", (incomplete(Kind.VITALS), total(30, 24)), OPEN),
        ("30 mL over 24 h, vital signs not available", (unavailable(Kind.VITALS), total(30, 24)), NONMASSIVE),
        ("250 mL, bleeding read in part", (incomplete(Kind.BLEEDING), episode(250)), MASSIVE),
        ("120 mL, vital signs read in part", (incomplete(Kind.VITALS), episode(120)), KEPT),
    ],
    note=_ALL_THREE,
)
