"""Writes the example requests that come with the package: `python -m tests.scenarios.assemble` calls it.

One for each patient of the fixtures: the request of the scenario that bears the patient's name, else the
first one about that patient.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from cds_service.examples import FIRST, INDEX
from tests.scenarios.catalog import FIXTURES, Scenario

FOLDER: Final = FIXTURES.parent / "cds_service" / "example_requests"


def shipped_from(every: Iterable[Scenario]) -> Mapping[str, Scenario]:
    """The scenario of each shipped example, by name; the one to begin with first."""
    by_patient: dict[str, Scenario] = {}
    for scenario in every:
        is_own = scenario.name == scenario.patient
        if is_own or scenario.patient not in by_patient:
            by_patient[scenario.patient] = scenario
    chosen = {scenario.name: scenario for scenario in by_patient.values()}
    return {FIRST: chosen.pop(FIRST), **chosen}


def hook_of(scenario: Scenario) -> str:
    """The first hook of the scenario, for which the example is."""
    return scenario.hooks[0]


def index_of(shipped: Mapping[str, Scenario]) -> dict[str, str]:
    """What each example shows."""
    return {name: scenario.about for name, scenario in shipped.items()}


FILE_OF_THE_INDEX: Final = FOLDER / INDEX
