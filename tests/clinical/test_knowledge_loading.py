"""The knowledge loads, is frozen, and every kind of fault in a copy of it is found and named."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.errors import KnowledgeError
from cds_service.knowledge.load import SHIPPED_DATA, knowledge_summary, load_knowledge
from cds_service.knowledge.model import CautionId, DefinitionId, Knowledge, Variant
from cds_service.knowledge.terminology import Concept


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_DATA, tmp_path / "data"))


def replace(folder: Path, name: str, old: str, new: str) -> None:
    """Replaces the one place where a text stands in a file."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} does not stand in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(folder: Path, name: str, line: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(KnowledgeError) as raised:
        load_knowledge(folder)
    return raised.value.faults


def test_the_shipped_knowledge_loads_without_a_fault(knowledge: Knowledge) -> None:
    assert set(knowledge.definitions) == set(DefinitionId)
    assert set(knowledge.cautions) == set(CautionId)
    assert len(knowledge.rated_procedures()) == 6
    assert len(knowledge.ratings) == 6 * len(Variant)


def test_a_copy_of_the_data_gives_the_same_knowledge(folder: Path, knowledge: Knowledge) -> None:
    copied = load_knowledge(folder)

    assert copied.ratings == knowledge.ratings
    assert copied.definitions == knowledge.definitions
    assert copied.terminology.order_codes == knowledge.terminology.order_codes


def test_loading_takes_less_than_300_ms() -> None:
    started = time.perf_counter()

    load_knowledge()

    assert time.perf_counter() - started < 0.3


@pytest.mark.parametrize("name", ["procedures", "ratings", "definitions", "cautions", "sources"])
def test_what_is_loaded_cannot_be_changed(knowledge: Knowledge, name: str) -> None:
    mapping = getattr(knowledge, name)

    with pytest.raises(TypeError):
        mapping["new"] = next(iter(mapping.values()))


def test_the_summary_names_the_edition_and_every_rated_procedure(knowledge: Knowledge) -> None:
    summary = knowledge_summary(knowledge)

    assert knowledge.edition.label in summary
    assert all(procedure.name in summary for procedure in knowledge.rated_procedures())


Break = Callable[[Path], object]

FAULTS: list[tuple[str, Break, str, str]] = [
    (
        "unknown procedure in a rating",
        lambda d: append(
            d, "ratings.csv", "ct-head,massive,usually-appropriate,,,project,x,x,single-extract,"
        ),
        "ratings.csv line",
        "'ct-head' is not a rated procedure",
    ),
    (
        "rating of a procedure that the topic does not rate",
        lambda d: append(
            d, "ratings.csv", "mri-chest,massive,usually-not-appropriate,,,project,x,x,single-extract,"
        ),
        "ratings.csv line",
        "'mri-chest' is not a rated procedure",
    ),
    (
        "unknown variant",
        lambda d: replace(d, "ratings.csv", "radiography-chest,massive", "radiography-chest,huge"),
        "ratings.csv line 2",
        "'huge' is not one of massive",
    ),
    (
        "a procedure not rated in a variant",
        lambda d: replace(
            d, "ratings.csv", "cta-chest-with-contrast,recurrent", "radiography-chest,recurrent"
        ),
        "ratings.csv",
        "variant recurrent rates cta-chest-with-contrast 0 times",
    ),
    (
        "a procedure rated twice in a variant",
        lambda d: replace(
            d, "ratings.csv", "cta-chest-with-contrast,recurrent", "radiography-chest,recurrent"
        ),
        "ratings.csv",
        "variant recurrent rates radiography-chest 2 times",
    ),
    (
        "a score out of the band of its category",
        lambda d: replace(d, "ratings.csv", "usually-appropriate,7,", "usually-appropriate,6,"),
        "ratings.csv line 4",
        "score 6 is not in the band of usually-appropriate",
    ),
    (
        "a score that is none",
        lambda d: replace(d, "ratings.csv", "usually-appropriate,7,", "usually-appropriate,10,"),
        "ratings.csv line 4",
        "score: '10' is not one of",
    ),
    (
        "a score without a source",
        lambda d: replace(d, "ratings.csv", "7,acr-ratings-appendix", "7,"),
        "ratings.csv line 4",
        "a score needs its score_source",
    ),
    (
        "unknown source of a rating",
        lambda d: replace(d, "ratings.csv", "acr-criteria-extract", "hearsay"),
        "ratings.csv line 2",
        "source 'hearsay' is not in sources.toml",
    ),
    (
        "unknown source of a definition",
        lambda d: replace(d, "definitions.toml", '"kathuria-2020"', '"hearsay"'),
        "definitions.toml [rate-massive]",
        "source 'hearsay' is not in sources.toml",
    ),
    (
        "unknown source of the edition",
        lambda d: replace(d, "edition.toml", '"acr-hemoptysis-2020"', '"hearsay"'),
        "edition.toml",
        "source 'hearsay' is not in sources.toml",
    ),
    (
        "a definition that is missing",
        lambda d: replace(d, "definitions.toml", "[episode-gap]", "[severity-gap]"),
        "definitions.toml",
        "[episode-gap] is missing",
    ),
    (
        "a definition that nobody asks for",
        lambda d: replace(d, "definitions.toml", "[episode-gap]", "[severity-gap]"),
        "definitions.toml [severity-gap]",
        "'severity-gap' is not one of",
    ),
    (
        "a definition given twice",
        lambda d: append(d, "definitions.toml", '[episode-gap]\nvalue = "2"'),
        "definitions.toml",
        "not readable as TOML",
    ),
    (
        "a value that is no number",
        lambda d: replace(d, "definitions.toml", 'value = "200"', 'value = "many"'),
        "definitions.toml [volume-24h-massive]",
        "value: 'many' is not a number",
    ),
    (
        "a value not written as text, which would lose its digits",
        lambda d: replace(d, "definitions.toml", 'value = "200"', "value = 200.0"),
        "definitions.toml [volume-24h-massive]",
        "value: text expected",
    ),
    (
        "a unit that is not UCUM",
        lambda d: replace(d, "definitions.toml", 'unit = "mL"', 'unit = "cc"'),
        "definitions.toml [volume-24h-massive]",
        "unit 'cc' is not a UCUM unit",
    ),
    (
        "a window in a unit that is no time",
        lambda d: replace(d, "definitions.toml", 'unit = "d"', 'unit = "mL"'),
        "definitions.toml [indication-window]",
        "the unit must be min or h or d",
    ),
    (
        "a period in another unit than the code reads",
        lambda d: replace(d, "definitions.toml", 'value = "18"\nunit = "a"', 'value = "18"\nunit = "d"'),
        "definitions.toml [adult-age]",
        "the unit must be a",
    ),
    (
        "a volume in another unit than the code compares in",
        lambda d: replace(d, "definitions.toml", 'value = "200"\nunit = "mL"', 'value = "0.2"\nunit = "L"'),
        "definitions.toml [volume-24h-massive]",
        "the unit must be mL",
    ),
    (
        "a limit that is crossed the other way",
        lambda d: replace(d, "definitions.toml", 'comparison = "<"', 'comparison = ">"'),
        "definitions.toml [oxygen-saturation-low]",
        "the comparison must be <",
    ),
    (
        "the source of the critical card is gone",
        lambda d: replace(d, "sources.toml", "[teaching-page-205]", "[another-page]"),
        "sources.toml",
        "[teaching-page-205] is missing",
    ),
    (
        "a study that the cards name is gone",
        lambda d: replace(d, "procedures.csv", "ct-chest-without-contrast,", "native-ct-chest,"),
        "procedures.csv",
        "ct-chest-without-contrast must be there and rated",
    ),
    (
        "advice of a kind that the code does not know",
        lambda d: replace(d, "advice.toml", 'kind = "massive-not-excluded"', 'kind = "mild"'),
        "advice.toml [check-first]",
        "kind",
    ),
    (
        "advice without a known source",
        lambda d: replace(d, "advice.toml", 'source = "patient-leaflet"', 'source = "hearsay"'),
        "advice.toml [large-amounts]",
        "'hearsay' is not in sources.toml",
    ),
    (
        "a caution that is missing",
        lambda d: replace(d, "cautions.toml", "[thyroid]", "[goitre]"),
        "cautions.toml",
        "[thyroid] is missing",
    ),
    (
        "an unknown key",
        lambda d: replace(d, "cautions.toml", "title =", "titel ="),
        "cautions.toml [kidney-severe]",
        "unknown key 'titel'",
    ),
    (
        "a missing key",
        lambda d: replace(d, "cautions.toml", "title =", "titel ="),
        "cautions.toml [kidney-severe]",
        "title: missing",
    ),
    (
        "an empty text",
        lambda d: replace(d, "cautions.toml", 'title = "Pregnancy"', 'title = ""'),
        "cautions.toml [pregnancy]",
        "title: is empty",
    ),
    (
        "an unknown column",
        lambda d: replace(d, "units.csv", "factor", "faktor"),
        "units.csv line 1",
        "unknown column 'faktor'",
    ),
    (
        "a missing column",
        lambda d: replace(d, "units.csv", "factor", "faktor"),
        "units.csv line 1",
        "column 'factor' is missing",
    ),
    (
        "too many cells",
        lambda d: append(d, "units.csv", "dL,volume,100,yes,again"),
        "units.csv line",
        "cells beyond the last column",
    ),
    (
        "too few cells",
        lambda d: append(d, "units.csv", "dL,volume"),
        "units.csv line",
        "factor: text expected",
    ),
    (
        "a unit of volume without a factor",
        lambda d: append(d, "units.csv", "dL,volume,,yes"),
        "units.csv line",
        "volume and time need a factor",
    ),
    (
        "a factor of zero",
        lambda d: append(d, "units.csv", "dL,volume,0,yes"),
        "units.csv line",
        "'0' is not above zero",
    ),
    (
        "a unit given twice",
        lambda d: append(d, "units.csv", "ML,volume,1,yes"),
        "units.csv line",
        "'ML' stands already at units.csv line 2",
    ),
    (
        "one code in two procedures",
        lambda d: append(
            d, "codelists/order_codes.csv", "cpt,71275,mra-chest,no,no,CTA chest with contrast,one-source"
        ),
        "codelists/order_codes.csv line",
        "cpt 71275 stands already at codelists/order_codes.csv line 9",
    ),
    (
        "one code as an imaging study and as none",
        lambda d: append(d, "codelists/not_imaging.csv", "cpt,71275,CTA chest,one-source"),
        "codelists/not_imaging.csv line",
        "cpt 71275 stands already",
    ),
    (
        "an order code of an unknown procedure",
        lambda d: replace(d, "codelists/order_codes.csv", "cpt,71045,radiography-chest", "cpt,71045,xray"),
        "codelists/order_codes.csv line 2",
        "procedure 'xray' is not in procedures.csv",
    ),
    (
        "a canonical code that is no order code of the procedure",
        lambda d: replace(d, "procedures.csv", "71046", "71275"),
        "procedures.csv line 2",
        "cpt 71275 is not an order code of radiography-chest",
    ),
    (
        "a rated procedure without a CPT code",
        lambda d: replace(d, "procedures.csv", "71046", ""),
        "procedures.csv line 2",
        "needs a canonical CPT code",
    ),
    (
        "half a radiation level",
        lambda d: replace(d, "procedures.csv", "1,<0.1,", "1,,"),
        "procedures.csv line 2",
        "adult radiation needs both",
    ),
    (
        "CT angiography without contrast",
        lambda d: replace(
            d, "procedures.csv", "CTA with contrast,rated,cta,with,", "CTA without,rated,cta,without,"
        ),
        "procedures.csv line 5",
        "CT angiography is defined with contrast",
    ),
    (
        "a procedure given twice",
        lambda d: append(d, "procedures.csv", "mri-chest,MRI,MRI,not-in-topic,mri,unspecified,,,,,,,,"),
        "procedures.csv line",
        "'mri-chest' stands already",
    ),
    (
        "the complement is gone",
        lambda d: replace(d, "procedures.csv", "radiography-chest,", "radiograph,"),
        "procedures.csv",
        "radiography-chest must be there and rated",
    ),
    (
        "a code list that is missing",
        lambda d: (d / "codelists/copd.csv").unlink(),
        "codelists/copd.csv",
        "the file is missing",
    ),
    (
        "a code list without codes",
        lambda d: (d / "codelists/severe.csv").write_text("system,code,match,certainty,display,support\n"),
        "codelists/severe.csv",
        "no code is listed",
    ),
    (
        "a code list that no concept asks for",
        lambda d: append(d, "codelists/asthma.csv", "system,code,match,certainty,display,support"),
        "codelists/asthma.csv",
        "no such file is expected",
    ),
    (
        "a concept that the manifest does not describe",
        lambda d: replace(d, "codelists/manifest.toml", "[concepts.copd]", "[concepts.asthma]"),
        "codelists/manifest.toml",
        "[concepts.copd] is missing",
    ),
    (
        "a concept that does not exist",
        lambda d: replace(d, "codelists/manifest.toml", "[concepts.copd]", "[concepts.asthma]"),
        "codelists/manifest.toml [concepts.asthma]",
        "'asthma' is not one of",
    ),
    (
        "an unknown role",
        lambda d: replace(d, "codelists/manifest.toml", '["respiratory-symptom"]', '["symptom"]'),
        "codelists/manifest.toml [concepts.cough]",
        "roles: unknown: symptom",
    ),
    (
        "a file that the manifest does not describe",
        lambda d: replace(d, "codelists/manifest.toml", "[files.terms]", "[files.words]"),
        "codelists/manifest.toml",
        "codelists/terms.csv is not described",
    ),
    (
        "an unknown code system",
        lambda d: replace(d, "codelists/cough.csv", "snomed,49727002", "snomedct,49727002"),
        "codelists/cough.csv line 2",
        "system 'snomedct' is not in systems.csv",
    ),
    (
        "one name for two systems",
        lambda d: replace(d, "codelists/systems.csv", "snomed snomed-ct", "loinc snomed-ct"),
        "codelists/systems.csv line 3",
        "is the name of another system too",
    ),
    (
        "a SNOMED CT code with a wrong check digit",
        lambda d: replace(d, "codelists/hemoptysis.csv", "66857006", "66857005"),
        "codelists/hemoptysis.csv line 2",
        "66857005 is not a valid snomed code",
    ),
    (
        "a SNOMED CT code damaged by a spreadsheet",
        lambda d: replace(d, "codelists/order_codes.csv", "16332841000119106", "16332841000119100"),
        "codelists/order_codes.csv line 52",
        "16332841000119100 is not a valid snomed code",
    ),
    (
        "a SNOMED CT description instead of a concept",
        lambda d: replace(d, "codelists/excluded.csv", "8765009", "8765010"),
        "codelists/excluded.csv line 2",
        "not a valid snomed code",
    ),
    (
        "a LOINC code with a wrong check digit",
        lambda d: replace(d, "codelists/egfr.csv", "98979-8", "98979-7"),
        "codelists/egfr.csv line 2",
        "98979-7 is not a valid loinc code",
    ),
    (
        "one code twice in a list",
        lambda d: append(d, "codelists/copd.csv", "icd-10-cm,j449,exact,definite,COPD,one-source"),
        "codelists/copd.csv line",
        "j449 stands twice in the list",
    ),
    (
        "a prefix in a system that has no categories",
        lambda d: replace(d, "codelists/cough.csv", "49727002,exact", "49727002,prefix"),
        "codelists/cough.csv line 2",
        "only ICD codes match as a prefix",
    ),
    (
        "an excluded code that stands for a concept",
        lambda d: append(d, "codelists/hemoptysis.csv", "icd-10-cm,R04,prefix,possible,Hemorrhage,category"),
        "codelists/excluded.csv",
        "R04.81 is excluded but stands for hemoptysis",
    ),
    (
        "a term given twice, but for an accent",
        lambda d: append(d, "codelists/terms.csv", "hemoptysis,fr,definite,hemoptysie"),
        "codelists/terms.csv",
        "'hemoptysis hemoptysie' stands already",
    ),
    (
        "a term of an unknown concept",
        lambda d: append(d, "codelists/terms.csv", "asthma,en,definite,asthma"),
        "codelists/terms.csv",
        "concept: 'asthma' is not one of",
    ),
    (
        "a cue of an unknown kind",
        lambda d: append(d, "codelists/negations.csv", "beside,en,hardly"),
        "codelists/negations.csv",
        "kind: 'beside' is not one of",
    ),
    (
        "a study word with an unknown meaning",
        lambda d: append(d, "codelists/study_words.csv", "tomosynthesis,en,modality=tomosynthesis"),
        "codelists/study_words.csv",
        "'modality=tomosynthesis' is not a known meaning",
    ),
    (
        "a study rule for an unknown procedure",
        lambda d: append(d, "codelists/study_rules.csv", "other,chest,any,fluoroscopy-chest"),
        "codelists/study_rules.csv",
        "procedure 'fluoroscopy-chest' is not in procedures.csv",
    ),
    (
        "a study rule of unknown modalities",
        lambda d: append(d, "codelists/study_rules.csv", "tomosynthesis,chest,any,radiography-chest"),
        "codelists/study_rules.csv",
        "modalities: unknown: tomosynthesis",
    ),
    (
        "an address that is none",
        lambda d: replace(d, "edition.toml", "https://acsearch.acr.org", "acsearch.acr.org"),
        "edition.toml",
        "is not an https address",
    ),
    (
        "a year that is none",
        lambda d: replace(d, "edition.toml", 'year = "2020"', 'year = "MMXX"'),
        "edition.toml",
        "'MMXX' is not a whole number",
    ),
    (
        "a file that is not UTF-8",
        lambda d: (d / "units.csv").write_bytes(b"unit,kind\n\xff\xfe"),
        "units.csv",
        "not readable as UTF-8",
    ),
    (
        "a file that is not CSV",
        lambda d: append(d, "units.csv", '"never closed'),
        "units.csv",
        "not readable as CSV",
    ),
    (
        "a section that is no section",
        lambda d: replace(d, "edition.toml", "topic =", "[topic]\nname ="),
        "edition.toml",
        "topic: text expected",
    ),
    (
        "a manifest without files",
        lambda d: (d / "codelists/manifest.toml").write_text(""),
        "codelists/manifest.toml",
        "section [files] is missing",
    ),
]


@pytest.mark.parametrize(
    ("broken", "place", "words"),
    [pytest.param(broken, place, words, id=name) for name, broken, place, words in FAULTS],
)
def test_a_fault_is_found_and_its_place_is_named(folder: Path, broken: Break, place: str, words: str) -> None:
    broken(folder)

    faults = faults_of(folder)

    assert [fault for fault in faults if fault.startswith(place) and words in fault], "\n".join(faults)


def test_all_faults_stand_in_one_message(folder: Path) -> None:
    replace(folder, "ratings.csv", "acr-criteria-extract", "hearsay")
    replace(folder, "definitions.toml", 'unit = "mL"', 'unit = "cc"')
    replace(folder, "codelists/hemoptysis.csv", "66857006", "66857005")

    with pytest.raises(KnowledgeError) as raised:
        load_knowledge(folder)

    assert len(raised.value.faults) == 3
    assert all(words in raised.value.message for words in ("hearsay", "'cc'", "66857005"))


def test_an_empty_folder_names_every_missing_file_once(tmp_path: Path) -> None:
    faults = [fault for fault in faults_of(tmp_path) if "the file is missing" in fault]

    assert len(faults) == len(set(faults))
    assert {f"codelists/{concept}.csv: the file is missing" for concept in Concept} <= set(faults)
