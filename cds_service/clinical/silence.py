"""What a site has switched off for now, and what that leaves of a decision."""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from cds_service.clinical.chart import Chart
from cds_service.clinical.classify import classify
from cds_service.clinical.decision import Alert, Alternative, Decision

SilenceKind: TypeAlias = Literal["rule", "alert", "service"]
"""What a site may switch off: a rule or caution by its id, an alert by its name, a service by its id."""

CRITICAL_ALERTS: Final[tuple[Alert, ...]] = ("massive", "unstable", "unstable-and-small")
"""Those of a patient who may die of it: nothing but their own name switches them off."""


class Silence(msgspec.Struct, frozen=True):
    """One thing that a site switched off: what, why, and since which day."""

    kind: SilenceKind
    name: str
    reason: str
    since: date

    @property
    def is_of_a_critical_alert(self) -> bool:
        """Whether a patient who may die of it is no longer announced."""
        return self.kind == "alert" and self.name in CRITICAL_ALERTS


class Silenced(msgspec.Struct, frozen=True):
    """All that a site has switched off."""

    entries: tuple[Silence, ...] = ()
    rules: frozenset[str] = frozenset()
    alerts: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[Silence]) -> "Silenced":
        """These, by kind."""
        every = tuple(entries)
        names = {kind: frozenset(e.name for e in every if e.kind == kind) for kind in _KINDS}
        return cls(every, names["rule"], names["alert"], names["service"])


_KINDS: Final[tuple[SilenceKind, ...]] = ("rule", "alert", "service")
NOTHING_SILENCED: Final = Silenced()


def heard(chart: Chart, silenced: Silenced) -> Decision:
    """The classification, as yet alone, without what silenced rules say; and which would have said something.

    CAUTION: where all rules together give a critical alert, none is left out unless that alert is silenced
    by its own name: a rule that is switched off must not hide a patient in danger.
    """
    whole = classify(chart)
    unheard = frozenset(silenced.rules and {e.rule.value for e in whole.evidence} & silenced.rules)
    if not unheard or (whole.alert in CRITICAL_ALERTS and whole.alert not in silenced.alerts):
        return Decision(whole)
    return Decision(classify(chart, without=unheard), silenced=unheard)


def without_silenced(decision: Decision, silenced: Silenced) -> Decision:
    """The decision as it is shown: without the cautions and the alert that are silenced, and told which.

    Cautions are left out when all is decided: a silenced one still keeps a study from being preselected.
    """
    if silenced == NOTHING_SILENCED:
        return decision
    cautions = {caution.id.value for caution in decision.cautions} & silenced.rules
    alert = decision.classification.alert
    alerts = {alert_id(alert)} if alert in silenced.alerts else set()
    if not (cautions or alerts):
        return decision
    return replace(
        decision,
        silenced=decision.silenced | cautions | alerts,
        cautions=tuple(c for c in decision.cautions if c.id.value not in cautions),
        judgments=tuple(replace(j, alternatives=_bare(j.alternatives, cautions)) for j in decision.judgments),
        initial_studies=_bare(decision.initial_studies, cautions),
        alert_studies=_bare(decision.alert_studies, cautions),
    )


def alert_id(alert: str) -> str:
    """How an alert that is silenced is named beside the ids of rules."""
    return f"alert-{alert}"


def _bare(studies: Iterable[Alternative], cautions: Iterable[str]) -> tuple[Alternative, ...]:
    hidden = frozenset(cautions)
    return tuple(
        replace(study, cautions=tuple(c for c in study.cautions if c.value not in hidden))
        for study in studies
    )
