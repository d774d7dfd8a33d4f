"""Not understood is never "none": of which kind a resource is, and why it cannot be understood (BEHAVIOUR 4).

The one place for every kind. What is set aside here makes its kind of data incomplete, so that nothing is
ruled out by it; what the readers cannot read joins it (`Tally.cannot_read`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from cds_service.cds_hooks.raw_json import NULL, holds_something, is_null, items_of, members_of
from cds_service.fhir.chart.observations import (
    OF_SUPPORT,
    has_value,
    is_hidden,
    parts_of,
    value_meant,
)
from cds_service.fhir.codes import Meanings, is_word, words_of
from cds_service.fhir.elements import CodeableConcept, has_status, is_named, status_words, why_void
from cds_service.fhir.measurements import measured_by, measured_value, texts_of
from cds_service.fhir.quantities import is_given, is_unit_of, unit_of
from cds_service.fhir.repair import each_of
from cds_service.fhir.resources import (
    AllergyIntolerance,
    ChartResource,
    Condition,
    Encounter,
    MedicationUse,
    Observation,
    ObservationComponent,
    PastImaging,
    PastProcedure,
)
from cds_service.knowledge.kinds import KINDS, OBSERVED, Kind, kind_observed
from cds_service.knowledge.terminology.concepts import Certainty, CodeMeaning
from cds_service.knowledge.terminology.terminology import keep
from cds_service.knowledge.terminology.words import Scale, folded, spelled

MODIFIED: Final = "modifier-not-understood"
WITHOUT_CODE: Final = "without-a-code"
CODE_NOT_KNOWN: Final = "code-not-known"
DENIED: Final = "named-and-denied"
HIDDEN_IN_PART: Final = "hidden-in-part"
GUESSED: Final = frozenset({WITHOUT_CODE, CODE_NOT_KNOWN})
"""Why the kind of an Observation is only a guess: a Bundle of such does not hold that kind for certain."""

_MAY_BE_UNSURE: Final = frozenset({Kind.CONDITIONS, Kind.VITALS, Kind.BLEEDING})
"""Their facts can be unsure: a modifier leaves them to be signs, and the kind incomplete."""

_IN_NO_UNIT_OF: Final[Mapping[Kind, tuple[Scale, ...]]] = {
    Kind.VITALS: ("other", "mg/dL", "mL/min/{1.73_m2}"),
    Kind.LABS: ("other",),
}
_VOID: Final = ("entered-in-error", "cancelled")
OVER: Final = (*_VOID, "finished", "inactive", "resolved")
"""What is no more, of Conditions, allergies and Encounters."""

NOT_BEGUN: Final = (*_VOID, "preparation", "not-done", "on-hold", "suspended")
"""What was not done, of Procedures."""

NOT_USED: Final = (
    *(*_VOID, "not-done", "not-taken", "nullified", "completed"),
    *("stopped", "ended", "inactive", "expired"),
)
"""Never given, or over; a status that is none of these, or none, is no word against a drug."""

_VITAL: Final = b"vita"
"""Stands in every name of the category of vital signs."""

_DIGIT: Final = re.compile(r"\d", re.ASCII)
_SCORE: Final = r"(?:10|\d)(?:[.,]\d)? ?/ ?10"
_CLOCK_TIME: Final = r"[0-2]?\d:[0-5]\d(?::[0-5]\d)?"
_LENGTH: Final = r"\d ?(?:'|ft\b) ?\d+"
_NO_VALUE: Final = re.compile(rf"(?<![\d.,])(?:{_SCORE}|{_CLOCK_TIME}|{_LENGTH})(?!\d)", re.ASCII)
"""What is of another measurement, or of none: a score out of ten, a clock time, feet and inches."""

_LONGEST_TEXT: Final = 60

TELLS_NO_ANSWER: Final = frozenset(
    """
    url id valueDate valueDateTime valueInstant valuePeriod valueTime valueTiming valueIdentifier
    valueReference valueUri valueUrl valueCanonical valueOid valueUuid valueId
    """.split()  # noqa: SIM905 - a list of quoted names is no easier to read
)
"""The members of an extension that cannot hold an answer such as `Absent`: when, where, and who says so."""

QUALIFIED: Final = "extension-not-understood"
"""Why an entry is not assessed that its extension may deny."""

Placed = tuple[Kind | None, str]
"""The kind of data that an Observation is of, none if it is of none; and why it is not understood."""

OF_NO_KIND: Final[Placed] = (None, "")


def placed(observation: Observation, asked: Kind | None, meanings: Meanings) -> Placed:
    """The kind of an Observation: by its codes or its name, else by its key or category.

    What is of a kind by its key or category alone is not understood, unless its unit, the form of its value
    or a code that is known shows another measurement. What has no readable code may be of any kind. An
    excluded code is of none, but where it is sent as kidney function: a clearance says something of it.
    """
    measured = measured_by(observation, meanings)
    if measured.kind and measured.place < 0:
        return measured.kind, ""
    if not (measured.kind or observation.component or observation.contained):
        # CAUTION: told at once of a laboratory value by a code of a known system, as most of a chart is; the
        # same as what `_guessed` makes of it.
        is_another = asked is Kind.LABS and measured.is_known and measured.is_named
        if measured.matches or (is_another and not observation.has_member):
            return OF_NO_KIND
        return _filed(observation, asked, meanings)
    matches = tuple(m for part in parts_of(observation) for m in measured_by(part, meanings).matches)
    if kind := kind_observed(matches):
        is_sure = kind is not Kind.LABS or any(m.certainty is Certainty.DEFINITE for m in matches)
        return kind, "" if is_sure else CODE_NOT_KNOWN
    return OF_NO_KIND if matches else _filed(observation, asked, meanings)


def _filed(observation: Observation, asked: Kind | None, meanings: Meanings) -> Placed:
    """The kind of one whose code and name tell nothing: that of its key, else of its category."""
    guess, parts = asked, parts_of(observation)
    if guess not in OBSERVED:
        guess = Kind.VITALS if _is_filed_as_vital(observation, meanings) else None
    if not any(is_named(part.code) for part in parts):
        return guess, WITHOUT_CODE
    if guess is None or (guess is not Kind.LABS and _is_silent(observation.code, meanings)):
        return OF_NO_KIND
    return _guessed(observation, parts, guess, meanings)


def _is_silent(code: CodeableConcept | None, meanings: Meanings) -> bool:
    return any(meant.is_silent for meant in _meant_by(code, meanings))


def _guessed(
    observation: Observation, parts: Sequence[ObservationComponent], guess: Kind, meanings: Meanings
) -> Placed:
    if observation.has_member and not any(has_value(part) for part in parts):
        return guess, ""
    values = (match.concept for part in parts for match in value_meant(part, meanings))
    if guess is Kind.VITALS and any(concept in OF_SUPPORT for concept in values):
        return guess, ""
    is_masked = is_hidden(observation) and not any(map(has_value, parts))
    if is_masked and not _is_of_another_code(observation, guess, meanings):
        return guess, CODE_NOT_KNOWN
    may_be = any(may_be_of(part, guess, meanings) for part in parts)
    return (guess, CODE_NOT_KNOWN) if may_be else OF_NO_KIND


def may_be_of(part: ObservationComponent, kind: Kind, meanings: Meanings) -> bool:
    """Whether a value whose code is not listed can be one of this kind: by its code, form and unit."""
    if not has_value(part) or _is_of_another_code(part, kind, meanings):
        return False
    if kind not in _IN_NO_UNIT_OF:
        return True
    units, others = meanings.knowledge.units, _IN_NO_UNIT_OF[kind]
    if part.value_quantity is not None and is_given(part.value_quantity):
        return not any(is_unit_of(unit_of(part.value_quantity), scale, units) for scale in others)
    if texts := texts_of(part):
        texts = [_NO_VALUE.sub("", spelled(text[:_LONGEST_TEXT])) for text in texts]
        if not any(map(_DIGIT.search, texts)):
            return False
    value = measured_value(part, meanings.knowledge)
    if value is not None:
        return not any(is_unit_of(value.unit, scale, units) for scale in others)
    return bool(texts) or part.value_range is not None or part.value_ratio is not None


def _is_of_another_code(part: ObservationComponent, kind: Kind, meanings: Meanings) -> bool:
    """True for an unlisted code of a known system whose words name no vital sign, of a laboratory without."""
    if kind not in _IN_NO_UNIT_OF or not measured_by(part, meanings).is_known:
        return False
    return kind is Kind.LABS or any(map(is_word, words_of(part.code)))


def _meant_by(code: CodeableConcept | None, meanings: Meanings) -> Sequence[CodeMeaning]:
    meaning = meanings.terminology.meaning
    return [meaning(one.system or "", one.code) for one in code.coding if one.code] if code else ()


def _is_filed_as_vital(observation: Observation, meanings: Meanings) -> bool:
    """By code, display or text.

    CAUTION: the category is decoded only here, for the few whose code is not known.
    """
    if is_null(observation.category) or _VITAL not in bytes(observation.category).lower():
        return False
    category, named = KINDS[Kind.VITALS].category, meanings.knowledge.words.vital_signs
    return any(
        category in status_words(concept) or any(folded(word) in named for word in words_of(concept))
        for concept in each_of(observation.category, CodeableConcept)
    )


def why_set_aside(resource: ChartResource, kind: Kind | None, meanings: Meanings) -> str:
    """Why nothing can be read of a resource that counts; empty for what can be read.

    A modifier that is not understood can turn its meaning round. A code that is masked, or that is not
    there, names nothing, nor does a code of a system that is not known, without words.
    """
    is_unmodified = resource.modifier_extension is NULL or is_null(resource.modifier_extension)
    if is_unmodified and type(resource) is Observation:  # isinstance is slow on structs of another class
        return ""
    why_not_read = _why_not_read(resource, meanings)
    if not why_not_read and is_unmodified:
        return ""
    if kind is None or is_void(resource):
        return ""
    if kind not in _MAY_BE_UNSURE and holds_something(resource.modifier_extension):
        return MODIFIED
    return why_not_read


def _why_not_read(resource: ChartResource, meanings: Meanings) -> str:
    """Empty where a word, or a code of a known system, names what it is, and of types that need no name."""
    if type(resource) is Condition or type(resource) is PastProcedure:
        if (code := resource.code) is None:
            return WITHOUT_CODE
        key = hash(code)
        try:
            return meanings.knowledge.unread[key]
        except KeyError:
            keep(meanings.knowledge.unread, key, why := _why_unread(code, meanings))
            return why
    return "" if _is_readable(resource) else WITHOUT_CODE


def _why_unread(code: CodeableConcept, meanings: Meanings) -> str:
    if not is_named(code):
        return WITHOUT_CODE
    if any(meant.is_known_system or meant.matches for meant in _meant_by(code, meanings)):
        return ""
    return "" if any(map(is_word, words_of(code))) else CODE_NOT_KNOWN


def _is_readable(resource: ChartResource) -> bool:
    if isinstance(resource, AllergyIntolerance):
        substances = (resource.code, *(reaction.substance for reaction in resource.reaction))
        return any(map(is_named, substances))
    if isinstance(resource, PastImaging):
        named = (resource.code, *resource.procedure_code)
        return bool(resource.description) or any(map(is_named, named))
    return True


def is_modified(resource: ChartResource) -> bool:
    """True where a modifier of the resource, or of a part of an Observation, may turn its meaning round."""
    if resource.modifier_extension is not NULL and holds_something(resource.modifier_extension):
        return True
    if type(resource) is not Observation or not resource.component:
        return False
    modifiers = [part.modifier_extension for part in resource.component]
    return any(map(holds_something, modifiers))


def is_void(resource: ChartResource) -> bool:
    """True for what counts for nothing in any case, or is over: as far as its status can tell."""
    if isinstance(resource, Condition):
        return bool(why_void(resource.verification_status))
    if isinstance(resource, AllergyIntolerance):
        return bool(why_void(resource.verification_status)) or has_status(resource.clinical_status, *OVER)
    if isinstance(resource, MedicationUse):
        return has_status(resource.status, *NOT_USED) or resource.do_not_perform is True
    if isinstance(resource, PastProcedure):
        return has_status(resource.status, *NOT_BEGUN) or resource.not_done is True
    if isinstance(resource, Encounter):
        return has_status(resource.status, *OVER)
    return isinstance(resource, Observation | PastImaging) and has_status(resource.status, *_VOID)


def is_qualified(entry: Condition | AllergyIntolerance) -> bool:
    """True for an entry whose extensions or modifiers may say that it does not hold, or only in part.

    CAUTION: the Swiss order form lists every caveat as a Condition, and answers `Absent` in an extension.
    """
    if entry.extension is NULL and entry.modifier_extension is NULL:
        return False
    extensions = items_of(entry.extension) or (entry.extension,)
    return holds_something(entry.modifier_extension) or any(map(_may_answer, extensions))


def _may_answer(extension: msgspec.Raw) -> bool:
    """False for one that can only tell when, where or who; of any other nobody knows what it says."""
    members = members_of(extension)
    return holds_something(extension) if members is None else not TELLS_NO_ANSWER.issuperset(members)
