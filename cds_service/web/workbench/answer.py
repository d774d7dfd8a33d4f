"""What the workbench answers: the request as it was judged, the answer, the explanation, and the panels."""

from decimal import Decimal
from functools import partial

import msgspec
from flask import render_template

from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.request import Hook
from cds_service.evaluate import Advisor, Evaluation, evaluate
from cds_service.knowledge.model import Knowledge
from cds_service.web.workbench.asked import (
    Ask,
    advisor_of_the_workbench,
    as_bytes,
    body_for,
    body_from,
    service_for,
)
from cds_service.web.workbench.chart_changes import with_changes
from cds_service.web.workbench.charted import charted_ranges, charted_values
from cds_service.web.workbench.explanation import Part, explanation_of
from cds_service.web.workbench.multiple import small_multiple
from cds_service.web.workbench.readings import Json
from cds_service.web.workbench.timeline import timeline_from
from cds_service.web.workbench.variation import MOST_BYTES, Position, columns_for


def answer_to(ask: Ask, service: Advisor) -> Json:
    """Everything that the page shows for one question.

    Where the orders alone ended the evaluation the chart was not read: there is nothing to change in it.
    Raises BadRequest or MissingData where the service itself would refuse the request.
    """
    advisor = advisor_of_the_workbench(service)
    sent = body_for(ask, advisor.knowledge)
    body, request = body_from(sent), hook_request_from(sent)
    evaluation = evaluate(request, advisor, entries=[])
    facts = evaluation.trace.facts
    if facts is None:
        return _answer(body, evaluation, request.hook, advisor.knowledge) | {"chart": None, "inWords": {}}
    at = partial(with_changes, body, facts, knowledge=advisor.knowledge)
    moved = ask.moved
    changed = at(moved)
    if moved:
        evaluation = evaluate(hook_request_from(as_bytes(changed)), advisor, entries=[])
    charted = charted_values(facts)

    def body_at(position: Position) -> Json:
        return at({**moved, ask.vary: position})

    columns = columns_for(ask.vary, advisor, body_at) if len(sent) <= MOST_BYTES else []
    place = moved.get(ask.vary, charted[ask.vary])
    multiple = small_multiple(ask.vary, columns, advisor.knowledge, place) if columns else None
    return _answer(changed, evaluation, request.hook, advisor.knowledge, multiple) | {
        "chart": {name: float(v) if isinstance(v, Decimal) else v for name, v in charted.items()},
        "inWords": charted_ranges(facts),
    }


def _answer(
    body: Json, evaluation: Evaluation, hook: Hook, knowledge: Knowledge, multiple: Part | None = None
) -> Json:
    is_read = evaluation.trace.facts is not None
    return {
        "request": msgspec.Raw(as_bytes(body)),
        "service": service_for(hook),
        "answer": evaluation.response,
        "explain": explanation_of(evaluation.trace, knowledge),
        "multiple": multiple,
        "panels": {
            "why": _why(evaluation, knowledge),
            "multiple": render_template("workbench/multiple.html", multiple=multiple, is_read=is_read),
        },
    }


def _why(evaluation: Evaluation, knowledge: Knowledge) -> str:
    trace = evaluation.trace
    if trace.decision is None or trace.facts is None:
        return render_template("workbench/why.html", timeline=None)
    ignored = [entry for entry in trace.entries if not entry.is_used]
    return render_template(
        "workbench/why.html",
        timeline=timeline_from(trace.decision, trace.facts, knowledge),
        classification=trace.decision.classification,
        ignored=ignored,
        left_out=trace.facts.dropped,
        not_understood=trace.facts.not_understood,
    )
