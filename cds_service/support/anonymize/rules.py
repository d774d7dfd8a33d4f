"""The rules for FHIR data types, in the shapes of DSTU2 to R5."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.raw_json import says_something, text_in
from cds_service.cds_hooks.response import PAMA_RATING, RATING_URLS
from cds_service.fhir.chart.understood import TELLS_NO_ANSWER
from cds_service.fhir.elements import Quantity
from cds_service.fhir.quantities import measured, number_from
from cds_service.fhir.versions import objects_in
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.support.anonymize.stand_ins import REMOVED, SERVER, Pseudonyms, TimeShift, type_shown
from cds_service.support.anonymize.words import UNTOLD, WordFilter

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/^*+#-]{0,31}")
_SYSTEM: Final = re.compile(r"[A-Za-z][A-Za-z0-9:/._~-]{0,199}")
_NUMBER: Final = re.compile(r"\s*\d+(\.\d+)?\s*", re.ASCII)
_LISTED: Final = (
    "active recurrence relapse inactive remission resolved entered-in-error refuted unconfirmed confirmed "
    "provisional differential registered preliminary final amended corrected appended addended partial "
    "modified available cancelled revoked completed stopped draft on-hold unknown suspended aborted "
    "preparation in-progress not-done intended recorded not-taken planned arrived triaged onleave finished "
    "discharged discontinued proposal plan directive order original-order reflex-order filler-order "
    "instance-order option male female other y n "
    "unk asku nav nask na nullified ended "
    "not-performed not-asked not-applicable asked-declined asked-unknown not-permitted temp-unknown masked "
    "error fatal warning information incomplete suppressed not-found forbidden exception processing "
    "informational expired timeout too-costly throttled "
    "searchset collection batch-response transaction-response batch transaction document message history "
    "match include outcome self next previous prev first last"
)
_STATUSES: Final = frozenset(_LISTED.split())
Rule = Callable[["Copy", Any], Any]
DROPPED: Final = object()
"""Stands for a member that is left out."""


@dataclass(slots=True)
class Copy:
    """What a copy is made with."""

    words: WordFilter
    shift: TimeShift
    ids: Pseudonyms = field(default_factory=Pseudonyms)

    @property
    def terminology(self) -> Terminology:
        """The codes and words that are known."""
        return self.words.knowledge.terminology


def of_text(clean: Callable[[Copy, str], str]) -> Rule:
    """A rule for text, also in an array; anything else becomes something that is no text either."""

    def rule(copy: Copy, value: Any) -> Any:
        if isinstance(value, list):
            return [rule(copy, item) for item in value]
        return clean(copy, value) if isinstance(value, str) else _no_text(value)

    return rule


def _no_text(value: Any) -> Any:
    if value is None:
        return None
    return {} if isinstance(value, dict) else 0


def presence(copy: Copy, value: Any) -> Any:
    """Only whether it says something; null stays null."""
    if value is None:
        return None
    return REMOVED if says_something(value) else ""


def flag_rule(copy: Copy, value: Any) -> Any:
    """True and false as they are."""
    return value if isinstance(value, bool) else presence(copy, value)


def number_rule(copy: Copy, value: Any) -> Any:
    """A number that can be a measurement, with its written digits."""
    return value if _is_measurement(value) else presence(copy, value)


def _is_measurement(value: Any) -> bool:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return False
    is_number = isinstance(value, int | Decimal | str) and not isinstance(value, bool)
    return is_number and number_from(Decimal(value)) is not None


def code_rule(copy: Copy, value: Any) -> Any:
    """What has the shape of a code, of whatever system: a site's own codes are what a copy must show."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if _is_measurement(value) else UNTOLD
    return _code_as_text(copy, value)


def _comparator_from(copy: Copy, text: str) -> str:
    limit = Quantity(value=msgspec.Raw(b"1"), comparator=text)
    return text if measured(limit, copy.words.knowledge.words) else "?"


def _status_from(copy: Copy, text: str) -> str:
    plain = re.sub(r"[ _]", "-", text.strip().lower())
    if plain in _STATUSES:
        return plain
    return UNTOLD if plain else ""


def _system_from(copy: Copy, text: str) -> str:
    is_known = copy.terminology.is_known_system(text) and "|" not in text
    return text if not text or is_known or _SYSTEM.fullmatch(text) else "urn:removed"


date_rule = of_text(lambda copy, text: copy.shift.moved(text))
birth_date_rule = of_text(lambda copy, text: copy.shift.birth_date(text))
reference_rule = of_text(lambda copy, text: copy.ids.of_reference(text))
id_rule = of_text(lambda copy, text: copy.ids.of(text.strip().removeprefix("#")))
type_rule = of_text(lambda copy, text: type_shown(text.strip()))
words_rule = of_text(lambda copy, text: copy.words.cleaned(text))
unit_rule = of_text(lambda copy, text: copy.words.cleaned_unit(text.strip()))
_code_as_text = of_text(lambda copy, text: text if not text or _CODE.fullmatch(text.strip()) else UNTOLD)
comparator_rule = of_text(_comparator_from)
status_word_rule = of_text(_status_from)
system_rule = of_text(_system_from)


def of_object(rules: Mapping[str, Rule], text: Rule = presence) -> Rule:
    """A rule for an object (or an array of such) of which only the listed members are kept.

    `text` is the rule for a text that stands in its place.
    """

    def rule(copy: Copy, value: Any) -> Any:
        if isinstance(value, list):
            return [rule(copy, item) for item in value]
        if isinstance(value, dict):
            kept = {name: rules[name](copy, inner) for name, inner in value.items() if name in rules}
            return {name: inner for name, inner in kept.items() if inner is not DROPPED}
        return text(copy, value) if isinstance(value, str) else _no_text(value)

    return rule


def coded(copy: Copy, value: Any) -> Any:
    """A CodeableConcept, Coding, Reference or CodeableReference, or what holds such, in any FHIR version."""
    return CODED(copy, value)


def _reference_within(copy: Copy, value: Any) -> Any:
    return coded(copy, value) if isinstance(value, dict) else reference_rule(copy, value)


def _code_extension(copy: Copy, value: Any) -> Any:
    """Extensions of a code: those with a coding, and a bare code of an order that is known."""
    return [kept for extension in objects_in(value) if (kept := _extension_of_code(copy, extension))]


def _extension_of_code(copy: Copy, extension: Mapping[str, Any]) -> dict[str, Any]:
    named = text_in(extension.get("url")).rpartition("/")[2]
    system = copy.terminology.canonical_system(named)
    kept: dict[str, Any] = {}
    for name in ("valueCoding", "valueCodeableConcept", "extension"):
        if name in extension:
            rule = _code_extension if name == "extension" else coded
            kept[name] = rule(copy, extension[name])
    for name in ("valueCode", "valueString"):
        code = text_in(extension.get(name))
        if copy.terminology.meaning(system, code).order_code:
            kept[name] = code
    name = named if copy.terminology.is_known_system(named) else "extension"
    return {"url": f"{SERVER}/StructureDefinition/{name}", **kept} if kept else {}


_MAY_DENY: Final[Mapping[str, Any]] = {"extension": []}
"""What is left of an extension that may hold an answer such as `Absent`."""


def rating_extension(copy: Copy, value: Any) -> Any:
    """That an order brings an older rating, and which; of others only that one may deny its entry."""
    extensions = [*objects_in(value)]
    ratings = [extension for extension in extensions if text_in(extension.get("url")) in RATING_URLS]
    kept = [_rating(copy, extension) for extension in ratings]
    may_deny = any(e not in ratings and not TELLS_NO_ANSWER.issuperset(e) for e in extensions)
    return [*kept, *([_MAY_DENY] if may_deny else [])] or DROPPED


def _rating(copy: Copy, extension: Mapping[str, Any]) -> dict[str, Any]:
    url = text_in(extension.get("url"))
    concept = extension.get("valueCodeableConcept")
    if url != PAMA_RATING or concept is None:
        return {"url": url}
    return {"url": url, "valueCodeableConcept": coded(copy, concept)}


CODED: Final = of_object(
    {
        "coding": coded,
        "concept": coded,
        "reference": _reference_within,
        "system": system_rule,
        "code": code_rule,
        "display": words_rule,
        "text": words_rule,
        "extension": _code_extension,
        "value": coded,
        "condition": coded,
        "item": coded,
        "itemCodeableConcept": coded,
        "substance": coded,
        "parameter": coded,
        "valueCodeableConcept": coded,
        "valueString": words_rule,
    },
    text=words_rule,
)
_STATUS_CODING: Final = of_object(
    {"system": system_rule, "code": status_word_rule, "display": status_word_rule}, text=status_word_rule
)
STATUS: Final = of_object({"coding": _STATUS_CODING, "text": status_word_rule}, text=status_word_rule)
REFERENCE: Final = of_object({"reference": reference_rule}, text=reference_rule)
PERIOD: Final = of_object({"start": date_rule, "end": date_rule})
TIMING: Final = of_object({"event": date_rule, "repeat": of_object({"boundsPeriod": PERIOD})})
QUANTITY: Final = of_object(
    {
        "value": number_rule,
        "comparator": comparator_rule,
        "unit": unit_rule,
        "code": unit_rule,
        "system": system_rule,
    }
)
RANGE: Final = of_object({"low": QUANTITY, "high": QUANTITY})
RATIO: Final = of_object({"numerator": QUANTITY, "denominator": QUANTITY})
