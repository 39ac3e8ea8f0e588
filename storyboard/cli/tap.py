"""``storyboard tap``: marks made by tapping along with a song."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click

from storyboard.cli.console import count, note
from storyboard.cli.new_files import refuse_existing, write_new
from storyboard.cli.shared_options import FILE, overwrite, quiet, verbose
from storyboard.errors import MissingTool, UsageError
from storyboard.times import TimeError, check_mark_name, minutes, parse_time

UNDO, END = ("\x7f", "\b"), ("\n", "\r", "\x1b", "\x03", "\x04")
"""Keys that take back the last mark, and those that end: Enter, Escape, Ctrl-C, Ctrl-D."""

SPACE = "tap"
"""The name of what the space bar marks, unless ``--key`` gives it another."""

_WAIT_S = 0.2


class Tap(NamedTuple):
    """A key press as a mark: seconds of the song, and its name."""

    at_s: float
    name: str


@dataclass
class Taps:
    """The marks so far. ``keys`` has names by key; any other letter or digit is ``key_`` and
    itself. ``latency_s`` is taken off every time: how much later than the sound a hand is.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    latency_s: float = 0.0
    start_s: float = 0.0
    made: list[Tap] = field(default_factory=list)

    def press(self, key: str, passed_s: float) -> str | None:
        """Take a key ``passed_s`` seconds after the start; return what to show, None for nothing.

        A mark that would lie before the start is at the start.
        """
        if key in UNDO:
            return f"taken back: {self._shown(self.made.pop())}" if self.made else None
        name = self.keys.get(key) or (SPACE if key == " " else None)
        if name is None and key.isascii() and key.isalnum():
            name = f"key_{key}"
        if name is None:
            return None
        self.made.append(Tap(self.start_s + max(passed_s - self.latency_s, 0.0), name))
        return self._shown(self.made[-1])

    def csv(self) -> str:
        """Return the marks in order of time, as ``marks: {file: ...}`` reads them."""
        rows = [f"{tap.at_s:.3f},{tap.name}" for tap in sorted(self.made)]
        return "\n".join(["time,name", *rows, ""])

    def _shown(self, tap: Tap) -> str:
        return f"{minutes(tap.at_s, 3)}  {tap.name}"


class Keyboard:
    """The keys of a terminal, one by one, without Enter: ``read(wait_s)`` gives one, or None."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, wait_s: float) -> str | None:
        """Return the next key within ``wait_s`` seconds; "" where the terminal is gone."""
        if not select.select([self._descriptor], [], [], wait_s)[0]:
            return None
        return os.read(self._descriptor, 1).decode("latin-1")


@contextmanager
def keyboard(descriptor: int) -> Iterator[Keyboard]:
    """Read the terminal ``descriptor`` key by key while the context lasts, without showing them.

    Raises `UsageError` where there is no terminal, or none of this kind.
    """
    try:
        import termios
        import tty
    except ImportError:
        raise UsageError("tap needs a POSIX terminal; on Windows run it in WSL") from None
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        raise UsageError("tap reads keys, so it needs a terminal") from None
    try:
        tty.setcbreak(descriptor)
        yield Keyboard(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def record(
    taps: Taps,
    read: Callable[[float], str | None],
    *,
    now: Callable[[], float],
    is_playing: Callable[[], bool],
    on_first_key: bool = False,
) -> None:
    """Take keys until one of `END`, or until nothing plays any more.

    Time counts from the call, or with ``on_first_key`` from the first key, which is no mark.
    """
    start = None if on_first_key else now()
    while is_playing():
        try:
            key = read(_WAIT_S)
        except KeyboardInterrupt:
            return
        if key is None:
            continue
        at = now()
        if not key or key in END:
            return
        if start is None:
            start = at
            note("counting")
        elif shown := taps.press(key, at - start):
            note(shown)


@click.command()
@click.argument("song", type=FILE)
@click.option("-o", "--out", "file", type=FILE, required=True, help="Write the marks here: .csv")
@click.option(
    *("--key", "keys"),
    multiple=True,
    metavar="KEY=NAME",
    help="What a key is called: k=kick. Repeatable.",
)
@click.option("--start", metavar="TIME", help="Where in the song to begin.  [default: 0]")
@click.option(
    "--latency",
    metavar="TIME",
    help="Taken off every mark: how much later than the sound you press.  [default: 0]",
)
@click.option(
    "--silent", is_flag=True, help="Play nothing; time counts from the first key, no mark itself."
)
@overwrite
@quiet
@verbose
def tap(
    song: Path,
    file: Path,
    keys: tuple[str, ...],
    start: str | None,
    latency: str | None,
    silent: bool,
    overwrite: bool,
) -> None:
    """Play a song and mark its moments by tapping along.

    Space marks a moment; letters and digits mark others. Backspace takes the last one back, Enter
    ends. A story reads them with marks: {hits: {file: marks.csv}}.
    """
    if file.suffix.lower() != ".csv":
        raise UsageError(f"--out {file}: marks are written as .csv")
    refuse_existing(file, overwrite=overwrite)
    if not song.is_file():
        raise UsageError(f"file not found: {song}")
    taps = Taps(_keys(keys), _seconds("--latency", latency), _seconds("--start", start))
    with keyboard(sys.stdin.fileno()) as board:
        note("space and letters mark, Backspace takes back, Enter ends")
        if silent:
            note("press a key when the song starts")
        _play_along(taps, board, None if silent else song)
    if not taps.made:
        raise UsageError("nothing was tapped, so nothing is written")
    write_new(file, taps.csv(), overwrite=overwrite)
    note(f"{count(len(taps.made), 'mark')}: {file}")


def _play_along(taps: Taps, board: Keyboard, song: Path | None) -> None:
    from storyboard.media.player import playing

    try:
        with playing(song, start_s=taps.start_s) if song else nullcontext() as process:
            record(
                taps,
                board.read,
                now=time.monotonic,
                is_playing=lambda: process is None or process.poll() is None,
                on_first_key=song is None,
            )
    except MissingTool as error:
        hint = "play it elsewhere and say --silent, or set STORYBOARD_PLAYER"
        raise MissingTool(f"{error}\n  hint: {hint}") from None


def _keys(written: tuple[str, ...]) -> dict[str, str]:
    """Return names by key. Raises `UsageError`."""
    keys = {}
    for text in written:
        key, _, name = text.partition("=")
        key = " " if key == "space" else key
        try:
            check_mark_name(name)
        except TimeError as error:
            raise UsageError(f"--key {text}: {error}") from None
        if len(key) != 1 or key in (*UNDO, *END):
            raise UsageError(f"--key {text}: write KEY=NAME with one key, k=kick or space=beat")
        keys[key] = name
    return keys


def _seconds(flag: str, written: str | None) -> float:
    """Return a time of the song in seconds. Raises `UsageError`."""
    try:
        spec = parse_time(written or 0)
    except TimeError as error:
        raise UsageError(f"{flag} {written}: {error}") from None
    if spec.unit != "s" or spec.anchor is not None:
        raise UsageError(f"{flag} {written}: write seconds, such as 0.08s, or 1:23.5")
    return float(spec.value)
