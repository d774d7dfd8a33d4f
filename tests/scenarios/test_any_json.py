"""Tests that no body gets a fault of ours or HTML, and that no more of one is read than is allowed."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse, create_environ, run_wsgi_app

from cds_service.app import create_app
from cds_service.settings import Settings, settings_from
from tests.contract.validator import outcome_faults
from tests.scenarios import any_json, clients
from tests.scenarios.any_json import bodies
from tests.scenarios.chart import Json
from tests.scenarios.replies import with_stable_uuids

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
ORIGIN: Final = {"Origin": "https://ehr.example"}
SERVICE: Final = "/cds-services/hemoptysis-imaging-order-select"
FEEDBACK: Final = f"{SERVICE}/feedback"
EVERY_EXAMPLE: Final = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LIMIT: Final = 20_000


@pytest.fixture
def small_app(settings: Settings) -> Flask:
    """A service that takes bodies of at most LIMIT bytes."""
    return create_app(
        settings_from({"CDS_DATABASE_URL": settings.database_url, "CDS_MAX_BODY_BYTES": str(LIMIT)})
    )


def addresses(app: Flask) -> list[str]:
    """Every route with what may stand in its places, and what is no route."""
    filled = {
        "<service_id>": (
            "hemoptysis-imaging-order-sign",
            "hemoptysis-imaging-patient-view",
            "no-such-service",
        ),
        "<code_system_id>": ("hemoptysis-variant", "no-such-code-system"),
    }
    paths = [rule.rule for rule in app.url_map.iter_rules()]
    for place, values in filled.items():
        paths = [path.replace(place, value) for path in paths for value in values]
    return sorted({*paths, "/no/such/address", "/cds-services/"})


def assert_well_behaved(reply: TestResponse, method: str) -> None:
    """No fault of ours; every error an OperationOutcome, every JSON well-formed, a browser may read it."""
    assert reply.status_code < 500, reply.text
    assert reply.headers.get("Access-Control-Allow-Origin") in ("*", ORIGIN["Origin"])
    if method == "HEAD":
        assert not reply.data
    elif reply.status_code >= 400:
        assert reply.mimetype == "application/json"
        assert outcome_faults(strictly_read(reply.data), status=reply.status_code) == []
    elif "json" in (reply.mimetype or ""):
        strictly_read(reply.data)


def strictly_read(text: bytes) -> Any:
    """The JSON; fails on what is not UTF-8, on NaN and on a member that stands twice."""
    return json.loads(text.decode(), parse_constant=_refuse, object_pairs_hook=_once_each)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    assert len(members) == len(pairs), "a member stands twice"
    return members


def posted(client: FlaskClient, address: str, body: bytes, **arguments: Any) -> TestResponse:
    return client.post(address, data=body, headers=ORIGIN, content_type="application/json", **arguments)


@EVERY_EXAMPLE
@given(body=bodies)
def test_a_service_answers_any_body(client: FlaskClient, body: bytes) -> None:
    for address in (SERVICE, FEEDBACK):
        assert_well_behaved(posted(client, address, body), "POST")


@EVERY_EXAMPLE
@given(body=bodies, data=st.data())
def test_every_address_answers_any_body_by_any_method(
    client: FlaskClient, body: bytes, data: st.DataObject
) -> None:
    address = data.draw(st.sampled_from(addresses(client.application)))
    method = data.draw(st.sampled_from(METHODS))
    media_type = data.draw(st.sampled_from(["application/json", "application/fhir+json", "text/plain", ""]))

    reply = client.open(address, method=method, data=body, headers=ORIGIN, content_type=media_type)

    assert_well_behaved(reply, method)


# --- what is no JSON, or hardly --------------------------------------------------------------------


@pytest.fixture(scope="module")
def body() -> bytes:
    return clients.text_of("bundle-without-type").encode()


ODD_BODIES: Final = {
    "empty": b"",
    "blank": b" \r\n\t",
    "a byte order mark alone": b"\xef\xbb\xbf",
    "UTF-16": '{"hook": "order-sign"}'.encode("utf-16"),
    "not UTF-8": b'{"hook": "order-sign", "context": {"patientId": "\xff\xfe"}}',
    "not UTF-8 where nothing is read": b'{"hook": "order-sign", "x": "\xc3", "context": {"patientId": "p"}}',
    "an overlong character": b'{"hook": "order-sign", "x": "\xc0\xaf", "context": {}}',
    "a NUL": b'{"hook": "order-sign\x00"}',
    "a control character in text": b'{"hook": "order-sign", "x": "\x01", "context": {"patientId": "p"}}',
    "NaN": b'{"hook": NaN}',
    "Infinity in an unread member": b'{"hook": "order-sign", "x": -Infinity, "context": {"patientId": "p"}}',
    "a comment": b'{"hook": "order-sign" /* really */}',
    "a comma too many": b'{"hook": "order-sign",}',
    "two values": b'{"hook": "order-sign"} {"hook": "order-sign"}',
    "cut off": b'{"hook": "order-sign", "context": {"patientId": "p", "draftOrders": {"entry": [',
    "cut off within an escape": b'{"hook": "order-sign\\u12',
    "a number": b"7",
    "a text": b'"order-sign"',
    "null": b"null",
    "an array": b'[{"hook": "order-sign"}]',
}


@pytest.mark.parametrize("address", [SERVICE, FEEDBACK])
@pytest.mark.parametrize("odd", ODD_BODIES.values(), ids=ODD_BODIES)
def test_what_is_no_json_object_is_refused(client: FlaskClient, address: str, odd: bytes) -> None:
    reply = posted(client, address, odd)

    assert reply.status_code == 400
    assert_well_behaved(reply, "POST")


def test_a_byte_order_mark_before_the_body_changes_nothing(client: FlaskClient, body: bytes) -> None:
    reply = posted(client, SERVICE, b"\xef\xbb\xbf" + body)

    assert reply.status_code == 200
    assert with_stable_uuids(reply.text) == with_stable_uuids(posted(client, SERVICE, body).text)


@pytest.mark.parametrize("member", ["hook", "context", "prefetch", "extension", "fhirServer"])
def test_a_member_that_stands_twice_is_no_fault(client: FlaskClient, body: bytes, member: str) -> None:
    doubled = body.replace(b'{\n  "hook"', f'{{"{member}": null, "hook"'.encode(), 1)
    assert doubled != body

    for twice in (doubled, body.rstrip()[:-1] + f', "{member}": []}}'.encode()):
        assert_well_behaved(posted(client, SERVICE, twice), "POST")


def test_a_member_of_an_order_that_stands_twice_is_rated_once(client: FlaskClient, body: bytes) -> None:
    twice = body.replace(b'"status": "draft"', b'"status": "draft", "status": "active"')

    reply = posted(client, SERVICE, twice)

    assert twice != body
    assert_well_behaved(reply, "POST")


NESTED: Final = {
    "everything": b"%s",
    "the context": b'{"hook": "order-sign", "context": %s}',
    "the draft orders": b'{"hook": "order-sign", "context": {"patientId": "p", "draftOrders": %s}}',
    "an entry": b'{"hook": "order-sign", "context": {"patientId": "p", "draftOrders": {"entry": [%s]}}}',
    "a code": (
        b'{"hook": "order-sign", "context": {"patientId": "p", "draftOrders": {"entry": '
        b'[{"resource": {"resourceType": "ServiceRequest", "id": "1", "code": %s}}]}}}'
    ),
    "the prefetch": b'{"hook": "patient-view", "context": {"patientId": "p"}, "prefetch": %s}',
    "a prefetched value": (
        b'{"hook": "patient-view", "context": {"patientId": "p"}, "prefetch": {"conditions": %s}}'
    ),
    "a prefetched code": (
        b'{"hook": "patient-view", "context": {"patientId": "p"}, "prefetch": {"conditions": '
        b'{"resourceType": "Condition", "code": %s}}}'
    ),
    "what nobody reads": b'{"hook": "patient-view", "context": {"patientId": "p"}, "x": %s}',
    "the extension": b'{"hook": "patient-view", "context": {"patientId": "p"}, "extension": %s}',
    "the feedback": b'{"feedback": %s}',
    "an item of feedback": b'{"feedback": [{"card": %s}]}',
}
SHELLS: Final = {
    "arrays": (b"[", b"]"),
    "objects": (b'{"a":', b"}"),
    "concepts": (b'{"concept":', b"}"),
    "entries": (b'{"entry":[', b"]}"),
    "resources": (b'{"resource":', b"}"),
    "extensions": (b'{"extension":[', b"]}"),
    "bundles": (b'{"resourceType":"Bundle","entry":[{"resource":', b"}]}"),
}


@pytest.mark.parametrize("depth", [50, 900, 100_000])
@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
@pytest.mark.parametrize("place", NESTED.values(), ids=NESTED)
def test_however_deep_a_body_is_nested_it_is_answered(
    client: FlaskClient, place: bytes, shell: tuple[bytes, bytes], depth: int
) -> None:
    deep = place % (shell[0] * depth + b"0" + shell[1] * depth)

    for address in (SERVICE, FEEDBACK):
        assert_well_behaved(posted(client, address, deep), "POST")


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "1e999999", "1e-999999", "1e99999999999999999999", "9" * 5000]
)
@pytest.mark.parametrize(
    "member", ["valueQuantity", "valueRange", "valueRatio", "valueInteger", "valueString"]
)
def test_no_number_is_too_large(client: FlaskClient, number: str, member: str) -> None:
    quantity = {"value": "as written: " + number, "unit": "mL", "code": "mL"}
    values = {
        "valueQuantity": quantity,
        "valueRange": {"low": quantity},
        "valueRatio": {"numerator": quantity, "denominator": quantity | {"unit": "h", "code": "h"}},
        "valueInteger": quantity["value"],
        "valueString": f"{number} mL",
    }
    content = clients.body_of("chart-says-hemoptysis-by-bleeding-alone")
    bleed = content["prefetch"]["bleeding"]["entry"][0]["resource"]
    del bleed["valueQuantity"]
    bleed[member] = values[member]

    reply = posted(client, SERVICE, any_json.written(content))

    assert reply.status_code == 200
    assert_well_behaved(reply, "POST")


# --- no more is read than is allowed ---------------------------------------------------------------


class Endless:
    """A body without an end; counts the bytes that were read of it."""

    def __init__(self, start: bytes = b"") -> None:
        self.start = start
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "everything was asked for"
        self.taken += size
        given, self.start = self.start[:size], self.start[size:]
        return given + b" " * (size - len(given))

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return [self.read(hint)]

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.read(1024)


def streamed(app: Flask, address: str, body: Endless, **environment: Any) -> tuple[int, bytes]:
    """The status and the text of the answer to a body that comes as a stream."""
    environ = create_environ(address, method="POST", content_type="application/json", headers=ORIGIN)
    environ.pop("CONTENT_LENGTH", None)
    answer, status, _ = run_wsgi_app(app, environ | {"wsgi.input": body} | environment)
    return int(status.split()[0]), _joined(answer)


def _joined(answer: Iterable[bytes]) -> bytes:
    return b"".join(answer)


@pytest.mark.parametrize("address", [SERVICE, FEEDBACK])
def test_a_body_that_is_said_to_be_too_long_is_not_read(small_app: Flask, address: str) -> None:
    body = Endless()

    status, text = streamed(small_app, address, body, CONTENT_LENGTH=str(LIMIT + 1))

    assert (status, body.taken) == (413, 0)
    assert outcome_faults(json.loads(text), status=status) == []


@pytest.mark.parametrize("address", [SERVICE, FEEDBACK])
def test_a_body_without_an_end_is_read_up_to_the_limit(small_app: Flask, address: str) -> None:
    body = Endless()

    status, text = streamed(
        small_app, address, body, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True}
    )

    assert status == 413
    assert body.taken <= LIMIT + 1
    assert outcome_faults(json.loads(text), status=status) == []


@pytest.mark.parametrize("address", [SERVICE, FEEDBACK])
def test_a_body_of_unknown_length_from_a_server_that_does_not_end_it_is_not_read(
    small_app: Flask, address: str
) -> None:
    body = Endless()

    status, text = streamed(small_app, address, body)

    assert (status, body.taken) == (400, 0)
    assert outcome_faults(json.loads(text), status=status) == []


def test_of_a_body_no_more_is_read_than_it_was_said_to_have(small_app: Flask, body: bytes) -> None:
    stream = Endless(start=body)

    status, _ = streamed(small_app, SERVICE, stream, CONTENT_LENGTH=str(len(body)))

    assert (status, stream.taken) == (200, len(body))


@pytest.mark.parametrize("length", ["-1", "x", "", "1e3", "99999999999999999999"])
def test_a_length_that_cannot_be_meant_is_refused(small_app: Flask, length: str) -> None:
    body = Endless()

    status, text = streamed(small_app, SERVICE, body, CONTENT_LENGTH=length)

    assert status in (400, 413)
    assert body.taken <= LIMIT + 1
    assert outcome_faults(json.loads(text), status=status) == []


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_the_limit_itself_is_allowed(small_app: Flask, body: bytes, extra: int) -> None:
    padded = body + b" " * (LIMIT + extra - len(body))

    reply = posted(small_app.test_client(), SERVICE, padded)

    assert reply.status_code == (413 if extra > 0 else 200)
    assert_well_behaved(reply, "POST")


@pytest.mark.parametrize("address", ["/", "/cds-services", "/no/such/address", "/CodeSystem/override-reason"])
def test_where_no_body_is_expected_none_is_read(small_app: Flask, address: str) -> None:
    body = Endless()

    streamed(small_app, address, body, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True})

    assert body.taken <= LIMIT + 1
