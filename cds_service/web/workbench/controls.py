"""The sliders and switches of the workbench: what of a chart can be changed, and between which values.

How they are called stands in the templates.
"""

from typing import Final

import msgspec

from cds_service.clinical.facts import VitalKind
from cds_service.knowledge.definitions import DefinitionId

AMOUNT: Final = "amount"
HOURS: Final = "hours"
OXYGEN: Final = "oxygen"
RECURRENCE: Final = "recurrence"


class Slider(msgspec.Struct, frozen=True):
    """A number of the chart that can be changed, between which values, and the limits that part them.

    `chronic` are limits that hold for some patients only: they are shown where they decided something.
    Without a value of the slider that it `needs` there is nothing to move.
    """

    id: str
    unit: str
    least: int
    most: int
    step: int
    limits: tuple[DefinitionId, ...]
    chronic: tuple[DefinitionId, ...] = ()
    vital: VitalKind | None = None
    needs: str = ""

    def values(self) -> list[int]:
        """Every position of the slider."""
        return list(range(self.least, self.most + 1, self.step))


class Switch(msgspec.Struct, frozen=True):
    """Something of the chart that can be changed between a few states."""

    id: str
    states: tuple[str, ...]


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
_BREATHS: Final = (
    DefinitionId.RESPIRATORY_RATE_HIGH,
    DefinitionId.RESPIRATORY_CALM_LOW,
    DefinitionId.RESPIRATORY_CALM_HIGH,
)
_BEATS: Final = (DefinitionId.HEART_RATE_HIGH, DefinitionId.HEART_CALM_LOW, DefinitionId.HEART_CALM_HIGH)

SLIDERS: Final = (
    Slider(AMOUNT, "mL", 0, 300, 5, _VOLUMES, _CHRONIC),
    Slider(HOURS, "h", 0, 48, 1, _PERIODS, needs=AMOUNT),
    Slider(
        "oxygen-saturation",
        "%",
        76,
        100,
        1,
        (DefinitionId.SPO2_LOW, DefinitionId.SPO2_CALM),
        (DefinitionId.SPO2_LOW_TARGET, DefinitionId.SPO2_BELOW_TARGET),
        vital="oxygen-saturation",
    ),
    Slider(
        "systolic-pressure",
        "mm[Hg]",
        60,
        230,
        1,
        (DefinitionId.SYSTOLIC_LOW, DefinitionId.SYSTOLIC_CALM_LOW, DefinitionId.SYSTOLIC_CALM_HIGH),
        vital="systolic-pressure",
    ),
    Slider("respiratory-rate", "/min", 6, 44, 1, _BREATHS, vital="respiratory-rate"),
    Slider("heart-rate", "/min", 30, 160, 1, _BEATS, vital="heart-rate"),
)
SWITCHES: Final = (
    Switch(OXYGEN, ("air", "given")),
    Switch(RECURRENCE, ("first", "earlier-episode", "after-embolization")),
)
SLIDER_BY_ID: Final = {slider.id: slider for slider in SLIDERS}
SWITCH_BY_ID: Final = {switch.id: switch for switch in SWITCHES}
VITAL_SLIDERS: Final = tuple(slider for slider in SLIDERS if slider.vital)
