"""The types of a decision: evidence, classification, judgments, cautions and alternatives."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from cds_service.clinical.facts import AgeGroup, ImagingOrder
from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category, CautionId, Variant
from cds_service.knowledge.terminology.concepts import Concept


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
    HEART_RATE = "heart-rate"
    VITALS_SCORE_THREE = "vital-signs-score-three"
    SMALL_AND_CALM = "small-bleed-and-calm-vital-signs"
    SMALL_TOTAL = "small-24h-total"
    RECENT_AMOUNT = "recent-amount"
    CALLED_LARGE = "amount-called-large"
    VENTILATION = "ventilation-begun"
    INSTABILITY = "coded-instability"
    VASOPRESSOR = "running-vasopressor"
    TRANSFUSION = "red-cells-transfused"
    ACUTE_FAILURE = "acute-respiratory-failure"
    SHOCK = "hypovolemic-shock"
    SEVERE_CONDITION = "condition-severity"
    CALLED_SEVERE = "called-massive-or-severe"
    UNSPECIFIED_FAILURE = "respiratory-failure-or-hypoxemia"
    CHRONIC_FAILURE = "chronic-respiratory-failure"
    CLINICAL_STATUS = "recurrence-by-clinical-status"
    CALLED_RECURRENT = "called-recurrent"
    HISTORY = "history-of-hemoptysis"
    EARLIER_EPISODE = "earlier-episode"
    AFTER_EMBOLIZATION = "bleeding-after-embolization"
    CONDITIONS_MISSING = "conditions-not-complete"
    PROCEDURES_MISSING = "procedures-not-complete"
    HIGH_RISK = "high-risk-background"


BloodMeasureKind: TypeAlias = Literal["sum", "episode", "partial-total", "total", "per-time"]
"""What an amount of blood is a measure of (BEHAVIOUR 4)."""


class Evidence(msgspec.Struct, frozen=True):
    """One thing that was used, as data: the words for it are the cards'.

    `what` was found; `value` in `unit` (UCUM) where it was measured; for blood what the amount is a
    `measure` of. `hours` is the length that a total or rate is of, or that lies between two episodes.
    `readings` are those of a set, `by_name` the name by which a local code was read. `charted` is the chart's
    own text (to be escaped when shown), and `definition` the limit that was crossed. `is_unsure`: charted as
    a possibility only, in a form that is not wholly understood, or not certainly of now.
    """

    rule: RuleId
    effect: Effect
    what: Concept
    when: Moment = UNDATED
    references: tuple[str, ...] = ()
    charted: str = ""
    definition: DefinitionId | None = None
    value: Range | None = None
    unit: str = ""
    measure: BloodMeasureKind | None = None
    hours: Decimal | None = None
    readings: tuple["Evidence", ...] = ()
    by_name: str = ""
    is_unsure: bool = False


Severity: TypeAlias = Literal["proven", "kept-plausible", "unsettled", "ruled-out"]
"""Where the question of massive hemoptysis stands."""

Alert: TypeAlias = Literal["massive", "unstable", "unstable-and-small", "sign", "none"]
"""Which of the first four rows of BEHAVIOUR 6 the patient is in.

`massive`: proven by the amount of blood or the severity of the bleed; `unstable`: proven by vital signs,
ventilation or coded failure or shock alone, or an unstable patient whose bleeding shows a sign of its own;
`unstable-and-small`: proving signs against a small amount, or current coded shock, arrest, acute respiratory
distress, ECMO or a running vasopressor, where neither massive is proven nor anything speaks of much blood;
`sign`: kept plausible by any other sign.
"""

Recurrence: TypeAlias = Literal["proven", "plausible", "not-found"]
"""Where the question of recurrence stands."""

ToRecord: TypeAlias = Literal["amount-over-24h", "vital-signs", "earlier-episodes", "dates"]
"""What the clinician could record to settle an open question."""


class Classification(msgspec.Struct, frozen=True):
    """The variants that the data leave plausible, in order of precedence, and why.

    `alert` says which alert the patient has, if any. `is_bleed_recent`: bleeding, or hemoptysis begun, come
    back, recorded or the reason of the order or of the current Encounter, within the recent window: without
    it the alert comes with judged orders only.
    """

    plausible: tuple[Variant, ...]
    severity: Severity
    recurrence: Recurrence
    evidence: tuple[Evidence, ...]
    to_record: tuple[ToRecord, ...] = ()
    age_group: AgeGroup = "unknown"
    alert: Alert = "none"
    is_bleed_recent: bool = True

    @property
    def topic(self) -> str:
        """The code of `card.source.topic`: the variant, or `undetermined` when several are plausible."""
        return self.plausible[0].value if len(self.plausible) == 1 else "undetermined"

    def evidence_with(self, *effects: Effect) -> Sequence[Evidence]:
        """The evidence that has one of the effects, in order."""
        return [e for e in self.evidence if e.effect in effects]


JudgmentOutcome: TypeAlias = Literal[
    "rated",
    "differs-between-variants",
    "contrast-unspecified",
    "ct-or-cta",
    "not-in-topic",
    "not-recognized",
    "other-indication",
    "needs-conditions",
    "no-study-yet",
    "other-order",
    "not-chest-imaging",
]
"""What became of an order.

`ct-or-cta`: its code cannot tell CT with contrast from CT angiography, and the two are rated differently.
"""


class IndicationBasis(StrEnum):
    """Why an order was taken to be for hemoptysis."""

    OWN_REASON = "own-reason"
    CHART_WITHOUT_REASON = "chart-without-reason"
    CHART_WITH_UNRESOLVED_REASON = "chart-with-unresolved-reason"
    CHART_WITH_RELATED_REASON = "chart-with-related-reason"
    NOT_FOR_HEMOPTYSIS = "not-for-hemoptysis"
    UNKNOWN = "unknown"


class Alternative(msgspec.Struct, frozen=True):
    """A study offered instead of an order, and the cautions its label carries."""

    procedure: str
    cautions: tuple[CautionId, ...] = ()
    is_recommended: bool = False


class Judgment(msgspec.Struct, frozen=True):
    """What the service says of one order.

    `categories` has the category under each plausible variant for a procedure of the topic;
    `named_instead` are procedures that would be alternatives but are already drafted, or that are only named
    because the order is never replaced or was not recognized;
    `allergy_withholds_alternatives`: BEHAVIOUR 6, after a contrast reaction.
    """

    order: ImagingOrder
    outcome: JudgmentOutcome
    indication: IndicationBasis
    is_possible_only: bool = False
    category: Category | None = None
    categories: Mapping[Variant, Category] = msgspec.field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()
    named_instead: tuple[str, ...] = ()
    allergy_withholds_alternatives: bool = False

    @property
    def is_judged(self) -> bool:
        """True when the order gets a card of its own."""
        return self.outcome in _WITH_A_CARD


_WITH_A_CARD = frozenset(
    {
        "rated",
        "differs-between-variants",
        "contrast-unspecified",
        "ct-or-cta",
        "not-in-topic",
        "not-recognized",
    }
)


class Caution(msgspec.Struct, frozen=True):
    """A caution that the chart gives rise to: which, by what, when, and where; the words are the cards'.

    `what` was found, None for an imaging study; `egfr` in mL/min/{1.73_m2} where it was measured, beside a
    drug at `egfr_taken`.
    `kidneys` is what a caution on a drug was weighed with: an injury, an eGFR (`egfr`), or None for
    nothing known. `by_text` is the name that alone matched. `procedure` is set when the caution bears on
    that procedure only (a recent equivalent study); `is_arterial_only` when it bears on arterial catheter
    studies only (see `cautions.bears_on`).
    """

    id: CautionId
    what: Concept | None = None
    charted: str = ""
    when: Moment = UNDATED
    references: tuple[str, ...] = ()
    by_text: str = ""
    egfr: Range | None = None
    egfr_taken: Moment = UNDATED
    kidneys: Concept | None = None
    procedure: str = ""
    is_arterial_only: bool = False


class Decision(msgspec.Struct, frozen=True):
    """Everything decided for one request; the cards are made from this and the chart.

    `not_assessed` are the kinds of data that could not be read for cautions, `never_charted` those that were
    read and hold nothing at all. `is_outside_topic`: vasculitis or diffuse alveolar hemorrhage is charted, a
    question that the topic does not rate. `has_hemoptysis`: the chart or
    a judged order says so. `complement_for` is the index of the order with which a chest radiograph is to be
    offered, None for no order (BEHAVIOUR 6, Complement). `initial_studies` is for patient-view, which
    judges no order: usually appropriate under all plausible variants, not drafted and not done of late.
    `studied_since_onset`: a CT or CTA was done since the hemoptysis began. `alert_studies` are for a critical
    card. `has_new_hemoptysis`: of the window of patient-view (BEHAVIOUR 6). `held_back` are the indexes of
    orders that get no card now: the user took or turned down the same one a short while ago. `silenced` are
    the ids of what the site switched off and would have said something here.
    """

    classification: Classification
    judgments: tuple[Judgment, ...] = ()
    cautions: tuple[Caution, ...] = ()
    not_assessed: tuple[Kind, ...] = ()
    never_charted: tuple[Kind, ...] = ()
    is_outside_topic: bool = False
    has_hemoptysis: bool = False
    is_possible_only: bool = False
    complement_for: int | None = None
    initial_studies: tuple[Alternative, ...] = ()
    studied_since_onset: bool = False
    alert_studies: tuple[Alternative, ...] = ()
    has_new_hemoptysis: bool = True
    held_back: frozenset[int] = frozenset()
    silenced: frozenset[str] = frozenset()

    @property
    def with_cards(self) -> tuple[Judgment, ...]:
        """The judgments that have a card now, but for what a site or an earlier rating makes of it."""
        return tuple(j for j in self.judgments if j.is_judged and j.order.index not in self.held_back)

    def has(self, *ids: CautionId) -> bool:
        """True when one of the cautions was found."""
        return any(caution.id in ids for caution in self.cautions)
