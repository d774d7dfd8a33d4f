"""Every word of a card stands in one file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service import cards

ROOM = Path(str(cards.__path__[0]))
MODULES = sorted(path for path in ROOM.rglob("*.py") if path.name != "texts.py")
SENTENCE = re.compile(r"[A-Za-z]{2,},? [A-Za-z(]")


def texts_in(path: Path) -> Iterator[str]:
    """Every text of a module that is no docstring, nor stands alone to say what is above it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_sentence_stands_outside_the_texts(path: Path) -> None:
    assert [text for text in texts_in(path) if SENTENCE.search(text)] == []


def test_no_text_is_written_down_for_nothing() -> None:
    tree = ast.parse((ROOM / "texts.py").read_text(encoding="utf-8"))
    names = [
        name.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    ]
    within = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    used = {name for path in MODULES for name in re.findall(r"texts\.([A-Z_]+)", path.read_text("utf-8"))}
    for_the_page = {"RULE", "SENTENCES_OF_RULE", "SENTENCES_OF_CAUTION"}

    assert [n for n in names if n not in used | for_the_page and within.count(n) < 2] == []
