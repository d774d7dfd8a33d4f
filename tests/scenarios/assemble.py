"""Writes the fixture requests from the patients and the scenarios: `python -m tests.scenarios.assemble`.

With `--responses` it also writes what the running code answers; read each change before you keep it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cds_service.cds_hooks.catalog import queries_for
from cds_service.cds_hooks.request import JUDGE_AT_KEY
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.setting_values import SHIPPED_KNOWLEDGE
from tests.scenarios.catalog import FIXTURES, Order, Scenario, scenarios
from tests.scenarios.chart import Json, answer_to, chart_of
from tests.scenarios.replies import answered, temporary_client


def every_request() -> Iterator[tuple[str, str, Json]]:
    """Hook, name and body of every request."""
    knowledge = load_knowledge(SHIPPED_KNOWLEDGE)
    for scenario in scenarios():
        for hook in scenario.hooks:
            yield hook, scenario.name, request_for(scenario, hook, knowledge)


def request_for(scenario: Scenario, hook: str, knowledge: Knowledge) -> Json:
    """The body that a client would send, with the instant to judge at."""
    chart = chart_of(scenario.patient)
    body: Json = {
        "hook": hook,
        "hookInstance": str(uuid5(NAMESPACE_URL, f"urn:fixtures:{hook}:{scenario.name}")),
        "extension": {JUDGE_AT_KEY: scenario.judge_at},
        "context": _context(scenario, hook, chart),
        "prefetch": _prefetch(scenario, chart, knowledge),
    }
    return _as_the_sandbox_writes(body) if scenario.shape == "sandbox" else body


def _context(scenario: Scenario, hook: str, chart: list[Json]) -> Json:
    encounter = next(r["id"] for r in chart if r["resourceType"] == "Encounter")
    context: Json = {"userId": scenario.user, "patientId": scenario.patient, "encounterId": encounter}
    if hook == "patient-view":
        return context
    drafts = [_draft(order, scenario, encounter) for order in scenario.orders]
    if hook == "order-select":
        is_selected = {f"{r['resourceType']}/{r['id']}": r["id"] in scenario.selected for r in drafts}
        context["selections"] = [reference for reference, selected in is_selected.items() if selected]
    entries = [{"resource": draft} for draft in drafts]
    context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return context


def _draft(order: Order, scenario: Scenario, encounter: str) -> Json:
    is_drug = order.study.resource_type == "MedicationRequest"
    draft: Json = {
        "resourceType": order.study.resource_type,
        "id": order.id,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept" if is_drug else "code": order.study.concept,
        "subject": {"reference": f"Patient/{scenario.patient}"},
        "encounter": {"reference": f"Encounter/{encounter}"},
        "authoredOn": scenario.judge_at,
        "requester": {"reference": scenario.user},
    }
    return draft | {"reasonCode": [order.reason.concept]} if order.reason else draft


def _prefetch(scenario: Scenario, chart: list[Json], knowledge: Knowledge) -> Json:
    queries = queries_for(scenario.patient, knowledge)
    return {key: answer_to(query, chart) for key, query in queries.items() if key not in scenario.not_sent}


def _as_the_sandbox_writes(body: Json) -> Json:
    """No encounter, a Bundle without type, and the bare order of its imaging screen."""
    context = {name: value for name, value in body["context"].items() if name != "encounterId"}
    drafts = [entry["resource"] for entry in context["draftOrders"]["entry"]]
    kept = ("resourceType", "id", "status", "intent", "code", "subject", "reasonCode")
    bare = [{name: draft[name] for name in kept} | {"intent": "plan"} for draft in drafts]
    context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": draft} for draft in bare]}
    return body | {"context": context}


def as_text(content: Mapping[str, Any]) -> str:
    """JSON as the fixtures are written."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write_requests() -> None:
    for hook, name, body in every_request():
        _write(FIXTURES / "requests" / hook / f"{name}.json", as_text(body))


def write_responses() -> None:
    with temporary_client() as client:
        for hook, name, body in every_request():
            _write(FIXTURES / "responses" / hook / f"{name}.json", as_text(answered(client, body)))


def _write(file: Path, text: str) -> None:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    print(f"wrote {file.relative_to(FIXTURES.parent)}")


if __name__ == "__main__":
    write_requests()
    if "--responses" in sys.argv[1:]:
        write_responses()
