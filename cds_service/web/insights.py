"""The report in a browser: filters, a chart and a table for each figure; and the same as one file."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, render_template, request

from cds_service.errors import NotFound, SettingsError, Unavailable
from cds_service.knowledge.model import Knowledge
from cds_service.records.report.asking import choices_in, question_from
from cds_service.records.report.cells import Sheet, rows_shown, sheet_as_csv, shown
from cds_service.records.report.charts import chart_of
from cds_service.records.report.intervals import Share
from cds_service.records.report.orders import VARIANTS
from cds_service.records.report.report import Figures, Report, report_on
from cds_service.records.report.scope import Scope
from cds_service.records.report.sheets import ReportWords, sheets
from cds_service.web.bodies import problem
from cds_service.web.frame import PAGE_HEADERS, STATIC

_GROUPS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "side-by-side": ("Side by side", ("periods", "modes")),
    "orders": (
        "Orders",
        (
            "categories",
            "categories-over-time",
            "studies",
            "studies-over-time",
            "variants",
            "variants-over-time",
        ),
    ),
    "what-came": ("What came of the cards", ("answers", "reasons", "changes", "hl7", "moves")),
    "to-map": ("What to map, and what to send", ("unmapped", "unread", "missing", "unreadable")),
    "speed": ("Speed", ("latency",)),
}
_STYLE: Final = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("site.css", "insights.css"))
_ICON: Final = f"data:image/svg+xml;base64,{base64.b64encode((STATIC / 'icon.svg').read_bytes()).decode()}"
_ETAG: Final = hashlib.sha256(_STYLE.encode()).hexdigest()[:12]
ASKED: Final = ("since", "until", "service", "client", "procedure", "variant", "by", "hours")
COMPARED: Final = ("compare-since", "compare-until")


def insights(
    database_url: str, knowledge: Knowledge, version: str, *, now: Callable[[], datetime]
) -> Blueprint:
    """The routes of the report; for those who run the service, as the management's routes are."""
    routes = Blueprint("insights", __name__, template_folder="templates")
    routes.after_request(_with_headers)
    routes.register_error_handler(SettingsError, _unreadable)

    @routes.get("/insights", strict_slashes=False)
    def page() -> str:
        """The whole report, filtered as the address says."""
        question = question_from(request.args, knowledge, now())
        report = report_on(database_url, question, knowledge)
        choices = choices_in(database_url)
        return render_template(
            "insights/page.html",
            **_of_report(report, knowledge, version),
            to="../" * (request.path.count("/") - 1),
            query=_query(),
            asked=_asked(question.scope),
            choices={
                "services": [(name, name) for name in choices.services],
                "clients": [(name, name) for name in choices.clients],
                "procedures": [(p.id, p.short_name) for p in knowledge.procedures.values()],
                "variants": [(name, ReportWords(knowledge).of(name)) for name in VARIANTS],
                "units": [(name, name) for name in ("day", "week", "month")],
            },
        )

    @routes.get("/insights/style.css", strict_slashes=False)
    def style() -> Response:
        """The look of the page; beside it, as the management's address serves nothing else."""
        answer = Response(_STYLE, mimetype="text/css")
        answer.set_etag(_ETAG)
        answer.make_conditional(request)
        return answer

    @routes.get("/insights/<sheet_id>.csv", strict_slashes=False)
    def as_csv(sheet_id: str) -> Response:
        """The table of one figure, filtered as the page was."""
        report = report_on(database_url, question_from(request.args, knowledge, now()), knowledge)
        found = {sheet.id: sheet for sheet in sheets(report, knowledge)}
        if sheet_id not in found:
            raise NotFound(f"There is no such table; there are {', '.join(found)}.")
        answer = Response(sheet_as_csv(found[sheet_id]), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{sheet_id}.csv"'
        return answer

    return routes


def report_file(report: Report, knowledge: Knowledge, version: str) -> str:
    """The report as one page that needs nothing beside it: to be kept, or sent."""
    template = Flask(__name__, root_path=str(Path(__file__).parent)).jinja_env.get_template(
        "insights/page.html"
    )
    return template.render(
        **_of_report(report, knowledge, version), to="", query=None, asked={}, choices=None, style=_STYLE
    )


def sheets_file(groups: Iterable[tuple[str, Iterable[Sheet]]], *, version: str, **said: Any) -> str:
    """Sheets of another origin than the record, as one page that needs nothing beside it."""
    template = Flask(__name__, root_path=str(Path(__file__).parent)).jinja_env.get_template(
        "insights/replay.html"
    )
    drawn = ((title, [_drawn(sheet) for sheet in sheets]) for title, sheets in groups)
    shown = [{"id": f"part-{place}", "title": t, "sheets": s} for place, (t, s) in enumerate(drawn) if s]
    return template.render(**said, groups=shown, version=version, icon=_ICON, style=_STYLE)


def _unreadable(error: SettingsError) -> Response:
    """The record was there at the start: what is wrong with it since may be mended while this goes on."""
    return problem(Unavailable("; ".join(error.faults)))


def _with_headers(response: Response) -> Response:
    """What is shown changes with every request, and is not for a cache."""
    response.headers.update(PAGE_HEADERS)
    response.headers["Cache-Control"] = "no-cache" if response.mimetype == "text/css" else "no-store"
    return response


def _of_report(report: Report, knowledge: Knowledge, version: str) -> dict[str, Any]:
    """What the template shows of a report."""
    words, scope = ReportWords(knowledge), report.figures.scope
    drawn = {sheet.id: _drawn(sheet) for sheet in sheets(report, knowledge)}
    named = (("service", scope.service), ("client", scope.client))
    coded = (("study", scope.procedure), ("variant", scope.variant))
    return {
        "report": report,
        "groups": list(_groups(drawn)),
        "key_figures": list(_key_figures(report.figures)),
        "period": _period(scope) + (f", beside {_period(report.earlier)}" if report.earlier else ""),
        "filters": [(n, v) for n, v in (*named, *((n, words.of(v)) for n, v in coded)) if v],
        "made_at": f"{scope.now:%Y-%m-%d %H:%M %Z}",
        "version": version,
        "icon": _ICON,
    }


def _drawn(sheet: Sheet) -> dict[str, Any]:
    """A sheet as the template takes it: with its chart, and its cells as a person reads them."""
    return {**asdict(sheet), "shown": list(rows_shown(sheet)), "drawn": chart_of(sheet)}


def _groups(drawn: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for group_id, (title, names) in _GROUPS.items():
        found = [drawn[name] for name in names if name in drawn]
        if found:
            yield {"id": group_id, "title": title, "sheets": found}


def _key_figures(figures: Figures) -> Iterator[dict[str, str]]:
    """What is seen first; each with what it is of."""
    yield {"name": "Orders judged", "value": f"{figures.orders.total:,}"}
    appropriate, with_alternative = figures.orders.categories[0], figures.changes.groups[0]
    yield _key_figure("Usually appropriate", appropriate)
    for answers in figures.feedback.answers:
        if (answers.kind, answers.indicator) == ("order", "warning"):
            yield _key_figure("Order warnings accepted", answers.accepted)
            yield _key_figure("Order warnings overridden", answers.overridden)
    yield _key_figure("Changed to the alternative", with_alternative.to_alternative)


def _key_figure(name: str, one: Share) -> dict[str, str]:
    interval = "" if one.low is None or one.high is None else shown((one.low, one.high), "percent-range")
    return {
        "name": name,
        "value": shown(one.share, "percent"),
        "beside": f"{interval}, of {one.of:,}".strip(", "),
    }


def _period(scope: Scope) -> str:
    return " to ".join(f"{end:%Y-%m-%d %H:%M}".removesuffix(" 00:00") for end in (scope.since, scope.until))


def _query() -> str:
    given = [(name, request.args[name]) for name in (*ASKED, *COMPARED) if request.args.get(name)]
    return f"?{urlencode(given)}" if given else ""


def _asked(scope: Scope) -> dict[str, str]:
    """What the form shows: what was asked for, and the hours in force."""
    given = {name: request.args.get(name, "") for name in (*ASKED, *COMPARED)}
    return {**given, "hours": str(scope.hours)}
