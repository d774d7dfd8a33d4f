"""The report on a captured request, line by line, without ids, free text and values of the chart."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from cds_service.cds_hooks.catalog import queries_for
from cds_service.cds_hooks.raw_json import Bytes, decoded, is_null, members_of
from cds_service.cds_hooks.request import DraftOrder, Hook, HookRequest
from cds_service.cds_hooks.response import Card, rating_of
from cds_service.clinical.facts import ImagingOrder
from cds_service.evaluate import Evaluation, Trace
from cds_service.fhir.chart.availability import is_narrower
from cds_service.fhir.chart.screen import EntryRead, ScreenedValue
from cds_service.fhir.codes import UNCODED, Coded
from cds_service.fhir.orders.studies import code_of_study
from cds_service.fhir.quantities import measured_text
from cds_service.fhir.repair import repaired
from cds_service.fhir.resources import ServiceRequest
from cds_service.knowledge.kinds import KIND_BY_KEY
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Coding, ConceptMatch
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.support.anonymize.stand_ins import type_shown
from cds_service.support.anonymize.words import UNTOLD, WordFilter, word_filter_from
from cds_service.support.captures import Examination, printable
from cds_service.support.validate import invalidities_in

_UNKNOWN_PROCEDURE = "PROCEDURE"
_MOST_INVALIDITIES = 12


def report_on(examination: Examination, knowledge: Knowledge) -> Iterator[str]:
    """The report; each section is a title and indented lines.

    Codes and their systems stand in it as they came, since they are what is to be mapped; of their displays
    and of the texts beside them only the words that the knowledge lists.
    """
    words = word_filter_from(knowledge)
    yield from _refusal_lines(examination)
    request, trace = examination.request, examination.trace
    if request is not None and trace is not None:
        yield from _section("Request", _request_lines(request, trace, examination))
        if request.hook is not Hook.PATIENT_VIEW:
            yield from _section("Draft orders", _order_lines(request, trace, words))
            yield from _section("Selections", _selection_lines(request))
        yield from _section("Prefetch", _prefetch_lines(request, trace, knowledge))
        yield from _section("Data", _kind_lines(trace))
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
    if examination.request is not None and examination.evaluation is None:
        lines.append("What follows is all that could be read.")
    yield from _section("Refused", lines)


def _request_lines(request: HookRequest, trace: Trace, examination: Examination) -> Iterator[str]:
    yield f"hook: {request.hook.value}"
    is_now = examination.is_judged_now
    now = " (now; with --at as of the call, for data that were current then)" if is_now else ""
    yield f"judged at: {trace.judged_at.isoformat(timespec='seconds')}{now}"
    if request.access is None:
        yield "FHIR server: none that could be read"
    else:
        token = "a token" if request.access.token else "no token"
        yield f"FHIR server: named, with {token}; not asked here, so what it would add is missing below"
    yield from (f"note: {note}" for note in request.notes)


# --- orders --------------------------------------------------------------------------------------------


def _order_lines(request: HookRequest, trace: Trace, words: WordFilter) -> Iterator[str]:
    if not request.drafts:
        yield "none"
    for draft, order in zip(request.drafts, trace.orders, strict=True):
        asked = "asked about" if order.index in trace.judged else "not asked about"
        yield f"{order.index + 1}. {_type(draft.resource_type)}, {asked}"
        yield from (f"   {line}" for line in _about_order(draft, order, words))


def _type(resource_type: str) -> str:
    return type_shown(resource_type) if resource_type else "no type"


def _about_order(draft: DraftOrder, order: ImagingOrder, words: WordFilter) -> Iterator[str]:
    by_name = f' "{_shown(words, order.matched_name)}"' if order.matched_name else ""
    yield f"study: {order.procedure or 'none'} ({order.recognition}{by_name})"
    if order.other_procedures:
        yield f"other codes of it mean: {', '.join(order.other_procedures)}"
    yield from _code_lines(_code_of(draft, words.knowledge.terminology), order, words)
    if order.recognition != "not-chest-imaging":
        found = "; ".join(_concept(match) for match in order.reason.matches)
        yield f"reason: {order.reason.kind}{f' ({found})' if found else ''}"
        yield f"can carry actions: {'yes' if order.can_carry_actions else 'no'}"
    yield from _invalidity_lines(draft.raw)


def _concept(match: ConceptMatch) -> str:
    by_text = f' by the words "{match.by_text}"' if match.by_text else ""
    return f"{match.concept.value} {match.certainty.value}{by_text}"


def _code_of(draft: DraftOrder, terminology: Terminology) -> Coded:
    """The code, each system by its one name."""
    read = repaired(draft.raw, ServiceRequest)
    coded = code_of_study(read.code) if read else UNCODED
    systems = [terminology.canonical_system(coding.system) for coding in coded.codings]
    codings = (replace(coding, system=s) for coding, s in zip(coded.codings, systems, strict=True))
    return replace(coded, codings=tuple(codings))


def _code_lines(coded: Coded, order: ImagingOrder, words: WordFilter) -> Iterator[str]:
    terminology = words.knowledge.terminology
    if coded.is_empty:
        yield "code: none"
        return
    if not coded.codings:
        yield f'code: none; named "{_shown(words, coded.label)}"'
    for coding in coded.codings:
        written = f"{coding.system or '(no system)'} | {coding.code}{_display(coding, words)}"
        yield f"code: {written}: {_meaning(coding, terminology)}"
    unmapped = [coding for coding in coded.codings if _is_unmapped(coding, terminology)]
    if unmapped and order.recognition != "not-chest-imaging":
        yield "to map it, add to the file of CDS_ORDER_CODES:"
        for coding in unmapped:
            yield f"  {_csv_line(coding, _shown(words, coding.display or coded.label), order)}"


def _shown(words: WordFilter, text: str) -> str:
    """The words of a text that say which study it is; the filter keeps an amount, which is hidden here."""
    cleaned = words.cleaned(text)
    return UNTOLD if measured_text(cleaned, words.knowledge.words) else cleaned


def _display(coding: Coding, words: WordFilter) -> str:
    return f' "{_shown(words, coding.display)}"' if coding.display else ""


def _meaning(coding: Coding, terminology: Terminology) -> str:
    meaning = terminology.meaning(coding.system, coding.code)
    if meaning.order_code:
        return meaning.order_code.procedure
    return "known, no imaging" if meaning.is_not_imaging else "not mapped"


def _is_unmapped(coding: Coding, terminology: Terminology) -> bool:
    meaning = terminology.meaning(coding.system, coding.code)
    return not (meaning.order_code or meaning.is_not_imaging) and bool(coding.system)


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


def _prefetch_lines(request: HookRequest, trace: Trace, knowledge: Knowledge) -> Iterator[str]:
    if not request.prefetch:
        yield "none"
        return
    values = {value.key: value for value in trace.gathered.values} if trace.gathered else {}
    whys = {reference: why for _, reference, why in trace.facts.not_understood} if trace.facts else {}
    for key, raw in request.prefetch.items():
        foreign = "" if key in KIND_BY_KEY else " (not a key of discovery: recognized by content)"
        yield f"{key}{foreign}{': null, nothing there' if is_null(raw) else ''}"
        if value := values.get(key):
            yield from (f"  {remark}" for remark in _remarks_on(value, request, knowledge))
        if bundle := _bundle_itself(raw):
            yield "  Bundle: opened"
            yield from (f"    {line}" for line in _invalidity_lines(bundle))
        for read in trace.entries:
            yield from _entry_lines(read, whys) if read.key == key else ()
    held = [read.entry.raw for read in trace.entries]
    held += [bundle for raw in request.prefetch.values() if (bundle := _bundle_itself(raw))]
    if held:
        valid = sum(not invalidities_in(raw) for raw in held)
        yield f"strict R4B: {valid} of {len(held)} are valid (this service reads the others too)"


def _remarks_on(value: ScreenedValue, request: HookRequest, knowledge: Knowledge) -> Iterator[str]:
    """Why a value may not hold all there is."""
    if value.contents.shape == "failed":
        yield "failed: tells nothing"
    yield from (f"not all there is: {gap}" for gap in value.contents.gaps)
    queries = queries_for(request.patient_id, knowledge)
    for kind in sorted(value.kinds):
        if is_narrower(value.contents.self_link, queries[kind], kind):
            yield f"not all there is: its self link shows a narrower search for {kind.value} than ours"


def _bundle_itself(raw: Bytes) -> Bytes | None:
    """The members of a Bundle without its entries; None for anything else."""
    members = members_of(raw) or {}
    if decoded(members.get("resourceType", b""), str) != "Bundle":
        return None
    return msgspec.json.encode({name: value for name, value in members.items() if name != "entry"})


def _entry_lines(read: EntryRead, whys: Mapping[str, str]) -> Iterator[str]:
    """What was made of an entry; `whys` are the reasons for what could not be read of it, by reference."""
    name = f"{read.entry.path} {_type(read.entry.type)}".lstrip()
    kind = read.kind.value if read.kind else "nothing that is read"
    use = f"used as {kind}" if read.is_used else f"taken for {kind}, not used: {read.why}"
    why = whys.get(f"{read.entry.type}/{read.entry.id}", "") if read.is_used else ""
    use = f"{use}, not wholly understood: {why}" if why else use
    yield f"  {name}: {use}"
    yield from (f"    {line}" for line in _invalidity_lines(read.entry.raw))


def _invalidity_lines(raw: Bytes) -> Iterator[str]:
    invalidities = invalidities_in(raw)
    yield from (f"R4B: {fault}" for fault in invalidities[:_MOST_INVALIDITIES])
    if len(invalidities) > _MOST_INVALIDITIES:
        yield f"R4B: and {len(invalidities) - _MOST_INVALIDITIES} more"


def _kind_lines(trace: Trace) -> Iterator[str]:
    used = Counter(read.kind for read in trace.entries if read.is_used)
    if trace.facts is None or trace.gathered is None:
        return
    for kind, availability in trace.facts.availability.items():
        unreadable = trace.facts.unreadable.get(kind, 0)
        more = f", {unreadable} could not be read" if unreadable else ""
        yield f"{kind.value}: {availability.value}, {used[kind]} used{more}"
    yield from (f"left out, {reason}: {count}" for reason, count in trace.facts.dropped.items())
    yield from (f"note: {note}" for note in trace.gathered.notes)


# --- answer --------------------------------------------------------------------------------------------


def _answer_lines(evaluation: Evaluation) -> Iterator[str]:
    decision = evaluation.trace.decision
    if decision is not None:
        yield f"topic: {decision.classification.topic}"
        for judgment in decision.judgments:
            yield f"order {judgment.order.index + 1}: {judgment.outcome}"
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
