"""Rules for the FHIR resources that the service itself serves: error bodies and code systems."""

import re
from collections import Counter
from collections.abc import Iterator

from .agreed import CODE_SYSTEMS, ISSUE_CODES
from .fhir_validity import errors_in
from .node import Finding, Node, needs_absolute_url, needs_members, needs_one_of
from .registry import requirement

INTERNALS = re.compile(r"Traceback|File \"|\.py\b|Error\(|Exception\b|<[A-Za-z!/]|SELECT |\bat 0x")


def body_of(reply: Node) -> Node:
    """The body of a reply, which is a node of status and body; paths begin at the body."""
    return Node(reply.mapping.get("body"))


def needs_resource(resource: Node, kind: str) -> Iterator[Finding]:
    if resource.member("resourceType").value != kind:
        yield resource.member("resourceType").fault(f"must be {kind}")
    elif errors := errors_in(resource.mapping):
        yield resource.fault(f"is not valid FHIR R4B at {', '.join(sorted(errors))}")


@requirement(
    "OUTCOME-RESOURCE",
    "The body of an error is a valid FHIR R4B OperationOutcome.",
    scope="error",
    source="CDS Hooks, Returning OperationOutcome; BEHAVIOUR 8",
)
def is_outcome(reply: Node) -> Iterator[Finding]:
    yield from needs_resource(body_of(reply), "OperationOutcome")


@requirement(
    "OUTCOME-STATUS",
    "An error has one of the agreed HTTP statuses.",
    scope="error",
    source="BEHAVIOUR 8",
)
def has_agreed_status(reply: Node) -> Iterator[Finding]:
    if reply.value["status"] not in ISSUE_CODES:
        yield body_of(reply).fault(f"HTTP status {reply.value['status']} is not agreed")


@requirement(
    "OUTCOME-ISSUE",
    "An OperationOutcome holds at least one issue of severity error or fatal.",
    scope="error",
    source="FHIR R4B, OperationOutcome; CDS Hooks, Returning OperationOutcome",
)
def has_issue(reply: Node) -> Iterator[Finding]:
    issues = body_of(reply).member("issue")
    if not issues.items():
        yield issues.fault("an issue is required")
    for issue in issues.items():
        yield from needs_one_of(issue.member("severity"), frozenset({"error", "fatal"}))


@requirement(
    "OUTCOME-CODE",
    "An issue's code is one that is agreed for the HTTP status.",
    scope="error",
    source="BEHAVIOUR 8",
)
def has_agreed_code(reply: Node) -> Iterator[Finding]:
    allowed = ISSUE_CODES.get(reply.value["status"], frozenset())
    for issue in body_of(reply).member("issue").items() if allowed else []:
        yield from needs_one_of(issue.member("code"), allowed)


@requirement(
    "OUTCOME-MESSAGE",
    "An issue says in words what is wrong, in diagnostics or details.text.",
    scope="error",
    source="CDS Hooks, Returning OperationOutcome; BEHAVIOUR 8",
)
def has_message(reply: Node) -> Iterator[Finding]:
    for issue in body_of(reply).member("issue").items():
        if not issue.member("diagnostics").text and not issue.member("details").member("text").text:
            yield issue.fault("says nothing in diagnostics or details.text")


@requirement(
    "OUTCOME-INTERNALS",
    "An error body shows no internals of the program and no markup.",
    scope="error",
    source="STYLE, Errors",
)
def hides_internals(reply: Node) -> Iterator[Finding]:
    for issue in body_of(reply).member("issue").items():
        for message in (issue.member("diagnostics"), issue.member("details").member("text")):
            if INTERNALS.search(message.text):
                yield message.fault("shows internals or markup")


@requirement(
    "CODESYSTEM-RESOURCE",
    "A served code system is a valid FHIR R4B CodeSystem.",
    scope="code system",
    source="BEHAVIOUR 6; FHIR R4B, CodeSystem",
)
def is_code_system(resource: Node) -> Iterator[Finding]:
    yield from needs_resource(resource, "CodeSystem")


@requirement(
    "CODESYSTEM-URL",
    "A code system's url is absolute and ends in `CodeSystem/` and an agreed name.",
    scope="code system",
    source="BEHAVIOUR 6 and 7",
)
def has_url(resource: Node) -> Iterator[Finding]:
    yield from needs_absolute_url(resource.member("url"))
    yield from needs_one_of(Node(_name(resource), f"{resource.path}.url"), frozenset(CODE_SYSTEMS))


@requirement(
    "CODESYSTEM-STATUS",
    "A code system states its status and that its content is complete.",
    scope="code system",
    source="FHIR R4B, CodeSystem",
)
def states_status(resource: Node) -> Iterator[Finding]:
    yield from needs_one_of(resource.member("status"), frozenset({"draft", "active"}))
    yield from needs_one_of(resource.member("content"), frozenset({"complete"}))


@requirement(
    "CODESYSTEM-CONCEPTS",
    "Each concept of a code system has a code, used once, and a display.",
    scope="code system",
    source="FHIR R4B, CodeSystem",
)
def has_concepts(resource: Node) -> Iterator[Finding]:
    concepts = resource.member("concept")
    for concept in concepts.items():
        yield from needs_members(concept, "code", "display")
    codes = Counter(concept.member("code").text for concept in concepts.items())
    for code in sorted(code for code, times in codes.items() if times > 1):
        yield concepts.fault(f"defines {code!r} more than once")


@requirement(
    "CODESYSTEM-AGREED",
    "A code system defines exactly the agreed codes.",
    scope="code system",
    source="BEHAVIOUR 6 and 7",
)
def has_agreed_codes(resource: Node) -> Iterator[Finding]:
    agreed = CODE_SYSTEMS.get(_name(resource), frozenset())
    defined = {concept.member("code").text for concept in resource.member("concept").items()}
    if agreed and defined != agreed:
        yield resource.member("concept").fault(f"differs from the agreed codes in {sorted(defined ^ agreed)}")


def _name(resource: Node) -> str:
    return resource.member("url").text.rpartition("/CodeSystem/")[2]
