"""Ctrl-C as the terminal sends it: once saves, twice ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.cli.interrupt import Interrupt
from storyboard.media import ffmpeg

STORY = """\
output: {size: 32x32, fps: 12}
perceptors: [tiny]
steps: 6
steps_first: 6
cuts: 2
shots: [{name: red, duration: 1.5s, prompt: red}]
"""


def start(folder: Path) -> subprocess.Popen[str]:
    """A render in ``folder``, once its first frame is there."""
    (folder / "long.yaml").write_text(STORY)
    process = subprocess.Popen(
        [sys.executable, "-m", "storyboard", "long.yaml", "--progress", "json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["kind"] == "frame":
            return process
    raise AssertionError("the render ended before its first frame")


def test_once_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    process = start(tmp_path)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, ""), err
    assert "its state is saved" in err
    assert "to go on from there: storyboard long.yaml --progress json" in err.splitlines()[-1]
    assert "Traceback" not in err
    again = [sys.executable, "-m", "storyboard", "long.yaml"]
    done = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "are there already" in done.stderr
    assert ffmpeg.count_frames(tmp_path / done.stdout.strip()) == 18


def test_twice_ends_at_once(tmp_path: Path) -> None:
    """Within one process, so that both signals fall into the same frame."""
    code = (
        "import os, signal\n"
        "from storyboard.cli.interrupt import Interrupt\n"
        "with Interrupt() as asked:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print(asked(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still here', flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (130, "True\n")
    assert "once more stops at once" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_afterwards_a_signal_is_what_it_was(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = signal.getsignal(number)
    with (tmp_path / "said").open("w") as said, Interrupt() as asked:
        monkeypatch.setattr(sys, "stderr", said)
        os.kill(os.getpid(), number)
        assert asked()
    assert signal.getsignal(number) is before
    assert "once more" in (tmp_path / "said").read_text()
