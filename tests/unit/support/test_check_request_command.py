"""The command `check-request`: what is no request, the exit code, the copy to be shared."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from cds_service.cli.main import main
from tests.unit.support.builders import RECURRENT, order, report, request

# --- what is no request --------------------------------------------------------------------------------


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    for name in [name for name in os.environ if name.startswith("CDS_")]:
        monkeypatch.delenv(name)

    def run(content: bytes, *options: object) -> tuple[int, str, str]:
        file = tmp_path / "captured.json"
        file.write_bytes(content)
        monkeypatch.setattr(sys, "argv", ["cds-service", "check-request", str(file), *map(str, options)])
        with pytest.raises(SystemExit) as done:
            main()
        return int(done.value.code or 0), *capfd.readouterr()

    return run


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"hook": "patient-view"}]', "The file holds a JSON array: save one request"),
        (b'POST /cds-services/x HTTP/1.1\r\nHost: x\r\n\r\n{"hook": "x"}', "begins with HTTP headers"),
        (b'HTTP/1.1 200 OK\r\n\r\n{"cards": []}', "begins with HTTP headers"),
        (b'Content-Type: application/json\n\n{"hook": "x"}', "begins with HTTP headers"),
        (b"curl -d '{}' http://x", "holds a curl command"),
        (b'"{\\"hook\\": \\"x\\"}"', "as a JSON string, in quotes"),
        ('{"hook": "x"}'.encode("utf-16"), "encoded in UTF-16"),
        (b'{"cards": []}', "holds an answer (cards), not the request"),
        (b'{"resourceType": "Patient"}', "holds a FHIR resource, not a hook request"),
        (b'{"request": {"hook": "x"}, "response": {}}', "seems to be the member 'request'"),
        (b'{"body": "{\\"hook\\": 1}"}', "seems to be the text in the member 'body'"),
        (b"", "400 structure: The body is empty"),
        (b"{", "400 structure: The body is not valid JSON"),
    ],
)
def test_a_file_that_holds_something_else_gets_a_clear_message(
    checked: Any, content: bytes, message: str
) -> None:
    code, out, err = checked(content)

    assert (code, err) == (1, "")
    assert out.startswith("Refused\n")
    assert message in out


def test_the_exit_code_tells_whether_it_is_answered(checked: Any) -> None:
    assert checked(RECURRENT.read_bytes())[0] == 0
    assert checked(json.dumps(request(order(reasonCode=None))).encode())[0] == 1


def test_the_instant_to_judge_at_can_be_given(checked: Any) -> None:
    _, out, _ = checked(RECURRENT.read_bytes(), "--at", "2027-01-01T00:00:00Z")

    assert "judged at: 2027-01-01T00:00:00+00:00" in out


def test_a_request_without_an_instant_is_said_to_be_judged_now() -> None:
    assert any("(now; with --at as of the call" in line for line in report(request(order())))
    assert not any("(now;" in line for line in report(RECURRENT.read_bytes()))


# --- the copy to be shared -----------------------------------------------------------------------------


def test_a_copy_is_written_that_is_answered_in_the_same_way(checked: Any, tmp_path: Path) -> None:
    out_file = tmp_path / "copy.json"

    code, out, _ = checked(RECURRENT.read_bytes(), "--anonymize", out_file)

    assert code == 0
    assert out.endswith("Read it before you share it: codes and their systems are kept.\n")
    _, again, _ = checked(out_file.read_bytes())
    assert out.partition("\nAnswer\n")[2].partition("\n\n")[0] == again.partition("\nAnswer\n")[2].strip("\n")


def test_a_refused_request_can_be_copied_too(checked: Any, tmp_path: Path) -> None:
    out_file = tmp_path / "copy.json"

    code, _, _ = checked(json.dumps(request(order(reasonCode=None))).encode(), "--anonymize", out_file)

    assert code == 1
    assert checked(out_file.read_bytes())[0] == 1


def test_a_file_that_is_there_is_not_overwritten(checked: Any, tmp_path: Path) -> None:
    out_file = tmp_path / "copy.json"
    out_file.write_text("mine", encoding="utf-8")

    code, out, err = checked(RECURRENT.read_bytes(), "--anonymize", out_file)

    assert (code, out) == (2, "")
    assert err == "cds-service: copy.json exists already: nothing was written. Name another file.\n"
    assert out_file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("content", [b"[]", b"hook=patient-view", b'{"hook": "patient-view"'])
def test_nothing_is_written_for_what_is_no_json_object(checked: Any, tmp_path: Path, content: bytes) -> None:
    out_file = tmp_path / "copy.json"

    code, _, _ = checked(content, "--anonymize", out_file)

    assert code in (1, 2)
    assert not out_file.exists()


def test_a_folder_that_is_missing_is_a_plain_message(checked: Any, tmp_path: Path) -> None:
    code, _, err = checked(RECURRENT.read_bytes(), "--anonymize", tmp_path / "none" / "copy.json")

    assert code == 2
    assert err.startswith("cds-service: copy.json cannot be written")
