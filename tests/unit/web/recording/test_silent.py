"""In silent mode everything is judged and recorded, and nothing is shown."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cds_service.app import RECORDING, create_app
from cds_service.errors import SettingsError
from cds_service.settings import settings_from
from tests.unit.web.recording.waiting import wait_for

SELECT, SIGN = "hemoptysis-imaging-order-select", "hemoptysis-imaging-order-sign"
REQUEST = json.loads(Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json").read_bytes())


@pytest.mark.parametrize(("silent", "modes"), [(SELECT, ["silent", "live"]), ("all", ["silent", "silent"])])
def test_a_silent_service_answers_nothing_and_records_what_it_would_have_shown(
    tmp_path: Path, silent: str, modes: list[str]
) -> None:
    url = f"sqlite:///{tmp_path}/record.db"
    app = create_app(settings_from({"CDS_DATABASE_URL": url, "CDS_SILENT": silent}))
    client = app.test_client()

    answers = [client.post(f"/cds-services/{name}", json=REQUEST).get_json() for name in (SELECT, SIGN)]
    wait_for(app.extensions[RECORDING])
    app.extensions[RECORDING].close()

    assert ["silent" if answer == {"cards": []} else "live" for answer in answers] == modes
    assert all(answer["systemActions"] for answer, mode in zip(answers, modes, strict=True) if mode == "live")
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        kept = connection.execute(
            "SELECT mode, category, count(uuid) FROM consultations c JOIN cards ON consultation_id = c.id "
            "GROUP BY c.id ORDER BY c.at, c.rowid"
        ).fetchall()
    assert kept == [(mode, "usually-not-appropriate", 1) for mode in modes]


def test_a_name_that_is_no_service_stops_the_start(tmp_path: Path) -> None:
    environ = {"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "CDS_SILENT": "hemoptysis-order-sign"}

    with pytest.raises(SettingsError, match="CDS_SILENT: no service hemoptysis-order-sign; known are all, "):
        create_app(settings_from(environ))
