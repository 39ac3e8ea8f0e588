"""The film, resolved, and its frames by their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.plan.finish import FinishPlan
from storyboard.plan.pose import Pose
from storyboard.plan.prompt import Floats, Prompt
from storyboard.plan.quality import Quality
from storyboard.plan.shot import ShotPlan
from storyboard.plan.space import StereoPlan


@dataclass(frozen=True)
class Frame:
    """All that one frame needs. ``time`` is its exact time from the start of the film."""

    number: int
    local: int
    shot: ShotPlan
    time: Fraction
    prompts: tuple[Prompt, ...]
    pose: Pose
    values: Mapping[str, float]
    seed: int
    fresh: bool

    def __repr__(self) -> str:
        """Return one line, for notebooks."""
        return f"Frame({self.number}, {float(self.time):.3f} s, shot {self.shot.name!r})"

    def options(self, room: str, name: str) -> dict[str, Any]:
        """Return the options of this instant of a ``drawer``, of one of the ``losses`` or
        ``filters``: see `ShotPlan.options`.
        """
        return self.shot.options(room, name, self.local)


@dataclass(frozen=True)
class AudioPlan:
    """The soundtrack: ``file`` plays from its second ``source_start`` on, from ``film_start``
    of the film until ``film_end``, ``gain`` decibels louder.
    """

    file: Path
    source_start: Fraction
    film_start: Fraction
    film_end: Fraction
    gain_db: float = 0.0


@dataclass(frozen=True)
class Plan:
    """The whole film, resolved. ``story`` is the canonical YAML that gives this plan again.

    ``beats`` are the film seconds of the detected beats, none without a tempo; ``bpm`` is
    their tempo, the median where it drifts.

    ``own_quality`` is the quality that the story file itself names: a film of another one gets it
    into its file's name. Empty where there is no file. ``variant`` says in the same way what else
    was set from outside, such as ``seed-77``.

    ``width``, ``height``, ``fps`` and ``shots`` are those of the painted pictures, ``film`` and
    ``film_size`` those of the finished film, ``finish`` says how the one becomes the other.
    ``loop`` is painted behind the end of a film that loops, and dissolves into its first frames.
    """

    name: str
    title: str
    width: int
    height: int
    fps: Fraction
    duration: Fraction
    frame_count: int
    quality: Quality
    seed: int
    shots: tuple[ShotPlan, ...]
    audio: AudioPlan | None
    marks: Mapping[str, Fraction]
    story: str
    digest: str
    format: str = "mp4"
    warnings: tuple[str, ...] = field(default=())
    own_quality: str = ""
    variant: str = ""
    bpm: Fraction | None = None
    beats: Floats = field(default_factory=lambda: np.zeros(0))
    stereo: StereoPlan | None = None
    finish: FinishPlan = field(default_factory=FinishPlan)
    loop: ShotPlan | None = None

    def __repr__(self) -> str:
        """Return one line, for notebooks."""
        size, shots = f"{self.width}x{self.height}", len(self.shots)
        lasts = f"{self.frame_count} frames, {float(self.duration):.2f} s"
        return f"Plan({self.name!r}, {size}, {lasts}, {shots} shot{'s' * (shots != 1)})"

    def _repr_html_(self) -> str:
        """Return a table of the shots, for notebooks."""
        head = "".join(f"<th>{name}</th>" for name in ("shot", "from", "to", "frames", "drawer"))
        rows = "".join(f"<tr>{shot.html_cells()}</tr>" for shot in self.shots)
        return f"<p>{escape(repr(self))}</p><table><tr>{head}</tr>{rows}</table>"

    @property
    def film_size(self) -> tuple[int, int]:
        """Return (width, height) of the film in pixels: those of the painted pictures, unless they
        are painted smaller or larger, or for two eyes.
        """
        size = self.finish.size or (self.width, self.height)
        return size if self.stereo is None else self.stereo.film_size(size)

    @property
    def film(self) -> Plan:
        """Return the plan at the film's own frames: itself, unless fewer frames are painted than
        shown.

        Of its shots only numbers, poses and the values of filters that nothing sees are known.
        """
        fps, shots = self.finish.fps, self.finish.shots
        if fps is None:
            return self
        return replace(self, fps=fps, shots=shots, frame_count=shots[-1].stop)

    @property
    def painted(self) -> Plan:
        """Return the plan of all frames that are painted: with those of ``loop`` at its end."""
        if self.loop is None:
            return self
        return replace(self, shots=(*self.shots, self.loop), frame_count=self.loop.stop, loop=None)

    @property
    def frames(self) -> Frames:
        """Return every frame by its number, made when asked for."""
        return Frames(self)

    def shot_at(self, number: int) -> ShotPlan:
        """Return the shot that holds frame ``number``."""
        for shot in self.shots:
            if shot.first <= number < shot.stop:
                return shot
        raise IndexError(f"frame {number} of {self.frame_count}")

    def chains(self) -> list[list[ShotPlan]]:
        """Return the shots grouped by chain, in film order."""
        grouped: dict[int, list[ShotPlan]] = {}
        for shot in self.shots:
            grouped.setdefault(shot.chain, []).append(shot)
        return list(grouped.values())


class Frames(Sequence[Frame]):
    """``plan.frames``: a sequence of `Frame`, each made from the arrays of its shot."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __len__(self) -> int:
        return self._plan.frame_count

    def __getitem__(self, number: int) -> Frame:  # type: ignore[override]
        if number < 0:
            number += len(self)
        shot = self._plan.shot_at(number)
        local = number - shot.first
        prompts = (track.at(local) for track in shot.tracks)
        return Frame(
            number=number,
            local=local,
            shot=shot,
            time=Fraction(number) / self._plan.fps,
            prompts=tuple(p for p in prompts if p is not None),
            pose=Pose(*(float(v) for v in shot.poses[local])),
            values={name: float(curve[local]) for name, curve in shot.values.items()},
            seed=shot.frame_seeds[local],
            fresh=shot.fresh and local == 0,
        )

    def __iter__(self) -> Iterator[Frame]:
        return (self[n] for n in range(len(self)))
