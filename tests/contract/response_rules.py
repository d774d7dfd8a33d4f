"""Rules for a service response as a whole."""

from collections import Counter
from collections.abc import Iterator

from .asked import same_json
from .node import Finding, Node
from .parts import actions_of, parts_of, rating_codings, ratings_of
from .registry import requirement

SHAPES: dict[str, dict[str, type]] = {
    "response": {"cards": list, "systemActions": list, "extension": dict},
    "card": {
        "uuid": str, "summary": str, "detail": str, "indicator": str, "source": dict, "suggestions": list,
        "selectionBehavior": str, "overrideReasons": list, "links": list, "extension": dict,
    },
    "source": {"label": str, "url": str, "icon": str, "topic": dict, "extension": dict},
    "suggestion": {"label": str, "uuid": str, "isRecommended": bool, "actions": list, "extension": dict},
    "action": {"type": str, "description": str, "resource": dict, "resourceId": str, "extension": dict},
    "link": {
        "label": str, "url": str, "type": str, "appContext": str, "autolaunchable": bool, "extension": dict,
    },
    "override reason": {"code": str, "system": str, "display": str, "extension": dict},
}  # fmt: skip


@requirement(
    "RESPONSE-CARDS",
    "An answer is a JSON object with a `cards` array, which may be empty.",
    scope="response",
    source="CDS Hooks, CDS Service Response",
)
def has_cards(response: Node) -> Iterator[Finding]:
    if not isinstance(response.member("cards").value, list):
        yield response.member("cards").fault("an array is required")


@requirement(
    "RESPONSE-SHAPE",
    "Every element of an answer has the JSON type that the specification gives it.",
    scope="response",
    source="CDS Hooks, CDS Service Response",
)
def has_right_types(response: Node) -> Iterator[Finding]:
    for scope, part in parts_of(response):
        if scope in SHAPES and not isinstance(part.value, dict):
            yield part.fault("an object is required")
        for name, kind in SHAPES.get(scope, {}).items():
            if name in part.mapping and not isinstance(part.mapping[name], kind):
                yield part.member(name).fault(f"must be of JSON type {kind.__name__}")


@requirement(
    "RESPONSE-MEMBERS",
    "An answer has no members that the specification does not know; "
    "what is added stands in `extension` under an agreed or a namespaced name.",
    scope="response",
    source="CDS Hooks, Extensions",
)
def has_only_known_members(response: Node) -> Iterator[Finding]:
    for scope, part in parts_of(response):
        if scope in SHAPES:
            for name in part.mapping.keys() - SHAPES[scope].keys():
                yield part.member(name).fault("is not in the specification")
    for name in response.member("extension").mapping:
        if name != "systemActions" and "." not in name:
            yield response.member("extension").member(name).fault("is neither agreed nor namespaced")


@requirement(
    "RESPONSE-NO-EMPTY",
    "Apart from `cards`, nothing is sent empty or null; it is left out instead.",
    scope="response",
    source="BEHAVIOUR 1.3",
)
def has_nothing_empty(response: Node) -> Iterator[Finding]:
    for name in response.mapping:
        if name != "cards" or response.value["cards"]:
            yield from _empty_below(response.member(name))


def _empty_below(node: Node) -> Iterator[Finding]:
    if node.value in (None, "", [], {}):
        yield node.fault("is empty and should be left out")
    for item in node.items():
        yield from _empty_below(item)
    for name in node.mapping:
        # An updated resource is the client's own JSON and keeps the empty elements that it came with.
        if name != "resource" or node.mapping.get("type") == "create":
            yield from _empty_below(node.member(name))


@requirement(
    "RESPONSE-UUID-UNIQUE",
    "No uuid of a card or suggestion stands twice in an answer.",
    scope="response",
    source="CDS Hooks, Card Attributes and Suggestion",
)
def has_unique_uuids(response: Node) -> Iterator[Finding]:
    seen: set[str] = set()
    for scope, part in parts_of(response):
        uuid = part.member("uuid")
        if scope in {"card", "suggestion"} and uuid.text:
            if uuid.text.lower() in seen:
                yield uuid.fault("is used twice")
            seen.add(uuid.text.lower())


@requirement(
    "RESPONSE-CANONICAL",
    "All of the service's own code systems stand under one base URL.",
    scope="response",
    source="BEHAVIOUR 6",
)
def has_one_canonical_base(response: Node) -> Iterator[Finding]:
    bases = Counter(system.text.rpartition("/CodeSystem/")[0] for system in _own_systems(response))
    if len(bases) > 1:
        yield response.fault(f"code systems under several bases: {', '.join(sorted(bases))}")


def _own_systems(response: Node) -> Iterator[Node]:
    for scope, part in parts_of(response):
        if scope == "source" and part.member("topic").value is not None:
            yield part.member("topic").member("system")
        if scope == "override reason":
            yield part.member("system")
        if scope == "rated":
            yield from (coding.member("system") for coding in rating_codings(part)[1:])


@requirement(
    "RESPONSE-CRITICAL-FIRST",
    "There is at most one critical card and it is the first.",
    scope="response",
    source="BEHAVIOUR 6",
)
def has_critical_card_first(response: Node) -> Iterator[Finding]:
    for card in response.member("cards").items()[1:]:
        if card.member("indicator").value == "critical":
            yield card.fault("a critical card stands behind another card")


@requirement(
    "RESPONSE-CARD-PER-ORDER",
    "Each judged order has one card at most, with one more card on top; "
    "where no order can be judged there is none. patient-view has two at most.",
    scope="response",
    source="BEHAVIOUR 1.2, 1.3 and 6",
)
def has_no_surplus_cards(response: Node) -> Iterator[Finding]:
    orders = 1 if response.asked.is_patient_view else len(response.asked.candidates)
    allowed = orders + 1 if orders else 0
    cards = response.member("cards")
    if len(cards.items()) > allowed:
        yield cards.fault(f"{len(cards.items())} cards where {allowed} are allowed")


@requirement(
    "RESPONSE-COMPLEMENT-ONCE",
    "For an order hook at most one new order is suggested beside that of the critical card.",
    scope="response",
    source="BEHAVIOUR 6, Complement",
)
def has_one_complement(response: Node) -> Iterator[Finding]:
    cards = [c for c in response.member("cards").items() if c.member("indicator").value != "critical"]
    actions = [action for card in cards for action in actions_of(card)]
    creates = [action for action in actions if action.member("type").value == "create"]
    for action in [] if response.asked.is_patient_view else creates[1:]:
        yield action.fault("a second new order is suggested")


@requirement(
    "PATIENT-VIEW-CREATE-ONLY",
    "patient-view has no system actions, and its suggestions only create orders, none of them preselected.",
    scope="response",
    source="BEHAVIOUR 6",
)
def patient_view_only_creates(response: Node) -> Iterator[Finding]:
    if not response.asked.is_patient_view:
        return
    if response.member("systemActions").items():
        yield response.member("systemActions").fault("patient-view has no order to rate")
    for scope, part in parts_of(response):
        if scope == "suggestion" and part.member("isRecommended").value is True:
            yield part.fault("is preselected on patient-view")
        if scope == "action" and part.member("type").value != "create":
            yield part.fault("patient-view can only suggest new orders")


@requirement(
    "PATIENT-VIEW-CLINICIANS",
    "A patient or related person who opens the chart gets no cards.",
    scope="response",
    source="BEHAVIOUR 6",
)
def patient_view_is_for_clinicians(response: Node) -> Iterator[Finding]:
    is_lay_user = response.asked.user.rpartition("/")[0].endswith(("Patient", "RelatedPerson"))
    if response.asked.is_patient_view and is_lay_user and response.member("cards").items():
        yield response.member("cards").fault("cards for a user who is not a clinician")


@requirement(
    "SYSTEM-ACTIONS-REPEATED",
    "`extension.systemActions`, where sent, equals the top-level `systemActions`.",
    scope="response",
    source="Argonaut CDS Hooks for PAMA, PAMA Response; DESIGN, Protocol decisions",
)
def repeats_system_actions(response: Node) -> Iterator[Finding]:
    repeated = response.member("extension").member("systemActions")
    if repeated.value is not None and not same_json(repeated.value, response.member("systemActions").value):
        yield repeated.fault("differs from the top-level systemActions")


@requirement(
    "SYSTEM-ACTION-ONE-PER-ORDER",
    "An order is annotated by one system action at most.",
    scope="response",
    source="BEHAVIOUR 7",
)
def annotates_each_order_once(response: Node) -> Iterator[Finding]:
    actions = response.member("systemActions").items()
    if len(ratings_of(response)) < len(actions):
        yield response.member("systemActions").fault("several system actions for one order")
