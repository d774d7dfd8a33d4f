"""The one HTTP transport: pooled connections, verified TLS, nothing taken from the environment."""

import logging
import ssl
from functools import cache
from typing import Any, Final

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection

from cds_service.outbound.sockets import BoundedTlsSocket, bounded

SERVERS_KEPT: Final = 16  # more origins than a site lists; the one unused for longest is closed

# CAUTION: its messages quote whole addresses, with the patient's id in them.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class _BoundedConnection(HTTPConnection):
    """A connection whose every wait for data is held to the allowance of the call."""

    def connect(self) -> None:
        """Connect as ever, then read through a bounded socket."""
        super().connect()
        self.sock = bounded(self.sock)


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class Transport(HTTPAdapter):
    """Sends prepared requests, over connections that are used again; may be used by many threads.

    CAUTION: used without a `requests.Session` on purpose. A Session reads proxies, certificates and
    ~/.netrc from the environment, keeps cookies from one patient to the next, and reads the body of a
    redirect in full, at any size, even when redirects are off.
    """

    def __init__(self, *, connections: int) -> None:
        super().__init__(pool_connections=SERVERS_KEPT, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        """Make the pools, with bounded sockets beneath http and https."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=trusted_tls(), **more)
        classes = {"http": _BoundedPool, "https": HTTPSConnectionPool}
        self.poolmanager.pool_classes_by_scheme = classes

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Always verify, by the context; the default would parse all certificates for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


@cache
def trusted_tls() -> ssl.SSLContext:
    """TLS that trusts the machine's own certificates (a site's private authority) and the usual ones.

    Where a site keeps its own is OpenSSL's `SSL_CERT_FILE` and `SSL_CERT_DIR`. About 80 ms, hence once.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = BoundedTlsSocket
    return context
