"""What is looked at before and while a service runs: each part alone, and what to do where it is at fault."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final, Literal, TypeAlias

import msgspec

from cds_service.app import clients_from, knowledge_in_force
from cds_service.cli.profile import warnings_of
from cds_service.errors import CdsServiceError, StartupError
from cds_service.outbound.answers import Failure
from cds_service.outbound.visit import Visit, visit
from cds_service.records.spool import BYTES_OF_A_FILE, MOST_FILES
from cds_service.records.start import database_fault, spool_folder
from cds_service.settings import Settings
from cds_service.silencing import silenced_from, warnings_of_silence
from cds_service.trust.keys import keys_from
from cds_service.trust.tokens import SECONDS_OF_SKEW
from cds_service.urls import without_password

Outcome: TypeAlias = Literal["ok", "note", "fault"]
CLOCKS_APART: Final = timedelta(seconds=SECONDS_OF_SKEW / 2)
"""Half of what tokens are forgiven: the clock of a client may be off too."""

_FHIR: Final = "application/fhir+json"
_CALL: Final = {
    Failure.NOT_ALLOWED: "its address is none that may be called; correct it in the settings",
    Failure.DEADLINE: "no answer in time; ask who runs it, and whether a firewall lets this machine through",
    Failure.UNREACHABLE: "no connection, or a certificate that is not trusted; look at its name, at the "
    "firewall, at CDS_CA_FILE and at CDS_HTTPS_PROXY",
    Failure.REFUSED: "it asks for a token even for this; have it answer without one",
    Failure.NOT_FOUND: "it has no such address; correct the URL in the settings",
    Failure.REDIRECTED: "it names another address, which is never followed; put that one into the settings",
    Failure.SERVER_ERROR: "it fails or has too much to do; ask who runs it",
}
_ELSEWHERE: Final = (
    "no setting names it in full, so it lies below the folder in which a program is started, and the service "
    "may have another one; name that one by CDS_SPOOL_DIR"
)


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: whether it is well, what was found, and what to do where it is not."""

    check: str
    outcome: Outcome
    says: str
    do: str = ""


def findings_of(settings: Settings) -> Iterator[Finding]:
    """Everything that is looked at, one check after another; raises nothing, and changes nothing."""
    visits: dict[str, Visit] = {}
    yield from _settings(settings)
    yield from _guarded("knowledge", lambda: _knowledge(settings))
    yield from _guarded("silence", lambda: _silence(settings))
    yield from _guarded("database", lambda: _database(settings))
    yield from _spool(settings)
    yield from _guarded("fhir-server", lambda: _fhir_servers(settings, visits))
    yield from _guarded("trusted-client", lambda: _clients(settings, visits))
    yield from _clock(visits)


def faults_of_settings(error: StartupError) -> Iterator[Finding]:
    """The settings cannot be read, so nothing else can be looked at."""
    for fault in error.faults:
        name, _, rest = fault.partition(": ")
        yield Finding("settings", "fault", name, rest)


def _guarded(check: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a check finds; what it cannot begin with is a fault of that check alone."""
    try:
        yield from list(look())
    except StartupError as error:
        subject = error.message.partition("\n")[0].rpartition(":")[0]
        yield from (Finding(check, "fault", subject, fault) for fault in error.faults)
    except CdsServiceError as error:
        yield Finding(check, "fault", "cannot be used", error.message)


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("settings", "ok", f"profile {settings.profile}")
    yield from (Finding("settings", "note", warning) for warning in warnings_of(settings))


def _knowledge(settings: Settings) -> Iterator[Finding]:
    edition = knowledge_in_force(settings).edition
    yield Finding(
        "knowledge", "ok", f"{edition.topic}, edition {edition.label}, from {settings.knowledge_dir}"
    )


def _silence(settings: Settings) -> Iterator[Finding]:
    silenced = silenced_from(settings.silence_file)
    if settings.silence_file is None:
        yield Finding("silence", "ok", "no file is named (CDS_SILENCE_FILE), so nothing is switched off")
    elif not silenced.entries:
        yield Finding("silence", "ok", f"nothing is switched off by {settings.silence_file}")
    yield from (Finding("silence", "note", warning) for warning in warnings_of_silence(silenced))


def _database(settings: Settings) -> Iterator[Finding]:
    named = without_password(settings.database_url)
    fault = database_fault(settings.database_url)
    yield Finding("database", "fault", named, fault) if fault else Finding("database", "ok", named)


def _spool(settings: Settings) -> Iterator[Finding]:
    """CAUTION: the service makes a folder that is missing; here is only looked whether it could."""
    named = spool_folder(settings)
    folder = named.absolute()
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists())
        with tempfile.TemporaryFile(dir=there):
            pass
        disk = os.statvfs(there)
    except OSError as error:
        do = f"it cannot be written ({error.strerror}); give this user the right, or set CDS_SPOOL_DIR"
        yield Finding("spool", "fault", str(folder), do)
        return
    free = disk.f_bavail * disk.f_frsize
    do = ""
    if free < BYTES_OF_A_FILE * MOST_FILES:
        do = "one process may keep 1 GiB there while the database is away; free some, or use another disk"
    elif settings.profile == "production" and not named.is_absolute():
        do = _ELSEWHERE
    yield Finding("spool", "note" if do else "ok", f"{folder}, {free // 2**20:,} MiB free", do)


def _fhir_servers(settings: Settings, visits: dict[str, Visit]) -> Iterator[Finding]:
    if not settings.fhir_servers:
        yield Finding("fhir-server", "ok", "none is listed; all data come as prefetch")
    for server in settings.fhir_servers:
        url = f"{server}/metadata"
        came = visits[url] = visit(settings, url, accepted=_FHIR)
        if came.failure in (None, Failure.TOO_LARGE):
            is_fhir = came.failure is not None or b"CapabilityStatement" in came.body
            do = "its /metadata is no CapabilityStatement; is this the base URL of a FHIR server?"
            yield Finding("fhir-server", "ok", url) if is_fhir else Finding("fhir-server", "fault", url, do)
        else:
            yield Finding("fhir-server", "fault", url, _what_to_do(came.failure))


def _clients(settings: Settings, visits: dict[str, Visit]) -> Iterator[Finding]:
    clients = clients_from(settings)
    if not clients:
        who = "a gateway checks every caller" if settings.trusted_clients else "anyone may call"
        yield Finding("trusted-client", "ok", who)
    for client in clients:
        if client.keys:
            yield Finding("trusted-client", "ok", f"{client.name}: {client.keys.size} keys in the file")
            continue
        came = visits[client.jwks_url] = visit(settings, client.jwks_url, accepted="application/json")
        named = f"{client.name}: {client.jwks_url}"
        if came.failure:
            yield Finding("trusted-client", "fault", named, _what_to_do(came.failure))
            continue
        read = keys_from(came.body)
        if read.keys.size:
            yield Finding("trusted-client", "ok", f"{named}, {read.keys.size} keys")
        outcome: Outcome = "note" if read.keys.size else "fault"
        for fault in read.faults or (() if read.keys.size else ("it lists no usable key; ask the client",)):
            yield Finding("trusted-client", outcome, named, fault)


def _clock(visits: dict[str, Visit]) -> Iterator[Finding]:
    told = {url: came.server_time - came.at for url, came in visits.items() if came.server_time}
    if not told:
        yield Finding("clock", "note", "no server told its time", "see that this machine keeps it (NTP)")
    for url, apart in told.items():
        seconds = round(abs(apart.total_seconds()))
        if abs(apart) <= CLOCKS_APART:
            yield Finding("clock", "ok", f"{seconds} s apart from {url}")
        else:
            which = "ahead of" if apart < timedelta() else "behind"
            do = "tokens are refused when clocks are a minute apart; set the clock of this machine (NTP)"
            yield Finding("clock", "fault", f"{seconds} s {which} {url}", do)


def _what_to_do(failure: Failure) -> str:
    return f"{_CALL.get(failure, 'no usable answer; ask who runs it')} ({failure})"
