"""The effort of a film on the command line: chosen once, written down, obeyed afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from storyboard.cli.main import run
from storyboard.plan import Plan
from storyboard.render import loop
from storyboard.render.chain_session import Studio
from storyboard.timeline.pace import Kinds, Line

STORY = """\
output: {size: 48x32, fps: 4}
perceptors: [tiny]
steps: 4
steps_first: 4
cuts: 4
duration: 1s
prompt: red
"""
BUDGET = ["render", "story.yaml", "--budget", "100s", "--device", "cpu", "-q"]


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "kept"))
    Path("story.yaml").write_text(STORY)
    return tmp_path


@pytest.fixture
def timings(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that were timed: a step takes ten seconds, all else nothing."""
    timed: list[Plan] = []

    def trial(plan: Plan, device: str = "auto", **_how: Any) -> dict[str, Line]:
        timed.append(plan)
        kinds = Kinds.of(plan, device)
        return {
            kinds.frames[0]: Line.of(4, 40.0) + Line.of(2, 20.0),
            kinds.start: Line.of(1, 0.0),
            kinds.finish: Line.of(4, 0.0),
        }

    monkeypatch.setattr("storyboard.render.trial.trial", trial)
    return timed


def efforts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("out/story/run.json").read_text())["efforts"]
    return found


def frames_of(folder: str) -> list[dict[str, Any]]:
    lines = [f.read_text().splitlines() for f in Path(folder).glob("shots/*/frames.jsonl")]
    return [json.loads(line) for shot in lines for line in shot]


def test_a_budget_is_chosen_once_and_obeyed_on_resume(
    story: Path, timings: list[Plan], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(BUDGET) == 0
    name = "story.budget-100s.mp4"
    assert capsys.readouterr().out.strip() == f"out/story/{name}"
    assert efforts()[name] == {"effort": {"steps": 0.6}, "budget": "100s", "expected_s": 80.0}
    assert {one["steps"] for one in frames_of("out/story")} == {2}
    Path(f"out/story/{name}").unlink()
    assert run([*BUDGET[:3], "100s", "--device", "cpu"]) == 0
    assert len(timings) == 1, "nothing is timed again"
    assert "60 % of the steps, as it was begun" in capsys.readouterr().err
    assert len(frames_of("out/story")) == 4, "nothing is painted again"
    assert run(["render", "story.yaml", "--budget", "100s", "--fresh", "-q"]) == 0
    assert len(timings) == 2


def test_a_film_named_by_hand_keeps_the_budget_it_was_begun_with(
    story: Path, timings: list[Plan], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*BUDGET, "-o", "film.mp4"]) == 0
    capsys.readouterr()
    other = ["render", "story.yaml", "--budget", "2h", "--device", "cpu", "-o", "film.mp4"]
    assert run(other) == 0
    assert "was begun with --budget 100s and goes on with it" in capsys.readouterr().err
    assert len(timings) == 1


def test_a_damaged_record_is_named(story: Path, timings: list[Plan]) -> None:
    assert run(BUDGET) == 0
    record = Path("out/story/run.json")
    record.write_text(record.read_text().replace('"effort": {', '"effart": {'))
    assert run(BUDGET) == 2


def test_a_budget_too_small_paints_nothing(
    story: Path, timings: list[Plan], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "story.yaml", "--budget", "5s"]) == 2
    assert "--budget 5s is too short for it" in capsys.readouterr().err
    assert not Path("out/story/shots").exists()


@pytest.mark.parametrize("flag", [["--from", "0s"], ["--shots", "1"], ["--dry-run"]])
def test_a_budget_is_for_a_whole_film(
    flag: list[str], story: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "story.yaml", "--budget", "9s", *flag]) == 2
    assert "--budget is for a whole film" in capsys.readouterr().err
    assert run(["render", "story.yaml", "--budget", "soon"]) == 2


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory in which no picture wider than 24 pixels has room, however few views are seen."""
    advance = loop._advance

    def within(studio: Any, state: Any, frame: Any) -> Any:
        if studio.size[1] > 24:  # (height, width)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return advance(studio, state, frame)

    monkeypatch.setattr(loop, "_advance", within)


def test_where_memory_runs_out_the_film_is_painted_smaller_and_stays_so(
    story: Path, narrow: None, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["render", "story.yaml", "--device", "cpu"]
    assert run(command) == 0
    told = capsys.readouterr().err
    assert told.count("begun again, painted at 36x24") == 1
    assert told.count("begun again, painted at 24x16") == 1
    assert efforts() == {"story.mp4": {"effort": {"size": 0.5}, "why": "memory ran out"}}
    assert len(frames_of("out/story")) == 4
    Path("out/story/story.mp4").unlink()
    assert run(command) == 0
    assert "begun again" not in capsys.readouterr().err
    assert len(frames_of("out/story")) == 4


def test_no_size_is_small_enough(
    story: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_studio: Any, _state: Any, _frame: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(loop, "_advance", full)
    assert run(["render", "story.yaml", "--device", "cpu", "-q"]) == 1
    assert "out of device memory" in capsys.readouterr().err


def test_perceptors_that_do_not_fit_are_no_fault_of_storyboard(
    story: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def prepare(_studio: Studio, _shots: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(Studio, "prepare", prepare)
    assert run(["render", "story.yaml", "--device", "cpu", "-q"]) == 1
    assert "not enough memory for what sees the picture (tiny)" in capsys.readouterr().err


def test_check_says_how_long_the_film_takes(
    story: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "story.yaml"]) == 0
    assert "not timed on this machine yet (shot-001)" in capsys.readouterr().out
    assert run(["check", "story.yaml", "--time"]) == 0
    assert "(measured now)" in capsys.readouterr().out
    assert run(["check", "story.yaml", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)[0]
    assert report["render_s"] > 0
    assert run(["check", "story.yaml"]) == 0
    assert "to render on this machine (measured 20" in capsys.readouterr().out
