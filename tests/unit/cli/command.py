"""`cds-service` run in this process."""

import sys

import pytest

from cds_service.cli.main import main


class Command:
    """Runs `cds-service` in this process; `code`, `out` and `err` are of the last run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capfd = monkeypatch, capfd
        self.code, self.out, self.err = 0, "", ""

    def __call__(self, *arguments: object) -> "Command":
        self.monkeypatch.setattr(sys, "argv", ["cds-service", *map(str, arguments)])
        try:
            main()
            self.code = 0
        except SystemExit as done:
            self.code = int(done.code or 0)
        self.out, self.err = self.capfd.readouterr()
        return self
