"""A hook request with its chart changed as the sliders say: one reading of each changed kind."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

from cds_service.clinical.facts import HemoptysisFacts, VitalKind
from cds_service.clinical.time import Moment
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.web.workbench.charted import OXYGEN_KINDS, charted_values, newest_bleed, newest_vital
from cds_service.web.workbench.controls import AMOUNT, HOURS, OXYGEN, RECURRENCE, VITAL_SLIDERS

Json: TypeAlias = dict[str, Any]
Changes: TypeAlias = Mapping[str, Decimal | str]
"""The new value of each slider and switch that was moved, by its id."""

MARK: Final = "workbench-"
"""The ids of resources that the workbench adds begin so."""
_A_DAY: Final = timedelta(hours=24)
_A_WHILE: Final = timedelta(minutes=15)
_EPISODE_BEGAN, _EPISODE_ENDED = timedelta(days=550), timedelta(days=545)
_EMBOLIZED: Final = timedelta(days=10)
_UNITS: Final[Mapping[VitalKind, str]] = {
    "oxygen-saturation": "%",
    "systolic-pressure": "mm[Hg]",
    "respiratory-rate": "/min",
    "heart-rate": "/min",
    "inhaled-oxygen-concentration": "%",
    "inhaled-oxygen-flow": "L/min",
}
_FLOW: Final = {"air": Decimal(0), "given": Decimal(4)}
_CONCEPTS: Final[Mapping[VitalKind, Concept]] = {
    "oxygen-saturation": Concept.OXYGEN_SATURATION,
    "systolic-pressure": Concept.SYSTOLIC_PRESSURE,
    "respiratory-rate": Concept.RESPIRATORY_RATE,
    "heart-rate": Concept.HEART_RATE,
    "inhaled-oxygen-flow": Concept.INHALED_OXYGEN_FLOW,
    "inhaled-oxygen-concentration": Concept.INHALED_OXYGEN_CONCENTRATION,
}
_STATUS: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_OF_VITALS: Final = "http://terminology.hl7.org/CodeSystem/observation-category"


def with_changes(body: Json, facts: HemoptysisFacts, changes: Changes, knowledge: Knowledge) -> Json:
    """The request, its prefetch changed; what is not changed stays as it came.

    All readings of a changed kind make room for one, taken when the newest current one was; what stood
    beside them in the same resource is charted again.
    """
    if not changes:
        return body
    chart = _Chart(facts, str(body.get("context", {}).get("patientId", "")), knowledge)
    gone = set(_gone(facts, changes))
    prefetch = body.get("prefetch")
    kept = {key: _without(value, gone) for key, value in (prefetch or {}).items()}
    if changes.get(RECURRENCE):
        returning = {d.reference for d in facts.diagnoses if d.is_returning}
        kept = {key: _active(value, returning) for key, value in kept.items()}
    for key, resource in chart.added(changes, gone):
        kept[key] = _with_entry(kept.get(key), resource)
    return {**body, "prefetch": kept}


# --- what goes -----------------------------------------------------------------------------------------


def _gone(facts: HemoptysisFacts, changes: Changes) -> Iterator[str]:
    """The references of what makes room."""
    if changes.keys() & {AMOUNT, HOURS}:
        yield from (bleed.reference for bleed in facts.bleeds)
    kinds = set(_changed_kinds(changes))
    yield from (vital.reference for vital in facts.vitals if vital.kind in kinds)
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


def _without(value: Any, gone: set[str]) -> Any:
    """The value of a prefetch key without the resources of these references."""
    if isinstance(value, list):
        return [_without(item, gone) for item in value if not _is_gone(item, gone)]
    if not isinstance(value, dict):
        return value
    if _is_gone(value, gone):
        return None
    entries = value.get("entry")
    if not isinstance(entries, list):
        return value
    kept = [entry for entry in entries if not _is_gone(entry, gone)]
    return {**value, "total": len(kept), "entry": kept} if len(kept) < len(entries) else value


def _is_gone(value: Any, gone: set[str]) -> bool:
    resource = value.get("resource", value) if isinstance(value, dict) else None
    return isinstance(resource, dict) and f"{resource.get('resourceType')}/{resource.get('id')}" in gone


def _active(value: Any, returning: set[str]) -> Any:
    """The value with Conditions that say that they came back as active ones."""
    if not isinstance(value, dict) or not isinstance(value.get("entry"), list):
        return value
    status = {"coding": [{"system": _STATUS, "code": "active"}]}
    entries = [
        {**entry, "resource": {**entry["resource"], "clinicalStatus": status}}
        if _is_gone(entry, returning) and "resource" in entry
        else entry
        for entry in value["entry"]
    ]
    return {**value, "entry": entries}


# --- what comes ----------------------------------------------------------------------------------------


def _with_entry(value: Any, resource: Json) -> Json:
    """The Bundle with one entry more; what is no Bundle becomes one."""
    is_bundle = isinstance(value, dict) and value.get("resourceType") == "Bundle"
    bundle: Json = value if is_bundle else {"resourceType": "Bundle", "type": "searchset"}
    old = bundle.get("entry") or []
    if isinstance(value, dict) and not is_bundle:
        old = [{"resource": value}]
    entries = [*old, {"resource": resource, "search": {"mode": "match"}}]
    return {**bundle, "total": len(entries), "entry": entries}


class _Chart:
    """Makes the resources that stand for a change."""

    def __init__(self, facts: HemoptysisFacts, patient_id: str, knowledge: Knowledge) -> None:
        self.facts, self.knowledge = facts, knowledge
        self.subject = {"reference": f"Patient/{patient_id.removeprefix('Patient/')}"}

    def added(self, changes: Changes, gone: set[str]) -> Iterator[tuple[str, Json]]:
        """Each new resource with its prefetch key."""
        if changes.keys() & {AMOUNT, HOURS}:
            yield "bleeding", self._bleed(changes)
        for slider in VITAL_SLIDERS:
            value = changes.get(slider.id)
            if slider.vital and isinstance(value, Decimal):
                yield "vitals", self._vital(slider.vital, value, self._time_of(slider.vital))
        if flow := changes.get(OXYGEN):
            taken = self._time_of("oxygen-saturation")
            yield "vitals", self._vital("inhaled-oxygen-flow", _FLOW[str(flow)], taken)
        yield from (("vitals", resource) for resource in self._beside(changes, gone))
        yield from self._earlier(changes.get(RECURRENCE))

    def _beside(self, changes: Changes, gone: set[str]) -> Iterator[Json]:
        """What stood in the same resource as a changed reading."""
        changed = set(_changed_kinds(changes))
        for vital in self.facts.vitals:
            if vital.reference in gone and vital.kind not in changed and vital.value.is_exact:
                yield self._vital(vital.kind, vital.value.low, vital.taken.latest)

    def _bleed(self, changes: Changes) -> Json:
        bleed = newest_bleed(self.facts)
        as_charted = charted_values(self.facts)
        amount = changes.get(AMOUNT, as_charted[AMOUNT] or Decimal(0))
        hours = changes.get(HOURS, as_charted[HOURS] or Decimal(0))
        end = self._current(bleed.period.end if bleed else None)
        when: Json = {"effectiveDateTime": _written(end)}
        if hours:
            start = end - timedelta(hours=float(hours))
            when = {"effectivePeriod": {"start": _written(start), "end": _written(end)}}
        return {
            **self._observation(AMOUNT, Concept.EXPECTORATED_BLOOD),
            **when,
            "valueQuantity": _quantity(Decimal(amount), "mL"),
        }

    def _vital(self, kind: VitalKind, value: Decimal, taken: datetime) -> Json:
        category = {"coding": [{"system": _OF_VITALS, "code": "vital-signs"}]}
        return {
            **self._observation(kind, _CONCEPTS[kind]),
            "category": [category],
            "effectiveDateTime": _written(taken),
            "valueQuantity": _quantity(value, _UNITS[kind]),
        }

    def _observation(self, name: str, concept: Concept) -> Json:
        return {
            "resourceType": "Observation",
            "id": f"{MARK}{name}",
            "status": "final",
            "code": self._code(concept),
            "subject": self.subject,
        }

    def _code(self, concept: Concept) -> Json:
        coding = self.knowledge.terminology.codes_of(concept)[0]
        written = {"system": coding.system, "code": coding.code, "display": coding.display}
        return {"coding": [written]}

    def _time_of(self, kind: VitalKind) -> datetime:
        newest = newest_vital(self.facts, kind)
        return self._current(newest.taken if newest else None)

    def _current(self, moment: Moment | None) -> datetime:
        """The moment where it lies in the last day, else a quarter of an hour ago."""
        now = self.facts.now
        is_current = moment is not None and moment.is_dated and now - _A_DAY < moment.latest <= now
        return moment.latest if moment and is_current else now - _A_WHILE

    def _earlier(self, state: Decimal | str | None) -> Iterator[tuple[str, Json]]:
        now = self.facts.now
        if state == "earlier-episode":
            yield (
                "conditions",
                {
                    "resourceType": "Condition",
                    "id": f"{MARK}episode",
                    "clinicalStatus": {"coding": [{"system": _STATUS, "code": "resolved"}]},
                    "code": self._code(Concept.HEMOPTYSIS),
                    "subject": self.subject,
                    "onsetDateTime": _written(now - _EPISODE_BEGAN),
                    "abatementDateTime": _written(now - _EPISODE_ENDED),
                },
            )
        if state == "after-embolization":
            yield (
                "procedures",
                {
                    "resourceType": "Procedure",
                    "id": f"{MARK}procedure",
                    "status": "completed",
                    "code": self._code(Concept.BRONCHIAL_EMBOLIZATION),
                    "subject": self.subject,
                    "performedDateTime": _written(now - _EMBOLIZED),
                },
            )


def _quantity(value: Decimal, unit: str) -> Json:
    number = int(value) if value == int(value) else float(value)
    return {"value": number, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
