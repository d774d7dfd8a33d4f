"""Instances behind nginx are restarted one after another while clients ask: no request fails.

For a short while; for longer by `OPERATION_SECONDS=10 pytest -s tests/operation/test_rolling_restart.py`.
"""

import os
import time
from pathlib import Path
from typing import Final

from tests.attack.nginx import nginx_before
from tests.attack.recorded import stored, wait_until_drained
from tests.operation.instances import instances
from tests.operation.load import Load
from tests.unit.records.postgresql import server_started

SECONDS: Final = float(os.environ.get("OPERATION_SECONDS", "1"))
"""How long there is load before, between and after the restarts."""

SECONDS_UNTIL_TRIED_AGAIN: Final = 3
"""A little more than `fail_timeout` of nginx."""


def test_two_instances_are_restarted_one_after_another_and_no_request_fails(tmp_path: Path) -> None:
    with (
        server_started() as server,
        server.database("record") as url,
        instances(tmp_path, 2, CDS_DATABASE_URL=url) as (first, second),
        nginx_before(first.port, tmp_path, second.port, rate="10000r/s") as nginx,
    ):
        stops = []
        with Load(nginx.port, tls=nginx.tls, with_feedback=True) as load:
            for one in (first, second):
                load.wait_for(20)
                time.sleep(SECONDS)
                stops.append(one.stop())
                load.wait_for(20)
                one.start()
                time.sleep(SECONDS_UNTIL_TRIED_AGAIN)
            load.wait_for(20)
        for one in (first, second):
            wait_until_drained(one.spool)
        there = stored([url])

    figures = load.figures
    print(f"\nrolling restart of two instances: {figures}; stops took {[round(s, 1) for s in stops]} s")
    assert figures.answered == {200: figures.sent}
    assert not figures.failed
    assert max(stops) < 10
    assert figures.instances == {*there.instances}
    assert figures.feedback_kept == {*there.feedback}
