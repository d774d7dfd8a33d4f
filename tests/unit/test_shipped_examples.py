"""The example requests that come with the package."""

import json
from pathlib import Path

import pytest

from cds_service import examples
from cds_service.errors import NotFound
from tests.scenarios.assemble import every_example
from tests.scenarios.catalog import FIXTURES
from tests.scenarios.shipped import FOLDER


def test_the_files_are_what_the_assembler_makes() -> None:
    made = {file.name: text for file, text in every_example()}

    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}

    assert there == made, "python -m tests.scenarios.assemble"


def test_every_patient_of_the_fixtures_has_an_example() -> None:
    shown = {json.loads(examples.text(name))["context"]["patientId"] for name in examples.names()}

    assert shown == {file.stem for file in (FIXTURES / "patients").glob("*.json")}
    assert len(examples.names()) == len(shown)


def test_every_example_says_what_it_shows_and_the_one_to_begin_with_is_first() -> None:
    assert examples.names()[0] == examples.FIRST
    assert all(examples.about(name) for name in examples.names())


@pytest.mark.parametrize("name", ["no-such-patient", "index", "../settings", ""])
def test_an_unknown_name_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(NotFound, match=examples.FIRST):
        examples.text(name)


def test_an_example_is_a_request_of_the_fixtures() -> None:
    fixtures = {file.read_text(encoding="utf-8") for file in Path(FIXTURES / "requests").rglob("*.json")}

    assert {examples.text(name) for name in examples.names()} <= fixtures
