"""Requests that once cost far more than their size: each builds one of a size, and what of it grows."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from tests.unit.fhir.builders import (
    HEMOPTYSIS,
    Json,
    body,
    bundle,
    condition,
    encoded,
    observation,
    order,
    quantity,
)


class Cost(NamedTuple):
    """A request for a number of things, and the number at which it is measured, and at ten times that."""

    few: int
    request: Callable[[int], bytes]


def judged(prefetch: Any = None, **members: Any) -> bytes:
    """A request with one order for hemoptysis, and what the chart holds."""
    drafts = bundle(order(**{"reasonCode": [HEMOPTYSIS], **members}))
    return encoded(body(drafts=drafts, prefetch={"all": prefetch} if prefetch else None))


def blood(**value: Any) -> bytes:
    return judged(bundle(observation(HEMOPTYSIS, "b1", **value)))


def conditions(count: int) -> list[Json]:
    return [condition(f"c{i}") for i in range(count)]


def references(count: int, to: str) -> list[Json]:
    return [{"reference": f"{to}{i}"} for i in range(count)]


def drug(number: int) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": "active",
        "medicationCodeableConcept": {"text": f"warfarin {number} mg"},
    }


def displays(count: int) -> Json:
    return {"coding": [{"system": "urn:x", "code": f"{i}", "display": f"CT chest {i}"} for i in range(count)]}


def one_draft_for_all(count: int) -> bytes:
    large = condition("c1", note=[{"text": "x" * 300_000}])
    orders = [order(id=f"o{i}", reasonReference=[{"reference": "Condition/c1"}]) for i in range(count)]
    return encoded(body(drafts=bundle(*orders, large), hook="order-sign"))


def references_to_one(count: int) -> bytes:
    large = condition("c1", note=[{"text": "x" * 300_000}])
    reasons = [{"reference": f"Condition/c1/_history/{i}"} for i in range(count)]
    return encoded(body(drafts=bundle(order(reasonReference=reasons), large)))


def surrogate(count: int) -> bytes:
    """One lone surrogate and many line ends, written as JSON escapes."""
    text = '"\\ud800' + "\\n" * count + '"'
    return judged(bundle(condition(code={"text": "@here"}))).replace(b'"@here"', text.encode())


def drafts(count: int) -> bytes:
    """Orders to judge, each with bytes of its own that the answer repeats."""
    note = [{"text": "x" * 2_000}]
    orders = [order(id=f"o{i}", reasonCode=[HEMOPTYSIS], note=note) for i in range(count)]
    return encoded(body(drafts=bundle(*orders), hook="order-sign"))


def number(written: bytes) -> bytes:
    return blood(valueQuantity={"value": 1, "unit": "mL"}).replace(b'"value": 1', b'"value": ' + written)


def in_chunks_of_one_byte(count: int) -> bytes:
    head = b"POST /cds-services/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * count + b"0\r\n\r\n"


def with_headers(count: int) -> bytes:
    return b"GET /cds-services HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + b"X: a\r\n" * count + b"\r\n"


COSTS: Final[dict[str, Cost]] = {
    "blanks behind a unit": Cost(
        5_000, lambda n: blood(valueQuantity={"value": 2, "unit": "mL" + " " * n + "x"})
    ),
    "blanks behind an amount in words": Cost(5_000, lambda n: blood(valueString="mL" + " " * n + "x")),
    "tabs and line ends behind an amount": Cost(
        5_000, lambda n: blood(valueString="2 mL" + "\t\n" * n + "x")
    ),
    "displays of a code beside a long site": Cost(
        20,
        lambda n: judged(code=displays(n), bodySite=[{"text": "left lung, upper lobe " * 50 * n}]),
    ),
    "sites beside many displays": Cost(
        20,
        lambda n: judged(code=displays(n), bodySite=[{"text": f"lobe {i}"} for i in range(n)]),
    ),
    "a lone surrogate before escapes": Cost(100_000, surrogate),
    "drugs that match": Cost(300, lambda n: judged(bundle(*(drug(i) for i in range(n))))),
    "amounts of blood": Cost(
        300,
        lambda n: judged(
            bundle(*(observation(HEMOPTYSIS, f"b{i}", valueQuantity=quantity(5, "mL")) for i in range(n)))
        ),
    ),
    "references to contained resources": Cost(
        100,
        lambda n: encoded(
            body(drafts=bundle(order(reasonReference=references(n, "#c"), contained=conditions(n))))
        ),
    ),
    "references of many orders to one large draft": Cost(9, one_draft_for_all),
    "references of one order to one large draft": Cost(200, references_to_one),
    "combining marks": Cost(10_000, lambda n: judged(bundle(condition(code={"text": "e" + "\u0301" * n})))),
    "combining marks in no order": Cost(
        5_000, lambda n: judged(bundle(condition(code={"text": "e" + "\u0323\u0301" * n})))
    ),
    "a term and its negation, over and over": Cost(
        30,
        lambda n: judged(
            bundle(
                *(condition(f"c{i}", code={"text": "hemoptysis no hemoptysis or " * 30}) for i in range(n))
            )
        ),
    ),
    "a term and its negation in one text": Cost(
        70, lambda n: judged(bundle(condition(code={"text": "hemoptysis no hemoptysis or " * n})))
    ),
    "draft orders that are repeated in the answer": Cost(10, drafts),
    "brackets without an end": Cost(1_000, lambda n: judged(bundle(condition(code={"text": "(" * n})))),
    "an object in an object": Cost(30, lambda n: b'{"hook": ' + b'{"a":' * n + b"1" + b"}" * n + b"}"),
    "members of one name": Cost(
        2_000, lambda n: b'{"hook": "order-select", ' + b'"context": 1, ' * n + b'"context": {}}'
    ),
    "digits of a number": Cost(10_000, lambda n: number(b"1" * n)),
    "digits of an exponent": Cost(1, lambda n: number(b"1e" + b"9" * n)),
}
FRAMING: Final[dict[str, Cost]] = {
    "chunks of one byte": Cost(4_000, in_chunks_of_one_byte),
    "headers of one name": Cost(1_000, with_headers),
}
