"""The file of a site's own observation codes: what is wrong with it, and what is read and asked by it."""

from pathlib import Path

import pytest

from cds_service.cds_hooks.catalog import prefetch_templates
from cds_service.errors import StartupError
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.site_codes import (
    OBSERVED_CONCEPTS,
    observation_codes_from,
    observation_codes_summary,
    with_observation_codes,
)
from tests.unit.knowledge.site_code_builders import FIXTURES, LOCAL, knowledge
from tests.unit.knowledge.terminology_builders import LOINC, C

EXAMPLE = FIXTURES / "observation-codes.example.csv"
HEADER = "system,code,observation,unit"


def written(folder: Path, *lines: str) -> Path:
    file = folder / "codes.csv"
    file.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return file


def mapped(folder: Path, *lines: str) -> Knowledge:
    return with_observation_codes(knowledge(), observation_codes_from(written(folder, *lines), knowledge()))


def faults(folder: Path, *lines: str) -> list[str]:
    with pytest.raises(StartupError) as raised:
        mapped(folder, *lines)
    return [fault.removeprefix("codes.csv ") for fault in raised.value.faults]


def test_a_mapped_code_means_what_the_site_says(tmp_path: Path) -> None:
    terminology = mapped(tmp_path, f"{LOCAL},FLO10,oxygen-saturation,%").terminology

    assert terminology.meaning(LOCAL, "FLO10").concepts == {C.OXYGEN_SATURATION}
    assert terminology.unit_of(LOCAL, "FLO10") == "%"
    assert terminology.unit_of(LOCAL, "FLO11") == ""
    assert not knowledge().terminology.meaning(LOCAL, "FLO10").concepts


def test_a_system_may_be_written_by_any_of_its_names_and_the_site_comes_before_the_shipped_lists(
    tmp_path: Path,
) -> None:
    terminology = mapped(tmp_path, "loinc,9279-1,systolic-pressure,mm[Hg]").terminology

    assert terminology.meaning(LOINC, "9279-1").concepts == {C.SYSTOLIC_PRESSURE}
    assert terminology.unit_of("urn:oid:2.16.840.1.113883.6.1", "9279-1") == "mm[Hg]"


def test_discovery_asks_for_the_codes_of_the_site_too(tmp_path: Path) -> None:
    asked = mapped(tmp_path, f"{LOCAL},FLO10,expectorated-blood,mL", f"{LOCAL},A B,expectorated-blood,mL")

    query = prefetch_templates(asked)["bleeding"]

    assert f"http://snomed.info/sct|66857006,{LOCAL}|FLO10" in query
    assert "A B" not in query
    assert asked.terminology.meaning(LOCAL, "A B").concepts == {C.EXPECTORATED_BLOOD}


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        f"{LOCAL},,egfr,",
        f"{LOCAL},A1,saturation,%",
        f"{LOCAL},A2,expectorated-blood,spoonfuls per moon",
        f"{LOCAL},A3,egfr,",
        f"{LOCAL},A3,oxygen-saturation,%",
        f"{LOCAL},1.2E+12,egfr,",
        f"{LOCAL},A\u200b4,egfr,",
    )

    assert found[0] == "line 2: code is empty"
    assert found[1].startswith("line 3: observation 'saturation' is not known: one of blood-pressure-panel, ")
    assert found[2].startswith("line 4: unit 'spoonfuls per moon' is not known: write it in UCUM")
    assert found[3] == "line 6: line 5 says another thing of the same code"
    assert "spreadsheet" in found[4]
    assert "U+200B" in found[5]


def test_a_line_that_says_the_same_once_more_does_no_harm(tmp_path: Path) -> None:
    file = written(tmp_path, f"{LOCAL},A1,egfr,", f"{LOCAL},A1,egfr,")

    assert len(observation_codes_from(file, knowledge())) == 1


@pytest.mark.parametrize("unit", ["", "%", "mm[Hg]", "/min", "L/min", "mL", "mL/h", "mL/(24.h)", "cc"])
def test_a_unit_that_some_measure_is_read_in_is_accepted(tmp_path: Path, unit: str) -> None:
    assert mapped(tmp_path, f"{LOCAL},A1,oxygen-saturation,{unit}").terminology.unit_of(LOCAL, "A1") == unit


def test_the_summary_counts_by_what_is_observed_and_names_what_to_check(tmp_path: Path) -> None:
    file = written(tmp_path, f"{LOCAL},A 1,egfr,", "LOINC,8480-6,respiratory-rate,/min")

    summary = observation_codes_summary(observation_codes_from(file, knowledge()), knowledge())

    assert summary.splitlines() == [
        "Observation codes: 2 read",
        "  egfr: 1 code, unit: none given",
        "  respiratory-rate: 1 code, unit: /min",
        "Please check:",
        "  line 2: the code is read where it comes, but a query cannot ask for it",
        "  line 3: the shipped lists read this code as systolic-pressure",
    ]


def test_a_file_without_codes_is_said_to_change_nothing(tmp_path: Path) -> None:
    assert "changes nothing" in observation_codes_summary((), knowledge())


def test_the_example_maps_without_a_doubt() -> None:
    codes = observation_codes_from(EXAMPLE, knowledge())

    assert len(codes) == 6
    assert "Please check" not in observation_codes_summary(codes, knowledge())


def test_what_can_be_mapped_are_the_observations_that_are_read() -> None:
    assert {C.OXYGEN_SATURATION, C.SYSTOLIC_PRESSURE, C.EXPECTORATED_BLOOD, C.EGFR} <= {*OBSERVED_CONCEPTS}
    assert C.HEMOPTYSIS not in OBSERVED_CONCEPTS
