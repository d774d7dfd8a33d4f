"""The resources contained in another."""

from collections.abc import Callable
from typing import Any

import msgspec

from cds_service.cds_hooks.request import Reference
from cds_service.fhir.before.json_values import objects_in, text_in
from cds_service.fhir.before.resources import Condition, Observation, Resource

_CLASSES: dict[str, type[Resource]] = {"Condition": Condition, "Observation": Observation}


def contained_target(contained: Any) -> Callable[[Reference], Resource | None]:
    """A function that follows the references `#id` into the contained Conditions and Observations."""

    def target(reference: Reference) -> Resource | None:
        for resource in objects_in(contained):
            resource_class = _CLASSES.get(text_in(resource.get("resourceType")))
            if resource_class and reference.id == f"#{text_in(resource.get('id')).removeprefix('#')}":
                return msgspec.convert(resource, resource_class)
        return None

    return target
