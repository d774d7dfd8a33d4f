"""Whether a process lives, and whether it is ready: for a balancer, an orchestrator, a container's check."""

from collections.abc import Callable

from flask import Blueprint, Response

from cds_service.errors import Unavailable
from cds_service.records.state import RecordState
from cds_service.web.bodies import json_response


def health(record: Callable[[], RecordState]) -> Blueprint:
    """The routes under /health, of the process that answers; open, since they tell nothing else."""
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live", strict_slashes=False)
    def live() -> Response:
        """That the process answers."""
        return json_response({"status": "live"})

    @routes.get("/ready", strict_slashes=False)
    def ready() -> Response:
        """Whether requests may be sent: advice needs no database, but what is judged must be recorded.

        503 where neither the database nor the spool takes it.
        """
        state = record()
        if state.is_losing:
            raise Unavailable("The record can be written neither to the database nor to the spool.")
        return json_response({"status": "ready", "record": "spool" if state.is_failing else "database"})

    @routes.after_request
    def never_kept(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes
