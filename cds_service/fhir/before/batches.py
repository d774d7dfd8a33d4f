"""A value under its key, its resources sorted by kind of data and by whose they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_service.clinical.facts import Kind
from cds_service.fhir.before.observations import OBSERVED, observed_kind
from cds_service.fhir.before.prefetch import Contents
from cds_service.fhir.before.resources import (
    AllergyIntolerance,
    Condition,
    Encounter,
    MedicationUse,
    Observation,
    PastImaging,
    Patient,
    Procedure,
    Resource,
)
from cds_service.knowledge.terminology.terminology import Terminology

_KINDS: dict[type[Resource], tuple[Kind, ...]] = {
    Patient: (Kind.PATIENT,),
    Condition: (Kind.CONDITIONS,),
    Observation: OBSERVED,
    Procedure: (Kind.PROCEDURES,),
    AllergyIntolerance: (Kind.ALLERGIES,),
    MedicationUse: (Kind.MEDICATIONS,),
    PastImaging: (Kind.IMAGING,),
    Encounter: (Kind.ENCOUNTER,),
}


_KINDS_BY_TYPE = {name: kinds for resource, kinds in _KINDS.items() for name in resource.types}


@dataclass(frozen=True, slots=True)
class Sorted:
    """A resource, its kind of data (None for what no decision reads), and whether it is the patient's."""

    resource: Resource
    kind: Kind | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """One value: its key, the kind that the key asks for (None for a foreign key), and what it holds."""

    key: str
    asked: Kind | None
    contents: Contents
    sorted: tuple[Sorted, ...]

    def holds(self, kind: Kind) -> bool:
        """True when it has a resource of the kind that is the patient's."""
        return any(item.kind is kind and item.is_own for item in self.sorted)

    @property
    def only_of_others(self) -> bool:
        """True when all it has is another patient's."""
        return bool(self.sorted) and not any(item.is_own for item in self.sorted)

    def answers(self, kind: Kind) -> bool:
        """True when it came for that kind and is empty, or has resources of the type that was asked for."""
        if self.asked is not kind or self.only_of_others:
            return False
        return not self.sorted or any(kind in kinds_of_type(item.resource.type) for item in self.sorted)

    def kinds_of_unreadable(self) -> Iterator[Kind]:
        """For each entry that could not be read the kinds it may have been of."""
        for resource_type in self.contents.unreadable:
            yield from self._kinds_of(resource_type)

    def _kinds_of(self, resource_type: str) -> tuple[Kind, ...]:
        kinds = kinds_of_type(resource_type) if resource_type else tuple(Kind)
        if self.asked is not None and (not resource_type or self.asked in kinds):
            return (self.asked,)
        return kinds


def kinds_of_type(resource_type: str) -> tuple[Kind, ...]:
    """The kinds of data that come as this type of resource."""
    return _KINDS_BY_TYPE.get(resource_type, ())


def batch_from(key: str, contents: Contents, *, patient_id: str, terminology: Terminology) -> Batch:
    """A value with its resources sorted."""
    found = tuple(
        Sorted(resource, _kind_of(resource, terminology), resource.belongs_to(patient_id))
        for resource in contents.resources
    )
    asked = Kind(key) if key in Kind.__members__.values() else None
    return Batch(key, asked, contents, found)


def _kind_of(resource: Resource, terminology: Terminology) -> Kind | None:
    if isinstance(resource, Observation):
        return observed_kind(resource, terminology)
    kinds = kinds_of_type(resource.type)
    return kinds[0] if kinds else None
