"""Which data a request brings: by content, whatever the keys, and how complete they are (BEHAVIOUR 2)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from cds_service.cds_hooks.catalog import queries_for
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.clinical.facts import Availability
from cds_service.fhir.chart.gather import gather
from cds_service.fhir.codes import Meanings
from cds_service.fhir.resources import Condition, id_of
from cds_service.knowledge.kinds import Kind
from cds_service.outbound.answers import Failure
from cds_service.outbound.client import Answer, FhirReader
from tests.unit.fhir.builders import (
    HEMOPTYSIS,
    LOINC,
    SNOMED,
    UNREADABLE,
    body,
    bundle,
    concept,
    condition,
    encoded,
    entries_of,
    gathered,
    knowledge,
    observation,
    outcome,
    quantity,
    request,
    resources_in,
)

AVAILABLE, INCOMPLETE, FAILED, UNAVAILABLE = Availability
SPO2 = observation(concept(LOINC, "59408-5"), "v1", valueQuantity=quantity(97, "%"))
OTHERS = condition("c2", subject={"reference": "Patient/p2"})
BROKEN = {"resourceType": "Condition", "id": "c9", "code": UNREADABLE}


def conditions_in(prefetch: Mapping[str, Any]) -> Availability:
    return gathered(prefetch).availability[Kind.CONDITIONS]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (condition(), AVAILABLE),
        (bundle(condition()), AVAILABLE),
        (bundle(), AVAILABLE),
        ({"resourceType": "Bundle"}, AVAILABLE),
        (None, AVAILABLE),
        ({"response": {"status": "200 OK"}, "resource": bundle(condition())}, AVAILABLE),
        ({"response": {"status": "200 OK"}}, AVAILABLE),
        (bundle(condition(), outcome("warning")), AVAILABLE),
        (bundle(outcome("information")), AVAILABLE),
        (bundle(condition(), outcome("error")), INCOMPLETE),
        (bundle(condition(), outcome("fatal")), INCOMPLETE),
        (bundle(condition(), outcome("warning", "incomplete")), INCOMPLETE),
        (bundle(condition(), outcome("information", "suppressed")), INCOMPLETE),
        (bundle(condition(), link=[{"relation": "next", "url": "x"}]), INCOMPLETE),
        (bundle(condition(), link={"relation": "next"}), INCOMPLETE),
        (bundle(condition(), total=5), INCOMPLETE),
        (bundle(condition(), 5), INCOMPLETE),
        (bundle(condition(), {}), INCOMPLETE),
        (bundle(BROKEN), INCOMPLETE),
        (BROKEN, INCOMPLETE),
        ([condition()], INCOMPLETE),
        ({"entry": [{"resource": condition()}, {"response": {"status": "404"}}]}, INCOMPLETE),
        (outcome("error"), FAILED),
        (bundle(outcome("error")), FAILED),
        ({"response": {"status": "404 Not Found"}}, FAILED),
        ({}, FAILED),
        ("x", FAILED),
        (5, FAILED),
        (SPO2, UNAVAILABLE),
        (bundle(SPO2), UNAVAILABLE),
        (bundle(OTHERS), UNAVAILABLE),
    ],
    ids=str,
)
def test_what_came_under_our_own_key(value: Any, expected: Availability) -> None:
    assert conditions_in({"conditions": value}) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (bundle(condition()), AVAILABLE),
        (bundle(SPO2, condition()), AVAILABLE),
        (condition(), INCOMPLETE),
        (bundle(), UNAVAILABLE),
        (None, UNAVAILABLE),
        (bundle(SPO2), UNAVAILABLE),
        (outcome("error"), UNAVAILABLE),
    ],
    ids=str,
)
def test_what_came_under_an_unknown_key(value: Any, expected: Availability) -> None:
    assert conditions_in({"item1": value}) is expected


def test_what_was_never_sent_is_unavailable() -> None:
    assert set(gathered({}).availability.values()) == {UNAVAILABLE}


def test_a_patient_under_any_key_is_all_there_is() -> None:
    patient = {"resourceType": "Patient", "id": "p1"}

    assert gathered({"-user": patient}).availability[Kind.PATIENT] is AVAILABLE


def test_the_patient_of_another_id_is_no_data() -> None:
    found = gathered({"patient": {"resourceType": "Patient", "id": "p2"}})

    assert found.availability[Kind.PATIENT] is UNAVAILABLE
    assert found.dropped == {"other-patient": 1}


def test_observations_are_sorted_by_what_was_observed() -> None:
    codes = {
        Kind.BLEEDING: HEMOPTYSIS,
        Kind.VITALS: concept(LOINC, "8480-6"),
        Kind.LABS: concept(LOINC, "98979-8"),
        Kind.PREGNANCY: concept(LOINC, "82810-3"),
    }
    observations = [observation(code, kind) for kind, code in codes.items()]

    prefetch = {"everything": bundle(*observations)}

    found = gathered(prefetch)

    read = {entry.entry.id: entry.kind for entry in entries_of(prefetch)}
    assert read == {kind.value: kind for kind in codes}
    assert {kind for kind in Kind if found.resources.get(kind)} == codes.keys()
    assert all(found.availability[kind] is AVAILABLE for kind in codes)


def test_a_panel_is_recognized_by_its_components() -> None:
    panel = observation(concept(LOINC, "85353-1"), component=[{"code": concept(LOINC, "9279-1")}])

    assert entries_of({"x": bundle(panel)})[0].kind is Kind.VITALS
    assert resources_in(gathered({"x": bundle(panel)})) == list(gathered({"x": panel}).resources[Kind.VITALS])


def test_an_observation_of_two_kinds_is_of_the_first() -> None:
    code = {"coding": [{"system": LOINC, "code": "98979-8"}, *HEMOPTYSIS["coding"]]}

    assert entries_of({"x": bundle(observation(code))})[0].kind is Kind.BLEEDING


def test_an_observation_that_no_rule_reads_is_of_no_kind() -> None:
    cough = observation(concept(SNOMED, "49727002"))

    found = gathered({"x": bundle(cough)})

    assert entries_of({"x": bundle(cough)})[0].kind is None
    assert not any(found.resources.get(kind) for kind in Kind)


def test_an_empty_answer_to_one_search_of_observations_says_nothing_of_the_others() -> None:
    found = gathered({"vitals": bundle()})

    assert found.availability[Kind.VITALS] is AVAILABLE
    assert found.availability[Kind.LABS] is UNAVAILABLE


@pytest.mark.parametrize(
    "query",
    [
        "Condition?patient=p1&clinical-status=active",
        "Condition?patient=p1&_lastUpdated=gt2026-01-01",
        "Condition?subject=Patient/p1&category=encounter-diagnosis",
        "Condition?patient=p1&_id=c1",
        "Condition?patient=p1&code:in=urn:x",
    ],
)
def test_a_search_that_was_narrower_than_ours_makes_its_kind_incomplete(query: str) -> None:
    links = [{"relation": "self", "url": f"https://e.example/fhir/{query}"}]

    assert conditions_in({"conditions": bundle(condition(), link=links)}) is INCOMPLETE
    assert conditions_in({"other": bundle(condition(), link=links)}) is INCOMPLETE


@pytest.mark.parametrize(
    "query",
    [
        "Condition?patient=p2",
        "Condition?patient=Patient/p2&_count=200",
        "Condition?subject=https://e.example/fhir/Patient/p2",
        "Condition?subject:Patient=p2",
        "Patient/p2/Condition",
        "Patient/p2/Condition?_count=200",
    ],
)
def test_a_search_for_another_patient_makes_its_kind_incomplete(query: str) -> None:
    links = [{"relation": "self", "url": f"https://e.example/fhir/{query}"}]

    assert conditions_in({"conditions": bundle(link=links)}) is INCOMPLETE
    assert conditions_in({"conditions": bundle(condition(), link=links)}) is INCOMPLETE


@pytest.mark.parametrize(
    "query",
    [
        "Condition?patient=p1",
        "Condition?patient=p2,p1",
        "Condition?patient=https%3A%2F%2Fe.example%2Ffhir%2FPatient%2Fp1",
        "Condition?patient:identifier=urn:mrn|77",
        "Condition?patient.identifier=urn:mrn|77",
        "Patient/p1/Condition?_count=200",
        "Condition?subject=Patient/p1&_sort=-recorded-date&_count=200&_getpagesoffset=0&_format=json",
        "Condition/_search?patient=p1",
        "Condition",
        "",
        "http://[",
    ],
)
def test_a_search_as_wide_as_ours_changes_nothing(query: str) -> None:
    links = [{"relation": "self", "url": query}]

    assert conditions_in({"conditions": bundle(condition(), link=links)}) is AVAILABLE


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Observation?patient=p1&category=vital-signs", AVAILABLE),
        ("Observation?patient=p1", AVAILABLE),
        (queries_for("p1", knowledge())["vitals"], AVAILABLE),
        (queries_for("p1", knowledge())["vitals"].replace("%7C", "|") + "&_format=json", AVAILABLE),
        ("Observation?patient=p1&code=59408-5", INCOMPLETE),
        ("Observation?patient=p1&category=laboratory", INCOMPLETE),
        ("Observation?patient=p1&date=gt2026-11-01", INCOMPLETE),
    ],
)
def test_a_search_of_observations_is_compared_by_its_codes(query: str, expected: Availability) -> None:
    links = [{"relation": "self", "url": query}]

    assert gathered({"x": bundle(SPO2, link=links)}).availability[Kind.VITALS] is expected


def test_a_complete_answer_beside_a_narrower_one_is_complete() -> None:
    links = [{"relation": "self", "url": "Condition?patient=p1&clinical-status=active"}]
    prefetch = {"conditions": bundle(condition()), "active": bundle(condition(), link=links)}

    assert conditions_in(prefetch) is AVAILABLE


def test_an_entry_that_cannot_be_read_leaves_its_own_kind_in_doubt_only() -> None:
    found = gathered({"conditions": bundle(condition()), "vitals": bundle(SPO2), "more": bundle(BROKEN)})

    assert found.availability[Kind.CONDITIONS] is INCOMPLETE
    assert found.availability[Kind.VITALS] is AVAILABLE
    assert found.unreadable == {Kind.CONDITIONS: 1}


def test_an_entry_of_no_known_type_under_an_unknown_key_leaves_every_kind_in_doubt() -> None:
    found = gathered({"conditions": bundle(condition()), "vitals": bundle(SPO2), "more": bundle(7)})

    assert found.availability[Kind.CONDITIONS] is INCOMPLETE
    assert found.availability[Kind.VITALS] is INCOMPLETE
    assert found.availability[Kind.LABS] is UNAVAILABLE


@pytest.mark.parametrize(
    "reference",
    ["Patient/p1", "https://e.example/fhir/Patient/p1", "p1", "Patient/p1/_history/3"],
)
def test_a_subject_in_any_form_is_the_patient(reference: str) -> None:
    found = gathered({"conditions": bundle(condition(subject={"reference": reference}))})

    assert len(resources_in(found)) == 1


@pytest.mark.parametrize("subject", [None, {}, {"display": "Ada"}, {"identifier": {"value": "1"}}])
def test_a_resource_that_refers_to_no_subject_belongs_to_the_patient(subject: Any) -> None:
    assert len(resources_in(gathered({"conditions": bundle(condition(subject=subject))}))) == 1


@pytest.mark.parametrize("reference", ["Patient/p2", "Group/p1", "p2", "urn:uuid:5", "#p1"])
def test_a_resource_of_another_patient_is_dropped_and_counted(reference: str) -> None:
    found = gathered({"conditions": bundle(condition(subject={"reference": reference}), condition("c3"))})

    assert [id_of(resource) for resource in found.of(Kind.CONDITIONS, Condition)] == ["c3"]
    assert found.dropped == {"other-patient": 1}
    assert found.availability[Kind.CONDITIONS] is AVAILABLE


def test_the_patient_of_an_allergy_is_looked_at_too() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "id": "a1", "patient": {"reference": "Patient/p2"}}

    assert resources_in(gathered({"allergies": bundle(allergy)})) == []


def test_a_bundle_in_a_bundle_is_opened() -> None:
    assert conditions_in({"conditions": bundle(bundle(condition()))}) is AVAILABLE


def test_what_lies_too_deep_to_be_opened_is_not_read_as_nothing() -> None:
    nested = bundle(condition())
    for _ in range(6):
        nested = bundle(nested)

    assert conditions_in({"conditions": nested}) is INCOMPLETE


@dataclass
class FakeServer(FhirReader):
    """Answers by key; everything else fails."""

    answers: Mapping[str, Answer]
    asked: dict[str, str] = field(default_factory=dict)

    def read(self, server: str, token: str, queries: Mapping[str, str]) -> Mapping[str, Answer]:
        self.asked.update(queries)
        return {key: self.answers.get(key, Answer(failure=Failure.DEADLINE)) for key in queries}


def page(*resources: Any, **members: Any) -> bytes:
    return json.dumps(bundle(*resources, **members)).encode()


def fetched(server: FakeServer, prefetch: Mapping[str, Any]) -> Any:
    whole = body(prefetch=prefetch) | {"fhirServer": "https://e.example/fhir"}
    asked = hook_request_from(encoded(whole))
    return gather(asked, reader=server, meanings=Meanings(knowledge()))


def test_only_what_is_missing_is_asked_for_with_our_own_queries() -> None:
    server = FakeServer({})

    fetched(server, {"conditions": bundle(condition()), "vitals": None, "vital-signs": None, "labs": 5})

    assert server.asked.keys() == {kind.value for kind in Kind} - {"conditions", "vitals"}
    assert server.asked["procedures"] == "Procedure?patient=p1&_sort=-date&_count=100"


def test_vital_signs_that_are_missing_are_asked_for_by_code_and_by_category() -> None:
    server = FakeServer({})

    fetched(server, {})

    assert {"vitals", "vital-signs"} <= server.asked.keys()


def test_nothing_is_asked_without_a_server() -> None:
    server = FakeServer({})

    gather(request(), reader=server, meanings=Meanings(knowledge()))

    assert server.asked == {}


def test_the_pages_of_an_answer_make_the_kind_complete() -> None:
    first = page(condition("c1"), total=2, link=[{"relation": "next", "url": "x"}])
    server = FakeServer({"conditions": Answer((first, page(condition("c2"), total=2)))})

    found = fetched(server, {"conditions": bundle(condition("c1"), link=[{"relation": "next"}])})

    assert found.availability[Kind.CONDITIONS] is AVAILABLE
    assert len(resources_in(found)) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(failure=Failure.DEADLINE), FAILED),
        (Answer((b"<html>",)), FAILED),
        (Answer((b"\xff",)), FAILED),
        (Answer((json.dumps(outcome("error")).encode(),)), FAILED),
        (Answer((page(condition("c2")),), failure=Failure.DEADLINE), INCOMPLETE),
        (Answer((page(condition("c2"), link=[{"relation": "next"}]),)), INCOMPLETE),
        (Answer((page(condition("c2")), b"{")), INCOMPLETE),
        (Answer((page(OTHERS),)), UNAVAILABLE),
        (Answer((page(),)), AVAILABLE),
    ],
    ids=str,
)
def test_what_the_server_does_not_give_is_missing_and_no_more(answer: Answer, expected: Availability) -> None:
    found = fetched(FakeServer({"conditions": answer}), {"vitals": bundle(SPO2), "vital-signs": None})

    assert found.availability[Kind.CONDITIONS] is expected
    assert found.availability[Kind.VITALS] is AVAILABLE
