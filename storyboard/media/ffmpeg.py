"""The only file that starts a process: ffmpeg, found, run, and asked what a media file holds.

The binary is the one that the ``imageio-ffmpeg`` package carries; ``STORYBOARD_FFMPEG`` names
another, and a system ``ffmpeg`` is taken where the package has none. There is no ``ffprobe`` in
that package, so `probe` reads what ffmpeg itself prints about its input.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import IO, NoReturn

import numpy as np
import numpy.typing as npt

from storyboard.errors import EncodeFailed, MissingTool, UsageError
from storyboard.files import is_file
from storyboard.media.frame_rates import ntsc_near

Picture = npt.NDArray[np.uint8]

_QUIET = ("-hide_banner", "-nostdin", "-loglevel")
_TAIL_LINES = 12

FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "mxf", "ivf", "nut"),
    *("h264", "hevc", "m4v", "av1", "dv", "mjpeg", "yuv4mpegpipe", "rm", "ogg", "gif", "apng"),
    *("png_pipe", "jpeg_pipe", "webp_pipe", "webp_anim", "bmp_pipe", "tiff_pipe"),
    *("wav", "w64", "mp3", "flac", "aac", "aiff", "au", "caf", "ac3", "eac3", "dts", "amr", "ape"),
    *("tta", "wv", "mpc", "mpc8", "tak", "voc", "dsf", "truehd", "ircam", "sox", "loas", "latm"),
)
"""The containers that are opened: those that hold sound and pictures themselves. Not the ones that
name other files (playlists, lists of files) or draw what is not a picture (texts).
"""


@dataclass(frozen=True)
class MediaInfo:
    """Properties of a media file.

    ``duration`` is in seconds, to the hundredth that ffmpeg prints, None if unknown; ``width``,
    ``height`` (pixels) and ``fps`` are None without video; ``frame_count`` is None unless it was
    requested; ``metadata`` holds the file's tags with their names in lower case.
    """

    duration: Fraction | None = None
    width: int | None = None
    height: int | None = None
    fps: Fraction | None = None
    frame_count: int | None = None
    has_audio: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


def executable() -> str:
    """Return the path of ffmpeg. Raises `MissingTool` where there is none."""
    return _find(os.environ.get("STORYBOARD_FFMPEG"))


@lru_cache(maxsize=4)
def _find(chosen: str | None) -> str:
    if chosen:
        if path := shutil.which(chosen):
            return path
        raise MissingTool(f"STORYBOARD_FFMPEG names {chosen!r}, which is not a program")
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError) as missing:
        if path := shutil.which("ffmpeg"):
            return path
        raise MissingTool(
            "ffmpeg was not found; `pip install imageio-ffmpeg` brings one, "
            "or set STORYBOARD_FFMPEG to its path"
        ) from missing


def source(path: str | Path) -> list[str]:
    """Return ffmpeg's arguments for the input ``path``, which a story may have named: a file, in
    one of `FORMATS`, that opens nothing else. Options of the input stand before them.
    """
    allowed = ["-protocol_whitelist", "file,pipe", "-format_whitelist", ",".join(FORMATS)]
    return [*allowed, "-i", f"file:{path}"]


def version() -> str:
    """Return the first line that ffmpeg prints about itself."""
    version = run(["-version"], doing="print its version").decode(errors="replace").strip()
    if "version" not in version:
        raise EncodeFailed(f"{executable()} does not print its version: it is not ffmpeg")
    return version.splitlines()[0]


def run(arguments: Sequence[str], *, doing: str, given: bytes | None = None) -> bytes:
    """Run ffmpeg to its end with ``given`` as its input and return what it wrote to its output.

    ``doing`` finishes the sentence "ffmpeg could not ...". Raises `EncodeFailed` with the end of
    its messages, `MissingTool`.
    """
    command = [executable(), *_QUIET, "error", *arguments]
    done = subprocess.run(command, input=given or b"", capture_output=True, start_new_session=True)
    if done.returncode != 0:
        _fail(doing, command, done.stderr)
    return done.stdout


def start(arguments: Sequence[str], *, messages: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start ffmpeg with an open standard input and output; its messages go to the file given.

    The caller owns the process. It is put in a session of its own, so that a Ctrl-C in the
    terminal reaches only the caller, who decides what becomes of the film.
    """
    command = [executable(), "-hide_banner", "-loglevel", "error", *arguments]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=messages,
        start_new_session=True,
    )


def tail(messages: bytes) -> str:
    """Return the last lines of what ffmpeg had to say, without repetitions."""
    lines = (line.strip() for line in messages.decode(errors="replace").splitlines())
    return "\n".join(deque(dict.fromkeys(line for line in lines if line), maxlen=_TAIL_LINES))


def why_not(error: EncodeFailed) -> str:
    """Return why ffmpeg refused a file, for people: that its format is none of `FORMATS`, or
    ffmpeg's own words.
    """
    tail = error.stderr_tail
    foreign = "not on whitelist" in tail or ("Invalid data" in tail and "moov atom" not in tail)
    if not foreign:
        return str(error)
    return (
        "it is in none of the formats that are read (mp4, mov, mkv, webm, avi, gif, wav, mp3, "
        "flac, ogg, m4a ...); playlists, lists of files and texts are not"
    )


def _fail(doing: str, command: Sequence[str], messages: bytes) -> NoReturn:
    raise EncodeFailed(f"ffmpeg could not {doing}", command=command, stderr_tail=tail(messages))


def probe(path: str | Path, *, count: bool = False) -> MediaInfo:
    """Return the properties of ``path``; ``count`` also decodes and counts its frames.

    Raises `UsageError` if the file does not exist, `EncodeFailed` if ffmpeg cannot read it.
    """
    printed, tags = _ask(path)
    video = re.search(r"Stream #\S+ Video: .*", printed)
    size = re.search(r"[ ,](\d{1,6})x(\d{1,6})\b", video[0]) if video else None
    rate = re.search(r"([\d.]+)(k?) fps", video[0]) if video else None
    return MediaInfo(
        duration=_duration(printed),
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        fps=_exact_rate(rate[1] + ("e3" if rate[2] else "")) if rate else None,
        frame_count=count_frames(path) if count and video else None,
        has_audio=re.search(r"Stream #\S+ Audio: ", printed) is not None,
        metadata=_read_metadata(tags),
    )


def describe(path: str | Path) -> str:
    """Return ffmpeg's description of ``path``: streams, codecs, pixel formats. Raises as
    `probe`.
    """
    return _ask(path)[0]


def _ask(path: str | Path) -> tuple[str, str]:
    """Return ffmpeg's description of its input, and the tags in ffmpeg's own metadata format."""
    command = [executable(), *_QUIET, "info", *_existing(path), "-f", "ffmetadata", "-"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True
    )
    if done.returncode != 0:
        _fail(f"read {path}", command, done.stderr)
    printed = done.stderr.decode(errors="replace").partition("\nOutput #")[0]
    return printed, done.stdout.decode(errors="replace")


def count_frames(path: str | Path) -> int:
    """Return the number of frames of ``path``, by decoding every one. Raises as `probe`."""
    opened = ["-xerror", *_existing(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    sums = run([*opened, "-f", "framecrc", "-"], doing=f"decode {path}")
    return sum(1 for line in sums.splitlines() if line and not line.startswith(b"#"))


def decode_frames(path: str | Path) -> Iterator[Picture]:
    """Yield every picture of ``path`` in order, each (H, W, 3) uint8 RGB. Raises as `probe`."""
    opened = ["-nostdin", *_existing(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    opened += ["-vf", "scale=flags=accurate_rnd+full_chroma_int,format=rgb24"]
    arguments = [*opened, "-f", "image2pipe", "-c:v", "ppm", "-"]
    with tempfile.TemporaryFile() as messages:
        process = start(arguments, messages=messages)
        try:
            yield from _read_ppm(_stdout(process))
            if process.wait() != 0:
                messages.seek(0)
                _fail(f"decode {path}", arguments, messages.read())
        finally:
            stop(process)


def decode_audio(path: str | Path, *, rate: int, channels: int = 1) -> npt.NDArray[np.float32]:
    """Return the sound of ``path`` as (samples, channels) at ``rate`` Hz in [-1, 1]. Raises as
    `probe`.

    Sample 0 is the file's second 0: where a video's sound sets in later, silence comes first.
    """
    opened = [*_existing(path), "-map", "0:a:0", "-af", f"aresample={rate}:first_pts=0"]
    opened += ["-ac", str(channels), "-ar", str(rate)]
    raw = run([*opened, "-f", "f32le", "-"], doing=f"decode the sound of {path}")
    return np.frombuffer(raw, dtype="<f4").reshape(-1, channels)


@dataclass(frozen=True)
class Packets:
    """The packets of one stream, in the file's order, with times in seconds.

    ``starts`` and ``lengths`` belong to each other; what the container marks to be thrown away is
    not among them. ``claimed`` is the length that the container states, None where it states none
    (an MPEG stream has none, and ffmpeg only looks at its last packets);
    ``timed`` is False where it has no times either, so that ffmpeg guesses from the bit rate;
    ``streams`` is how many there are in the file.
    """

    starts: tuple[Fraction, ...]
    lengths: tuple[Fraction, ...]
    claimed: Fraction | None
    timed: bool
    streams: int

    @property
    def rows(self) -> Iterator[tuple[Fraction, Fraction]]:
        """Start and length of each."""
        return zip(self.starts, self.lengths, strict=True)


def packets(path: str | Path, kind: str) -> Packets:
    """Read the packets of the first stream of ``kind`` (``v`` or ``a``); nothing is decoded.

    There are none where the file has no such stream. Raises as `probe`.
    """
    chosen = ["-map", f"0:{kind}:0", "-c", "copy", "-f", "framecrc", "-"]
    command = [executable(), *_QUIET, "info", *_existing(path), *chosen]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True
    )
    printed = done.stderr.decode(errors="replace").partition("\nOutput #")[0]
    if done.returncode != 0 and b"matches no streams" not in done.stderr:
        _fail(f"read {path}", command, done.stderr)
    table = done.stdout.decode(errors="replace")
    tick = re.search(r"^#tb 0: (\d+)/(\d+)", table, flags=re.M)
    second = Fraction(int(tick[1]), int(tick[2])) if tick else Fraction(1)
    rows = [row for row in map(_packet, table.splitlines()) if row is not None]
    timed = "Estimating duration" not in printed
    return Packets(
        starts=tuple(start * second for start, _ in rows),
        lengths=tuple(length * second for _, length in rows),
        claimed=_duration(printed) if timed and "Input #0, mpeg" not in printed else None,
        timed=timed,
        streams=len(set(re.findall(r"^ +Stream #(\d+:\d+)", printed, flags=re.M))),
    )


_KEY, _DISCARD = 1, 4  # flags of a packet


def _packet(row: str) -> tuple[int, int] | None:
    """Return time and duration in ticks of a line of ``framecrc``, or None if nothing is shown.

    The columns are stream, decoding time, time, duration, size, sum and, except for a plain key
    frame, flags. Packets that an edit list cuts off have the discard flag.
    """
    if row.startswith("#") or not row.strip():
        return None
    columns = [column.strip() for column in row.split(",")]
    flags = next((int(c[2:], 16) for c in columns[6:] if c.startswith("F=")), _KEY)
    return None if flags & _DISCARD else (int(columns[2]), int(columns[3]))


def count_samples(path: str | Path, *, rate: int) -> int:
    """Return the number of samples at ``rate`` Hz that `decode_audio` gives. Raises as `probe`."""
    opened = [*_existing(path), "-map", "0:a:0", "-af", f"aresample={rate}:first_pts=0"]
    table = run([*opened, "-f", "framecrc", "-"], doing=f"decode the sound of {path}")
    rows = map(_packet, table.decode(errors="replace").splitlines())
    return sum(row[1] for row in rows if row is not None)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End ``process`` if it still runs, and close its pipes."""
    if process.poll() is None:
        process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and not pipe.closed:
            try:
                pipe.close()
            except OSError:  # a pipe whose reader is gone cannot take what was still buffered
                continue
    process.wait()


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise EncodeFailed("ffmpeg was started without an output")
    return process.stdout


def _read_ppm(stream: IO[bytes]) -> Iterator[Picture]:
    while magic := stream.readline():
        if magic.strip() != b"P6":
            raise EncodeFailed("ffmpeg gave something else than pictures")
        width, height = (int(n) for n in stream.readline().split())
        stream.readline()
        raw = stream.read(width * height * 3)
        if len(raw) < width * height * 3:
            raise EncodeFailed("ffmpeg gave half a picture")
        yield np.frombuffer(raw, np.uint8).reshape(height, width, 3)


def _existing(path: str | Path) -> list[str]:
    """Return `source`. Raises `UsageError` where there is no such file."""
    if not is_file(Path(path)):
        raise UsageError(f"file not found: {path}")
    return source(path)


def _duration(printed: str) -> Fraction | None:
    found = re.search(r"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)", printed)
    if found is None:
        return None
    return int(found[1]) * 3600 + int(found[2]) * 60 + Fraction(found[3])


def _exact_rate(printed: str) -> Fraction:
    """Return the rate behind one that ffmpeg rounds to two decimals: 23.98 is 24000/1001."""
    rate = Fraction(printed)
    return ntsc_near(rate, within=Fraction(1, 150)) or rate


def _read_metadata(text: str) -> dict[str, str]:
    """Parse tags in ffmpeg's own metadata format, in which a backslash escapes ``= ; # \\`` and
    \\n.
    """
    tags: dict[str, str] = {}
    for entry in re.findall(r"(?:\\[\s\S]|[^\\\n])+", text.partition("\n")[2]):
        found = re.fullmatch(r"((?:\\[\s\S]|[^\\=])*)=([\s\S]*)", entry)
        if entry.startswith("["):  # tags of a stream or a chapter follow; these are the file's
            break
        if found:
            key, value = (re.sub(r"\\([\s\S])", r"\1", part) for part in found.groups())
            tags[key.lower()] = value
    return tags


def write_metadata(tags: Mapping[str, str]) -> str:
    """Return ``tags`` in ffmpeg's own metadata format, for an ``-f ffmetadata`` input."""
    lines = [";FFMETADATA1"]
    for key, value in tags.items():
        lines.append("=".join(re.sub(r"([=;#\\\n])", r"\\\1", part) for part in (key, value)))
    return "\n".join(lines) + "\n"
