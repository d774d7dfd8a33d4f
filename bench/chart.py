"""One made-up chart, resource by resource, as a hospital writes them: several codings, texts, remarks."""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

Json = dict[str, object]
JUDGED_AT: Final = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)
_SNOMED, _LOINC = "http://snomed.info/sct", "http://loinc.org"
_ICD, _CPT = "http://hl7.org/fhir/sid/icd-10-cm", "http://www.ama-assn.org/go/cpt"
_HL7, _UCUM = "http://terminology.hl7.org/CodeSystem", "http://unitsofmeasure.org"
_LOCAL: Final = "urn:oid:1.2.840.114350.1.13.861.1.7.2"

# code in SNOMED CT, in ICD-10-CM, and what both say; none but COPD and bronchitis is in a code list
_PROBLEMS: Final = tuple(
    tuple(line.split("|"))
    for line in """38341003|I10|Essential hypertension
44054006|E11.9|Type 2 diabetes mellitus
55822004|E78.5|Hyperlipidemia
235595009|K21.9|Gastroesophageal reflux disease
13645005|J44.9|Chronic obstructive pulmonary disease
396275006|M19.90|Osteoarthritis
35489007|F32.A|Depressive disorder
197480006|F41.9|Anxiety disorder
414916001|E66.9|Obesity
40930008|E03.9|Hypothyroidism
87522002|D50.9|Iron deficiency anemia
37796009|G43.909|Migraine
279039007|M54.50|Low back pain
61582004|J30.9|Allergic rhinitis
266569009|N40.0|Benign prostatic hyperplasia
64859006|M81.0|Osteoporosis
78275009|G47.33|Obstructive sleep apnea
193570009|H26.9|Cataract
10509002|J20.9|Acute bronchitis
90560007|M10.9|Gout
53741008|I25.10|Coronary arteriosclerosis
24700007|L40.9|Plaque psoriasis
195662009|J02.9|Acute viral pharyngitis
271737000|D64.9|Anemia""".splitlines()
)
# LOINC code, name, unit, lowest and highest usual value; none is in a code list
_LABS: Final = tuple(
    tuple(line.split("|"))
    for line in """718-7|Hemoglobin [Mass/volume] in Blood|g/dL|12.0|16.0
6690-2|Leukocytes [#/volume] in Blood by Automated count|10*3/uL|4.0|11.0
777-3|Platelets [#/volume] in Blood by Automated count|10*3/uL|150|400
2951-2|Sodium [Moles/volume] in Serum or Plasma|mmol/L|135|145
2823-3|Potassium [Moles/volume] in Serum or Plasma|mmol/L|3.5|5.1
2075-0|Chloride [Moles/volume] in Serum or Plasma|mmol/L|98|107
2345-7|Glucose [Mass/volume] in Serum or Plasma|mg/dL|70|99
3094-0|Urea nitrogen [Mass/volume] in Serum or Plasma|mg/dL|7|20
17861-6|Calcium [Mass/volume] in Serum or Plasma|mg/dL|8.6|10.2
1742-6|Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma|U/L|7|56
1988-5|C reactive protein [Mass/volume] in Serum or Plasma|mg/L|0|5
4548-4|Hemoglobin A1c/Hemoglobin.total in Blood|%|4.0|5.6
3016-3|Thyrotropin [Units/volume] in Serum or Plasma|m[IU]/L|0.4|4.0
6301-6|INR in Platelet poor plasma by Coagulation assay|{INR}|0.8|1.2""".splitlines()
)
# LOINC code, name, unit, code of the unit, lowest and highest value of a patient who is stable
_VITALS: Final = (
    ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", "%", 95, 99),
    ("85354-9", "Blood pressure panel with all children optional", "", "", 0, 0),
    ("9279-1", "Respiratory rate", "breaths/minute", "/min", 14, 18),
    ("8867-4", "Heart rate", "beats/minute", "/min", 64, 92),
    ("8310-5", "Body temperature", "degrees C", "Cel", 36, 37),
)
_REMARKS: Final = (
    "Reviewed with the patient at the bedside; no change to the plan of care.",
    "Result was called to the ward and read back by the nurse in charge.",
    "Imported from an outside record; verified by the receiving clinician.",
    "Discussed at the morning round, to be followed up by the family physician.",
    "Patient reports that this was first noted some years ago while living abroad.",
)


def instant(before: timedelta) -> str:
    """The instant so long before the one to judge at."""
    return (JUDGED_AT - before).isoformat().replace("+00:00", "Z")


def _concept(*codings: tuple[str, str, str], text: str) -> Json:
    written = [{"system": system, "code": code, "display": display} for system, code, display in codings]
    return {"coding": written, "text": text}


def _status(system: str, code: str) -> Json:
    return _concept((f"{_HL7}/{system}", code, code.replace("-", " ").capitalize()), text=code)


def _quantity(value: float, unit: str, code: str) -> Json:
    return {"value": value, "unit": unit, "system": _UCUM, "code": code}


def searchset(resources: Iterable[Json]) -> Json:
    """The answer of a search, as it stands in a prefetch."""
    entries = [
        {
            "fullUrl": f"https://hospital.example/fhir/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


@dataclass(slots=True)
class Chart:
    """One patient's chart; every choice in it comes from `chance`."""

    chance: random.Random
    patient: str = field(init=False)
    encounter: str = field(init=False)

    def __post_init__(self) -> None:
        self.patient, self.encounter = self.new_id(), self.new_id()

    def new_id(self) -> str:
        """An id that no other resource has."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def ct_order(self) -> Json:
        """The order that is judged: a chest CT without contrast, because of hemoptysis."""
        return self._order((_CPT, "71250", "CT chest without contrast"), "CT chest without contrast", "71250")

    def blood_count_order(self) -> Json:
        """An order that is no chest imaging."""
        return self._order((_LOINC, "58410-2", "CBC panel - Blood by Automated count"), "Blood count", "CBC")

    def _order(self, coding: tuple[str, str, str], text: str, local: str) -> Json:
        return {
            **self._head("ServiceRequest"),
            "status": "draft",
            "intent": "order",
            "priority": "urgent",
            "code": _concept(coding, (f"{_LOCAL}.696580", f"IMG{local}", text.upper()), text=text),
            "authoredOn": instant(timedelta(0)),
            "requester": {"reference": "Practitioner/emergency-physician", "display": "Emergency Physician"},
            "reasonCode": [self._hemoptysis()],
            "note": [{"text": self._remark()}],
        }

    def patient_resource(self) -> Json:
        """The patient, a man of 64."""
        return {
            "resourceType": "Patient",
            "id": self.patient,
            "name": [{"use": "official", "family": "Novak", "given": ["Daniel"]}],
            "gender": "male",
            "birthDate": "1961-04-14",
        }

    def _head(self, resource_type: str) -> Json:
        version = str(self.chance.randint(1, 9))
        return {
            "resourceType": resource_type,
            "id": self.new_id(),
            "meta": {
                "versionId": version,
                "lastUpdated": instant(timedelta(minutes=self.chance.randint(1, 90))),
            },
            "identifier": [{"system": f"{_LOCAL}.798268", "value": self.new_id()}],
            "subject": {"reference": f"Patient/{self.patient}", "display": "Novak, Daniel"},
            "encounter": {"reference": f"Encounter/{self.encounter}", "display": "Emergency visit"},
        }

    def _hemoptysis(self) -> Json:
        said = "Hemoptysis"
        local = (f"{_LOCAL}.696871", "9481", "Coughing up blood (hemoptysis)")
        return _concept((_SNOMED, "66857006", said), (_ICD, "R04.2", said), local, text=said)

    def condition(self, index: int) -> Json:
        """The first is the hemoptysis of yesterday; the others are a chart's usual problems, some over."""
        snomed, icd, name = self.chance.choice(_PROBLEMS)
        local = (f"{_LOCAL}.696871", str(self.chance.randint(1000, 99999)), f"{name} ({icd})")
        problem = _concept((_SNOMED, snomed, name), (_ICD, icd, name), local, text=name)
        days = 1 if index == 0 else self.chance.randint(20, 4000)
        is_over = index % 4 == 3
        category = _status("condition-category", "encounter-diagnosis")
        return {
            **self._head("Condition"),
            "clinicalStatus": _status("condition-clinical", "resolved" if is_over else "active"),
            "verificationStatus": _status("condition-ver-status", "confirmed"),
            "category": [category, _concept((f"{_LOCAL}.696872", "64572001", "Disease"), text="Disease")],
            "code": self._hemoptysis() if index == 0 else problem,
            "onsetDateTime": instant(timedelta(days=days))[:10],
            "recordedDate": instant(timedelta(days=days, hours=-1)),
            "recorder": {"reference": f"Practitioner/{self.new_id()}", "display": "Attending Physician"},
            "asserter": {"reference": f"Practitioner/{self.new_id()}", "display": "Attending Physician"},
            "note": [{"time": instant(timedelta(days=days)), "text": self._remark()}],
            **({"abatementDateTime": instant(timedelta(days=days - 10))[:10]} if is_over else {}),
        }

    def _observation(self, category: str, code: Json, hours: float) -> Json:
        at = timedelta(minutes=round(hours * 60))
        return {
            **self._head("Observation"),
            "basedOn": [{"reference": f"ServiceRequest/{self.new_id()}"}],
            "status": "final",
            "category": [_status("observation-category", category)],
            "code": code,
            "effectiveDateTime": instant(at),
            "issued": instant(at - timedelta(minutes=5)),
            "performer": [{"reference": f"Practitioner/{self.new_id()}", "display": "Registered Nurse"}],
            "note": [{"time": instant(at), "text": self._remark()}],
        }

    def blood(self, index: int) -> Json:
        """What was coughed up in one stretch: small amounts, the first of today."""
        local = (f"{_LOCAL}.707679", "304561", "BLOOD EXPECTORATED")
        code = _concept((_SNOMED, "66857006", "Hemoptysis"), local, text="Expectorated blood")
        observation = self._observation("exam", code, 1 + 12 * index)
        return {**observation, "valueQuantity": _quantity(self.chance.randint(3, 9), "mL", "mL")}

    def vital(self, index: int) -> Json:
        """A vital sign of a patient who is stable, every kind in turn, each round an hour before the last."""
        loinc, name, unit, code, low, high = _VITALS[index % len(_VITALS)]
        local = (f"{_LOCAL}.707679", str(30_000 + index % len(_VITALS)), name.upper())
        concept = _concept((_LOINC, loinc, name), local, text=name)
        observation = self._observation("vital-signs", concept, 0.5 + index // len(_VITALS))
        if not unit:
            return {**observation, "component": self._pressures()}
        usual = {
            "low": _quantity(low, unit, code),
            "high": _quantity(high, unit, code),
            "text": f"{low}-{high}",
        }
        value = _quantity(self.chance.randint(low, high), unit, code)
        return {**observation, "valueQuantity": value, "referenceRange": [usual]}

    def _pressures(self) -> list[Json]:
        parts = (
            ("8480-6", "Systolic blood pressure", 118, 138),
            ("8462-4", "Diastolic blood pressure", 66, 82),
        )
        return [
            {
                "code": _concept((_LOINC, loinc, name), text=name),
                "valueQuantity": _quantity(self.chance.randint(low, high), "mmHg", "mm[Hg]"),
            }
            for loinc, name, low, high in parts
        ]

    def egfr(self, index: int) -> Json:
        """Kidney function, normal."""
        name = "GFR/1.73 sq M.predicted, creatinine-based CKD-EPI 2021"
        code = _concept((_LOINC, "98979-8", name), (f"{_LOCAL}.768282", "7041", "EGFR"), text="eGFR")
        unit = "mL/min/{1.73_m2}"
        value = _quantity(self.chance.randint(72, 96), unit, unit)
        return {**self._observation("laboratory", code, 2 + 40 * index), "valueQuantity": value}

    def lab(self, index: int) -> Json:
        """A laboratory value that no decision reads."""
        loinc, name, unit, low, high = self.chance.choice(_LABS)
        local = (f"{_LOCAL}.768282", str(self.chance.randint(1000, 9999)), name.upper()[:40])
        code = _concept((_LOINC, loinc, name), local, text=name)
        least, most = float(low), float(high)
        usual = {
            "low": _quantity(least, unit, unit),
            "high": _quantity(most, unit, unit),
            "type": _concept(
                (f"{_HL7}/referencerange-meaning", "normal", "Normal Range"), text="Normal Range"
            ),
            "text": f"{low} - {high} {unit}",
        }
        return {
            **self._observation("laboratory", code, 2 + index / 4),
            "valueQuantity": _quantity(round(self.chance.uniform(least, most * 1.2), 1), unit, unit),
            "interpretation": [
                _concept((f"{_HL7}/v3-ObservationInterpretation", "N", "Normal"), text="Normal")
            ],
            "specimen": {"reference": f"Specimen/{self.new_id()}", "display": "Venous blood"},
            "referenceRange": [usual],
        }

    def _remark(self) -> str:
        return " ".join(self.chance.sample(_REMARKS, self.chance.randint(1, 2)))
