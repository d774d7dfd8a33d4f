"""A synthetic bulk export to try a replay with: hemoptysis over years, its causes, treatments and orders."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from cds_service.errors import BadValue
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import Knowledge
from cds_service.knowledge.terminology.concepts import Concept

Json: TypeAlias = dict[str, Any]
"""A resource as it is written."""

TYPES: Final = (
    *("Patient", "Encounter", "Condition", "Observation", "Procedure", "AllergyIntolerance"),
    *("MedicationRequest", "MedicationAdministration", "DiagnosticReport", "ServiceRequest"),
    *("PractitionerRole", "Organization"),
)
FIRST_DAY: Final = datetime(2021, 1, 1, tzinfo=UTC)
LAST_DAY: Final = datetime(2025, 12, 31, tzinfo=UTC)
_DAYS: Final = (LAST_DAY - FIRST_DAY).days
_UCUM: Final = "http://unitsofmeasure.org"
_HL7: Final = "http://terminology.hl7.org/CodeSystem"
_LOCAL: Final = "urn:oid:2.16.840.1.113883.19.5.1"
_DEPARTMENTS: Final = (
    "Emergency department",
    "Pulmonology",
    "Internal medicine",
    "Oncology",
    "Intensive care",
)
_CLINICIANS: Final = 40
_CAUSES: Final = (
    *(Concept.BRONCHIECTASIS, Concept.LUNG_CANCER, Concept.TUBERCULOSIS, Concept.ASPERGILLOSIS),
    *(Concept.PNEUMONIA, Concept.RESPIRATORY_INFECTION, Concept.CYSTIC_FIBROSIS),
)
_BACKGROUND: Final = (Concept.COPD, Concept.KIDNEY_DISEASE_OTHER, Concept.CHRONIC_RESPIRATORY_FAILURE)
_OTHER_REASONS: Final = (Concept.COUGH, Concept.DYSPNEA, Concept.PNEUMONIA)
_STUDIES: Final = (
    *("radiography-chest",) * 5,
    *("ct-chest-with-contrast",) * 3,
    *("cta-chest-with-contrast",) * 2,
    *("ct-chest-without-contrast",) * 3,
    "ct-chest-without-and-with-contrast",
)
_VITALS: Final = (
    (Concept.OXYGEN_SATURATION, "%", "%"),
    (Concept.SYSTOLIC_PRESSURE, "mmHg", "mm[Hg]"),
    (Concept.RESPIRATORY_RATE, "/min", "/min"),
    (Concept.HEART_RATE, "/min", "/min"),
)
_CALM: Final = ((94, 99), (112, 150), (13, 19), (62, 100))
_ALARMING: Final = ((80, 90), (70, 95), (26, 38), (112, 140))


def write_example(folder: Path, *, patients: int, seed: int) -> dict[str, int]:
    """Write an export of so many patients to a new folder; how many resources of each type it holds.

    The same count and seed write the same bytes. Raises BadValue where the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadValue(f"{folder} is not empty; name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    hospital, counts = _Hospital(load_knowledge()), dict.fromkeys(TYPES, 0)
    encode = msgspec.json.Encoder().encode
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / f"{name}.ndjson").open("wb")) for name in TYPES}
        for resource in _resources(hospital, patients, seed):
            name = resource["resourceType"]
            files[name].write(encode(resource) + b"\n")
            counts[name] += 1
    return counts


def _resources(hospital: "_Hospital", patients: int, seed: int) -> Iterator[Json]:
    yield from hospital.directory()
    for number in range(patients):
        history = _History(hospital, random.Random(f"{seed}/{number}"), f"p{seed}-{number}")
        yield from history.resources()


@dataclass(frozen=True)
class _Hospital:
    """Who works there, and the codes that it writes: those that the knowledge lists."""

    knowledge: Knowledge

    def concept(self, concept: Concept) -> Json:
        """A CodeableConcept of the first code that is listed."""
        coding = self.knowledge.terminology.codes_of(concept)[0]
        return {"coding": [{"system": coding.system, "code": coding.code, "display": coding.display}]}

    def study(self, procedure: str) -> Json:
        """The code of a study that is ordered."""
        known = self.knowledge.procedures[procedure]
        coding = next(iter(known.canonical_codes.values()))
        code = {"system": coding.system, "code": coding.code, "display": known.short_name}
        return {"coding": [code], "text": known.short_name}

    def directory(self) -> Iterator[Json]:
        """The departments, and who orders for which."""
        for place, name in enumerate(_DEPARTMENTS):
            yield {"resourceType": "Organization", "id": f"department-{place}", "name": name}
        for number in range(_CLINICIANS):
            yield {
                "resourceType": "PractitionerRole",
                "id": f"role-{number}",
                "practitioner": {"reference": f"Practitioner/clinician-{number}"},
                "organization": {"reference": f"Organization/department-{number % len(_DEPARTMENTS)}"},
            }


class _History:
    """What happened to one patient over the years; every choice comes from `chance`."""

    def __init__(self, hospital: _Hospital, chance: random.Random, patient: str) -> None:
        self._hospital = hospital
        self._chance = chance
        self._patient = patient
        self._count = 0

    def resources(self) -> Iterator[Json]:
        """The patient, what was known before, and each episode."""
        born = FIRST_DAY - timedelta(days=self._chance.randint(10 * 365, 85 * 365))
        gender = self._chance.choice(("female", "male"))
        who = {"resourceType": "Patient", "id": self._patient, "gender": gender}
        yield who | {"birthDate": born.date().isoformat()}
        if self._is_so(0.4):
            long_ago = FIRST_DAY - timedelta(days=self._chance.randint(100, 3000))
            yield self._condition(self._hospital.concept(self._chance.choice(_BACKGROUND)), long_ago)
        if self._is_so(0.12):
            yield self._drug(Concept.ANTICOAGULANT, "active", FIRST_DAY - timedelta(days=200))
        if self._is_so(0.04):
            code = {"coding": [*self._hospital.concept(Concept.CONTRAST_REACTION)["coding"]]}
            yield self._head("AllergyIntolerance") | {"code": code, "recordedDate": "2020-05-01"}
        days = self._chance.randint(0, _DAYS)
        for _ in range(self._chance.choice((1, 1, 1, 2, 3))):
            yield from self._episode(FIRST_DAY + timedelta(days=days, minutes=self._chance.randint(0, 1439)))
            days += self._chance.randint(2, 500)
            if days > _DAYS:
                break

    def _episode(self, began: datetime) -> Iterator[Json]:
        """A visit with an order or two, what is charted before, and what comes of it."""
        is_hemoptysis, is_grave = self._is_so(0.65), self._is_so(0.12)
        visit = self._id()
        ordered = began + timedelta(minutes=self._chance.randint(20, 300))
        ended = ordered + timedelta(hours=self._chance.randint(2, 200))
        yield self._visit(visit, began, ended)
        stay = {"encounter": {"reference": f"Encounter/{visit}"}}
        hemoptysis = self._hospital.concept(Concept.HEMOPTYSIS)
        if is_hemoptysis:
            over = ended + timedelta(days=self._chance.randint(0, 30)) if self._is_so(0.8) else None
            yield (
                self._condition(hemoptysis, began - timedelta(hours=self._chance.randint(1, 40)), over) | stay
            )
            yield from (one | stay for one in self._blood(ordered, is_grave=is_grave))
        yield from (one | stay for one in self._vitals(ordered, _ALARMING if is_grave else _CALM))
        reason = hemoptysis if is_hemoptysis else self._hospital.concept(self._chance.choice(_OTHER_REASONS))
        for study in self._chance.sample(_STUDIES, self._chance.choice((1, 1, 1, 2))):
            yield from (one | stay for one in self._ordered(study, reason, ordered))
        if is_hemoptysis:
            yield from (one | stay for one in self._aftermath(ended, is_grave=is_grave))

    def _ordered(self, study: str, reason: Json, at: datetime) -> Iterator[Json]:
        """An order, now done, and its report."""
        order = self._head("ServiceRequest")
        code = self._hospital.study(study)
        if self._is_so(0.04):
            code = {
                "coding": [{"system": _LOCAL, "code": f"IMG{self._chance.randint(1, 9)}"}],
                "text": "Chest imaging, protocol",
            }
        why = {"reasonCode": [reason]} if self._is_so(0.85) else {}
        yield (
            order
            | {
                "status": "completed",
                "intent": "order",
                "code": code,
                "authoredOn": _written(at),
                "requester": {"reference": f"PractitionerRole/role-{self._chance.randrange(_CLINICIANS)}"},
            }
            | why
        )
        done = at + timedelta(minutes=self._chance.randint(20, 900))
        report = {"status": "final", "code": code, "effectiveDateTime": _written(done)}
        based_on = {"basedOn": [{"reference": f"ServiceRequest/{order['id']}"}]}
        yield (
            self._head("DiagnosticReport")
            | report
            | based_on
            | {"issued": _written(done + timedelta(hours=1))}
        )

    def _blood(self, before: datetime, *, is_grave: bool) -> Iterator[Json]:
        """What is charted of the blood: an amount, a word, or nothing, as often as that is left out."""
        code = self._hospital.concept(Concept.EXPECTORATED_BLOOD)
        at = before - timedelta(minutes=self._chance.randint(10, 200))
        observation = self._observation(code, "exam", at)
        if self._is_so(0.5):
            amount = self._chance.randint(180, 500) if is_grave else self._chance.randint(2, 90)
            yield observation | {"valueQuantity": _quantity(amount, "mL", "mL")}
        elif self._is_so(0.4):
            yield observation | {"valueString": "large amount" if is_grave else "scant, streaks"}

    def _vitals(self, before: datetime, bands: tuple[tuple[int, int], ...]) -> Iterator[Json]:
        for (concept, unit, code), band in zip(_VITALS, bands, strict=True):
            if self._is_so(0.75):
                at = before - timedelta(minutes=self._chance.randint(1, 240))
                value = {"valueQuantity": _quantity(self._chance.randint(*band), unit, code)}
                yield self._observation(self._hospital.concept(concept), "vital-signs", at) | value
        if self._is_so(0.5):
            egfr = {
                "valueQuantity": _quantity(self._chance.randint(20, 110), "mL/min/1.73m2", "mL/min/{1.73_m2}")
            }
            yield self._observation(self._hospital.concept(Concept.EGFR), "laboratory", before) | egfr

    def _aftermath(self, ended: datetime, *, is_grave: bool) -> Iterator[Json]:
        """The cause that was found, and what was done."""
        if self._is_so(0.6):
            yield self._condition(self._hospital.concept(self._chance.choice(_CAUSES)), ended)
        if is_grave and self._is_so(0.5):
            done = {"status": "completed", "code": self._hospital.concept(Concept.BRONCHIAL_EMBOLIZATION)}
            yield self._head("Procedure") | done | {"performedDateTime": _written(ended - timedelta(hours=1))}
        if self._is_so(0.3):
            yield self._drug(Concept.BLEEDING_TREATMENT, "completed", ended)

    def _visit(self, name: str, began: datetime, ended: datetime) -> Json:
        subject = {"reference": f"Patient/{self._patient}"}
        visit: Json = {"resourceType": "Encounter", "id": name, "status": "finished", "subject": subject}
        kind = {"system": f"{_HL7}/v3-ActCode", "code": "EMER"}
        return visit | {"class": kind, "period": {"start": _written(began), "end": _written(ended)}}

    def _condition(self, code: Json, began: datetime, over: datetime | None = None) -> Json:
        status = "resolved" if over else "active"
        clinical = {"coding": [{"system": f"{_HL7}/condition-clinical", "code": status}]}
        sure = {"coding": [{"system": f"{_HL7}/condition-ver-status", "code": "confirmed"}]}
        dates = {"onsetDateTime": _written(began), "recordedDate": _written(began + timedelta(hours=1))}
        end = {"abatementDateTime": _written(over)} if over else {}
        return (
            self._head("Condition")
            | {"clinicalStatus": clinical, "verificationStatus": sure, "code": code}
            | dates
            | end
        )

    def _observation(self, code: Json, category: str, at: datetime) -> Json:
        filed = [{"coding": [{"system": f"{_HL7}/observation-category", "code": category}]}]
        taken = {"effectiveDateTime": _written(at), "issued": _written(at + timedelta(minutes=5))}
        return self._head("Observation") | {"status": "final", "category": filed, "code": code} | taken

    def _drug(self, concept: Concept, status: str, at: datetime) -> Json:
        drug = {
            "status": status,
            "intent": "order",
            "medicationCodeableConcept": self._hospital.concept(concept),
        }
        return self._head("MedicationRequest") | drug | {"authoredOn": _written(at)}

    def _head(self, resource_type: str) -> Json:
        subject = "patient" if resource_type == "AllergyIntolerance" else "subject"
        head = {"resourceType": resource_type, "id": self._id()}
        return head | {subject: {"reference": f"Patient/{self._patient}"}}

    def _id(self) -> str:
        self._count += 1
        return f"{self._patient}-{self._count}"

    def _is_so(self, share: float) -> bool:
        return self._chance.random() < share


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _quantity(value: int, unit: str, code: str) -> Json:
    return {"value": value, "unit": unit, "system": _UCUM, "code": code}
