"""What all pages share: their frame, links that hold under any path, their stylesheet, their headers."""

import hashlib
import mimetypes
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, Response, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as HttpNotFound

from cds_service.errors import NotFound
from cds_service.knowledge.model import Knowledge
from cds_service.web.bodies import http_problem, problem

STATIC: Final = Path(__file__).parent / "static"
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_SITE_PAGES: Final = (
    ("criteria.every", "Criteria"),
    ("criteria.rules", "Rules"),
    ("patient.in_asked_language", "For patients"),
)
"""The pages of the navigation after the first one, by endpoint."""
_NO_PAGE: Final = "The address may be mistyped."


def frame(app: Flask, knowledge: Knowledge, version: str, *, home: str) -> None:
    """Give every template its frame, every page its headers, and a browser a page where there is none.

    `home` is what the navigation calls the page at `/`.
    """
    app.register_blueprint(_static_files())
    shared = {
        "edition": knowledge.edition,
        "version": version,
        "site_pages": (("pages.home", home), *_SITE_PAGES),
        "link": link,
        "static": static_link,
    }
    app.context_processor(lambda: shared)
    app.after_request(_with_headers)
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(404, _no_such_address)


def answer_under(app: Flask, public_url: str) -> None:
    """Answer under the path of the public URL as well, for a gateway that leaves it on an address.

    A path that begins as a route of ours does is always that route's, so such a gateway must take it off.
    """
    path = unquote(urlsplit(public_url).path)
    if not path or _first_part(path) in {_first_part(rule.rule) for rule in app.url_map.iter_rules()}:
        return
    within, here = app.wsgi_app, path.encode().decode("latin-1")

    def shifted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked = environ.get("PATH_INFO", "")
        if asked.startswith(f"{here}/"):
            root = environ.get("SCRIPT_NAME", "") + here
            environ = {**environ, "SCRIPT_NAME": root, "PATH_INFO": asked.removeprefix(here)}
        return within(environ, start_response)

    app.wsgi_app = shifted  # type: ignore[method-assign] # what Flask's documentation says to do


def _first_part(path: str) -> str:
    return path.split("/")[1]


def link(endpoint: str, **values: Any) -> str:
    """The way from the page that is answered to another one, relative.

    A proxy may give the service any path and tell it or not: only relative links hold in both cases.
    """
    path = url_for(endpoint, **values).removeprefix(request.script_root).removeprefix("/")
    return ("../" * (request.path.count("/") - 1) or "./") + path


def static_link(name: str) -> str:
    """The way to a static file of this version, which a browser may keep for ever."""
    return link("static.one_file", digest=_DIGEST, name=name)


def files_in(folder: Path) -> Mapping[str, bytes]:
    """Every file of a folder and the folders in it, by its path there."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def digest_of(files: Mapping[str, bytes]) -> str:
    """What the names and contents of files come to, in 12 digits: others when any of them changes."""
    each = (f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in files.items())
    return hashlib.sha256("".join(each).encode()).hexdigest()[:12]


_FILES: Final = files_in(STATIC)
_DIGEST: Final = digest_of(_FILES)


def _static_files() -> Blueprint:
    routes = Blueprint("static", __name__)

    @routes.get("/static/<digest>/<path:name>", strict_slashes=False)
    def one_file(digest: str, name: str) -> Response:
        """A stylesheet, script or picture; of another version than asked for it is not to be kept."""
        content = _FILES.get(name.removesuffix("/"))
        if content is None:
            raise NotFound("There is no such file.")
        media_type, _ = mimetypes.guess_type(name.removesuffix("/"))
        answer = Response(content, mimetype=media_type or "application/octet-stream")
        answer.headers["Cache-Control"] = _FOR_EVER if digest == _DIGEST else _ASK_AGAIN
        return answer

    return routes


def _with_headers(response: Response) -> Response:
    """The headers of a page, and 304 where the browser has it; an answer to a program goes as it is."""
    is_page = response.mimetype == "text/html"
    if is_page or request.blueprint == "static":
        response.headers.update(PAGE_HEADERS)
        response.headers.setdefault("Cache-Control", _ASK_AGAIN)
    if is_page and response.status_code == 200:
        response.add_etag()
        response.make_conditional(request)
    return response


def _not_found(error: NotFound) -> Response:
    return _page_without(error.message) if wants_page() else problem(error)


def _no_such_address(error: HTTPException) -> Response:
    is_page = isinstance(error, HttpNotFound) and wants_page()
    return _page_without(_NO_PAGE) if is_page else http_problem(error)


def wants_page() -> bool:
    """Whether who asks is a person in a browser, which names HTML first; a call of a service never is."""
    offered = ("application/json", "application/fhir+json", "text/html")
    return request.method != "POST" and request.accept_mimetypes.best_match(offered) == "text/html"


def _page_without(message: str) -> Response:
    answer = Response(render_template("not_found.html", message=message), status=404, mimetype="text/html")
    answer.headers.add("Vary", "Accept")
    return answer
