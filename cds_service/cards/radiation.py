"""How a relative radiation level is shown: the ACR's number of symbols with its dose range."""

from cds_service.cards.escape import markdown
from cds_service.clinical.facts import AgeGroup
from cds_service.knowledge.model import Procedure, Radiation

SYMBOL = "☢"
NOT_GIVEN = "not given"


def level(radiation: Radiation | None) -> str:
    """A level as `☢☢☢ 1-10 mSv`, safe in Markdown; `not given` where the ACR gives none."""
    if radiation is None:
        return NOT_GIVEN
    dose = radiation.dose_range_msv.removesuffix("mSv").strip()
    return f"{SYMBOL * radiation.symbols} {markdown(dose)} mSv".strip()


def level_for(procedure: Procedure, age_group: AgeGroup) -> str:
    """The level that holds for the patient; both, named, when the age is unknown."""
    match age_group:
        case AgeGroup.CHILD:
            return level(procedure.radiation_pediatric)
        case AgeGroup.ADULT:
            return level(procedure.radiation_adult)
        case AgeGroup.UNKNOWN:
            return f"adult {level(procedure.radiation_adult)}, child {level(procedure.radiation_pediatric)}"
