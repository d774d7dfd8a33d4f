"""One consultation as it is recorded: what was judged, by what, and what was shown, without patient data."""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import msgspec

Mode: TypeAlias = Literal["live", "silent"]
"""Whether the client got the cards, or they were judged and recorded alone."""

CardKind: TypeAlias = Literal["alert", "order", "chart"]
"""What a card is about: the patient's danger, one order, or the chart of a patient-view."""


class ShownSuggestion(msgspec.Struct, frozen=True, array_like=True):
    """A choice on a card: the study it orders, and `taken_key`, the key of the order as it is then."""

    uuid: str
    procedure: str
    taken_key: str = ""
    is_recommended: bool = False


class ShownCard(msgspec.Struct, frozen=True, array_like=True):
    """A card of the answer; of a silent one, which nobody saw, too."""

    uuid: str
    kind: CardKind
    indicator: str
    suggestions: tuple[ShownSuggestion, ...] = ()


class Consultation(msgspec.Struct, frozen=True, array_like=True):
    """One judged order, one order that was not recognized, or a chart without an order that got cards.

    `id` is of this row, `call_id` of the hook call (the same in all its rows), `consult_id` the one on the
    order's rating (the same at order-select and order-sign), all UUIDs. `hook_instance` is a UUID or empty.
    `at` is the instant of the answer in milliseconds since 1970; `judge_ms` and `fetch_ms` are the whole
    answer's and its FHIR calls' time. `patient_key`, `user_key` and `order_key` are keyed hashes;
    `state_key` is that of patient, user, order, its study, code, details and reason. `order_index` is -1 for
    the chart itself. `evidence` holds `rule:effect`, never a value, and `id:silenced` of what the site
    switched off; `missing` and `unreadable` kinds of data;
    `unmapped` are `system|code` of orders that no list holds, `unread` of observations not understood.
    `categories` has `variant=category` for each plausible variant.
    """

    id: str
    call_id: str
    consult_id: str
    hook_instance: str
    service_id: str
    hook: str
    client: str
    mode: Mode
    at: int
    judge_ms: float
    fetch_ms: float
    edition: str
    patient_key: str
    user_key: str
    order_key: str
    state_key: str
    order_index: int
    recognition: str
    procedure: str
    outcome: str
    category: str
    topic: str
    variants: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    alert: str = "none"
    severity: str = ""
    recurrence: str = ""
    evidence: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    is_held_back: bool = False
    cards: tuple[ShownCard, ...] = ()


_DECODER: Final = msgspec.json.Decoder(tuple[Consultation, ...])


def rows_in(lines: Iterable[bytes]) -> tuple[list[Consultation], list[bytes]]:
    """The rows in the lines, and the lines that this version cannot read, which another one wrote."""
    rows: list[Consultation] = []
    unread: list[bytes] = []
    for line in lines:
        try:
            rows += _DECODER.decode(line)
        except msgspec.DecodeError:
            unread.append(line)
    return rows, unread
