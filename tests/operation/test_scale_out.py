"""Four instances behind nginx with one PostgreSQL are one service: tokens, feedback, no card twice, a crash.

The load lasts a short while; longer by `OPERATION_SECONDS=10 pytest -s tests/operation/test_scale_out.py`.
"""

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest

from cds_service.records.sql.database import no_answer
from tests.attack.calling import BODY, PATH, bearer
from tests.attack.nginx import Nginx, nginx_before
from tests.attack.recorded import stored, wait_until_drained
from tests.attack.signing import ISSUER, PUBLIC_URL, jwks, token, trusted
from tests.operation.instances import Instance, instances
from tests.operation.load import JSON, ORDER, Load, connection_to, overridden
from tests.operation.test_rolling_restart import SECONDS
from tests.unit.records.postgresql import server_started

COUNT: Final = 4
AT_ONCE: Final = 50
CALLERS: Final = 8
NORTH: Final = {"name": "north", "issuer": ISSUER, "jwks": jwks(), "audiences": [PUBLIC_URL]}
NOT_ANSWERED: Final = "The service does not answer for now; send it again."
"""What nginx says where an instance has gone with a request."""

SECONDS_TO_HOLD_BACK: Final = 30


class Cluster(NamedTuple):
    """The instances, the gateway before them, and their database."""

    members: list[Instance]
    nginx: Nginx
    url: str

    def load(self) -> Load:
        return Load(
            self.nginx.port, callers=CALLERS, tls=self.nginx.tls, headers=with_token, with_feedback=True
        )


def with_token() -> dict[str, str]:
    return {"Authorization": f"Bearer {token(aud=PUBLIC_URL)}"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "clients.toml").write_text(trusted(NORTH))
    own = {"CDS_TRUSTED_CLIENTS": str(folder / "clients.toml"), "CDS_PUBLIC_URL": PUBLIC_URL}
    with (
        server_started() as server,
        server.database("record") as url,
        instances(folder, COUNT, CDS_DATABASE_URL=url, **own) as members,
    ):
        first, *others = [one.port for one in members]
        with nginx_before(first, folder, *others, rate="10000r/s") as nginx:
            yield Cluster(members, nginx, url)


def posted(connection: http.client.HTTPConnection, path: str, body: Any) -> tuple[int, Any]:
    connection.request("POST", path, json.dumps(body), {**JSON, **with_token()})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def order_of_its_own() -> dict[str, Any]:
    instance = str(uuid.uuid4())
    body: dict[str, Any] = json.loads(BODY.replace(ORDER, instance.encode()))
    return {**body, "hookInstance": instance}


def test_of_fifty_at_once_exactly_one_passes_over_four_instances(cluster: Cluster) -> None:
    def sent_at_once() -> Counter[int]:
        start, found, one = threading.Barrier(AT_ONCE), Counter[int](), token(aud=PUBLIC_URL)

        def send() -> None:
            connection = connection_to(cluster.nginx.port, cluster.nginx.tls)
            connection.connect()
            start.wait()
            connection.request("POST", PATH, BODY, {**JSON, "Authorization": f"Bearer {one}"})
            response = connection.getresponse()
            response.read()
            connection.close()
            found[response.status] += 1

        threads = [threading.Thread(target=send) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    rounds = [sent_at_once() for _ in range(3)]

    print(f"\nthe same token {AT_ONCE} times at once over {COUNT} instances: {[dict(r) for r in rounds]}")
    assert [one[200] for one in rounds] == [1] * 3
    assert all({*one} <= {200, 401, 503} for one in rounds)  # a busy machine may refuse some otherwise


def test_a_token_that_one_instance_took_no_other_takes(cluster: Cluster) -> None:
    used = token(aud=PUBLIC_URL)

    found = [bearer(one.port, used).status for one in cluster.members]

    assert found == [200, 401, 401, 401]


def test_a_card_that_was_turned_down_at_one_instance_is_held_back_at_every_one(cluster: Cluster) -> None:
    body = order_of_its_own()
    first, second, *_ = (connection_to(one.port) for one in cluster.members)
    _, answer = posted(first, PATH, body)
    [card] = answer["cards"]
    status, _ = posted(second, f"{PATH}/feedback", overridden(card["uuid"]))

    held_back = [is_held_back(one, body) for one in cluster.members]

    first.close()
    second.close()
    assert status == 200
    assert held_back == [True] * COUNT


def is_held_back(one: Instance, body: Any) -> bool:
    """Asked again until it is: the record is some moments behind, and the lookup gives way when busy."""
    until = time.monotonic() + SECONDS_TO_HOLD_BACK
    connection = connection_to(one.port)
    try:
        while time.monotonic() < until:
            status, answer = posted(connection, PATH, body)
            assert status == 200
            if not answer["cards"]:
                return bool(answer["systemActions"])
            time.sleep(0.5)
    finally:
        connection.close()
    return False


def given_in_vain(nginx: Nginx, one: Instance) -> int:
    """Requests that an instance took and did not answer; CAUTION: a busy machine may let others time out."""
    lines = (nginx.folder / "error.log").read_text().splitlines()
    of_it = [line for line in lines if f'upstream: "http://127.0.0.1:{one.port}/' in line]
    return sum("while connecting to upstream" not in line for line in of_it)


def test_an_instance_that_is_killed_costs_no_feedback_and_only_what_it_was_answering(
    cluster: Cluster,
) -> None:
    victim = cluster.members[0]
    with cluster.load() as load:
        load.wait_for(40)
        time.sleep(SECONDS)
        victim.kill()
        load.wait_for(40)
        time.sleep(SECONDS)
        victim.start()
        load.wait_for(40)
    for one in cluster.members:
        wait_until_drained(one.spool)
    there = stored([cluster.url])

    figures = load.figures
    lost = given_in_vain(cluster.nginx, victim)
    print(
        f"\none of {COUNT} instances killed under load: {figures}; not answered {lost} of {CALLERS} callers"
    )
    assert lost <= min(CALLERS, figures.refusals[NOT_ANSWERED])
    assert "no live upstreams" not in (cluster.nginx.folder / "error.log").read_text()
    assert {*figures.refusals} <= {NOT_ANSWERED, no_answer().message}  # a busy machine has a slow database
    assert figures.answered.total() == figures.sent
    assert not figures.failed
    assert figures.feedback_kept <= {*there.feedback}
    assert figures.instances <= {*there.instances}
    assert [key for key, count in there.feedback.items() if count > 1] == []
