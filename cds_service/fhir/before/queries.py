"""Whether a search shown by a `self` link was narrower than ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from cds_service.cds_hooks.request import reference_from
from cds_service.clinical.facts import Kind

_NARROWING = frozenset(
    {"_id", "_lastUpdated", "_maxresults", "_tag", "_security", "_profile", "_text", "_content", "_filter",
     "_query", "_list", "_elements", "_summary", "_has", "_type", "_source"}
)  # fmt: skip


_OF_PATIENT = frozenset({"patient", "subject"})


_BY_ID = frozenset(f"{name}{modifier}" for name in _OF_PATIENT for modifier in ("", ":Patient"))


# A category of Observations that holds every code of ours.
_WIDER_CATEGORIES = {Kind.VITALS: "vital-signs", Kind.LABS: "laboratory"}


@dataclass(frozen=True, slots=True)
class _Search:
    """A search: the type that is searched for, whose (the ids of patients, if it names some), and how."""

    type: str
    patients: frozenset[str]
    parameters: Mapping[str, str]


def is_narrower(self_link: str, ours: str, kind: Kind) -> bool:
    """True when the search of a `self` link limits what ours does not, or leaves out codes of ours.

    So does one for another patient. A link that names neither a patient nor a parameter, of another type,
    or that cannot be parsed, shows nothing.
    """
    theirs, own = _search(self_link), _search(ours)
    if theirs is None or own is None or theirs.type != own.type or not own.parameters:
        return False
    if theirs.patients and not own.patients <= theirs.patients:
        return True
    return any(_narrows(name, value, own.parameters, kind) for name, value in theirs.parameters.items())


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
    return _Search(resource_type, patients, parameters)


def _narrows(name: str, value: str, ours: Mapping[str, str], kind: Kind) -> bool:
    plain, _, modifier = name.partition(":")
    plain = plain.partition(".")[0]
    if plain in _OF_PATIENT and modifier in ("", "Patient", "identifier"):
        return False
    if plain.startswith("_"):
        return plain in _NARROWING
    if plain == "category" and _codes(value) >= {_WIDER_CATEGORIES.get(kind, "")}:
        return False
    return modifier != "" or not _codes(ours.get(plain, "")) or not _codes(ours[plain]) <= _codes(value)


def _codes(value: str) -> frozenset[str]:
    """The codes of a token parameter, their systems aside."""
    return frozenset(token.rpartition("|")[2] for token in value.split(",") if token)
