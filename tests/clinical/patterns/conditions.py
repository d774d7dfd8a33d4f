"""Conditions that bear on severity, and children."""

from msgspec.structs import replace

from cds_service.clinical.facts import Diagnosis
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    AGE_UNKNOWN,
    CHILD,
    TWO_DAYS_AGO,
    YESTERDAY,
    Born,
    active,
    breaths,
    days_ago,
    episode,
    hemoptysis,
    hours_ago,
    incomplete,
    minutes_ahead,
    normal_vitals,
    on,
    possible,
    spo2,
    systolic,
    total,
)
from tests.clinical.patterns.pattern import (
    KEPT,
    MASSIVE,
    MASSIVE_PERHAPS_RECURRENT,
    NONMASSIVE,
    OPEN,
    section,
)

_CALLED_MASSIVE = replace(hemoptysis(), is_called_severe=True)


def _acute(onset: Moment = UNDATED, recorded: Moment = UNDATED) -> Diagnosis:
    return active(Concept.ACUTE_RESPIRATORY_FAILURE, onset=onset, recorded=recorded)


def _shock(onset: Moment = UNDATED) -> Diagnosis:
    return active(Concept.HYPOVOLEMIC_SHOCK, onset=onset)


def _severe(onset: Moment = UNDATED) -> Diagnosis:
    return replace(active(Concept.HEMOPTYSIS, onset=onset), is_severe=True)


def _of_this_encounter(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, in_current_encounter=True)


def _ended(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, is_active=False)


def _only_possible(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, matches=possible(*(match.concept for match in diagnosis.matches)))


_FRESH, _OLD = hours_ago(2), hours_ago(72)
_ACUTE_ON_CHRONIC = active(
    Concept.ACUTE_RESPIRATORY_FAILURE, Concept.CHRONIC_RESPIRATORY_FAILURE, onset=_FRESH
)
_SEVERE_COUGH = replace(active(Concept.COUGH, onset=_FRESH), is_severe=True)

CONDITIONS = section(
    "Conditions",
    [
        ("Acute respiratory failure, begun 2 h ago", (_acute(_FRESH),), MASSIVE),
        ("Acute respiratory failure, recorded 2 h ago, onset unknown", (_acute(recorded=_FRESH),), MASSIVE),
        ("Acute respiratory failure, begun 3 days ago, recorded 2 h ago", (_acute(_OLD, _FRESH),), MASSIVE),
        ("Acute respiratory failure, begun exactly 24 h ago", (_acute(hours_ago(24)),), MASSIVE),
        ("Acute respiratory failure, begun 25 h ago and still active", (_acute(hours_ago(25)),), KEPT),
        ("Acute respiratory failure, begun yesterday, without a time", (_acute(YESTERDAY),), MASSIVE),
        ("Acute respiratory failure, begun two days ago, without a time", (_acute(TWO_DAYS_AGO),), KEPT),
        ("Acute respiratory failure, undated", (_acute(),), KEPT),
        ("Acute respiratory failure, begun 30 days ago and still active", (_acute(days_ago(30)),), KEPT),
        ("Acute respiratory failure, begun 31 days ago and still active", (_acute(days_ago(31)),), OPEN),
        (
            "Acute respiratory failure, begun 31 days ago, of the current encounter",
            (_of_this_encounter(_acute(days_ago(31))),),
            KEPT,
        ),
        (
            "Acute respiratory failure, begun 2 h ago, not confirmed",
            (replace(_acute(_FRESH), is_unsure=True),),
            KEPT,
        ),
        (
            "Acute respiratory failure, begun 7 h before the first blood",
            (_acute(hours_ago(9)), episode(50)),
            KEPT,
        ),
        (
            "Acute respiratory failure, begun 6 h before the first blood",
            (_acute(hours_ago(8)), episode(50)),
            MASSIVE,
        ),
        ("Acute respiratory failure, begun 2 h ago, and 29 mL", (_acute(_FRESH), episode(29)), KEPT),
        ("Hemoptysis of severity severe, begun 2 h ago, and 5 mL", (_severe(_FRESH), episode(5)), MASSIVE),
        ("Shock of any kind, begun 2 h ago", (active(Concept.SHOCK, onset=_FRESH),), KEPT),
        ("Hemorrhagic shock, begun 2 h ago", (active(Concept.HEMORRHAGIC_SHOCK, onset=_FRESH),), KEPT),
        ("Shock of any kind, begun 3 days ago", (active(Concept.SHOCK, onset=_OLD),), OPEN),
        ("Cardiac arrest, begun 2 h ago", (active(Concept.ARREST, onset=_FRESH),), KEPT),
        (
            "Acute respiratory distress syndrome, begun 2 h ago",
            (active(Concept.ACUTE_RESPIRATORY_DISTRESS, onset=_FRESH),),
            KEPT,
        ),
        (
            "Acute respiratory failure, undated, of the current encounter",
            (_of_this_encounter(_acute()),),
            KEPT,
        ),
        (
            "Acute respiratory failure, 3 days old, of the current encounter",
            (_of_this_encounter(_acute(_OLD)),),
            KEPT,
        ),
        ("Acute respiratory failure, 3 days old, of another encounter", (_acute(_OLD),), KEPT),
        ("Acute respiratory failure, beginning in 14 min", (_acute(minutes_ahead(14)),), MASSIVE),
        ("Acute respiratory failure, beginning in 16 min", (_acute(minutes_ahead(16)),), KEPT),
        ("Acute respiratory failure, begun 2 h ago and ended", (_ended(_acute(_FRESH)),), OPEN),
        ("Acute respiratory failure, only possible, begun 2 h ago", (_only_possible(_acute(_FRESH)),), KEPT),
        (
            "Acute respiratory failure, begun 2 h ago, normal vital signs",
            (_acute(_FRESH), *normal_vitals()),
            MASSIVE,
        ),
        ("Acute respiratory failure, 3 days old, normal vital signs", (_acute(_OLD), *normal_vitals()), KEPT),
        ("Acute-on-chronic respiratory failure, begun 2 h ago", (_ACUTE_ON_CHRONIC,), MASSIVE),
        (
            "Acute respiratory failure, begun 2 h ago, conditions read in part",
            (incomplete(Kind.CONDITIONS), _acute(_FRESH)),
            MASSIVE_PERHAPS_RECURRENT,
        ),
        ("Hypovolemic shock, begun 2 h ago", (_shock(_FRESH),), MASSIVE),
        ("Hypovolemic shock, begun 3 days ago and still active", (_shock(_OLD),), KEPT),
        ("Hypovolemic shock, undated", (_shock(),), KEPT),
        ("Hypovolemic shock, ended", (_ended(_shock(_FRESH)),), OPEN),
        ("Hypovolemic shock, only possible, begun 2 h ago", (_only_possible(_shock(_FRESH)),), KEPT),
        ("Hemoptysis of severity severe, begun 2 h ago", (_severe(_FRESH),), MASSIVE),
        ("Hemoptysis of severity severe, begun 3 days ago", (_severe(_OLD),), KEPT),
        ("Hemoptysis of severity severe, undated", (_severe(),), KEPT),
        ("Hemoptysis called massive in words, normal vital signs", (_CALLED_MASSIVE, *normal_vitals()), KEPT),
        (
            "Hemoptysis of severity severe, 3 days old, of the current encounter",
            (_of_this_encounter(_severe(_OLD)),),
            KEPT,
        ),
        (
            "Hemoptysis by a code that only possibly means it, of severity severe",
            (_only_possible(_severe(_FRESH)),),
            MASSIVE,
        ),
        ("Hemoptysis of severity severe, ended", (_ended(_severe(_FRESH)), hemoptysis()), OPEN),
        ("Hemoptysis without a severity", (hemoptysis(),), OPEN),
        ("Another Condition of severity severe", (_SEVERE_COUGH,), OPEN),
        ("Hypoxemia, begun 2 h ago", (active(Concept.HYPOXEMIA, onset=_FRESH),), KEPT),
        ("Hypoxemia, 3 days old and still active", (active(Concept.HYPOXEMIA, onset=_OLD),), OPEN),
        (
            "Hypoxemia, 3 days old, of the current encounter",
            (_of_this_encounter(active(Concept.HYPOXEMIA, onset=_OLD)),),
            KEPT,
        ),
        ("Hypoxemia, ended", (_ended(active(Concept.HYPOXEMIA, onset=_FRESH)),), OPEN),
        (
            "Respiratory failure not said to be acute or chronic",
            (active(Concept.RESPIRATORY_FAILURE_UNSPECIFIED, onset=_FRESH),),
            KEPT,
        ),
        ("Chronic respiratory failure alone", (active(Concept.CHRONIC_RESPIRATORY_FAILURE),), OPEN),
        ("Hypoxemia, and a total of 30 mL over 24 h", (active(Concept.HYPOXEMIA), total(30, 24)), KEPT),
        (
            "Lung cancer, and a total of 30 mL over 24 h: raises the alert, not the variant",
            (active(Concept.LUNG_CANCER), total(30, 24)),
            NONMASSIVE,
        ),
    ],
)

CHILDREN = section(
    "Children and unknown ages",
    [
        ("A child, 250 mL", (CHILD, episode(250)), MASSIVE),
        ("A child, 120 mL", (CHILD, episode(120)), KEPT),
        ("A child, oxygen saturation 85 %", (CHILD, spo2(85)), MASSIVE),
        ("A child, systolic pressure 80 mmHg: shown, not judged", (CHILD, systolic(80)), OPEN),
        ("A child, respiratory rate 40/min: shown, not judged", (CHILD, breaths(40)), OPEN),
        ("A child, respiratory rate 40/min, undated: shown, not judged", (CHILD, breaths(40, UNDATED)), OPEN),
        ("A child, a total of 30 mL over 24 h: nothing rules massive out", (CHILD, total(30, 24)), OPEN),
        (
            "A child, normal vital signs: nothing rules massive out",
            (CHILD, hemoptysis(), *normal_vitals()),
            OPEN,
        ),
        ("A child, acute respiratory failure begun 2 h ago", (CHILD, _acute(_FRESH)), MASSIVE),
        ("18 years old today, systolic pressure 80 mmHg", (Born(on("2008-05-11")), systolic(80)), MASSIVE),
        ("18 years old tomorrow, systolic pressure 80 mmHg", (Born(on("2008-05-12")), systolic(80)), OPEN),
        (
            "Born on 29 February 2008, systolic pressure 80 mmHg",
            (Born(on("2008-02-29")), systolic(80)),
            MASSIVE,
        ),
        ("Age unknown, systolic pressure 80 mmHg: adult rules", (AGE_UNKNOWN, systolic(80)), MASSIVE),
        ("Age unknown, a total of 30 mL over 24 h: adult rules", (AGE_UNKNOWN, total(30, 24)), NONMASSIVE),
        (
            "Born in 2008, which leaves both open, systolic pressure 80 mmHg: adult rules",
            (Born(Moment(on("2008-01-01").earliest, on("2008-12-31").latest)), systolic(80)),
            MASSIVE,
        ),
        (
            "A birth date in the future, systolic pressure 80 mmHg: adult rules",
            (Born(on("2030-01-01")), systolic(80)),
            MASSIVE,
        ),
    ],
)
