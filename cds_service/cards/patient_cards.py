"""The cards about the patient: the alert on top, and the card of patient-view."""

from collections.abc import Iterable, Iterator
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.cautions import (
    alternative_text,
    bearing_cautions,
    cautions_of_alert,
    cautions_section,
    missing_section,
)
from cds_service.cards.evidence import evidence_section, low_saturation, read_section, section
from cds_service.cards.markdown import markdown, shown
from cds_service.cards.notes import (
    alert_defaults,
    limiting_notes,
    patient_defaults,
    settling_section,
    severity_notes,
)
from cds_service.cards.order_card import INFO, WARNING, text_of
from cds_service.cards.phrases import capital, joined
from cds_service.cards.site import (
    ALERT_REASONS,
    alert_source_line,
    criteria_source,
    links,
    override_reasons,
    rated_with,
    ratings_table,
    source_line,
    teaching_source,
    topic_links,
)
from cds_service.cards.suggestions import alert_suggestions, initial_suggestions, selection_behavior
from cds_service.cards.summaries import alert_summary, patient_summary
from cds_service.cds_hooks.response import Card
from cds_service.clinical.facts import Embolization
from cds_service.clinical.rating import SCANS, diagnostic_studies
from cds_service.knowledge.model import AdviceKind, CautionId, Modality
from cds_service.knowledge.terminology.concepts import Concept

CRITICAL: Final = "critical"
MOST_NAMES: Final = 3
_OTHER_CAUSES: Final = (
    Concept.PULMONARY_EMBOLISM,
    Concept.SEPSIS,
    Concept.INFARCTION,
    Concept.GASTROINTESTINAL_BLEEDING,
)
_AGAINST_TRANEXAMIC_ACID: Final = (
    Concept.THROMBOSIS,
    Concept.PULMONARY_EMBOLISM,
    Concept.PULMONARY_EMBOLISM_HISTORY,
)
_AGAINST_TERLIPRESSIN: Final = (Concept.ISCHEMIA, Concept.INFARCTION)
_HYPOXIA: Final = (
    *(Concept.ACUTE_RESPIRATORY_FAILURE, Concept.ACUTE_RESPIRATORY_DISTRESS),
    *(Concept.RESPIRATORY_FAILURE_UNSPECIFIED, Concept.HYPOXEMIA),
)
"""Hypoxia that is charted without a number: the label names it beside the saturation."""


def alert_card(case: Case) -> Card | None:
    """The one alert of BEHAVIOUR 6, critical or a warning; None where there is none."""
    match case.alert:
        case "none":
            return None
        case "sign":
            return _alert(case, WARNING, _sign(case))
        case "unstable-and-small":
            return _alert(case, CRITICAL, _unstable_and_small(case))
        case _:
            return _alert(case, CRITICAL, _emergency(case))


def _alert(case: Case, indicator: str, parts: Iterable[str]) -> Card:
    suggestions = alert_suggestions(case)
    return Card(
        uuid=str(case.new_uuid()),
        summary=alert_summary(case),
        indicator=indicator,
        source=teaching_source(case.site, case.classification.topic),
        detail=text_of((*parts, *_common_parts(case), alert_source_line(case.site))),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        override_reasons=override_reasons(case.site, ALERT_REASONS),
        links=topic_links(case.site),
    )


def _emergency(case: Case) -> Iterator[str]:
    yield _numbered(_steps(case))
    if embolisms := _charted(case, Concept.PULMONARY_EMBOLISM):
        yield texts.EMBOLISM_CHARTED.format(joined(embolisms))
    recency = case.chart.recency
    has_amount = any(b.finding == "amount" and recency(p.end) != "past" for b, p in case.chart.bleeds)
    if case.alert == "unstable" and not has_amount:
        yield texts.CHART_THE_AMOUNT


def _unstable_and_small(case: Case) -> Iterator[str]:
    first = (_advice(case, AdviceKind.AIRWAY), _advice(case, AdviceKind.INTENSIVE_CARE))
    yield _numbered((*first, *_drugs_that_bleed(case), _other_causes(case)))


def _sign(case: Case) -> Iterator[str]:
    yield _advice(case, AdviceKind.MASSIVE_NOT_EXCLUDED)
    yield settling_section(case)


def _numbered(steps: Iterable[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))


def _advice(case: Case, *kinds: AdviceKind) -> str:
    return " ".join(text for kind in kinds for text in case.knowledge.advice_on(kind))


# --- the steps of the critical card ----------------------------------------------------------------------


def _steps(case: Case) -> Iterator[str]:
    """Steps (1) to (6) of BEHAVIOUR 6; the third only with a drug that bleeds in the chart."""
    yield _advice(case, AdviceKind.AIRWAY)
    yield _advice(case, AdviceKind.INTENSIVE_CARE, AdviceKind.CENTER)
    yield from _drugs_that_bleed(case)
    yield _advice(case, AdviceKind.CAUSE)
    yield _embolization(case)
    yield _treatment(case)


def _drugs_that_bleed(case: Case) -> Iterator[str]:
    """Charted anticoagulants and antiplatelets by name."""
    found = [c for c in case.decision.cautions if c.id is CautionId.ANTICOAGULATION]
    named = (markdown(c.charted) or (texts.CAUTION[c.what] if c.what else "") for c in found)
    if names := _few(dict.fromkeys(filter(None, named))):
        yield texts.DRUGS_NAMED.format(capital(joined(names)), _advice(case, AdviceKind.ANTICOAGULANT))


def _other_causes(case: Case) -> str:
    charted = _charted(case, *_OTHER_CAUSES)
    return texts.CAUSES_CHARTED.format(joined(charted)) if charted else texts.ANOTHER_CAUSE


def _charted(case: Case, *concepts: Concept) -> list[str]:
    """The labels of the active Conditions that stand for one of the concepts."""
    found = (markdown(d.label) for d in case.chart.active if d.means(*concepts))
    return _few(dict.fromkeys(filter(None, found)))


def _few(names: Iterable[str]) -> list[str]:
    """The first names, and how many more there are."""
    every = list(names)
    more = len(every) - MOST_NAMES
    return [*every[:MOST_NAMES], texts.SO_MANY_MORE.format(more)] if more > 0 else every


def _embolization(case: Case) -> str:
    """Embolization, then surgery; after an embolization when that was, and what to discuss."""
    last = max(case.chart.facts.embolizations, key=_rank, default=None)
    if last is None:
        return _advice(case, AdviceKind.EMBOLIZATION, AdviceKind.SURGERY)
    is_dated = last.performed.is_dated
    when = shown(last.performed, case.now) if is_dated else texts.AT_AN_UNKNOWN_TIME
    sentence = texts.EMBOLIZED[last.is_bronchial, _bled_after(case, last)]
    return sentence.format(when, _advice(case, AdviceKind.AFTER_EMBOLIZATION))


def _rank(embolization: Embolization) -> tuple[bool, bool, float, str]:
    """A bronchial one before one of an unnamed vessel, the latest of those with a date."""
    performed = embolization.performed
    time = performed.latest.timestamp() if performed.is_dated else 0.0
    return embolization.is_bronchial, performed.is_dated, time, embolization.reference


def _bled_after(case: Case, embolization: Embolization) -> bool:
    """True when hemoptysis certainly began, or blood was charted, after it."""
    bleeds = (period.end for bleed, period in case.chart.bleeds if bleed.shows_blood)
    signs = (*bleeds, *(diagnosis.onset for diagnosis in case.chart.hemoptysis))
    done = embolization.performed
    return done.is_dated and any(sign.is_dated and done.is_certainly_before(sign) for sign in signs)


def _treatment(case: Case) -> str:
    """Tranexamic acid or terlipressin; what speaks against each is always said: the chart may not tell."""
    drugs = {
        (AdviceKind.TRANEXAMIC_ACID, AdviceKind.TRANEXAMIC_ACID_UNLESS): _against_tranexamic_acid(case),
        (AdviceKind.TERLIPRESSIN, AdviceKind.TERLIPRESSIN_UNLESS): _against_terlipressin(case),
    }
    named = {drug: [_advice(case, kind) for kind in drug] for drug in drugs}
    advised = [texts.UNLESS.format(*named[drug]) for drug, reasons in drugs.items() if not reasons]
    protocol = _advice(case, AdviceKind.DRUGS)
    unread = _few(dict.fromkeys(map(markdown, case.chart.facts.codes_alone))) if advised else []
    sentences = [
        *([texts.DRUGS_ADVISED.format(joined(advised, texts.OR), protocol)] if advised else []),
        *([texts.CODES_ALONE.format(joined(unread))] if unread else []),
        *(texts.NOT_ADVISED.format(named[drug][0], joined(why)) for drug, why in drugs.items() if why),
    ]
    return " ".join(map(capital, sentences))


def _against_tranexamic_acid(case: Case) -> list[str]:
    return [*_under_age(case), *_charted(case, *_AGAINST_TRANEXAMIC_ACID)]


def _against_terlipressin(case: Case) -> list[str]:
    pregnancy = [texts.PREGNANT] if case.decision.has(CautionId.PREGNANCY) else []
    low = low_saturation(case)
    hypoxia = [] if low else _charted(case, *_HYPOXIA)
    return [*_under_age(case), *low, *hypoxia, *_charted(case, *_AGAINST_TERLIPRESSIN), *pregnancy]


def _under_age(case: Case) -> list[str]:
    if case.chart.is_child:
        return [texts.UNDER_AGE]
    return [texts.AGE_NOT_READ] if case.chart.may_be_child else []


# --- what every alert says -------------------------------------------------------------------------------


def _common_parts(case: Case) -> Iterator[str]:
    yield from severity_notes(case)
    yield read_section(case)
    studies = _studies_to_come(case)
    said_in_a_step = CautionId.ANTICOAGULATION if case.alert != "sign" else None
    cautions = [c for c in bearing_cautions(case, studies) if c.id is not said_in_a_step]
    yield cautions_of_alert(case, cautions)
    yield section(texts.PLEASE_NOTE, limiting_notes(case))
    yield missing_section(case, studies)
    yield alert_defaults(case)


def _studies_to_come(case: Case) -> list[str]:
    """The studies that massive hemoptysis leads to: the diagnostic ones, and embolization."""
    diagnostic = [p.id for p in diagnostic_studies(case.classification, case.knowledge)]
    if case.alert == "unstable-and-small":
        return diagnostic
    return [*diagnostic, *(p.id for p in rated_with(case.site, Modality.ARTERIOGRAPHY))]


# --- patient-view ----------------------------------------------------------------------------------------


def patient_card(case: Case) -> Card | None:
    """What imaging is usually appropriate now, and when the patient must come back.

    None without hemoptysis of late, and once a CT or CTA of the chest was done since the onset.
    """
    decision = case.decision
    if decision.studied_since_onset or not (decision.has_hemoptysis and decision.has_new_hemoptysis):
        return None
    suggestions = initial_suggestions(case)
    return Card(
        uuid=str(case.new_uuid()),
        summary=patient_summary(case),
        indicator=INFO,
        source=criteria_source(case.site, case.classification.topic),
        detail=text_of(_parts(case)),
        suggestions=suggestions,
        selection_behavior=selection_behavior(suggestions),
        links=links(case.site),
    )


def is_for_a_patient(user_id: str) -> bool:
    """True when the user is a Patient or RelatedPerson, who is shown nothing; ids may be absolute."""
    return user_id.split("/")[-2:-1] in (["Patient"], ["RelatedPerson"])


def _parts(case: Case) -> Iterator[str]:
    studies = case.decision.initial_studies
    procedures = [study.procedure for study in studies]
    names = (capital(alternative_text(case, study)) for study in studies)
    yield section(texts.INITIAL_STUDIES[case.alert], names)
    yield _together(case)
    yield settling_section(case) if case.alert in ("none", "unstable-and-small") else ""
    yield cautions_section(case, bearing_cautions(case, procedures))
    yield evidence_section(case)
    yield ratings_table(case.site, case.plausible, case.classification.age_group)
    yield section(texts.PLEASE_NOTE, limiting_notes(case))
    if case.alert in ("none", "sign"):
        yield section(texts.SEEK_HELP, case.knowledge.advice_on(AdviceKind.RED_FLAG))
    yield missing_section(case, procedures)
    yield patient_defaults(case)
    yield source_line(case.site)


def _together(case: Case) -> str:
    """How the radiograph and the scans belong together (ACR summary; page for patients on recurrence)."""
    known = case.knowledge.procedures
    modalities = [known[study.procedure].modality for study in case.decision.initial_studies]
    scans = sum(modality in SCANS for modality in modalities)
    if Modality.RADIOGRAPHY not in modalities or not scans:
        return ""
    return texts.COMPLEMENTARY if scans == 1 else texts.ONE_SCAN
