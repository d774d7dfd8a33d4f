"""The anonymized copy: nothing of the person survives, and it is answered as the original is."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.request import JUDGE_AT_KEY
from cds_service.errors import BadRequest
from cds_service.fhir.resources import READ, ServiceRequest
from cds_service.support.anonymize.request import ELEMENTS, anonymized
from cds_service.support.anonymize.stand_ins import TimeShift
from cds_service.support.captures import read_as_far_as_possible
from cds_service.support.shared_copy import answer_to
from tests.unit.support.builders import NOW, SHIFT, Json, advisor, copied, order, request

REQUESTS = Path(__file__).parents[3] / "fixtures" / "requests"
FILES = sorted(file for file in REQUESTS.glob("*/*.json"))

requests = pytest.mark.parametrize(
    "file", [f for f in FILES if f.parent.name != "invalid"], ids=lambda f: str(f.relative_to(REQUESTS))
)


def judged_at(body: bytes) -> datetime:
    request, _ = read_as_far_as_possible(body)
    return (request and request.judge_at) or NOW


# --- the copy is answered as the original --------------------------------------------------------------


@requests
def test_a_copy_is_answered_as_the_original(file: Path) -> None:
    body = file.read_bytes()
    shift = TimeShift(-1461, judged_at(body))

    copy_of = anonymized(body, knowledge=advisor().knowledge, shift=shift)

    original = answer_to(body, shift.judged_at, advisor())
    assert answer_to(copy_of, shift.new_judged_at, advisor()) == original


@requests
def test_the_copy_carries_the_instant_at_which_it_is_answered_so(file: Path) -> None:
    body = file.read_bytes()
    shift = TimeShift(-1461, judged_at(body))

    copy_of = json.loads(anonymized(body, knowledge=advisor().knowledge, shift=shift))

    assert datetime.fromisoformat(copy_of["extension"][JUDGE_AT_KEY]) == shift.new_judged_at


# --- nothing of the person survives --------------------------------------------------------------------

APPENDED = ("display", "text", "unit")
REPLACED = ("family", "given", "conclusion", "description", "fullUrl", "div", "fhirServer", "access_token")
ADDED: dict[str, Callable[[str], Any]] = {
    "note": lambda m: [{"text": m, "authorString": m}],
    "comment": lambda m: m,
    "identifier": lambda m: [{"system": f"https://mrn.example/{m}", "value": m, "assigner": {"display": m}}],
    "telecom": lambda m: [{"system": "phone", "value": m}],
    "address": lambda m: [{"line": [m], "city": m, "postalCode": m}],
    "photo": lambda m: [{"data": m, "title": m}],
    "text_": lambda m: {"status": "generated", "div": f"<div>{m}</div>"},
    "_birthDate": lambda m: {"extension": [{"url": f"http://x.example/{m}", "valueString": m}]},
    "modifierExtension": lambda m: [{"url": "http://x.example/x", "valueString": m}],
    "requester": lambda m: {"reference": f"Practitioner/{m}", "display": m, "identifier": {"value": m}},
    "contained": lambda m: [{"resourceType": "Practitioner", "id": m, "name": [{"text": m}]}],
    "deceasedDateTime": lambda m: m,
    "patientInstruction": lambda m: m,
    "onsetString": lambda m: m,
}


class Marker:
    """Puts a marker of its own into every place that can hold words of a person."""

    def __init__(self) -> None:
        self.markers: list[str] = []
        self._numbers = count(1)

    def new(self) -> str:
        self.markers.append(f"Zq{next(self._numbers)}Xk")
        return self.markers[-1]

    def body(self, body: Json) -> Json:
        marked: Json = self._marked(copy.deepcopy(body))
        marked = self._with_marked_ids(marked)
        marked["fhirServer"] = f"https://{self.new()}.example/fhir"
        marked["fhirAuthorization"] = {"access_token": self.new(), "subject": self.new(), "scope": self.new()}
        marked["hookInstance"] = self.new()
        marked["context"]["userId"] = f"Practitioner/{self.new()}"
        return marked

    def _marked(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._marked(item) for item in value]
        return self._marked_object(value) if isinstance(value, dict) else value

    def _marked_object(self, members: Json) -> Json:
        marked = {name: self._member(name, value) for name, value in members.items()}
        if "resourceType" in members:
            added = {name: make(self.new()) for name, make in ADDED.items() if name not in marked}
            marked |= added
            extension = {"url": f"http://x.example/{self.new()}", "valueString": self.new()}
            marked["extension"] = [*marked.get("extension", []), extension]
        marked[self.new()] = self.new()
        return marked

    def _member(self, name: str, value: Any) -> Any:
        if name in REPLACED and isinstance(value, str):
            return self.new()
        if name in APPENDED and isinstance(value, str):
            return f"{value}{{{self.new()}}}" if name == "unit" else f"{value} {self.new()}"
        return self._marked(value)

    def _with_marked_ids(self, marked: Json) -> Json:
        text = json.dumps(marked)
        for logical_id in {marked["context"].get("patientId"), marked["context"].get("encounterId")} - {None}:
            text = re.sub(rf"(?<![\w-]){re.escape(logical_id)}(?![\w-])", self.new(), text)
        again: Json = json.loads(text)
        return again


SHIPPED = [f for f in FILES if f.parent.name in ("order-select", "order-sign", "patient-view")]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: str(f.relative_to(REQUESTS)))
def test_no_word_of_a_person_survives_and_the_answer_stays(file: Path) -> None:
    marker = Marker()
    body = json.dumps(marker.body(json.loads(file.read_text(encoding="utf-8")))).encode()
    shift = TimeShift(-777, judged_at(body))

    copy_of = anonymized(body, knowledge=advisor().knowledge, shift=shift)

    text = copy_of.decode().lower()
    surviving = [word for word in marker.markers if word.lower() in text]
    assert surviving == []
    original = answer_to(body, shift.judged_at, advisor())
    assert answer_to(copy_of, shift.new_judged_at, advisor()) == original


@requests
def test_no_id_of_the_original_survives(file: Path) -> None:
    body = json.loads(file.read_text(encoding="utf-8"))

    strings = set(_strings(copied(body)))

    assert strings.isdisjoint(_ids_in(body))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(item)


def _ids_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (
            value[name] for name in ("id", "reference", "patientId") if isinstance(value.get(name), str)
        )
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from (text for text in _ids_in(item) if text.strip())


def test_tokens_and_the_address_of_the_server_are_left_out() -> None:
    body = {
        "hook": "patient-view",
        "hookInstance": "secret-instance",
        "fhirServer": "https://ehr.hospital.example/fhir",
        "fhirAuthorization": {"access_token": "secret"},
        "context": {"patientId": "p1", "userId": "Practitioner/mueller"},
        "theirs": {"phone": "0171"},
    }

    copy_of = copied(body)

    assert copy_of == {
        "hook": "patient-view",
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {"patientId": "id-1", "userId": "Practitioner/id-2"},
        "extension": {JUDGE_AT_KEY: "2023-06-16T14:30:00+00:00"},
    }


def test_keys_of_discovery_stay_and_those_of_the_site_are_numbered() -> None:
    copy_of = copied({"prefetch": {"Anna": None, "patient": None, "Mueller": {}}})

    assert list(copy_of["prefetch"]) == ["key-1", "patient", "key-2"]


def test_every_element_that_a_decision_reads_has_a_rule() -> None:
    read = {e.encode_name for kind in (*READ, ServiceRequest) for e in msgspec.structs.fields(kind)}

    assert read - ELEMENTS.keys() == set()


@pytest.mark.parametrize(
    "body", [b"[]", b"", b"not json", b'"text"', b"POST /x HTTP/1.1\r\n\r\n{}", b'{"a": ' * 5000]
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest, match="Nothing was written"):
        anonymized(body, knowledge=advisor().knowledge, shift=SHIFT)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ELEMENTS, "coding", "entry", "resource"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["hook", "context", "prefetch", "extension"]), JSON_VALUES))
def test_any_json_object_is_copied(body: Json) -> None:
    assert JUDGE_AT_KEY in copied(body)["extension"]


@pytest.mark.parametrize(
    ("extension", "kept"),
    [
        ({"url": "https://e.example/x", "valueString": "Anna says no"}, [{"extension": []}]),
        ({"url": "https://e.example/x", "valueDateTime": "2020-01-01"}, None),
    ],
)
def test_of_an_extension_only_whether_it_may_deny_its_entry_is_kept(
    extension: Json, kept: list[Json] | None
) -> None:
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "contrast"}}

    copy_of = copied(request(order(), prefetch={"allergies": {**allergy, "extension": [extension]}}))

    assert copy_of["prefetch"]["allergies"].get("extension") == kept
