"""What the workbench adds to a chart: one reading of each changed kind, an episode, a procedure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

from cds_service.clinical.facts import HemoptysisFacts, VitalKind
from cds_service.clinical.time import Moment
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept
from cds_service.web.workbench.charted import hours_of, newest_bleed, newest_vital
from cds_service.web.workbench.controls import AMOUNT, HOURS, OXYGEN, RECURRENCE, VITAL_SLIDERS
from cds_service.web.workbench.readings import Json, quantity, when_over, written

Changes: TypeAlias = Mapping[str, Decimal | str]
"""The new value of each slider and switch that was moved, by its id."""

MARK: Final = "workbench-"
"""The ids of resources that the workbench adds begin so."""
_A_DAY: Final = timedelta(hours=24)
_A_WHILE: Final = timedelta(minutes=15)
_EPISODE_BEGAN, _EPISODE_ENDED = timedelta(days=550), timedelta(days=545)
_EMBOLIZED: Final = timedelta(days=10)
_UNITS: Final[Mapping[VitalKind, str]] = {
    "oxygen-saturation": "%",
    "systolic-pressure": "mm[Hg]",
    "respiratory-rate": "/min",
    "heart-rate": "/min",
    "inhaled-oxygen-concentration": "%",
    "inhaled-oxygen-flow": "L/min",
}
_FLOW: Final = {"air": Decimal(0), "given": Decimal(4)}
_CONCEPTS: Final[Mapping[VitalKind, Concept]] = {
    "oxygen-saturation": Concept.OXYGEN_SATURATION,
    "systolic-pressure": Concept.SYSTOLIC_PRESSURE,
    "respiratory-rate": Concept.RESPIRATORY_RATE,
    "heart-rate": Concept.HEART_RATE,
    "inhaled-oxygen-flow": Concept.INHALED_OXYGEN_FLOW,
    "inhaled-oxygen-concentration": Concept.INHALED_OXYGEN_CONCENTRATION,
}
STATUS: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_OF_VITALS: Final = "http://terminology.hl7.org/CodeSystem/observation-category"


class Made:
    """Makes the resources that stand for a change."""

    def __init__(self, facts: HemoptysisFacts, patient_id: str, knowledge: Knowledge) -> None:
        self.facts, self.knowledge = facts, knowledge
        self.subject = {"reference": f"Patient/{patient_id.removeprefix('Patient/')}"}

    def by_key(self, changes: Changes) -> Iterator[tuple[str, Json]]:
        """Each new resource with its prefetch key. Hours alone make none: no amount is invented for them."""
        amount = changes.get(AMOUNT)
        if isinstance(amount, Decimal):
            yield "bleeding", self._bleed(amount, changes.get(HOURS))
        for slider in VITAL_SLIDERS:
            value = changes.get(slider.id)
            if slider.vital and isinstance(value, Decimal):
                yield "vitals", self._vital(slider.vital, value, self._time_of(slider.vital))
        if flow := changes.get(OXYGEN):
            taken = self._time_of("oxygen-saturation")
            yield "vitals", self._vital("inhaled-oxygen-flow", _FLOW[str(flow)], taken)
        yield from self._earlier(changes.get(RECURRENCE))

    def _bleed(self, amount: Decimal, moved: Decimal | str | None) -> Json:
        bleed = newest_bleed(self.facts)
        as_charted = hours_of(bleed) if bleed else Decimal(0)
        hours = moved if isinstance(moved, Decimal) else as_charted
        return {
            **self._observation(AMOUNT, Concept.EXPECTORATED_BLOOD),
            **when_over(self._current(bleed.period.end if bleed else None), hours),
            "valueQuantity": quantity(amount, "mL"),
        }

    def _vital(self, kind: VitalKind, value: Decimal, taken: datetime) -> Json:
        category = {"coding": [{"system": _OF_VITALS, "code": "vital-signs"}]}
        return {
            **self._observation(kind, _CONCEPTS[kind]),
            "category": [category],
            "effectiveDateTime": written(taken),
            "valueQuantity": quantity(value, _UNITS[kind]),
        }

    def _observation(self, name: str, concept: Concept) -> Json:
        return {
            "resourceType": "Observation",
            "id": f"{MARK}{name}",
            "status": "final",
            "code": self._code(concept),
            "subject": self.subject,
        }

    def _code(self, concept: Concept) -> Json:
        coding = self.knowledge.terminology.codes_of(concept)[0]
        written = {"system": coding.system, "code": coding.code, "display": coding.display}
        return {"coding": [written]}

    def _time_of(self, kind: VitalKind) -> datetime:
        newest = newest_vital(self.facts, kind)
        return self._current(newest.taken if newest else None)

    def _current(self, moment: Moment | None) -> datetime:
        """The moment where it lies in the last day, else a quarter of an hour ago."""
        now = self.facts.now
        is_current = moment is not None and moment.is_dated and now - _A_DAY < moment.latest <= now
        return moment.latest if moment and is_current else now - _A_WHILE

    def _earlier(self, state: Decimal | str | None) -> Iterator[tuple[str, Json]]:
        now = self.facts.now
        if state == "earlier-episode":
            yield (
                "conditions",
                {
                    "resourceType": "Condition",
                    "id": f"{MARK}episode",
                    "clinicalStatus": {"coding": [{"system": STATUS, "code": "resolved"}]},
                    "code": self._code(Concept.HEMOPTYSIS),
                    "subject": self.subject,
                    "onsetDateTime": written(now - _EPISODE_BEGAN),
                    "abatementDateTime": written(now - _EPISODE_ENDED),
                },
            )
        if state == "after-embolization":
            yield (
                "procedures",
                {
                    "resourceType": "Procedure",
                    "id": f"{MARK}procedure",
                    "status": "completed",
                    "code": self._code(Concept.BRONCHIAL_EMBOLIZATION),
                    "subject": self.subject,
                    "performedDateTime": written(now - _EMBOLIZED),
                },
            )
