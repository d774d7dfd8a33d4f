"""What is said of a site's own order codes: the summary, its doubts, the example, the start."""

from dataclasses import replace
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.knowledge.site_codes import site_codes_from, site_codes_summary
from cds_service.settings import Settings
from tests.unit.knowledge.site_code_builders import CTA, EXAMPLE, HEADER, LOCAL, knowledge, read


def test_the_summary_names_what_is_mapped_orderable_and_missing(tmp_path: Path) -> None:
    site = read(tmp_path, f"{LOCAL},A1,{CTA},CTA CHEST,yes", f"{LOCAL},A2,{CTA},CTA 2,no")

    lines = site_codes_summary(site, knowledge()).splitlines()

    assert lines[0] == "Order codes: 2 read, 1 of them orderable"
    assert lines[1] == f"  {CTA}: 2 codes, orderable: {LOCAL}|A1"
    assert lines[2].startswith("Rated, without an orderable code")
    assert f"  {CTA}" not in lines[3:]
    assert len(lines[3:]) == 5


def test_the_summary_doubts_a_display_that_names_another_study(tmp_path: Path) -> None:
    site = read(tmp_path, f"{LOCAL},A1,{CTA},CT CHEST WO CONTRAST,yes")

    last = site_codes_summary(site, knowledge()).splitlines()[-1]

    assert last == f"  line 2: the display reads like ct-chest-without-contrast, the procedure is {CTA}"


@pytest.mark.parametrize(
    ("procedure", "display", "doubt"),
    [
        ("ct-chest-with-contrast", "MRI BRAIN W CONTRAST", "the display names another modality (mri)"),
        ("ct-chest-with-contrast", "MRI BRAIN W CONTRAST", "the display names another part of the body"),
        ("ct-chest-with-contrast", "CT HEAD W CONTRAST", "the display names another part of the body"),
        ("ct-chest-with-contrast", "CT CHEST ABDOMEN W CONTRAST", "the display names another part"),
        ("ct-chest-with-contrast", "CTA CHEST", "the display reads like cta-chest-with-contrast"),
        ("ct-chest-without-contrast", "NM BONE SCAN", "the display names another modality (other)"),
        ("radiography-chest", "US", "the display names another modality (ultrasound)"),
        ("fdg-pet", "PET BRAIN", "the display names another part of the body"),
        (CTA, "Scanner cérébral", "the display names another part of the body"),
    ],
)
def test_the_summary_doubts_a_display_of_another_modality_or_body_part(
    tmp_path: Path, procedure: str, display: str, doubt: str
) -> None:
    site = read(tmp_path, f"{LOCAL},A1,{procedure},{display},no")

    _, _, doubts = site_codes_summary(site, knowledge()).partition("Please check:\n")

    assert f"  line 2: {doubt}" in doubts
    assert procedure in doubts


@pytest.mark.parametrize(
    ("procedure", "display"),
    [
        (CTA, "CT CHEST ANGIO W CONTRAST"),
        (CTA, "CTPA"),
        ("ct-chest-with-contrast", "Special protocol B"),
        ("ventilation-perfusion", "NM LUNG VQ"),
        ("fdg-pet", "NM PET CT SKULL BASE TO MID THIGH"),
        ("radiography-chest", "CHEST 2 VIEWS"),
        ("bronchial-arteriography", "IR ANGIOGRAM BRONCHIAL"),
    ],
)
def test_the_summary_does_not_doubt_a_display_of_its_procedure(
    tmp_path: Path, procedure: str, display: str
) -> None:
    site = read(tmp_path, f"{LOCAL},A1,{procedure},{display},no")

    assert "Please check" not in site_codes_summary(site, knowledge())


def test_the_summary_doubts_no_procedure_by_its_own_name(tmp_path: Path) -> None:
    names = [(procedure.id, procedure.name) for procedure in knowledge().procedures.values()]
    site = read(tmp_path, *(f'{LOCAL},A{id_},{id_},"{name}",no' for id_, name in names))

    assert "Please check" not in site_codes_summary(site, knowledge())


@pytest.mark.parametrize("lines", [(), (",,,,", "")])
def test_the_summary_says_that_a_file_of_a_header_only_holds_no_codes(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    summary = site_codes_summary(read(tmp_path, *lines), knowledge())

    assert summary.endswith("Please check:\n  the file holds no codes, so that it changes nothing")


def test_the_example_is_without_fault_and_without_doubt() -> None:
    site = site_codes_from(EXAMPLE, knowledge())

    assert "Please check" not in site_codes_summary(site, knowledge())


def test_the_service_starts_with_the_map_and_not_with_a_faulty_one(
    settings: Settings, tmp_path: Path
) -> None:
    faulty = tmp_path / "faulty.csv"
    faulty.write_text(f"{HEADER}\n{LOCAL},,{CTA},CTA,yes\n", encoding="utf-8")

    create_app(replace(settings, order_codes=EXAMPLE))
    with pytest.raises(match=r"faulty\.csv line 2: code is empty"):
        create_app(replace(settings, order_codes=faulty))
