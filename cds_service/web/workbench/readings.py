"""An Observation of a chart without some of its readings, or with its amount of blood over other hours."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec

from cds_service.clinical.facts import Bleed, VitalKind
from cds_service.clinical.range import Range
from cds_service.fhir.chart.vitals import kinds_measured
from cds_service.fhir.codes import Meanings
from cds_service.fhir.repair import resource_from
from cds_service.fhir.resources import Observation

Json: TypeAlias = dict[str, Any]
Part: TypeAlias = Json
"""An Observation, one of its components, or one that it contains."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_INNER: Final = ("component", "contained", "hasMember")
_NOT_PERFORMED: Final = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "not-performed"}
    ]
}


# --- vital signs ---------------------------------------------------------------------------------------


def without_readings(resource: Json, kinds: Collection[VitalKind], meanings: Meanings) -> Json | None:
    """The Observation without what measures these vital signs; None where nothing else is in it.

    What stands beside them in it stays as it was written, understood or not.
    """
    return _without(resource, lambda part: not kinds_in(part, meanings).isdisjoint(kinds))


def vitals_alone(resource: Json, meanings: Meanings) -> Json | None:
    """The Observation with its vital signs alone; None where it has none."""
    return _without(resource, lambda part: not kinds_in(part, meanings))


def kinds_in(part: Part, meanings: Meanings) -> frozenset[VitalKind]:
    """The vital signs that a part itself measures, whatever stands within it."""
    own = {name: part[name] for name in part if name not in _INNER}
    read = resource_from(_ENCODER.encode({**own, "resourceType": "Observation"}), "Observation")
    return kinds_measured(read, meanings) if isinstance(read, Observation) else frozenset()


def _without(resource: Json, is_gone: Callable[[Part], bool]) -> Json | None:
    components = [part for part in _parts(resource, "component") if not is_gone(part)]
    contained = [_emptied(part, is_gone) for part in _parts(resource, "contained")]
    is_own_gone = is_gone(resource)
    has_own = not is_own_gone and bool(_value_names(resource))
    if not (components or has_own or any(map(_holds_value, contained)) or resource.get("hasMember")):
        return None
    kept = _without_value(resource) if is_own_gone else resource
    inner = {"component": components, "contained": contained}
    return {
        **{name: value for name, value in kept.items() if name not in inner},
        **{name: parts for name, parts in inner.items() if parts},
    }


def _emptied(contained: Any, is_gone: Callable[[Part], bool]) -> Any:
    """A contained Observation stays, since the members of its panel name it, if without a value."""
    if not isinstance(contained, dict) or contained.get("resourceType") != "Observation":
        return contained
    kept = _without(contained, is_gone)
    return kept if kept is not None else _without_value({**contained, "component": []})


def _without_value(part: Part) -> Part:
    gone = _value_names(part)
    kept = {name: part[name] for name in part if name not in gone}
    return {**kept, "dataAbsentReason": _NOT_PERFORMED} if gone else kept


def _holds_value(contained: Any) -> bool:
    return isinstance(contained, dict) and bool(_value_names(contained) or contained.get("component"))


def _value_names(part: Part) -> list[str]:
    return [name for name in part if name.lstrip("_").startswith("value")]


def _parts(resource: Json, name: str) -> list[Any]:
    parts = resource.get(name) or []
    found: Iterable[Any] = parts if isinstance(parts, list) else [parts]
    return [part for part in found if isinstance(part, dict)]


# --- an amount of blood --------------------------------------------------------------------------------


def over_hours(resource: Json, bleed: Bleed, hours: Decimal) -> Json:
    """The Observation of an amount with the hours before its end as its period, the amount as it was.

    An amount whose own unit counts it over a time is written in mL, as exact as it was.
    """
    gone = {name for name in resource if name.lstrip("_").startswith("effective")}
    value: Json = {}
    if bleed.per_hours is not None:
        gone |= {*_value_names(resource), *_INNER}
        value = amount_of_blood(bleed.amount_ml)
    kept = {name: resource[name] for name in resource if name not in gone}
    return {**kept, **when_over(bleed.period.end.latest, hours), **value}


def amount_of_blood(ml: Range) -> Json:
    """A range in mL: a Quantity, with a comparator where it is open to one side, or a Range."""
    if ml.is_exact:
        return {"valueQuantity": quantity(ml.low, "mL")}
    if ml.high.is_infinite():
        comparator = ">" if ml.low_is_open else ">="
        return {"valueQuantity": {**quantity(ml.low, "mL"), "comparator": comparator}}
    if ml.low == 0:
        comparator = "<" if ml.high_is_open else "<="
        return {"valueQuantity": {**quantity(ml.high, "mL"), "comparator": comparator}}
    return {"valueRange": {"low": quantity(ml.low, "mL"), "high": quantity(ml.high, "mL")}}


def when_over(end: datetime, hours: Decimal) -> Json:
    """The period of so many hours before its end; a point where they are none."""
    if not hours:
        return {"effectiveDateTime": written(end)}
    start = end - timedelta(hours=float(hours))
    return {"effectivePeriod": {"start": written(start), "end": written(end)}}


def quantity(value: Decimal, unit: str) -> Json:
    """A Quantity in a UCUM unit."""
    number = int(value) if value == int(value) else float(value)
    return {"value": number, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def written(at: datetime) -> str:
    """An instant as FHIR writes it."""
    return at.isoformat(timespec="seconds")
