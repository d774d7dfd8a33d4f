"""The evidence on a time line: where each thing lies, and the windows in which it counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from cds_service.cards.markdown import shown
from cds_service.cards.phrases import evidence_text, length_text, limit_text
from cds_service.clinical.decision import Decision, Effect, Evidence
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.clinical.time import Moment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import Knowledge

_OLDER: Final = 16.0
"""The part of the width, in percent, that everything older than the windows shares."""
_MARGIN: Final = 2.5
_EFFECTS: Final = {
    Effect.PROVES_MASSIVE: ("proves", "proves massive"),
    Effect.PROVES_RECURRENCE: ("proves", "proves recurrence"),
    Effect.KEEPS_MASSIVE_PLAUSIBLE: ("keeps", "keeps massive plausible"),
    Effect.KEEPS_RECURRENCE_PLAUSIBLE: ("keeps", "keeps recurrence plausible"),
    Effect.RULES_OUT_MASSIVE: ("rules-out", "rules massive out"),
    Effect.RAISES_ALERT: ("background", "background of risk"),
    Effect.SHOWN_ONLY: ("shown", "decides nothing"),
}
_RANK: Final = {effect: rank for rank, effect in enumerate(_EFFECTS)}


class Spot(msgspec.Struct, frozen=True):
    """One piece of evidence as it is drawn: `left` and `right` in percent of the width."""

    rule: str
    found: str
    when: str
    kind: str
    effect: str
    limit: str
    left: float
    right: float
    is_dated: bool


class Timeline(msgspec.Struct, frozen=True):
    """The evidence in time, what decides first; `recent` and `current` are where the windows begin, in percent."""

    spots: tuple[Spot, ...]
    recent: float
    current: float
    recent_length: str
    current_length: str
    now: str


def timeline_from(decision: Decision, facts: HemoptysisFacts, knowledge: Knowledge) -> Timeline:
    """Every piece of evidence once, with the windows of the knowledge in force."""
    current = _hours(DefinitionId.SEVERITY_WINDOW, knowledge)
    recent = _hours(DefinitionId.RECENT_WINDOW, knowledge)
    scale = _Scale(facts.now, recent)
    evidence = sorted(_each(decision.classification.evidence), key=lambda one: _RANK[one.effect])
    return Timeline(
        tuple(_spot(one, scale, knowledge) for one in evidence),
        scale.place(facts.now - timedelta(hours=recent)),
        scale.place(facts.now - timedelta(hours=current)),
        length_text(recent),
        length_text(current),
        facts.now.strftime("%Y-%m-%d %H:%M"),
    )


def _each(evidence: Iterable[Evidence]) -> Sequence[Evidence]:
    """Each thing once, with the strongest of its effects."""
    kept: dict[object, Evidence] = {}
    for one in sorted(evidence, key=lambda one: _RANK[one.effect]):
        kept.setdefault((one.rule, one.references, one.when.written, one.value), one)
    return list(kept.values())


def _hours(window: DefinitionId, knowledge: Knowledge) -> float:
    return float(knowledge.definitions[window].value)


class _Scale:
    """From an instant to its place: linear within the windows, one strip for all that is older."""

    def __init__(self, now: datetime, hours: float) -> None:
        self.now, self.hours = now, hours

    def place(self, at: datetime) -> float:
        ago = (self.now - at).total_seconds() / 3600
        if ago > self.hours:
            return _OLDER / 2
        width = 100 - _MARGIN - _OLDER
        return round(_OLDER + width * (1 - max(ago, 0.0) / self.hours), 2)


def _spot(evidence: Evidence, scale: _Scale, knowledge: Knowledge) -> Spot:
    kind, effect = _EFFECTS[evidence.effect]
    left, right = _ends(evidence.when, scale)
    return Spot(
        evidence.rule.value,
        evidence_text(evidence),
        shown(evidence.when, scale.now),
        kind,
        effect,
        limit_text(knowledge.definitions[evidence.definition]) if evidence.definition else "",
        left,
        right,
        evidence.when.is_dated,
    )


def _ends(moment: Moment, scale: _Scale) -> tuple[float, float]:
    if not moment.is_dated:
        return 0.0, 0.0
    return scale.place(moment.earliest), scale.place(min(moment.latest, scale.now))
