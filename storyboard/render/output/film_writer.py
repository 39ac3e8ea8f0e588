"""From frames on the disk to the film: any stretch of it, with its piece of the sound."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import EncodeFailed, Interrupted
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render.events import Event, OnEvent
from storyboard.render.finish import Keep, Read, film_frame, finished, needed, unkept
from storyboard.render.looping import seamless, with_loop
from storyboard.render.output.containers import CONTAINERS, format_of
from storyboard.render.output.embed import film_tags, png_bytes
from storyboard.render.output.encode import Encoder, FilmSpec, cut_audio
from storyboard.render.output.flash_watch import FlashWatch
from storyboard.render.store.frame_store import FolderStore
from storyboard.render.store.records import friendly_os_errors

_EVENT_EVERY = 20  # of a film's frames, one event in so many parts


@dataclass(frozen=True)
class FilmPiece:
    """The part of ``plan``'s film, to be written to ``path``, in which the painted frames ``first``
    to before ``stop`` are seen.
    """

    plan: Plan
    path: Path
    first: int
    stop: int

    @property
    def frames(self) -> range:
        """Return the frames of the film, numbered as in ``plan.film``."""
        return range(film_frame(self.plan, self.first), film_frame(self.plan, self.stop))

    def __len__(self) -> int:
        return len(self.frames)

    def needed(self) -> frozenset[int]:
        """Return the painted frames that it is made of."""
        return with_loop(self.plan, needed(self.plan, self.frames.start, self.frames.stop))

    def spec(self, *, embed: bool) -> FilmSpec:
        """Return the specification for the encoder."""
        plan, film, frames = self.plan, self.plan.film, self.frames
        start, end = (n / film.fps for n in (frames.start, frames.stop))
        return FilmSpec(
            width=plan.film_size[0],
            height=plan.film_size[1],
            fps=film.fps,
            frame_count=len(frames),
            crf=plan.quality.crf,
            audio=cut_audio(plan.audio, start, end) if plan.audio else None,
            tags=film_tags(plan, embed=embed),
        )

    def pictures(
        self, shots: Path, *, keep: Keep = unkept, device: str = "cpu"
    ) -> Iterator[Picture]:
        """Yield the film's pictures in order, from the shots' folders; as `finished`."""
        first, stop = self.frames.start, self.frames.stop
        read = stored(self.plan, shots)
        return finished(self.plan, read, first=first, stop=stop, keep=keep, device=device)


def stored(plan: Plan, shots: Path) -> Read:
    """Return what reads the pictures of ``plan``, by their numbers, from its folders: the painted
    ones, those of a loop dissolved into one another.
    """
    store, painted = FolderStore(shots), plan.painted

    def read(number: int) -> Picture:
        shot = painted.shot_at(number)
        return store.read_frame(shot, number - shot.first)

    return seamless(plan, read)


def write_piece(
    piece: FilmPiece,
    pictures: Iterator[Picture],
    *,
    embed: bool,
    on_event: OnEvent,
    stop: Callable[[], bool],
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Write the film of ``piece`` from its ``pictures``. Raises `EncodeFailed`, `Interrupted`.

    ``ready`` is called when the film is whole, right before it gets its name.
    """
    spec = piece.spec(embed=embed)
    form = format_of(piece.path)
    if piece.plan.audio is not None and (form == "png" or CONTAINERS[form].audio is None):
        kind = "a folder of pictures" if form == "png" else f"a .{form}"
        on_event(Event("warning", message=f"{kind} holds no sound; the soundtrack is left out"))
    with friendly_os_errors(piece.path):
        pictures = _followed(piece, pictures, on_event=on_event, stop=stop)
        if form == "png":
            _write_folder(piece.path, spec, pictures, ready)
        else:
            with Encoder(piece.path, spec, ready) as encoder:
                for picture in pictures:
                    encoder.write(picture)


def _followed(
    piece: FilmPiece, pictures: Iterator[Picture], *, on_event: OnEvent, stop: Callable[[], bool]
) -> Iterator[Picture]:
    """Yield the pictures, with an event now and then, until asked to stop; at the end a warning if
    they flash.
    """
    step = max(len(piece) // _EVENT_EVERY, 1)
    fps = piece.plan.film.fps
    file, watch = str(piece.path), FlashWatch(fps, piece.frames.start / fps)
    for done, picture in enumerate(pictures):
        if stop():
            raise Interrupted("stopped while the film was written; all its frames are there")
        if done % step == 0:
            on_event(Event("encode", done=done, of=len(piece), file=file))
        watch.see(picture)
        yield picture
    on_event(Event("encode", done=len(piece), of=len(piece), file=file))
    if watch.warning is not None:
        on_event(Event("warning", message=watch.warning))


def _write_folder(
    path: Path, spec: FilmSpec, pictures: Iterator[Picture], ready: Callable[[], None]
) -> None:
    """Write PNGs numbered from 00001 into a folder that appears when it is complete."""
    part = path.with_name(path.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    count = 0
    try:
        for count, picture in enumerate(pictures, start=1):
            (part / f"{count:05d}.png").write_bytes(png_bytes(picture, spec.tags))
        if count != spec.frame_count:
            raise EncodeFailed(f"{path.name}: {count} pictures of {spec.frame_count}")
        ready()
        if path.exists():
            shutil.rmtree(path)
        part.replace(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
