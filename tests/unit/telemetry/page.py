"""The reference page on metrics, made from the table of series."""

from typing import Final

from cds_service.telemetry.metrics import METRICS, SECONDS, Metric
from tests.clinical.decision_table import table

_HEAD: Final = """# Metrics

Written by `make docs` from the table of series (`cds_service/telemetry/metrics.py`): do not edit. How to
read them, and what to do when one is odd: [watch it](../how-to/watch-it.md),
[runbook](../how-to/runbook.md).

At `/metrics` of the management address, in Prometheus' text format. Each series is there from the start,
with 0, so that a rate is right from the first event on. A label has only the values that stand here: what a
client sends can make no other. Nothing of a patient is in any of them.

Counters begin at 0 when an instance starts, and never go back while it runs. A gauge is of the processes
that live: their sum, or the highest of them.

"""
_TAIL: Final = """
`client` is a name in the site's file of trusted clients: without such a file there is no series of it.
`edition`, `profile` and `version` are those in force.

What is counted of requests is counted as they are answered. What the record, keys and tokens have counted
(`cds_records_…`, `cds_feedback_stored_total`, `cds_key_fetches_total`, `cds_tokens_remembered_total`,
`cds_quiet_lookups_skipped_total`, the gauges) a process says once a second, and when it is asked: of a
process that is killed, the last second is not in these counts. It is in the record.

`cds_database_failing` tells of what was last written. A service that nobody asks does not find out that its
database is gone, but for what waits in its spool.

`cds_silenced` is how many things each kind in [the site's file](../how-to/silence-a-rule.md) has:
`critical-alert` is the alert `massive`, `unstable` or `unstable-and-small`, `alert` another one, `rule` a
rule or a caution. `cds_reload_refused` goes back to 0 with the next
[reload](../how-to/reload-and-restart.md#reload) that succeeds.

## Values of `outcome`

| of | value | what it means |
|---|---|---|
| requests | `cards`, `no-cards` | 200 with cards; without one, as nothing was to be said |
| requests | `silent` | 200, judged and recorded; the service or the client is silent |
| requests | `insufficient` | 412, data that no advice can do without |
| requests | `refused` | another 4xx |
| requests | `unavailable`, `failed` | 503; 500 |
| key fetches | `fetched`, `unusable`, `failed` | keys came; an answer without a usable one; none |

## Values of `reason` of refusals

| value | what it means |
|---|---|
| `authentication`, `authorization` | 401, no valid token; 403, a client that may not use what it asked for |
| `rate-limit`, `feedback` | 429, more requests than `CDS_RATE_LIMIT`; more feedback than one client may add |
| `size`, `media-type` | 413 and 431; 415 |
| `framing` | 400, no well-formed HTTP, or a body that did not come whole |
| `slow` | 408, a request that did not come in time |
| `deadline` | 503, given up after `CDS_REQUEST_DEADLINE_MS` |
| `memory` | 503, too many large bodies at once |
| `connections` | a connection that gave way at a limit, such as `CDS_CONNECTIONS_PER_ADDRESS` |
| `silent` | a connection on which nothing was asked in time, or whose client did not take its answer |
"""


def metrics_page() -> str:
    """The whole page."""
    rows = [(f"`{m.name}`", _type_of(m), _labels_of(m), m.meaning) for m in METRICS]
    bounds = ", ".join(f"{bound:g}" for bound in SECONDS)
    parts = f"\nUpper bounds of the parts of each histogram, in seconds: {bounds}.\n"
    return _HEAD + table(("Series", "Type", "Labels", "What it counts"), rows) + "\n" + parts + _TAIL


def _type_of(metric: Metric) -> str:
    if metric.type != "gauge":
        return metric.type
    return "gauge, sum" if metric.among == "livesum" else "gauge, highest"


def _labels_of(metric: Metric) -> str:
    named = (
        f"`{label}`: {', '.join(f'`{value}`' for value in values)}" if values else f"`{label}`"
        for label, values in metric.labels.items()
    )
    return "; ".join(named)
