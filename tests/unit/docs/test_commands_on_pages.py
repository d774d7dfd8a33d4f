"""Whatever a page tells a person to type exists: commands, options, targets, modules, files."""

import re
from pathlib import Path

import click
import pytest

from cds_service.cli.main import cli
from tests.unit.docs.commands import (
    REPOSITORY,
    Typed,
    commands_in,
    files_named,
    languages,
    lines_in_templates,
    typed,
)

# What is not ours, and a page may use all the same; another one is added here when a page needs it.
OTHERS = {"cp", "curl", "docker", "export", "grep", "jq", "ln", "nginx", "openssl", "prometheus", "promtool"}
OTHERS |= {"apt-get", "echo", "podman", "runuser", "sed"}
OTHERS |= {"gunicorn", "waitress-serve", "granian", "uwsgi"}
OTHERS |= {"kubectl", "kustomize", "install", "systemctl", "systemd-analyze", "systemd-run", "journalctl"}
MODULES_OF_PYTHON = {"pip", "venv"}
PLACEHOLDER = re.compile(r"[A-Z]+\.(?:json|csv|toml)")
MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = {
    name for line in re.findall(r"^([.a-z][\w. -]*):", MAKEFILE, re.MULTILINE) for name in line.split()
}
VARIABLES = set(re.findall(r"^([A-Z]+) *[:?]?=", MAKEFILE, re.MULTILINE))

every_command = pytest.mark.parametrize("command", typed(), ids=str)


def faults_in(command: Typed) -> list[str]:
    match command.program:
        case "cds-service":
            return faults_in_cli(command.words[1:], is_whole=command.is_whole)
        case "make":
            return faults_in_make(command.words[1:])
        case "python" | "python3" | "pytest":
            return faults_in_python(command)
        case other:
            return [] if other in OTHERS else [f"what is {other}?"]


def faults_in_cli(words: tuple[str, ...], *, is_whole: bool) -> list[str]:
    name, *arguments = words
    if name in ("--version", "--help", "-h"):
        return []
    command = cli.commands.get(name)
    if isinstance(command, click.Group) and arguments:
        name, *arguments = arguments
        command = command.commands.get(name)
    if command is None:
        return [f"no such command: {name}"]
    if not is_whole and not arguments:  # a sentence names the command
        return []
    group = click.Context(cli, **cli.context_settings)
    context = click.Context(command, info_name=name, parent=group)
    try:
        given, left, _ = command.make_parser(context).parse_args(arguments)
    except click.UsageError as error:
        return [error.message]
    needed = [
        p.human_readable_name
        for p in command.params
        if p.required and not isinstance(given.get(str(p.name)), str)
    ]
    return [*(f"{word}: one too many" for word in left), *(f"{name} is missing" for name in needed)]


def faults_in_make(words: tuple[str, ...]) -> list[str]:
    targets = {word for word in words if "=" not in word}
    variables = {word.partition("=")[0] for word in words} - targets
    return [
        *(f"no such target: {t}" for t in targets - TARGETS),
        *(f"no such variable: {v}" for v in variables - VARIABLES),
    ]


def faults_in_python(command: Typed) -> list[str]:
    if "-m" not in command.words:
        return []
    module = command.words[command.words.index("-m") + 1]
    if module in MODULES_OF_PYTHON:
        return []
    path = REPOSITORY / module.replace(".", "/")
    return [] if path.with_suffix(".py").exists() or path.is_dir() else [f"no such module: {module}"]


def made_by_the_reader(page: Path) -> set[str]:
    """What commands of the same page write, and the folders that they fill."""
    commands = [command for command in typed() if command.page == page]
    redirected = {
        c.words[n + 1] for c in commands for n, word in enumerate(c.words[:-1]) if word in (">", ">>")
    }
    copied = {command.words[-1] for command in commands if command.program == "cp"}
    filled = {
        after
        for c in commands
        for word, after in zip(c.words, c.words[1:], strict=False)
        if word == "--wheel-dir"
    }
    environments = {
        after.partition("/")[0]
        for c in commands
        for word, after in zip(c.words, c.words[1:], strict=False)
        if word == "venv"
    }
    return redirected | copied | filled | environments


@every_command
def test_a_command_exists_with_its_options_targets_and_modules(command: Typed) -> None:
    assert faults_in(command) == []


@every_command
def test_the_files_of_a_command_are_in_the_repository(command: Typed) -> None:
    named = [file for file in files_named(command) if not PLACEHOLDER.fullmatch(file)]

    made = made_by_the_reader(command.page)
    assert [f for f in named if not (REPOSITORY / f).exists() and not made & {f, f.partition("/")[0]}] == []


def test_what_the_service_shows_needs_no_repository() -> None:
    shown = [
        command for page, line in lines_in_templates() for command in commands_in(page, line, is_whole=True)
    ]

    assert shown
    assert [
        str(command) for command in shown if files_named(command) or command.words[0] != command.program
    ] == []


def test_a_block_is_of_a_language_that_is_looked_at() -> None:
    assert languages() <= {"sh", "python", "text", "json", "csv", "toml", ""}


def test_the_pages_hold_commands_of_every_kind() -> None:
    programs = {command.program for command in typed()}

    assert {"cds-service", "make", "python", "pytest", "curl"} <= programs
    assert len(typed()) > 60


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("cds-service tell REQUEST.json", "no such command: tell"),
        ("cds-service ask --yes REQUEST.json", "No such option '--yes'."),
        ("cds-service ask", "REQUEST.json is missing"),
        ("cds-service settings now", "now: one too many"),
        ("cds-service example | cds-service ask - -", "-: one too many"),
        ("CDS_PORT=1 cds-service serve --port", "Option '--port' requires an argument."),
        ("make run DOOR=1", "no such variable: DOOR"),
        ("make tea", "no such target: tea"),
        ("python -m tests.tea", "no such module: tests.tea"),
        ("cds-servce ask REQUEST.json", "what is cds-servce?"),
    ],
)
def test_what_does_not_exist_is_noticed(line: str, fault: str) -> None:
    commands = commands_in(REPOSITORY / "README.md", line, is_whole=True)

    assert [found for command in commands for found in faults_in(command)] == [fault]


def test_a_file_that_does_not_exist_is_noticed() -> None:
    line = "curl -d @fixtures/none.json http://localhost:8000/x > out.json && cp requests.lock /etc/x"
    commands = commands_in(REPOSITORY / "README.md", line, is_whole=True)

    assert [file for command in commands for file in files_named(command)] == [
        "fixtures/none.json",
        "requests.lock",
    ]
