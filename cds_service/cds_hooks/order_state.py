"""What of an order tells whether it is unchanged: the study that it asks for, and the reasons it gives."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from cds_service.cds_hooks.raw_json import decoded, text_in
from cds_service.cds_hooks.request import reference_given
from cds_service.knowledge.terminology.concepts import Coding

_REASONS = ("reasonCode", "reasonReference", "reason")


class _Id(msgspec.Struct, frozen=True):
    id: Any = None


class OrderSays(NamedTuple):
    """The codes and words of an order's study, of its details and of its reasons, each sorted.

    CAUTION: the words count beside a code too: a study may be told by them alone, and so may "recurrent".
    A display beside a code, an extension, or the order in which a client writes them makes no difference.
    """

    study: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def said_by(members: Mapping[str, msgspec.Raw]) -> OrderSays:
    """What of an order tells whether it is unchanged: two that say the same are equal."""
    return OrderSays(
        tuple(sorted({*_said(members, "code")})),
        tuple(sorted({*_said(members, "orderDetail")})),
        tuple(sorted({said for name in _REASONS for said in _said(members, name)})),
    )


def said_by_code(coding: Coding) -> tuple[str, ...]:
    """As `said_by` has it of an order that this service gave that code, whose text is the display."""
    code = f"code {coding.system}|{coding.code}"
    return (code, f"text {coding.display}") if coding.display else (code,)


def id_of_order(order: msgspec.Raw) -> str:
    """The id of an order that this service wrote."""
    written = decoded(order, _Id)
    return text_in(written.id) if written else ""


def codes_of(members: Mapping[str, msgspec.Raw]) -> Iterator[tuple[str, str]]:
    """System and code of each coding of the study, in the order in which they stand."""
    for said in _said(members, "code"):
        kind, _, words = said.partition(" ")
        if kind == "code":
            system, _, code = words.partition("|")
            yield system, code


def _said(members: Mapping[str, msgspec.Raw], name: str) -> list[str]:
    return _in(decoded(members[name], Any)) if name in members else []


def _in(value: Any) -> list[str]:
    """What a CodeableConcept, a Reference, or an array of either says; R5 puts one of each in one object.

    CAUTION: not by recursion, since an array may be nested hundreds deep.
    """
    said: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            for part in (each, each.get("concept"), each.get("reference")):
                if isinstance(part, dict):
                    said += _in_part(part)
    return said


def _in_part(part: dict[str, Any]) -> list[str]:
    codings = part.get("coding")
    said = _codes(codings if isinstance(codings, list) else [codings])
    if text := text_in(part.get("text")):
        said.append(f"text {text}")
    if isinstance(part.get("reference"), str):
        reference = reference_given(part)
        said.append(f"reference {reference.type}/{reference.id}")
    return said


def _codes(codings: list[Any]) -> list[str]:
    said: list[str] = []
    for coding in codings:
        if isinstance(coding, dict):
            if code := text_in(coding.get("code")):
                said.append(f"code {text_in(coding.get('system'))}|{code}")
            elif display := text_in(coding.get("display")):
                said.append(f"text {display}")
    return said
