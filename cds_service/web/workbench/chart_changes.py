"""A hook request with its chart changed as the sliders say: one reading of each changed kind."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, TypeAlias

from cds_service.clinical.facts import HemoptysisFacts, VitalKind
from cds_service.fhir.codes import Meanings
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.web.workbench.charted import OXYGEN_KINDS, movable_bleed
from cds_service.web.workbench.controls import AMOUNT, HOURS, OXYGEN, RECURRENCE, VITAL_SLIDERS
from cds_service.web.workbench.made import STATUS, Changes, Made
from cds_service.web.workbench.readings import Json, over_hours, vitals_alone, without_readings

Changed: TypeAlias = Callable[[Json], Json | None]
"""What becomes of a resource: None where it makes room."""

_ACTIVE: Final = {"coding": [{"system": STATUS, "code": "active"}]}


def with_changes(body: Json, facts: HemoptysisFacts, changes: Changes, knowledge: Knowledge) -> Json:
    """The request, its prefetch changed; what is not changed stays as it came.

    All readings of a changed kind make room for one, taken when the newest current one was; what stands
    beside them in the same resource stays. Hours alone move the period of the newest amount: where there is
    none, they change nothing.
    """
    if not changes:
        return body
    change = _Change(facts, changes, Meanings(knowledge))
    made = Made(facts, str(body.get("context", {}).get("patientId", "")), knowledge)
    kept = {key: _each(value, change.of) for key, value in (body.get("prefetch") or {}).items()}
    for key, resource in made.by_key(changes):
        kept[key] = _with_entry(kept.get(key), resource)
    return {**body, "prefetch": kept}


class _Change:
    """What becomes of each resource of the chart."""

    def __init__(self, facts: HemoptysisFacts, changes: Changes, meanings: Meanings) -> None:
        self.meanings = meanings
        self.kinds = frozenset(_changed_kinds(changes))
        self.read_in = {vital.reference for vital in facts.vitals}
        self.changed_in = {vital.reference for vital in facts.vitals if vital.kind in self.kinds}
        self.gone = {reference for reference in _gone(facts, changes) if "/" in reference}
        self.returning = (
            {d.reference for d in facts.diagnoses if d.is_returning} if changes.get(RECURRENCE) else set()
        )
        self.bleed = movable_bleed(facts) if HOURS in changes and AMOUNT not in changes else None
        self.hours = Decimal(changes.get(HOURS, 0))

    def of(self, resource: Json) -> Json | None:
        """The resource as it is now; None where it makes room."""
        reference = _reference_of(resource)
        kept: Json | None = resource
        if reference in self.gone:
            kept = vitals_alone(resource, self.meanings) if reference in self.read_in else None
        if kept is not None and reference in self.changed_in:
            kept = without_readings(kept, self.kinds, self.meanings)
        if kept is not None and reference in self.returning:
            kept = {**kept, "clinicalStatus": _ACTIVE}
        if kept is not None and self.bleed is not None and reference == self.bleed.reference:
            kept = over_hours(kept, self.bleed, self.hours)
        return kept


def _gone(facts: HemoptysisFacts, changes: Changes) -> Iterator[str]:
    """The references of what makes room, but for the vital signs in it."""
    if AMOUNT in changes:
        yield from (bleed.reference for bleed in facts.bleeds)
    if OXYGEN in changes:
        given = (Concept.OXYGEN_THERAPY, Concept.HOME_OXYGEN)
        yield from (support.reference for support in facts.supports if support.concept in given)
    if RECURRENCE in changes:
        yield from (embolization.reference for embolization in facts.embolizations)
        yield from (d.reference for d in facts.diagnoses if d.meant_before(Concept.HEMOPTYSIS))
        yield from (d.reference for d in facts.diagnoses if d.means(Concept.HEMOPTYSIS) and not d.is_active)


def _changed_kinds(changes: Changes) -> Iterator[VitalKind]:
    yield from (slider.vital for slider in VITAL_SLIDERS if slider.vital and slider.id in changes)
    yield from OXYGEN_KINDS if OXYGEN in changes else ()


def _reference_of(resource: Json) -> str:
    type_, id_ = (str(resource.get(name) or "").strip() for name in ("resourceType", "id"))
    return f"{type_}/{id_}" if id_ else type_


def _each(value: Any, changed: Changed) -> Any:
    """The value of a prefetch key, each resource in it changed; a Bundle's total counts what is left."""
    if isinstance(value, list):
        return [kept for item in value if (kept := _each(item, changed)) is not None]
    if not isinstance(value, dict):
        return value
    entries = value.get("entry")
    if not isinstance(entries, list):
        return _each_in(value, changed)
    kept = [one for entry in entries if (one := _each_in(entry, changed)) is not None]
    return (
        {**value, "total": len(kept), "entry": kept} if len(kept) < len(entries) else value | {"entry": kept}
    )


def _each_in(entry: Any, changed: Changed) -> Any:
    """A resource, or an entry of one."""
    if not isinstance(entry, dict):
        return entry
    if not isinstance(entry.get("resource"), dict):
        return changed(entry) if "resourceType" in entry else entry
    resource = changed(entry["resource"])
    return None if resource is None else {**entry, "resource": resource}


def _with_entry(value: Any, resource: Json) -> Json:
    """The Bundle with one entry more; what is no Bundle becomes one."""
    is_bundle = isinstance(value, dict) and value.get("resourceType") == "Bundle"
    bundle: Json = value if is_bundle else {"resourceType": "Bundle", "type": "searchset"}
    old = bundle.get("entry") or []
    if isinstance(value, dict) and not is_bundle:
        old = [{"resource": value}]
    entries = [*old, {"resource": resource, "search": {"mode": "match"}}]
    return {**bundle, "total": len(entries), "entry": entries}
