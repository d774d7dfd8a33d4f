"""Running the service under gunicorn."""

import errno
import socket
from collections.abc import Mapping
from typing import Any, Final

from gunicorn.app.base import BaseApplication

from cds_service.app import create_app
from cds_service.cli.logs import log_from
from cds_service.cli.worker import Worker
from cds_service.errors import SettingsError
from cds_service.settings import Settings

_TRY = (
    "curl -s -H 'Content-Type: application/json' "
    "-d @fixtures/requests/order-select/recurrent-ct-without-contrast.json "
    "{base}/cds-services/hemoptysis-imaging-order-select"
)


class _Server(BaseApplication):
    """Gunicorn with the application made once, before the workers are forked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._wsgi_app = create_app(settings)
        super().__init__()

    def load_config(self) -> None:
        for name, value in _gunicorn_options(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._wsgi_app


def _gunicorn_options(settings: Settings) -> dict[str, object]:
    return {
        "bind": f"{_in_url(settings.host)}:{settings.port}",
        "workers": settings.workers,
        "worker_class": Worker,
        "threads": 8,
        "keepalive": 75,
        "loglevel": "warning",
        "control_socket_disable": True,
    }


def serve_forever(settings: Settings) -> None:
    """Answer requests until stopped; says first where, and what to try.

    Raises SettingsError when the address cannot be listened on, which gunicorn would try for 5 s.
    """
    _require_free(settings.host, settings.port)
    log_from(settings.log_level)
    server = _Server(settings)
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host
    base = f"http://{_in_url(host)}:{settings.port}"
    print(f"Discovery: {base}/cds-services", flush=True)
    print(f"Try:       {_TRY.format(base=base)}", flush=True)
    server.run()


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError([_why_not_free(error, host, port)]) from None


def _why_not_free(error: OSError, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"CDS_HOST: {host} is no address of this machine; use one that is, such as 127.0.0.1"
    why = _WHY_NOT.get(error.errno or 0, f"cannot be listened on ({error.strerror})")
    return f"CDS_PORT: port {port} at {host} {why}; use another, as in --port 8080"


_WHY_NOT: Final[Mapping[int, str]] = {
    errno.EADDRINUSE: "is in use, perhaps by a service that was started before",
    errno.EACCES: "may not be used by this user",
}
