"""Loads the fixture patients into a FHIR server, as soon as it answers."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import requests

FHIR_JSON: Final = "application/fhir+json"
SECONDS_TO_WAIT: Final = 300
SECONDS_BETWEEN_TRIES: Final = 2
SECONDS_FOR_A_CALL: Final = 60


class LoadError(Exception):
    """The patients could not be loaded; says why."""


def load(base_url: str, folder: Path, *, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """Post every transaction Bundle in `folder` to the server at `base_url`; returns the names of the files.

    Loading again changes nothing: the Bundles put each resource under its own id.
    Raises LoadError if there is nothing to load, or the server does not answer in time or refuses a Bundle.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise LoadError(f"expected JSON files in {folder}, found none")
    with requests.Session() as session:
        session.headers.update({"Accept": FHIR_JSON, "Content-Type": FHIR_JSON})
        _wait_for(session, base_url, pause=pause)
        for file in files:
            _post(session, base_url, file)
    return [file.name for file in files]


def _wait_for(session: requests.Session, base_url: str, *, pause: Callable[[float], None]) -> None:
    for _ in range(SECONDS_TO_WAIT // SECONDS_BETWEEN_TRIES):
        try:
            if session.get(f"{base_url}/metadata", timeout=SECONDS_FOR_A_CALL).ok:
                return
        except requests.RequestException:
            pass  # a server that is starting refuses connections or cuts them
        pause(SECONDS_BETWEEN_TRIES)
    raise LoadError(f"expected a FHIR server at {base_url}, none answered in {SECONDS_TO_WAIT} s")


def _post(session: requests.Session, base_url: str, file: Path) -> None:
    response = session.post(base_url, data=file.read_bytes(), timeout=SECONDS_FOR_A_CALL)
    if not response.ok:
        raise LoadError(f"{file.name}: the server answered {response.status_code}: {response.text[:1000]}")


def main() -> None:
    """`load_fixtures.py BASE_URL FOLDER`."""
    base_url, folder = sys.argv[1:]
    try:
        names = load(base_url.rstrip("/"), Path(folder))
    except (LoadError, requests.RequestException) as error:
        sys.exit(str(error))
    print(f"Loaded {len(names)} patients into {base_url}")


if __name__ == "__main__":
    main()
