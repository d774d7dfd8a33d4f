"""Phrases that are put together: lists, names in a sentence, variants and categories in words."""

from collections.abc import Iterable, Mapping, Sequence

from cds_service.cards.wording import CATEGORY, CAUTION_HINT, VARIANT
from cds_service.clinical.decision import Severity
from cds_service.knowledge.model import Category, CautionId, Variant


def joined(items: Iterable[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = items
    return f"{', '.join(first)} {word} {last}" if first else last


def capital(text: str) -> str:
    """The text with a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """The text with a small first letter, unless an abbreviation begins it: `chest radiograph`, `CT`."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def hemoptysis(plausible: tuple[Variant, ...]) -> str:
    """`recurrent hemoptysis`, `hemoptysis of any severity`, `any form of hemoptysis`."""
    match plausible:
        case (Variant.MASSIVE, Variant.NONMASSIVE):
            return "hemoptysis of any severity"
        case (Variant.MASSIVE, Variant.RECURRENT):
            return "recurrent hemoptysis of any severity"
        case (_, _, _):
            return "any form of hemoptysis"
        case _:
            return f"{joined((VARIANT[v] for v in plausible), 'or')} hemoptysis"


def standing(plausible: tuple[Variant, ...], severity: Severity) -> str:
    """Where the patient stands: `nonmassive hemoptysis`, `hemoptysis, severity not settled`.

    Massive hemoptysis is named only where it is proven, or a sign speaks for it.
    """
    if len(plausible) == 1:
        return hemoptysis(plausible)
    what = "hemoptysis" if Variant.NONMASSIVE in plausible else "recurrent hemoptysis"
    if severity is Severity.KEPT_PLAUSIBLE:
        return f"{what}, massive not excluded"
    is_open = {
        "severity": Variant.MASSIVE in plausible,
        "recurrence": {Variant.RECURRENT, Variant.NONMASSIVE} <= set(plausible),
    }
    return f"{what}, {joined(question for question in is_open if is_open[question])} not settled"


def in_words(categories: Mapping[Variant, Category]) -> str:
    """The category if it is the same under all variants, else each with its variants."""
    distinct = set(categories.values())
    return CATEGORY[distinct.pop()] if len(distinct) == 1 else by_category(categories)


def by_category(categories: Mapping[Variant, Category]) -> str:
    """`usually appropriate if massive, may be appropriate if recurrent or nonmassive`."""
    return ", ".join(
        f"{CATEGORY[category]} if {joined((VARIANT[v] for v in variants), 'or')}"
        for category, variants in _variants_by_category(categories).items()
    )


def _variants_by_category(categories: Mapping[Variant, Category]) -> dict[Category, list[Variant]]:
    groups: dict[Category, list[Variant]] = {}
    for variant, category in categories.items():
        groups.setdefault(category, []).append(variant)
    return groups


def either(names: Sequence[str]) -> str:
    """`CTA or CT chest with IV contrast` of names that differ by their first word only, else all in full."""
    firsts, rests = zip(*(name.partition(" ")[::2] for name in names), strict=True)
    if len(set(rests)) > 1:
        return joined(names, "or")
    return f"{joined(firsts, 'or')} {rests[0]}".rstrip()


def hint(cautions: Iterable[CautionId]) -> str:
    """The cautions that a summary names, each in a word: `kidneys and pregnancy`; empty without any."""
    words = dict.fromkeys(CAUTION_HINT[caution] for caution in cautions if caution in CAUTION_HINT)
    return joined(words) if words else ""
