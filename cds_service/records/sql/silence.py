"""A connection to PostgreSQL that ends when the server, or the way to it, says nothing."""

from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

SECONDS_OF_SILENCE: Final = 2
"""Longer than any statement may take; the limit that the server keeps does not end it when it hangs."""

Answer = TypeVar("Answer")


class ImpatientConnection(psycopg.Connection[Any]):
    """Raises OperationalError, and is closed, where an answer does not come in `seconds`."""

    seconds: float = SECONDS_OF_SILENCE

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Wait for what the server answers."""
        try:
            return super().wait(gen, interval, self.seconds if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # nothing that the server said
                self.pgconn.finish()  # CAUTION: else a rollback would wait as long again
            raise
