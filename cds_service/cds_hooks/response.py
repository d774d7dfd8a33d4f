"""The answer of a service as types: cards, suggestions, actions, links (CDS Hooks 2.0.1).

Members are written in camelCase; empty ones are left out. A resource is `msgspec.Raw` JSON, so that
a client's own bytes can be returned as they came.
"""

import msgspec


class Coding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A code with its system, for topics and override reasons."""

    code: str
    system: str
    display: str = ""


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a card's content comes from."""

    label: str
    url: str = ""
    topic: Coding | None = None


class Link(msgspec.Struct, frozen=True):
    """A link on a card; `type` is always `absolute` here."""

    label: str
    url: str
    type: str = "absolute"


class Action(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One change that the client makes: `create` or `update` of a resource."""

    type: str
    description: str
    resource: msgspec.Raw


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A choice on a card."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    is_recommended: bool = False


class Card(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One card."""

    uuid: str
    summary: str
    indicator: str
    source: Source
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: str = ""
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()


class ResponseExtension(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The copy of the system actions that the CDS Hooks Sandbox reads."""

    system_actions: tuple[Action, ...] = ()


class ServiceResponse(msgspec.Struct, frozen=True, rename="camel"):
    """The whole answer; `cards` is always there, the others only when they hold something."""

    cards: tuple[Card, ...] = ()
    system_actions: tuple[Action, ...] | msgspec.UnsetType = msgspec.UNSET
    extension: ResponseExtension | msgspec.UnsetType = msgspec.UNSET
