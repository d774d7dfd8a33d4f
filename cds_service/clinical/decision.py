"""The types of a decision: evidence, classification, judgements, cautions and alternatives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cds_service.clinical.facts import AgeGroup, ImagingOrder, Kind
from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.model import Category, CautionId, DefinitionId, Variant


class Effect(StrEnum):
    """What a piece of evidence does."""

    PROVES_MASSIVE = "proves-massive"
    KEEPS_MASSIVE_PLAUSIBLE = "keeps-massive-plausible"
    RULES_OUT_MASSIVE = "rules-out-massive"
    PROVES_RECURRENCE = "proves-recurrence"
    KEEPS_RECURRENCE_PLAUSIBLE = "keeps-recurrence-plausible"
    RAISES_ALERT = "raises-alert"
    SHOWN_ONLY = "shown-only"


class RuleId(StrEnum):
    """The rules of BEHAVIOUR 4 that give evidence."""

    VOLUME = "bleeding-volume"
    RATE = "bleeding-rate"
    UNREADABLE_AMOUNT = "bleeding-amount-unreadable"
    UNDATED_AMOUNT = "bleeding-amount-undated"
    SATURATION = "oxygen-saturation"
    SYSTOLIC = "systolic-pressure"
    RESPIRATORY_RATE = "respiratory-rate"
    OXYGEN = "inhaled-oxygen"
    NORMAL_VITALS = "complete-normal-vital-signs"
    SMALL_TOTAL = "small-24h-total"
    ACUTE_FAILURE = "acute-respiratory-failure"
    SHOCK = "hypovolemic-shock"
    SEVERE_CONDITION = "condition-severity"
    CALLED_SEVERE = "called-massive-or-severe"
    UNSPECIFIED_FAILURE = "respiratory-failure-or-hypoxemia"
    CHRONIC_FAILURE = "chronic-respiratory-failure"
    CLINICAL_STATUS = "recurrence-by-clinical-status"
    EARLIER_EPISODE = "earlier-episode"
    AFTER_EMBOLIZATION = "bleeding-after-embolization"
    CONDITIONS_MISSING = "conditions-not-complete"
    PROCEDURES_MISSING = "procedures-not-complete"
    HIGH_RISK = "high-risk-background"
    CHILD = "child"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was used, with its date.

    `finding` is in our words and units; `charted` is the chart's own text (to be escaped when shown).
    """

    rule: RuleId
    effect: Effect
    finding: str
    when: Moment = UNDATED
    references: tuple[str, ...] = ()
    charted: str = ""
    definition: DefinitionId | None = None


class Severity(StrEnum):
    """Where the question of massive hemoptysis stands."""

    PROVEN = "proven"
    KEPT_PLAUSIBLE = "kept-plausible"
    UNSETTLED = "unsettled"
    RULED_OUT = "ruled-out"


class Recurrence(StrEnum):
    """Where the question of recurrence stands."""

    PROVEN = "proven"
    PLAUSIBLE = "plausible"
    NOT_FOUND = "not-found"


class ToRecord(StrEnum):
    """What the clinician could record to settle an open question."""

    AMOUNT = "amount-over-24h"
    VITALS = "vital-signs"
    EARLIER_EPISODES = "earlier-episodes"
    DATES = "dates"


@dataclass(frozen=True, slots=True)
class Classification:
    """The variants that the data leave plausible, in order of precedence, and why.

    `is_instability_only`: massive by gas exchange or haemodynamics alone (BEHAVIOUR 4).
    `has_bleeding_volume`/`volume_24h`: the 24 h volume in mL, when any amount was readable.
    """

    plausible: tuple[Variant, ...]
    severity: Severity
    recurrence: Recurrence
    evidence: tuple[Evidence, ...]
    to_record: tuple[ToRecord, ...] = ()
    age_group: AgeGroup = AgeGroup.UNKNOWN
    is_instability_only: bool = False
    volume_24h: Range | None = None

    @property
    def topic(self) -> str:
        """The code of `card.source.topic`: the variant, or `undetermined` when several are plausible."""
        return self.plausible[0].value if len(self.plausible) == 1 else "undetermined"

    def evidence_with(self, *effects: Effect) -> tuple[Evidence, ...]:
        """The evidence that has one of the effects, in order."""
        return tuple(e for e in self.evidence if e.effect in effects)


class Outcome(StrEnum):
    """What became of an order."""

    RATED = "rated"
    DIFFERS = "differs-between-variants"
    CONTRAST_UNSPECIFIED = "contrast-unspecified"
    NOT_IN_TOPIC = "not-in-topic"
    NOT_RECOGNISED = "not-recognised"
    OTHER_INDICATION = "other-indication"
    NEEDS_CONDITIONS = "needs-conditions"
    NO_STUDY_YET = "no-study-yet"
    NOT_CHEST_IMAGING = "not-chest-imaging"


class IndicationBasis(StrEnum):
    """Why an order was taken to be for hemoptysis."""

    OWN_REASON = "own-reason"
    CHART_WITHOUT_REASON = "chart-without-reason"
    CHART_WITH_UNRESOLVED_REASON = "chart-with-unresolved-reason"
    CHART_WITH_RELATED_REASON = "chart-with-related-reason"
    NOT_FOR_HEMOPTYSIS = "not-for-hemoptysis"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Alternative:
    """A study offered instead of an order, and the cautions its label carries."""

    procedure: str
    cautions: tuple[CautionId, ...] = ()
    is_recommended: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the service says of one order.

    `categories` has the category under each plausible variant for a procedure of the topic;
    `named_instead` are procedures that would be alternatives but are already drafted;
    `allergy_withholds_alternatives`: BEHAVIOUR 6, after a contrast reaction.
    """

    order: ImagingOrder
    outcome: Outcome
    indication: IndicationBasis
    is_possible_only: bool = False
    category: Category | None = None
    categories: Mapping[Variant, Category] = field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()
    named_instead: tuple[str, ...] = ()
    allergy_withholds_alternatives: bool = False

    @property
    def is_judged(self) -> bool:
        """True when the order gets a card of its own."""
        return self.outcome in _WITH_A_CARD


_WITH_A_CARD = frozenset(
    {
        Outcome.RATED,
        Outcome.DIFFERS,
        Outcome.CONTRAST_UNSPECIFIED,
        Outcome.NOT_IN_TOPIC,
        Outcome.NOT_RECOGNISED,
    }
)


@dataclass(frozen=True, slots=True)
class Caution:
    """A caution that the chart gives rise to: which, what was found, when, and where.

    `procedure` is set when it bears on that procedure only (a recent equivalent study);
    `is_arterial_only` when it bears on arterial catheter studies only (see `cautions.bears_on`).
    """

    id: CautionId
    finding: str
    charted: str = ""
    when: Moment = UNDATED
    references: tuple[str, ...] = ()
    by_text: str = ""
    procedure: str = ""
    is_arterial_only: bool = False


@dataclass(frozen=True, slots=True)
class Cautions:
    """All cautions of a patient, and the kinds of data that could not be assessed for them."""

    found: tuple[Caution, ...] = ()
    not_assessed: tuple[Kind, ...] = ()

    def has(self, *ids: CautionId) -> bool:
        """True when one of the cautions was found."""
        return any(caution.id in ids for caution in self.found)


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything decided for one request; the cards are made from this alone.

    `has_hemoptysis`: the chart or a judged order says so. `complement` is True when a chest
    radiograph is to be offered with the order of that index (BEHAVIOUR 6, Complement).
    `initial_studies` is for patient-view: usually appropriate under all plausible variants.
    """

    classification: Classification
    judgements: tuple[Judgement, ...]
    cautions: Cautions
    has_hemoptysis: bool
    is_possible_only: bool = False
    complement_for: int | None = None
    initial_studies: tuple[Alternative, ...] = ()
    studied_since_onset: bool = False
