"""Film containers: codecs, colours and the metadata that each can carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import UsageError, did_you_mean

# x264 and libvpx draw slightly different pictures with another number of threads; a fixed one
# keeps the same film the same on machines with more or fewer cores.
_THREADS = ("-threads", "4")

# Limited-range BT.709, both converted and tagged: without both, players show different colours.
_BT709 = (
    "scale=in_range=pc:out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,"
    "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
)


@dataclass(frozen=True)
class Container:
    """One kind of film file.

    ``video(crf, quick)`` gives ffmpeg's arguments for the pictures, where ``quick`` says that speed
    counts for more than the size of the file; ``audio`` those for the sound (None
    where the container holds none), ``muxer`` its name for the container. ``even`` says that width
    and height must be even numbers.
    """

    muxer: str
    video: Callable[[int, bool], tuple[str, ...]]
    audio: tuple[str, ...] | None
    even: bool
    flags: tuple[str, ...] = ()


def _h264(crf: int, quick: bool) -> tuple[str, ...]:
    # crf 0 is lossless and would need a profile that many players refuse
    quality = (
        "-preset",
        "veryfast" if quick else "medium",
        "-crf",
        str(max(crf, 1)),
        "-profile:v",
        "high",
    )
    return ("-vf", f"{_BT709},format=yuv420p", "-c:v", "libx264", *quality, *_THREADS)


def _vp9(crf: int, quick: bool) -> tuple[str, ...]:
    # libvpx counts 0..63 where x264 counts 0..51; equal looks are about a dozen apart
    speed = (
        ("-deadline", "realtime", "-cpu-used", "8")
        if quick
        else ("-deadline", "good", "-cpu-used", "3")
    )
    quality = ("-b:v", "0", "-crf", str(min(crf + 12, 63)), *speed)
    return ("-vf", f"{_BT709},format=yuv420p", "-c:v", "libvpx-vp9", *quality, *_THREADS)


def _prores(_crf: int, _quick: bool) -> tuple[str, ...]:
    codec = ("-c:v", "prores_ks", "-profile:v", "3", "-vendor", "apl0")
    return ("-vf", f"{_BT709},format=yuv422p10le", *codec, *_THREADS)


def _gif(_crf: int, _quick: bool) -> tuple[str, ...]:
    # a palette of its own for every picture: one for the whole film needs the whole film in memory
    palettes = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=bayer"
    return ("-vf", palettes, "-c:v", "gif")


CONTAINERS = {
    "mp4": Container(
        *("mp4", _h264, ("-c:a", "aac", "-b:a", "192k")),
        even=True,
        flags=("-movflags", "+faststart+use_metadata_tags"),
    ),
    "webm": Container("webm", _vp9, ("-c:a", "libopus", "-b:a", "160k"), even=True),
    "mov": Container(
        *("mov", _prores, ("-c:a", "pcm_s16le")),
        even=True,
        flags=("-movflags", "+faststart+use_metadata_tags"),
    ),
    "gif": Container("gif", _gif, None, even=False, flags=("-loop", "0")),
}


def format_of(path: Path) -> str:
    """Return the format that ``path`` asks for: its suffix, or ``png`` for a folder of pictures.

    Raises `UsageError` for a suffix that is no container's.
    """
    suffix = path.suffix.lstrip(".").lower()
    if not suffix:
        return "png"
    if suffix in CONTAINERS:
        return suffix
    hint = did_you_mean(suffix, CONTAINERS) or "a film is .mp4, .webm, .mov or .gif"
    raise UsageError(f"{path.name}: no film format {path.suffix!r}; {hint}, or a folder of PNGs")
