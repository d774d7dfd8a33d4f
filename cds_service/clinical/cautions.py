"""What speaks for care beside the rating: kidney, drugs, contrast, pregnancy and the like (CLINICAL 3)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import Caution
from cds_service.clinical.facts import HemoptysisFacts, KidneyFunction, SafetyFinding
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import (
    CautionId,
    DefinitionId,
    Knowledge,
    Modality,
    Procedure,
)
from cds_service.knowledge.terminology.concepts import Concept

BY_CONCEPT: Final = {
    Concept.CONTRAST_REACTION: CautionId.CONTRAST_REACTION,
    Concept.PREGNANCY: CautionId.PREGNANCY,
    Concept.PREGNANCY_TEST: CautionId.PREGNANCY,
    Concept.PREGNANCY_STATUS: CautionId.PREGNANCY,
    Concept.THYROID: CautionId.THYROID,
    Concept.ANTICOAGULATION: CautionId.ANTICOAGULATION,
    Concept.ANTICOAGULANT: CautionId.ANTICOAGULATION,
    Concept.TUBERCULOSIS: CautionId.TUBERCULOSIS,
}
_ASSESSED_FROM: Final = (Kind.CONDITIONS, Kind.LABS, Kind.ALLERGIES, Kind.MEDICATIONS, Kind.IMAGING)
_CAUTION_RANK: Final = {caution: rank for rank, caution in enumerate(CautionId)}
_CONCEPT_RANK: Final = {
    Concept.ANTICOAGULANT: 0,
    Concept.ANTICOAGULATION: 1,
    Concept.PREGNANCY_TEST: 0,
    Concept.PREGNANCY: 1,
    Concept.PREGNANCY_STATUS: 1,
    Concept.ACUTE_KIDNEY_INJURY: 0,
    Concept.EGFR: 1,
    Concept.KIDNEY_DISEASE_SEVERE: 2,
    Concept.KIDNEY_DISEASE_OTHER: 2,
}
"""The order of what gives one caution at one time."""


def cautions_for(chart: Chart) -> tuple[Caution, ...]:
    """Every caution that the chart gives rise to."""
    facts = chart.facts
    if not (facts.safety or facts.kidney or facts.studies):
        return ()
    readings = _newest_kidney_function(facts)
    found = (
        *_kidney(chart, readings),
        *_metformin(chart, readings),
        *(_of_finding(f, BY_CONCEPT[f.concept]) for f in facts.safety if f.concept in BY_CONCEPT),
        *_recent_studies(chart),
    )
    if len(found) < 2:
        return found
    procedures = chart.knowledge.procedures

    def order(caution: Caution) -> tuple[int, datetime, int, tuple[int | str, ...], str, tuple[str, ...]]:
        """An order that does not depend on that of the resources."""
        within = _CONCEPT_RANK.get(caution.what, 0) if caution.what else 0
        value = caution.egfr.order if caution.egfr else ()
        name = procedures[caution.procedure].name if caution.procedure else ""
        return _CAUTION_RANK[caution.id], caution.when.earliest, within, value, name, caution.references

    return tuple(sorted(found, key=order))


def not_assessed(facts: HemoptysisFacts) -> tuple[Kind, ...]:
    """The kinds of data from which no caution could be assessed, since they were not wholly read."""
    unread = tuple(kind for kind in _ASSESSED_FROM if not facts.is_whole(kind))
    knows_pregnancy = facts.is_whole(Kind.PREGNANCY) and facts.is_whole(Kind.CONDITIONS)
    may_miss_pregnancy = not knows_pregnancy and facts.gender != "male"
    return (*unread, Kind.PREGNANCY) if may_miss_pregnancy else unread


def bears_on(caution: Caution, procedure: Procedure, knowledge: Knowledge) -> bool:
    """True when the caution matters for the study.

    A study whose contrast is not specified may be given contrast.
    """
    if caution.procedure:
        return caution.procedure == procedure.id
    if caution.is_arterial_only:
        return procedure.modality is Modality.ARTERIOGRAPHY
    match knowledge.cautions[caution.id].applies_to:
        case "iodinated-contrast":
            may_be_contrast = procedure.topic_status == "contrast-unspecified"
            return procedure.uses_iodinated_contrast or may_be_contrast
        case "ionizing-radiation":
            return procedure.is_ionizing
        case "arterial-study":
            return procedure.modality is Modality.ARTERIOGRAPHY
        case "every-study":
            return True


def _of_finding(finding: SafetyFinding, caution: CautionId) -> Caution:
    references = (finding.reference,)
    return Caution(caution, finding.concept, finding.label, finding.when, references, finding.by_text)


def _kidney(chart: Chart, readings: list[KidneyFunction]) -> Iterator[Caution]:
    """The worst of the newest eGFR, acute kidney injury and charted kidney disease."""
    severe, discretion = (
        chart.definition(limit) for limit in (DefinitionId.EGFR_SEVERE, DefinitionId.EGFR_DISCRETION)
    )
    low = [r for r in readings if r.egfr.some_value_crosses(severe)]
    charted = _safety(chart.facts, Concept.ACUTE_KIDNEY_INJURY, Concept.KIDNEY_DISEASE_SEVERE)
    lowered = [r for r in readings if r.egfr.some_value_crosses(discretion)]
    if low or charted:
        yield from (_of_egfr(r, CautionId.KIDNEY_SEVERE) for r in low)
        yield from (_of_kidney_disease(f, CautionId.KIDNEY_SEVERE) for f in charted)
    elif lowered:
        yield from (_of_egfr(r, CautionId.KIDNEY_DISCRETION) for r in lowered)
    elif not readings:
        other = _safety(chart.facts, Concept.KIDNEY_DISEASE_OTHER)
        yield from (_of_kidney_disease(f, CautionId.KIDNEY_DISCRETION) for f in other)


def _of_egfr(reading: KidneyFunction, caution: CautionId) -> Caution:
    references = (reading.reference,)
    return Caution(caution, Concept.EGFR, reading.charted, reading.taken, references, egfr=reading.egfr)


def _of_kidney_disease(finding: SafetyFinding, caution: CautionId) -> Caution:
    return Caution(caution, finding.concept, finding.label, finding.when, (finding.reference,))


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


def _metformin(chart: Chart, readings: list[KidneyFunction]) -> Iterator[Caution]:
    """For contrast studies unless the kidney function is known to be good, else for arterial ones."""
    for drug in _safety(chart.facts, Concept.METFORMIN):
        is_injured = bool(_safety(chart.facts, Concept.ACUTE_KIDNEY_INJURY))
        known = Concept.EGFR if readings else None
        yield Caution(
            CautionId.METFORMIN,
            Concept.METFORMIN,
            drug.label,
            drug.when,
            (drug.reference,),
            drug.by_text,
            egfr=readings[0].egfr if readings and not is_injured else None,
            kidneys=Concept.ACUTE_KIDNEY_INJURY if is_injured else known,
            is_arterial_only=_has_good_kidneys(chart, readings),
        )


def _has_good_kidneys(chart: Chart, readings: list[KidneyFunction]) -> bool:
    limit = chart.definition(DefinitionId.EGFR_METFORMIN_LABEL)
    injured = _safety(chart.facts, Concept.ACUTE_KIDNEY_INJURY, Concept.KIDNEY_DISEASE_SEVERE)
    return bool(readings) and not injured and not any(r.egfr.some_value_crosses(limit) for r in readings)


def _recent_studies(chart: Chart) -> Iterator[Caution]:
    for study in chart.facts.studies:
        procedure = chart.knowledge.procedures.get(study.procedure)
        if procedure is None or procedure.topic_status != "rated":
            continue
        if chart.is_current(study.performed, DefinitionId.RECENT_STUDY_WINDOW):
            references = (study.reference,)
            yield Caution(
                CautionId.RECENT_STUDY, when=study.performed, references=references, procedure=procedure.id
            )
