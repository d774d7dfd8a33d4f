"""Running the service under gunicorn."""

from typing import Any

from gunicorn.app.base import BaseApplication

from cds_service.app import create_app
from cds_service.settings import Settings

_TRY = (
    "curl -s -H 'Content-Type: application/json' "
    "-d @fixtures/requests/order-select/recurrent-ct-without-contrast.json "
    "{base}/cds-services/hemoptysis-imaging-order-select"
)


class _Server(BaseApplication):
    """Gunicorn with the application made once, before the workers are forked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wsgi_app = create_app(settings)
        super().__init__()

    def load_config(self) -> None:
        for name, value in _gunicorn_options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._wsgi_app


def _gunicorn_options(settings: Settings) -> dict[str, object]:
    return {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.workers,
        "worker_class": "gthread",
        "threads": 8,
        "keepalive": 75,
        "loglevel": "warning",
        "control_socket_disable": True,
    }


def serve_forever(settings: Settings) -> None:
    """Answer requests until stopped; says first where, and what to try."""
    server = _Server(settings)
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host
    base = f"http://{host}:{settings.port}"
    print(f"Discovery: {base}/cds-services", flush=True)
    print(f"Try:       {_TRY.format(base=base)}", flush=True)
    server.run()
