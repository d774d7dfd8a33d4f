"""The numbers that decide something: which there are, what each holds, and where it comes from."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(pattern=r"\S", description="some text")]

Basis = Literal["guideline", "project-default"]
"""Where a definition comes from: a published source, or a decision of this project."""
Comparison = Literal[">=", ">", "<", "<="]
"""How a value is compared with a threshold."""


class DefinitionId(StrEnum):
    """Every definition the code asks for; the data must give each exactly once."""

    VOLUME_MASSIVE = "volume-24h-massive"
    RATE_MASSIVE = "rate-massive"
    VOLUME_MASSIVE_CHRONIC = "volume-24h-massive-chronic-respiratory-failure"
    RATE_MASSIVE_CHRONIC = "rate-massive-chronic-respiratory-failure"
    VOLUME_BORDERLINE = "volume-24h-borderline"
    VOLUME_BORDERLINE_CHRONIC = "volume-24h-borderline-chronic-respiratory-failure"
    SPO2_LOW = "oxygen-saturation-low"
    SYSTOLIC_LOW = "systolic-pressure-low"
    RESPIRATORY_RATE_HIGH = "respiratory-rate-high"
    ROOM_AIR_OXYGEN = "inhaled-oxygen-above-room-air"
    OXYGEN_FLOW = "inhaled-oxygen-flow"
    SEVERITY_WINDOW = "severity-window"
    FUTURE_TOLERANCE = "future-tolerance"
    TOTAL_PERIOD = "total-period"
    RATE_MINIMUM_PERIOD = "rate-minimum-period"
    EPISODE_GAP = "episode-gap"
    INDICATION_WINDOW = "indication-window"
    ADULT_AGE = "adult-age"
    RECENT_STUDY_WINDOW = "recent-study-window"
    COMPLEMENT_WINDOW = "complement-window"
    RECENT_WINDOW = "recent-window"
    BEFORE_ONSET = "before-the-onset"
    SMALL_BLEED = "small-bleed"
    VOLUME_PERSISTENT = "volume-persistent"
    RATE_WEIGHED_PERIOD = "rate-weighed-period"
    TOTAL_FRESHNESS = "total-freshness"
    SPO2_LOW_TARGET = "oxygen-saturation-low-lower-target"
    SPO2_BELOW_TARGET = "oxygen-saturation-below-lower-target"
    HEART_RATE_HIGH = "heart-rate-high"
    SPO2_CALM = "oxygen-saturation-calm"
    SYSTOLIC_CALM_LOW = "systolic-pressure-calm-low"
    SYSTOLIC_CALM_HIGH = "systolic-pressure-calm-high"
    RESPIRATORY_CALM_LOW = "respiratory-rate-calm-low"
    RESPIRATORY_CALM_HIGH = "respiratory-rate-calm-high"
    HEART_CALM_LOW = "heart-rate-calm-low"
    HEART_CALM_HIGH = "heart-rate-calm-high"
    NEWS2_SPO2 = "news2-3-oxygen-saturation"
    NEWS2_SYSTOLIC_LOW = "news2-3-systolic-pressure-low"
    NEWS2_SYSTOLIC_HIGH = "news2-3-systolic-pressure-high"
    NEWS2_RESPIRATORY_LOW = "news2-3-respiratory-rate-low"
    NEWS2_RESPIRATORY_HIGH = "news2-3-respiratory-rate-high"
    NEWS2_HEART_LOW = "news2-3-heart-rate-low"
    EMBOLIZATION_GAP = "embolization-gap"
    SEVERE_CONDITION_WINDOW = "severe-condition-window"
    SAME_AMOUNT_WINDOW = "same-amount-window"
    PATIENT_VIEW_WINDOW = "patient-view-window"
    PREGNANCY_WINDOW = "pregnancy-window"
    EGFR_AGE = "egfr-age"
    EGFR_SEVERE = "egfr-severe"
    EGFR_DISCRETION = "egfr-individual-discretion"
    EGFR_METFORMIN_LABEL = "egfr-metformin-label"


class Definition(Struct, frozen=True, kw_only=True):
    """A number that decides something: its unit (UCUM), how it is compared, and where it comes from."""

    id: DefinitionId
    value: Decimal
    unit: Text
    comparison: Comparison
    basis: Basis
    source: Text
    locator: Text
    words: Text
