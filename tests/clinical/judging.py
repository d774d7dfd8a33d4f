"""Charts with one thing more, as they are judged: what the properties compare."""

from msgspec.structs import replace

from cds_service.clinical.chart import chart_from
from cds_service.clinical.classify import classify
from cds_service.clinical.decision import Classification
from cds_service.clinical.facts import (
    Availability,
    Bleed,
    Diagnosis,
    HemoptysisFacts,
    Vital,
)
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Variant
from tests.clinical.chart import knowledge

RANK = {
    "ruled-out": 0,
    "unsettled": 1,
    "kept-plausible": 2,
    "proven": 3,
}
M, R, N = Variant.MASSIVE, Variant.RECURRENT, Variant.NONMASSIVE


def classified(facts: HemoptysisFacts) -> Classification:
    return classify(chart_from(facts, knowledge()))


def with_bleed(facts: HemoptysisFacts, bleed: Bleed) -> HemoptysisFacts:
    added = replace(bleed, reference=f"Blood/added-{len(facts.bleeds)}")
    return replace(facts, bleeds=(*facts.bleeds, added))


def with_vital(facts: HemoptysisFacts, *added: Vital) -> HemoptysisFacts:
    return replace(facts, vitals=(*facts.vitals, *added))


def with_diagnosis(facts: HemoptysisFacts, diagnosis: Diagnosis) -> HemoptysisFacts:
    return replace(facts, diagnoses=(*facts.diagnoses, replace(diagnosis, reference="Condition/added")))


def read_as(facts: HemoptysisFacts, kind: Kind, availability: Availability) -> HemoptysisFacts:
    return replace(facts, availability={**facts.availability, kind: availability})


def is_no_milder(after: Classification, before: Classification) -> bool:
    return RANK[after.severity] >= RANK[before.severity]


def is_wider(after: Classification, before: Classification) -> bool:
    """True when nothing that was plausible has gone."""
    return set(after.plausible) >= set(before.plausible)
