"""Rules for override reasons: what they are and on which cards they stand."""

from collections import Counter
from collections.abc import Iterator

from .agreed import OVERRIDE_REASONS
from .card_rules import needs_own_system
from .node import Finding, Node, needs_members, needs_one_of
from .parts import ratings_of
from .registry import requirement


@requirement(
    "OVERRIDE-CODING",
    "An override reason has code, system and display.",
    scope="override reason",
    source="CDS Hooks, Reasons for rejecting a card and Coding",
)
def is_coding(reason: Node) -> Iterator[Finding]:
    yield from needs_members(reason, "code", "system", "display")


@requirement(
    "OVERRIDE-LISTED",
    "An override reason is a code of the service's override-reason code system.",
    scope="override reason",
    source="BEHAVIOUR 6",
)
def is_listed(reason: Node) -> Iterator[Finding]:
    yield from needs_one_of(reason.member("code"), OVERRIDE_REASONS)
    yield from needs_own_system(reason.member("system"), "override-reason")


@requirement(
    "OVERRIDE-UNIQUE",
    "A card offers each override reason once.",
    scope="card",
    source="BEHAVIOUR 6; EHR_CLIENTS, Epic",
)
def has_unique_reasons(card: Node) -> Iterator[Finding]:
    reasons = card.member("overrideReasons")
    codes = Counter(reason.member("code").text for reason in reasons.items())
    for code in (code for code, times in codes.items() if times > 1):
        yield reasons.fault(f"offers {code!r} twice")


@requirement(
    "OVERRIDE-ON-WARNING",
    "A warning or critical card offers override reasons.",
    scope="card",
    source="BEHAVIOUR 6",
)
def has_reasons_on_warning(card: Node) -> Iterator[Finding]:
    is_advice_against = card.member("indicator").value in ("warning", "critical")
    if is_advice_against and not card.member("overrideReasons").items():
        yield card.member("overrideReasons").fault("are required on a card that advises against something")


@requirement(
    "OVERRIDE-ON-INFO",
    "An order that may be appropriate, or to which no criteria apply, "
    "has an info card that offers override reasons.",
    scope="response",
    source="BEHAVIOUR 6",
)
def has_reasons_on_info(response: Node) -> Iterator[Finding]:
    needed, found = _middling_ratings(response), len(_overridable_info_cards(response))
    if found < needed:
        yield response.member("cards").fault(f"{found} info cards with override reasons, {needed} are needed")


@requirement(
    "OVERRIDE-ABSENT",
    "The info card of a usually appropriate order and that of patient-view offer no override reasons.",
    scope="response",
    source="BEHAVIOUR 6",
)
def has_no_reasons_without_objection(response: Node) -> Iterator[Finding]:
    settled = {"usually-appropriate", "usually-not-appropriate"}
    judged = sum(1 for codes in ratings_of(response).values() if settled & set(codes))
    allowed = 0 if response.asked.is_patient_view else max(0, len(response.asked.candidates) - judged)
    for card in _overridable_info_cards(response)[allowed:]:
        yield card.member("overrideReasons").fault("on a card that does not advise against anything")


@requirement(
    "RATING-INDICATOR",
    "A usually not appropriate order has a warning card; one that may be appropriate, "
    "or to which no criteria apply, has an info card.",
    scope="response",
    source="BEHAVIOUR 6",
)
def has_indicators_of_ratings(response: Node) -> Iterator[Finding]:
    found = Counter(card.member("indicator").text for card in response.member("cards").items())
    against = sum(1 for codes in ratings_of(response).values() if "usually-not-appropriate" in codes)
    for indicator, needed in (("warning", against), ("info", _middling_ratings(response))):
        if found[indicator] < needed:
            yield response.member("cards").fault(f"{found[indicator]} {indicator} cards, {needed} are needed")


def _middling_ratings(response: Node) -> int:
    middling = {"may-be-appropriate", "no-criteria-apply"}
    return sum(1 for codes in ratings_of(response).values() if middling & set(codes))


def _overridable_info_cards(response: Node) -> list[Node]:
    cards = response.member("cards").items()
    return [
        card for card in cards
        if card.member("indicator").value == "info" and card.member("overrideReasons").items()
    ]  # fmt: skip
