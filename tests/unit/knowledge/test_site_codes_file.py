"""The file of a site's own order codes: what is wrong with it, and what does no harm."""

from pathlib import Path

import pytest

from cds_service.errors import StartupError
from cds_service.knowledge.site_codes import site_codes_from
from cds_service.knowledge.terminology.concepts import Coding
from tests.unit.knowledge.site_code_builders import CTA, HEADER, LOCAL, knowledge, read
from tests.unit.knowledge.terminology_builders import CPT


def faults(folder: Path, *lines: str, header: str = HEADER) -> list[str]:
    with pytest.raises(StartupError) as raised:
        read(folder, *lines, header=header)
    return [fault.removeprefix("codes.csv ") for fault in raised.value.faults]


def faults_of_bytes(folder: Path, content: bytes) -> list[str]:
    file = folder / "codes.csv"
    file.write_bytes(content)
    with pytest.raises(StartupError) as raised:
        site_codes_from(file, knowledge())
    return [fault.removeprefix("codes.csv ") for fault in raised.value.faults]


def test_every_fault_is_named_with_its_line_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        f"{LOCAL},,{CTA},CTA,yes",
        f"{LOCAL},A1,cta,CTA,yes",
        f"{LOCAL},A2,{CTA},CTA,perhaps",
        f",A3,{CTA},CTA,yes",
    )

    assert [fault.split(":")[0] for fault in found] == ["line 2", "line 3", "line 4", "line 5"]
    assert found[0] == "line 2: code is empty"
    assert "procedure 'cta' is not known: one of radiography-chest, " in found[1]
    assert found[2] == "line 4: orderable is 'perhaps': yes or no is expected"
    assert found[3] == "line 5: system is empty"


def test_the_message_counts_and_lists_all_faults(tmp_path: Path) -> None:
    with pytest.raises(StartupError) as raised:
        read(tmp_path, f"{LOCAL},,{CTA},CTA,yes", f"{LOCAL},A2,{CTA},CTA,1")

    assert raised.value.message.startswith("Order codes: 2 faults\n- codes.csv line 2: ")


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("system,code,procedure,display", "line 1: column 'orderable' is missing"),
        (f"{HEADER},note", "line 1: unknown column 'note': only system, code, procedure, display, orderable"),
        (f"{HEADER},code", "line 1: column 'code' stands twice"),
        (HEADER.replace(",", ";"), "line 1: separated by semicolons: save the file with commas"),
        (HEADER.replace(",", "\t"), "line 1: separated by tabs: save the file with commas"),
        ("", "line 1: column 'system' is missing"),
    ],
)
def test_a_header_that_is_not_the_expected_one_is_told(tmp_path: Path, header: str, fault: str) -> None:
    assert faults(tmp_path, header=header)[0].startswith(fault)


def test_the_header_is_read_whatever_its_case_and_order(tmp_path: Path) -> None:
    site = read(tmp_path, f"yes,CTA,A1,{CTA},{LOCAL}", header="Orderable, Display ,CODE,procedure,System")

    assert site[0].coding == Coding(LOCAL, "A1", "CTA")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_bytes(f"\ufeff{HEADER}\r\n{LOCAL},A1,{CTA},CTA,yes\r\n".encode())

    assert len(site_codes_from(file, knowledge())) == 1


def test_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    latin = f"{HEADER}\n{LOCAL},A1,{CTA},CTA,yes\n{LOCAL},A2,{CTA},Angio thorax injecté,no\n".encode(
        "latin-1"
    )

    assert faults_of_bytes(tmp_path, latin) == ["line 3: not encoded in UTF-8: save the file as CSV UTF-8"]
    assert faults_of_bytes(tmp_path, HEADER.encode("utf-16")) == [
        "codes.csv: encoded in UTF-16: save the file as CSV UTF-8"
    ]


def test_a_comma_in_a_name_without_quotes_is_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, f"{LOCAL},A1,{CTA},CTA, chest,yes")

    assert fault.startswith("line 2: 6 cells, 5 are expected: a comma in a name needs quotes")


def test_quotes_that_are_not_closed_are_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, f'{LOCAL},A1,{CTA},"CTA,yes')

    assert "not readable as CSV" in fault


def test_empty_lines_of_a_spreadsheet_are_passed_over(tmp_path: Path) -> None:
    site = read(tmp_path, ",,,,", f"{LOCAL},A1,{CTA},CTA,YES", "")

    assert [(code.line, code.is_orderable) for code in site] == [(3, True)]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(match=r"none\.csv: the file is missing"):
        site_codes_from(tmp_path / "none.csv", knowledge())


def test_one_code_for_two_procedures_is_a_fault(tmp_path: Path) -> None:
    found = faults(tmp_path, f"{LOCAL},A1,{CTA},CTA,no", f"{LOCAL},A1,mri-chest,MRI,no")

    assert found == [f"line 3: the same code means {CTA} in line 2"]


def test_one_code_under_two_names_of_its_system_is_the_same_code(tmp_path: Path) -> None:
    found = faults(tmp_path, f"CPT,71275,{CTA},CTA,no", f"{CPT},71275,mri-chest,MRI,no")

    assert found == [f"line 3: the same code means {CTA} in line 2"]


def test_a_line_that_repeats_another_does_no_harm_but_may_not_contradict_it(tmp_path: Path) -> None:
    line = f"{LOCAL},A1,{CTA},CTA,yes"

    assert len(read(tmp_path, line, line)) == 1
    assert faults(tmp_path, line, line.replace("yes", "no")) == [
        "line 3: line 2 says the contrary of the same code's orderable"
    ]


def test_two_orderable_codes_for_a_procedure_are_a_fault_in_one_system_only(tmp_path: Path) -> None:
    first = f"{LOCAL},A1,{CTA},CTA,yes"

    (fault,) = faults(tmp_path, first, f"{LOCAL},A2,{CTA},CTA night,yes")
    assert fault.startswith(f"line 3: {CTA} is orderable by line 2 already")
    assert len(read(tmp_path, first, f"{LOCAL},A2,{CTA},CTA night,no")) == 2
    assert len(read(tmp_path, first, f"urn:oid:9.9,A2,{CTA},CTA,yes")) == 2


@pytest.mark.parametrize("code", ["1.2E+05", "7E+10"])
def test_a_code_that_a_spreadsheet_shortened_is_told(tmp_path: Path, code: str) -> None:
    (fault,) = faults(tmp_path, f"{LOCAL},{code},{CTA},CTA,yes")

    assert "a spreadsheet shortened" in fault


def test_a_system_or_code_that_would_make_an_order_invalid_is_told(tmp_path: Path) -> None:
    found = faults(tmp_path, f"Epic EAP,A1,{CTA},CTA,yes", f"{LOCAL},A  1,{CTA},CTA,no")

    assert found[0].startswith("line 2: system holds a blank")
    assert found[1].startswith("line 3: code holds two blanks")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200b"])
@pytest.mark.parametrize("column", ["system", "code", "display"])
def test_a_character_that_cannot_be_seen_is_told_with_its_line(
    tmp_path: Path, column: str, character: str
) -> None:
    cells = {"system": "local", "code": "A1", "display": "CTA"}
    cells[column] = cells[column][:1] + character + cells[column][1:]

    (fault,) = faults(tmp_path, f"{cells['system']},{cells['code']},{CTA},{cells['display']},yes")

    assert fault.startswith(f"line 2: {column} holds ")
    assert character not in fault


@pytest.mark.parametrize("character", ["\x00", "\x1c", "\x0b", "\u202e"])
def test_a_character_that_cannot_be_seen_is_told_at_the_end_of_a_cell_too(
    tmp_path: Path, character: str
) -> None:
    (fault,) = faults(tmp_path, f"{LOCAL},A1,{CTA},CTA{character},yes")

    assert fault == (
        f"line 2: display holds a character that cannot be seen (U+{ord(character):04X}): type the cell again"
    )


def test_a_line_break_in_a_display_is_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, f'{LOCAL},A1,{CTA},"CTA\nCHEST",yes')

    assert "display holds a character that cannot be seen (U+000A)" in fault
