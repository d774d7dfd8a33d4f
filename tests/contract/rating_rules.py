"""Rules for the Argonaut rating extensions on an order."""

from collections import Counter
from collections.abc import Iterator

from .agreed import (
    AUC_APPLIED,
    CATEGORIES,
    CONSULT_ID,
    PAMA_CATEGORIES,
    PAMA_SYSTEM,
    QCDSM_CONSULTED,
    RATING,
    RATING_VALUES,
)
from .card_rules import UUID, needs_own_system
from .node import Finding, Node, needs_absolute_url, needs_one_of
from .parts import rating_codings, rating_extension, rating_extensions
from .registry import requirement


@requirement(
    "RATING-COMPLETE",
    "A returned order carries the rating, the consult id and the mechanism consulted.",
    scope="rated",
    source="Argonaut CDS Hooks for PAMA, FHIR extensions; DESIGN, Protocol decisions",
)
def is_complete(resource: Node) -> Iterator[Finding]:
    urls = {extension.member("url").text for extension in rating_extensions(resource)}
    for url in sorted({RATING, CONSULT_ID, QCDSM_CONSULTED} - urls):
        yield resource.member("extension").fault(f"lacks {url}")


@requirement(
    "RATING-DOUBLED",
    "Each rating extension stands once: an older rating is replaced.",
    scope="rated",
    source="DESIGN, Protocol decisions",
)
def is_not_doubled(resource: Node) -> Iterator[Finding]:
    urls = Counter(extension.member("url").text for extension in rating_extensions(resource))
    for url in sorted(url for url, times in urls.items() if times > 1):
        yield resource.member("extension").fault(f"holds {url} more than once")


@requirement(
    "RATING-VALUE-TYPE",
    "A rating extension has its url and one value of the type that the guide gives it.",
    scope="rated",
    source="Argonaut CDS Hooks for PAMA, FHIR extensions",
)
def has_value_types(resource: Node) -> Iterator[Finding]:
    for extension in rating_extensions(resource):
        name = RATING_VALUES[extension.member("url").text]
        value = extension.member(name)
        if extension.mapping.keys() != {"url", name} or not (value.mapping or value.text):
            yield extension.fault(f"must hold its url and {name}, not {', '.join(sorted(extension.mapping))}")


@requirement(
    "RATING-CODE",
    "The first coding of a rating is a code of the Argonaut rating system.",
    scope="rated",
    source="Argonaut CDS Hooks for PAMA, FHIR extensions",
)
def has_pama_code(resource: Node) -> Iterator[Finding]:
    rating = rating_extension(resource, RATING)
    coding = next(iter(rating_codings(resource)), rating)
    yield from needs_one_of(coding.member("code"), frozenset(PAMA_CATEGORIES))
    if coding.member("system").value != PAMA_SYSTEM:
        yield coding.member("system").fault(f"must be {PAMA_SYSTEM}")


@requirement(
    "RATING-CATEGORY",
    "The second coding of a rating is the ACR category and agrees with the first; "
    "where no criteria apply there is none.",
    scope="rated",
    source="BEHAVIOUR 6 and 7",
)
def has_category(resource: Node) -> Iterator[Finding]:
    codings = rating_codings(resource)
    allowed = PAMA_CATEGORIES.get(codings[0].member("code").text, CATEGORIES) if codings else CATEGORIES
    if len(codings) != (2 if allowed else 1):
        yield rating_extension(resource, RATING).fault(f"holds {len(codings)} codings")
    elif allowed:
        yield from needs_one_of(codings[1].member("code"), allowed)
        yield from needs_own_system(codings[1].member("system"), "acr-appropriateness-category")


@requirement(
    "RATING-AUC-APPLIED",
    "A rating links the criteria that were applied by an absolute URL; where none apply it does not.",
    scope="rated",
    source="BEHAVIOUR 7; Argonaut CDS Hooks for PAMA, FHIR extensions",
)
def names_criteria_applied(resource: Node) -> Iterator[Finding]:
    applied = rating_extension(resource, AUC_APPLIED)
    codes = [coding.member("code").value for coding in rating_codings(resource)[:1]]
    if codes != ["no-criteria-apply"]:
        yield from needs_absolute_url(applied.member("valueUri"))
    elif applied.value is not None:
        yield applied.fault("names criteria although none apply")


@requirement(
    "RATING-CONSULT-ID",
    "The consult id is a `urn:uuid:` with an RFC 4122 UUID.",
    scope="rated",
    source="BEHAVIOUR 7; Argonaut CDS Hooks for PAMA, FHIR extensions",
)
def has_consult_id(resource: Node) -> Iterator[Finding]:
    consult_id = rating_extension(resource, CONSULT_ID).member("valueUri")
    scheme, _, uuid = consult_id.text.rpartition(":")
    if scheme != "urn:uuid" or not UUID.fullmatch(uuid):
        yield consult_id.fault(f"must be a urn:uuid: URI, not {consult_id.value!r}")
