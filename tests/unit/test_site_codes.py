"""A site's own order codes: what is wrong with a file, and both directions in which a good one is read."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.cards.order_codes import orderable_code
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.site_codes import (
    OrderCodesError,
    SiteCodes,
    site_codes_from,
    site_codes_summary,
    with_site_codes,
)
from cds_service.knowledge.terminology import Coding
from cds_service.settings import Settings

FIXTURES = Path(__file__).parents[2] / "fixtures"
EXAMPLE = FIXTURES / "order-codes.example.csv"
EXAMPLE_SYSTEM = "urn:oid:1.2.840.114350.1.13.9999.2.7.2.696580"
RECURRENT = FIXTURES / "requests" / "order-select" / "recurrent-ct-without-contrast.json"
HEADER = "system,code,procedure,display,orderable"
LOCAL = "urn:oid:1.2.3"
CTA = "cta-chest-with-contrast"
CPT, LOINC = "http://www.ama-assn.org/go/cpt", "http://loinc.org"


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


def read(folder: Path, *lines: str, header: str = HEADER) -> SiteCodes:
    file = folder / "codes.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return site_codes_from(file, knowledge())


def faults(folder: Path, *lines: str, header: str = HEADER) -> list[str]:
    with pytest.raises(OrderCodesError) as raised:
        read(folder, *lines, header=header)
    return [fault.removeprefix("codes.csv ") for fault in raised.value.faults]


def faults_of_bytes(folder: Path, content: bytes) -> list[str]:
    file = folder / "codes.csv"
    file.write_bytes(content)
    with pytest.raises(OrderCodesError) as raised:
        site_codes_from(file, knowledge())
    return [fault.removeprefix("codes.csv ") for fault in raised.value.faults]


# --- faults --------------------------------------------------------------------------------------------


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
    with pytest.raises(OrderCodesError) as raised:
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

    assert site.codes[0].coding == Coding(LOCAL, "A1", "CTA")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_bytes(f"\ufeff{HEADER}\r\n{LOCAL},A1,{CTA},CTA,yes\r\n".encode())

    assert len(site_codes_from(file, knowledge()).codes) == 1


def test_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    latin = f"{HEADER}\n{LOCAL},A1,{CTA},CTA,yes\n{LOCAL},A2,{CTA},Angio thorax injecté,no\n".encode(
        "latin-1"
    )

    assert faults_of_bytes(tmp_path, latin) == ["line 3: not encoded in UTF-8: save the file as CSV UTF-8"]
    assert faults_of_bytes(tmp_path, HEADER.encode("utf-16")) == [
        "encoded in UTF-16: save the file as CSV UTF-8"
    ]


def test_a_comma_in_a_name_without_quotes_is_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, f"{LOCAL},A1,{CTA},CTA, chest,yes")

    assert fault.startswith("line 2: 6 cells, 5 are expected: a comma in a name needs quotes")


def test_quotes_that_are_not_closed_are_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, f'{LOCAL},A1,{CTA},"CTA,yes')

    assert "not readable as CSV" in fault


def test_empty_lines_of_a_spreadsheet_are_passed_over(tmp_path: Path) -> None:
    site = read(tmp_path, ",,,,", f"{LOCAL},A1,{CTA},CTA,YES", "")

    assert [(code.line, code.is_orderable) for code in site.codes] == [(3, True)]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OrderCodesError, match="cannot be read"):
        site_codes_from(tmp_path / "none.csv", knowledge())


def test_one_code_for_two_procedures_is_a_fault(tmp_path: Path) -> None:
    found = faults(tmp_path, f"{LOCAL},A1,{CTA},CTA,no", f"{LOCAL},A1,mri-chest,MRI,no")

    assert found == [f"line 3: the same code means {CTA} in line 2"]


def test_one_code_under_two_names_of_its_system_is_the_same_code(tmp_path: Path) -> None:
    found = faults(tmp_path, f"CPT,71275,{CTA},CTA,no", f"{CPT},71275,mri-chest,MRI,no")

    assert found == [f"line 3: the same code means {CTA} in line 2"]


def test_a_line_that_repeats_another_does_no_harm_but_may_not_contradict_it(tmp_path: Path) -> None:
    line = f"{LOCAL},A1,{CTA},CTA,yes"

    assert len(read(tmp_path, line, line).codes) == 1
    assert faults(tmp_path, line, line.replace("yes", "no")) == [
        "line 3: line 2 says the contrary of the same code's orderable"
    ]


def test_two_orderable_codes_for_a_procedure_are_a_fault_in_one_system_only(tmp_path: Path) -> None:
    first = f"{LOCAL},A1,{CTA},CTA,yes"

    (fault,) = faults(tmp_path, first, f"{LOCAL},A2,{CTA},CTA night,yes")
    assert fault.startswith(f"line 3: {CTA} is orderable by line 2 already")
    assert len(read(tmp_path, first, f"{LOCAL},A2,{CTA},CTA night,no").codes) == 2
    assert len(read(tmp_path, first, f"urn:oid:9.9,A2,{CTA},CTA,yes").codes) == 2


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


# --- recognition ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["urn:oid:1.2.3", "https://ehr.example/codes", "EAP"])
def test_a_code_of_the_site_is_recognised_in_its_system(tmp_path: Path, system: str) -> None:
    known = with_site_codes(knowledge(), read(tmp_path, f"{system},A1,{CTA},CTA,no"))

    found = known.terminology.order_code(Coding(system, "A1"))
    assert found is not None
    assert found.procedure == CTA
    assert known.terminology.order_code(Coding(system, "a1")) is None
    assert known.terminology.order_code(Coding("urn:oid:9", "A1")) is None


def test_the_codes_of_the_site_win_over_the_shipped_ones(tmp_path: Path) -> None:
    known = with_site_codes(knowledge(), read(tmp_path, f"cpt,71250,{CTA},CTA,no"))

    found = known.terminology.order_code(Coding("urn:oid:2.16.840.1.113883.6.12", "71250"))
    assert found is not None
    assert found.procedure == CTA


def test_a_shipped_code_that_is_repeated_keeps_what_is_known_of_it(tmp_path: Path) -> None:
    site = read(tmp_path, "cpt,37244,arteriography-bronchial-embolization,Embolization,yes")

    found = with_site_codes(knowledge(), site).terminology.order_code(Coding(CPT, "37244"))
    assert found is not None
    assert found.needs_hemoptysis_reason


def test_a_ct_angiography_is_of_the_pulmonary_arteries_by_its_display(tmp_path: Path) -> None:
    site = read(tmp_path, f"{LOCAL},A1,{CTA},CTA CHEST FOR PE,no", f"{LOCAL},A2,{CTA},CTA CHEST,yes")

    terminology = with_site_codes(knowledge(), site).terminology
    found = [terminology.order_code(Coding(LOCAL, code)) for code in ("A1", "A2")]
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
    (code,) = read(tmp_path, f"{LOCAL},A1,{CTA},,yes").orderable(CTA)

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


# --- the summary, the example, the start ---------------------------------------------------------------


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
        ("ct-chest-with-contrast", "CTA CHEST", "the display names another modality (cta)"),
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
    with pytest.raises(OrderCodesError, match=r"faulty\.csv line 2: code is empty"):
        create_app(replace(settings, order_codes=faulty))
