"""Phrases that are put together: lists, names in a sentence, variants and categories in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cds_service.clinical.decision import Effect, Severity, ToRecord
from cds_service.clinical.facts import Kind
from cds_service.knowledge.model import Category, CautionId, Variant

CATEGORY: Final[Mapping[Category, str]] = {
    Category.USUALLY_APPROPRIATE: "usually appropriate",
    Category.MAY_BE_APPROPRIATE: "may be appropriate",
    Category.USUALLY_NOT_APPROPRIATE: "usually not appropriate",
}


VARIANT: Final[Mapping[Variant, str]] = {
    Variant.MASSIVE: "massive",
    Variant.RECURRENT: "recurrent",
    Variant.NONMASSIVE: "nonmassive",
}


EFFECT: Final[Mapping[Effect, str]] = {
    Effect.PROVES_MASSIVE: "massive",
    Effect.KEEPS_MASSIVE_PLAUSIBLE: "massive possible",
    Effect.RULES_OUT_MASSIVE: "against massive",
    Effect.PROVES_RECURRENCE: "recurrent",
    Effect.KEEPS_RECURRENCE_PLAUSIBLE: "recurrence possible",
    Effect.RAISES_ALERT: "high-risk background: risk of severe bleeding",
    Effect.SHOWN_ONLY: "",
}


TO_RECORD: Final[Mapping[ToRecord, str]] = {
    ToRecord.AMOUNT: "the amount of blood over the last 24 h, in mL (a teaspoon is about 5, a cup about 240)",
    ToRecord.VITALS: (
        "SpO2 (with the oxygen given), systolic pressure and respiratory rate, taken after the last bleed"
    ),
    ToRecord.EARLIER_EPISODES: "earlier episodes of hemoptysis, with dates, or that there were none",
    ToRecord.DATES: "the dates of what is undated above",
}


KIND: Final[Mapping[Kind, str]] = {
    Kind.PATIENT: "age",
    Kind.CONDITIONS: "diagnoses",
    Kind.BLEEDING: "amount of blood",
    Kind.VITALS: "vital signs",
    Kind.LABS: "kidney function",
    Kind.PREGNANCY: "pregnancy",
    Kind.PROCEDURES: "earlier procedures",
    Kind.ALLERGIES: "contrast reactions",
    Kind.MEDICATIONS: "metformin and anticoagulants",
    Kind.IMAGING: "earlier imaging",
    Kind.ENCOUNTER: "current encounter",
}


PROJECT_DEFAULT: Final = "project default"


CAUTION_HINT: Final[Mapping[CautionId, str]] = {
    CautionId.KIDNEY_SEVERE: "kidneys",
    CautionId.CONTRAST_REACTION: "contrast reaction",
    CautionId.PREGNANCY: "pregnancy",
}


"""The cautions that a summary hints at, in a word; the label of the complement carries them in full."""


CHILD: Final = (
    "Under 18: limits and ratings rest on adult evidence, so they are only a guide here. "
    "Blood pressure and respiratory rate are not judged."
)


AGE_UNKNOWN: Final = "Age unknown: the rules for adults were used."


POSSIBLE: Final = "What was found means hemoptysis only possibly: please confirm that blood was coughed up."


NOTHING_TO_RECORD: Final = (
    "Nothing more that could be charted rules massive hemoptysis out here: clinical judgment decides."
)


NOTHING_TO_RECORD_CHILD: Final = (
    "Under 18 nothing charted rules massive hemoptysis out: clinical judgment decides."
)


INSTABILITY_ONLY: Final = (
    "Massive by gas exchange or hemodynamics alone, not by the amount of blood: "
    "consider another cause of the instability too."
)


BORDERLINE: Final = "The amount is borderline: some guidelines call it massive, others do not."


NO_REASON: Final = "The order gives no reason"


UNRESOLVED_REASON: Final = "The order's reason could not be read"


RELATED_REASON: Final = "Ordered for {}"


FROM_THE_CHART: Final = "{}; hemoptysis was taken from the chart{}."


PULMONARY_ARTERIES: Final = (
    "CT angiography of the pulmonary arteries is rated as CTA chest with IV contrast. "
    "If pulmonary embolism is suspected, another ACR topic applies."
)


EMBOLISM: Final = (
    "Pulmonary embolism is charted or suspected: that is another ACR topic, not judged by this service."
)


RECURRENT_CT: Final = (
    "For recurrence the ACR table rates CT with IV contrast lower than CTA; "
    "its summary names either CT or CTA with IV contrast."
)


RECURRENT_INFECTION: Final = (
    "The ACR summary excepts infectious causes such as cystic fibrosis "
    "from embolization for recurrence; its table does not."
)


OLDER_RATING: Final = "The older rating on this order no longer holds; no new one is given."


ALLERGY_WITHHOLDS: Final = "No contrast study is offered instead because of the earlier contrast reaction."


CANNOT_CHANGE: Final = "This order cannot be changed from the card; please change it in the record."


CONTRAST_UNSPECIFIED: Final = (
    "CT with, without, or without and with IV contrast: each is rated differently. "
    "Please state which is meant."
)


NOT_IN_TOPIC: Final = (
    "The ACR topic Hemoptysis does not rate this study; that is no judgment for or against it."
)


NOT_RECOGNISED: Final = (
    "The study could not be recognized from its code or name, so it has no rating and nothing is offered."
)


COMPLEMENT: Final = (
    "A chest radiograph is usually appropriate too, and is usually done together with this study."
)


COMPLEMENT_NONMASSIVE: Final = (
    "A chest radiograph is usually appropriate too; the ACR summary names it together with CT or CTA."
)


NONE_DONE: Final = "None was drafted, or done in the last {}."


NONE_DRAFTED: Final = "None was drafted; whether one was done in the last {} could not be read."


ONE_SCAN: Final = "The ACR summary names a chest radiograph plus CTA or CT with IV contrast."


COMPLEMENTARY: Final = "They complement each other and are usually done together."


WITHOUT_CONTRAST: Final = "Without contrast ({}): {}."


NOTHING_READ: Final = "Nothing that settles severity or recurrence was found."


HIGH_RISK: Final = "High-risk background ({}): risk of severe bleeding, look for the cause urgently."


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
