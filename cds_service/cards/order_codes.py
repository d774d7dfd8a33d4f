"""The code a suggested study is ordered by."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cds_service.cds_hooks.decoding import decoded
from cds_service.knowledge.model import Knowledge, OrderableCode, Procedure


def orderable_code(procedure: Procedure, order_systems: Iterable[str], knowledge: Knowledge) -> OrderableCode:
    """The code of a procedure in the first code system of the order that has one for it, else its first one.

    The first one is CPT, or the site's own where its map has an orderable code: then it has no others.
    The systems may be written by any of their names. Raises ValueError for a procedure without a code,
    which is never offered.
    """
    for system in order_systems:
        canonical = knowledge.terminology.canonical_system(system)
        if canonical in procedure.canonical_codes:
            return procedure.canonical_codes[canonical]
    first, *_ = procedure.canonical_codes.values()
    return first


class _Coded(msgspec.Struct):
    """The one member of a draft order that names its study."""

    code: Any = None


def code_systems_of(raw: msgspec.Raw) -> tuple[str, ...]:
    """The code systems of a draft order's `code`, in its R4 or its R5 shape, as written."""
    order = decoded(raw, _Coded)
    return tuple(dict.fromkeys(_systems(order.code))) if order else ()


def _systems(code: object) -> Iterator[str]:
    if not isinstance(code, dict):
        return
    if "concept" in code:
        yield from _systems(code["concept"])
    codings = code.get("coding")
    for coding in codings if isinstance(codings, list) else [codings]:
        if isinstance(coding, dict) and isinstance(coding.get("system"), str):
            yield coding["system"]
