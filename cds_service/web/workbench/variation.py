"""How the category of each rated study changes over the range of one slider: the request, judged again."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Final, TypeAlias

import msgspec

from cds_service.cds_hooks.request import Hook
from cds_service.clinical.decision import Decision, Judgment
from cds_service.evaluate import Advisor, evaluate
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import Category, Knowledge, Variant
from cds_service.web.workbench.asked import hemoptysis_reason, request_from, study_code
from cds_service.web.workbench.controls import SLIDER_BY_ID, SWITCH_BY_ID, Slider
from cds_service.web.workbench.readings import Json

MOST_COLUMNS: Final = 36
"""How often one question is judged again at the most."""
MOST_BYTES: Final = 192 * 1024
"""A request that is larger is not judged again."""
_EVENLY: Final = 12

Position: TypeAlias = Decimal | str
"""Where a slider or switch stands."""


class Column(msgspec.Struct, frozen=True):
    """What the service says while a slider stands at a position: the variants, the category of each study.

    A study with two categories has one under some and one under other plausible variants; one without is not
    judged. `limits` are those that the evidence crossed.
    """

    at: Position
    topic: str
    plausible: tuple[Variant, ...]
    categories: Mapping[str, tuple[Category, ...]]
    limits: tuple[DefinitionId, ...]

    def is_like(self, other: "Column") -> bool:
        """True when nothing that is shown changes from one to the other."""
        return (self.plausible, self.categories) == (other.plausible, other.categories)


def columns_for(control: str, advisor: Advisor, body_at: Callable[[Position], Json]) -> list[Column]:
    """What the service says over the range of a slider, or in each state of a switch.

    A slider is judged at its ends, on either side of each of its limits, evenly between them, and then
    between two positions that differ until they are neighbors: what lies between two columns is like both.
    """
    if control in SWITCH_BY_ID:
        return [_column(state, advisor, body_at(state)) for state in SWITCH_BY_ID[control].states]
    slider = SLIDER_BY_ID[control]
    judged = {
        p: _column(Decimal(p), advisor, body_at(Decimal(p)))
        for p in first_positions(slider, advisor.knowledge)
    }
    while len(judged) < MOST_COLUMNS:
        position = _between(judged, slider.step)
        if position is None:
            break
        judged[position] = _column(Decimal(position), advisor, body_at(Decimal(position)))
    return [judged[position] for position in sorted(judged)]


def first_positions(slider: Slider, knowledge: Knowledge) -> list[int]:
    """The ends, both sides of every limit, and positions spread evenly."""
    every = slider.values()
    values = [knowledge.definitions[limit].value for limit in (*slider.limits, *slider.chronic)]
    wanted = {every[round(part * (len(every) - 1) / _EVENLY)] for part in range(_EVENLY + 1)}
    for value in values:
        wanted |= {*[p for p in every if p < value][-1:], *[p for p in every if p >= value][:2]}
    return sorted(wanted)


def _between(judged: Mapping[int, Column], step: int) -> int | None:
    """The middle of the widest gap between two positions that differ; None when all such are neighbors."""
    ordered = sorted(judged)
    gaps = [
        (high - low, low)
        for low, high in pairwise(ordered)
        if high - low > step and not judged[low].is_like(judged[high])
    ]
    if not gaps:
        return None
    width, low = max(gaps)
    return low + width // step // 2 * step


def _column(at: Position, advisor: Advisor, body: Json) -> Column:
    """One evaluation of one draft order for each rated study."""
    evaluation = evaluate(request_from(of_every_study(body, advisor.knowledge)), advisor)
    decision = evaluation.trace.decision
    if decision is None:
        return Column(at, "", (), {}, ())
    return Column(
        at,
        decision.classification.topic,
        decision.classification.plausible,
        {judgment.order.procedure: _categories(judgment) for judgment in decision.judgments},
        tuple(dict.fromkeys(_limits_in(decision))),
    )


def _categories(judgment: Judgment) -> tuple[Category, ...]:
    return tuple(dict.fromkeys(judgment.categories.values())) if judgment.is_judged else ()


def _limits_in(decision: Decision) -> Iterator[DefinitionId]:
    for evidence in decision.classification.evidence:
        for one in (evidence, *evidence.readings):
            if one.definition is not None:
                yield one.definition


def of_every_study(body: Json, knowledge: Knowledge) -> Json:
    """The request with one draft order for each study of the topic, as the first draft order is."""
    drafts = body["context"].get("draftOrders") or {}
    entries = drafts.get("entry") or [] if isinstance(drafts, dict) else []
    own = [entry["resource"] for entry in entries if isinstance(entry, dict) and "resource" in entry]
    base = own[0] if own else {"reasonCode": [hemoptysis_reason(knowledge)]}
    kept = {name: base[name] for name in base if name in ("reasonCode", "reasonReference", "encounter")}
    patient = str(body["context"]["patientId"]).removeprefix("Patient/")
    orders = [
        {
            **kept,
            "resourceType": "ServiceRequest",
            "id": procedure.id,
            "status": "draft",
            "intent": "order",
            "subject": {"reference": f"Patient/{patient}"},
            "code": study_code(procedure, knowledge),
        }
        for procedure in knowledge.rated_procedures()
    ]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": order} for order in orders]}
    context = {name: body["context"][name] for name in body["context"] if name != "selections"}
    return {**body, "hook": Hook.ORDER_SIGN, "context": {**context, "draftOrders": bundle}}
