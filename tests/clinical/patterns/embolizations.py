"""Whether the hemoptysis came back after an embolization."""

from msgspec.structs import replace

from cds_service.clinical.time import UNDATED
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    TODAY,
    active,
    blood_seen,
    days_ago,
    embolization,
    episode,
    hemoptysis,
    hours_ago,
    minutes_ahead,
    per,
    total,
)
from tests.clinical.patterns.pattern import (
    NONMASSIVE,
    OPEN_PERHAPS_RECURRENT,
    PERHAPS_RECURRENT,
    RECURRENT,
    section,
)

_SMALL = per(24, 30)  # rules massive out, and is blood of two hours ago
_SMALL_BEFORE = per(24, 30, hours_ago(5))
_SMALL_BEFORE_IT = episode(5, days_ago(5))
_PRESENT = hemoptysis()
_UNDATED_PRESENT = active(Concept.HEMOPTYSIS)

BY_EMBOLIZATION = section(
    "Recurrence after embolization",
    [
        (
            "Bronchial embolization a month before the onset",
            (_PRESENT, embolization(days_ago(30)), _SMALL),
            RECURRENT,
        ),
        (
            "Bronchial embolization during this episode, blood charted after it",
            (hemoptysis(days_ago(6)), embolization(days_ago(3)), _SMALL),
            RECURRENT,
        ),
        (
            "Bronchial embolization 24 h before the blood",
            (hemoptysis(days_ago(6)), embolization(hours_ago(26)), _SMALL),
            RECURRENT,
        ),
        (
            "Bronchial embolization 23 h before the blood: perhaps",
            (hemoptysis(days_ago(6)), embolization(hours_ago(25)), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization 10 h before the onset: perhaps",
            (_PRESENT, embolization(hours_ago(16)), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization 4 days ago, hemoptysis recorded today, onset not charted: perhaps",
            (active(Concept.HEMOPTYSIS, recorded=hours_ago(3)), embolization(days_ago(4)), _SMALL_BEFORE_IT),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization 4 days ago, hemoptysis begun today and not confirmed: perhaps",
            (replace(_PRESENT, is_unsure=True), embolization(days_ago(4))),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization 4 days ago, blood of today with a modifier not understood: perhaps",
            (hemoptysis(days_ago(6)), replace(blood_seen(), is_unsure=True), embolization(days_ago(4))),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization in the midst of a total of two days: perhaps",
            (hemoptysis(days_ago(6)), embolization(hours_ago(40)), total(30, 46)),
            PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization during this episode, no blood charted after it",
            (_PRESENT, _SMALL_BEFORE, embolization(hours_ago(3))),
            NONMASSIVE,
        ),
        ("Bronchial embolization, undated", (_PRESENT, embolization(UNDATED), _SMALL), PERHAPS_RECURRENT),
        (
            "Bronchial embolization today, without a time, onset this morning",
            (_PRESENT, embolization(TODAY), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization a month ago, the present episode without any date",
            (_UNDATED_PRESENT, embolization(days_ago(30))),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization 5 days ago, begun before it, blood seen at an unknown time",
            (hemoptysis(days_ago(10)), embolization(days_ago(5)), blood_seen(UNDATED)),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization a month ago, only the order speaks of hemoptysis",
            (embolization(days_ago(30)),),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Bronchial embolization a month ago, onset charted in the future: proves nothing",
            (hemoptysis(minutes_ahead(60)), embolization(days_ago(30))),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Embolization of an unnamed vessel a month before the onset, without a reason",
            (_PRESENT, embolization(days_ago(30), is_bronchial=False), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Embolization of an unnamed vessel after the last blood, without a reason",
            (_PRESENT, _SMALL_BEFORE, embolization(hours_ago(3), is_bronchial=False)),
            NONMASSIVE,
        ),
        (
            "Embolization of an unnamed vessel, undated",
            (_PRESENT, embolization(UNDATED, is_bronchial=False), _SMALL),
            PERHAPS_RECURRENT,
        ),
    ],
    note=(
        "The present episode began six hours ago, and a total of 30 mL over 24 h, charted two hours ago, "
        "rules massive out."
    ),
)
