"""What `/metrics` tells, read by the library of Prometheus."""

from collections.abc import Mapping

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families


def samples(text: str) -> dict[str, float]:
    """Every sample by its name and labels, as in `cds_requests_total{outcome="cards",service="…"}`."""
    return {
        named(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def named(name: str, labels: Mapping[str, str]) -> str:
    written = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{written}}}" if written else name


def counted(app: Flask) -> dict[str, float]:
    """What an application tells that is not 0, times left out."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    return {name: value for name, value in samples(answer.text).items() if value and "_seconds_" not in name}
