"""Amounts of blood that stand among other words, such as `about 250 mL, bright red`."""

import re
from typing import Final

from cds_service.fhir.before.blood_amounts import blood_amount
from cds_service.fhir.before.quantities import COMPARATOR, NUMBER, Measure, measure_from_text
from cds_service.knowledge.terminology.words import VolumeUnits, folded, tokens_of

_LONGEST: Final = 160


"""No amount is written in more characters; a longer text is a note that may tell of other things too."""


_UNIT: Final = r"[^\W\d_]+|\[[a-z_]+\]"


_PHRASE: Final = re.compile(
    rf"(?:(?<!\w)(?P<comparator>{COMPARATOR})\s*)?(?:(?<!\w)(?:about|around|environ)\s+|[~≈]\s*)?"
    rf"(?<![\w.,/'’–—−+±-])(?P<first>{NUMBER})"
    rf"(?:\s*(?P<first_unit>{_UNIT})?\s*(?:[-–—]|(?<!\w)(?:to|à)(?!\w))\s*(?P<last>{NUMBER}))?"
    rf"\s*(?P<unit>{_UNIT})(?!\w)",
    re.IGNORECASE,
)


_TIME: Final = re.compile(
    r"(?:/|(?<!\w)(?:per|in|over|par|en|sur)(?!\w))\s*"
    r"(?:(?:the|last|past|an?|one|une?|les|dernières|dernieres)\s+)*"
    r"(?P<time>\(?\s*(?:\d+(?:\.\d+)?)?[.\s]*[a-z]+(?:\s*\))?)(?!\w)",
    re.IGNORECASE | re.ASCII,
)


_LEADING_SIGN: Final = re.compile(r"\s*[-–—−]\s*")


_DOUBTFUL_SIGN: Final = re.compile(r"[/<>≤≥±+*×÷?%^]")


_ELISION: Final = re.compile(r"(?<!\w)[dl]['’]", re.IGNORECASE)


_NEGATIONS: Final = (
    "no not non nor never none nil without denies denied deny denying negative absent ruled excluded "
    "unlikely isn wasn cannot unable unknown instead rather except error wrong incorrect mistake "
    "pas sans aucun aucune jamais ni nie sauf erreur"
)


_BOUNDS: Final = (
    "more less least most under below above than exceeding exceeds greater fewer beyond max maximum minimum "
    "nearly almost between within plus moins presque jusqu entre"
)


_SEVERAL: Final = (
    "two three four five six seven eight nine ten twelve dozen half quarter twice thrice double triple "
    "couple few several multiple many times x each every per daily hourly nightly episodes bouts another "
    "deux trois quatre cinq sept huit neuf dix demi demie fois chaque plusieurs quelques autre"
)


_AT_ANOTHER_TIME: Final = (
    "yesterday ago since last previous previously prior earlier history week weeks month months year years "
    "from until increased decreased hier depuis semaine semaines mois annee dernier derniere avant"
)


_NOT_MEASURED: Final = (
    "if when call notify alert unless threshold limit goal target expected risk si seuil objectif"
)


_NOT_BLOOD_ALONE: Final = (
    "saline water lavage bal washing washings irrigation emesis vomit vomited vomitus vomiting hematemesis "
    "haematemesis urine hematuria stool melena saliva sputum phlegm mucus secretions pus contrast infused "
    "infusion transfused transfusion bolus prbc prbcs plasma drain drained drainage tube pleural effusion "
    "aspirate fluid fluids serum nose nasal nosebleed epistaxis mixed diluted "
    "eau urines crachat crachats salive vomissement vomissements expectoration expectorations"
)


_DOUBTFUL_WORDS: Final = frozenset(
    word
    for words in (_NEGATIONS, _BOUNDS, _SEVERAL, _AT_ANOTHER_TIME, _NOT_MEASURED, _NOT_BLOOD_ALONE)
    for word in words.split()
)


def amount_in_words(text: str, units: VolumeUnits) -> Measure | None:
    """The one amount of blood that a text names, plainly or among other words, charted as the whole text.

    None when something leaves a doubt: several amounts, a negation, another time, another fluid.
    """
    whole = measure_from_text(text)
    if whole and blood_amount(whole, units):
        return whole
    phrase = measure_from_text(amount_phrase(text, units))
    return Measure(phrase.value, phrase.unit, text.strip()) if phrase else None


def amount_phrase(text: str, units: VolumeUnits) -> str:
    """The amount alone, without the words around it (`>200 mL/24 h`); empty when there is not just one."""
    phrases = [m for m in _PHRASE.finditer(text[: _LONGEST + 1]) if _is_volume(m, units)]
    if len(text) > _LONGEST or len(phrases) != 1 or _LEADING_SIGN.fullmatch(text[: phrases[0].start()]):
        return ""
    (phrase,) = phrases
    time, around = _time_apart(text[phrase.end() :], units)
    if _is_doubtful(f"{text[: phrase.start()]} {around}", units):
        return ""
    last = f"-{phrase['last']}" if phrase["last"] else ""
    per = f"/{time}" if time else ""
    return f"{phrase['comparator'] or ''} {phrase['first']}{last} {phrase['unit']}{per}".strip()


def _is_volume(phrase: re.Match[str], units: VolumeUnits) -> bool:
    is_in_one_unit = folded(phrase["first_unit"] or phrase["unit"]) == folded(phrase["unit"])
    return is_in_one_unit and units.millilitres_per(phrase["unit"]) is not None


def _time_apart(text: str, units: VolumeUnits) -> tuple[str, str]:
    """The time over which an amount is counted, and the other words."""
    for found in _TIME.finditer(text):
        if units.hours_per(found["time"]) is not None:
            return found["time"].strip(), f"{text[: found.start()]} {text[found.end() :]}"
    return "", text


def _is_doubtful(around: str, units: VolumeUnits) -> bool:
    """True when the words around an amount hold another number or unit, or change what it means."""
    if _DOUBTFUL_SIGN.search(around) or any(c.isnumeric() for c in around):
        return True
    return any(
        token in _DOUBTFUL_WORDS or units.millilitres_per(token) or units.hours_per(token)
        for token in tokens_of(_ELISION.sub(" ", around))
    )
