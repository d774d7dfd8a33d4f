"""FHIR R4 data types as typed structs: only the elements that a decision reads."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import msgspec

from cds_service.cds_hooks.raw_json import NULL

Code: TypeAlias = Annotated[str, msgspec.Meta(extra={"is": "code"})]
"""A code; `repair` takes a number, a Coding or a CodeableConcept for one."""

Date: TypeAlias = Annotated[str, msgspec.Meta(extra={"is": "date"})]
"""A date, dateTime or instant as it is written; `repair` keeps anything else as a text that is no date."""

Text: TypeAlias = Annotated[str, msgspec.Meta(extra={"is": "text"})]
"""A text whose presence counts; `repair` keeps anything else as a blank."""


class Element(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Any element; all members may be absent, as data types allow and as real clients send them.

    An element that another FHIR version has in place of R4's stands in a struct with the type `None`: what
    brings one is not R4, cannot be decoded as it is, and goes through `repair`.
    """


class FhirCoding(Element, frozen=True):
    """A code in a system."""

    system: str | None = None
    code: Code | None = None
    display: str | None = None
    extension: tuple["Extension", ...] = ()


class CodeableConcept(Element, frozen=True):
    """Codes and a text for one concept.

    `concept` and `parameter` are of R5, `code` is that of a bare Coding.
    """

    coding: tuple[FhirCoding, ...] = ()
    text: str | None = None
    extension: tuple["Extension", ...] = ()
    concept: None = None
    code: None = None
    parameter: None = None


class Extension(Element, frozen=True):
    """An extension, with the values that can hold a code."""

    url: str | None = None
    value_coding: FhirCoding | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_code: str | None = None
    value_string: str | None = None
    extension: tuple["Extension", ...] = ()


class FhirReference(Element, frozen=True):
    """A Reference; `concept` is there in an R5 CodeableReference alone."""

    reference: str | None = None
    display: str | None = None
    concept: None = None


class FhirPeriod(Element, frozen=True):
    """A Period as it is written."""

    start: Date | None = None
    end: Date | None = None


class Timing(Element, frozen=True):
    """The events of a Timing, or its bounds."""

    event: tuple[Date, ...] = ()
    repeat: msgspec.Raw = NULL


class Quantity(Element, frozen=True):
    """A number with its unit; an extension, on itself or on its value, tells why there is none.

    The number stays as it is written until it is read (`quantities.number_of`): few of them ever are.
    """

    value: msgspec.Raw = NULL
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    extension: msgspec.Raw = NULL
    value_element: msgspec.Raw = msgspec.field(default=NULL, name="_value")


class FhirRange(Element, frozen=True):
    """A Range as it is written."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element, frozen=True):
    """One Quantity over another."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


_OF_ABSENCE: Final = (
    *("/data-absent-reason", "/v3-NullFlavor", "/v3/NullFlavor"),
    "2.16.840.1.113883.5.1008",
)
"""How the names of the code systems end whose codes say only why there is no code (masked, unknown)."""

_HIDDEN: Final = ("masked", "msk")


def tells_of_absence(coding: FhirCoding) -> bool:
    """True for a coding that stands where a code is hidden or not known: it names nothing."""
    return coding.system is not None and coding.system.endswith(_OF_ABSENCE)


def is_named(concept: CodeableConcept | None) -> bool:
    """True when a code or a word can be read in it, whether or not it is known; not of one that is masked."""
    if concept is None:
        return False
    is_coded = False
    for coding in concept.coding:
        if not tells_of_absence(coding):
            is_coded = is_coded or bool(coding.code or coding.display)
        elif is_masked(concept):
            return False
    return is_coded or bool(concept.text and concept.text.strip())


def is_masked(concept: CodeableConcept) -> bool:
    """True when a code says that what stands here is hidden: its words are no name either."""
    return any(
        tells_of_absence(coding) and (coding.code or "").strip().lower() in _HIDDEN
        for coding in concept.coding
    )


# --- statuses --------------------------------------------------------------------------------------------

_AS_MOST_STAND: Final = frozenset({"active", "inactive", "resolved", "confirmed", "final", "completed"})
_VOID_VERIFICATIONS: Final = ("entered-in-error", "refuted")


def status_words(status: str | CodeableConcept | None) -> Sequence[str]:
    """The codes (a display where there is none) and the text of a status, in lower case with hyphens."""
    if status is None:
        return ()
    if isinstance(status, str):
        return (_hyphened(status),)
    words = [word for coding in status.coding if (word := coding.code or coding.display)]
    return [*map(_hyphened, (*words, status.text) if status.text else words)]


def has_status(status: str | CodeableConcept | None, *codes: str) -> bool:
    """True when a status is one of the codes (`entered-in-error`), however it is written."""
    return not frozenset(codes).isdisjoint(status_words(status))


def _hyphened(word: str) -> str:
    if word in _AS_MOST_STAND:
        return word
    return word.strip().lower().replace(" ", "-").replace("_", "-")


def says_something(concept: CodeableConcept | None) -> bool:
    """False for what is absent or empty, as `{"coding": [{}]}` is."""
    if concept is None:
        return False
    return bool(concept.text or concept.extension) or any(
        coding.system or coding.code or coding.display or coding.extension for coding in concept.coding
    )


def why_void(status: CodeableConcept | None) -> str:
    """Why a Condition or an allergy never counts, by its verification status; empty where it counts."""
    words = status_words(status)
    return next((void for void in _VOID_VERIFICATIONS if void in words), "")
