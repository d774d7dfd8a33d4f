"""The sliders and switches of the workbench: what of a chart can be changed, and between which values."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from cds_service.clinical.facts import VitalKind
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.terminology.concepts import Concept

AMOUNT: Final = "amount"
HOURS: Final = "hours"
OXYGEN: Final = "oxygen"
RECURRENCE: Final = "recurrence"

Oxygen: TypeAlias = Literal["air", "given"]
"""What the patient breathes."""

Recurring: TypeAlias = Literal["first", "earlier-episode", "after-embolization"]
"""Whether the chart holds an earlier bleed."""


class Slider(msgspec.Struct, frozen=True):
    """A number of the chart that can be changed, between which values, and the limits that part them.

    `chronic` are limits that hold for some patients only: they are shown where they decided something.
    """

    id: str
    label: str
    unit: str
    least: int
    most: int
    step: int
    limits: tuple[DefinitionId, ...]
    chronic: tuple[DefinitionId, ...] = ()
    concept: Concept | None = None
    vital: VitalKind | None = None

    def values(self) -> list[int]:
        """Every position of the slider."""
        return list(range(self.least, self.most + 1, self.step))


class Switch(msgspec.Struct, frozen=True):
    """Something of the chart that can be changed between a few states, each with its name."""

    id: str
    label: str
    states: Mapping[str, str]


_VOLUMES: Final = (
    DefinitionId.SMALL_BLEED,
    DefinitionId.VOLUME_BORDERLINE,
    DefinitionId.VOLUME_MASSIVE,
    DefinitionId.RATE_MASSIVE,
)
_CHRONIC: Final = (
    DefinitionId.VOLUME_BORDERLINE_CHRONIC,
    DefinitionId.VOLUME_MASSIVE_CHRONIC,
    DefinitionId.RATE_MASSIVE_CHRONIC,
)
_PERIODS: Final = (
    DefinitionId.RATE_MINIMUM_PERIOD,
    DefinitionId.RATE_WEIGHED_PERIOD,
    DefinitionId.TOTAL_PERIOD,
)

SLIDERS: Final = (
    Slider(AMOUNT, "Blood coughed up", "mL", 0, 300, 5, _VOLUMES, _CHRONIC),
    Slider(HOURS, "Over", "h", 0, 48, 1, _PERIODS),
    Slider(
        "spo2",
        "Oxygen saturation",
        "%",
        76,
        100,
        1,
        (DefinitionId.SPO2_LOW, DefinitionId.SPO2_CALM),
        (DefinitionId.SPO2_LOW_TARGET, DefinitionId.SPO2_BELOW_TARGET),
        concept=Concept.OXYGEN_SATURATION,
        vital="oxygen-saturation",
    ),
    Slider(
        "systolic",
        "Systolic pressure",
        "mm[Hg]",
        60,
        230,
        1,
        (DefinitionId.SYSTOLIC_LOW, DefinitionId.SYSTOLIC_CALM_LOW, DefinitionId.SYSTOLIC_CALM_HIGH),
        concept=Concept.SYSTOLIC_PRESSURE,
        vital="systolic-pressure",
    ),
    Slider(
        "breaths",
        "Respiratory rate",
        "/min",
        6,
        44,
        1,
        (
            DefinitionId.RESPIRATORY_RATE_HIGH,
            DefinitionId.RESPIRATORY_CALM_LOW,
            DefinitionId.RESPIRATORY_CALM_HIGH,
        ),
        concept=Concept.RESPIRATORY_RATE,
        vital="respiratory-rate",
    ),
    Slider(
        "heart",
        "Heart rate",
        "/min",
        30,
        160,
        1,
        (DefinitionId.HEART_RATE_HIGH, DefinitionId.HEART_CALM_LOW, DefinitionId.HEART_CALM_HIGH),
        concept=Concept.HEART_RATE,
        vital="heart-rate",
    ),
)
SWITCHES: Final = (
    Switch(OXYGEN, "Breathing", {"air": "Air", "given": "Oxygen, 4 L/min"}),
    Switch(
        RECURRENCE,
        "Earlier bleed",
        {"first": "None", "earlier-episode": "18 months ago", "after-embolization": "Embolized 10 days ago"},
    ),
)
SLIDER_BY_ID: Final = {slider.id: slider for slider in SLIDERS}
SWITCH_BY_ID: Final = {switch.id: switch for switch in SWITCHES}
VITAL_SLIDERS: Final = tuple(slider for slider in SLIDERS if slider.vital)
