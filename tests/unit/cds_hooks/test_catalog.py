"""Discovery and the prefetch templates."""

import re

from cds_service.cds_hooks.catalog import SERVICES, discovery, prefetch_templates, queries_for, service_with
from cds_service.knowledge.kinds import KINDS, Kind
from tests.unit.fhir.builders import knowledge


def test_there_is_one_template_for_each_kind_of_data_and_one_for_the_category_of_vital_signs() -> None:
    keys = list(prefetch_templates(knowledge()))

    assert [key for key in keys if key != "vital-signs"] == [kind.value for kind in Kind]
    assert keys.index("vital-signs") == keys.index("vitals") + 1


def test_vital_signs_are_asked_for_by_every_code_and_by_their_category() -> None:
    templates = prefetch_templates(knowledge())
    terms = knowledge().terminology

    known = [coding for concept in KINDS[Kind.VITALS].concepts for coding in terms.codes_of(concept)]
    assert all(f"{c.system}|{c.code}" in templates["vitals"] for c in known if "loinc" in c.system)
    assert "category=vital-signs&" in templates["vital-signs"]
    assert "code=" not in templates["vital-signs"]


def test_an_observation_is_asked_for_by_no_code_of_a_classification() -> None:
    codes = prefetch_templates(knowledge())["pregnancy"]

    assert "http://loinc.org|82810-3" in codes
    assert "icd-10" not in codes


def test_templates_hold_no_token_but_the_patient() -> None:
    for template in prefetch_templates(knowledge()).values():
        assert re.findall(r"\{\{.*?\}\}", template) == ["{{context.patientId}}"]


def test_searches_come_newest_first_in_a_bounded_page() -> None:
    searches = [t for t in prefetch_templates(knowledge()).values() if "?" in t]

    assert all("&_sort=-" in search and "&_count=" in search for search in searches)


def test_conditions_are_not_limited_to_active_ones() -> None:
    assert "status" not in prefetch_templates(knowledge())["conditions"]


def test_queries_are_the_templates_with_the_patient_filled_in() -> None:
    queries = queries_for("p1", knowledge())

    assert queries["patient"] == "Patient/p1"
    assert queries["bleeding"].startswith("Observation?patient=p1&code=http://snomed.info/sct|66857006,")


def test_an_id_cannot_add_to_a_query() -> None:
    queries = queries_for("p1&_include=*/../x,p2", knowledge())

    assert queries["procedures"].startswith("Procedure?patient=p1%26_include%3D%2A%2F..%2Fx%2Cp2&_sort")


def test_discovery_lists_each_service_with_its_hook_and_the_edition() -> None:
    services = discovery(knowledge())["services"]

    assert [service["hook"] for service in services] == ["order-select", "order-sign", "patient-view"]
    assert all("2019 (New)" in service["description"] for service in services)
    assert all(service["version"] == "2.0.1" for service in services)


def test_a_service_is_found_by_its_id() -> None:
    assert service_with(SERVICES[1].id) is SERVICES[1]
    assert service_with("another") is None
