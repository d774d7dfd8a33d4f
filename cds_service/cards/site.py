"""What follows from a site's knowledge and settings alone: sources, links, reasons, the ratings table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cds_service.cards import texts
from cds_service.cards.code_systems import OVERRIDE_SYSTEM, VARIANT_SYSTEM, code_system_url
from cds_service.cards.markdown import markdown
from cds_service.cards.phrases import hemoptysis, in_words, uncapital
from cds_service.cds_hooks.response import CardCoding, CardSource, Link
from cds_service.clinical.facts import AgeGroup
from cds_service.clinical.silence import NOTHING_SILENCED, Silenced
from cds_service.knowledge.model import (
    OF_THE_ALERTS,
    Category,
    Edition,
    Knowledge,
    Modality,
    Procedure,
    Radiation,
    Variant,
)
from cds_service.settings import Settings

SYMBOL: Final = "☢"
_HEAD: Final = (texts.STUDY, texts.CATEGORY_COLUMN, texts.LEVEL_COLUMN)
ALERT_REASONS: Final = (
    "seen-and-treated",
    "not-unstable-on-examination",
    "chart-is-wrong",
    "not-hemoptysis",
    "other",
)
"""The reasons that make sense on an alert, which is about the patient and not about a study."""
_OF_THE_PATIENT: Final = ("seen-and-treated", "not-unstable-on-examination", "chart-is-wrong")
_ORDER_REASONS: Final = tuple(code for code in texts.OVERRIDE_REASON if code not in _OF_THE_PATIENT)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The knowledge and the settings of one site, and what it switched off; made at start and at a reload.

    `has_readers` is False where its cards are counted and read by nobody: then they say nothing, and orders
    that are written go to none.
    Compared and hashed by identity: what depends on it alone is kept by bounded caches that name it.
    """

    knowledge: Knowledge
    settings: Settings
    silenced: Silenced = NOTHING_SILENCED
    has_readers: bool = True

    def name(self, procedure: str) -> str:
        """The ACR name of a procedure."""
        return self.knowledge.procedures[procedure].name

    def short_name(self, procedure: str) -> str:
        """The short name of a procedure in a sentence: `CTA with contrast`."""
        return uncapital(self.knowledge.procedures[procedure].short_name)

    def natural_name(self, procedure: str) -> str:
        """The name of a procedure in a sentence: `chest radiograph`, `CTA chest with IV contrast`."""
        known = self.knowledge.procedures[procedure]
        if known.modality not in (Modality.RADIOGRAPHY, Modality.ARTERIOGRAPHY):
            return known.name
        return self.short_name(procedure)


@lru_cache(maxsize=512)
def categories_of(site: Site, procedure: str, plausible: tuple[Variant, ...]) -> Mapping[Variant, Category]:
    """The category of a rated procedure under each plausible variant."""
    return {variant: site.knowledge.category(procedure, variant) for variant in plausible}


def common_category(site: Site, procedure: str, plausible: tuple[Variant, ...]) -> Category | None:
    """The category of a rated study if it is the same under all plausible variants."""
    categories = set(categories_of(site, procedure, plausible).values())
    return categories.pop() if len(categories) == 1 else None


def rated_with(site: Site, modality: Modality) -> Iterable[Procedure]:
    """The procedures of the topic that are of one modality."""
    return (p for p in site.knowledge.rated_procedures() if p.modality is modality)


def is_rated(site: Site, procedure: str) -> bool:
    """True for an id of a procedure of the topic."""
    known = site.knowledge.procedures.get(procedure)
    return known is not None and known.topic_status == "rated"


def level(radiation: Radiation | None) -> str:
    """A level as `☢☢☢ 1-10 mSv`, in plain text; `not given` where the ACR gives none."""
    symbols = SYMBOL * radiation.symbols if radiation else ""
    return f"{symbols} {dose_text(radiation)}".strip()


def dose_text(radiation: Radiation | None) -> str:
    """The range of effective dose, with its unit once however the data write it; `not given` without one."""
    if radiation is None:
        return texts.DOSE_NOT_GIVEN
    dose = radiation.dose_range_msv.removesuffix(texts.MILLISIEVERT).strip()
    return f"{dose} {texts.MILLISIEVERT}"


def level_for(procedure: Procedure, age_group: AgeGroup) -> str:
    """The level that holds for the patient; both, named, when the age is unknown."""
    match age_group:
        case "child":
            return level(procedure.radiation_pediatric)
        case "adult":
            return level(procedure.radiation_adult)
        case "unknown":
            return texts.DOSE_BY_AGE.format(
                level(procedure.radiation_adult), level(procedure.radiation_pediatric)
            )


@lru_cache(maxsize=1024)
def ratings_table(site: Site, plausible: tuple[Variant, ...], age_group: AgeGroup, ordered: str = "") -> str:
    """A GFM table, one row for each rated study, the ordered one in bold.

    It has three columns, which is what fits at 300 px: a study whose category differs between the plausible
    variants names each with its variants in one cell.
    """
    rows = [
        (
            f"**{procedure.name}**" if procedure.id == ordered else procedure.name,
            in_words(categories_of(site, procedure.id, plausible)),
            markdown(level_for(procedure, age_group)),
        )
        for procedure in site.knowledge.rated_procedures()
    ]
    table = "\n".join(_line(cells) for cells in (_HEAD, ("---",) * len(_HEAD), *rows))
    return f"**{texts.RATINGS_IN.format(hemoptysis(plausible))}**\n\n{table}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def edition_label(edition: Edition) -> str:
    """The criteria with their edition, as cards, discovery and pages show them."""
    return texts.CRITERIA.format(edition.topic, edition.label)


@lru_cache(maxsize=64)
def source_line(site: Site) -> str:
    """The criteria with their edition and the year of publication."""
    edition = site.knowledge.edition
    return texts.SOURCE.format(edition_label(edition), edition.year)


@lru_cache(maxsize=256)
def criteria_source(site: Site, topic: str) -> CardSource:
    """The ACR topic with its edition and the variant judged, by its code."""
    edition = site.knowledge.edition
    return CardSource(edition_label(edition), edition.topic_url, topic=_topic(site, topic))


@lru_cache(maxsize=256)
def teaching_source(site: Site, topic: str) -> CardSource:
    """What the alerts rest on, by the short titles of the data, and that it is not the ACR.

    It has no `url` where the address of the teaching item is not known.
    """
    page, cirse = (site.knowledge.sources[source] for source in OF_THE_ALERTS)
    label = texts.NOT_ACR.format(page.short_title, cirse.short_title)
    return CardSource(label, page.url, topic=_topic(site, topic))


def _topic(site: Site, code: str) -> CardCoding:
    """The variant judged; its codes are short and never change, acknowledgements hang on them."""
    return CardCoding(code, code_system_url(site.settings.canonical_url, VARIANT_SYSTEM), texts.TOPIC[code])


@lru_cache(maxsize=64)
def links(site: Site, topic: str) -> tuple[Link, ...]:
    """The page of the variant judged, or of all while it is not settled, and the page for patients."""
    base = site.settings.public_url
    criteria = f"{base}/criteria/{topic}" if topic in set(Variant) else f"{base}/criteria"
    return Link(texts.WHY_AND_ALL_RATINGS, criteria), Link(texts.FOR_THE_PATIENT, f"{base}/patient")


@lru_cache(maxsize=64)
def override_reasons(site: Site, codes: tuple[str, ...] = _ORDER_REASONS) -> tuple[CardCoding, ...]:
    """The reasons a clinician may give, in the order of how often they are given."""
    system = code_system_url(site.settings.canonical_url, OVERRIDE_SYSTEM)
    return tuple(CardCoding(code, system, texts.OVERRIDE_REASON[code]) for code in codes)
