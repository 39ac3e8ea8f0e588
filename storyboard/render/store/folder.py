"""The folder of a film: where everything lies, who works in it, and what was made there.

::

    out/first_light/
        first_light.mp4       the film; first_light.0m04s-0m08s.mp4 is a piece of it
        run.json              for every film here: plan, seeds, versions, device, times, digests;
                              and what the machine chose for it, which every later run obeys
        events.jsonl          what happened, an event a line; added to by every run
        shots/                a folder a shot: frames and checkpoints (see `shots`)
        finished/             a folder a film: what networks made of frames (see `kept`)
        .lock                 held by the process that renders here; holds its number

All but the films may be deleted at any time; it costs only the time to make it again.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import IO, Any

from storyboard.errors import FolderBusy, Interrupted, UsageError
from storyboard.files import sha256, told_plainly
from storyboard.plan import Plan
from storyboard.render.events import Event
from storyboard.render.output.containers import format_of
from storyboard.render.store.choices import MachineChoices
from storyboard.render.store.kept import KeptPictures
from storyboard.render.store.records import (
    append_line,
    mend_lines,
    read_object,
    sha256_of,
    write_whole,
)

_ASK_AGAIN_S = 0.2


@dataclass(frozen=True)
class FilmPlace:
    """Where a film goes: ``film`` is the file, or for PNGs the folder; the rest lies beside it."""

    film: Path

    @property
    def folder(self) -> Path:
        """The folder of the film's shots, events and run.json."""
        return self.film.parent

    @property
    def shots(self) -> Path:
        """The folder of the shots' folders."""
        return self.folder / "shots"

    @cached_property
    def kept(self) -> KeptPictures:
        """The pictures that finishing keeps for the film."""
        return KeptPictures(self.folder / "finished" / self.film.name)


def place_of(plan: Plan, out: str | Path | None = None) -> FilmPlace:
    """Where the film of ``plan`` goes: ``out``, or ``out/NAME/NAME.mp4``.

    Another quality than the one that the story itself names stands in the file's name, and so does
    what else was set from outside, so that a draft or a variant never replaces the film. Raises
    `UsageError` for a suffix that is no film's.
    """
    if out is not None:
        path = Path(out)
        pictures = plan.format == "png" or (path / "00001.png").is_file()
        if path.is_dir() and format_of(path) == "png" and not pictures:
            raise UsageError(f"{path} is a folder; name a file in it, such as {plan.name}.mp4")
        format_of(path)
        return FilmPlace(path)
    own = plan.own_quality in ("", plan.quality.name)
    quality = "" if own else f".{plan.quality.name}"
    suffix = "-frames" if plan.format == "png" else f".{plan.format}"
    variant = f".{plan.variant}" if plan.variant else ""
    return FilmPlace(Path("out", plan.name, f"{plan.name}{variant}{quality}{suffix}"))


def piece_name(film: Path, plan: Plan, first: int, stop: int) -> Path:
    """The name of the piece of ``film`` from frame ``first`` to before ``stop``.

    ``film.mp4`` becomes ``film.0m04s-0m08s.mp4``; the film itself where the piece is all of it.
    """
    if (first, stop) == (0, plan.frame_count):
        return film
    start, end = (_clock(frame / plan.fps) for frame in (first, stop))
    if format_of(film) == "png":
        return film.with_name(f"{film.name}-{start}-{end}")
    return film.with_name(f"{film.stem}.{start}-{end}{film.suffix}")


def _clock(seconds: Fraction) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    whole, rest = divmod(milliseconds, 1000)
    return f"{minutes}m{whole:02d}s{rest:03d}" if rest else f"{minutes}m{whole:02d}s"


@contextmanager
def locked(
    folder: Path, *, wait: bool = False, stop: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Within the block no other process renders into ``folder``.

    The lock belongs to the open file, so the system takes it back when a process dies, however it
    dies. Raises `FolderBusy` with the other process's number, or with ``wait`` waits for its end,
    until ``stop`` says True: then it raises `Interrupted`.
    """
    with told_plainly(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("a+", encoding="ascii")
    with file:
        while not _try_lock(file):
            if not wait:
                file.seek(0)
                told = file.read().strip()
                raise FolderBusy(str(folder), int(told) if told.isdecimal() else 0)
            if stop():
                raise Interrupted(f"stopped while another process rendered in {folder}")
            time.sleep(_ASK_AGAIN_S)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        try:
            file.seek(1 << 30)  # a byte that holds nothing: a locked one cannot be read
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class EventLog:
    """``events.jsonl``: every event, with the time of day."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "events.jsonl"
        mend_lines(self._path)

    def __call__(self, event: Event) -> None:
        """Add a line."""
        append_line(self._path, {"time": round(time.time(), 3), **event.to_json()})


class RunRecord:
    """``run.json``: what is known of every film in a folder, by the film's name."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "run.json"
        content = read_object(self._path) or {}
        films = content.get("films")
        known = films.items() if isinstance(films, dict) else ()
        self._films = {name: facts for name, facts in known if isinstance(facts, dict)}
        self._choices: Any = content.get("choices", {})

    def film(self, path: Path) -> dict[str, Any]:
        """What is known of the film at ``path``; empty for an unknown one."""
        return self._films.get(path.name, {})

    def note(self, path: Path, **facts: Any) -> None:
        """Add ``facts`` to what is known of the film at ``path``, and save."""
        self._films[path.name] = {**self.film(path), **facts}
        self._save()

    def keep_as_earlier(self, path: Path) -> Path:
        """Rename the film at ``path`` to ``NAME.earlier-1.mp4``, or the next number that is free;
        return where it is now. Raises `StoryboardError`.
        """
        for number in count(1):
            kept = path.with_name(f"{path.stem}.earlier-{number}{path.suffix}")
            if not kept.exists() and kept.name not in self._films:
                break
        self.note(kept, **self.film(path))
        with told_plainly(kept):
            path.rename(kept)
        del self._films[path.name]
        self._save()
        return kept

    def choices(self, path: Path, quality: str) -> MachineChoices | None:
        """Return what was chosen for the film at ``path`` in ``quality``; None for nothing yet.

        Raises `UsageError` for what cannot be read.
        """
        where = f"{self._path}, choices"
        if not isinstance(self._choices, dict):
            MachineChoices.from_json(self._choices, where=where)
        known = self._choices.get(path.name, {"quality": None})
        if isinstance(known, dict):
            if known.get("quality") != quality:
                return None
            known = {key: known[key] for key in known.keys() - {"quality", "plan"}}
        return MachineChoices.from_json(known, where=f"{where} of {path.name}")

    def note_choices(self, path: Path, plan: Plan, choices: MachineChoices) -> None:
        """Write down what was chosen for ``plan``, whose film is at ``path``, and save."""
        known = self._choices if isinstance(self._choices, dict) else {}
        told = {"plan": plan.digest, "quality": plan.quality.name}
        self._choices = {**known, path.name: {**told, **choices.to_json()}}
        self._save()

    def _save(self) -> None:
        content = {"films": self._films, "choices": self._choices}
        body = json.dumps(content, indent=1, sort_keys=True, default=str)
        write_whole(self._path, body.encode() + b"\n")

    def is_ours(self, path: Path) -> bool:
        """Whether the film at ``path`` is, byte for byte, one that was made here.

        Also where a process died while it wrote the film: it may have come to its end.
        """
        known = self.film(path)
        if known.get("state") == "encoding":
            return True
        return known.get("sha256") is not None and known["sha256"] == film_digest(path)


def strangers(folder: Path) -> list[str]:
    """Names of what lies in a film's folder of pictures and is no numbered picture.

    What file managers leave wherever they look is nobody's.
    """
    known = r"\d{5,}\.(png|svg)|\.DS_Store|Thumbs\.db|desktop\.ini"
    return sorted(p.name for p in folder.iterdir() if not re.fullmatch(known, p.name))


def film_digest(path: Path) -> str | None:
    """The digest of a film: a file, or all pictures of a folder; None where there is nothing."""
    if not path.is_dir():
        return sha256_of(path)
    pictures = sorted(p for p in path.iterdir() if p.suffix in (".png", ".svg"))
    return sha256("\n".join(f"{p.name} {sha256_of(p)}" for p in pictures).encode())
