"""docs/cli.md and the README name what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from storyboard.cli.listing import _ROWS
from storyboard.cli.main import COMMANDS
from storyboard.cli.render import render

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "cli.md").read_text()
NAMES = [command.name or "" for command in COMMANDS]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_stands_in_the_table(name: str) -> None:
    assert re.search(rf"^\| `{name}\b", PAGE, re.MULTILINE)


def test_every_flag_of_render_is_explained() -> None:
    flags = {flag for p in render.params for flag in p.opts if flag.startswith("-")}
    assert {flag for flag in flags if f"`{flag}" not in PAGE and f" {flag}" not in PAGE} == {
        "--out",
        "--quiet",
        "--verbose",
    }


def test_no_flag_is_explained_that_is_not_there() -> None:
    known = {flag for c in COMMANDS for p in c.params for flag in p.opts} | {"--help", "--version"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - known == set()


def test_every_kind_that_can_be_listed_is_named() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| `list"))
    assert [kind for kind in _ROWS if kind not in line] == []


def test_the_readme_shows_commands_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"`storyboard ([a-z]+)", readme))
    assert named - set(NAMES) - {"story"} == set()
