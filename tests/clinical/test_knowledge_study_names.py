"""Everyday names of orders, both ways: imaging or not, rated or not, alone or with further parts."""

import pytest

from cds_service.knowledge.terminology.terminology import Terminology

XR = "radiography-chest"
WITH = "ct-chest-with-contrast"
WITHOUT = "ct-chest-without-contrast"
BOTH = "ct-chest-without-and-with-contrast"
OPEN = "ct-chest-contrast-unspecified"
CTA = "cta-chest-with-contrast"
NONE = ""


@pytest.mark.parametrize(
    "text",
    [
        *("CTA thoracic aorta", "CTA aortic dissection protocol", "CT angiogram aorta chest"),
        *("CT aorta thoracique", "Angioscanner aorte thoracique", "CTA chest, aorta"),
        *("MRA aorta", "Angio-TDM de l'aorte", "Thoracic aorta MRA", "Angio-IRM aorte"),
        *("CT aortique", "CT-Angio Aorta thorakal", "CTA chest for aortic stenosis"),
        *("CT aortogram", "Aortography, thoracic, by serialography", "Angio-TC aorta torácica"),
        *("CT mediastinum", "MRI mediastinum", "Scanner du médiastin", "CT pulmonary veins"),
        *("Scanner des veines pulmonaires", "CT chest abdomen aorta with contrast"),
        *("CT chest with contrast, CXR", "Consult IR for bronchial artery embolization"),
        *("Radiology consult CT chest", "No XR or CT chest", "No CT chest with contrast", "Not CTA chest"),
    ],
)  # fmt: skip
def test_a_part_of_the_chest_and_a_doubt_are_chest_imaging_that_is_not_rated(
    terminology: Terminology, text: str
) -> None:
    study = terminology.study_in(text)

    assert (study.procedure, study.is_chest_imaging) == (NONE, True)


@pytest.mark.parametrize(
    "text",
    [
        *("CTA abdominal aorta", "CTA aorta with runoff", "Aorte abdominale angioscanner", "US aorta"),
        *("Échographie de l'aorte", "AAA ultrasound", "Echo aortic valve", "MRI heart", "IRM cardiaque"),
        *("Coronary CTA", "Coroscanner", "XR thoracolumbar spine", "Scanner du rachis thoraco-lombaire"),
        *("CT cervical thoracic lumbar spine", "HRCT temporal bones", "HRCT abdomen", "Breast screening MRI"),
        *("US thyroid screening", "Screening mammogram", "CT knee, not MRI", "TDM abdo sans IV"),
        *("TAVI planning CT", "CT abdo/pelvis C+", "XR c-spine", "CT Oberbauch mit KM"),
    ],
)  # fmt: skip
def test_another_part_of_the_body_is_no_chest_imaging(terminology: Terminology, text: str) -> None:
    assert not terminology.study_in(text).is_chest_imaging


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        ("TDM thoraco-abdo sans injection", WITHOUT),
        ("TDM cervico-thoracique sans injection", WITHOUT),
        ("TDM thoraco-abdo", OPEN),
        ("TDM thoraco-abdominale injectée", WITH),
        ("TDM cervico-thoraco-abdomino-pelvienne avec injection", WITH),
        ("Scanner TAP IV-", WITHOUT),
        ("Scanner thorax et cou", OPEN),
        ("Scanner cardio-thoracique", OPEN),
        ("CT thorax-abdomen wo contrast", WITHOUT),
        ("CT chest/abd/pelv without contrast", WITHOUT),
        ("CT chest & abdo wo contrast", WITHOUT),
        ("CT C/A/P W CONTRAST", WITH),
        ("CT N/C/A/P w contrast", WITH),
        ("CT neck/chest without contrast", WITHOUT),
        ("CT thorax/epigastrium without contrast", WITHOUT),
        ("CT chest-xyz without contrast", WITHOUT),
        ("CT chest + C-spine", OPEN),
        ("CTA head/neck/chest", CTA),
        ("PET-CT Thorax/Hals", "fdg-pet"),
        ("CT-Thorax-Abdomen-Becken mit KM", WITH),
        ("CT Hals-Thorax nativ", WITHOUT),
        ("CT thorakoabdominal mit KM", WITH),
        ("CT Thorax/Oberbauch nativ", WITHOUT),
        ("TC toracoabdominal con contraste", WITH),
        ("TC tórax-abdomen-pelvis sin contraste", WITHOUT),
        ("TC toraco-abdomino-pélvica", OPEN),
        ("XR chest + abdomen", XR),
    ],
)
def test_a_short_or_unknown_word_beside_the_chest_is_a_further_part(
    terminology: Terminology, text: str, procedure: str
) -> None:
    study = terminology.study_in(text)

    assert (study.procedure, study.has_other_regions) == (procedure, True)
    assert terminology.study_words.names_further_part(text)


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        *(
            (text, CTA)
            for text in ("PE study", "CT PE", "CT-PE", "CT chest PE", "PE protocol", "Pulmonary CTA")
        ),
        *((text, CTA) for text in ("CTA bronchial arteries", "Angioscanner des artères bronchiques")),
        *((text, CTA) for text in ("CT-Angiographie Bronchialarterien", "Angioscanner EP", "Protocole EP")),
        *((text, CTA) for text in ("TDM thoracique EP", "Scanner thoracique recherche d'embolie pulmonaire")),
        *((text, CTA) for text in ("CT-Pulmonalisangiographie", "CT Pulmonalarterien")),
        ("CT chest w contrast bronchial artery protocol", WITH),
        ("CT Chest with contrast (not CTA)", WITH),
        ("CT chest with contrast, no PE protocol", WITH),
        ("CT chest (no angiography) with contrast", WITH),
        ("pas d'angioscanner, TDM thorax avec injection", WITH),
        ("Kein Angio-CT, CT Thorax nativ", WITHOUT),
        ("CT chest without contrast, not MRI", WITHOUT),
        ("CXR, not CT", XR),
        ("HRCT", OPEN),
        ("High-resolution CT", OPEN),
        ("Bronchial angiogram", "bronchial-arteriography"),
        ("Pulmonary angiogram", "pulmonary-arteriography"),
        ("Angiography, pulmonary, bilateral, selective", "pulmonary-arteriography"),
        ("MRI PE protocol", "mra-chest"),
        ("CT chest mediastinum with contrast", WITH),
        ("Screening chest CT", "ct-chest-screening"),
    ],
)
def test_an_everyday_name_is_the_study_that_it_means(
    terminology: Terminology, text: str, procedure: str
) -> None:
    study = terminology.study_in(text)

    assert (study.procedure, study.has_other_regions) == (procedure, False)


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        *(
            (f"CT chest {said}", WITH)
            for said in ("C+", "+C", "IV+", "(C+)", "CE+", "w/contrast", "+ contrast")
        ),
        *((f"CT Thorax {said}", WITH) for said in ("KM+", "+ KM", "m. KM", "i.v. KM", "mit i.v. KM")),
        *((f"TDM thorax {said}", WITH) for said in ("IV+", "avec IV", "avec inj.", "C+", "+ injection")),
        *((f"CT chest {said}", WITHOUT) for said in ("C-", "IV-", "plain", "no IV", "noncon")),
        *((f"CT Thorax {said}", WITHOUT) for said in ("KM-", "o. KM", "nativ", "ohne i.v. KM")),
        *((f"TDM thorax {said}", WITHOUT) for said in ("IV-", "sans IV", "sans inj", "C-", "sans PDC")),
        *((f"CT chest {said}", BOTH) for said in ("with and without", "w & w/o", "C-/C+", "C-/+", "w/wo")),
        *((f"CT Thorax {said}", BOTH) for said in ("mit und ohne KM", "KM-/KM+", "nativ und mit KM")),
        *((f"TDM thorax {said}", BOTH) for said in ("IV-/IV+", "IV+/IV-", "sans et avec IV", "C-/C+")),
        *(
            (f"TC tórax {said}", done)
            for said, done in (("s/c", WITHOUT), ("c/c", WITH), ("con y sin", BOTH))
        ),
        *((f"CT chest {said}", OPEN) for said in ("+/- contrast", "C+/-", "± contrast", "- IV contrast")),
        *(
            (f"CT chest {said}", OPEN)
            for said in ("IV-contrast", "with IV sedation", "without oral contrast")
        ),
        *((f"CT Thorax {said}", OPEN) for said in ("+/- KM", "IV-Zugang", "Übersicht", "- portable")),
        ("TDM thorax avec ou sans IV", OPEN),
        ("Plain chest X-ray", XR),
    ],
)
def test_contrast_is_read_as_wards_note_it_and_left_open_where_it_is_not_stated(
    terminology: Terminology, text: str, procedure: str
) -> None:
    assert terminology.study_in(text).procedure == procedure


@pytest.mark.parametrize(
    "text",
    [
        *(
            "CT-Thorax-Übersicht",
            "Chest-PA/LAT X-ray",
            "CT chest-low-dose without contrast",
            "Thorax-CT nativ",
        ),
        *("Röntgen-Thorax", "TDM broncho-pulmonaire", "Scanner thoracique/pulmonaire", "CT Chest - portable"),
        *("CT chest w/o contrast", "CT chest W/ contrast, W/O delay", "THORAX-PA", "CXR/portable"),
    ],
)
def test_an_ordinary_word_joined_to_the_chest_is_no_further_part(terminology: Terminology, text: str) -> None:
    assert not terminology.study_words.names_further_part(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Type and screen", "Group and screen", "Type & cross", "MRSA screen", "MRSA nasal screen"),
        *(
            "Drug screen urine",
            "Urine drug screen",
            "Antibody screen",
            "Vasculitis screen",
            "Groupage sanguin",
        ),
        *(
            "Dépistage BMR",
            "Drogenscreening",
            "MRSA-Screening",
            "Blutgruppe",
            "Kreuzprobe",
            "Pruebas cruzadas",
        ),
    ],
)
def test_a_screen_of_blood_or_swabs_is_a_laboratory_test(terminology: Terminology, text: str) -> None:
    words = terminology.study_words

    assert words.is_laboratory_word(text)
    assert not words.names_more_than_a_test(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Screening colonoscopy", "Depression screening", "Screening", "Dépistage", "TSH screen"),
        *("Consult interventional radiology", "Referral to radiology", "Überweisung Radiologie"),
        *("Demande d'avis radiologie interventionnelle", "Avis pneumologue", "Konsil Pneumologie"),
        *("Pulmonology consult", "Interconsulta radiología"),
    ],
)
def test_a_consult_and_a_screening_of_nothing_named_are_no_imaging(
    terminology: Terminology, text: str
) -> None:
    words = terminology.study_words

    assert not terminology.is_imaging_word(text)
    assert not words.names_more_than_a_test(text)
    assert not terminology.study_in(text).is_chest_imaging


@pytest.mark.parametrize(
    "text",
    ["CT screening", "Lung screening", "Lung cancer screening", "Dépistage scanner thoracique", "LDCT"],
)
def test_a_screening_of_the_lung_or_by_imaging_is_imaging(terminology: Terminology, text: str) -> None:
    assert terminology.study_words.names_more_than_a_test(text)
