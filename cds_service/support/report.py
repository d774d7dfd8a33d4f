"""The report on a captured request, line by line, without ids, free text and values of the chart.

Codes and their systems stand in it as they came, since they are what is to be mapped; of their displays and
of the texts beside them only the words that the knowledge lists.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from cds_service.cds_hooks.raw_json import decoded, is_null
from cds_service.cds_hooks.request import Hook, HookRequest
from cds_service.cds_hooks.response import Card, rating_of
from cds_service.clinical.facts import ImagingOrder, Kind, Recognition
from cds_service.evaluate import Evaluation, orders_to_judge
from cds_service.fhir.before.quantities import measure_from_text
from cds_service.fhir.before.resources import Order
from cds_service.fhir.before.studies import code_of_study
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Coding, ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.support.anonymise.stand_ins import type_shown
from cds_service.support.anonymise.words import UNTOLD, WordFilter, word_filter_from
from cds_service.support.captures import printable
from cds_service.support.examine import Examination, ExaminedData, ExaminedEntry, ExaminedOrder
from cds_service.support.validate import Invalidity

_UNKNOWN_PROCEDURE = "PROCEDURE"


_MOST_INVALIDITIES = 12


def report_on(examination: Examination, knowledge: Knowledge) -> Iterator[str]:
    """The report; each section is a title and indented lines."""
    words = word_filter_from(knowledge)
    yield from _refusal_lines(examination)
    if examination.data is not None:
        yield from _section("Request", _request_lines(examination.data))
        if examination.data.request.hook is not Hook.PATIENT_VIEW:
            yield from _section("Draft orders", _order_lines(examination.data, words))
            yield from _section("Selections", _selection_lines(examination.data.request))
        yield from _section("Prefetch", _prefetch_lines(examination.data))
        yield from _section("Data", _kind_lines(examination.data))
    if examination.evaluation is not None:
        yield from _section("Answer", _answer_lines(examination.evaluation))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield title
    yield from (f"  {printable(line)}" for line in lines)
    yield ""


def _refusal_lines(examination: Examination) -> Iterator[str]:
    if not examination.refusals:
        return
    lines = [f"{error.status} {error.issue_code}: {error.message}" for error in examination.refusals]
    if examination.data is not None and examination.evaluation is None:
        lines.append("What follows is all that could be read.")
    yield from _section("Refused", lines)


def _request_lines(data: ExaminedData) -> Iterator[str]:
    yield f"hook: {data.request.hook.value}"
    now = " (now; with --at as of the call, for data that were current then)" if data.is_judged_now else ""
    yield f"judged at: {data.judged_at.isoformat(timespec='seconds')}{now}"
    if data.request.access is None:
        yield "FHIR server: none that could be read"
    else:
        token = "a token" if data.request.access.token else "no token"
        yield f"FHIR server: named, with {token}; not asked here, so what it would add is missing below"
    yield from (f"note: {note}" for note in data.request.notes)


# --- orders --------------------------------------------------------------------------------------------


def _order_lines(data: ExaminedData, words: WordFilter) -> Iterator[str]:
    if not data.orders:
        yield "none"
    judged = orders_to_judge(data.request, [examined.order for examined in data.orders])
    for examined in data.orders:
        asked = "asked about" if examined.order.index in judged else "not asked about"
        yield f"{examined.order.index + 1}. {_type(examined.draft.resource_type)}, {asked}"
        yield from (f"   {line}" for line in _about_order(examined, words))


def _type(resource_type: str) -> str:
    return type_shown(resource_type) if resource_type else "no type"


def _about_order(examined: ExaminedOrder, words: WordFilter) -> Iterator[str]:
    order = examined.order
    by_name = f' "{_shown(words, order.matched_name)}"' if order.matched_name else ""
    yield f"study: {order.procedure or 'none'} ({order.recognition.value}{by_name})"
    if order.other_procedures:
        yield f"other codes of it mean: {', '.join(order.other_procedures)}"
    yield from _code_lines(examined, words)
    if order.recognition is not Recognition.NOT_CHEST_IMAGING:
        found = "; ".join(_concept(match) for match in order.reason.matches)
        yield f"reason: {order.reason.kind.value}{f' ({found})' if found else ''}"
        yield f"can carry actions: {'yes' if order.can_carry_actions else 'no'}"
    yield from _invalidity_lines(examined.invalidities)


def _concept(match: ConceptMatch) -> str:
    by_text = f' by the words "{match.by_text}"' if match.by_text else ""
    return f"{match.concept.value} {match.certainty.value}{by_text}"


def _code_lines(examined: ExaminedOrder, words: WordFilter) -> Iterator[str]:
    terminology = words.knowledge.terminology
    read = decoded(examined.draft.raw, Order)
    coded = code_of_study(read.code, terminology) if read else None
    if coded is None or coded.is_empty:
        yield "code: none"
        return
    if not coded.codings:
        yield f'code: none; named "{_shown(words, coded.label)}"'
    for coding in coded.codings:
        written = f"{coding.system or '(no system)'} | {coding.code}{_display(coding, words)}"
        yield f"code: {written}: {_meaning(coding, terminology)}"
    unmapped = [coding for coding in coded.codings if _is_unmapped(coding, terminology)]
    if unmapped and examined.order.recognition is not Recognition.NOT_CHEST_IMAGING:
        yield "to map it, add to the file of CDS_ORDER_CODES:"
        for coding in unmapped:
            display = _shown(words, coding.display or coded.label)
            yield f"  {_csv_line(coding, display, examined.order)}"


def _shown(words: WordFilter, text: str) -> str:
    """The words of a text that say which study it is; the filter keeps an amount, which is hidden here."""
    cleaned = words.cleaned(text)
    return UNTOLD if measure_from_text(cleaned) else cleaned


def _display(coding: Coding, words: WordFilter) -> str:
    return f' "{_shown(words, coding.display)}"' if coding.display else ""


def _meaning(coding: Coding, terminology: Terminology) -> str:
    if known := terminology.order_code(coding):
        return known.procedure
    return "known, no imaging" if terminology.is_not_imaging(coding) else "not mapped"


def _is_unmapped(coding: Coding, terminology: Terminology) -> bool:
    return not (terminology.order_code(coding) or terminology.is_not_imaging(coding)) and bool(coding.system)


def _csv_line(coding: Coding, display: str, order: ImagingOrder) -> str:
    """A line of the map to fill in: the procedure only if the order says it by name."""
    line = io.StringIO()
    row = (coding.system, coding.code, order.procedure or _UNKNOWN_PROCEDURE, printable(display), "no")
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()


def _selection_lines(request: HookRequest) -> Iterator[str]:
    if request.selections is None:
        yield "none sent: every draft order is meant"
        return
    if not request.selections:
        yield "empty: no draft order is meant"
    for number, chosen in enumerate(request.selections, start=1):
        meant = [d for d in request.drafts if d.id and chosen.is_to(d.resource_type, d.id)]
        orders = " and ".join(f"draft order {draft.index + 1}" for draft in meant)
        yield f"{number}. {orders or 'matches no draft order'}"


# --- prefetch ------------------------------------------------------------------------------------------


def _prefetch_lines(data: ExaminedData) -> Iterator[str]:
    if not data.request.prefetch:
        yield "none"
        return
    by_key = {key: list(entries) for key, entries in groupby(data.entries, lambda entry: entry.key)}
    own = list(Kind)
    for key, raw in data.request.prefetch.items():
        foreign = "" if key in own else " (not a key of discovery: recognised by content)"
        yield f"{key}{foreign}{': null, nothing there' if is_null(raw) else ''}"
        yield from (f"  {remark}" for remark in data.remarks.get(key, ()))
        for entry in by_key.get(key, []):
            yield from _entry_lines(entry)
    if not data.entries:
        return
    valid = sum(not entry.invalidities for entry in data.entries)
    yield f"strict R4B: {valid} of {len(data.entries)} are valid (this service reads the others too)"


def _entry_lines(entry: ExaminedEntry) -> Iterator[str]:
    name = f"{entry.held.place} {_type(entry.held.type)}".lstrip()
    yield f"  {name}: {_use(entry)}"
    yield from (f"    {line}" for line in _invalidity_lines(entry.invalidities))


def _use(entry: ExaminedEntry) -> str:
    if entry.read is None:
        return "opened" if entry.held.type == "Bundle" else "no data of the patient"
    kind = entry.read.kind.value if entry.read.kind else "nothing that is read"
    return f"used as {kind}" if entry.read.is_used else f"taken for {kind}, not used: {entry.read.why}"


def _invalidity_lines(invalidities: tuple[Invalidity, ...]) -> Iterator[str]:
    yield from (f"R4B: {fault}" for fault in invalidities[:_MOST_INVALIDITIES])
    if len(invalidities) > _MOST_INVALIDITIES:
        yield f"R4B: and {len(invalidities) - _MOST_INVALIDITIES} more"


def _kind_lines(data: ExaminedData) -> Iterator[str]:
    used = Counter(entry.kind for entry in data.gathered.entries if entry.is_used)
    for kind, availability in data.facts.availability.items():
        unreadable = data.facts.unreadable.get(kind, 0)
        more = f", {unreadable} could not be read" if unreadable else ""
        yield f"{kind.value}: {availability.value}, {used[kind]} used{more}"
    yield from (f"left out, {reason}: {count}" for reason, count in data.facts.dropped.items())
    yield from (f"note: {note}" for note in data.gathered.notes)


# --- answer --------------------------------------------------------------------------------------------


def _answer_lines(evaluation: Evaluation) -> Iterator[str]:
    decision = evaluation.trace.decision
    if decision is not None:
        yield f"topic: {decision.classification.topic}"
        for judgement in decision.judgements:
            yield f"order {judgement.order.index + 1}: {judgement.outcome.value}"
    for card in evaluation.response.cards:
        yield f"card, {card.indicator}: {_topic(card)}"
        yield from (f"  [{suggestion.label}]" for suggestion in card.suggestions)
    if not evaluation.response.cards:
        yield "no card"
    for action in evaluation.response.system_actions or ():
        yield f"rating: {rating_of(action)}"


def _topic(card: Card) -> str:
    """CAUTION: not the summary, which can tell an amount of the chart or the title of an order."""
    return card.source.topic.display if card.source.topic else "no topic"
