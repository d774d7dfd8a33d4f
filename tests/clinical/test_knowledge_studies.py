"""The name of an order is taken for a study only when modality, chest and contrast are all explicit."""

import pytest

from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.terminology.terminology import Terminology

XR = "radiography-chest"
WITH = "ct-chest-with-contrast"
WITHOUT = "ct-chest-without-contrast"
BOTH = "ct-chest-without-and-with-contrast"
UNSPECIFIED = "ct-chest-contrast-unspecified"
CTA = "cta-chest-with-contrast"
BAE = "arteriography-bronchial-embolization"


@pytest.fixture(scope="module")
def terminology() -> Terminology:
    return load_knowledge().terminology


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        ("XR chest 2 views", XR),
        ("Chest X-ray PA/LAT", XR),
        ("CXR", XR),
        ("Portable XR Chest Views AP", XR),
        ("Radiograph, chest", XR),
        ("XR Chest 1 or 2 views", XR),
        ("Radiographie du thorax", XR),
        ("Radio pulmonaire de face", XR),
        ("CT chest with contrast", WITH),
        ("CT CHEST W CONTRAST", WITH),
        ("CT Chest W contrast IV", WITH),
        ("CT THORAX W/ IV CONTRAST", WITH),
        ("Contrast-enhanced CT of the chest", WITH),
        ("Computed tomography of thorax with contrast (procedure)", WITH),
        ("Scanner thoracique avec injection", WITH),
        ("TDM thoracique injectée", WITH),
        ("Scanner thoracique avec injection de produit de contraste iodé", WITH),
        ("CT chest without contrast", WITHOUT),
        ("CT Chest WO contrast", WITHOUT),
        ("CT chest w/o i.v. contrast", WITHOUT),
        ("Non-contrast chest CT", WITHOUT),
        ("HRCT chest, unenhanced", WITHOUT),
        ("CT lungs no contrast", WITHOUT),
        ("Scanner thoracique sans injection", WITHOUT),
        ("TDM thorax non injecté", WITHOUT),
        ("CT chest without and with contrast", BOTH),
        ("CT CHEST W WO IV CONTRAST", BOTH),
        ("CT chest w/wo contrast", BOTH),
        ("CT Chest WO and W contrast IV", BOTH),
        ("CT chest w/ and w/o contrast", BOTH),
        ("CT chest without contrast followed by with contrast", BOTH),
        ("Scanner thoracique sans puis avec injection", BOTH),
        ("CTA chest with contrast", CTA),
        ("CT angiography chest w IV contrast", CTA),
        ("CT angiogram of the chest with contrast", CTA),
        ("CTA Chest vessels WO and W contrast IV", CTA),
        ("CT chest angiography with contrast", CTA),
        ("CTA chest with contrast (non-coronary)", CTA),
        ("Angioscanner thoracique avec injection", CTA),
        ("Bronchial artery embolization", BAE),
        ("Bronchial arteriography with embolization", BAE),
        ("Artériographie bronchique avec embolisation", BAE),
        ("Embolisation des artères bronchiques", BAE),
        ("Bronchial arteriography", "bronchial-arteriography"),
        ("Bronchial angiogram without embolization", "bronchial-arteriography"),
        ("Artériographie bronchique sans embolisation", "bronchial-arteriography"),
        ("Pulmonary angiogram", "pulmonary-arteriography"),
        ("MRI chest", "mri-chest"),
        ("MR Chest WO and W contrast IV", "mri-chest"),
        ("IRM thoracique", "mri-chest"),
        ("MRA chest with contrast", "mra-chest"),
        ("PET/CT whole body", "fdg-pet"),
        ("TEP-scanner corps entier", "fdg-pet"),
        ("V/Q scan", "ventilation-perfusion"),
        ("Scintigraphie pulmonaire de ventilation-perfusion", "ventilation-perfusion"),
        ("US chest", "ultrasound-chest"),
        ("Échographie thoracique", "ultrasound-chest"),
    ],
)
def test_an_explicit_name_is_recognized(terminology: Terminology, text: str, procedure: str) -> None:
    study = terminology.study_in(text)

    assert study.procedure == procedure
    assert study.is_chest_imaging
    assert not study.is_pulmonary_arteries


@pytest.mark.parametrize(
    "text",
    [
        "CT pulmonary angiogram with contrast",
        "CTA Pulmonary arteries for pulmonary embolus W contrast IV",
        "CT angiography pulmonary arteries with IV contrast",
        "CTPA with contrast",
        "CT chest PE protocol w contrast",
        "CTA CHEST PE PROTOCOL W CONTRAST",
        "Angioscanner pulmonaire avec injection",
        "Computed tomography angiography of pulmonary artery with contrast (procedure)",
    ],
)
def test_ct_angiography_of_the_pulmonary_arteries_is_cta_and_marked(
    terminology: Terminology, text: str
) -> None:
    study = terminology.study_in(text)

    assert study.procedure == CTA
    assert study.is_pulmonary_arteries


@pytest.mark.parametrize("text", ["CT chest", "CT CHEST", "Scanner thoracique", "CT thorax protocol 4"])
def test_a_ct_of_the_chest_that_says_nothing_of_contrast_leaves_the_contrast_open(
    terminology: Terminology, text: str
) -> None:
    study = terminology.study_in(text)

    assert study.procedure == "ct-chest-contrast-unspecified"
    assert study.is_chest_imaging


@pytest.mark.parametrize(
    "text",
    [
        "CTA chest",
        "CTPA",
        "CT chest with or without contrast",
        "CT chest with contrast, CT chest without contrast",
        "CTA chest without contrast",
        "CT chest with contrast and CXR",
        "CT or MRI chest with contrast",
        "CT chest abdomen pelvis with contrast",
        "CT CAP w contrast",
        "TDM thoraco-abdomino-pelvienne avec injection",
        "CT neck and chest with contrast",
        "CT-guided lung biopsy without contrast",
        "CT lung cancer screening without contrast",
        "No CT chest with contrast",
        "CT chest with contrast not needed",
        "Fluoroscopy chest",
    ],
)
def test_a_name_that_leaves_something_open_is_chest_imaging_and_no_procedure(
    terminology: Terminology, text: str
) -> None:
    study = terminology.study_in(text)

    assert not study.procedure
    assert study.is_chest_imaging


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CT abdomen with contrast",
        "CT head without contrast for chest pain",
        "CT thoracic spine without contrast",
        "Scanner du rachis thoracique sans injection",
        "MRI brain with contrast, lung cancer staging",
        "Scanner cérébral sans injection",
        "CTA coronary arteries with contrast",
        "US chest wall",
        "Embolization for hemorrhage",
        "PET limited area",
        "Bronchoscopy",
        "Chest physiotherapy",
        "with contrast",
        "Hemoptysis",
        "Echocardiography",
        "Basic metabolic panel",
    ],
)
def test_another_region_or_no_imaging_is_not_chest_imaging(terminology: Terminology, text: str) -> None:
    study = terminology.study_in(text)

    assert not study.procedure
    assert not study.is_chest_imaging


def test_no_display_of_an_order_code_is_taken_for_another_procedure(terminology: Terminology) -> None:
    """The cautious reading of a name may find nothing, or leave the contrast open; it never contradicts."""
    for key, study in terminology.order_codes.items():
        by_name = terminology.study_in(terminology.order_codings[key].display).procedure
        assert by_name in ("", UNSPECIFIED, study.procedure), key


@pytest.mark.parametrize(
    "text", ["Imaging", "Radiology", "RAD", "Diagnostic imaging", "Imagerie", "imagerie médicale", "CT scan"]
)
def test_a_category_that_means_imaging_is_told(terminology: Terminology, text: str) -> None:
    assert terminology.is_imaging_word(text)


@pytest.mark.parametrize("text", ["", "Laboratory", "Counseling", "Radish", "Surgical procedure"])
def test_another_category_is_not_imaging(terminology: Terminology, text: str) -> None:
    assert not terminology.is_imaging_word(text)
