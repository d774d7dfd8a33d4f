"""The types of the knowledge: vocabularies, procedures, ratings, definitions, cautions and sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import VolumeUnits


class Variant(StrEnum):
    """The variants of the ACR topic, in order of precedence (CLINICAL 2.5)."""

    MASSIVE = "massive"
    RECURRENT = "recurrent"
    NONMASSIVE = "nonmassive"


class Category(StrEnum):
    """Appropriateness categories of the ACR."""

    USUALLY_APPROPRIATE = "usually-appropriate"
    MAY_BE_APPROPRIATE = "may-be-appropriate"
    USUALLY_NOT_APPROPRIATE = "usually-not-appropriate"


class Modality(StrEnum):
    """Imaging modalities of the procedures this service recognises."""

    RADIOGRAPHY = "radiography"
    CT = "ct"
    CTA = "cta"
    ARTERIOGRAPHY = "arteriography"
    MRI = "mri"
    MRA = "mra"
    PET = "pet"
    NUCLEAR = "nuclear"
    ULTRASOUND = "ultrasound"


class Contrast(StrEnum):
    """Intravenous or intra-arterial contrast of a procedure, as the order states it."""

    NOT_APPLICABLE = "not-applicable"
    WITH = "with"
    WITHOUT = "without"
    WITHOUT_AND_WITH = "without-and-with"
    UNSPECIFIED = "unspecified"


class Standing(StrEnum):
    """How the ACR topic stands to a procedure."""

    RATED = "rated"
    CONTRAST_UNSPECIFIED = "contrast-unspecified"
    NOT_IN_TOPIC = "not-in-topic"


class Basis(StrEnum):
    """Where a definition comes from: a published source, or a decision of this project."""

    GUIDELINE = "guideline"
    PROJECT_DEFAULT = "project-default"


class Support(StrEnum):
    """How strongly a rating cell is supported (CLINICAL 1.1)."""

    INDEPENDENTLY_BACKED = "independently-backed"
    BACKED_AFTER_CORRECTION = "backed-after-correction"
    SINGLE_EXTRACT = "single-extract"


@dataclass(frozen=True, slots=True)
class Radiation:
    """A relative radiation level: number of ACR symbols and the effective dose range in mSv."""

    symbols: int
    dose_range_msv: str


@dataclass(frozen=True, slots=True)
class OrderableCode:
    """One code that stands for a procedure when an order for it is written."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """An imaging procedure: its ACR name, what it exposes the patient to, and how to order it.

    `canonical_codes` maps a code system URI to the one code used in suggestions.
    A radiation level is None where the ACR gives none.
    """

    id: str
    name: str
    short_name: str
    standing: Standing
    modality: Modality
    contrast: Contrast
    radiation_adult: Radiation | None
    radiation_pediatric: Radiation | None
    canonical_codes: Mapping[str, OrderableCode]

    @property
    def uses_iodinated_contrast(self) -> bool:
        """True for a study that always gives iodinated contrast."""
        contrast_given = self.contrast in (Contrast.WITH, Contrast.WITHOUT_AND_WITH)
        return contrast_given and self.modality in (Modality.CT, Modality.CTA, Modality.ARTERIOGRAPHY)

    @property
    def is_ionising(self) -> bool:
        """True for a study with ionising radiation."""
        return self.modality not in (Modality.MRI, Modality.MRA, Modality.ULTRASOUND)


@dataclass(frozen=True, slots=True)
class Source:
    """A publication that the knowledge rests on; `reading` says how it was read (text, extract, report)."""

    id: str
    publisher: str
    title: str
    date: str
    url: str
    licence: str
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """One cell of the ACR table: the category of a procedure in a variant, and what it rests on.

    `score` is None where none was found; `score_source` says where it was. `backed_by` is a second,
    independent source of the cell, empty where there is none.
    """

    procedure: str
    variant: Variant
    category: Category
    score: int | None
    source: str
    locator: str
    words: str
    support: Support
    score_source: str = ""
    backed_by: str = ""


class Comparison(StrEnum):
    """How a value is compared with a threshold."""

    AT_LEAST = ">="
    OVER = ">"
    UNDER = "<"


@dataclass(frozen=True, slots=True)
class Definition:
    """A number that decides something: its unit (UCUM), how it is compared, and where it comes from."""

    id: str
    value: Decimal
    unit: str
    comparison: Comparison
    basis: Basis
    source: str
    locator: str
    words: str


class DefinitionId(StrEnum):
    """Every definition the code asks for; the data must give each exactly once."""

    VOLUME_MASSIVE = "volume-24h-massive"
    RATE_MASSIVE = "rate-massive"
    VOLUME_MASSIVE_CHRONIC = "volume-24h-massive-chronic-respiratory-failure"
    RATE_MASSIVE_CHRONIC = "rate-massive-chronic-respiratory-failure"
    VOLUME_BORDERLINE = "volume-24h-borderline"
    VOLUME_BORDERLINE_CHRONIC = "volume-24h-borderline-chronic-respiratory-failure"
    SPO2_LOW = "oxygen-saturation-low"
    SYSTOLIC_LOW = "systolic-pressure-low"
    RESPIRATORY_RATE_HIGH = "respiratory-rate-high"
    ROOM_AIR_OXYGEN = "inhaled-oxygen-above-room-air"
    OXYGEN_FLOW = "inhaled-oxygen-flow"
    SEVERITY_WINDOW = "severity-window"
    FUTURE_TOLERANCE = "future-tolerance"
    TOTAL_PERIOD = "total-period"
    RATE_MINIMUM_PERIOD = "rate-minimum-period"
    EPISODE_GAP = "episode-gap"
    INDICATION_WINDOW = "indication-window"
    ADULT_AGE = "adult-age"
    RECENT_STUDY_WINDOW = "recent-study-window"
    COMPLEMENT_WINDOW = "complement-window"
    EGFR_SEVERE = "egfr-severe"
    EGFR_DISCRETION = "egfr-individual-discretion"
    EGFR_METFORMIN_LABEL = "egfr-metformin-label"


class CautionId(StrEnum):
    """The cautions the service can show; the data must give the text of each exactly once."""

    KIDNEY_SEVERE = "kidney-severe"
    KIDNEY_DISCRETION = "kidney-individual-discretion"
    METFORMIN = "metformin"
    CONTRAST_REACTION = "contrast-reaction"
    PREGNANCY = "pregnancy"
    THYROID = "thyroid"
    ANTICOAGULATION = "anticoagulation"
    TUBERCULOSIS = "tuberculosis"
    RECENT_STUDY = "recent-study"


class AppliesTo(StrEnum):
    """Which studies a caution bears on."""

    IODINATED_CONTRAST = "iodinated-contrast"
    IONISING_RADIATION = "ionising-radiation"
    ARTERIAL_STUDY = "arterial-study"
    EVERY_STUDY = "every-study"


@dataclass(frozen=True, slots=True)
class CautionText:
    """What a caution says, which studies it bears on, and its source."""

    id: CautionId
    title: str
    text: str
    applies_to: AppliesTo
    source: str
    locator: str
    words: str


@dataclass(frozen=True, slots=True)
class Edition:
    """The edition of the criteria in force."""

    topic: str
    label: str
    year: str
    source: str
    topic_url: str
    patient_url: str
    note: str


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A place where a source contradicts the criteria, what is right, and why."""

    id: str
    source: str
    says: str
    right: str
    evidence: str


class AdviceKind(StrEnum):
    """Where a piece of advice is said."""

    MASSIVE = "massive"
    MASSIVE_NOT_EXCLUDED = "massive-not-excluded"
    RED_FLAG = "red-flag"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that a card advises beside the rating, and what it rests on."""

    id: str
    kind: AdviceKind
    text: str
    source: str
    locator: str
    words: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything the service knows, loaded, cross-checked and frozen at start."""

    edition: Edition
    procedures: Mapping[str, Procedure]
    ratings: Mapping[tuple[Variant, str], Rating]
    definitions: Mapping[DefinitionId, Definition]
    cautions: Mapping[CautionId, CautionText]
    sources: Mapping[str, Source]
    terminology: Terminology
    units: VolumeUnits
    discrepancies: tuple[Discrepancy, ...]
    advice: tuple[Advice, ...]

    def rated_procedures(self) -> tuple[Procedure, ...]:
        """The procedures of the ACR topic, in the order of the table."""
        return tuple(p for p in self.procedures.values() if p.standing is Standing.RATED)

    def advice_on(self, kind: AdviceKind) -> tuple[str, ...]:
        """What is advised, in the order of the data."""
        return tuple(advice.text for advice in self.advice if advice.kind is kind)

    def category(self, procedure: str, variant: Variant) -> Category:
        """The category of a rated procedure in a variant; KeyError for a procedure not in the topic."""
        return self.ratings[variant, procedure].category
