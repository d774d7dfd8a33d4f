"""What CDS Hooks sends and gets, as JSON schemas in words of our own."""

from collections.abc import Mapping
from typing import Any, Final

from cds_service.cds_hooks.catalog import HOOK_VERSION, SERVICES, SPECIFICATION
from cds_service.cds_hooks.feedback import (
    MOST_CHARACTERS,
    MOST_CHARACTERS_OF_A_COMMENT,
    MOST_CHARACTERS_OF_AN_ID,
    MOST_ITEMS,
    MOST_SUGGESTIONS,
)
from cds_service.cds_hooks.request import JUDGE_AT_KEY, Hook

Schema = dict[str, Any]
MOST_CHARACTERS_OF_A_SUMMARY: Final = 140
HOOKS: Final = [hook.value for hook in Hook]


def text(about: str, **more: object) -> Schema:
    """A text, and what it says."""
    return {"type": "string", "description": about, **more}


def flag(about: str) -> Schema:
    """True or false, and of what."""
    return {"type": "boolean", "description": about}


def each(items: Schema, about: str, **more: object) -> Schema:
    """An array, and what its items are."""
    return {"type": "array", "description": about, "items": items, **more}


def members(about: str, *required: str, **properties: Schema) -> Schema:
    """An object by its members, those named first always there."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "description": about, "properties": properties, **needed}


def with_others(schema: Schema) -> Schema:
    """An object that may hold more members than are said, as FHIR defines them."""
    return {**schema, "additionalProperties": True}


def named(name: str) -> Schema:
    """The schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def any_of(names: list[str]) -> Schema:
    """One of some words."""
    return {"type": "string", "enum": names}


_RESOURCE: Final = with_others(
    members(
        "A FHIR R4 resource as JSON. Other versions of FHIR are read as far as they can be.",
        "resourceType",
        resourceType=text("The type of the resource."),
    )
)
_NEEDS_DRAFTS: Final[Schema] = {
    "if": {"properties": {"hook": {"enum": [Hook.ORDER_SELECT.value, Hook.ORDER_SIGN.value]}}},
    "then": {
        "properties": {
            "context": {"required": ["draftOrders"], "properties": {"draftOrders": named("DraftOrders")}}
        }
    },
}
_A_PATIENT: Final = r"^\s*(?:(?:\S*/)?Patient/)?[^\s/]+\s*$"
_REQUEST: Final[Mapping[str, Schema]] = {
    "HookRequest": _NEEDS_DRAFTS
    | members(
        "One call of a service. The context decides what is judged: with `draftOrders` it is an order hook. "
        "Data come as `prefetch`, by content, whatever the keys; what is missing is read from `fhirServer` "
        "where the site and the client allow it.",
        "hook",
        "context",
        hook={**any_of(HOOKS), "description": "The hook that fired."},
        hookInstance=text("A UUID of this firing of the hook. Answered without it."),
        context=named("Context"),
        prefetch={
            "type": ["object", "null"],
            "description": "What the client read beforehand: a resource, a Bundle or null under each key of "
            "the templates of discovery.",
            "additionalProperties": True,
        },
        fhirServer={"type": ["string", "null"], "description": "Base URL of the client's FHIR server."},
        fhirAuthorization={"anyOf": [named("FhirAuthorization"), {"type": "null"}]},
        extension={
            "type": ["object", "null"],
            "description": "Members of extensions.",
            "properties": {
                JUDGE_AT_KEY: text(
                    "The instant to judge as of, with its offset; honored in the development profile alone.",
                    format="date-time",
                )
            },
        },
    ),
    "Context": members(
        "What the hook tells of the moment in which it fired.",
        "patientId",
        patientId=text("The id of the patient, without its type or with it.", pattern=_A_PATIENT),
        userId=text("Who is at work, as `Practitioner/1`."),
        encounterId={"type": ["string", "null"], "description": "The id of the current Encounter."},
        selections={
            "type": ["array", "null"],
            "items": {"type": "string"},
            "description": "order-select: the draft orders that were chosen, as `ServiceRequest/1`. "
            "Absent: every one is judged.",
        },
        draftOrders={
            "anyOf": [named("DraftOrders"), {"type": "null"}],
            "description": "The order hooks: the orders that are not signed yet.",
        },
    ),
    "DraftOrders": with_others(
        members(
            "A FHIR Bundle of orders.",
            resourceType=text("`Bundle`."),
            entry=each(members("An order.", resource=named("Resource")), "One for each order."),
        )
    ),
    "FhirAuthorization": members(
        "How the FHIR server may be read for this call; neither kept nor logged.",
        access_token=text("The OAuth 2.0 token."),
        token_type=text("`Bearer`."),
        expires_in={"type": "integer", "description": "Seconds for which the token is good."},
        scope=text("The scopes that were granted."),
        subject=text("The id of the client to which it was issued."),
    ),
    "Resource": _RESOURCE,
}
_CARDS: Final[Mapping[str, Schema]] = {
    "ServiceResponse": members(
        "The advice. `cards` is always there; the others only where they hold something.",
        "cards",
        cards=each(named("Card"), "The alert first, then one for each order that was judged."),
        systemActions=each(
            named("Action"), "The rating of each judged order, to be carried out without a click."
        ),
        extension=members(
            "The same system actions where the CDS Hooks Sandbox looks for them, unless the site turned the "
            "copy off (`CDS_EXTENSION_SYSTEM_ACTIONS`).",
            systemActions=each(named("Action"), "As above."),
        ),
    ),
    "Card": members(
        "One piece of advice.",
        "uuid",
        "summary",
        "indicator",
        "source",
        uuid=text("The id that feedback names.", format="uuid"),
        summary=text("The advice in one sentence.", minLength=1, maxLength=MOST_CHARACTERS_OF_A_SUMMARY),
        indicator={**any_of(["info", "warning", "critical"]), "description": "How much it matters."},
        source=named("CardSource"),
        detail=text("What it rests on, in GitHub-flavored Markdown without HTML."),
        suggestions=each(named("Suggestion"), "What can be done with one click."),
        selectionBehavior={
            **any_of(["at-most-one", "any"]),
            "description": "How many suggestions may be taken; there wherever a suggestion is.",
        },
        overrideReasons=each(named("Coding"), "Why the card may be turned down."),
        links=each(named("Link"), "Pages of this service that say more."),
    ),
    "CardSource": members(
        "What the card rests on.",
        "label",
        label=text("Its name."),
        url=text("Its address.", format="uri"),
        topic={**named("Coding"), "description": "The variant of hemoptysis that was judged."},
    ),
    "Coding": members(
        "A code, the system that it is of, and its words.",
        "code",
        "system",
        code=text("The code."),
        system=text("The system, as a URL.", format="uri"),
        display=text("Its words."),
    ),
    "Suggestion": members(
        "A choice on a card.",
        "label",
        "uuid",
        "actions",
        "isRecommended",
        label=text("What the button says."),
        uuid=text("The id that feedback names.", format="uuid"),
        actions=each(named("Action"), "What is carried out when it is taken, all of it."),
        isRecommended=flag("Whether it comes first."),
    ),
    "Action": members(
        "One change that the client makes.",
        "type",
        "description",
        "resource",
        type={
            **any_of(["create", "update"]),
            "description": "`update`: the whole draft with its own id; `create`: a new order.",
        },
        description=text("What it does, in words."),
        resource=named("Resource"),
    ),
    "Link": members(
        "A link on a card.",
        "label",
        "url",
        "type",
        label=text("What it leads to."),
        url=text("Where.", format="uri"),
        type={**any_of(["absolute"]), "description": "A plain address; no app is started."},
    ),
}
_ID: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS_OF_AN_ID}
_TEXT: Final[Schema] = {"type": ["string", "null"], "maxLength": MOST_CHARACTERS}
_FEEDBACK: Final[Mapping[str, Schema]] = {
    "Feedback": members(
        "What was done with cards. An item that comes twice is kept once.",
        "feedback",
        feedback=each(named("FeedbackItem"), "One item for each card.", maxItems=MOST_ITEMS),
    ),
    "FeedbackItem": {
        **members(
            "What one clinician did with one card.",
            "card",
            "outcome",
            "outcomeTimestamp",
            card={**_ID, "description": "The `uuid` of the card."},
            outcome={**any_of(["accepted", "overridden"]), "description": "What was done."},
            outcomeTimestamp=text("When, in UTC unless it has an offset.", format="date-time"),
            acceptedSuggestions={
                "type": ["array", "null"],
                "maxItems": MOST_SUGGESTIONS,
                "description": "The suggestions that were taken; at least one where the card was accepted.",
                "items": members(
                    "A suggestion.", "id", id={**_ID, "description": "The `uuid` of the suggestion."}
                ),
            },
            overrideReason={"anyOf": [named("OverrideReason"), {"type": "null"}]},
            overrideReasons={
                "anyOf": [named("OverrideReason"), {"type": "null"}],
                "description": "The same, as Epic names it.",
            },
        ),
        "if": {"properties": {"outcome": {"const": "accepted"}}, "required": ["outcome"]},
        "then": {
            "required": ["acceptedSuggestions"],
            "properties": {"acceptedSuggestions": {"type": "array", "minItems": 1}},
        },
    },
    "OverrideReason": members(
        "Why a card was turned down.",
        reason={
            "type": ["object", "null"],
            "description": "One of the card's `overrideReasons`, or another code.",
            "properties": {"code": _TEXT, "system": _TEXT, "display": _TEXT},
        },
        userComment={
            "type": ["string", "null"],
            "maxLength": MOST_CHARACTERS_OF_A_COMMENT,
            "description": "What the clinician wrote: kept, never logged.",
        },
    ),
}
_DISCOVERY: Final[Mapping[str, Schema]] = {
    "Discovery": members(
        "The services of this server.",
        "services",
        services=each(named("Service"), "One for each hook.", minItems=len(SERVICES)),
    ),
    "Service": members(
        "One service as a client sets it up.",
        *("hook", "id", "title", "description", "usageRequirements", "version", "hookVersion", "prefetch"),
        hook={**any_of(HOOKS), "description": "The hook that calls it."},
        id={**any_of([service.id for service in SERVICES]), "description": "The end of its address."},
        title=text("Its name for a person."),
        description=text("What it does, and by which edition of the criteria."),
        usageRequirements=text("For whom it is, and what it needs."),
        version={"const": SPECIFICATION, "description": "The version of CDS Hooks that it speaks."},
        hookVersion={"const": HOOK_VERSION, "description": "The version of the hook."},
        prefetch={
            "type": "object",
            "description": "What to send along: FHIR queries with a place for the patient's id.",
            "additionalProperties": {"type": "string"},
        },
    ),
}
PROTOCOL: Final[Mapping[str, Schema]] = {**_REQUEST, **_CARDS, **_FEEDBACK, **_DISCOVERY}
"""Every schema of the protocol by its name."""
