"""Free text without what it says of a person: only listed words, and stand-ins that keep its shape."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, get_args

from cds_service.clinical.range import exactly
from cds_service.fhir.chart.bleeding import finding_in_word
from cds_service.fhir.chart.blood_amounts import amount_in_words, amount_phrase, blood_amount
from cds_service.fhir.chart.supports import flows_in, rates_in
from cds_service.fhir.codes import Coded, Meanings
from cds_service.fhir.orders.studies import names_other_part
from cds_service.fhir.quantities import MeasuredValue, is_on, measured_text
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.words import MAX_CHARACTERS_READ, Scale, folded, sentences_of

UNTOLD: Final = "xx"
"""Stands for a word that is not listed, and for a text of no words."""

NUMBER: Final = "0x"
"""Stands for a number, and cannot be read as an amount."""

_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")
_READING: Final = re.compile(
    r"\d{1,3}(?:[.,]\d{1,2})?(?: ?/ ?\d{1,3}(?:[.,]\d{1,2})?(?: ?(?:mm ?Hg|mm\[Hg\]|kPa))?)?", re.ASCII
)
"""A vital sign as a bare number, or a pressure of two."""

_PIECE: Final = re.compile(r"\w+|.", re.DOTALL)
_ANY_VALUE: Final = Decimal(50)


@dataclass(frozen=True, slots=True)
class WordFilter:
    """The words that may be kept: displays and names of studies that the knowledge itself lists."""

    knowledge: Knowledge
    displays: frozenset[str]
    study_words: frozenset[str]

    def cleaned(self, text: str) -> str:
        """The text with every word that is not listed replaced; it is read as the whole text was.

        Kept are amounts, bare vital signs, answers, names of codes, terms of the code lists with the
        negations around them, and words of the names of studies. Folded: lower case, without accents.
        """
        written = text[:MAX_CHARACTERS_READ].strip()
        text = " ".join(written.split())
        if not text:
            return ""
        if self._is_listed(text):
            return written
        if _READING.fullmatch(text):
            return text
        amount = measured_text(text, self.knowledge.words)
        if amount and self.is_unit(unit := self.cleaned_unit(amount.unit)):
            return f"{text.removesuffix(amount.unit)}{unit}"
        if amount_in_words(text, self.knowledge):
            return amount_phrase(text, self.knowledge)
        return (
            "; ".join(self._cleaned_sentence(sentence) for sentence in sentences_of(written)).strip()
            or UNTOLD
        )

    def _is_listed(self, text: str) -> bool:
        meanings = Meanings(self.knowledge)
        is_answer = meanings.answer_in(Coded(texts=(text,))) is not None
        is_finding = finding_in_word(text, meanings) != "unreadable"
        return folded(text) in self.displays or is_answer or is_finding

    def cleaned_unit(self, unit: str) -> str:
        """A unit that is known, without annotations such as `{of John's}`; else a stand-in."""
        bare = _ANNOTATION.sub("", unit).strip()
        return next((known for known in (bare, unit) if self.is_unit(known)), UNTOLD if unit else "")

    def is_unit(self, unit: str) -> bool:
        """True for a unit that some measurement is read in."""
        value = MeasuredValue(exactly(_ANY_VALUE), unit, "")
        is_time = self.knowledge.units.hours_per(unit) is not None
        is_amount = is_time or blood_amount(value, self.knowledge) is not None
        is_plain = unit == _ANNOTATION.sub("", unit)
        return (is_amount and is_plain) or any(
            is_on(value, scale, self.knowledge) for scale in get_args(Scale)
        )

    def _cleaned_sentence(self, sentence: str) -> str:
        kept = [*self._listed(sentence)]
        pieces = []
        for piece in _PIECE.finditer(sentence):
            is_listed = any(start <= piece.start() and piece.end() <= end for start, end in kept)
            pieces.append(piece[0] if is_listed else self._stand_in(piece[0]))
        return "".join(pieces)

    def _listed(self, sentence: str) -> Iterator[tuple[int, int]]:
        """Where terms of the code lists, the words that negate or question them, flows and rates stand."""
        yield from flows_in(sentence, self.knowledge.units)
        yield from ((per, end) for _, per, end in rates_in(sentence, self.knowledge))
        terms = self.knowledge.terminology.terms
        yield from terms.spans_in(sentence)
        for pattern in (terms.cues.ahead, terms.cues.after, terms.cues.present):
            yield from (found.span() for found in pattern.finditer(sentence))

    def _stand_in(self, piece: str) -> str:
        if not re.fullmatch(r"\w+", piece):
            return piece if piece.isascii() else " "
        meanings = Meanings(self.knowledge)
        is_size = piece in self.knowledge.words.sizes
        if piece in self.study_words or is_size or names_other_part(piece, meanings):
            return piece
        return NUMBER if re.search(r"\d", piece) else UNTOLD


def word_filter_from(knowledge: Knowledge) -> WordFilter:
    """The filter by the knowledge in force."""
    terminology = knowledge.terminology
    listed = [coding for concept in Concept for coding in terminology.codes_of(concept)]
    listed += terminology.order_codings.values()
    words = terminology.study_words
    phrases = (*words.spellings, *words.spellings.values(), *words.meanings)
    return WordFilter(
        knowledge=knowledge,
        displays=frozenset(folded(coding.display) for coding in listed) - {""},
        study_words=frozenset(word for phrase in phrases for word in phrase),
    )
