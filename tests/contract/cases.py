"""For every requirement, damaged documents that break it: (requirement id, sample, damage)."""

from collections.abc import Callable
from typing import Any

from . import samples
from .agreed import CONSULT_ID
from .damage import Damage, add, again, all_of, copy, drop, put

Json = dict[str, Any]
Pair = Callable[[], tuple[Json, Json]]

WARNING = "response.cards[0]"
SUGGESTION = f"{WARNING}.suggestions[0]"
REPLACEMENT = f"{SUGGESTION}.actions[0].resource"
COMPLEMENT = "response.cards[1].suggestions[0].actions[0]"
SYSTEM = "response.systemActions[0]"
ANNOTATION = f"{SYSTEM}.resource"
DRAFT = "request.context.draftOrders.entry[0].resource"
RATING, CONSULT, AUC, QCDSM = (f"{ANNOTATION}.extension[{index}]" for index in range(1, 5))
TABLE = "| a | b |\n|---|---|\n"

CARD_CASES: list[tuple[str, Pair, Damage]] = [
    ("CARD-SUMMARY", samples.judged, drop(f"{WARNING}.summary")),
    ("CARD-SUMMARY", samples.judged, put(f"{WARNING}.summary", " \n")),
    ("CARD-SUMMARY-LENGTH", samples.judged, put(f"{WARNING}.summary", "x" * 140)),
    ("CARD-SUMMARY-LINE", samples.judged, put(f"{WARNING}.summary", "first\nsecond")),
    ("CARD-SUMMARY-LINE", samples.judged, put(f"{WARNING}.summary", "trailing ")),
    ("CARD-INDICATOR", samples.judged, put(f"{WARNING}.indicator", "hard-stop")),
    ("CARD-UUID", samples.judged, drop(f"{WARNING}.uuid")),
    ("CARD-UUID", samples.judged, put(f"{WARNING}.uuid", "55f3b7fc-9955-920e-a460-000000000001")),
    ("CARD-SOURCE-LABEL", samples.judged, put(f"{WARNING}.source.label", "")),
    ("CARD-SOURCE-LABEL", samples.judged, drop(f"{WARNING}.source")),
    ("CARD-SOURCE-URL", samples.judged, put(f"{WARNING}.source.url", "/topic")),
    ("CARD-SOURCE-URL", samples.judged, drop(f"{WARNING}.source.url")),
    ("CARD-SOURCE-ICON", samples.judged, put(f"{WARNING}.source.icon", "icon.png")),
    ("CARD-TOPIC-CODING", samples.judged, drop(f"{WARNING}.source.topic.system")),
    ("CARD-TOPIC-CODING", samples.judged, put(f"{WARNING}.source.topic.version", "1")),
    ("CARD-TOPIC-CODE", samples.judged, put(f"{WARNING}.source.topic.code", "non-massive")),
    ("CARD-TOPIC-VARIANT", samples.judged, put(f"{WARNING}.source.topic.code", "mild")),
    ("CARD-TOPIC-VARIANT", samples.judged, put(f"{WARNING}.source.topic.system", "https://x.org/topics")),
    ("CARD-DETAIL-HTML", samples.judged, put(f"{WARNING}.detail", "a <b>bold</b> word")),
    ("CARD-DETAIL-HTML", samples.judged, put(f"{WARNING}.detail", "\\\\<img src=x")),
    ("CARD-DETAIL-HTML", samples.judged, put(f"{WARNING}.detail", "<!-- hidden -->")),
    ("CARD-DETAIL-LINKS", samples.judged, put(f"{WARNING}.detail", "[x](javascript:alert(1))")),
    ("CARD-DETAIL-LINKS", samples.judged, put(f"{WARNING}.detail", "see [x]\n\n[x]: /local")),
    ("CARD-DETAIL-TABLES", samples.judged, put(f"{WARNING}.detail", f"{TABLE}| 1 |")),
    ("CARD-DETAIL-TABLES", samples.judged, put(f"{WARNING}.detail", f"{TABLE}| 1 | 2 | 3 |")),
    ("CARD-DETAIL-TABLES", samples.judged, put(f"{WARNING}.detail", f"{TABLE}| 1 | 2 |\nText that follows")),
    ("CARD-DETAIL-TABLES", samples.judged, put(f"{WARNING}.detail", "| a | b |\n|---|\n| 1 | 2 |")),
    ("CARD-DETAIL-TABLES", samples.judged, put(f"{WARNING}.detail", "| a | b |\n| 1 | 2 |")),
    ("CARD-SELECTION-BEHAVIOR", samples.judged, drop(f"{WARNING}.selectionBehavior")),
    ("CARD-SELECTION-BEHAVIOR", samples.judged, drop("response.cards[1].suggestions")),
    ("CARD-SELECTION-BEHAVIOR", samples.judged, put(f"{WARNING}.selectionBehavior", "all")),
    ("CARD-SELECTION-EXCLUSIVE", samples.judged, put(f"{WARNING}.selectionBehavior", "any")),
    ("CARD-SELECTION-EXCLUSIVE", samples.judged, put("response.cards[1].selectionBehavior", "at-most-one")),
    ("CARD-ONE-RECOMMENDED", samples.judged, put(f"{WARNING}.suggestions[1].isRecommended", True)),
    (
        "CARD-RECOMMENDED-FIRST",
        samples.judged,
        all_of(drop(f"{SUGGESTION}.isRecommended"), put(f"{WARNING}.suggestions[1].isRecommended", True)),
    ),
    ("CARD-CRITICAL-CREATES-ONE", samples.judged, put(f"{WARNING}.indicator", "critical")),
    ("LINK-LABEL", samples.judged, drop(f"{WARNING}.links[0].label")),
    ("LINK-URL", samples.judged, put(f"{WARNING}.links[0].url", "launch.html")),
    ("LINK-TYPE", samples.judged, put(f"{WARNING}.links[0].type", "relative")),
    ("LINK-APP-CONTEXT", samples.judged, put(f"{WARNING}.links[0].appContext", "x")),
    ("OVERRIDE-CODING", samples.judged, drop(f"{WARNING}.overrideReasons[0].display")),
    ("OVERRIDE-LISTED", samples.judged, put(f"{WARNING}.overrideReasons[0].code", "no-time")),
    ("OVERRIDE-LISTED", samples.judged, put(f"{WARNING}.overrideReasons[0].system", "https://x.org/reasons")),
    ("OVERRIDE-UNIQUE", samples.judged, again(f"{WARNING}.overrideReasons")),
    ("OVERRIDE-ON-WARNING", samples.judged, drop(f"{WARNING}.overrideReasons")),
    ("OVERRIDE-ON-WARNING", samples.massive, drop(f"{WARNING}.overrideReasons")),
    ("OVERRIDE-ON-INFO", samples.judged, drop("response.cards[2].overrideReasons")),
    ("OVERRIDE-ABSENT", samples.massive, put("response.cards[1].overrideReasons", samples.reasons("other"))),
    ("OVERRIDE-ABSENT", samples.chart_opened, put(f"{WARNING}.overrideReasons", samples.reasons("other"))),
]

RESPONSE_CASES: list[tuple[str, Pair, Damage]] = [
    ("RESPONSE-CARDS", samples.judged, drop("response.cards")),
    ("RESPONSE-CARDS", samples.judged, put("response.cards", {})),
    ("RESPONSE-CARDS", samples.judged, put("response", [])),
    ("RESPONSE-SHAPE", samples.judged, put("response.cards[1]", "card")),
    ("RESPONSE-SHAPE", samples.judged, put(f"{SUGGESTION}.isRecommended", "true")),
    ("RESPONSE-SHAPE", samples.judged, put(f"{REPLACEMENT}", "ServiceRequest/ct")),
    ("RESPONSE-MEMBERS", samples.judged, put("response.messages", ["x"])),
    ("RESPONSE-MEMBERS", samples.judged, put(f"{WARNING}.priority", 1)),
    ("RESPONSE-MEMBERS", samples.judged, put("response.extension.rating", 1)),
    ("RESPONSE-NO-EMPTY", samples.nothing_to_say, put("response.systemActions", [])),
    ("RESPONSE-NO-EMPTY", samples.nothing_to_say, put("response.extension", {})),
    ("RESPONSE-NO-EMPTY", samples.massive, put(f"{WARNING}.suggestions", [])),
    ("RESPONSE-NO-EMPTY", samples.massive, put(f"{WARNING}.links", [])),
    ("RESPONSE-NO-EMPTY", samples.massive, put(f"{WARNING}.detail", None)),
    ("RESPONSE-NO-EMPTY", samples.judged, put(f"{COMPLEMENT}.resource.note", [])),
    ("RESPONSE-UUID-UNIQUE", samples.judged, copy(f"{WARNING}.uuid", f"{SUGGESTION}.uuid")),
    (
        "RESPONSE-CANONICAL",
        samples.judged,
        put(f"{WARNING}.source.topic.system", "https://other.example.org/CodeSystem/hemoptysis-variant"),
    ),
    ("RESPONSE-CRITICAL-FIRST", samples.massive, put("response.cards[1].indicator", "critical")),
    ("RESPONSE-CARD-PER-ORDER", samples.massive, add("response.cards", samples.card(3, "info"))),
    ("RESPONSE-CARD-PER-ORDER", samples.judged, put("request.context.selections", [])),
    ("RESPONSE-CARD-PER-ORDER", samples.chart_opened, put("response.cards", [{}, {}, {}])),
    ("RESPONSE-COMPLEMENT-ONCE", samples.judged, again("response.cards[1].suggestions")),
    (
        "PATIENT-VIEW-CREATE-ONLY",
        samples.chart_opened,
        put("response.systemActions", samples.massive()[1]["systemActions"]),
    ),
    ("PATIENT-VIEW-CREATE-ONLY", samples.chart_opened, put(f"{SUGGESTION}.isRecommended", True)),
    ("PATIENT-VIEW-CREATE-ONLY", samples.chart_opened, put(f"{SUGGESTION}.actions[0].type", "update")),
    ("PATIENT-VIEW-CLINICIANS", samples.chart_opened, put("request.context.userId", "Patient/p1")),
    ("SYSTEM-ACTIONS-REPEATED", samples.judged, put("response.extension.systemActions[0].description", "x")),
    ("SYSTEM-ACTIONS-REPEATED", samples.judged, drop("response.systemActions")),
    ("SYSTEM-ACTION-ONE-PER-ORDER", samples.massive, again("response.systemActions")),
    ("SYSTEM-ACTION-UPDATE", samples.judged, put(f"{SYSTEM}.type", "create")),
    ("RATING-INDICATOR", samples.judged, put(f"{WARNING}.indicator", "info")),
    ("RATING-INDICATOR", samples.judged, put("response.cards", [])),
]

ACTION_CASES: list[tuple[str, Pair, Damage]] = [
    ("SUGGESTION-LABEL", samples.judged, drop(f"{SUGGESTION}.label")),
    ("SUGGESTION-UUID", samples.judged, put(f"{SUGGESTION}.uuid", "suggestion-1")),
    ("SUGGESTION-ONE-ACTION", samples.judged, again(f"{SUGGESTION}.actions")),
    ("SUGGESTION-ONE-ACTION", samples.judged, drop(f"{SUGGESTION}.actions")),
    ("ACTION-TYPE", samples.judged, put(f"{SUGGESTION}.actions[0].type", "replace")),
    ("ACTION-DESCRIPTION", samples.judged, drop(f"{SUGGESTION}.actions[0].description")),
    ("ACTION-DESCRIPTION", samples.judged, drop(f"{SYSTEM}.description")),
    ("ACTION-RESOURCE", samples.judged, drop(f"{SUGGESTION}.actions[0].resource")),
    ("ACTION-RESOURCE", samples.judged, drop(f"{COMPLEMENT}.resource.resourceType")),
    ("ACTION-DELETE", samples.judged, put(COMPLEMENT, {"type": "delete", "description": "Delete"})),
    ("ACTION-DELETE", samples.judged, put(f"{COMPLEMENT}.type", "delete")),
    ("ACTION-SERVICE-REQUEST", samples.judged, put(f"{COMPLEMENT}.resource.resourceType", "Task")),
    ("CREATE-VALID", samples.judged, put(f"{COMPLEMENT}.resource.reasonCode", {"text": "hemoptysis"})),
    ("CREATE-VALID", samples.judged, put(f"{COMPLEMENT}.resource.reason", "hemoptysis")),
    ("CREATE-NEW-ID", samples.judged, put(f"{COMPLEMENT}.resource.id", "rx-1")),
    ("CREATE-NEW-ID", samples.judged, drop(f"{COMPLEMENT}.resource.id")),
    (
        "CREATE-NEW-ID",
        samples.chart_opened,
        copy(f"{SUGGESTION}.actions[0].resource.id", f"{WARNING}.suggestions[1].actions[0].resource.id"),
    ),
    ("CREATE-STATUS", samples.judged, put(f"{COMPLEMENT}.resource.status", "active")),
    ("CREATE-INTENT", samples.judged, put(f"{COMPLEMENT}.resource.intent", "wish")),
    ("CREATE-SUBJECT", samples.judged, put(f"{COMPLEMENT}.resource.subject.reference", "Patient/p2")),
    ("CREATE-CODE", samples.judged, drop(f"{COMPLEMENT}.resource.code.coding[0].display")),
    ("CREATE-CODE", samples.judged, put(f"{COMPLEMENT}.resource.code.coding[0].system", "cpt")),
    ("REPLACEMENT-NEEDED", samples.judged, put(f"{REPLACEMENT}.id", "cta")),
    (
        "REPLACEMENT-NOT-PRESELECTED",
        samples.judged,
        put("response.cards[2].suggestions[0].isRecommended", True),
    ),
    ("UPDATE-DRAFT-ORDER", samples.judged, put(f"{ANNOTATION}.id", "ct-2")),
    ("UPDATE-DRAFT-ORDER", samples.judged, put(f"{REPLACEMENT}.resourceType", "ProcedureRequest")),
    ("UPDATE-SELECTED", samples.judged, drop("request.context.selections[0]")),
    (
        "UPDATE-PATIENT",
        samples.judged,
        all_of(
            put(f"{DRAFT}.subject.reference", "https://ehr.example.org/Patient/p2"),
            copy(f"{DRAFT}.subject", f"{ANNOTATION}.subject"),
        ),
    ),
    ("UPDATE-EXTENSIONS-KEPT", samples.judged, drop(f"{ANNOTATION}.extension[0]")),
    (
        "UPDATE-EXTENSIONS-KEPT",
        samples.judged,
        add(f"{REPLACEMENT}.extension", {"url": "urn:x", "valueCode": "y"}),
    ),
    ("UPDATE-VALID", samples.judged, put(f"{REPLACEMENT}.reasonCode[0].coding[0].rank", 1)),
    ("UPDATE-VALID", samples.flawed, put(f"{REPLACEMENT}.code.coding[0].display", ["CTA"])),
    ("UPDATE-VALID", samples.flawed, put(f"{AUC}.valueString", "x")),
    ("ANNOTATION-UNCHANGED", samples.judged, put(f"{ANNOTATION}.code.text", "CT")),
    ("ANNOTATION-UNCHANGED", samples.judged, drop(f"{ANNOTATION}.intent")),
    ("ANNOTATION-UNCHANGED", samples.flawed, put(f"{ANNOTATION}.intent", "order")),
    ("ANNOTATION-UNCHANGED", samples.judged, drop(f"{ANNOTATION}.reasonCode")),
    ("REPLACEMENT-UNCHANGED", samples.judged, put(f"{REPLACEMENT}.status", "active")),
    ("REPLACEMENT-UNCHANGED", samples.judged, put(f"{REPLACEMENT}.priority", "stat")),
    ("REPLACEMENT-CODE", samples.judged, copy(f"{DRAFT}.code", f"{REPLACEMENT}.code")),
    ("REPLACEMENT-CODE", samples.judged, put(f"{REPLACEMENT}.code", {"text": "CT chest with contrast"})),
    ("REPLACEMENT-REASON", samples.judged, put(f"{REPLACEMENT}.reasonCode", [{"text": "cough"}])),
    ("REPLACEMENT-REASON", samples.flawed, put(f"{REPLACEMENT}.reasonCode", [])),
    ("REPLACEMENT-RATING", samples.judged, copy(f"{ANNOTATION}.extension", f"{REPLACEMENT}.extension")),
    (
        "REPLACEMENT-CONSULT-ID",
        samples.judged,
        put(f"{REPLACEMENT}.extension[2].valueUri", f"urn:uuid:{samples.uuid(5)}"),
    ),
    ("RATING-COMPLETE", samples.judged, put(f"{ANNOTATION}.extension", [samples.NOTE])),
    ("RATING-COMPLETE", samples.judged, drop(QCDSM)),
    ("RATING-COMPLETE", samples.judged, put(f"{COMPLEMENT}.resource.extension", samples.no_criteria(5)[:1])),
    ("RATING-DOUBLED", samples.judged, copy(RATING, f"{ANNOTATION}.extension[0]")),
    (
        "RATING-DOUBLED",
        samples.flawed,
        add(
            f"{ANNOTATION}.extension",
            samples.flawed()[0]["context"]["draftOrders"]["entry"][0]["resource"]["extension"][0],
        ),
    ),
    ("RATING-VALUE-TYPE", samples.judged, put(CONSULT, {"url": CONSULT_ID, "valueString": "x"})),
    ("RATING-VALUE-TYPE", samples.judged, put(f"{QCDSM}.valueString", 1)),
    ("RATING-VALUE-TYPE", samples.judged, put(f"{QCDSM}.valueCode", "none")),
    ("RATING-CODE", samples.judged, put(f"{RATING}.valueCodeableConcept.coding[0].code", "inappropriate")),
    ("RATING-CODE", samples.judged, drop(f"{RATING}.valueCodeableConcept.coding[0].system")),
    (
        "RATING-CATEGORY",
        samples.judged,
        put(f"{RATING}.valueCodeableConcept.coding[1].code", "usually-appropriate"),
    ),
    (
        "RATING-CATEGORY",
        samples.judged,
        put(f"{RATING}.valueCodeableConcept.coding[0].code", "no-criteria-apply"),
    ),
    ("RATING-CATEGORY", samples.judged, drop(f"{RATING}.valueCodeableConcept.coding[1]")),
    (
        "RATING-CATEGORY",
        samples.judged,
        put(f"{RATING}.valueCodeableConcept.coding[1].system", "https://x.org/c"),
    ),
    ("RATING-AUC-APPLIED", samples.judged, drop(AUC)),
    ("RATING-AUC-APPLIED", samples.judged, put(f"{AUC}.valueUri", "ACR Hemoptysis")),
    (
        "RATING-AUC-APPLIED",
        samples.judged,
        copy(AUC, "response.systemActions[2].resource.extension[0]"),
    ),
    ("RATING-CONSULT-ID", samples.judged, put(f"{CONSULT}.valueUri", samples.uuid(101))),
    ("RATING-CONSULT-ID", samples.judged, put(f"{CONSULT}.valueUri", "urn:uuid:101")),
]

SERVICE = "services[0]"
CONDITIONS = f"{SERVICE}.prefetch.conditions"
TOKEN = "{{context.patientId}}"

DISCOVERY_CASES: list[tuple[str, Damage]] = [
    ("DISCOVERY-SERVICES", drop("services")),
    ("DISCOVERY-SERVICES", put("version", "2.0.1")),
    ("DISCOVERY-CATALOG", drop(SERVICE)),
    ("DISCOVERY-CATALOG", again("services")),
    ("DISCOVERY-CATALOG", put(f"{SERVICE}.hook", "order-sign")),
    ("SERVICE-SHAPE", put(SERVICE, "order-select")),
    ("SERVICE-SHAPE", put(f"{SERVICE}.name", "x")),
    ("SERVICE-SHAPE", put(f"{SERVICE}.prefetch", [])),
    ("SERVICE-DESCRIBED", drop(f"{SERVICE}.description")),
    ("SERVICE-ID", put(f"{SERVICE}.id", "order select")),
    ("SERVICE-VERSION", put(f"{SERVICE}.version", "2.0")),
    ("SERVICE-VERSION", drop(f"{SERVICE}.hookVersion")),
    ("SERVICE-EDITION", put(f"{SERVICE}.description", "Rates chest imaging.")),
    ("SERVICE-EDITION", drop(f"{SERVICE}.usageRequirements")),
    ("PREFETCH-KEYS", put(f"{SERVICE}.prefetch.item1", f"Condition?patient={TOKEN}")),
    ("PREFETCH-INTERACTION", put(CONDITIONS, f"https://x.org/Condition?patient={TOKEN}")),
    ("PREFETCH-INTERACTION", put(CONDITIONS, f"/Condition?patient={TOKEN}")),
    ("PREFETCH-INTERACTION", put(CONDITIONS, {"query": "Condition"})),
    ("PREFETCH-TOKENS", put(CONDITIONS, "Condition?patient={{context.patientId.first()}}")),
    ("PREFETCH-TOKENS", put(CONDITIONS, "Condition?patient={context.patientId}")),
    ("PREFETCH-PATIENT", put(CONDITIONS, "Condition?code=66857006")),
    ("PREFETCH-PATIENT", put(CONDITIONS, "Condition/{{context.patientId}}")),
    ("PREFETCH-PARAMETERS", put(CONDITIONS, f"Condition?patient={TOKEN}&_include=Condition:encounter")),
    ("PREFETCH-PARAMETERS", put(CONDITIONS, f"Condition?patient={TOKEN}&encounter.class=AMB")),
    ("PREFETCH-PARAMETERS", put(CONDITIONS, f"Condition?patient={TOKEN}&code:not=1")),
    ("PREFETCH-PARAMETERS", put(CONDITIONS, f"Condition?patient={TOKEN}&code=1&code=2")),
    ("PREFETCH-NO-DATES", put(CONDITIONS, f"Condition?patient={TOKEN}&recorded-date=ge2026-01-01")),
    ("PREFETCH-NO-DATES", put(CONDITIONS, f"Condition?patient={TOKEN}&x=ge{{{{today() - 9 days}}}}")),
]

OUTCOME_CASES: list[tuple[str, int, Damage]] = [
    ("OUTCOME-RESOURCE", 400, put("body", "Bad request")),
    ("OUTCOME-RESOURCE", 400, put("body.resourceType", "Bundle")),
    ("OUTCOME-RESOURCE", 400, put("body.message", "x")),
    ("OUTCOME-STATUS", 402, put("body.id", "x")),
    ("OUTCOME-ISSUE", 400, put("body.issue", [])),
    ("OUTCOME-ISSUE", 400, put("body.issue[0].severity", "information")),
    ("OUTCOME-CODE", 400, put("body.issue[0].code", "login")),
    ("OUTCOME-CODE", 412, put("body.id", "x")),
    ("OUTCOME-MESSAGE", 400, drop("body.issue[0].diagnostics")),
    ("OUTCOME-INTERNALS", 400, put("body.issue[0].diagnostics", "KeyError('patientId')")),
    ("OUTCOME-INTERNALS", 400, put("body.issue[0].details", {"text": "Traceback (most recent call last)"})),
]

CODE_SYSTEM_CASES: list[tuple[str, Damage]] = [
    ("CODESYSTEM-RESOURCE", put("resourceType", "ValueSet")),
    ("CODESYSTEM-RESOURCE", put("codes", [])),
    ("CODESYSTEM-URL", put("url", "CodeSystem/override-reason")),
    ("CODESYSTEM-URL", put("url", f"{samples.CANONICAL}/reasons")),
    ("CODESYSTEM-STATUS", put("content", "fragment")),
    ("CODESYSTEM-CONCEPTS", drop("concept[0].display")),
    ("CODESYSTEM-CONCEPTS", again("concept")),
    ("CODESYSTEM-AGREED", drop("concept[0]")),
    ("CODESYSTEM-AGREED", put("concept[0].code", "no-time")),
]
