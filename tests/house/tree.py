"""The tree of the code as the tests of the house read it: modules, classes, functions and texts."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parents[2]
CODE = ROOT / "cds_service"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of Python; `name` is its path beneath the repository."""

    name: str
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def room(self) -> str:
        """The first folder within the package, or the name of a file that stands beside the rooms."""
        return self.name.split("/")[1]

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def modules_under(folder: Path) -> list[Module]:
    """Every module but the `__init__` files, by path."""
    paths = [path for path in sorted(folder.rglob("*.py")) if path.name != "__init__.py"]
    return [_module(path) for path in paths]


@cache
def _module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def lines_of(function: Function) -> int:
    """From the first line of its head to its last, the docstring aside."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    return lines - ((first.end_lineno or 0) - first.lineno + 1 if is_text(first) else 0)


def bases_of(node: ast.ClassDef) -> set[str]:
    """The last names of the classes that a class stands on."""
    return {ast.unparse(base).split("[")[0].rpartition(".")[2] for base in node.bases}


def texts_of(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every text of the code, the fixed parts of f-strings among them; not docstrings, which are prose."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node


def parents_of(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def is_text(node: ast.stmt) -> TypeGuard[ast.Expr]:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def every_test() -> frozenset[str]:
    """Each test as `path::name`, found in the text of its file without running it."""
    return frozenset(
        f"{module.name}::{node.name}"
        for module in modules_under(ROOT / "tests")
        for node in module.tree.body
        if isinstance(node, Function) and node.name.startswith("test_")
    )
