"""The rating table of the ACR topic, typed a second time: never read from the knowledge it tests."""

from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import Category, Variant
from tests.clinical.chart import Fact, episode, per, unavailable
from tests.clinical.orders import (
    CT_WITH,
    CT_WITHOUT,
    CT_WITHOUT_AND_WITH,
    CTA,
    EMBOLIZATION,
    RADIOGRAPH,
)
from tests.clinical.patterns.recurrences import RETURNING

UA = Category.USUALLY_APPROPRIATE
MBA = Category.MAY_BE_APPROPRIATE
UNA = Category.USUALLY_NOT_APPROPRIATE
MASSIVE, RECURRENT, NONMASSIVE = Variant.MASSIVE, Variant.RECURRENT, Variant.NONMASSIVE

TABLE: dict[str, dict[Variant, Category]] = {
    RADIOGRAPH: {MASSIVE: UA, NONMASSIVE: UA, RECURRENT: UA},
    EMBOLIZATION: {MASSIVE: UA, NONMASSIVE: MBA, RECURRENT: UA},
    CT_WITH: {MASSIVE: UA, NONMASSIVE: UA, RECURRENT: MBA},
    CTA: {MASSIVE: UA, NONMASSIVE: UA, RECURRENT: UA},
    CT_WITHOUT: {MASSIVE: MBA, NONMASSIVE: MBA, RECURRENT: UNA},
    CT_WITHOUT_AND_WITH: {MASSIVE: UNA, NONMASSIVE: UNA, RECURRENT: UNA},
}

# The smallest chart that leaves just these variants plausible.
CHARTS: dict[tuple[Variant, ...], tuple[Fact, ...]] = {
    (MASSIVE,): (episode(250),),
    (RECURRENT,): (RETURNING, per(24, 30)),
    (NONMASSIVE,): (per(24, 30),),
    (MASSIVE, RECURRENT): (RETURNING,),
    (MASSIVE, NONMASSIVE): (),
    (RECURRENT, NONMASSIVE): (unavailable(Kind.CONDITIONS), per(24, 30)),
    (MASSIVE, RECURRENT, NONMASSIVE): (unavailable(Kind.CONDITIONS),),
}


def common_category(procedure: str, variants: tuple[Variant, ...]) -> Category | None:
    """The category that a procedure has in all of the variants, None when they differ."""
    categories = {TABLE[procedure][variant] for variant in variants}
    return categories.pop() if len(categories) == 1 else None
