"""One process counts: every series is there from the start, and nothing makes another."""

from pathlib import Path

import pytest

from cds_service.telemetry.meter import Meter
from cds_service.telemetry.metrics import (
    BUILD_INFO,
    CLIENT_REQUESTS,
    DATABASE_FAILING,
    HELD_BACK,
    KEY_FETCHES,
    METRICS,
    PROCESS_STARTS,
    RECORDS_STORED,
    REFUSALS,
    REQUEST_SECONDS,
    REQUESTS,
)
from tests.unit.telemetry.reading import samples

NAMED = {"client": ["north"], "version": ["1.2.3"], "edition": ["2019 (New)"], "profile": ["production"]}


def told(meter: Meter) -> dict[str, float]:
    return samples(meter.text().decode())


def test_every_series_is_there_before_anything_happened() -> None:
    names = {name.partition("{")[0] for name in told(Meter(NAMED))}

    assert names == {
        name
        for metric in METRICS
        for name in (
            [f"{metric.name}_{part}" for part in ("bucket", "sum", "count")]
            if metric.type == "histogram"
            else [metric.name]
        )
    }


def test_what_is_counted_is_told() -> None:
    meter = Meter(NAMED)

    meter.count(REQUESTS, "hemoptysis-imaging-order-sign", "cards")
    meter.count(HELD_BACK, by=3)
    meter.observe(REQUEST_SECONDS, "hemoptysis-imaging-order-sign", seconds=0.02)

    found = told(meter)
    assert found['cds_requests_total{outcome="cards",service="hemoptysis-imaging-order-sign"}'] == 1
    assert found["cds_cards_held_back_total"] == 3
    bucket = 'cds_request_seconds_bucket{{le="{}",service="hemoptysis-imaging-order-sign"}}'
    assert (found[bucket.format("0.01")], found[bucket.format("0.025")]) == (0, 1)


@pytest.mark.parametrize(
    "labels",
    [
        ("Jane Doe", "cards"),
        ("hemoptysis-imaging-order-sign", "Jane Doe"),
        ("hemoptysis-imaging-order-sign",),
        (),
        ('"} 1\ncds_forged_total 1', "cards"),
    ],
)
def test_a_value_that_no_label_has_makes_no_series(labels: tuple[str, ...]) -> None:
    meter = Meter(NAMED)
    before = told(meter)

    meter.count(REQUESTS, *labels)
    meter.observe(REQUEST_SECONDS, *labels[:1] or ("x",), seconds=1)

    assert told(meter).keys() == before.keys()
    assert told(meter)[f"{PROCESS_STARTS.name}"] == 1


def test_the_number_of_series_is_bounded() -> None:
    assert len(told(Meter(NAMED))) < 500


def test_a_process_says_what_it_counted_by_itself_as_it_grows_and_its_state_as_it_is() -> None:
    meter, found = Meter(NAMED), []
    for stored, failing in ((0, 0), (5, 1), (5, 0), (7, 0)):
        meter.standing = lambda stored=stored, failing=failing: [  # type: ignore[misc]
            (RECORDS_STORED, (), stored),
            (DATABASE_FAILING, (), failing),
            (KEY_FETCHES, ("north", "failed"), stored),
            (KEY_FETCHES, ("a client of no file", "failed"), stored),
        ]
        now = told(meter)
        found.append((now["cds_records_stored_total"], now["cds_database_failing"]))
        assert now['cds_key_fetches_total{client="north",outcome="failed"}'] == stored

    assert found == [(0, 0), (5, 1), (5, 0), (7, 0)]
    assert not any("no file" in name for name in told(meter))


def test_two_meters_of_one_process_count_apart() -> None:
    one, other = Meter(NAMED), Meter(NAMED)

    one.count(REFUSALS, "framing")

    assert told(one)['cds_refusals_total{reason="framing"}'] == 1
    assert told(other)['cds_refusals_total{reason="framing"}'] == 0


@pytest.mark.parametrize("is_shared", [False, True])
def test_names_that_a_reload_brings_get_series_and_an_edition_that_is_gone_is_no_more(
    tmp_path: Path, *, is_shared: bool
) -> None:
    meter = Meter(NAMED, tmp_path if is_shared else None)
    meter.standing = lambda: [(BUILD_INFO, ("1.2.3", "2019 (New)", "production"), 1)]
    meter.count(CLIENT_REQUESTS, "north", "cards")
    meter.count(CLIENT_REQUESTS, "south", "cards")
    told(meter)

    meter.name({**NAMED, "client": ["north", "south"], "edition": ["2026"]})
    meter.standing = lambda: [(BUILD_INFO, ("1.2.3", "2026", "production"), 1)]
    for client in ("north", "south"):
        meter.count(CLIENT_REQUESTS, client, "cards")

    found = told(meter)
    counts = [
        found[f'cds_client_requests_total{{client="{name}",outcome="cards"}}'] for name in ("north", "south")
    ]
    assert counts == [2, 1]
    info = 'cds_build_info{{edition="{}",profile="production",version="1.2.3"}}'
    assert (found[info.format("2019 (New)")], found[info.format("2026")]) == (0, 1)
    assert found["cds_process_starts_total"] == 1
