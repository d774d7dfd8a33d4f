"""Alert rules and the dashboard ask for series that exist; each alert is tested and has its page."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from cds_service.telemetry.meter import Meter
from cds_service.telemetry.metrics import METRICS
from tests.house.tree import ROOT
from tests.unit.monitoring.queries import (
    DASHBOARD,
    OF_OTHERS,
    RULE_TESTS,
    RULES,
    alerts,
    labels_grouped_by,
    panels,
    queries,
    selectors_in,
    written_as_rules,
)
from tests.unit.telemetry.reading import samples

RUNBOOK = ROOT / "docs" / "how-to" / "runbook.md"
OF_EVERY_SERIES = {"instance", "job", "le"}
NAMED = {"client": ["north"], "version": ["1"], "edition": ["1"], "profile": ["production"]}


def series() -> Mapping[str, set[str]]:
    """Every name that `/metrics` tells, with its labels."""
    found: dict[str, set[str]] = {}
    for name in samples(Meter(NAMED).text().decode()):
        bare, _, labels = name.partition("{")
        found.setdefault(bare, set()).update(re.findall(r'(\w+)="', labels))
    return found


def values_of(name: str, label: str) -> tuple[str, ...]:
    """The values of a label of one series; none where they are given at the start."""
    for metric in METRICS:
        if name == metric.name or name.rpartition("_")[0] == metric.name:
            return metric.labels.get(label, ())
    return ()


def test_every_query_asks_for_series_and_labels_that_exist() -> None:
    known = series()
    for query in queries():
        for selector in selectors_in(query):
            if selector.name in OF_OTHERS:
                continue
            assert selector.name in known, query
            for label, sign, value in selector.matchers:
                assert label in known[selector.name] | OF_EVERY_SERIES, query
                values = values_of(selector.name, label)
                if sign in ("=", "!=") and values:
                    assert value in values, query
                elif values:
                    assert any(re.fullmatch(value, each) for each in values), query


def test_every_query_groups_by_labels_that_exist() -> None:
    known = series()
    for query in queries():
        asked = [selector.name for selector in selectors_in(query) if selector.name not in OF_OTHERS]
        labels = OF_EVERY_SERIES.union(*(known[name] for name in asked))
        assert labels_grouped_by(query) <= labels, query


def test_a_query_for_what_does_not_exist_is_found() -> None:
    (plain, matched) = selectors_in('rate(cds_requests_total{outcome="x"}[5m]) / cds_nothing')

    assert (matched.name, plain.name) == ("cds_nothing", "cds_requests_total")
    assert plain.matchers == (("outcome", "=", "x"),)
    assert matched.name not in series()
    assert labels_grouped_by("sum by (le, b) (x) / on (c) y") == {"le", "b", "c"}


def test_every_series_stands_on_the_dashboard_or_in_a_rule() -> None:
    asked = {selector.name for query in queries() for selector in selectors_in(query)}

    unasked = {m.name for m in METRICS if not asked & {m.name, f"{m.name}_bucket"}}

    assert unasked == set()


def test_every_alert_says_how_grave_it_is_and_leads_to_its_place_in_the_runbook() -> None:
    headings = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    names = [alert["alert"] for alert in alerts()]

    assert headings == names
    for alert in alerts():
        assert alert["labels"]["severity"] in ("critical", "warning", "info")
        assert alert["annotations"]["summary"]
        page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        assert (ROOT / page, anchor) == (RUNBOOK, alert["alert"].lower())


@pytest.mark.parametrize("name", [alert["alert"] for alert in alerts()])
def test_every_place_of_the_runbook_says_what_it_means_how_to_see_it_and_what_to_do(name: str) -> None:
    _, _, rest = RUNBOOK.read_text().partition(f"\n## {name}\n")
    place = rest.partition("\n## ")[0]

    said = re.findall(r"^\*\*(.+?)\*\*", place, re.MULTILINE)
    assert said == ["What it means.", "How to see it.", "What to do."]


def test_every_alert_has_a_test_in_which_it_comes() -> None:
    tests = [test for file in RULE_TESTS for test in yaml.safe_load(file.read_text())["tests"]]
    coming = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}

    assert coming == {alert["alert"] for alert in alerts()}


def test_no_two_panels_overlap_and_each_has_a_query_and_a_name_of_its_own() -> None:
    taken: set[tuple[int, int]] = set()
    names = []
    for panel in panels():
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        names.append(panel["title"])
        assert panel["targets"]
    assert len(names) == len(set(names)) > 25


def test_grafana_is_told_of_the_dashboard_and_of_prometheus() -> None:
    folder = DASHBOARD.parents[1] / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "cds-service.yml").read_text())["providers"]
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())["datasources"]

    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    assert (source["type"], source["url"]) == ("prometheus", "${PROMETHEUS_URL}")


# --- as Prometheus reads them --------------------------------------------------------------------------


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed; Debian has it in the package `prometheus`")
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "config", str(RULES.with_name("prometheus.yml"))],
        ["check", "rules", "--lint=all", "--lint-fatal", str(RULES)],
        ["test", "rules", *map(str, RULE_TESTS)],
    ],
)
def test_promtool_finds_nothing(promtool: str, arguments: list[str]) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_understands_every_query_of_the_dashboard(promtool: str, tmp_path: Path) -> None:
    rules = written_as_rules(tmp_path)

    done = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_nothing_in_what_a_service_tells(promtool: str) -> None:
    told = Meter(NAMED).text()

    done = subprocess.run([promtool, "check", "metrics"], input=told, capture_output=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == b""
