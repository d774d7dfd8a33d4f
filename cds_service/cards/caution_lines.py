"""The cautions of a card: those that bear on the ordered study or on one that the card offers."""

from collections.abc import Iterable

from cds_service.cards.case import RADIOGRAPH, Case
from cds_service.cards.dates import shown
from cds_service.cards.escape import markdown
from cds_service.cards.reading import section
from cds_service.clinical.cautions import bears_on
from cds_service.clinical.decision import Caution, Judgement
from cds_service.knowledge.model import CautionId

_FINDING_LIMIT = 200


def cautions_of_order(case: Case, judgement: Judgement) -> tuple[Caution, ...]:
    """The cautions on the ordered study, its alternatives and its complement.

    Where a reaction to contrast is why nothing is offered, it is shown too.
    """
    offered = [alternative.procedure for alternative in judgement.alternatives]
    complement = [RADIOGRAPH] if case.has_complement(judgement) else []
    bearing = bearing_cautions(case, [judgement.order.procedure, *offered, *complement])
    if not judgement.allergy_withholds_alternatives:
        return bearing
    reactions = (c for c in case.decision.cautions.found if c.id is CautionId.CONTRAST_REACTION)
    return (*reactions, *(c for c in bearing if c.id is not CautionId.CONTRAST_REACTION))


def bearing_cautions(case: Case, procedures: Iterable[str]) -> tuple[Caution, ...]:
    """The cautions that bear on one of the procedures, in the order they were found."""
    known = [case.knowledge.procedures[p] for p in procedures if p in case.knowledge.procedures]
    return tuple(
        caution
        for caution in case.decision.cautions.found
        if any(bears_on(caution, procedure, case.knowledge) for procedure in known)
    )


def caution_titles(case: Case, cautions: Iterable[Caution]) -> tuple[str, ...]:
    """The title of each caution once."""
    return tuple(dict.fromkeys(title(case, caution.id) for caution in cautions))


def title(case: Case, caution: CautionId) -> str:
    """The short name of a caution."""
    return case.knowledge.cautions[caution].title


def cautions_section(case: Case, cautions: Iterable[Caution]) -> str:
    """One line for each caution with all that was found for it, then what it says."""
    by_id: dict[CautionId, list[Caution]] = {}
    for caution in cautions:
        by_id.setdefault(caution.id, []).append(caution)
    return section("Cautions (they do not change the rating)", (_line(case, c) for c in by_id.values()))


def _line(case: Case, cautions: list[Caution]) -> str:
    known = case.knowledge.cautions[cautions[0].id]
    found = "; ".join(dict.fromkeys(_found(caution) for caution in cautions))
    return f"**{known.title}**: {found}. {known.text}"


def _found(caution: Caution) -> str:
    charted = f" ({markdown(caution.charted)})" if caution.charted else ""
    dated = f", {shown(caution.when)}" if caution.when.is_dated else ""
    by_name = ", matched by name only" if caution.by_text else ""
    return f"{markdown(caution.finding, _FINDING_LIMIT)}{charted}{dated}{by_name}"
