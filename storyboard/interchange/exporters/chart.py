"""A film drawn as curves over its time: camera, prompts, filters and the rest, beats and marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from storyboard.errors import UsageError
from storyboard.files import friendly_os_errors
from storyboard.interchange.exporters.columns import PROMPT, columns
from storyboard.plan import POSE_FIELDS, Floats, Plan
from storyboard.timeline.beat_markers import BeatMarkers
from storyboard.timeline.poses import FACTORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")

_GROUND, _PANEL, _INK, _FAINT = "#12151c", "#191d27", "#e6e9f0", "#8a93a6"
_SHOTS, _BEAT, _BAR, _MARK = ("#2c3550", "#3a4566"), "#6d7690", "#f2b84b", "#ff8c69"
_CAMERA = ("#5fb3d9", "#3fc1b0", "#7d8cff", "#8ccf5a", "#82aaff", "#c3e88d")
_OTHERS = ("#e6c84f", "#f08c4a", "#c792ea", "#f07178", "#ffcb6b")
_PROMPTS = ("#4d6fa8", "#7a5ca8", "#3f8f87", "#a8704d", "#8f5472", "#66883f")
_WIDTH, _LEFT, _RIGHT, _LANE = 16.0, 0.10, 0.94, 0.62
_LINES_AT_MOST = 300
"""More beats, or bars, than this would be a wall: they are then left out."""

_WIDE_RANGE = 8.0
"""A factor that grows by more than this is drawn by its logarithm."""

_ROWS_OF_PROMPTS = 8


@dataclass(frozen=True)
class Lane:
    """A curve with a place of its own: ``values`` at every frame, NaN where there is none."""

    name: str
    values: Floats
    color: str
    is_factor: bool = False


def draw_chart(plan: Plan, file: Path, *, markers: BeatMarkers | None = None) -> None:
    """Draw every curve of ``plan`` that changes to ``file``; its suffix says how.

    Raises `UsageError` for a suffix that is none of `SUFFIXES`, `StoryboardError` where the file
    cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if file.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{file}: the drawing is one of {', '.join(SUFFIXES)}")
    markers, table = markers or BeatMarkers(), columns(plan)
    lanes, rows = list(lanes_of(plan, table, markers)), prompt_rows(table)
    heights = [0.45, 0.42 * max(1, len(rows)) + 0.1, _LANE * max(1, len(lanes))]
    height = sum(heights) + 1.35
    figure = Figure(figsize=(_WIDTH, height), dpi=110, facecolor=_GROUND)
    FigureCanvasAgg(figure)
    edges = {"left": _LEFT, "right": _RIGHT, "top": 1 - 0.85 / height, "bottom": 0.5 / height}
    axes: Sequence[Axes] = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": heights, "hspace": 0.05, **edges}
    )
    _draw_shots(axes[0], plan)
    _draw_prompts(axes[1], plan, rows)
    _draw_lanes(axes[2], plan, lanes)
    for panel in axes:
        _dress(panel, plan, markers)
    _name_marks(axes[0], plan, markers)
    _time_axis(axes[2], float(plan.duration))
    title = f"{plan.title}   {float(plan.duration):.4g} s at {float(plan.fps):.5g} fps"
    title += f"   {float(plan.bpm):.4g} beats a minute" if plan.bpm else ""
    figure.suptitle(title, x=_LEFT, y=1 - 0.16 / height, ha="left", va="top", color=_INK, size=14)
    _legend(figure, height)
    with friendly_os_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, facecolor=_GROUND)


def lanes_of(plan: Plan, table: Mapping[str, Floats], markers: BeatMarkers) -> Iterator[Lane]:
    """Return what changes, in the order of drawing: the sound, the camera, everything else."""
    if markers.loudness is not None:
        seconds = np.arange(plan.frame_count) / float(plan.fps)
        yield Lane("loudness", markers.loudness(seconds), _INK)
    changing = [name for name in table if not name.startswith(PROMPT) and _changes(table[name])]
    camera = [name for name in changing if name in POSE_FIELDS]
    for number, name in enumerate(camera):
        yield Lane(name, table[name], _CAMERA[number % len(_CAMERA)], name in FACTORS)
    for number, name in enumerate(name for name in changing if name not in POSE_FIELDS):
        yield Lane(name, table[name], _OTHERS[number % len(_OTHERS)])


def _changes(values: Floats) -> bool:
    """Return True if a value is not constant, or only there in a part of the film."""
    known = values[~np.isnan(values)]
    return bool(len(known) and np.ptp(known) > 1e-9 * max(1.0, float(np.abs(known).max())))


@dataclass(frozen=True)
class Spell:
    """A prompt while it weighs something: from frame ``first`` to before ``stop``."""

    text: str
    weights: Floats
    first: int
    stop: int


def prompt_rows(table: Mapping[str, Floats]) -> list[list[Spell]]:
    """Return the prompts in rows, each where it finds room, those of the same film second below
    another.

    Where there are more than `_ROWS_OF_PROMPTS` at once, the rest is left out.
    """
    rows: list[list[Spell]] = []
    spells = [spell for name in table if name.startswith(PROMPT) for spell in _spells(name, table)]
    for spell in sorted(spells, key=lambda spell: spell.first):
        free = next((row for row in rows if row[-1].stop <= spell.first), None)
        if free is not None:
            free.append(spell)
        elif len(rows) < _ROWS_OF_PROMPTS:
            rows.append([spell])
    return rows


def _spells(name: str, table: Mapping[str, Floats]) -> Iterator[Spell]:
    weights = np.nan_to_num(table[name])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], weights != 0, [False]])))
    for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield Spell(name.removeprefix(PROMPT), weights, first, stop)


def _seconds(plan: Plan, first: int, stop: int) -> Floats:
    return np.arange(first, stop, dtype=np.float64) / float(plan.fps)


def _draw_shots(axes: Axes, plan: Plan) -> None:
    """Draw the shots as a row of boxes with their names."""
    for shot in plan.shots:
        start, length = float(shot.start), float(shot.end - shot.start)
        axes.barh(0.5, length, 1, start, color=_SHOTS[shot.index % 2], linewidth=0)
        name = _fitting(shot.name, length, plan)
        axes.text(start + length / 2, 0.5, name, color=_INK, size=10, ha="center", va="center")
    axes.set_ylim(0, 1)
    axes.set_yticks([0.5], ["shots"])


def _draw_prompts(axes: Axes, plan: Plan, rows: Sequence[Sequence[Spell]]) -> None:
    """Draw every prompt as a band as high as its weight, with its text."""
    most = max((float(np.abs(s.weights).max()) for row in rows for s in row), default=1.0)
    number = 0
    for base, row in enumerate(reversed(rows)):
        for spell in row:
            seconds = _seconds(plan, spell.first, spell.stop + 1)
            height = np.abs(spell.weights[spell.first : spell.stop])
            height = np.append(height, height[-1]) / most * 0.86
            color = _PROMPTS[number % len(_PROMPTS)]
            pushes = bool(spell.weights[spell.first : spell.stop].min() < 0)
            axes.fill_between(
                seconds, base, base + height, color=color, linewidth=0, step="post", alpha=0.9,
                hatch="///" if pushes else None,
            )  # fmt: skip
            text = _fitting(spell.text, float(seconds[-1] - seconds[0]), plan)
            axes.text(seconds[0], base + 0.4, f" {text}", color=_INK, size=9, va="center", zorder=5)
            number += 1
    axes.set_ylim(-0.08, max(1, len(rows)))
    axes.set_yticks([len(rows) / 2], ["prompts"])


def _fitting(text: str, seconds: float, plan: Plan) -> str:
    """Shorten a text to the room above so many seconds."""
    room = seconds / float(plan.duration) * _WIDTH * (_RIGHT - _LEFT)
    letters = int(room / 0.075) - 1
    return text if len(text) <= letters else text[: letters - 1] + "…" if letters > 3 else ""


def _draw_lanes(axes: Axes, plan: Plan, lanes: Sequence[Lane]) -> None:
    """Draw every curve in a lane, with its smallest and its largest value at the right."""
    for base, lane in enumerate(reversed(lanes)):
        low, high = float(np.nanmin(lane.values)), float(np.nanmax(lane.values))
        is_log = lane.is_factor and low > 0 and high / low > _WIDE_RANGE
        scaled, (bottom, top) = lane.values, (low, high)
        if is_log:
            scaled, (bottom, top) = np.log(lane.values), (np.log(low), np.log(high))
        scaled = (scaled - bottom) / ((top - bottom) or 1.0)
        for shot in plan.shots:
            seconds = _seconds(plan, shot.first, shot.stop)
            part = base + 0.1 + 0.76 * scaled[shot.first : shot.stop]
            axes.fill_between(seconds, base + 0.1, part, color=lane.color, alpha=0.16, linewidth=0)
            axes.plot(seconds, part, color=lane.color, linewidth=1.2, solid_capstyle="round")
        for value, height in ((low, 0.14), (high, 0.84)):
            axes.text(
                1.004, base + height, f"{value:.3g}", transform=axes.get_yaxis_transform(),
                color=_FAINT, size=8, va="center",
            )  # fmt: skip
        if is_log:
            axes.text(1.05, base + 0.5, "log", transform=axes.get_yaxis_transform(),
                      color=_FAINT, size=8, va="center", ha="right")  # fmt: skip
    names = [lane.name for lane in reversed(lanes)]
    axes.set_ylim(-0.02, max(1, len(lanes)))
    axes.set_yticks([base + 0.48 for base in range(len(lanes))], names)
    for base in range(1, len(lanes)):
        axes.axhline(base, color=_GROUND, linewidth=1.6, zorder=1)


def _dress(axes: Axes, plan: Plan, markers: BeatMarkers) -> None:
    """Draw the background, and beats, sections, marks and borders of shots in all panels."""
    axes.set_facecolor(_PANEL)
    axes.tick_params(colors=_FAINT, labelcolor=_INK, length=0, labelsize=10)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlim(0, float(plan.duration))
    for seconds, color, width in ((markers.beats, _BEAT, 0.6), (markers.bars, _BAR, 0.7)):
        if len(seconds) <= _LINES_AT_MOST:
            _lines(axes, seconds, color=color, linewidth=width, alpha=0.3)
    _lines(axes, markers.sections[1:], color=_FAINT, linewidth=1.4, linestyle=(0, (5, 3)))
    _lines(axes, list(markers.marks.values()), color=_MARK, linewidth=1.2)
    for shot in plan.shots[1:]:
        look = "-" if shot.fresh else (0, (1, 2))
        _lines(axes, [float(shot.start)], color=_INK, linewidth=1.2, linestyle=look)


def _lines(axes: Axes, seconds: Any, **look: Any) -> None:
    axes.vlines(seconds, 0, 1, transform=axes.get_xaxis_transform(), zorder=2.5, **look)


def _name_marks(axes: Axes, plan: Plan, markers: BeatMarkers) -> None:
    """Write the names of marks above all, as many as there is room for."""
    free = 0.0
    for name, second in sorted(markers.marks.items(), key=lambda mark: mark[1]):
        room = (len(name) + 2) * 0.085 / (_WIDTH * (_RIGHT - _LEFT)) * float(plan.duration)
        if free <= second < float(plan.duration):
            axes.text(
                second, 1.12, name, transform=axes.get_xaxis_transform(), color=_MARK, size=10
            )
            free = second + room


_KEYS: tuple[tuple[str, str, Any], ...] = (
    ("beat", _BEAT, "-"),
    ("bar", _BAR, "-"),
    ("section", _FAINT, "--"),
    ("mark", _MARK, "-"),
    ("cut", _INK, "-"),
    ("next shot", _INK, ":"),
)


def _legend(figure: Figure, height: float) -> None:
    """Name the lines, in one line at the top right."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=c, linestyle=look, label=name) for name, c, look in _KEYS]
    figure.legend(
        handles=handles, ncols=len(_KEYS), frameon=False, labelcolor=_FAINT, fontsize=10,
        loc="upper right", bbox_to_anchor=(_RIGHT + 0.01, 1 - 0.1 / height), handlelength=1.4,
    )  # fmt: skip


def _time_axis(axes: Axes, duration: float) -> None:
    """Label the time axis in minutes and seconds, at about a dozen round places."""
    steps = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
    step = next((step for step in steps if duration / step <= 14), 3600)
    ticks = np.arange(0, duration + 1e-9, step)
    clock = [f"{int(t // 60)}:{t % 60:02.0f}" if step >= 1 else f"{t:.2f} s" for t in ticks]
    axes.set_xticks(ticks, clock)
