"""A token is good once: over two processes, over two instances with one database, and while it is down."""

import re
import sqlite3
import stat
import threading
import time
from collections import Counter
from pathlib import Path

from tests.attack.calling import PATH, bearer, require_refused
from tests.attack.served import served
from tests.attack.signing import ISSUER, PUBLIC_URL, claims, header, jwks, signed, token, trusted

AT_ONCE = 50
CLIENTS = trusted({"name": "north", "issuer": ISSUER, "jwks": jwks()})
SETTINGS = {"CDS_TRUSTED_CLIENTS": "clients.toml", "CDS_PUBLIC_URL": PUBLIC_URL}


def set_up(folder: Path) -> None:
    (folder / "clients.toml").write_text(CLIENTS)


def statuses_at_once(ports: list[int], tokens: list[str]) -> Counter[int]:
    """What becomes of these tokens when all are sent at the same moment, to the ports in turn."""
    start, statuses = threading.Barrier(len(tokens)), Counter[int]()

    def send(number: int, one: str) -> None:
        start.wait()
        statuses[bearer(ports[number % len(ports)], one).status] += 1

    threads = [threading.Thread(target=send, args=(n, one)) for n, one in enumerate(tokens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_of_fifty_at_once_exactly_one_passes_over_two_processes(tmp_path: Path) -> None:
    set_up(tmp_path)
    with served(tmp_path, **SETTINGS) as (port, _):
        rounds = [statuses_at_once([port], [token()] * AT_ONCE) for _ in range(4)]

    assert rounds == [Counter({401: AT_ONCE - 1, 200: 1})] * 4


def test_of_fifty_at_once_exactly_one_passes_over_two_instances_with_one_database(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        set_up(folder)
    shared = {**SETTINGS, "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/record.db"}

    with served(folders[0], **shared) as (first, _), served(folders[1], **shared) as (second, _):
        rounds = [statuses_at_once([first, second], [token()] * AT_ONCE) for _ in range(4)]

    assert rounds == [Counter({401: AT_ONCE - 1, 200: 1})] * 4


def test_fifty_different_tokens_at_once_all_pass(tmp_path: Path) -> None:
    set_up(tmp_path)
    with served(tmp_path, **SETTINGS) as (port, _):
        statuses = statuses_at_once([port], [token() for _ in range(AT_ONCE)])

    assert statuses == Counter({200: AT_ONCE})


def test_a_token_is_not_good_again_in_another_form_for_another_route_or_after_a_restart(
    tmp_path: Path,
) -> None:
    set_up(tmp_path)
    both = claims(aud=[f"{PUBLIC_URL}{PATH}"])
    once, signed_anew = signed(header(), both), signed(header(more="x"), both)
    elsewhere = signed(header(), {**both, "aud": f"{PUBLIC_URL}/cds-services"})

    with served(tmp_path, **SETTINGS) as (port, _):
        assert bearer(port, once).status == 200
        for again in (once, signed_anew):
            require_refused(bearer(port, again))
        require_refused(bearer(port, elsewhere, method="GET", path="/cds-services"))
    with served(tmp_path, **SETTINGS) as (port, _):
        require_refused(bearer(port, once))


def test_a_refused_token_uses_up_no_id(tmp_path: Path) -> None:
    set_up(tmp_path)
    good = claims()
    with served(tmp_path, **SETTINGS) as (port, _):
        require_refused(bearer(port, signed(header(kid="x"), good)))
        require_refused(bearer(port, signed(header(), {**good, "aud": "x"})))

        assert bearer(port, signed(header(), good)).status == 200


def test_the_ids_are_kept_in_a_file_of_their_own_that_tells_nobody_whose_they_are(tmp_path: Path) -> None:
    set_up(tmp_path)
    with served(tmp_path, **SETTINGS) as (port, _):
        assert bearer(port, token(jti="patient-4711")).status == 200

        file = tmp_path / "record-tokens.db"
        with sqlite3.connect(file) as connection:
            rows = connection.execute("SELECT id, seen_until FROM seen_tokens").fetchall()

    ((digest, seen_until),) = rows
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(digest) == 32
    assert 300 < seen_until - time.time() < 362
    assert b"4711" not in file.read_bytes() + (tmp_path / "log.txt").read_bytes()


def broken_store(folder: Path) -> None:
    """A folder stands where the store's file would."""
    set_up(folder)
    (folder / "record-tokens.db").mkdir()


def test_while_the_store_is_down_ids_are_remembered_and_advice_goes_on(tmp_path: Path) -> None:
    broken_store(tmp_path)
    with served(tmp_path, **SETTINGS) as (port, _):
        once = token()
        statuses = Counter(bearer(port, once).status for _ in range(20))
        at_once = statuses_at_once([port], [token()] * AT_ONCE)
        others = statuses_at_once([port], [token() for _ in range(20)])

    log = (tmp_path / "log.txt").read_text()
    assert statuses == Counter({401: 19, 200: 1})
    assert at_once == Counter({401: AT_ONCE - 1, 200: 1})
    assert others == Counter({200: 20})
    assert 1 <= log.count("WARNING store of seen tokens failed: not a database") <= 2
    assert 1 <= len(re.findall(r"tokens are remembered by this instance alone \(\d+\)", log)) <= 2


def test_a_site_may_prefer_to_refuse_while_the_store_is_down(tmp_path: Path) -> None:
    broken_store(tmp_path)
    with served(tmp_path, CDS_REPLAY_STORE_DOWN="refuse", **SETTINGS) as (port, _):
        answers = [bearer(port, token()) for _ in range(5)]

    assert {answer.status for answer in answers} == {503}
    assert answers[0].body["issue"][0]["code"] == "transient"
