"""nginx as `deploy/nginx` sets it up, in front of a served process, with a certificate made for the test."""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.attack.crowd import tls_with
from tests.attack.served import SECONDS_TO_START, free_port, wait_for

SHIPPED: Final = Path(__file__).parents[2] / "deploy" / "nginx" / "cds-service.conf"
PAGE: Final = Path(__file__).parents[2] / "docs" / "how-to" / "put-a-gateway-in-front.md"
TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx(NamedTuple):
    """Where it listens, how a client speaks with it, and where it would write what it cannot hold."""

    port: int
    tls: ssl.SSLContext
    folder: Path
    plain: int
    """A second port, without TLS: for a benchmark alone."""

    pid: int

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def files_written(self) -> list[Path]:
        return [path for path in (self.folder / "temporary").rglob("*") if path.is_file()]


@contextmanager
def nginx_before(
    service: int, folder: Path, *others: int, text: str = "", rate: str = "100r/s"
) -> Iterator[Nginx]:
    """A gateway before the instances at these ports; skips the test where nginx is not installed.

    `text` stands in for the shipped file. `rate`: how often one address may ask, for tests in which a crowd
    has one address.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("needs nginx, which is not installed (Debian: apt-get install nginx)")
    port, plain = free_port(), free_port()
    (folder / "temporary").mkdir()
    _make_certificate(folder)
    (folder / "cds-service.conf").write_text(
        _placed(text or SHIPPED.read_text(), folder, (port, plain), (service, *others), rate)
    )
    (folder / "nginx.conf").write_text(_around(folder))
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t", "-q"], check=True)
    process = subprocess.Popen(command)
    try:
        wait_for(port)
        yield Nginx(port, tls_with(folder / "certificate.pem"), folder, plain, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=SECONDS_TO_START)


def _placed(text: str, folder: Path, ports: tuple[int, int], services: Sequence[int], rate: str) -> str:
    """The shipped file at the ports and with the certificate of the test, unchanged but for these."""
    changes = {
        r"listen 443 ssl;": f"listen 127.0.0.1:{ports[0]} ssl;\n    listen 127.0.0.1:{ports[1]};",
        r"\n    server 127\.0\.0\.1:8000;": "".join(
            f"\n    server 127.0.0.1:{service} fail_timeout=2s;" for service in services
        ),
        r"rate=100r/s;": f"rate={rate};",
        r"ssl_certificate /\S+;": f"ssl_certificate {folder}/certificate.pem;",
        r"ssl_certificate_key /\S+;": f"ssl_certificate_key {folder}/key.pem;",
    }
    for pattern, replacement in changes.items():
        text, times = re.subn(pattern, replacement, text)
        assert times == 1, pattern
    return text


def under_a_path() -> str:
    """The shipped file, changed as the page says for a service under a path."""
    found = re.search(
        r"<!-- under a path -->\n```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found, "the page on gateways has no lines for a path"
    before = "    location / {\n        proxy_pass http://cds_service;\n"
    assert before in SHIPPED.read_text()
    return SHIPPED.read_text().replace(before, found[1])


def main_lines() -> str:
    """What the page says is to stand in nginx.conf itself."""
    found = re.search(
        r"^```text\n(worker_processes .*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found, "the page on gateways has no lines for nginx.conf"
    return found[1]


def _around(folder: Path) -> str:
    kept = "\n".join(f"    {name}_temp_path {folder}/temporary/{name};" for name in TEMPORARY)
    few_workers = main_lines().replace("worker_processes auto;", "worker_processes 2;")
    return f"""daemon off;
pid {folder}/nginx.pid;
{few_workers}
http {{
    access_log {folder}/access.log;
{kept}
    include {folder}/cds-service.conf;
}}
"""


def _make_certificate(folder: Path) -> None:
    how = ["-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"]
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(["openssl", "req", *how, *subject, *files], check=True, capture_output=True)
