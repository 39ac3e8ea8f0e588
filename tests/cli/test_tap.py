"""``storyboard tap``: keys at times become marks that a story reads."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard.audio import read_marks
from storyboard.cli.main import run
from storyboard.cli.tap import Tap, Taps, keyboard, record
from storyboard.errors import MissingTool, UsageError
from storyboard.media import player
from storyboard.timeline import load_story_text, make_plan


class Fake:
    """A clock, a keyboard and a player in one: keys come at exact times, the song ends at one."""

    def __init__(self, keys: Sequence[tuple[float, str]], ends: float = 9.0) -> None:
        self.keys, self.ends, self.time = list(keys), ends, 100.0

    def now(self) -> float:
        return self.time

    def read(self, wait_s: float) -> str | None:
        due = 100 + self.keys[0][0] if self.keys else float("inf")
        if due > self.time + wait_s:
            self.time += wait_s
            return None
        self.time = max(due, self.time)
        return self.keys.pop(0)[1]

    def is_playing(self) -> bool:
        return self.time < 100 + self.ends


def tapped(keys: Sequence[tuple[float, str]], taps: Taps, **ways: float) -> list[Tap]:
    fake = Fake(keys, **ways)
    record(taps, fake.read, now=fake.now, is_playing=fake.is_playing)
    return taps.made


TAPPED = [
    ([(1.0, " "), (2.5, " ")], Taps(), [(1.0, "tap"), (2.5, "tap")]),
    ([(1.0, "k"), (1.5, "7")], Taps({"k": "kick"}), [(1.0, "kick"), (1.5, "key_7")]),
    ([(1.0, " "), (2.0, " ")], Taps({" ": "beat"}, 0.25), [(0.75, "beat"), (1.75, "beat")]),
    ([(0.1, " ")], Taps(latency_s=0.2), [(0.0, "tap")]),
    ([(1.0, " ")], Taps(latency_s=0.1, start_s=30), [(30.9, "tap")]),
    ([(1, " "), (2, " "), (2.2, "\x7f"), (3, "a")], Taps(), [(1, "tap"), (3, "key_a")]),
    ([(1, "\x7f"), (2, " "), (3, "\x7f"), (3.1, "\x7f")], Taps(), []),
    ([(1, " "), (2, "\n"), (3, " ")], Taps(), [(1, "tap")]),
    ([(1, " "), (2, ""), (3, " ")], Taps(), [(1, "tap")]),
    ([(1, "?"), (2, "\x01"), (3, "é")], Taps(), []),
    ([(1, " "), (9.5, " ")], Taps(), [(1, "tap")]),
]


@pytest.mark.parametrize(("keys", "taps", "expected"), TAPPED)
def test_keys_become_marks(
    keys: list[tuple[float, str]], taps: Taps, expected: list[tuple[float, str]]
) -> None:
    made = tapped(keys, taps)
    assert [name for _, name in made] == [name for _, name in expected]
    assert [at for at, _ in made] == pytest.approx([at for at, _ in expected])


def test_without_a_player_time_counts_from_the_first_key() -> None:
    fake, taps = Fake([(3.0, " "), (4.5, " ")]), Taps()
    record(taps, fake.read, now=fake.now, is_playing=fake.is_playing, on_first_key=True)
    assert taps.made == [Tap(pytest.approx(1.5), "tap")]  # type: ignore[arg-type]


def test_ctrl_c_ends_and_keeps_what_was_tapped() -> None:
    def read(wait_s: float) -> str:
        if taps.made:
            raise KeyboardInterrupt
        return " "

    taps = Taps()
    record(taps, read, now=lambda: 0.0, is_playing=lambda: True)
    assert len(taps.made) == 1


def test_marks_read_what_was_tapped(tmp_path: Path) -> None:
    taps = Taps({"k": "kick", "s": "snare"})
    tapped([(1.0, "k"), (1.25, "s"), (2.0, "k")], taps)
    (tmp_path / "marks.csv").write_text(taps.csv())
    assert read_marks(tmp_path / "marks.csv") == {
        "kick": 1,
        "snare": Fraction(5, 4),
        "kick_2": 2,
    }
    story = """\
duration: 4s
perceptors: tiny
marks: {all: {file: marks.csv}, kicks: {file: marks.csv, named: kick}}
shots: [{prompt: a, until: kicks2, lr: count(all)}, {prompt: b, until: end}]
"""
    shot = make_plan(load_story_text(story, folder=tmp_path)).shots[0]
    assert shot.end == 2
    assert shot.values["lr"][[0, 23, 24, 30, 47]].tolist() == [0, 0, 1, 2, 2]


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def test_a_terminal_gives_key_by_key_and_is_put_back(terminal: tuple[int, int]) -> None:
    import termios

    master, slave = terminal
    before = termios.tcgetattr(slave)
    with keyboard(slave) as board:
        os.write(master, b" k")
        assert [board.read(1), board.read(1), board.read(0)] == [" ", "k", None]
    assert termios.tcgetattr(slave) == before


def test_what_is_no_terminal_is_refused(tmp_path: Path) -> None:
    with (
        (tmp_path / "keys").open("w+") as file,
        pytest.raises(UsageError, match="needs a terminal"),
        keyboard(file.fileno()),
    ):
        pass


@pytest.fixture
def song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A song, and a player that lasts until it is ended and notes what it was given."""
    soundfile.write(tmp_path / "song.ogg", np.zeros(24_000), 24_000)
    program = tmp_path / "player"
    program.write_text(f"#!/bin/sh\nstat -c %s \"$1\" > '{tmp_path}/played'\nexec sleep 60\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("STORYBOARD_PLAYER", str(program))
    return tmp_path / "song.ogg"


def wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the player has written what it plays."""
    while not file.exists() or not file.read_text():
        assert process.poll() is None


def test_the_command_plays_and_writes(song: Path, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    program = [sys.executable, "-m", "storyboard", "tap", str(song), "-o", "marks.csv"]
    with subprocess.Popen(
        [*program, "--key", "k=kick"],
        cwd=song.parent,
        stdin=slave,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stderr is not None
        assert b"Enter ends" in process.stderr.readline()
        wait_for(song.parent / "played", process)
        os.write(master, b"k")
        assert b"kick" in process.stderr.readline()
        os.write(master, b" ")
        assert b"tap" in process.stderr.readline()
        os.write(master, b"\x7f\n")
        rest = process.stderr.read()
        assert process.wait() == 0
    assert b"taken back" in rest
    assert b"1 mark: marks.csv" in rest
    header, row = (song.parent / "marks.csv").read_text().split()
    assert header == "time,name"
    assert row.endswith(",kick")
    assert float(row.partition(",")[0]) < 60


def test_the_sound_begins_where_it_is_told_and_ends_with_the_context(song: Path) -> None:
    with player.playing(song, start_s=0.5) as process:
        wait_for(song.parent / "played", process)
    assert process.poll() is not None
    size = int((song.parent / "played").read_text())
    assert 20_000 < size < 30_000


def test_without_a_player_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORYBOARD_PLAYER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool, match="ffplay, mpv"):
        player.find_player()


REFUSED = [
    (["song.ogg", "-o", "marks.txt"], "marks are written as .csv"),
    (["none.ogg", "-o", "marks.csv"], "file not found: none.ogg"),
    (["song.ogg", "-o", "there.csv"], "is there already"),
    (["song.ogg", "-o", "marks.csv", "--key", "kk=kick"], "with one key"),
    (["song.ogg", "-o", "marks.csv", "--key", "k"], "cannot be the name of a mark"),
    (["song.ogg", "-o", "marks.csv", "--latency", "2b"], "write seconds"),
    (["song.ogg", "-o", "marks.csv", "--start", "x"], "--start x"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_is_refused_before_anything_plays(
    arguments: list[str],
    message: str,
    song: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (song.parent / "there.csv").touch()
    monkeypatch.chdir(song.parent)
    assert run(("tap", *arguments)) == 2
    assert message in capsys.readouterr().err
    assert not (song.parent / "played").exists()
