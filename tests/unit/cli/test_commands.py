"""The commands: what they print, how they fail, and that no error shows anything of a patient."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from cds_service.cli.main import console
from cds_service.errors import trail_of
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.support.captures import printable
from tests.unit.cli.command import Command

FIXTURES = Path(__file__).parents[3] / "fixtures"
RECURRENT = FIXTURES / "requests" / "order-select" / "recurrent-ct-without-contrast.json"
EXPECTED = FIXTURES / "responses" / "order-select" / "recurrent-ct-without-contrast.json"
INVALID = FIXTURES / "requests" / "invalid"
ORDER_CODES = FIXTURES / "order-codes.example.csv"
SECRET = "Wintergruen"


def saved(folder: Path, content: object) -> Path:
    file = folder / "request.json"
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_text(text, encoding="utf-8")
    return file


# --- ask and explain -----------------------------------------------------------------------------------


def test_ask_prints_the_card_its_choices_and_the_rating(cds_service: Command) -> None:
    result = cds_service("ask", RECURRENT)

    assert result.code == 0
    assert "WARNING" in result.out
    assert "[ Replace with CTA chest with IV contrast ] (recommended)" in result.out
    assert "Rating on the order: not-appropriate, usually-not-appropriate" in result.out


def test_ask_prints_the_raw_answer_as_the_service_gives_it(cds_service: Command) -> None:
    result = cds_service("ask", "--json", RECURRENT)

    answer, expected = json.loads(result.out), json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert [card["summary"] for card in answer["cards"]] == [card["summary"] for card in expected["cards"]]
    assert answer.keys() == expected.keys()


def test_ask_says_when_there_is_no_card(cds_service: Command) -> None:
    assert cds_service("ask", FIXTURES / "requests" / "order-select" / "abdomen-ct.json").out == "No card.\n"


def test_ask_at_another_instant_gives_the_answer_of_then(cds_service: Command) -> None:
    massive = FIXTURES / "requests" / "order-select" / "massive-by-volume.json"

    assert "CRITICAL" in cds_service("ask", massive).out
    assert "CRITICAL" not in cds_service("ask", "--at", "2026-06-01T12:00:00Z", massive).out


def test_explain_prints_every_step(cds_service: Command) -> None:
    result = cds_service("explain", RECURRENT)

    lines = [line.strip() for line in result.out.splitlines()]
    titles = ("Request", "Draft orders", "Entries read", "Data", "Evidence", "Classification", "Cards")
    assert [title for title in titles if title not in lines] == []
    assert "earlier-episode, proves-recurrence" in result.out


def test_explain_says_when_there_is_nothing_to_judge(cds_service: Command) -> None:
    result = cds_service("explain", FIXTURES / "requests" / "order-select" / "medication-only.json")

    assert "No chest imaging order to judge" in result.out


@pytest.mark.parametrize("command", ["ask", "explain", "check-request"])
def test_text_of_a_request_is_never_taken_for_markup(
    cds_service: Command, tmp_path: Path, command: str
) -> None:
    body = json.loads(RECURRENT.read_text(encoding="utf-8"))
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["code"] = {"text": "CT [/b] [red]chest[/red] :smile: \x1b[31m"}

    result = cds_service(command, saved(tmp_path, body))

    assert result.code == 0
    assert "\x1b" not in result.out
    assert "☺" not in result.out


# --- a terminal, a pipe, a narrow one ------------------------------------------------------------------


@pytest.mark.parametrize("command", ["ask", "explain", "settings"])
def test_what_is_piped_holds_no_colors(cds_service: Command, command: str) -> None:
    arguments = [] if command == "settings" else [RECURRENT]

    assert "\x1b" not in cds_service(command, *arguments).out


def test_no_color_is_honored_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert Console(force_terminal=True).no_color
    assert console().no_color


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_a_card_fits_the_terminal_and_no_word_of_the_table_is_cut(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    lines = cds_service("ask", RECURRENT).out.splitlines()

    framed = [line for line in lines if line.startswith(("│", "╭", "╰"))]
    assert {len(line) for line in framed} == {min(columns, 110)}
    assert not any("…" in line for line in framed)


def test_a_terminal_that_cannot_show_a_character_is_no_error() -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(
        [sys.executable, "-c", "from cds_service.cli.main import main; main()", "ask", RECURRENT],
        capture_output=True,
        check=False,
        env=environ,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_control_characters_are_not_printed() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed\x00") == "a [2Jb c d "


# --- errors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["ask", "explain", "check-request"])
def test_a_missing_file_is_a_plain_message(cds_service: Command, command: str) -> None:
    result = cds_service(command, "none.json")

    assert result.code == 2
    assert "'none.json': No such file or directory" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", ["ask", "explain"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("body-is-cut-off", "The body is not valid JSON at line 45, column 1:"),
        ("body-is-not-json", "The body is not valid JSON at line 1, column 1:"),
        ("body-is-an-array", "The file holds a JSON array"),
        ("hook-is-missing", "hook is missing"),
        ("conditions-were-not-sent-for-patient-view", "The patient's Conditions were not obtainable"),
    ],
)
def test_a_request_that_is_refused_is_a_plain_message(
    cds_service: Command, command: str, name: str, message: str
) -> None:
    result = cds_service(command, INVALID / f"{name}.json")

    assert result.code == 2
    assert result.err.startswith(f"cds-service: {message}")
    assert result.out == ""


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01", ""])
def test_an_instant_that_is_none_is_a_plain_message(cds_service: Command, at: str) -> None:
    result = cds_service("ask", "--at", at, RECURRENT)

    assert result.code == 2
    assert f"'{at}' is not an instant such as 2026-03-10T09:30:00Z" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["settings"],
        ["ask", str(RECURRENT)],
        ["serve"],
        ["check-knowledge"],
        ["check-request", str(RECURRENT)],
    ],
)
def test_bad_settings_are_named_all_together(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("CDS_PORT", "high")
    monkeypatch.setenv("CDS_COLOR", "blue")

    result = cds_service(*arguments)

    assert result.code == 2
    assert result.err.startswith("cds-service: Settings: 2 faults\n- CDS_PORT: expected a whole number")
    assert "- CDS_COLOR: unknown setting" in result.err


def test_a_wrong_command_and_no_command_are_plain_messages(cds_service: Command) -> None:
    assert cds_service("nonsense").code == 2
    assert "No such command 'nonsense'" in cds_service("nonsense").err
    assert cds_service().code == 2


def test_help_and_version_end_well(cds_service: Command) -> None:
    assert cds_service("--help").code == 0
    assert cds_service("check-request", "-h").code == 0
    assert cds_service("--version").out.startswith("cds-service, version ")


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_help_and_version_do_not_load_what_judges_orders(argument: str) -> None:
    heavy = "{'flask', 'fhir', 'pydantic', 'sqlalchemy', 'requests', 'gunicorn', 'rich'}"
    program = f"""
import sys
from cds_service.cli.main import main
try:
    main()
finally:
    loaded = {heavy} & set(sys.modules)
    print(*loaded, file=sys.stderr, end="")
"""

    done = subprocess.run(
        [sys.executable, "-c", program, argument], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["ask", "explain", "check-request"])
@pytest.mark.parametrize(
    "broken",
    [
        {"hook": SECRET, "context": {"patientId": SECRET, "draftOrders": {}}},
        {"hook": "order-sign", "context": {"patientId": SECRET}},
        {"hook": "patient-view", "context": {"patientId": [SECRET]}},
        {"hook": "patient-view", "context": {"patientId": SECRET}, "prefetch": SECRET},
        {"hook": "patient-view", "context": {"patientId": SECRET}},
        f'{{"hook": "order-select", "context": {{"patientId": "{SECRET}',
        f"POST /x HTTP/1.1\nX-Patient: {SECRET}\n\n{{}}",
    ],
)
def test_errors_show_nothing_of_the_patient(
    cds_service: Command, tmp_path: Path, command: str, broken: object
) -> None:
    result = cds_service(command, saved(tmp_path, broken))

    assert result.code in (1, 2)
    assert SECRET not in result.out + result.err


@pytest.mark.parametrize("command", ["ask", "explain", "check-request"])
def test_a_fault_of_the_program_shows_where_and_nothing_of_the_patient(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    step = "examined" if command == "check-request" else "asked"
    monkeypatch.setattr(f"cds_service.support.captures.{step}", fail)

    result = cds_service(command, RECURRENT)

    assert result.code == 3
    assert result.err.startswith("cds-service: a fault of this program, ValueError at ")
    assert SECRET not in result.err


def test_a_fault_is_described_by_its_kind_and_the_last_places() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as fault:
        told = trail_of(fault)

    assert told.startswith("KeyError at test_a_fault_is_described_by_its_kind_and_the_last_places:")


# --- check-knowledge, check-order-codes ----------------------------------------------------------------


def test_check_knowledge_prints_a_summary(cds_service: Command, knowledge: Knowledge) -> None:
    result = cds_service("check-knowledge")

    assert result.code == 0
    assert all(procedure.name in result.out for procedure in knowledge.rated_procedures())


def test_check_knowledge_lists_the_faults_of_a_folder(cds_service: Command, tmp_path: Path) -> None:
    result = cds_service("check-knowledge", "--dir", tmp_path)

    assert result.code == 2
    assert "- ratings.csv: the file is missing" in result.err


def test_check_order_codes_prints_a_summary(cds_service: Command) -> None:
    result = cds_service("check-order-codes", ORDER_CODES)

    assert result.code == 0
    assert result.out.startswith("Order codes: 10 read, 5 of them orderable\n")


def test_check_order_codes_prints_every_fault_by_line(cds_service: Command, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("system,code,procedure,display,orderable\nx,,y,z,maybe\n", encoding="utf-8")

    result = cds_service("check-order-codes", file)

    assert result.code == 2
    assert result.err.startswith("cds-service: Order codes: 3 faults\n- codes.csv line 2: code is empty")


def test_the_map_that_is_in_force_does_not_hinder_checking_another(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_ORDER_CODES", "none.csv")

    assert cds_service("check-order-codes", ORDER_CODES).code == 0


def test_check_observation_codes_prints_a_summary(
    cds_service: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_OBSERVATION_CODES", "none.csv")

    result = cds_service("check-observation-codes", FIXTURES / "observation-codes.example.csv")

    assert (result.code, result.out[:26]) == (0, "Observation codes: 6 read\n")


def test_ask_uses_the_map_of_the_site(cds_service: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_ORDER_CODES", str(ORDER_CODES))

    assert "IMG3205" in cds_service("ask", "--json", RECURRENT).out


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()
