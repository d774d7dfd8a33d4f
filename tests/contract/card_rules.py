"""Rules for a card, its source and its links."""

import re
from collections.abc import Iterator

from .agreed import INDICATORS, LINK_TYPES, VARIANTS
from .node import Finding, Node, needs_absolute_url, needs_members, needs_one_of, needs_text
from .registry import requirement

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def needs_uuid(node: Node) -> Iterator[Finding]:
    if not UUID.fullmatch(node.text):
        yield node.fault(f"an RFC 4122 UUID is required, not {node.value!r}")


@requirement(
    "CARD-SUMMARY",
    "A card has a summary with something in it.",
    scope="card",
    source="CDS Hooks, Card Attributes",
)
def has_summary(card: Node) -> Iterator[Finding]:
    yield from needs_text(card.member("summary"))


@requirement(
    "CARD-SUMMARY-LENGTH",
    "A summary is shorter than 140 characters.",
    scope="card",
    source="CDS Hooks, Card Attributes",
)
def has_short_summary(card: Node) -> Iterator[Finding]:
    summary = card.member("summary")
    if len(summary.text) >= 140:
        yield summary.fault(f"has {len(summary.text)} characters, fewer than 140 are allowed")


@requirement(
    "CARD-SUMMARY-LINE",
    "A summary is one line of text without control characters or outer white space.",
    scope="card",
    source="CDS Hooks, Card Attributes",
)
def has_summary_on_one_line(card: Node) -> Iterator[Finding]:
    summary = card.member("summary")
    if CONTROL.search(summary.text) or summary.text != summary.text.strip():
        yield summary.fault("holds a line break, a control character or outer white space")


@requirement(
    "CARD-INDICATOR",
    "A card's indicator is `info`, `warning` or `critical`.",
    scope="card",
    source="CDS Hooks, Card Attributes",
)
def has_known_indicator(card: Node) -> Iterator[Finding]:
    yield from needs_one_of(card.member("indicator"), INDICATORS)


@requirement(
    "CARD-UUID",
    "A card has an RFC 4122 uuid, so that feedback can name it.",
    scope="card",
    source="CDS Hooks, Card Attributes; DESIGN, Protocol decisions",
)
def has_uuid(card: Node) -> Iterator[Finding]:
    yield from needs_uuid(card.member("uuid"))


@requirement(
    "CARD-SOURCE-LABEL",
    "A card names its source.",
    scope="source",
    source="CDS Hooks, Source",
)
def has_source_label(source: Node) -> Iterator[Finding]:
    yield from needs_text(source.member("label"))


@requirement(
    "CARD-SOURCE-URL",
    "The url of a card's source, where given, is absolute; a card that rests on the ACR topic gives one.",
    scope="source",
    source="CDS Hooks, Source; BEHAVIOUR 6",
)
def has_source_url(source: Node) -> Iterator[Finding]:
    if "url" in source.mapping or source.member("label").text.startswith("ACR"):
        yield from needs_absolute_url(source.member("url"))


@requirement(
    "CARD-SOURCE-ICON",
    "An icon of the source, where given, is an absolute URL.",
    scope="source",
    source="CDS Hooks, Source",
)
def has_absolute_icon(source: Node) -> Iterator[Finding]:
    if "icon" in source.mapping:
        yield from needs_absolute_url(source.member("icon"))


@requirement(
    "CARD-TOPIC-CODING",
    "A card's topic is a Coding with system and code.",
    scope="source",
    source="CDS Hooks, Source and Coding",
)
def has_topic(source: Node) -> Iterator[Finding]:
    topic = source.member("topic")
    yield from needs_members(topic, "system", "code")
    for name in topic.mapping.keys() - {"system", "code", "display"}:
        yield topic.member(name).fault("is not a member of a Coding")


@requirement(
    "CARD-TOPIC-CODE",
    "A topic code is short and alphanumeric, because acknowledgements hang on it.",
    scope="source",
    source="EHR_CLIENTS, Epic",
)
def has_short_topic_code(source: Node) -> Iterator[Finding]:
    code = source.member("topic").member("code")
    if not re.fullmatch(r"[A-Za-z0-9]{1,20}", code.text):
        yield code.fault(f"must be 1 to 20 letters or digits, not {code.value!r}")


@requirement(
    "CARD-TOPIC-VARIANT",
    "The topic is a code of the service's variant code system.",
    scope="source",
    source="BEHAVIOUR 6",
)
def has_variant_as_topic(source: Node) -> Iterator[Finding]:
    topic = source.member("topic")
    yield from needs_one_of(topic.member("code"), VARIANTS)
    yield from needs_own_system(topic.member("system"), "hemoptysis-variant")


def needs_own_system(system: Node, name: str) -> Iterator[Finding]:
    yield from needs_absolute_url(system)
    if not system.text.endswith(f"/CodeSystem/{name}"):
        yield system.fault(f"must be the code system {name} of this service")


@requirement(
    "LINK-LABEL",
    "A link has a label.",
    scope="link",
    source="CDS Hooks, Link",
)
def link_has_label(link: Node) -> Iterator[Finding]:
    yield from needs_text(link.member("label"))


@requirement(
    "LINK-URL",
    "A link's url is absolute.",
    scope="link",
    source="CDS Hooks, Link",
)
def link_has_url(link: Node) -> Iterator[Finding]:
    yield from needs_absolute_url(link.member("url"))


@requirement(
    "LINK-TYPE",
    "A link is of type `absolute` or `smart`.",
    scope="link",
    source="CDS Hooks, Link",
)
def link_has_type(link: Node) -> Iterator[Finding]:
    yield from needs_one_of(link.member("type"), LINK_TYPES)


@requirement(
    "LINK-APP-CONTEXT",
    "Only a SMART link carries an appContext.",
    scope="link",
    source="CDS Hooks, Link",
)
def link_has_context_only_for_smart(link: Node) -> Iterator[Finding]:
    if "appContext" in link.mapping and link.member("type").value != "smart":
        yield link.member("appContext").fault("is for links of type smart only")
