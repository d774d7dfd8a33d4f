"""One patient's chart as it is judged: the facts, the knowledge, and what follows from both at once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import msgspec

from cds_service.clinical.facts import AgeGroup, Bleed, Diagnosis, HemoptysisFacts
from cds_service.clinical.time import UNDATED, Moment, Period
from cds_service.knowledge.definitions import Definition, DefinitionId
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch

_UNIT_LENGTHS: Final = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_A_DATE: Final = timedelta(days=2)
_WINDOWS: Final = (
    DefinitionId.SEVERITY_WINDOW,
    DefinitionId.RECENT_WINDOW,
    DefinitionId.PATIENT_VIEW_WINDOW,
    DefinitionId.INDICATION_WINDOW,
    DefinitionId.SEVERE_CONDITION_WINDOW,
    DefinitionId.RECENT_STUDY_WINDOW,
    DefinitionId.COMPLEMENT_WINDOW,
)
Recency: TypeAlias = Literal["current", "recent", "past", "undatable"]
"""Whether something counts as evidence of now, of the days before, or no more (BEHAVIOUR 3)."""


class Chart(msgspec.Struct, frozen=True):
    """What every rule of a request reads; made once by `chart_from`, so that nothing is computed twice.

    `latest` is the latest instant that still counts as now, `since` the first instant of each window.
    `hemoptysis` holds the active Conditions that mean it, `present` those of them that are of now for the
    indication; `concepts` what any active Condition stands for, `certain_concepts` not only possibly.
    `bleeds` is the charted blood, each with its period closed at now. `onset` is when the bleed began, as far
    as it is charted, and `is_bleed_recent` whether there was one in the recent window (BEHAVIOUR 4). The
    limits that hold for this patient: volumes and rates that prove, and volumes from which massive stays
    plausible.
    """

    facts: HemoptysisFacts
    knowledge: Knowledge
    latest: datetime
    since: Mapping[DefinitionId, datetime]
    age_group: AgeGroup
    active: tuple[Diagnosis, ...]
    hemoptysis: tuple[Diagnosis, ...]
    present: tuple[Diagnosis, ...]
    concepts: frozenset[Concept]
    certain_concepts: frozenset[Concept]
    bleeds: tuple[tuple[Bleed, Period], ...]
    onset: Moment
    is_bleed_recent: bool
    proving_volumes: tuple[Definition, ...]
    proving_rates: tuple[Definition, ...]
    plausible_volumes: tuple[Definition, ...]

    def recency(self, moment: Moment) -> Recency:
        """Current if any of it lies in the severity window, recent if in the recent one.

        Undatable if unknown, vague or in the future.
        """
        found = _recency(moment, self.since[DefinitionId.SEVERITY_WINDOW], self.latest)
        is_recent = found == "past" and moment.latest >= self.since[DefinitionId.RECENT_WINDOW]
        return "recent" if is_recent else found

    def is_current(self, moment: Moment, window: DefinitionId = DefinitionId.SEVERITY_WINDOW) -> bool:
        """True when the moment lies in the window."""
        return _recency(moment, self.since[window], self.latest) == "current"

    def is_of(self, diagnosis: Diagnosis, window: DefinitionId) -> bool:
        """True when the Condition was begun or recorded in the window, or is undated."""
        return _is_of(diagnosis, self.since[window], self.latest)

    def belongs(self, moment: Moment) -> bool:
        """True unless it lies further before the onset than what still belongs to the bleed (BEHAVIOUR 4)."""
        if not self.onset.is_dated:
            return True
        return moment.latest >= self.onset.earliest - duration(self.knowledge, DefinitionId.BEFORE_ONSET)

    def has(self, *concepts: Concept) -> bool:
        """True when an active Condition stands for one of the concepts."""
        return not self.concepts.isdisjoint(concepts)

    def has_certainly(self, *concepts: Concept) -> bool:
        """True when an active Condition stands for one of them, not only as a question or a history."""
        return not self.certain_concepts.isdisjoint(concepts)

    def definition(self, definition: DefinitionId) -> Definition:
        """A number that decides something."""
        return self.knowledge.definitions[definition]

    @property
    def is_child(self) -> bool:
        """True for a patient who is certainly under the adult age."""
        return self.age_group == "child"

    @property
    def may_be_child(self) -> bool:
        """True also where a birth date is charted that leaves it open; without any, adult rules hold."""
        return self.is_child or (self.age_group == "unknown" and bool(self.facts.birth.written))


def chart_from(facts: HemoptysisFacts, knowledge: Knowledge) -> Chart:
    """The chart of one patient at the instant of the facts."""
    latest = facts.now + duration(knowledge, DefinitionId.FUTURE_TOLERANCE)
    since = {window: facts.now - duration(knowledge, window) for window in _WINDOWS}
    active = tuple(d for d in facts.diagnoses if d.matches and d.is_active)
    hemoptysis = tuple(d for d in active if d.means(Concept.HEMOPTYSIS))
    concepts = {m.concept for d in active for m in d.matches if m.is_present}
    sure = [m for d in active if not d.is_unsure for m in d.matches if m.certainty is Certainty.DEFINITE]
    certain = {m.concept for m in sure}
    bleeds = tuple((bleed, bleed.period.closed_at(facts.now)) for bleed in facts.bleeds)
    volumes, rates, plausible = _limits(facts, knowledge, concepts, certain)
    return Chart(
        facts=facts,
        knowledge=knowledge,
        latest=latest,
        since=since,
        age_group=_age_group(facts, knowledge),
        active=active,
        hemoptysis=hemoptysis,
        present=tuple(d for d in hemoptysis if _is_present(d, since[DefinitionId.INDICATION_WINDOW], latest)),
        concepts=frozenset(concepts),
        certain_concepts=frozenset(certain),
        bleeds=bleeds,
        onset=_onset(facts, hemoptysis, bleeds, since[DefinitionId.INDICATION_WINDOW], latest),
        is_bleed_recent=_is_recent(facts, hemoptysis, bleeds, since[DefinitionId.RECENT_WINDOW], latest),
        proving_volumes=volumes,
        proving_rates=rates,
        plausible_volumes=plausible,
    )


def began(diagnosis: Diagnosis) -> Moment:
    """When the Condition began: its onset, else when it was recorded (the onset is not later)."""
    return diagnosis.onset if diagnosis.onset.is_dated else diagnosis.recorded


def duration(knowledge: Knowledge, definition: DefinitionId) -> timedelta:
    """The length of a defined window; its unit is min, h or d."""
    window = knowledge.definitions[definition]
    return _length(window.value, window.unit)


@lru_cache(maxsize=64)
def _length(value: Decimal, unit: str) -> timedelta:
    return float(value) * _UNIT_LENGTHS[unit]


def _recency(moment: Moment, since: datetime, latest: datetime) -> Recency:
    """A month or a year alone is vague: unlike a date, it says nothing of the window."""
    earliest, last = moment.earliest, moment.latest
    if earliest > latest or (earliest is not last and last - earliest > _A_DATE):
        return "undatable"
    if last >= since:
        return "current"
    return "past" if moment.is_dated else "undatable"


def _is_present(diagnosis: Diagnosis, since: datetime, latest: datetime) -> bool:
    """Begun or recorded in the window, or undated, as is one that came back: its coming back has no date."""
    return diagnosis.is_returning or _is_of(diagnosis, since, latest)


def _is_of(diagnosis: Diagnosis, since: datetime, latest: datetime) -> bool:
    dated = [moment for moment in (diagnosis.onset, diagnosis.recorded) if moment.is_dated]
    return not dated or any(_recency(moment, since, latest) != "past" for moment in dated)


def _onset(
    facts: HemoptysisFacts,
    hemoptysis: Sequence[Diagnosis],
    bleeds: Sequence[tuple[Bleed, Period]],
    since: datetime,
    latest: datetime,
) -> Moment:
    """The earliest of the Condition's onset, the first charted bleed and the Encounter for hemoptysis.

    Of this episode are the bleeds of the indication window, but for those before the end of an earlier one
    that an active Condition began after: else one bleed more would take away from what proves. So would what
    is unsure or cannot be read, which is no onset.
    """
    began_at = [d.onset for d in hemoptysis if not d.is_unsure]
    last = max((m.earliest for m in began_at if m.is_dated and m.earliest <= latest), default=since)
    ends = (d.abated.latest for d in facts.diagnoses if not d.is_active and d.means(Concept.HEMOPTYSIS))
    first = max([since, *(end for end in ends if end <= last)])
    starts = (p.start for bleed, p in bleeds if _is_sure(bleed) and p.start.earliest >= first)
    begun = [*began_at, *starts]
    if _is_reason(facts.encounter_reasons):
        begun.append(facts.encounter_start)
    dated = (moment for moment in begun if _recency(moment, since, latest) != "undatable")
    return min(dated, key=lambda moment: (moment.earliest, moment.latest), default=UNDATED)


def _is_sure(bleed: Bleed) -> bool:
    return bleed.shows_blood and bleed.finding != "unreadable" and not bleed.is_unsure


def _is_recent(
    facts: HemoptysisFacts,
    hemoptysis: Sequence[Diagnosis],
    bleeds: Sequence[tuple[Bleed, Period]],
    since: datetime,
    latest: datetime,
) -> bool:
    """Bleeding charted, the Condition begun, come back or recorded, or hemoptysis the reason to be here."""
    if _is_reason(facts.order_reasons) or _is_reason(facts.encounter_reasons):
        return True
    if any(d.is_returning for d in hemoptysis):
        return True
    moments = [moment for d in hemoptysis for moment in (d.onset, d.recorded)]
    moments += (period.end for bleed, period in bleeds if bleed.shows_blood)
    return any(_recency(moment, since, latest) == "current" for moment in moments)


def _is_reason(matches: Sequence[ConceptMatch]) -> bool:
    return any(m.concept is Concept.HEMOPTYSIS and m.certainty is not Certainty.PAST for m in matches)


def _limits(
    facts: HemoptysisFacts, knowledge: Knowledge, concepts: Collection[Concept], certain: Collection[Concept]
) -> tuple[tuple[Definition, ...], tuple[Definition, ...], tuple[Definition, ...]]:
    """The limits of BEHAVIOUR 4: what proves by volume, by rate, and from where massive stays plausible.

    The lower ones hold in charted chronic respiratory failure; the lower borderline also where it
    cannot be excluded because the conditions are not wholly available.
    """
    known, chronic = knowledge.definitions, Concept.CHRONIC_RESPIRATORY_FAILURE
    volumes, rates = [known[DefinitionId.VOLUME_MASSIVE]], [known[DefinitionId.RATE_MASSIVE]]
    plausible = [known[DefinitionId.VOLUME_BORDERLINE]]
    if chronic in certain:
        volumes.append(known[DefinitionId.VOLUME_MASSIVE_CHRONIC])
        rates.append(known[DefinitionId.RATE_MASSIVE_CHRONIC])
    if chronic in concepts or not facts.is_whole(Kind.CONDITIONS):
        plausible.append(known[DefinitionId.VOLUME_BORDERLINE_CHRONIC])
    return tuple(volumes), tuple(rates), tuple(plausible)


def _age_group(facts: HemoptysisFacts, knowledge: Knowledge) -> AgeGroup:
    """Adult, child, or unknown when the birth date is missing, unreadable or leaves both possible."""
    if not facts.birth.is_dated or facts.birth.earliest > facts.now:
        return "unknown"
    adult_years = int(knowledge.definitions[DefinitionId.ADULT_AGE].value)
    first, last = (
        _birthday(born.date(), adult_years) <= facts.now.astimezone(born.tzinfo).date()
        for born in (facts.birth.earliest, facts.birth.latest)
    )
    if first is not last:
        return "unknown"
    return "adult" if first else "child"


def _birthday(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return born.replace(year=born.year + years, month=3, day=1)
