"""The page for patients: the same for everyone, in the language that its address or the browser asks for."""

from typing import Final

from flask import Blueprint, Response, render_template, request

from cds_service.errors import NotFound

LANGUAGES: Final = {"en": "English", "fr": "Français"}
"""The languages of the page, by the end of their address; the first stands where a browser asks for none."""


def patient() -> Blueprint:
    """The routes of the page for patients."""
    routes = Blueprint("patient", __name__)

    @routes.get("/patient", strict_slashes=False)
    def in_asked_language() -> Response:
        """The page in the first of its languages that the browser asks for."""
        language = request.accept_languages.best_match(LANGUAGES, default=next(iter(LANGUAGES)))
        answer = _page(language)
        answer.headers.add("Vary", "Accept-Language")
        return answer

    @routes.get("/patient/<language>", strict_slashes=False)
    def in_language(language: str) -> Response:
        """The page in one language, whatever the browser asks for."""
        if language not in LANGUAGES:
            raise NotFound(f"There is no such language; there are {', '.join(LANGUAGES)}.")
        return _page(language)

    return routes


def _page(language: str) -> Response:
    answer = Response(
        render_template(f"patient/{language}.html", language=language, languages=LANGUAGES),
        mimetype="text/html",
    )
    answer.headers["Content-Language"] = language
    return answer
