"""The units in which vital signs and kidney function are written, and the values that they can have."""

import re
from decimal import Decimal
from enum import StrEnum

from cds_service.fhir.before.quantities import Measure


class Scale(StrEnum):
    """What is measured in a unit of its own, named by the UCUM code of that unit."""

    PERCENT = "%"
    PRESSURE = "mm[Hg]"
    PER_MINUTE = "/min"
    FLOW = "L/min"
    FILTRATION = "mL/min/{1.73_m2}"


_SPELLINGS = {
    Scale.PERCENT: {"%", "percent", "pct", "%sat", "%sao2", "%spo2", "%o2sat"},
    Scale.PRESSURE: {"mm[hg]", "mmhg"},
    Scale.PER_MINUTE: {
        "/min", "1/min", "min-1", "/minute", "perminute", "permin", "breaths/min", "breaths/minute",
        "breath/min", "breathsperminute", "resp/min", "resps/min", "respirations/min", "br/min", "bpm",
    },
    Scale.FLOW: {"l/min", "lpm", "l/minute", "liters/min", "liters/minute", "litersperminute"},
    Scale.FILTRATION: {
        "ml/min/{1.73_m2}", "ml/min/1.73m2", "ml/min/1.73m^2", "ml/min/1.73m²", "ml/min/1.73_m2",
        "ml/min/1.73sqm", "ml/min/1.73", "ml/min/{1.73m2}", "ml/min/1.73.m2", "ml/min/1,73m2",
        "ml/min/1,73m²", "ml/min",
    },
}  # fmt: skip


_HIGHEST = {Scale.PERCENT: Decimal(100)}


def is_on(measure: Measure, scale: Scale) -> bool:
    """True when the unit is that of the scale, in any plain spelling, and the value can be meant.

    CAUTION: a saturation of 0.97 is a fraction, whatever its unit says, and would prove the worst.
    """
    if _plain(measure.unit) not in _SPELLINGS[scale]:
        return False
    if scale is Scale.PERCENT:
        return 1 < measure.written <= _HIGHEST[scale]
    return measure.written > 0 or scale is Scale.FLOW


def _plain(unit: str) -> str:
    """The unit without blanks, case and annotations, such as the `{breaths}` of `{breaths}/min`."""
    squeezed = re.sub(r"\s+", "", unit).lower()
    return squeezed if squeezed.startswith("ml/") else re.sub(r"\{[^{}]*\}", "", squeezed)
