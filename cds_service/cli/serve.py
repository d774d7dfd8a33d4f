"""Running the service: gunicorn's processes, waitress in each."""

import errno
import gc
import logging
import os
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any, Final, cast

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker as GunicornWorker
from waitress import wasyncore
from waitress.task import ThreadedTaskDispatcher

from cds_service.cli.connections import Connection, Listener
from cds_service.cli.logs import log_as_ours, log_from, spare_what_no_line_tells
from cds_service.cli.process import files_allowed, give_memory_back, keep_memory_together, shares_of
from cds_service.cli.profile import profile_line, warnings_of
from cds_service.cli.reload import Answering, warn_of_silence
from cds_service.errors import SettingsError
from cds_service.setting_values import host_and_port
from cds_service.settings import Settings
from cds_service.telemetry.shared import folder_of_its_own, remove_if_its_own
from cds_service.urls import is_every_address

_LOG = logging.getLogger(__name__)
PROGRAM: Final = "cds-service"
THREADS: Final = 8
"""How many requests of one process may wait for a FHIR server or the database at once."""

SECONDS_TO_STOP: Final = 10
"""How long what has begun may take when the service is told to stop."""
_WHY_NOT: Final[Mapping[int, str]] = {
    errno.EADDRINUSE: "is in use, perhaps by a service that was started before",
    errno.EACCES: "may not be used by this user",
}
_SECONDS_FOR_THE_IDLE: Final = 1
"""How long, once told to stop, a connection without a request is kept.

The next answer over it tells its client that it ends. Ended at once, it could meet a request on its way.
"""

_SECONDS_FOR_WHAT_HAS_BEGUN: Final = 2
"""How long, once told to stop, requests that are not whole are waited for."""

_SECONDS_FOR_ANSWERS: Final = 7
"""How long, once told to stop, answers are given and taken; the rest is for ending the threads."""


class _Server(BaseApplication):
    """Gunicorn with the application made once, before the workers are forked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.answering = Answering(settings)
        super().__init__()

    def load_config(self) -> None:
        for name, value in _gunicorn_options(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self.answering.loaded.applications[0]

    def run(self) -> None:
        """Start the processes, and look after them."""
        _First(self).run()


class _First(Arbiter):
    """Gunicorn's first process; on SIGHUP all load the site's files anew, and no connection is ended."""

    def reload(self) -> None:
        """CAUTION: gunicorn would start others, and end connections that a client is about to use."""
        cast(_Server, self.app).answering.load_anew()  # for processes that are started from now on
        self.kill_workers(signal.SIGHUP)


def _gunicorn_options(settings: Settings) -> dict[str, object]:
    return {
        "bind": [f"{_in_url(settings.host)}:{settings.port}", *filter(None, [settings.management_bind])],
        "workers": settings.workers,
        "worker_class": Worker,
        "threads": THREADS,
        "graceful_timeout": SECONDS_TO_STOP,
        "loglevel": "warning",
        "control_socket_disable": True,
        "on_exit": lambda _: remove_if_its_own(settings.metrics_dir),
        "on_starting": lambda _: log_as_ours("gunicorn.error", settings.log_format),
    }


def serve_forever(settings: Settings) -> None:
    """Answer requests until stopped; says first where, and what to try.

    Raises SettingsError when the address cannot be listened on, which gunicorn would try for 5 s.
    """
    _require_free(settings)
    log_from(settings.log_level, settings.log_format)
    spare_what_no_line_tells()
    server = _Server(replace(settings, metrics_dir=settings.metrics_dir or folder_of_its_own()))
    base = _url_of(settings.host, settings.port)
    program = program_called(sys.argv[0])
    print(profile_line(settings), flush=True)
    for warning in warnings_of(settings):
        _LOG.warning("%s", warning)
    warn_of_silence(server.answering.loaded)
    print(f"Open:      {base}/", flush=True)
    print(f"Discovery: {base}/cds-services", flush=True)
    if settings.management_bind:
        print(f"Manage:    {_url_of(*host_and_port(settings.management_bind))}/status", flush=True)
    print(f"Try:       {program} example | {program} ask -", flush=True)
    gc.collect()
    gc.freeze()  # what was made by now stays: the processes share it and their collectors pass it over
    server.run()


def program_called(first_word: str) -> str:
    """How this program can be called again: by its name where that leads to it, else by its path."""
    called = Path(first_word)
    if called.name != PROGRAM or not called.exists():
        return PROGRAM
    found = shutil.which(PROGRAM)
    return PROGRAM if found and Path(found).samefile(called) else shlex.quote(first_word)


def _url_of(host: str, port: int) -> str:
    """Where a person on this machine reaches what listens there."""
    return f"http://{'localhost' if is_every_address(host) else _in_url(host)}:{port}"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _require_free(settings: Settings) -> None:
    """Raise SettingsError with every address that cannot be listened on, and what to do."""
    faults = []
    host, port = settings.host, settings.port
    if error := _error_of_listening_at(host, port):
        named, use = ("CDS_HOST", "one that is") if _is_elsewhere(error) else ("CDS_PORT", "another")
        example = "such as 127.0.0.1" if _is_elsewhere(error) else "as in --port 8080"
        faults.append(f"{named}: {_why_not(error, host, port)}; use {use}, {example}")
    if settings.management_bind:
        host, port = host_and_port(settings.management_bind)
        if error := _error_of_listening_at(host, port):
            what_to_do = "use another, such as 127.0.0.1:8002"
            faults.append(f"CDS_MANAGEMENT_BIND: {_why_not(error, host, port)}; {what_to_do}")
    if faults:
        raise SettingsError(faults)


def _error_of_listening_at(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _is_elsewhere(error: OSError) -> bool:
    return isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL


def _why_not(error: OSError, host: str, port: int) -> str:
    if _is_elsewhere(error):
        return f"{host} is no address of this machine"
    why = _WHY_NOT.get(error.errno or 0, f"cannot be listened on ({error.strerror})")
    return f"port {port} at {host} {why}"


class Worker(GunicornWorker):
    """One process of the service; its application must know the `settings` and what each address answers."""

    _listeners: Sequence[Listener] = ()
    _is_reload_due = False

    def init_process(self) -> None:
        """Begin to answer; from here on gunicorn's own messages may quote a request."""
        log_as_ours("gunicorn.error", cast(Any, self.app).settings.log_format, withheld=True)
        keep_memory_together()
        super().init_process()

    def run(self) -> None:
        """Answer until told to stop, or until gunicorn's first process is gone."""
        # CAUTION: made here, after the fork: processes that shared waitress's pipe would wake each other.
        self._next_second = 0.0
        self._sockets: dict[int, wasyncore.dispatcher] = {}
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(self.cfg.threads)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of every request that waits
        served = cast(_Server, self.app)
        self._meter = served.answering.loaded.recording.meter
        self._meter.publish_if_due()
        Thread(target=self._meter.publish_until, args=(lambda: not self.alive,), daemon=True).start()
        self._listeners = [
            Listener(
                application,
                listening.sock,
                settings=served.settings,
                dispatcher=self._dispatcher,
                sockets=self._sockets,
            )
            for application, listening in zip(
                served.answering.loaded.applications, cast(Any, self.sockets), strict=True
            )
        ]
        for listener, most in zip(self._listeners, shares_of(files_allowed()), strict=False):
            listener.most_connections, listener.meter = most, self._meter
        served.answering.loaded.recording.begin()
        while self.alive and self.ppid == os.getppid():
            self._attend(seconds=1)
        self._finish()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to stop: let the thread that waits for sockets see it at once."""
        super().handle_exit(sig, frame)
        for listener in self._listeners:
            listener.pull_trigger()

    def init_signals(self) -> None:
        """Gunicorn's, and SIGHUP: load the site's files anew."""
        super().init_signals()
        signal.signal(signal.SIGHUP, self._note_reload)

    def _note_reload(self, sig: int, frame: FrameType | None) -> None:
        self._is_reload_due = True
        for listener in self._listeners:
            listener.pull_trigger()

    def _answer_by_what_is_loaded(self) -> None:
        """From the next request on; those at hand go on with the application that they began with."""
        applications = cast(_Server, self.app).answering.loaded.applications
        for listener, application in zip(self._listeners, applications, strict=True):
            listener.application = application

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Interrupted, which gunicorn would obey in the midst of an answer."""
        self.handle_exit(sig, frame)

    def _attend(self, *, seconds: float) -> None:
        """Read and write what sockets are ready for; once a second tell gunicorn that all is well."""
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._sockets, count=1)  # type: ignore[arg-type]
        for listener in self._listeners:
            listener.end_connections()
        if self._is_reload_due:
            self._is_reload_due = False
            cast(_Server, self.app).answering.load_anew_beside(self._answer_by_what_is_loaded)
        if time.monotonic() < self._next_second:
            return
        self._next_second = time.monotonic() + 1
        self.notify()
        if any(listener.has_read_much for listener in self._listeners):
            for listener in self._listeners:
                listener.has_read_much = False
            give_memory_back()

    def _finish(self) -> None:
        """Answer what has come whole, and what still comes over connections that a gateway keeps."""
        began = time.monotonic()
        for listener in self._listeners:
            listener.stop()
        while True:
            seconds = time.monotonic() - began
            for listener in self._listeners:
                if seconds > _SECONDS_FOR_THE_IDLE:
                    listener.end_all(Connection.is_idle)
                if seconds > _SECONDS_FOR_WHAT_HAS_BEGUN:
                    listener.end_all(lambda one: not (one.requests or one.total_outbufs_len))
            is_done = not any(listener.active_channels for listener in self._listeners)
            if is_done or seconds > _SECONDS_FOR_ANSWERS:
                break
            self._attend(seconds=0.1)
        self._dispatcher.shutdown(timeout=1)
        cast(_Server, self.app).answering.loaded.recording.close()
        self._meter.publish()
