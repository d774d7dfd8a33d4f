"""Small FHIR resources and requests, showing only what matters."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec

from cds_service.cds_hooks.parse import hook_request_from
from cds_service.cds_hooks.raw_json import decoded
from cds_service.cds_hooks.request import DraftOrder, HookRequest
from cds_service.clinical.facts import HemoptysisFacts, ImagingOrder
from cds_service.fhir.chart.facts import hemoptysis_facts
from cds_service.fhir.chart.gather import Gathered, gather
from cds_service.fhir.chart.screen import EntryRead
from cds_service.fhir.codes import Meanings
from cds_service.fhir.elements import Element
from cds_service.fhir.orders.orders import orders_read, with_resolved_reasons
from cds_service.fhir.repair import repaired
from cds_service.fhir.resources import ChartResource
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.outbound.client import NO_READER, FhirReader

Json = dict[str, Any]
E = TypeVar("E", bound=Element)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = "2026-11-24T10:00:00Z"
CPT = "http://www.ama-assn.org/go/cpt"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
UNREADABLE = "@a-number-too-large-for-any-decoder"


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


def concept(system: str, code: str, **more: Any) -> Json:
    return {"coding": [{"system": system, "code": code}], **more}


HEMOPTYSIS = concept(SNOMED, "66857006")
CHEST_PAIN = concept(SNOMED, "29857009")
CT_WITHOUT = concept(CPT, "71250")
CTA = concept("cpt", "71275")
SPO2 = concept(LOINC, "59408-5")
PRESSURE = concept(LOINC, "85354-9")
EGFR = concept(LOINC, "98979-8")
BRONCHIAL = concept(SNOMED, "233525003")
UNNAMED = concept("cpt", "37244")


def order(**members: Any) -> Json:
    """A CT of the chest without contrast for patient p1, unless said otherwise; None leaves a member out."""
    whole = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": CT_WITHOUT,
    } | members
    return {name: value for name, value in whole.items() if value is not None}


def bundle(*resources: Any, **members: Any) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources], **members}


def outcome(severity: str, code: str = "processing") -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def condition(resource_id: str = "c1", **members: Any) -> Json:
    return {"resourceType": "Condition", "id": resource_id, "code": HEMOPTYSIS, **members}


def observation(code: Json, resource_id: str = "x1", **members: Any) -> Json:
    whole = {"status": "final", "effectiveDateTime": TODAY, "code": code} | members
    present = {name: value for name, value in whole.items() if value is not None}
    return {"resourceType": "Observation", "id": resource_id, **present}


def quantity(value: Any, unit: str, **members: Any) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit, **members}


def body(*, hook: str = "order-select", drafts: Any = None, prefetch: Any = None, **context: Any) -> Json:
    """A hook request for patient p1; without `drafts` the Bundle holds one order."""
    orders = bundle(order()) if drafts is None else drafts
    whole: Json = {"hook": hook, "context": {"patientId": "p1", "draftOrders": orders} | context}
    if prefetch is not None:
        whole["prefetch"] = prefetch
    return whole


def request(**parts: Any) -> HookRequest:
    return hook_request_from(encoded(body(**parts)))


def encoded(written: Any) -> bytes:
    """JSON in which UNREADABLE stands for a value that makes its resource unreadable, not the request."""
    return json.dumps(written, default=float).replace(f'"{UNREADABLE}"', "1" * 5000).encode()


def meanings() -> Meanings:
    """What codes and texts mean, for one request."""
    return Meanings(knowledge())


def element(as_type: type[E], written: Any) -> E | None:
    """An element or a resource as it is read from JSON; decimals keep their digits."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    text = encoder.encode(written)
    return decoded(text, as_type) or repaired(text, as_type)


def gathered(prefetch: Mapping[str, Any], *, reader: FhirReader = NO_READER, **context: Any) -> Gathered:
    return gather(request(prefetch=prefetch, **context), reader=reader, meanings=Meanings(knowledge()))


def entries_of(prefetch: Mapping[str, Any]) -> list[EntryRead]:
    """Every resource that was looked at."""
    entries: list[EntryRead] = []
    gather(request(prefetch=prefetch), reader=NO_READER, meanings=Meanings(knowledge()), entries=entries)
    return entries


def resources_in(found: Gathered) -> list[ChartResource]:
    """All that was gathered, kind by kind."""
    return [resource for resources in found.resources.values() for resource in resources]


def facts(prefetch: Mapping[str, Any], *, now: datetime = NOW, **context: Any) -> HemoptysisFacts:
    asked = request(prefetch=prefetch, **context)
    found = gather(asked, reader=NO_READER, meanings=Meanings(knowledge()))
    return hemoptysis_facts(found, asked.encounter_id, now=now, meanings=meanings())


def facts_of(*resources: Any, now: datetime = NOW, **context: Any) -> HemoptysisFacts:
    """The facts of resources that came in one Bundle."""
    return facts({"all": bundle(*resources)}, now=now, **context)


def drafts_of(*orders: Any) -> tuple[DraftOrder, ...]:
    return request(drafts=bundle(*orders)).drafts


def orders_in(*orders: Any, **prefetch: Any) -> tuple[ImagingOrder, ...]:
    """Draft orders as they are judged, with references resolved in the prefetch."""
    asked, said = request(drafts=bundle(*orders), prefetch=prefetch), meanings()
    read = orders_read(asked.drafts, patient_id=asked.patient_id, meanings=said)
    found = gather(asked, reader=NO_READER, meanings=Meanings(knowledge()))
    return with_resolved_reasons(read, asked.drafts, found.target, said, asked.patient_id)


def read_order(written: Json, **prefetch: Any) -> ImagingOrder:
    """One draft order as it is judged, with references resolved in the prefetch."""
    (resolved,) = orders_in(written, **prefetch)
    return resolved


def raw(written: str | Json) -> msgspec.Raw:
    return msgspec.Raw(written.encode() if isinstance(written, str) else json.dumps(written).encode())


def status(code: str) -> Json:
    return concept("http://terminology.hl7.org/CodeSystem/condition-clinical", code)


def allergy(**members: Any) -> Json:
    contrast = concept(SNOMED, "293637006")
    return {"resourceType": "AllergyIntolerance", "id": "a1", "code": contrast, **members}
