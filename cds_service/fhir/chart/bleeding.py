"""Observations of expectorated blood, read as bleeds."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from cds_service.cds_hooks.raw_json import decoded, holds_something
from cds_service.clinical.facts import Bleed, Finding
from cds_service.clinical.range import ZERO
from cds_service.fhir.chart.blood_amounts import (
    BloodAmount,
    amount_in_words,
    blood_amount,
    blood_between,
    blood_ratio,
    is_unit,
)
from cds_service.fhir.chart.observations import charted_value, effective, has_value, parts_of
from cds_service.fhir.codes import Coded, Meanings, coded_from, worded
from cds_service.fhir.dates import Calendar
from cds_service.fhir.measurements import measured_value, site_unit_of
from cds_service.fhir.quantities import (
    LONGEST_AMOUNT,
    MeasuredValue,
    is_given,
    is_given_range,
    measured,
    measured_ends,
    measured_range,
    number_of,
)
from cds_service.fhir.repair import noted
from cds_service.fhir.resources import Observation, ObservationComponent, reference_to
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import UNCLEAR, folded, tokens_of

MeasuredBlood = tuple[MeasuredValue, BloodAmount]
Said: TypeAlias = Finding | Literal["some"]
"""A finding, or that there was some blood, neither little nor much: more than only that there was blood."""

_BLOOD: Final = frozenset({Concept.EXPECTORATED_BLOOD, Concept.BLOODSTAINED_SPUTUM, Concept.HEMOPTYSIS})
_SIZES: Final[tuple[Said, ...]] = ("large", "some", "small")
_DOUBTFUL_SIGNS: Final = frozenset("?<>+±=")
_NOT_UNDERSTOOD: Final = "not-understood"
_BY_STRENGTH: Final[tuple[Said, ...]] = ("some", "small", "blood-seen", "absent")


def bleed_from(
    observation: Observation,
    calendar: Calendar,
    meanings: Meanings,
    members: Sequence[ObservationComponent] = (),
) -> Bleed:
    """The bleed that an Observation of expectorated blood charts.

    Its own value is read, else those of its components, of the Observations that it contains and of
    `members`, those that it refers to. No value: there was blood. A value without a unit, words or codes that
    are not understood, a value of another type, values that disagree: an amount that cannot be read. A
    modifier is never understood.
    """
    period, reference = effective(observation, calendar), reference_to(observation)
    inner = (*parts_of(observation), *members)
    parts = _parts_about_blood(observation, inner, meanings)
    is_unsure = any(holds_something(part.modifier_extension) for part in (observation, *parts))
    measures = [_measured(part, meanings.knowledge) for part in parts]
    said = {_finding(part, meanings) for part, amount in zip(parts, measures, strict=True) if not amount}
    amounts = list(filter(None, measures))
    most = max((amount.ml.high for _, amount in amounts), default=Decimal(0))
    read = frozenset(map(id, parts))
    further = [part for part in inner if id(part) not in read and has_value(part)]
    if more := next((part for part in further if _tells_of_more(part, most, meanings)), None):
        said.add("unreadable")
        parts = (more, *parts)
    if len({amount for _, amount in amounts}) == 1 and said.isdisjoint(("large", "unreadable")):
        value, amount = amounts[0]
        return Bleed(reference, "amount", period, amount.ml, value.charted, amount.per_hours, is_unsure)
    charted = next((words for part in parts if (words := charted_value(part))), "")
    finding: Finding = "unreadable" if amounts or more else _finding_of_all(observation, said, meanings)
    return Bleed(reference, finding, period, ZERO, charted, is_unsure=is_unsure)


def _parts_about_blood(
    observation: Observation, among: Sequence[ObservationComponent], meanings: Meanings
) -> Sequence[ObservationComponent]:
    """What tells of the blood: the Observation by its own value, else its parts.

    Of the parts those coded as blood; else those of which nothing is known, but for mere words (a color).
    """
    if not (observation.component or observation.contained or len(among) > 1):
        return (observation,) if has_value(observation) else ()
    inner = [part for part in among if part is not observation and has_value(part)]
    coded = [part for part in inner if _concepts(part, meanings) & _BLOOD]
    if has_value(observation) and (not coded or _concepts(observation, meanings) & _BLOOD):
        return (observation,)
    return coded or [part for part in inner if not _concepts(part, meanings) and _is_measure(part, meanings)]


def _tells_of_more(part: ObservationComponent, most: Decimal, meanings: Meanings) -> bool:
    """True for a further part of a larger amount, or a large one in words, unless it names another fluid."""
    concepts, words = _concepts(part, meanings), meanings.knowledge.words
    named = {token for name in coded_from(part.code).words for token in tokens_of(name)}
    if (concepts and not concepts & _BLOOD) or not named.isdisjoint(words.doubts["other-fluid"]):
        return False
    if found := _measured(part, meanings.knowledge):
        return found[1].ml.high > most
    return not _is_quantified(part) and _finding(part, meanings) == "large"


def _concepts(part: ObservationComponent, meanings: Meanings) -> frozenset[Concept]:
    if part.code is None:
        return frozenset()
    meaning = meanings.terminology.meaning
    codes = ((coding.system or "", coding.code) for coding in part.code.coding if coding.code)
    return frozenset(concept for code in codes for concept in meaning(*code).concepts)


def _is_measure(part: ObservationComponent, meanings: Meanings) -> bool:
    """True for a part that may measure the blood: not for mere words, nor under the name of another fluid."""
    doubtful = meanings.knowledge.words.doubtful
    named = {token for words in coded_from(part.code).words for token in tokens_of(words)}
    is_worded = not (_is_quantified(part) or _measured(part, meanings.knowledge))
    return not is_worded and named.isdisjoint(doubtful)


def _finding_of_all(observation: Observation, said: set[Said], meanings: Meanings) -> Finding:
    """What is said without an amount; where it is only that there was blood, the code tells how much."""
    if not said:
        noting = meanings.worded(noted(observation.note))  # a note is read where no value is
        is_told = any(match.concept is Concept.SEVERE for match in noting)
        is_told = is_told or any(map(has_value, parts_of(observation)))
        said = {"unreadable" if is_told else "blood-seen"}
    strongest = _strongest(said, is_unreadable="unreadable" in said)
    if strongest == "blood-seen" and Concept.BLOODSTAINED_SPUTUM in _concepts(observation, meanings):
        return "small"
    return "blood-seen" if strongest == "some" else strongest


def _strongest(said: set[Said], *, is_unreadable: bool) -> Said:
    """Large before all, small only where nothing speaks against it."""
    if "large" in said or is_unreadable:
        return "large" if "large" in said else "unreadable"
    return next((finding for finding in _BY_STRENGTH if finding in said), "unreadable")


def _measured(part: ObservationComponent, knowledge: Knowledge) -> MeasuredBlood | None:
    """The amount in its own unit; a bare number in the one that the site gives for a code of its own."""
    if found := _with_own_unit(part, knowledge):
        return found
    unit = site_unit_of(part, knowledge)
    return _with_ml(measured_value(part, knowledge, unit), knowledge) if unit else None


def _with_own_unit(part: ObservationComponent, knowledge: Knowledge) -> MeasuredBlood | None:
    """The amount, of the first type of value that says something."""
    if _is_ratio(part):
        return _in_ratio(part, knowledge)
    if is_given(part.value_quantity):
        return _with_ml(measured(part.value_quantity, knowledge.words), knowledge)
    if is_given_range(part.value_range):
        return _in_range(part, knowledge)
    texts = _worded(part).words
    found = [m for text in texts if (m := _with_ml(amount_in_words(text, knowledge), knowledge))]
    return found[0] if len({amount for _, amount in found}) == 1 else None


def _is_ratio(part: ObservationComponent) -> bool:
    ratio = part.value_ratio
    return ratio is not None and (is_given(ratio.numerator) or is_given(ratio.denominator))


def _is_quantified(part: ObservationComponent) -> bool:
    return _is_ratio(part) or is_given(part.value_quantity) or is_given_range(part.value_range)


def _with_ml(value: MeasuredValue | None, knowledge: Knowledge) -> MeasuredBlood | None:
    amount = blood_amount(value, knowledge) if value else None
    return (value, amount) if value and amount else None


def _in_ratio(part: ObservationComponent, knowledge: Knowledge) -> MeasuredBlood | None:
    if part.value_ratio is None:
        return None
    volume = measured(part.value_ratio.numerator, knowledge.words)
    time = measured(part.value_ratio.denominator, knowledge.words)
    return blood_ratio(volume, time, knowledge) if volume and time else None


def _in_range(part: ObservationComponent, knowledge: Knowledge) -> MeasuredBlood | None:
    if part.value_range is None:
        return None
    if value := measured_range(part.value_range):
        return _with_ml(value, knowledge)
    ends = measured_ends(part.value_range, knowledge.words)
    return blood_between(*ends, knowledge) if ends else None


def _worded(part: ObservationComponent) -> Coded:
    text = (part.value_string or "").strip()
    return worded(text).joined(coded_from(part.value_codeable_concept))


def _finding(part: ObservationComponent, meanings: Meanings) -> Said:
    """What a value that is no amount says."""
    if _is_zero(part):
        return "absent"
    if _is_quantified(part):
        return "unreadable"
    said = _worded(part)
    is_there = decoded(part.value_boolean, bool)
    if said.is_empty and is_there is not None:
        return "blood-seen" if is_there else "absent"
    return finding_said(said, meanings)


def _is_zero(part: ObservationComponent) -> bool:
    """Nothing is nothing in any unit, or in none."""
    quantity = part.value_quantity
    is_none = quantity is not None and not quantity.comparator and number_of(quantity) == 0
    return is_none or any(decoded(raw, Decimal) == 0 for raw in (part.value_integer, part.value_decimal))


def finding_said(coded: Coded, meanings: Meanings) -> Said:
    """How much blood, as far as the codes and words are understood; else an amount that cannot be read.

    Words that are not understood beside others that are change nothing, unless they tell how much.
    """
    meant = [coding for coding in coded.codings if Concept.HEMOPTYSIS in meanings.of(coding).concepts]
    explained = {coding.display for coding in meant}
    words = {word: finding_in_word(word, meanings) for word in coded.words if word not in explained}
    said: set[Said] = {*words.values()}
    for coding in meant:
        is_little = Concept.BLOODSTAINED_SPUTUM in meanings.of(coding).concepts
        said.add("small" if is_little else "blood-seen")
    telling = (f == "unreadable" and _tells_how_much(word, meanings.knowledge) for word, f in words.items())
    return _strongest(said, is_unreadable=any(telling))


def finding_in_word(text: str, meanings: Meanings) -> Said:
    """What one text says as a whole: `no`, `nil`, `yes`, `blood-streaked sputum`, `scant`, `copious`."""
    if len(text) > LONGEST_AMOUNT or text.count("+") > 1:
        return "unreadable"
    answer, plain = meanings.answer_in(Coded(texts=(text,))), folded(text).rstrip(".")
    words = meanings.knowledge.words
    if answer is False or plain in words.no_blood:
        return "absent"
    size = _size_in(tokens_of(text), meanings.knowledge)
    if size and size != "unreadable" and _DOUBTFUL_SIGNS.isdisjoint(text):
        return size
    is_seen = answer is True or plain in words.blood or _is_term(plain, meanings.terminology)
    return "blood-seen" if is_seen else "unreadable"


def _size_in(tokens: Sequence[str], knowledge: Knowledge) -> Said | None:
    """How much blood words of size tell, the largest of them; None without any.

    Unreadable where they stand beside a word that may change them, such as a negation or an `increasing`.
    """
    words = knowledge.words
    found: set[str] = set()
    place = 0
    while place < len(tokens):
        pair = " ".join(tokens[place : place + 2])
        phrase = pair if pair in words.sizes else tokens[place]
        if phrase in words.sizes:
            found.add(words.sizes[phrase])
        elif phrase not in words.beside_size:
            found.add(_NOT_UNDERSTOOD)
        place += 2 if phrase == pair else 1
    if found.isdisjoint(words.sizes.values()):
        return None
    if not found.isdisjoint((_NOT_UNDERSTOOD, UNCLEAR)):
        return "unreadable"
    return next(size for size in _SIZES if size in found)


def _is_term(plain: str, terminology: Terminology) -> bool:
    """True for a listed term of hemoptysis and nothing else: `massive hemoptysis` tells an amount too."""
    for name in (plain, f"{plain} sputum"):
        meant = {match.concept for match in terminology.concepts_in(name) if match.by_text == name}
        if Concept.HEMOPTYSIS in meant and Concept.SEVERE not in meant:
            return True
    return False


def _tells_how_much(text: str, knowledge: Knowledge) -> bool:
    tokens = tokens_of(text)
    return (
        bool(re.search(r"\d", text))
        or _size_in(tokens, knowledge) is not None
        or any(is_unit(token, knowledge) for token in tokens)
    )
