"""Every rule that gives evidence, and every caution, as the page of the rules and its reference say them."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from cds_service.cards import texts
from cds_service.clinical.decision import Effect
from cds_service.clinical.rules import CAUTIONS_REST_ON, RULES, Rule
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import CautionId, Knowledge
from cds_service.knowledge.terminology.concepts import Concept

EFFECT: Final[Mapping[Effect, str]] = {
    Effect.PROVES_MASSIVE: "proves massive",
    Effect.KEEPS_MASSIVE_PLAUSIBLE: "keeps massive plausible",
    Effect.RULES_OUT_MASSIVE: "rules massive out",
    Effect.PROVES_RECURRENCE: "proves recurrence",
    Effect.KEEPS_RECURRENCE_PLAUSIBLE: "keeps recurrence plausible",
    Effect.RAISES_ALERT: "raises the alert",
    Effect.SHOWN_ONLY: "is shown only",
}
_CAUTIONS_APPLIED_BY: Final = ("cds_service.clinical.cautions.cautions_for",)


class RuleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A rule or a caution in words: what it says, does, rests on, and can put on a card.

    `title`, `bears_on`, `source` and `locator` are those of a caution; an effect stands with what the card
    says of it, which may be nothing.
    """

    id: str
    text: str
    definitions: tuple[DefinitionId, ...]
    concepts: tuple[Concept, ...]
    applied_by: tuple[str, ...]
    sentences: tuple[str, ...]
    effects: tuple[tuple[str, str], ...] = ()
    title: str = ""
    bears_on: str = ""
    source: str = ""
    locator: str = ""


def rules_in_words(knowledge: Knowledge) -> Iterator[RuleEntry]:
    """Every rule that gives evidence, in the order of the rules."""
    for rule in RULES:
        yield RuleEntry(
            id=rule.id,
            text=texts.RULE[rule.id],
            effects=tuple((EFFECT[effect], texts.EFFECT[effect]) for effect in rule.effects),
            definitions=tuple(dict.fromkeys(rule.definitions)),
            concepts=_concepts_of(rule, knowledge),
            applied_by=tuple(f"{applied.__module__}.{applied.__name__}" for applied in rule.applied_by),
            sentences=tuple(shown(sentence) for sentence in texts.SENTENCES_OF_RULE[rule.id]),
        )


def cautions_in_words(knowledge: Knowledge) -> Iterator[RuleEntry]:
    """Every caution, in their order on a card."""
    for caution in CautionId:
        known, (definitions, concepts) = knowledge.cautions[caution], CAUTIONS_REST_ON[caution]
        yield RuleEntry(
            id=caution,
            title=known.title,
            text=known.text,
            bears_on=known.applies_to,
            source=known.source,
            locator=known.locator,
            definitions=tuple(definitions),
            concepts=tuple(concepts),
            applied_by=_CAUTIONS_APPLIED_BY,
            sentences=tuple(shown(sentence) for sentence in texts.SENTENCES_OF_CAUTION[caution]),
        )


def _concepts_of(rule: Rule, knowledge: Knowledge) -> tuple[Concept, ...]:
    return roles_of_high_risk(knowledge) if rule.is_high_risk else tuple(dict.fromkeys(rule.concepts))


def shown(sentence: str) -> str:
    """A sentence of the texts with `…` for each place to fill."""
    return re.sub(r"\{\w*\}", "…", sentence)


def roles_of_high_risk(knowledge: Knowledge) -> tuple[Concept, ...]:
    """The concepts that the manifest of the code lists gives the role."""
    terminology = knowledge.terminology
    return tuple(concept for concept in Concept if terminology.has_role(concept, "high-risk"))
