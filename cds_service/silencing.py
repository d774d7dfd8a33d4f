"""The site's file of what is switched off for now: read strictly, every fault told."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from cds_service.cds_hooks.catalog import SERVICES
from cds_service.clinical.decision import Alert, RuleId
from cds_service.clinical.silence import NOTHING_SILENCED, Silence, Silenced, SilenceKind
from cds_service.errors import StartupError
from cds_service.knowledge.model import CautionId

TABLE: Final = "silence"
_NAMES: Final[Mapping[SilenceKind, tuple[str, ...]]] = {
    "rule": (*map(str, RuleId), *map(str, CautionId)),
    "alert": tuple(alert for alert in get_args(Alert) if alert != "none"),
    "service": tuple(service.id for service in SERVICES),
}
_MEMBERS: Final = (*_NAMES, "reason", "since")
_LOUDLY: Final = "CRITICAL ALERT SILENCED, PATIENTS IN DANGER ARE NOT ANNOUNCED: "


class SilenceFileError(StartupError):
    """The file of what is switched off cannot be used."""

    subject = "Silence file"


def silenced_from(file: Path | None) -> Silenced:
    """What a file switches off; nothing without one, and by an empty one.

    Raises SilenceFileError with every fault, each with the number of its table.
    """
    if file is None:
        return NOTHING_SILENCED
    content = _content_of(file)
    faults = [
        f"{name}: unknown; expected [[{TABLE}]] tables alone; remove it" for name in content if name != TABLE
    ]
    tables = content.get(TABLE, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SilenceFileError(
            [*faults, f"{TABLE}: expected [[{TABLE}]] tables; correct it"], subject=str(file)
        )
    for number, table in enumerate(tables, start=1):
        faults += [f"[[{TABLE}]] {number}: {fault}" for fault in _faults_of(table)]
    if faults:
        raise SilenceFileError(faults, subject=str(file))
    return Silenced.of(map(_silence, tables))


def warnings_of_silence(silenced: Silenced) -> Iterator[str]:
    """What is switched off, one by one; the alert of a patient in danger in words that are not overlooked."""
    for entry in silenced.entries:
        loudly = _LOUDLY if entry.is_of_a_critical_alert else ""
        yield f"{loudly}{entry.kind} {entry.name} is silenced since {entry.since}: {entry.reason}"


def _content_of(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SilenceFileError([f"is no TOML: {error}"], subject=str(file)) from None
    except (OSError, UnicodeDecodeError) as error:
        fault = f"cannot be read ({type(error).__name__}); it is to be a text in UTF-8"
        raise SilenceFileError([fault], subject=str(file)) from None


def _faults_of(table: Mapping[str, Any]) -> Iterator[str]:
    for name in table:
        if name not in _MEMBERS:
            yield f"{name}: unknown; correct or remove it; known are {', '.join(_MEMBERS)}"
    kinds = [kind for kind in _NAMES if kind in table]
    if len(kinds) != 1:
        yield f"expected one of {', '.join(_NAMES)}, came {' and '.join(kinds) or 'none'}; name one"
    for kind in kinds:
        if table[kind] not in _NAMES[kind]:
            yield f"{kind}: expected one of {', '.join(_NAMES[kind])}; correct it"
    reason = table.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        yield "reason: expected why it is silenced, in a few words; add it"
    if type(table.get("since")) is not date:  # a datetime is a date too
        yield "since: expected the day on which it was silenced, such as 2026-11-30 without quotes; add it"


def _silence(table: Mapping[str, Any]) -> Silence:
    kind = next(kind for kind in _NAMES if kind in table)
    return Silence(kind, table[kind], " ".join(table["reason"].split()), table["since"])
