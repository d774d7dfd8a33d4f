"""The integrator's doctor: what it says of a captured request, answered or refused."""

import json
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import consultation_from
from cds_service.cli import main
from cds_service.cli.check_request import report_on
from cds_service.cli.examine import examined
from cds_service.cli.requests import read_as_far_as_possible
from cds_service.evaluate import Consultation
from cds_service.fhir.held import held_in
from cds_service.fhir.validate import invalidities_in, is_resource_type
from cds_service.settings import settings_from

Json = dict[str, Any]
REQUESTS = Path(__file__).parents[2] / "fixtures" / "requests"
RECURRENT = REQUESTS / "order-select" / "recurrent-ct-without-contrast.json"
EPIC = "urn:oid:1.2.840.114350.1.13.9999.2.7.2.696580"
SECRET = "Wintergruen"


@cache
def consultation() -> Consultation:
    return consultation_from(settings_from({}))


def report(body: object) -> list[str]:
    """The lines of the report, without the blanks before them."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    examination = examined(raw, None, consultation())
    return [line.strip() for line in report_on(examination, consultation().knowledge)]


def order(**members: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "71250"}]},
        "reasonCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "66857006"}]}],
        **members,
    }


def request(*orders: Json, prefetch: Json | None = None, **context: Any) -> Json:
    entries = [{"resource": one} for one in orders]
    drafts = {"draftOrders": {"resourceType": "Bundle", "entry": entries}}
    return {
        "hook": "order-select",
        "hookInstance": "i",
        "context": {"userId": "Practitioner/d", "patientId": "p1", **drafts, **context},
        "prefetch": prefetch or {},
    }


# --- orders --------------------------------------------------------------------------------------------


def test_a_local_code_is_shown_unmapped_with_the_line_that_would_map_it() -> None:
    coding = {"system": EPIC, "code": "IMG3110", "display": "CT CHEST WO CONTRAST"}

    lines = report(request(order(code={"coding": [coding]})))

    assert 'study: ct-chest-without-contrast (by-name "CT CHEST WO CONTRAST")' in lines
    assert f'code: {EPIC} | IMG3110 "CT CHEST WO CONTRAST": not mapped' in lines
    assert f"{EPIC},IMG3110,ct-chest-without-contrast,CT CHEST WO CONTRAST,no" in lines


def test_the_line_for_an_order_that_is_not_recognised_leaves_the_procedure_to_the_site() -> None:
    coding = {"system": EPIC, "code": "IMG9", "display": "CHEST IMAGING, ODD PROTOCOL"}

    lines = report(request(order(code={"coding": [coding]})))

    assert "study: none (unrecognised-imaging)" in lines
    assert f'{EPIC},IMG9,PROCEDURE,"chest imaging, xxx protocol",no' in lines


def test_a_drug_among_the_orders_is_no_study_and_is_not_to_be_mapped() -> None:
    drug = {"resourceType": "MedicationRequest", "id": "m1", "medicationCodeableConcept": {"text": "x"}}

    lines = report(request(order(), drug))

    assert "2. MedicationRequest, asked about" in lines
    assert "study: none (not-chest-imaging)" in lines
    assert "to map it, add to the file of CDS_ORDER_CODES:" not in lines


def test_the_reason_is_shown_as_it_was_understood() -> None:
    reason = [{"text": f"Rule out hemoptysis, {SECRET}"}]

    lines = report(request(order(reasonCode=reason)))

    assert 'reason: hemoptysis (hemoptysis possible by the words "hemoptysis")' in lines


def test_selections_are_matched_to_the_orders() -> None:
    lines = report(request(order(), order(id="o2"), selections=["ServiceRequest/o2", "ServiceRequest/o9"]))

    assert "1. ServiceRequest, not asked about" in lines
    assert "2. ServiceRequest, asked about" in lines
    assert [line for line in lines if line in ("1. draft order 2", "2. matches no draft order")] == [
        "1. draft order 2",
        "2. matches no draft order",
    ]


@pytest.mark.parametrize(
    ("selections", "line"),
    [(None, "none sent: every draft order is meant"), ([], "empty: no draft order is meant")],
)
def test_no_selections_and_empty_ones_are_told_apart(selections: object, line: str) -> None:
    assert line in report(request(order(), selections=selections))


PERSON = "Jane Doe MRN 123456"


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": EPIC, "code": "IMG9", "display": PERSON}]},
        {"coding": [{"system": EPIC, "code": "IMG9"}], "text": f"CT CHEST {PERSON}"},
        {"coding": [{"system": EPIC, "code": "IMG9", "display": f"CT CHEST WO CONTRAST {PERSON}"}]},
        {"text": f"CT CHEST {PERSON}"},
    ],
)
def test_a_display_and_a_text_show_no_words_but_those_of_studies(code: Json) -> None:
    lines = report(request(order(code=code)))

    assert [line for line in lines for word in PERSON.split() if word.lower() in line.lower()] == []


@pytest.mark.parametrize("text", ["260 mL", "CT CHEST, coughed up 260 mL of blood"])
def test_no_amount_in_the_name_of_an_order_is_shown(text: str) -> None:
    coding = {"system": EPIC, "code": "IMG9", "display": text}

    lines = report(request(order(code={"coding": [coding]}), order(code={"text": text})))

    assert not any("260" in line for line in lines)


def test_the_line_to_copy_holds_the_words_of_the_study_alone() -> None:
    coding = {"system": EPIC, "code": "IMG3110", "display": f"CT CHEST WO CONTRAST {PERSON}"}

    lines = report(request(order(code={"coding": [coding]})))

    assert any(line.startswith(f"{EPIC},IMG3110,") and "ct chest wo contrast xx" in line for line in lines)


def test_a_type_that_is_none_of_fhir_is_not_shown() -> None:
    stranger = {"resourceType": PERSON, "id": "x"}

    lines = report(request(stranger, prefetch={"vitals": stranger}))

    assert not any(PERSON in line for line in lines)


def test_no_card_shows_an_amount_of_the_chart() -> None:
    amount = REQUESTS / "order-select" / "massive-by-volume.json"

    lines = report(amount.read_bytes())

    assert "card, critical: Massive hemoptysis" in lines
    assert not any(re.search(r"\d mL", line) for line in lines)


# --- prefetch and data ---------------------------------------------------------------------------------


def test_each_entry_is_shown_with_what_was_made_of_it() -> None:
    condition: Json = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}}
    others = {**condition, "id": "c2", "subject": {"reference": "Patient/p9"}}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": condition}, {"resource": others}]}

    lines = report(request(order(), prefetch={"item1": bundle, "vitals": None, "conditions": condition}))

    assert "item1 (not a key of discovery: recognised by content)" in lines
    assert "Bundle: opened" in lines
    assert "R4B: type is missing" in lines
    assert "entry[0].resource Condition: used as conditions" in lines
    assert "entry[1].resource Condition: taken for conditions, not used: is another patient's" in lines
    assert "vitals: null, nothing there" in lines
    assert "Condition: taken for conditions, not used: came before" in lines


def test_what_is_missing_and_why_is_told() -> None:
    page = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": "https://ehr.example/next"}],
        "entry": [{"resource": {"resourceType": "Condition", "id": "c1"}}],
    }
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}

    lines = report(request(order(), prefetch={"conditions": page, "vitals": failed}))

    assert "not all there is: page-cut-off" in lines
    assert "failed: tells nothing" in lines
    assert "conditions: incomplete, 1 used" in lines
    assert "vitals: failed, 0 used" in lines


def test_a_search_that_was_narrower_than_ours_is_told() -> None:
    link = {"relation": "self", "url": "https://ehr.example/Condition?patient=p1&category=problem-list-item"}
    entry = {"resource": {"resourceType": "Condition", "id": "c1"}}
    page = {"resourceType": "Bundle", "type": "searchset", "link": [link], "entry": [entry]}

    lines = report(request(order(), prefetch={"item1": page}))

    assert "not all there is: its self link shows a narrower search for conditions than ours" in lines


def test_the_fhir_server_is_named_as_not_asked() -> None:
    body = request(order())
    body |= {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": {"access_token": SECRET}}

    lines = report(body)

    assert "FHIR server: named, with a token; not asked here, so what it would add is missing below" in lines
    assert not any(SECRET in line for line in lines)


# --- the answer, or the refusal ------------------------------------------------------------------------


def test_the_answer_is_the_one_of_the_service() -> None:
    lines = report(RECURRENT.read_bytes())

    assert "topic: recurrent" in lines
    assert "order 1: rated" in lines
    assert "card, warning: Recurrent hemoptysis" in lines
    assert "[Replace with CTA chest with IV contrast]" in lines
    assert "rating: not-appropriate, usually-not-appropriate" in lines


def test_everything_that_is_wrong_is_told_at_once_and_the_rest_is_read() -> None:
    body = request(order())
    body |= {"hook": "ORDER-SELECT", "prefetch": []}
    del body["context"]["patientId"]
    body["context"]["selections"] = {}

    lines = report(body)

    refusals = [line for line in lines if line.startswith("400 ")]
    assert [line.split(":")[0] for line in refusals] == [
        "400 value",
        "400 required",
        "400 value",
        "400 value",
    ]
    assert "study: ct-chest-without-contrast (by-code)" in lines
    assert "Answer" not in lines


def test_missing_data_are_a_refusal_with_all_that_could_be_read() -> None:
    lines = report(request(order(reasonCode=None)))

    assert lines[0] == "Refused"
    assert lines[1].startswith("412 incomplete: The imaging order gives no reason")
    assert "reason: none" in lines


@pytest.mark.parametrize(
    "file", sorted(REQUESTS.glob("*/*.json")), ids=lambda f: str(f.relative_to(REQUESTS))
)
def test_every_fixture_gets_a_report_without_ids_and_names(file: Path) -> None:
    body = file.read_bytes()
    patient = re.search(rb'"patientId": "(?:.*/)?([^"/]+)"', body)
    if patient:
        body = re.sub(rb"(?<![\w-])" + re.escape(patient[1]) + rb"(?!\w|\":)", SECRET.encode(), body)

    lines = report(body)

    assert lines
    hidden = [SECRET, *re.findall(r'"(?:family|birthDate|fullUrl)": "([^"]+)"', body.decode())]
    assert [line for line in lines if any(text in line for text in hidden)] == []


# --- what is no request --------------------------------------------------------------------------------


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    for name in [name for name in os.environ if name.startswith("CDS_")]:
        monkeypatch.delenv(name)

    def run(content: bytes, *options: object) -> tuple[int, str, str]:
        file = tmp_path / "captured.json"
        file.write_bytes(content)
        monkeypatch.setattr(sys, "argv", ["cds-service", "check-request", str(file), *map(str, options)])
        with pytest.raises(SystemExit) as done:
            main()
        return int(done.value.code or 0), *capfd.readouterr()

    return run


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"hook": "patient-view"}]', "The file holds a JSON array: save one request"),
        (b'POST /cds-services/x HTTP/1.1\r\nHost: x\r\n\r\n{"hook": "x"}', "begins with HTTP headers"),
        (b'HTTP/1.1 200 OK\r\n\r\n{"cards": []}', "begins with HTTP headers"),
        (b'Content-Type: application/json\n\n{"hook": "x"}', "begins with HTTP headers"),
        (b"curl -d '{}' http://x", "holds a curl command"),
        (b'"{\\"hook\\": \\"x\\"}"', "as a JSON string, in quotes"),
        ('{"hook": "x"}'.encode("utf-16"), "encoded in UTF-16"),
        (b'{"cards": []}', "holds an answer (cards), not the request"),
        (b'{"resourceType": "Patient"}', "holds a FHIR resource, not a hook request"),
        (b'{"request": {"hook": "x"}, "response": {}}', "seems to be the member 'request'"),
        (b'{"body": "{\\"hook\\": 1}"}', "seems to be the text in the member 'body'"),
        (b"", "400 structure: The body is empty"),
        (b"{", "400 structure: The body is not valid JSON"),
    ],
)
def test_a_file_that_holds_something_else_gets_a_clear_message(
    checked: Any, content: bytes, message: str
) -> None:
    code, out, err = checked(content)

    assert (code, err) == (1, "")
    assert out.startswith("Refused\n")
    assert message in out


def test_the_exit_code_tells_whether_it_is_answered(checked: Any) -> None:
    assert checked(RECURRENT.read_bytes())[0] == 0
    assert checked(json.dumps(request(order(reasonCode=None))).encode())[0] == 1


def test_the_instant_to_judge_at_can_be_given(checked: Any) -> None:
    _, out, _ = checked(RECURRENT.read_bytes(), "--at", "2027-01-01T00:00:00Z")

    assert "judged at: 2027-01-01T00:00:00+00:00" in out


def test_a_request_without_an_instant_is_said_to_be_judged_now() -> None:
    assert any("(now; with --at as of the call" in line for line in report(request(order())))
    assert not any("(now;" in line for line in report(RECURRENT.read_bytes()))


# --- the copy to be shared -----------------------------------------------------------------------------


def test_a_copy_is_written_that_is_answered_in_the_same_way(checked: Any, tmp_path: Path) -> None:
    out_file = tmp_path / "copy.json"

    code, out, _ = checked(RECURRENT.read_bytes(), "--anonymise", out_file)

    assert code == 0
    assert out.endswith("Read it before you share it: codes and their systems are kept.\n")
    _, again, _ = checked(out_file.read_bytes())
    assert out.partition("\nAnswer\n")[2].partition("\n\n")[0] == again.partition("\nAnswer\n")[2].strip("\n")


def test_a_refused_request_can_be_copied_too(checked: Any, tmp_path: Path) -> None:
    out_file = tmp_path / "copy.json"

    code, _, _ = checked(json.dumps(request(order(reasonCode=None))).encode(), "--anonymise", out_file)

    assert code == 1
    assert checked(out_file.read_bytes())[0] == 1


def test_a_file_that_is_there_is_not_overwritten(checked: Any, tmp_path: Path) -> None:
    out_file = tmp_path / "copy.json"
    out_file.write_text("mine", encoding="utf-8")

    code, out, err = checked(RECURRENT.read_bytes(), "--anonymise", out_file)

    assert (code, out) == (2, "")
    assert err == "cds-service: copy.json exists already: nothing was written. Name another file.\n"
    assert out_file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("content", [b"[]", b"hook=patient-view", b'{"hook": "patient-view"'])
def test_nothing_is_written_for_what_is_no_json_object(checked: Any, tmp_path: Path, content: bytes) -> None:
    out_file = tmp_path / "copy.json"

    code, _, _ = checked(content, "--anonymise", out_file)

    assert code in (1, 2)
    assert not out_file.exists()


def test_a_folder_that_is_missing_is_a_plain_message(checked: Any, tmp_path: Path) -> None:
    code, _, err = checked(RECURRENT.read_bytes(), "--anonymise", tmp_path / "none" / "copy.json")

    assert code == 2
    assert err.startswith("cds-service: copy.json cannot be written")


# --- the parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((REQUESTS / "invalid").glob("*.json")), ids=lambda f: f.stem)
def test_whatever_is_a_json_object_can_be_read_in_part(file: Path) -> None:
    body = file.read_bytes()

    read = read_as_far_as_possible(body)

    is_object = body.strip().startswith(b"{") and "cut-off" not in file.name
    assert (read.request is not None) == is_object


@pytest.mark.parametrize(
    ("resource", "invalidities"),
    [
        ({"resourceType": "Patient", "birthDate": "1970-01-01"}, []),
        ({"resourceType": "ProcedureRequest"}, ["resourceType is no resource type of R4B"]),
        ({"resourceType": "Coding"}, ["resourceType is no resource type of R4B"]),
        ({"id": "x"}, ["resourceType is no resource type of R4B"]),
        (
            {"resourceType": "ServiceRequest", "reasonCode": {}, "status": 5, SECRET + " x": 1},
            [
                "(member) is no element of R4B",
                "intent is missing",
                "reasonCode must be an array",
                "status must be text",
                "subject is missing",
            ],
        ),
        (
            {"resourceType": "Patient", "name": [{"given": SECRET}], "birthDate": SECRET},
            ["birthDate has a value that is not allowed", "name[0].given must be an array"],
        ),
        (
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {},
                "valueString": "x",
                "valueInteger": 1,
            },
            ["resource has elements that exclude each other"],
        ),
    ],
)
def test_r4b_is_checked_strictly_and_no_value_is_told(resource: Json, invalidities: list[str]) -> None:
    found = [str(fault) for fault in invalidities_in(json.dumps(resource).encode())]

    assert found == invalidities


def test_a_type_of_data_is_no_type_of_resource() -> None:
    assert [is_resource_type(name) for name in ("Patient", "Coding", "", "../x")] == [
        True,
        False,
        False,
        False,
    ]


def test_resources_are_found_in_bundles_arrays_and_wrappers_with_their_places() -> None:
    patient = {"resourceType": "Patient", "id": "p"}
    inner = {"resourceType": "Bundle", "entry": [{"resource": patient}]}
    values: list[Any] = [
        patient,
        [patient],
        {"resource": patient, "response": {}},
        {"entry": {"resource": inner}},
    ]

    found = [[(held.place, held.type) for held in held_in(json.dumps(value).encode())] for value in values]

    assert found == [
        [("", "Patient")],
        [("[0]", "Patient")],
        [("resource", "Patient")],
        [("entry.resource.entry[0].resource", "Patient")],
    ]
