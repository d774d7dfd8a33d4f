"""An answer in a terminal, as a person would see it, and every step that led to it."""

from collections.abc import Iterable
from typing import ClassVar

import click
import msgspec
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from cds_service.cards.phrases import caution_text, evidence_text, kidneys_text
from cds_service.cds_hooks.response import Card, ServiceResponse, Suggestion, rating_of
from cds_service.clinical.decision import Caution, Decision, Evidence, Judgment
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.evaluate import Evaluation, Trace
from cds_service.knowledge.model import CautionId, Knowledge
from cds_service.support.captures import printable

_COLORS = {"info": "cyan", "warning": "yellow", "critical": "red"}


def print_raw(response: ServiceResponse) -> None:
    """The answer as JSON, indented; what stands in the client's own resources is not changed."""
    click.echo(msgspec.json.format(msgspec.json.encode(response), indent=2))


def print_answer(response: ServiceResponse, console: Console) -> None:
    """Each card in a frame of its color, then the ratings put on the orders."""
    if not response.cards:
        console.print("No card.")
    for card in response.cards:
        console.print(_panel(card))
    for action in response.system_actions or ():
        console.print(Text(f"Rating on the order: {rating_of(action)} ({action.description})"))


class _WholeTable(TableElement):
    """A table that breaks long words; CAUTION: cut off, `usually not appropriate` could lose its point."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table with every word in full."""
        for part in super().__rich_console__(console, options):
            for column in part.columns if isinstance(part, Table) else ():
                column.overflow = "fold"
            yield part


class _Detail(Markdown):
    """The Markdown of a card."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": _WholeTable}


def _panel(card: Card) -> Panel:
    color = _COLORS[card.indicator]
    parts: list[RenderableType] = [Text(card.summary, style="bold")]
    if card.detail:
        parts += [Text(), _Detail(card.detail)]
    if card.suggestions:
        parts += [Text(), *(_button(suggestion) for suggestion in card.suggestions)]
    if card.override_reasons:
        reasons = "; ".join(reason.display for reason in card.override_reasons)
        parts += [Text(), Text(f"To go on, give a reason: {reasons}", style="dim")]
    parts += [Text(), *(Text(f"{link.label}: {link.url}", style="dim") for link in card.links)]
    title = Text(card.indicator.upper(), style=f"bold {color}")
    return Panel(Group(*parts), title=title, subtitle=Text(card.source.label), border_style=color)


def _button(suggestion: Suggestion) -> Text:
    mark = " (recommended)" if suggestion.is_recommended else ""
    return Text(f"[ {suggestion.label} ]{mark}", style="bold green")


def print_explanation(evaluation: Evaluation, knowledge: Knowledge, console: Console) -> None:
    """What was read, what was ignored and why, the evidence, the variants, the ratings, the answer."""
    trace = evaluation.trace
    _section(console, "Request", [f"judged at {trace.judged_at.isoformat()}", *trace.notes])
    _print_table(console, _orders_table(trace))
    if trace.facts is None or trace.decision is None:
        _section(console, "Decision", ["No chest imaging order to judge: no data were read, no card."])
        return
    _print_table(console, _entries_table(trace))
    _section(console, "Data", _data_lines(trace.facts))
    _section(console, "Evidence", _evidence_lines(trace.decision, knowledge))
    _section(console, "Classification", _classification_lines(trace.decision))
    for judgment in trace.decision.judgments:
        _section(console, f"Order {judgment.order.index + 1}", _judgment_lines(judgment, knowledge))
    _section(console, "Cautions", _caution_lines(trace.decision, knowledge))
    cards = [f"{card.indicator}: {card.summary}" for card in evaluation.response.cards]
    _section(console, "Cards", cards or ["none"])


def _section(console: Console, title: str, lines: Iterable[str]) -> None:
    console.print(Text(title, style="bold"))
    for line in lines:
        console.print(Text(f"  {printable(line)}"))
    console.print()


def _print_table(console: Console, table: Table) -> None:
    console.print(table)
    console.print()


def _orders_table(trace: Trace) -> Table:
    table = _table("Draft orders", "#", "study", "recognized", "reason", "asked about")
    for order in trace.orders:
        asked = "yes" if order.index in trace.judged else "no"
        study = order.procedure or printable(order.title)
        table.add_row(str(order.index + 1), study, order.recognition, order.reason.kind, asked)
    return table


def _entries_table(trace: Trace) -> Table:
    table = _table("Entries read", "prefetch key", "resource", "kind", "used", "why")
    for entry in trace.entries:
        resource = printable(f"{entry.entry.type}/{entry.entry.id}")
        kind = entry.kind.value if entry.kind else "-"
        table.add_row(printable(entry.key), resource, kind, "yes" if entry.is_used else "no", entry.why)
    return table


def _data_lines(facts: HemoptysisFacts) -> Iterable[str]:
    for kind, availability in facts.availability.items():
        yield f"{kind.value}: {availability.value}"
    for kind, count in facts.unreadable.items():
        yield f"could not be read in {kind.value}: {count}"
    for kind, reference, why in facts.not_understood:
        yield f"not understood in {kind.value}: {reference}: {why}"
    for reason, count in facts.dropped.items():
        yield f"left out, {reason}: {count}"


def _evidence_lines(decision: Decision, knowledge: Knowledge) -> Iterable[str]:
    for evidence in decision.classification.evidence:
        parts = (evidence.when.written, ", ".join(evidence.references), _definition(evidence, knowledge))
        yield f"{evidence.rule.value}, {evidence.effect.value}: {evidence_text(evidence)}"
        yield from (f"  {part}" for part in parts if part)


def _definition(evidence: Evidence, knowledge: Knowledge) -> str:
    if evidence.definition is None:
        return ""
    definition = knowledge.definitions[evidence.definition]
    limit = f"{definition.id} {definition.comparison} {definition.value} {definition.unit}"
    return f"{limit} ({definition.basis}, {definition.source})"


def _classification_lines(decision: Decision) -> Iterable[str]:
    classification = decision.classification
    yield f"plausible variants: {', '.join(classification.plausible)}"
    yield f"massive: {classification.severity}; recurrence: {classification.recurrence}"
    yield f"age group: {classification.age_group}"
    if decision.silenced:
        yield f"silenced by the site: {', '.join(sorted(decision.silenced))}"
    if classification.to_record:
        yield f"would settle it: {', '.join(classification.to_record)}"


def _judgment_lines(judgment: Judgment, knowledge: Knowledge) -> Iterable[str]:
    yield f"outcome: {judgment.outcome}; indication: {judgment.indication}"
    for variant, category in judgment.categories.items():
        rating = knowledge.ratings[variant, judgment.order.procedure]
        yield f"{variant.value}: {category.value} (source {rating.source}, {rating.locator})"
    if judgment.alternatives:
        yield f"alternatives: {', '.join(a.procedure for a in judgment.alternatives)}"
    if judgment.named_instead:
        yield f"named, not offered: {', '.join(judgment.named_instead)}"


def _caution_lines(decision: Decision, knowledge: Knowledge) -> Iterable[str]:
    for caution in decision.cautions:
        source = knowledge.cautions[caution.id].source
        yield f"{caution.id.value}: {_found(caution, knowledge)} (source {source})"
    if decision.not_assessed:
        yield f"not assessed: {', '.join(decision.not_assessed)}"
    if decision.never_charted:
        yield f"never charted: {', '.join(decision.never_charted)}"


def _found(caution: Caution, knowledge: Knowledge) -> str:
    found = caution_text(caution, knowledge)
    return f"{found}; {kidneys_text(caution)}" if caution.id is CautionId.METFORMIN else found


def _table(title: str, *columns: str) -> Table:
    heads = (Column(name, overflow="fold") for name in columns)
    return Table(*heads, title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
