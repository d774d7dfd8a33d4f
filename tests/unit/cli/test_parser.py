"""A request is read alike in whatever pieces it comes, each with the same end or the same refusal."""

import pytest
from waitress.adjustments import Adjustments

from cds_service.cli.parser import RequestParser
from tests.attack.framings import FRAMINGS

LONGEST = 5_000
SHORT = {name: sent for name, (sent, _) in FRAMINGS.items() if len(sent) < LONGEST}


def read(sent: bytes, size: int) -> tuple[object, ...]:
    """What is made of the first request when it comes in pieces of a size."""
    parser = RequestParser(Adjustments())
    place = 0
    while place < len(sent) and not parser.completed:
        place += parser.received(sent[place : place + size])
    if parser.error is not None:
        return (parser.error.code,)
    body = parser.get_body_stream().read()
    return parser.completed, place, body, parser.headers


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("name", SHORT)
def test_a_request_is_read_alike_in_pieces_of_any_size(name: str, size: int) -> None:
    whole = read(SHORT[name], LONGEST)

    assert read(SHORT[name], size) == whole


def test_what_the_bodies_in_chunks_hold_is_what_was_sent() -> None:
    head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = b"3;a=b\r\n\r\n\n\r\n0000000A\r\n0123456789\r\n0\r\nX: 1\r\n\r\n"

    completed, place, body, headers = read(head + sent + b"GET /", LONGEST)

    assert (completed, place, body) == (True, len(head + sent), b"\r\n\n0123456789")
    assert isinstance(headers, dict)
    assert headers["CONTENT_LENGTH"] == "13"
