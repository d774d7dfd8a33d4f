"""Every step that leads from a request to its answer, as JSON for the page."""

from collections.abc import Iterator
from typing import Final

from cds_service.cards.phrases import caution_text, evidence_text, kidneys_text, limit_text
from cds_service.clinical.decision import Caution, Decision, Evidence, Judgment
from cds_service.clinical.facts import HemoptysisFacts, ImagingOrder
from cds_service.clinical.time import Moment
from cds_service.evaluate import Trace
from cds_service.fhir.chart.screen import EntryRead
from cds_service.knowledge.model import CautionId, Knowledge

Part = dict[str, object]
"""A part of the explanation, ready to be written as JSON."""

NOT_SAID: Final = "No order for chest imaging or for hemoptysis: the chart was not read."


def explanation_of(trace: Trace, knowledge: Knowledge) -> Part:
    """The orders, the entries and the data, the evidence, the variants, the ratings and the cautions."""
    explained: Part = {
        "judgedAt": trace.judged_at.isoformat(),
        "notes": list(trace.notes),
        "orders": [_order(order, trace, knowledge) for order in trace.orders],
    }
    if trace.facts is None or trace.decision is None:
        return {**explained, "ended": NOT_SAID}
    decision = trace.decision
    return {
        **explained,
        "entries": [_entry(entry) for entry in trace.entries],
        "data": _data(trace.facts),
        "evidence": [_evidence(one, knowledge) for one in decision.classification.evidence],
        "classification": _classification(decision),
        "judgments": [_judgment(judgment, knowledge) for judgment in decision.judgments],
        "cautions": [_caution(caution, knowledge) for caution in decision.cautions],
        "notAssessed": [kind.value for kind in decision.not_assessed],
        "neverCharted": [kind.value for kind in decision.never_charted],
    }


def _order(order: ImagingOrder, trace: Trace, knowledge: Knowledge) -> Part:
    known = knowledge.procedures.get(order.procedure)
    return {
        "id": order.id,
        "study": order.procedure,
        "name": known.name if known else order.title,
        "recognition": order.recognition,
        "reason": order.reason.kind,
        "isAskedAbout": order.index in trace.judged,
    }


def _entry(read: EntryRead) -> Part:
    return {
        "key": read.key,
        "resource": f"{read.entry.type}/{read.entry.id}",
        "kind": read.kind.value if read.kind else "",
        "isUsed": read.is_used,
        "why": read.why,
    }


def _data(facts: HemoptysisFacts) -> Part:
    return {
        "kinds": {kind.value: availability.value for kind, availability in facts.availability.items()},
        "notUnderstood": [
            {"kind": kind.value, "resource": resource, "why": why}
            for kind, resource, why in facts.not_understood
        ],
        "leftOut": dict(facts.dropped),
    }


def _evidence(evidence: Evidence, knowledge: Knowledge) -> Part:
    return {
        "rule": evidence.rule.value,
        "effect": evidence.effect.value,
        "found": evidence_text(evidence),
        "charted": evidence.charted,
        "when": _when(evidence.when),
        "references": list(evidence.references),
        **({"crossed": _limit(evidence, knowledge)} if evidence.definition else {}),
    }


def _when(moment: Moment) -> Part:
    if not moment.is_dated:
        return {"written": moment.written}
    return {
        "written": moment.written,
        "earliest": moment.earliest.isoformat(),
        "latest": moment.latest.isoformat(),
    }


def _limit(evidence: Evidence, knowledge: Knowledge) -> Part:
    assert evidence.definition is not None
    definition = knowledge.definitions[evidence.definition]
    return {
        "id": definition.id.value,
        "text": limit_text(definition),
        "basis": definition.basis,
        "source": definition.source,
    }


def _classification(decision: Decision) -> Part:
    found = decision.classification
    return {
        "plausible": [variant.value for variant in found.plausible],
        "topic": found.topic,
        "massive": found.severity,
        "recurrence": found.recurrence,
        "alert": found.alert,
        "ageGroup": found.age_group,
        "toRecord": list(found.to_record),
    }


def _judgment(judgment: Judgment, knowledge: Knowledge) -> Part:
    ratings = (
        (variant, category, knowledge.ratings[variant, judgment.order.procedure])
        for variant, category in judgment.categories.items()
    )
    return {
        "order": judgment.order.id,
        "outcome": judgment.outcome,
        "indication": judgment.indication.value,
        "categories": [
            {"variant": variant.value, "category": category.value, "source": rating.source}
            for variant, category, rating in ratings
        ],
        "alternatives": [alternative.procedure for alternative in judgment.alternatives],
        "namedOnly": list(judgment.named_instead),
    }


def _caution(caution: Caution, knowledge: Knowledge) -> Part:
    return {
        "id": caution.id.value,
        "found": "; ".join(_found(caution, knowledge)),
        "source": knowledge.cautions[caution.id].source,
    }


def _found(caution: Caution, knowledge: Knowledge) -> Iterator[str]:
    yield caution_text(caution, knowledge)
    if caution.id is CautionId.METFORMIN:
        yield kidneys_text(caution)
