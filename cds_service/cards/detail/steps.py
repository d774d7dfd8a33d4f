"""The steps of a critical card: what comes first, and what the chart holds against each (BEHAVIOUR 6)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cds_service.cards import texts
from cds_service.cards.case import Case
from cds_service.cards.detail.evidence import low_saturation
from cds_service.cards.markdown import shown
from cds_service.cards.phrases import capital, joined
from cds_service.cards.room import Room
from cds_service.clinical.facts import Embolization
from cds_service.knowledge.model import AdviceKind, CautionId
from cds_service.knowledge.terminology.concepts import Concept

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


def emergency_lines(case: Case) -> Iterator[str]:
    """For massive hemoptysis and for an unstable patient: the steps, and what else changes them."""
    yield _numbered(_steps(case))
    if case.room < Room.WITHOUT_WHY and (embolisms := _charted(case, Concept.PULMONARY_EMBOLISM)):
        named = [name for name in embolisms if name.casefold() != texts.PULMONARY_EMBOLISM.casefold()]
        is_named = named and case.room < Room.BRIEF
        only = texts.ONLY_CHARTED.format(texts.PULMONARY_EMBOLISM)
        yield texts.EMBOLISM_CHARTED.format(joined(case.few(named))) if is_named else only
    recency = case.chart.recency
    has_amount = any(b.finding == "amount" and recency(p.end) != "past" for b, p in case.chart.bleeds)
    if case.alert == "unstable" and not has_amount:
        yield texts.CHART_THE_AMOUNT if case.room < Room.WITHOUT_WHY else texts.CHART_THE_AMOUNT_BRIEFLY


def small_bleed_lines(case: Case) -> Iterator[str]:
    """For an unstable patient whose bleed is small: embolization and antifibrinolytics are not named."""
    intensive_care = texts.IN_INTENSIVE_CARE.format(_advice(case, AdviceKind.INTENSIVE_CARE))
    first = (_advice(case, AdviceKind.AIRWAY), intensive_care)
    yield _numbered((*first, *_drugs_that_bleed(case), _other_causes(case)))


def _numbered(steps: Iterable[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))


def _advice(case: Case, *kinds: AdviceKind) -> str:
    return " ".join(text for kind in kinds for text in case.knowledge.advice_on(kind))


def _steps(case: Case) -> Iterator[str]:
    """Steps (1) to (6) of BEHAVIOUR 6; the third only with a drug that bleeds in the chart."""
    yield _advice(case, AdviceKind.AIRWAY)
    where = (_advice(case, AdviceKind.INTENSIVE_CARE), _advice(case, AdviceKind.CENTER))
    yield texts.IN_A_CENTER.format(*where)
    yield from _drugs_that_bleed(case)
    yield _cause(case)
    yield _embolization(case)
    yield _treatment(case)


def _cause(case: Case) -> str:
    """Where there is least room a study that stands on a button is named by its first word."""
    text = _advice(case, AdviceKind.CAUSE)
    offered = case.decision.alert_studies if case.room >= Room.WITHOUT_WHY else ()
    for name in (case.site.natural_name(study.procedure) for study in offered):
        text = text.replace(name, name.partition(" ")[0])
    return text


def _drugs_that_bleed(case: Case) -> Iterator[str]:
    """Charted anticoagulants and antiplatelets by name."""
    found = [c for c in case.decision.cautions if c.id is CautionId.ANTICOAGULATION]
    if names := case.few(case.charted(c.charted) or (texts.CAUTION[c.what] if c.what else "") for c in found):
        yield texts.DRUGS_NAMED.format(capital(joined(names)), _advice(case, AdviceKind.ANTICOAGULANT))


def _other_causes(case: Case) -> str:
    charted = _charted(case, *_OTHER_CAUSES)
    return texts.CAUSES_CHARTED.format(joined(case.few(charted))) if charted else texts.ANOTHER_CAUSE


def _charted(case: Case, *concepts: Concept) -> list[str]:
    """The labels of the active Conditions that stand for one of the concepts, each once."""
    labels = (case.charted(d.label) for d in case.chart.active if d.means(*concepts))
    return list(dict.fromkeys(filter(None, labels)))


def _embolization(case: Case) -> str:
    """Embolization, then surgery; after an embolization when that was, and what to discuss."""
    last = max(case.chart.facts.embolizations, key=_rank, default=None)
    if last is None:
        return _advice(case, AdviceKind.EMBOLIZATION, AdviceKind.SURGERY)
    is_dated = last.performed.is_dated
    when = shown(last.performed, case.now) if is_dated else texts.AT_AN_UNKNOWN_TIME
    sentences = texts.EMBOLIZED if case.room < Room.WITHOUT_WHY else texts.EMBOLIZED_BRIEFLY
    sentence = sentences[last.is_bronchial, _bled_after(case, last)]
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
    unread = case.few(map(case.charted, case.chart.facts.codes_alone)) if advised else []
    check = texts.CODES_ALONE if case.room < Room.WITHOUT_WHY else texts.CODES_ALONE_BRIEFLY
    sentences = [
        *([texts.DRUGS_ADVISED.format(protocol, joined(advised, texts.OR))] if advised else []),
        *([check.format(joined(unread))] if unread else []),
        *_not_advised(case, {named[drug][0]: reasons for drug, reasons in drugs.items() if reasons}),
    ]
    return " ".join(map(capital, sentences))


def _not_advised(case: Case, drugs: Mapping[str, list[str]]) -> Iterator[str]:
    """Each drug with its reasons; where there is least room with the first, for one is enough."""
    if case.room < Room.WITHOUT_WHY:
        yield from (texts.NOT_ADVISED.format(drug, joined(case.few(why))) for drug, why in drugs.items())
    elif drugs:
        named = (texts.DRUG_AND_REASON.format(drug, reasons[0]) for drug, reasons in drugs.items())
        yield texts.NOT_ADVISED_BRIEFLY.format(", ".join(named))


def _against_tranexamic_acid(case: Case) -> list[str]:
    charted = _charted(case, *_AGAINST_TRANEXAMIC_ACID)
    if case.room >= Room.WITHOUT_WHY and _charted(case, Concept.PULMONARY_EMBOLISM):
        is_counting = case.room is Room.COUNTS
        said = texts.EMBOLISM_IN_A_WORD if is_counting else texts.EMBOLISM_CHARTED_BRIEFLY
        return [said, *charted]  # what stood on a line of its own
    return [*_under_age(case), *charted]


def _against_terlipressin(case: Case) -> list[str]:
    pregnancy = [texts.PREGNANT] if case.decision.has(CautionId.PREGNANCY) else []
    low = low_saturation(case)
    hypoxia = [] if low else _charted(case, *_HYPOXIA)
    return [*_under_age(case), *low, *hypoxia, *_charted(case, *_AGAINST_TERLIPRESSIN), *pregnancy]


def _under_age(case: Case) -> list[str]:
    if case.chart.is_child:
        return [texts.UNDER_AGE]
    return [texts.AGE_NOT_READ] if case.chart.may_be_child else []
