"""Where words stand: sentences in the cards, words that a chart is read by in the data."""

import ast
import csv
import re
from typing import get_args

import pytest

from cds_service.clinical.decision import Alert
from cds_service.clinical.facts import AgeGroup, Finding
from cds_service.knowledge.terminology.words import folded
from tests.house.tree import CODE, Module, bases_of, modules_under, parents_of, texts_of

CODE_LISTS = CODE / "knowledge" / "data" / "codelists"
COLUMNS_OF_WORDS = ("words", "display")
KINDS_OF_MEDICINE = frozenset(
    {"answer", "no-blood", "blood", "blood-word", "size", "other-fluid", "embolized-elsewhere"}
)
"""Kinds of words of charts that are words of medicine; words of other kinds stand in any English text."""
ALL_CARD_TEXTS = "cds_service/cards/texts.py"

GRAMMAR = frozenset(
    {"a", "an", "and", "any", "but", "for", "from", "had", "has", "have", "in", "is", "no", "non", "none"}
    | {"nor", "not", "of", "on", "or", "per", "possible", "the", "then", "to", "with", "without", "yes"}
    | {"de", "des", "en", "et", "la", "le", "les", "mais", "ou", "par", "sans"}
    | {"comparison", "do", "earlier", "if", "last"}
    | {"d", "e", "h", "l", "n", "o", "s", "w", "x", "y"}
)
"""Words of every English or French text, and letters. A term, but no word of medicine."""

CODES_OF_FHIR = frozenset(
    {"cancelled", "negative", "positive", "severe", "absent", "unknown", "recurrence", "relapse", "resolved"}
)
"""Codes of value sets that FHIR itself defines; a chart cannot say them in another language."""

IDS_OF_FACTS = frozenset({"massive", "recurrent", *get_args(Finding), *get_args(Alert), *get_args(AgeGroup)})
"""Values of the types of this house. CAUTION: a word of a chart becomes one by a table, never by itself."""

IDS_OF_TABLES = frozenset(
    {"angiography", "bronchial", "chest", "contrast", "ct", "cta", "embolization", "excluded", "imaging"}
    | {"aorta", "blood", "guidance", "laboratory", "mra", "mri", "pet", "radiography", "referral"}
    | {"screening", "ultrasound"}
)
"""Names of columns and ids that a cell of the tables may hold; the words they stand for are in the tables."""

ALLOWED = {
    # The code of a category of Observations.
    "cds_service/knowledge/kinds.py": frozenset({"laboratory"}),
    "cds_service/knowledge/tables/build.py": IDS_OF_TABLES,
    "cds_service/knowledge/tables/check.py": IDS_OF_TABLES,
    "cds_service/knowledge/tables/folder.py": IDS_OF_TABLES,
    "cds_service/knowledge/tables/schema.py": IDS_OF_TABLES | {"fr"},
    # The signs of `IV+` and `C-`, spelled as words so that the tables can say what they mean.
    "cds_service/knowledge/terminology/study_names.py": IDS_OF_TABLES
    | {"minus", "minusplus", "plus", "plusminus"},
    # The grammar of the rules of ConText: contractions, conjunctions, how a sign is spelled, kinds of cues.
    "cds_service/knowledge/terminology/words.py": IDS_OF_TABLES | {"neg", "pos", "wo"},
    "cds_service/knowledge/terminology/context.py": frozenset({"neg", "pseudo"}),
    "cds_service/knowledge/terminology/signs.py": frozenset({"neg"}),
    "cds_service/knowledge/terminology/stances.py": frozenset({"ni"}),
    # Members of a FHIR ConceptMap.
    "cds_service/cards/code_systems.py": frozenset({"comment", "target"}),
    "cds_service/web/openapi/schemas.py": frozenset({"since", "target"}),
    # How much blood there was, as the facts name it.
    "cds_service/clinical/facts.py": frozenset({"large"}),
    # The language of a page.
    "cds_service/web/patient.py": frozenset({"fr"}),
    # Names of options, the category of an Observation, where Spark runs, and a unit of time of Arrow.
    "cds_service/cli/replay.py": frozenset({"since"}),
    "cds_service/replay/example.py": frozenset({"laboratory"}),
    "cds_service/replay/spark.py": frozenset({"local", "us"}),
    "cds_service/replay/steps.py": frozenset({"us"}),
    # Names of filters, of options, of what a terminal shows, and of a unit of time of Arrow.
    "cds_service/cli/reporting.py": frozenset({"comments", "since"}),
    "cds_service/cli/show_report.py": frozenset({"consultation"}),
    "cds_service/records/report/asking.py": frozenset({"since"}),
    "cds_service/records/upkeep/export.py": frozenset({"us"}),
    "cds_service/web/insights.py": frozenset({"since"}),
    # The day on which a site switched something off.
    "cds_service/silencing.py": frozenset({"since"}),
    "cds_service/web/management.py": frozenset({"since"}),
    # Put beside a word of the chart, so that it can be looked up as the name of a study or a finding.
    "cds_service/fhir/orders/studies.py": frozenset({"ct", "embolization"}),
    "cds_service/fhir/chart/bleeding.py": frozenset({"sputum"}),
}
"""Words that stand in code all the same, by module."""


def terms() -> frozenset[str]:
    """Every word or name by which the code lists know something, folded."""
    found: set[str] = set()
    for path in CODE_LISTS.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if path.name == "chart_words.csv" and row["kind"] not in KINDS_OF_MEDICINE:
                    continue
                if path.name == "terms.csv" and row["certainty"] in ("other", "not"):
                    continue
                if path.name == "study_words.csv" and not row["meanings"]:
                    continue  # A word that changes nothing.
                found |= {plain(row[column]) for column in COLUMNS_OF_WORDS if row.get(column)}
    return frozenset(found) - GRAMMAR - CODES_OF_FHIR - IDS_OF_FACTS - {"", "0", "+"}


def plain(text: str) -> str:
    """Folded, one blank between words, punctuation at the ends left out but for the colon of a label."""
    return re.sub(r"\s+", " ", folded(text)).strip(" .,;()[]=%|")


def read_by(node: ast.Constant, parents: dict[ast.AST, ast.AST]) -> set[str]:
    """The words that a text could be compared with a chart by.

    The text as a whole; each word of one that is split; each run of words within a pattern. What merely
    speaks of hemoptysis in a sentence to a person is compared with nothing; `ct-chest-with-contrast` is the
    id of a procedure, and `contrast=` begins a cell.
    """
    text, parent = str(node.value), parents[node]
    if re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)+|[a-z]+=", text):
        return set()
    found = {plain(text)}
    if isinstance(parent, ast.Attribute) and parent.attr == "split":
        found |= {plain(word) for word in text.split()}
    if re.search(r"\\[bBdDsSwW]|\(\?|[^\s|]\|[^\s|]", text):
        found |= {plain(words) for words in re.findall(r"[^\W\d_]{2,}(?: [^\W\d_]{2,})*", text)}
    return found


def vocabulary_of(tree: ast.Module) -> set[int]:
    """The values of StrEnums, which are ids of this house's own or of a standard."""
    return {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "StrEnum" in bases_of(node)
        for statement in node.body
        if isinstance(statement, ast.Assign)
    }


def words_read_by(module: Module) -> set[str]:
    parents, vocabulary = parents_of(module.tree), vocabulary_of(module.tree)
    texts = [node for node in texts_of(module.tree) if id(node) not in vocabulary]
    return {word for node in texts for word in read_by(node, parents)}


def test_no_word_that_a_chart_is_read_by_stands_in_code() -> None:
    known = terms()
    found = {
        module.name: sorted(words)
        for module in modules_under(CODE)
        if module.name != ALL_CARD_TEXTS
        and (words := words_read_by(module) & known - ALLOWED.get(module.name, frozenset()))
    }

    assert found == {}


def test_what_decides_says_no_sentence() -> None:
    found = {
        f"{module.name}:{node.lineno}": str(node.value)
        for module in modules_under(CODE / "clinical")
        for node in texts_of(module.tree)
        if " " in str(node.value) and id(node) not in texts_for_programmers(module.tree)
    }

    assert found == {}


def texts_for_programmers(tree: ast.Module) -> set[int]:
    """Texts of errors that are raised where the code itself is wrong; nobody but a programmer sees them."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise | ast.Assert)
        for inner in ast.walk(node)
    }


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('name = "Pulmonary  embolism"', {"pulmonary embolism"}),
        ('names = "cup spoon".split()', {"cup", "spoon"}),
        (r'pattern = re.compile(r"\b(?:cup|table spoon)\b")', {"cup", "table spoon"}),
        ('f"{n} cups".encode()', {"cups"}),
    ],
)
def test_words_are_found_however_they_are_written(code: str, words: set[str]) -> None:
    assert words <= words_read_by(Module("code.py", code, ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        '"""pneumonia"""',
        'class A(StrEnum):\n    B = "pneumonia"',
        'shown = "no pneumonia in it"',
        'id = "pneumonia-with-contrast"',
    ],
)
def test_prose_and_ids_are_no_words_of_a_chart(code: str) -> None:
    assert "pneumonia" not in words_read_by(Module("code.py", code, ast.parse(code)))


def test_what_is_allowed_is_needed() -> None:
    """An exception that no code makes use of any more goes."""
    modules = {module.name: module for module in modules_under(CODE)}

    assert [name for name in ALLOWED if not ALLOWED[name] & words_read_by(modules[name])] == []
