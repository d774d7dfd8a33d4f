"""Whether the hemoptysis came back: by its status, an earlier episode, or an embolization."""

from msgspec.structs import replace

from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    TODAY,
    TWO_DAYS_AGO,
    YESTERDAY,
    EncounterReason,
    active,
    days_ago,
    ended,
    episode,
    hemoptysis,
    history,
    hours_ago,
    incomplete,
    minutes_ahead,
    per,
    possible,
    sure,
    unavailable,
)
from tests.clinical.patterns.pattern import (
    KEPT_PERHAPS_RECURRENT,
    KEPT_RECURRENT,
    MASSIVE_AND_RECURRENT,
    MASSIVE_PERHAPS_RECURRENT,
    NONMASSIVE,
    OPEN_PERHAPS_RECURRENT,
    OPEN_RECURRENT,
    PERHAPS_RECURRENT,
    RECURRENT,
    section,
)

_SMALL = per(24, 30)  # rules massive out, and is blood of two hours ago
_PRESENT = hemoptysis()
RETURNING = replace(_PRESENT, is_returning=True)
_UNDATED_PRESENT = active(Concept.HEMOPTYSIS)
_YEARS_AGO = ended(onset=days_ago(740), abated=days_ago(730))
_REASON_OF_RECURRENCE = tuple(map(EncounterReason, sure(Concept.HEMOPTYSIS, Concept.RECURRENCE)))
_SMALL_TODAY = (
    "The present episode began six hours ago, and a total of 30 mL over 24 h, charted two hours ago, "
    "rules massive out."
)

BY_STATUS = section(
    "Recurrence by clinical status",
    [
        ("Charted as recurrence or relapse", (RETURNING, _SMALL), RECURRENT),
        (
            "Charted as recurrence or relapse, without dates",
            (replace(_UNDATED_PRESENT, is_returning=True), _SMALL),
            RECURRENT,
        ),
        ("Charted as recurrence or relapse, no amount of blood charted", (RETURNING,), OPEN_RECURRENT),
        ("Charted as recurrence or relapse, 120 mL", (RETURNING, episode(120)), KEPT_RECURRENT),
        (
            "Charted as recurrence or relapse, 250 mL: massive goes before recurrent",
            (RETURNING, episode(250)),
            MASSIVE_AND_RECURRENT,
        ),
        (
            "Charted as recurrence or relapse, not confirmed: perhaps",
            (replace(RETURNING, is_unsure=True), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Called recurrent by its own words",
            (replace(_PRESENT, is_called_recurrent=True), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Called recurrent by its own words, 250 mL: massive goes before recurrent",
            (replace(_PRESENT, is_called_recurrent=True), episode(250)),
            MASSIVE_PERHAPS_RECURRENT,
        ),
        (
            "The reason of the encounter says that it came back",
            (_PRESENT, *_REASON_OF_RECURRENCE, _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "A history of hemoptysis of two years ago",
            (_PRESENT, history(onset=days_ago(730)), _SMALL),
            PERHAPS_RECURRENT,
        ),
        ("A history of hemoptysis without any date", (_PRESENT, history(), _SMALL), PERHAPS_RECURRENT),
        (
            "A history of hemoptysis recorded today: when it was is not known",
            (_PRESENT, history(recorded=hours_ago(2)), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "A history of hemoptysis that began with the present episode: no earlier one",
            (_PRESENT, history(onset=hours_ago(6)), _SMALL),
            NONMASSIVE,
        ),
        (
            "A history of hemoptysis, and only the order speaks of it now",
            (history(onset=days_ago(730)),),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Another disease charted as relapse",
            (_PRESENT, replace(active(Concept.LUNG_CANCER), is_returning=True), _SMALL),
            NONMASSIVE,
        ),
    ],
    note=_SMALL_TODAY,
)

BY_EPISODE = section(
    "Recurrence by an earlier episode",
    [
        (
            "An episode that ended two years before: no look-back limit",
            (_PRESENT, _YEARS_AGO, _SMALL),
            RECURRENT,
        ),
        (
            "An episode that ended 24 h before the onset",
            (_PRESENT, ended(abated=hours_ago(30)), _SMALL),
            RECURRENT,
        ),
        (
            "An episode that ended 23 h before the onset: one episode",
            (_PRESENT, ended(abated=hours_ago(29)), _SMALL),
            NONMASSIVE,
        ),
        (
            "Ended two days ago, onset today, dates without times: at least 24 h",
            (hemoptysis(TODAY), ended(abated=TWO_DAYS_AGO), _SMALL),
            RECURRENT,
        ),
        (
            "Ended yesterday, onset today, dates without times: perhaps 24 h",
            (hemoptysis(TODAY), ended(abated=YESTERDAY), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Ended today, onset today, dates without times: never 24 h",
            (hemoptysis(TODAY), ended(abated=TODAY), _SMALL),
            NONMASSIVE,
        ),
        ("An earlier episode without any date", (_PRESENT, ended(), _SMALL), PERHAPS_RECURRENT),
        (
            "The present episode without any date, an earlier one that ended two years ago",
            (_UNDATED_PRESENT, _YEARS_AGO, _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "The present episode known by its record date only",
            (active(Concept.HEMOPTYSIS, recorded=hours_ago(3)), _YEARS_AGO, _SMALL),
            RECURRENT,
        ),
        (
            "Inactive without abatement, begun two years ago",
            (_PRESENT, ended(onset=days_ago(730)), _SMALL),
            RECURRENT,
        ),
        (
            "Inactive without abatement, recorded two years ago, onset unknown",
            (_PRESENT, ended(recorded=days_ago(730)), _SMALL),
            RECURRENT,
        ),
        (
            "Inactive without abatement, begun with the present episode",
            (_PRESENT, ended(onset=hours_ago(6)), _SMALL),
            NONMASSIVE,
        ),
        ("One episode coded twice, both entries active", (_PRESENT, _PRESENT, _SMALL), NONMASSIVE),
        (
            "One episode closed in one ward and opened in the next 2 h later",
            (_PRESENT, ended(onset=hours_ago(40), abated=hours_ago(8)), _SMALL),
            NONMASSIVE,
        ),
        (
            "One episode closed and opened again twice within hours, for ten days in all",
            (
                _PRESENT,
                ended(onset=hours_ago(240), abated=hours_ago(120)),
                ended(onset=hours_ago(118), abated=hours_ago(8)),
                _SMALL,
            ),
            NONMASSIVE,
        ),
        (
            "An episode of two years ago before one that was closed and opened again",
            (_PRESENT, _YEARS_AGO, ended(onset=hours_ago(118), abated=hours_ago(8)), _SMALL),
            RECURRENT,
        ),
        (
            "An episode that ended within another entry, which ended shortly before: they disagree",
            (
                _PRESENT,
                ended(onset=days_ago(400), abated=hours_ago(8)),
                ended(onset=days_ago(390), abated=days_ago(380)),
                _SMALL,
            ),
            PERHAPS_RECURRENT,
        ),
        (
            "An episode that ended two years before, the present one not confirmed: perhaps",
            (replace(_PRESENT, is_unsure=True), _YEARS_AGO),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "An episode that ended two years before, the present one not confirmed, but blood charted today",
            (replace(_PRESENT, is_unsure=True), _YEARS_AGO, _SMALL),
            RECURRENT,
        ),
        (
            "An episode of two years ago that was not confirmed: perhaps",
            (_PRESENT, replace(_YEARS_AGO, is_unsure=True), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "An entry that ended after the present episode began",
            (hemoptysis(days_ago(3)), ended(onset=days_ago(3), abated=days_ago(1)), _SMALL),
            NONMASSIVE,
        ),
        (
            "Two active entries that agree: the earlier episode ended before both",
            (_PRESENT, hemoptysis(days_ago(2)), _YEARS_AGO, _SMALL),
            RECURRENT,
        ),
        (
            "Two active entries that disagree: the earlier episode ended between their onsets",
            (_PRESENT, hemoptysis(days_ago(400)), ended(abated=days_ago(300)), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "Active for two months and never ended: daily streaks that did not stop",
            (hemoptysis(days_ago(60)), _SMALL),
            NONMASSIVE,
        ),
        (
            "No active entry, but blood charted today: the bleeding is the present episode",
            (_YEARS_AGO, _SMALL),
            RECURRENT,
        ),
        (
            "No active entry, blood charted 10 h after the earlier entry ended",
            (ended(abated=hours_ago(12)), _SMALL),
            NONMASSIVE,
        ),
        (
            "Only the order speaks of hemoptysis, an episode ended two years ago",
            (_YEARS_AGO,),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Onset charted in the future, an episode ended two years ago: proves nothing",
            (hemoptysis(minutes_ahead(60)), _YEARS_AGO, _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "An earlier episode still charted as active, with an abatement two years ago",
            (_PRESENT, replace(_PRESENT, onset=days_ago(740), abated=days_ago(730)), _SMALL),
            RECURRENT,
        ),
        (
            "An earlier episode by a code that possibly means hemoptysis",
            (_PRESENT, replace(_YEARS_AGO, matches=possible(Concept.HEMOPTYSIS)), _SMALL),
            PERHAPS_RECURRENT,
        ),
        (
            "The only episode has an abatement and is charted as active: no earlier one",
            (replace(_PRESENT, abated=hours_ago(1)), _SMALL),
            NONMASSIVE,
        ),
        (
            "An earlier episode and 250 mL: massive goes before recurrent",
            (_PRESENT, _YEARS_AGO, episode(250)),
            MASSIVE_AND_RECURRENT,
        ),
        (
            "An earlier episode without dates and 120 mL",
            (_PRESENT, ended(), episode(120)),
            KEPT_PERHAPS_RECURRENT,
        ),
        (
            "An earlier episode without dates and 250 mL",
            (_PRESENT, ended(), episode(250)),
            MASSIVE_PERHAPS_RECURRENT,
        ),
    ],
    note=_SMALL_TODAY,
)

BY_MISSING_DATA = section(
    "Recurrence and missing data",
    [
        ("Conditions not available", (unavailable(Kind.CONDITIONS), _SMALL), PERHAPS_RECURRENT),
        (
            "Conditions read in part",
            (_PRESENT, incomplete(Kind.CONDITIONS), _SMALL),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Conditions read in part, charted as recurrence",
            (RETURNING, incomplete(Kind.CONDITIONS), _SMALL),
            OPEN_RECURRENT,
        ),
        (
            "Conditions not available, nothing charted",
            (unavailable(Kind.CONDITIONS),),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "Procedures read in part",
            (_PRESENT, incomplete(Kind.PROCEDURES), _SMALL),
            OPEN_PERHAPS_RECURRENT,
        ),
        ("Procedures not available", (_PRESENT, unavailable(Kind.PROCEDURES), _SMALL), NONMASSIVE),
    ],
    note=_SMALL_TODAY,
)
