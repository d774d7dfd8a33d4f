"""Units of volume and time: how many millilitres or hours one of them is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cds_service.knowledge.words import folded

_COUNTED = re.compile(r"\(?\s*(?P<count>\d+(?:\.\d+)?)[.\s]*(?P<unit>[a-z]+)\s*\)?")


@dataclass(frozen=True, slots=True)
class VolumeUnits:
    """Accepted units, as UCUM codes and as the words people write."""

    millilitres: Mapping[str, Decimal]
    hours: Mapping[str, Decimal]

    def millilitres_per(self, unit: str) -> Decimal | None:
        """How many mL one unit of volume is (`mL`, `[cup_us]`, `cc`, `tablespoons`); None if not known.

        CAUTION: case is ignored. No accepted unit of volume differs from another in case only.
        """
        return self.millilitres.get(folded(unit).rstrip("."))

    def hours_per(self, time_unit: str) -> Decimal | None:
        """How many hours a unit of time is (`h`, `d`, `(24.h)`, `24 hours`); None if not known."""
        plain = folded(time_unit).rstrip(".")
        if plain in self.hours:
            return self.hours[plain]
        counted = _COUNTED.fullmatch(plain)
        if counted is None or counted["unit"] not in self.hours or Decimal(counted["count"]) == 0:
            return None
        return Decimal(counted["count"]) * self.hours[counted["unit"]]
