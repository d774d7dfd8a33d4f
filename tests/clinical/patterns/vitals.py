"""Vital signs: what proves and what keeps plausible, and to which bleed they belong."""

from msgspec.structs import replace

from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import UNDATED
from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from tests.clinical.chart import (
    CHILD,
    FOR_NOTHING,
    TODAY,
    TWO_DAYS_AGO,
    YESTERDAY,
    EncounterBegun,
    EncounterReason,
    active,
    at_least,
    between,
    breaths,
    episode,
    hemoptysis,
    hours_ago,
    minutes_ahead,
    normal_vitals,
    over,
    oxygen_flow,
    possible,
    pulse,
    running,
    spo2,
    sure,
    systolic,
    under,
    unsure,
)
from tests.clinical.patterns.pattern import KEPT, MASSIVE, MASSIVE_AND_RECURRENT, OPEN, section
from tests.clinical.patterns.volumes import CHRONIC

_COPD = active(Concept.COPD)
_POSSIBLE_COPD = Diagnosis("Condition/it", possible(Concept.COPD), "", is_active=True)
_ENDED_COPD = Diagnosis("Condition/it", sure(Concept.COPD), "", is_active=False)
_NORMAL = normal_vitals()
_HOME_OXYGEN = active(Concept.HOME_OXYGEN)
_LOW = spo2(85, hours_ago(1))
_HERE_FOR_IT = EncounterReason(ConceptMatch(Concept.HEMOPTYSIS))


VITALS = section(
    "Vital signs that speak for massive hemoptysis",
    [
        ("Oxygen saturation 89.9 %", (spo2("89.9"),), MASSIVE),
        ("Oxygen saturation 90 %", (spo2(90),), OPEN),
        ("Systolic pressure 89 mmHg", (systolic(89),), MASSIVE),
        ("Systolic pressure 90 mmHg", (systolic(90),), OPEN),
        ("Respiratory rate 31/min", (breaths(31),), MASSIVE),
        ("Respiratory rate 30/min", (breaths(30),), OPEN),
        ("Heart rate 131/min: a sign, no proof", (pulse(131),), KEPT),
        ("Heart rate 130/min", (pulse(130),), OPEN),
        ("Oxygen saturation 85 % exactly 24 h ago", (spo2(85, hours_ago(24)),), MASSIVE),
        ("Oxygen saturation 85 % 25 h ago, no later one", (spo2(85, hours_ago(25)),), KEPT),
        ("Oxygen saturation 85 % 25 h ago, 95 % since", (spo2(85, hours_ago(25)), spo2(95)), OPEN),
        ("Oxygen saturation 85 % 73 h ago", (spo2(85, hours_ago(73)),), OPEN),
        ("Oxygen saturation 85 %, a bare number", (unsure(spo2(85)),), KEPT),
        ("Oxygen saturation 85 % yesterday, without a time", (spo2(85, YESTERDAY),), MASSIVE),
        ("Oxygen saturation 85 % two days ago, without a time", (spo2(85, TWO_DAYS_AGO),), KEPT),
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
        ("Respiratory rate charted as at least 31/min", (breaths(at_least(31)),), MASSIVE),
        ("Respiratory rate charted as over 28/min", (breaths(over(28)),), KEPT),
        ("Oxygen saturation 83 % in chronic respiratory failure", (CHRONIC, spo2(83)), MASSIVE),
        ("Oxygen saturation 84 % in chronic respiratory failure", (CHRONIC, spo2(84)), KEPT),
        ("Oxygen saturation 87 % in chronic respiratory failure", (CHRONIC, spo2(87)), KEPT),
        ("Oxygen saturation 88 % in chronic respiratory failure", (CHRONIC, spo2(88)), OPEN),
        ("Oxygen saturation 88 % in COPD with home oxygen", (_COPD, _HOME_OXYGEN, spo2(88)), OPEN),
        (
            "Oxygen saturation 85 % in chronic respiratory failure that is not confirmed",
            (replace(CHRONIC, is_unsure=True), spo2(85)),
            MASSIVE,
        ),
        ("Oxygen saturation 83 % in COPD", (_COPD, spo2(83)), MASSIVE),
        ("Oxygen saturation 84 % in COPD", (_COPD, spo2(84)), KEPT),
        ("Oxygen saturation 89 % in COPD", (_COPD, spo2(89)), KEPT),
        ("Oxygen saturation 90 % in COPD", (_COPD, spo2(90)), OPEN),
        ("Oxygen saturation 85 %, COPD only possible", (_POSSIBLE_COPD, spo2(85)), MASSIVE),
        ("Oxygen saturation 85 %, COPD charted as ended", (_ENDED_COPD, spo2(85)), MASSIVE),
        ("Systolic pressure 85 mmHg in COPD", (_COPD, systolic(85)), MASSIVE),
        ("Oxygen saturation 85 % under oxygen", (oxygen_flow(4), spo2(85)), MASSIVE),
        (
            "Oxygen saturation 85 % this morning, then normal vital signs",
            (spo2(85, hours_ago(5)), *_NORMAL),
            KEPT,
        ),
        (
            "Oxygen saturation 85 % this morning, then 95 % under oxygen begun since",
            (spo2(85, hours_ago(5)), oxygen_flow(4, hours_ago(3)), spo2(95)),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 % this morning, then 95 % under the same oxygen as before",
            (oxygen_flow(4, hours_ago(6)), spo2(85, hours_ago(5)), oxygen_flow(4, hours_ago(3)), spo2(95)),
            KEPT,
        ),
        (
            "Oxygen saturation 85 % this morning, then 95 % under oxygen raised since",
            (oxygen_flow(2, hours_ago(6)), spo2(85, hours_ago(5)), oxygen_flow(6, hours_ago(3)), spo2(95)),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 % this morning, then 95 % on air again after oxygen",
            (
                spo2(85, hours_ago(5)),
                oxygen_flow(4, hours_ago(4)),
                spo2(95, hours_ago(3)),
                oxygen_flow(0, hours_ago(2)),
                spo2(95),
            ),
            KEPT,
        ),
        (
            "Systolic pressure 80 mmHg this morning, then 110 under a vasopressor begun since",
            (systolic(80, hours_ago(5)), running(Concept.VASOPRESSOR, 3), systolic(110)),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 % this morning, then a bare number of 95",
            (spo2(85, hours_ago(5)), unsure(spo2(95))),
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

BELONGING = section(
    "What belongs to the bleed",
    [
        (
            "Oxygen saturation 85 % 6 h before the first charted blood",
            (episode(50), spo2(85, hours_ago(8))),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 % 6 h and 1 min before the first charted blood",
            (episode(50), spo2(85, hours_ago(8 + 1 / 60))),
            KEPT,
        ),
        (
            "Oxygen saturation 85 % 18 h before the first small blood, and 97 % since",
            (episode(3), spo2(85, hours_ago(20)), spo2(97)),
            KEPT,
        ),
        (
            "Oxygen saturation 85 % 10 h before the blood, the Condition begun 18 h ago",
            (hemoptysis(hours_ago(18)), episode(50), spo2(85, hours_ago(12))),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 % 10 h before the blood, the Condition recorded 18 h ago: no onset",
            (active(Concept.HEMOPTYSIS, recorded=hours_ago(18)), episode(50), spo2(85, hours_ago(12))),
            KEPT,
        ),
        (
            "Oxygen saturation 85 % 10 h before the blood, the encounter for hemoptysis begun 18 h ago",
            (_HERE_FOR_IT, EncounterBegun(hours_ago(18)), episode(50), spo2(85, hours_ago(12))),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 % 10 h before the blood, the encounter for another reason",
            (EncounterBegun(hours_ago(18)), episode(50), spo2(85, hours_ago(12))),
            KEPT,
        ),
        (
            "Oxygen saturation 85 % yesterday 20:00, onset today without a time: begins at 00:00",
            (hemoptysis(TODAY), spo2(85, hours_ago(16))),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 % yesterday 17:00, onset today without a time",
            (hemoptysis(TODAY), spo2(85, hours_ago(19))),
            KEPT,
        ),
        ("Oxygen saturation 85 %, no onset charted", (spo2(85, hours_ago(20)),), MASSIVE),
        (
            "Oxygen saturation 85 %, the Condition 4 days old, the order for another reason",
            (FOR_NOTHING, hemoptysis(hours_ago(96)), _LOW),
            KEPT,
        ),
        (
            "Oxygen saturation 85 %, the Condition 3 days old, the order for another reason",
            (FOR_NOTHING, hemoptysis(hours_ago(72)), _LOW),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 %, an old Condition charted as come back, the order for another reason",
            (FOR_NOTHING, replace(hemoptysis(hours_ago(96)), is_returning=True), _LOW),
            MASSIVE_AND_RECURRENT,
        ),
        (
            "Oxygen saturation 85 %, blood 30 h ago, the order for another reason",
            (FOR_NOTHING, episode(50, hours_ago(30)), _LOW),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 %, an undated Condition, the order for another reason",
            (FOR_NOTHING, active(Concept.HEMOPTYSIS), _LOW),
            KEPT,
        ),
    ],
)

SCORES = section(
    "Vital signs that each score 3 in NEWS2",
    [
        ("Saturation 90 %, pressure 90 mmHg, rate 29/min", (spo2(90), systolic(90), breaths(29)), KEPT),
        ("Saturation 91 % and rate 25/min", (spo2(91), breaths(25)), KEPT),
        ("Saturation 92 % and rate 25/min", (spo2(92), breaths(25)), OPEN),
        ("Pressure 220 mmHg and heart rate 40/min", (systolic(220), pulse(40)), KEPT),
        ("Two saturations of 91 %: one vital sign", (spo2(91), spo2(91, hours_ago(2))), OPEN),
        (
            "Saturation 91 % and rate 25/min, then 16/min",
            (spo2(91), breaths(25, hours_ago(2)), breaths(16)),
            OPEN,
        ),
        (
            "Saturation 89 % and rate 25/min where the target is lower",
            (CHRONIC, spo2(89), breaths(25)),
            OPEN,
        ),
        ("A child, pressure 90 mmHg and rate 25/min", (CHILD, systolic(90), breaths(25)), OPEN),
    ],
)
