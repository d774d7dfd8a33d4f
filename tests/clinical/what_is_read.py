"""The reference page of what is read of a chart: kind by kind, its codes, units, forms and languages."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from cds_service.knowledge.kinds import KINDS, Kind, KindOfData
from cds_service.knowledge.load import SHIPPED_DATA
from cds_service.knowledge.tables.folder import Tables, read_tables
from cds_service.knowledge.tables.rows import Row
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.decision_table import table

_INTRODUCTION: Final = (
    "# What is read\n\n"
    "Written by `make docs` from `cds_service/knowledge` and `tests/clinical/what_is_read.py`: do not "
    "edit. Every kind of data, the concepts that are looked for in it with the codes and words by which "
    "they are known, the units and forms in which a value may come, and what happens to everything else. "
    "The codes themselves stand in `cds_service/knowledge/data/codelists/`, one file for each concept; a "
    "site adds its own by [`CDS_ORDER_CODES`](../how-to/map-your-order-codes.md), "
    "[`CDS_OBSERVATION_CODES`](../how-to/map-your-observation-codes.md) or [its own "
    "criteria](../how-to/use-your-own-criteria.md). What was looked for and left out: [not "
    "shipped](not-shipped.md).\n\n"
    "**The rule under all of it** ([behavior](behaviour.md#not-understood-is-never-none)): what is of a "
    "kind, the patient's own, current or undated, and not understood makes its kind incomplete. Nothing "
    "is ruled out by that kind, its cautions are not assessed, and the card says so in one line. "
    "`cds-service explain` and `check-request` list each such resource.\n\n"
    "A code that stands for a whole category counts once here. `-`: known by words alone, or by codes "
    "alone. Words that are the same in every language, such as names of drugs, count as `any`."
)
_SYSTEMS: Final = {
    "snomed": "SNOMED CT",
    "loinc": "LOINC",
    "cpt": "CPT",
    "rxnorm": "RxNorm",
    "icd-10-cm": "ICD-10-CM",
    "icd-10": "ICD-10",
    "icd-9-cm": "ICD-9-CM",
    "icd-10-pcs": "ICD-10-PCS",
    "radlex": "RadLex",
    "atc": "ATC",
    "ndf-rt": "NDF-RT",
    "ccam": "CCAM",
    "ops": "OPS",
    "hcpcs": "HCPCS",
}
_LANGUAGES: Final = {
    "en": "English",
    "fr": "French",
    "de": "German",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "any": "any",
}
_DRUGS: Final = (
    Concept.ANTICOAGULANT,
    Concept.BLEEDING_TREATMENT,
    Concept.ANTIPLATELET,
    Concept.THROMBOLYTIC,
    Concept.LINE_CARE,
    Concept.METFORMIN,
    Concept.VASOPRESSOR,
    Concept.INFUSION,
    Concept.LOCAL_FORM,
)
_SUPPORT: Final = (
    Concept.VENTILATION,
    Concept.NONINVASIVE_VENTILATION,
    Concept.ECMO,
    Concept.OXYGEN_THERAPY,
    Concept.HOME_OXYGEN,
)
_PREGNANT: Final = (Concept.PREGNANCY, Concept.NOT_PREGNANT)

READ_IN: Final[Mapping[Kind, tuple[Concept, ...]]] = {
    Kind.PATIENT: (),
    Kind.CONDITIONS: (
        *(Concept.HEMOPTYSIS, Concept.BLOODSTAINED_SPUTUM, Concept.SEVERE, Concept.RECURRENCE),
        Concept.MILD_OR_MODERATE,
        *(Concept.ACUTE_RESPIRATORY_FAILURE, Concept.RESPIRATORY_FAILURE_UNSPECIFIED, Concept.HYPOXEMIA),
        *(
            Concept.HYPOVOLEMIC_SHOCK,
            Concept.HEMORRHAGIC_SHOCK,
            Concept.SHOCK,
            Concept.ARREST,
            Concept.ACUTE_RESPIRATORY_DISTRESS,
        ),
        *_SUPPORT,
        *(Concept.CHRONIC_RESPIRATORY_FAILURE, Concept.COPD),
        *(Concept.LUNG_CANCER, Concept.LUNG_CANCER_HISTORY, Concept.CAVITATING_LESION),
        *(Concept.TUBERCULOSIS, Concept.TUBERCULOSIS_SEQUELAE, Concept.BRONCHIECTASIS),
        *(Concept.CYSTIC_FIBROSIS, Concept.ASPERGILLOSIS),
        *(Concept.PNEUMONIA, Concept.RESPIRATORY_INFECTION, Concept.PULMONARY_ARTERY_ANEURYSM),
        *(Concept.PULMONARY_EMBOLISM, Concept.PULMONARY_EMBOLISM_HISTORY),
        *(Concept.VASCULITIS, Concept.HEMOSIDEROSIS),
        *(Concept.SEPSIS, Concept.INFARCTION, Concept.ISCHEMIA, Concept.THROMBOSIS),
        *(Concept.GASTROINTESTINAL_BLEEDING, Concept.ANTICOAGULATION),
        *_PREGNANT,
        *(Concept.CONTRAST_REACTION, Concept.OTHER_CONTRAST),
        *(Concept.KIDNEY_DISEASE_SEVERE, Concept.KIDNEY_DISEASE_OTHER, Concept.ACUTE_KIDNEY_INJURY),
        Concept.THYROID,
    ),
    Kind.BLEEDING: (Concept.EXPECTORATED_BLOOD, Concept.HEMOPTYSIS, Concept.BLOODSTAINED_SPUTUM),
    Kind.VITALS: (
        *(Concept.OXYGEN_SATURATION, Concept.OXYGEN_SATURATION_ON_AIR),
        *(Concept.SYSTOLIC_PRESSURE, Concept.BLOOD_PRESSURE_PANEL),
        *(Concept.RESPIRATORY_RATE, Concept.HEART_RATE, Concept.VENTILATOR_RATE),
        *(Concept.INHALED_OXYGEN_CONCENTRATION, Concept.INHALED_OXYGEN_FLOW),
        *_SUPPORT,
        Concept.OTHER_MEASUREMENT,
    ),
    Kind.LABS: (Concept.EGFR, Concept.CREATININE),
    Kind.PREGNANCY: (
        *(Concept.PREGNANCY_STATUS, Concept.PREGNANCY_TEST, *_PREGNANT, Concept.PREGNANCY_UNKNOWN),
        *(Concept.DELIVERY_DATE_ESTIMATED, Concept.GESTATIONAL_AGE),
    ),
    Kind.PROCEDURES: (
        *(Concept.BRONCHIAL_EMBOLIZATION, Concept.UNNAMED_EMBOLIZATION, Concept.HEMOPTYSIS),
        *_SUPPORT,
        *(Concept.ARREST, Concept.RED_CELL_TRANSFUSION),
    ),
    Kind.ALLERGIES: (Concept.IODINATED_CONTRAST, Concept.CONTRAST_REACTION, Concept.OTHER_CONTRAST),
    Kind.MEDICATIONS: _DRUGS,
    Kind.ADMINISTRATIONS: _DRUGS,
    Kind.IMAGING: (),
    Kind.ENCOUNTER: (Concept.HEMOPTYSIS, Concept.RECURRENCE, Concept.TUBERCULOSIS, Concept.PREGNANCY),
}
"""The concepts that are looked for in each kind of data."""

IN_ORDERS_ONLY: Final = (
    *(Concept.COUGH, Concept.DYSPNEA, Concept.FOREIGN_BODY, Concept.LUNG_MASS),
    Concept.PULMONARY_AV_MALFORMATION,
)
"""What is looked for in the reason of an order alone."""

_FORMS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.PATIENT: ("`birthDate`, and `gender` for the caution on pregnancy.",),
    Kind.CONDITIONS: (
        "`code` by its codings, else by its words; `clinicalStatus`, `verificationStatus`, `severity`.",
        "Onset and abatement as a date, a time, a Period or a text that holds a date; `recordedDate`.",
        "`encounter`, and the diagnoses that the Encounter names.",
    ),
    Kind.BLEEDING: (
        "Quantity, Range, Ratio, integer or decimal, boolean, a text or a coded value, with comparators.",
        "Without a value of its own: components, contained Observations and members, if they agree.",
        "No value: there was blood, of unknown amount.",
        "`effective` as a date, a time, an instant, a Period or a Timing.",
    ),
    Kind.VITALS: (
        "Quantity, Range, integer, decimal or a text, with comparators; a pressure also as `70/40 mmHg`.",
        "The Observation, its components, contained Observations and members that were sent.",
        "By the name of a local code it counts as much, and the card says so.",
        "A bare number that is possible in the usual unit proves nothing and rules nothing out, and is a "
        "sign if it would prove.",
        "Oxygen, ventilation and ECMO also as a coded or worded value. Oxygen without a readable amount "
        "is given; zero and *no* are none.",
    ),
    Kind.LABS: (
        "Quantity, Range, integer, decimal or a text, with comparators. A creatinine is shown as it is "
        "charted; no eGFR is computed.",
    ),
    Kind.PREGNANCY: (
        "A coded answer, a text or a boolean; a finding without a value; components.",
        "An expected date of delivery as a date or a text; a gestational age in a unit of time.",
    ),
    Kind.PROCEDURES: (
        "`code` and `bodySite` by code or words, `reasonCode` and `reasonReference`, `status`.",
        "`performed` as a date, a time, a Period or a text that holds a date.",
        "Imaging that was done, by the codes and names of [orders](#orders).",
    ),
    Kind.ALLERGIES: (
        "`code` and the substances of `reaction`, by code or words; `clinicalStatus`, `verificationStatus`.",
        "Contrast whose kind is not stated counts as iodinated.",
    ),
    Kind.MEDICATIONS: (
        "The drug as a CodeableConcept, or as a Medication that is contained or was sent, with its "
        "ingredients.",
        "In use by its status; without a status it is.",
        "A vasopressor is running where it is ordered as an infusion, by a rate or by the words of its "
        "dosage.",
    ),
    Kind.ADMINISTRATIONS: (
        "The drug as with `medications`. A vasopressor is running while its administration is in progress.",
    ),
    Kind.IMAGING: (
        "`code`, `procedureCode` and `description`, by the codes and names of [orders](#orders); "
        "`status`; `started`, or `effective` as a date, a time or a Period.",
    ),
    Kind.ENCOUNTER: (
        "`reasonCode`, and the Conditions and Observations of `reasonReference`; the start of `period`; "
        "`diagnosis`. The Encounter of the context; where that names none, the only one in progress.",
    ),
}
_OF_OBSERVATIONS: Final = (
    "Any other Observation is of this kind if it came under this key, unless its unit or the form of its "
    "value shows that it measures something else. It is not understood then: the kind is incomplete."
)
_ELSE: Final[Mapping[Kind, str]] = {
    Kind.PATIENT: "Without a birth date the adult rules hold, and the card says that the age is unknown.",
    Kind.CONDITIONS: (
        "Any other code or word is another diagnosis, and says nothing. A Condition without a code or a "
        "word, or with a masked one, makes the kind incomplete. A modifier leaves the diagnosis unsure and "
        "the kind incomplete; with an extension that may hold an answer its caution is not assessed."
    ),
    Kind.BLEEDING: (
        f"{_OF_OBSERVATIONS} An amount that cannot be read, or has no usable time, is shown, and keeps "
        "massive hemoptysis plausible where it could be one."
    ),
    Kind.VITALS: (
        "Any other Observation is of this kind if it came under one of its keys or has the category "
        "`vital-signs`, unless its unit or the form of its value shows that it measures something else. "
        "It is not understood then: the kind is incomplete."
    ),
    Kind.LABS: f"{_OF_OBSERVATIONS} A unit that is not known makes it incomplete too.",
    Kind.PREGNANCY: f"{_OF_OBSERVATIONS} An answer that is unknown or not understood: check the status.",
    Kind.PROCEDURES: (
        "Any other code or word is another procedure, and says nothing. One without a code or a word, or "
        "with a modifier, makes the kind incomplete; so does an embolization of no known status."
    ),
    Kind.ALLERGIES: (
        "Any other word is another allergy. An unlisted code alone (but for ATC, whose classes are listed "
        "whole), a code and words that contradict each other, a modifier, and an extension that may hold "
        "an answer: not assessed."
    ),
    Kind.MEDICATIONS: (
        "Any other word is another drug. An unlisted code alone (but for ATC), a drug that was not sent, "
        "and a modifier: the kind is incomplete, and its cautions are not assessed."
    ),
    Kind.ADMINISTRATIONS: "As with `medications`.",
    Kind.IMAGING: "Any other study is none of the topic. One without a code or a word: not assessed.",
    Kind.ENCOUNTER: "Any other reason says nothing.",
}
_ORDERS: Final = (
    "Draft orders are no kind of data: they come in `draftOrders` of the context. A ServiceRequest (or a "
    "ProcedureRequest of STU3) is read by `code`, `bodySite`, `category`, `orderDetail`, `reasonCode` and "
    "`reasonReference`. The study is known by its code, else by its name; a study that is not recognized "
    "is said to be so where it is imaging for hemoptysis, and is none of this service otherwise. A "
    "modifier behind a CPT or HCPCS code does not count."
)
_SCALES: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.VITALS: {
        "%": "saturation, concentration of oxygen",
        "1": "saturation as a fraction",
        "mm[Hg]": "pressure",
        "kPa": "pressure, converted",
        "cm[Hg]": "pressure, converted",
        "/min": "rates",
        "L/min": "flow of oxygen",
    },
    Kind.LABS: {"mL/min/{1.73_m2}": "eGFR"},
}


def what_is_read() -> str:
    """The whole page."""
    parts = (_INTRODUCTION, *(_section(row) for row in KINDS.values()), _orders())
    return "\n\n".join(parts) + "\n"


def _section(row: KindOfData) -> str:
    parts = (
        f"## {row.kind.value}",
        _how_asked(row),
        _concepts(READ_IN[row.kind]),
        _units(row.kind),
        "\n".join(f"- {form}" for form in _FORMS[row.kind]),
        f"**Everything else.** {_ELSE[row.kind]}",
    )
    return "\n\n".join(part for part in parts if part)


def _how_asked(row: KindOfData) -> str:
    types = ", ".join(row.resource_types)
    keys = " and ".join(f"`{key}`" for key in row.keys)
    by = "by the codes below" if row.concepts else "by the patient alone"
    if row.category_key:
        by = f"by the codes below (`{row.kind.value}`)"
        by += f" and by the category `{row.category}` (`{row.category_key}`)"
    parameters = f", with `{'&'.join(row.parameters)}`" if row.parameters else ""
    return f"Comes as {types}. Prefetch key {keys}: asked for {by}{parameters}."


def _concepts(concepts: Iterable[Concept]) -> str:
    rows = [(f"`{c.value}`", _purpose(c), _codes(_shipped().code_list(c)), _languages(c)) for c in concepts]
    return table(("Concept", "Read for", "Codes", "Words"), rows) if rows else ""


def _purpose(concept: Concept) -> str:
    return _purposes()[concept.value]


def _codes(rows: Iterable[Row]) -> str:
    counts = Counter(row["system"] for row in rows)
    return ", ".join(f"{_SYSTEMS[system]} {count}" for system, count in sorted(counts.items())) or "-"


def _languages(concept: Concept) -> str:
    known = _words()[concept.value]
    return ", ".join(name for key, name in _LANGUAGES.items() if key in known) or "-"


def _units(kind: Kind) -> str:
    if kind is Kind.BLEEDING:
        return _units_of_blood()
    scales = _SCALES.get(kind, {})
    rows = ((f"`{scale}`", what, ", ".join(_spellings(scale))) for scale, what in scales.items())
    return table(("Unit", "Of", "Also written"), rows) if scales else ""


def _spellings(scale: str) -> Iterator[str]:
    for row in _shipped()["unit_spellings.csv"]:
        if row["unit"] == scale:
            yield f"`{row['spelling']}`"


def _units_of_blood() -> str:
    names = {"volume": "volume, and vessels as ranges", "time": "time, of a rate or a total"}
    by_kind: dict[str, dict[bool, list[str]]] = {kind: {True: [], False: []} for kind in names}
    for row in _shipped()["units.csv"]:
        if row["kind"] in by_kind:
            by_kind[row["kind"]][row["is_ucum"] == "yes"].append(f"`{row['unit']}`")
    rows = ((names[kind], ", ".join(said[True]), ", ".join(said[False])) for kind, said in by_kind.items())
    units = table(("Unit of", "UCUM", "Words"), rows)
    return f"{units}\n\nWords of size without an amount: {_words_of_size()}."


def _words_of_size() -> str:
    counts: dict[str, int] = Counter(
        row["language"] for row in _shipped()["codelists/chart_words.csv"] if row["kind"] == "size"
    )
    return ", ".join(f"{name} {counts[key]}" for key, name in _LANGUAGES.items() if key in counts)


def _orders() -> str:
    by_study: dict[str, list[Row]] = defaultdict(list)
    for row in _shipped()["codelists/order_codes.csv"]:
        by_study[row["procedure"]].append(row)
    names = {row["id"]: row["name"] for row in _shipped()["procedures.csv"]} | {"": "Other regions alone"}
    studies = table(("Study", "Codes"), ((names[study], _codes(rows)) for study, rows in by_study.items()))
    spoken = {row["language"] for row in _shipped()["codelists/study_words.csv"]}
    languages = ", ".join(name for key, name in _LANGUAGES.items() if key in spoken)
    return "\n\n".join(
        (
            "## Orders",
            _ORDERS,
            studies,
            f"Words in the names of studies: {languages}.",
            "The reason is read for hemoptysis, and for every concept above or below that is a cause of "
            "it or a respiratory symptom. In reasons only:",
            _concepts(IN_ORDERS_ONLY),
            "**Everything else.** Another code of a known system, or other words, are another indication: "
            "no card. A code of an unknown system without words cannot be resolved, and the chart decides.",
        )
    )


@cache
def _shipped() -> Tables:
    return read_tables(SHIPPED_DATA)


@cache
def _purposes() -> Mapping[str, str]:
    return {row["id"]: row["purpose"] for row in _shipped()["concepts"]}


@cache
def _words() -> Mapping[str, set[str]]:
    """The languages of the words of each concept, but for those that make it another thing."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in _shipped()["codelists/terms.csv"]:
        if row["certainty"] not in ("other", "not"):
            found[row["concept"]].add(row["language"])
    return found
