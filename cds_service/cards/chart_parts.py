"""What all cards of one request say alike: made once, since a request may hold hundreds of orders."""

from dataclasses import dataclass

from cds_service.cards.alert import alerts_for
from cds_service.cards.case import Case
from cds_service.cards.defaults import order_defaults
from cds_service.cards.notes import background_notes
from cds_service.cards.reading import evidence_section
from cds_service.cards.settling import settling_section


@dataclass(frozen=True, slots=True)
class ChartParts:
    """The parts of an order's card that come from the chart alone; each is empty with nothing to say."""

    has_alert: bool
    evidence: str
    settling: str
    background: tuple[str, ...]
    defaults: str


def chart_parts(case: Case) -> ChartParts:
    """The parts that the cards of a request share."""
    return ChartParts(
        has_alert=alerts_for(case) is not None,
        evidence=evidence_section(case),
        settling=settling_section(case),
        background=tuple(background_notes(case)),
        defaults=order_defaults(case),
    )
