"""The anonymised copy: nothing of the person survives, and it is answered as the original is."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.app import consultation_from
from cds_service.cds_hooks.request import JUDGE_AT_KEY
from cds_service.cli.requests import read_as_far_as_possible
from cds_service.cli.shared_copy import answer_to
from cds_service.errors import BadRequest
from cds_service.evaluate import Consultation
from cds_service.fhir.anonymise import TimeShift, WordFilter, anonymised, word_filter_from
from cds_service.fhir.anonymise.ids import Pseudonyms
from cds_service.fhir.anonymise.resources import ELEMENTS
from cds_service.fhir.anonymise.times import REMOVED
from cds_service.fhir.blood_amounts import blood_amount
from cds_service.fhir.blood_in_words import amount_in_words
from cds_service.fhir.resources import Resource
from cds_service.fhir.study_names import is_of_another_part
from cds_service.settings import settings_from

Json = dict[str, Any]
REQUESTS = Path(__file__).parents[2] / "fixtures" / "requests"
FILES = sorted(file for file in REQUESTS.glob("*/*.json"))
NOW = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)
SHIFT = TimeShift(-1000, NOW)

requests = pytest.mark.parametrize(
    "file", [f for f in FILES if f.parent.name != "invalid"], ids=lambda f: str(f.relative_to(REQUESTS))
)


@cache
def consultation() -> Consultation:
    return consultation_from(settings_from({}))


@cache
def words() -> WordFilter:
    return word_filter_from(consultation().knowledge)


def judged_at(body: bytes) -> datetime:
    request = read_as_far_as_possible(body).request
    return (request and request.judge_at) or NOW


def copied(body: Json, shift: TimeShift = SHIFT) -> Json:
    result: Json = json.loads(
        anonymised(json.dumps(body).encode(), knowledge=consultation().knowledge, shift=shift)
    )
    return result


def of_patient(**members: Any) -> Json:
    """The copy of a Patient in the prefetch."""
    copy_of = copied({"prefetch": {"patient": {"resourceType": "Patient", **members}}})
    patient: Json = copy_of["prefetch"]["patient"]
    return patient


def of_order(**members: Any) -> Json:
    """The copy of a draft order."""
    order = {"resourceType": "ServiceRequest", **members}
    drafts = copied({"context": {"draftOrders": {"entry": [{"resource": order}]}}})["context"]["draftOrders"]
    result: Json = drafts["entry"][0]["resource"]
    return result


# --- the copy is answered as the original --------------------------------------------------------------


@requests
def test_a_copy_is_answered_as_the_original(file: Path) -> None:
    body = file.read_bytes()
    shift = TimeShift(-1461, judged_at(body))

    copy_of = anonymised(body, knowledge=consultation().knowledge, shift=shift)

    original = answer_to(body, shift.judged_at, consultation())
    assert answer_to(copy_of, shift.new_judged_at, consultation()) == original


@requests
def test_the_copy_carries_the_instant_at_which_it_is_answered_so(file: Path) -> None:
    body = file.read_bytes()
    shift = TimeShift(-1461, judged_at(body))

    copy_of = json.loads(anonymised(body, knowledge=consultation().knowledge, shift=shift))

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

    copy_of = anonymised(body, knowledge=consultation().knowledge, shift=shift)

    text = copy_of.decode().lower()
    surviving = [word for word in marker.markers if word.lower() in text]
    assert surviving == []
    original = answer_to(body, shift.judged_at, consultation())
    assert answer_to(copy_of, shift.new_judged_at, consultation()) == original


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
    read = {e.encode_name for kind in Resource.__subclasses__() for e in msgspec.structs.fields(kind)}

    assert read - ELEMENTS.keys() == set()


@pytest.mark.parametrize(
    "body", [b"[]", b"", b"not json", b'"text"', b"POST /x HTTP/1.1\r\n\r\n{}", b'{"a": ' * 5000]
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest, match="Nothing was written"):
        anonymised(body, knowledge=consultation().knowledge, shift=SHIFT)


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


# --- words ---------------------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        [
            "hemoptysis",
            "Hémoptysie",
            "no",
            "denies",
            "rule out",
            "history of",
            "ruled out",
            "absent",
            "r/o",
            "?",
            "CT",
            "CTA",
            "chest",
            "thorax",
            "abdomen",
            "without contrast",
            "w/o",
            "with",
            "contrast",
            "x-ray",
            "for PE",
            "pulmonary embolism",
            "fever,",
            "or",
            "cough",
            "but",
            "Mueller",
            "Anna",
            "and",
            "71250",
            "3",
            "view",
            "Łódź",
            "Анна",
            "-",
            ";",
            ".",
            ",",
            ":",
            "(",
            ")",
            "\n",
            "since",
            "o'clock",
            "portable",
            "IMG12",
            "warfarin",
            "contrast allergy",
            "x",
        ]
    ),
    max_size=10,
)


@given(PIECES)
def test_a_cleaned_text_is_read_as_the_whole_text(pieces: list[str]) -> None:
    text = " ".join(pieces)
    terminology = consultation().knowledge.terminology

    cleaned = words().cleaned(text)

    assert set(terminology.concepts_in(cleaned)) == set(terminology.concepts_in(text))
    assert terminology.study_in(cleaned) == terminology.study_in(text)
    assert is_of_another_part((cleaned,), terminology) == is_of_another_part((text,), terminology)
    assert bool(cleaned) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("CT CHEST W/O CONTRAST Dr Smith", "ct chest w/o contrast xx xxx"),
        ("Hemoptysis since Tuesday, Anna Mueller", "hemoptysis xxx xxx, xxx xxx"),
        ("Rule out hemoptysis", "rule out hemoptysis"),
        ("0171 555 1234", "0x 0x 0x"),
        ("71250 hemoptysis", "0x hemoptysis"),
        ("Hemoptysis", "Hemoptysis"),
        ("Positive", "Positive"),
        (">200 mL", ">200 mL"),
        ("2 cups of blood", "2 cups of blood"),
        ("200 mL (Anna)", "200 mL"),
        ("Anna coughed up more than 200 mL in 24 h", "more than 200 mL/24 h"),
        ("2 x 50 mL", "0x x 0x xx"),
        ("nil", "nil"),
        ("Large amount", "large xxx"),
        ("Embolization, Splenic artery", "embolization, splenic artery"),
        ("1,500 mL", "0x,0x xx"),
        ("  ", ""),
        ("≈", "xx"),
    ],
)
def test_of_a_text_only_listed_words_and_amounts_stay(text: str, cleaned: str) -> None:
    assert words().cleaned(text) == cleaned


@given(
    st.from_regex(
        r"(>|<|about )?[0-9]{1,4}([.,][0-9]{1,3})?(-[0-9]+)? ?(mL|L|cups?|cc|Anna|mL/h|)", fullmatch=True
    )
)
def test_a_cleaned_amount_is_read_as_the_whole_one(text: str) -> None:
    def amount(written: str) -> object:
        measure = amount_in_words(written, consultation().knowledge.units)
        return measure and blood_amount(measure, consultation().knowledge.units)

    assert amount(words().cleaned(text)) == amount(text)


@pytest.mark.parametrize(
    ("unit", "cleaned"),
    [
        ("mL", "mL"),
        ("mL{of Anna's}", "mL"),
        ("{Anna}/min", "/min"),
        ("mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
        ("breaths/minute", "breaths/minute"),
        ("mm[Hg]", "mm[Hg]"),
        ("%", "%"),
        ("Annas", "xx"),
        ("", ""),
    ],
)
def test_a_unit_stays_if_it_is_known_and_without_annotations(unit: str, cleaned: str) -> None:
    assert words().cleaned_unit(unit) == cleaned


# --- codes, statuses, numbers --------------------------------------------------------------------------


def test_codes_of_the_site_stay_and_text_in_their_place_does_not() -> None:
    coding = {"system": "urn:oid:1.2", "code": "IMG 12", "display": "Anna"}

    order = of_order(code={"coding": [coding, {**coding, "code": "IMG12"}]})

    assert [c["code"] for c in order["code"]["coding"]] == ["xx", "IMG12"]
    assert order["code"]["coding"][1] == {"system": "urn:oid:1.2", "code": "IMG12", "display": "xxx"}


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

    copy_of = anonymised(body, knowledge=consultation().knowledge, shift=SHIFT).decode()

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


# --- dates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        ("2026-03-12T14:30:05.123+01:00", "2023-06-16T14:30:05.123+01:00"),
        ("2026-03-12", "2023-06-16"),
        ("2026-03", "2023-06"),
        ("2026", "2023"),
        ("9999-12-31", "9999-12-31"),
        ("2300-01-01", "9999-12-31"),
        ("1753-01-01", REMOVED),
        ("2026-02-31", REMOVED),
        ("yesterday", REMOVED),
        ("", ""),
    ],
)
def test_dates_move_by_the_same_number_of_days(written: str, moved: str) -> None:
    assert SHIFT.moved(written) == moved


@given(st.dates(date(1960, 1, 1), date(2050, 1, 1)), st.integers(-3650, -400))
def test_the_distance_between_two_days_stays(day: date, days: int) -> None:
    shift = TimeShift(days, NOW)

    assert datetime.fromisoformat(shift.moved(day.isoformat())).date() == day + timedelta(days=days)


@given(st.dates(date(1905, 1, 1), date(2026, 3, 12)), st.integers(-3650, -400))
def test_a_birth_date_keeps_the_age_in_years_up_to_90(born: date, days: int) -> None:
    shift = TimeShift(days, NOW)
    today = NOW.date()

    copy_of = datetime.fromisoformat(shift.birth_date(born.isoformat())).date()

    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    assert (copy_of.month, copy_of.day) == (1, 1)
    assert shift.new_judged_at.year - copy_of.year == min(age, 90)


@pytest.mark.parametrize(
    ("written", "copy_of"),
    [
        ("2008-06-01", "2006-01-01"),
        ("2008", "2005"),
        ("1958", "1955"),
        ("1930", "1933-01-01"),
        ("2030-01-01", REMOVED),
        ("unknown", REMOVED),
    ],
)
def test_a_birth_date_that_leaves_the_age_open_leaves_it_open(written: str, copy_of: str) -> None:
    assert of_patient(birthDate=written)["birthDate"] == copy_of


def test_the_instant_of_judging_keeps_its_offset() -> None:
    there = TimeShift(-10, datetime(2026, 3, 12, 9, tzinfo=timezone(timedelta(hours=-5))))

    copy_of = copied({"extension": {JUDGE_AT_KEY: there.judged_at.isoformat()}}, there)

    assert copy_of["extension"] == {JUDGE_AT_KEY: "2026-03-02T09:00:00-05:00"}


def test_an_instant_that_is_refused_stays_refused() -> None:
    copy_of = copied({"extension": {JUDGE_AT_KEY: "Anna"}})

    assert copy_of["extension"] == {JUDGE_AT_KEY: REMOVED}
