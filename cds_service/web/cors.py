"""Which browser clients may call: the CORS headers of every answer, errors included."""

from typing import Final

from flask import Flask, Response, request

_METHODS: Final = "GET, POST, OPTIONS"
_HEADERS: Final = "Authorization, Content-Type"
_SECONDS: Final = "600"
_ASKED_PRIVATE: Final = "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK"
EVERY_ORIGIN: Final = "*"


def allow_browsers(app: Flask, origins: tuple[str, ...], *, is_development: bool) -> None:
    """Let browser clients of these origins call; `*` is every one.

    Some browsers ask before a public page may reach a private or loopback address (Private Network Access):
    a page of a listed origin may, and in development every page that may call at all. Another one gets no
    answer to that: the specification knows `true` alone.
    """

    @app.after_request
    def with_cors(response: Response) -> Response:
        headers, origin = response.headers, request.environ.get("HTTP_ORIGIN", "")
        if EVERY_ORIGIN in origins:
            headers["Access-Control-Allow-Origin"] = EVERY_ORIGIN
        elif origin in origins:
            headers["Access-Control-Allow-Origin"] = origin
        if origins and EVERY_ORIGIN not in origins:
            headers.add("Vary", "Origin")
        is_preflight = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.environ
        if is_preflight and "Access-Control-Allow-Origin" in headers:
            headers["Access-Control-Allow-Methods"] = _METHODS
            headers["Access-Control-Allow-Headers"] = _HEADERS
            headers["Access-Control-Max-Age"] = _SECONDS
            is_near = request.environ.get(_ASKED_PRIVATE, "").strip().lower() == "true"
            if is_near and (is_development or origin in origins):
                headers["Access-Control-Allow-Private-Network"] = "true"
        return response
