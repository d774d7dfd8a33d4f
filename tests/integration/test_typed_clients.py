"""Production answers are read by the models of typed clients, which refuse what they do not know or miss."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeAlias

import pytest

from tests.integration.hapi import REPOSITORY, read_by_model, require_java
from tests.integration.production_answers import Exchange, exchanges
from tests.scenarios.chart import Json

pytestmark = pytest.mark.integration

HEALTHCHAIN: Final = REPOSITORY / ".venv-bench-healthchain" / "bin" / "python"
# HealthChain demands a member of CDS Hooks 3.0 on every link, also on those that start no app; HAPI's model
# knows no such member and refuses it, so it is not sent.
DEMANDED_ON_LINKS: Final = re.compile(r"cards\.\d+\.links\.\d+\.autoLaunchable: Field required")

Reader: TypeAlias = Callable[[tuple[Exchange, ...]], list[Any]]


def lines_of(asked: tuple[Exchange, ...]) -> str:
    return "".join(f"{exchange.as_line()}\n" for exchange in asked)


@pytest.fixture(scope="module")
def hapi_reads() -> Reader:
    """HAPI's model of CDS Hooks, with FAIL_ON_UNKNOWN_PROPERTIES."""
    require_java()
    return lambda asked: [json.loads(line) for line in read_by_model(lines_of(asked)).splitlines()]


@pytest.fixture(scope="module")
def healthchain_refuses() -> Reader:
    """HealthChain's models, by the faults that they find."""
    if not HEALTHCHAIN.exists():
        pytest.skip("HealthChain is not installed: make .venv-bench-healthchain")
    command = [HEALTHCHAIN, REPOSITORY / "tests" / "integration" / "healthchain_reader.py"]

    def read(asked: tuple[Exchange, ...]) -> list[Any]:
        done = subprocess.run(
            command, input=lines_of(asked), capture_output=True, encoding="utf-8", check=True
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


def without_resources(content: Any) -> Any:
    """The answer with each resource by its type alone; HAPI writes its elements in an order of its own."""
    if isinstance(content, list):
        return [without_resources(item) for item in content]
    if not isinstance(content, dict):
        return content
    return {
        name: value["resourceType"] if name == "resource" else without_resources(value)
        for name, value in content.items()
        if value is not None
    }


def with_a_member(exchange: Exchange, name: str, value: object) -> Exchange:
    answer: Json = json.loads(json.dumps(exchange.answer))
    for card in answer["cards"]:
        card["links"] = [link | {name: value} for link in card.get("links", ())]
    return replace(exchange, answer=answer)


def test_the_answers_are_many_and_in_the_form_of_production() -> None:
    answers = [exchange.answer for exchange in exchanges()]

    assert len(answers) > 200
    assert any(card["indicator"] == "critical" for answer in answers for card in answer["cards"])
    assert any(answer.get("systemActions") for answer in answers)
    assert not any("extension" in answer for answer in answers)


def test_hapi_reads_every_answer_unless_the_order_was_invalid_as_it_came(hapi_reads: Reader) -> None:
    asked = exchanges()

    found = hapi_reads(asked)

    refused = {
        exchange.name: read["error"] for exchange, read in zip(asked, found, strict=True) if read["error"]
    }
    excused = {e.name for e, read in zip(asked, found, strict=True) if not read["areOrdersRead"]}
    assert {name: error for name, error in refused.items() if name not in excused} == {}
    assert len(excused) < len(asked) / 20


def test_hapi_keeps_all_that_an_answer_says(hapi_reads: Reader) -> None:
    asked = exchanges()

    found = hapi_reads(asked)

    pairs = [(e, read["read"]) for e, read in zip(asked, found, strict=True) if not read["error"]]
    lost = [
        exchange.name
        for exchange, read in pairs
        if without_resources(read) != without_resources(exchange.answer)
    ]
    assert lost == []


def test_hapi_refuses_a_member_that_it_does_not_know(hapi_reads: Reader) -> None:
    with_links = next(e for e in exchanges() if any(card.get("links") for card in e.answer["cards"]))

    (read,) = hapi_reads((with_a_member(with_links, "autoLaunchable", False),))

    assert "UnrecognizedPropertyException" in read["error"]


def test_healthchain_reads_every_answer_but_for_a_member_that_hapi_refuses(
    healthchain_refuses: Reader,
) -> None:
    asked = exchanges()

    faults = healthchain_refuses(asked)

    refused = {
        exchange.name: others
        for exchange, found in zip(asked, faults, strict=True)
        if (others := [fault for fault in found if not DEMANDED_ON_LINKS.fullmatch(fault)])
    }
    assert refused == {}


def test_healthchain_reads_an_answer_once_its_links_have_that_member(healthchain_refuses: Reader) -> None:
    asked = tuple(with_a_member(exchange, "autoLaunchable", None) for exchange in exchanges())

    assert [e.name for e, faults in zip(asked, healthchain_refuses(asked), strict=True) if faults] == []
