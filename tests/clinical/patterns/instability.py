"""Support of an unstable patient, and what a small bleed says against the signs of one."""

from msgspec.structs import replace

from cds_service.clinical.time import UNDATED
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import (
    blood_seen,
    breaths,
    episode,
    hemoptysis,
    hours_ago,
    large_blood,
    running,
    small_blood,
    spo2,
    support,
    systolic,
    unreadable_amount,
)
from tests.clinical.patterns.pattern import KEPT, MASSIVE, OPEN, section

_LOW = spo2(85)

AGAINST_A_SMALL_BLEED = section(
    "An unstable patient and a small bleed",
    [
        ("Oxygen saturation 85 % and 29 mL in all", (_LOW, episode(20), episode(9)), KEPT),
        ("Oxygen saturation 85 % and 30 mL in all", (_LOW, episode(20), episode(10)), MASSIVE),
        ("Oxygen saturation 85 % and no amount charted", (_LOW, blood_seen()), MASSIVE),
        ("Oxygen saturation 85 % and a bleed called small", (_LOW, small_blood()), MASSIVE),
        ("Respiratory rate 32/min and 5 mL", (breaths(32), episode(5)), KEPT),
        ("Systolic pressure 80 mmHg and 5 mL", (systolic(80), episode(5)), KEPT),
        (
            "Oxygen saturation 85 %, 5 mL, and a bleed called large",
            (_LOW, episode(5), large_blood()),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 %, 5 mL, and an amount that cannot be read",
            (_LOW, episode(5), unreadable_amount()),
            MASSIVE,
        ),
        (
            "Oxygen saturation 85 %, 5 mL, and 40 mL undated",
            (_LOW, episode(5), episode(40, UNDATED)),
            MASSIVE,
        ),
        ("Oxygen saturation 85 %, and 5 mL 30 h ago", (_LOW, episode(5, hours_ago(30))), MASSIVE),
        (
            "Ventilation begun 1 h ago, and 5 mL",
            (support(Concept.VENTILATION, hours_ago(1)), episode(5)),
            MASSIVE,
        ),
    ],
)

SUPPORT = section(
    "Ventilation, vasopressors and red cells",
    [
        ("Intubated 1 h ago", (support(Concept.VENTILATION, hours_ago(1)),), MASSIVE),
        ("Ventilated since 2 h ago", (running(Concept.VENTILATION, 2),), MASSIVE),
        ("Ventilated since 30 h ago", (running(Concept.VENTILATION, 30),), KEPT),
        ("Intubated 30 h ago", (support(Concept.VENTILATION, hours_ago(30)),), KEPT),
        ("Intubated 80 h ago", (support(Concept.VENTILATION, hours_ago(80)),), OPEN),
        (
            "Ventilated from 40 to 30 h ago",
            (support(Concept.VENTILATION, hours_ago(40), hours_ago(30)),),
            OPEN,
        ),
        (
            "Ventilated since 12 h ago, 8 h before the first blood",
            (running(Concept.VENTILATION, 12), episode(50, hours_ago(4))),
            KEPT,
        ),
        ("Ventilation, undated", (support(Concept.VENTILATION, UNDATED),), KEPT),
        (
            "Perhaps ventilated since 2 h ago",
            (replace(running(Concept.VENTILATION, 2), is_unsure=True),),
            KEPT,
        ),
        (
            "Dependence on a ventilator for years",
            (replace(running(Concept.VENTILATION, 9000), is_unsure=True),),
            KEPT,
        ),
        ("Noninvasive ventilation for years", (running(Concept.NONINVASIVE_VENTILATION, 9000),), OPEN),
        ("Noninvasive ventilation since 2 h ago", (running(Concept.NONINVASIVE_VENTILATION, 2),), KEPT),
        ("Noninvasive ventilation, undated", (support(Concept.NONINVASIVE_VENTILATION, UNDATED),), KEPT),
        ("A ventilator's rate: its presence", (support(Concept.VENTILATOR_RATE, hours_ago(1)),), KEPT),
        ("ECMO since 2 h ago", (running(Concept.ECMO, 2),), KEPT),
        ("Resuscitated 2 h ago", (support(Concept.ARREST, hours_ago(2)),), KEPT),
        (
            "A vasopressor that has run for three weeks",
            (running(Concept.VASOPRESSOR, 500),),
            KEPT,
        ),
        (
            "A vasopressor that ended 30 h ago",
            (support(Concept.VASOPRESSOR, hours_ago(50), hours_ago(30)),),
            OPEN,
        ),
        (
            "Red cells 3 h after the onset",
            (hemoptysis(), support(Concept.RED_CELL_TRANSFUSION, hours_ago(3))),
            KEPT,
        ),
        (
            "Red cells 3 h before the onset",
            (hemoptysis(), support(Concept.RED_CELL_TRANSFUSION, hours_ago(9))),
            OPEN,
        ),
    ],
)
