"""The parts of a service response, each with the scope whose rules it must keep."""

from collections.abc import Iterator

from .agreed import RATING_VALUES
from .node import Node


def parts_of(response: Node) -> Iterator[tuple[str, Node]]:
    yield "response", response
    for card in response.member("cards").items():
        yield "card", card
        yield from _parts_of_card(card)
    for action in response.member("systemActions").items():
        yield "system action", action
        yield from _parts_of_action(action, update="annotation")


def _parts_of_card(card: Node) -> Iterator[tuple[str, Node]]:
    yield "source", card.member("source")
    for link in card.member("links").items():
        yield "link", link
    for reason in card.member("overrideReasons").items():
        yield "override reason", reason
    for suggestion in card.member("suggestions").items():
        yield "suggestion", suggestion
        for action in suggestion.member("actions").items():
            yield from _parts_of_action(action, update="replacement")


def _parts_of_action(action: Node, *, update: str) -> Iterator[tuple[str, Node]]:
    yield "action", action
    resource = action.member("resource")
    for scope in _scopes_of(resource, action.member("type").value, update):
        yield scope, resource


def _scopes_of(resource: Node, kind: object, update: str) -> list[str]:
    if not resource.mapping:
        return []
    if kind == "update":
        return ["update", update, "rated"]
    return ["create", *(["rated"] if rating_extensions(resource) else [])] if kind == "create" else []


def rating_extensions(resource: Node) -> list[Node]:
    """The extensions of a resource that belong to the Argonaut rating."""
    extensions = resource.member("extension").items()
    return [extension for extension in extensions if extension.member("url").text in RATING_VALUES]


def rating_extension(resource: Node, url: str) -> Node:
    """The first extension of that url; an absent one is a node without value."""
    found = (node for node in rating_extensions(resource) if node.member("url").value == url)
    return next(found, Node(None, f"{resource.path}.extension", resource.asked))


def ratings_of(response: Node) -> dict[str, tuple[str, ...]]:
    """The codes (PAMA code first) that the system actions put on each draft order, by order id."""
    resources = (action.member("resource") for action in response.member("systemActions").items())
    return {resource.member("id").text: rating_codes(resource) for resource in resources}


def rating_codes(resource: Node) -> tuple[str, ...]:
    return tuple(coding.member("code").text for coding in rating_codings(resource))


def rating_codings(resource: Node) -> list[Node]:
    rating = rating_extension(resource, next(iter(RATING_VALUES)))
    return rating.member("valueCodeableConcept").member("coding").items()


def actions_of(card: Node) -> list[Node]:
    suggestions = card.member("suggestions").items()
    return [action for suggestion in suggestions for action in suggestion.member("actions").items()]
