"""What a replay tells a person: the commands, the report, what another edition changes."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli.main import cli
from cds_service.errors import CdsServiceError
from cds_service.knowledge.load import SHIPPED_DATA, load_knowledge
from cds_service.records.report.cells import Sheet
from cds_service.replay.figures import FEWEST_OF_A_GROUP
from cds_service.replay.report import ReplayReport, replay_report
from tests.unit.replay.exports import a_patient, a_setup, an_order, rows_in, write_export


@pytest.fixture(scope="module", autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a site key is made, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDS_DATABASE_URL", f"sqlite:///{folder}/record.db")
        yield folder


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The criteria as shipped, and with a lower limit of massive hemoptysis."""
    root = tmp_path_factory.mktemp("knowledge")
    shipped, lower = (Path(shutil.copytree(SHIPPED_DATA, root / name)) for name in ("shipped", "from-60-mL"))
    definitions = (lower / "definitions.toml").read_text(encoding="utf-8")
    for limit, other in (("200", "60"), ("100", "30")):
        definitions = definitions.replace(
            f'value = "{limit}"\nunit = "mL"\n', f'value = "{other}"\nunit = "mL"\n'
        )
    (lower / "definitions.toml").write_text(definitions, encoding="utf-8")
    return shipped, lower


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, editions: tuple[Path, Path]) -> Path:
    """A replay of the example under both editions, by the command."""
    root = tmp_path_factory.mktemp("replay")
    run("replay", "example", str(root / "export"), "--patients", "60", "--seed", "2")
    folders = [option for folder in editions for option in ("--knowledge", str(folder))]
    result = run(
        "replay", str(root / "export"), "--out", str(root / "out"), "--workers", "1", "--quiet", *folders
    )
    assert re.match(r"[\d,]+ lines of 12 files read, [\d,]+ orders found\n$", result.output)
    return root / "out"


@pytest.fixture(scope="module")
def report(out: Path) -> ReplayReport:
    return replay_report(out, load_knowledge())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def sheet(report: ReplayReport, sheet_id: str) -> Sheet:
    return next(one for one in report.every_sheet if one.id == sheet_id)


def test_every_edition_has_a_set_of_the_same_orders(out: Path) -> None:
    keys: dict[str, list[str]] = {}
    for row in rows_in(out):
        keys.setdefault(row["edition"], []).append(row["order_key"])

    assert keys.keys() == {"shipped", "from-60-mL"}
    assert keys["shipped"] == keys["from-60-mL"]


def test_the_answers_add_up_to_the_orders_for_hemoptysis(report: ReplayReport) -> None:
    answers, years = sheet(report, "answers"), sheet(report, "years")

    assert sum(int(str(row[1])) for row in answers.rows) == report.judged
    assert sum(int(str(cell)) for row in years.rows for cell in row[1:]) == report.judged
    assert report.orders == report.judged + sum(int(str(row[1])) for row in sheet(report, "others").rows)


def test_what_a_lower_limit_changes_is_told_with_examples_by_key(report: ReplayReport, out: Path) -> None:
    keys = {row["order_key"] for row in rows_in(out)}

    changes = sheet(report, "changes-0")

    assert changes.title == "shipped → from-60-mL"
    assert any("alert (massive)" in str(row[0]) for row in changes.rows)
    assert all(set(str(row[-1]).split()) <= keys for row in changes.rows)


def test_what_was_not_charted_and_what_to_map_is_told(report: ReplayReport) -> None:
    assert "Amount of blood over 24 h" in {row[0] for row in sheet(report, "to-record").rows}
    assert "urn:oid:2.16.840.1.113883.19.5.1|IMG" in str(sheet(report, "unmapped").rows)


def test_departments_with_few_orders_are_put_together(report: ReplayReport) -> None:
    groups = {str(row[0]): int(str(row[2])) for row in sheet(report, "departments").rows}

    assert all(count >= FEWEST_OF_A_GROUP or "fewer than" in name for name, count in groups.items())


def test_the_report_is_printed_as_text_and_as_json(out: Path) -> None:
    text, as_json = (
        run("replay", "report", str(out)).output,
        run("replay", "report", str(out), "--json").output,
    )

    assert "Orders by answer" in text
    assert json.loads(as_json)["edition"] == "shipped"


def test_another_set_is_reported_on_by_its_name(out: Path) -> None:
    assert (
        json.loads(run("replay", "report", str(out), "--json", "--edition", "from-60-mL").output)["edition"]
        == "from-60-mL"
    )


def test_the_page_needs_nothing_beside_it_and_runs_nothing(out: Path, tmp_path: Path) -> None:
    run("replay", "report", str(out), "--html", str(tmp_path / "report.html"))

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "What would have been said to past orders" in page
    assert "<script" not in page
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r'(src|href)="(?!#|data:)', page)


def test_a_folder_that_holds_no_replay_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="holds no replay that is done"):
        run("replay", "report", str(tmp_path))


def test_a_replay_that_is_done_is_not_written_over(out: Path) -> None:
    with pytest.raises(Exception, match="holds a replay already"):
        run("replay", str(out.parent / "export"), "--out", str(out), "--workers", "1", "--quiet")


def test_only_orders_of_the_time_that_is_asked_for_are_judged(out: Path, tmp_path: Path) -> None:
    asked = ("--since", "2023-01-01", "--until", "2023-12-31", "--workers", "1", "--quiet")
    run("replay", str(out.parent / "export"), "--out", str(tmp_path / "out"), *asked)

    years = [row["at"].year for row in rows_in(tmp_path / "out")]
    assert set(years) == {2023}
    assert len(years) == sum(row["at"].year == 2023 for row in rows_in(out)) / 2


def test_a_time_that_ends_before_it_begins_is_a_clear_error(out: Path, tmp_path: Path) -> None:
    asked = ("--since", "2024-01-01", "--until", "2023-12-31")

    result = run("replay", str(out.parent / "export"), "--out", str(tmp_path / "out"), *asked)

    assert (result.exit_code, (tmp_path / "out").exists()) == (2, False)
    assert "--until is before --since" in result.output


@pytest.mark.parametrize("option", ["--knowledge", "CDS_ORDER_CODES"])
def test_criteria_and_codes_that_cannot_be_used_are_told_before_anything_is_written(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "codes.json").write_text("{", encoding="utf-8")
    chosen = (option, str(tmp_path / "wrong")) if option.startswith("-") else ()
    if not chosen:
        monkeypatch.setenv(option, str(tmp_path / "wrong" / "codes.json"))

    with pytest.raises(CdsServiceError):
        run("replay", str(out.parent / "export"), "--out", str(tmp_path / "out"), *chosen)

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("zone", "is_told"), [("", True), ("Europe/Paris", False)])
def test_a_zone_that_is_not_set_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, is_told: bool
) -> None:
    if zone:
        monkeypatch.setenv("CDS_TIME_ZONE", zone)
    folder = write_export(tmp_path / "export", [a_patient(), an_order()])

    result = run("replay", str(folder), "--out", str(tmp_path / "out"), "--workers", "1")

    assert ("CDS_TIME_ZONE is not set" in result.output) is is_told


def test_two_editions_of_one_name_are_refused(editions: tuple[Path, Path], tmp_path: Path) -> None:
    other = shutil.copytree(editions[0], tmp_path / "shipped")

    with pytest.raises(Exception, match="same name"):
        a_setup((editions[0], other))


def test_days_are_those_of_the_site_in_what_is_asked_and_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_TIME_ZONE", "America/New_York")
    folder = write_export(tmp_path / "export", [a_patient(), an_order(at="2023-12-31")])
    asked = ("--since", "2023-12-31", "--until", "2023-12-31", "--workers", "1", "--quiet")

    run("replay", str(folder), "--out", str(tmp_path / "out"), *asked)
    told = json.loads(run("replay", "report", str(tmp_path / "out"), "--json").output)

    assert (told["orders"], told["first"]) == (1, "2023-12-31")
