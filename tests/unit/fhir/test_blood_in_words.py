"""What charts write of expectorated blood, and what is read: amounts, sizes, answers, in five languages."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.facts import Bleed, Finding
from cds_service.clinical.range import Range, above, below, exactly
from cds_service.fhir.chart.bleeding import bleed_from, finding_in_word
from cds_service.fhir.chart.blood_amounts import BloodAmount, amount_in_words, blood_amount
from cds_service.fhir.codes import Meanings
from cds_service.fhir.dates import Calendar
from cds_service.fhir.quantities import MeasuredValue
from cds_service.fhir.resources import Observation
from cds_service.knowledge.terminology.concepts import Coding, Concept
from tests.unit.fhir.builders import (
    HEMOPTYSIS,
    NOW,
    SNOMED,
    SPO2,
    Json,
    concept,
    element,
    facts_of,
    knowledge,
    meanings,
    observation,
    quantity,
)

BLOODSTAINED = concept(SNOMED, "61281005")


def bleed(code: Json = HEMOPTYSIS, **members: Any) -> Bleed:
    (read,) = facts_of(observation(code, **members)).bleeds
    return read


def ml(low: str, high: str = "") -> Range:
    return Range(Decimal(low), Decimal(high or low))


@pytest.mark.parametrize(
    ("charted", "amount", "hours"),
    [
        ("5 cm3", ml("5"), None),
        ("5 cm³", ml("5"), None),
        ("8 fl oz", ml("236.592"), None),
        ("8 fl. oz.", ml("236.592"), None),
        ("1 pt", ml("473.18"), None),
        ("pt coughed up 250 mL", ml("250"), None),
        ("about a teaspoon", ml("4.93", "5"), None),
        ("a teaspoonful of bright red blood", ml("4.93", "5"), None),
        ("approx. 2 tbsp", ml("20", "30"), None),
        ("3-4 teaspoons", ml("14.79", "20"), None),
        ("2 or 3 tbsp", ml("20", "45"), None),
        ("two cups", ml("473.18", "480"), None),
        ("half a cup", ml("118.295", "120"), None),
        ("a half-cup", ml("118.295", "120"), None),
        ("1/2 cup", ml("118.295", "120"), None),
        ("½ cup", ml("118.295", "120"), None),
        ("1½ cups", ml("354.885", "360"), None),
        ("1 1/2 cups", ml("354.885", "360"), None),
        ("one and a half cups", ml("354.885", "360"), None),
        ("2 kidney dishes", ml("600", "1000"), None),
        ("1 emesis basin", ml("300", "500"), None),
        ("a glass of blood", ml("100", "200"), None),
        ("10 drops", ml("0.5"), None),
        ("less than a teaspoon", below(Decimal(5), is_open=True), None),
        ("more than two cups", above(Decimal("473.18"), is_open=True), None),
        ("250 cc/24h", ml("250"), 24),
        ("1.5 dL per day", ml("150"), 24),
        ("a tablespoon of blood over the day", ml("10", "15"), 24),
        ("un crachoir", ml("100", "150"), None),
        ("une cuillère à café", ml("4.93", "5"), None),
        ("environ deux cuillères à soupe", ml("20", "30"), None),
        ("deux verres", ml("200", "400"), None),
        ("deux verres d’eau", ml("200", "400"), None),
        ("un demi-verre", ml("50", "100"), None),
        ("la moitié d'un verre", ml("50", "100"), None),
        ("un haricot", ml("300", "500"), None),
        ("jusqu'à 200 mL", below(Decimal(200), is_open=False), None),
        ("moins d'un verre", below(Decimal(200), is_open=True), None),
        ("200 mL en 24 heures", ml("200"), 24),
        ("ein halbes Glas", ml("50", "100"), None),
        ("zwei Esslöffel Blut", ml("20", "30"), None),
        ("ein Teelöffel", ml("4.93", "5"), None),
        ("eine Nierenschale", ml("300", "500"), None),
        ("bis zu 50 ml", below(Decimal(50), is_open=False), None),
        ("mehr als 200 ml", above(Decimal(200), is_open=True), None),
        ("200 ml in 24 Stunden", ml("200"), 24),
        ("medio vaso", ml("50", "100"), None),
        ("dos cucharadas de sangre", ml("20", "30"), None),
        ("200 mL al día", ml("200"), 24),
        ("due cucchiai", ml("20", "30"), None),
        ("mezzo bicchiere", ml("50", "100"), None),
    ],
)
def test_an_amount_is_read_in_the_words_of_charts(charted: str, amount: Range, hours: int | None) -> None:
    read = bleed(valueString=charted)

    assert (read.finding, read.amount_ml, read.per_hours) == ("amount", amount, hours)
    assert read.charted == charted


@pytest.mark.parametrize(
    "charted",
    [
        *(
            "200 mL then 50 mL",
            "1 cup, then another",
            "a couple of teaspoons",
            "several cups",
            "almost a cup",
        ),
        *("a mouthful", "2 mouthfuls", "une gorgée", "ein Mundvoll", "una bocanada", "a spoonful"),
        *("a third of a cup", "le tiers d'un verre", "two thirds of a glass", "a full cup", "half full cup"),
        *("2 tasses", "eine Tasse", "dos tazas", "una tazza"),  # a European cup: no source
        *("fast 200 ml", "kein 200 ml", "casi 200 ml", "quasi 200 ml", "presque 200 mL", "più o meno 200 ml"),
        *("8 oz of water", "200 ml Wasser", "200 ml agua", "250 mL gestern", "250 mL ayer", "250 ml ieri"),
        *("10 [oz_av]", "3 [in_i]", "a small glass", "1 cup (8 oz)", "250 mL of blood per shift"),
    ],
)
def test_an_amount_that_leaves_a_doubt_is_an_amount_that_cannot_be_read(charted: str) -> None:
    read = bleed(valueString=charted)

    assert (read.finding, read.charted) == ("unreadable", charted)


SMALL = """
scant | Scanty | scant, blood-streaked | streaks | blood-streaked sputum | a few specks of blood | flecks
a few drops | drops | blood-tinged | small | small amount of blood | a small amount | minimal | trace
trace of blood in sputum | a little | just a little bright red blood | Bloodstained sputum
stries | quelques stries de sang | crachats striés de sang | quelques gouttes | un peu de sang
petite quantité de sang | traces | minime | Blutfäden | einige Tropfen | wenig Blut | Spuren von Blut
estrías de sangre | algunas gotas | poca sangre | striature | alcune gocce di sangue | tracce di sangue
"""
SOME = "moderate | moderate amount of blood | small to moderate | mild | modéré | mäßig | moderado | moderata"
LARGE = """
massive | Massive hemoptysis | large | a large amount of bright red blood | copious | a lot | a lot of blood
moderate to large | massif | hémoptysie massive | grande quantité de sang | massiv | viel Blut | masivo
abundante | massiva
"""
NONE = """
none | nil | No blood | no blood seen | none seen | aucune | aucun sang | pas de sang | kein | Kein Blut
keine | nein | ninguna | sin sangre | nessuna | nessun sangue | 0 | nil.
"""
UNREADABLE = """
no streaks | not massive | no longer scant | small, now increasing | scant then copious and rising
streaks of rust 3 | moderate clots | severe | significant | small glass | larger | medium
"""


def phrases(listed: str) -> list[str]:
    return [phrase.strip() for line in listed.strip().splitlines() for phrase in line.split("|")]


@pytest.mark.parametrize(
    ("charted", "finding"),
    [
        (phrase, finding)
        for listed, finding in [
            (SMALL, "small"),
            (SOME, "blood-seen"),
            (LARGE, "large"),
            (NONE, "absent"),
            (UNREADABLE, "unreadable"),
        ]
        for phrase in phrases(listed)
    ],
)
def test_words_without_a_number_tell_how_much(charted: str, finding: Finding) -> None:
    assert bleed(valueString=charted).finding == finding
    assert bleed(valueCodeableConcept={"text": charted}).finding == finding


@pytest.mark.parametrize(
    ("code", "members", "finding"),
    [
        (BLOODSTAINED, {}, "small"),
        (BLOODSTAINED, {"valueBoolean": True}, "small"),
        (BLOODSTAINED, {"valueString": "present"}, "small"),
        (BLOODSTAINED, {"valueBoolean": False}, "absent"),
        (BLOODSTAINED, {"valueString": "moderate"}, "blood-seen"),
        (BLOODSTAINED, {"valueString": "copious"}, "large"),
        (BLOODSTAINED, {"valueQuantity": quantity(300, "mL")}, "amount"),
        (HEMOPTYSIS, {"valueCodeableConcept": BLOODSTAINED}, "small"),
        (HEMOPTYSIS, {"valueCodeableConcept": BLOODSTAINED | {"text": "moderate"}}, "blood-seen"),
        (HEMOPTYSIS, {"valueCodeableConcept": BLOODSTAINED | {"text": "massive"}}, "large"),
        (HEMOPTYSIS, {"valueCodeableConcept": HEMOPTYSIS | {"text": "scant"}}, "small"),
        (HEMOPTYSIS, {"valueCodeableConcept": {"coding": [{"display": "No"}], "text": "scant"}}, "small"),
    ],
)
def test_bloodstained_sputum_is_a_small_bleed_as_code_and_as_value(
    code: Json, members: Json, finding: Finding
) -> None:
    assert bleed(code, **members).finding == finding


def part(code: Json, **value: Any) -> Json:
    return {"code": code, **value}


VOLUME = {"text": "Volume"}


@pytest.mark.parametrize(
    ("parts", "finding", "amount"),
    [
        ([part(HEMOPTYSIS, valueQuantity=quantity(150, "mL"))], "amount", "150"),
        ([part(HEMOPTYSIS, valueString="scant")], "small", "0"),
        ([part(VOLUME, valueQuantity=quantity(150, "mL"))], "amount", "150"),
        ([part(VOLUME, valueString="150 mL"), part({"text": "Color"}, valueString="red")], "amount", "150"),
        ([part({"text": "Color"}, valueString="red")], "unreadable", "0"),
        ([part({"text": "Saline"}, valueQuantity=quantity(150, "mL"))], "unreadable", "0"),
        ([part(SPO2, valueQuantity=quantity(97, "%"))], "unreadable", "0"),
        (
            [part(VOLUME, valueQuantity=quantity(9, "mL")), part(VOLUME, valueQuantity=quantity(90, "mL"))],
            "unreadable",
            "0",
        ),
        (
            [part(VOLUME, valueQuantity=quantity(9, "mL")), part(VOLUME, valueQuantity={"value": 3})],
            "unreadable",
            "0",
        ),
        ([part(HEMOPTYSIS)], "blood-seen", "0"),
    ],
)
def test_without_a_value_of_its_own_the_components_are_read(
    parts: list[Json], finding: Finding, amount: str
) -> None:
    read = bleed(component=parts)

    assert (read.finding, read.amount_ml) == (finding, exactly(Decimal(amount)))


def test_its_own_value_stands_before_its_components_unless_one_tells_of_more() -> None:
    def own_five(*, beside: int) -> Bleed:
        parts = [part(HEMOPTYSIS, valueQuantity=quantity(beside, "mL"))]
        return bleed(valueQuantity=quantity(5, "mL"), component=parts)

    assert own_five(beside=2).amount_ml == exactly(Decimal(5))
    assert own_five(beside=150).finding == "unreadable"


@pytest.mark.parametrize("value", [{"valueInteger": 0}, {"valueDecimal": 0}, {"valueDecimal": 0.0}])
def test_nothing_is_nothing_without_a_unit(value: Json) -> None:
    assert bleed(**value).finding == "absent"


@pytest.mark.parametrize("value", [{"valueInteger": 5}, {"valueDecimal": 200.5}])
def test_a_bare_number_is_an_amount_that_cannot_be_read(value: Json) -> None:
    assert bleed(**value).finding == "unreadable"


@pytest.mark.parametrize(
    "value",
    [{}, {"valueQuantity": quantity(300, "mL")}, {"valueString": "scant"}, {"valueString": "none"}],
)
def test_a_modifier_that_says_something_makes_a_bleed_unsure(value: Json) -> None:
    modifier = {"url": "http://example.org/presence", "valueCode": "absent"}

    assert bleed(**value, modifierExtension=[modifier]).is_unsure
    assert not bleed(**value, modifierExtension=[]).is_unsure
    assert not bleed(**value).is_unsure


@pytest.mark.parametrize(
    ("value", "charted"),
    [
        ({"valueRange": {"low": quantity(100, "mL"), "high": quantity(150, "mL")}}, "100 mL – 150 mL"),
        ({"valueRange": {"low": quantity(100, "mL")}}, "≥ 100 mL"),
        ({"valueRange": {"high": quantity(100, "mL")}}, "≤ 100 mL"),
        (
            {"valueRatio": {"numerator": quantity(200, "mL"), "denominator": quantity(24, "h")}},
            "200 mL / 24 h",
        ),
    ],
)
def test_what_is_charted_is_shown_without_words_of_ours(value: Json, charted: str) -> None:
    assert bleed(**value).charted == charted


def test_an_amount_entered_in_error_is_never_quoted() -> None:
    read = facts_of(observation(HEMOPTYSIS, status="entered-in-error", valueString="600 mL"))

    assert read.bleeds == ()
    assert read.dropped == {"entered-in-error": 1}


def test_every_unit_of_volume_is_read_behind_every_number() -> None:
    units, numbers = knowledge().units.milliliters, knowledge().words.numbers
    wrong = [
        f"{number} {unit}"
        for unit, (least, most) in units.items()
        for number, value in {**numbers, "3": "3", "2.5": "2.5"}.items()
        if not unit[0].isdigit() and not unit.startswith("[")
        if (read := amount_in_words(f"{number} {unit}", knowledge())) is None
        or blood_amount(read, knowledge())
        != BloodAmount(Range(Decimal(value) * least, Decimal(value) * most))
    ]

    assert wrong == []


def test_every_unit_of_volume_stands_over_every_unit_of_time() -> None:
    units = knowledge().units
    two = exactly(Decimal(2))
    wrong = [
        f"{unit}/{time}"
        for unit, (least, most) in units.milliliters.items()
        for time, hours in units.hours.items()
        if blood_amount(MeasuredValue(two, f"{unit}/{time}", ""), knowledge())
        != BloodAmount(Range(2 * least, 2 * most), hours)
    ]

    assert wrong == []


def test_every_word_of_size_alone_is_read_as_it_is_listed() -> None:
    read = {word: finding_in_word(word, meanings()) for word in knowledge().words.sizes}
    expected = {w: "unreadable" if size == "unclear" else size for w, size in knowledge().words.sizes.items()}

    assert read == expected


@pytest.mark.parametrize(
    "beside", ["not", "no longer", "increasing", "then massive", "3", "?", "++", "pas", "nicht"]
)
@pytest.mark.parametrize("word", ["scant", "streaks", "minime", "Blutfäden"])
def test_a_word_that_may_change_a_small_size_leaves_it_not_small(word: str, beside: str) -> None:
    for text in (f"{word} {beside}", f"{beside} {word}"):
        assert bleed(valueString=text).finding != "small", text


VOLUME_OF_PARTS = {"resourceType": "Observation", "status": "final", "code": VOLUME}


@pytest.mark.parametrize(
    ("member", "finding"),
    [
        ({"valueQuantity": quantity(150, "mL")}, "amount"),
        ({"valueQuantity": quantity(150, "mL"), "status": "entered-in-error"}, "blood-seen"),
        ({"valueQuantity": quantity(150, "mL"), "code": SPO2}, "unreadable"),
    ],
)
def test_the_members_of_an_observation_of_blood_are_read(member: Json, finding: Finding) -> None:
    contained = VOLUME_OF_PARTS | {"id": "m"} | member
    own = observation(HEMOPTYSIS, contained=[contained], hasMember=[{"reference": "#m"}])
    assert [read.finding for read in facts_of(own).bleeds] == [finding]


def test_a_member_that_came_beside_its_panel_is_read_with_it() -> None:
    panel = observation(HEMOPTYSIS, "p", hasMember=[{"reference": "Observation/m"}])
    member = observation(VOLUME, "m", valueQuantity=quantity(150, "mL"))

    (read,) = facts_of(panel, member).bleeds

    assert (read.reference, read.amount_ml) == ("Observation/p", ml("150"))


def test_a_member_that_is_coded_as_blood_is_a_bleed_of_its_own() -> None:
    panel = observation(HEMOPTYSIS, "p", hasMember=[{"reference": "Observation/m"}])
    member = observation(HEMOPTYSIS, "m", valueQuantity=quantity(150, "mL"))

    assert [read.finding for read in facts_of(panel, member).bleeds] == ["blood-seen", "amount"]


@pytest.mark.parametrize("part_is_modified", [True, False])
def test_a_modifier_of_the_part_that_is_read_makes_a_bleed_unsure(part_is_modified: bool) -> None:
    modifier = {"modifierExtension": [{"url": "http://example.org/x"}]} if part_is_modified else {}
    parts = [part(HEMOPTYSIS, valueQuantity=quantity(150, "mL"), **modifier)]

    assert bleed(component=parts).is_unsure is part_is_modified


def test_a_bare_number_is_in_the_unit_that_the_site_gives_for_its_own_code() -> None:
    own = Coding("urn:site", "EBL")
    terminology = knowledge().terminology.with_observation_codes([(own, Concept.EXPECTORATED_BLOOD, "mL")])
    said = Meanings(replace(knowledge(), terminology=terminology))
    observed = element(Observation, observation(concept("urn:site", "EBL"), valueInteger=150))
    assert observed is not None

    read = bleed_from(observed, Calendar(NOW), said)

    assert (read.finding, read.amount_ml, read.charted) == ("amount", ml("150"), "150")


@pytest.mark.parametrize("text", ["600 mL in 20000000 h", "600 mL/20260312 h", "600 mL in 1000000 days"])
def test_an_amount_over_more_than_a_year_cannot_be_read(text: str) -> None:
    assert bleed(valueString=text).finding == "unreadable"
