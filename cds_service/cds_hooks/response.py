"""The rating of an order as the extensions of the Argonaut guide for imaging appropriateness (PAMA)."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from cds_service.knowledge.model import Category


class Coding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A code with its system, for topics and override reasons."""

    code: str
    system: str
    display: str = ""


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a card's content comes from."""

    label: str
    url: str = ""
    topic: Coding | None = None


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


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A choice on a card."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    is_recommended: bool = False


class Card(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One card."""

    uuid: str
    summary: str
    indicator: str
    source: Source
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: str = ""
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()


class ResponseExtension(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The copy of the system actions that the CDS Hooks Sandbox reads."""

    system_actions: tuple[Action, ...] = ()


class ServiceResponse(msgspec.Struct, frozen=True, rename="camel"):
    """The whole answer; `cards` is always there, the others only when they hold something."""

    cards: tuple[Card, ...] = ()
    system_actions: tuple[Action, ...] | msgspec.UnsetType = msgspec.UNSET
    extension: ResponseExtension | msgspec.UnsetType = msgspec.UNSET


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


@dataclass(frozen=True, slots=True)
class RatingOnOrder:
    """What the extensions say.

    `category` None and `auc_applied` empty when no criteria apply; `consult_id` with or without its
    `urn:uuid:`; `category_system` is the service's own CodeSystem of categories.
    """

    pama_code: str
    category: Category | None
    category_system: str
    consult_id: str
    auc_applied: str
    qcdsm: str


def rating_extensions(rating: RatingOnOrder) -> tuple[msgspec.Raw, ...]:
    """The extensions of BEHAVIOUR 7: rating, consult id, criteria applied if any, mechanism consulted."""
    consult_id = f"urn:uuid:{rating.consult_id.removeprefix('urn:uuid:')}"
    applies = rating.pama_code != NO_CRITERIA_APPLY and bool(rating.auc_applied)
    extensions = (
        {"url": PAMA_RATING, "valueCodeableConcept": {"coding": _codings(rating)}},
        {"url": CONSULT_ID, "valueUri": consult_id},
        *([{"url": AUC_APPLIED, "valueUri": rating.auc_applied}] if applies else []),
        {"url": QCDSM_CONSULTED, "valueString": rating.qcdsm},
    )
    return tuple(msgspec.Raw(msgspec.json.encode(extension)) for extension in extensions)


def _codings(rating: RatingOnOrder) -> list[dict[str, Any]]:
    display = _PAMA_DISPLAYS.get(rating.pama_code, rating.pama_code)
    first = {"system": PAMA_SYSTEM, "code": rating.pama_code, "display": display}
    if rating.category is None or rating.pama_code == NO_CRITERIA_APPLY:
        return [first]
    words = rating.category.value.replace("-", " ").capitalize()
    return [first, {"system": rating.category_system, "code": rating.category.value, "display": words}]


def rating_of(action: Action) -> str:
    """The PAMA code that an action puts on an order, and the finer category."""
    resource = msgspec.json.decode(action.resource)
    for extension in resource.get("extension", []):
        if extension.get("url") == PAMA_RATING:
            codings = extension["valueCodeableConcept"]["coding"]
            return ", ".join(coding["code"] for coding in codings)
    return "none"
