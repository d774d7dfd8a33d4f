"""What a chart says for each slider and switch of the workbench."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from cds_service.clinical.facts import Bleed, HemoptysisFacts, Vital, VitalKind
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.web.workbench.controls import AMOUNT, HOURS, OXYGEN, RECURRENCE, VITAL_SLIDERS

OXYGEN_KINDS: Final[tuple[VitalKind, ...]] = ("inhaled-oxygen-flow", "inhaled-oxygen-concentration")


def charted_values(facts: HemoptysisFacts) -> dict[str, Decimal | str | None]:
    """What the chart says for each slider and switch: the newest reading, None where there is none."""
    bleed = newest_bleed(facts)
    values: dict[str, Decimal | str | None] = {
        AMOUNT: bleed.amount_ml.low if bleed and bleed.amount_ml.is_exact else None,
        HOURS: _hours_of(bleed) if bleed else None,
        OXYGEN: _oxygen_in(facts),
        RECURRENCE: _recurrence_in(facts),
    }
    for slider in VITAL_SLIDERS:
        newest = newest_vital(facts, slider.vital)
        values[slider.id] = newest.value.low if newest and newest.value.is_exact else None
    return values


def newest_bleed(facts: HemoptysisFacts) -> Bleed | None:
    """The newest amount of blood that is dated."""
    amounts = (bleed for bleed in facts.bleeds if bleed.finding == "amount" and bleed.period.end.is_dated)
    return max(amounts, key=lambda bleed: bleed.period.end.latest, default=None)


def _hours_of(bleed: Bleed) -> Decimal:
    if bleed.per_hours is not None:
        return bleed.per_hours
    return (
        Decimal(round(bleed.period.length().total_seconds() / 3600)) if bleed.period.is_span else Decimal(0)
    )


def newest_vital(facts: HemoptysisFacts, kind: VitalKind | None) -> Vital | None:
    """The newest reading of a kind."""
    return _newest(vital for vital in facts.vitals if vital.kind == kind)


def _newest(vitals: Iterable[Vital]) -> Vital | None:
    return max((v for v in vitals if v.taken.is_dated), key=lambda v: v.taken.latest, default=None)


def _oxygen_in(facts: HemoptysisFacts) -> str | None:
    newest = _newest(vital for vital in facts.vitals if vital.kind in OXYGEN_KINDS)
    if newest is None:
        return None
    is_air = newest.value.high <= (0 if newest.kind == "inhaled-oxygen-flow" else 21)
    return "air" if is_air else "given"


def _recurrence_in(facts: HemoptysisFacts) -> str:
    if facts.embolizations:
        return "after-embolization"
    bled = [d for d in facts.diagnoses if d.means(Concept.HEMOPTYSIS) and not d.is_active]
    return "earlier-episode" if bled or any(d.is_returning for d in facts.diagnoses) else "first"
