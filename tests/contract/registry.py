"""The table of requirements and the rule functions that look for breaches of them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .node import Finding, Node


class Requirement(NamedTuple):
    """What must hold, in our own words, and where that is laid down."""

    rule: str
    source: str


Rule = Callable[[Node], Iterator[Finding]]

REQUIREMENTS: dict[str, Requirement] = {}
_RULES: dict[str, list[tuple[str, Rule]]] = defaultdict(list)


def requirement(identifier: str, rule: str, *, scope: str, source: str) -> Callable[[Rule], Rule]:
    """Enter a requirement in the table, kept by the decorated function for every node of the scope."""
    if identifier in REQUIREMENTS:
        raise ValueError(f"requirement id used twice: {identifier}")
    REQUIREMENTS[identifier] = Requirement(rule, source)

    def register(check: Rule) -> Rule:
        _RULES[scope].append((identifier, check))
        return check

    return register


def faults(scope: str, node: Node) -> Iterator[str]:
    """Breaches of the scope's requirements at this node, as `ID path: what is wrong`."""
    for identifier, check in _RULES[scope]:
        for path, message in check(node):
            yield f"{identifier} {path}: {message}"
