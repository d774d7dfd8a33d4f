"""Imaging studies: which one an order or a report means, by code and else by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cds_service.clinical.facts import PastStudy
from cds_service.fhir.before.codings import Coded, coded_from, has_status
from cds_service.fhir.before.datetimes import Calendar
from cds_service.fhir.before.json_values import objects_in, text_in
from cds_service.fhir.before.resources import PastImaging, Procedure
from cds_service.knowledge.model import Knowledge, Modality, Standing
from cds_service.knowledge.terminology.concepts import OrderCode
from cds_service.knowledge.terminology.terminology import Terminology

_DONE = (
    "final",
    "amended",
    "corrected",
    "appended",
    "addended",
    "preliminary",
    "partial",
    "modified",
    "available",
)


@dataclass(frozen=True, slots=True)
class NamedStudy:
    """A study recognised by code or, then with `matched_name`, by name."""

    procedure: str
    is_pulmonary_arteries: bool = False
    needs_hemoptysis_reason: bool = False
    matched_name: str = ""
    other_procedures: tuple[str, ...] = ()


def study_by_code(coded: Coded, knowledge: Knowledge) -> NamedStudy | None:
    """The study that the codes stand for: the most specific, and what disagreeing ones stand for."""
    known = [code for coding in coded.codings if (code := knowledge.terminology.order_code(coding))]
    if not known:
        return None
    best = max(known, key=lambda code: _specificity(code.procedure, knowledge))
    same = [code for code in known if code.procedure == best.procedure]
    return NamedStudy(
        procedure=best.procedure,
        is_pulmonary_arteries=any(code.is_pulmonary_arteries for code in same),
        needs_hemoptysis_reason=all(code.needs_hemoptysis_reason for code in same),
        other_procedures=_others(known, best, knowledge),
    )


def _others(known: list[OrderCode], best: OrderCode, knowledge: Knowledge) -> tuple[str, ...]:
    """What the other codes stand for, if that disagrees: `CT of chest` beside a CT with contrast does not."""
    procedures = dict.fromkeys(code.procedure for code in known if code.procedure != best.procedure)
    return tuple(p for p in procedures if not _is_covered(p, best.procedure, knowledge))


def _is_covered(general: str, special: str, knowledge: Knowledge) -> bool:
    found, best = knowledge.procedures.get(general), knowledge.procedures.get(special)
    if found is None or best is None or found.standing is not Standing.CONTRAST_UNSPECIFIED:
        return False
    return best.modality is found.modality or {best.modality, found.modality} == {Modality.CT, Modality.CTA}


def _specificity(procedure: str, knowledge: Knowledge) -> int:
    """Known contrast over contrast unspecified."""
    found = knowledge.procedures.get(procedure)
    return 0 if found is None or found.standing is Standing.CONTRAST_UNSPECIFIED else 1


def study_by_name(names: Iterable[str], knowledge: Knowledge) -> NamedStudy | None:
    """The one study that the names mean; none when they contradict each other."""
    found = {name: knowledge.terminology.study_in(name) for name in names}
    named = {name: study for name, study in found.items() if study.procedure}
    if not named or len({study.procedure for study in named.values()}) > 1:
        return None
    name, study = next(iter(named.items()))
    return NamedStudy(study.procedure or "", study.is_pulmonary_arteries, matched_name=name)


def extension_codings(value: Any) -> Iterator[dict[str, Any]]:
    """The Codings in the extensions of a code and of its codings, however deep: where some put the CPT."""
    for element in objects_in(value):
        for inner in ("coding", "concept"):
            yield from extension_codings(element.get(inner))
        for extension in objects_in(element.get("extension")):
            yield from _codings_of_extension(extension)
            yield from extension_codings(extension)


def _codings_of_extension(extension: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from objects_in(extension.get("valueCoding"))
    for concept in objects_in(extension.get("valueCodeableConcept")):
        yield from objects_in(concept.get("coding"))
    code = text_in(extension.get("valueCode")) or text_in(extension.get("valueString"))
    if code:
        yield {"system": text_in(extension.get("url")).rpartition("/")[2], "code": code}


def code_of_study(code: Any, terminology: Terminology) -> Coded:
    """The code of an order or a report, with what its extensions add."""
    own = coded_from(code, terminology)
    added = coded_from({"coding": list(extension_codings(code))}, terminology)
    return Coded(own.codings + added.codings, own.texts, own.displays)


def past_study_from(imaging: PastImaging, calendar: Calendar, knowledge: Knowledge) -> PastStudy | None:
    """A study that was done, if it is one of the procedures."""
    coded = _code_of_imaging(imaging, knowledge.terminology)
    study = study_by_code(coded, knowledge) or study_by_name(coded.words, knowledge)
    if study is None or study.needs_hemoptysis_reason:
        return None
    performed = calendar.first(imaging.started, imaging.effective_date_time)
    if not performed.is_dated and imaging.effective_period:
        performed = calendar.period(imaging.effective_period).end
    return PastStudy(imaging.reference, study.procedure, performed)


def was_done(imaging: PastImaging) -> bool:
    """True for a report or a study whose images exist."""
    return has_status(imaging.status, *_DONE)


def study_of_procedure(procedure: Procedure, knowledge: Knowledge) -> str:
    """The id of the study that a Procedure was; empty for every other procedure."""
    coded = code_of_study(procedure.code, knowledge.terminology)
    study = study_by_code(coded, knowledge) or study_by_name(coded.words, knowledge)
    return "" if study is None or study.needs_hemoptysis_reason else study.procedure


def _code_of_imaging(imaging: PastImaging, terminology: Terminology) -> Coded:
    coded = code_of_study(imaging.code, terminology)
    for more in (imaging.procedure_code, imaging.procedure):
        coded = coded.joined(code_of_study(more, terminology))
    description = text_in(imaging.description)
    return coded.joined(Coded(texts=(description,))) if description else coded
