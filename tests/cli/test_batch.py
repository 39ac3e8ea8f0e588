"""Several stories in a row: the queue survives whatever ends one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.cli.batch import Outcome, stories_in
from storyboard.cli.main import run
from storyboard.errors import UsageError

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
        [sys.executable, "-m", "storyboard", "render", *stories, "--jobs", "2"],
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
