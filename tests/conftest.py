"""What every test may use, and the rule that nothing is skipped in CI."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

from cds_service.settings import Settings, settings_from

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# A machine that is busy with other work makes no test fail: no profile has a deadline for an example,
# or minds slow ones.
_SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=_SLOW)
hypothesis.settings.register_profile(
    "nightly", max_examples=10_000, deadline=None, suppress_health_check=_SLOW
)
hypothesis.settings.load_profile("untimed")  # --hypothesis-profile is loaded later


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of a development service with a database of its own."""
    return settings_from({"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds-service.db"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that is skipped on a developer's machine fails in CI, which has what every test needs."""
    report = yield
    return _failed_if_skipped_in_ci(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that skips itself on a developer's machine fails in CI."""
    report = yield
    return _failed_if_skipped_in_ci(report)


def _failed_if_skipped_in_ci(report: Report) -> Report:
    is_expected_failure = hasattr(report, "wasxfail")
    if report.skipped and not is_expected_failure and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
