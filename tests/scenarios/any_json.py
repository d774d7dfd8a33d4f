"""Bodies that no client should send: arbitrary JSON, and bodies of the fixtures with parts of them spoilt."""

import json
import re
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.scenarios.catalog import FIXTURES
from tests.scenarios.chart import Json

_WRITTEN: Final = "as written: "

# Numbers that Python's json would not write so.
_NUMBERS: Final = (
    "1e400", "-1e400", "1e-400", "1e999999", "-1e999999", "1e-999999", "1e99999999999999999999",
    "0.1e1", "1.50", "-0", "-0.0", "1E+2", "9" * 400, "9" * 5000, "0." + "0" * 400 + "1",
    "9223372036854775808", "-9223372036854775809", "18446744073709551616",
)  # fmt: skip
_WORDS: Final = (
    "", " ", "\u0000", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "é" * 3, "ﬀ", "İ", "<b>",
    "](javascript:x)", "|", "\\", "`", "$", "%s", "{0}", "../..", "#", "#/", "/", "Patient/", "Patient//",
    "urn:uuid:", "http://[", "ServiceRequest/ct-1", "2026-02-30", "2026-03-12T25:00:00Z", "0000-00-00",
    "9999-12-31T23:59:60+14:00", "2026-W11", "24:00", "-1", "1e5", "null", "nan", "Infinity", "x" * 5000,
    "active", "entered-in-error",
)  # fmt: skip
_NAMES: Final = (
    "resourceType", "id", "entry", "resource", "code", "coding", "text", "subject", "reference", "extension",
    "valueQuantity", "value", "link", "total", "contained", "concept", "hook", "context", "prefetch",
    "patientId", "draftOrders", "selections", "feedback", "card", "outcome", "outcomeTimestamp", "",
)  # fmt: skip

numbers: SearchStrategy[str] = st.sampled_from(_NUMBERS).map(_WRITTEN.__add__)
words = st.one_of(st.sampled_from(_WORDS), st.text(st.characters(), max_size=12))
scalars: SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), numbers, words
)
names = st.one_of(st.sampled_from(_NAMES), st.text(max_size=6))
anything: SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)

_FEEDBACK: Final[Json] = {
    "feedback": [
        {
            "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-03-12T14:35:00Z",
            "overrideReason": {"reason": {"code": "other", "system": "urn:x"}, "userComment": "as advised"},
        },
        {
            "card": "f6b95768-b1c8-40dc-8385-bf3504b82ffb",
            "outcome": "accepted",
            "outcomeTimestamp": "2026-03-12T14:36:00Z",
            "acceptedSuggestions": [{"id": "c9fb6c1b-0f0a-4f5b-a0a1-0d1f2f3a4b5c"}],
        },
    ]
}
_SEEDS: Final = [
    json.dumps(_FEEDBACK),
    *(
        file.read_text(encoding="utf-8")
        for file in sorted((FIXTURES / "requests").rglob("*.json"))
        if file.parent.name != "invalid"
    ),
]


def written(value: Any) -> bytes:
    """The value as JSON, its odd numbers as they are."""
    text = json.dumps(value)
    return re.sub(rf'"{_WRITTEN}([^"]*)"', lambda match: match[1], text).encode()


@st.composite
def spoilt_bodies(draw: DrawFn) -> bytes:
    """A body of the fixtures, or of feedback, spoilt."""
    body = json.loads(draw(st.sampled_from(_SEEDS)))
    spoil(draw, body)
    return written(body)


bodies: SearchStrategy[bytes] = st.one_of(
    spoilt_bodies(), spoilt_bodies(), anything.map(written), st.binary(max_size=40)
)


def spoil(draw: DrawFn, body: Json) -> None:
    """Up to six parts of an object dropped, replaced, doubled or retyped."""
    for _ in range(draw(st.integers(1, 6))):
        _spoil_once(draw, body)


def _spoil_once(draw: DrawFn, body: Json) -> None:
    holder, place = _somewhere(draw, body)
    match draw(st.sampled_from(["drop", "replace", "retype", "double", "elsewhere", "deepen"])):
        case "drop":
            del holder[place]
        case "replace":
            holder[place] = draw(anything)
        case "retype":
            holder[place] = draw(st.sampled_from([[holder[place]], {"x": holder[place]}, str(holder[place])]))
        case "double":
            holder[place] = [holder[place], holder[place]]
        case "elsewhere":
            other, there = _somewhere(draw, body)
            holder[place] = json.loads(json.dumps(other[there]))
        case "deepen":
            holder[place] = _nested(holder[place], draw(st.sampled_from([3, 30, 200])))


def _somewhere(draw: DrawFn, body: Json) -> tuple[Any, Any]:
    """A container and a place in it, at random depth."""
    holder: Any = body
    body.setdefault("hook", "order-sign")
    place: Any = draw(st.sampled_from(sorted(body)))
    while isinstance(holder[place], dict | list) and holder[place] and draw(st.integers(0, 5)):
        holder = holder[place]
        place = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    return holder, place


def _nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value
