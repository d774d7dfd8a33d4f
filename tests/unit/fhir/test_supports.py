"""What keeps the patient alive, or did: ventilation, oxygen, running vasopressors, red cells."""

from typing import Any, Final

import pytest

from cds_service.clinical.facts import Support
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.fhir.builders import (
    ICD,
    LOINC,
    SNOMED,
    SPO2,
    TODAY,
    Json,
    bundle,
    concept,
    condition,
    facts,
    facts_of,
    observation,
    quantity,
    status,
)

VENTILATION: Final = concept(SNOMED, "40617009")
SINCE_NINE: Final = "2026-11-24T09:00:00Z"
NOREPINEPHRINE: Final = {"medicationCodeableConcept": {"text": "norepinephrine 4 mg in 50 mL"}}
SURE, UNSURE = False, True


def procedure(code: Json, **members: Any) -> Json:
    return {"resourceType": "Procedure", "id": "p1", "status": "completed", "code": code, **members}


def administration(**members: Any) -> Json:
    given = {"resourceType": "MedicationAdministration", "id": "g1", "status": "in-progress"}
    return given | NOREPINEPHRINE | members


def ordered(**members: Any) -> Json:
    return {"resourceType": "MedicationRequest", "id": "m1", "status": "active"} | NOREPINEPHRINE | members


def supports_of(*resources: Json) -> list[tuple[Concept, bool]]:
    return [(support.concept, support.is_unsure) for support in facts_of(*resources).supports]


def the_support(resource: Json) -> Support:
    (support,) = facts_of(resource).supports
    return support


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (VENTILATION, (Concept.VENTILATION, SURE)),
        (concept("http://www.ama-assn.org/go/cpt", "31500"), (Concept.VENTILATION, SURE)),
        (concept(SNOMED, "233573008"), (Concept.ECMO, SURE)),
        (concept("http://www.ama-assn.org/go/cpt", "92950"), (Concept.ARREST, SURE)),
        (concept(SNOMED, "116863004"), (Concept.RED_CELL_TRANSFUSION, SURE)),
        (concept("http://www.ama-assn.org/go/cpt", "36430"), (Concept.RED_CELL_TRANSFUSION, UNSURE)),
        (concept(SNOMED, "57485005"), (Concept.OXYGEN_THERAPY, SURE)),
        ({"text": "Endotracheal intubation"}, (Concept.VENTILATION, SURE)),
    ],
    ids=str,
)
def test_a_procedure_is_support_by_its_code_or_name(code: Json, expected: tuple[Concept, bool]) -> None:
    assert supports_of(procedure(code, performedDateTime=TODAY)) == [expected]


@pytest.mark.parametrize("written", ["in-progress", "completed", "stopped"])
def test_a_procedure_counts_from_its_begin_also_while_it_runs(written: str) -> None:
    support = the_support(procedure(VENTILATION, status=written, performedPeriod={"start": SINCE_NINE}))

    assert (support.period.start.written, support.period.end.is_dated) == (SINCE_NINE, False)


def test_a_procedure_in_progress_with_one_time_is_still_running() -> None:
    support = the_support(procedure(VENTILATION, status="in-progress", performedDateTime=SINCE_NINE))

    assert (support.period.start.written, support.period.is_span) == (SINCE_NINE, True)


@pytest.mark.parametrize("written", ["not-done", "preparation", "entered-in-error", "on-hold"])
def test_a_procedure_that_has_not_begun_is_no_support(written: str) -> None:
    assert supports_of(procedure(VENTILATION, status=written)) == []


def test_a_procedure_of_no_known_status_is_not_sure() -> None:
    assert supports_of(procedure(VENTILATION, status="unknown")) == [(Concept.VENTILATION, UNSURE)]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (administration(), [(Concept.VASOPRESSOR, SURE)]),
        (administration(status=None), [(Concept.VASOPRESSOR, UNSURE)]),
        (administration(status="completed"), []),
        (administration(status="stopped"), []),
        (administration(dosage={"route": {"text": "Inhaled"}}), []),
        (administration(dosage={"route": {"text": "eye drops"}}), []),
        (administration(dosage={"text": "eye drops"}), []),
        (administration(dosage={"text": "titrate per local protocol"}), [(Concept.VASOPRESSOR, SURE)]),
        (
            administration(medicationCodeableConcept={"text": "Norepinephrine, bag 2, inhaled NO running"}),
            [(Concept.VASOPRESSOR, UNSURE)],
        ),
        (administration(medicationCodeableConcept={"text": "epinephrine auto-injector"}), []),
        (administration(medicationCodeableConcept={"text": "cefazolin"}), []),
        (
            ordered(dosageInstruction=[{"text": "continuous infusion 5 mcg/min"}]),
            [(Concept.VASOPRESSOR, SURE)],
        ),
        (ordered(dosageInstruction=[{"method": {"text": "Infusion"}}]), [(Concept.VASOPRESSOR, SURE)]),
        (
            ordered(dosageInstruction=[{"doseAndRate": [{"rateQuantity": {"value": 5}}]}]),
            [(Concept.VASOPRESSOR, SURE)],
        ),
        (administration(status="unknown"), [(Concept.VASOPRESSOR, UNSURE)]),
        (administration(status="on-hold"), []),
        (administration(dosage={"text": "per local protocol, 10 mL/h"}), [(Concept.VASOPRESSOR, SURE)]),
        (administration(dosage={"text": "20 drops/min"}), [(Concept.VASOPRESSOR, SURE)]),
        (administration(dosage={"text": "20 gouttes par minute"}), [(Concept.VASOPRESSOR, SURE)]),
        (administration(dosage={"text": "nebulized with oxygen 6 L/min"}), []),
        (administration(dosage={"text": "2 drops/day"}), []),
        (ordered(dosageInstruction=[{"text": "0.1 mcg/kg/min IV"}]), [(Concept.VASOPRESSOR, SURE)]),
        (ordered(dosageInstruction=[{"text": "Perfusor 0,3 mg/h"}]), [(Concept.VASOPRESSOR, SURE)]),
        (ordered(dosageInstruction=[{"text": "IVSE continu"}]), [(Concept.VASOPRESSOR, SURE)]),
        (ordered(dosageInstruction=[{"text": "see protocol"}]), [(Concept.VASOPRESSOR, UNSURE)]),
        (
            ordered(dosageInstruction=[{"text": "titrate to MAP 65", "route": concept(SNOMED, "47625008")}]),
            [(Concept.VASOPRESSOR, UNSURE)],
        ),
        (ordered(dosageInstruction=[{"text": "0.3 mg, repeat once"}]), [(Concept.VASOPRESSOR, UNSURE)]),
        (ordered(dosageInstruction=[{"text": "10 mg subcutaneous"}]), []),
        (ordered(status="unknown"), [(Concept.VASOPRESSOR, UNSURE)]),
        (ordered(status=None), [(Concept.VASOPRESSOR, UNSURE)]),
        (ordered(dosageInstruction=[{"text": "nebulized", "doseAndRate": [{"rateRatio": {"x": 1}}]}]), []),
        (ordered(), [(Concept.VASOPRESSOR, UNSURE)]),
        (ordered(status="stopped"), []),
        (ordered(status="draft", dosageInstruction=[{"text": "infusion"}]), []),
        (ordered(doNotPerform=True), []),
    ],
    ids=str,
)
def test_a_vasopressor_is_running_while_it_is_given_or_ordered_as_an_infusion(
    resource: Json, expected: list[tuple[Concept, bool]]
) -> None:
    named = {name: value for name, value in resource.items() if value is not None}

    assert supports_of(named) == expected


@pytest.mark.parametrize(
    "members",
    [
        {"effectivePeriod": {"start": "2026-11-20", "end": "2026-11-21"}},
        {"taken": "n"},
        {"notTaken": True},
        {"doNotPerform": True},
    ],
)
def test_a_vasopressor_that_is_not_in_use_is_no_support(members: Json) -> None:
    assert supports_of(administration(**members)) == []


@pytest.mark.parametrize(
    "drug",
    [
        *({"text": "Oxygen"}, {"text": "Oxygen 2 L/min nasal cannula"}, {"text": "O2 3 L"}),
        *({"text": "Oxygène médicinal"}, {"text": "Medical oxygen"}),
        {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "display": "oxygen"}]},
    ],
    ids=str,
)
def test_oxygen_as_a_drug_is_sure_while_it_is_given_and_possible_while_it_is_ordered(drug: Json) -> None:
    named = {"medicationCodeableConcept": drug}

    assert supports_of(administration(**named)) == [(Concept.OXYGEN_THERAPY, SURE)]
    assert supports_of(ordered(**named)) == [(Concept.OXYGEN_THERAPY, UNSURE)]
    assert supports_of(ordered(**named, status="stopped")) == []


@pytest.mark.parametrize(
    ("members", "is_on_oxygen"),
    [
        ({"code": {**SPO2, "text": "SpO2 on 3 L O2"}}, True),
        ({"code": {**SPO2, "text": "SpO2 on supplemental oxygen"}}, True),
        ({"code": {**SPO2, "text": "SpO2 sous O2 3 L"}}, True),
        ({"code": {"text": "SpO2 on oxygen"}}, True),
        ({"code": {**SPO2, "text": "SpO2, FiO2 0.4"}}, True),
        ({"code": {**SPO2, "text": "SpO2, FiO2 21 %"}}, False),
        ({"method": {"text": "nasal cannula 3 L/min"}}, True),
        ({"method": [{"coding": [{"display": "Nasal cannula"}]}]}, True),
        ({"note": [{"text": "3 L O2"}]}, True),
        ({"note": {"text": "10 lpm via mask"}}, True),
        ({"note": [{"text": f"{'seen at the bedside. ' * 100}on 4 L"}]}, True),
        ({"code": {**SPO2, "text": "SpO2 on room air"}}, False),
        ({"code": {**SPO2, "text": "Oxygen saturation in arterial blood"}}, False),
        ({"code": {**SPO2, "text": "SpO2 without supplemental oxygen"}}, False),
        ({"note": [{"text": "O2 0 L/min"}, {"text": "no oxygen"}]}, False),
        ({"method": {"text": "Pulse oximetry"}}, False),
    ],
    ids=str,
)
def test_words_around_a_saturation_tell_of_oxygen(members: Json, is_on_oxygen: bool) -> None:
    code, others = members.get("code", SPO2), {k: v for k, v in members.items() if k != "code"}

    found = facts_of(observation(code, valueQuantity=quantity(97, "%"), **others))

    assert [vital.kind for vital in found.vitals] == ["oxygen-saturation"]
    concepts = {(support.concept, support.is_unsure) for support in found.supports}
    assert concepts == ({(Concept.OXYGEN_THERAPY, SURE)} if is_on_oxygen else set())


@pytest.mark.parametrize("drug", [{}, {"medicationCodeableConcept": concept("urn:site", "999")}], ids=str)
def test_a_running_drug_that_names_none_leaves_the_administrations_in_doubt(drug: Json) -> None:
    nameless = {"resourceType": "MedicationAdministration", "id": "g1", "status": "in-progress", **drug}

    found = facts({"administrations": bundle(nameless)})

    where = (Kind.ADMINISTRATIONS, "MedicationAdministration/g1", "drug-not-known")
    assert where in found.not_understood
    assert found.is_incomplete(Kind.ADMINISTRATIONS)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (concept(ICD, "Z99.11"), [(Concept.VENTILATION, UNSURE)]),
        (concept(ICD, "Z99.81"), [(Concept.HOME_OXYGEN, SURE)]),
    ],
)
def test_a_condition_of_dependence_is_support_while_it_is_active(
    code: Json, expected: list[tuple[Concept, bool]]
) -> None:
    assert supports_of(condition(code=code)) == expected
    assert supports_of(condition(code=code, clinicalStatus=status("resolved"))) == []


def test_the_rate_of_a_ventilator_is_ventilation_and_no_respiratory_rate() -> None:
    found = facts_of(observation(concept(LOINC, "33438-3"), valueQuantity=quantity(14, "/min")))

    assert [(s.concept, s.is_unsure) for s in found.supports] == [(Concept.VENTILATION, UNSURE)]
    assert (found.vitals, found.unreadable) == ((), {})


@pytest.mark.parametrize(
    ("code", "members", "expected"),
    [
        (concept(SNOMED, "371907003"), {}, [Concept.OXYGEN_THERAPY]),
        (concept(SNOMED, "371907003"), {"valueBoolean": True}, [Concept.OXYGEN_THERAPY]),
        (concept(SNOMED, "371907003"), {"valueBoolean": False}, []),
        (concept(SNOMED, "371907003"), {"valueString": "no"}, []),
        ({"text": "oxygen therapy"}, {"valueQuantity": {"value": 0}}, []),
        (VENTILATION, {"valueString": "yes"}, [Concept.VENTILATION]),
    ],
    ids=str,
)
def test_oxygen_and_ventilation_that_are_observed_are_support(
    code: Json, members: Json, expected: list[Concept]
) -> None:
    assert [concept for concept, _ in supports_of(observation(code, **members))] == expected


@pytest.mark.parametrize(
    "value",
    [{"valueCodeableConcept": concept(SNOMED, "371907003")}, {"valueString": "nasal cannula"}],
    ids=str,
)
def test_oxygen_is_known_by_the_value_of_a_vital_sign_whose_code_is_not(value: Json) -> None:
    found = facts({"vital-signs": bundle(observation(concept("urn:site", "device"), **value))})

    assert [support.concept for support in found.supports] == [Concept.OXYGEN_THERAPY]
    assert found.unreadable == {}


def test_the_start_of_the_current_encounter_is_read() -> None:
    stay = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "period": {"start": SINCE_NINE}}

    assert facts_of(stay).encounter_start.written == SINCE_NINE


MODIFIED = {"modifierExtension": [{"url": "https://e.example/x", "valueBoolean": True}]}


@pytest.mark.parametrize("written", ["not-done", "preparation", "on-hold", "suspended", "cancelled"])
def test_a_procedure_that_was_never_done_leaves_nothing_in_doubt(written: str) -> None:
    assert facts_of(procedure({}, status=written) | MODIFIED).unreadable == {}


@pytest.mark.parametrize("members", [{"status": "ended"}, {"status": "stopped"}, {"doNotPerform": True}])
def test_a_drug_that_is_not_used_leaves_nothing_in_doubt(members: Json) -> None:
    assert facts_of(ordered(**members) | MODIFIED).unreadable == {}
