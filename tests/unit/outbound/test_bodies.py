"""Bodies are unpacked within bounds, and a `next` link is found in any JSON that is a FHIR resource."""

import gzip
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.outbound.answers import PIECE_BYTES, CallFailed, Failure, body_from, next_link

BODY = b'{"resourceType": "Bundle"}'


def pieces_of(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def failure_of(pieces: list[bytes], encoding: str = "", max_bytes: int = 1000) -> Failure:
    with pytest.raises(CallFailed) as raised:
        body_from(pieces, encoding=encoding, max_bytes=max_bytes)
    return raised.value.failure


@given(st.binary(max_size=3 * PIECE_BYTES), st.integers(min_value=1, max_value=PIECE_BYTES))
def test_a_packed_body_is_unpacked_whole_however_it_is_cut(data: bytes, size: int) -> None:
    packed = pieces_of(gzip.compress(b"{" + data), size)

    assert body_from(packed, encoding="gzip", max_bytes=len(data) + 1) == b"{" + data


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_a_plain_body_of_the_size_allowed_is_taken(encoding: str) -> None:
    assert body_from([BODY[:5], BODY[5:]], encoding=encoding, max_bytes=len(BODY)) == BODY


def test_a_byte_order_mark_is_left_out() -> None:
    assert body_from([b"\xef\xbb\xbf" + BODY], encoding="", max_bytes=1000) == BODY


def test_one_byte_too_many_is_too_large() -> None:
    assert failure_of([BODY], max_bytes=len(BODY) - 1) is Failure.TOO_LARGE
    assert failure_of([gzip.compress(BODY)], "gzip", len(BODY) - 1) is Failure.TOO_LARGE


def test_a_bomb_is_not_unpacked_beyond_the_bound() -> None:
    bomb = gzip.compress(b" " * 50_000_000)

    tracemalloc.start()
    failure = failure_of([bomb], "gzip", PIECE_BYTES)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert failure is Failure.TOO_LARGE
    assert peak_bytes < 20 * PIECE_BYTES


@pytest.mark.parametrize(
    ("pieces", "encoding"),
    [
        ([BODY], "gzip"),
        ([gzip.compress(BODY)[:-5]], "gzip"),
        ([], "gzip"),
        ([BODY], "br"),
        ([BODY], "deflate"),
        ([gzip.compress(gzip.compress(BODY))], "gzip, gzip"),
    ],
)
def test_what_cannot_be_unpacked_is_not_fhir(pieces: list[bytes], encoding: str) -> None:
    assert failure_of(pieces, encoding) is Failure.NOT_FHIR


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (b'[{"relation": "self", "url": "a"}, {"relation": "next", "url": "b"}]', "b"),
        (b'{"relation": "next", "url": "b"}', "b"),
        (b'[{"relation": "self", "url": "a"}]', ""),
        (b'[null, 1, "next", [], {"relation": "next"}, {"relation": "next", "url": 1}]', ""),
        (b"[]", ""),
        (b"null", ""),
        (b'"next"', ""),
    ],
)
def test_the_next_link_is_found_whatever_stands_beside_it(link: bytes, expected: str) -> None:
    assert next_link(b'{"resourceType": "Bundle", "link": ' + link + b', "entry": [{"x": 1.50}]}') == expected


def test_a_resource_that_is_no_bundle_leads_nowhere() -> None:
    assert next_link(b'{"resourceType": "Patient", "link": [{"type": "refer"}]}') == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>",
        b"[]",
        b"null",
        b'"Bundle"',
        b"{}",
        b'{"resourceType": 1}',
        b'{"resourceType": "Bundle"',
        b'{"resourceType": "Bundle"}{}',
        b'{"resourceType": "Bund\xff"}',
        b'{"resourceType": "Bundle", "entry": ' + b"[" * 100_000 + b"}",
    ],
)
def test_what_is_not_one_resource_in_json_is_not_fhir(body: bytes) -> None:
    with pytest.raises(CallFailed) as raised:
        next_link(body)

    assert raised.value.failure is Failure.NOT_FHIR


@given(st.binary())
def test_any_body_is_a_page_or_not_fhir(body: bytes) -> None:
    with suppress(CallFailed):
        assert isinstance(next_link(body), str)
