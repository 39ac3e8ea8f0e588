"""Frames of a film file by time, with random access.

The frame shown at a time follows from the timestamps in the file, never from a frame count, so
variable frame rates work. Decoding is a stream that stays open while it is read forwards, and
restarts exactly elsewhere.
"""

from __future__ import annotations

import re
import tempfile
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from storyboard.errors import BadValue, EncodeFailed, StoryboardError
from storyboard.media import ffmpeg

Layered = npt.NDArray[np.uint16]
"""A picture (H, W, 4): red, green, blue, and how much of it there is; 65535 is all."""

LEEWAY = Fraction(1, 1000)
"""A picture counts as on this much before its time: Matroska writes times in whole milliseconds,
and a picture that is half of one late would be missed by a film of the same rate."""

_ALONE = Fraction(1, 25)  # seconds of a single picture whose file states none
_SKIP = 64  # pictures that are sooner decoded and thrown away than a new process is started
_CACHE_BYTES, _CACHE_MOST = 64_000_000, 16


@dataclass(frozen=True)
class Timing:
    """Start of each frame of a clip (seconds, ascending), and the end of the last one."""

    starts: tuple[Fraction, ...]
    end: Fraction

    def at(self, time: Fraction) -> int:
        """Return the number of the frame shown at ``time``, limited to the clip's frames."""
        return max(bisect_right(self.starts, time + LEEWAY) - 1, 0)

    def last_before(self, time: Fraction) -> Fraction:
        """Return the start of the last frame shown before ``time``."""
        return self.starts[max(bisect_left(self.starts, time - LEEWAY) - 1, 0)]


def read_timing(path: Path) -> Timing:
    """Return the times of every picture of ``path``; nothing is decoded.

    Raises `BadValue` for a file that ffmpeg cannot read, and for one without pictures.
    """
    stat = path.stat()
    return _timing(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _timing(path: Path, _changed: int, _size: int) -> Timing:
    try:
        found = ffmpeg.packets(path, "v")
    except EncodeFailed as error:
        message = f"{path} cannot be read as a film"
        raise BadValue(message, hint=ffmpeg.why_not(error)) from error
    if not found.starts:
        has_audio = ffmpeg.probe(path).has_audio
        hint = "it holds sound only" if has_audio else None
        raise BadValue(f"{path} has no video stream", hint=hint)
    starts = sorted(set(found.starts))
    last = dict(found.rows)[starts[-1]]
    last = last or (starts[-1] - starts[-2] if len(starts) > 1 else _ALONE)
    return Timing(tuple(starts), starts[-1] + last)


class ClipFile:
    """The pictures of a film file, brought to (height, width) in pixels.

    ``fit`` is one of `storyboard.motion.FITS`. At most some 64 MB of pictures are held. Raises as
    `read_timing`.
    """

    def __init__(self, path: Path, size: tuple[int, int], fit: str) -> None:
        self.path, self.size, self.timing = path, size, read_timing(path)
        self._filter = _fitted(size, fit)
        bytes_each = 8 * size[0] * size[1]
        self._room = min(max(_CACHE_BYTES // bytes_each, 2), _CACHE_MOST)
        self._held: OrderedDict[int, Layered] = OrderedDict()
        self._stream: Generator[Layered] | None = None
        self._next = 0

    def picture(self, number: int) -> Layered:
        """Return frame ``number``; the same bytes in whatever order frames are read.

        Raises `EncodeFailed` if the file is damaged there.
        """
        if number not in self._held:
            self._go_to(number)
            while self._next <= number:
                self._hold(self._read())
        self._held.move_to_end(number)
        return self._held[number]

    def close(self) -> None:
        """Stop decoding; the next picture asked for begins again."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def _go_to(self, number: int) -> None:
        """Have the stream reach ``number`` soon. Backwards in one go for as many as are held."""
        backwards = number < self._next
        if self._stream is not None and not backwards and number - self._next <= _SKIP:
            return
        self.close()
        self._next = max(number - self._room + 1, 0) if backwards and self._held else number
        self._stream = self._decode(self._next)

    def _read(self) -> Layered:
        picture = None if self._stream is None else next(self._stream, None)
        if picture is None:
            of = len(self.timing.starts)
            damage = f"{self.path} is damaged: picture {self._next} of {of} cannot be decoded"
            raise EncodeFailed(f"{damage}; write the clip anew with ffmpeg, or start behind it")
        return picture

    def _hold(self, picture: Layered) -> None:
        self._held[self._next] = picture
        self._next += 1
        while len(self._held) > self._room:
            self._held.popitem(last=False)

    def _decode(self, first: int) -> Generator[Layered]:
        """Yield every picture from number ``first`` on."""
        height, width = self.size
        seek = []
        if first > 0:  # between two pictures, so that no rounding of ffmpeg's picks another
            middle = (self.timing.starts[first - 1] + self.timing.starts[first]) / 2
            seek = ["-ss", f"{float(middle):.6f}"]
        # a picture that is broken must end it, not be left out: all behind it would be misnumbered
        source = [
            "-nostdin",
            "-xerror",
            *_decoder(self.path),
            *seek,
            *ffmpeg.source(self.path),
            "-map",
            "0:v:0",
        ]
        wanted = ["-fps_mode", "passthrough", "-vf", self._filter]
        arguments = [*source, *wanted, "-f", "rawvideo", "-pix_fmt", "rgba64le", "-"]
        with tempfile.TemporaryFile() as messages:
            process = ffmpeg.start(arguments, messages=messages)
            try:
                while len(raw := _pipe(process.stdout).read(height * width * 8)) > 0:
                    yield np.frombuffer(raw, "<u2").reshape(height, width, 4)
            finally:
                ffmpeg.stop(process)


@lru_cache(maxsize=64)
def _decoder(path: Path) -> tuple[str, ...]:
    """Return ffmpeg's decoder arguments for a clip whose default decoder drops transparency.

    VP8 and VP9 store it in a second picture beside the first.
    """
    described = ffmpeg.describe(path)
    found = re.search(r"Stream #\S+ Video: (vp[89])\b[\s\S]*?alpha_mode\s*: 1", described)
    return ("-c:v", {"vp8": "libvpx", "vp9": "libvpx-vp9"}[found[1]]) if found else ()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise StoryboardError("ffmpeg was started without an output")
    return stream


def _fitted(size: tuple[int, int], fit: str) -> str:
    """Return the ffmpeg filter that brings any picture to ``size``, in 16 bits a channel, in one
    step.
    """
    height, width = size
    wide, high = f"round({height}*dar)", f"round({width}/dar)"
    box = {
        "cover": (f"max({width},{wide})", f"max({height},{high})", f",crop={width}:{height}"),
        "contain": (
            f"max(1,min({width},{wide}))",
            f"max(1,min({height},{high}))",
            f",pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:color=black@0",
        ),
        "stretch": (str(width), str(height), ""),
    }
    w, h, then = box[fit]
    flags = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
    return f"scale=w='{w}':h='{h}':flags={flags},format=rgba64le,setsar=1{then}"
