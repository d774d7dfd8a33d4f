"""How much blood: single amounts, totals, and the lower limits of chronic respiratory failure."""

from cds_service.clinical.facts import Diagnosis
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    active,
    at_least,
    between,
    episode,
    hours_ago,
    incomplete,
    last_hours,
    over,
    per,
    possible,
    total,
    unavailable,
    under,
)
from tests.clinical.patterns.pattern import (
    KEPT,
    KEPT_PERHAPS_RECURRENT,
    MASSIVE,
    MASSIVE_PERHAPS_RECURRENT,
    NONMASSIVE,
    OPEN,
    OPEN_PERHAPS_RECURRENT,
    PERHAPS_RECURRENT,
    section,
)

CHRONIC = active(Concept.CHRONIC_RESPIRATORY_FAILURE)
_ENDED_CHRONIC = Diagnosis("Condition/it", CHRONIC.matches, "", is_active=False)
_POSSIBLY_CHRONIC = Diagnosis(
    "Condition/it", possible(Concept.CHRONIC_RESPIRATORY_FAILURE), "", is_active=True
)
_NO_CONDITIONS = unavailable(Kind.CONDITIONS)

VOLUMES = section(
    "Volume",
    [
        ("Nothing is charted", (), OPEN),
        ("One episode of 201 mL", (episode(201),), MASSIVE),
        ("One episode of 200 mL", (episode(200),), MASSIVE),
        ("One episode of 199 mL", (episode(199),), KEPT),
        ("One episode of 100 mL", (episode(100),), KEPT),
        ("One episode of 99.9 mL: a single episode rules nothing out", (episode("99.9"),), OPEN),
        ("One episode of 5 mL: a single episode rules nothing out", (episode(5),), OPEN),
        ("A total of 200 mL over 24 h", (total(200, 24),), MASSIVE),
        ("A total of 199.9 mL over 24 h", (total("199.9", 24),), KEPT),
        ("A total of 100 mL over 24 h", (total(100, 24),), KEPT),
        ("A total of 99.9 mL over 24 h", (total("99.9", 24),), NONMASSIVE),
        ("A total of 0 mL over 24 h", (total(0, 24),), NONMASSIVE),
        ("200 mL in 24 h, the time in the unit", (per(24, 200),), MASSIVE),
        ("199 mL in 24 h, the time in the unit", (per(24, 199),), KEPT),
        ("99 mL in 24 h, the time in the unit", (per(24, 99),), NONMASSIVE),
        (
            "A small total over 24 h and one episode of 250 mL: what proves wins",
            (total(30, 24), episode(250)),
            MASSIVE,
        ),
        (
            "A small total over 24 h and one episode of 120 mL: what keeps plausible wins",
            (total(30, 24), episode(120)),
            KEPT,
        ),
    ],
)

CHRONIC_FAILURE = section(
    "Volume in chronic respiratory failure",
    [
        ("One episode of 50.1 mL in chronic respiratory failure", (CHRONIC, episode("50.1")), MASSIVE),
        ("One episode of 50 mL in chronic respiratory failure", (CHRONIC, episode(50)), KEPT),
        ("One episode of 49.9 mL in chronic respiratory failure", (CHRONIC, episode("49.9")), OPEN),
        ("A total of 51 mL over 24 h in chronic respiratory failure", (CHRONIC, total(51, 24)), MASSIVE),
        ("A total of 50 mL over 24 h in chronic respiratory failure", (CHRONIC, total(50, 24)), KEPT),
        (
            "A total of 49.9 mL over 24 h in chronic respiratory failure",
            (CHRONIC, total("49.9", 24)),
            NONMASSIVE,
        ),
        ("A total of 60 mL over 24 h without chronic respiratory failure", (total(60, 24),), NONMASSIVE),
        (
            "60 mL over 24 h, the chronic respiratory failure has ended",
            (_ENDED_CHRONIC, total(60, 24)),
            NONMASSIVE,
        ),
        (
            "60 mL over 24 h, chronic respiratory failure only possible",
            (_POSSIBLY_CHRONIC, total(60, 24)),
            KEPT,
        ),
        (
            "49 mL over 24 h, chronic respiratory failure only possible",
            (_POSSIBLY_CHRONIC, total(49, 24)),
            NONMASSIVE,
        ),
        (
            "50 mL over 24 h, conditions not available",
            (_NO_CONDITIONS, total(50, 24)),
            KEPT_PERHAPS_RECURRENT,
        ),
        (
            "49.9 mL over 24 h, conditions not available",
            (_NO_CONDITIONS, total("49.9", 24)),
            PERHAPS_RECURRENT,
        ),
        (
            "199 mL over 24 h, conditions not available",
            (_NO_CONDITIONS, total(199, 24)),
            KEPT_PERHAPS_RECURRENT,
        ),
        (
            "200 mL over 24 h, conditions not available",
            (_NO_CONDITIONS, total(200, 24)),
            MASSIVE_PERHAPS_RECURRENT,
        ),
        (
            "One episode of 49 mL, conditions not available",
            (_NO_CONDITIONS, episode(49)),
            OPEN_PERHAPS_RECURRENT,
        ),
        (
            "50 mL over 24 h, conditions read in part",
            (incomplete(Kind.CONDITIONS), total(50, 24)),
            KEPT_PERHAPS_RECURRENT,
        ),
    ],
)

COMPARATORS = section(
    "Comparators and ranges",
    [
        ("Over 200 mL in one episode", (episode(over(200)),), MASSIVE),
        ("At least 200 mL in one episode", (episode(at_least(200)),), MASSIVE),
        ("Over 199 mL in one episode", (episode(over(199)),), KEPT),
        ("Over 5 mL in one episode: any amount is allowed", (episode(over(5)),), KEPT),
        ("Under 200 mL in one episode", (episode(under(200)),), KEPT),
        ("Under 100 mL in one episode", (episode(under(100)),), OPEN),
        ("Under 100 mL in 24 h", (per(24, under(100)),), NONMASSIVE),
        ("Under 101 mL in 24 h", (per(24, under(101)),), KEPT),
        ("200 to 300 mL in one episode", (episode(between(200, 300)),), MASSIVE),
        ("150 to 250 mL in one episode", (episode(between(150, 250)),), KEPT),
        ("20 to 80 mL in 24 h", (per(24, between(20, 80)),), NONMASSIVE),
        ("80 to 120 mL in 24 h", (per(24, between(80, 120)),), KEPT),
        ("Over 100 mL/h", (per(1, over(100)),), MASSIVE),
        ("At least 100 mL/h: exactly 100 is allowed and does not prove", (per(1, at_least(100)),), KEPT),
        ("Under 100 mL/h, at one instant: says nothing", (per(1, under(100)),), OPEN),
        ("Under 4 mL/h over 24 h", (per(1, under(4), last_hours(24)),), NONMASSIVE),
        ("Over 50 mL in one episode in chronic respiratory failure", (CHRONIC, episode(over(50))), MASSIVE),
        (
            "At least 50 mL in one episode in chronic respiratory failure",
            (CHRONIC, episode(at_least(50))),
            KEPT,
        ),
        ("Under 50 mL in 24 h in chronic respiratory failure", (CHRONIC, per(24, under(50))), NONMASSIVE),
        (
            "Two episodes of over 25 mL in chronic respiratory failure",
            (CHRONIC, episode(over(25)), episode(over(25), hours_ago(4))),
            MASSIVE,
        ),
        (
            "Episodes of over 25 mL and of 25 mL in chronic respiratory failure",
            (CHRONIC, episode(over(25)), episode(25)),
            MASSIVE,
        ),
        ("Two episodes of under 50 mL", (episode(under(50)), episode(under(50))), OPEN),
        ("Two episodes of 60 to 110 mL", (episode(between(60, 110)), episode(between(60, 110))), KEPT),
    ],
)
