"""What a person sees in a browser, and the code systems and their map that the cards refer to."""

from flask import Blueprint, Response, render_template

from cds_service.cards.code_systems import OVERRIDE_MAP, code_system, code_system_names, override_map
from cds_service.cards.site import Site
from cds_service.cds_hooks.catalog import discovery
from cds_service.errors import NotFound
from cds_service.web.bodies import as_json
from cds_service.web.workbench.routes import workbench_page


def pages(site: Site, version: str) -> Blueprint:
    """The home page and the CodeSystem resources."""
    routes = Blueprint("pages", __name__, template_folder="templates")

    @routes.get("/")
    def home() -> str:
        """The workbench; where the site turned it off, one plain page: what this is, and what to try."""
        return workbench_page(site) if site.settings.workbench else _home(site, version)

    @routes.get("/CodeSystem/<code_system_id>", strict_slashes=False)
    def one_code_system(code_system_id: str) -> Response:
        """One of the service's own code systems as a FHIR CodeSystem."""
        return _code_system(code_system_id, site, version)

    @routes.get("/ConceptMap/<concept_map_id>", strict_slashes=False)
    def one_concept_map(concept_map_id: str) -> Response:
        """What the reasons to override are among the HL7 reasons for non-adherence, as a FHIR ConceptMap."""
        if concept_map_id != OVERRIDE_MAP:
            raise NotFound(f"There is no such ConceptMap; there is {OVERRIDE_MAP}.")
        canonical_url = site.settings.canonical_url
        return as_json(override_map(site.knowledge, canonical_url=canonical_url, version=version))

    return routes


def _home(site: Site, version: str) -> str:
    knowledge = site.knowledge
    return render_template(
        "home.html",
        services=discovery(knowledge)["services"],
        edition=knowledge.edition,
        source=knowledge.sources[knowledge.edition.source],
        public_url=site.settings.public_url,
        version=version,
    )


def _code_system(code_system_id: str, site: Site, version: str) -> Response:
    if code_system_id not in code_system_names():
        raise NotFound(f"There is no such CodeSystem; there are {', '.join(code_system_names())}.")
    canonical_url = site.settings.canonical_url
    return as_json(code_system(code_system_id, canonical_url=canonical_url, version=version))
