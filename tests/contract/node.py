"""A JSON value together with the path that leads to it and the request that it answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .asked import Asked

Finding = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a JSON document. An absent member is a node whose value is None."""

    value: Any
    path: str = "$"
    asked: Asked = field(default_factory=Asked)

    def member(self, name: str) -> "Node":
        return Node(self.mapping.get(name), f"{self.path}.{name}", self.asked)

    def items(self) -> list["Node"]:
        values = self.value if isinstance(self.value, list) else []
        return [Node(value, f"{self.path}[{index}]", self.asked) for index, value in enumerate(values)]

    @property
    def mapping(self) -> dict[str, Any]:
        return self.value if isinstance(self.value, dict) else {}

    @property
    def text(self) -> str:
        """The value where it is a string with something to read in it, else the empty string."""
        return self.value if isinstance(self.value, str) and self.value.strip() else ""

    def fault(self, message: str) -> Finding:
        return self.path, message


def is_absolute_url(text: str) -> bool:
    """A web address that needs no base: scheme http or https, a host and no white space."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not any(map(str.isspace, text))


def needs_text(node: Node) -> Iterator[Finding]:
    if not node.text:
        yield node.fault("a non-empty string is required")


def needs_absolute_url(node: Node) -> Iterator[Finding]:
    if not is_absolute_url(node.text):
        yield node.fault(f"an absolute http or https URL is required, not {node.value!r}")


def needs_one_of(node: Node, allowed: frozenset[str]) -> Iterator[Finding]:
    if node.text not in allowed:
        yield node.fault(f"must be one of {', '.join(sorted(allowed))}, not {node.value!r}")


def needs_members(node: Node, *names: str) -> Iterator[Finding]:
    for name in names:
        yield from needs_text(node.member(name))
