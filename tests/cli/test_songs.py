"""``new`` for a song, and what ``plan`` says of borders that snap."""

from __future__ import annotations

import contextlib
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard.cli.main import run
from storyboard.cli.songs import clock_time
from storyboard.timeline import load_story, make_plan

LRC = """\
[ti: Small]
[00:01.25]the sea: 2
[00:03.00]
[00:05.50]fire | "water"
"""

STORY = """\
version: 1
title: Small
output: {size: 320x180, fps: 12}
audio: {file: "song.wav"}   # bpm: auto in here makes beats: 4b, snap: bar, fract(b)
quality: sketch                      # storyboard list qualities
seed: 1
# snap: {to: beat, within: 200ms}    # lets every shot begin on a beat; storyboard plan shows it

defaults:
  fade: 50%                          # prompts cross over during the first half of a shot
  motion:
    zoom_per_s: 1.05                 # 5 % closer every second

shots:
  # 0:00  nothing is sung yet
  - name: gap-000
    until: 0:01.25
    prompt: {text: "the sea: 2, in oil"}

  # 0:01.25  the sea: 2
  - name: line-001
    until: 0:03
    prompt: {text: "the sea: 2, in oil"}

  # 0:03  nothing is sung; the picture goes on
  - name: gap-001
    until: 0:05.5
    prompt: {text: "the sea: 2, in oil"}

  # 0:05.5  fire | "water"
  - name: line-002
    until: end
    prompt: {text: "fire | \\"water\\", in oil"}
"""


def storyboard(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A song of eight seconds and its lyrics."""
    soundfile.write(tmp_path / "song.wav", np.zeros(8 * 8000), 8000)
    (tmp_path / "song.lrc").write_text(LRC)
    (tmp_path / "words.lrc").write_text("[00:01.00]<00:01.00>one <00:02.50>two\n")
    return tmp_path


def test_a_song_becomes_a_story_to_edit(folder: Path) -> None:
    flags = ("--lyrics", "song.lrc", "--audio", "song.wav", "--prompt", "{line}, in oil")
    code, out, err = storyboard("new", "small", *flags, cwd=folder)
    assert (code, out) == (0, "small.yaml\n"), err
    written = (folder / "small.yaml").read_text()
    assert written[written.index("version") :] == STORY
    plan = make_plan(load_story(folder / "small.yaml", overrides={"perceptors": "tiny"}))
    assert [float(shot.start) for shot in plan.shots] == [0, 1.25, 3, 5.5]
    assert plan.duration == 8
    assert plan.shots[-1].tracks[0].source.label == 'fire | "water", in oil'


def test_paths_are_those_from_the_story_and_a_template_may_hold_several_prompts(
    folder: Path,
) -> None:
    flags = ("--lyrics", "words.lrc", "--audio", "song.wav", "--prompt", "{word} | fog:0.5")
    assert storyboard("new", "films/words", *flags, cwd=folder)[0] == 0
    story = load_story(folder / "films/words.yaml", overrides={"perceptors": "tiny"})
    plan = make_plan(story)
    assert plan.audio is not None
    assert plan.audio.file.resolve() == (folder / "song.wav").resolve()
    assert [shot.name for shot in plan.shots] == ["gap-000", "word-001", "word-002"]
    wanted = [[(p.text, p.weight) for p in shot.prompt or ()] for shot in story.spec.shots or ()]
    assert wanted[1:] == [[("one", None), ("fog", 0.5)], [("two", None), ("fog", 0.5)]]


def test_without_a_soundtrack_the_last_line_lasts_four_seconds(folder: Path) -> None:
    assert storyboard("new", "small", "--lyrics", "song.lrc", cwd=folder)[0] == 0
    plan = make_plan(load_story(folder / "small.yaml", overrides={"perceptors": "tiny"}))
    assert (plan.audio, float(plan.duration)) == (None, 9.5)


def test_a_soundtrack_alone_goes_into_the_template(folder: Path) -> None:
    assert storyboard("new", "small", "--audio", "song.wav", cwd=folder)[0] == 0
    spec = load_story(folder / "small.yaml", overrides={"audio.bpm": 120}).spec
    assert spec.audio is not None
    assert spec.audio.file == "song.wav"
    assert 'audio: {file: "song.wav", bpm: auto}' in (folder / "small.yaml").read_text()


WRONG = [
    (("--lyrics", "sogn.lrc"), "file not found: sogn.lrc", "'song.lrc'"),
    (("--lyrics", "song.lrc", "--audio", "sing.wav"), "file not found: sing.wav", "'song.wav'"),
    (("--lyrics", "song.wav"), "unsupported lyrics file", ".lrc"),
    (("--lyrics", "song.lrc", "--prompt", "{lne}"), "unknown placeholder {lne}", "'line'"),
    (("--lyrics", "song.lrc", "--prompt", "{word}"), "no times of words", "whole lines"),
    (("--prompt", "{line}"), "--prompt needs --lyrics", ""),
    (("--from", "drift", "--audio", "song.wav"), "--from brings its own soundtrack", ""),
]


@pytest.mark.parametrize(("flags", "message", "hint"), WRONG)
def test_what_cannot_be_is_told_and_nothing_is_written(
    flags: tuple[str, ...], message: str, hint: str, folder: Path
) -> None:
    code, _, err = storyboard("new", "small", *flags, cwd=folder)
    assert code == 2
    assert message in err
    assert hint in err
    assert not (folder / "small.yaml").exists()


@pytest.mark.parametrize(
    ("moment", "text"),
    [("0", "0:00"), ("61.5", "1:01.5"), ("59.9996", "1:00"), ("600", "10:00"), ("1/3", "0:00.333")],
)
def test_moments_are_written_to_the_millisecond(moment: str, text: str) -> None:
    assert clock_time(Fraction(moment)) == text


SNAPS = """\
audio: {bpm: 120}
perceptors: tiny
output: {size: 48x32, fps: 4}
snap: beat
shots:
  - {prompt: a, duration: 0.9s}
  - {prompt: b, duration: 1.1s}
  - {prompt: c, duration: 1.2s, snap: none}
  - {prompt: d, duration: 1s}
"""


def test_plan_says_by_how_much_each_border_moved(folder: Path) -> None:
    (folder / "snaps.yaml").write_text(SNAPS)
    told = json.loads(storyboard("plan", "snaps.yaml", "--json", cwd=folder)[1])
    assert (told["bpm"], told["beats_s"][:3]) == (120, [0, 0.5, 1])
    shots = told["shots"]
    assert [shot["moved_s"] for shot in shots] == [None, 0.1, None, -0.2]
    assert [shot["start_s"] for shot in shots] == [0, 1, 2, 3]
    table = storyboard("plan", "snaps.yaml", cwd=folder)[1].splitlines()
    assert table[0].endswith("seed 0, 120 bpm")
    assert table[2].rstrip().endswith("snapped by")
    assert [line.rstrip().endswith("ms") for line in table[3:7]] == [False, True, False, True]
    assert "+100 ms" in table[4]
    plain = SNAPS.replace("snap: beat\n", "")
    (folder / "plain.yaml").write_text(plain)
    assert "snapped" not in storyboard("plan", "plain.yaml", cwd=folder)[1]


def test_lyrics_are_exported_where_the_story_has_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "song.lrc").write_text("[00:01.00]one\n[00:02.00]two\n")
    story = tmp_path / "story.yaml"
    story.write_text("{duration: 3, prompt: red, lyrics: {file: song.lrc, burn: true}}")
    assert run(["export", str(story), "--to", "srt", "--lyrics"]) == 0
    assert "00:00:01,000 --> 00:00:02,000\none\n" in capsys.readouterr().out
    assert run(["export", str(story), "--to", "csv", "--lyrics"]) == 2
    assert "--lyrics goes with --to srt and --to lrc" in capsys.readouterr().err
    story.write_text("{duration: 3, prompt: red}")
    assert run(["export", str(story), "--to", "lrc", "--lyrics"]) == 2
    assert "the story has no lyrics" in capsys.readouterr().err
