"""Text made comparable: folded, and patterns that match listed words at word boundaries."""

import re
import unicodedata
from collections.abc import Iterable

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
