"""Rules for the draft orders that an answer returns: annotated by the system, or replaced by a suggestion."""

from collections.abc import Iterator, Mapping
from typing import Any

from .action_rules import needs_study
from .agreed import CONSULT_ID, RATING_VALUES
from .asked import same_json
from .fhir_validity import new_errors
from .node import Finding, Node, needs_members
from .parts import parts_of, rating_codes, rating_extension
from .registry import requirement


def draft_of(resource: Node) -> Mapping[str, Any]:
    """The draft order that is updated; empty if there is none, which a rule of its own reports."""
    drafts = resource.asked.drafts_for(resource.mapping)
    return drafts[0].resource if drafts else {}


@requirement(
    "UPDATE-DRAFT-ORDER",
    "An update has the resourceType and id of a draft order of the request.",
    scope="update",
    source="CDS Hooks, Action; Argonaut CDS Hooks for PAMA, PAMA Response",
)
def is_a_draft_order(resource: Node) -> Iterator[Finding]:
    if not draft_of(resource):
        yield resource.member("id").fault("is not a draft order of the request")


@requirement(
    "UPDATE-SELECTED",
    "On order-select only the selected orders are rated or replaced.",
    scope="update",
    source="BEHAVIOUR 1.2",
)
def is_selected(resource: Node) -> Iterator[Finding]:
    selected = resource.asked.selected
    drafts = resource.asked.drafts_for(resource.mapping)
    if selected is not None and drafts and not any(draft.names & selected for draft in drafts):
        yield resource.member("id").fault("is not among the selections")


@requirement(
    "UPDATE-PATIENT",
    "An order of another patient is neither rated nor replaced.",
    scope="update",
    source="BEHAVIOUR 1.2",
)
def is_of_the_patient(resource: Node) -> Iterator[Finding]:
    drafts = resource.asked.drafts_for(resource.mapping)
    if drafts and all(draft.is_of_another_patient(resource.asked.patient) for draft in drafts):
        yield resource.member("subject").fault("is another patient")


@requirement(
    "UPDATE-EXTENSIONS-KEPT",
    "Of an order's extensions only those of the rating change; the others stay as they came, in their order.",
    scope="update",
    source="BEHAVIOUR 7",
)
def keeps_other_extensions(resource: Node) -> Iterator[Finding]:
    draft = draft_of(resource)
    if draft and not same_json(_other_extensions(resource.mapping), _other_extensions(draft)):
        yield resource.member("extension").fault("an extension apart from the rating was changed")


def _other_extensions(resource: Mapping[str, Any]) -> list[Any]:
    extension = resource.get("extension") or []
    extensions = extension if isinstance(extension, list) else [extension]
    return [item for item in extensions if not (isinstance(item, dict) and _is_rating(item))]


def _is_rating(extension: Mapping[str, Any]) -> bool:
    return isinstance(extension.get("url"), str) and extension["url"] in RATING_VALUES


@requirement(
    "UPDATE-VALID",
    "What the service adds makes an order no less valid as FHIR R4B than it came.",
    scope="update",
    source="BEHAVIOUR 7",
)
def is_no_less_valid(resource: Node) -> Iterator[Finding]:
    for error in new_errors(resource.mapping, draft_of(resource) or {"resourceType": "ServiceRequest"}):
        yield resource.fault(f"is not valid FHIR R4B at {error}, and the draft order was")


@requirement(
    "ANNOTATION-UNCHANGED",
    "A system action returns the whole draft order unchanged except for `extension`.",
    scope="annotation",
    source="Argonaut CDS Hooks for PAMA, PAMA Response; BEHAVIOUR 7",
)
def annotation_changes_nothing_else(resource: Node) -> Iterator[Finding]:
    yield from _needs_unchanged(resource, {"extension"})


@requirement(
    "REPLACEMENT-UNCHANGED",
    "A replacement returns the whole draft order unchanged except for `code`, `reasonCode` and `extension`.",
    scope="replacement",
    source="CDS Hooks, Action; BEHAVIOUR 7",
)
def replacement_changes_nothing_else(resource: Node) -> Iterator[Finding]:
    yield from _needs_unchanged(resource, {"code", "reasonCode", "extension"})


def _needs_unchanged(resource: Node, free: set[str]) -> Iterator[Finding]:
    draft = draft_of(resource)
    for name in sorted((draft.keys() | resource.mapping.keys()) - free) if draft else []:
        if name not in draft or name not in resource.mapping:
            yield resource.member(name).fault("was added or left out")
        elif not same_json(draft[name], resource.mapping[name]):
            yield resource.member(name).fault("was changed")


@requirement(
    "REPLACEMENT-CODE",
    "A replacement names another study by a coding with system, code and display.",
    scope="replacement",
    source="BEHAVIOUR 7; EHR_CLIENTS, CDS Hooks Sandbox",
)
def replacement_names_another_study(resource: Node) -> Iterator[Finding]:
    yield from needs_study(resource)
    if same_json(draft_of(resource).get("code"), resource.mapping.get("code")):
        yield resource.member("code").fault("is the code of the order to be replaced")


@requirement(
    "REPLACEMENT-REASON",
    "A replacement keeps the order's reasons; where it gave none it gets a coded one.",
    scope="replacement",
    source="DESIGN, Protocol decisions; EHR_CLIENTS, CDS Hooks Sandbox",
)
def replacement_has_reason(resource: Node) -> Iterator[Finding]:
    reasons, draft = resource.member("reasonCode"), draft_of(resource)
    if _says_something(draft.get("reasonCode")):
        if not same_json(draft["reasonCode"], reasons.value):
            yield reasons.fault("a reason of the draft order was changed")
    elif not any(map(_says_something, (draft.get("reasonReference"), draft.get("reason")))):
        coding = next(iter(reasons.items()), reasons).member("coding")
        yield from needs_members(next(iter(coding.items()), coding), "system", "code", "display")


def _says_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_says_something, value.values()))
    if isinstance(value, list):
        return any(map(_says_something, value))
    return value not in (None, "")


@requirement(
    "REPLACEMENT-RATING",
    "A suggested replacement is rated usually appropriate.",
    scope="replacement",
    source="BEHAVIOUR 6, Alternatives",
)
def replacement_is_usually_appropriate(resource: Node) -> Iterator[Finding]:
    if rating_codes(resource) != ("appropriate", "usually-appropriate"):
        yield resource.member("extension").fault(f"rates the replacement {rating_codes(resource)}")


@requirement(
    "REPLACEMENT-CONSULT-ID",
    "A replacement keeps the consult id with which its order was judged.",
    scope="response",
    source="BEHAVIOUR 7",
)
def replacement_keeps_consult_id(response: Node) -> Iterator[Finding]:
    judged = {
        part.member("id").text: _consult_id(part).value
        for scope, part in parts_of(response)
        if scope == "annotation"
    }
    for scope, part in parts_of(response):
        order, consult_id = part.member("id").text, _consult_id(part)
        if scope == "replacement" and order in judged and judged[order] != consult_id.value:
            yield consult_id.fault("differs from the consult id of the system action")


def _consult_id(resource: Node) -> Node:
    return rating_extension(resource, CONSULT_ID).member("valueUri")
