"""Folded text, the words of charts, and units: how many milliliters or hours one of them is."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

_SPELLED: Final = {**dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'"), "œ": "oe", "Œ": "oe"}
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_DASHES: Final = re.compile("[\u2010-\u2015]")
_FRACTIONS: Final = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_TOKEN: Final = re.compile("[a-z0-9]+")
_ASCII_TOKENS: Final = "".join(c.lower() if c.isalnum() else " " for c in map(chr, range(128)))


def folded(text: str) -> str:
    """The text without accents, in lower case, with single spaces and plain apostrophes and hyphens."""
    plain = text if text.isascii() else _without_accents(text)
    return " ".join(plain.replace("`", "'").replace("-", " ").replace("_", " ").lower().split())


def _without_accents(text: str) -> str:
    for written, read_as in _SPELLED.items():
        text = text.replace(written, read_as)
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    if plain.isascii():
        return plain
    return _DASHES.sub(" ", "".join(c for c in plain if not unicodedata.combining(c)))


def spelled(text: str) -> str:
    """The text without accents, with single blanks and plain apostrophes, hyphens and fractions.

    Case, signs and punctuation stay: `1½ cm³ – Frühstück` is `1 1/2 cm3 - Fruhstuck`.
    """
    if not text.isascii():
        text = _FRACTIONS.sub(lambda found: f" {found[0]}", text)
        for written, read_as in _SPELLED.items():
            text = text.replace(written, read_as)
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).replace("\u2044", "/")
        text = _DASHES.sub("-", text).replace("\u2212", "-")
    return " ".join(text.replace("`", "'").split())


def tokens_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, without punctuation."""
    if text.isascii():
        return tuple(text.translate(_ASCII_TOKENS).split())
    return tuple(_TOKEN.findall(folded(text)))


def squeezed(unit: str) -> str:
    """A unit in lower case, without blanks."""
    return "".join(unit.split()).lower()


def alternatives(words: Iterable[str]) -> str:
    """A part of a pattern that finds one of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def pattern_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds whole phrases, the longest one where several begin at the same place.

    After an elision (`pas d'`) the next word may follow at once.
    """
    whole = alternatives({*phrases}).replace("\\ ", " ")
    return re.compile(rf"(?<!\w)(?:{whole})(?:(?!\w)|(?<='))" if whole else r"(?!)")


@dataclass(frozen=True, slots=True, eq=False)
class ChartWords:
    """Words of charts and orders beside the terms of the code lists, by what they say.

    Folded are `answers` (yes or no), `no_blood` and `blood`, `numbers` (before a unit), `doubtful` (beside an
    amount they change what it means; `doubts` by kind), `embolized_elsewhere` (parts of the body that are not
    the chest), `oxygen` (as a drug) and `vital_signs` (the category of Observations). As tokens are `sizes`
    (how much blood, without an amount: small, some, large or unclear), `sizes_behind` (standing behind
    what they tell of), `large` (single words of large ones, and of denials), `beside_size` (next to a size they
    say nothing more) and `denying` (a small size that they deny is a large one). In lower case, with and without accents, are `comparators` (read as `<`, `<=`, `>` or
    `>=`), `approximations`, `range_words` (between two numbers), `per_time` and `time_fillers` (before a
    time), `of_words` and `blood_words` (behind a unit), and `elisions`.
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
    *("embolized-elsewhere", "oxygen", "vital-signs"),
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
    plain = {
        kind: {folded(words): read_as for words, read_as in said.items()} for kind, said in found.items()
    }
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


# --- how much, beside what it is said of -----------------------------------------------------------------

_CLAUSE: Final = re.compile(r"[,:()\[\]]")
_LONGEST_BESIDE: Final = 200
"""Characters; a word of size stands nearer to what it tells of."""


def says_large(tokens: Sequence[str], words: ChartWords) -> bool:
    """True for words of size that tell of a large bleed, and of nothing else: `large amount, bright red`."""
    run = _sized(tokens, words)
    return len(run) == len(_phrases(tokens, words)) and _tells_of_blood(run, words)


def is_called_large(parts: tuple[str, str, str], words: ChartWords, linking: Collection[str]) -> bool:
    """True when words of size in or right beside the bleed call it large: `copious hemoptysis`.

    `parts` are the folded sentence before, between and behind the words for the bleed; no word of `linking`
    stands between a size and the bleed behind it, and such a word ends what follows the bleed. A size that
    belongs to another thing does not count: `large mass, hemoptysis`, `hemoptysis and copious sputum`.
    """
    before, inside, after = parts
    if any(words.sizes.get(phrase) == LARGE for phrase in _phrases(tokens_of(inside), words)):
        return True
    ahead = _CLAUSE.split(before[-_LONGEST_BESIDE:])
    nearest = _phrases(tokens_of(ahead[-1]), words)[::-1]
    run = _sized_until(nearest, words, linking)
    if _tells_of_blood(run, words):
        return nearest[len(run)] not in words.doubts["another-time"] if len(run) < len(nearest) else True
    if len(run) == len(nearest) and len(ahead) == 2 and says_large(tokens_of(ahead[0]), words):
        return True
    for place, clause in enumerate(_CLAUSE.split(after[:_LONGEST_BESIDE])):
        tokens = tokens_of(clause)
        if _begins_with_large(tokens, words, linking, is_joined=place == 0):
            return True
        if not _tells_no_other_thing(tokens, words):
            return False
    return False


def _tells_no_other_thing(tokens: Sequence[str], words: ChartWords) -> bool:
    """True for small sizes and times alone: what stands behind them may be the size of the same bleed."""
    run = _phrases(tokens, words)
    return all(p in words.sizes or p in words.beside_size or p in words.doubts["another-time"] for p in run)


def _begins_with_large(
    tokens: Sequence[str], words: ChartWords, linking: Collection[str], *, is_joined: bool
) -> bool:
    """True for a size with nothing behind it that it could belong to; `is_joined`: no comma before."""
    phrases = [*_phrases(tokens, words), ""]
    run = _sized(tokens, words)
    if not _tells_of_blood(run, words):
        return False
    following = phrases[next(i for i, phrase in enumerate(run, start=1) if words.sizes.get(phrase) == LARGE)]
    ending = {"", *linking, *words.doubts["another-time"]}
    if following in ending or phrases[len(run)] in ending or _names_blood(run, words):
        return True
    return is_joined and run[0] in words.sizes_behind


def _phrases(tokens: Sequence[str], words: ChartWords) -> list[str]:
    """The words, two of them together where they are one size: `grande quantité`; `not small` is large."""
    found: list[str] = []
    for token in tokens:
        pair = f"{found[-1]} {token}" if found else token
        if found and (pair in words.sizes or pair in words.denying):
            found[-1] = pair
        elif found and found[-1] in words.denying and words.sizes.get(token) == SMALL:
            found[-1] = LARGE
        else:
            found.append(token)
    return found


def _sized(tokens: Sequence[str], words: ChartWords) -> list[str]:
    return _sized_until(_phrases(tokens, words), words, ())


def _sized_until(phrases: Sequence[str], words: ChartWords, linking: Collection[str]) -> list[str]:
    """The first of the phrases, as long as they are sizes or say nothing beside one."""
    found: list[str] = []
    for phrase in phrases:
        is_beside = phrase in words.beside_size and phrase not in linking
        if not (phrase in words.sizes or is_beside):
            break
        found.append(phrase)
    return found


def _tells_of_blood(run: Sequence[str], words: ChartWords) -> bool:
    """True where a size is a large one, and is not that of sputum without blood."""
    if all(words.sizes.get(phrase) != LARGE for phrase in run):
        return False
    return words.doubts["other-fluid"].isdisjoint(run) or _names_blood(run, words)


def _names_blood(run: Sequence[str], words: ChartWords) -> bool:
    return not words.blood.isdisjoint(run)


Scale: TypeAlias = Literal["%", "1", "mm[Hg]", "kPa", "/min", "L/min", "mL/min/{1.73_m2}", "other"]
"""What is measured in a unit of its own, named by its UCUM code; `other`: what nothing is read in."""

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
