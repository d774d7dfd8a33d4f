"""The knowledge loads, is frozen, and every kind of fault in a copy of it is found and named."""

import shutil
from pathlib import Path

import pytest

from cds_service.errors import KnowledgeError
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.load import SHIPPED_DATA, knowledge_summary, load_knowledge
from cds_service.knowledge.model import CautionId, Knowledge, Variant
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.knowledge_faults.catalog import FAULTS
from tests.clinical.knowledge_faults.fault import Break, replace


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_DATA, tmp_path / "data"))


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(KnowledgeError) as raised:
        load_knowledge(folder)
    return raised.value.faults


def test_the_shipped_knowledge_loads_without_a_fault(knowledge: Knowledge) -> None:
    assert set(knowledge.definitions) == set(DefinitionId)
    assert set(knowledge.cautions) == set(CautionId)
    assert len(knowledge.rated_procedures()) == 6
    assert len(knowledge.ratings) == 6 * len(Variant)


def test_a_copy_of_the_data_gives_the_same_knowledge(folder: Path, knowledge: Knowledge) -> None:
    copied = load_knowledge(folder)

    assert copied.ratings == knowledge.ratings
    assert copied.definitions == knowledge.definitions
    assert copied.terminology.order_codes == knowledge.terminology.order_codes


@pytest.mark.parametrize("name", ["procedures", "ratings", "definitions", "cautions", "sources"])
def test_what_is_loaded_cannot_be_changed(knowledge: Knowledge, name: str) -> None:
    mapping = getattr(knowledge, name)

    with pytest.raises(TypeError):
        mapping["new"] = next(iter(mapping.values()))


def test_the_summary_names_the_edition_and_every_rated_procedure(knowledge: Knowledge) -> None:
    summary = knowledge_summary(knowledge)

    assert knowledge.edition.label in summary
    assert all(procedure.name in summary for procedure in knowledge.rated_procedures())


@pytest.mark.parametrize(
    ("broken", "place", "words"),
    [pytest.param(broken, place, words, id=name) for name, broken, place, words in FAULTS],
)
def test_a_fault_is_found_and_its_place_is_named(folder: Path, broken: Break, place: str, words: str) -> None:
    broken(folder)

    faults = faults_of(folder)

    assert [fault for fault in faults if fault.startswith(place) and words in fault], "\n".join(faults)


def test_all_faults_stand_in_one_message(folder: Path) -> None:
    replace(folder, "ratings.csv", "acr-criteria-extract", "hearsay")
    replace(folder, "definitions.toml", 'unit = "mL"', 'unit = "cc"')
    replace(folder, "codelists/hemoptysis.csv", "66857006", "66857005")

    with pytest.raises(KnowledgeError) as raised:
        load_knowledge(folder)

    assert len(raised.value.faults) == 3
    assert all(words in raised.value.message for words in ("hearsay", "'cc'", "66857005"))


def test_an_empty_folder_names_every_missing_file_once(tmp_path: Path) -> None:
    faults = [fault for fault in faults_of(tmp_path) if "the file is missing" in fault]

    assert len(faults) == len(set(faults))
    assert {f"codelists/{concept}.csv: the file is missing" for concept in Concept} <= set(faults)
