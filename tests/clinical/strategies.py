"""Hypothesis strategies: charts as varied as real ones, with every kind of date and amount."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar, get_args

from hypothesis import strategies as st
from msgspec.structs import replace

from cds_service.clinical.facts import (
    Availability,
    Bleed,
    Diagnosis,
    Embolization,
    HemoptysisFacts,
    Support,
    Vital,
    VitalKind,
)
from cds_service.clinical.range import ZERO, Range, above, below, exactly
from cds_service.clinical.time import UNDATED, Moment, Period, at
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.terminology.concepts import Certainty, Concept, ConceptMatch
from tests.clinical.chart import AGE_UNKNOWN, CHILD, NOW, hours_ago, minutes_ahead, on

_T = TypeVar("_T")

# What bears on severity or recurrence; every other concept is unrelated.
DECIDING = (
    Concept.HEMOPTYSIS,
    Concept.ACUTE_RESPIRATORY_FAILURE,
    Concept.RESPIRATORY_FAILURE_UNSPECIFIED,
    Concept.HYPOXEMIA,
    Concept.HYPOVOLEMIC_SHOCK,
    Concept.CHRONIC_RESPIRATORY_FAILURE,
    Concept.COPD,
    Concept.SHOCK,
    Concept.HEMORRHAGIC_SHOCK,
    Concept.ARREST,
    Concept.ACUTE_RESPIRATORY_DISTRESS,
    Concept.ECMO,
    Concept.VENTILATION,
    Concept.NONINVASIVE_VENTILATION,
    Concept.VENTILATOR_RATE,
    Concept.HOME_OXYGEN,
    Concept.OXYGEN_THERAPY,
)
SUPPORTING = (
    Concept.VENTILATION,
    Concept.VENTILATOR_RATE,
    Concept.ECMO,
    Concept.ARREST,
    Concept.VASOPRESSOR,
    Concept.RED_CELL_TRANSFUSION,
    Concept.OXYGEN_THERAPY,
)
UNRELATED = tuple(concept for concept in Concept if concept not in DECIDING)
VITAL_VALUES = {
    "oxygen-saturation": (80, 100),
    "systolic-pressure": (70, 230),
    "respiratory-rate": (6, 40),
    "heart-rate": (30, 150),
    "inhaled-oxygen-concentration": (20, 40),
    "inhaled-oxygen-flow": (0, 6),
}

# --- times -----------------------------------------------------------------------------------------

past_instants = st.integers(0, 60 * 4).map(lambda quarters: hours_ago(quarters / 4))
dates = st.sampled_from(["2026-05-08", "2026-05-09", "2026-05-10", "2026-05-11", "2026-05-12"]).map(on)
future_instants = st.integers(1, 40).map(minutes_ahead)
long_ago = st.integers(3, 900).map(lambda days: hours_ago(24 * days))
dated = past_instants | dates | future_instants | long_ago
moments = dated | st.just(UNDATED)
recent_instants = st.integers(0, 4 * 23).map(lambda quarters: hours_ago(quarters / 4))


@st.composite
def closed_periods(draw: st.DrawFn) -> Period:
    """A stretch of time with both ends, up to three days long."""
    ended = draw(st.integers(0, 30 * 2)) / 2
    length = draw(st.integers(1, 72 * 4)) / 4
    return Period(hours_ago(ended + length), hours_ago(ended))


periods = st.one_of(
    moments.map(at),
    closed_periods(),
    past_instants.map(lambda start: Period(start, UNDATED)),
    st.builds(Period, moments, moments),
)

# --- amounts ---------------------------------------------------------------------------------------

decimals = st.integers(0, 3000).map(lambda tenths: Decimal(tenths) / 10)
positive = st.integers(1, 3000).map(lambda tenths: Decimal(tenths) / 10)
_between = st.builds(lambda one, other: Range(min(one, other), max(one, other)), decimals, decimals)
ranges = st.one_of(
    decimals.map(exactly),
    st.builds(above, decimals, is_open=st.booleans()),
    st.builds(below, positive, is_open=st.booleans()),
    _between,
)
units_of_time = st.sampled_from(
    [None, None, Decimal(1), Decimal("0.5"), Decimal(6), Decimal(24), Decimal(48)]
)


def amounts(
    periods_of: st.SearchStrategy[Period], values: st.SearchStrategy[Range]
) -> st.SearchStrategy[Bleed]:
    """Readable amounts of blood."""
    return st.builds(Bleed, st.just("b"), st.just("amount"), periods_of, values, st.just(""), units_of_time)


any_amounts = amounts(periods, ranges)
episodes = st.builds(Bleed, st.just("b"), st.just("amount"), moments.map(at), ranges, st.just(""))
unreadable_amounts = st.builds(
    Bleed, st.just("b"), st.just("unreadable"), periods, st.just(ZERO), st.just("some")
)
seen = st.builds(Bleed, st.just("b"), st.just("blood-seen"), periods, st.just(ZERO), st.just(""))
absent = st.builds(Bleed, st.just("b"), st.just("absent"), periods, st.just(ZERO), st.just(""))
in_words = st.builds(
    Bleed, st.just("b"), st.sampled_from(["large", "small"]), periods, st.just(ZERO), st.just("words")
)
bleeds = any_amounts | unreadable_amounts | seen | absent | in_words

# --- the rest of a chart ---------------------------------------------------------------------------


@st.composite
def vitals(draw: st.DrawFn, taken: st.SearchStrategy[Moment] = moments) -> Vital:
    """A vital sign or a record of oxygen."""
    kind = draw(st.sampled_from(get_args(VitalKind)))
    values = st.integers(*VITAL_VALUES[kind]).map(Decimal)
    value = draw(values.map(exactly) | values.map(lambda v: below(v + 1, is_open=True)))
    is_unsure = draw(st.sampled_from([False, False, True]))
    return Vital("v", kind, value, draw(taken), "", is_unsure=is_unsure)


supports = st.builds(
    Support,
    st.just("s"),
    st.sampled_from(SUPPORTING),
    periods,
    is_unsure=st.sampled_from([False, False, True]),
)


def matches_of(concepts: Sequence[Concept]) -> st.SearchStrategy[tuple[ConceptMatch, ...]]:
    """One or two concepts, surely or possibly meant."""
    match = st.builds(ConceptMatch, st.sampled_from(concepts), st.sampled_from(Certainty))
    return st.lists(match, min_size=1, max_size=2).map(tuple)


def diagnoses_of(*concepts: Concept) -> st.SearchStrategy[Diagnosis]:
    """Conditions that stand for these concepts, active or ended."""
    active = st.builds(
        Diagnosis,
        st.just("d"),
        matches_of(concepts),
        st.just(""),
        st.just(True),
        is_returning=st.booleans(),
        is_severe=st.booleans(),
        onset=moments,
        recorded=moments,
        in_current_encounter=st.booleans(),
        is_unsure=st.sampled_from([False, False, False, True]),
        is_called_small=st.booleans(),
    )
    ended = st.builds(
        Diagnosis,
        st.just("d"),
        matches_of(concepts),
        st.just(""),
        st.just(False),
        onset=moments,
        abated=moments,
        recorded=moments,
    )
    return active | ended


deciding_diagnoses = diagnoses_of(Concept.HEMOPTYSIS) | diagnoses_of(*DECIDING)
unrelated_diagnoses = diagnoses_of(*UNRELATED)
embolizations = st.builds(Embolization, st.just("e"), moments, st.booleans())
births = st.sampled_from([on("1970-03-01"), on("1970-03-01"), CHILD.moment, AGE_UNKNOWN.moment])
readings = st.dictionaries(st.sampled_from(Kind), st.sampled_from(Availability), max_size=3).map(
    lambda changed: dict.fromkeys(Kind, Availability.AVAILABLE) | changed
)


def numbered(items: Sequence[_T], prefix: str, renamed: Callable[[_T, str], _T]) -> tuple[_T, ...]:
    """The items, each with a reference of its own."""
    return tuple(renamed(item, f"{prefix}/{place}") for place, item in enumerate(items))


@st.composite
def charts(draw: st.DrawFn) -> HemoptysisFacts:
    """Any chart: a few of everything that decides."""
    return HemoptysisFacts(
        now=NOW,
        availability=draw(readings),
        birth=draw(births),
        diagnoses=numbered(
            draw(st.lists(deciding_diagnoses, max_size=4)), "Condition", lambda d, r: replace(d, reference=r)
        ),
        bleeds=numbered(draw(st.lists(bleeds, max_size=6)), "Blood", lambda b, r: replace(b, reference=r)),
        supports=numbered(
            draw(st.lists(supports, max_size=2)), "Support", lambda s, r: replace(s, reference=r)
        ),
        order_reasons=draw(st.sampled_from([(), (ConceptMatch(Concept.HEMOPTYSIS),)])),
        vitals=numbered(draw(st.lists(vitals(), max_size=6)), "Vital", lambda v, r: replace(v, reference=r)),
        embolizations=numbered(
            draw(st.lists(embolizations, max_size=2)), "Procedure", lambda e, r: replace(e, reference=r)
        ),
    )
