"""No name twice, none without a meaning: classes, modules and the glossary."""

import ast
import re
from collections import Counter

from tests.house.glossary import domain_classes, listed, room_in, room_of
from tests.house.tree import CODE, Module, modules_under

EMPTY_WORDS = {"utils", "helpers", "manager", "common", "misc"}
REPAIRED_BY_HAND = {"cds_service/fhir/repair.py", "cds_service/fhir/bundles.py"}
"""Where JSON of any shape becomes typed resources."""


def test_no_class_name_stands_twice() -> None:
    names = Counter(node.name for module in modules_under(CODE) for node in module.classes())

    assert {name: count for name, count in names.items() if count > 1} == {}


def test_no_file_is_named_after_nothing() -> None:
    named = {part for module in modules_under(CODE) for part in re.split(r"[/_.]", module.name)}

    assert named & EMPTY_WORDS == set()


def test_every_module_says_its_responsibility_in_one_sentence() -> None:
    unclear = {
        module.name: ast.get_docstring(module.tree)
        for module in modules_under(CODE)
        if not is_one_sentence((ast.get_docstring(module.tree) or "").partition("\n\n")[0])
    }

    assert unclear == {}


def is_one_sentence(text: str) -> bool:
    """One that ends with a full stop and has no other before a capital letter."""
    return bool(re.fullmatch(r"(?s)[A-Z`].*[^.]\.", text)) and not re.search(r"[.?!]\s+[A-Z]", text)


def test_every_domain_class_stands_in_the_glossary_and_no_other_does() -> None:
    there, written = domain_classes().keys(), listed().keys()

    assert (there - written, written - there) == (set(), set()), "python -m tests.house.glossary"


def test_the_glossary_names_the_room_of_every_class() -> None:
    written = {name: room_in(line) for name, line in listed().items()}

    assert written == {name: room_of(module) for name, (module, _) in domain_classes().items()}


def test_types_are_said_wherever_resources_are_read() -> None:
    loose = {
        module.name
        for module in modules_under(CODE / "fhir")
        if module.name not in REPAIRED_BY_HAND and says_any(module)
    }

    assert loose == set()


def says_any(module: Module) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(module.tree))
