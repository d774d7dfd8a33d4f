"""Pages of any size, and data that only later pages hold, lead to the same advice."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from tests.integration.advice import body_of, every_patient, patient_of, sending, topics_of
from tests.integration.hapi import HapiServer
from tests.integration.small_pages import small_pages
from tests.scenarios.chart import Json, answer_to, chart_of
from tests.scenarios.replies import answered

pytestmark = pytest.mark.integration

PAGE_SIZE = 5
MORE = 60


def first_pages(
    hapi: HapiServer, templates: Mapping[str, str], patient_id: str, count: str
) -> dict[str, Json]:
    """Every query with another `_count`, or none; no link is followed."""
    queries = {k: re.sub("&_count=[0-9]+", count, query) for k, query in templates.items()}
    return {k: hapi.search(q.replace("{{context.patientId}}", patient_id)) for k, q in queries.items()}


def leads_on(page: Json) -> bool:
    return any(link["relation"] == "next" for link in page.get("link", ()))


@pytest.mark.parametrize("count", ["&_count=2", f"&_count={PAGE_SIZE}"])
@every_patient
def test_the_rest_of_a_first_page_is_fetched(
    client: FlaskClient, hapi: HapiServer, templates: Mapping[str, str], name: str, count: str
) -> None:
    body = body_of(name)
    prefetch = first_pages(hapi, templates, patient_of(body), count)

    answer = answered(client, sending(body, prefetch, fhirServer=hapi.base_url))

    assert answer == answered(client, body)


@pytest.mark.parametrize("page_size", [2, PAGE_SIZE])
def test_a_server_that_ignores_our_count_is_read_to_its_last_page(
    client: FlaskClient, hapi: HapiServer, page_size: int
) -> None:
    bodies = [body_of(name) for name in READ_IN_PAGES]

    with small_pages(hapi.base_url, page_size) as url:
        answers = [answered(client, sending(body, {}, fhirServer=url)) for body in bodies]

    assert answers == [answered(client, body) for body in bodies]


READ_IN_PAGES = (
    "order-select/massive-by-instability",
    "order-select/recurrent-ct-without-contrast",
    "order-select/nonmassive-cta",
    "order-select/contrast-reaction",
    "patient-view/patient-view-massive",
)


# --- a chart so long that what decides stands on a later page --------------------------------------


@dataclass(frozen=True, slots=True)
class LongChart:
    """A fixture patient under another id, with more and newer data of the kind that decides."""

    name: str
    key: str
    topic: str

    @property
    def patient_id(self) -> str:
        return f"long-{self.key}"

    @property
    def body(self) -> Json:
        """The request, without prefetch."""
        body = body_of(self.name)
        return self._of_another(body | {"prefetch": {}}, patient_of(body))

    @property
    def chart(self) -> list[Json]:
        patient_id = patient_of(body_of(self.name))
        chart = [self._of_another(resource, patient_id) for resource in chart_of(patient_id)]
        return [*chart, *self._more()]

    def _of_another(self, content: Json, patient_id: str) -> Json:
        changed: Json = json.loads(json.dumps(content).replace(patient_id, self.patient_id))
        return changed

    def _more(self) -> Iterator[Json]:
        make = _condition if self.key == "conditions" else _normal_saturation
        yield from (make(f"{self.patient_id}-more-{n}", self.patient_id, n) for n in range(MORE))


def _condition(resource_id: str, patient_id: str, number: int) -> Json:
    system = "http://hl7.org/fhir/sid/icd-10-cm"
    status_system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "id": resource_id,
        "clinicalStatus": {"coding": [{"system": status_system, "code": "active"}]},
        "code": {"coding": [{"system": system, "code": "I10", "display": "Essential hypertension"}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "recordedDate": f"2026-03-12T12:{number:02}:00Z",
    }


def _normal_saturation(resource_id: str, patient_id: str, number: int) -> Json:
    unit = {"unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "id": resource_id,
        "status": "final",
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": f"2026-03-12T14:{number // 2:02}:{number % 2 * 30:02}Z",
        "valueQuantity": {"value": 97, **unit},
    }


LONG_CHARTS = (
    LongChart("order-select/recurrent-ct-without-contrast", "conditions", "recurrent"),
    LongChart("order-select/massive-by-instability", "vitals", "massive"),
)
long_charts = pytest.mark.parametrize("long", LONG_CHARTS, ids=lambda long: long.key)


@pytest.fixture(scope="module")
def hapi_with_long_charts(hapi: HapiServer) -> HapiServer:
    for long in LONG_CHARTS:
        entries = [{"resource": r, "request": _put(r)} for r in long.chart]
        hapi.load({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return hapi


def _put(resource: Json) -> Json:
    return {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}


def whole_answer(client: FlaskClient, long: LongChart, templates: Mapping[str, str]) -> Json:
    """The answer to everything on one page."""
    queries = {k: q.replace("{{context.patientId}}", long.patient_id) for k, q in templates.items()}
    prefetch = {key: answer_to(query, long.chart) for key, query in queries.items()}
    return answered(client, sending(long.body, prefetch))


@long_charts
@pytest.mark.parametrize("count", [f"&_count={PAGE_SIZE}", ""], ids=["five", "default"])
def test_what_stands_on_a_later_page_decides_once_it_is_fetched(
    client: FlaskClient,
    hapi_with_long_charts: HapiServer,
    templates: Mapping[str, str],
    long: LongChart,
    count: str,
) -> None:
    prefetch = first_pages(hapi_with_long_charts, templates, long.patient_id, count)
    sent = sending(long.body, prefetch)

    alone = answered(client, sent)
    fetched = answered(client, sent | {"fhirServer": hapi_with_long_charts.base_url})

    assert leads_on(prefetch[long.key])
    assert set(topics_of(alone)) == {"undetermined"}
    assert set(topics_of(fetched)) == {long.topic}
    assert fetched == whole_answer(client, long, templates)


@long_charts
def test_a_server_whose_pages_are_smaller_than_asked_for_gives_the_same_advice(
    client: FlaskClient, hapi_with_long_charts: HapiServer, templates: Mapping[str, str], long: LongChart
) -> None:
    url = hapi_with_long_charts.base_url

    from_hapi = answered(client, sending(long.body, {}, fhirServer=url))
    with small_pages(url, PAGE_SIZE) as small:
        from_small_pages = answered(client, sending(long.body, {}, fhirServer=small))

    whole = whole_answer(client, long, templates)
    assert from_hapi == whole
    assert from_small_pages == whole
