"""Every schema of the document by its name, those of the protocol among them."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from cds_service.cards.code_systems import code_system_names
from cds_service.cds_hooks.catalog import SERVICES
from cds_service.errors import CdsServiceError
from cds_service.setting_values import Profile
from cds_service.web.openapi.protocol import (
    PROTOCOL,
    Schema,
    any_of,
    each,
    flag,
    members,
    named,
    text,
    with_others,
)
from cds_service.web.workbench.asked import Ask

_SERVICE_IDS: Final = [service.id for service in SERVICES]


def every_error(kind: type[CdsServiceError] = CdsServiceError) -> list[type[CdsServiceError]]:
    """A kind of error and all that are under it."""
    return [kind, *(under for direct in kind.__subclasses__() for under in every_error(direct))]


def _count(about: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": about}


def _anything(about: str, kind: Any = "object") -> Schema:
    return {"type": kind, "description": about}


_FHIR: Final[Mapping[str, Schema]] = {
    "OperationOutcome": members(
        "What went wrong, as FHIR says it; it quotes no value of the request.",
        "resourceType",
        "issue",
        resourceType={"const": "OperationOutcome"},
        issue=each(named("Issue"), "One.", minItems=1, maxItems=1),
    ),
    "Issue": members(
        "What went wrong, and what to do.",
        "severity",
        "code",
        "diagnostics",
        severity={
            **any_of(["error", "fatal"]),
            "description": "`error`: of the request; `fatal`: of this service.",
        },
        code={
            **any_of(sorted({error.issue_code for error in every_error()})),
            "description": "The FHIR issue type.",
        },
        diagnostics=text("What was expected, and what to do.", minLength=1),
        expression=each({"type": "string"}, "The place in the request.", minItems=1, maxItems=1),
    ),
    "CodeSystem": with_others(
        members(
            "A code system of this service, as a FHIR R4 resource.",
            *("resourceType", "id", "url", "version", "status", "content", "concept"),
            resourceType={"const": "CodeSystem"},
            id=any_of(list(code_system_names())),
            url=text("What cards and ratings name it by.", format="uri"),
            version=text("The version of this service."),
            status={"const": "active"},
            content={"const": "complete"},
            concept=each(
                members("A code.", "code", "display", code=text("The code."), display=text("Its words.")),
                "Every code.",
                minItems=1,
            ),
        )
    ),
    "ConceptMap": with_others(
        members(
            "What the reasons to override are in a code system of HL7, as a FHIR R4 resource.",
            *("resourceType", "id", "url", "version", "status", "group"),
            resourceType={"const": "ConceptMap"},
            id=text("The end of its address."),
            url=text("What it is named by.", format="uri"),
            version=text("The version of this service."),
            status={"const": "active"},
            group=each(
                members(
                    "A mapping from one system to another.",
                    *("source", "target", "element"),
                    source=text("Of this service.", format="uri"),
                    target=text("Of HL7.", format="uri"),
                    element=each(_anything("A code and its targets."), "Each code.", minItems=1),
                ),
                "One.",
                minItems=1,
            ),
        )
    ),
}
_STATE: Final[Mapping[str, Schema]] = {
    "Live": members("That the process answers.", "status", status={"const": "live"}),
    "Ready": members(
        "That requests may be sent.",
        "status",
        "record",
        status={"const": "ready"},
        record={**any_of(["database", "spool"]), "description": "Where what is judged is recorded now."},
    ),
    "Status": members(
        "Which version runs, and how; of the process that answers.",
        *("service", "version", "knowledge", "profile", "mode", "silentClients", "silentServices"),
        *("silenced", "loadedAt", "reload", "record", "tokensRememberedAlone"),
        service={"const": "cds-service"},
        version=text("The version of this service."),
        knowledge=members(
            "The criteria in force.",
            *("topic", "edition"),
            topic=text("The topic of the ACR."),
            edition=text("The edition of the topic."),
        ),
        profile=any_of(list(get_args(Profile))),
        mode={**any_of(["live", "silent"]), "description": "`silent` where no advice leaves at all."},
        silentClients=each({"type": "string"}, "Clients that see no advice."),
        silentServices=each(any_of(["all", *_SERVICE_IDS]), "Services that show none."),
        silenced=each(
            members(
                "One thing that the site switched off, under `rule`, `alert` or `service`.",
                *("reason", "since"),
                **{kind: {"type": "string"} for kind in ("rule", "alert", "service", "reason", "since")},
            ),
            "What is switched off for now.",
        ),
        loadedAt=text("When the site's files were loaded that are answered by."),
        reload=members(
            "What came of the last reload.",
            *("outcome", "at", "faults"),
            outcome=any_of(["none", "done", "refused"]),
            at={"type": ["string", "null"]},
            faults=each({"type": "string"}, "Why it was refused."),
        ),
        record=members(
            "How the record stands; counts are of rows since the process started.",
            *("failing", "losing", "spooledBytes", "strandedFiles"),
            *("written", "feedback", "taken_over", "lost", "torn", "refused"),
            failing=flag("Whether the database takes nothing."),
            losing=flag("Whether the spool takes nothing either."),
            spooledBytes=_count("What waits in the spool."),
            strandedFiles=_count("Files of the spool that cannot be read."),
            written=_count("Consultations written."),
            feedback=_count("Items of feedback written."),
            taken_over=_count("Written for processes that are gone."),
            lost=_count("Taken by neither database nor spool."),
            torn=_count("Lines of the spool that a crash cut off."),
            refused=_count("Rows set aside."),
        ),
        tokensRememberedAlone=_count("Tokens that this process alone knows to be used."),
    ),
    "Nothing": {"type": "object", "description": "An empty object.", "maxProperties": 0},
}
_WORKBENCH: Final[Mapping[str, Schema]] = {
    "WorkbenchAnswer": members(
        "What the workbench shows for one question.",
        *("request", "service", "answer", "explain", "panels", "chart", "inWords", "multiple", "varied"),
        request=named("HookRequest"),
        service=any_of(_SERVICE_IDS),
        answer=named("ServiceResponse"),
        explain=_anything("Each step between the two."),
        panels=members(
            "Parts of the page, as HTML.",
            *("why", "multiple"),
            why=text("The explanation."),
            multiple=text("How the categories change."),
        ),
        chart=_anything("What the chart says for each slider and switch.", ["object", "null"]),
        inWords=_anything("What is no single number."),
        multiple=_anything("How the category of each study changes.", ["object", "null"]),
        varied=text("The slider or switch over whose range it changes."),
    ),
}


def every_schema() -> dict[str, Schema]:
    """All of them; that of what the workbench is asked is made of the type that reads it."""
    _, asked = msgspec.json.schema_components([Ask], ref_template="#/components/schemas/{name}")
    return {**PROTOCOL, **_FHIR, **_STATE, **_WORKBENCH, "WorkbenchQuestion": asked["Ask"]}
