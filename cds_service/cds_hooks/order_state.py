"""What of an order tells whether it is unchanged: the study that it asks for, and the reasons it gives."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cds_service.cds_hooks.raw_json import decoded, text_in
from cds_service.cds_hooks.request import reference_given

_OF_THE_STUDY = ("code", "orderDetail")
_OF_THE_REASON = ("reasonCode", "reasonReference", "reason")


def state_of(members: Mapping[str, msgspec.Raw]) -> str:
    """The codes (else the words) of study and reason, sorted: two orders that say the same are equal.

    A display beside a code, an extension, or the order in which a client writes them makes no difference.
    Empty where no study is named: such an order is like no other.
    """
    study, reason = (sorted({*_said(members, names)}) for names in (_OF_THE_STUDY, _OF_THE_REASON))
    return msgspec.json.encode((study, reason)).decode() if study else ""


def codes_of(members: Mapping[str, msgspec.Raw]) -> Iterator[tuple[str, str]]:
    """System and code of each coding of the study, in the order in which they stand."""
    for said in _said(members, ("code",)):
        kind, _, words = said.partition(" ")
        if kind == "code":
            system, _, code = words.partition("|")
            yield system, code


def _said(members: Mapping[str, msgspec.Raw], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if name in members:
            yield from _in(decoded(members[name], Any))


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
        code, display, system = (text_in(coding.get(name)) for name in ("code", "display", "system"))
        if code or display:
            yield f"code {system}|{code}" if code else f"text {display}"
