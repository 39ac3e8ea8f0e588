"""Takes of a shot, and the chosen one written into the story."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from storyboard.cli.main import run
from storyboard.errors import UsageError
from storyboard.story.write_seed import with_seed

BLOCK = "# a\nshots:\n  - name: drop   # here\n    duration: 1s\n    prompt: red\n"
PICKS = [
    (BLOCK, ("shots", 0), BLOCK.replace("# here\n", "# here\n    seed: 9\n")),
    (
        BLOCK.replace("duration", "seed: 2 # old\n    duration"),
        ("shots", 0),
        BLOCK.replace("duration", "seed: 9 # old\n    duration"),
    ),
    (
        "shots: [{prompt: a, duration: 1s }] # x",
        ("shots", 0),
        "shots: [{prompt: a, duration: 1s, seed: 9 }] # x",
    ),
    (
        "prompts: {0:00: a, 0:01: b}",
        ("prompts", "0:01"),
        'prompts: {0:00: a, 0:01: {prompt: "b", seed: 9}}',
    ),
    (
        "prompts:\n  0:00: a red, dry sea # x\n",
        ("prompts", "0:00"),
        'prompts:\n  0:00: {prompt: "a red, dry sea", seed: 9} # x\n',
    ),
    ("prompts: [a, {text: b}]", ("prompts", 1), "prompts: [a, {prompt: {text: b}, seed: 9}]"),
    ("title: x\nprompt: a", (), "title: x\nseed: 9\nprompt: a"),
    (
        "shots:\n- motion:\n    zoom: 1\n",
        ("shots", 0),
        "shots:\n- seed: 9\n  motion:\n    zoom: 1\n",
    ),
]


@pytest.mark.parametrize(("text", "path", "expected"), PICKS)
def test_only_the_seed_is_written(text: str, path: tuple[str | int, ...], expected: str) -> None:
    assert with_seed(text, path, 9) == expected


def test_a_shot_that_is_shared_is_refused() -> None:
    text = "shots: [&a {prompt: a, duration: 1s}, *a]"
    with pytest.raises(UsageError, match="write the seed by hand"):
        with_seed(text, ("shots", 1), 9)


STORY = """\
# mine
output: {size: 32x16, fps: 4}
perceptors: [tiny]
steps: 1
steps_first: 2
cuts: 2
shots:
  - {name: calm, duration: 0.5s, prompt: red}
  - name: drop     # the loud one
    duration: 0.5s
    cut: true
    prompt: blue
"""


def test_takes_are_shown_and_one_is_picked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("story.yaml").write_text(STORY)
    assert run(["render", "story.yaml", "--takes", "3", "--shots", "drop", "-q"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:3] for line in lines[1:4]] == [["drop", str(n), str(n - 1)] for n in (1, 2, 3)]
    assert len({line[3] for line in lines[1:4]}) > 1
    with Image.open("out/story/story.takes.png") as sheet:
        assert sheet.size == (8 + 3 * 328, 8 + 160 + 32)
    assert run(["pick", "story.yaml", "drop=3"]) == 0
    picked = Path("story.yaml").read_text()
    assert picked == STORY.replace("# the loud one\n", "# the loud one\n    seed: 2\n")
    for wrong, told in (("dorp=3", "'drop'"), ("drop=x", "a number from 1 up")):
        assert run(["pick", "story.yaml", wrong]) == 2
        assert told in capsys.readouterr().err


def test_a_story_asks_for_takes_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asking = STORY.replace("cut: true", "cut: true   # again\n    takes: 2")
    Path("story.yaml").write_text(asking)
    assert run(["render", "story.yaml"]) == 0
    shown = capsys.readouterr()
    assert shown.out.split() == ["out/story/story.takes.png", "out/story/story.mp4"]
    rows = [
        line.split() for line in shown.err.splitlines() if line.startswith(("drop  ", "calm  "))
    ]
    assert [row[:3] for row in rows if len(row) == 4 and row[1].isdigit()] == [
        ["drop", "1", "0"],
        ["drop", "2", "1"],
    ]
    with Image.open("out/story/story.takes.png") as sheet:
        assert sheet.size == (8 + 2 * 328, 8 + 160 + 32)
    before = Path("out/story/story.takes.png").stat().st_mtime_ns
    assert run(["render", "story.yaml", "-q"]) == 0
    assert Path("out/story/story.takes.png").stat().st_mtime_ns == before, "nothing is made again"
    assert run(["pick", "story.yaml", "drop=2"]) == 0
    picked = Path("story.yaml").read_text()
    assert picked == asking.replace("# the loud one\n", "# the loud one\n    seed: 1\n")


WRONG = [("0", "between 1 and 50"), ("51", "between 1 and 50"), ("some", "whole number")]


@pytest.mark.parametrize(("takes", "message"), WRONG)
def test_takes_are_a_number(
    takes: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(STORY + f"takes: {takes}\n")
    assert run(["check", str(file)]) == 2
    assert message in capsys.readouterr().out
