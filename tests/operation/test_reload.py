"""SIGHUP: every process loads the site's files anew, no request fails, and what is faulty changes nothing."""

import gc
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from cds_service.cards.site import Site, categories_of
from cds_service.cli.reload import Answering, forget_the_former
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge, Variant
from cds_service.outbound.transport import trusted_tls
from cds_service.setting_values import SHIPPED_KNOWLEDGE
from cds_service.settings import Settings
from tests.attack.calling import BODY, PATH, bearer
from tests.attack.processes import workers_of
from tests.attack.served import served
from tests.attack.signing import ISSUER, PUBLIC_URL, jwks, token, trusted
from tests.operation.load import Load, connection_to, statuses, until_all

OLD, NEW = "2019 (New)", "2027 (Test)"
NORTH: Final = {"name": "north", "issuer": ISSUER, "jwks": jwks()}
SOUTH: Final = {"name": "south", "issuer": "https://ehr.south.example", "jwks": jwks()}


def knowledge_in(folder: Path) -> Path:
    copy = folder / "knowledge"
    shutil.copytree(SHIPPED_KNOWLEDGE, copy)
    return copy


def relabel(knowledge: Path, label: str) -> None:
    file = knowledge / "edition.toml"
    text = file.read_text()
    file.write_text(text.replace(f'label = "{edition_in(text)}"', f'label = "{label}"'))


def edition_in(text: str) -> str:
    return text.split('label = "')[1].split('"')[0]


def edition_in_force(knowledge: Path) -> str:
    return edition_in((knowledge / "edition.toml").read_text())


def edition_of(status: Any) -> str:
    label: str = status["knowledge"]["edition"]
    return label


def hup(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGHUP)


def test_no_request_fails_while_the_knowledge_is_loaded_anew(tmp_path: Path) -> None:
    knowledge = knowledge_in(tmp_path)
    found: Sequence[Any] = ()
    with served(tmp_path, CDS_KNOWLEDGE_DIR=str(knowledge)) as (port, process):
        before = {edition_of(status) for status in statuses(port)}
        pids = workers_of(process.pid)
        with Load(port) as load:
            for label in (NEW, OLD, NEW):
                load.wait_for(10)
                relabel(knowledge, label)
                hup(process)
                found = until_all(port, lambda status: edition_of(status) == edition_in_force(knowledge))
                load.wait_for(10)
        still = workers_of(process.pid)

    figures = load.figures
    print(f"\nthree reloads under load: {figures}")
    assert before == {OLD}
    assert {status["reload"]["outcome"] for status in found} == {"done"}
    assert figures.answered == {200: figures.sent}
    assert not figures.failed
    assert still == pids
    assert any(NEW in source for source in figures.sources)


def test_what_is_faulty_changes_nothing_and_is_told_precisely(tmp_path: Path) -> None:
    knowledge = knowledge_in(tmp_path)
    good = (knowledge / "edition.toml").read_text()
    with served(tmp_path, CDS_KNOWLEDGE_DIR=str(knowledge)) as (port, process), Load(port) as load:
        (knowledge / "edition.toml").write_text(re.sub(r"(?m)^year = .*$", 'year = "soon"', good))
        hup(process)
        refused = until_all(port, lambda status: status["reload"]["outcome"] == "refused")
        until_told(port, "cds_reload_refused 1.0\n")
        load.wait_for(10)
        (knowledge / "edition.toml").write_text(good)
        hup(process)
        done = until_all(port, lambda status: status["reload"]["outcome"] == "done")
        until_told(port, "cds_reload_refused 0.0\n")

    assert load.figures.answered == {200: load.figures.sent}
    assert {edition_of(status) for status in (*refused, *done)} == {OLD}
    (fault,) = refused[0]["reload"]["faults"]
    assert "edition.toml" in fault
    assert "year" in fault
    log = (tmp_path / "log.txt").read_text()
    assert "reload refused, what was loaded before stays in force" in log
    assert fault in log
    assert [status["reload"]["faults"] for status in done] == [[]] * len(done)


def until_told(port: int, line: str) -> None:
    """Until the metrics of all processes have a line; each says how it stands once a second."""
    until = time.monotonic() + 30
    while line not in metrics(port):
        assert time.monotonic() < until, line
        time.sleep(0.1)


def metrics(port: int) -> str:
    connection = connection_to(port)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_clients_are_added_and_taken_away_and_a_token_stays_used_up(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(trusted(NORTH))
    settings = {"CDS_TRUSTED_CLIENTS": str(file), "CDS_PUBLIC_URL": PUBLIC_URL}
    with served(tmp_path, **settings) as (port, process):
        used = token()
        first = bearer(port, used).status
        unknown = bearer(port, token(iss=SOUTH["issuer"])).status
        file.write_text(trusted(SOUTH))
        hup(process)
        until_all(port, lambda status: status["reload"]["outcome"] == "done")
        taken_away = bearer(port, token()).status
        added = bearer(port, token(iss=SOUTH["issuer"])).status
        file.write_text(trusted(NORTH, SOUTH))
        hup(process)
        until_all(port, lambda status: status["silentClients"] == [])
        again = {bearer(port, used).status for _ in range(4)}

    assert (first, unknown, taken_away, added) == (200, 401, 401, 200)
    assert again == {401}


def test_a_process_that_is_started_later_answers_by_what_was_loaded_last(tmp_path: Path) -> None:
    knowledge = knowledge_in(tmp_path)
    with served(tmp_path, CDS_KNOWLEDGE_DIR=str(knowledge)) as (port, process):
        relabel(knowledge, NEW)
        hup(process)
        until_all(port, lambda status: edition_of(status) == NEW)
        killed = workers_of(process.pid)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 30
        while {*killed} & {*workers_of(process.pid)}:
            assert time.monotonic() < until
            time.sleep(0.05)
        found = until_all(port, lambda status: status["reload"]["outcome"] == "done")
    assert {edition_of(status) for status in found} == {NEW}


class SlowServer:
    """A FHIR server that answers nothing until it is let go."""

    def __init__(self) -> None:
        self.is_asked, self.may_answer = threading.Event(), threading.Event()
        slow = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                slow.is_asked.set()
                slow.may_answer.wait(20)
                body = b'{"resourceType": "Bundle", "type": "searchset"}'
                self.send_response(200)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/fhir"


@contextmanager
def slow_server() -> Iterator[SlowServer]:
    slow = SlowServer()
    threading.Thread(target=slow.server.serve_forever, daemon=True).start()
    try:
        yield slow
    finally:
        slow.may_answer.set()
        slow.server.shutdown()
        slow.server.server_close()


def test_a_request_that_has_begun_is_judged_by_what_it_began_with(tmp_path: Path) -> None:
    knowledge = knowledge_in(tmp_path)
    own = {"CDS_KNOWLEDGE_DIR": str(knowledge), "CDS_FHIR_DEADLINE_MS": "20000"}
    body = json.loads(BODY)
    del body["prefetch"]["procedures"]
    with slow_server() as slow, served(tmp_path, **own) as (port, process):
        connection = connection_to(port)
        body["fhirServer"] = slow.url
        connection.request("POST", PATH, json.dumps(body), {"Content-Type": "application/json"})
        assert slow.is_asked.wait(20)
        relabel(knowledge, NEW)
        hup(process)
        until_all(port, lambda status: edition_of(status) == NEW)
        slow.may_answer.set()
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()

    assert response.status == 200
    labels = {card["source"]["label"] for card in answer["cards"]}
    assert any(OLD in label for label in labels)
    assert not any(NEW in label for label in labels)


def test_what_was_loaded_before_is_let_go(settings: Settings) -> None:
    """In a process of its own, as all that is alive in it is counted."""
    answering = Answering(settings)
    counts = []
    try:
        for _ in range(4):
            assert answering.load_anew()
            client = answering.loaded.applications[0].test_client()
            assert client.post(PATH, data=BODY, content_type="application/json").status_code == 200
            forget_the_former()
            gc.unfreeze()
            counts.append(sum(isinstance(found, Knowledge) for found in gc.get_objects()))
    finally:
        answering.loaded.recording.close()
        gc.unfreeze()

    assert counts[1:] == [counts[0]] * 3


def test_what_is_costly_and_good_for_any_site_stays(settings: Settings) -> None:
    made = trusted_tls(settings.ca_file)
    categories_of.cache_clear()
    site = Site(load_knowledge(), settings)
    categories_of(site, "cta-chest-with-contrast", (Variant.MASSIVE,))

    forget_the_former()
    gc.unfreeze()

    assert categories_of.cache_info().currsize == 0
    assert trusted_tls(settings.ca_file) is made


def test_what_is_switched_off_is_read_again_too(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "silence.toml"
    file.write_text("")
    answering = Answering(replace(settings, silence_file=file))
    entry = '[[silence]]\nrule = "heart-rate"\nreason = "a test"\nsince = 2026-11-30\n'

    file.write_text(entry)
    assert answering.load_anew()
    silenced = answering.loaded.applications[0].test_client().get("/status").get_json()["silenced"]
    file.write_text(entry.replace("heart-rate", "hart-rate"))
    assert not answering.load_anew()
    status = answering.loaded.applications[0].test_client().get("/status").get_json()
    answering.loaded.recording.close()

    assert silenced == status["silenced"]
    assert [entry["rule"] for entry in silenced] == ["heart-rate"]
    assert status["reload"]["outcome"] == "refused"
    assert "expected one of bleeding-volume" in status["reload"]["faults"][0]


def test_an_error_that_nobody_foresaw_keeps_what_was_loaded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering = Answering(settings)
    before = answering.loaded

    def fail(*_: object) -> None:
        raise RuntimeError("with the name of Jane Doe")

    monkeypatch.setattr("cds_service.cli.reload.loaded_from", fail)

    assert not answering.load_anew()
    assert answering.loaded is before
    assert before.reloads.told()["outcome"] == "refused"
    (fault,) = before.reloads.faults
    assert fault.startswith("a fault of this program, RuntimeError at ")
    assert "Jane" not in fault
    before.recording.close()
