"""The reference page of the rules: from a sentence on a card to its rule, and back."""

import re
from collections.abc import Iterable

from cds_service.cards import texts
from cds_service.clinical.decision import Effect
from cds_service.clinical.rules import CAUTIONS_REST_ON, RULES, Rule
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept
from tests.clinical.chart import knowledge
from tests.clinical.decision_table import table

_INTRODUCTION = (
    "# Rules\n\n"
    "Written by `make docs` from `cds_service/clinical/rules.py` and `cds_service/cards/texts.py`: "
    "do not edit. "
    "Every rule that gives evidence, and every caution: its id, as `explain` prints it; what it says; "
    "the numbers and code lists it rests on, with their sources; "
    "and the sentences that it can put on a card. "
    "`…` stands for what is charted. How the rules work together: [behavior](behaviour.md). "
    "Chart by chart: [decision table](decision-table.md). "
    "The words of each source: [sources](../explanation/sources.md)."
)
_EVIDENCE = "What the evidence does: the words in brackets stand behind the arrow on the card.\n\n"
_CAUTIONS = (
    "A caution never changes a category. Its text and source are those of `knowledge/data/cautions.toml`.\n\n"
)
_DEFINITIONS = "A project default is a decision of this project, from no guideline.\n\n"
_EFFECTS = {
    Effect.PROVES_MASSIVE: "proves massive",
    Effect.KEEPS_MASSIVE_PLAUSIBLE: "keeps massive plausible",
    Effect.RULES_OUT_MASSIVE: "rules massive out",
    Effect.PROVES_RECURRENCE: "proves recurrence",
    Effect.KEEPS_RECURRENCE_PLAUSIBLE: "keeps recurrence plausible",
    Effect.RAISES_ALERT: "raises the alert",
    Effect.SHOWN_ONLY: "is shown only",
}


def rule_book() -> str:
    """The whole page."""
    parts = (
        _INTRODUCTION,
        "## Evidence\n\n" + _EVIDENCE + "\n\n".join(_rule(rule) for rule in RULES),
        "## Cautions\n\n" + _CAUTIONS + "\n\n".join(_caution(caution) for caution in CautionId),
        "## Definitions\n\n" + _DEFINITIONS + _definitions(),
    )
    return "\n\n".join(parts) + "\n"


def _rule(rule: Rule) -> str:
    effects = (f"{_EFFECTS[e]} ({said})" if (said := texts.EFFECT[e]) else _EFFECTS[e] for e in rule.effects)
    functions = (f"`{function.__module__}.{function.__name__}`" for function in rule.applied_by)
    concepts = roles_of_high_risk() if rule.is_high_risk else rule.concepts
    rows = (
        ("Effect", "; ".join(effects)),
        *_rests_on(rule.definitions, concepts),
        ("Applied by", ", ".join(functions)),
        ("On a card", _sentences(texts.SENTENCES_OF_RULE[rule.id])),
    )
    return f"### `{rule.id}`\n\n{texts.RULE[rule.id]}\n\n{_rows(rows)}"


def _caution(caution: CautionId) -> str:
    known = knowledge().cautions[caution]
    definitions, concepts = CAUTIONS_REST_ON[caution]
    rows = (
        ("Bears on", known.applies_to),
        ("Source", f"`{known.source}`, {known.locator}"),
        *_rests_on(definitions, concepts),
        ("Applied by", "`cds_service.clinical.cautions.cautions_for`"),
        ("On a card", _sentences(texts.SENTENCES_OF_CAUTION[caution])),
    )
    return f"### `{caution}`\n\n**{known.title}.** {known.text}\n\n{_rows(rows)}"


def _rests_on(definitions: Iterable[DefinitionId], concepts: Iterable[Concept]) -> Iterable[tuple[str, str]]:
    numbers = [f"[`{definition}`](#definitions)" for definition in definitions]
    lists = [f"`{concept}`" for concept in concepts]
    yield from (("Definitions", ", ".join(numbers)),) if numbers else ()
    yield from (("Code lists", ", ".join(lists)),) if lists else ()


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {text}" for name, text in rows)


def _sentences(sentences: Iterable[str]) -> str:
    return "; ".join(f"“{shown(sentence)}”" for sentence in sentences)


def shown(sentence: str) -> str:
    """A sentence of the texts with `…` for each place to fill."""
    return re.sub(r"\{\w*\}", "…", sentence)


def _definitions() -> str:
    header = ("Definition", "Value", "Basis", "Source")
    known = (knowledge().definitions[definition] for definition in DefinitionId)
    rows = (
        (f"`{d.id}`", f"{d.comparison} {d.value} {d.unit}", d.basis, f"`{d.source}`, {d.locator}")
        for d in known
    )
    return table(header, rows)


def roles_of_high_risk() -> tuple[Concept, ...]:
    """The concepts that the manifest of the code lists gives the role."""
    terminology = knowledge().terminology
    return tuple(concept for concept in Concept if terminology.has_role(concept, "high-risk"))
