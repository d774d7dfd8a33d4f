"""How fast: rates, and totals over less or more than a day."""

from cds_service.clinical.time import UNDATED, Period
from cds_service.knowledge.kinds import Kind
from tests.clinical.chart import (
    TODAY,
    YESTERDAY,
    blood_seen,
    episode,
    hemoptysis,
    hours_ago,
    last_hours,
    minutes_ahead,
    per,
    total,
    total_between,
    unavailable,
)
from tests.clinical.patterns.pattern import (
    KEPT,
    MASSIVE,
    NONMASSIVE,
    OPEN,
    OPEN_PERHAPS_RECURRENT,
    PERHAPS_RECURRENT,
    section,
)
from tests.clinical.patterns.volumes import CHRONIC

_NO_CONDITIONS = unavailable(Kind.CONDITIONS)

RATES = section(
    "Rate",
    [
        ("101 mL/h", (per(1, 101),), MASSIVE),
        ("100.1 mL/h", (per(1, "100.1"),), MASSIVE),
        ("100 mL/h, at one instant: says nothing", (per(1, 100),), OPEN),
        ("20 mL/h, at one instant: says nothing", (per(1, 20),), OPEN),
        ("2 mL/h, at one instant: says nothing", (per(1, 2),), OPEN),
        (
            "20 mL/h over 12 h: 480 mL in a day if it went on, but a rate is never multiplied up to prove",
            (per(1, 20, last_hours(12)),),
            KEPT,
        ),
        ("8.4 mL/h over 4 h: 201.6 mL in a day if it went on", (per(1, "8.4", last_hours(4)),), KEPT),
        ("8.4 mL/h over 3.9 h: too short to be weighed", (per(1, "8.4", last_hours(3.9)),), OPEN),
        ("8.3 mL/h over 4 h: 199.2 mL in a day", (per(1, "8.3", last_hours(4)),), OPEN),
        ("4.2 mL/h over 24 h: 100.8 mL, which rules nothing out", (per(1, "4.2", last_hours(24)),), OPEN),
        ("4.1 mL/h over 24 h: 98.4 mL", (per(1, "4.1", last_hours(24)),), NONMASSIVE),
        ("4.1 mL/h over 23 h: too short to rule out", (per(1, "4.1", last_hours(23)),), OPEN),
        (
            "4.1 mL/h over 24 h that ended 7 h ago: not fresh",
            (per(1, "4.1", Period(hours_ago(31), hours_ago(7))),),
            OPEN,
        ),
        ("51 mL per half hour", (per("0.5", 51),), MASSIVE),
        ("50 mL per half hour, at one instant", (per("0.5", 50),), OPEN),
        ("51 mL/h in chronic respiratory failure", (CHRONIC, per(1, 51)), MASSIVE),
        ("50 mL/h in chronic respiratory failure, at one instant", (CHRONIC, per(1, 50)), OPEN),
        (
            "2.1 mL/h over 4 h in chronic respiratory failure: 50.4 mL in a day",
            (CHRONIC, per(1, "2.1", last_hours(4))),
            KEPT,
        ),
        (
            "2 mL/h over 24 h in chronic respiratory failure: 48 mL",
            (CHRONIC, per(1, 2, last_hours(24))),
            NONMASSIVE,
        ),
        (
            "2.1 mL/h over 24 h, conditions not available: rules nothing out",
            (_NO_CONDITIONS, per(1, "2.1", last_hours(24))),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "2 mL/h over 24 h, conditions not available",
            (_NO_CONDITIONS, per(1, 2, last_hours(24))),
            PERHAPS_RECURRENT,
        ),
        ("250 mL per 6 h, the time in the unit: a total over 6 h", (per(6, 250),), MASSIVE),
        ("199 mL per 6 h, the time in the unit: a total over 6 h", (per(6, 199),), KEPT),
        ("250 mL per 6 h, observed for 3 h only: a rate", (per(6, 250, last_hours(3)),), OPEN),
        ("400 mL in 48 h, the time in the unit", (per(48, 400),), MASSIVE),
        ("399 mL in 48 h, the time in the unit", (per(48, 399),), KEPT),
        ("99 mL in 48 h, the time in the unit", (per(48, 99),), NONMASSIVE),
        ("300 mL per day, observed for 6 h only", (per(24, 300, last_hours(6)),), KEPT),
        ("60 mL per day, observed for 6 h only", (per(24, 60, last_hours(6)),), OPEN),
        ("120 mL/h, charted 25 h ago", (per(1, 120, hours_ago(25)),), KEPT),
        ("120 mL/h, charted 73 h ago", (per(1, 120, hours_ago(73)),), OPEN),
        ("120 mL/h, undated", (per(1, 120, UNDATED),), KEPT),
        ("2 mL/h, undated: rules nothing out", (per(1, 2, UNDATED),), OPEN),
    ],
)

BLOOD_SINCE = section(
    "A small amount, and what was charted since",
    [
        ("30 mL in 24 h, charted before the onset", (per(24, 30, hours_ago(8)), hemoptysis()), OPEN),
        ("No blood in 24 h, charted before the onset", (per(24, 0, hours_ago(8)), hemoptysis()), OPEN),
        ("30 mL in 24 h, ended 7 h ago: not fresh", (per(24, 30, hours_ago(7)),), OPEN),
        ("30 mL in 24 h, charted at the onset", (per(24, 30, hours_ago(6)), hemoptysis()), NONMASSIVE),
        ("60 mL in 24 h, then 39 mL", (per(24, 60, hours_ago(5)), episode(39, hours_ago(1))), NONMASSIVE),
        ("60 mL in 24 h, then 40 mL", (per(24, 60, hours_ago(5)), episode(40, hours_ago(1))), OPEN),
        ("30 mL in 24 h, then 80 mL/h at one instant", (per(24, 30, hours_ago(5)), per(1, 80)), OPEN),
        ("30 mL in 24 h, then blood of no known amount", (per(24, 30, hours_ago(5)), blood_seen()), OPEN),
        ("40 mL, then 60 mL in 24 h", (episode(40, hours_ago(5)), per(24, 60, hours_ago(1))), NONMASSIVE),
    ],
)

UNDER_A_DAY = section(
    "Totals over less than 24 h",
    [
        ("250 mL in 30 min", (total(250, 0.5),), MASSIVE),
        ("101 mL in 30 min: an episode, not a rate", (total(101, 0.5),), KEPT),
        ("99 mL in 59 min: an episode, not a rate", (total(99, 59 / 60),), OPEN),
        ("101 mL in 1 h: also a rate", (total(101, 1),), MASSIVE),
        ("100 mL in 1 h", (total(100, 1),), KEPT),
        ("5 mL in 1 h: too short to be weighed", (total(5, 1),), OPEN),
        ("34 mL in 4 h: 204 mL in a day if it went on", (total(34, 4),), KEPT),
        ("300 mL in 3 h: a lower bound of the day", (total(300, 3),), MASSIVE),
        ("200 mL in 12 h: a lower bound of the day", (total(200, 12),), MASSIVE),
        ("199 mL in 12 h", (total(199, 12),), KEPT),
        ("50 mL in 12 h: 100 mL in a day, which settles nothing", (total(50, 12),), OPEN),
        ("49 mL in 12 h: no total of a day", (total(49, 12),), OPEN),
        ("51 mL in 6 h in chronic respiratory failure", (CHRONIC, total(51, 6)), MASSIVE),
        ("30 mL in 6 h in chronic respiratory failure: 120 mL in a day", (CHRONIC, total(30, 6)), KEPT),
        ("12 mL in 6 h in chronic respiratory failure: 48 mL in a day", (CHRONIC, total(12, 6)), OPEN),
        ("60 mL in 6 h without chronic respiratory failure", (total(60, 6),), KEPT),
    ],
)

OVER_A_DAY = section(
    "Totals over more than 24 h",
    [
        ("400 mL over 48 h: 200 mL a day", (total(400, 48),), MASSIVE),
        ("399 mL over 48 h", (total(399, 48),), KEPT),
        ("600 mL over 72 h: 200 mL a day exactly", (total(600, 72),), MASSIVE),
        ("200 mL over 48 h: could have come in one day", (total(200, 48),), KEPT),
        ("100 mL over 48 h: the whole total reaches the limit", (total(100, 48),), KEPT),
        ("99 mL over 48 h", (total(99, 48),), NONMASSIVE),
        ("102 mL over 48 h in chronic respiratory failure: 51 mL a day", (CHRONIC, total(102, 48)), MASSIVE),
        ("60 mL over 48 h in chronic respiratory failure", (CHRONIC, total(60, 48)), KEPT),
        ("49 mL over 48 h in chronic respiratory failure", (CHRONIC, total(49, 48)), NONMASSIVE),
    ],
)

PERIODS = section(
    "Open, unknown and dated periods",
    [
        (
            "250 mL since 30 h ago, still open: 200 mL a day",
            (total_between(250, hours_ago(30), UNDATED),),
            MASSIVE,
        ),
        ("240 mL since 30 h ago, still open", (total_between(240, hours_ago(30), UNDATED),), KEPT),
        ("60 mL since 24 h ago, still open", (total_between(60, hours_ago(24), UNDATED),), NONMASSIVE),
        (
            "20 mL since 2 h ago, still open: too short to be weighed",
            (total_between(20, hours_ago(2), UNDATED),),
            OPEN,
        ),
        (
            "110 mL since 1 h ago, still open: a rate of 110 mL/h",
            (total_between(110, hours_ago(1), UNDATED),),
            MASSIVE,
        ),
        (
            "20 mL since a time that is still to come, open",
            (total_between(20, minutes_ahead(60), UNDATED),),
            OPEN,
        ),
        ("60 mL today, a date without a time: 12 h so far", (total_between(60, TODAY, TODAY),), OPEN),
        (
            "100 mL today, a date without a time: 200 mL in a day",
            (total_between(100, TODAY, TODAY),),
            KEPT,
        ),
        (
            "90 mL from yesterday to today, dates without times: 36 h",
            (total_between(90, YESTERDAY, TODAY),),
            NONMASSIVE,
        ),
        (
            "30 mL over a time without a start, ended 1 h ago: rules nothing out",
            (total_between(30, UNDATED, hours_ago(1)),),
            OPEN,
        ),
        (
            "250 mL over a time without a start, ended 1 h ago",
            (total_between(250, UNDATED, hours_ago(1)),),
            KEPT,
        ),
        (
            "300 mL over a time without a start, ended 30 h ago: past",
            (total_between(300, UNDATED, hours_ago(30)),),
            OPEN,
        ),
        ("250 mL over a time without start and end", (total_between(250, UNDATED, UNDATED),), KEPT),
        (
            "250 mL over a time that ends before it starts",
            (total_between(250, hours_ago(1), hours_ago(3)),),
            KEPT,
        ),
        ("250 mL over 24 h, ended 23 h ago", (total(250, 24, ended=23),), MASSIVE),
        ("250 mL over 24 h, ended 24 h ago", (total(250, 24, ended=24),), MASSIVE),
        ("250 mL over 24 h, ended 25 h ago: proves nothing any more", (total(250, 24, ended=25),), KEPT),
        ("30 mL over 24 h, ended 25 h ago: rules nothing out", (total(30, 24, ended=25),), OPEN),
        ("30 mL over 24 h, ending in 16 min: rules nothing out", (total(30, 24, ended=-16 / 60),), OPEN),
        ("30 mL over 24 h, ending in 14 min", (total(30, 24, ended=-14 / 60),), NONMASSIVE),
    ],
)
