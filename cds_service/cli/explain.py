"""Every step from a request to its answer, printed for a person."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cds_service.clinical.decision import Decision, Evidence, Judgement
from cds_service.clinical.facts import HemoptysisFacts
from cds_service.evaluate import Evaluation, Trace
from cds_service.knowledge.model import Knowledge
from cds_service.support.captures import printable


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
    for judgement in trace.decision.judgements:
        _section(console, f"Order {judgement.order.index + 1}", _judgement_lines(judgement, knowledge))
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
    table = _table("Draft orders", "#", "study", "recognised", "reason", "asked about")
    for order in trace.orders:
        asked = "yes" if order.index in trace.judged else "no"
        study = order.procedure or printable(order.title)
        table.add_row(str(order.index + 1), study, order.recognition.value, order.reason.kind.value, asked)
    return table


def _entries_table(trace: Trace) -> Table:
    table = _table("Entries read", "prefetch key", "resource", "kind", "used", "why")
    for entry in trace.entries:
        resource = printable(f"{entry.resource_type}/{entry.id}")
        kind = entry.kind.value if entry.kind else "-"
        table.add_row(printable(entry.key), resource, kind, "yes" if entry.is_used else "no", entry.why)
    return table


def _data_lines(facts: HemoptysisFacts) -> Iterable[str]:
    for kind, availability in facts.availability.items():
        yield f"{kind.value}: {availability.value}"
    for kind, count in facts.unreadable.items():
        yield f"could not be read in {kind.value}: {count}"
    for reason, count in facts.dropped.items():
        yield f"left out, {reason}: {count}"


def _evidence_lines(decision: Decision, knowledge: Knowledge) -> Iterable[str]:
    for evidence in decision.classification.evidence:
        parts = (evidence.when.written, ", ".join(evidence.references), _definition(evidence, knowledge))
        yield f"{evidence.rule.value}, {evidence.effect.value}: {evidence.finding}"
        yield from (f"  {part}" for part in parts if part)


def _definition(evidence: Evidence, knowledge: Knowledge) -> str:
    if evidence.definition is None:
        return ""
    definition = knowledge.definitions[evidence.definition]
    limit = f"{definition.id} {definition.comparison.value} {definition.value} {definition.unit}"
    return f"{limit} ({definition.basis.value}, {definition.source})"


def _classification_lines(decision: Decision) -> Iterable[str]:
    classification = decision.classification
    yield f"plausible variants: {', '.join(classification.plausible)}"
    yield f"massive: {classification.severity.value}; recurrence: {classification.recurrence.value}"
    yield f"age group: {classification.age_group.value}"
    if classification.to_record:
        yield f"would settle it: {', '.join(classification.to_record)}"


def _judgement_lines(judgement: Judgement, knowledge: Knowledge) -> Iterable[str]:
    yield f"outcome: {judgement.outcome.value}; indication: {judgement.indication.value}"
    for variant, category in judgement.categories.items():
        rating = knowledge.ratings[variant, judgement.order.procedure]
        yield f"{variant.value}: {category.value} (source {rating.source}, {rating.locator})"
    if judgement.alternatives:
        yield f"alternatives: {', '.join(a.procedure for a in judgement.alternatives)}"
    if judgement.named_instead:
        yield f"named, not offered: {', '.join(judgement.named_instead)}"


def _caution_lines(decision: Decision, knowledge: Knowledge) -> Iterable[str]:
    for caution in decision.cautions.found:
        text = knowledge.cautions[caution.id]
        yield f"{caution.id.value}: {caution.finding} (source {text.source})"
    if decision.cautions.not_assessed:
        yield f"not assessed: {', '.join(decision.cautions.not_assessed)}"


def _table(title: str, *columns: str) -> Table:
    heads = (Column(name, overflow="fold") for name in columns)
    return Table(*heads, title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
