"""What is counted and timed, as Prometheus reads it: every series is there from the start, and no other."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias, cast

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from cds_service.telemetry.metrics import METRICS, PROCESS_STARTS, PROCESSES, SECONDS, Metric
from cds_service.telemetry.shared import numbers_in, values_kept_in

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
SECONDS_BETWEEN: Final = 1.0
"""How often a process says how it stands."""

Standing: TypeAlias = tuple[Metric, tuple[str, ...], float]
"""How a process stands now: a gauge, or what it has counted by itself since it began."""

_Child: TypeAlias = Counter | Gauge | Histogram
_Key: TypeAlias = tuple[str, tuple[str, ...]]


class _Made:
    """The metrics by name, and the children that hold the values by name and labels."""

    def __init__(self) -> None:
        self.metrics: dict[str, _Child] = {}
        self.children: dict[_Key, _Child] = {}


_SHARED: Final[dict[Path, _Made]] = {}
"""CAUTION: one object for a value of a process, since each remembers the value by itself."""

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # it has no types


class Meter:
    """Counts and times for one instance; may be made before a fork, and used by many threads.

    `named` has the values of the labels that are given at the start. `folder`: where the processes share
    what they count; None: they do not.
    """

    def __init__(self, named: Mapping[str, Sequence[str]], folder: Path | None = None) -> None:
        self._folder = folder
        self._registry = CollectorRegistry()
        self._made = _SHARED.setdefault(folder, _Made()) if folder else _Made()
        self._children = self._made.children
        self._lock = Lock()
        self._process = 0
        self._due = 0.0
        self._told: dict[_Key, float] = {}
        self._gauges: set[_Key] = set()
        self.standing: Callable[[], Iterable[Standing]] = tuple
        self.name(named)

    def name(self, named: Mapping[str, Sequence[str]]) -> None:
        """Make the series of these names, beside those that are there: for the start, and for a reload."""
        with self._lock, values_kept_in(self._folder):
            for metric in METRICS:
                self._make(metric, named)

    def _make(self, metric: Metric, named: Mapping[str, Sequence[str]]) -> None:
        values = [tuple(named.get(label, own)) for label, own in metric.labels.items()]
        for labels in product(*values):
            if (metric.name, labels) in self._children:
                continue
            made = self._made.metrics.get(metric.name)
            if made is None:
                made = self._made.metrics[metric.name] = _metric(
                    metric, None if self._folder else self._registry
                )
            self._children[metric.name, labels] = made.labels(*labels) if labels else made

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Count; what no series is there for is not."""
        child = self._children.get((metric.name, labels))
        if by and isinstance(child, Counter):
            child.inc(by)

    def observe(self, metric: Metric, *labels: str, seconds: float) -> None:
        """Note how long something took."""
        child = self._children.get((metric.name, labels))
        if isinstance(child, Histogram):
            child.observe(max(0.0, seconds))

    def publish_if_due(self) -> None:
        """As `publish`, about once a second."""
        if time.monotonic() >= self._due or self._process != os.getpid():
            self.publish()

    def publish(self) -> None:
        """Say how this process stands; the first time, that it began."""
        with self._lock:
            self._due = time.monotonic() + SECONDS_BETWEEN
            if self._process != os.getpid():
                self._process = os.getpid()
                self._told.clear()
                self._gauges.clear()
                self.count(PROCESS_STARTS)
            before, self._gauges = self._gauges, set()
            for metric, labels, value in self._standing():
                self._say(metric, labels, value)
            for name, labels in before - self._gauges:  # such as an edition before a reload
                cast(Gauge, self._children[name, labels]).set(0)

    def text(self) -> bytes:
        """Everything, of all processes, in Prometheus' text format."""
        self.publish()
        if self._folder is None:
            return prometheus_client.generate_latest(self._registry)
        numbers_in(self._folder).forget_the_dead()
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call] # nor this
        return prometheus_client.generate_latest(registry)

    def _standing(self) -> Iterator[Standing]:
        yield PROCESSES, (), 1
        yield from self.standing()

    def _say(self, metric: Metric, labels: tuple[str, ...], value: float) -> None:
        child = self._children.get((metric.name, labels))
        if isinstance(child, Gauge):
            child.set(value)
            self._gauges.add((metric.name, labels))
        elif isinstance(child, Counter):
            child.inc(value - self._told.get((metric.name, labels), 0))
            self._told[metric.name, labels] = value


def _metric(metric: Metric, registry: CollectorRegistry | None) -> _Child:
    labels = tuple(metric.labels)
    if metric.type == "counter":
        return Counter(metric.name, metric.meaning, labels, registry=registry)
    if metric.type == "gauge":
        return Gauge(metric.name, metric.meaning, labels, registry=registry, multiprocess_mode=metric.among)
    return Histogram(metric.name, metric.meaning, labels, registry=registry, buckets=SECONDS)
