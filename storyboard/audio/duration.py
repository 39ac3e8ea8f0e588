"""How long a sound lasts: what its file states, where what is in it agrees."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storyboard.audio import cache
from storyboard.audio.headers import Header, read_header
from storyboard.errors import BadValue, EncodeFailed

if TYPE_CHECKING:
    from storyboard.media.ffmpeg import Packets

SLACK = Fraction(1, 10)
"""Seconds by which a statement and the packets may differ: a codec pads by less than this."""

_GAP = 1
"""Seconds from one packet to the next that are a hole in the sound, which decoding closes."""

_RATE = 48_000
"""Samples a second at which a sound is counted that has to be decoded: those of a film's sound."""


@dataclass(frozen=True)
class Length:
    """How long a sound lasts.

    ``claimed`` is what its file states, where that is untrue by more than `SLACK`, else None;
    ``torn`` is True where the file ends before its own end. Both in seconds.
    """

    seconds: Fraction
    claimed: Fraction | None = None
    torn: bool = False


def audio_duration(path: str | Path) -> Fraction:
    """How long the sound file lasts, in seconds: samples over rate, exact where its format counts
    samples.

    Raises `BadValue` where the file holds no sound that can be read.
    """
    return sound_length(path).seconds


def sound_length(path: str | Path) -> Length:
    """How long the sound of a file, or a video's first sound, lasts; and what the file states.

    WAV and Ogg Vorbis are counted by themselves (`headers`). Of all else the packets are read: if
    they agree with the statement, that is exact; if there is a doubt, the sound is decoded, once
    (`storyboard.audio.cache`). Raises as `audio_duration`.
    """
    path = Path(path)
    state = path.stat()
    return _length(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _length(path: Path, _changed: int, _size: int) -> Length:
    header = read_header(path)
    if header is not None and header.counted:
        found = Length(header.duration, torn=header.torn)
    else:
        found = _measured(path, header)
    if found.seconds <= 0:
        raise BadValue(f"{path} holds no sound")
    return found


def _measured(path: Path, header: Header | None) -> Length:
    """The length by packets, or by decoding. Raises `BadValue`."""
    from storyboard.media import ffmpeg

    try:
        packets = ffmpeg.packets(path, "a")
        if not packets.starts:
            raise BadValue(f"{path} holds no sound")
        claimed = _claimed(packets, header)
        end = max(start + length for start, length in packets.rows)
        agrees = packets.timed if claimed is None else abs(end - claimed) <= SLACK
        if agrees and not _has_holes(packets.starts):
            return Length(end if header is None else header.duration)
        seconds = Fraction(_count(path), _RATE)
    except EncodeFailed as error:
        hint = ffmpeg.why_not(error)
        raise BadValue(f"{path} cannot be read as sound", hint=hint) from error
    untrue = claimed is not None and abs(seconds - claimed) > SLACK
    return Length(seconds, claimed if untrue else None)


def _claimed(packets: Packets, header: Header | None) -> Fraction | None:
    """The length that the file states; of several streams it states that of the longest."""
    if header is not None:
        return header.duration
    return packets.claimed if packets.streams == 1 else None


def _has_holes(starts: tuple[Fraction, ...]) -> bool:
    """Whether packets are missing between others, or their times begin anew."""
    return any(not 0 <= later - earlier <= _GAP for earlier, later in pairwise(starts))


def _count(path: Path) -> int:
    """Samples at `_RATE` of the decoded sound, remembered by the contents of the file."""
    from storyboard.media import ffmpeg

    def make() -> dict[str, int]:
        return {"samples": ffmpeg.count_samples(path, rate=_RATE)}

    kept = cache.kept(f"length 1 {cache.file_digest(path)}", make)
    return int(np.asarray(kept["samples"]))
