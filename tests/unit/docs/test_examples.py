"""The examples on the pages are what the service really says.

An example is a block after a comment that names its command, or the request that it answers:

    <!-- example, 100 columns: ask fixtures/requests/order-select/NAME.json -->
    <!-- answer, shortened: fixtures/requests/order-select/NAME.json -->

`python -m tests.unit.docs.test_examples` writes the examples anew into the pages.
"""

import json
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cli.main import cli
from cds_service.settings import Settings
from tests.unit.docs.commands import PAGES, REPOSITORY, lines_in_blocks

OUTPUT = re.compile(r"<!-- example, (\d+) columns: ([^\n]+) -->\n```text\n(.*?)```", re.DOTALL)
ANSWER = re.compile(r"<!-- answer, shortened: (\S+) -->\n```json\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One block of a page: what it is of, and what the page says that comes."""

    page: Path
    command: str
    columns: int
    shown: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}: {self.command}"


def output_examples() -> list[Example]:
    return [
        Example(page, found[2], int(found[1]), found[3])
        for page in PAGES
        for found in OUTPUT.finditer(page.read_text())
    ]


def answer_examples() -> list[Example]:
    return [
        Example(page, found[1], 0, found[2]) for page in PAGES for found in ANSWER.finditer(page.read_text())
    ]


def output_of(command: str, columns: int) -> str:
    """What a command prints in a terminal of that width, without colors and blanks at the end of lines."""
    quiet = {name: None for name in os.environ if name.startswith("CDS_") or name == "FORCE_COLOR"}
    environment = {**quiet, "COLUMNS": str(columns), "TERM": "dumb"}
    result = CliRunner().invoke(cli, shlex.split(command), env=environment, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.output.rstrip().splitlines())


def missing_from(answer: Any, shown: Any, place: str = "$") -> list[str]:
    """Where what is shown is not in the answer; a shortened object may leave members out, a list none."""
    if isinstance(shown, dict) and isinstance(answer, dict):
        return [
            fault
            for name in shown
            for fault in missing_from(answer.get(name), shown[name], f"{place}.{name}")
        ]
    if isinstance(shown, list) and isinstance(answer, list) and len(shown) == len(answer):
        pairs = enumerate(zip(answer, shown, strict=True))
        return [fault for n, (a, s) in pairs for fault in missing_from(a, s, f"{place}[{n}]")]
    return [] if answer == shown else [f"{place}: the page has {shown!r}, the service {answer!r}"]


@pytest.fixture
def client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


@pytest.fixture
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)


def test_the_readme_shows_a_card_and_an_answer() -> None:
    readme = REPOSITORY / "README.md"

    assert [e.command for e in output_examples() if e.page == readme]
    assert [e.command for e in answer_examples() if e.page == readme]


@pytest.mark.usefixtures("in_the_repository")
@pytest.mark.parametrize("example", output_examples(), ids=str)
def test_the_output_on_a_page_is_the_real_one(example: Example) -> None:
    printed = output_of(example.command, example.columns)

    assert example.shown == printed, "python -m tests.unit.docs.test_examples writes it anew"


@pytest.mark.parametrize("example", answer_examples(), ids=str)
def test_the_answer_on_a_page_is_part_of_the_real_one(client: FlaskClient, example: Example) -> None:
    service = f"hemoptysis-imaging-{Path(example.command).parent.name}"
    body = (REPOSITORY / example.command).read_bytes()

    answer = client.post(f"/cds-services/{service}", data=body, content_type="application/json")

    assert missing_from(answer.get_json(), json.loads(example.shown)) == []


@pytest.mark.parametrize(
    ("page", "line"), [(page, line) for page, line in lines_in_blocks() if line.startswith("curl ")]
)
def test_a_curl_command_on_a_page_is_answered(client: FlaskClient, page: Path, line: str) -> None:
    words = shlex.split(line.partition("|")[0])
    address = next(word for word in words if word.startswith("http"))
    route = re.sub(r"^https?://[^/]+", "", address)
    sent = next((word.removeprefix("@") for word in words if word.startswith("@")), None)

    if sent is None:
        answer = client.get(route)
    else:
        answer = client.post(route, data=(REPOSITORY / sent).read_bytes(), content_type="application/json")

    assert answer.status_code == 200, f"{page.name}: {line}"


def refresh() -> None:
    """Write every example anew into its page."""
    os.chdir(REPOSITORY)
    for page in PAGES:
        text = page.read_text()
        written = ANSWER.sub(_with_real_answer, OUTPUT.sub(_with_real_output, text))
        if written != text:
            page.write_text(written)
            print(page.relative_to(REPOSITORY))


def _with_real_output(found: re.Match[str]) -> str:
    head = found[0].partition("```text\n")[0]
    return f"{head}```text\n{output_of(found[2], int(found[1]))}```"


def _with_real_answer(found: re.Match[str]) -> str:
    """The same members with what they hold now; a list of another length is taken whole."""
    answer, shown = json.loads(output_of(f"ask --json {found[1]}", 100)), json.loads(found[2])
    if not missing_from(answer, shown):
        return found[0]
    written = json.dumps(_as_shown(answer, shown), indent=2, ensure_ascii=False)
    return f"{found[0].partition('```json')[0]}```json\n{written}\n```"


def _as_shown(answer: Any, shown: Any) -> Any:
    if isinstance(shown, dict) and isinstance(answer, dict):
        return {name: _as_shown(answer[name], shown[name]) for name in shown if name in answer}
    if isinstance(shown, list) and isinstance(answer, list) and len(shown) == len(answer):
        return [_as_shown(a, s) for a, s in zip(answer, shown, strict=True)]
    return answer


if __name__ == "__main__":
    refresh()
