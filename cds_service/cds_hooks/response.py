"""The answer of a service as types, and the rating of an order as the extensions of the Argonaut guide."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cds_service.cds_hooks.raw_json import NOTHING, decoded, items_of, members_of
from cds_service.knowledge.model import Category


class CardCoding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A code with its system, for topics and override reasons."""

    code: str
    system: str
    display: str = ""


class CardSource(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a card's content comes from."""

    label: str
    url: str = ""
    topic: CardCoding | None = None


class Link(msgspec.Struct, frozen=True):
    """A link on a card; `type` is always `absolute` here."""

    label: str
    url: str
    type: str = "absolute"


class Action(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One change that the client makes: `create` or `update` of a resource."""

    type: str
    description: str
    resource: msgspec.Raw


class Suggestion(msgspec.Struct, frozen=True, rename="camel"):
    """A choice on a card; typed clients need to be told that one is not recommended, too."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    is_recommended: bool = False


class Card(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One card."""

    uuid: str
    summary: str
    indicator: str
    source: CardSource
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: str = ""
    override_reasons: tuple[CardCoding, ...] = ()
    links: tuple[Link, ...] = ()


class ServiceResponse(msgspec.Struct, frozen=True, rename="camel"):
    """The whole answer; `cards` is always there, the others only when they hold something.

    `extension` is the copy of the system actions that the CDS Hooks Sandbox reads, under their own name.
    """

    cards: tuple[Card, ...] = ()
    system_actions: tuple[Action, ...] | msgspec.UnsetType = msgspec.UNSET
    extension: Mapping[str, tuple[Action, ...]] | msgspec.UnsetType = msgspec.UNSET


URN: Final = "urn:uuid:"
PAMA_RATING: Final = "http://fhir.org/argonaut/Extension/pama-rating"
CONSULT_ID: Final = f"{PAMA_RATING}-consult-id"
AUC_APPLIED: Final = f"{PAMA_RATING}-auc-applied"
QCDSM_CONSULTED: Final = f"{PAMA_RATING}-qcdsm-consulted"
RATING_URLS: Final = frozenset({PAMA_RATING, CONSULT_ID, AUC_APPLIED, QCDSM_CONSULTED})
PAMA_SYSTEM: Final = "http://fhir.org/argonaut/CodeSystem/pama-rating"
NO_CRITERIA_APPLY: Final = "no-criteria-apply"
_PAMA_DISPLAYS: Final = {
    "appropriate": "Appropriate",
    "not-appropriate": "Not appropriate",
    NO_CRITERIA_APPLY: "No criteria apply",
}


def rating_extension(
    pama_code: str, category: Category | None, *, category_system: str, text: str = ""
) -> msgspec.Raw:
    """The rating, and the finer category in this service's own code system; None when no criteria apply.

    `text` says it in words, and of which study it is.
    """
    display = _PAMA_DISPLAYS.get(pama_code, pama_code)
    codings = [{"system": PAMA_SYSTEM, "code": pama_code, "display": display}]
    if category is not None and pama_code != NO_CRITERIA_APPLY:
        words = category.value.replace("-", " ").capitalize()
        codings.append({"system": category_system, "code": category.value, "display": words})
    said = {"text": text} if text else {}
    return _extension(PAMA_RATING, "valueCodeableConcept", {"coding": codings, **said})


def consult_extension(consult_id: str) -> msgspec.Raw:
    """The id of the consultation, with or without its `urn:uuid:`."""
    return _extension(CONSULT_ID, "valueUri", URN + consult_id.removeprefix(URN))


def criteria_extension(url: str) -> msgspec.Raw:
    """The criteria that were applied: the URL of the ACR topic."""
    return _extension(AUC_APPLIED, "valueUri", url)


def mechanism_extension(qcdsm: str) -> msgspec.Raw:
    """The mechanism that was consulted."""
    return _extension(QCDSM_CONSULTED, "valueString", qcdsm)


def _extension(url: str, name: str, value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({"url": url, name: value}))


def rating_of(action: Action) -> str:
    """The PAMA code that an action puts on an order, and the finer category."""
    members = members_of(action.resource) or {}
    for raw in items_of(members.get("extension", NOTHING)) or ():
        extension = decoded(raw, dict[str, Any])
        if extension is not None and extension.get("url") == PAMA_RATING:
            codings = extension["valueCodeableConcept"]["coding"]
            return ", ".join(coding["code"] for coding in codings)
    return "none"
