"""From an evaluation to what the record holds of it: kinds and codes, keyed hashes, nothing of the chart."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, cast
from uuid import uuid4

import msgspec

from cds_service.cards.build import Reply, Subject
from cds_service.cards.site import Site, rated_with
from cds_service.cards.suggestions import CREATE
from cds_service.cds_hooks.order_state import Remembered, codes_of, state_of
from cds_service.cds_hooks.raw_json import decoded, members_of, text_in
from cds_service.cds_hooks.request import DraftOrder, HookRequest, reference_from
from cds_service.cds_hooks.response import Card, Suggestion
from cds_service.clinical.decision import Decision, Judgment
from cds_service.clinical.facts import Availability, HemoptysisFacts
from cds_service.evaluate import Evaluation, Trace
from cds_service.fhir.resources import Observation, reference_to
from cds_service.knowledge.model import Modality
from cds_service.records.consultation import CardKind, Consultation, Mode, ShownCard, ShownSuggestion
from cds_service.records.site_key import SiteKey
from cds_service.web.request_log import uuid_or_none

MOST_CODES: Final = 20
"""Of one consultation: a site maps the most frequent ones first, and a hostile chart fills no database."""

_A_CODE: Final = re.compile(r"[!-{}~]{1,64}")
_A_SYSTEM: Final = re.compile(r"(https?://|urn:)[!-{}~]{1,250}")


class Call(msgspec.Struct, frozen=True):
    """One hook call as the route knows it; times in milliseconds, `at` since 1970."""

    call_id: str
    service_id: str
    client: str
    mode: Mode
    at: int
    judge_ms: float
    fetch_ms: float


class Keys:
    """The keyed hashes of one request, whose ids are those of the client that sent it."""

    def __init__(self, key: SiteKey, client: str, request: HookRequest) -> None:
        self._key = key
        self._client = client
        self._request = request
        self._remembered: Remembered = {}

    @property
    def patient(self) -> str:
        """Of the patient."""
        return self._key.of("patient", self._client, self._request.patient_id)

    @property
    def user(self) -> str:
        """Of the user."""
        return self._key.of("user", self._client, self._request.user_id)

    def order(self, order_id: str) -> str:
        """Of an order by its id; empty for one without."""
        return self._key.of("order", self._client, self._request.patient_id, order_id)

    def states(self, order_id: str, members: Mapping[str, msgspec.Raw]) -> tuple[str, ...]:
        """Of an order as it stands, for this user, under every key of the site, the one in force first.

        None for an order without an id or a study: it cannot be known again.
        """
        named = self._named(order_id, members)
        return self._key.every("state", *named) if named else ()

    def state(self, order_id: str, members: Mapping[str, msgspec.Raw]) -> str:
        """As `states`, under the key in force; empty for none."""
        named = self._named(order_id, members)
        return self._key.of("state", *named) if named else ""

    def _named(self, order_id: str, members: Mapping[str, msgspec.Raw]) -> tuple[str, ...]:
        state = state_of(members, self._remembered) if order_id else ""
        request = self._request
        return (self._client, request.patient_id, request.user_id, order_id, state) if state else ()


def consultations_of(
    evaluation: Evaluation, request: HookRequest, call: Call, *, key: SiteKey, site: Site
) -> tuple[Consultation, ...]:
    """A row for each order that was judged, recognized or not, and one for the chart where it got a card."""
    trace, decision = evaluation.trace, evaluation.trace.decision
    if decision is None or trace.facts is None:
        return ()
    keys = Keys(key, call.client, request)
    judged = [judgment for judgment in decision.judgments if judgment.is_judged]
    cards = _cards_by_row(evaluation.answer, decision, _complement_of(site), keys)
    edition = site.knowledge.edition.label
    shared = {**_of_call(request, call, keys), "edition": edition, **_of_chart(trace, decision, trace.facts)}
    drafts = {draft.index: draft for draft in request.drafts}
    rows = [
        Consultation(
            **shared,
            **_of_order(judgment, drafts[judgment.order.index], keys),
            consult_id=evaluation.answer.consult_ids[judgment.order.index].removeprefix("urn:uuid:"),
            is_held_back=judgment.order.index in decision.held_back,
            cards=tuple(cards.get(judgment.order.index, ())),
        )
        for judgment in judged
    ]
    if about_chart := cards.get(Subject.CHART):
        rows.append(Consultation(**shared, **_OF_NO_ORDER, id=_new_id(), cards=tuple(about_chart)))
    return tuple(rows)


def _of_call(request: HookRequest, call: Call, keys: Keys) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(call),
        "hook_instance": uuid_or_none(request.hook_instance) or "",
        "hook": request.hook.value,
        "patient_key": keys.patient,
        "user_key": keys.user,
    }


def _of_chart(trace: Trace, decision: Decision, facts: HemoptysisFacts) -> dict[str, Any]:
    classification = decision.classification
    return {
        "topic": classification.topic,
        "variants": tuple(variant.value for variant in classification.plausible),
        "alert": classification.alert,
        "severity": classification.severity,
        "recurrence": classification.recurrence,
        "evidence": (
            *dict.fromkeys(f"{e.rule}:{e.effect}" for e in classification.evidence),
            *_silenced(decision),
        ),
        "cautions": tuple(dict.fromkeys(caution.id.value for caution in decision.cautions)),
        "missing": tuple(_kinds(facts, Availability.UNAVAILABLE, Availability.FAILED)),
        "unreadable": tuple(_kinds(facts, Availability.INCOMPLETE)),
        "unread": tuple(_unread(trace, facts)),
    }


def _silenced(decision: Decision) -> Iterator[str]:
    """What would have said something here, had the site not switched it off."""
    return (f"{silenced}:silenced" for silenced in sorted(decision.silenced))


def _of_order(judgment: Judgment, draft: DraftOrder, keys: Keys) -> dict[str, Any]:
    order = judgment.order
    is_unmapped = judgment.outcome == "not-recognized"
    return {
        "id": _new_id(),
        "order_key": keys.order(order.id),
        "state_key": keys.state(order.id, draft.members),
        "order_index": order.index,
        "recognition": order.recognition,
        "procedure": order.procedure,
        "outcome": judgment.outcome,
        "category": judgment.category.value if judgment.category else "",
        "categories": tuple(f"{v.value}={category.value}" for v, category in judgment.categories.items()),
        "unmapped": tuple(_recordable(codes_of(draft.members))) if is_unmapped else (),
    }


_OF_NO_ORDER: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("consult_id", "order_key", "state_key", "recognition", "procedure", "outcome"), ""),
    "category": "",
    "order_index": int(Subject.CHART),
}


def _cards_by_row(
    answer: Reply, decision: Decision, complement: str, keys: Keys
) -> dict[int, list[ShownCard]]:
    """The cards of each row: the alert is with the first order that was judged, else with the chart."""
    judged = {judgment.order.index: judgment for judgment in decision.judgments if judgment.is_judged}
    rows: dict[int, list[ShownCard]] = {}
    for about, card in zip(answer.about, answer.response.cards, strict=True):
        if about == Subject.ALERT:
            row, kind, studies = min(judged, default=int(Subject.CHART)), "alert", decision.alert_studies
        elif about == Subject.CHART:
            row, kind, studies = about, "chart", decision.initial_studies
        else:
            row, kind, studies = about, "order", judged[about].alternatives
        beside = complement if kind == "order" else ""
        offered = _offered(card, [study.procedure for study in studies], beside)
        suggestions = tuple(_suggested(each, study, keys) for each, study in offered)
        shown = ShownCard(card.uuid, cast(CardKind, kind), card.indicator, suggestions)
        rows.setdefault(row, []).append(shown)
    return rows


def _offered(card: Card, studies: Sequence[str], complement: str) -> Iterator[tuple[Suggestion, str]]:
    """Each choice with its study: they stand in the order of the studies, and what is created is beside."""
    named = iter(studies)
    for suggestion in card.suggestions:
        is_beside = complement and suggestion.actions[0].type == CREATE
        yield suggestion, complement if is_beside else next(named)


def _complement_of(site: Site) -> str:
    """The only study that is offered beside an order (BEHAVIOUR 6): the chest radiograph."""
    return next(iter(rated_with(site, Modality.RADIOGRAPHY))).id


def _suggested(suggestion: Suggestion, study: str, keys: Keys) -> ShownSuggestion:
    members = members_of(suggestion.actions[0].resource) or {}
    order_id = text_in(decoded(members["id"], str)) if "id" in members else ""
    taken = keys.state(order_id, members)
    return ShownSuggestion(suggestion.uuid, study, taken, suggestion.is_recommended)


def _kinds(facts: HemoptysisFacts, *states: Availability) -> Iterator[str]:
    return (kind.value for kind, state in facts.availability.items() if state in states)


def _unread(trace: Trace, facts: HemoptysisFacts) -> Iterator[str]:
    """The codes of Observations that were not understood: set aside at the door, or read in vain."""
    gathered = trace.gathered
    if gathered is None or not facts.not_understood:
        return
    references = {reference for _, reference, _ in facts.not_understood}
    aside = (each for _, each, _ in gathered.set_aside if reference_to(each) in references)
    read = (gathered.target(reference_from(reference)) for reference in sorted(references))
    found = (each for each in (*aside, *read) if isinstance(each, Observation))
    yield from _recordable(code for each in found for code in _codes_in(each))


def _codes_in(observation: Observation) -> Iterator[tuple[str, str]]:
    for coding in observation.code.coding if observation.code else ():
        yield text_in(coding.system), text_in(coding.code)


def _recordable(codes: Iterable[tuple[str, str]]) -> Iterator[str]:
    """`system|code`, each once, of what looks like a code; CAUTION: all else may be the chart's own words."""
    looks = (f"{s}|{c}" for s, c in codes if _A_SYSTEM.fullmatch(s) and _A_CODE.fullmatch(c))
    return islice(dict.fromkeys(looks), MOST_CODES)


def _new_id() -> str:
    return str(uuid4())
