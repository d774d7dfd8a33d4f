"""What is counted and timed, as Prometheus reads it: every series is there from the start, and no other."""

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias, cast

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, metrics_core
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from cds_service.records.sql.faults import OnceAMinute
from cds_service.telemetry.metrics import METRICS, PROCESS_STARTS, PROCESSES, SECONDS, Metric
from cds_service.telemetry.shared import numbers_in, values_kept_in

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
SECONDS_BETWEEN: Final = 1.0
"""How often a process says how it stands."""

Standing: TypeAlias = tuple[Metric, tuple[str, ...], float]
"""How a process stands now: a gauge, or what it has counted by itself since it began."""

PROCESSES_ONE: Final[Standing] = (PROCESSES, (), 1)
_LOG = logging.getLogger(__name__)
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
        if folder:
            self._registry.register(_OfAll(folder))
        self._made = _SHARED.setdefault(folder, _Made()) if folder else _Made()
        self._children = self._made.children
        self._lock = Lock()
        self._process = 0
        self._due = 0.0
        self._is_warning_due = OnceAMinute().is_due
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
            try:
                child.inc(by)
            except OSError as error:
                self._warn(error)

    def observe(self, metric: Metric, *labels: str, seconds: float) -> None:
        """Note how long something took."""
        child = self._children.get((metric.name, labels))
        if isinstance(child, Histogram):
            try:
                child.observe(max(0.0, seconds))
            except OSError as error:
                self._warn(error)

    def publish_if_due(self) -> None:
        """As `publish`, about once a second, by one thread at a time; never raises."""
        is_due = time.monotonic() >= self._due or self._process != os.getpid()
        if is_due and self._lock.acquire(blocking=False):
            try:
                self._publish()
            except OSError as error:
                self._warn(error)
            finally:
                self._lock.release()

    def publish(self) -> None:
        """Say how this process stands; the first time, that it began. Raises OSError where it cannot."""
        with self._lock:
            self._publish()

    def publish_until(self, is_ended: Callable[[], bool]) -> None:
        """Publish as it is due; for a thread of its own, since what it asks may have to wait for a disk."""
        while not is_ended():
            self.publish_if_due()
            time.sleep(SECONDS_BETWEEN / 2)

    def text(self) -> bytes:
        """Everything, of all processes, in Prometheus' text format. Raises OSError."""
        self.publish()
        return prometheus_client.generate_latest(self._registry)

    def _publish(self) -> None:
        self._due = time.monotonic() + SECONDS_BETWEEN
        if self._process != os.getpid():
            self._process = os.getpid()
            self._told.clear()
            # CAUTION: in the files of a process that is gone its gauges stand as they were.
            self._gauges = {key for key, child in self._children.items() if isinstance(child, Gauge)}
            self.count(PROCESS_STARTS)
        before, self._gauges = self._gauges, set()
        for metric, labels, value in (PROCESSES_ONE, *self.standing()):
            self._say(metric, labels, value)
        for key in before - self._gauges:  # such as an edition before a reload
            cast(Gauge, self._children[key]).set(0)

    def _say(self, metric: Metric, labels: tuple[str, ...], value: float) -> None:
        child = self._children.get((metric.name, labels))
        if isinstance(child, Gauge):
            child.set(value)
            self._gauges.add((metric.name, labels))
        elif isinstance(child, Counter):
            child.inc(value - self._told.get((metric.name, labels), 0))
            self._told[metric.name, labels] = value

    def _warn(self, error: OSError) -> None:
        """Advice never fails for what is counted of it."""
        if self._is_warning_due():
            _LOG.warning("metrics: not counted (%s); CDS_METRICS_DIR", error.strerror)


class _OfAll(MultiProcessCollector):
    """What all processes of a folder have counted."""

    def __init__(self, folder: Path) -> None:
        self._number = numbers_in(folder)

    def collect(self) -> Iterable[metrics_core.Metric]:
        found = self.merge([*self._number.files()])  # type: ignore[no-untyped-call] # it has no types
        return cast(Iterable[metrics_core.Metric], found)


def _metric(metric: Metric, registry: CollectorRegistry | None) -> _Child:
    labels = tuple(metric.labels)
    if metric.type == "counter":
        return Counter(metric.name, metric.meaning, labels, registry=registry)
    if metric.type == "gauge":
        return Gauge(metric.name, metric.meaning, labels, registry=registry, multiprocess_mode=metric.among)
    return Histogram(metric.name, metric.meaning, labels, registry=registry, buckets=SECONDS)
