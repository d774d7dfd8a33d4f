"""The reference is complete and says what the code does: settings, commands, routes, errors, cards, data."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cds_service.app import create_app
from cds_service.cards.code_systems import code_system_names
from cds_service.cards.site import ALERT_REASONS
from cds_service.cards.texts import OVERRIDE_REASON, TOPIC
from cds_service.cds_hooks.catalog import SERVICES, prefetch_templates
from cds_service.cds_hooks.request import JUDGE_AT_KEY
from cds_service.cds_hooks.response import PAMA_SYSTEM, RATING_URLS
from cds_service.cli.main import FAILED, FAULT, INTERRUPTED, REFUSED, cli
from cds_service.errors import CdsServiceError, StartupError
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Category, Knowledge, Radiation, Variant
from cds_service.knowledge.tables.schema import CODE_LIST, CONCEPTS, CSV_FILES, EDITION, TOML_FILES
from cds_service.knowledge.terminology.words import CHART_WORD_KINDS
from cds_service.outbound.answers import Failure
from cds_service.setting_table import SETTINGS, Setting
from cds_service.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"
SHORT = {
    Category.USUALLY_APPROPRIATE: "UA",
    Category.MAY_BE_APPROPRIATE: "MBA",
    Category.USUALLY_NOT_APPROPRIATE: "UNA",
}


def page(name: str) -> str:
    return (DOCS / name).read_text()


def section(name: str, heading: str) -> str:
    """The text under one heading, up to the next of its level or above."""
    _, found, rest = page(name).partition(f"\n{heading}\n")
    assert found, f"{name} has no heading {heading}"
    level = heading.split(" ")[0]
    return re.split(rf"^#{{1,{len(level)}}} ", rest, flags=re.MULTILINE)[0]


def rows_in(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without heads and rules."""
    rows = []
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_rule = re.fullmatch(r"\|(---\|)+", line)
        is_head = re.fullmatch(r"\|(---\|)+", following)
        if line.startswith("| ") and not is_rule and not is_head:
            rows.append([cell.strip() for cell in re.split(r" \|(?= )", line.strip("|"))])
    return rows


def codes_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


# --- settings ------------------------------------------------------------------------------------------


def documented_default(setting: Setting) -> str:
    def quoted(text: str) -> str:
        return f"`{text}`" if text else "empty"

    default = quoted(setting.default)
    if setting.production_default is None:
        return default
    return f"{default}; in production {quoted(setting.production_default)}"


def test_the_table_of_settings_is_the_one_of_the_code() -> None:
    documented = [row for row in rows_in(page("reference/settings.md")) if row[0].startswith("`CDS_")]

    assert documented == [[f"`{s.name}`", documented_default(s), s.meaning] for s in SETTINGS]


def test_what_each_setting_accepts_is_said() -> None:
    explained = codes_in(section("reference/settings.md", "## What they accept"))

    assert {setting.name for setting in SETTINGS} <= set(explained)


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    known = {setting.name for setting in SETTINGS} | {"CDS_FHIR_SERVER", "CDS_"}
    known |= {"CDS_SERVICE_HOST"}  # of Kubernetes, which must not set it
    pages = [*DOCS.glob("**/*.md"), *DOCS.parent.glob("*.md")]

    named = {name for p in pages for name in re.findall(r"\bCDS_[A-Z_]*", p.read_text())}

    assert named <= known


# --- command line --------------------------------------------------------------------------------------


def documented_options() -> set[tuple[str, str]]:
    rows = rows_in(section("reference/command-line.md", "## Options"))
    return {
        (command, option.split(" ")[0])
        for commands, option_cell, _ in rows
        for command in codes_in(commands)
        for option in codes_in(option_cell)
    }


def test_every_command_is_documented_and_no_other() -> None:
    rows = rows_in(page("reference/command-line.md"))
    documented = {" ".join(re.findall(r"(?<= )[a-z-]+", row[0])) for row in rows if "`cds-service " in row[0]}

    assert documented == {n for n, command in every_command(cli) if not isinstance(command, click.Group)}


def every_command(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{before}{name} ")


def test_every_option_is_documented_and_no_other() -> None:
    options = {
        (name, option)
        for name, command in every_command(cli)
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }

    assert documented_options() == options


def test_every_exit_code_is_documented() -> None:
    rows = rows_in(section("reference/command-line.md", "## Exit codes"))

    assert [int(row[0]) for row in rows] == [0, REFUSED, FAILED, FAULT, INTERRUPTED]


# --- routes, services, errors --------------------------------------------------------------------------


def test_every_route_is_documented_and_no_other(settings: Settings) -> None:
    rules = create_app(settings).url_map.iter_rules()
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    served = {
        f"{m} {rule.rule.rstrip('/') or '/'}" for rule in rules for m in methods & (rule.methods or set())
    }

    documented = {codes_in(row[0])[0] for row in rows_in(section("reference/services.md", "## Routes"))}

    assert documented == served


def test_every_service_is_documented() -> None:
    rows = rows_in(section("reference/services.md", "## The three services"))

    assert [row[:2] for row in rows] == [[f"`{s.id}`", f"`{s.hook}`"] for s in SERVICES]


def errors_under(kind: type[CdsServiceError]) -> Iterator[type[CdsServiceError]]:
    for error in kind.__subclasses__():
        if error.__module__ == "cds_service.errors":
            yield error
            yield from errors_under(error)


def test_every_error_is_documented_with_its_status_and_code() -> None:
    startup: set[type[CdsServiceError]] = {StartupError, *errors_under(StartupError)}
    every: set[type[CdsServiceError]] = {CdsServiceError, *errors_under(CdsServiceError)}
    answers = every - startup

    documented = {tuple(cell.strip("`") for cell in row[:3]) for row in rows_in(page("reference/errors.md"))}

    assert documented == {(str(error.status), error.__name__, error.issue_code) for error in answers}
    assert {error.__name__ for error in startup} <= set(codes_in(page("reference/errors.md")))


def test_every_kind_of_data_that_is_asked_for_is_explained(knowledge: Knowledge) -> None:
    rows = rows_in(page("how-to/which-data-and-why.md"))

    assert [row[0].strip("`") for row in rows] == list(prefetch_templates(knowledge))


def test_every_failure_of_a_fhir_server_is_explained() -> None:
    rows = rows_in(section("how-to/connect-a-fhir-server.md", "## When something is missing"))

    assert {reason for row in rows for reason in codes_in(row[0])} == set(Failure)


def test_the_key_of_the_instant_to_judge_at_is_documented() -> None:
    assert f'"{JUDGE_AT_KEY}"' in page("reference/request.md")


# --- cards and actions ---------------------------------------------------------------------------------


def test_the_override_reasons_are_those_of_the_cards(knowledge: Knowledge) -> None:
    rows = rows_in(section("reference/cards.md", "## Override reasons"))

    assert [row[:2] for row in rows] == [[f"`{code}`", text] for code, text in OVERRIDE_REASON.items()]
    assert {row[0].strip("`") for row in rows if row[2] == "yes"} == set(ALERT_REASONS)
    cells = {row[0].strip("`"): [cell.strip("|` ") for cell in row[2:]] for row in rows}
    targets = {
        code: tuple(cell for cell in of_one if cell not in ("", "yes")) for code, of_one in cells.items()
    }
    assert {code: of_one for code, of_one in targets.items() if of_one} == dict(knowledge.nonadherence)


def test_every_topic_code_is_documented() -> None:
    assert set(TOPIC) <= set(codes_in(page("reference/cards.md")))


def test_every_caution_is_documented(knowledge: Knowledge) -> None:
    documented = [row[0] for row in rows_in(section("reference/cards.md", "## Cautions"))]

    titles = [caution.title.lower() for caution in knowledge.cautions.values()]

    assert [text.partition(":")[0].partition(" (")[0] for text in documented] == titles


def test_every_extension_and_code_system_is_documented() -> None:
    named = codes_in(page("reference/actions.md"))

    assert {*RATING_URLS, PAMA_SYSTEM} <= set(named)
    assert {f"/CodeSystem/{name}" for name in code_system_names()} <= set(named)


def test_every_category_is_documented_with_both_codes() -> None:
    rows = rows_in(section("reference/actions.md", "## The rating"))
    second_codes = {code for row in rows if len(row) == 3 for code in codes_in(row[2])}

    assert second_codes == set(Category)


# --- knowledge -----------------------------------------------------------------------------------------


def columns_by_file() -> dict[str, set[str]]:
    """What the loader demands of each file; `id` is the name of a section."""
    files = {
        **CSV_FILES,
        **TOML_FILES,
        "edition.toml": EDITION,
        "codelists/manifest.toml": CONCEPTS,
    }
    columns = {name: set(checks) for name, checks in files.items()}
    columns["codelists/<concept>.csv"] = set(CODE_LIST)
    return {name: c - {"id"} if name.endswith(".toml") else c for name, c in columns.items()}


def test_every_knowledge_file_is_documented_with_its_columns() -> None:
    rows = [row for row in rows_in(page("reference/knowledge-data.md")) if len(row) == 3]

    documented = {row[0].strip("`"): set(codes_in(row[2])) for row in rows}

    assert documented == columns_by_file()


def test_every_kind_of_chart_words_is_documented() -> None:
    rows = rows_in(section("reference/knowledge-data.md", "## What the words mean"))

    assert {kind for row in rows for kind in codes_in(row[0])} == set(CHART_WORD_KINDS)


def radiation(level: Radiation | None) -> str:
    if level is None:
        return "not given"
    return f"{level.symbols} symbol{'s' if level.symbols > 1 else ''}, {level.dose_range_msv} mSv"


def test_the_table_of_ratings_is_the_one_of_the_data(knowledge: Knowledge) -> None:
    def cell(variant: Variant, procedure: str) -> str:
        rating = knowledge.ratings[variant, procedure]
        score = f" [{rating.score}]" if rating.score else ""
        return f"{SHORT[rating.category]}{score}"

    documented = rows_in(section("explanation/clinical-content.md", "### 1.1 The ratings"))

    assert documented == [
        [
            procedure.name,
            *(cell(v, procedure.id) for v in (Variant.MASSIVE, Variant.NONMASSIVE, Variant.RECURRENT)),
            radiation(procedure.radiation_adult),
            radiation(procedure.radiation_pediatric),
        ]
        for procedure in knowledge.rated_procedures()
    ]


def test_how_strong_the_cells_are_is_counted_right(knowledge: Knowledge) -> None:
    labels = [rating.support for rating in knowledge.ratings.values()]
    counts = {f"`{label}`": str(labels.count(label)) for label in labels}

    rows = rows_in(section("explanation/sources.md", "## The ratings"))

    assert {row[0]: row[1] for row in rows if row[0].startswith("`")} == counts


def test_both_misprints_are_explained(knowledge: Knowledge) -> None:
    misprints = section("explanation/sources.md", "## The two misprints")

    assert len(re.findall(r"^- \*\*D\d\.\*\*", misprints, re.MULTILINE)) == len(knowledge.discrepancies)
