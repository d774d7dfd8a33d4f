"""The pages of the criteria and of the rules for clinicians: everything on them is the knowledge in force."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, render_template, request

from cds_service.cards import texts
from cds_service.cards.phrases import limit_text
from cds_service.cards.site import Site, dose_text
from cds_service.clinical.decision import Effect
from cds_service.clinical.rules import CAUTIONS_REST_ON, RULES
from cds_service.errors import NotFound
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.model import AdviceKind, Knowledge, Radiation, Variant
from cds_service.web.rule_book import cautions_in_words, rules_in_words

_MOST_ADDRESSES: Final = 32
VARIANTS: Final = (Variant.MASSIVE, Variant.NONMASSIVE, Variant.RECURRENT)
"""The variants in the order of the ACR table."""
_ALWAYS: Final = (AdviceKind.SEVERITY, AdviceKind.ALWAYS)
_MANAGEMENT: Final[Mapping[Variant, tuple[AdviceKind, ...]]] = {
    Variant.MASSIVE: (*_ALWAYS, AdviceKind.SEVERE),
    Variant.NONMASSIVE: (*_ALWAYS, AdviceKind.PERSISTING),
    Variant.RECURRENT: (*_ALWAYS, AdviceKind.PERSISTING, AdviceKind.SURGERY),
}
_ALL_MANAGEMENT: Final = (*_ALWAYS, AdviceKind.PERSISTING, AdviceKind.SEVERE)
_PROOF, _AGAINST, _RECURRENCE = "proof", "against", "recurrence"
_CAUTIONS, _OTHER = "cautions", "other"
_GROUPS: Final[Mapping[str, frozenset[Effect]]] = {
    _PROOF: frozenset({Effect.PROVES_MASSIVE, Effect.KEEPS_MASSIVE_PLAUSIBLE}),
    _AGAINST: frozenset({Effect.RULES_OUT_MASSIVE}),
    _RECURRENCE: frozenset({Effect.PROVES_RECURRENCE, Effect.KEEPS_RECURRENCE_PLAUSIBLE}),
}
_LIMITS: Final[Mapping[Variant, tuple[str, ...]]] = {
    Variant.MASSIVE: (_PROOF, _AGAINST),
    Variant.NONMASSIVE: (_PROOF, _AGAINST),
    Variant.RECURRENT: (_RECURRENCE,),
}


def criteria(site: Site) -> Blueprint:
    """The routes of the criteria: the whole, each variant, and the rules."""
    routes = Blueprint("criteria", __name__)

    @lru_cache(maxsize=_MOST_ADDRESSES)
    def kept(address: str, variant: Variant | None) -> str:
        """A page is made once for each way to write its address, on which its relative links depend."""
        if variant is None:
            return _rules(site) if address.startswith("/rules") else _every(site)
        return _one(site, variant)

    @routes.get("/criteria", strict_slashes=False)
    def every() -> str:
        """The whole table, every limit, caution and source."""
        return kept(request.path, None)

    @routes.get("/criteria/<variant>", strict_slashes=False)
    def one(variant: str) -> str:
        """The ratings of one variant, the limits that lead to it, and what goes with it."""
        return kept(request.path, _variant(variant))

    @routes.get("/rules", strict_slashes=False)
    def rules() -> str:
        """Every rule, caution and definition by its id."""
        return kept(request.path, None)

    return routes


def _every(site: Site) -> str:
    return _page(site, "criteria/every.html", limits=limits_by_use(), management=_ALL_MANAGEMENT)


def _one(site: Site, variant: Variant) -> str:
    limits = {use: ids for use, ids in limits_by_use().items() if use in _LIMITS[variant]}
    management = _MANAGEMENT[variant]
    return _page(site, "criteria/one.html", variant=variant, limits=limits, management=management)


def _rules(site: Site) -> str:
    rules, cautions = rules_in_words(site.knowledge), cautions_in_words(site.knowledge)
    return _page(site, "criteria/rules.html", rules=[*rules], cautions=[*cautions])


def _page(site: Site, template: str, **own: Any) -> str:
    """A page with the knowledge, what words it, and a place for the sources in the order it cites them."""
    return render_template(
        template,
        knowledge=site.knowledge,
        may_be_appropriate=site.settings.may_be_appropriate,
        variants=VARIANTS,
        category=texts.CATEGORY,
        limit_text=limit_text,
        dose_text=dose_text,
        levels=levels_of(site.knowledge),
        used_by=rules_by_limit(),
        cited={},
        **own,
    )


def _variant(name: str) -> Variant:
    """The variant of an address; raises NotFound, which names those there are."""
    if name not in list(Variant):
        raise NotFound(f"There is no such variant; there are {', '.join(VARIANTS)}.")
    return Variant(name)


def levels_of(knowledge: Knowledge) -> Mapping[int, tuple[Radiation | None, Radiation | None]]:
    """Of each relative radiation level in the table: its symbols, and the range in adults and in children."""
    rated = knowledge.rated_procedures()
    adult = {p.radiation_adult.symbols: p.radiation_adult for p in rated if p.radiation_adult}
    child = {p.radiation_pediatric.symbols: p.radiation_pediatric for p in rated if p.radiation_pediatric}
    return {symbols: (adult.get(symbols), child.get(symbols)) for symbols in sorted({*adult, *child})}


def rules_by_limit() -> Mapping[DefinitionId, tuple[str, ...]]:
    """The ids of the rules and cautions that compare with each definition."""
    resting = [
        *((str(rule.id), rule.definitions) for rule in RULES),
        *((str(caution), definitions) for caution, (definitions, _) in CAUTIONS_REST_ON.items()),
    ]
    return {limit: tuple(name for name, limits in resting if limit in limits) for limit in DefinitionId}


def limits_by_use() -> Mapping[str, tuple[DefinitionId, ...]]:
    """Every definition once: under the first use that a rule or a caution makes of it, else under other."""
    used = {
        **{use: _definitions_of(effects) for use, effects in _GROUPS.items()},
        _CAUTIONS: [d for definitions, _ in CAUTIONS_REST_ON.values() for d in definitions],
        _OTHER: [*DefinitionId],
    }
    return {use: _not_before(use, used) for use in used}


def _definitions_of(effects: frozenset[Effect]) -> list[DefinitionId]:
    return [limit for rule in RULES if effects & {*rule.effects} for limit in rule.definitions]


def _not_before(use: str, used: Mapping[str, Iterable[DefinitionId]]) -> tuple[DefinitionId, ...]:
    earlier = {d for name in [*used][: [*used].index(use)] for d in used[name]}
    return tuple(d for d in DefinitionId if d in used[use] and d not in earlier)
