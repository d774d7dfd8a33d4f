"""How many millilitres of blood a measured value is, and over how many hours its unit counts them."""

import re
from dataclasses import dataclass
from decimal import Decimal

from cds_service.clinical.range import Range
from cds_service.fhir.before.quantities import Measure
from cds_service.knowledge.terminology.words import VolumeUnits

_ANNOTATION = re.compile(r"\{[^{}]*\}")


_PER = re.compile(r"\s*(?:/|\bper\b|\bin\b|\bover\b|\bpar\b|\ben\b|\bsur\b)\s*", re.IGNORECASE)


_EXPONENT = re.compile(r"(?P<volume>.+)\.(?P<time>[a-z]+)-1", re.IGNORECASE)


_BLOOD = re.compile(r"\s+(?:(?:of|de)\s+)?(?:blood|sang)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BloodAmount:
    """An amount in mL; `per_hours` when the unit counts it over a time."""

    ml: Range
    per_hours: Decimal | None = None


def blood_amount(measure: Measure, units: VolumeUnits) -> BloodAmount | None:
    """The amount; None when the unit is none of volume, or of volume over time.

    `mL{blood}`, `mL/(24.h)`, `mL/d`, `mL.h-1`, `cc per hour` and `mL of blood in 24 h` are read.
    """
    volume, time = _parts(_BLOOD.sub("", _ANNOTATION.sub("", measure.unit)).strip())
    factor = units.millilitres_per(volume)
    if factor is None:
        return None
    if not time:
        return BloodAmount(measure.value.scaled(factor))
    hours = units.hours_per(time)
    return None if hours is None else BloodAmount(measure.value.scaled(factor), hours)


def blood_ratio(volume: Measure, time: Measure, units: VolumeUnits) -> BloodAmount | None:
    """An amount whose time stands in the denominator of a Ratio."""
    amount, hours = blood_amount(volume, units), units.hours_per(time.unit)
    if amount is None or amount.per_hours or hours is None or not time.value.is_exact or not time.written:
        return None
    return BloodAmount(amount.ml, time.written * hours)


def blood_between(low: Measure, high: Measure, units: VolumeUnits) -> tuple[Measure, BloodAmount] | None:
    """The amount between two ends, each in its own unit, and the range as charted."""
    least, most = blood_amount(low, units), blood_amount(high, units)
    if least is None or most is None or least.per_hours != most.per_hours or least.ml.low > most.ml.high:
        return None
    charted = Measure(low.value, low.unit, f"{low.charted} to {high.charted}")
    return charted, BloodAmount(Range(least.ml.low, most.ml.high), least.per_hours)


def _parts(unit: str) -> tuple[str, str]:
    if match := _EXPONENT.fullmatch(unit):
        return match["volume"], match["time"]
    volume, *times = _PER.split(unit, maxsplit=1)
    return volume, times[0] if times else ""
