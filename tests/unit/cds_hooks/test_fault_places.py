"""A body that is not JSON is refused with the line and the column where it stops being JSON."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cds_hooks.feedback import feedback_from_json
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.raw_json import TOO_DEEP, decoded, fault_place
from cds_service.errors import BadRequest

SECRET = "Zaphod"
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
INDENTS = st.sampled_from([None, 0, 2, "\t"])
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.\w]+', re.DOTALL)


def written(value: Any, indent: int | str | None, *, is_ascii: bool = False) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=is_ascii)


def place_of(text: str, index: int) -> str:
    """The place of a character, counted one by one."""
    line = column = 1
    for sign in text[:index]:
        line, column = (line + 1, 1) if sign == "\n" else (line, column + 1)
    return f"line {line}, column {column}"


def python_says(text: str) -> str:
    """Where Python's own reader stops; empty where it does not."""
    try:
        json.loads(text, parse_constant=str)
    except json.JSONDecodeError as fault:
        return f"line {fault.lineno}, column {fault.colno}"
    return ""


def refusal_of(body: bytes) -> str:
    with pytest.raises(BadRequest) as caught:
        hook_request_from(body)
    return caught.value.message


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{\n  "hook": "order-select",\n  "context" {}\n}', "line 3, column 13"),
        (b'{\r\n  "a": 1,\r\n}', "line 3, column 1"),
        (b'\xef\xbb\xbf{"a": tru}', "line 1, column 7"),
        (b"\n\n  {'a': 1}", "line 3, column 4"),
        ('{"é": "日本", x}'.encode(), "line 1, column 13"),
        (b'{"NaN": "Infinity \\" NaN",\n "b": [NaN]}', "line 2, column 8"),
        (b'{"a": -Infinity}', "line 1, column 7"),
        (b'{"a": "b', "line 1, column 7"),
        (b'{"a": {"b": 1}', "line 1, column 15"),
        (b'{"a": 1} {', "line 1, column 10"),
        (b"hook=order-select", "line 1, column 1"),
        (b'{"prefetch": {"a": [1, 2,, 3]}}', "line 1, column 26"),
        (b'{"a": ' + b"9" * 5000 + b", }", "line 1, column 5009"),
    ],
)
def test_the_place_is_where_the_body_stops_being_json(body: bytes, place: str) -> None:
    assert fault_place(body) == place
    assert f"The body is not valid JSON at {place}:" in refusal_of(body)


def test_feedback_names_the_place_too() -> None:
    with pytest.raises(BadRequest, match=r"the body is not valid JSON at line 2, column 7$"):
        feedback_from_json(b'{"feedback":\n [{}, }')


@pytest.mark.parametrize("body", [b'{"feedback": [NaN]}', b'{"feedback": "\\ud83d", "x": NaN}'])
def test_a_word_that_only_python_takes_for_a_number_is_no_json_in_feedback(body: bytes) -> None:
    with pytest.raises(BadRequest, match=r"not valid JSON at line 1, column \d+$"):
        feedback_from_json(body)


@pytest.mark.parametrize("broken", [b"\xff", b"\xe9", b"\xed\xa0\x80"])
@pytest.mark.parametrize("member", [b"hook", b"prefetch"])
def test_bytes_that_are_not_utf_8_are_named_by_their_place(broken: bytes, member: bytes) -> None:
    body = b"{\n " + b'"' + member + '": {"é": "日'.encode() + broken + b'"}}'

    place = f"line 2, column {len(member) + 14}"
    assert refusal_of(body) == f"The body is not encoded in UTF-8 at {place}."


@pytest.mark.parametrize("body", [b'{"a": ' + b"[" * 200_000, b'{"hook": ' + b"9" * 6000 + b"}"])
def test_what_is_json_and_cannot_be_decoded_is_told_apart(body: bytes) -> None:
    assert refusal_of(body).startswith(f"The body {TOO_DEEP}:")


@pytest.mark.parametrize("body", [b"[]", b"12", b'"text"', b"null"])
def test_json_that_is_no_object_has_no_place(body: bytes) -> None:
    assert fault_place(body) == ""
    assert refusal_of(body).startswith("The body is not a JSON object:")


@given(ANY, INDENTS, st.booleans())
def test_json_has_no_fault(value: Any, indent: int | str | None, is_ascii: bool) -> None:
    assert fault_place(written(value, indent, is_ascii=is_ascii).encode()) == ""


@given(ANY, INDENTS, st.data())
def test_after_a_sign_that_may_stand_nowhere_the_place_is_that_sign_or_the_token_it_breaks(
    value: Any, indent: int | str | None, data: st.DataObject
) -> None:
    text = written({"a": value}, indent)
    index = data.draw(st.integers(0, len(text)))
    within = [t.start() for t in TOKEN.finditer(text) if t.start() < index < t.end()]

    place = fault_place(f"{text[:index]}\x00{text[index:]}".encode())

    first = within[0] if within else index
    assert place in {place_of(text, at) for at in range(first, index + 1)}


@given(ANY, INDENTS, st.data())
def test_after_any_change_the_place_is_the_one_that_python_names(
    value: Any, indent: int | str | None, data: st.DataObject
) -> None:
    text = written({"a": value}, indent)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    put = data.draw(st.sampled_from(["", "{", "}", "[", "]", ",", ":", '"', "\\", "0", "-", "x", "\n", "\t"]))

    changed = text[:start] + put + text[end:]

    assert fault_place(changed.encode()) == python_says(changed.strip()) or changed != changed.strip()


@given(st.binary(max_size=40) | ANY.map(lambda value: written({"a": value}, 1).encode()), st.data())
def test_what_is_not_decoded_and_is_no_json_always_has_a_place(body: bytes, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(body)))
    cut = body[:end]

    is_read = decoded(cut, object) is not None or cut.strip() in (b"", b"null")

    assert is_read or fault_place(cut) or b"\\u" in cut


def test_a_fault_at_the_end_of_a_large_body_is_found_in_one_pass() -> None:
    body = b'{"a": [' + b"\n0," * 2_000_000 + b"}"

    assert fault_place(body) == "line 2000001, column 3"


@pytest.mark.parametrize(
    "template",
    ['{"p": "%s', '{"p": "%s" x}', '%s{"p": 1}', '{"p": %s}', '{"p": "\\%s"}', '["%s",', "{%s: 1}"],
)
def test_a_refusal_quotes_nothing(template: str) -> None:
    assert SECRET not in refusal_of((template % SECRET).encode())
