"""Phrases put together from the texts: lists, numbers, variants and categories, and what was found."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from functools import lru_cache
from typing import Final

from cds_service.cards import texts
from cds_service.clinical.decision import Caution, Evidence, RuleId, Severity
from cds_service.clinical.range import Range
from cds_service.knowledge.definitions import Definition
from cds_service.knowledge.model import Category, CautionId, Knowledge, Variant
from cds_service.knowledge.terminology.concepts import Concept

_MILLILITERS: Final = "mL"
_LEAST_DIGITS: Final = 2
_OF_BLOOD: Final = (RuleId.VOLUME, RuleId.RATE, RuleId.SMALL_TOTAL, RuleId.RECENT_AMOUNT)
OF_THE_BLEED: Final = (
    *_OF_BLOOD,
    RuleId.UNREADABLE_AMOUNT,
    RuleId.UNDATED_AMOUNT,
    RuleId.CALLED_LARGE,
    RuleId.SEVERE_CONDITION,
    RuleId.CALLED_SEVERE,
)
"""The rules of how much blood there is, where all others are of the state of the patient."""
_DAY: Final = Decimal(24)
_FIRST_NUMBER: Final = re.compile(r"\d{1,12}(?:[.,]\d{1,12})?", re.ASCII)
_HUNDREDTH: Final = Decimal("0.01")
_NOISE: Final = Decimal("1e-9")
_LONG_IN_DAYS: Final = 92
_DAYS_IN_A_YEAR: Final = 365.25


def joined(items: Iterable[str], word: str = texts.AND) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = items
    return f"{', '.join(first)} {word} {last}" if first else last


def capital(text: str) -> str:
    """The text with a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """The text with a small first letter, unless an abbreviation begins it: `chest radiograph`, `CT`."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def either(names: Sequence[str]) -> str:
    """`CTA or CT chest with IV contrast` of names that differ by their first word only, else all in full."""
    firsts, rests = zip(*(name.partition(" ")[::2] for name in names), strict=True)
    if len(set(rests)) > 1:
        return joined(names, texts.OR)
    return f"{joined(firsts, texts.OR)} {rests[0]}".rstrip()


# --- numbers -------------------------------------------------------------------------------------------


def number(value: Decimal) -> str:
    """A number with at most two decimal places, plain: `120`, `0.5`, `199.96`.

    It stays on its side of every whole number, so that 199.999 is never shown as a limit of 200 reached,
    nor 100.001 as a limit of 100 kept: further digits are cut off, unless that would leave a whole number.
    """
    written = str(value)
    if written.isdigit():
        return written
    value = _without_noise(value)
    shown = value.quantize(_HUNDREDTH, rounding=ROUND_DOWN)
    if shown != value and shown == shown.to_integral_value():
        shown = value.quantize(_HUNDREDTH, rounding=ROUND_UP)
    plain = f"{shown:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _without_noise(value: Decimal) -> Decimal:
    """What binary arithmetic leaves above a number, as in 22.000000000000004, is not shown.

    Below one it is: 199.99999999999997 is judged as under 200.
    """
    near = value.quantize(_HUNDREDTH)
    return near if Decimal(0) <= value - near < _NOISE else value


def range_text(value: Range, unit: str) -> str:
    """A range as a reader expects it: `120 mL`, `over 200 mL`, `under 50 mL`, `100 to 150 mL`."""
    if value.is_exact:
        return texts.EXACTLY.format(number(value.low), unit)
    first = first_number_of(value)
    if value.high.is_infinite():
        if not (value.low or value.low_is_open):
            return texts.NOT_MEASURABLE
        return (texts.OVER if value.low_is_open else texts.AT_LEAST).format(first, unit)
    if value.low == 0:
        return (texts.UNDER if value.high_is_open else texts.AT_MOST).format(first, unit)
    return texts.BETWEEN.format(first, number(value.high), unit)


def first_number_of(value: Range) -> str:
    """The number that the text of a range begins with, or its only one."""
    is_from_zero = value.low == 0 and not value.is_exact and not value.high.is_infinite()
    return number(value.high if is_from_zero else value.low)


def charted_number(charted: str) -> str:
    """The first number of the chart's own text as we show it; empty without one."""
    match = _FIRST_NUMBER.search(charted)
    return number(Decimal(match[0].replace(",", "."))) if match else ""


def length_text(hours: float) -> str:
    """A length of time in its largest fitting unit: `45 min`, `20 h`, `9 days`, `18 months`, `2.5 years`."""
    days = hours / 24
    if hours < 1:
        return texts.MINUTES.format(round(hours * 60))
    if hours < 48:
        return texts.HOURS.format(_to_a_tenth(hours))
    if days < _LONG_IN_DAYS:
        return texts.DAYS.format(round(days))
    if days < 2 * _DAYS_IN_A_YEAR:
        return texts.MONTHS.format(int(days * 12 / _DAYS_IN_A_YEAR))
    return texts.YEARS.format(_to_a_tenth(days / _DAYS_IN_A_YEAR))


def _to_a_tenth(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def limit_text(limit: Definition) -> str:
    """A limit as it is crossed: `from 200 mL`, `under 90 %`, `under 30 mL/min/1.73 m²`."""
    return texts.COMPARISON[limit.comparison].format(window_length(limit))


def window_length(window: Definition) -> str:
    """The value of a definition with its unit: `24 h`, `30 days`."""
    return f"{number(window.value)} {texts.UNIT.get(window.unit, window.unit)}"


# --- variants and categories ---------------------------------------------------------------------------


@lru_cache(maxsize=16)
def hemoptysis(plausible: tuple[Variant, ...]) -> str:
    """`recurrent hemoptysis`, `hemoptysis of any severity`, `any form of hemoptysis`."""
    match plausible:
        case (Variant.MASSIVE, Variant.NONMASSIVE):
            return texts.ANY_SEVERITY.format(texts.HEMOPTYSIS)
        case (Variant.MASSIVE, Variant.RECURRENT):
            return texts.ANY_SEVERITY.format(texts.RECURRENT_HEMOPTYSIS)
        case (_, _, _):
            return texts.ANY_FORM.format(texts.HEMOPTYSIS)
        case _:
            return f"{joined((texts.VARIANT[v] for v in plausible), texts.OR)} {texts.HEMOPTYSIS}"


def where_it_stands(plausible: tuple[Variant, ...], severity: Severity) -> str:
    """What is known of the patient: `nonmassive hemoptysis`, `hemoptysis, severity not settled`.

    Massive hemoptysis is named only where it is proven, or a sign speaks for it.
    """
    if len(plausible) == 1:
        return hemoptysis(plausible)
    what = texts.HEMOPTYSIS if Variant.NONMASSIVE in plausible else texts.RECURRENT_HEMOPTYSIS
    if severity == "kept-plausible":
        return texts.NOT_EXCLUDED.format(what)
    is_open = {
        texts.SEVERITY: Variant.MASSIVE in plausible,
        texts.RECURRENCE: {Variant.RECURRENT, Variant.NONMASSIVE} <= set(plausible),
    }
    return texts.NOT_SETTLED.format(what, joined(question for question in is_open if is_open[question]))


def in_words(categories: Mapping[Variant, Category]) -> str:
    """The category if it is the same under all variants, else each with its variants."""
    distinct = set(categories.values())
    return texts.CATEGORY[distinct.pop()] if len(distinct) == 1 else by_category(categories)


def by_category(categories: Mapping[Variant, Category]) -> str:
    """`usually appropriate if massive, may be appropriate if recurrent or nonmassive`."""
    groups: dict[Category, list[str]] = {}
    for variant, category in categories.items():
        groups.setdefault(category, []).append(texts.VARIANT[variant])
    return ", ".join(
        texts.IF_VARIANTS.format(texts.CATEGORY[category], joined(variants, texts.OR))
        for category, variants in groups.items()
    )


def hint(cautions: Iterable[CautionId]) -> str:
    """The cautions that a summary names, each in a word: `kidneys and pregnancy`; empty without any."""
    words = dict.fromkeys(texts.CAUTION_HINT[c] for c in cautions if c in texts.CAUTION_HINT)
    return joined(words) if words else ""


# --- what was found ------------------------------------------------------------------------------------


def evidence_text(evidence: Evidence) -> str:
    """What was found, in our words and units: `236.58 mL of blood over 24 h`, `oxygen saturation 85 %`."""
    if evidence.readings:
        readings = ", ".join(evidence_text(reading) for reading in evidence.readings)
        is_set = evidence.rule is RuleId.SMALL_AND_CALM
        return readings if is_set else texts.FOUND[evidence.rule].format(amount=readings)
    if evidence.measure and evidence.value and evidence.rule in _OF_BLOOD:
        hours = evidence.hours if evidence.hours is not None else _DAY
        return texts.BLOOD[evidence.measure].format(amount=_amount_text(evidence), hours=number(hours))
    if evidence.rule is RuleId.EARLIER_EPISODE and evidence.hours is not None:
        return texts.EPISODE_BEFORE.format(length_text(float(evidence.hours)))
    found = _BY_CONCEPT.get(evidence.rule, {}).get(evidence.what) or texts.FOUND[evidence.rule]
    return found.format(amount=_amount_text(evidence)) if evidence.value else found


_BY_CONCEPT: Final[Mapping[RuleId, Mapping[Concept, str]]] = {
    RuleId.AFTER_EMBOLIZATION: texts.EMBOLIZATION,
    RuleId.INSTABILITY: texts.INSTABILITY,
    RuleId.CALLED_SEVERE: {Concept.SEVERE: texts.CALLED_SEVERE_BY_THE_ORDER},
    RuleId.CALLED_RECURRENT: {Concept.RECURRENCE: texts.CALLED_RECURRENT_BY_A_REASON},
}


def _amount_text(evidence: Evidence) -> str:
    """A measured value; a volume is rounded as the chart was exact: `about 470 mL` of `2 cups`."""
    value = evidence.value
    assert value is not None
    if evidence.unit != _MILLILITERS:
        return range_text(value, texts.UNIT.get(evidence.unit, evidence.unit))
    rounded = Range(
        _as_exact_as(evidence.charted, value.low),
        _as_exact_as(evidence.charted, value.high),
        value.low_is_open,
        value.high_is_open,
    )
    text = range_text(rounded, evidence.unit)
    return text if rounded == value else texts.ABOUT.format(text)


def _as_exact_as(charted: str, milliliters: Decimal) -> Decimal:
    """An amount with as many digits as the chart's own number has, and two at least.

    What is no whole number of mL in the chart was converted. A number that ends in zeros but for one digit is
    that of a limit: 195.2 mL is about 195, never about 200.
    """
    digits = max(_digits_of(charted), _LEAST_DIGITS)
    if not milliliters.is_finite() or not milliliters or _is_whole(milliliters, charted):
        return milliliters
    for places in (digits, digits + 1):
        rounded = _to_digits(milliliters, places)
        if rounded == milliliters or len(rounded.normalize().as_tuple().digits) > 1:
            return rounded
    return milliliters


def _is_whole(milliliters: Decimal, charted: str) -> bool:
    """True for what was charted in mL, and for a sum of such."""
    match = _FIRST_NUMBER.search(charted)
    if match:
        return Decimal(match[0].replace(",", ".")) == milliliters
    return milliliters == milliliters.to_integral_value()


def _digits_of(charted: str) -> int:
    match = _FIRST_NUMBER.search(charted)
    return len(match[0].replace(",", "").replace(".", "").lstrip("0")) if match else 0


def _to_digits(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(value.adjusted() - digits + 1))


def caution_text(caution: Caution, knowledge: Knowledge) -> str:
    """What a caution rests on, in our words: `eGFR 22 mL/min/1.73 m²`, `tuberculosis charted`."""
    if caution.what is None:
        return texts.ALREADY_DONE.format(knowledge.procedures[caution.procedure].name)
    if caution.what is Concept.EGFR and caution.egfr:
        return _egfr_text(caution.egfr)
    return texts.CAUTION[caution.what]


def kidneys_text(caution: Caution) -> str:
    """What is known of the kidneys beside a drug that depends on them."""
    if caution.kidneys is None:
        return texts.KIDNEYS_UNKNOWN
    if caution.kidneys is Concept.EGFR and caution.egfr:
        return _egfr_text(caution.egfr)
    return texts.CAUTION[caution.kidneys]


def _egfr_text(egfr: Range) -> str:
    return texts.EGFR.format(range_text(egfr, texts.EGFR_UNIT))
