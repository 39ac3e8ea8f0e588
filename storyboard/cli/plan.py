"""``storyboard plan``: the film as it will be, before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.console import count, out, out_json, table, warn
from storyboard.cli.planning import Request
from storyboard.cli.shared_options import as_json, out_file, planned
from storyboard.errors import visible
from storyboard.times import minutes

if TYPE_CHECKING:
    from storyboard.plan import Plan, ShotPlan

HEADER = ("shot", "start", "end", "frames", "chain", "drawer", "seed", "zoom", "turn", "done")
SNAPPED = "snapped by"
PROMPT_WIDTH = 60


@click.command()
@planned
@out_file
@as_json
def plan(request: Request, out_file: Path | None, as_json: bool) -> None:
    """Show the film shot by shot before it is drawn.

    Times, frames, prompts, seeds, what the camera does, and what is rendered already.
    """
    from storyboard.render.store.status import status

    reading = request.read()
    resolved = reading.plan
    done = status(resolved, out_file, work=reading.work(out_file))
    if as_json:
        out_json(plan_data(resolved, done))
        return
    out(plan_text(resolved, done))
    for warning in resolved.warnings:
        warn(warning)


def plan_text(plan: Plan, done: dict[str, int]) -> str:
    """Return the film in a line, its shots in a table, their prompts below, and its chains."""
    sound = f", sound {plan.audio.file.name}" if plan.audio else ""
    sound += f", {float(plan.bpm):.4g} bpm" if plan.bpm else ""
    head = (
        f"{visible(plan.title)}: {_pictures(plan)}, {minutes(plan.duration, 3)}, "
        f"quality {plan.quality.name}, seed {plan.seed}{sound}"
    )
    rows = [_row(shot, done.get(shot.name, 0)) for shot in plan.shots]
    header: tuple[str, ...] = HEADER
    if any(shot.moved is not None for shot in plan.shots):
        header = (*HEADER, SNAPPED)
        rows = [(*row, moved(shot)) for row, shot in zip(rows, plan.shots, strict=True)]
    prompts = [(shot.name, line) for shot in plan.shots for line in _prompts(shot)]
    perceptors = sorted({name for shot in plan.shots for name in shot.perceptors})
    return "\n\n".join(
        (
            head,
            table(rows, header=header),
            table(prompts),
            f"perceptors: {', '.join(perceptors)}\n{_chains(plan)}{_loop(plan)}",
        )
    )


def _loop(plan: Plan) -> str:
    if plan.loop is None:
        return ""
    return f"\nloops: {count(plan.loop.frame_count, 'frame')} behind its end lead back to its start"


def _pictures(plan: Plan) -> str:
    """Return size, rate and number of the painted pictures, and of the film's where they differ."""
    painted = f"{plan.width}x{plan.height}, {plan.fps} fps, {count(plan.frame_count, 'frame')}"
    if plan.finish.size is None and plan.finish.fps is None:
        return painted
    width, height = plan.film_size
    film = plan.film
    shown = f"{width}x{height}, {film.fps} fps, {count(film.frame_count, 'frame')}"
    return f"{shown}, painted at {painted}"


def plan_data(plan: Plan, done: dict[str, int]) -> dict[str, Any]:
    """Return the plan as JSON data."""
    return {
        "title": plan.title,
        "size": [plan.width, plan.height],
        "fps": str(plan.fps),
        "frames": plan.frame_count,
        "film": {
            "size": list(plan.film_size),
            "fps": str(plan.film.fps),
            "frames": plan.film.frame_count,
            "finish": plan.finish.digest or None,
        },
        "duration_s": float(plan.duration),
        "quality": plan.quality.name,
        "seed": plan.seed,
        "audio": str(plan.audio.file) if plan.audio else None,
        "bpm": float(plan.bpm) if plan.bpm else None,
        "beats_s": plan.beats.tolist(),
        "marks": {name: float(at) for name, at in plan.marks.items()},
        "digest": plan.digest,
        "warnings": list(plan.warnings),
        "shots": [_shot_data(shot, done.get(shot.name, 0)) for shot in plan.shots],
        "chains": [[shot.name for shot in chain] for chain in plan.chains()],
    }


def _row(shot: ShotPlan, done: int) -> tuple[str, ...]:
    return (
        shot.name,
        minutes(shot.start, 3),
        minutes(shot.end, 3),
        str(shot.frame_count),
        f"{shot.chain + 1}{' cut' if shot.fresh and shot.index else ''}",
        shot.drawer,
        str(shot.seed),
        *camera_way(shot),
        "all" if done == shot.frame_count else str(done),
    )


def _shot_data(shot: ShotPlan, done: int) -> dict[str, Any]:
    from storyboard.timeline.poses import net_motion

    zoom, turn_deg = net_motion(shot)
    return {
        "name": shot.name,
        "start_s": float(shot.start),
        "end_s": float(shot.end),
        "moved_s": None if shot.moved is None else float(shot.moved),
        "first": shot.first,
        "frames": shot.frame_count,
        "chain": shot.chain,
        "cut": shot.fresh,
        "drawer": shot.drawer,
        "options": {
            "drawer": _plain(shot.drawer_options),
            "losses": _plain(shot.loss_options),
            "filters": _plain(shot.filter_options),
        },
        "moving": {name: values.tolist() for name, values in shot.moving.items()},
        "perceptors": list(shot.perceptors),
        "prompts": [source.as_data() for source in shot.sources],
        "seed": shot.seed,
        "net_zoom": zoom,
        "net_turn_deg": turn_deg,
        "digest": shot.digest,
        "frames_done": done,
    }


def _plain(value: Any) -> Any:
    """Return ``value`` with texts in place of paths."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, Path) else value


def _prompts(shot: ShotPlan) -> list[str]:
    """Return a line a prompt: its label, and where its weight goes over the shot."""
    lines = []
    for track in shot.tracks:
        text = track.source.label + (f" -> {track.toward.label}" if track.toward else "")
        text = text if len(text) <= PROMPT_WIDTH else text[: PROMPT_WIDTH - 3] + "..."
        first, last = (track.weights[0], track.weights[-1]) if len(track.weights) else (0.0, 0.0)
        weight = f"{first:.3g}" if first == last else f"{first:.3g} .. {last:.3g}"
        lines.append(f"{text}  ({weight})")
    return lines


def _chains(plan: Plan) -> str:
    """Count the shots that can be worked on side by side, and the longest stretch."""
    chains = plan.chains()
    longest = max(chains, key=lambda chain: sum(shot.frame_count for shot in chain))
    frames = sum(shot.frame_count for shot in longest)
    return f"{count(len(chains), 'chain')}, the longest {count(frames, 'frame')}"


def camera_way(shot: ShotPlan) -> tuple[str, str]:
    """Return the camera's way over the shot: its magnification, and its turn in degrees."""
    from storyboard.timeline.poses import net_motion

    zoom, turn_deg = net_motion(shot)
    return f"x{zoom:.3g}", f"{round(turn_deg, 1) + 0.0:+.1f}°"  # + 0.0: a still camera has no sign


def moved(shot: ShotPlan) -> str:
    """Return by how much ``snap`` moved the start of the shot; empty without ``snap``."""
    return "" if shot.moved is None else f"{float(shot.moved * 1000):+.0f} ms"
