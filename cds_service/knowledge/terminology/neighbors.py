"""What stands right beside a term: words that make it another thing or a doubt, a no, a year, a size."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final, TypeAlias

from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from cds_service.knowledge.terminology.signs import Stance
from cds_service.knowledge.terminology.stances import SentenceCues
from cds_service.knowledge.terminology.words import LARGE, SMALL, ChartWords, tokens_of

WORD: Final = re.compile(r"\w+")
Phrase: TypeAlias = tuple[str, ...]
Phrases: TypeAlias = frozenset[Phrase] | tuple[()]
Span: TypeAlias = tuple[int, int]
Hit: TypeAlias = tuple[tuple[Span, ...], tuple[ConceptMatch, ...]]
"""Where the words of a term stand in its sentence, and what it stands for."""

Place: TypeAlias = tuple[int, int]
"""The numbers of the first and the last word of a phrase among the words of its sentence."""

WORDS_BETWEEN: Final = 1
"""So many words may stand between a term and what counts only right beside it."""

_JOINTS: Final = frozenset({" ", "'", "' ", "/", " / ", " & ", " ("})
"""What may stand between the words of a term; after an elision the next word may follow at once."""

_REACH_WORDS: Final = 6
_CLAUSE_BREAK: Final = re.compile(r"[,;:()\[\]|]")
A_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_YEAR_BEHIND: Final = re.compile(r"[ ,:(]*(?:[a-z]{1,6} )?((?:19|20)\d\d)(?![\d/.]| ?ncov)")
_SHORT: Final = re.compile(r"[a-z]{1,2}")
"""Such a word (`de`, `in`, `mL`) parts nothing."""

_SAYS_LITTLE: Final = re.compile(r"[a-z]{1,2}|(?:19|20)\d\d")


def are_joined(words: Sequence[re.Match[str]], position: int) -> bool:
    """True when only a blank or an elision parts a word from the one before it."""
    before, word = words[position - 1], words[position]
    return word.string[before.end() : word.start()] in _JOINTS


def readings_of(
    words: Sequence[re.Match[str]],
    terms: Sequence[Sequence[Span]],
    others: Phrases,
    doubts: Phrases,
    stops: frozenset[str],
) -> Sequence[Certainty | None]:
    """How surely each term of a concept can mean it, by the words around it; None where it is another thing.

    `words` are those of the sentence.
    One of the `others` right beside a term makes it another thing; where it stands elsewhere in the sentence
    the term is only possible, as it is with one of the `doubts` beside it.
    """
    elsewhere, doubtful_at = places_of(words, others), places_of(words, doubts)
    if not (elsewhere or doubtful_at):
        return [Certainty.DEFINITE] * len(terms)
    number_at = {word.start(): number for number, word in enumerate(words)}
    own = [tuple(number_at[start] for start, _ in term) for term in terms]
    near, unsure = (_places_beside(words, own, places, stops) for places in (elsewhere, doubtful_at))
    is_told = {place for places in near for place in places}.issuperset(elsewhere)
    readings: list[Certainty | None] = []
    for places, doubtful in zip(near, unsure, strict=True):
        sure = Certainty.DEFINITE if is_told and not doubtful else Certainty.POSSIBLE
        readings.append(None if places else sure)
    return readings


def are_doubted(around: SentenceCues, terms: Sequence[Sequence[Span]], doubts: Phrases) -> Sequence[bool]:
    """Of each term whether it stands beside words that leave it in doubt.

    Such words that are denied themselves (`not tolerated`) leave nothing in doubt.
    """
    words = [*WORD.finditer(around.sentence)] if terms else []
    places = places_of(words, doubts)
    spans = ((words[first].start(), words[last].end()) for first, last in places)
    if not places or any(around.stance(*span) is Stance.NEGATED for span in spans):
        return [False] * len(terms)
    readings = readings_of(words, terms, (), doubts, around.cues.first_words)
    return [reading is Certainty.POSSIBLE for reading in readings]


def years_behind(sentence: str, hits: Iterable[Hit], concepts: Collection[Concept]) -> Iterator[str]:
    """The year right behind each term of the concepts, empty where there is none: `septic shock in 2019`."""
    for spans, meant in hits:
        if not {match.concept for match in meant}.isdisjoint(concepts):
            found = _YEAR_BEHIND.match(sentence, spans[-1][1])
            yield found[1] if found else ""


def places_of(words: Sequence[re.Match[str]], phrases: Phrases) -> list[Place]:
    """Where one of the phrases stands among the words of a sentence, within one clause of it."""
    found: list[Place] = []
    lengths = _lengths(phrases)
    said = tuple(word[0] for word in words) if phrases else ()
    if lengths.keys().isdisjoint(said):
        return found
    for first, word in enumerate(said):
        for last in (first + length - 1 for length in lengths.get(word, ())):
            if said[first : last + 1] in phrases and last < len(said) and not _is_parted(words, first, last):
                found.append((first, last))
    return found


@lru_cache(maxsize=512)
def _lengths(phrases: Phrases) -> Mapping[str, Sequence[int]]:
    """How many words phrases have, by their first one; made once for each list of the data."""
    found: dict[str, set[int]] = {}
    for phrase in phrases:
        found.setdefault(phrase[0], set()).add(len(phrase))
    return {first: sorted(lengths) for first, lengths in found.items()}


def _places_beside(
    words: Sequence[re.Match[str]],
    terms: Sequence[Sequence[int]],
    places: Sequence[Place],
    stops: frozenset[str],
) -> Sequence[Sequence[Place]]:
    """For each term the places of phrases within it or right beside it, or alone in the clause next to it.

    A comma, a colon, a parenthesis and a stop word (and, with, for) end a clause.
    """
    if not places:
        return [()] * len(terms)
    clauses = [*accumulate((_is_parted(words, n - 1, n) for n in range(1, len(words))), initial=0)]
    of_terms = {number for own in terms for number in own}
    others = [place for place in places if of_terms.isdisjoint(range(place[0], place[1] + 1))]
    alone = _alone(words, clauses, others, stops)
    found: list[Sequence[Place]] = []
    for own in terms:
        reach = bisect_left(places, (own[0] - _REACH_WORDS, 0)) if own else len(places)
        until = bisect_left(places, (own[-1] + _REACH_WORDS, 0)) if own else 0
        near = [place for place in places[reach:until] if _is_near(words, place, own, clauses, stops)]
        beside = {clauses[own[0]] - 1, clauses[own[-1]] + 1} if own else ()
        found.append([*near, *(place for clause in beside for place in alone.get(clause, ()))])
    return found


def _is_near(
    words: Sequence[re.Match[str]],
    place: Place,
    own: Sequence[int],
    clauses: Sequence[int],
    stops: frozenset[str],
) -> bool:
    if {*range(place[0], place[1] + 1)}.issubset(own):
        return False
    (_, end), (start, _) = sorted((place, (own[0], own[-1])))
    if end < start and clauses[end] != clauses[start]:
        return False
    between = [word[0] for word in words[end + 1 : start]]
    many = len([word for word in between if not _SHORT.fullmatch(word)]) > WORDS_BETWEEN
    return not (many or not stops.isdisjoint(between))


def _alone(
    words: Sequence[re.Match[str]], clauses: Sequence[int], places: Sequence[Place], stops: frozenset[str]
) -> Mapping[int, Sequence[Place]]:
    """The phrases of each clause that holds nothing but such phrases; `no topical` holds a stop word too."""
    said = {number for place in places for number in range(place[0], place[1] + 1)}
    others = (n for n in range(len(words)) if n not in said)
    mixed = {clauses[n] for n in others if words[n][0] in stops or not _SAYS_LITTLE.fullmatch(words[n][0])}
    found: dict[int, list[Place]] = {}
    for place in places:
        if clauses[place[0]] not in mixed:
            found.setdefault(clauses[place[0]], []).append(place)
    return found


def _is_parted(words: Sequence[re.Match[str]], first: int, last: int) -> bool:
    """True where a clause ends between two words."""
    return _CLAUSE_BREAK.search(words[0].string, words[first].end(), words[last].start()) is not None


# --- how much, beside what it is said of -----------------------------------------------------------------

_CLAUSE_OF_SIZE: Final = re.compile(r"[,:()\[\]]")
_LONGEST_BESIDE: Final = 200
"""Characters; a word of size stands nearer to what it tells of."""


def says_large(tokens: Sequence[str], words: ChartWords) -> bool:
    """True for words of size that tell of a large bleed, and of nothing else: `large amount, bright red`."""
    if not _words_of_size(words).issuperset(tokens):
        return False
    phrases = _phrases(tokens, words)
    run = _sized_until(phrases, words, ())
    return len(run) == len(phrases) and _tells_of_blood(run, words)


@lru_cache(maxsize=4)
def _words_of_size(words: ChartWords) -> frozenset[str]:
    """Every word of a size, of what says nothing beside one, and of what denies one."""
    return frozenset(
        token for said in (*words.sizes, *words.beside_size, *words.denying) for token in said.split()
    )


def is_called_large(parts: tuple[str, str, str], words: ChartWords, linking: Collection[str]) -> bool:
    """True when words of size in or right beside the bleed call it large: `copious hemoptysis`.

    `parts` are the folded sentence before, between and behind the words for the bleed; no word of `linking`
    stands between a size and the bleed behind it, and such a word ends what follows the bleed. A size that
    belongs to another thing does not count: `large mass, hemoptysis`, `hemoptysis and copious sputum`.
    """
    before, inside, after = parts
    if any(words.sizes.get(phrase) == LARGE for phrase in _phrases(tokens_of(inside), words)):
        return True
    ahead = _CLAUSE_OF_SIZE.split(before[-_LONGEST_BESIDE:])
    nearest = _phrases(tokens_of(ahead[-1]), words)[::-1]
    run = _sized_until(nearest, words, linking)
    if _tells_of_blood(run, words):
        return nearest[len(run)] not in words.doubts["another-time"] if len(run) < len(nearest) else True
    if len(run) == len(nearest) and len(ahead) == 2 and says_large(tokens_of(ahead[0]), words):
        return True
    for place, clause in enumerate(_CLAUSE_OF_SIZE.split(after[:_LONGEST_BESIDE])):
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
