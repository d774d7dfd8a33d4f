"""Units of volume and time: how many millilitres or hours one of them is."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))


def folded(text: str) -> str:
    """The text without accents, in lower case, with single spaces and plain apostrophes and hyphens."""
    written = text.translate(_APOSTROPHES).replace("œ", "oe").replace("Œ", "oe")
    decomposed = unicodedata.normalize("NFKD", written)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    return re.sub(r"[\s\-_\u2010-\u2015]+", " ", plain).strip()


def tokens_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, without punctuation."""
    return tuple(re.findall(r"[a-z0-9]+", folded(text)))


def pattern_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds whole phrases, the longest one where several begin at the same place."""
    longest_first = sorted(set(phrases), key=len, reverse=True)
    if not longest_first:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_whole, longest_first))})")


def _whole(phrase: str) -> str:
    """The phrase up to a word boundary; after an elision (`pas d'`) the next word may follow at once."""
    end = "" if phrase.endswith("'") else r"(?!\w)"
    return re.escape(phrase) + end


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
