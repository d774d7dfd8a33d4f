"""A FHIR server that gives pages of its own size, whatever `_count` asks for."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import requests

_SECONDS: Final = 60


@contextmanager
def small_pages(upstream: str, page_size: int) -> Iterator[str]:
    """The base URL of a server with the data of `upstream` (a base URL) in pages of that size."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.upstream, server.page_size = upstream, page_size
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.base_url
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    upstream: str
    page_size: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/fhir"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        upstream = self.server.upstream
        path = re.sub(r"(?<=_count=)\d+", str(self.server.page_size), self.path.removeprefix("/fhir"))
        headers = {"Accept": "application/fhir+json"}
        answer = requests.get(upstream + path, headers=headers, timeout=_SECONDS)
        body = answer.text.replace(upstream, self.server.base_url).encode()
        self.send_response(answer.status_code)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
