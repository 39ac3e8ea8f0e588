"""Duration of a sound file: as its header states it, if the packets agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyboard.audio import cache
from storyboard.errors import BadValue, EncodeFailed
from storyboard.files import file_digest

if TYPE_CHECKING:
    from storyboard.media.ffmpeg import Packets

SLACK = Fraction(1, 10)
"""Tolerance between header and packets in seconds; a codec's padding is shorter."""

_GAP = 1
"""Gap between packets, in seconds, that decoding would close."""

_RATE = 48_000
"""Sample rate in Hz for counting decoded audio: that of a film's soundtrack."""


_UNKNOWN_SIZE = 0x7FFF0000
_UNKNOWN_FRAMES = 2**40
_HEAD = 2**20
_TAG = re.compile(rb"(?:Xing|Info)\0\0\0[\1-\x0f]")
_PAGE, _FIRST_PAGE = b"OggS\0", b"OggS\0\2"
_LARGEST_PAGE = 27 + 255 + 255 * 255


@dataclass(frozen=True)
class SoundLength:
    """Duration of a sound, in seconds.

    ``claimed`` is the duration that the header states if it is wrong by more than `SLACK`, else
    None; ``torn`` is True if the file is truncated.
    """

    seconds: Fraction
    claimed: Fraction | None = None
    torn: bool = False


def audio_duration(path: str | Path) -> Fraction:
    """Return the duration of a sound file in seconds, exact where its format counts samples.

    It is samples divided by sample rate. Raises `BadValue` if the file has no readable audio.
    """
    return sound_length(path).seconds


def sound_length(path: str | Path) -> SoundLength:
    """Return the duration of the audio of a file, or of a video's first audio stream.

    WAV and Ogg Vorbis headers suffice (`read_header`). For other formats the packets are read: if
    they agree with the header, it is exact; otherwise the audio is decoded once and the result
    cached (`storyboard.audio.cache`). Raises as `audio_duration`.
    """
    path = Path(path)
    state = path.stat()
    return _length(path, state.st_mtime_ns, state.st_size)


@dataclass(frozen=True)
class Header:
    """Fields of a sound file's header.

    ``frames`` counts samples of one channel, ``rate`` is in Hz; ``torn`` is True if the file is
    truncated, as an interrupted download is; ``counted`` is False if the number is only stated and
    the data may differ.
    """

    frames: int
    rate: int
    torn: bool = False
    counted: bool = True

    @property
    def duration(self) -> Fraction:
        """Return ``frames / rate`` in seconds, exact."""
        return Fraction(self.frames, self.rate)


def read_header(path: Path) -> Header | None:
    """Read the header of ``path`` with libsndfile; None where ffmpeg has to measure it."""
    import soundfile

    try:
        info = soundfile.info(path, verbose=True)
    except (soundfile.LibsndfileError, OSError):
        return None
    if not 0 < info.frames < _UNKNOWN_FRAMES:
        return None
    make = _READERS.get(info.format)
    return make(path, info) if make else None


def _wav(_: Path, info: Any) -> Header | None:
    """Return the header of a plain WAV, whose samples are bytes.

    A writer to a pipe leaves a size beyond `_UNKNOWN_SIZE`.
    """
    if not info.subtype.startswith(("PCM", "FLOAT", "DOUBLE")):
        return None
    size = re.search(r"data : (\d+) \(should be", info.extra_info)
    return Header(info.frames, info.samplerate, torn=bool(size and int(size[1]) < _UNKNOWN_SIZE))


def _ogg(path: Path, info: Any) -> Header | None:
    """Return the header of a single Vorbis stream.

    If its last page is missing but one stands near the end of the file, it is truncated. Anything
    else (several streams, other data behind) is not counted.
    """
    if info.subtype != "VORBIS":
        return None
    data = path.read_bytes()
    odd = "Ogg: " in info.extra_info
    torn = odd and data.rfind(_PAGE) > len(data) - _LARGEST_PAGE
    counted = data.count(_FIRST_PAGE) == 1 and odd == torn
    return Header(info.frames, info.samplerate, torn=torn and counted, counted=counted)


def _flac(_: Path, info: Any) -> Header:
    return Header(info.frames, info.samplerate, counted=False)


def _mp3(path: Path, info: Any) -> Header | None:
    """Return the length that a Xing or Info tag states; without one libsndfile only estimates."""
    with path.open("rb") as file:
        tagged = _TAG.search(file.read(_HEAD))
    return Header(info.frames, info.samplerate, counted=False) if tagged else None


_READERS: dict[str, Callable[[Path, Any], Header | None]] = {
    "WAV": _wav,
    "WAVEX": _wav,
    "OGG": _ogg,
    "FLAC": _flac,
    "MP3": _mp3,
}


@lru_cache(maxsize=64)
def _length(path: Path, _changed: int, _size: int) -> SoundLength:
    header = read_header(path)
    if header is not None and header.counted:
        found = SoundLength(header.duration, torn=header.torn)
    else:
        found = _measured(path, header)
    if found.seconds <= 0:
        raise BadValue(f"{path} has no audio stream")
    return found


def _measured(path: Path, header: Header | None) -> SoundLength:
    """Return the duration by packets, or by decoding. Raises `BadValue`."""
    from storyboard.media import ffmpeg

    try:
        packets = ffmpeg.packets(path, "a")
        if not packets.starts:
            raise BadValue(f"{path} has no audio stream")
        claimed = _claimed(packets, header)
        end = max(start + length for start, length in packets.rows)
        agrees = packets.timed if claimed is None else abs(end - claimed) <= SLACK
        if agrees and not _has_holes(packets.starts):
            return SoundLength(end if header is None else header.duration)
        seconds = Fraction(_count(path), _RATE)
    except EncodeFailed as error:
        hint = ffmpeg.why_not(error)
        raise BadValue(f"cannot read {path} as audio", hint=hint) from error
    untrue = claimed is not None and abs(seconds - claimed) > SLACK
    return SoundLength(seconds, claimed if untrue else None)


def _claimed(packets: Packets, header: Header | None) -> Fraction | None:
    """Return the duration that the file states; with several streams, that of the longest."""
    if header is not None:
        return header.duration
    return packets.claimed if packets.streams == 1 else None


def _has_holes(starts: tuple[Fraction, ...]) -> bool:
    """Return True if packets are missing between others, or their times restart."""
    return any(not 0 <= later - earlier <= _GAP for earlier, later in pairwise(starts))


def _count(path: Path) -> int:
    """Return the number of samples of the decoded sound at `_RATE` Hz, cached by the file's
    contents.
    """
    from storyboard.media import ffmpeg

    def make() -> dict[str, int]:
        return {"samples": ffmpeg.count_samples(path, rate=_RATE)}

    kept = cache.kept(f"length 1 {file_digest(path)}", make)
    return int(np.asarray(kept["samples"]))
