"""All texts of the cards in one place: the words for categories, variants, data and open questions."""

from collections.abc import Mapping
from typing import Final

from cds_service.clinical.decision import Effect, ToRecord
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
