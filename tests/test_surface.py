"""The public surface: what `import storyboard` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import storyboard

ROOT = Path(__file__).parent.parent


def test_all_is_sorted_and_importable() -> None:
    assert storyboard.__all__ == sorted(storyboard.__all__)
    assert [name for name in storyboard.__all__ if getattr(storyboard, name) is None] == []


def test_dir_is_the_surface() -> None:
    assert dir(storyboard) == storyboard.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(storyboard, "rander")


def test_importing_is_silent_and_light() -> None:
    code = "import sys, storyboard; print(sorted({'torch', 'numpy', 'yaml'} & set(sys.modules)))"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert project["version"] == storyboard.__version__
    assert f"## {storyboard.__version__}" in changes


@pytest.mark.parametrize(
    ("old", "name"),
    [
        ("storyboard.story.importers.writing", "Draft"),
        ("storyboard.story.importers.tools", "Tool"),
        ("storyboard.story.importers", "import_file"),
    ],
)
def test_old_imports_of_plug_ins_warn_and_work(old: str, name: str) -> None:
    with pytest.warns(DeprecationWarning, match=r"storyboard\.interchange\.importers"):
        value = getattr(import_module(old), name)
    assert value is getattr(import_module("storyboard.interchange.importers"), name)
