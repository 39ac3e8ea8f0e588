"""The pages of docs/ name files and folders that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = [path for top in ("storyboard", "training", "benchmarks", "docs", "tests", "examples")
        for path in (ROOT / top).rglob("*.py")]  # fmt: skip
NAMES = {path.name for path in CODE}
ROOMS = {path.name for path in (ROOT / "storyboard").iterdir() if path.is_dir()}
TOPS = {*ROOMS, "storyboard", "training", "benchmarks", "tests", "scripts"}


def named(page: Path) -> list[str]:
    """Files of code, by path or name, and folders below a room, in backticks."""
    spans = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    files = [scope for scope in spans if re.fullmatch(r"[\w/]+\.py", scope)]
    folders = [scope for scope in spans if re.fullmatch(r"\w+/(?:\w+/)*", scope)]
    return [*files, *(one for one in folders if one.partition("/")[0] in TOPS)]


def is_there(name: str) -> bool:
    if "/" not in name:
        return name in NAMES
    return any((ROOT / top / name).exists() for top in ("", "storyboard"))


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_what_a_page_names_is_there(page: Path) -> None:
    own = {"film_tools.py"}
    assert [name for name in named(page) if name not in own and not is_there(name)] == []


def test_the_tree_of_the_architecture_has_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = text.partition("```\nstoryboard/\n")[2].partition("```")[0]
    drawn = set(re.findall(r"([a-z]+)/(?= )", tree))
    rooms = {path.parent.name for path in (ROOT / "storyboard").glob("*/__init__.py")}
    assert rooms - drawn == set()
