"""How long a sound lasts: what its file states, where what is in it agrees."""

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
"""Seconds by which a statement and the packets may differ: a codec pads by less than this."""

_GAP = 1
"""Seconds from one packet to the next that are a hole in the sound, which decoding closes."""

_RATE = 48_000
"""Samples a second at which a sound is counted that has to be decoded: those of a film's sound."""


_UNKNOWN_SIZE = 0x7FFF0000
_UNKNOWN_FRAMES = 2**40
_HEAD = 2**20
_TAG = re.compile(rb"(?:Xing|Info)\0\0\0[\1-\x0f]")
_PAGE, _FIRST_PAGE = b"OggS\0", b"OggS\0\2"
_LARGEST_PAGE = 27 + 255 + 255 * 255


@dataclass(frozen=True)
class SoundLength:
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


def sound_length(path: str | Path) -> SoundLength:
    """How long the sound of a file, or a video's first sound, lasts; and what the file states.

    libsndfile counts WAV and Ogg Vorbis. Of all else, and where it finds a file odd, the packets
    are read: if they agree with what the file states, that is exact; if there is a doubt, the sound
    is decoded, once (`storyboard.audio.cache`). Raises as `audio_duration`.
    """
    path = Path(path)
    state = path.stat()
    return _length(path, state.st_mtime_ns, state.st_size)


@dataclass(frozen=True)
class Header:
    """What a sound file states.

    ``frames`` counts samples of one channel, ``rate`` is in Hz; ``torn`` is True where the file
    ends before its own end, as a download that broke off does; ``counted`` is False where the
    number is only stated, and what follows may differ.
    """

    frames: int
    rate: int
    torn: bool = False
    counted: bool = True

    @property
    def duration(self) -> Fraction:
        """Seconds, exact."""
        return Fraction(self.frames, self.rate)


def read_header(path: Path) -> Header | None:
    """Return what ``path`` states, as libsndfile reads it; None where ffmpeg has to find out."""
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
    """Samples are bytes of a plain WAV; a writer to a pipe leaves a size beyond `_UNKNOWN_SIZE`."""
    if not info.subtype.startswith(("PCM", "FLOAT", "DOUBLE")):
        return None
    size = re.search(r"data : (\d+) \(should be", info.extra_info)
    return Header(info.frames, info.samplerate, torn=bool(size and int(size[1]) < _UNKNOWN_SIZE))


def _ogg(path: Path, info: Any) -> Header | None:
    """One Vorbis stream. Where its last page is missing it is torn, if a page stands near the end
    of the file; what else is odd (several streams, other bytes behind) is not counted.
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
    """An MP3 states its length in a Xing or Info tag; without one libsndfile only guesses."""
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
        raise BadValue(f"{path} holds no sound")
    return found


def _measured(path: Path, header: Header | None) -> SoundLength:
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
            return SoundLength(end if header is None else header.duration)
        seconds = Fraction(_count(path), _RATE)
    except EncodeFailed as error:
        hint = ffmpeg.why_not(error)
        raise BadValue(f"{path} cannot be read as sound", hint=hint) from error
    untrue = claimed is not None and abs(seconds - claimed) > SLACK
    return SoundLength(seconds, claimed if untrue else None)


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

    kept = cache.kept(f"length 1 {file_digest(path)}", make)
    return int(np.asarray(kept["samples"]))
