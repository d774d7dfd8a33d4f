"""The NOTICE: what this product is made of and under which licenses, from what is installed."""

import re
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path
from typing import Final

from tests.clinical.decision_table import table

LOCK: Final = Path(__file__).parent.parent / "requirements.lock"
_PLACES: Final = ("homepage", "home", "source", "source code", "code", "repository", "documentation")
"""The names that projects give to the address where they live, the best first."""


def locked_names() -> list[str]:
    """Every package of an installation, as the lock file names it."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def notice() -> str:
    """The whole file."""
    packages = [(name, license_of(metadata(name)), _place_of(metadata(name))) for name in locked_names()]
    return _HEAD + table(("Package", "License", "Where"), packages) + "\n"


def license_of(package: PackageMetadata) -> str:
    """As its metadata state it: the expression, else the short form, else the classifiers."""
    if stated := _first(package, "License-Expression") or _first(package, "License"):
        return stated.partition("\n")[0]
    classifiers = package.get_all("Classifier") or []
    named = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    if not named:
        raise ValueError(f"{package['Name']} states no license: look it up before it is shipped")
    return ", ".join(named)


def _place_of(package: PackageMetadata) -> str:
    pairs = (url.partition(", ") for url in package.get_all("Project-URL") or [])
    urls = {label.lower(): url for label, _, url in pairs}
    return next((urls[place] for place in _PLACES if place in urls), _first(package, "Home-page"))


def _first(package: PackageMetadata, name: str) -> str:
    return str((package.get_all(name) or [""])[0])


_HEAD: Final = """cds-service

Written by `make docs` from requirements.lock and what is installed: do not edit.

This product is licensed under the Apache License, Version 2.0: see LICENSE. That license covers the code
and the texts of this project. It does not cover what others own and this product refers to:

- The ratings of the ACR Appropriateness Criteria are the American College of Radiology's. Their use in
  decision support at order entry is commercially licensed; the terms were not verified by this project.
  The category of each procedure and variant stands in one file that a site can replace; no narrative
  is copied.
- CPT is the American Medical Association's. Codes stand as identifiers with displays in our own words;
  no text of the AMA is copied. The terms for using them were not verified by this project.
- Codes of further systems (SNOMED CT, LOINC, RxNorm, ICD and national ones) stand as identifiers. The
  terms of their owners were not verified by this project.
- Every publication that the clinical content rests on, with a note on its license, is listed in
  cds_service/knowledge/data/sources.toml.

What a site must settle before clinical use: docs/explanation/hazards.md.

An installation contains the packages below, unchanged, each under its own license as its metadata state
it. The text of a license comes with the package where its makers put it there (dist-info). A wheel for a
platform may hold further libraries: that of psycopg-binary holds libpq and what it needs, such as OpenSSL
and Kerberos. `make sbom` writes the versions and the licenses as a CycloneDX file.

"""
