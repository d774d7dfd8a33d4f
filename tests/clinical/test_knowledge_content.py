"""What the shipped knowledge says: the ratings, and that the misprints of a source are not among them."""

from decimal import Decimal

import pytest

from cds_service.knowledge.definitions import Comparison, DefinitionId
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import (
    AdviceKind,
    AppliesTo,
    Category,
    CautionId,
    Knowledge,
    Modality,
    Variant,
)

UA = Category.USUALLY_APPROPRIATE
MBA = Category.MAY_BE_APPROPRIATE
UNA = Category.USUALLY_NOT_APPROPRIATE

RATINGS = [
    ("radiography-chest", UA, UA, UA),
    ("arteriography-bronchial-embolization", UA, MBA, UA),
    ("ct-chest-with-contrast", UA, UA, MBA),
    ("cta-chest-with-contrast", UA, UA, UA),
    ("ct-chest-without-contrast", MBA, MBA, UNA),
    ("ct-chest-without-and-with-contrast", UNA, UNA, UNA),
]
NOT_IN_TOPIC = [
    "ct-chest-screening",
    "mri-chest",
    "mra-chest",
    "fdg-pet",
    "ventilation-perfusion",
    "ultrasound-chest",
    "bronchial-arteriography",
    "pulmonary-arteriography",
]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.mark.parametrize(("procedure", "massive", "nonmassive", "recurrent"), RATINGS)
def test_the_ratings_are_those_of_the_topic(
    knowledge: Knowledge, procedure: str, massive: Category, nonmassive: Category, recurrent: Category
) -> None:
    assert knowledge.category(procedure, Variant.MASSIVE) is massive
    assert knowledge.category(procedure, Variant.NONMASSIVE) is nonmassive
    assert knowledge.category(procedure, Variant.RECURRENT) is recurrent


def test_the_procedures_stand_in_the_order_of_the_table(knowledge: Knowledge) -> None:
    assert [p.id for p in knowledge.rated_procedures()] == [row[0] for row in RATINGS]


def test_scores_are_given_only_where_one_is_known(knowledge: Knowledge) -> None:
    scores = {key: rating.score for key, rating in knowledge.ratings.items() if rating.score is not None}

    assert scores == {
        (Variant.MASSIVE, "radiography-chest"): 8,
        (Variant.MASSIVE, "arteriography-bronchial-embolization"): 8,
        (Variant.MASSIVE, "ct-chest-with-contrast"): 7,
        (Variant.MASSIVE, "cta-chest-with-contrast"): 8,
    }


def test_the_cells_that_rest_on_one_extract_are_marked(knowledge: Knowledge) -> None:
    single = {key for key, rating in knowledge.ratings.items() if rating.support == "single-extract"}

    assert single == {
        *((variant, "ct-chest-without-and-with-contrast") for variant in Variant),
        (Variant.RECURRENT, "ct-chest-without-contrast"),
    }


def test_a_cta_without_contrast_does_not_exist(knowledge: Knowledge) -> None:
    """The page of the source rates one in two variants: both are misprints."""
    angiographies = [p for p in knowledge.procedures.values() if p.modality is Modality.CTA]

    assert [p.contrast for p in angiographies] == ["with"]
    assert not knowledge.terminology.study_in("CTA chest without IV contrast").procedure


def test_the_misprint_on_nonmassive_hemoptysis_is_not_reproduced(knowledge: Knowledge) -> None:
    assert knowledge.category("ct-chest-without-contrast", Variant.NONMASSIVE) is MBA
    assert knowledge.category("cta-chest-with-contrast", Variant.NONMASSIVE) is UA


def test_the_misprint_on_recurrent_hemoptysis_is_not_reproduced(knowledge: Knowledge) -> None:
    """Read literally it would make a study without contrast usually appropriate."""
    assert knowledge.category("ct-chest-without-contrast", Variant.RECURRENT) is UNA
    assert knowledge.category("cta-chest-with-contrast", Variant.RECURRENT) is UA


def test_both_misprints_are_documented_and_their_cells_marked(knowledge: Knowledge) -> None:
    corrected = {
        key for key, rating in knowledge.ratings.items() if rating.support == "backed-after-correction"
    }

    assert corrected == {
        (Variant.NONMASSIVE, "ct-chest-without-contrast"),
        (Variant.RECURRENT, "cta-chest-with-contrast"),
    }
    assert {d.source for d in knowledge.discrepancies} == {"radiologyinfo-hemoptysis"}
    assert len(knowledge.discrepancies) == 2


@pytest.mark.parametrize("procedure", NOT_IN_TOPIC)
def test_a_study_that_the_topic_does_not_rate_has_no_rating(knowledge: Knowledge, procedure: str) -> None:
    assert knowledge.procedures[procedure].topic_status == "not-in-topic"
    with pytest.raises(KeyError):
        knowledge.category(procedure, Variant.MASSIVE)


def test_ct_with_contrast_unspecified_is_recognized_and_not_rated(knowledge: Knowledge) -> None:
    procedure = knowledge.procedures["ct-chest-contrast-unspecified"]

    assert procedure.topic_status == "contrast-unspecified"
    assert procedure.contrast == "unspecified"


def test_radiation_levels_are_those_of_the_acr_and_none_where_it_gives_none(knowledge: Knowledge) -> None:
    levels = {
        p.id: (
            p.radiation_adult and (p.radiation_adult.symbols, p.radiation_adult.dose_range_msv),
            p.radiation_pediatric and (p.radiation_pediatric.symbols, p.radiation_pediatric.dose_range_msv),
        )
        for p in knowledge.rated_procedures()
    }

    ct = ((3, "1-10"), (4, "3-10"))
    assert levels == {
        "radiography-chest": ((1, "<0.1"), (1, "<0.03")),
        "arteriography-bronchial-embolization": ((4, "10-30"), None),
        "ct-chest-with-contrast": ct,
        "cta-chest-with-contrast": ct,
        "ct-chest-without-contrast": ct,
        "ct-chest-without-and-with-contrast": ct,
    }


@pytest.mark.parametrize(
    ("procedure", "cpt", "snomed"),
    [
        ("radiography-chest", "71046", "399208008"),
        ("arteriography-bronchial-embolization", "37244", "233525003"),
        ("ct-chest-with-contrast", "71260", "75385009"),
        ("cta-chest-with-contrast", "71275", "411251000119104"),
        ("ct-chest-without-contrast", "71250", "395081000119108"),
        ("ct-chest-without-and-with-contrast", "71270", None),
    ],
)
def test_every_rated_procedure_has_one_canonical_code_in_each_system(
    knowledge: Knowledge, procedure: str, cpt: str, snomed: str | None
) -> None:
    codes = knowledge.procedures[procedure].canonical_codes

    assert codes["http://www.ama-assn.org/go/cpt"].code == cpt
    assert (codes["http://snomed.info/sct"].code if "http://snomed.info/sct" in codes else None) == snomed
    assert all(code.display for code in codes.values())


@pytest.mark.parametrize(
    ("definition", "value", "unit", "comparison"),
    [
        (DefinitionId.VOLUME_MASSIVE, "200", "mL", ">="),
        (DefinitionId.RATE_MASSIVE, "100", "mL/h", ">"),
        (DefinitionId.VOLUME_MASSIVE_CHRONIC, "50", "mL", ">"),
        (DefinitionId.RATE_MASSIVE_CHRONIC, "50", "mL/h", ">"),
        (DefinitionId.VOLUME_BORDERLINE, "100", "mL", ">="),
        (DefinitionId.VOLUME_BORDERLINE_CHRONIC, "50", "mL", ">="),
        (DefinitionId.SPO2_LOW, "90", "%", "<"),
        (DefinitionId.SYSTOLIC_LOW, "90", "mm[Hg]", "<"),
        (DefinitionId.RESPIRATORY_RATE_HIGH, "30", "/min", ">"),
        (DefinitionId.SEVERITY_WINDOW, "24", "h", ">"),
        (DefinitionId.FUTURE_TOLERANCE, "15", "min", ">"),
        (DefinitionId.EPISODE_GAP, "24", "h", "<"),
        (DefinitionId.INDICATION_WINDOW, "30", "d", ">"),
        (DefinitionId.RECENT_STUDY_WINDOW, "7", "d", ">"),
        (DefinitionId.COMPLEMENT_WINDOW, "24", "h", ">"),
        (DefinitionId.ADULT_AGE, "18", "a", ">="),
        (DefinitionId.EGFR_SEVERE, "30", "mL/min/{1.73_m2}", "<"),
        (DefinitionId.EGFR_DISCRETION, "45", "mL/min/{1.73_m2}", "<"),
        (DefinitionId.EGFR_METFORMIN_LABEL, "60", "mL/min/{1.73_m2}", "<"),
    ],
)
def test_the_definitions_are_those_agreed(
    knowledge: Knowledge, definition: DefinitionId, value: str, unit: str, comparison: Comparison
) -> None:
    found = knowledge.definitions[definition]

    assert (found.value, found.unit, found.comparison) == (Decimal(value), unit, comparison)


@pytest.mark.parametrize("definition", [DefinitionId.SPO2_LOW, DefinitionId.SYSTOLIC_LOW])
def test_a_vital_sign_threshold_without_a_source_is_labeled_a_project_default(
    knowledge: Knowledge, definition: DefinitionId
) -> None:
    assert knowledge.definitions[definition].basis == "project-default"


def test_the_respiratory_rate_that_proves_is_the_one_of_a_guideline(knowledge: Knowledge) -> None:
    found = knowledge.definitions[DefinitionId.RESPIRATORY_RATE_HIGH]

    assert found.basis == "guideline"
    assert "fartoukh" in knowledge.sources[found.source].title.lower()


@pytest.mark.parametrize("caution", [CautionId.KIDNEY_SEVERE, CautionId.KIDNEY_DISCRETION])
def test_a_kidney_caution_does_not_tell_to_withhold_a_necessary_study(
    knowledge: Knowledge, caution: CautionId
) -> None:
    text = knowledge.cautions[caution].text.lower()

    advice = text.replace("do not withhold", "").replace("should not be withheld", "")
    assert not any(word in advice for word in ("withh", "avoid", "contraindicat", "do not give", "must not"))


@pytest.mark.parametrize(
    ("caution", "applies_to"),
    [
        (CautionId.KIDNEY_SEVERE, "iodinated-contrast"),
        (CautionId.METFORMIN, "iodinated-contrast"),
        (CautionId.CONTRAST_REACTION, "iodinated-contrast"),
        (CautionId.THYROID, "iodinated-contrast"),
        (CautionId.PREGNANCY, "ionizing-radiation"),
        (CautionId.ANTICOAGULATION, "every-study"),
        (CautionId.TUBERCULOSIS, "every-study"),
    ],
)
def test_a_caution_bears_on_the_studies_it_is_about(
    knowledge: Knowledge, caution: CautionId, applies_to: AppliesTo
) -> None:
    assert knowledge.cautions[caution].applies_to == applies_to


def test_the_critical_card_has_its_teaching_page(knowledge: Knowledge) -> None:
    assert "205" in knowledge.sources["teaching-page-205"].publisher


def test_the_edition_is_that_of_the_topic(knowledge: Knowledge) -> None:
    edition = knowledge.edition

    assert (edition.topic, edition.label, edition.year) == ("Hemoptysis", "2019 (New)", "2020")
    assert edition.topic_url == "https://acsearch.acr.org/docs/69449/Narrative/"
    assert edition.patient_url == "https://www.radiologyinfo.org/en/info/acs-hemoptysis"


def test_the_advice_for_massive_hemoptysis_goes_from_stabilizing_to_surgery(knowledge: Knowledge) -> None:
    steps = (
        AdviceKind.FIRST,
        AdviceKind.AIRWAY,
        AdviceKind.INTENSIVE_CARE,
        AdviceKind.CENTER,
        AdviceKind.CAUSE,
        AdviceKind.EMBOLIZATION,
        AdviceKind.SURGERY,
    )
    said = [text for step in steps for text in knowledge.advice_on(step)]

    assert [text.split(maxsplit=1)[0].strip(",") for text in said] == [
        "airway",
        "Airway",
        "ICU",
        "in",
        "Cause",
        "bronchoscopy",
        "Bronchial",
        "surgery",
    ]


def test_the_red_flags_are_those_of_the_patient_leaflet(knowledge: Knowledge) -> None:
    red_flags = [advice for advice in knowledge.advice if advice.kind is AdviceKind.RED_FLAG]

    assert len(red_flags) == 6
    assert {advice.source for advice in red_flags} == {"patient-leaflet"}
