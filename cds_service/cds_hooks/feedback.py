"""The feedback of a CDS Client about the cards that a clinician saw, item by item."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from cds_service.cds_hooks.raw_json import TOO_DEEP, fault_place, items_of, members_of
from cds_service.errors import BadRequest, BadValue, RequiredMissing, TooLarge

Outcome: TypeAlias = Literal["accepted", "overridden"]
"""What a clinician did with a card."""


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """Why a card was overridden; a part that was not given is empty.

    CAUTION: `user_comment` is free text and may name the patient: kept in the database, never logged.
    """

    code: str = ""
    system: str = ""
    display: str = ""
    user_comment: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """One thing that a clinician did with one card; `accepted_suggestions` holds uuids of suggestions."""

    card: str
    outcome: Outcome
    outcome_timestamp: datetime
    accepted_suggestions: tuple[str, ...] = ()
    override_reason: OverrideReason = OverrideReason()


@dataclass(frozen=True, slots=True)
class FeedbackBatch:
    """The well-formed items of one feedback body, how many others came, and the first of their faults."""

    items: tuple[FeedbackItem, ...]
    refused: int
    faults: tuple[BadRequest, ...]

    def refusal(self) -> BadRequest:
        """One error for all items that were refused; it names the first of them and counts the rest."""
        if self.refused == 1:
            return self.faults[0]
        unnamed = self.refused - len(self.faults)
        more = [f"and {unnamed} more items that cannot be read"] if unnamed else []
        return BadRequest("; ".join([*(fault.message for fault in self.faults), *more]))


MOST_FAULTS: Final = 20
MOST_ITEMS: Final = 1000
MOST_SUGGESTIONS: Final = 100
MOST_CHARACTERS_OF_AN_ID: Final = 256
"""Of a card and a suggestion. CAUTION: an index of PostgreSQL takes 2,704 bytes; a character has up to 4."""

MOST_CHARACTERS: Final = 1024
"""Of a code, a system and a display."""

MOST_CHARACTERS_OF_A_COMMENT: Final = 10_000
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_Id = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]+\Z", max_length=MOST_CHARACTERS_OF_AN_ID)]
_Text = Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)]
_Comment = Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS_OF_A_COMMENT)]


class _Suggestion(msgspec.Struct):
    id: _Id


class _Coding(msgspec.Struct):
    code: _Text | None = None
    system: _Text | None = None
    display: _Text | None = None


class _OverrideReason(msgspec.Struct, rename="camel"):
    reason: _Coding | None = None
    user_comment: _Comment | None = None


_Suggestions = Annotated[list[_Suggestion], msgspec.Meta(max_length=MOST_SUGGESTIONS)]


class _Item(msgspec.Struct, rename="camel"):
    card: _Id
    outcome: Outcome
    outcome_timestamp: datetime
    accepted_suggestions: _Suggestions | None = None
    override_reason: _OverrideReason | None = None
    override_reasons: _OverrideReason | None = None  # so named by Epic


_ITEMS: Final = msgspec.json.Decoder(_Item)  # made here: see the caution in raw_json


_EXPECTED: Final = {
    "": "an object",
    "card": "the uuid of a card",
    "outcome": '"accepted" or "overridden"',
    "outcomeTimestamp": "a date and time as in RFC 3339, such as 2026-11-24T10:05:31Z",
    "acceptedSuggestions": f"an array with 1 to {MOST_SUGGESTIONS} accepted suggestions",
    "acceptedSuggestions[]": "an object",
    "id": "the uuid of a suggestion",
    "overrideReason": "an object",
    "overrideReasons": "an object",
    "reason": "a Coding",
    "userComment": f"text of at most {MOST_CHARACTERS_OF_A_COMMENT} characters",
}


def feedback_from_json(body: bytes) -> FeedbackBatch:
    """Read a feedback body: what is well-formed is an item, what is not is a fault that names its place.

    Only the first faults are kept. Raises BadRequest if the body as a whole is not JSON, not an object, or
    has no `feedback` array; TooLarge, and nothing is to be kept, for more than MOST_ITEMS.
    """
    items, faults, refused = [], [], 0
    for index, raw in enumerate(_raw_items(body)):
        try:
            items.append(_item_from(raw, place=f"feedback[{index}]"))
        except BadRequest as fault:
            refused += 1
            faults += [fault] if refused <= MOST_FAULTS else []
    return FeedbackBatch(tuple(items), refused, tuple(faults))


def _raw_items(body: bytes) -> list[msgspec.Raw]:
    members = _members(body)
    if members is None:
        raise BadRequest("expected a JSON object with an array `feedback`")
    if "feedback" not in members:
        raise RequiredMissing("feedback: expected an array, it is missing", expression="feedback")
    items = items_of(members["feedback"])
    if items is None:
        raise BadRequest("feedback: expected an array", expression="feedback")
    if len(items) > MOST_ITEMS:
        raise TooLarge(
            f"feedback: expected at most {MOST_ITEMS} items, {len(items)} came and none was kept; "
            "send them in several requests",
            expression="feedback",
        )
    return list(items)


def _members(body: bytes) -> dict[str, msgspec.Raw] | None:
    """The members of the body, None where it is no object; raises BadRequest where it is no JSON."""
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError:
        return _members_without_half_characters(body)
    except (RecursionError, UnicodeDecodeError):
        raise _no_json(body) from None


def _members_without_half_characters(body: bytes) -> dict[str, msgspec.Raw] | None:
    """CAUTION: a comment cut off within an emoji leaves half of it, which msgspec takes for a fault."""
    if fault_place(body):
        raise _no_json(body)
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
    except (RecursionError, ValueError):
        raise _no_json(body) from None
    return members_of(text.encode("utf-8", "replace"))


def _no_json(body: bytes) -> BadRequest:
    place = fault_place(body)
    why = f"is not valid JSON at {place}" if place else TOO_DEEP
    return BadRequest(f"expected a JSON object, the body {why}")


def _item_from(raw: msgspec.Raw, *, place: str) -> FeedbackItem:
    try:
        item = _ITEMS.decode(raw)
        timestamp = _in_utc(item.outcome_timestamp)
    except OverflowError:
        raise _fault(place, "outcomeTimestamp") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _fault_from(str(error), place=place) from None
    if item.outcome == "accepted" and not item.accepted_suggestions:
        raise _fault(place, "acceptedSuggestions", kind=RequiredMissing)
    accepted = tuple(_as_we_write(suggestion.id) for suggestion in item.accepted_suggestions or ())
    given = [_override_reason_from(one) for one in (item.override_reason, item.override_reasons) if one]
    reason = next((one for one in given if one != OverrideReason()), OverrideReason())
    return FeedbackItem(_as_we_write(item.card), item.outcome, timestamp, accepted, reason)


def _as_we_write(uuid: str) -> str:
    """An id in small letters where it is a UUID, which some clients write in capitals (RFC 9562, 4)."""
    return uuid.lower() if _UUID.fullmatch(uuid) else uuid


def _in_utc(timestamp: datetime) -> datetime:
    """The instant meant: CDS Hooks has these in UTC, so one without an offset is taken as that."""
    return timestamp.astimezone(UTC) if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)


def _override_reason_from(read: _OverrideReason) -> OverrideReason:
    coding = read.reason or _Coding()
    parts = (coding.code, coding.system, coding.display, read.user_comment)
    # CAUTION: PostgreSQL keeps no NUL in a text; one in a comment would cost the whole batch.
    return OverrideReason(*((part or "").replace("\0", "\N{REPLACEMENT CHARACTER}") for part in parts))


def _fault_from(error: str, *, place: str) -> BadRequest:
    """A fault of our own wording: what msgspec says may quote the value that came."""
    path = re.search(r" - at `\$\.?([^`]*)`", error)
    member = path[1] if path else ""
    missing = re.search(r"missing required field `(\w+)`", error)
    if missing:
        return _fault(place, f"{member}.{missing[1]}".lstrip("."), kind=RequiredMissing)
    return _fault(place, member, kind=BadValue if member else BadRequest)


def _fault(place: str, member: str, *, kind: type[BadRequest] = BadValue) -> BadRequest:
    name = re.sub(r"\[\d+\]", "[]", member).rpartition(".")[2]
    expected = _EXPECTED.get(name, f"text of at most {MOST_CHARACTERS} characters")
    where = f"{place}.{member}" if member else place
    return kind(f"{where}: expected {expected}", expression=where)
