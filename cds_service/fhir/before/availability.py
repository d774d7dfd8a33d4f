"""Which kinds of data are available, incomplete or unavailable (BEHAVIOUR 2)."""

from collections.abc import Iterable, Mapping, Sequence

from cds_service.clinical.facts import Availability, Kind
from cds_service.fhir.before.batches import Batch
from cds_service.fhir.before.prefetch import Shape
from cds_service.fhir.before.queries import is_narrower


def availability_from(
    batches: Sequence[Batch], queries: Mapping[str, str], doubted: Iterable[Kind] = ()
) -> dict[Kind, Availability]:
    """The availability of every kind.

    The best of what the values give; but with an entry that cannot be read, or a kind in `doubted`,
    never better than incomplete.
    """
    doubtful = {*doubted, *(kind for batch in batches for kind in batch.kinds_of_unreadable())}
    return {kind: _of_kind(kind, batches, queries, is_doubtful=kind in doubtful) for kind in Kind}


def _of_kind(
    kind: Kind, batches: Sequence[Batch], queries: Mapping[str, str], *, is_doubtful: bool
) -> Availability:
    given = {availability_in(batch, kind, queries[kind]) for batch in batches}
    if Availability.AVAILABLE in given and not is_doubtful:
        return Availability.AVAILABLE
    if given - {Availability.UNAVAILABLE, Availability.FAILED}:
        return Availability.INCOMPLETE
    return Availability.FAILED if Availability.FAILED in given else Availability.UNAVAILABLE


def availability_in(batch: Batch, kind: Kind, query: str) -> Availability:
    """What one value gives of a kind."""
    match batch.contents.shape:
        case Shape.NOTHING_THERE:
            return Availability.AVAILABLE if batch.asked is kind else Availability.UNAVAILABLE
        case Shape.RESOURCE:
            return _in_resource(batch, kind)
        case Shape.BUNDLE:
            return _in_bundle(batch, kind, query)
        case Shape.FAILED:
            return Availability.FAILED if batch.asked is kind else Availability.UNAVAILABLE


def _in_resource(batch: Batch, kind: Kind) -> Availability:
    """A lone resource is all there is under our own key, or if it is the Patient; else it is one of many."""
    if not batch.holds(kind):
        is_unreadable = kind in batch.kinds_of_unreadable()
        return Availability.INCOMPLETE if is_unreadable else Availability.UNAVAILABLE
    is_whole = batch.asked is kind or kind is Kind.PATIENT
    return Availability.AVAILABLE if is_whole else Availability.INCOMPLETE


def _in_bundle(batch: Batch, kind: Kind, query: str) -> Availability:
    if not (batch.holds(kind) or batch.answers(kind)):
        return Availability.UNAVAILABLE
    is_partial = bool(batch.contents.faults) or is_narrower(batch.contents.self_link, query, kind)
    return Availability.INCOMPLETE if is_partial else Availability.AVAILABLE
