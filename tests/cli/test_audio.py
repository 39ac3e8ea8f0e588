"""``storyboard audio`` as a person runs it."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from storyboard.cli.main import run

RATE = 22050


def storyboard(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run(("audio", *arguments))
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a song of 24 seconds at 120 beats a minute, whose second half is louder."""
    folder = tmp_path_factory.mktemp("songs")
    t = np.arange(24 * RATE) / RATE
    beat = (t - 0.25) % 0.5
    accent = np.where((t - 0.25) % 2 < 0.5, 0.8, 0.4)
    click = np.sin(2 * np.pi * 1500 * beat) * np.exp(-beat * 300) * accent * (t >= 0.25)
    pad = np.sin(2 * np.pi * 220 * t) * np.where(t < 12.25, 0.02, 0.2)
    soundfile.write(folder / "song.wav", 0.8 * click + pad, RATE)
    soundfile.write(folder / "silence.wav", np.zeros(RATE), RATE)
    (folder / "text.wav").write_text("no sound")
    return folder


def test_what_is_heard_is_told(folder: Path) -> None:
    done = storyboard("song.wav", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    head = done.stdout.splitlines()
    assert head[0] == "song.wav: 0:24.00"
    assert head[1] == "120 beats a minute, steady"
    assert head[2] == "48 beats, 12 bars, first beat 0.250 s, first bar 0.250 s"
    assert "\n  bpm: 120\n  first_beat: 0.25s\nmarks:\n  part_2: 12.25s\n" in done.stdout


def test_what_is_suggested_is_a_story(folder: Path) -> None:
    suggested = storyboard("song.wav", cwd=folder).stdout.partition("a story could say:\n\n")[2]
    story = f"version: 1\n{suggested}shots:\n  - {{prompt: red, until: part_2}}\n  - prompt: blue\n"
    (folder / "story.yaml").write_text(story)
    out = io.StringIO()
    with redirect_stdout(out):
        code = run(["check", str(folder / "story.yaml")])
    assert (code, "2 shots" in out.getvalue()) == (0, True)


def test_for_programs(folder: Path) -> None:
    told = json.loads(storyboard("song.wav", "--json", "--band", "pad=200-240", cwd=folder).stdout)
    assert told["duration_s"] == 24
    assert told["tempo"] == 120
    assert told["beats_s"][:2] == pytest.approx([0.25, 0.75])
    assert told["bars_s"][1] == pytest.approx(2.25)
    assert told["sections_s"] == pytest.approx([0, 12.25], abs=0.01)
    assert len(told["onsets_s"]) == len(told["onset_strengths"])
    assert told["signals"]["pad"]["max"] == pytest.approx(1)


def test_a_part_of_the_song(folder: Path) -> None:
    done = storyboard(
        "song.wav", "--start", "0:10", "--end", "20s", "--beats-per-bar", "3", cwd=folder
    )
    assert "20 beats, 7 bars, first beat 10.250 s" in done.stdout
    assert "beats_per_bar: 3\n  start: 10s\n  end: 20s\nmarks:\n  part_2: 2.25s" in done.stdout


def test_silence_has_no_beat(folder: Path) -> None:
    done = storyboard("silence.wav", cwd=folder)
    assert done.returncode == 0
    assert "no beats detected" in done.stdout
    assert "bpm" not in done.stdout


@pytest.mark.parametrize("song", ["song.wav", "silence.wav"])
def test_a_picture_of_it(song: str, folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "new" / "song.png"
    done = storyboard(song, "-o", str(picture), cwd=folder)
    assert (done.returncode, done.stderr) == (0, f"drawn: {picture}\n")
    with Image.open(picture) as drawn:
        assert drawn.size[0] >= 1600
        seen = np.asarray(drawn.convert("L"))
    assert seen.std() > 5
    again = storyboard(song, "-o", str(picture), cwd=folder)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert storyboard(song, "-o", str(picture), "--overwrite", cwd=folder).returncode == 0
    within = storyboard(song, "-o", str(picture / "a.png"), cwd=folder)
    assert (within.returncode, "cannot write" in within.stderr) == (1, True)


WRONG = {
    "no file": (["missing.wav"], "file not found: missing.wav"),
    "no sound": (["text.wav"], "cannot read text.wav as audio"),
    "band": (["song.wav", "--band", "kick"], "write NAME=LOW-HIGH"),
    "band words": (["song.wav", "--band", "kick=low-high"], "write NAME=LOW-HIGH"),
    "band backwards": (["song.wav", "--band", "kick=90-40"], "invalid band 90-40 Hz"),
    "band taken": (["song.wav", "--band", "bass=40-90"], "is already a built-in signal"),
    "time": (["song.wav", "--start", "soon"], "--start soon"),
    "beats": (["song.wav", "--start", "4b"], "--start 4b: write seconds"),
    "nothing left": (["song.wav", "--start", "10", "--end", "5"], "nothing is left of song.wav"),
    "after the end": (["song.wav", "--start", "30"], "nothing is left of song.wav"),
    "picture": (["song.wav", "--plot", "song.doc"], "one of: .png, .pdf, .svg"),
    "bars": (["song.wav", "--beats-per-bar", "0"], "--beats-per-bar"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_is_told(arguments: list[str], message: str, folder: Path) -> None:
    done = storyboard(*arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
