"""Which kinds of data are available, incomplete or unavailable (BEHAVIOUR 2)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.facts import Availability
from cds_service.fhir.chart.screen import ScreenedValue
from cds_service.knowledge.kinds import KINDS, Kind

_NARROWING: Final = frozenset(
    {"_id", "_lastUpdated", "_maxresults", "_tag", "_security", "_profile", "_text", "_content", "_filter",
     "_query", "_list", "_elements", "_summary", "_has", "_type", "_source"}
)  # fmt: skip
_OF_PATIENT: Final = frozenset({"patient", "subject"})
_BY_ID: Final = frozenset(f"{name}{modifier}" for name in _OF_PATIENT for modifier in ("", ":Patient"))
_BETTER: Final = {
    Availability.UNAVAILABLE: 0,
    Availability.FAILED: 1,
    Availability.INCOMPLETE: 2,
    Availability.AVAILABLE: 3,
}
_KINDS: Final = tuple(Kind)
Query = Callable[[Kind], str]


def availability_from(
    values: Sequence[ScreenedValue], query: Query, doubted: Collection[Kind]
) -> dict[Kind, Availability]:
    """The availability of every kind; of one in `doubted` never better than incomplete.

    Each of the kind's own keys is a question of its own: what one of them lacks no other value makes up for,
    so the worst of the answers counts (of a question that was asked twice the better answer). Where no own
    key came, the other values count: Bundles before lone resources, of which there may be more.
    """
    own: dict[Kind, dict[str, Availability]] = defaultdict(dict)
    other: dict[Kind, list[tuple[bool, Availability]]] = defaultdict(list)
    for value in values:
        for kind, given in given_by(value, query):
            if value.asked is kind:
                answers = own[kind]
                is_better = value.key not in answers or _BETTER[given] > _BETTER[answers[value.key]]
                answers[value.key] = given if is_better else answers[value.key]
            else:
                other[kind].append((value.contents.shape == "resource", given))
    found = dict.fromkeys(_KINDS, Availability.UNAVAILABLE)
    for kind in {*own, *other}:
        found[kind] = _worst([*own[kind].values()], other[kind])
    for kind in doubted:
        if found[kind] is Availability.AVAILABLE:
            found[kind] = Availability.INCOMPLETE
    return found


def _worst(own: Sequence[Availability], other: Sequence[tuple[bool, Availability]]) -> Availability:
    """What all answers together give; a failure beside data leaves the kind incomplete."""
    if not other and len(own) == 1:
        return own[0]
    bundles = [given for is_lone, given in other if not is_lone]
    deciding = own or bundles or [given for _, given in other]
    worst = min(deciding, key=_BETTER.__getitem__, default=Availability.UNAVAILABLE)
    has_data = len(set(deciding)) > 1 or bool(other)
    return Availability.INCOMPLETE if worst is Availability.FAILED and has_data else worst


def keys_not_asked(values: Iterable[ScreenedValue]) -> tuple[str, ...]:
    """The keys of kinds that are asked for under two, where only the other one came.

    Vital signs are asked for by code and by category: what only one of the questions finds is not seen then.
    """
    came = {value.key for value in values}
    doubled = (row.keys for row in KINDS.values() if row.category_key)
    return tuple(key for keys in doubled if not came.isdisjoint(keys) for key in keys if key not in came)


def given_by(value: ScreenedValue, query: Query) -> Sequence[tuple[Kind, Availability]]:
    """What one value gives of each kind that it says something of."""
    shape, asked = value.contents.shape, value.asked
    if shape == "bundle":
        kinds = (*value.kinds, *value.named)
        if asked is not None and asked not in value.kinds and value.may_hold_asked:
            kinds = (*kinds, asked)
        return [(kind, _by_bundle(value, kind, query)) for kind in kinds]
    if shape == "resource":
        unread = [(kind, Availability.INCOMPLETE) for kind in value.unreadable]
        return [*unread, *((kind, _by_resource(kind, asked)) for kind in value.kinds)]
    if asked is not None:
        return [(asked, Availability.AVAILABLE if shape == "nothing-there" else Availability.FAILED)]
    return [(kind, Availability.AVAILABLE) for kind in value.named] if shape == "nothing-there" else []


def _by_resource(kind: Kind, asked: Kind | None) -> Availability:
    """A lone resource is all there is under our own key, or if it is the Patient; else it is one of many."""
    is_whole = asked is kind or kind is Kind.PATIENT
    return Availability.AVAILABLE if is_whole else Availability.INCOMPLETE


def _by_bundle(value: ScreenedValue, kind: Kind, query: Query) -> Availability:
    contents = value.contents
    is_partial = bool(contents.gaps) or (
        bool(contents.self_link) and is_narrower(contents.self_link, query(kind), kind)
    )
    return Availability.INCOMPLETE if is_partial else Availability.AVAILABLE


_Search = tuple[str, frozenset[str], Mapping[str, str]]
"""A search: the type that is searched for, whose (the ids of patients, if it names some), and how."""


def is_narrower(self_link: str, ours: str, kind: Kind) -> bool:
    """True when the search of a `self` link limits what ours does not, or leaves out codes of ours.

    So does one for another patient. A link that names neither a patient nor a parameter, of another type,
    or that cannot be parsed, shows nothing.
    """
    if self_link.endswith(f"/{ours}"):
        return False
    theirs, own = _search(self_link), _search(ours)
    if theirs is None or own is None:
        return False
    (their_type, their_patients, how), (our_type, patients, parameters) = theirs, own
    if their_type != our_type or not parameters:
        return False
    if their_patients and not patients <= their_patients:
        return True
    return any(_narrows(name, value, parameters, kind) for name, value in how.items())


def _search(url: str) -> _Search | None:
    try:
        parts = urlsplit(url)
        parameters = dict(parse_qsl(parts.query))
    except ValueError:
        return None
    path, _, resource_type = parts.path.removesuffix("/_search").rpartition("/")
    compartment = reference_from(unquote(path))
    in_compartment = [compartment.id] if compartment.type == "Patient" else []
    named = (item for name in _BY_ID & parameters.keys() for item in parameters[name].split(","))
    patients = frozenset([*in_compartment, *(reference_from(item).id for item in named)]) - {""}
    return resource_type, patients, parameters


def _narrows(name: str, value: str, ours: Mapping[str, str], kind: Kind) -> bool:
    plain, _, modifier = name.partition(":")
    plain = plain.partition(".")[0]
    if plain in _OF_PATIENT and modifier in ("", "Patient", "identifier"):
        return False
    if plain.startswith("_"):
        return plain in _NARROWING
    if plain == "category" and _codes(value) >= {KINDS[kind].category}:
        return False
    return modifier != "" or not _codes(ours.get(plain, "")) or not _codes(ours[plain]) <= _codes(value)


def _codes(value: str) -> frozenset[str]:
    """The codes of a token parameter, their systems aside."""
    return frozenset(token.rpartition("|")[2] for token in value.split(",") if token)
