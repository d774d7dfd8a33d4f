"""What a person sees in a browser, and the code systems that the cards refer to."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from cds_service.cards.case import CardOptions
from cds_service.cards.sources import code_system, code_system_names
from cds_service.cds_hooks.catalog import discovery
from cds_service.errors import NotFound
from cds_service.knowledge.model import Knowledge
from cds_service.web.bodies import as_json


@dataclass(frozen=True, slots=True)
class Pages:
    """The home page and the CodeSystem resources."""

    knowledge: Knowledge
    options: CardOptions
    version: str

    def blueprint(self) -> Blueprint:
        """The routes as a blueprint."""
        routes = Blueprint("pages", __name__, template_folder="templates")
        routes.get("/")(self.home)
        routes.get("/CodeSystem/<code_system_id>", strict_slashes=False)(self.code_system)
        return routes

    def home(self) -> str:
        """One plain page: what this is, its services, the edition of the criteria, what to try."""
        return render_template(
            "home.html",
            services=discovery(self.knowledge)["services"],
            edition=self.knowledge.edition,
            source=self.knowledge.sources[self.knowledge.edition.source],
            public_url=self.options.public_url,
            version=self.version,
        )

    def code_system(self, code_system_id: str) -> Response:
        """One of the service's own code systems as a FHIR CodeSystem."""
        if code_system_id not in code_system_names():
            raise NotFound(f"There is no such CodeSystem; there are {', '.join(code_system_names())}.")
        canonical_url = self.options.canonical_url
        return as_json(code_system(code_system_id, canonical_url=canonical_url, version=self.version))
