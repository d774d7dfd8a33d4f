"""How hard a text is to read, by the two published formulas, and the words and syllables they count."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Final

BLOCKS: Final = {"p", "li", "dt", "dd", "h1", "h2", "h3", "title"}
NOT_TEXT: Final = {"h1", "h2", "h3", "dt", "title", "style"}
"""Headings are no sentences, and would make a text look easier."""


class Prose(HTMLParser):
    """The running text of a page within `main`, a line for each paragraph and each item."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in BLOCKS or tag == "main":
            self._open.append(tag)
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "main" in self._open and not NOT_TEXT & {*self._open}:
            self.lines[-1] += data


def prose_of(html: str) -> str:
    """The sentences of a page, one paragraph or item a line."""
    parser = Prose()
    parser.feed(html)
    return "\n".join(filter(None, (re.sub(r"\s+", " ", line).strip() for line in parser.lines)))


def sentences_in(text: str) -> list[str]:
    """What ends with a full stop, a question mark or the line; `38.9` is no end, and a colon none."""
    return [part for part in re.split(r"[.?!]+(?=\s)|[.?!]+$|\n", text, flags=re.MULTILINE) if words_in(part)]


def words_in(text: str) -> list[str]:
    """The words, without numbers; in French an elided article is none of its own."""
    return re.findall(r"[^\W\d_]+(?:[’'][^\W\d_]+)*", text)


def english_syllables(word: str) -> int:
    """Groups of vowels; a silent `e` or `es` and the `ed` that is not spoken are none."""
    plain = word.lower()
    groups = len(re.findall(r"[aeiouy]+", plain)) + len(re.findall(r"ia|(?<![st])io|eo|ua(?!r)", plain))
    if re.search(r"[^aeiouyl]e$|[^aeiouytdscgxz]es$|[^aeioutd]ed$|[aeiou]le$", plain):
        groups -= 1
    return max(groups, 1)


def french_syllables(word: str) -> int:
    """Groups of vowels, all that are written: only a last silent `e` or `es` after another is none."""
    plain = re.sub(r"^qu[’']|^[a-z][’']", "", word.lower())
    groups = len(re.findall(r"[aeiouyàâäéèêëîïôöùûüœ]+", plain)) + len(
        re.findall(r"[aou][éï]|ié(?!e)", plain)
    )
    if groups > 1 and re.search(r"[^aeiouyéè]es?$", plain):
        groups -= 1
    return max(groups, 1)


def flesch_kincaid_grade(text: str) -> float:
    """The school grade of an English text.

    Kincaid JP, Fishburne RP, Rogers RL, Chissom BS. Derivation of new readability formulas for Navy enlisted
    personnel. Research Branch Report 8-75, 1975: 0.39 words a sentence + 11.8 syllables a word - 15.59.
    """
    words = words_in(text)
    syllables = sum(map(english_syllables, words))
    return 0.39 * len(words) / len(sentences_in(text)) + 11.8 * syllables / len(words) - 15.59


def kandel_moles_score(text: str) -> float:
    """The reading ease of a French text, 0 to 100.

    Kandel L, Moles A. Application de l'indice de Flesch à la langue française. Cahiers Études de
    Radio-Télévision 1958;19:253-274: 207 - 1.015 words a sentence - 0.736 syllables in 100 words.
    """
    words = words_in(text)
    syllables = sum(map(french_syllables, words))
    return 207 - 1.015 * len(words) / len(sentences_in(text)) - 0.736 * 100 * syllables / len(words)
