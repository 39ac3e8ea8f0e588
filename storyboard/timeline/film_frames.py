"""The film's own frames, where fewer are painted than shown: numbers, camera and looks at each.

The camera's path is worked out once, at every frame of the film, and a painted frame has its pose
from there: the camera is the same however many frames are painted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from storyboard.curves.clock import frame_of
from storyboard.curves.expressions.scope import Cache
from storyboard.curves.instants import SampleTimes, ShotScope
from storyboard.curves.sound import Sound
from storyboard.plan import Floats, ShotPlan
from storyboard.timeline.cascade import SettingsByName
from storyboard.timeline.effects import effects_of, filter_of, unseen_filters
from storyboard.timeline.option_values import Chooser
from storyboard.timeline.poses import CameraPath, camera_path
from storyboard.timeline.poses_check import ViewLimits
from storyboard.timeline.report import Report


@dataclass
class FilmFrames:
    """Makes the shots at the film's frames; ``shots`` has them where not every one is painted.

    ``painted`` is the film as expressions see it at the painted frames; ``sound`` is what they hear
    at all of them.
    """

    painted: ShotScope
    sound: Sound
    shots: list[ShotPlan] = field(default_factory=list)
    _poses: Floats | None = None

    @property
    def every(self) -> int:
        """Return how many frames of the film share one painted frame."""
        return self.painted.clock.every

    @cached_property
    def film(self) -> ShotScope:
        """Return the film as expressions see it at all its frames."""
        if self.every == 1:
            return self.painted
        clock = replace(self.painted.clock, every=1)
        return replace(self.painted, clock=clock, sound=self.sound, cache=Cache())

    def camera_path(
        self,
        motion: SettingsByName,
        scope: ShotScope,
        at: SampleTimes,
        *,
        view: ViewLimits,
        report: Report,
    ) -> CameraPath:
        """Return the camera's path over ``scope``, whose painted frames are ``at``."""
        if self.every == 1:
            return camera_path(motion, scope, at, view=view, report=report)
        film = self._like(scope)
        first, stop = self._edges(scope)
        low = min([first, *map(int, at.f[:1])])
        high = max([stop, *(int(number) + 1 for number in at.f[-1:])])
        path = camera_path(motion, film, film.frames(low, high), view=view, report=report)
        self._poses = path.poses[first - low : stop - low]
        chosen = at.f.astype(int) - low
        return replace(path, poses=path.poses[chosen])

    def add(self, shot: ShotPlan, settings: SettingsByName, chooser: Chooser) -> None:
        """Add ``shot``, for which `camera_path` was asked last, at the film's frames."""
        if self.every == 1 or self._poses is None:
            return
        scope = self._like(replace(self.painted, start=shot.start, end=shot.end, seed=shot.seed))
        first, stop = self._edges(scope)
        looks = effects_of("filters", settings, replace(chooser, at=scope.frames(first, stop)))
        unseen = unseen_filters(shot)
        self.shots.append(
            replace(
                shot,
                first=first,
                stop=stop,
                tracks=(),
                poses=self._poses,
                values={key: v for key, v in looks.values.items() if filter_of(key) in unseen},
                frame_seeds=(0,) * (stop - first),
                loss_options={},
                filter_options={name: looks.options[name] for name in unseen},
                moving={key: v for key, v in looks.moving.items() if filter_of(key) in unseen},
                video=None,
            )
        )

    def _like(self, scope: ShotScope) -> ShotScope:
        """Return the same part of the film as expressions see it at all its frames."""
        return replace(self.film, start=scope.start, end=scope.end, seed=scope.seed)

    def _edges(self, scope: ShotScope) -> tuple[int, int]:
        first, stop = (frame_of(edge, scope.clock.fps) for edge in (scope.start, scope.end))
        return first, stop
