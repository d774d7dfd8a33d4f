"""The evidence on a time line: where each thing lies, and the windows in which it counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cds_service.cards.markdown import shown
from cds_service.cards.phrases import evidence_text, length_text, limit_text
from cds_service.clinical.decision import Decision, Effect, Evidence
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import Knowledge
from cds_service.web.workbench.explanation import Part

NOW: Final = 97.5
"""Where now stands, in percent of the width."""
_OLDER: Final = 16.0
"""The part of the width, in percent, that everything older than the windows shares."""
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


def timeline_from(decision: Decision, facts: HemoptysisFacts, knowledge: Knowledge) -> Part:
    """Every piece of evidence once, what decides first, with the windows of the knowledge in force.

    Places are in percent of the width: `recent` and `current` are where those windows begin.
    """
    current = _hours(DefinitionId.SEVERITY_WINDOW, knowledge)
    recent = _hours(DefinitionId.RECENT_WINDOW, knowledge)
    return {
        "spots": [_spot(one, facts.now, knowledge) for one in _each(decision.classification.evidence)],
        "recent": _place(facts.now - timedelta(hours=recent), facts.now, recent),
        "current": _place(facts.now - timedelta(hours=current), facts.now, recent),
        "now_at": NOW,
        "recent_length": length_text(recent),
        "current_length": length_text(current),
        "judged_at": facts.now.strftime("%Y-%m-%d %H:%M"),
    }


def _each(evidence: Iterable[Evidence]) -> Sequence[Evidence]:
    """Each thing once, with the strongest of its effects; what a set of readings tells is not told again."""
    kept: dict[object, Evidence] = {}
    ordered = sorted(evidence, key=lambda one: _RANK[one.effect])
    told = {(reading.rule, reading.references) for one in ordered for reading in one.readings}
    for one in ordered:
        is_told = one.effect is Effect.SHOWN_ONLY and (one.rule, one.references) in told
        if not is_told:
            kept.setdefault((one.rule, one.references, one.when.written, one.value), one)
    return list(kept.values())


def _hours(window: DefinitionId, knowledge: Knowledge) -> float:
    return float(knowledge.definitions[window].value)


def _place(at: datetime, now: datetime, hours: float) -> float:
    """Linear within the windows; one strip for all that is older."""
    ago = (now - at).total_seconds() / 3600
    if ago > hours:
        return _OLDER / 2
    return round(_OLDER + (NOW - _OLDER) * (1 - max(ago, 0.0) / hours), 2)


def _spot(evidence: Evidence, now: datetime, knowledge: Knowledge) -> Part:
    kind, effect = _EFFECTS[evidence.effect]
    hours = _hours(DefinitionId.RECENT_WINDOW, knowledge)
    when, is_dated = evidence.when, evidence.when.is_dated
    limit = knowledge.definitions[evidence.definition] if evidence.definition else None
    return {
        "rule": evidence.rule.value,
        "found": evidence_text(evidence),
        "charted": evidence.charted,
        "when": shown(when, now),
        "kind": kind,
        "effect": effect,
        "crossed": limit_text(limit) if limit else "",
        "left": _place(when.earliest, now, hours) if is_dated else 0.0,
        "right": _place(min(when.latest, now), now, hours) if is_dated else 0.0,
        "is_dated": is_dated,
    }
