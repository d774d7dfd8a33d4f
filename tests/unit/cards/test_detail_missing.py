"""The detail of a card: what is missing, and what to record."""

import pytest
from msgspec.structs import replace

from cds_service.clinical.decision import Caution, Judgment, Severity, ToRecord
from cds_service.clinical.facts import AgeGroup, Availability
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import on, unreadable_amount
from tests.unit.cards.builders import CTA, MASSIVE_OR_NOT, an_order, judged, some_facts
from tests.unit.cards.detail_builders import CTA_CHEST, EMBOLIZATION, detail_of


def test_what_was_not_available_is_told_apart_from_what_was_read_in_part() -> None:
    whole = dict.fromkeys(Kind, Availability.AVAILABLE)
    facts = some_facts(
        availability={
            **whole,
            Kind.CONDITIONS: Availability.INCOMPLETE,
            Kind.VITALS: Availability.UNAVAILABLE,
        },
        unreadable={Kind.BLEEDING: 2, Kind.LABS: 0},
    )

    detail = detail_of(
        judged(an_order(), alternatives=(CTA,)),
        facts=facts,
        not_assessed=(Kind.LABS, Kind.ALLERGIES),
    )

    assert (
        "Not available: vital signs. Read in part: diagnoses. Could not be read: amount of blood (2). "
        "Not assessed: kidney function, contrast reactions." in detail
    )


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(judged(an_order(CTA_CHEST)), id="a card that only confirms"),
        pytest.param(judged(an_order(), alternatives=(CTA,)), id="a card that advises"),
    ],
)
@pytest.mark.parametrize(
    "how", [Availability.UNAVAILABLE, Availability.FAILED, Availability.INCOMPLETE], ids=str
)
def test_procedures_that_were_not_read_whole_are_not_assessed(order: Judgment, how: Availability) -> None:
    facts = some_facts(availability={**dict.fromkeys(Kind, Availability.AVAILABLE), Kind.PROCEDURES: how})

    detail = detail_of(order, facts=facts)

    assert "Not assessed: procedures." in detail
    assert "Not available: " not in detail


def test_an_amount_that_cannot_be_read_is_counted_on_every_card() -> None:
    unread, old = unreadable_amount(on("2026-11-24")), unreadable_amount(on("2026-11-01"))

    for order in (judged(an_order(CTA_CHEST)), judged(an_order(), alternatives=(CTA,))):
        assert "Could not be read: amount of blood (1)" in detail_of(
            order, facts=some_facts(bleeds=(unread, old))
        )


def test_the_card_of_an_order_for_further_regions_says_what_could_not_be_read() -> None:
    order = judged(replace(an_order(CTA_CHEST), has_other_regions=True))
    drug = (Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, "Apixaban"),)
    facts = some_facts(unreadable={Kind.ALLERGIES: 1})

    detail = detail_of(order, facts=facts, cautions=drug, not_assessed=(Kind.ALLERGIES,))

    assert detail.endswith("Could not be read: contrast reactions (1).")


def test_what_did_not_come_at_all_is_not_assessed_however_few_entries_are_counted() -> None:
    failed = {Kind.ALLERGIES: Availability.FAILED}
    facts = some_facts(unreadable={Kind.ALLERGIES: 1}, availability=failed)

    detail = detail_of(judged(an_order(CTA_CHEST)), facts=facts, not_assessed=(Kind.ALLERGIES,))

    assert "Could not be read: contrast reactions (1). Not assessed: contrast reactions" in detail


WANTED: tuple[ToRecord, ...] = ("amount-over-24h", "vital-signs", "earlier-episodes", "dates")


def test_what_would_settle_it_is_asked_for_where_the_rating_depends_on_it() -> None:
    differs = judged(an_order(EMBOLIZATION), MASSIVE_OR_NOT)
    same = judged(an_order(), MASSIVE_OR_NOT)

    assert (
        "To settle it, chart the blood of the last 24 h in mL; SpO2 (and oxygen), systolic pressure and "
        "respiratory rate since the last bleed; earlier episodes with dates, or none; the missing dates."
        in detail_of(differs, MASSIVE_OR_NOT, to_record=WANTED)
    )
    assert "chart" not in detail_of(same, MASSIVE_OR_NOT, to_record=WANTED, is_short=True)


@pytest.mark.parametrize(
    ("age_group", "severity", "text"),
    [
        ("child", "unsettled", "Under 18 nothing charted can rule massive out"),
        ("adult", "kept-plausible", "Nothing charted can rule massive out here"),
    ],
)
def test_where_nothing_charted_can_settle_it_clinical_judgment_decides(
    age_group: AgeGroup, severity: Severity, text: str
) -> None:
    detail = detail_of(
        judged(an_order(EMBOLIZATION), MASSIVE_OR_NOT),
        MASSIVE_OR_NOT,
        age_group=age_group,
        severity=severity,
        alert="none",
        to_record=("earlier-episodes",),
    )

    assert text in detail
    assert "clinical judgment decides" in detail
    assert "To settle it, chart earlier episodes" in detail


def test_a_settled_severity_needs_no_judgment() -> None:
    assert "clinical judgment" not in detail_of(judged(an_order()), age_group="child")
