"""The sizes that keep the code readable: `docs/architecture.md`, measured with ast."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("storyboard", "training", "benchmarks", "examples")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

MAX_FILE = 500
MIN_FILE = 40
MAX_FUNCTION = 60
MEDIAN_FUNCTION = 10
NINE_IN_TEN = 25
MAX_POSITIONAL = 5
"""ruff counts all parameters (PLR0913, pyproject.toml); those here can be given without a name."""

PACKAGE = [path for path in FILES if path.is_relative_to(ROOT / "storyboard")]
REPEATED_NAMES, REPEATED_CLASSES = 25, 4

PICTURE_BOOKS = ("storyboard/world/",)
"""Tables of what is drawn, which may be as long as there are subjects."""

STAGES = ("finish",)
"""Folders of one kind of thing, a file each."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def functions(path: Path) -> list[Function]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, Function)]


def lines(function: Function) -> int:
    """Lines of a function from its ``def`` on, without its docstring."""
    assert function.end_lineno is not None
    count = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None or first.end_lineno is None:
        return count
    return count - (first.end_lineno - first.lineno + 1)


def positional(function: Function) -> int:
    named = [*function.args.posonlyargs, *function.args.args]
    return len([a for a in named if a.arg not in ("self", "cls")])


def where(path: Path, node: Function) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def test_files_are_short() -> None:
    counts = {p.relative_to(ROOT).as_posix(): p.read_text().count("\n") for p in FILES}
    long = {name: n for name, n in counts.items() if n > MAX_FILE}
    assert {name: n for name, n in long.items() if not name.startswith(PICTURE_BOOKS)} == {}


def imported_by() -> dict[Path, set[Path]]:
    """Return for each file of the package the files that import it by a statement."""
    package = ROOT / "storyboard"
    homes = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in package.rglob("*.py")}
    found: dict[Path, set[Path]] = {path: set() for path in homes.values()}
    for path in homes.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
                for name in set(names) & homes.keys():
                    found[homes[name]].add(path)
    return found


def test_no_small_file_serves_one_neighbour_alone() -> None:
    """What is short and imported by one file of its folder belongs into that one. A room's
    `__init__` is no such neighbour, and a stage of finishing is a file however short it is.
    """
    small = {
        path.relative_to(ROOT).as_posix()
        for path, users in imported_by().items()
        if path.read_text(encoding="utf-8").count("\n") < MIN_FILE
        and [user.parent for user in users] == [path.parent]
        and path.parent.name not in STAGES
        and not users & {path.parent / "__init__.py"}
    }
    assert small == set()


def test_few_file_names_are_repeated() -> None:
    """A name says what differs; a setting's stages (story, plan, timeline) may share theirs."""
    names = Counter(path.name for path in PACKAGE if path.name != "__init__.py")
    repeated = sorted(name for name, count in names.items() if count > 1)
    assert len(repeated) < REPEATED_NAMES, repeated


def test_few_class_names_stand_in_two_rooms() -> None:
    rooms: dict[str, set[Path]] = {}
    for path in PACKAGE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                rooms.setdefault(node.name, set()).add(path.parent)
    repeated = sorted(name for name, homes in rooms.items() if len(homes) > 1)
    assert len(repeated) <= REPEATED_CLASSES, repeated


def test_docstrings_open_with_what_they_say() -> None:
    """A clause in the place of a noun hides what a function does."""
    found = [
        text
        for path in PACKAGE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
        and (text := ast.get_docstring(node))
    ]
    clauses = [text for text in found if text.split()[0] in ("What", "How", "Where", "Whether")]
    assert len(clauses) < len(found) / 100, clauses


def test_no_function_is_long() -> None:
    long = {where(p, f): lines(f) for p in FILES for f in functions(p) if lines(f) > MAX_FUNCTION}
    assert long == {}


def test_most_functions_fit_in_one_look() -> None:
    sizes = [lines(f) for p in FILES if p.is_relative_to(ROOT / "storyboard") for f in functions(p)]
    assert median(sizes) <= MEDIAN_FUNCTION
    assert quantiles(sizes, n=10)[-1] <= NINE_IN_TEN


def test_few_parameters_go_without_a_name() -> None:
    """A command's flags are its parameters, so the command line is left out."""
    cli = ROOT / "storyboard" / "cli"
    shown = (p for p in FILES if p.is_relative_to(cli.parent) and not p.is_relative_to(cli))
    many = {where(p, f): positional(f) for p in shown for f in functions(p)}
    assert {name: n for name, n in many.items() if n > MAX_POSITIONAL} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    return 1\n", 2),
        ('def f():\n    """Says.\n\n    More.\n    """\n    return 1\n', 2),
        ("@d\ndef f(\n    a,\n):\n    return a\n", 4),
    ],
)
def test_the_ruler_measures_right(source: str, expected: int) -> None:
    assert lines(next(n for n in ast.parse(source).body if isinstance(n, Function))) == expected
