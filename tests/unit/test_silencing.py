"""The file of what is switched off: read strictly, every fault told."""

from datetime import date
from pathlib import Path

import pytest

from cds_service.clinical.silence import NOTHING_SILENCED, Silence
from cds_service.silencing import SilenceFileError, silenced_from, warnings_of_silence

REST = 'reason = "the monitor sends its alarm limit"\nsince = 2026-11-30\n'
RULE = f'[[silence]]\nrule = "heart-rate"\n{REST}'
ALERT = f'[[silence]]\nalert = "massive"\n{REST}'
SERVICE = f'[[silence]]\nservice = "hemoptysis-imaging-patient-view"\n{REST}'


def file_of(folder: Path, text: str) -> Path:
    file = folder / "silence.toml"
    file.write_text(text)
    return file


def test_without_a_file_and_by_an_empty_one_nothing_is_silenced(tmp_path: Path) -> None:
    assert silenced_from(None) is NOTHING_SILENCED
    assert silenced_from(file_of(tmp_path, "# nothing\n")) == NOTHING_SILENCED


def test_rules_cautions_alerts_and_services_are_silenced_by_their_names(tmp_path: Path) -> None:
    caution = RULE.replace("heart-rate", "metformin")

    found = silenced_from(file_of(tmp_path, RULE + caution + ALERT + SERVICE))

    assert found.rules == {"heart-rate", "metformin"}
    assert found.alerts == {"massive"}
    assert found.services == {"hemoptysis-imaging-patient-view"}
    assert found.entries[0] == Silence(
        "rule", "heart-rate", "the monitor sends its alarm limit", date(2026, 11, 30)
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (RULE.replace("heart-rate", "hart-rate"), "[[silence]] 1: rule: expected one of bleeding-volume, "),
        (ALERT.replace("massive", "none"), "[[silence]] 1: alert: expected one of massive, unstable, "),
        (SERVICE.replace("-view", ""), "[[silence]] 1: service: expected one of hemoptysis-imaging-order-"),
        (RULE.replace("rule", "rul"), "[[silence]] 1: rul: unknown; correct or remove it; known are rule, "),
        (f"[[silence]]\n{REST}", "[[silence]] 1: expected one of rule, alert, service, came none; name one"),
        (RULE + 'alert = "massive"\n', "[[silence]] 1: expected one of rule, alert, service, came rule and"),
        (RULE + RULE.replace("reason", "why"), "[[silence]] 2: reason: expected why it is silenced, in a"),
        (RULE.replace("the monitor sends its alarm limit", " "), "[[silence]] 1: reason: expected why"),
        (RULE.replace("2026-11-30", '"2026-11-30"'), "[[silence]] 1: since: expected the day on which"),
        (RULE.replace("2026-11-30", "2026-11-30T10:00:00"), "[[silence]] 1: since: expected the day"),
        ('rule = "heart-rate"\n', "rule: unknown; expected [[silence]] tables alone; remove it"),
        ('silence = "heart-rate"\n', "silence: expected [[silence]] tables; correct it"),
        ("[[silence\n", "is no TOML: "),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_place(tmp_path: Path, text: str, fault: str) -> None:
    file = file_of(tmp_path, text)

    with pytest.raises(SilenceFileError) as raised:
        silenced_from(file)

    assert any(found.startswith(fault) for found in raised.value.faults), raised.value.faults
    assert str(file) in raised.value.message


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SilenceFileError, match="cannot be read"):
        silenced_from(tmp_path / "gone.toml")


def test_a_critical_alert_is_warned_of_loudly_and_a_rule_plainly(tmp_path: Path) -> None:
    sign = ALERT.replace("massive", "sign")

    warnings = list(warnings_of_silence(silenced_from(file_of(tmp_path, RULE + ALERT + sign))))

    assert warnings == [
        "rule heart-rate is silenced since 2026-11-30: the monitor sends its alarm limit",
        "CRITICAL ALERT SILENCED, PATIENTS IN DANGER ARE NOT ANNOUNCED: alert massive is silenced since "
        "2026-11-30: the monitor sends its alarm limit",
        "alert sign is silenced since 2026-11-30: the monitor sends its alarm limit",
    ]
