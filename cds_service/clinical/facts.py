"""What a decision reads: the facts of one patient's chart, and the imaging orders."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, TypeAlias

import msgspec

from cds_service.clinical.range import Range
from cds_service.clinical.time import UNDATED, Moment, Period
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch

KIND_NOT_KNOWN: Final = "kind-not-known"
"""Why an Observation is not understood whose code is hidden and whose key tells nothing."""


class Availability(StrEnum):
    """Whether a kind of data could be read (BEHAVIOUR 2).

    Failed: it was asked for and an error came; unavailable: it was neither sent nor asked for.
    """

    AVAILABLE = "available"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"


AgeGroup: TypeAlias = Literal["adult", "child", "unknown"]
"""Adult or child at the instant of judging."""


_CERTAINLY = (Certainty.DEFINITE,)
_NOW = (Certainty.DEFINITE, Certainty.POSSIBLE)


class Diagnosis(msgspec.Struct, frozen=True):
    """A Condition that was not refuted or entered in error.

    `is_active`: clinicalStatus active, recurrence or relapse, or missing without abatement.
    `is_returning`: clinicalStatus recurrence or relapse. `is_severe`: its own severity says so;
    `is_called_severe`: its words do ("massive hemoptysis"); `is_called_recurrent`: its words say that it came
    back; `is_called_small`: its words or codes say that the bleed is small ("blood-streaked sputum").
    `is_unsure`: unconfirmed, provisional or differential, or with a modifier that is not understood: it never
    proves and never rules out.
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
    is_called_recurrent: bool = False
    is_unsure: bool = False
    is_called_small: bool = False

    def means(self, *concepts: Concept, certainly: bool = False) -> bool:
        """True when the Condition stands for one of the concepts, not only in the past.

        `certainly`: not only possibly so, as in a question.
        """
        allowed = _CERTAINLY if certainly else _NOW
        for match in self.matches:  # noqa: SIM110 - asked so often that a generator costs
            if match.concept in concepts and match.certainty in allowed:
                return True
        return False

    def meant_before(self, concept: Concept) -> bool:
        """True when it says that the patient had it in the past: `history of hemoptysis`."""
        return any(m.concept is concept and m.certainty is Certainty.PAST for m in self.matches)


Finding: TypeAlias = Literal["amount", "unreadable", "large", "small", "blood-seen", "absent"]
"""What an Observation of expectorated blood holds: an amount, or how much in words, or that there was blood.

Words of a moderate bleed tell no more than that there was blood.
"""


class Bleed(msgspec.Struct, frozen=True):
    """An Observation of expectorated blood.

    `amount_ml` is in mL; with `per_hours` it is the amount in that many hours (a rate, or a total
    whose period stands in its unit), without it an amount over `period`. `charted` is the chart's
    own value and unit. `is_unsure`: with a modifier that is not understood, so that it never proves and never
    rules out; an amount keeps massive plausible where it would prove.
    """

    reference: str
    finding: Finding
    period: Period
    amount_ml: Range
    charted: str
    per_hours: Decimal | None = None
    is_unsure: bool = False

    @property
    def shows_blood(self) -> bool:
        """True when it says, or may say, that there was blood."""
        if self.finding == "amount":
            return self.amount_ml.can_be_positive
        return self.finding != "absent"


VitalKind: TypeAlias = Literal[
    "oxygen-saturation",
    "systolic-pressure",
    "respiratory-rate",
    "heart-rate",
    "inhaled-oxygen-concentration",
    "inhaled-oxygen-flow",
]
"""The vital signs that decide severity."""


class Vital(msgspec.Struct, frozen=True):
    """A reading in the unit of its definition (%, mm[Hg], /min, L/min).

    `is_unsure`: a bare number taken as being in the usual unit, a unit or form that is not understood, or a
    modifier that is not: it proves nothing and rules nothing out, but keeps massive plausible if it would
    prove. `by_name` is the display or text by which a local code was read. `is_on_air`: its own code says so.
    Oxygen that is given without a readable amount is a flow of more than zero.
    """

    reference: str
    kind: VitalKind
    value: Range
    taken: Moment
    charted: str
    is_unsure: bool = False
    by_name: str = ""
    is_on_air: bool = False


class Support(msgspec.Struct, frozen=True):
    """What is done to keep the patient alive, or was: a Procedure, a running drug, a ventilator's rate.

    `concept` is ventilation, ecmo, arrest (resuscitation), red-cell-transfusion, vasopressor, oxygen-therapy
    or home-oxygen; `period` from its begin to its end (a point where only one time is known; an open one is
    still running). `is_unsure` as of a Vital, and where the code means it only possibly.
    """

    reference: str
    concept: Concept
    period: Period
    label: str = ""
    is_unsure: bool = False


class Embolization(msgspec.Struct, frozen=True):
    """A completed embolization; `is_bronchial` False when the vessel and the reason are not stated."""

    reference: str
    performed: Moment
    is_bronchial: bool


class PastStudy(msgspec.Struct, frozen=True):
    """An imaging study that was done; `procedure` is an id of procedures.csv."""

    reference: str
    procedure: str
    performed: Moment


class SafetyFinding(msgspec.Struct, frozen=True):
    """Something in the chart that a caution rests on; `by_text` when only a name matched.

    `is_ending`: it tells that a pregnancy has ended or is ending, and no answer from before it holds.
    """

    reference: str
    concept: Concept
    label: str
    when: Moment = UNDATED
    by_text: str = ""
    is_ending: bool = False


class KidneyFunction(msgspec.Struct, frozen=True):
    """An eGFR in mL/min/{1.73_m2}."""

    reference: str
    egfr: Range
    taken: Moment
    charted: str


class HemoptysisFacts(msgspec.Struct, frozen=True):
    """Everything the decision reads of one patient at one instant.

    `safety` holds contrast reactions, what is said of pregnancy (also that there is none, or an answer that
    is not understood), thyroid disease, drugs, a creatinine and the like; `has_allergy_entries` tells a
    list of allergies that names something, if only that there are none, from an empty one; `asked_in_part`
    are the kinds asked for by code alone or by category alone: what is absent may be there; `unreadable`
    counts per kind what could not be read; `dropped` counts what was read and left out, by reason;
    `not_understood` are the kind, the reference and the reason of each that could not be read (one of no
    known kind stands once for each that it may be of, as KIND_NOT_KNOWN); `codes_alone` are the codes of
    active Conditions that no list holds and no word names.
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
    supports: tuple[Support, ...] = ()
    encounter_reasons: tuple[ConceptMatch, ...] = ()
    encounter_start: Moment = UNDATED
    order_reasons: tuple[ConceptMatch, ...] = ()
    has_allergy_entries: bool = True
    asked_in_part: frozenset[Kind] = frozenset()
    unreadable: Mapping[Kind, int] = msgspec.field(default_factory=dict)
    dropped: Mapping[str, int] = msgspec.field(default_factory=dict)
    not_understood: tuple[tuple[Kind, str, str], ...] = ()
    codes_alone: tuple[str, ...] = ()

    def is_whole(self, kind: Kind) -> bool:
        """True when the kind was read completely, so that absence is evidence."""
        return self.availability.get(kind, Availability.UNAVAILABLE) is Availability.AVAILABLE

    def is_incomplete(self, kind: Kind) -> bool:
        """True when the kind was asked for and not wholly read: what is absent is no evidence."""
        return self.availability.get(kind) in (Availability.INCOMPLETE, Availability.FAILED)


Recognition: TypeAlias = Literal[
    "by-code",
    "by-name",
    "unrecognized-imaging",
    "no-study-yet",
    "other-order",
    "not-chest-imaging",
]
"""How the study of an order was recognized.

`other-order`: a ServiceRequest, no laboratory test, that names no study that is understood and whose own
reason is hemoptysis: it is not judged, but the critical card comes with it (BEHAVIOUR 5).
"""

ReasonKind: TypeAlias = Literal["for-hemoptysis", "cause-or-symptom", "other", "none", "unresolved"]
"""What an order's own reason says (BEHAVIOUR 5)."""


class Reason(msgspec.Struct, frozen=True):
    """An order's reason: its kind, the concepts found in it, and how it reads."""

    kind: ReasonKind
    matches: tuple[ConceptMatch, ...] = ()
    label: str = ""


class ImagingOrder(msgspec.Struct, frozen=True):
    """One draft order for imaging.

    `index` is its place among the draft orders; `procedure` an id of procedures.csv, empty unless
    recognized; `title` the order's own name for the study; `matched_name` the text that matched when
    recognized by name; `other_procedures` what disagreeing codings stand for; `can_carry_actions` is
    True for a ServiceRequest with an id; `has_rating` when the draft brings an older rating.
    `has_other_regions`: for the chest and further regions, so that it is judged for its chest part and never
    replaced. `may_be_cta`: its code cannot tell CT with contrast from CT angiography (OPS 3-222).
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
    has_other_regions: bool = False
    may_be_cta: bool = False
