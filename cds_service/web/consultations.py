"""From an evaluation to what the record holds of it: kinds and codes, keyed hashes, nothing of the chart."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import msgspec

from cds_service.cards.build import Reply, Subject
from cds_service.cards.site import Site, rated_with
from cds_service.cards.suggestions import CREATE, code_for_hemoptysis
from cds_service.cds_hooks.order_state import OrderSays, codes_of, id_of_order, said_by, said_by_code
from cds_service.cds_hooks.raw_json import text_in
from cds_service.cds_hooks.request import DraftOrder, HookRequest, reference_from
from cds_service.cds_hooks.response import URN, Card, Suggestion
from cds_service.clinical.decision import Alternative, Decision, Judgment
from cds_service.clinical.facts import Availability, HemoptysisFacts
from cds_service.evaluate import Evaluation, Trace
from cds_service.fhir.resources import Observation, reference_to
from cds_service.knowledge.model import Modality
from cds_service.random_uuids import new_uuid
from cds_service.records.consultation import CardKind, Consultation, Mode, ShownCard, ShownSuggestion
from cds_service.records.site_key import SiteKey, derived
from cds_service.trust.clients import TrustedClient
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

    def __init__(self, key: SiteKey, client: TrustedClient, request: HookRequest) -> None:
        self.client = client
        self.request = request
        self._key = key
        self.drafts = {draft.index: draft for draft in request.drafts}
        self._said: dict[int, OrderSays] = {}
        self._keyed: dict[tuple[str, tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}

    @property
    def patient(self) -> str:
        """Of the patient."""
        return self._key.of("patient", self.client.name, self.request.patient_id)

    @property
    def user(self) -> str:
        """Of the user."""
        return self._key.of("user", self.client.name, self.request.user_id)

    def order(self, order_id: str) -> str:
        """Of an order by its id; empty for one without."""
        return self._key.of("order", self.client.name, self.request.patient_id, order_id)

    def said_by(self, draft: DraftOrder) -> OrderSays:
        """What an order of the request says, which is read once."""
        if draft.index not in self._said:
            self._said[draft.index] = said_by(draft.members)
        return self._said[draft.index]

    def state(self, draft: DraftOrder, procedure: str) -> str:
        """Of an order as it stands and is read, for this user.

        Empty for one without id or study: it is like no other.
        """
        said = self.said_by(draft)
        if not (draft.id and said.study):
            return ""
        return derived(self._as_said(draft.id, said)[0], "state", procedure, *said.study)

    def taken(self, order_id: str, procedure: str, said: OrderSays) -> str:
        """Of an order that has become this study, details and reasons being those that are said."""
        return derived(self._as_said(order_id, said)[0], "taken", procedure) if order_id else ""

    def quiet(self, draft: DraftOrder, procedure: str) -> tuple[str, ...]:
        """As `state` and as `taken`, for an order that is now of this study, under every key of the site."""
        said = self.said_by(draft)
        if not (draft.id and said.study):
            return ()
        as_said = self._as_said(draft.id, said)
        keys = tuple([derived(each, "state", procedure, *said.study) for each in as_said])
        return keys + tuple([derived(each, "taken", procedure) for each in as_said if procedure])

    def _as_said(self, order_id: str, said: OrderSays) -> tuple[str, ...]:
        """Of an order with these details and reasons for this user, whatever its study; under every key."""
        named = (order_id, said.details, said.reasons)
        if named not in self._keyed:
            who = (self.client.name, self.request.patient_id, self.request.user_id, order_id)
            self._keyed[named] = self._key.every(
                "said", *who, "with", *said.details, "for", *said.reasons, "end"
            )
        return self._keyed[named]


class NoKeys(Keys):
    """Of a request whose rows nobody looks up: nothing is hashed, and every key is empty."""

    patient = user = ""

    def said_by(self, draft: DraftOrder) -> OrderSays:
        """Nothing, so that there is no state of it either."""
        return OrderSays()

    def order(self, order_id: str) -> str:
        """Empty."""
        return ""

    def taken(self, order_id: str, procedure: str, said: OrderSays) -> str:
        """Empty."""
        return ""


def consultations_of(
    evaluation: Evaluation, call: Call, keys: Keys, *, site: Site
) -> tuple[Consultation, ...]:
    """A row for each order that was judged, recognized or not, and one for the chart where it got a card."""
    trace, decision, answer = evaluation.trace, evaluation.trace.decision, evaluation.answer
    if decision is None or trace.facts is None:
        return ()
    judged = {each.order.index: each for each in decision.judgments if each.is_judged}
    cards = _cards_by_row(answer, decision, judged, keys, site)
    shared = {
        **_of_call(call, keys),
        **_of_chart(trace, decision, trace.facts),
        "edition": site.knowledge.edition.label,
    }
    rows = [
        Consultation(
            **shared,
            **_of_order(judgment, draft, keys),
            consult_id=answer.consult_ids[draft.index].removeprefix(URN),
            is_held_back=draft.index in decision.held_back,
            cards=tuple(cards.get(draft.index, ())),
        )
        for draft in keys.request.drafts
        if (judgment := judged.get(draft.index))
    ]
    if about_chart := cards.get(Subject.CHART):
        rows.append(Consultation(**shared, **_OF_NO_ORDER, id=new_uuid(), cards=tuple(about_chart)))
    return tuple(rows)


def _of_call(call: Call, keys: Keys) -> dict[str, Any]:
    request = keys.request
    return {
        **msgspec.structs.asdict(call),
        "hook_instance": uuid_or_none(request.hook_instance) or "",
        "hook": request.hook,
        "patient_key": keys.patient,
        "user_key": keys.user,
    }


def _of_chart(trace: Trace, decision: Decision, facts: HemoptysisFacts) -> dict[str, Any]:
    """The words are joined by `+`: in an f-string an enumeration takes thrice as long."""
    classification, availability = decision.classification, facts.availability.items()
    return {
        "topic": classification.topic,
        "variants": classification.plausible,
        "alert": classification.alert,
        "severity": classification.severity,
        "recurrence": classification.recurrence,
        "evidence": (
            *dict.fromkeys([e.rule + ":" + e.effect for e in classification.evidence]),
            *[f"{silenced}:silenced" for silenced in sorted(decision.silenced)],
        ),
        "cautions": tuple(dict.fromkeys([caution.id for caution in decision.cautions])),
        "missing": tuple([kind for kind, state in availability if state in _MISSING]),
        "unreadable": tuple([kind for kind, state in availability if state is Availability.INCOMPLETE]),
        "unread": tuple(_unread(trace, facts)),
    }


_MISSING: Final = (Availability.UNAVAILABLE, Availability.FAILED)


def _of_order(judgment: Judgment, draft: DraftOrder, keys: Keys) -> dict[str, Any]:
    order = judgment.order
    is_unmapped = judgment.outcome == "not-recognized"
    return {
        "id": new_uuid(),
        "order_key": keys.order(order.id),
        "state_key": keys.state(draft, order.procedure),
        "order_index": order.index,
        "recognition": order.recognition,
        "procedure": order.procedure,
        "outcome": judgment.outcome,
        "category": judgment.category or "",
        "categories": tuple([variant + "=" + category for variant, category in judgment.categories.items()]),
        "unmapped": tuple(_recordable(codes_of(draft.members))) if is_unmapped else (),
    }


_OF_NO_ORDER: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("consult_id", "order_key", "state_key", "recognition", "procedure", "outcome"), ""),
    "category": "",
    "order_index": int(Subject.CHART),
}


def _cards_by_row(
    answer: Reply, decision: Decision, judged: Mapping[int, Judgment], keys: Keys, site: Site
) -> dict[int, list[ShownCard]]:
    """The cards of each row: the alert is with the first order that was judged, else with the chart."""
    rows: dict[int, list[ShownCard]] = {}
    kind: CardKind
    for about, card in zip(answer.about, answer.response.cards, strict=True):
        if about == Subject.ALERT:
            row, kind, studies = min(judged, default=int(Subject.CHART)), "alert", decision.alert_studies
        elif about == Subject.CHART:
            row, kind, studies = about, "chart", decision.initial_studies
        else:
            row, kind, studies = about, "order", judged[about].alternatives
        suggestions = [
            ShownSuggestion(each.uuid, study, _taken(each, study, about, keys, site), each.is_recommended)
            for each, study in _offered(card, kind, studies, site)
        ]
        rows.setdefault(row, []).append(ShownCard(card.uuid, kind, card.indicator, tuple(suggestions)))
    return rows


def _offered(
    card: Card, kind: CardKind, studies: Sequence[Alternative], site: Site
) -> Iterator[tuple[Suggestion, str]]:
    """Each choice with its study: they stand in the order of the studies.

    What the card of an order creates is the complement beside them.
    """
    named = iter(studies)
    for suggestion in card.suggestions:
        is_beside = kind == "order" and suggestion.actions[0].type == CREATE
        yield suggestion, _complement_of(site) if is_beside else next(named).procedure


def _taken(suggestion: Suggestion, study: str, about: int, keys: Keys, site: Site) -> str:
    """The key of the order that a choice writes: the one that its card is about, or a new one."""
    action = suggestion.actions[0]
    if action.type == CREATE:
        order_id, said = id_of_order(action.resource), OrderSays()
    else:
        draft = keys.drafts[about]
        order_id, said = draft.id, keys.said_by(draft)
    if not said.reasons:
        said = OrderSays(details=said.details, reasons=_reasons_given_by(site))
    return keys.taken(order_id, study, said)


@lru_cache(maxsize=64)
def _reasons_given_by(site: Site) -> tuple[str, ...]:
    """What an order says whose reason is the one that this service gives."""
    return said_by_code(code_for_hemoptysis(site))


@lru_cache(maxsize=64)
def _complement_of(site: Site) -> str:
    """The only study that is offered beside an order (BEHAVIOUR 6): the chest radiograph."""
    return next(iter(rated_with(site, Modality.RADIOGRAPHY))).id


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
