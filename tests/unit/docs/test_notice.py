"""The NOTICE names every package of an installation with its license.

That it is up to date is held with the generated pages.
"""

import re
from importlib.metadata import PackageMetadata
from typing import cast

import pytest

from tests.house.tree import ROOT
from tests.notice import license_of, locked_names


class Stated(dict[str, list[str]]):
    """The metadata of a package that states just this."""

    def get_all(self, name: str) -> list[str] | None:
        return self.get(name)


def test_every_package_of_an_installation_is_named_with_a_license() -> None:
    text = (ROOT / "NOTICE").read_text()

    rows = re.findall(r"^\| (\S+) \| ([^|]+) \| (https://\S+) \|$", text, re.MULTILINE)
    assert [name for name, _, _ in rows] == locked_names()
    assert all(license.strip() for _, license, _ in rows)


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ({"License-Expression": ["MIT"], "License": ["other"]}, "MIT"),
        ({"License": ["MPL-2.0\nand its text"]}, "MPL-2.0"),
        ({"Classifier": ["Framework :: Flask", "License :: OSI Approved :: BSD License"]}, "BSD License"),
    ],
)
def test_a_license_is_shown_as_the_package_states_it(stated: dict[str, list[str]], shown: str) -> None:
    assert license_of(cast(PackageMetadata, Stated(stated))) == shown


def test_a_package_without_a_license_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="states no license"):
        license_of(cast(PackageMetadata, Stated({"Name": ["mystery"]})))
