"""Several stories in a row: the queue survives whatever ends one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.cli.batch import Outcome, stories_in
from storyboard.cli.batch_progress import StoriesDisplay
from storyboard.cli.main import run
from storyboard.errors import UsageError
from storyboard.render import Event

STORY = """\
output: {size: 32x16, fps: 4}
perceptors: [tiny]
steps: 1
steps_first: 1
cuts: 2
prompt: red
duration: 0.5s
"""

ENDED = [
    (Outcome(Path("a.yaml")), "not begun"),
    (Outcome(Path("a.yaml"), 0), "done"),
    (Outcome(Path("a.yaml"), 2, message="no"), "failed"),
    (Outcome(Path("a.yaml"), -9), "killed (signal 9)"),
    (Outcome(Path("a.yaml"), 130), "stopped"),
]


@pytest.mark.parametrize(("outcome", "result"), ENDED)
def test_every_end_has_a_word(outcome: Outcome, result: str) -> None:
    assert outcome.row()[1] == result


@pytest.mark.parametrize(("seconds", "lasted"), [(0.2, "0:00"), (250.4, "4:10"), (7300, "2:01:40")])
def test_the_table_has_the_time_each_story_took(seconds: float, lasted: str) -> None:
    assert Outcome(Path("a.yaml"), 0, seconds).row()[2] == lasted
    assert Outcome(Path("a.yaml"), None, seconds).row()[2] == ""


def test_a_folder_stands_for_its_stories(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.txt"):
        (tmp_path / name).write_text(STORY)
    (tmp_path / "sub").mkdir()
    a, b = tmp_path / "a.yml", tmp_path / "b.yaml"
    assert stories_in([tmp_path]) == [a, b]
    assert stories_in([b, tmp_path]) == [b, a]
    with pytest.raises(UsageError, match="holds no story"):
        stories_in([tmp_path / "sub"])
    with pytest.raises(UsageError, match="would both make out/b"):
        stories_in([b, tmp_path / "sub" / "b.yaml"])


def test_one_film_has_no_room_for_several_stories(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "a.yaml", "b.yaml", "-o", str(tmp_path / "film.mp4")]) == 2
    assert "is one film, and there are several stories" in capsys.readouterr().err


def test_a_batch_survives_a_bad_story_and_a_killed_worker(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(STORY)
    (tmp_path / "bad.yaml").write_text(STORY.replace("prompt", "promt"))
    # what Python runs at every start kills the worker of one story, not the batch itself
    killer = tmp_path / "sitecustomize.py"
    killer.write_text(
        "import os, signal, sys\n"
        "if 'doomed.yaml' in sys.orig_argv and 'good.yaml' not in sys.orig_argv:\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (tmp_path / "doomed.yaml").write_text(STORY)
    stories = ("bad.yaml", "doomed.yaml", "good.yaml")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "storyboard", "render", *stories, "--workers", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if ".yaml" in line}
    assert "failed" in rows["bad.yaml"]
    assert "promt" in rows["bad.yaml"]
    assert "killed (signal 9)" in rows["doomed.yaml"]
    assert "out/good/good.mp4" in rows["good.yaml"]
    assert "1 of 3 done" in done.stdout
    assert (tmp_path / "out/good/good.mp4").is_file()


CUTS = """\
output: {size: 32x16, fps: 4}
perceptors: [tiny]
steps: 1
steps_first: 1
cuts: 2
shots:
  - {duration: 1000s, prompt: red}
  - {duration: 1000s, prompt: blue, cut: true}
"""


def test_a_batch_of_workers_shows_all_stories_and_stops_them(tmp_path: Path) -> None:
    """Two workers in all: of two stories with two chains each, two chains are painted at once."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(CUTS)
    batch = subprocess.Popen(
        [
            *(sys.executable, "-m", "storyboard", "render", "a.yaml", "b.yaml"),
            *("--workers", "2", "--progress", "json"),
        ],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert batch.stderr is not None
    begun: set[tuple[str, str]] = set()
    for line in batch.stderr:
        event = json.loads(line)
        if event["kind"] == "frame":
            begun.add((event["story"], event["shot"]))
            if len(begun) == 2 and event["local"] > 2:
                batch.send_signal(signal.SIGINT)
                break
    printed, _ = batch.communicate(timeout=120)
    assert batch.returncode == 130
    assert printed.count("stopped") == 2
    assert sum(1 for _ in tmp_path.glob("out/*/shots/*")) == 2


TOLD = [
    Event("plan", of=4, done=0, message="A"),
    Event("shot_start", shot="sea", of=4, done=0),
    Event("frame", shot="sea", frame=0, seconds=1.0, steps=1),
    Event("warning", message="odd"),
]


def test_events_of_several_stories_are_one_display(capsys: pytest.CaptureFixture[str]) -> None:
    shown = StoriesDisplay("plain", 3, clock=lambda: 0.0)
    for event in TOLD:
        for story in ("a", "b"):
            shown(story, event)
    shown.ended("a", "done")
    assert shown.text() == "1/3 stories  b 1/4"
    shown.close()
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "0/3 stories  a 1/4  b 0/4",
        "warning: a: odd",
        "warning: b: odd",
        "a: done",
    ]


def test_events_of_several_stories_name_theirs_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    shown = StoriesDisplay("json", 2)
    shown("a", TOLD[2])
    shown.ended("a", "done")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line) == {"story": "a", **TOLD[2].to_json()}


def test_ctrl_c_saves_what_runs_and_begins_no_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(STORY.replace("0.5s", "1000s"))
    batch = subprocess.Popen(
        [sys.executable, "-m", "storyboard", "render", "a.yaml", "b.yaml", "--progress", "json"],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert batch.stderr is not None
    for line in batch.stderr:
        if '"frame"' in line:
            batch.send_signal(signal.SIGINT)
            break
    printed, _ = batch.communicate(timeout=120)
    assert batch.returncode == 130
    rows = {line.split()[0]: line for line in printed.splitlines() if ".yaml" in line}
    assert "stopped" in rows["a.yaml"]
    assert "not begun" in rows["b.yaml"]
