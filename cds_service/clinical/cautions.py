"""What speaks for care beside the rating: kidney, drugs, contrast, pregnancy and the like (CLINICAL 3)."""

from collections.abc import Iterator
from datetime import datetime

from cds_service.clinical.amounts import range_text
from cds_service.clinical.decision import Caution, Cautions
from cds_service.clinical.facts import HemoptysisFacts, KidneyFunction, Kind, SafetyFinding
from cds_service.clinical.windows import is_current
from cds_service.knowledge.model import (
    AppliesTo,
    CautionId,
    DefinitionId,
    Knowledge,
    Modality,
    Procedure,
    Standing,
)
from cds_service.knowledge.terminology.concepts import Concept

_BY_CONCEPT = {
    Concept.CONTRAST_REACTION: (CautionId.CONTRAST_REACTION, "reaction to contrast media charted"),
    Concept.PREGNANCY: (CautionId.PREGNANCY, "pregnancy charted"),
    Concept.PREGNANCY_TEST: (CautionId.PREGNANCY, "positive pregnancy test"),
    Concept.PREGNANCY_STATUS: (CautionId.PREGNANCY, "pregnancy charted"),
    Concept.THYROID: (CautionId.THYROID, "hyperthyroid disease charted"),
    Concept.ANTICOAGULATION: (CautionId.ANTICOAGULATION, "anticoagulant therapy charted"),
    Concept.ANTICOAGULANT: (CautionId.ANTICOAGULATION, "anticoagulant"),
    Concept.TUBERCULOSIS: (CautionId.TUBERCULOSIS, "tuberculosis charted"),
}


_ASSESSED_FROM = (Kind.CONDITIONS, Kind.LABS, Kind.ALLERGIES, Kind.MEDICATIONS, Kind.IMAGING)


def cautions_for(facts: HemoptysisFacts, knowledge: Knowledge) -> Cautions:
    """Every caution that the chart gives rise to, and the kinds that could not be assessed."""
    found = (
        *_kidney(facts, knowledge),
        *_metformin(facts, knowledge),
        *(_of_finding(f) for f in facts.safety if f.concept in _BY_CONCEPT),
        *_recent_studies(facts, knowledge),
    )
    return Cautions(tuple(sorted(found, key=_place)), tuple(_not_assessed(facts)))


_ORDER = tuple(CautionId)


def _place(caution: Caution) -> tuple[int, datetime, str, tuple[str, ...]]:
    """An order that does not depend on that of the resources."""
    return _ORDER.index(caution.id), caution.when.earliest, caution.finding, caution.references


def bears_on(caution: Caution, procedure: Procedure, knowledge: Knowledge) -> bool:
    """True when the caution matters for the study.

    A study whose contrast is not specified may be given contrast.
    """
    if caution.procedure:
        return caution.procedure == procedure.id
    if caution.is_arterial_only:
        return procedure.modality is Modality.ARTERIOGRAPHY
    match knowledge.cautions[caution.id].applies_to:
        case AppliesTo.IODINATED_CONTRAST:
            may_be_contrast = procedure.standing is Standing.CONTRAST_UNSPECIFIED
            return procedure.uses_iodinated_contrast or may_be_contrast
        case AppliesTo.IONISING_RADIATION:
            return procedure.is_ionising
        case AppliesTo.ARTERIAL_STUDY:
            return procedure.modality is Modality.ARTERIOGRAPHY
        case AppliesTo.EVERY_STUDY:
            return True


def _of_finding(finding: SafetyFinding) -> Caution:
    caution, words = _BY_CONCEPT[finding.concept]
    return Caution(caution, words, finding.label, finding.when, (finding.reference,), finding.by_text)


def _kidney(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Caution]:
    """The worst of the newest eGFR, acute kidney injury and charted kidney disease."""
    readings = _newest_kidney_function(facts)
    severe = knowledge.definitions[DefinitionId.EGFR_SEVERE]
    discretion = knowledge.definitions[DefinitionId.EGFR_DISCRETION]
    low = [r for r in readings if r.egfr.some_value_crosses(severe)]
    charted = _safety(facts, Concept.ACUTE_KIDNEY_INJURY, Concept.KIDNEY_DISEASE_SEVERE)
    lowered = [r for r in readings if r.egfr.some_value_crosses(discretion)]
    if low or charted:
        yield from (_of_egfr(r, CautionId.KIDNEY_SEVERE) for r in low)
        yield from (_of_kidney_disease(f, CautionId.KIDNEY_SEVERE) for f in charted)
    elif lowered:
        yield from (_of_egfr(r, CautionId.KIDNEY_DISCRETION) for r in lowered)
    elif not readings:
        other = _safety(facts, Concept.KIDNEY_DISEASE_OTHER)
        yield from (_of_kidney_disease(f, CautionId.KIDNEY_DISCRETION) for f in other)


def _of_egfr(reading: KidneyFunction, caution: CautionId) -> Caution:
    return Caution(caution, _egfr_text(reading), reading.charted, reading.taken, (reading.reference,))


def _egfr_text(reading: KidneyFunction) -> str:
    return f"eGFR {range_text(reading.egfr, 'mL/min/1.73 m²')}"


def _of_kidney_disease(finding: SafetyFinding, caution: CautionId) -> Caution:
    words = "acute kidney injury" if finding.concept is Concept.ACUTE_KIDNEY_INJURY else "kidney disease"
    references = (finding.reference,)
    return Caution(caution, f"{words} charted", finding.label, finding.when, references)


def _newest_kidney_function(facts: HemoptysisFacts) -> list[KidneyFunction]:
    """The newest dated eGFR, and every undated one, since any of those may be newer."""
    dated = [r for r in facts.kidney if r.taken.is_dated and r.taken.earliest <= facts.now]
    newest = max(dated, key=lambda r: (r.taken.latest, -r.egfr.low, r.reference), default=None)
    undated = sorted(
        (r for r in facts.kidney if not r.taken.is_dated), key=lambda r: (r.egfr.low, r.reference)
    )
    return ([newest] if newest else []) + undated


def _safety(facts: HemoptysisFacts, *concepts: Concept) -> list[SafetyFinding]:
    return [finding for finding in facts.safety if finding.concept in concepts]


def _metformin(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Caution]:
    """For contrast studies unless the kidney function is known to be good, else for arterial ones."""
    kidney_words = _kidney_words(facts)
    is_arterial_only = _has_good_kidneys(facts, knowledge)
    for drug in _safety(facts, Concept.METFORMIN):
        yield Caution(
            CautionId.METFORMIN,
            f"metformin; {kidney_words}",
            drug.label,
            drug.when,
            (drug.reference,),
            drug.by_text,
            is_arterial_only=is_arterial_only,
        )


def _kidney_words(facts: HemoptysisFacts) -> str:
    readings = _newest_kidney_function(facts)
    if _safety(facts, Concept.ACUTE_KIDNEY_INJURY):
        return "acute kidney injury charted"
    return _egfr_text(readings[0]) if readings else "kidney function not known"


def _has_good_kidneys(facts: HemoptysisFacts, knowledge: Knowledge) -> bool:
    limit = knowledge.definitions[DefinitionId.EGFR_METFORMIN_LABEL]
    readings = _newest_kidney_function(facts)
    injured = _safety(facts, Concept.ACUTE_KIDNEY_INJURY, Concept.KIDNEY_DISEASE_SEVERE)
    return bool(readings) and not injured and not any(r.egfr.some_value_crosses(limit) for r in readings)


def _recent_studies(facts: HemoptysisFacts, knowledge: Knowledge) -> Iterator[Caution]:
    for study in facts.studies:
        procedure = knowledge.procedures.get(study.procedure)
        if procedure is None or procedure.standing is not Standing.RATED:
            continue
        if is_current(study.performed, facts, knowledge, DefinitionId.RECENT_STUDY_WINDOW):
            finding = f"{procedure.name} was already done"
            references = (study.reference,)
            yield Caution(
                CautionId.RECENT_STUDY, finding, "", study.performed, references, procedure=procedure.id
            )


def _not_assessed(facts: HemoptysisFacts) -> Iterator[Kind]:
    yield from (kind for kind in _ASSESSED_FROM if not facts.is_whole(kind))
    knows_pregnancy = facts.is_whole(Kind.PREGNANCY) and facts.is_whole(Kind.CONDITIONS)
    if not knows_pregnancy and facts.gender != "male":
        yield Kind.PREGNANCY
