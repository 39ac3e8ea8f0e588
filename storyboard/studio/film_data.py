"""A film as the page draws it: plain data for JSON. Times are film seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.audio.peaks import peak_rate
from storyboard.errors import Problem, StoryboardError
from storyboard.motion.path_matrices import views
from storyboard.plan import POSE_FIELDS, Floats, Plan, ShotPlan
from storyboard.story import Story
from storyboard.studio.places import border_after, prompt_places, written_curves
from storyboard.studio.reading import ReadFilm, Reading
from storyboard.timeline.marks import read_sung
from storyboard.timeline.schedule import FilmSchedule
from storyboard.timeline.soundtrack import shift_of

MOST_CURVE_POINTS = 3000
"""Values of a curve that are sent; of more every n-th."""

STILL = {"zoom": 1.0, "zoom_x": 1.0, "zoom_y": 1.0}
"""Where a field of the camera does not stand at 0 in a still camera, of those that are shown."""

HIDDEN = frozenset({"pivot_x", "pivot_y", "fov", "swirl_radius", "ripple_length"})
"""Fields of the camera that are drawn only where they change."""


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem for the page."""
    return {key: value for key, value in asdict(problem).items() if key != "file"}


def film_data(reading: Reading, project: Path) -> dict[str, Any] | None:
    """Return the film of a story: facts, times, shots; None where there is none.

    Files are named only where they lie in the folder ``project``.
    """
    film = reading.film
    if film is None:
        return None
    plan, when = film.plan, film.when
    clock = when.clock
    return {
        "title": plan.title,
        "size": list(plan.film_size),
        "painted": [plan.width, plan.height],
        "fps": float(plan.fps),
        "frames": plan.frame_count,
        "duration": float(plan.duration),
        "quality": plan.quality.name,
        "seed": plan.seed,
        "digest": plan.digest,
        "bpm": None if clock.bpm is None else float(clock.bpm),
        "beats_per_bar": clock.beats_per_bar,
        "beats": _beats(when, plan),
        "marks": {name: float(at) for name, at in clock.marks.items()},
        "free_marks": _free_marks(reading.data),
        "snap": _snap(film.story),
        "audio": _audio(plan, project),
        "lyrics": _lyrics(film),
        "shots": [_shot(reading, film, index) for index in range(len(plan.shots))],
    }


def _beats(when: FilmSchedule, plan: Plan) -> list[list[float]]:
    """Return number and time of every beat of the film."""
    grid = when.clock.beats
    if grid is None:
        return []
    times = grid.between(plan.duration * 0, plan.duration + 1 / plan.fps)
    return [[round(grid.beat(at)), float(at)] for at in times]


def _free_marks(data: Mapping[str, Any]) -> list[str]:
    """Return the marks that are one written time each, so that they can be moved."""
    marks = data.get("marks")
    return [n for n, v in marks.items() if not isinstance(v, Mapping)] if marks else []


def _snap(story: Story) -> str | None:
    """Return what the story's own borders snap to, None for nothing."""
    levels = (story.spec.defaults, story.spec)
    found = (level.snap.to for level in levels if level is not None and level.snap)
    to = next(found, None)
    return None if to == "none" else to


def _audio(plan: Plan, project: Path) -> dict[str, Any] | None:
    if plan.audio is None:
        return None
    audio = plan.audio
    return {
        "name": audio.file.name,
        "source_start": float(audio.source_start),
        "start": float(audio.film_start),
        "end": float(audio.film_end),
        "rate": peak_rate(float(plan.duration)),
        "inside": is_inside(audio.file, project),
    }


def is_inside(file: Path, folder: Path) -> bool:
    """Return whether ``file``, its links followed, lies in ``folder``."""
    try:
        return file.resolve().is_relative_to(folder.resolve())
    except OSError:
        return False


def _lyrics(film: ReadFilm) -> list[dict[str, Any]]:
    """Return the lines of the story's lyrics."""
    spec = film.story.spec.lyrics
    if spec is None:
        return []
    try:
        shift = film.when.shift + shift_of(spec.offset, film.when.clock)
        lines = read_sung(film.story.folder / spec.file, by_word=False)
    except StoryboardError:
        return []
    ends = [None if line.end is None else float(line.end + shift) for line in lines]
    return [
        {"start": float(line.start + shift), "end": end, "text": line.text}
        for line, end in zip(lines, ends, strict=True)
    ]


def _shot(reading: Reading, film: ReadFilm, index: int) -> dict[str, Any]:
    shot, slot = film.plan.shots[index], film.when.slots[index]
    places = prompt_places(reading.data, slot.path)
    border = border_after(reading.data, film.when.slots, index)
    place = film.story.source.values.get(film.story.source.known(slot.path))
    return {
        "name": shot.name,
        "path": list(slot.path),
        "line": place.line if place else None,
        "start": float(shot.start),
        "end": float(shot.end),
        "first": shot.first,
        "frames": shot.frame_count,
        "cut": shot.fresh,
        "chain": shot.chain,
        "drawer": shot.drawer,
        "edge": shot.border,
        "prompts": [one.to_json() for one in places],
        "label": " | ".join(one.text for one in places) or _label(shot),
        "border": {"way": border.way, "fixed": border.fixed},
    }


def _label(shot: ShotPlan) -> str:
    return " | ".join(source.label for source in shot.sources)


def curve_data(reading: Reading, first: int, stop: int) -> dict[str, Any]:
    """Return the curves of the frames ``first`` to ``stop``: every ``step``-th, by name; of each
    shot the camera's curves as they are written.
    """
    film = reading.film
    if film is None:
        return {}
    plan = film.plan
    first, stop = max(first, 0), min(stop, plan.frame_count)
    step = max(1, -(-(stop - first) // MOST_CURVE_POINTS))
    frames = np.arange(first, stop, step)
    poses = _of_frames(plan, frames, lambda shot: shot.poses)
    return {
        "first": first,
        "step": step,
        "curves": dict(_curves(plan, frames, poses)),
        "weights": _weights(plan, frames),
        "written": _written(reading, film, first, stop),
    }


def view_data(plan: Plan, first: int, stop: int) -> list[list[float]]:
    """Return the matrix from the first view of its chain to that of every frame from ``first`` to
    ``stop``, row by row: of two frames of a chain, ``b @ inverse(a)`` leads from one to the other.

    Convention: 3x3, as `storyboard.motion.matrices.matrix`; what no matrix does is left out, and
    depth is taken as a plane.
    """
    aspect = plan.width / plan.height
    parts, before = list[Floats](), np.eye(3)
    for shot in plan.shots:
        ends = np.array(
            [[getattr(pose, n) for n in POSE_FIELDS] for pose in (shot.entry, shot.exit)]
        )
        entry, leave = views(ends, aspect)
        before = entry if shot.fresh else before
        start = np.linalg.inv(entry) @ before
        inside = slice(max(first - shot.first, 0), max(stop - shot.first, 0))
        parts.append(views(shot.poses[inside], aspect) @ start)
        before = leave @ start
    flat = np.concatenate(parts).reshape(-1, 9)
    return [[float(f"{value:.7g}") for value in row] for row in flat]


def _of_frames(plan: Plan, frames: Any, rows: Any) -> Floats:
    """Return a row for each of ``frames`` of what ``rows`` gives for the shots."""
    parts = [
        rows(shot)[frames[(frames >= shot.first) & (frames < shot.stop)] - shot.first]
        for shot in plan.shots
    ]
    joined: Floats = np.concatenate(parts)
    return joined


def _curves(plan: Plan, frames: Any, poses: Floats) -> Iterator[tuple[str, list[float]]]:
    """Yield the camera's curves that leave their place, and the four that people look for."""
    for place, name in enumerate(POSE_FIELDS):
        values = poses[:, place]
        still = STILL.get(name, 0.0)
        moves = bool(np.ptp(values) > 1e-9) if len(values) else False
        asked = name in ("zoom", "rotate", "pan_x", "pan_y")
        if asked or moves or (name not in HIDDEN and np.any(np.abs(values - still) > 1e-9)):
            yield name, _short(values)
    for name in sorted({name for shot in plan.shots for name in shot.values}):
        values = _of_frames(plan, frames, lambda shot, n=name: _values(shot, n))
        if name.startswith(("filters.", "losses.")) and np.any(values):
            yield name, _short(values)


def _values(shot: ShotPlan, name: str) -> Floats:
    found = shot.values.get(name)
    return np.zeros(shot.frame_count) if found is None else found


def _weights(plan: Plan, frames: Any) -> list[dict[str, Any]]:
    """Return the weight of every prompt over the frames of its shot: a line each."""
    lines = []
    for index, shot in enumerate(plan.shots):
        inside = frames[(frames >= shot.first) & (frames < shot.stop)]
        if not len(inside):
            continue
        for track in shot.tracks:
            values = _short(track.weights[inside - shot.first])
            label = track.source.label + (f" -> {track.toward.label}" if track.toward else "")
            lines.append({"shot": index, "at": int(inside[0]), "label": label, "values": values})
    return lines


def _written(reading: Reading, film: ReadFilm, first: int, stop: int) -> list[dict[str, Any]]:
    found = []
    for index, (shot, slot) in enumerate(zip(film.plan.shots, film.when.slots, strict=True)):
        if shot.first < stop and shot.stop > first:
            curves = written_curves(reading.data, slot, film.when.clock)
            found.append({"shot": index, "curves": [curve.to_json() for curve in curves]})
    return found


def _short(values: Floats) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
