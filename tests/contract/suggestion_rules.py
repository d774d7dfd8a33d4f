"""Rules for suggestions and for how the suggestions of one card belong together."""

from collections import Counter
from collections.abc import Iterator

from .agreed import SELECTION_BEHAVIORS
from .card_rules import needs_uuid
from .node import Finding, Node, needs_one_of, needs_text
from .parts import actions_of, ratings_of
from .registry import requirement


@requirement(
    "SUGGESTION-LABEL",
    "A suggestion has a label.",
    scope="suggestion",
    source="CDS Hooks, Suggestion",
)
def has_label(suggestion: Node) -> Iterator[Finding]:
    yield from needs_text(suggestion.member("label"))


@requirement(
    "SUGGESTION-UUID",
    "A suggestion has an RFC 4122 uuid, so that feedback can name it.",
    scope="suggestion",
    source="CDS Hooks, Suggestion; BEHAVIOUR 7",
)
def has_uuid(suggestion: Node) -> Iterator[Finding]:
    yield from needs_uuid(suggestion.member("uuid"))


@requirement(
    "SUGGESTION-ONE-ACTION",
    "A suggestion is exactly one action, because some clients render only one.",
    scope="suggestion",
    source="DESIGN, Protocol decisions; EHR_CLIENTS, Epic",
)
def has_one_action(suggestion: Node) -> Iterator[Finding]:
    actions = suggestion.member("actions")
    if len(actions.items()) != 1:
        yield actions.fault(f"{len(actions.items())} actions instead of one")


@requirement(
    "CARD-SELECTION-BEHAVIOR",
    "A card says how its suggestions may be chosen, `any` or `at-most-one`, if and only if it has some.",
    scope="card",
    source="CDS Hooks, Card Attributes",
)
def has_selection_behavior(card: Node) -> Iterator[Finding]:
    behavior = card.member("selectionBehavior")
    if card.member("suggestions").items():
        yield from needs_one_of(behavior, SELECTION_BEHAVIORS)
    elif behavior.value is not None:
        yield behavior.fault("stands on a card without suggestions")


@requirement(
    "CARD-SELECTION-EXCLUSIVE",
    "Two or more replacements of one order exclude each other (`at-most-one`); otherwise any may be chosen.",
    scope="card",
    source="BEHAVIOUR 6, Alternatives",
)
def excludes_rival_replacements(card: Node) -> Iterator[Finding]:
    targets = Counter(_target(action) for action in actions_of(card) if _is_update(action))
    expected = "at-most-one" if max(targets.values(), default=0) > 1 else "any"
    behavior = card.member("selectionBehavior")
    if card.member("suggestions").items() and behavior.value != expected:
        yield behavior.fault(f"must be {expected} for these suggestions")


@requirement(
    "CARD-ONE-RECOMMENDED",
    "At most one suggestion of a card is recommended.",
    scope="card",
    source="CDS Hooks, Suggestion; BEHAVIOUR 6, Alternatives",
)
def recommends_one(card: Node) -> Iterator[Finding]:
    for suggestion in _recommended(card)[1:]:
        yield suggestion.member("isRecommended").fault("a second suggestion is recommended")


@requirement(
    "CARD-RECOMMENDED-FIRST",
    "The recommended suggestion of a card is its first.",
    scope="card",
    source="BEHAVIOUR 6, Alternatives",
)
def recommends_the_first(card: Node) -> Iterator[Finding]:
    suggestions = card.member("suggestions").items()
    for suggestion in _recommended(card):
        if suggestion != suggestions[0]:
            yield suggestion.member("isRecommended").fault("is recommended and not the first")


@requirement(
    "CARD-CRITICAL-CREATES-ONE",
    "The critical card suggests one new order at most, not preselected, and replaces none.",
    scope="card",
    source="BEHAVIOUR 6",
)
def suggests_one_new_order_when_critical(card: Node) -> Iterator[Finding]:
    if card.member("indicator").value != "critical":
        return
    suggestions = card.member("suggestions").items()
    kinds = [action.member("type").value for action in actions_of(card)]
    is_preselected = any(suggestion.member("isRecommended").value for suggestion in suggestions)
    if kinds not in ([], ["create"]) or is_preselected:
        yield card.member("suggestions").fault("are more on a critical card than one new order")


@requirement(
    "REPLACEMENT-NEEDED",
    "An order that is rated usually appropriate is not to be replaced.",
    scope="response",
    source="BEHAVIOUR 6",
)
def replaces_only_where_better(response: Node) -> Iterator[Finding]:
    ratings = ratings_of(response)
    for card in response.member("cards").items():
        for action in filter(_is_update, actions_of(card)):
            if "usually-appropriate" in ratings.get(_target(action), ()):
                yield action.fault("replaces a usually appropriate order")


@requirement(
    "REPLACEMENT-NOT-PRESELECTED",
    "Where no criteria apply to an order, no alternative is preselected.",
    scope="response",
    source="BEHAVIOUR 6",
)
def preselects_nothing_without_criteria(response: Node) -> Iterator[Finding]:
    ratings = ratings_of(response)
    for card in response.member("cards").items():
        for suggestion in _recommended(card):
            for action in suggestion.member("actions").items():
                if "no-criteria-apply" in ratings.get(_target(action), ()):
                    yield suggestion.fault("is preselected although no criteria apply to the order")


def _recommended(card: Node) -> list[Node]:
    suggestions = card.member("suggestions").items()
    return [suggestion for suggestion in suggestions if suggestion.member("isRecommended").value is True]


def _is_update(action: Node) -> bool:
    return action.member("type").text == "update"


def _target(action: Node) -> str:
    return action.member("resource").member("id").text
