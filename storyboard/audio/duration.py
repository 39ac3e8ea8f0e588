"""How long a sound lasts, without decoding it where its file says so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from storyboard.audio.headers import read_header
from storyboard.errors import BadValue, StoryboardError

_READ_EXACTLY = {".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".opus"}


def audio_duration(path: str | Path) -> Fraction:
    """How long the sound file lasts, in seconds: samples over rate, exact.

    Formats that libsndfile does not read go through ffmpeg, to a hundredth of a second. Raises
    `BadValue` where the file holds no sound that can be read.
    """
    path = Path(path)
    duration = _by_samples(path) if path.suffix.lower() in _READ_EXACTLY else None
    duration = _by_ffmpeg(path) if duration is None else duration
    if not duration:
        raise BadValue(f"{path} holds no sound")
    return duration


def is_torn(path: str | Path) -> bool:
    """Whether the file ends before its own end, as far as its header tells: its sound then ends
    early, at `audio_duration`.
    """
    header = read_header(Path(path))
    return header is not None and header.torn


def _by_samples(path: Path) -> Fraction | None:
    """Samples over rate; None where libsndfile cannot read the file, for ffmpeg to try."""
    header = read_header(path)
    if header is not None:
        return header.duration
    import soundfile

    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError:
        return None
    return Fraction(info.frames, info.samplerate)


def _by_ffmpeg(path: Path) -> Fraction | None:
    from storyboard.ffmpeg import probe

    try:
        info = probe(path)
    except StoryboardError as error:
        raise BadValue(f"{path} cannot be read as sound", hint=str(error)) from error
    return info.duration if info.has_audio else None
