"""Observations of expectorated blood, read as bleeds."""

import re
from decimal import Decimal

from cds_service.cds_hooks.raw_json import decoded
from cds_service.clinical.facts import Bleed, Finding
from cds_service.clinical.range import ZERO
from cds_service.fhir.chart.blood_amounts import (
    BloodAmount,
    amount_in_words,
    blood_amount,
    blood_between,
    blood_ratio,
)
from cds_service.fhir.chart.observations import charted_value, effective, has_value
from cds_service.fhir.codes import Coded, Meanings, coded_from, worded
from cds_service.fhir.dates import Calendar
from cds_service.fhir.quantities import (
    MeasuredValue,
    is_given,
    is_given_range,
    measured,
    measured_ends,
    measured_range,
    number_of,
)
from cds_service.fhir.resources import Observation, reference_to
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import folded, tokens_of

MeasuredBlood = tuple[MeasuredValue, BloodAmount]


def bleed_from(observation: Observation, calendar: Calendar, meanings: Meanings) -> Bleed:
    """The bleed that an Observation of expectorated blood charts.

    No value: there was blood. A value without a unit, words or codes that are not understood, a value of
    another type, components instead of a value: an amount that cannot be read.
    """
    period, reference = effective(observation, calendar), reference_to(observation)
    if found := _measured(observation, meanings):
        value, amount = found
        return Bleed(reference, "amount", period, amount.ml, value.charted, amount.per_hours)
    return Bleed(reference, _finding(observation, meanings), period, ZERO, charted_value(observation))


def _measured(observation: Observation, meanings: Meanings) -> MeasuredBlood | None:
    """The amount, of the first type of value that says something."""
    knowledge = meanings.knowledge
    ratio = observation.value_ratio
    if ratio is not None and (is_given(ratio.numerator) or is_given(ratio.denominator)):
        return _in_ratio(observation, knowledge)
    if is_given(observation.value_quantity):
        return _with_ml(measured(observation.value_quantity, knowledge.words), knowledge)
    if is_given_range(observation.value_range):
        return _in_range(observation, knowledge)
    texts = _worded(observation).words
    found = [m for text in texts if (m := _with_ml(amount_in_words(text, knowledge), knowledge))]
    return found[0] if len({amount for _, amount in found}) == 1 else None


def _with_ml(value: MeasuredValue | None, knowledge: Knowledge) -> MeasuredBlood | None:
    amount = blood_amount(value, knowledge) if value else None
    return (value, amount) if value and amount else None


def _in_ratio(observation: Observation, knowledge: Knowledge) -> MeasuredBlood | None:
    if observation.value_ratio is None:
        return None
    volume = measured(observation.value_ratio.numerator, knowledge.words)
    time = measured(observation.value_ratio.denominator, knowledge.words)
    amount = blood_ratio(volume, time, knowledge) if volume and time else None
    return (volume, amount) if volume and amount else None


def _in_range(observation: Observation, knowledge: Knowledge) -> MeasuredBlood | None:
    if observation.value_range is None:
        return None
    if value := measured_range(observation.value_range):
        return _with_ml(value, knowledge)
    ends = measured_ends(observation.value_range, knowledge.words)
    return blood_between(*ends, knowledge) if ends else None


def _worded(observation: Observation) -> Coded:
    text = (observation.value_string or "").strip()
    return worded(text).joined(coded_from(observation.value_codeable_concept))


def _finding(observation: Observation, meanings: Meanings) -> Finding:
    if not has_value(observation):
        return "unreadable" if observation.component else "blood-seen"
    if _is_zero(observation):
        return "absent"
    ratio = observation.value_ratio
    if (
        is_given(observation.value_quantity)
        or is_given_range(observation.value_range)
        or (ratio is not None and (is_given(ratio.numerator) or is_given(ratio.denominator)))
    ):
        return "unreadable"
    said = _worded(observation)
    is_there = decoded(observation.value_boolean, bool)
    if said.is_empty and is_there is not None:
        return "blood-seen" if is_there else "absent"
    return finding_said(said, meanings)


def _is_zero(observation: Observation) -> bool:
    """Nothing is nothing in any unit, or in none."""
    quantity = observation.value_quantity
    is_none = quantity is not None and not quantity.comparator and number_of(quantity) == 0
    return is_none or decoded(observation.value_integer, Decimal) == 0


def finding_said(coded: Coded, meanings: Meanings) -> Finding:
    """Present or absent as far as the codes and words are understood; else an amount that cannot be read.

    Words that are not understood beside others that are change nothing, unless they tell how much.
    """
    meant = [coding for coding in coded.codings if Concept.HEMOPTYSIS in meanings.of(coding).concepts]
    explained = {coding.display for coding in meant}
    words = {word: finding_in_word(word, meanings) for word in coded.words if word not in explained}
    said = {*words.values(), *("blood-seen" for _ in meant)}
    if any(f == "unreadable" and _tells_how_much(w, meanings.knowledge) for w, f in words.items()):
        return "unreadable"
    return next((f for f in ("blood-seen", "absent") if f in said), "unreadable")


def finding_in_word(text: str, meanings: Meanings) -> Finding:
    """What one text says as a whole: `no`, `nil`, `yes`, `blood-streaked sputum`, `blood-streaked`."""
    answer, plain = meanings.answer_in(Coded(texts=(text,))), folded(text).rstrip(".")
    words = meanings.knowledge.words
    if answer is False or plain in words.no_blood:
        return "absent"
    if answer is True or plain in words.blood or _is_term(plain, meanings.terminology):
        return "blood-seen"
    return "unreadable"


def _is_term(plain: str, terminology: Terminology) -> bool:
    """True for a listed term of hemoptysis and nothing else: `massive hemoptysis` tells an amount too."""
    for name in (plain, f"{plain} sputum"):
        meant = {match.concept for match in terminology.concepts_in(name) if match.by_text == name}
        if Concept.HEMOPTYSIS in meant and Concept.SEVERE not in meant:
            return True
    return False


def _tells_how_much(text: str, knowledge: Knowledge) -> bool:
    return bool(re.search(r"\d", text)) or not knowledge.words.sizes.isdisjoint(tokens_of(text))
