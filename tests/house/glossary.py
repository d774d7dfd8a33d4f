"""The classes of the domain in the glossary: `python -m tests.house.glossary` adds what is missing.

A new class comes with the first sentence of its docstring, a line then to be written well. The line of a
class that is gone goes, and that of a class which moved to another room is made anew. All others stay as
they were written.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise

from tests.house.tree import CODE, ROOT, Module, bases_of, is_text, modules_under

GLOSSARY = ROOT / "GLOSSARY.md"
HEADING = "\n## Classes\n"
NOT_THE_DOMAIN = (
    "cds_service/cds_hooks/response.py",
    "cds_service/cli/",
    "cds_service/fhir/elements.py",
    "cds_service/fhir/resources.py",
    "cds_service/knowledge/tables/",
    "cds_service/outbound/connections.py",
    "cds_service/outbound/transport.py",
    "cds_service/web/",
)
"""About JSON as the standards spell it, the terminal, gunicorn, Flask, sockets, and the cells of files."""


def domain_classes() -> dict[str, tuple[Module, str]]:
    """Public classes and vocabularies that are no errors, with their docstrings, room by room."""
    modules = [m for m in modules_under(CODE) if not m.name.startswith(NOT_THE_DOMAIN)]
    bases = {node.name: bases_of(node) for module in modules for node in module.classes()}
    return {
        name: (module, docstring)
        for module in modules
        for name, docstring in (*_classes(module, bases), *_vocabularies(module))
        if not name.startswith("_")
    }


def _classes(module: Module, bases: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    for node in module.classes():
        if not is_error(node.name, bases):
            yield node.name, ast.get_docstring(node) or ""


def _vocabularies(module: Module) -> Iterator[tuple[str, str]]:
    """The Literals that have a name and a docstring."""
    for node, after in pairwise(module.tree.body):
        match = re.match(r"(\w+)(?:: TypeAlias)? = Literal\[", ast.unparse(node))
        if match and is_text(after):
            yield match[1], inspect.cleandoc(ast.literal_eval(after.value))


def is_error(name: str, bases: dict[str, set[str]]) -> bool:
    """Whether a class stands, however far up, on an exception."""
    above = bases.get(name, set())
    return "Exception" in above or any(is_error(base, bases) for base in above if base != name)


def listed() -> dict[str, str]:
    """The lines of the glossary by class."""
    table = GLOSSARY.read_text(encoding="utf-8").partition(HEADING)[2]
    return {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \| .+ \|$", table, re.MULTILINE)}


def room_in(line: str) -> str:
    """The room that a line of the glossary names."""
    return line.split(" | ")[1]


def room_of(module: Module) -> str:
    """The room of a module as the glossary names it."""
    return module.room.removesuffix(".py")


def line_for(name: str, module: Module, docstring: str) -> str:
    """A first line for a class, from its docstring."""
    first = " ".join(docstring.split("\n\n")[0].split()).split(". ")[0].rstrip(".")
    return f"| `{name}` | {room_of(module)} | {first} |"


def main() -> None:
    """Write the table anew."""
    text, classes = GLOSSARY.read_text(encoding="utf-8"), domain_classes()
    kept = {
        name: line
        for name, line in listed().items()
        if name in classes and room_in(line) == room_of(classes[name][0])
    }
    before = text.partition(HEADING)[0].rstrip("\n")
    lines = [kept.get(name, line_for(name, *found)) for name, found in classes.items()]
    table = "\n".join(["| class | room | what it is |", "|---|---|---|", *lines])
    introduction = (
        "Every class and vocabulary of the domain, room by room; a test holds the list to the code."
    )
    GLOSSARY.write_text(f"{before}\n{HEADING}\n{introduction}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
