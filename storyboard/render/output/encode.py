"""The encoder: the one owner of the ffmpeg process that makes the film.

Pictures go through a short queue to a thread that feeds ffmpeg, so that painting and encoding
overlap and neither can stall the other for good. The film is written as ``NAME.part``, decoded and
counted, and only then gets its name.
"""

from __future__ import annotations

import queue
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from storyboard.errors import EncodeFailed, UsageError
from storyboard.files import put_in_place, sync_to_disk
from storyboard.media import ffmpeg
from storyboard.media.ffmpeg import Picture
from storyboard.plan import AudioPlan
from storyboard.render.output.containers import CONTAINERS, format_of
from storyboard.render.output.embed import stamp_gif

AUDIO_RATE = 48000
_QUEUED_PICTURES = 8


@dataclass(frozen=True)
class FilmSpec:
    """Specification of a film: ``frame_count`` pictures at ``fps``, with sound and tags.

    ``width`` and ``height`` are pixels; ``crf`` is x264's measure of loss (smaller is better);
    ``tags`` goes into the file's metadata as far as the container holds any; ``quick`` encodes in a
    fraction of the time, to a larger file.
    """

    width: int
    height: int
    fps: Fraction
    frame_count: int
    crf: int = 20
    audio: AudioPlan | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    quick: bool = False

    @property
    def duration(self) -> Fraction:
        """Return seconds from the first picture to the end of the last."""
        return self.frame_count / self.fps


def cut_audio(audio: AudioPlan, start: Fraction, end: Fraction) -> AudioPlan | None:
    """Return the sound of the film's seconds ``start`` to ``end`` as the soundtrack of a film of
    its own.

    None where there is no sound between the two.
    """
    heard_from, heard_until = max(audio.film_start, start), min(audio.film_end, end)
    if heard_from >= heard_until:
        return None
    return replace(
        audio,
        source_start=audio.source_start + heard_from - audio.film_start,
        film_start=heard_from - start,
        film_end=heard_until - start,
    )


class Encoder:
    """Writes a film picture by picture; use it in a ``with`` block.

    >>> with Encoder(Path("film.mp4"), spec) as encoder:
    ...     for picture in pictures:
    ...         encoder.write(picture)

    Leaving the block finishes and checks the film; leaving it with an exception throws the
    unfinished film away. Raises `EncodeFailed` where ffmpeg fails, where more or fewer pictures
    were written than announced, or where the film does not decode to as many. ``ready`` is called
    when the film is whole, right before it gets its name.
    """

    def __init__(
        self, path: Path, spec: FilmSpec, ready: Callable[[], None] = lambda: None
    ) -> None:
        self._ready = ready
        self._path, self._spec = path, spec
        self._part = path.with_name(path.name + ".part")
        self._queue: queue.Queue[Picture | None] = queue.Queue(maxsize=_QUEUED_PICTURES)
        self._error: BaseException | None = None
        self._written = 0
        _refuse_odd_size(path, spec)

    def __enter__(self) -> Self:
        self._part.parent.mkdir(parents=True, exist_ok=True)
        # an orphan of a killed render may still write to its file; it keeps that one, unnamed
        self._part.unlink(missing_ok=True)
        self._messages = tempfile.TemporaryFile()
        self._tags = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8")
        self._tags.write(ffmpeg.write_metadata(self._spec.tags))
        self._tags.flush()
        self._command = encode_arguments(self._path, self._part, self._spec, tags=self._tags.name)
        self._process = ffmpeg.start(self._command, messages=self._messages)
        self._thread = threading.Thread(target=self._feed, name="encoder", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            ffmpeg.stop(self._process)
            if self._thread.is_alive():
                self._queue.put(None)
                self._thread.join()
            self._part.unlink(missing_ok=True)
            self._messages.close()
            self._tags.close()

    def write(self, picture: Picture) -> None:
        """Add one picture, (H, W, 3) uint8 RGB. Waits while the queue is full."""
        expected = (self._spec.height, self._spec.width, 3)
        if picture.shape != expected or picture.dtype != "uint8":
            got = f"{picture.dtype} {picture.shape}"
            raise EncodeFailed(f"a picture must be uint8 {expected}, not {got}")
        if self._error is not None:
            self._fail()
        self._written += 1
        self._queue.put(picture)

    def _feed(self) -> None:
        """Feed ffmpeg in the thread. After an error it drains the queue, so that `write` cannot
        hang.
        """
        pipe = self._process.stdin
        while (picture := self._queue.get()) is not None:
            if self._error is not None or pipe is None:
                continue
            try:
                pipe.write(picture.tobytes())
            except (OSError, ValueError) as error:
                self._error = error
        try:
            if pipe is not None:
                pipe.close()
        except OSError as error:
            self._error = self._error or error

    def _finish(self) -> None:
        self._queue.put(None)
        self._thread.join()
        if self._process.wait() != 0 or self._error is not None:
            self._fail()
        if self._written != self._spec.frame_count:
            raise EncodeFailed(
                f"{self._path.name}: {self._written} pictures were written of "
                f"{self._spec.frame_count}"
            )
        if not self._part.is_file():
            message = f"{self._path.name}: ffmpeg ended with 0 but wrote no film"
            raise EncodeFailed(f"{message}: {ffmpeg.executable()}", command=self._command)
        if self._path.suffix.lower() == ".gif" and "comment" in self._spec.tags:
            stamp_gif(self._part, self._spec.tags)
        check_film(self._part, self._spec, name=self._path.name)
        sync_to_disk(self._part)
        self._ready()
        put_in_place(self._part, self._path)

    def _fail(self) -> None:
        """Raise what went wrong first; ffmpeg's own words say more than a broken pipe."""
        status = self._process.wait()
        self._messages.seek(0)
        messages = ffmpeg.tail(self._messages.read())
        if status == 0 and not messages and not isinstance(self._error, BrokenPipeError | None):
            raise self._error
        how = f"ended with {status}" if status >= 0 else f"was ended by {_signal_name(-status)}"
        if status == 0:
            how += f" after it had read less than all pictures: {ffmpeg.executable()}"
        message = f"{self._path.name}: ffmpeg {how}"
        raise EncodeFailed(message, command=self._command, stderr_tail=messages) from self._error


def check_film(path: Path, spec: FilmSpec, *, name: str = "") -> None:
    """Raise `EncodeFailed` unless ``path`` decodes to exactly what ``spec`` announces."""
    info = ffmpeg.probe(path, count=True)
    name = name or path.name
    if info.frame_count != spec.frame_count:
        raise EncodeFailed(f"{name} holds {info.frame_count} frames of {spec.frame_count}")
    if (info.width, info.height) != (spec.width, spec.height):
        raise EncodeFailed(f"{name} is {info.width}x{info.height}, not {spec.width}x{spec.height}")
    wanted = spec.audio is not None and CONTAINERS[format_of(Path(name))].audio is not None
    if info.has_audio != wanted:
        raise EncodeFailed(f"{name} has {'no' if wanted else 'a'} soundtrack")


def encode_arguments(path: Path, part: Path, spec: FilmSpec, *, tags: str) -> Sequence[str]:
    """Return ffmpeg's arguments: pictures from its standard input, the film to ``part``.

    ``path`` is the film's own name, which says its format; ``tags`` the file with its metadata.
    """
    container = CONTAINERS[format_of(path)]
    rate = f"{spec.fps.numerator}/{spec.fps.denominator}"
    size = f"{spec.width}x{spec.height}"
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-framerate", rate, "-i", "pipe:0")
    arguments = ["-y", *raw, "-f", "ffmetadata", "-i", f"file:{tags}"]
    sound = spec.audio if container.audio is not None else None
    if sound is not None:
        arguments += [*ffmpeg.source(sound.file), "-map", "0:v:0", "-map", "2:a:0"]
        arguments += ["-filter:a", audio_filter(sound, spec.duration), *(container.audio or ())]
    else:
        arguments += ["-map", "0:v:0", "-an"]
    # 1 tick = 1/numerator of a second is exact for every rational rate
    exact = ("-fps_mode:v", "passthrough", "-enc_time_base:v", f"1:{spec.fps.numerator}")
    arguments += [
        "-map_metadata",
        "1",
        *container.video(spec.crf, spec.quick),
        *exact,
        *container.flags,
        "-bitexact",
    ]
    return [*arguments, "-f", container.muxer, f"file:{part}"]


def audio_filter(audio: AudioPlan, duration: Fraction) -> str:
    """Return the filter that makes the file's sound exactly ``duration`` seconds long, to the
    sample.
    """
    first, skipped, until, total = (
        _samples(t) for t in (audio.source_start, audio.film_start, audio.film_end, duration)
    )
    until = min(until, total)
    steps = [
        f"aresample={AUDIO_RATE}:first_pts=0",
        f"atrim=start_sample={first}:end_sample={first + until - skipped}",
        "asetpts=PTS-STARTPTS",
        "aformat=channel_layouts=mono|stereo",
    ]
    if audio.gain_db:
        steps.append(f"volume={audio.gain_db}dB")
    if skipped:
        steps.append(f"adelay=delays={skipped}S:all=1")
    return ",".join([*steps, f"apad=whole_len={total}", f"atrim=end_sample={total}"])


def _samples(time: Fraction) -> int:
    return int(time * AUDIO_RATE + Fraction(1, 2))


def _refuse_odd_size(path: Path, spec: FilmSpec) -> None:
    name = format_of(path)
    if name == "png":
        raise UsageError(f"{path} is a folder; a folder of pictures needs no encoder")
    if CONTAINERS[name].even and (spec.width % 2 or spec.height % 2):
        even = f"{spec.width // 2 * 2}x{spec.height // 2 * 2}"
        raise UsageError(
            f".{name} needs an even width and height: {even} instead of {spec.width}x{spec.height}"
        )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
