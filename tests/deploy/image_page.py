"""Writes `docs/reference/image.md`, what an image that was built holds: `make image-page`."""

import gzip
import json
import subprocess
import sys
from typing import Final

from tests.clinical.decision_table import table
from tests.deploy.containers import REPOSITORY
from tests.notice import locked_names

PAGE: Final = REPOSITORY / "docs" / "reference" / "image.md"
PACKAGES: Final = ("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Installed-Size}\n")
MEGABYTE: Final = 1_000_000


def page_of(image: str) -> str:
    """The page, of an image in the storage of podman."""
    (inspected,) = json.loads(_said_by("image", "inspect", image))
    program, *arguments = PACKAGES
    listed = _said_by("run", "--rm", "--entrypoint", program, image, *arguments).decode()
    packages = [tuple(line.split()) for line in listed.splitlines()]
    python = _said_by("run", "--rm", "--entrypoint", "python", image, "--version").decode().split()[1]
    return _TEXT.format(
        unpacked=round(inspected["Size"] / MEGABYTE),
        packed=round(len(gzip.compress(_said_by("save", image), 6)) / MEGABYTE),
        python=python,
        debian=_release_of(image),
        count=len(packages),
        locked=len(locked_names()),
        table=table(
            ("Package", "Version", "kB"), [(name, version, size) for name, version, size in packages]
        ),
    )


def _release_of(image: str) -> str:
    return _said_by("run", "--rm", "--entrypoint", "cat", image, "/etc/debian_version").decode().strip()


def _said_by(*arguments: str) -> bytes:
    return subprocess.run(["podman", *arguments], check=True, stdout=subprocess.PIPE).stdout


_TEXT: Final = """# What is in the image

Written by `make image-page` from an image that `make image` built on Debian's packages: do not edit.
Another base has other packages. How it is built and run: [deploy it](../how-to/deploy.md).

| | |
|---|---|
| size | {unpacked} MB unpacked, {packed} MB packed |
| Debian | {debian}, {count} packages |
| Python | {python} |
| Python's packages | the service, the {locked} of `requirements.lock` ([licenses](../../NOTICE)), no others |
| what installs or builds | nothing: no pip, no ensurepip, no apt, no compiler |
| programs that gain rights (setuid, setgid) | none |
| runs as | user and group 10001, on a read-only root, without any capability |
| writes to | `/srv/cds-service` |

`tests/deploy/test_image.py` holds all but sizes and versions.

## Debian's packages

{table}
"""


if __name__ == "__main__":
    PAGE.write_text(page_of(sys.argv[1]), encoding="utf-8")
    print(PAGE.relative_to(REPOSITORY))
