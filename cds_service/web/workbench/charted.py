"""What a chart says for each slider and switch of the workbench."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from cds_service.cards import texts
from cds_service.cards.phrases import range_text
from cds_service.clinical.facts import Bleed, HemoptysisFacts, Vital, VitalKind
from cds_service.clinical.range import Range
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.web.workbench.controls import AMOUNT, HOURS, OXYGEN, RECURRENCE, SLIDER_BY_ID, VITAL_SLIDERS

OXYGEN_KINDS: Final[tuple[VitalKind, ...]] = ("inhaled-oxygen-flow", "inhaled-oxygen-concentration")


def charted_values(facts: HemoptysisFacts) -> dict[str, Decimal | str | None]:
    """What the chart says for each slider and switch: the newest reading.

    None where there is none, or where it is no single number; for the hours where they cannot be moved.
    """
    bleed, movable = newest_bleed(facts), movable_bleed(facts)
    values: dict[str, Decimal | str | None] = {
        AMOUNT: bleed.amount_ml.low if bleed and bleed.amount_ml.is_exact else None,
        HOURS: hours_of(movable) if movable else None,
        OXYGEN: _oxygen_in(facts),
        RECURRENCE: _recurrence_in(facts),
    }
    for slider in VITAL_SLIDERS:
        newest = newest_vital(facts, slider.vital)
        values[slider.id] = newest.value.low if newest and newest.value.is_exact else None
    return values


def charted_ranges(facts: HemoptysisFacts) -> dict[str, str]:
    """What the chart says in words where that is no single number: `over 260 mL`."""
    bleed = newest_bleed(facts)
    ranges = {AMOUNT: _in_whole_ml(bleed.amount_ml)} if bleed else {}
    for slider in VITAL_SLIDERS:
        if newest := newest_vital(facts, slider.vital):
            ranges[slider.id] = newest.value
    units = {id: SLIDER_BY_ID[id].unit for id in ranges}
    return {
        id: range_text(value, texts.UNIT.get(units[id], units[id]))
        for id, value in ranges.items()
        if not value.is_exact
    }


def _in_whole_ml(ml: Range) -> Range:
    """What a vessel holds is not known to a hundredth of a milliliter."""
    low, high = (end.quantize(Decimal(1)) if end.is_finite() else end for end in (ml.low, ml.high))
    return ml if ml.is_exact or low == high else Range(low, high, ml.low_is_open, ml.high_is_open)


def newest_bleed(facts: HemoptysisFacts) -> Bleed | None:
    """The newest amount of blood that is dated."""
    amounts = (bleed for bleed in facts.bleeds if bleed.finding == "amount" and bleed.period.end.is_dated)
    return max(amounts, key=lambda bleed: bleed.period.end.latest, default=None)


def movable_bleed(facts: HemoptysisFacts) -> Bleed | None:
    """The newest amount, where its hours can be changed and nothing else of it.

    Not where its resource has no id to find it by, nor where its own unit counts it over a time and it is
    unsure: written anew it would be sure.
    """
    bleed = newest_bleed(facts)
    if bleed is None or "/" not in bleed.reference or (bleed.per_hours is not None and bleed.is_unsure):
        return None
    return bleed


def hours_of(bleed: Bleed) -> Decimal:
    """The hours of an amount: those of its unit, else of its period; none for a point in time."""
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
