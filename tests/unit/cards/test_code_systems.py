"""The code systems of the service are valid FHIR and hold every code that the cards use."""

from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.conceptmap import ConceptMap

from cds_service.cards.code_systems import OVERRIDE_MAP, code_system, code_system_names, override_map
from cds_service.knowledge.model import Category, Variant
from tests.unit.cards.builders import (
    MASSIVE,
    a_decision,
    an_order,
    cards_of,
    codes,
    judged,
    knowledge,
    the_card,
)

CANONICAL = "https://cds.example"


def codes_of(name: str) -> list[str]:
    system = code_system(name, canonical_url=CANONICAL, version="1.0.0")
    return [concept["code"] for concept in system["concept"]]


@pytest.mark.parametrize("name", code_system_names())
def test_each_code_system_is_valid_and_complete(name: str) -> None:
    resource = code_system(name, canonical_url=CANONICAL, version="1.0.0")

    parsed = CodeSystem.model_validate(resource)

    assert parsed.url == f"{CANONICAL}/CodeSystem/{name}"
    assert parsed.count == len(resource["concept"])
    assert all(concept["display"] for concept in resource["concept"])


def test_the_variants_are_those_of_the_topic_and_undetermined() -> None:
    assert set(codes_of("hemoptysis-variant")) == {*Variant, "undetermined"}


def test_the_categories_are_those_of_the_criteria() -> None:
    assert codes_of("acr-appropriateness-category") == list(Category)


def test_the_reasons_on_a_card_are_those_of_the_code_system() -> None:
    card = the_card(a_decision(judged(an_order())))
    alert = cards_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE))[0]

    reasons = (*card.override_reasons, *alert.override_reasons)

    assert set(codes(reasons)) == set(codes_of("override-reason"))
    assert {r.system for r in reasons} == {"http://localhost:8000/CodeSystem/override-reason"}


def test_an_unknown_code_system_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        code_system("nothing", canonical_url=CANONICAL, version="1.0.0")


def the_resource() -> dict[str, Any]:
    return override_map(knowledge(), canonical_url=CANONICAL, version="1.0.0")


def the_map() -> dict[str, list[str]]:
    """The targets of each reason."""
    (group,) = the_resource()["group"]
    return {e["code"]: [t["code"] for t in e["target"] if "code" in t] for e in group["element"]}


def test_the_map_of_the_reasons_is_valid_and_holds_each_reason() -> None:
    parsed = ConceptMap.model_validate(the_resource())

    assert parsed.url == f"{CANONICAL}/ConceptMap/{OVERRIDE_MAP}"
    assert list(the_map()) == codes_of("override-reason")


def test_each_reason_but_the_other_one_has_a_category_of_hl7() -> None:
    categories = {reason: targets[0] for reason, targets in the_map().items() if targets}

    assert set(categories) == set(codes_of("override-reason")) - {"other"}
    assert set(categories.values()) <= {
        "cds-not-applicable",
        "cds-suboptimal-context",
        "recipient-disagrees-evidence",
        "recipient-concerns-outcomes",
        "does-not-align-preferences",
        "not-convenient-feasible",
    }


def test_a_target_that_only_comes_near_has_a_comment() -> None:
    """Invariant cmd-1 of FHIR R4, which the model does not check."""
    (group,) = the_resource()["group"]
    targets = [target for element in group["element"] for target in element["target"]]

    near = [target for target in targets if target["equivalence"] in ("inexact", "narrower")]

    assert len(near) == len(codes_of("override-reason")) - 1
    assert [target for target in near if not target.get("comment")] == []


def test_the_rows_of_the_map_are_of_reasons_that_a_card_gives() -> None:
    assert set(knowledge().nonadherence) <= set(codes_of("override-reason"))


def test_a_reason_without_a_row_is_unmatched() -> None:
    own = replace(knowledge(), nonadherence={})

    (group,) = override_map(own, canonical_url=CANONICAL, version="1.0.0")["group"]

    assert all(element["target"] == [{"equivalence": "unmatched"}] for element in group["element"])
