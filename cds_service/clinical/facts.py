"""An imaging order as the decision sees it: the study, the reason, and how both were recognised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment, Period
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch


class Kind(StrEnum):
    """The kinds of data the service asks for; the values are the prefetch keys of discovery."""

    PATIENT = "patient"
    CONDITIONS = "conditions"
    BLEEDING = "bleeding"
    VITALS = "vitals"
    LABS = "labs"
    PREGNANCY = "pregnancy"
    PROCEDURES = "procedures"
    ALLERGIES = "allergies"
    MEDICATIONS = "medications"
    IMAGING = "imaging"
    ENCOUNTER = "encounter"


class Availability(StrEnum):
    """Whether a kind of data could be read (BEHAVIOUR 2).

    Failed: it was asked for and an error came; unavailable: it was neither sent nor asked for.
    """

    AVAILABLE = "available"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"


class AgeGroup(StrEnum):
    """Adult or child at the instant of judging."""

    ADULT = "adult"
    CHILD = "child"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A Condition that was not refuted or entered in error.

    `is_active`: clinicalStatus active, recurrence or relapse, or missing without abatement.
    `is_returning`: clinicalStatus recurrence or relapse. `is_severe`: its own severity says so;
    `is_called_severe`: its words do ("massive hemoptysis").
    """

    reference: str
    matches: tuple[ConceptMatch, ...]
    label: str
    is_active: bool
    is_returning: bool = False
    is_severe: bool = False
    is_called_severe: bool = False
    onset: Moment = UNDATED
    abated: Moment = UNDATED
    recorded: Moment = UNDATED
    in_current_encounter: bool = False

    def means(self, *concepts: Concept) -> bool:
        """True when the Condition stands for one of the concepts."""
        return any(match.concept in concepts for match in self.matches)

    def surely_means(self, *concepts: Concept) -> bool:
        """True when it stands for one of the concepts, and not only possibly (a question, a history)."""
        sure = (match.concept for match in self.matches if match.certainty is Certainty.DEFINITE)
        return any(concept in concepts for concept in sure)


class Finding(StrEnum):
    """What an Observation of expectorated blood holds."""

    AMOUNT = "amount"
    UNREADABLE = "unreadable"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Bleed:
    """An Observation of expectorated blood.

    `amount_ml` is in mL; with `per_hours` it is the amount in that many hours (a rate, or a total
    whose period stands in its unit), without it an amount over `period`. `charted` is the chart's
    own value and unit.
    """

    reference: str
    finding: Finding
    period: Period
    amount_ml: Range
    charted: str
    per_hours: Decimal | None = None

    @property
    def shows_blood(self) -> bool:
        """True when it says, or may say, that there was blood."""
        if self.finding is Finding.AMOUNT:
            return self.amount_ml.can_be_positive
        return self.finding is not Finding.ABSENT


class VitalKind(StrEnum):
    """The vital signs that decide severity."""

    OXYGEN_SATURATION = "oxygen-saturation"
    SYSTOLIC_PRESSURE = "systolic-pressure"
    RESPIRATORY_RATE = "respiratory-rate"
    INHALED_OXYGEN_CONCENTRATION = "inhaled-oxygen-concentration"
    INHALED_OXYGEN_FLOW = "inhaled-oxygen-flow"


@dataclass(frozen=True, slots=True)
class Vital:
    """A reading in the unit of its definition (%, mm[Hg], /min, L/min)."""

    reference: str
    kind: VitalKind
    value: Range
    taken: Moment
    charted: str


@dataclass(frozen=True, slots=True)
class Embolization:
    """A completed embolization; `is_bronchial` False when the vessel and the reason are not stated."""

    reference: str
    performed: Moment
    is_bronchial: bool


@dataclass(frozen=True, slots=True)
class PastStudy:
    """An imaging study that was done; `procedure` is an id of procedures.csv."""

    reference: str
    procedure: str
    performed: Moment


@dataclass(frozen=True, slots=True)
class SafetyFinding:
    """Something in the chart that a caution rests on; `by_text` when only a name matched."""

    reference: str
    concept: Concept
    label: str
    when: Moment = UNDATED
    by_text: str = ""


@dataclass(frozen=True, slots=True)
class KidneyFunction:
    """An eGFR in mL/min/{1.73_m2}."""

    reference: str
    egfr: Range
    taken: Moment
    charted: str


@dataclass(frozen=True, slots=True)
class HemoptysisFacts:
    """Everything the decision reads of one patient at one instant.

    `safety` holds contrast reactions, pregnancy, thyroid disease, drugs and the like; `unreadable`
    counts per kind what could not be read; `dropped` counts what was read and left out, by reason.
    """

    now: datetime
    availability: Mapping[Kind, Availability]
    birth: Moment = UNDATED
    gender: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    bleeds: tuple[Bleed, ...] = ()
    vitals: tuple[Vital, ...] = ()
    embolizations: tuple[Embolization, ...] = ()
    studies: tuple[PastStudy, ...] = ()
    safety: tuple[SafetyFinding, ...] = ()
    kidney: tuple[KidneyFunction, ...] = ()
    encounter_reasons: tuple[ConceptMatch, ...] = ()
    order_reasons: tuple[ConceptMatch, ...] = ()
    unreadable: Mapping[Kind, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)

    def is_whole(self, kind: Kind) -> bool:
        """True when the kind was read completely, so that absence is evidence."""
        return self.availability.get(kind, Availability.UNAVAILABLE) is Availability.AVAILABLE

    def is_incomplete(self, kind: Kind) -> bool:
        """True when the kind was asked for and not wholly read: what is absent is no evidence."""
        return self.availability.get(kind) in (Availability.INCOMPLETE, Availability.FAILED)


class Recognition(StrEnum):
    """How the study of an order was recognised."""

    BY_CODE = "by-code"
    BY_NAME = "by-name"
    UNRECOGNISED_IMAGING = "unrecognised-imaging"
    NO_STUDY_YET = "no-study-yet"
    NOT_CHEST_IMAGING = "not-chest-imaging"


class ReasonKind(StrEnum):
    """What an order's own reason says (BEHAVIOUR 5)."""

    HEMOPTYSIS = "hemoptysis"
    CAUSE_OR_SYMPTOM = "cause-or-symptom"
    OTHER = "other"
    NONE = "none"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Reason:
    """An order's reason: its kind, the concepts found in it, and how it reads."""

    kind: ReasonKind
    matches: tuple[ConceptMatch, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class ImagingOrder:
    """One draft order for imaging.

    `index` is its place among the draft orders; `procedure` an id of procedures.csv, empty unless
    recognised; `title` the order's own name for the study; `matched_name` the text that matched when
    recognised by name; `other_procedures` what disagreeing codings stand for; `can_carry_actions` is
    True for a ServiceRequest with an id; `has_rating` when the draft brings an older rating.
    """

    index: int
    id: str
    title: str
    recognition: Recognition
    procedure: str
    reason: Reason
    is_pulmonary_arteries: bool = False
    needs_hemoptysis_reason: bool = False
    matched_name: str = ""
    other_procedures: tuple[str, ...] = ()
    can_carry_actions: bool = True
    has_rating: bool = False
