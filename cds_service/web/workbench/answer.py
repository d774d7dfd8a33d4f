"""What the workbench answers: the request as it was judged, the answer, the explanation, and the panels."""

from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Final

import msgspec
from flask import render_template

from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.request import Hook
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.errors import Unavailable
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
from cds_service.web.workbench.controls import SLIDER_BY_ID
from cds_service.web.workbench.explanation import explanation_of
from cds_service.web.workbench.multiple import small_multiple
from cds_service.web.workbench.readings import Json
from cds_service.web.workbench.timeline import timeline_from
from cds_service.web.workbench.variation import MOST_BYTES, Column, Position, columns_for


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
        return _told(body, request.hook, evaluation, advisor.knowledge) | _UNREAD
    at = partial(with_changes, body, facts, knowledge=advisor.knowledge)
    changed = at(ask.moved)
    if ask.moved:
        evaluation = evaluate(hook_request_from(as_bytes(changed)), advisor, entries=[])

    def body_at(position: Position) -> Json:
        return at({**ask.moved, ask.vary: position})

    columns: list[Column] = []
    if len(sent) <= MOST_BYTES:
        with suppress(Unavailable):  # out of time: as for a request that is too large for it
            columns = columns_for(ask.vary, advisor, body_at)
    dials = _dials(ask, facts, columns, advisor.knowledge)
    return _told(changed, request.hook, evaluation, advisor.knowledge, dials) | dials


_UNREAD: Final[Json] = {"chart": None, "inWords": {}, "multiple": None, "varied": ""}


def _dials(ask: Ask, facts: HemoptysisFacts, columns: list[Column], knowledge: Knowledge) -> Json:
    """Where the sliders and switches stand, and what one of them changes over its range."""
    charted = charted_values(facts)
    needs = SLIDER_BY_ID[ask.vary].needs if ask.vary in SLIDER_BY_ID else ""
    is_fixed = bool(needs) and charted[ask.vary] is None and needs not in ask.moved
    place = None if is_fixed else ask.moved.get(ask.vary, charted[ask.vary])
    return {
        "chart": {name: float(v) if isinstance(v, Decimal) else v for name, v in charted.items()},
        "inWords": charted_ranges(facts),
        "multiple": small_multiple(ask.vary, columns, knowledge, place) if columns else None,
        "varied": ask.vary,
    }


def _told(
    body: Json, hook: Hook, evaluation: Evaluation, knowledge: Knowledge, dials: Json = _UNREAD
) -> Json:
    """The request as it was judged, the answer, why, and the panels of the page."""
    return {
        "request": msgspec.Raw(as_bytes(body)),
        "service": service_for(hook),
        "answer": evaluation.response,
        "explain": explanation_of(evaluation.trace, knowledge),
        "panels": {
            "why": _why(evaluation, knowledge),
            "multiple": render_template("workbench/multiple.html", **dials),
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
