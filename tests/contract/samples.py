"""Faultless documents, built small, for the validator's own tests to damage."""

from typing import Any

from .agreed import AUC_APPLIED, CODE_SYSTEMS, CONSULT_ID, PAMA_SYSTEM, QCDSM_CONSULTED, RATING, SERVICES

Json = dict[str, Any]

CANONICAL = "https://cds.example.org/CodeSystem"
CPT = "http://www.ama-assn.org/go/cpt"
HEMOPTYSIS = {"system": "http://snomed.info/sct", "code": "66857006", "display": "Hemoptysis (finding)"}
CT_WITHOUT = {"system": CPT, "code": "71250", "display": "CT chest without contrast"}
CT_WITH = {"system": CPT, "code": "71260", "display": "CT chest with contrast"}
CTA = {"system": CPT, "code": "71275", "display": "CT angiography of the chest"}
MRI = {"system": CPT, "code": "71550", "display": "MRI chest without contrast"}
RADIOGRAPH = {"system": CPT, "code": "71046", "display": "Chest radiograph, 2 views"}
NOTE = {"url": "https://ehr.example.org/priority-note", "valueString": "bedside"}
DRUG = {"resourceType": "MedicationRequest", "id": "rx-1", "status": "draft", "intent": "order"}


def uuid(number: int) -> str:
    return f"55f3b7fc-9955-420e-a460-{number:012d}"


def order(identifier: str, coding: Json, **members: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": identifier,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [coding]},
        "reasonCode": [{"coding": [HEMOPTYSIS]}],
        "extension": [NOTE],
        **members,
    }


def rating(consult: int, code: str, category: str) -> list[Json]:
    system = f"{CANONICAL}/acr-appropriateness-category"
    codings = [{"system": PAMA_SYSTEM, "code": code}, {"system": system, "code": category}]
    return [
        {"url": RATING, "valueCodeableConcept": {"coding": codings}},
        {"url": CONSULT_ID, "valueUri": f"urn:uuid:{uuid(consult)}"},
        {"url": AUC_APPLIED, "valueUri": "https://acsearch.acr.org/docs/69449/Narrative/"},
        {"url": QCDSM_CONSULTED, "valueString": "none"},
    ]


def no_criteria(consult: int) -> list[Json]:
    concept, identifier, _, consulted = rating(consult, "no-criteria-apply", "")
    concept["valueCodeableConcept"]["coding"].pop()
    return [concept, identifier, consulted]


def update(draft: Json, extensions: list[Json], **members: Any) -> Json:
    changed = {**draft, **members, "extension": [*draft.get("extension", []), *extensions]}
    return {"type": "update", "description": "Record the rating", "resource": changed}


def replacement(number: int, draft: Json, coding: Json, consult: int) -> Json:
    extensions = rating(consult, "appropriate", "usually-appropriate")
    action = update(draft, extensions, code={"coding": [coding]}, reasonCode=[{"coding": [HEMOPTYSIS]}])
    return {"label": f"Replace by {coding['display']}", "uuid": uuid(number), "actions": [action]}


def creation(number: int, coding: Json) -> Json:
    resource = order(f"new-{number}", coding)
    action = {"type": "create", "description": f"Add {coding['display']}", "resource": resource}
    return {"label": f"Add {coding['display']}", "uuid": uuid(number), "actions": [action]}


def card(number: int, indicator: str, **members: Any) -> Json:
    topic = {"system": f"{CANONICAL}/hemoptysis-variant", "code": "recurrent"}
    source = {"label": "ACR Hemoptysis", "url": "https://acsearch.acr.org/", "topic": topic}
    summary = f"Advice {number} on chest imaging in recurrent hemoptysis"
    return {
        "uuid": uuid(number),
        "summary": summary,
        "indicator": indicator,
        "source": source,
        **members,
    }


def reasons(*codes: str) -> list[Json]:
    system = f"{CANONICAL}/override-reason"
    return [{"code": code, "system": system, "display": code.replace("-", " ")} for code in codes]


DETAIL = """Chart: SpO2 <90 %, volume \\<b\\>40 mL\\</b\\>, `<x>`; see [the topic](https://acsearch.acr.org/).

| Study | Rating |
|:--|--|
| CT \\| without | usually not appropriate |
| CTA | usually appropriate |

```
| <not a table>
```
"""

DRAFTS = [order("ct", CT_WITHOUT), order("cta", CTA), order("mri", MRI)]


def hook_request(hook: str, *orders: Json) -> Json:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": item} for item in orders]}
    context = {"userId": "Practitioner/1", "patientId": "p1", "draftOrders": bundle}
    return {"hook": hook, "hookInstance": uuid(999), "context": context}


def judged() -> tuple[Json, Json]:
    """order-select with three orders: usually not appropriate, usually appropriate, not in the topic."""
    ct, cta, mri = DRAFTS
    request = hook_request("order-select", ct, cta, mri, DRUG)
    request["context"]["selections"] = [
        "ServiceRequest/ct",
        "https://ehr.example.org/ServiceRequest/cta",
        "mri",
    ]
    first = {**replacement(11, ct, CT_WITH, 101), "isRecommended": True}
    against = {
        "detail": DETAIL,
        "suggestions": [first, replacement(12, ct, RADIOGRAPH, 101)],
        "selectionBehavior": "at-most-one",
        "overrideReasons": reasons("already-done", "other"),
        "links": [{"label": "The topic", "url": "https://acsearch.acr.org/", "type": "absolute"}],
    }
    confirmed = {"suggestions": [creation(13, RADIOGRAPH)], "selectionBehavior": "any"}
    outside = {
        "suggestions": [replacement(14, mri, CT_WITH, 103)],
        "selectionBehavior": "any",
        "overrideReasons": reasons("not-hemoptysis"),
    }
    actions = [
        update(ct, rating(101, "not-appropriate", "usually-not-appropriate")),
        update(cta, rating(102, "appropriate", "usually-appropriate")),
        update(mri, no_criteria(103)),
    ]
    cards = [card(1, "warning", **against), card(2, "info", **confirmed), card(3, "info", **outside)]
    return request, {"cards": cards, "systemActions": actions, "extension": {"systemActions": actions}}


def massive() -> tuple[Json, Json]:
    """order-sign of one appropriate order while massive hemoptysis is proven."""
    request = hook_request("order-sign", DRAFTS[1])
    cards = [card(1, "critical", overrideReasons=reasons("other")), card(2, "info")]
    return request, {
        "cards": cards,
        "systemActions": [update(DRAFTS[1], rating(102, "appropriate", "usually-appropriate"))],
    }


def flawed() -> tuple[Json, Json]:
    """order-sign of an order that was invalid FHIR before, without reason and with an old rating."""
    old = rating(7, "appropriate", "usually-appropriate")
    draft = order("ct", CT_WITHOUT, priceCode="x", category={"text": "imaging"}, reasonCode=[], note=[])
    del draft["intent"]
    request = hook_request("order-sign", {**draft, "extension": [*old, NOTE]})
    outcome = rating(101, "not-appropriate", "usually-not-appropriate")
    warning = card(
        1,
        "warning",
        suggestions=[replacement(11, draft, CTA, 101)],
        selectionBehavior="any",
        overrideReasons=reasons("other"),
    )
    return request, {"cards": [warning], "systemActions": [update(draft, outcome)]}


def chart_opened() -> tuple[Json, Json]:
    """patient-view of a chart with hemoptysis."""
    request = hook_request("patient-view")
    del request["context"]["draftOrders"]
    suggestions = [creation(11, RADIOGRAPH), creation(12, CTA)]
    return request, {"cards": [card(1, "info", suggestions=suggestions, selectionBehavior="any")]}


def nothing_to_say() -> tuple[Json, Json]:
    """order-sign of a drug."""
    return hook_request("order-sign", DRUG), {"cards": []}


def discovery() -> Json:
    prefetch = {
        "patient": "Patient/{{context.patientId}}",
        "conditions": "Condition?patient={{context.patientId}}&_sort=-recorded-date&_count=200",
        "bleeding": "Observation?patient={{context.patientId}}&code=http://snomed.info/sct|66857006&_sort=-date",
    }
    edition = "ACR Appropriateness Criteria, edition 2020."
    return {
        "services": [
            {
                "hook": hook,
                "id": identifier,
                "title": "Imaging in hemoptysis",
                "description": f"Rates chest imaging. {edition}",
                "usageRequirements": f"Needs conditions. {edition}",
                "prefetch": dict(prefetch),
                "version": "2.0.1",
                "hookVersion": "1.0",
            }
            for identifier, hook in SERVICES.items()
        ]
    }


def outcome() -> Json:
    issue = {"severity": "error", "code": "required", "diagnostics": "context.patientId is required."}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def code_system() -> Json:
    concepts = [{"code": code, "display": code} for code in sorted(CODE_SYSTEMS["override-reason"])]
    return {
        "resourceType": "CodeSystem",
        "url": f"{CANONICAL}/override-reason",
        "status": "active",
        "content": "complete",
        "concept": concepts,
    }
