"""Rules for the actions of suggestions and of the system, and for the orders that they create."""

from collections import Counter
from collections.abc import Iterator

from .agreed import ACTION_TYPES, REQUEST_INTENTS
from .asked import id_in
from .fhir_validity import errors_in
from .node import Finding, Node, needs_members, needs_one_of, needs_text
from .parts import parts_of
from .registry import requirement


@requirement(
    "ACTION-TYPE",
    "An action's type is `create`, `update` or `delete`.",
    scope="action",
    source="CDS Hooks, Action",
)
def has_type(action: Node) -> Iterator[Finding]:
    yield from needs_one_of(action.member("type"), ACTION_TYPES)


@requirement(
    "ACTION-DESCRIPTION",
    "Every action has a description, a system action too.",
    scope="action",
    source="CDS Hooks, Action; BEHAVIOUR 7",
)
def has_description(action: Node) -> Iterator[Finding]:
    yield from needs_text(action.member("description"))


@requirement(
    "ACTION-RESOURCE",
    "A create or update action holds a whole resource with its resourceType.",
    scope="action",
    source="CDS Hooks, Action",
)
def has_resource(action: Node) -> Iterator[Finding]:
    if action.member("type").value in ("create", "update"):
        yield from needs_text(action.member("resource").member("resourceType"))


@requirement(
    "ACTION-DELETE",
    "A delete action names its target in resourceId and holds no resource.",
    scope="action",
    source="CDS Hooks, Action",
)
def names_what_to_delete(action: Node) -> Iterator[Finding]:
    if action.member("type").value == "delete":
        yield from needs_text(action.member("resourceId"))
        if "resource" in action.mapping:
            yield action.member("resource").fault("is not allowed in a delete action")


@requirement(
    "ACTION-SERVICE-REQUEST",
    "Only ServiceRequests are created or updated.",
    scope="action",
    source="BEHAVIOUR 7",
)
def concerns_service_requests(action: Node) -> Iterator[Finding]:
    kind = action.member("resource").member("resourceType")
    if kind.text and kind.text != "ServiceRequest":
        yield kind.fault(f"must be ServiceRequest, not {kind.text}")


@requirement(
    "SYSTEM-ACTION-UPDATE",
    "A system action is an update of a draft order.",
    scope="system action",
    source="Argonaut CDS Hooks for PAMA, PAMA Response",
)
def updates(action: Node) -> Iterator[Finding]:
    if action.member("type").value != "update":
        yield action.member("type").fault("must be update in a system action")


@requirement(
    "CREATE-VALID",
    "A new order is a valid FHIR R4B resource.",
    scope="create",
    source="CDS Hooks, Action; FHIR R4B, ServiceRequest",
)
def is_valid_fhir(resource: Node) -> Iterator[Finding]:
    for error in errors_in(resource.mapping):
        yield resource.fault(f"is not valid FHIR R4B at {error}")


@requirement(
    "CREATE-NEW-ID",
    "A new order has an id that no draft order and no other new order has.",
    scope="response",
    source="DESIGN, Protocol decisions",
)
def has_new_ids(response: Node) -> Iterator[Finding]:
    seen = Counter(str(draft.resource.get("id")) for draft in response.asked.drafts)
    for scope, resource in parts_of(response):
        if scope == "create":
            yield from needs_text(resource.member("id"))
            seen[resource.member("id").text] += 1
            if seen[resource.member("id").text] > 1:
                yield resource.member("id").fault("is already the id of another order")


@requirement(
    "CREATE-STATUS",
    "A new order is a draft.",
    scope="create",
    source="CDS Hooks, Action; BEHAVIOUR 6",
)
def is_draft(resource: Node) -> Iterator[Finding]:
    if resource.member("status").value != "draft":
        yield resource.member("status").fault("must be draft")


@requirement(
    "CREATE-INTENT",
    "A new order has an intent of the FHIR value set.",
    scope="create",
    source="FHIR R4B, ServiceRequest",
)
def has_intent(resource: Node) -> Iterator[Finding]:
    yield from needs_one_of(resource.member("intent"), REQUEST_INTENTS)


@requirement(
    "CREATE-SUBJECT",
    "A new order is for the patient of the request.",
    scope="create",
    source="CDS Hooks, Action; EHR_CLIENTS",
)
def is_for_the_patient(resource: Node) -> Iterator[Finding]:
    reference = resource.member("subject").member("reference")
    if "Patient/" not in reference.text or id_in(reference.text) != resource.asked.patient:
        yield reference.fault(f"must refer to Patient/{resource.asked.patient}")


@requirement(
    "CREATE-CODE",
    "A new order names its study by a coding with a URI as system, code and display.",
    scope="create",
    source="BEHAVIOUR 7; EHR_CLIENTS, CDS Hooks Sandbox",
)
def names_study(resource: Node) -> Iterator[Finding]:
    yield from needs_study(resource)
    for coding in resource.member("code").member("coding").items():
        if ":" not in coding.member("system").text:
            yield coding.member("system").fault("must be a URI")


def needs_study(resource: Node) -> Iterator[Finding]:
    """The first coding of the order's code, R4B or R5 in shape, must be complete."""
    code = resource.member("code")
    concept = code.member("concept") if "concept" in code.mapping else code
    codings = concept.member("coding")
    if not codings.items():
        yield codings.fault("a coding is required")
    for coding in codings.items()[:1]:
        yield from needs_members(coding, "system", "code", "display")
