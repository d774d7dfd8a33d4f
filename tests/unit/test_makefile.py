"""What the targets of the Makefile would do in a fresh clone, and after one another: `make --dry-run`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
RUNS, TOOLS = "--requirement requirements.lock", "--requirement requirements-dev.lock"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def planned(clone: Path, *arguments: str, **environ: str) -> str:
    """What make would do; not as a child of the make that runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PORT"))}
    command = ["make", "--dry-run", "--no-print-directory", *arguments]
    done = subprocess.run(
        command, cwd=clone, env={**own, **environ}, capture_output=True, text=True, check=True
    )
    return done.stdout


def installed(clone: Path, *stamps: str) -> None:
    """As if targets that leave these stamps had been made before."""
    (clone / ".venv").mkdir()
    for stamp in stamps:
        (clone / ".venv" / stamp).touch()


def test_run_installs_what_running_needs_and_says_so(clone: Path) -> None:
    plan = planned(clone, "run")

    assert RUNS in plan
    assert TOOLS not in plan
    assert (
        plan.index("Installing") < plan.index("-m venv") < plan.index(RUNS) < plan.index("cds-service serve")
    )


@pytest.mark.parametrize("target", ["test", "check", "install", "docs", "fixtures", "knowledge"])
def test_every_other_target_installs_the_tools_on_top(clone: Path, target: str) -> None:
    plan = planned(clone, target)

    assert plan.index(RUNS) < plan.index(TOOLS)


def test_after_run_only_the_tools_are_missing(clone: Path) -> None:
    installed(clone, ".runs")

    assert "install" not in planned(clone, "run")
    assert RUNS not in planned(clone, "test")
    assert TOOLS in planned(clone, "test")


def test_after_test_nothing_is_missing_for_either(clone: Path) -> None:
    installed(clone, ".runs", ".installed")

    assert "install" not in planned(clone, "run") + planned(clone, "test")


def test_an_environment_of_an_earlier_version_is_brought_up_to_date(clone: Path) -> None:
    installed(clone, ".installed")

    assert RUNS in planned(clone, "run")
    assert TOOLS in planned(clone, "test")


def test_the_port_is_given_on_the_command_line_alone(clone: Path) -> None:
    installed(clone, ".runs")

    assert planned(clone, "run", "PORT=8080").strip().endswith("cds-service serve --port 8080")
    assert planned(clone, "run", PORT="3000").strip().endswith("cds-service serve")
