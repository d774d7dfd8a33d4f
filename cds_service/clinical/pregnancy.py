"""Whether the patient is pregnant, by the newest answers and the diagnoses of the last 42 weeks."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from cds_service.clinical.chart import Chart, duration
from cds_service.clinical.decision import Caution
from cds_service.clinical.facts import HemoptysisFacts, SafetyFinding
from cds_service.clinical.time import Moment
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Certainty, Concept

SAYS_PREGNANT: Final = (
    Concept.PREGNANCY,
    Concept.PREGNANCY_TEST,
    Concept.PREGNANCY_STATUS,
    Concept.DELIVERY_DATE_ESTIMATED,
    Concept.GESTATIONAL_AGE,
)
ABOUT_PREGNANCY: Final = (*SAYS_PREGNANT, Concept.NOT_PREGNANT, Concept.PREGNANCY_UNKNOWN)


def pregnancy_cautions(chart: Chart) -> Iterator[Caution]:
    """Pregnancy, what leaves it unknown, or one charted too long ago with nothing since; never of a man.

    The newest answer holds. A diagnosis beside a later `not pregnant` is not settled, nor is any answer
    before the charted ending of a pregnancy.
    """
    said = _said_of_pregnancy(chart.facts) if not is_male(chart.facts) else []
    recent = [f for f in said if not is_older(f.when, DefinitionId.PREGNANCY_WINDOW, chart)]
    denied = _last(recent, chart, lambda finding: finding.concept is Concept.NOT_PREGNANT)
    ended = _last(recent, chart, lambda finding: finding.is_ending)
    holding = [f for f in recent if f.concept in SAYS_PREGNANT and _holds(f, denied) and _holds(f, ended)]
    if holding:
        yield from (_caution(f, CautionId.PREGNANCY, f.concept) for f in _newest_answers(holding))
        return
    unknown = [f for f in recent if _is_unknown(f, denied)]
    if unknown:
        yield _caution(max(unknown, key=_latest), CautionId.PREGNANCY_UNKNOWN, Concept.PREGNANCY_UNKNOWN)
    elif denied is None and (long_ago := [f for f in said if f.concept in SAYS_PREGNANT]):
        yield _caution(max(long_ago, key=_latest), CautionId.PREGNANCY_UNKNOWN, Concept.PREGNANCY)


def _said_of_pregnancy(facts: HemoptysisFacts) -> list[SafetyFinding]:
    """What the chart says, and the reasons of the orders and of the current encounter."""
    reasons = (
        SafetyFinding(
            "", Concept.PREGNANCY if m.certainty is Certainty.DEFINITE else Concept.PREGNANCY_UNKNOWN, ""
        )
        for m in (*facts.order_reasons, *facts.encounter_reasons)
        if (m.concept is Concept.PREGNANCY and m.certainty is not Certainty.PAST)
        or (m.concept is Concept.NOT_PREGNANT and m.certainty is Certainty.POSSIBLE)
    )
    return [*(f for f in facts.safety if f.concept in ABOUT_PREGNANCY), *reasons]


def _last(
    recent: Iterable[SafetyFinding], chart: Chart, is_meant: Callable[[SafetyFinding], bool]
) -> datetime | None:
    """When something was last said; a time in the future says nothing."""
    said = [f.when for f in recent if is_meant(f) and f.when.is_dated]
    return max((when.latest for when in said if when.earliest <= chart.latest), default=None)


def _holds(finding: SafetyFinding, denied: datetime | None) -> bool:
    return denied is None or not finding.when.is_dated or finding.when.latest >= denied


def _is_unknown(finding: SafetyFinding, denied: datetime | None) -> bool:
    """True for an answer after the last denial that leaves it open, and for a diagnosis before that."""
    if finding.concept is Concept.PREGNANCY_UNKNOWN:
        return denied is None or not finding.when.is_dated or finding.when.latest > denied
    return finding.concept is Concept.PREGNANCY and not _holds(finding, denied)


def _newest_answers(holding: list[SafetyFinding]) -> Iterator[SafetyFinding]:
    """Diagnoses, what is undated, and of the dated answers the newest."""
    answers = [f.when.latest for f in holding if f.concept is not Concept.PREGNANCY and f.when.is_dated]
    newest = max(answers, default=None)
    for finding in holding:
        is_dated_answer = finding.concept is not Concept.PREGNANCY and finding.when.is_dated
        if not is_dated_answer or finding.when.latest == newest:
            yield finding


def _caution(finding: SafetyFinding, caution: CautionId, what: Concept) -> Caution:
    references = (finding.reference,) if finding.reference else ()
    return Caution(caution, what, finding.label, finding.when, references, finding.by_text)


def _latest(finding: SafetyFinding) -> tuple[datetime, str]:
    return finding.when.latest, finding.reference


def is_male(facts: HemoptysisFacts) -> bool:
    """True for a patient whose administrative gender is male."""
    return facts.gender.strip().lower() == "male"


def is_older(moment: Moment, window: DefinitionId, chart: Chart) -> bool:
    """True when all of a dated moment lies before the window."""
    return moment.is_dated and moment.latest < chart.facts.now - duration(chart.knowledge, window)
