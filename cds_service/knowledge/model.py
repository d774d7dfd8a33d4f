"""The types of the knowledge: vocabularies, procedures, ratings, definitions, cautions and sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from cds_service.knowledge.definitions import Definition, DefinitionId, Text
from cds_service.knowledge.kinds import Measured
from cds_service.knowledge.terminology.concepts import Coding, ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import ChartWords, Units


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
    """Imaging modalities of the procedures this service recognizes."""

    RADIOGRAPHY = "radiography"
    CT = "ct"
    CTA = "cta"
    ARTERIOGRAPHY = "arteriography"
    MRI = "mri"
    MRA = "mra"
    PET = "pet"
    NUCLEAR = "nuclear"
    ULTRASOUND = "ultrasound"


TopicStatus: TypeAlias = Literal["rated", "contrast-unspecified", "not-in-topic"]
"""What the ACR topic says of a procedure: it rates it, must know of contrast first, or leaves it out."""

Contrast = Literal["not-applicable", "with", "without", "without-and-with", "unspecified"]
"""Intravenous or intra-arterial contrast of a procedure, as the order states it."""

Support = Literal["independently-backed", "backed-after-correction", "single-extract"]
"""How strongly a rating cell is supported (CLINICAL 1.1)."""

AppliesTo = Literal["iodinated-contrast", "ionizing-radiation", "arterial-study", "every-study"]
"""Which studies a caution bears on."""

TEACHING_PAGE: Final = "teaching-page-205"
CIRSE: Final = "cirse-2022"
OF_THE_ALERTS: Final = (TEACHING_PAGE, CIRSE)
"""The ids in `sources.toml` of what the alerts rest on: a teaching page on severity, and CIRSE."""

Url = Annotated[str, Meta(pattern=r"^https://\S+$", description="an https address")]


@dataclass(frozen=True, slots=True)
class Radiation:
    """A relative radiation level: number of ACR symbols and the effective dose range in mSv."""

    symbols: int
    dose_range_msv: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """An imaging procedure: its ACR name, what it exposes the patient to, and how to order it.

    `canonical_codes` maps a code system URI to the one code used in suggestions.
    A radiation level is None where the ACR gives none.
    """

    id: str
    name: str
    short_name: str
    topic_status: TopicStatus
    modality: Modality
    contrast: Contrast
    radiation_adult: Radiation | None
    radiation_pediatric: Radiation | None
    canonical_codes: Mapping[str, Coding]

    @property
    def uses_iodinated_contrast(self) -> bool:
        """True for a study that always gives iodinated contrast."""
        contrast_given = self.contrast in ("with", "without-and-with")
        return contrast_given and self.modality in (Modality.CT, Modality.CTA, Modality.ARTERIOGRAPHY)

    @property
    def is_ionizing(self) -> bool:
        """True for a study with ionizing radiation."""
        return self.modality not in (Modality.MRI, Modality.MRA, Modality.ULTRASOUND)


class Publication(Struct, frozen=True, kw_only=True):
    """A publication that the knowledge rests on; `reading` says how it was read (text, extract, report).

    `short_title` is what the source line of a card calls it.
    """

    id: Text
    publisher: Text
    title: Text
    short_title: Text
    date: str = ""
    url: Annotated[str, Meta(pattern=r"^(?:https://\S+)?$", description="an https address")] = ""
    license: Text
    reading: Text


class Rating(Struct, frozen=True, kw_only=True):
    """One cell of the ACR table: the category of a procedure in a variant, and what it rests on.

    `score` is None where none was found, else `score_source` says where it was; `backed_by` is a second
    source of the cell, if there is one, and `support` how strongly it is supported (CLINICAL 1.1).
    """

    procedure: Text
    variant: Variant
    category: Category
    score: Annotated[int, Meta(ge=1, le=9, description="one of 1 to 9")] | None = None
    score_source: str = ""
    source: Text
    locator: Text
    words: Text
    support: Support
    backed_by: str = ""


class CautionId(StrEnum):
    """The cautions the service can show, in their order on a card; the data give the text of each once."""

    CONTRAST_REACTION = "contrast-reaction"
    PREGNANCY = "pregnancy"
    PREGNANCY_UNKNOWN = "pregnancy-unknown"
    ANTICOAGULATION = "anticoagulation"
    KIDNEY_SEVERE = "kidney-severe"
    KIDNEY_UNKNOWN = "kidney-function-unknown"
    KIDNEY_DISCRETION = "kidney-individual-discretion"
    METFORMIN = "metformin"
    TUBERCULOSIS = "tuberculosis"
    THYROID = "thyroid"
    RECENT_STUDY = "recent-study"


class CautionText(Struct, frozen=True, kw_only=True):
    """What a caution says, which studies it bears on, and its source."""

    id: CautionId
    title: Text
    text: Text
    applies_to: AppliesTo
    source: Text
    locator: Text
    words: Text


class Edition(Struct, frozen=True, kw_only=True):
    """The edition of the criteria in force; `massive` and so on are the names it gives the variants."""

    topic: Text
    label: Text
    massive: Text
    nonmassive: Text
    recurrent: Text
    year: Annotated[str, Meta(pattern=r"^\d+$", description="a whole number")]
    source: Text
    topic_url: Url
    patient_url: Url
    note: Text


class Discrepancy(Struct, frozen=True, kw_only=True):
    """A place where a source contradicts the criteria of a variant, what is right, and why."""

    id: Text
    variant: Variant
    source: Text
    says: Text
    right: Text
    evidence: Text


class AdviceKind(StrEnum):
    """Where a piece of advice is said: in a step of the critical card, or elsewhere.

    The last five are said on the pages of the criteria: management in brief, and notes on the table.
    Those of the two drugs are their names; what speaks against each stands beside it, whatever was charted.
    """

    FIRST = "first"
    AIRWAY = "airway"
    INTENSIVE_CARE = "intensive-care"
    CENTER = "center"
    ANTICOAGULANT = "anticoagulant"
    CAUSE = "cause"
    EMBOLIZATION = "embolization"
    AFTER_EMBOLIZATION = "after-embolization"
    SURGERY = "surgery"
    DRUGS = "drugs"
    TRANEXAMIC_ACID = "tranexamic-acid"
    TRANEXAMIC_ACID_UNLESS = "tranexamic-acid-unless"
    TERLIPRESSIN = "terlipressin"
    TERLIPRESSIN_UNLESS = "terlipressin-unless"
    MASSIVE_NOT_EXCLUDED = "massive-not-excluded"
    RED_FLAG = "red-flag"
    SEVERITY = "severity"
    ALWAYS = "always"
    PERSISTING = "persisting"
    SEVERE = "severe"
    CRITERIA_NOTE = "criteria-note"


class Advice(Struct, frozen=True, kw_only=True):
    """One thing that a card or a page advises beside the rating, and what it rests on.

    A note on the table is about one `variant`; without one it is about all.
    """

    id: Text
    kind: AdviceKind
    variant: Variant | None = None
    text: Text
    source: Text
    locator: Text
    words: Text


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Everything the service knows, loaded, cross-checked and frozen at start; compared by identity.

    `nonadherence` holds HL7's category and nearest reason of each reason to override. `large` remembers which
    short texts tell of a large bleed, `measured` what the code of an Observation names, `meant` what other
    CodeableConcepts mean, `unread` why one cannot be read and `small` whether it calls the bleed small: by
    their hash, as the terminology does what texts name.
    """

    edition: Edition
    procedures: Mapping[str, Procedure]
    ratings: Mapping[tuple[Variant, str], Rating]
    definitions: Mapping[DefinitionId, Definition]
    cautions: Mapping[CautionId, CautionText]
    sources: Mapping[str, Publication]
    terminology: Terminology
    units: Units
    discrepancies: tuple[Discrepancy, ...]
    advice: tuple[Advice, ...]
    nonadherence: Mapping[str, tuple[str, str]]
    large: dict[int, bool] = field(default_factory=dict, init=False, repr=False)
    measured: dict[int, Measured] = field(default_factory=dict, init=False, repr=False)
    meant: dict[int, tuple[ConceptMatch, ...]] = field(default_factory=dict, init=False, repr=False)
    unread: dict[int, str] = field(default_factory=dict, init=False, repr=False)
    small: dict[int, bool] = field(default_factory=dict, init=False, repr=False)

    @property
    def words(self) -> ChartWords:
        """The words of charts and orders beside the terms of the code lists."""
        return self.terminology.words

    def rated_procedures(self) -> tuple[Procedure, ...]:
        """The procedures of the ACR topic, in the order of the table."""
        return tuple(p for p in self.procedures.values() if p.topic_status == "rated")

    def advice_on(self, kind: AdviceKind) -> tuple[str, ...]:
        """What is advised, in the order of the data."""
        return tuple(advice.text for advice in self.advice if advice.kind is kind)

    def category(self, procedure: str, variant: Variant) -> Category:
        """The category of a rated procedure in a variant; KeyError for a procedure not in the topic."""
        return self.ratings[variant, procedure].category
