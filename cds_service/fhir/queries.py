"""Whether a search shown by a `self` link was narrower than ours."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from cds_service.clinical.facts import Kind

_NARROWING = frozenset(
    {"_id", "_lastUpdated", "_maxresults", "_tag", "_security", "_profile", "_text", "_content", "_filter",
     "_query", "_list", "_elements", "_summary", "_has", "_type", "_source"}
)  # fmt: skip
_OF_PATIENT = frozenset({"patient", "subject"})
# A category of Observations that holds every code of ours.
_WIDER_CATEGORIES = {Kind.VITALS: "vital-signs", Kind.LABS: "laboratory"}


def is_narrower(self_link: str, ours: str, kind: Kind) -> bool:
    """True when the search of a `self` link limits what ours does not, or leaves out codes of ours.

    A link without a query, of another type, or that cannot be parsed, shows nothing.
    """
    theirs = _search(self_link)
    own = _search(ours)
    if theirs is None or own is None or theirs[0] != own[0]:
        return False
    return any(_narrows(name, value, own[1], kind) for name, value in theirs[1].items())


def _search(url: str) -> tuple[str, Mapping[str, str]] | None:
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query)
    except ValueError:
        return None
    if not pairs:
        return None
    return parts.path.removesuffix("/_search").rpartition("/")[2], dict(pairs)


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
