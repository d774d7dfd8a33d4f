"""Every word that a card can say: names, notes, headings, and sentences with places to fill."""

from collections.abc import Mapping
from typing import Final

from cds_service.clinical.decision import (
    Alert,
    BloodMeasureKind,
    Effect,
    RuleId,
    ToRecord,
)
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category, CautionId, Variant
from cds_service.knowledge.terminology.concepts import Concept

# --- vocabularies in words -----------------------------------------------------------------------

CATEGORY: Final[Mapping[Category, str]] = {
    Category.USUALLY_APPROPRIATE: "usually appropriate",
    Category.MAY_BE_APPROPRIATE: "may be appropriate",
    Category.USUALLY_NOT_APPROPRIATE: "usually not appropriate",
}
NO_CRITERIA: Final = "no criteria apply"
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
KIND: Final[Mapping[Kind, str]] = {
    Kind.PATIENT: "age",
    Kind.CONDITIONS: "diagnoses",
    Kind.BLEEDING: "amount of blood",
    Kind.VITALS: "vital signs",
    Kind.LABS: "kidney function",
    Kind.PREGNANCY: "pregnancy",
    Kind.PROCEDURES: "procedures",
    Kind.ALLERGIES: "contrast reactions",
    Kind.MEDICATIONS: "drugs",
    Kind.ADMINISTRATIONS: "running drugs",
    Kind.IMAGING: "earlier imaging",
    Kind.ENCOUNTER: "current encounter",
}
CAUTION_HINT: Final[Mapping[CautionId, str]] = {
    CautionId.KIDNEY_SEVERE: "kidneys",
    CautionId.CONTRAST_REACTION: "contrast reaction",
    CautionId.PREGNANCY: "pregnancy",
    CautionId.PREGNANCY_UNKNOWN: "pregnancy status",
}
"""The cautions that a summary hints at, in a word; the label of the complement carries them in full."""

AND, OR = "and", "or"
ANY_FORM: Final = "any form of {}"
IF_VARIANTS: Final = "{} if {}"
# --- numbers -------------------------------------------------------------------------------------
COMPARISON: Final = {">=": "from {}", ">": "over {}", "<": "under {}", "<=": "at most {}"}
EGFR_UNIT: Final = "mL/min/1.73 m²"
UNIT: Final = {"mm[Hg]": "mmHg", "d": "days", "a": "years", "mL/min/{1.73_m2}": EGFR_UNIT}
EXACTLY, OVER, AT_LEAST, UNDER, AT_MOST = (
    "{} {}",
    "over {} {}",
    "at least {} {}",
    "under {} {}",
    "at most {} {}",
)
BETWEEN: Final = "{} to {} {}"
NOT_MEASURABLE: Final = "not measurable"
MINUTES, HOURS, DAYS, MONTHS, YEARS = "{} min", "{} h", "{} days", "{} months", "{} years"
# --- hemoptysis and its variants -----------------------------------------------------------------
HEMOPTYSIS: Final = "hemoptysis"
SPELLINGS_OF_HEMOPTYSIS: Final = ("hemoptysis", "haemoptysis")
RECURRENT_HEMOPTYSIS: Final = "recurrent hemoptysis"
ANY_SEVERITY: Final = "{} of any severity"
NOT_EXCLUDED: Final = "{}, massive not excluded"
NOT_SETTLED: Final = "{}, {} not settled"
SEVERITY, RECURRENCE = "severity", "recurrence"
POSSIBLE_VARIANT: Final = "Possible {}"
# --- what was found: by the rule, and for blood by what the amount measures ------------------------
BLOOD: Final[Mapping[BloodMeasureKind, str]] = {
    "sum": "{amount} of blood in all, the amounts of {hours} h added up",
    "episode": "{amount} of blood in one episode",
    "partial-total": "{amount} of blood over {hours} h",
    "total": "{amount} of blood over {hours} h",
    "per-time": "{amount} of blood",
}
FOUND: Final[Mapping[RuleId, str]] = {
    RuleId.UNREADABLE_AMOUNT: "an amount of blood that cannot be read",
    RuleId.UNDATED_AMOUNT: "{amount} of blood, without a usable time",
    RuleId.SATURATION: "oxygen saturation {amount}",
    RuleId.SYSTOLIC: "systolic pressure {amount}",
    RuleId.RESPIRATORY_RATE: "respiratory rate {amount}",
    RuleId.OXYGEN: "inhaled oxygen {amount}",
    RuleId.HEART_RATE: "heart rate {amount}",
    RuleId.VITALS_SCORE_THREE: "vital signs that each score 3 in NEWS2 ({amount})",
    RuleId.RECENT_AMOUNT: "{amount} of blood",
    RuleId.CALLED_LARGE: "a bleed called large",
    RuleId.VENTILATION: "intubation or mechanical ventilation",
    RuleId.INSTABILITY: "shock, arrest or organ support",
    RuleId.VASOPRESSOR: "a running vasopressor",
    RuleId.TRANSFUSION: "red cells transfused",
    RuleId.ACUTE_FAILURE: "acute respiratory failure",
    RuleId.SHOCK: "hypovolemic shock",
    RuleId.SEVERE_CONDITION: "hemoptysis charted as severe",
    RuleId.CALLED_SEVERE: "hemoptysis called massive or severe",
    RuleId.UNSPECIFIED_FAILURE: "hypoxemia or respiratory failure, not said to be acute or chronic",
    RuleId.CHRONIC_FAILURE: "chronic respiratory failure: the lower volume limits hold",
    RuleId.CLINICAL_STATUS: "hemoptysis charted as having come back",
    RuleId.CALLED_RECURRENT: "hemoptysis called recurrent",
    RuleId.HISTORY: "a history of hemoptysis",
    RuleId.EARLIER_EPISODE: "an earlier episode that ended",
    RuleId.CONDITIONS_MISSING: "earlier episodes could not be looked for",
    RuleId.PROCEDURES_MISSING: "not all procedures could be read",
    RuleId.HIGH_RISK: "high-risk background",
}
CALLED_SEVERE_BY_THE_ORDER: Final = "the reason of the order or the stay says massive, severe or unstable"
CALLED_RECURRENT_BY_A_REASON: Final = "the reason says that it came back"
INSTABILITY: Final[Mapping[Concept, str]] = {
    Concept.SHOCK: "shock",
    Concept.HEMORRHAGIC_SHOCK: "hemorrhagic shock",
    Concept.HYPOVOLEMIC_SHOCK: "hypovolemic shock",
    Concept.ARREST: "cardiac or respiratory arrest",
    Concept.ACUTE_RESPIRATORY_DISTRESS: "acute respiratory distress or insufficiency",
    Concept.ECMO: "ECMO",
    Concept.VENTILATION: "mechanical ventilation",
    Concept.NONINVASIVE_VENTILATION: "noninvasive ventilation",
}
EPISODE_BEFORE: Final = "an earlier episode that ended {} before this one"
EMBOLIZATION: Final = {
    Concept.BRONCHIAL_EMBOLIZATION: "a bronchial embolization done before",
    Concept.UNNAMED_EMBOLIZATION: "an embolization, vessel not named, done before",
}
CHARTED_AS: Final = "{} (charted: {})"
ABOUT: Final = "about {}"
BY_ITS_NAME: Final = "{}, by its name"
LIMIT, SITE_LIMIT = "{} (limit: {})", "{} (site limit: {})"
DIAGNOSIS: Final = "diagnosis {}"
NOTHING_READ: Final = "Nothing that settles severity or recurrence was found."
AND_MORE: Final = "and {} more"
SO_MANY_MORE: Final = "{} more"
UNDATED: Final = "undated"
TODAY, YESTERDAY, FROM_TO = "today", "yesterday", "{} to {}"
DAY_AND_TIME: Final = "{} {}"
# --- what gives rise to a caution ------------------------------------------------------------------
CAUTION: Final[Mapping[Concept, str]] = {
    Concept.CONTRAST_REACTION: "reaction to contrast media charted",
    Concept.PREGNANCY: "pregnancy charted",
    Concept.PREGNANCY_TEST: "positive pregnancy test",
    Concept.PREGNANCY_STATUS: "pregnancy charted",
    Concept.THYROID: "hyperthyroid disease charted",
    Concept.ANTICOAGULATION: "anticoagulant therapy charted",
    Concept.ANTICOAGULANT: "anticoagulant",
    Concept.ANTIPLATELET: "antiplatelet",
    Concept.THROMBOLYTIC: "thrombolytic",
    Concept.PREGNANCY_UNKNOWN: "answer unknown or not understood",
    Concept.DELIVERY_DATE_ESTIMATED: "expected date of delivery ahead",
    Concept.GESTATIONAL_AGE: "gestational age",
    Concept.CREATININE: "creatinine",
    Concept.TUBERCULOSIS: "tuberculosis charted",
    Concept.ACUTE_KIDNEY_INJURY: "acute kidney injury charted",
    Concept.KIDNEY_DISEASE_SEVERE: "kidney disease charted",
    Concept.KIDNEY_DISEASE_OTHER: "kidney disease charted",
    Concept.METFORMIN: "metformin",
}
EGFR: Final = "eGFR {}"
KIDNEYS_UNKNOWN: Final = "kidney function not known"
NO_RECENT_EGFR: Final = "No eGFR of the last {} is charted."
ALREADY_DONE: Final = "{} was already done"
CHARTED: Final = "charted"
BY_NAME_ONLY: Final = ", matched by name only"
OF_AN_AGE: Final = "{}, {} old"
NOTHING_SINCE: Final = ", no later test or status read"
ALSO, CAUTIONS = "Also: {}.", "Cautions: {}."
CAUTION_AND_NAME: Final = "{} ({})"
WITHOUT_CONTRAST: Final = "Without contrast ({}): {}."
CAUTION_BESIDE, DONE_BESIDE = "caution: {}", "done {}"
# --- headings --------------------------------------------------------------------------------------
READ_FROM_THE_CHART: Final = "Read from the chart"
# --- the lines of a detail -------------------------------------------------------------------------
WHY, ALSO_FOUND = "Why: {}.", "Also: {}."
FOUND_AT: Final = "{} ({})"
SMALL_AND_CALM, CALM = "a small bleed and calm vital signs", "calm vital signs"
TO_CHART: Final = "To settle it, chart {}."
INSTEAD, FIRST = "Instead: {}.", "First: {}."
RADIATION, EACH = "Radiation: {}.", "each {}"
ALL_CAUTIONS, OTHER_CAUTIONS = "cautions", "other cautions"
WITH_LEVEL: Final = "{} {}"
NOT_AVAILABLE: Final = "Not available: {}"
READ_IN_PART: Final = "Read in part: {}"
NEVER_CHARTED: Final = "Never charted: {}"
NOT_READ: Final = "{}."
NEVER_CHARTED_KIND: Final[Mapping[Kind, str]] = {
    Kind.LABS: "eGFR",
    Kind.PREGNANCY: "pregnancy",
    Kind.ALLERGIES: "allergies",
}
NOT_ASSESSED: Final = "Not assessed: {}"
UNREADABLE: Final = "Could not be read: {}"
NOT_KNOWN, NOT_KNOWN_BRIEFLY = "Not read or not assessed: {}", "Not known: {}"
RATINGS_IN: Final = "Ratings in {}"
STUDY, CATEGORY_COLUMN, LEVEL_COLUMN = "Study", "Category", "Relative radiation level"
DOSE_NOT_GIVEN: Final = "not given"
MILLISIEVERT: Final = "mSv"
DOSE_BY_AGE: Final = "adult {}, child {}"
# --- the order and its study -----------------------------------------------------------------------
UNNAMED_ORDER: Final = "imaging order"
OF_PULMONARY_ARTERIES: Final = "{} (pulmonary arteries)"
ALREADY_DRAFTED: Final = "{} (drafted)"
# --- notes -----------------------------------------------------------------------------------------
TO_RECORD: Final[Mapping[ToRecord, str]] = {
    "amount-over-24h": "the blood of the last 24 h in mL",
    "vital-signs": "SpO2 (and oxygen), systolic pressure and respiratory rate since the last bleed",
    "earlier-episodes": "earlier episodes with dates, or none",
    "dates": "the missing dates",
}
TO_RECORD_BRIEFLY: Final[Mapping[ToRecord, str]] = {
    "amount-over-24h": "the blood of 24 h",
    "vital-signs": "vital signs",
    "earlier-episodes": "earlier episodes, or none",
    "dates": "the missing dates",
}
NOTHING_TO_RECORD: Final = "Nothing charted can rule massive out here: clinical judgment decides."
NOTHING_TO_RECORD_CHILD: Final = "Under 18 nothing charted can rule massive out: clinical judgment decides."
CHILD: Final = "Under 18: limits and ratings rest on adult evidence."
AGE_UNKNOWN: Final = "Age unknown: rules for adults used."
POSSIBLE: Final = "Hemoptysis is only possible here: please confirm that blood was coughed up."
CHART_THE_AMOUNT: Final = "Chart the amount of blood; if it is small, look for another cause too."
CHART_THE_AMOUNT_BRIEFLY: Final = "Chart the amount of blood."
ANOTHER_CAUSE: Final = "Look for another cause: embolism, sepsis, infarction, gastrointestinal bleeding."
CAUSES_CHARTED: Final = "Look for another cause; charted: {}."
PULMONARY_EMBOLISM, EMBOLISM_CHARTED_BRIEFLY = "Pulmonary embolism", "embolism charted"
EMBOLISM_IN_A_WORD: Final = "embolism"
EMBOLISM_CHARTED: Final = "Pulmonary embolism is charted: {}."
ONLY_CHARTED: Final = "{} is charted."
IN_A_CENTER, IN_INTENSIVE_CARE = "{} {}.", "{}."
DRUGS_NAMED: Final = "{}: {}"
EMBOLIZED: Final[Mapping[tuple[bool, bool], str]] = {
    (True, True): "Bronchial embolization was done {}, bleeding is charted after it: {}",
    (True, False): "Bronchial embolization was done {}; if bleeding recurs, {}",
    (False, True): "Embolization (vessel not named) was done {}, bleeding is charted after it: {}",
    (False, False): "Embolization (vessel not named) was done {}; if bleeding recurs, {}",
}
"""By whether it was bronchial, and whether bleeding is charted after it."""
EMBOLIZED_BRIEFLY: Final[Mapping[tuple[bool, bool], str]] = {
    (True, True): "Embolized {}, bleeding after it: {}",
    (True, False): "Embolized {}; if bleeding recurs, {}",
    (False, True): "Embolized (vessel not named) {}, bleeding after it: {}",
    (False, False): "Embolized (vessel not named) {}; if bleeding recurs, {}",
}
AT_AN_UNKNOWN_TIME: Final = "at an unknown time"
DRUGS_ADVISED: Final = "{}: {}."
UNLESS: Final = "{} (unless {})"
CODES_ALONE: Final = "Check what is charted by code alone: {}."
CODES_ALONE_BRIEFLY: Final = "Check codes: {}."
NOT_ADVISED: Final = "{} not advised: {}."
NOT_ADVISED_BRIEFLY, DRUG_AND_REASON = "Not advised: {}.", "{} ({})"
UNDER_AGE: Final = "under 18"
AGE_NOT_READ: Final = "the birth date could not be read"
PREGNANT: Final = "pregnancy"
LOW_SATURATION: Final = "SpO2 {}"
MAY_RECUR: Final = "{}: may recur massively."
AGAIN_AFTER_EMBOLIZATION: Final = "Bleeding again after the embolization of {}: discuss surgery."
EMBOLIZATION_TOO: Final = "Bronchial embolization is complementary."
PERSISTENT: Final = "If it persists under treatment: specialized center."
TREATMENT: Final = "treatment"
BLEEDING_AFTER: Final = "Bleeding charted after {}: if it persists, specialized center."
SCREENING: Final = "Screening CT is for people without symptoms."
RECOGNIZED_BY_NAME: Final = "Recognized by its name ({}), please check."
RECOGNIZED_BY_ITS_NAME: Final = "Recognized by its name, please check."
CODES_DISAGREE: Final = "Its codes disagree (also {}): please check the study."
FROM_THE_CHART: Final = "{}; hemoptysis is from the chart."
NO_REASON: Final = "No reason given"
UNRESOLVED_REASON: Final = "Its reason could not be read"
RELATED_REASON: Final = "Ordered for {}"
A_RELATED_REASON: Final = "a cause or respiratory symptom"
PULMONARY_ARTERIES: Final = "Suspected pulmonary embolism is another ACR topic."
MAY_BE_CTA: Final = "Taken for CT with IV contrast: its code does not tell CTA apart."
FURTHER_REGIONS: Final = "Only its chest part was judged."
EMBOLISM: Final = "Pulmonary embolism is charted or suspected: another ACR topic, not judged here."
OLDER_RATING: Final = "The older rating on this order no longer holds."
OUTSIDE_TOPIC: Final = (
    "Vasculitis or diffuse alveolar hemorrhage is charted: the ACR topic does not rate that question."
)
CANNOT_CHANGE: Final = "Please change this order in the record."
BRIEFLY: Final[Mapping[str, str]] = {
    CHILD: "Under 18: adult evidence.",
    AGE_UNKNOWN: "Age unknown: adult rules.",
    POSSIBLE: "Please confirm that blood was coughed up.",
    OUTSIDE_TOPIC: "Vasculitis or alveolar hemorrhage: not rated by this topic.",
    EMBOLISM: "Pulmonary embolism is another ACR topic.",
    NOTHING_TO_RECORD: "Clinical judgment decides.",
    NOTHING_TO_RECORD_CHILD: "Clinical judgment decides.",
}
"""What is said of a note where there is little room."""
DEFAULTS: Final = "Site limits: {}."
DEFAULT: Final[Mapping[DefinitionId, str]] = {
    DefinitionId.SEVERITY_WINDOW: "severity counts the last {}",
    DefinitionId.EPISODE_GAP: "a new episode counts after {}",
    DefinitionId.INDICATION_WINDOW: "hemoptysis in the chart counts for {}",
    DefinitionId.PATIENT_VIEW_WINDOW: "hemoptysis counts here for {}",
    DefinitionId.SPO2_CALM: "not calm: SpO2 {}",
    DefinitionId.SYSTOLIC_CALM_LOW: "systolic pressure {}",
    DefinitionId.SYSTOLIC_CALM_HIGH: "systolic pressure {}",
    DefinitionId.RESPIRATORY_CALM_LOW: "respiratory rate {}",
    DefinitionId.RESPIRATORY_CALM_HIGH: "respiratory rate {}",
}
# --- summaries: one plain line of under 140 characters ---------------------------------------------
DIFFERS: Final = "{}: {}"
STATE_THE_CONTRAST: Final = "{}: state the contrast"
STATE_CT_OR_CTA: Final = "{}: state whether CTA is meant"
NOT_IN_THE_TOPIC: Final = "{}: not rated for hemoptysis"
STUDY_NOT_RECOGNIZED: Final = "Study not recognized, not rated for hemoptysis: {}"
RATED_IN: Final = "{}: {} in {}"
WITH_CAUTION, SEE_CAUTIONS = "{}; caution: {}", "{}; see cautions"
THEN: Final = "{}; {}"
NO_CONTRAST_OFFERED: Final = "no contrast study is offered after a contrast reaction"
DIAGNOSTIC_FIRST: Final = "diagnostic imaging usually comes first"
APPROPRIATE_AND_DRAFTED: Final = "{} is usually appropriate and drafted already"
DRAFTED_ALREADY: Final = "{} is drafted already"
IS_APPROPRIATE: Final = "{} is usually appropriate{}"
CAUTION_IN_BRACKETS, SEE_IN_BRACKETS = " (caution: {})", " (see cautions)"
HEADING: Final[Mapping[Alert, str]] = {
    "massive": "Massive hemoptysis",
    "unstable": "Unstable patient with hemoptysis",
    "unstable-and-small": "Unstable patient with hemoptysis",
    "sign": "Massive hemoptysis not excluded",
}
HEADED_FOUND, HEADED, FOUND_ALONE = "{} ({}): {}", "{}: {}", "{} ({})"
SEE_DETAIL: Final = "see detail"
AND_ITS_TIME: Final = "{}, {}"
WHERE_IT_STANDS: Final = "{}: {}{}"
ONCE_STABLE: Final = "once stable, "
SEE_IMAGING: Final = "see all ratings for the imaging that is appropriate"
SO_MANY_STUDIES: Final = "{} studies are usually appropriate"
STUDIES_APPROPRIATE: Final = "{} usually appropriate"
IS, ARE = "{} is", "{} are"
STUDY_AND_CHOICE, STUDY_AND_SCAN = "{}, and {}, are", "{} and {} are"
# --- choices and actions ---------------------------------------------------------------------------
REPLACE, ADD, ORDER = "Replace with {}", "Add {}", "Order {}"
ORDER_INSTEAD: Final = "Order {} instead of {}"
RATE: Final = "Rate {}: {}"
# --- sources, links and code systems -----------------------------------------------------------------
SOURCE: Final = "Source: {}, published {}."
NOT_ACR: Final = "{}, {}; not ACR"
CRITERIA: Final = "ACR Appropriateness Criteria: {}, {}"
WHY_AND_ALL_RATINGS, FOR_THE_PATIENT = "Why, and all ratings", "For the patient"
TOPIC: Final[Mapping[str, str]] = {
    Variant.MASSIVE: "Massive hemoptysis",
    Variant.NONMASSIVE: "Nonmassive hemoptysis",
    Variant.RECURRENT: "Recurrent hemoptysis",
    "undetermined": "Hemoptysis, variant undetermined",
}
OVERRIDE_REASON: Final[Mapping[str, str]] = {
    "specialist-requested": "A specialist asked for this study",
    "special-circumstances": "Special circumstances of this patient",
    "prior-study-inadequate": "An earlier study did not answer the question",
    "patient-preference": "The patient prefers this study",
    "radiologist-advised": "A radiologist advised this study",
    "contrast-contraindicated": "Contrast is contraindicated",
    "not-hemoptysis": "This is not for hemoptysis",
    "already-done": "Already done",
    "seen-and-treated": "Seen, and treated already",
    "not-unstable-on-examination": "Not unstable on examination",
    "chart-is-wrong": "The chart is wrong",
    "other": "Other reason",
}
VARIANTS_TITLE: Final = "Variant of the ACR topic Hemoptysis"
VARIANTS_MEANING: Final = (
    "The variant an order was judged under; undetermined when the data leave more than one plausible."
)
OVERRIDES_TITLE: Final = "Reason to override a card"
OVERRIDES_MEANING: Final = "Why a clinician goes ahead with what a card advises against."
NEAREST_REASON: Final = "The reason of HL7 that comes nearest; the two are not the same."
NONADHERENCE_TITLE: Final = "Reasons to override a card, as HL7 reasons for non-adherence"
NONADHERENCE_MEANING: Final = (
    "For each reason the HL7 category that holds it (wider), then the HL7 reason that comes nearest."
)
CATEGORIES_TITLE: Final = "ACR appropriateness category"
CATEGORIES_MEANING: Final = "The categories of the ACR Appropriateness Criteria."
# --- the page of the rules: what each says, and the sentences of each ------------------------------------
RULE: Final[Mapping[RuleId, str]] = {
    RuleId.VOLUME: (
        "The blood of any 24 h whose last amount is current proves massive from a limit, and keeps it "
        "plausible from a lower one."
    ),
    RuleId.RATE: (
        "A rate proves massive over its limit. What one measured long enough would come to in 24 h keeps it "
        "plausible, or over a whole day, fresh and with calm vital signs, rules it out in adults."
    ),
    RuleId.UNREADABLE_AMOUNT: "An amount of blood that cannot be read keeps massive plausible.",
    RuleId.UNDATED_AMOUNT: (
        "An amount of blood without a usable time keeps massive plausible where it would be a sign with what "
        "else is charted; it is shown in any case."
    ),
    RuleId.SATURATION: (
        "A low oxygen saturation proves massive while it is the latest and belongs to a recent bleed, "
        "against which no small amount stands; else it keeps it plausible. In chronic respiratory failure, "
        "with home oxygen and in COPD the limits are lower."
    ),
    RuleId.SYSTOLIC: (
        "A low systolic pressure of an adult proves massive while it is the latest and belongs to a recent "
        "bleed, against which no small amount stands; else it keeps it plausible."
    ),
    RuleId.RESPIRATORY_RATE: (
        "A high respiratory rate of an adult proves massive while it is the latest and belongs to a recent "
        "bleed, against which no small amount stands; else it keeps it plausible."
    ),
    RuleId.OXYGEN: "Oxygen that is given is shown, and no saturation under it rules massive out.",
    RuleId.HEART_RATE: "A high heart rate keeps massive plausible, and proves nothing.",
    RuleId.VITALS_SCORE_THREE: "Two vital signs that each score 3 in NEWS2 keep massive plausible.",
    RuleId.RECENT_AMOUNT: (
        "Blood of the days before that would prove massive, alone or in all, keeps it plausible."
    ),
    RuleId.CALLED_LARGE: "An amount said in words of a large one keeps massive plausible.",
    RuleId.VENTILATION: "Ventilation begun in the window of a recent bleed proves massive, else is a sign.",
    RuleId.INSTABILITY: "Shock, arrest, acute respiratory distress or ECMO of now is a sign.",
    RuleId.VASOPRESSOR: "A running vasopressor keeps massive plausible.",
    RuleId.TRANSFUSION: "Red cells transfused after the onset keep massive plausible.",
    RuleId.SMALL_AND_CALM: (
        "A bleed that is charted as small, and vital signs that are all calm after the onset and the last "
        "bleed, breathing air, rule massive out in adults."
    ),
    RuleId.SMALL_TOTAL: (
        "A fresh total over 24 h or more rules massive out in adults if it is, with the blood charted since, "
        "under every limit and no vital sign is outside the calm band."
    ),
    RuleId.ACUTE_FAILURE: (
        "Acute respiratory failure proves massive if certain, of now and of a recent bleed, against which no "
        "small amount stands; else it is a sign while of late or of the current Encounter."
    ),
    RuleId.SHOCK: (
        "Hypovolemic shock proves massive if certain, of now and of a recent bleed, against which no small "
        "amount stands; else it is a sign while of late or of the current Encounter."
    ),
    RuleId.SEVERE_CONDITION: (
        "Hemoptysis whose own severity is severe proves massive if it is of now; else it is a sign while of "
        "late or of the current Encounter."
    ),
    RuleId.CALLED_SEVERE: (
        "Hemoptysis that a Condition or a reason calls massive or severe, or of an amount that is not small, "
        "keeps massive plausible, as does a reason that names shock, arrest or ventilation beside it."
    ),
    RuleId.UNSPECIFIED_FAILURE: (
        "Hypoxemia, or respiratory failure not said to be acute or chronic, keeps massive plausible while of "
        "now or of the current Encounter."
    ),
    RuleId.CHRONIC_FAILURE: "Chronic respiratory failure lowers the limits.",
    RuleId.CLINICAL_STATUS: (
        "A clinical status of recurrence or relapse proves recurrence; of a Condition that is not sure, "
        "it keeps it plausible."
    ),
    RuleId.CALLED_RECURRENT: (
        "Words of recurrence in the Condition, or in the reason of the order or the Encounter, "
        "keep recurrence plausible."
    ),
    RuleId.HISTORY: "A history of hemoptysis keeps recurrence plausible.",
    RuleId.EARLIER_EPISODE: (
        "An episode that ended long enough before the present one, which may be of several entries, proves "
        "recurrence; "
        "where the dates or codes leave it open, it keeps it plausible."
    ),
    RuleId.AFTER_EMBOLIZATION: (
        "Bleeding a day or more after a bronchial embolization proves recurrence; sooner, or after one of "
        "a vessel that is not named, it keeps it plausible."
    ),
    RuleId.CONDITIONS_MISSING: "Conditions that were not wholly read keep recurrence plausible.",
    RuleId.PROCEDURES_MISSING: "Procedures that were read in part keep recurrence plausible.",
    RuleId.HIGH_RISK: (
        "A cause or background with a high risk of severe bleeding raises the alert, not the category."
    ),
}
SENTENCES_OF_RULE: Final[Mapping[RuleId, tuple[str, ...]]] = {
    **{rule: (found,) for rule, found in FOUND.items()},
    RuleId.VOLUME: (
        BLOOD["sum"],
        BLOOD["episode"],
        BLOOD["total"],
    ),
    RuleId.RATE: (BLOOD["partial-total"], BLOOD["per-time"]),
    RuleId.SMALL_TOTAL: (BLOOD["total"],),
    RuleId.SMALL_AND_CALM: (
        f"{FOUND[RuleId.SATURATION]}, {FOUND[RuleId.SYSTOLIC]}, {FOUND[RuleId.RESPIRATORY_RATE]}",
        f"{FOUND[RuleId.SATURATION]}, {FOUND[RuleId.SYSTOLIC]}, {FOUND[RuleId.RESPIRATORY_RATE]}, "
        f"{FOUND[RuleId.HEART_RATE]}",
    ),
    RuleId.CALLED_SEVERE: (FOUND[RuleId.CALLED_SEVERE], CALLED_SEVERE_BY_THE_ORDER),
    RuleId.RECENT_AMOUNT: tuple(BLOOD.values()),
    RuleId.INSTABILITY: (FOUND[RuleId.INSTABILITY], *INSTABILITY.values()),
    RuleId.CALLED_RECURRENT: (FOUND[RuleId.CALLED_RECURRENT], CALLED_RECURRENT_BY_A_REASON),
    RuleId.EARLIER_EPISODE: (FOUND[RuleId.EARLIER_EPISODE], EPISODE_BEFORE),
    RuleId.AFTER_EMBOLIZATION: tuple(EMBOLIZATION.values()),
}
"""The sentences by which a card or `explain` shows the evidence of a rule."""

SENTENCES_OF_CAUTION: Final[Mapping[CautionId, tuple[str, ...]]] = {
    CautionId.KIDNEY_SEVERE: (
        EGFR,
        CAUTION[Concept.ACUTE_KIDNEY_INJURY],
        CAUTION[Concept.KIDNEY_DISEASE_SEVERE],
    ),
    CautionId.KIDNEY_DISCRETION: (EGFR,),
    CautionId.KIDNEY_UNKNOWN: (CAUTION[Concept.CREATININE], CAUTION[Concept.KIDNEY_DISEASE_OTHER]),
    CautionId.METFORMIN: (CAUTION[Concept.METFORMIN], KIDNEYS_UNKNOWN),
    CautionId.CONTRAST_REACTION: (CAUTION[Concept.CONTRAST_REACTION], WITHOUT_CONTRAST),
    CautionId.PREGNANCY: (
        CAUTION[Concept.PREGNANCY],
        CAUTION[Concept.PREGNANCY_TEST],
        CAUTION[Concept.DELIVERY_DATE_ESTIMATED],
        CAUTION[Concept.GESTATIONAL_AGE],
    ),
    CautionId.PREGNANCY_UNKNOWN: (CAUTION[Concept.PREGNANCY_UNKNOWN], CAUTION[Concept.PREGNANCY]),
    CautionId.THYROID: (CAUTION[Concept.THYROID],),
    CautionId.ANTICOAGULATION: (
        CAUTION[Concept.ANTICOAGULATION],
        CAUTION[Concept.ANTICOAGULANT],
        CAUTION[Concept.ANTIPLATELET],
        CAUTION[Concept.THROMBOLYTIC],
    ),
    CautionId.TUBERCULOSIS: (CAUTION[Concept.TUBERCULOSIS],),
    CautionId.RECENT_STUDY: (ALREADY_DONE,),
}
"""The sentences by which a card shows what a caution rests on; its title and text are in the knowledge."""
