"""Every route there is, with an address that leads to it."""

from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import Rule

from cds_service.web.frame import STATIC, digest_of, files_in

IDS = {
    "service_id": "hemoptysis-imaging-order-select",
    "code_system_id": "override-reason",
    "concept_map_id": "override-reason-to-non-adherence-reason",
    "digest": digest_of(files_in(STATIC)),
    "name": "site.css",
    "variant": "massive",
    "language": "fr",
    "sheet_id": "categories",
}
"""One right value for each variable part of an address; a new route with another part needs its line here."""


def addresses(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Each rule of an application and an address of it."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        yield rule, adapter.build(rule.endpoint, {name: IDS[name] for name in rule.arguments})


def methods_of(rule: Rule) -> list[str]:
    """What a route takes, but OPTIONS, which every one does."""
    return sorted((rule.methods or set()) - {"OPTIONS"})
