"""The reference page of the rules: from a sentence on a card to its rule, and back."""

from collections.abc import Iterable

from cds_service.knowledge.definitions import DefinitionId
from cds_service.web.rule_book import RuleEntry, cautions_in_words, rules_in_words
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


def rule_book() -> str:
    """The whole page."""
    parts = (
        _INTRODUCTION,
        "## Evidence\n\n" + _EVIDENCE + "\n\n".join(_rule(rule) for rule in rules_in_words(knowledge())),
        "## Cautions\n\n"
        + _CAUTIONS
        + "\n\n".join(_caution(caution) for caution in cautions_in_words(knowledge())),
        "## Definitions\n\n" + _DEFINITIONS + _definitions(),
    )
    return "\n\n".join(parts) + "\n"


def _rule(rule: RuleEntry) -> str:
    effects = (f"{effect} ({said})" if said else effect for effect, said in rule.effects)
    rows = (
        ("Effect", "; ".join(effects)),
        *_rests_on(rule),
        ("Applied by", _in_code(rule.applied_by)),
        ("On a card", _sentences(rule.sentences)),
    )
    return f"### `{rule.id}`\n\n{rule.text}\n\n{_rows(rows)}"


def _caution(caution: RuleEntry) -> str:
    rows = (
        ("Bears on", caution.bears_on),
        ("Source", f"`{caution.source}`, {caution.locator}"),
        *_rests_on(caution),
        ("Applied by", _in_code(caution.applied_by)),
        ("On a card", _sentences(caution.sentences)),
    )
    return f"### `{caution.id}`\n\n**{caution.title}.** {caution.text}\n\n{_rows(rows)}"


def _rests_on(entry: RuleEntry) -> Iterable[tuple[str, str]]:
    numbers = [f"[`{definition}`](#definitions)" for definition in entry.definitions]
    yield from (("Definitions", ", ".join(numbers)),) if numbers else ()
    yield from (("Code lists", _in_code(entry.concepts)),) if entry.concepts else ()


def _in_code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {text}" for name, text in rows)


def _sentences(sentences: Iterable[str]) -> str:
    return "; ".join(f"“{sentence}”" for sentence in sentences)


def _definitions() -> str:
    header = ("Definition", "Value", "Basis", "Source")
    known = (knowledge().definitions[definition] for definition in DefinitionId)
    rows = (
        (f"`{d.id}`", f"{d.comparison} {d.value} {d.unit}", d.basis, f"`{d.source}`, {d.locator}")
        for d in known
    )
    return table(header, rows)
