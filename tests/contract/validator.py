"""The validator's public functions: what is wrong with a JSON document that this service sent.

It works on plain JSON and shares no code with the service. Every fault is a string that begins with a
requirement id of `REQUIREMENTS`, followed by a JSON path and by what is wrong there.
"""

from collections.abc import Mapping
from typing import Any

# Imported for the rules that they enter in the table.
from . import (  # noqa: F401
    action_rules,
    card_rules,
    detail_rules,
    override_rules,
    rating_rules,
    resource_rules,
    response_rules,
    suggestion_rules,
    update_rules,
)
from .asked import Asked
from .discovery_rules import parts_of_discovery
from .node import Node
from .parts import parts_of
from .registry import REQUIREMENTS, Requirement, faults

__all__ = [
    "REQUIREMENTS",
    "Requirement",
    "code_system_faults",
    "discovery_faults",
    "outcome_faults",
    "response_faults",
]


def response_faults(response: object, request: Mapping[str, Any]) -> list[str]:
    """Faults of a 200 answer in the light of the request that it answers.

    Parse both documents alike; with `parse_float=Decimal` the written digits of numbers are compared too.
    """
    root = Node(response, asked=Asked.by(request))
    return [fault for scope, part in parts_of(root) for fault in faults(scope, part)]


def discovery_faults(discovery: object) -> list[str]:
    """Faults of the answer of the discovery endpoint."""
    return [fault for scope, part in parts_of_discovery(Node(discovery)) for fault in faults(scope, part)]


def outcome_faults(body: object, *, status: int) -> list[str]:
    """Faults of the body that came with an HTTP status of 400 or above."""
    return list(faults("error", Node({"status": status, "body": body})))


def code_system_faults(body: object, *, url: str | None = None) -> list[str]:
    """Faults of a CodeSystem that the service serves; with `url`, it must be the one that was asked for."""
    found = list(faults("code system", Node(body)))
    if url is not None and Node(body).member("url").value != url:
        found.append(f"CODESYSTEM-URL $.url: must be {url}, under which it is served")
    return found
