"""The codes, statuses, numbers, ids and references of an anonymized copy."""

from typing import Any

from cds_service.support.anonymize.request import anonymized
from cds_service.support.anonymize.stand_ins import REMOVED, Pseudonyms
from tests.unit.support.builders import SHIFT, Json, advisor, copied


def of_order(**members: Any) -> Json:
    """The copy of a draft order."""
    order = {"resourceType": "ServiceRequest", **members}
    drafts = copied({"context": {"draftOrders": {"entry": [{"resource": order}]}}})["context"]["draftOrders"]
    result: Json = drafts["entry"][0]["resource"]
    return result


# --- codes, statuses, numbers --------------------------------------------------------------------------


def test_codes_of_the_site_stay_and_text_in_their_place_does_not() -> None:
    coding = {"system": "urn:oid:1.2", "code": "IMG 12", "display": "Anna"}

    order = of_order(code={"coding": [coding, {**coding, "code": "IMG12"}]})

    assert [c["code"] for c in order["code"]["coding"]] == ["xx", "IMG12"]
    assert order["code"]["coding"][1] == {"system": "urn:oid:1.2", "code": "IMG12", "display": "xx"}


def test_a_system_that_is_no_plain_address_is_removed() -> None:
    systems = ["https://user:pw@ehr.example/x", "Anna Mueller", "http://loinc.org", "EAP"]

    order = of_order(code={"coding": [{"system": system, "code": "1"} for system in systems]})

    kept = [coding["system"] for coding in order["code"]["coding"]]
    assert kept == ["urn:removed", "urn:removed", "http://loinc.org", "EAP"]


def test_a_cpt_code_in_an_extension_stays_and_other_text_in_one_does_not() -> None:
    extensions = [
        {"url": "http://ehr.example/anna/cpt", "valueString": "71250"},
        {"url": "http://ehr.example/cpt", "valueString": "Anna"},
        {"url": "http://ehr.example/phone", "valueString": "71250"},
    ]

    order = of_order(code={"text": "CT", "extension": extensions})

    assert order["code"]["extension"] == [
        {"url": "https://ehr.example/fhir/StructureDefinition/cpt", "valueString": "71250"}
    ]


def test_a_status_stays_if_fhir_knows_it() -> None:
    assert of_order(status="draft", intent="Anna") == {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "xx",
    }


def test_a_resource_of_an_unknown_type_keeps_nothing() -> None:
    copy_of = copied(
        {"prefetch": {"patient": {"resourceType": "AnnaMueller", "name": "Anna", "status": "x"}}}
    )

    assert copy_of["prefetch"]["patient"] == {"resourceType": "Basic"}


def test_numbers_keep_their_digits_and_impossible_ones_are_removed() -> None:
    body = (
        b'{"prefetch": {"vitals": [{"resourceType": "Observation", "valueQuantity": {"value": 96.50}},'
        b'{"resourceType": "Observation", "valueQuantity": {"value": 1E999999999}}]}}'
    )

    copy_of = anonymized(body, knowledge=advisor().knowledge, shift=SHIFT).decode()

    assert "96.50" in copy_of
    assert copy_of.count(f'"value": "{REMOVED}"') == 1


# --- ids and references --------------------------------------------------------------------------------


def test_an_id_has_one_stand_in_in_whatever_form_it_is_written() -> None:
    ids = Pseudonyms()
    forms = [
        "Patient/abc", "https://ehr.hospital.example/r4/Patient/abc", "abc", "urn:uuid:abc", "#abc",
        "Patient/abc/_history/7", "Mueller/abc", "", "a/1/b",
    ]  # fmt: skip

    assert [ids.of_reference(form) for form in forms] == [
        "Patient/id-1", "https://ehr.example/fhir/Patient/id-1", "id-1", "urn:uuid:id-1", "#id-1",
        "Patient/id-1/_history/1", "Basic/id-1", "", "-/id-2",
    ]  # fmt: skip


def test_the_address_of_a_search_keeps_what_tells_how_narrow_it_is() -> None:
    url = (
        "https://ehr.hospital.example/r4/Condition?patient=abc&category=problem-list-item&_count=5"
        "&name=Anna&_weird=Anna&code:text=Anna%20M&patient.name=Anna&subject=Patient/abc,xyz"
    )

    assert Pseudonyms().of_search(url) == (
        "https://ehr.example/fhir/Condition?patient=id-1&category=problem-list-item&_count=5"
        "&other=x&_other=x&code:text=x&patient:identifier=id-2&subject=Patient/id-1,id-3"
    )


def test_the_address_of_a_search_within_a_patient_keeps_whose_it_is() -> None:
    url = "https://ehr.hospital.example/r4/Patient/abc/Condition?_count=5"

    assert Pseudonyms().of_search(url) == "https://ehr.example/fhir/Patient/id-1/Condition?_count=5"
