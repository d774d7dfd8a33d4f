"""The kinds of data that the service asks for: the one table of them, read by all that list kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cds_service.knowledge.terminology.concepts import Concept


class Kind(StrEnum):
    """The kinds of data the service asks for; the values are the prefetch keys of discovery."""

    PATIENT = "patient"
    CONDITIONS = "conditions"
    BLEEDING = "bleeding"
    VITALS = "vitals"
    LABS = "labs"
    PREGNANCY = "pregnancy"
    PROCEDURES = "procedures"
    ALLERGIES = "allergies"
    MEDICATIONS = "medications"
    ADMINISTRATIONS = "administrations"
    IMAGING = "imaging"
    ENCOUNTER = "encounter"


@dataclass(frozen=True, slots=True)
class KindOfData:
    """One kind of data: as what it comes, and how it is asked for.

    `resource_types`: as these it comes, and the first one is asked for. `parameters`: those of the search
    beside the patient; none where the Patient itself is read. Of Observations only: `queried` are the
    concepts whose codes are asked for, `concepts` those by which one is known, and `category` is the
    category that holds every such code.
    """

    kind: Kind
    resource_types: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    queried: tuple[Concept, ...] = ()
    concepts: frozenset[Concept] = frozenset()
    category: str = ""


_PREGNANCY: Final = (
    Concept.PREGNANCY_STATUS,
    Concept.PREGNANCY_TEST,
    Concept.DELIVERY_DATE_ESTIMATED,
    Concept.GESTATIONAL_AGE,
)
_VITALS: Final = (
    Concept.OXYGEN_SATURATION,
    Concept.SYSTOLIC_PRESSURE,
    Concept.BLOOD_PRESSURE_PANEL,
    Concept.RESPIRATORY_RATE,
    Concept.INHALED_OXYGEN_CONCENTRATION,
    Concept.INHALED_OXYGEN_FLOW,
)


def _observations(
    kind: Kind, count: int, queried: tuple[Concept, ...], *also: Concept, category: str = ""
) -> KindOfData:
    known_by = frozenset((*queried, *also))
    return KindOfData(
        kind, ("Observation",), ("_sort=-date", f"_count={count}"), queried, known_by, category=category
    )


_TABLE: Final = (
    KindOfData(Kind.PATIENT, ("Patient",)),
    KindOfData(Kind.CONDITIONS, ("Condition",), ("_sort=-recorded-date", "_count=200")),
    _observations(Kind.BLEEDING, 100, (Concept.EXPECTORATED_BLOOD,)),
    _observations(Kind.VITALS, 200, _VITALS, category="vital-signs"),
    _observations(Kind.LABS, 20, (Concept.EGFR, Concept.CREATININE), category="laboratory"),
    _observations(Kind.PREGNANCY, 20, _PREGNANCY, Concept.PREGNANCY, Concept.NOT_PREGNANT),
    KindOfData(Kind.PROCEDURES, ("Procedure",), ("_sort=-date", "_count=100")),
    KindOfData(Kind.ALLERGIES, ("AllergyIntolerance",), ("_sort=-date", "_count=100")),
    KindOfData(
        Kind.MEDICATIONS,
        ("MedicationRequest", "MedicationStatement", "MedicationUsage"),
        ("status=active", "_sort=-authoredon", "_count=100"),
    ),
    KindOfData(
        Kind.ADMINISTRATIONS,
        ("MedicationAdministration",),
        ("status=in-progress", "_sort=-effective-time", "_count=100"),
    ),
    KindOfData(Kind.IMAGING, ("DiagnosticReport", "ImagingStudy"), ("_sort=-date", "_count=100")),
    KindOfData(Kind.ENCOUNTER, ("Encounter",), ("_sort=-date", "_count=20")),
)
"""Newest first with a bounded page, so that a page limit does not cut off what matters."""

KINDS: Final[Mapping[Kind, KindOfData]] = MappingProxyType({row.kind: row for row in _TABLE})
KINDS_OF_TYPE: Final[Mapping[str, tuple[Kind, ...]]] = MappingProxyType(
    {
        resource_type: tuple(row.kind for row in _TABLE if resource_type in row.resource_types)
        for resource_type in (name for row in _TABLE for name in row.resource_types)
    }
)
"""The kinds of data that come as a type of resource."""

OBSERVED: Final = KINDS_OF_TYPE["Observation"]
"""The kinds of data that come as Observations; one that could be of two is of the first."""
