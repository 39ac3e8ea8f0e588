"""``storyboard import`` and ``storyboard export`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storyboard.cli.main import run
from storyboard.errors import StoryError, UsageError

SETTINGS = {
    "W": 64,
    "H": 64,
    "fps": 12,
    "max_frames": 24,
    "animation_mode": "2D",
    "seed": 3,
    "zoom": "0:(1.02)",
    "strength_schedule": "0:(0.6)",
    "prompts": {"0": "a sunset over the sea", "12": "a starry night sky"},
}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "settings.txt"
    file.write_text(json.dumps(SETTINGS))
    return file


def test_an_import_writes_a_story_that_passes_and_tells_what_is_left(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = settings.with_suffix(".yaml")
    assert run(["import", str(settings)]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(story)
    assert "read as deforum" in said.err
    assert "strength_schedule" in said.err
    assert "# - strength_schedule" in story.read_text()
    assert run(["check", str(story)]) == 0
    assert "2 shots, 24 frames" in capsys.readouterr().out


def test_nothing_is_overwritten_unasked_and_never_the_source(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "pytti.yaml"
    source.write_text("scenes: a forest || a sea\nsteps_per_scene: 100\npre_animation_steps: 0\n")
    assert run(["import", str(source)]) == 0
    assert (tmp_path / "pytti.story.yaml").exists()
    assert run(["import", str(settings), "-o", str(source)]) == UsageError.exit_code
    assert "is there already" in capsys.readouterr().err
    assert source.read_text().startswith("scenes:")


def test_a_wrong_tool_and_a_wrong_setting_end_with_a_mistake(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", str(settings), "--from", "deform"]) == StoryError.exit_code
    assert "did you mean 'deforum'?" in capsys.readouterr().err
    settings.write_text(json.dumps({**SETTINGS, "max_frames": "many"}))
    assert run(["import", str(settings), "-o", str(settings.with_suffix(".yml"))]) == 0
    assert "max_frames: 'many' is not a number" in capsys.readouterr().err
    settings.write_text(" \n")
    assert run(["import", str(settings)]) == StoryError.exit_code
    assert (
        capsys.readouterr().err == f"error: {settings}: the file is empty\n1 error to fix first\n"
    )
    assert not settings.with_suffix(".yaml").exists()


def test_an_export_goes_to_stdout_or_a_file_and_comes_back(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", str(settings), "-q"]) == 0
    story, back = str(settings.with_suffix(".yaml")), tmp_path / "back.txt"
    capsys.readouterr()
    assert run(["export", story, "--to", "srt"]) == 0
    assert capsys.readouterr().out.splitlines()[1:3] == [
        "00:00:00,000 --> 00:00:01,000",
        "a sunset over the sea",
    ]
    assert run(["export", story, "--to", "deforum", "-o", str(back)]) == 0
    assert json.loads(back.read_text())["zoom"] == "0:(1.02)"
    assert "border reflect: replicate" in capsys.readouterr().err
