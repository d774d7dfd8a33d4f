"""Rules for the discovery answer and for the prefetch templates in it."""

import re
from collections import Counter
from collections.abc import Iterator

from .agreed import PREFETCH_KEYS, SERVICES
from .node import Finding, Node, needs_members, needs_one_of
from .registry import requirement

SHAPE: dict[str, type] = {
    "hook": str, "title": str, "description": str, "id": str, "prefetch": dict, "usageRequirements": str,
    "version": str, "hookVersion": str, "extension": dict,
}  # fmt: skip
TOKENS = frozenset({"context.patientId", "context.encounterId"})
READ = re.compile(r"[A-Z][A-Za-z]+/\{\{[^{}]+\}\}")
SEARCH = re.compile(r"[A-Z][A-Za-z]+\?[^?]+")
PARAMETER = re.compile(r"[a-z]+(?:-[a-z]+)*(?::in)?|_id|_count|_sort|_maxresults")
BOUND = re.compile(
    r"^Patient/\{\{context\.patientId\}\}$|^Encounter/\{\{context\.encounterId\}\}$"
    r"|[?&](?:patient|subject)=(?:Patient/)?\{\{context\.patientId\}\}(?:&|$)"
    r"|^(?:Patient\?_id=\{\{context\.patientId\}\}|Encounter\?_id=\{\{context\.encounterId\}\})(?:&|$)"
)
DATE_PARAMETER = re.compile(
    r"(?:.*-)?date|birthdate|authored(?:on)?|started|issued|period|onset|_lastUpdated|.*\btoday\(.*|.*\bnow\(.*"
)


def parts_of_discovery(discovery: Node) -> Iterator[tuple[str, Node]]:
    yield "discovery", discovery
    for service in discovery.member("services").items():
        yield "service", service
        for key in service.member("prefetch").mapping:
            yield "template", service.member("prefetch").member(key)


@requirement(
    "DISCOVERY-SERVICES",
    "Discovery is an object that holds an array of services and nothing else.",
    scope="discovery",
    source="CDS Hooks, Discovery",
)
def has_services(discovery: Node) -> Iterator[Finding]:
    if not isinstance(discovery.member("services").value, list):
        yield discovery.member("services").fault("an array is required")
    for name in discovery.mapping.keys() - {"services", "extension"}:
        yield discovery.member(name).fault("is not in the specification")


@requirement(
    "DISCOVERY-CATALOG",
    "Discovery lists the three services, each once and with its hook.",
    scope="discovery",
    source="DESIGN, Protocol decisions",
)
def lists_our_services(discovery: Node) -> Iterator[Finding]:
    services = discovery.member("services")
    listed = Counter((item.member("id").text, item.member("hook").text) for item in services.items())
    if listed != Counter(SERVICES.items()):
        yield services.fault(f"lists {sorted(listed.elements())}")


@requirement(
    "SERVICE-SHAPE",
    "A service's members are those of the specification, each of its JSON type.",
    scope="service",
    source="CDS Hooks, Discovery",
)
def has_right_types(service: Node) -> Iterator[Finding]:
    if not isinstance(service.value, dict):
        yield service.fault("an object is required")
    for name, value in service.mapping.items():
        if not isinstance(value, SHAPE.get(name, ())):
            yield service.member(name).fault("is not in the specification or of another type")


@requirement(
    "SERVICE-DESCRIBED",
    "A service has hook, id, title and description.",
    scope="service",
    source="CDS Hooks, Discovery",
)
def is_described(service: Node) -> Iterator[Finding]:
    yield from needs_members(service, "hook", "id", "title", "description")


@requirement(
    "SERVICE-ID",
    "A service id can stand in a URL path as it is.",
    scope="service",
    source="CDS Hooks, Discovery and Calling a CDS Service",
)
def has_id_for_a_path(service: Node) -> Iterator[Finding]:
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", service.member("id").text):
        yield service.member("id").fault("holds characters that a path would escape")


@requirement(
    "SERVICE-VERSION",
    "A service states version 2.0.1 of the specification and version 1.0 of its hook.",
    scope="service",
    source="BEHAVIOUR 7",
)
def states_versions(service: Node) -> Iterator[Finding]:
    yield from needs_one_of(service.member("version"), frozenset({"2.0.1"}))
    yield from needs_one_of(service.member("hookVersion"), frozenset({"1.0"}))


@requirement(
    "SERVICE-EDITION",
    "A service's description and usageRequirements state the edition of the ACR criteria.",
    scope="service",
    source="BEHAVIOUR 7",
)
def states_edition(service: Node) -> Iterator[Finding]:
    for member in (service.member("description"), service.member("usageRequirements")):
        if "ACR" not in member.text or not re.search(r"\b(?:19|20)\d\d\b", member.text):
            yield member.fault("does not state the ACR criteria and the year of their edition")


@requirement(
    "PREFETCH-KEYS",
    "A service prefetches under the agreed keys only.",
    scope="service",
    source="BEHAVIOUR 2",
)
def has_agreed_keys(service: Node) -> Iterator[Finding]:
    for key in service.member("prefetch").mapping.keys() - PREFETCH_KEYS:
        yield service.member("prefetch").member(key).fault("is not an agreed prefetch key")


@requirement(
    "PREFETCH-INTERACTION",
    "A template is a relative FHIR read or type-level search, as a string.",
    scope="template",
    source="CDS Hooks, Prefetch query restrictions",
)
def reads_or_searches(template: Node) -> Iterator[Finding]:
    if not READ.fullmatch(template.text) and not SEARCH.fullmatch(template.text):
        yield template.fault(f"is neither a read nor a type-level search: {template.value!r}")


@requirement(
    "PREFETCH-TOKENS",
    "A template's tokens are plain fields of the context, without FHIRPath.",
    scope="template",
    source="CDS Hooks, Prefetch tokens; DESIGN, Protocol decisions",
)
def has_plain_tokens(template: Node) -> Iterator[Finding]:
    tokens = re.findall(r"\{\{(.*?)\}\}", template.text)
    for token in tokens:
        if token not in TOKENS:
            yield template.fault(f"holds the token {token!r}")
    if re.search(r"[{}%]", re.sub(r"\{\{.*?\}\}", "", template.text).replace("%7C", "").replace("%2C", "")):
        yield template.fault("holds a brace or percent sign outside a token")


@requirement(
    "PREFETCH-PATIENT",
    "A template asks for data of the patient or encounter in the context.",
    scope="template",
    source="CDS Hooks, Prefetch tokens; BEHAVIOUR 2",
)
def concerns_the_patient(template: Node) -> Iterator[Finding]:
    if not BOUND.search(template.text):
        yield template.fault("is not bound to the patient or encounter of the context")


@requirement(
    "PREFETCH-PARAMETERS",
    "A search uses plain parameters, each once: no chaining, no inclusion, no modifier but `:in`.",
    scope="template",
    source="CDS Hooks, Prefetch query restrictions; EHR_CLIENTS, CDS Hooks Sandbox",
)
def has_plain_parameters(template: Node) -> Iterator[Finding]:
    names = Counter(name for name, _ in _parameters(template))
    for name, times in names.items():
        if not PARAMETER.fullmatch(name) or times > 1:
            yield template.fault(f"uses the parameter {name!r} {times} times")


@requirement(
    "PREFETCH-NO-DATES",
    "A search is not limited by date: clients resolve date expressions differently.",
    scope="template",
    source="DESIGN, Protocol decisions",
)
def has_no_dates(template: Node) -> Iterator[Finding]:
    for name, value in _parameters(template):
        if DATE_PARAMETER.fullmatch(name) or DATE_PARAMETER.fullmatch(value):
            yield template.fault(f"limits by date: {name}={value}")


def _parameters(template: Node) -> list[tuple[str, str]]:
    query = template.text.partition("?")[2]
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return [(name, "" if name == "_sort" else value) for name, _, value in pairs]
