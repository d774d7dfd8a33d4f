"""What holds of all facts: the dates, the subject, any JSON, any order of the resources."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import SafetyFinding
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import (
    BRONCHIAL,
    CTA,
    EGFR,
    HEMOPTYSIS,
    LOINC,
    NOW,
    PRESSURE,
    SNOMED,
    SPO2,
    TODAY,
    UNNAMED,
    UNREADABLE,
    allergy,
    bundle,
    concept,
    condition,
    facts,
    facts_of,
    observation,
    order,
    quantity,
)


def test_a_date_without_a_time_is_read_in_the_offset_of_now() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=-8)))

    (read,) = facts_of(condition(onsetDateTime="2026-11-24"), now=now).diagnoses

    assert read.onset.earliest == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_what_cannot_be_read_while_gathering_is_counted_in_the_facts() -> None:
    read = facts_of({"resourceType": "Procedure", "id": "x", "code": UNREADABLE}, 5)

    assert read.unreadable[Kind.PROCEDURES] == 2


def test_another_patients_data_are_counted_and_never_used() -> None:
    other = {"subject": {"reference": "Patient/p2"}}

    low_saturation = observation(SPO2, valueQuantity=quantity(60, "%"))

    read = facts_of(condition() | other, low_saturation | other)

    assert (read.diagnoses, read.vitals, read.dropped) == ((), (), {"other-patient": 2})


def test_findings_name_the_resource_they_come_from() -> None:
    (finding,) = facts_of(allergy()).safety

    assert finding == SafetyFinding("AllergyIntolerance/a1", Concept.CONTRAST_REACTION, "293637006")


ELEMENTS = (
    "id", "meta", "subject", "patient", "status", "code", "clinicalStatus", "verificationStatus", "severity",
    "encounter", "onsetDateTime", "onsetPeriod", "abatementDateTime", "abatementPeriod", "recordedDate",
    "effectiveDateTime", "effectivePeriod", "effectiveTiming", "valueQuantity", "valueRange", "valueRatio",
    "valueString", "valueCodeableConcept", "valueBoolean", "component", "dataAbsentReason", "performedPeriod",
    "reasonCode", "reasonReference", "reason", "reaction", "medicationCodeableConcept", "medicationReference",
    "medication", "contained", "procedureCode", "description", "started", "birthDate", "gender", "diagnosis",
    "entry", "link", "total", "resource", "response", "issue",
)  # fmt: skip
TYPES = (
    "Patient", "Condition", "Observation", "Procedure", "AllergyIntolerance", "MedicationRequest",
    "Medication", "MedicationStatement", "DiagnosticReport", "ImagingStudy", "Encounter",
    "OperationOutcome", "Bundle", "X",
)  # fmt: skip
WORDS = (
    "coding", "system", "code", "text", "display", "value", "unit", "low", "high", "comparator", "reference",
    "start", "end", "event", "numerator", "denominator", "concept", "substance", "relation", "url",
    "condition",
)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    | st.sampled_from(["66857006", SNOMED, "59408-5", LOINC, "active", "final", TODAY, "mL", "%", "p1"])
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
RESOURCES = st.builds(
    lambda resource_type, code, members: {"resourceType": resource_type, "code": code} | members,
    st.sampled_from(TYPES),
    st.sampled_from([HEMOPTYSIS, SPO2, PRESSURE, EGFR, concept(LOINC, "82810-3"), BRONCHIAL, UNNAMED, CTA]),
    st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=6),
)


@given(st.dictionaries(st.sampled_from(["conditions", "vitals", "item1"]), RESOURCES | JSON, max_size=3))
def test_any_prefetch_gives_facts(prefetch: Mapping[str, Any]) -> None:
    assert facts(prefetch, drafts=bundle(order())).now == NOW


def test_a_reference_without_a_type_leads_to_the_same_resource_in_any_order() -> None:
    done = {"resourceType": "Procedure", "id": "pr1", "status": "completed", "code": UNNAMED}
    procedure = done | {"reasonReference": [{"reference": "x1"}]}
    named_alike = [condition("x1"), observation(SPO2, "x1"), allergy(id="x1")]

    for others in permutations(named_alike):
        (embolization,) = facts_of(procedure, *others).embolizations
        assert embolization.is_bronchial


@given(st.lists(RESOURCES | JSON, max_size=5), st.randoms())
def test_the_order_of_resources_does_not_matter(resources: list[Any], random: Any) -> None:
    first = facts_of(*resources)
    shuffled = random.sample(resources, len(resources))

    second = facts_of(*shuffled)

    for name in ("diagnoses", "bleeds", "vitals", "studies", "kidney", "embolizations"):
        assert sorted(map(repr, getattr(first, name))) == sorted(map(repr, getattr(second, name)))
    assert (first.availability, first.dropped) == (second.availability, second.dropped)
