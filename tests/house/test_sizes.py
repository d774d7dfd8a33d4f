"""The sizes that keep the house easy to find one's way in (CONTRIBUTING, "Sizes")."""

from collections import Counter
from pathlib import Path
from statistics import median

from tests.house.tree import CODE, ROOT, lines_of, modules_under

MOST_MODULES = 112
MOST_CLASSES = 184
MOST_FILES_IN_A_FOLDER = 14
MOST_LINES_OF_A_MODULE = 300
LONGER_ON_PURPOSE = {"cds_service/cards/texts.py"}
"""Every sentence that a card can say stands in one file, however many they are."""
MOST_LINES_OF_A_TEST_FILE = 400
LONG_FUNCTION = 30


def test_there_are_no_more_modules_than_a_person_can_keep_in_mind() -> None:
    assert len(modules_under(CODE)) <= MOST_MODULES


def test_there_are_no_more_classes_than_the_house_needs() -> None:
    by_room = Counter(module.room for module in modules_under(CODE) for _ in module.classes())

    assert by_room.total() <= MOST_CLASSES, by_room


def test_no_folder_holds_more_than_a_screenful_of_files() -> None:
    files = Counter(Path(module.name).parent.as_posix() for module in modules_under(CODE))

    assert {folder: count for folder, count in files.items() if count > MOST_FILES_IN_A_FOLDER} == {}


def test_no_module_is_longer_than_one_idea() -> None:
    long = {m.name: m.lines for m in modules_under(CODE) if m.lines > MOST_LINES_OF_A_MODULE}

    assert {name: lines for name, lines in long.items() if name not in LONGER_ON_PURPOSE} == {}


def test_no_test_file_is_too_long_to_read() -> None:
    tests = modules_under(ROOT / "tests")
    long = {module.name: module.lines for module in tests if module.lines > MOST_LINES_OF_A_TEST_FILE}

    assert long == {}


def test_functions_are_short_and_nearly_none_is_long() -> None:
    sizes = {
        f"{module.name}: {function.name}": lines_of(function)
        for module in modules_under(CODE)
        for function in module.functions()
    }
    long = {name: lines for name, lines in sizes.items() if lines >= LONG_FUNCTION}

    assert median(sizes.values()) <= 7
    assert len(long) <= len(sizes) * 0.05, long


def test_a_room_is_entered_through_its_modules_alone() -> None:
    rooms = [path for path in CODE.rglob("__init__.py") if path.parent != CODE]

    assert {path.parent.name for path in rooms if path.read_text(encoding="utf-8")} == set()
