"""References to FHIR resources, in whatever form they come: typed, absolute, versioned or bare."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart; `type` is empty where the reference does not name one."""

    type: str
    id: str

    def is_to(self, resource_type: str, resource_id: str) -> bool:
        """True when it names this resource, or names no type and has its id."""
        return self.id == resource_id and self.type in ("", resource_type)


NOWHERE = Reference("", "")


def reference_given(written: Any) -> Reference:
    """A reference given as text, or as an object with the text in its `reference`."""
    return reference_from(written.get("reference") if isinstance(written, dict) else written)


def reference_from(written: Any) -> Reference:
    """`Patient/1`, `https://ehr.example/fhir/Patient/1/_history/2`, `urn:uuid:1` or `1` taken apart.

    NOWHERE for anything that is not the text of a reference.
    """
    if not isinstance(written, str):
        return NOWHERE
    text = written.strip().partition("?")[0].partition("/_history/")[0].rstrip("/")
    path, slash, last = text.rpartition("/")
    if not slash:
        return Reference("", text.removeprefix("urn:uuid:").removeprefix("urn:oid:"))
    resource_type = path.rpartition("/")[2]
    return Reference(resource_type, last) if resource_type.isalpha() else NOWHERE
