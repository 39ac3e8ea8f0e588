"""Clips: the picture of a clip in a frame, and the warp that follows the clip's optical flow.

With a clip, a frame begins as a mix of two pictures. One is the clip's own at the frame's exact
time. The other is the last frame, carried along: back through the camera to where it lies in the
clip, on with what moved there, and through the camera again; that is one move, so one resample.
Where optical flow is unreliable, because something just came into sight, the clip's own picture
replaces the result.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor

from storyboard.filters.color_hold import LabStats
from storyboard.media.clip_file import ClipFile
from storyboard.motion import path
from storyboard.motion.flow import flow_between, raft_weights, trust
from storyboard.motion.moves import IDENTITY, Move
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Frame, Plan, Pose, ShotPlan, VideoPlan
from storyboard.render.carry.color_memory import HeldColors

_KEPT = 5  # pictures of clips: the last frame's, this one's, at a change of clips, of targets


@dataclass(frozen=True)
class ClipLayer:
    """A picture of a clip: ``colors`` (1, 3, H, W) in [0, 1], and ``cover`` (1, 1, H, W), 1 where
    the clip shows something and 0 beside it.
    """

    colors: Tensor
    cover: Tensor

    def over(self, picture: Tensor, share: Tensor | float) -> Tensor:
        """Mix a ``share`` of the clip into ``picture``; beside the clip it stays as it is."""
        return picture + self.cover * share * (self.colors - picture)


@dataclass(frozen=True)
class ClipTransition:
    """The transition from the last frame to one with a clip.

    ``move`` carries the last picture along; ``layer`` is the clip in the frame's view; ``known``,
    (1, 1, H, W), is 1 where what is carried belongs there, 0 where the clip shows what the last
    picture could not know. ``turned`` has the colours of the whole clip then and now, None where
    the frames are not of one clip.
    """

    move: Move
    layer: ClipLayer
    known: Tensor
    turned: tuple[LabStats, LabStats] | None = None

    def mixed(self, carried: Tensor, mix: float) -> Tensor:
        """Mix ``mix`` of the clip into ``carried``, and more where ``known`` is below 1."""
        return self.layer.over(carried, 1 - (1 - mix) * self.known)

    def unreliable(self, uncovered: Tensor) -> Tensor:
        """Return the mask (1, 1, H, W) where the last picture is unreliable: beside the clip
        what the camera uncovered, in the clip what is not known.
        """
        return uncovered.lerp(1 - self.known, self.layer.cover)

    def followed(self, held: HeldColors) -> HeldColors:
        """Return ``held`` changed as the clip's own colours changed: a clip may fade to black."""
        if self.turned is None:
            return held
        old, new = self.turned
        contrast = (new.std.clamp(min=0.1) / old.std.clamp(min=0.1)).clamp(0.1, 10)
        return HeldColors(
            LabStats(held.stats.mean + new.mean - old.mean, held.stats.std * contrast)
        )


@dataclass
class Clips:
    """The clips of a film, opened as they are needed."""

    plan: Plan
    device: torch.device
    _clips: dict[tuple[Path, str], ClipFile] = field(default_factory=dict)
    _seen: OrderedDict[tuple[Path, str, int], ClipLayer] = field(default_factory=OrderedDict)
    _last: tuple[int, int, ClipTransition] | None = None

    def prepare(self, shot: ShotPlan) -> None:
        """Raise `MissingWeights` where ``shot`` needs a network that is not here."""
        if shot.video is not None and shot.video.flow == "raft":
            raft_weights()

    def layer(self, frame: Frame) -> ClipLayer | None:
        """Return the clip's picture in the view of ``frame``; None where its shot has no clip."""
        if frame.shot.video is None:
            return None
        seen, view = self._picture(frame.shot.video, frame.local), self.view(frame)
        colors = warp(seen.colors, view, border="replicate", resample=frame.shot.resample)
        cover = warp(seen.cover, view, border="zeros", resample="bilinear")
        return ClipLayer(colors, cover)

    def transition(self, since: int, frame: Frame) -> ClipTransition | None:
        """Return the transition from the picture of frame ``since`` to ``frame``; None without a
        clip.
        """
        if self._last is not None and self._last[:2] == (since, frame.number):
            return self._last[2]
        layer, before = self.layer(frame), self.plan.frames[since]
        if layer is None:
            return None
        transition = self._carried(before, frame, layer)
        self._last = (since, frame.number, transition)
        return transition

    def _carried(self, before: Frame, frame: Frame, layer: ClipLayer) -> ClipTransition:
        then, now = before.shot.video, frame.shot.video
        if then is None or now is None or (then.file, then.fit) != (now.file, now.fit):
            move = path.move(self.plan, before.number, frame.number)
            return ClipTransition(move, layer, self._held(move))
        old, new = self._picture(then, before.local), self._picture(now, frame.local)
        step, known, view = IDENTITY, torch.ones_like(new.cover), self.view(frame)
        if old is not new and now.flow != "none":
            flow = flow_between(old.colors, new.colors, method=now.flow)
            step, known = Move.of(flow), trust(flow, old.colors, new.colors)
        move = view @ step @ self.view(before).inverse()
        known = warp(known, view, border="replicate", resample="bilinear").clamp(0, 1)
        turned = LabStats.of(old.colors), LabStats.of(new.colors)
        return ClipTransition(move, layer, known * self._held(move), turned)

    def _held(self, move: Move) -> Tensor:
        """Return 1 where ``move`` shows what the picture before it holds: (1, 1, H, W)."""
        return 1 - revealed(move, (self.plan.height, self.plan.width)).to(self.device)

    def still(self, file: Path, time: Fraction) -> Tensor:
        """Return the picture of the clip ``file`` at ``time``: (1, 3, H, W) in [0, 1], covering the
        frame, clear parts white.
        """
        layer = self._layer(file, "cover", time)
        return layer.over(torch.ones_like(layer.colors), 1.0)

    def view(self, frame: Frame) -> Move:
        """Return the move from the clip, or from the view at rest, to the view of the camera."""
        return path.between(Pose(), frame.pose, self.plan.width / self.plan.height)

    def _picture(self, video: VideoPlan, local: int) -> ClipLayer:
        """Return the whole picture of the clip at the frame ``local``; one object for each."""
        return self._layer(video.file, video.fit, video.times[local])

    def _layer(self, file: Path, fit: str, time: Fraction) -> ClipLayer:
        """Return the whole picture of a clip at ``time`` of it; one object for each."""
        place = file, fit
        if place not in self._clips:
            size = self.plan.height, self.plan.width
            self._clips[place] = ClipFile(file, size, fit)
        clip = self._clips[place]
        number = clip.timing.at(time)
        key = (*place, number)
        if key not in self._seen:
            levels = torch.from_numpy(clip.picture(number).astype("float32")) / 65535
            planes = levels.permute(2, 0, 1)[None].to(self.device)
            self._seen[key] = ClipLayer(planes[:, :3].contiguous(), planes[:, 3:].contiguous())
        self._seen.move_to_end(key)
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        return self._seen[key]
