"""FHIR read into facts and orders: narrowly, tolerantly, and counting what could not be read."""

from cds_service.fhir.facts import hemoptysis_facts
from cds_service.fhir.gather import EntryRead, Gathered, gather
from cds_service.fhir.orders import imaging_orders, with_resolved_reasons

__all__ = [
    "EntryRead",
    "Gathered",
    "gather",
    "hemoptysis_facts",
    "imaging_orders",
    "with_resolved_reasons",
]
