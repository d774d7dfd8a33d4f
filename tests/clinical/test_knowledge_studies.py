"""The name of an order is taken for a study only when modality, chest and contrast are all explicit."""

import pytest

from cds_service.knowledge.terminology.terminology import Terminology

XR = "radiography-chest"
WITH = "ct-chest-with-contrast"
WITHOUT = "ct-chest-without-contrast"
BOTH = "ct-chest-without-and-with-contrast"
UNSPECIFIED = "ct-chest-contrast-unspecified"
CTA = "cta-chest-with-contrast"
BAE = "arteriography-bronchial-embolization"
SCREENING = "ct-chest-screening"


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


@pytest.mark.parametrize(
    "text",
    [
        *("CT chest", "CT CHEST", "CT thorax protocol 4", "CT chest with or without contrast", "HRCT chest"),
        *("Scanner thoracique", "TDM du thorax", "CT-Thorax", "Computertomographie des Thorax"),
        *("TC de tórax", "TAC de tórax", "TC torácica", "TC torace", "TAC torace"),
    ],
)
def test_a_ct_of_the_chest_that_says_nothing_of_contrast_leaves_the_contrast_open(
    terminology: Terminology, text: str
) -> None:
    study = terminology.study_in(text)

    assert study.procedure == "ct-chest-contrast-unspecified"
    assert study.is_chest_imaging


@pytest.mark.parametrize(
    "text",
    [
        "CT chest with contrast, CT chest without contrast",
        "CTA chest without contrast",
        "CT chest with contrast and CXR",
        "CT or MRI chest with contrast",
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


@pytest.mark.parametrize(
    "text",
    [
        *("CT ANGIOGRAM CHEST", "CT ANGIO CHEST", "CTA CHEST", "CTA CHEST FOR PE"),
        *("CT ANGIO CHEST PE PROTOCOL", "CTA thorax"),
        *("CT CHEST PE PROTOCOL", "CT CHEST PE STUDY", "CT ANGIOGRAM CHEST PULMONARY EMBOLISM", "CTPA"),
        *("CT PULMONARY ANGIOGRAM", "CT PULMONARY ANGIOGRAPHY", "CTA chest with or without contrast"),
        *("Angioscanner thoracique", "Angio-scanner thoracique", "Angio-TDM thoracique"),
        *("AngioTDM thoracique", "Angioscanner du thorax"),
        *("Angio-CT thoracique", "CT-Angiographie Thorax", "Angio-CT Thorax", "CTA Thorax"),
        *("Angio-CT Art. pulmonalis", "Angio-CT Art. pulmonalis + KM"),
        *("Angio-TC pulmonar", "AngioTC pulmonar", "angioTC de tórax", "angio TC torácica"),
        *("angioTAC pulmonar", "angio-TC de tórax"),
        *("Angio-TC torace", "angioTC torace", "angio-TC polmonare", "angioTAC torace"),
    ],
)  # fmt: skip
def test_an_everyday_name_of_ct_angiography_needs_no_word_of_contrast(
    terminology: Terminology, text: str
) -> None:
    assert terminology.study_in(text).procedure == CTA


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        ("CT Thorax mit KM", WITH),
        ("Computertomographie des Thorax mit Kontrastmittel", WITH),
        ("CT Thorax nativ", WITHOUT),
        ("Native Computertomographie des Thorax", WITHOUT),
        ("CT-Thorax ohne KM", WITHOUT),
        ("CT Thorax nativ und mit KM", BOTH),
        ("TC de tórax con contraste", WITH),
        ("TAC de tórax sin contraste", WITHOUT),
        ("TAC de tórax simple", WITHOUT),
        ("TC de tórax sin y con contraste", BOTH),
        ("TC de tórax com contraste", WITH),
        ("TC torace con mdc", WITH),
        ("TC torace con mezzo di contrasto", WITH),
        ("TC torace senza mdc", WITHOUT),
        ("TC torace senza e con mdc", BOTH),
        ("TC TORACE prima e dopo mdc endovena", BOTH),
        ("Scanner du thorax sans et avec injection", BOTH),
        ("Scanographie du thorax, sans injection de produit de contraste", WITHOUT),
        ("CT CHEST W CON", WITH),
        ("CT chest with IV and oral contrast", WITH),
        ("CT chest with IV contrast, no oral contrast", WITH),
        ("CT chest without oral contrast", UNSPECIFIED),
        ("Röntgen-Thorax", XR),
        ("Rö-Thorax", XR),
        ("radiografía de tórax", XR),
        ("RX tórax", XR),
        ("RX torace", XR),
        ("radiografia del torace", XR),
        ("DX CHEST 2V", XR),
        ("CHEST PA LAT", XR),
        ("PORTABLE CHEST", XR),
        ("XR chest post line placement", XR),
        ("XR chest line placement", XR),
        ("NM LUNG VENT PERFUSION", "ventilation-perfusion"),
        ("CT LUNG SCREEN", SCREENING),
        ("LDCT", SCREENING),
        ("LOW DOSE CT CHEST SCREENING", SCREENING),
        ("CT CHEST LUNG CANCER SCREENING", SCREENING),
        ("CT lung cancer screening without contrast", SCREENING),
        ("Scanner thoracique faible dose de dépistage", SCREENING),
    ],
)
def test_a_name_is_read_as_other_languages_and_order_lists_write_it(
    terminology: Terminology, text: str, procedure: str
) -> None:
    study = terminology.study_in(text)

    assert (study.procedure, study.has_other_regions) == (procedure, False)


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        ("CT chest abdomen pelvis with contrast", WITH),
        ("CT CAP w contrast", WITH),
        ("CT abdomen and chest", UNSPECIFIED),
        ("TDM thoraco-abdomino-pelvienne avec injection", WITH),
        ("CT neck and chest with contrast", WITH),
        ("CT Thorax Abdomen Becken nativ", WITHOUT),
        ("TC de cuello y tórax con contraste", WITH),
        ("TC torace e addome con mdc", WITH),
        ("CTA chest abdomen", CTA),
        ("XR chest and abdomen", XR),
    ],
)
def test_an_order_for_the_chest_and_further_regions_is_the_study_of_its_chest_part(
    terminology: Terminology, text: str, procedure: str
) -> None:
    study = terminology.study_in(text)

    assert (study.procedure, study.has_other_regions) == (procedure, True)


@pytest.mark.parametrize(
    "text",
    [
        *("CT GUIDED LUNG BIOPSY", "CT-guided lung biopsy without contrast"),
        *("CT Guidance for biopsy of Chest", "CT guided drain, chest"),
        *("CT guidance for chest tube placement", "Ultrasound chest drain", "US thorax, catheter placement"),
        *("Biopsie pulmonaire scanno-guidée, scanner", "CT-gesteuerte Lungenbiopsie Thorax"),
        *("Biopsia pulmonar guiada por TC", "XR ribs with PA chest"),
        "Coronary CTA chest",
        *("Gril costal et thorax, radiographie", "CT chest fine needle aspiration"),
    ],
)  # fmt: skip
def test_an_intervention_and_an_organ_with_a_study_of_its_own_are_no_chest_study(
    terminology: Terminology, text: str
) -> None:
    study = terminology.study_in(text)

    assert (study.procedure, study.is_chest_imaging) == ("", False)
    assert terminology.study_words.is_no_study(text)


@pytest.mark.parametrize(
    ("text", "contrast"),
    [
        ("with IV contrast", "with"),
        ("Contrast: yes", "with"),
        ("Please perform W/ contrast. Portable.", "with"),
        ("avec injection", "with"),
        ("mit Kontrastmittel", "with"),
        ("without contrast", "without"),
        ("ohne KM", "without"),
        ("without and with contrast", "without-and-with"),
        ("no oral contrast", ""),
        ("with or without contrast", ""),
        ("with contrast if eGFR is above 30", ""),
        ("with contrast, not without contrast", ""),
        ("compare with prior CT with contrast", ""),
        ("allergic reaction with contrast", ""),
        ("CT abdomen with contrast", ""),
        ("with contrast. without contrast", ""),
        ("hemoptysis", ""),
        ("", ""),
    ],
)
def test_contrast_is_read_from_instructions_unless_there_is_a_doubt(
    terminology: Terminology, text: str, contrast: str
) -> None:
    assert terminology.study_words.contrast_in(text) == contrast


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


@pytest.mark.parametrize("text", ["Laboratory", "LAB", "Complete blood count", "Laboratoire"])
def test_a_laboratory_test_is_told(terminology: Terminology, text: str) -> None:
    assert terminology.study_words.is_laboratory_word(text)
    assert not terminology.is_imaging_word(text)


@pytest.mark.parametrize("text", ["", "Laboratory", "Counseling", "Radish", "Surgical procedure"])
def test_another_category_is_not_imaging(terminology: Terminology, text: str) -> None:
    assert not terminology.is_imaging_word(text)
