"""Folded text, the words of charts, and units: how many milliliters or hours one of them is."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

MAX_CHARACTERS_READ: Final = 20_000
"""A reason or a name is far shorter; what stands behind this in a text is not looked at.

Every text that is read in words goes through one of the functions here, and each cuts it: no pattern and no
loop over words meets more.
"""

_SPELLED: Final = {**dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'"), "œ": "oe", "Œ": "oe"}
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_DASHES: Final = re.compile("[\u2010-\u2015]")
_FRACTIONS: Final = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_TOKEN: Final = re.compile("[a-z0-9]+")
_PART: Final = 64
_ASCII_TOKENS: Final = "".join(c.lower() if c.isalnum() else " " for c in map(chr, range(128)))


def folded(text: str) -> str:
    """The text without accents, in lower case, with single spaces and plain apostrophes and hyphens."""
    text = text[:MAX_CHARACTERS_READ]
    plain = text if text.isascii() else _without_accents(text)
    return " ".join(plain.replace("`", "'").replace("-", " ").replace("_", " ").lower().split())


def _without_accents(text: str) -> str:
    for written, read_as in _SPELLED.items():
        text = text.replace(written, read_as)
    plain = _ACCENTS.sub("", _decomposed(text))
    if plain.isascii():
        return plain
    return _DASHES.sub(" ", "".join(c for c in plain if not unicodedata.combining(c)))


def _decomposed(text: str) -> str:
    """The text with accents apart from their letters (NFKD).

    CAUTION: the accents of one letter are sorted by insertion, which for 100,000 of them takes seconds; in
    parts it takes as long as the text is. Where a part ends within them, their order is that of the text.
    """
    parts = (text[at : at + _PART] for at in range(0, len(text), _PART))
    return "".join(unicodedata.normalize("NFKD", part) for part in parts)


def spelled(text: str) -> str:
    """The text without accents, with single blanks and plain apostrophes, hyphens and fractions.

    Case, signs and punctuation stay: `1½ cm³ – Frühstück` is `1 1/2 cm3 - Fruhstuck`.
    """
    text = text[:MAX_CHARACTERS_READ]
    if not text.isascii():
        text = _FRACTIONS.sub(lambda found: f" {found[0]}", text)
        for written, read_as in _SPELLED.items():
            text = text.replace(written, read_as)
        text = _ACCENTS.sub("", _decomposed(text)).replace("\u2044", "/")
        text = _DASHES.sub("-", text).replace("\u2212", "-")
    return " ".join(text.replace("`", "'").split())


# --- the sentences of a text --------------------------------------------------------------------------

PRESENT: Final = "(+)"
ABSENT: Final = "(neg)"
"""CAUTION: folding a text would turn `(-)` into `( )`, an empty box, so it is spelled out before."""

_SPELLINGS: Final = (
    (re.compile(r"[(\[]\s*(?:[-\u2010-\u2015\u2212]|neg|negative)\s*[)\]]", re.IGNORECASE), ABSENT),
    (re.compile(r"[(\[]\s*(?:\+|pos|positive)\s*[)\]]", re.IGNORECASE), PRESENT),
)
_SENTENCE_END: Final = re.compile(r"[.!](?=\s|$)|[;\r\n]+")
_DASH: Final = re.compile(r"\s[-\u2010-\u2015]+\s")
_CONTRACTED: Final = (
    *("ca", "could", "did", "do", "does", "had", "has"),
    *("have", "is", "are", "was", "were", "wo", "would"),
)
_CONTRACTION: Final = re.compile(
    rf"\b(?:({'|'.join(_CONTRACTED)})n't|(did|does|had|has|have|is|was|were)nt)\b|\bcan(?=not\b)"
)
SPELLED_OUT: Final = frozenset({*_CONTRACTED, "can", "not", "neg"})
"""Words that may stand in the sentences of a text that does not hold them so."""


def signs_spelled(text: str) -> str:
    """The text with every sign spelled in one way, which folding leaves alone."""
    text = text[:MAX_CHARACTERS_READ]
    if "(" in text or "[" in text:
        for pattern, spelling in _SPELLINGS:
            text = pattern.sub(f" {spelling} ", text)
    return text


def sentences_of(text: str) -> Iterator[str]:
    """The folded sentences of a text, with `not` for `n't`.

    A dash between spaces parts clauses like a colon; the sign `(-)` is spelled `(neg)`.
    """
    spelled = signs_spelled(text)
    if "-" in spelled or not spelled.isascii():
        spelled = _DASH.sub(" : ", spelled)
    for sentence in _SENTENCE_END.split(spelled):
        if plain := folded(sentence):
            yield _CONTRACTION.sub(_uncontracted, plain) if "n" in plain else plain


def _uncontracted(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]} not" if found[1] or found[2] else "can "


def tokens_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, without punctuation."""
    text = text[:MAX_CHARACTERS_READ]
    if text.isascii():
        return tuple(text.translate(_ASCII_TOKENS).split())
    return tuple(_TOKEN.findall(folded(text)))


def squeezed(unit: str) -> str:
    """A unit in lower case, without blanks."""
    return "".join(unit.split()).lower()


def alternatives(words: Iterable[str]) -> str:
    """A part of a pattern that finds one of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def words_needed(phrase: str) -> frozenset[str]:
    """The words that a text must hold to name a phrase; none where it could not be told by words.

    CAUTION: what the sentences of a text spell out (`not` for `n't`) need not stand in the text itself.
    """
    return frozenset(tokens_of(phrase)) - SPELLED_OUT


@dataclass(frozen=True, slots=True, eq=False)
class ChartWords:
    """Words of charts and orders beside the terms of the code lists, by what they say.

    Folded are `answers` (yes or no), `no_blood` and `blood`, `numbers` (before a unit), `doubtful` (beside an
    amount they change what it means; `doubts` by kind), `embolized_elsewhere` (parts of the body that are not
    the chest), `oxygen` (as a drug) and `vital_signs` (the category of Observations). As tokens are `sizes`
    (how much blood, without an amount: small, some, large or unclear), `sizes_behind` (standing behind what
    they tell of), `large` (single words of large ones, and of denials), `beside_size` (next to a size they
    say nothing more), `denying` (a small size that they deny is a large one), `on_air` (behind a saturation)
    and `unmeasurable`. In lower case, with and without accents, are `comparators` (read as `<`, `<=`, `>` or
    `>=`), `approximations`, `range_words` (between two numbers), `per_time`, `time_fillers` (before a time),
    `of_words`, `blood_words` (behind a unit), and `elisions`.
    """

    answers: Mapping[str, bool]
    no_blood: frozenset[str]
    blood: frozenset[str]
    sizes: Mapping[str, str]
    sizes_behind: frozenset[str]
    large: frozenset[str]
    beside_size: frozenset[str]
    denying: frozenset[str]
    numbers: Mapping[str, str]
    doubtful: frozenset[str]
    doubts: Mapping[str, frozenset[str]]
    embolized_elsewhere: frozenset[str]
    oxygen: frozenset[str]
    vital_signs: frozenset[str]
    on_air: frozenset[str]
    unmeasurable: frozenset[str]
    comparators: Mapping[str, str]
    approximations: frozenset[str]
    range_words: frozenset[str]
    per_time: frozenset[str]
    time_fillers: frozenset[str]
    of_words: frozenset[str]
    blood_words: frozenset[str]
    elisions: frozenset[str]


SMALL: Final = "small"
LARGE: Final = "large"
UNCLEAR: Final = "unclear"
"""What a word of size is read as that tells how much, and neither little nor much."""

DOUBTS: Final = ("negation", "bound", "several", "another-time", "not-measured", "other-fluid")
"""The kinds of words that make an amount beside them doubtful."""

CHART_WORD_KINDS: Final = (
    *("answer", "no-blood", "blood", "size", "beside-size", "not-small", "number", *DOUBTS),
    *("embolized-elsewhere", "oxygen", "vital-signs", "on-air", "unmeasurable"),
    *("comparator", "approximation", "range", "per", "time-filler", "of", "blood-word", "elision"),
)


def chart_words_from(listed: Iterable[tuple[str, str, str, str]]) -> ChartWords:
    """The words of a chart, each given with its kind, its language and with what it is read as."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in CHART_WORD_KINDS}
    behind: set[str] = set()
    for kind, language, words, read_as in listed:
        found[kind] |= {words.lower(): read_as, spelled(words).lower(): read_as}
        if kind == "size" and language != "en":
            behind.add(_token_key(words))
    plain = {kind: {folded(word): said[word] for word in said} for kind, said in found.items()}
    return ChartWords(
        answers=MappingProxyType({words: read_as == "yes" for words, read_as in plain["answer"].items()}),
        no_blood=frozenset(plain["no-blood"]),
        blood=frozenset(plain["blood"]),
        sizes=MappingProxyType(
            {_token_key(words): read_as or UNCLEAR for words, read_as in plain["size"].items()}
        ),
        sizes_behind=frozenset(behind),
        large=frozenset(
            token
            for words, size in (plain["size"] | dict.fromkeys(plain["not-small"], LARGE)).items()
            if size == LARGE
            for token in tokens_of(words)
        ),
        beside_size=frozenset(map(_token_key, plain["beside-size"])),
        denying=frozenset(map(_token_key, plain["not-small"])),
        numbers=MappingProxyType(plain["number"]),
        doubts=MappingProxyType({kind: frozenset(plain[kind]) for kind in DOUBTS}),
        doubtful=frozenset(words for kind in DOUBTS for words in plain[kind]),
        embolized_elsewhere=frozenset(plain["embolized-elsewhere"]),
        oxygen=frozenset(plain["oxygen"]),
        vital_signs=frozenset(plain["vital-signs"]),
        on_air=frozenset(map(_token_key, plain["on-air"])),
        unmeasurable=frozenset(map(_token_key, plain["unmeasurable"])),
        comparators=MappingProxyType(found["comparator"]),
        approximations=frozenset(found["approximation"]),
        range_words=frozenset(found["range"]),
        per_time=frozenset(found["per"]),
        time_fillers=frozenset(found["time-filler"]),
        of_words=frozenset(found["of"]),
        blood_words=frozenset(found["blood-word"]),
        elisions=frozenset(found["elision"]),
    )


def _token_key(words: str) -> str:
    return " ".join(tokens_of(words))


Scale: TypeAlias = Literal[
    "%", "1", "mm[Hg]", "kPa", "cm[Hg]", "/min", "L/min", "mL/min/{1.73_m2}", "mg/dL", "other"
]
"""A unit by its UCUM code; `other`: what nothing is read in; `mg/dL`: any unit that no vital sign is in."""

_COUNTED: Final = re.compile(r"\(? ?(?P<count>\d+(?:\.\d+)?)[. ]?(?P<unit>[a-z]+) ?\)?")
_LONGEST_UNIT: Final = 120


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Accepted units, as UCUM codes and as the words people write.

    `milliliters` of one unit are two numbers, the least and the most: a vessel is a range.
    `spellings`: how the units of vital signs and kidney function are written, in lower case, without blanks.
    """

    milliliters: Mapping[str, tuple[Decimal, Decimal]]
    hours: Mapping[str, Decimal]
    spellings: Mapping[Scale, frozenset[str]]

    def milliliters_per(self, unit: str) -> tuple[Decimal, Decimal] | None:
        """How many mL one unit of volume is, at least and at most; None if not known.

        `mL`, `[cup_us]` and `cc` are one number, `tablespoons` and `kidney dish` two.
        CAUTION: case is ignored. No accepted unit of volume differs from another in case only.
        """
        return self.milliliters.get(unit) or self.milliliters.get(_unit_key(unit))

    def hours_per(self, time_unit: str) -> Decimal | None:
        """How many hours a unit of time is (`h`, `d`, `(24.h)`, `24 hours`); None if not known."""
        plain = _unit_key(time_unit)
        if plain in self.hours:
            return self.hours[plain]
        counted = _COUNTED.fullmatch(plain)
        if counted is None or counted["unit"] not in self.hours or Decimal(counted["count"]) == 0:
            return None
        return Decimal(counted["count"]) * self.hours[counted["unit"]]


def _unit_key(unit: str) -> str:
    """The unit folded, without the full stops of abbreviations; empty for what is too long to be one."""
    return "" if len(unit) > _LONGEST_UNIT else folded(unit).rstrip(".").replace(". ", " ")
