"""docs/cli.md and the README name what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from storyboard.cli.listing import _ROWS
from storyboard.cli.main import COMMANDS, program
from storyboard.cli.render import render

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "cli.md").read_text()
NAMES = list(COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_called_what_it_is_listed_as(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert command.name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_command_stands_in_the_table(name: str) -> None:
    assert re.search(rf"^\| `{name}\b", PAGE, re.MULTILINE)


def test_every_flag_of_render_is_explained() -> None:
    flags = {flag for p in render.params for flag in p.opts if flag.startswith("-")}
    explained = set(re.findall(r"[ `](-[-a-z]+)", PAGE))
    assert flags - explained == {
        "--out",
        "--quiet",
        "--verbose",
    }


def test_no_flag_is_explained_that_is_not_there() -> None:
    context = click.Context(program)
    commands = (program.get_command(context, name) for name in NAMES)
    flags = {flag for c in commands if c for p in c.params for flag in p.opts}
    known = flags | {"--help", "--version"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - known == set()


def test_every_kind_that_can_be_listed_is_named() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| `list"))
    words = set(re.findall(r"[a-z]+", line))
    assert set(_ROWS) - words == set()


def test_the_readme_shows_commands_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"`storyboard ([a-z]+)", readme))
    assert named - set(NAMES) - {"story"} == set()
