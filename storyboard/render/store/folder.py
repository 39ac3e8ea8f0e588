"""The folder of a film: where everything lies, who works in it, and what was made there.

::

    out/first_light/
        first_light.mp4       the film; first_light.0m04s-0m08s.mp4 is a piece of it
        run.json              for every film here: plan, seeds, versions, device, times, digests;
                              and what the machine chose for it, which every later run obeys
        events.jsonl          what happened, an event a line; added to by every run
        shots/                a folder a shot: frames and checkpoints (see `shots`)
        finished/             a folder a film: what networks made of frames (see `kept`)
        .locks/               a file a shot and a film that is being made (see `locks`)

All but the films may be deleted at any time; it costs only the time to make it again. A film may
also lie elsewhere (`OutputPaths.work`); ``run.json`` then knows it by its whole path.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from storyboard.errors import UsageError
from storyboard.files import friendly_os_errors, sha256
from storyboard.plan import Plan
from storyboard.render.events import Event
from storyboard.render.output.containers import format_of
from storyboard.render.store.choices import MachineChoices
from storyboard.render.store.kept import KeptPictures
from storyboard.render.store.locks import held_briefly
from storyboard.render.store.records import (
    append_line,
    end_line,
    read_object,
    sha256_of,
    write_whole,
)


@dataclass(frozen=True)
class OutputPaths:
    """Output paths of a film: ``film`` is the file, or for PNGs the folder. All else is in the
    folder ``work``; beside the film if that is None.
    """

    film: Path
    work: Path | None = None

    @property
    def folder(self) -> Path:
        """Return the folder of the film's shots, events and run.json."""
        return self.film.parent if self.work is None else self.work

    def name_of(self, film: Path) -> str:
        """Return the name of a film in the folder, or the whole path of one that lies elsewhere."""
        here = film.parent.absolute() == self.folder.absolute()
        return film.name if here else str(film.absolute())

    @property
    def shots(self) -> Path:
        """Return the folder of the shots' folders."""
        return self.folder / "shots"

    @cached_property
    def kept(self) -> KeptPictures:
        """Return the pictures that finishing keeps for the film."""
        return KeptPictures(self.folder / "finished" / self.film.name)


def output_paths(
    plan: Plan, out: str | Path | None = None, *, work: Path | None = None
) -> OutputPaths:
    """Return where the film of ``plan`` goes, ``out`` or ``out/NAME/NAME.mp4``, and its frames.

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
        return OutputPaths(path, work)
    own = plan.own_quality in ("", plan.quality.name)
    quality = "" if own else f".{plan.quality.name}"
    suffix = "-frames" if plan.format == "png" else f".{plan.format}"
    variant = f".{plan.variant}" if plan.variant else ""
    return OutputPaths(Path("out", plan.name, f"{plan.name}{variant}{quality}{suffix}"), work)


def piece_name(film: Path, plan: Plan, first: int, stop: int) -> Path:
    """Return the name of the piece of ``film`` from frame ``first`` to before ``stop``.

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


class EventLog:
    """``events.jsonl``: every event, with the time of day."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "events.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        end_line(self._path)

    def __call__(self, event: Event) -> None:
        """Add a line."""
        append_line(self._path, {"time": round(time.time(), 3), **event.to_json()})


class RunRecord:
    """``run.json``: what is known of every film in a folder, or made from its frames.

    A film is known by its name, one that lies elsewhere by its whole path. The file is read again
    for every change, since several processes may render in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read()

    def _read(self) -> None:
        content = read_object(self._folder / "run.json") or {}
        films = content.get("films")
        known = films.items() if isinstance(films, dict) else ()
        self._films = {name: facts for name, facts in known if isinstance(facts, dict)}
        self._choices: Any = content.get("choices", {})
        efforts = content.get("efforts")
        self._efforts: dict[str, Any] = efforts if isinstance(efforts, dict) else {}

    def _name(self, path: Path) -> str:
        return OutputPaths(path, self._folder).name_of(path)

    def film(self, path: Path) -> dict[str, Any]:
        """Return what is known of the film at ``path``, also by the ``run.json`` beside it; empty
        for an unknown one.
        """
        name = self._name(path)
        if name in self._films or name == path.name:
            return self._films.get(name, {})
        return RunRecord(path.parent).film(path)

    def note(self, path: Path, **facts: Any) -> None:
        """Add ``facts`` to what is known of the film at ``path``, and save."""
        with self._changed():
            self._films[self._name(path)] = {**self.film(path), **facts}

    def keep_as_earlier(self, path: Path) -> Path:
        """Rename the film at ``path`` to ``NAME.earlier-1.mp4``, or the next number that is free;
        return where it is now. Raises `StoryboardError`.
        """
        for number in count(1):
            kept = path.with_name(f"{path.stem}.earlier-{number}{path.suffix}")
            if not kept.exists() and self._name(kept) not in self._films:
                break
        self.note(kept, **self.film(path))
        with friendly_os_errors(kept):
            path.rename(kept)
        with self._changed():
            self._films.pop(self._name(path), None)
        return kept

    def choices(self, path: Path, plan: Plan) -> MachineChoices | None:
        """Return what was chosen for the film of ``plan`` at ``path``, or for another film of the
        same plan; None for nothing yet. Raises `UsageError` for what cannot be read.
        """
        self._read()
        where = f"{self._folder / 'run.json'}, choices"
        if not isinstance(self._choices, dict):
            MachineChoices.from_json(self._choices, where=where)
        name = self._name(path)
        known = self._choices.get(name)
        if known is None:
            others = filter(_is_object, self._choices.values())
            known = next((one for one in others if one.get("plan") == plan.digest), None)
        if known is None or (_is_object(known) and known.get("quality") != plan.quality.name):
            return None
        if _is_object(known):
            known = {key: known[key] for key in known.keys() - {"quality", "plan"}}
        return MachineChoices.from_json(known, where=f"{where} of {name}")

    def note_choices(self, path: Path, plan: Plan, choices: MachineChoices) -> None:
        """Write down what was chosen for ``plan``, whose film is at ``path``, and save."""
        identity = {"plan": plan.digest, "quality": plan.quality.name}
        with self._changed():
            known = self._choices if isinstance(self._choices, dict) else {}
            self._choices = {**known, self._name(path): {**identity, **choices.to_json()}}

    def effort(self, path: Path) -> dict[str, Any] | None:
        """Return the effort that was chosen for the film at ``path``, as `note_effort` was given
        it; None for none. Raises `UsageError` for what cannot be read.
        """
        self._read()
        known = self._efforts.get(self._name(path))
        if known is not None and not (_is_object(known) and _is_object(known.get("effort"))):
            where = f"{self._folder / 'run.json'}, efforts of {self._name(path)}"
            raise UsageError(f"{where}: {known!r} is not an effort; --fresh chooses anew")
        return known

    def note_effort(self, path: Path, chosen: dict[str, Any]) -> None:
        """Write down what was ``chosen`` for the film at ``path``: its ``effort`` and why."""
        with self._changed():
            self._efforts = {**self._efforts, self._name(path): chosen}

    @contextmanager
    def _changed(self) -> Iterator[None]:
        """Read the file, have it changed within the block, and write it: one process at a time."""
        with held_briefly(self._folder, "run.json"):
            self._read()
            yield
            content = {"films": self._films, "choices": self._choices}
            content |= {"efforts": self._efforts} if self._efforts else {}
            body = json.dumps(content, indent=1, sort_keys=True, default=str)
            write_whole(self._folder / "run.json", body.encode() + b"\n")

    def is_ours(self, path: Path) -> bool:
        """Return True if the film at ``path`` is, byte for byte, one that was written here.

        Also true if a process died while it wrote the film, which may be complete.
        """
        known = self.film(path)
        if known.get("state") == "encoding":
            return True
        return known.get("sha256") is not None and known["sha256"] == film_digest(path)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def unknown_files(folder: Path) -> list[str]:
    """Return names of what lies in a film's folder of pictures and is no numbered picture.

    What file managers leave wherever they look is nobody's.
    """
    known = r"\d{5,}\.(png|svg)|\.DS_Store|Thumbs\.db|desktop\.ini"
    return sorted(p.name for p in folder.iterdir() if not re.fullmatch(known, p.name))


def film_digest(path: Path) -> str | None:
    """Return the digest of a film: a file, or all pictures of a folder; None where there is
    nothing.
    """
    if not path.is_dir():
        return sha256_of(path)
    pictures = sorted(p for p in path.iterdir() if p.suffix in (".png", ".svg"))
    return sha256("\n".join(f"{p.name} {sha256_of(p)}" for p in pictures).encode())
