"""The queries of the alert rules and of the dashboard, and what they ask for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.house.tree import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
RULE_TESTS = sorted(RULES.parent.glob("*.test.yml"))
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "cds-service.json"
OF_OTHERS = {"up", "ALERTS"}
"""What Prometheus itself tells."""

_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_OUR_NAME = re.compile(r"\bcds_\w+")
_GROUPED = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")


class Selector(NamedTuple):
    """One series that a query asks for, and the matchers of its labels."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]


def selectors_in(query: str) -> Iterator[Selector]:
    """Every selector with matchers, and every name of ours, also one without."""
    for name, matchers in _SELECTOR.findall(query):
        yield Selector(name, tuple(_MATCHER.findall(matchers)))
    for name in _OUR_NAME.findall(_SELECTOR.sub("", query)):
        yield Selector(name, ())


def labels_grouped_by(query: str) -> set[str]:
    return {label.strip() for labels in _GROUPED.findall(query) for label in labels.split(",")} - {""}


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load(RULES.read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def panels() -> Iterator[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return (panel for panel in found if panel["type"] != "row")


def dashboard_queries() -> Iterator[str]:
    """Those of panels and of annotations, as Prometheus gets them."""
    board = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]
    queries += [each["expr"] for each in board["annotations"]["list"]]
    filled = {"$__rate_interval": "1m", "$instance": ".*", "$service": ".*"}
    for query in queries:
        for name, value in filled.items():
            query = query.replace(name, value)
        assert "$" not in query, query
        yield query


def queries() -> list[str]:
    return [*(alert["expr"] for alert in alerts()), *dashboard_queries()]


def written_as_rules(folder: Path) -> Path:
    """The queries of the dashboard as a file of rules, for what checks rules."""
    records = [
        {"record": f"dashboard:query:{number}", "expr": query}
        for number, query in enumerate(dashboard_queries())
    ]
    file = folder / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    return file
