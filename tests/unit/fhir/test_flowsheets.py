"""What flowsheets and laboratory panels hold, and how vital signs and eGFR stand in them (BEHAVIOUR 4)."""

from decimal import Decimal
from typing import Final

import pytest

from cds_service.clinical.facts import Availability, HemoptysisFacts, Vital
from cds_service.clinical.range import Range, above, exactly
from cds_service.knowledge.kinds import Kind
from tests.unit.fhir.builders import (
    EGFR,
    LOINC,
    PRESSURE,
    SNOMED,
    SPO2,
    Json,
    bundle,
    concept,
    facts,
    observation,
    quantity,
)

SYSTOLIC: Final = concept(LOINC, "8480-6")
RATE: Final = concept(LOINC, "9279-1")
PULSE: Final = concept(LOINC, "8867-4")
FLOW: Final = concept(LOINC, "3151-8")
FIVE: Final[Json] = {"valueInteger": 5}


def local(name: str) -> Json:
    return {"coding": [{"system": "urn:site", "code": "x-1", "display": name}], "text": name}


def charted(code: Json, members: Json, key: str = "vital-signs") -> HemoptysisFacts:
    return facts({key: bundle(observation(code, **members))})


def read(code: Json, members: Json, key: str = "vital-signs") -> tuple[Vital, HemoptysisFacts]:
    found = charted(code, members, key)
    (vital,) = found.vitals
    return vital, found


def is_whole(found: HemoptysisFacts, kind: Kind = Kind.VITALS) -> bool:
    return found.availability[kind] is Availability.AVAILABLE and not found.not_understood


@pytest.mark.parametrize(
    ("name", "members"),
    [
        *((name, FIVE) for name in ("Pain Score", "Pain score (0-10)", "Score de douleur", "Schmerzskala")),
        *((name, FIVE) for name in ("GCS", "Glasgow Coma Scale Score", "Échelle de Glasgow")),
        *((name, FIVE) for name in ("NEWS2 total", "MEWS", "RASS", "Braden Scale Score", "Morse Fall Scale")),
        *((name, FIVE) for name in ("BMI", "Temp", "Height", "Poids", "Körpergröße", "Peso", "PAD", "MAP")),
        *((name, FIVE) for name in ("Capillary refill", "Peak flow", "EtCO2", "POC glucose", "Glycémie")),
        *((name, FIVE) for name in ("SpO2 alarm low limit", "HR alarm high limit", "TA cible")),
        *((name, FIVE) for name in ("RR diastolisch", "Tensión diastólica", "Comment", "Commentaire")),
        ("Mittlerer arterieller Blutdruck", {"valueQuantity": quantity(60, "mm[Hg]")}),
        ("EtCO2", {"valueQuantity": quantity(35, "mm[Hg]")}),
        ("Target SpO2", {"valueString": "94-98%"}),
        ("BP Cuff Size", {"valueString": "Size 11"}),
        ("Resp Effort", {"valueString": "Normal"}),
        ("Pulse Oximetry Type", {"valueString": "Intermittent"}),
        ("Schmerz (NRS)", FIVE),
        ("Any", {"valueString": "3/10"}),
        ("Any", {"valueString": "10 / 10"}),
        ("Any", {"valueString": "5' 10\""}),
        ("Any", {"valueString": "5 ft 10 in"}),
        ("Any", {"valueString": "< 2 seconds"}),
        ("Any", {"valueString": "seen at 14:05"}),
        ("Any", {"valueQuantity": quantity(2880, "[oz_av]")}),
        ("Any", {"valueQuantity": quantity(95, "mg/dL")}),
    ],
    ids=str,
)  # fmt: skip
def test_another_measurement_of_a_flowsheet_takes_nothing_from_the_vital_signs(
    name: str, members: Json
) -> None:
    found = charted(local(name), members)

    assert (found.vitals, is_whole(found)) == ((), True)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("Any", FIVE),
        ("Any", {"valueString": "70/40"}),
        ("Any", {"valueString": "82 at 14:05"}),
        ("Any", {"valueString": "9/100"}),
        ("Any", {"valueQuantity": quantity(82, "%")}),
        ("RR", FIVE),
    ],
    ids=str,
)
def test_a_local_code_that_names_nothing_stays_in_doubt_by_its_form(name: str, members: Json) -> None:
    assert not is_whole(charted(local(name), members))


@pytest.mark.parametrize("name", ["SpO2 (comment)", "Comment: SpO2", "SpO2, weight 80 kg"])
def test_a_word_of_another_measurement_takes_no_vital_sign_back(name: str) -> None:
    vital, _ = read(local(name), {"valueQuantity": quantity(82, "%")})

    assert (vital.kind, vital.value.low) == ("oxygen-saturation", Decimal(82))


@pytest.mark.parametrize(
    ("code", "is_another"),
    [
        (concept(LOINC, "72514-3", text="Pain severity"), True),
        (concept(LOINC, "8478-0", text="Mean blood pressure"), True),
        (concept(SNOMED, "1104051000000101", text="Score"), True),
        ({"coding": [{"system": LOINC, "code": "59576-9", "display": "BMI percentile"}]}, True),
        (concept(LOINC, "72514-3"), False),
        (concept(LOINC, "72514-3", text="***"), False),
        (concept("urn:site", "72514-3", text="Something"), False),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["itself", "component"])
def test_an_unlisted_code_of_a_known_system_with_words_is_unrelated(
    place: str, code: Json, is_another: bool
) -> None:
    value: Json = {"valueQuantity": {"value": 60}}
    part: Json = {"valueQuantity": quantity(97, "%"), "component": [{"code": code} | value]}

    found = charted(code, value) if place == "itself" else charted(SPO2, part)

    assert is_whole(found) is is_another


@pytest.mark.parametrize(
    "code", [concept(LOINC, "2345-7"), concept(LOINC, "2823-3", text="Potassium"), concept(SNOMED, "1")]
)
def test_another_test_of_a_panel_leaves_the_kidney_function_assessed(code: Json) -> None:
    egfr = observation(EGFR, valueQuantity=quantity(88, "mL/min/{1.73_m2}"))

    found = facts({"labs": bundle(egfr, observation(code, "g1", valueQuantity=quantity(95, "mg/dL")))})

    assert (len(found.kidney), is_whole(found, Kind.LABS)) == (1, True)


@pytest.mark.parametrize(
    ("name", "kind", "members"),
    [
        ("Resp", "respiratory-rate", {"valueQuantity": quantity(40, "/min")}),
        ("RR", "respiratory-rate", {"valueQuantity": quantity(40, "/min")}),
        ("Atemfrequenz", "respiratory-rate", {"valueQuantity": quantity(40, "/min")}),
        ("Frecuencia respiratoria", "respiratory-rate", {"valueQuantity": quantity(40, "/min")}),
        ("RR", "systolic-pressure", {"valueString": "40/20 mmHg"}),
        ("PAS", "systolic-pressure", {"valueQuantity": quantity(40, "mmHg")}),
        ("ART-S", "systolic-pressure", {"valueQuantity": quantity(40, "mmHg")}),
        ("Blutdruck systolisch", "systolic-pressure", {"valueQuantity": quantity(40, "mmHg")}),
        ("Blutdruck", "systolic-pressure", {"valueString": "40/20 mmHg"}),
        ("Presión arterial", "systolic-pressure", {"valueString": "40/20 mmHg"}),
        ("Sauerstoffsättigung", "oxygen-saturation", {"valueQuantity": quantity(40, "%")}),
        ("Saturación de oxígeno", "oxygen-saturation", {"valueQuantity": quantity(40, "%")}),
        ("Ventricular Rate", "heart-rate", {"valueQuantity": quantity(40, "/min")}),
        ("Herzfrequenz", "heart-rate", {"valueQuantity": quantity(40, "/min")}),
    ],
)
@pytest.mark.parametrize("key", ["vital-signs", "item1"])
def test_a_vital_sign_is_read_by_its_everyday_name(key: str, name: str, kind: str, members: Json) -> None:
    vital, _ = read(local(name), members, key)

    assert (vital.kind, vital.value, vital.is_unsure) == (kind, exactly(Decimal(40)), False)


@pytest.mark.parametrize(
    ("code", "value", "expected", "is_unsure"),
    [
        (SYSTOLIC, {"valueQuantity": quantity(12, "cm[Hg]")}, "120", False),
        (PRESSURE, {"valueString": "13,5/8 cmHg"}, "135", False),
        (local("TA"), {"valueString": "12/7"}, "120", True),
        (local("TA"), {"valueString": "7/4"}, "70", True),
        (local("TA"), {"valueString": "70/29"}, "70", True),
        (local("TA"), {"valueString": "12/7 mmHg"}, "12", False),
    ],
    ids=str,
)
def test_a_pressure_in_centimeters_is_ten_times_that_in_millimeters(
    code: Json, value: Json, expected: str, is_unsure: bool
) -> None:
    vital, _ = read(code, value)

    assert (vital.value.low, vital.is_unsure) == (Decimal(expected), is_unsure)


@pytest.mark.parametrize("words", ["RA", "AA", "on air", "(RA)", ", room air", "en air ambiant", "Raumluft"])
def test_words_behind_a_saturation_say_that_air_was_breathed(words: str) -> None:
    vital, found = read(SPO2, {"valueString": f"82 % {words}"})

    assert (vital.value, vital.is_on_air, vital.is_unsure) == (exactly(Decimal(82)), True, False)
    assert is_whole(found)


@pytest.mark.parametrize("words", ["on 2 L", "RA, 97 on 2 L", "RA pressure"])
def test_other_words_behind_a_saturation_are_no_unit(words: str) -> None:
    assert not is_whole(charted(SPO2, {"valueString": f"82 % {words}"}))


@pytest.mark.parametrize("text", ["Room air", "RA", "Air ambiant", "None (room air)"])
def test_room_air_is_a_flow_of_no_oxygen(text: str) -> None:
    vital, _ = read(FLOW, {"valueString": text})

    assert (vital.kind, vital.value.high) == ("inhaled-oxygen-flow", Decimal(0))


@pytest.mark.parametrize("code", [RATE, PULSE], ids=["rate", "pulse"])
@pytest.mark.parametrize(
    "unit",
    ["cpm", "c/min", "cycles/min", "mvts/min", "bat/min", "beats/min", "Atemzüge/min", "Schläge/min", "rpm",
     "latidos/min", "respiraciones por minuto", "atti/min", "battiti/min", "par minute", "{beats}/min"],
)  # fmt: skip
def test_breaths_and_beats_are_counted_per_minute_in_many_words(unit: str, code: Json) -> None:
    vital, found = read(code, {"valueQuantity": {"value": 40, "unit": unit}})

    assert (vital.value.low, vital.is_unsure, is_whole(found)) == (Decimal(40), False, True)


@pytest.mark.parametrize("code", [SYSTOLIC, SPO2, RATE, PULSE, local("Blutdruck"), PRESSURE], ids=str)
@pytest.mark.parametrize("text", ["unrecordable", "BP unrecordable x2", "Imprenable", "nicht messbar"])
def test_a_vital_sign_that_could_not_be_measured_may_be_the_worst(text: str, code: Json) -> None:
    vital, found = read(code, {"valueString": text})

    assert (vital.value, vital.is_unsure) == (above(Decimal(0), is_open=False), True)
    assert not is_whole(found)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"valueString": ">60"}, above(Decimal(60), is_open=True)),
        ({"valueString": ">=60"}, above(Decimal(60), is_open=False)),
        ({"valueString": "25"}, exactly(Decimal(25))),
        ({"valueQuantity": {"value": 25}}, exactly(Decimal(25))),
        ({"valueInteger": 25}, exactly(Decimal(25))),
    ],
    ids=str,
)
def test_a_listed_code_of_egfr_fixes_the_unit_of_its_number(members: Json, expected: Range) -> None:
    (kidney,) = charted(EGFR, members, "labs").kidney

    assert kidney.egfr == expected


@pytest.mark.parametrize(
    ("code", "members"),
    [
        (EGFR, {"valueQuantity": {"value": 25, "unit": "mg/dL"}}),
        (EGFR, {"valueString": "25 %"}),
        (local("eGFR"), {"valueString": "25"}),
    ],
    ids=str,
)
def test_an_egfr_in_another_unit_or_by_its_name_without_one_is_not_read(code: Json, members: Json) -> None:
    found = charted(code, members, "labs")

    assert (found.kidney, is_whole(found, Kind.LABS)) == ((), False)
