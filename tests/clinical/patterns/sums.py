"""Several amounts of one day, and when an amount counts as of now."""

from msgspec.structs import replace

from cds_service.clinical.time import UNDATED
from tests.clinical.chart import (
    TODAY,
    TWO_DAYS_AGO,
    YESTERDAY,
    blood_seen,
    episode,
    hours_ago,
    large_blood,
    minutes_ahead,
    no_blood,
    normal_vitals,
    on,
    per,
    small_blood,
    total,
    unreadable_amount,
)
from tests.clinical.patterns.pattern import KEPT, MASSIVE, OPEN, section
from tests.clinical.patterns.volumes import CHRONIC

SUMS = section(
    "Several amounts",
    [
        (
            "Four episodes of 50 mL, an hour apart",
            tuple(episode(50, hours_ago(h)) for h in (1, 2, 3, 4)),
            MASSIVE,
        ),
        ("Episodes of 120 and 79.9 mL", (episode(120), episode("79.9")), KEPT),
        ("Episodes of 60 and 40 mL", (episode(60), episode(40)), KEPT),
        ("Episodes of 60 and 39.9 mL", (episode(60), episode("39.9")), OPEN),
        (
            "Episodes of 30 and 21 mL in chronic respiratory failure",
            (CHRONIC, episode(30), episode(21)),
            MASSIVE,
        ),
        (
            "Episodes of 30 and 20 mL in chronic respiratory failure",
            (CHRONIC, episode(30), episode(20)),
            KEPT,
        ),
        (
            "150 mL 2 h ago and 60 mL 25 h ago: within one span of 24 h",
            (episode(150), episode(60, hours_ago(25))),
            MASSIVE,
        ),
        (
            "150 mL 2 h ago and 60 mL exactly 24 h before: the first instant is excluded",
            (episode(150), episode(60, hours_ago(26))),
            KEPT,
        ),
        (
            "150 mL 23 h ago and 60 mL 46 h ago: within one span of 24 h, the last amount current",
            (episode(150, hours_ago(23)), episode(60, hours_ago(46))),
            MASSIVE,
        ),
        (
            "Three nursing shifts of 8 h with 70 mL each, the last ended 5 h ago",
            (total(70, 8, ended=21), total(70, 8, ended=13), total(70, 8, ended=5)),
            MASSIVE,
        ),
        (
            "Three nursing shifts of 8 h with 70 mL each, the last ended 20 h ago",
            (total(70, 8, ended=36), total(70, 8, ended=28), total(70, 8, ended=20)),
            MASSIVE,
        ),
        (
            "Four nursing shifts of 8 h with 60 mL each: three of them at most within 24 h",
            tuple(total(60, 8, ended=ended) for ended in (24, 16, 8, 0)),
            KEPT,
        ),
        (
            "The same 100 mL charted twice within 15 min: counts once for proof",
            (episode(100, hours_ago(2)), episode(100, hours_ago(2.25))),
            KEPT,
        ),
        (
            "The same 100 mL charted 16 min apart",
            (episode(100, hours_ago(2)), episode(100, hours_ago(2 + 16 / 60))),
            MASSIVE,
        ),
        ("100 and 101 mL within 15 min: two amounts", (episode(100), episode(101)), MASSIVE),
        (
            "150 mL, and 60 mL in a form that is not understood",
            (episode(150), replace(episode(60), is_unsure=True)),
            KEPT,
        ),
        (
            "150 mL today and 50 mL dated yesterday, without a time",
            (episode(150), episode(50, YESTERDAY)),
            MASSIVE,
        ),
        (
            "150 mL today and 50 mL undated: the undated one is not added",
            (episode(150), episode(50, UNDATED)),
            KEPT,
        ),
        (
            "A 24 h total of 150 mL, and episodes of 100 and 80 mL: not added up",
            (total(150, 24), episode(100), episode(80)),
            KEPT,
        ),
        (
            "A 24 h total of 150 mL, and episodes of 120 and 90 mL: the larger counts",
            (total(150, 24), episode(120), episode(90)),
            MASSIVE,
        ),
        (
            "A 24 h total of 30 mL, and episodes of 60 and 45 mL: the larger counts",
            (total(30, 24), episode(60), episode(45)),
            KEPT,
        ),
        (
            "150 mL in the last 10 h, 60 mL of them in one episode: counted once",
            (total(150, 10), episode(60)),
            KEPT,
        ),
        (
            "150 mL in 10 h that ended 4 h ago, and 60 mL since",
            (total(150, 10, ended=4), episode(60)),
            MASSIVE,
        ),
        (
            "150 mL in the last 10 h, and 60 mL today at an unknown hour: perhaps the same blood",
            (total(150, 10), episode(60, TODAY)),
            KEPT,
        ),
        (
            "90 and 115 mL in two stretches of 6 h, one after the other",
            (total(90, 6, ended=6), total(115, 6)),
            MASSIVE,
        ),
        (
            "120 and 110 mL in two stretches of 6 h that overlap: counted once",
            (total(120, 6, ended=3), total(110, 6)),
            KEPT,
        ),
        (
            "An episode of 60 mL within two overlapping totals of 10 and 5 mL, and 150 mL before",
            (episode(60), total(10, 2, ended=1), total(5, 3, ended=0.5), total(150, 6, ended=10)),
            MASSIVE,
        ),
        (
            "70 and 80 mL in two stretches of 4 h, and 60 mL today at an unknown hour: perhaps held",
            (total(70, 4), total(80, 4, ended=4), episode(60, TODAY)),
            KEPT,
        ),
        (
            "An episode of 150 mL, and 60 mL in 10 h that began exactly 24 h ago",
            (episode(150), total(60, 10, ended=14)),
            MASSIVE,
        ),
        (
            "An episode of 150 mL, and 60 mL in 10 h that began before the last 24 h",
            (episode(150), total(60, 10, ended=20)),
            KEPT,
        ),
        ("An episode of 150 mL and a rate of 4 mL/h: a rate is not added", (episode(150), per(1, 4)), KEPT),
    ],
)

DATES = section(
    "When an amount counts",
    [
        ("250 mL exactly 24 h ago", (episode(250, hours_ago(24)),), MASSIVE),
        ("250 mL 24 h and 1 min ago: proves nothing any more", (episode(250, hours_ago(24 + 1 / 60)),), KEPT),
        ("250 mL today, without a time", (episode(250, TODAY),), MASSIVE),
        ("250 mL yesterday, without a time", (episode(250, YESTERDAY),), MASSIVE),
        ("250 mL two days ago, without a time", (episode(250, TWO_DAYS_AGO),), KEPT),
        ("250 mL dated tomorrow", (episode(250, on("2026-05-12")),), KEPT),
        ("250 mL in 14 min: a clock that runs ahead", (episode(250, minutes_ahead(14)),), MASSIVE),
        ("250 mL in 15 min: a clock that runs ahead", (episode(250, minutes_ahead(15)),), MASSIVE),
        ("250 mL in 16 min: proves nothing", (episode(250, minutes_ahead(16)),), KEPT),
        ("250 mL, undated", (episode(250, UNDATED),), KEPT),
        ("199 mL 30 h ago: it would not prove", (episode(199, hours_ago(30)),), OPEN),
        ("250 mL exactly 72 h ago", (episode(250, hours_ago(72)),), KEPT),
        ("250 mL 73 h ago", (episode(250, hours_ago(73)),), OPEN),
        (
            "70 mL on each of three days: 210 mL in 72 h",
            (episode(70), episode(70, hours_ago(30)), episode(70, hours_ago(60))),
            KEPT,
        ),
        (
            "60 mL on each of three days: 180 mL in 72 h",
            (episode(60), episode(60, hours_ago(30)), episode(60, hours_ago(60))),
            OPEN,
        ),
        ("300 mL over 72 h, ended 30 h ago", (total(300, 72, ended=30),), KEPT),
        ("55 mL 30 h ago in chronic respiratory failure", (CHRONIC, episode(55, hours_ago(30))), KEPT),
        ("An amount called large in words, 2 h ago", (large_blood(),), KEPT),
        ("An amount called large in words, 30 h ago", (large_blood(hours_ago(30)),), KEPT),
        ("An amount called large in words, 73 h ago", (large_blood(hours_ago(73)),), OPEN),
        ("A small bleed in words", (small_blood(),), OPEN),
        ("99 mL, undated: it would not be a sign", (episode(99, UNDATED),), OPEN),
        ("60 mL, and 40 mL undated: perhaps of one day", (episode(60), episode(40, UNDATED)), KEPT),
        ("0 mL, undated", (episode(0, UNDATED),), OPEN),
        ("30 mL in 24 h, undated: rules nothing out", (per(24, 30, UNDATED),), OPEN),
        ("30 mL in 24 h, in 16 min: rules nothing out", (per(24, 30, minutes_ahead(16)),), OPEN),
        ("30 mL in 24 h, charted 25 h ago: rules nothing out", (per(24, 30, hours_ago(25)),), OPEN),
        ("An amount that cannot be read, 2 h ago", (unreadable_amount(),), KEPT),
        ("An amount that cannot be read, undated", (unreadable_amount(UNDATED),), KEPT),
        ("An amount that cannot be read, 25 h ago: past", (unreadable_amount(hours_ago(25)),), OPEN),
        (
            "An amount that cannot be read, and a total of 30 mL over 24 h",
            (unreadable_amount(), total(30, 24)),
            KEPT,
        ),
        (
            "An amount that cannot be read, and normal vital signs",
            (unreadable_amount(), *normal_vitals()),
            KEPT,
        ),
        ("An amount that cannot be read, and 250 mL", (unreadable_amount(), episode(250)), MASSIVE),
        ("Blood without an amount, such as blood-streaked sputum", (blood_seen(),), OPEN),
        ("No blood, charted as such", (no_blood(),), OPEN),
    ],
)
