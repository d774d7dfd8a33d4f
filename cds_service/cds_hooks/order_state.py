"""What of an order tells whether it is unchanged: the study that it asks for, and the reasons it gives."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from cds_service.cds_hooks.raw_json import decoded, text_in
from cds_service.cds_hooks.request import reference_given

_OF_THE_STUDY = ("code", "orderDetail")
_OF_THE_REASON = ("reasonCode", "reasonReference", "reason")


Remembered: TypeAlias = dict[bytes, list[str]]
"""What parts of the orders of one request say: the choices on a card give the reasons of the draft."""


def state_of(members: Mapping[str, msgspec.Raw], remembered: Remembered | None = None) -> str:
    """The codes (else the words) of study and reason, sorted: two orders that say the same are equal.

    A display beside a code, an extension, or the order in which a client writes them makes no difference.
    Empty where no study is named: such an order is like no other.
    """
    known = {} if remembered is None else remembered
    study = sorted({*_said(members, _OF_THE_STUDY, known)})
    if not study:
        return ""
    reason = sorted({*_said(members, _OF_THE_REASON, known)})
    return msgspec.json.encode((study, reason)).decode()


def codes_of(members: Mapping[str, msgspec.Raw]) -> Iterator[tuple[str, str]]:
    """System and code of each coding of the study, in the order in which they stand."""
    for said in _said(members, ("code",), {}):
        kind, _, words = said.partition(" ")
        if kind == "code":
            system, _, code = words.partition("|")
            yield system, code


def _said(
    members: Mapping[str, msgspec.Raw], names: tuple[str, ...], remembered: Remembered
) -> Iterator[str]:
    for name in names:
        if name in members:
            raw = bytes(members[name])
            if raw not in remembered:
                remembered[raw] = [*_in(decoded(raw, Any))]
            yield from remembered[raw]


def _in(value: Any) -> Iterator[str]:
    """What a CodeableConcept, a Reference, or a list of either says; R5 puts one of each in one object."""
    if isinstance(value, list):
        for each in value:
            yield from _in(each)
    elif isinstance(value, dict):
        codings = value.get("coding")
        codes = [*_codes(codings if isinstance(codings, list) else [codings])]
        yield from codes or [f"text {text}" for text in (text_in(value.get("text")),) if text]
        if "reference" in value and isinstance(value["reference"], str):
            reference = reference_given(value)
            yield f"reference {reference.type}/{reference.id}"
        for part in ("concept", "reference"):
            if isinstance(value.get(part), dict):
                yield from _in(value[part])


def _codes(codings: list[Any]) -> Iterator[str]:
    for coding in codings:
        if not isinstance(coding, dict):
            continue
        if code := text_in(coding.get("code")):
            yield f"code {text_in(coding.get('system'))}|{code}"
        elif display := text_in(coding.get("display")):
            yield f"text {display}"
