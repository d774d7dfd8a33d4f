"""Narrow types for a hook request: what stands in them is decoded, all else is skipped."""

import msgspec


class Coding(msgspec.Struct):
    """Coding."""

    system: str = ""
    code: str = ""


class CodeableConcept(msgspec.Struct):
    """CodeableConcept."""

    coding: list[Coding] = []
    text: str = ""


class Quantity(msgspec.Struct):
    """Quantity."""

    value: float | None = None
    unit: str = ""
    code: str = ""


class Resource(msgspec.Struct, rename="camel"):
    """The elements of Conditions, Observations and orders that decide."""

    resource_type: str
    id: str = ""
    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    effective_date_time: str = ""
    onset_date_time: str = ""


class Entry(msgspec.Struct):
    """Bundle.entry."""

    resource: Resource


class Held(msgspec.Struct, rename="camel"):
    """What stands under one key of the prefetch."""

    resource_type: str
    entry: list[Entry] = []


class Context(msgspec.Struct, rename="camel"):
    """The context of an order hook."""

    patient_id: str
    draft_orders: Held


class HookRequest(msgspec.Struct, rename="camel"):
    """A hook request."""

    hook: str
    context: Context
    prefetch: dict[str, Held]
