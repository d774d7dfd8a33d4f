"""A site's own order codes in both directions: recognized in orders, and used in suggestions."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.cards.suggestions import orderable_code
from cds_service.knowledge.site_codes import orderable, with_site_codes
from cds_service.settings import Settings
from tests.unit.knowledge.site_code_builders import CTA, EXAMPLE, FIXTURES, LOCAL, knowledge, read
from tests.unit.knowledge.terminology_builders import CPT, LOINC

EXAMPLE_SYSTEM = "urn:oid:1.2.840.114350.1.13.9999.2.7.2.696580"
RECURRENT = FIXTURES / "requests" / "order-select" / "recurrent-ct-without-contrast.json"

# --- recognition ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["urn:oid:1.2.3", "https://ehr.example/codes", "EAP"])
def test_a_code_of_the_site_is_recognized_in_its_system(tmp_path: Path, system: str) -> None:
    known = with_site_codes(knowledge(), read(tmp_path, f"{system},A1,{CTA},CTA,no"))

    found = known.terminology.meaning(system, "A1").order_code
    assert found is not None
    assert found.procedure == CTA
    assert known.terminology.meaning(system, "a1").order_code is None
    assert known.terminology.meaning("urn:oid:9", "A1").order_code is None


def test_the_codes_of_the_site_win_over_the_shipped_ones(tmp_path: Path) -> None:
    known = with_site_codes(knowledge(), read(tmp_path, f"cpt,71250,{CTA},CTA,no"))

    found = known.terminology.meaning("urn:oid:2.16.840.1.113883.6.12", "71250").order_code
    assert found is not None
    assert found.procedure == CTA


def test_a_shipped_code_that_is_repeated_keeps_what_is_known_of_it(tmp_path: Path) -> None:
    site = read(tmp_path, "cpt,37244,arteriography-bronchial-embolization,Embolization,yes")

    found = with_site_codes(knowledge(), site).terminology.meaning(CPT, "37244").order_code
    assert found is not None
    assert found.needs_hemoptysis_reason


def test_a_ct_angiography_is_of_the_pulmonary_arteries_by_its_display(tmp_path: Path) -> None:
    site = read(tmp_path, f"{LOCAL},A1,{CTA},CTA CHEST FOR PE,no", f"{LOCAL},A2,{CTA},CTA CHEST,yes")

    terminology = with_site_codes(knowledge(), site).terminology
    found = [terminology.meaning(LOCAL, code).order_code for code in ("A1", "A2")]
    assert [code.is_pulmonary_arteries for code in found if code] == [True, False]


# --- suggestions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order_systems", [(), (CPT,), (LOINC,), (LOCAL,), ("urn:oid:9.9",)])
def test_a_suggestion_uses_the_sites_orderable_code_whatever_the_order_came_in(
    tmp_path: Path, order_systems: tuple[str, ...]
) -> None:
    known = with_site_codes(knowledge(), read(tmp_path, f"{LOCAL},A1,{CTA},CTA CHEST,yes"))

    chosen = orderable_code(known.procedures[CTA], order_systems, known)

    assert (chosen.system, chosen.code, chosen.display) == (LOCAL, "A1", "CTA CHEST")


def test_of_orderable_codes_in_two_systems_the_orders_own_is_used_else_the_first(tmp_path: Path) -> None:
    site = read(tmp_path, f"{LOCAL},A1,{CTA},CTA,yes", f"urn:oid:9.9,B1,{CTA},CTA,yes")
    known = with_site_codes(knowledge(), site)

    codes = [orderable_code(known.procedures[CTA], s, known).code for s in (("urn:oid:9.9",), (CPT,))]

    assert codes == ["B1", "A1"]


def test_a_procedure_without_an_orderable_code_is_suggested_as_before(tmp_path: Path) -> None:
    known = with_site_codes(knowledge(), read(tmp_path, f"{LOCAL},A1,{CTA},CTA,no"))

    assert known.procedures == knowledge().procedures


def test_a_code_without_a_display_is_shown_by_the_name_of_its_procedure(tmp_path: Path) -> None:
    (code,) = orderable(read(tmp_path, f"{LOCAL},A1,{CTA},,yes"), CTA)

    assert code.display == "CTA chest with IV contrast"


def test_an_order_by_a_code_of_the_map_is_rated_and_replaced_by_one_of_the_map(settings: Settings) -> None:
    request = json.loads(RECURRENT.read_text(encoding="utf-8"))
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    order["code"] = {"coding": [{"system": EXAMPLE_SYSTEM, "code": "IMG3110"}], "text": "EAP 3110"}

    client = create_app(replace(settings, order_codes=EXAMPLE)).test_client()
    answer = client.post("/cds-services/hemoptysis-imaging-order-select", json=request).get_json()

    assert len(answer["systemActions"]) == 1
    replaced = [s["actions"][0]["resource"]["code"]["coding"][0] for s in answer["cards"][0]["suggestions"]]
    assert [(coding["system"], coding["code"]) for coding in replaced] == [
        (EXAMPLE_SYSTEM, "IMG3205"),
        (EXAMPLE_SYSTEM, "IMG2001"),
    ]
