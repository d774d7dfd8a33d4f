"""What speaks for care beside the rating: contrast, pregnancy, kidney, drugs and the like (BEHAVIOUR 6)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cds_service.clinical.chart import Chart
from cds_service.clinical.decision import Caution
from cds_service.clinical.facts import HemoptysisFacts, KidneyFunction, SafetyFinding
from cds_service.clinical.pregnancy import ABOUT_PREGNANCY, is_male, is_older, pregnancy_cautions
from cds_service.clinical.time import UNDATED
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId, Knowledge, Modality, Procedure
from cds_service.knowledge.terminology.concepts import Certainty, Concept

BY_CONCEPT: Final = {
    Concept.CONTRAST_REACTION: CautionId.CONTRAST_REACTION,
    Concept.ANTICOAGULATION: CautionId.ANTICOAGULATION,
    Concept.ANTICOAGULANT: CautionId.ANTICOAGULATION,
    Concept.ANTIPLATELET: CautionId.ANTICOAGULATION,
    Concept.THROMBOLYTIC: CautionId.ANTICOAGULATION,
    Concept.TUBERCULOSIS: CautionId.TUBERCULOSIS,
    Concept.THYROID: CautionId.THYROID,
}
_ABOUT_KIDNEYS: Final = (
    Concept.CREATININE,
    Concept.ACUTE_KIDNEY_INJURY,
    Concept.KIDNEY_DISEASE_SEVERE,
    Concept.KIDNEY_DISEASE_OTHER,
)
_ASSESSED_FROM: Final = (Kind.CONDITIONS, Kind.LABS, Kind.ALLERGIES, Kind.MEDICATIONS, Kind.IMAGING)
_PRESSING: Final = (CautionId.CONTRAST_REACTION, CautionId.PREGNANCY, CautionId.KIDNEY_SEVERE)
_REPEATED_DAILY: Final = (Modality.RADIOGRAPHY, Modality.ARTERIOGRAPHY)
"""The daily radiograph and an embolization are no equivalent studies."""

_CAUTION_RANK: Final = {caution: rank for rank, caution in enumerate(CautionId)}
_CONCEPT_RANK: Final = {
    Concept.ANTICOAGULANT: 0,
    Concept.THROMBOLYTIC: 1,
    Concept.ANTIPLATELET: 2,
    Concept.ANTICOAGULATION: 3,
    Concept.PREGNANCY_TEST: 0,
    Concept.PREGNANCY: 1,
    Concept.PREGNANCY_STATUS: 1,
    Concept.ACUTE_KIDNEY_INJURY: 0,
    Concept.EGFR: 1,
    Concept.CREATININE: 1,
    Concept.KIDNEY_DISEASE_SEVERE: 2,
    Concept.KIDNEY_DISEASE_OTHER: 2,
}
"""The order of what gives one caution at one time."""


def cautions_for(chart: Chart) -> tuple[Caution, ...]:
    """Every caution that the chart gives rise to, in the order in which cards name them."""
    facts = chart.facts
    if not (facts.safety or facts.kidney or facts.studies or facts.order_reasons or facts.encounter_reasons):
        return ()
    readings = _newest_kidney_function(facts)
    found = (
        *pregnancy_cautions(chart),
        *_kidney(chart, readings),
        *_metformin(chart, readings),
        *(_of_finding(f, BY_CONCEPT[f.concept]) for f in facts.safety if f.concept in BY_CONCEPT),
        *_suspected_tuberculosis(facts),
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
    """The kinds of data from which no caution could be assessed, since they were not wholly read.

    The drugs that are being given only where they were asked for: they are ordered too.
    """
    unread = [kind for kind in _ASSESSED_FROM if not facts.is_whole(kind)]
    if facts.is_incomplete(Kind.ADMINISTRATIONS):
        unread.append(Kind.ADMINISTRATIONS)
    knows_pregnancy = facts.is_whole(Kind.PREGNANCY) and facts.is_whole(Kind.CONDITIONS)
    may_miss_pregnancy = not knows_pregnancy and not is_male(facts)
    return (*unread, Kind.PREGNANCY) if may_miss_pregnancy else tuple(unread)


def never_charted(facts: HemoptysisFacts) -> tuple[Kind, ...]:
    """The kinds that were read whole and tell nothing: neither `read and absent` nor `not assessed`.

    Pregnancy only of a patient charted as female, since no source gives an age from which it is moot.
    """
    said = {finding.concept for finding in facts.safety}
    is_female = facts.gender.strip().lower() == "female"
    is_silent = {
        Kind.LABS: not facts.kidney and said.isdisjoint(_ABOUT_KIDNEYS),
        Kind.PREGNANCY: is_female and said.isdisjoint(ABOUT_PREGNANCY),
        Kind.ALLERGIES: not facts.has_allergy_entries and Concept.CONTRAST_REACTION not in said,
    }
    return tuple(kind for kind, is_so in is_silent.items() if is_so and facts.is_whole(kind))


def is_pressing(caution: Caution) -> bool:
    """True for a caution with which no study is recommended by default, and which labels carry.

    A reaction to contrast, a pregnancy or one that is not known, severe kidney impairment.
    """
    is_unknown = caution.id is CautionId.PREGNANCY_UNKNOWN and caution.what is Concept.PREGNANCY_UNKNOWN
    return is_unknown or caution.id in _PRESSING


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
    references = (finding.reference,) if finding.reference else ()
    return Caution(caution, finding.concept, finding.label, finding.when, references, finding.by_text)


def _safety(facts: HemoptysisFacts, *concepts: Concept) -> list[SafetyFinding]:
    return [finding for finding in facts.safety if finding.concept in concepts]


def _latest(finding: SafetyFinding) -> tuple[datetime, str]:
    return finding.when.latest, finding.reference


# --- kidney and metformin ------------------------------------------------------------------------------


def _kidney(chart: Chart, readings: list[KidneyFunction]) -> Iterator[Caution]:
    """The worst of the newest eGFR, acute kidney injury and charted kidney disease; else what is unknown."""
    severe, discretion = (
        chart.definition(limit) for limit in (DefinitionId.EGFR_SEVERE, DefinitionId.EGFR_DISCRETION)
    )
    low = [r for r in readings if r.egfr.some_value_crosses(severe)]
    charted = [*_injuries(chart, readings), *_safety(chart.facts, Concept.KIDNEY_DISEASE_SEVERE)]
    if low or charted:
        yield from (_of_egfr(r, CautionId.KIDNEY_SEVERE) for r in low)
        yield from (_of_finding(f, CautionId.KIDNEY_SEVERE) for f in charted)
        return
    lowered = [r for r in readings if r.egfr.some_value_crosses(discretion)]
    yield from (_of_egfr(r, CautionId.KIDNEY_DISCRETION) for r in lowered)
    if not _has_recent(chart, readings):
        yield from (_of_finding(f, CautionId.KIDNEY_UNKNOWN) for f in _without_an_egfr(chart.facts, readings))


def _injuries(chart: Chart, readings: list[KidneyFunction]) -> list[SafetyFinding]:
    """Acute kidney injuries, but for one that began long ago and before a dated eGFR that is not low.

    An eGFR tells little within an injury: one of the last 30 days, or without a date, stands beside any.
    """
    limit = chart.definition(DefinitionId.EGFR_SEVERE)
    is_low = any(r.egfr.some_value_crosses(limit) for r in readings)
    newest = max((r.taken.earliest for r in readings if r.taken.is_dated and not is_low), default=None)

    def is_over(injury: SafetyFinding) -> bool:
        is_old = is_older(injury.when, DefinitionId.SEVERE_CONDITION_WINDOW, chart)
        return newest is not None and is_old and injury.when.latest < newest

    return [f for f in _safety(chart.facts, Concept.ACUTE_KIDNEY_INJURY) if not is_over(f)]


def _without_an_egfr(facts: HemoptysisFacts, readings: list[KidneyFunction]) -> Iterator[SafetyFinding]:
    """The newest creatinine, if it is newer than the last eGFR, and kidney disease of no certain grade."""
    creatinine = max(_safety(facts, Concept.CREATININE), key=_latest, default=None)
    if creatinine and all(r.taken.latest < creatinine.when.latest for r in readings):
        yield creatinine
    yield from _safety(facts, Concept.KIDNEY_DISEASE_OTHER)


def _has_recent(chart: Chart, readings: list[KidneyFunction]) -> bool:
    """True when there is an eGFR that is not too old to tell of now."""
    return any(not is_older(r.taken, DefinitionId.EGFR_AGE, chart) for r in readings)


def _of_egfr(reading: KidneyFunction, caution: CautionId) -> Caution:
    references = (reading.reference,)
    return Caution(caution, Concept.EGFR, reading.charted, reading.taken, references, egfr=reading.egfr)


def _newest_kidney_function(facts: HemoptysisFacts) -> list[KidneyFunction]:
    """The newest dated eGFR, and every undated one, since any of those may be newer."""
    dated = [r for r in facts.kidney if r.taken.is_dated and r.taken.earliest <= facts.now]
    newest = max(dated, key=lambda r: (r.taken.latest, -r.egfr.low, r.reference), default=None)
    undated = sorted(
        (r for r in facts.kidney if not r.taken.is_dated), key=lambda r: (r.egfr.low, r.reference)
    )
    return ([newest] if newest else []) + undated


def _metformin(chart: Chart, readings: list[KidneyFunction]) -> Iterator[Caution]:
    """For contrast studies unless the kidney function is known to be good, else for arterial ones."""
    drugs = _safety(chart.facts, Concept.METFORMIN)
    is_injured = bool(drugs and _injuries(chart, readings))
    is_arterial_only = bool(drugs) and _has_good_kidneys(chart, readings)
    known = Concept.EGFR if readings else None
    shown = readings[0] if readings and not is_injured else None
    for drug in drugs:
        yield Caution(
            CautionId.METFORMIN,
            Concept.METFORMIN,
            drug.label,
            drug.when,
            (drug.reference,),
            drug.by_text,
            egfr=shown.egfr if shown else None,
            egfr_taken=shown.taken if shown else UNDATED,
            kidneys=Concept.ACUTE_KIDNEY_INJURY if is_injured else known,
            is_arterial_only=is_arterial_only,
        )


def _has_good_kidneys(chart: Chart, readings: list[KidneyFunction]) -> bool:
    """The rule of the ACR: an eGFR that is not under 30, nor too old, and no injury."""
    limit = chart.definition(DefinitionId.EGFR_SEVERE)
    injured = _injuries(chart, readings) or _safety(chart.facts, Concept.KIDNEY_DISEASE_SEVERE)
    is_low = any(r.egfr.some_value_crosses(limit) for r in readings)
    return _has_recent(chart, readings) and not injured and not is_low


# --- tuberculosis and earlier imaging ------------------------------------------------------------------


def _suspected_tuberculosis(facts: HemoptysisFacts) -> Iterator[Caution]:
    """Tuberculosis that only the reason of an order or of the current encounter speaks of."""
    if _safety(facts, Concept.TUBERCULOSIS):
        return
    reasons = (*facts.order_reasons, *facts.encounter_reasons)
    if any(m.concept is Concept.TUBERCULOSIS and m.certainty is not Certainty.PAST for m in reasons):
        yield Caution(CautionId.TUBERCULOSIS, Concept.TUBERCULOSIS)


def _recent_studies(chart: Chart) -> Iterator[Caution]:
    for study in chart.facts.studies:
        procedure = chart.knowledge.procedures.get(study.procedure)
        if procedure is None or procedure.topic_status != "rated" or procedure.modality in _REPEATED_DAILY:
            continue
        if chart.is_current(study.performed, DefinitionId.RECENT_STUDY_WINDOW):
            references = (study.reference,)
            yield Caution(
                CautionId.RECENT_STUDY, when=study.performed, references=references, procedure=procedure.id
            )
