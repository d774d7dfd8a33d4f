"""The small bleed and the calm vital signs that rule out."""

from msgspec.structs import replace

from cds_service.clinical.time import UNDATED
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    AGE_UNKNOWN,
    CHILD,
    TODAY,
    TWO_DAYS_AGO,
    active,
    at_least,
    blood_seen,
    breaths,
    episode,
    hemoptysis,
    hours_ago,
    incomplete,
    minutes_ahead,
    no_blood,
    normal_vitals,
    oxygen_flow,
    oxygen_percent,
    per,
    pulse,
    running,
    small_blood,
    spo2,
    systolic,
    total,
    unavailable,
    unsure,
)
from tests.clinical.patterns.pattern import KEPT, MASSIVE, NONMASSIVE, OPEN, OPEN_PERHAPS_RECURRENT, section
from tests.clinical.patterns.volumes import CHRONIC

_NORMAL = normal_vitals()
_FIVE = episode(5, hours_ago(6))
_SMALL = (hemoptysis(), _FIVE)
_STREAKED = replace(hemoptysis(), is_called_small=True)
_UNDATED_STREAKS = replace(active(Concept.HEMOPTYSIS), is_called_small=True)
_HOME_OXYGEN = active(Concept.HOME_OXYGEN)
_IN_PART = OPEN_PERHAPS_RECURRENT
_ALL_THREE = (
    "All three: saturation 97 %, systolic pressure 125 mmHg, respiratory rate 16/min. "
    "The hemoptysis began six hours ago, with 5 mL."
)

SMALL_AND_CALM = section(
    "A small bleed and calm vital signs",
    [
        ("Small and calm", (*_SMALL, *_NORMAL), NONMASSIVE),
        ("Calm, and no word of how much blood", (hemoptysis(), *_NORMAL), OPEN),
        ("Small, and no vital signs", _SMALL, OPEN),
        ("Calm, and a bleed called small", (small_blood(), *_NORMAL), NONMASSIVE),
        ("Calm, and a Condition of blood-streaked sputum", (_STREAKED, *_NORMAL), NONMASSIVE),
        (
            "Calm, a Condition of blood-streaked sputum and another of hemoptysis today",
            (_STREAKED, hemoptysis(), *_NORMAL),
            OPEN,
        ),
        ("Calm, and a Condition of blood-streaked sputum, undated", (_UNDATED_STREAKS, *_NORMAL), OPEN),
        ("Calm, and 99 mL in all", (*_SMALL, episode(94, hours_ago(4)), *_NORMAL), NONMASSIVE),
        ("Calm, and 100 mL in all", (*_SMALL, episode(95, hours_ago(4)), *_NORMAL), KEPT),
        (
            "Calm, 60 mL over 24 h that ended 10 h ago, and 39 mL since",
            (total(60, 24, ended=10), episode(39), *_NORMAL),
            NONMASSIVE,
        ),
        (
            "Calm, 60 mL over 24 h that ended 10 h ago, and 40 mL since",
            (total(60, 24, ended=10), episode(40), *_NORMAL),
            OPEN,
        ),
        ("Calm, 5 mL, and blood without an amount", (*_SMALL, blood_seen(hours_ago(3)), *_NORMAL), OPEN),
        ("Calm, and a rate of 20 mL/h at one instant", (*_SMALL, per(1, 20, hours_ago(4)), *_NORMAL), OPEN),
        (
            "Calm, 49 mL in chronic respiratory failure",
            (CHRONIC, episode(49, hours_ago(6)), *_NORMAL),
            NONMASSIVE,
        ),
        ("Calm, 50 mL in chronic respiratory failure", (CHRONIC, episode(50, hours_ago(6)), *_NORMAL), KEPT),
        ("A child, small and calm", (CHILD, *_SMALL, *_NORMAL), OPEN),
        ("Small and calm, heart rate 110/min", (*_SMALL, *_NORMAL, pulse(110)), NONMASSIVE),
        ("Small and calm, heart rate 111/min", (*_SMALL, *_NORMAL, pulse(111)), OPEN),
        ("Small, saturation 94 %", (*_SMALL, spo2(94), systolic(125), breaths(16)), NONMASSIVE),
        ("Small, saturation 93 %", (*_SMALL, spo2(93), systolic(125), breaths(16)), OPEN),
        ("Small, pressure 101 mmHg", (*_SMALL, spo2(97), systolic(101), breaths(16)), NONMASSIVE),
        ("Small, pressure 100 mmHg", (*_SMALL, spo2(97), systolic(100), breaths(16)), OPEN),
        ("Small, pressure 220 mmHg", (*_SMALL, spo2(97), systolic(220), breaths(16)), OPEN),
        ("Small, respiratory rate 9/min", (*_SMALL, spo2(97), systolic(125), breaths(9)), NONMASSIVE),
        ("Small, respiratory rate 8/min", (*_SMALL, spo2(97), systolic(125), breaths(8)), OPEN),
        ("Small, respiratory rate 21/min", (*_SMALL, spo2(97), systolic(125), breaths(21)), OPEN),
        ("Small, saturation as a bare number", (*_SMALL, unsure(spo2(97)), systolic(125), breaths(16)), OPEN),
        ("All three normal, age unknown", (AGE_UNKNOWN, *_SMALL, *_NORMAL), NONMASSIVE),
        ("No saturation", (*_SMALL, systolic(125), breaths(16)), OPEN),
        ("No systolic pressure", (*_SMALL, spo2(97), breaths(16)), OPEN),
        ("No respiratory rate", (*_SMALL, spo2(97), systolic(125)), OPEN),
        ("One normal value", (*_SMALL, spo2(99)), OPEN),
        (
            "All three normal, at the moment of the onset",
            (*_SMALL, *normal_vitals(hours_ago(6))),
            NONMASSIVE,
        ),
        ("All three normal, 1 min before the onset", (*_SMALL, *normal_vitals(hours_ago(6 + 1 / 60))), OPEN),
        ("All three normal, onset today without a time", (hemoptysis(TODAY), _FIVE, *_NORMAL), NONMASSIVE),
        (
            "All three normal last night, onset today without a time",
            (hemoptysis(TODAY), _FIVE, *normal_vitals(hours_ago(13))),
            OPEN,
        ),
        (
            "All three normal, hemoptysis without any date",
            (active(Concept.HEMOPTYSIS), _FIVE, *_NORMAL),
            OPEN,
        ),
        (
            "All three normal, onset unknown, recorded before them",
            (active(Concept.HEMOPTYSIS, recorded=hours_ago(3)), _FIVE, *_NORMAL),
            NONMASSIVE,
        ),
        (
            "All three normal, onset unknown, recorded after them",
            (active(Concept.HEMOPTYSIS, recorded=hours_ago(0.5)), _FIVE, *_NORMAL),
            OPEN,
        ),
        ("All three normal, after the last small bleed", (*_SMALL, episode(5), *_NORMAL), NONMASSIVE),
        (
            "All three normal, before the last small bleed",
            (*_SMALL, episode(5, hours_ago(0.5)), *_NORMAL),
            OPEN,
        ),
        (
            "All three normal, before blood without an amount",
            (*_SMALL, blood_seen(hours_ago(0.5)), *_NORMAL),
            OPEN,
        ),
        (
            "All three normal, before an observation of no blood",
            (*_SMALL, no_blood(hours_ago(0.5)), *_NORMAL),
            NONMASSIVE,
        ),
        (
            "All three normal, last small bleed today without a time",
            (*_SMALL, episode(5, TODAY), *_NORMAL),
            NONMASSIVE,
        ),
        (
            "All three normal, blood without an amount and without a date",
            (*_SMALL, blood_seen(UNDATED), *_NORMAL),
            OPEN,
        ),
        (
            "Saturation before the last small bleed, the others after it",
            (*_SMALL, episode(5), spo2(97, hours_ago(3)), systolic(125), breaths(16)),
            OPEN,
        ),
        (
            "One of the three 25 h old",
            (hemoptysis(TWO_DAYS_AGO), spo2(97), systolic(125, hours_ago(25)), breaths(16)),
            OPEN,
        ),
        ("One of the three undated", (*_SMALL, spo2(97), systolic(125), breaths(16, UNDATED)), OPEN),
        (
            "One of the three in 16 min",
            (*_SMALL, spo2(97), systolic(125), breaths(16, minutes_ahead(16))),
            OPEN,
        ),
        (
            "One of the three in 14 min",
            (*_SMALL, spo2(97), systolic(125), breaths(16, minutes_ahead(14))),
            NONMASSIVE,
        ),
        ("All three today, without a time", (*_SMALL, *normal_vitals(TODAY)), NONMASSIVE),
        (
            "Saturation charted as at least 94 %, the others normal",
            (*_SMALL, spo2(at_least(94)), systolic(125), breaths(16)),
            NONMASSIVE,
        ),
        ("All three normal and hypoxemia coded", (*_SMALL, active(Concept.HYPOXEMIA), *_NORMAL), KEPT),
    ],
    note=_ALL_THREE,
)

OXYGEN = section(
    "Oxygen",
    [
        ("All three normal, inhaled oxygen 21 %", (*_SMALL, oxygen_percent(21), *_NORMAL), NONMASSIVE),
        ("All three normal, inhaled oxygen 22 %", (*_SMALL, oxygen_percent(22), *_NORMAL), OPEN),
        ("All three normal, oxygen flow 0 L/min", (*_SMALL, oxygen_flow(0), *_NORMAL), NONMASSIVE),
        ("All three normal, oxygen flow 0.5 L/min", (*_SMALL, oxygen_flow("0.5"), *_NORMAL), OPEN),
        (
            "All three normal, oxygen 25 h ago",
            (*_SMALL, oxygen_flow(3, hours_ago(25)), *_NORMAL),
            NONMASSIVE,
        ),
        (
            "All three normal, oxygen therapy charted",
            (*_SMALL, running(Concept.OXYGEN_THERAPY, 2), *_NORMAL),
            OPEN,
        ),
        ("All three normal, home oxygen charted", (*_SMALL, _HOME_OXYGEN, *_NORMAL), OPEN),
        ("All three normal, oxygen undated", (*_SMALL, oxygen_flow(3, UNDATED), *_NORMAL), OPEN),
    ],
    note=_ALL_THREE,
)

MISSING = section(
    "Data read in part",
    [
        ("All three normal, vital signs read in part", (*_SMALL, incomplete(Kind.VITALS), *_NORMAL), OPEN),
        ("All three normal, bleeding read in part", (*_SMALL, incomplete(Kind.BLEEDING), *_NORMAL), OPEN),
        ("All three normal, bleeding not available", (*_SMALL, unavailable(Kind.BLEEDING), *_NORMAL), OPEN),
        ("30 mL over 24 h, bleeding read in part", (incomplete(Kind.BLEEDING), total(30, 24)), OPEN),
        ("30 mL over 24 h, vital signs read in part", (incomplete(Kind.VITALS), total(30, 24)), OPEN),
        ("30 mL over 24 h, vital signs not available", (unavailable(Kind.VITALS), total(30, 24)), OPEN),
        (
            "Small and calm, conditions read in part",
            (*_SMALL, incomplete(Kind.CONDITIONS), *_NORMAL),
            _IN_PART,
        ),
        (
            "Small and calm, running drugs read in part",
            (*_SMALL, incomplete(Kind.ADMINISTRATIONS), *_NORMAL),
            OPEN,
        ),
        ("30 mL over 24 h, one vital sign that is calm", (spo2(97), total(30, 24)), NONMASSIVE),
        ("30 mL over 24 h, saturation 93 %", (spo2(93), total(30, 24)), OPEN),
        ("30 mL over 24 h, saturation 97 % under oxygen", (oxygen_flow(2), spo2(97), total(30, 24)), OPEN),
        ("30 mL over 24 h, home oxygen and no saturation", (_HOME_OXYGEN, total(30, 24)), NONMASSIVE),
        ("30 mL over 24 h, home oxygen and saturation 97 %", (_HOME_OXYGEN, spo2(97), total(30, 24)), OPEN),
        ("250 mL, bleeding read in part", (incomplete(Kind.BLEEDING), episode(250)), MASSIVE),
        ("120 mL, vital signs read in part", (incomplete(Kind.VITALS), episode(120)), KEPT),
    ],
    note=_ALL_THREE,
)
