"""An imaging order as the decision sees it: the study, the reason, and how both were recognised."""

from dataclasses import dataclass
from enum import StrEnum

from cds_service.knowledge.terminology import ConceptMatch


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
