"""The kinds of data that the service asks for: the one table of them, read by all that list kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch
from cds_service.knowledge.terminology.words import Scale


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
    beside the patient; none where the Patient itself is read. Of Observations only: `concepts` are those by
    which one is known and whose codes are asked for, and `category` is the category that holds every such
    code; where there is a `category_key`, the whole category is asked for too, under that key: what only
    its name tells cannot be found by a query by code.
    """

    kind: Kind
    resource_types: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    concepts: tuple[Concept, ...] = ()
    category: str = ""
    category_key: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The prefetch keys under which it is asked for."""
        return (self.kind.value, self.category_key) if self.category_key else (self.kind.value,)


_PREGNANCY: Final = (
    *(Concept.PREGNANCY_STATUS, Concept.PREGNANCY_TEST),
    *(Concept.DELIVERY_DATE_ESTIMATED, Concept.GESTATIONAL_AGE, Concept.PREGNANCY, Concept.NOT_PREGNANT),
)
_VITALS: Final = (
    Concept.OXYGEN_SATURATION,
    Concept.OXYGEN_SATURATION_ON_AIR,
    Concept.SYSTOLIC_PRESSURE,
    Concept.BLOOD_PRESSURE_PANEL,
    Concept.RESPIRATORY_RATE,
    Concept.HEART_RATE,
    Concept.VENTILATOR_RATE,
    Concept.INHALED_OXYGEN_CONCENTRATION,
    Concept.INHALED_OXYGEN_FLOW,
    Concept.OXYGEN_THERAPY,
    Concept.HOME_OXYGEN,
    Concept.VENTILATION,
    Concept.NONINVASIVE_VENTILATION,
    Concept.ECMO,
)


def _observations(
    kind: Kind, count: int, concepts: tuple[Concept, ...], category: str = "", category_key: str = ""
) -> KindOfData:
    parameters = ("_sort=-date", f"_count={count}")
    return KindOfData(kind, ("Observation",), parameters, concepts, category, category_key)


_TABLE: Final = (
    KindOfData(Kind.PATIENT, ("Patient",)),
    KindOfData(Kind.CONDITIONS, ("Condition",), ("_sort=-recorded-date", "_count=200")),
    _observations(Kind.BLEEDING, 100, (Concept.EXPECTORATED_BLOOD, Concept.HEMOPTYSIS)),
    _observations(Kind.VITALS, 200, _VITALS, category="vital-signs", category_key="vital-signs"),
    _observations(Kind.LABS, 50, (Concept.EGFR, Concept.CREATININE), category="laboratory"),
    _observations(Kind.PREGNANCY, 20, _PREGNANCY),
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

KIND_BY_KEY: Final[Mapping[str, Kind]] = MappingProxyType(
    {key: row.kind for row in _TABLE for key in row.keys}
)
"""The kind of data that comes under a prefetch key of discovery."""

OBSERVED: Final = KINDS_OF_TYPE["Observation"]
"""The kinds of data that come as Observations; one that could be of two is of the first."""

_KIND_OF_CONCEPT: Final = {c: kind for kind in reversed(OBSERVED) for c in KINDS[kind].concepts}
_PLACE: Final = {kind: place for place, kind in enumerate(OBSERVED)}


def kind_observed(matches: Sequence[ConceptMatch]) -> Kind | None:
    """The kind of data of what is observed; of what could be of two the first, none of anything else."""
    kinds = [kind for match in matches if (kind := _KIND_OF_CONCEPT.get(match.concept))]
    return min(kinds, key=_PLACE.__getitem__) if kinds else None


class Measured(msgspec.Struct, frozen=True):
    """What the code of an Observation says was measured, of which kind of data that is, and by what.

    `place` is that of the name by which alone it is known, among the words of the code; -1 where codes tell
    it, or nothing does. `is_known`: one of its codes is of a known system, and none is excluded, whatever
    they mean; `is_named`: a code or a word of it can be read.
    """

    matches: tuple[ConceptMatch, ...] = ()
    place: int = -1
    is_known: bool = False
    is_named: bool = False
    kind: Kind | None = None


_OTHER_PLURALS: Final = {"imagingstudies": "imagingstudy"}
_BY_TYPE_NAME: Final = {name.lower(): kinds for name, kinds in KINDS_OF_TYPE.items()}


SCALE_OF: Final[Mapping[Concept, Scale]] = MappingProxyType(
    {
        Concept.OXYGEN_SATURATION: "%",
        Concept.SYSTOLIC_PRESSURE: "mm[Hg]",
        Concept.BLOOD_PRESSURE_PANEL: "mm[Hg]",
        Concept.RESPIRATORY_RATE: "/min",
        Concept.HEART_RATE: "/min",
        Concept.INHALED_OXYGEN_CONCENTRATION: "%",
        Concept.INHALED_OXYGEN_FLOW: "L/min",
    }
)
"""The unit in which each vital sign is read."""


def kinds_named_by(key: str) -> tuple[Kind, ...]:
    """The kinds of the resource type that a key names, in any case and number; none where it names none."""
    own = _BY_OWN_KEY.get(key)
    return _kinds_named(key) if own is None else own


def _kinds_named(key: str) -> tuple[Kind, ...]:
    name = key.strip().lower()
    singular = _OTHER_PLURALS.get(name, name)
    return _BY_TYPE_NAME.get(singular) or _BY_TYPE_NAME.get(singular.removesuffix("s"), ())


_BY_OWN_KEY: Final = {key: _kinds_named(key) for key in KIND_BY_KEY}
