"""Digests: a name for all that a shot's pictures depend on, so that what changed is known.

Seeds: one number from a story's seed, a shot's name and a frame, the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.drawers import drawers
from storyboard.files import file_digest, path_digest, sha256
from storyboard.perceptors import digest
from storyboard.plan import DepthPlan, ShotPlan, StereoPlan, VideoPlan
from storyboard.timeline.effects import filter_of, unseen_filters

#: Raised by one when the same plan would be painted differently.
ALGORITHM = "storyboard-pictures-2"


def digested(
    shots: Sequence[ShotPlan], size: tuple[int, int], stereo: StereoPlan | None = None
) -> tuple[ShotPlan, ...]:
    """Return the shots, in film order, with their digests; ``size`` is (width, height) in pixels.

    A digest covers all that the pictures depend on, down to the contents of a model's files, and
    the digest of the shot that it flows from. Where in the film a shot lies is no part of it.
    """
    models = {name: digest(name) for name in {n for shot in shots for n in shot.perceptors}}
    clips = {file: file_digest(file) for file in {s.video.file for s in shots if s.video}}
    files = {file: file_digest(file) for file in set(chain.from_iterable(map(_files, shots)))}
    files |= {path: path_digest(path) for path in set(chain.from_iterable(map(_needs, shots)))}
    done: list[ShotPlan] = []
    for shot in shots:
        before = None if shot.fresh or not done else (done[-1].digest, done[-1].exit)
        own = [
            *_of_shot(shot, models, files),
            *_of_clip(shot.video, clips),
            *([] if shot.opening is None else [("init", shot.opening)]),
            *_of_space(shot.depth, stereo),
        ]
        done.append(replace(shot, digest=digest_of(ALGORITHM, size, own, before)))
    return tuple(done)


def _of_shot(shot: ShotPlan, models: Mapping[str, str], files: Mapping[Path, str]) -> list[Any]:
    """Return what a shot's own pictures depend on; ``files`` go in by their contents."""
    options = drawers.resolve(shot.drawer, shot.drawer_options)
    unseen = unseen_filters(shot)
    filters = {name: given for name, given in shot.filter_options.items() if name not in unseen}
    parts = ((shot.drawer, options), shot.loss_options, filters)
    drawer, of_losses, of_filters = (_by_contents(one, files) for one in parts)
    values, moving = (
        {key: one for key, one in table.items() if filter_of(key) not in unseen}
        for table in (shot.values, shot.moving)
    )
    values = {name: v for name, v in values.items() if not name.startswith("perceptors.")}
    seeing = [(models[name], shot.values[f"perceptors.{name}"]) for name in shot.perceptors]
    return [
        drawer,
        seeing,
        shot.tracks,
        (shot.poses, shot.entry),
        (shot.border, shot.border_color, shot.resample, shot.cut_batch),
        values,
        (of_losses, of_filters, list(filters)),
        (shot.seed, shot.name, shot.frame_count),
        *([("moving", moving)] if moving else []),
        *([("masks", shot.loss_masks)] if shot.loss_masks else []),
        *([("clips", shot.clip_times)] if shot.clip_times else []),
        *([("growth", shot.growth.best)] if shot.growth else []),
        *(files[path] for path in _needs(shot)),
    ]


def _files(shot: ShotPlan) -> Iterator[Path]:
    """Yield the files that the shot's options name."""
    rooms = (shot.loss_options, shot.filter_options, {shot.drawer: shot.drawer_options})
    for options in chain.from_iterable(room.values() for room in rooms):
        yield from (value for value in options.values() if isinstance(value, Path))


def _needs(shot: ShotPlan) -> list[Path]:
    """Return what the shot's drawer reads beside its options: the weights of its model."""
    options = drawers.resolve(shot.drawer, shot.drawer_options)
    return [need.path for need in drawers.record(shot.drawer).asked(options) if not need.missing]


def _by_contents(value: Any, files: Mapping[Path, str]) -> Any:
    """Return ``value`` with the digest of its contents in place of every file in it."""
    if isinstance(value, Mapping):
        return {key: _by_contents(one, files) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(_by_contents(one, files) for one in value)
    return files[value] if isinstance(value, Path) else value


def _of_clip(video: VideoPlan | None, clips: Mapping[Path, str]) -> list[Any]:
    """Return what a shot's pictures depend on of its clip: the file goes in by its contents."""
    if video is None:
        return []
    kept = [(video.keep, video.depth_model)] if video.keep else []
    return [(clips[video.file], video.times, video.fit, video.flow), *kept]


def _of_space(depth: DepthPlan | None, stereo: StereoPlan | None) -> list[Any]:
    """Return what a shot's pictures depend on of its depth and its eyes: files go in by
    their contents.
    """
    found: list[Any] = [] if stereo is None else [("stereo", stereo)]
    if depth is not None:
        folder = Path(depth.model) if depth.model else None
        inside = sorted(folder.rglob("*")) if folder and folder.is_dir() else []
        files = [one for one in (depth.file, *inside) if one is not None and one.is_file()]
        model = "" if inside else depth.model
        parts = replace(depth, file=None, model=model)
        found.append(("depth", parts, [(one.name, file_digest(one)) for one in files]))
    return found


def digest_of(*parts: Any) -> str:
    """Return SHA-256, in hexadecimal, over the canonical JSON of ``parts``.

    Arrays go in by the digest of their bytes, fractions as text, dataclasses field by field, those
    fields left out that do not count when two are compared: a prompt's file, which goes in by the
    digest of its contents.
    """
    text = json.dumps([_plain(part) for part in parts], sort_keys=True, allow_nan=True)
    return sha256(text.encode())


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value, dtype="<f8")
        return [list(data.shape), sha256(data.tobytes())]
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.compare}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def frame_seed(story_seed: int | str, shot: str, local: int) -> int:
    """Return 63-bit seed of frame ``local`` of ``shot``.

    ``story_seed`` may be a word; a text of digits is the number. Depends on nothing else, so a
    film rendered in parts draws the same random numbers as one rendered whole.
    """
    if isinstance(story_seed, str) and story_seed.strip().isdecimal():
        story_seed = int(story_seed)
    text = f"{type(story_seed).__name__}:{story_seed}\0{shot}\0{local}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


@dataclass(frozen=True)
class FrameSeeds(Sequence[int]):
    """The `frame_seed` of every frame of a shot, each computed when it is read."""

    story_seed: int
    shot: str
    frames: int

    def __len__(self) -> int:
        return self.frames

    def __getitem__(self, local: int) -> int:  # type: ignore[override]
        return frame_seed(self.story_seed, self.shot, range(self.frames)[local])


def seed_number(written: int | str) -> int:
    """Return the number that a seed stands for: itself, or 32 bits hashed from a word, which a
    float holds, as expressions read it too.
    """
    if isinstance(written, int):
        return written
    return int(sha256(written.encode())[:8], 16)
