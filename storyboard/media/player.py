"""Playing a sound through whichever player this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.errors import MissingTool
from storyboard.media import ffmpeg

PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
    ("mpv", "--no-video", "--really-quiet", "--no-terminal"),
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("play", "-q"),
)
"""Programs that play a wav file, with their flags, in the order in which they are tried."""


def find_player() -> list[str]:
    """Return the command that plays a wav file named behind it: ``$STORYBOARD_PLAYER`` (a program
    without flags), or the first of `PLAYERS` that is installed. Raises `MissingTool`.
    """
    chosen = os.environ.get("STORYBOARD_PLAYER")
    for program, *flags in [(chosen,)] if chosen else PLAYERS:
        if path := shutil.which(program):
            return [path, *flags]
    if chosen:
        raise MissingTool(f"STORYBOARD_PLAYER names {chosen!r}, which is not a program")
    names = ", ".join(program for program, *_ in PLAYERS)
    raise MissingTool(f"no program that plays sounds was found (tried {names})")


@contextmanager
def playing(file: Path, *, start_s: float = 0.0) -> Iterator[subprocess.Popen[bytes]]:
    """Play ``file`` from ``start_s`` on while the context lasts; yield the player's process.

    The sound is first decoded to a wav file, so that no player spends time on that. Raises
    `MissingTool`, `EncodeFailed`.
    """
    player = find_player()
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "sound.wav")
        where = ["-ss", f"{start_s:.3f}"] if start_s else []
        opened = [*where, *ffmpeg.source(file), "-map", "0:a:0"]
        ffmpeg.run([*opened, str(wav)], doing=f"decode the sound of {file}")
        process = subprocess.Popen(
            [*player, str(wav)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            ffmpeg.stop(process)
