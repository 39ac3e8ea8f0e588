"""Frames in between: the painted frames on both sides, moved to the time between, and faded.

The plan knows the pose at every frame of the film, so each neighbour is moved exactly to where the
camera is. What the camera uncovers in the one is taken from the other. What the picture itself did
between the two is followed by optical flow, once the camera's movement is undone, or left to a
network; where neither is to be believed, the two are faded over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.files import file_digest, sha256
from storyboard.media.ffmpeg import Picture
from storyboard.media.interpolator import Interpolator
from storyboard.motion import path
from storyboard.motion.drift import Between, Drift, drift_between
from storyboard.motion.moves import IDENTITY, Move, pixel_grid
from storyboard.motion.path import Place, travel, way
from storyboard.motion.sample import sample
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Plan
from storyboard.render.finish.shown import Pictures, Shown
from storyboard.render.finish.stretches import Keep, every, neighbours, unkept
from storyboard.render.pictures import from_8_bit, to_8_bit

_LEAST = 1e-4
"""What an uncovered place still counts, so that one uncovered in both has a colour."""

ALGORITHM = "storyboard-network-1"
"""Raised by one when a network would be asked differently for the same picture."""


def between(
    pictures: Pictures, plan: Plan, *, first: int, stop: int, keep: Keep = unkept
) -> Pictures:
    """Return the film's frames ``first`` to before ``stop``, all of one chain.

    ``pictures`` are the painted ones on both sides of them. A frame that is painted itself is shown
    untouched, bit for bit. Those of a network go through ``keep`` in eight bits.
    """
    if plan.finish.fps is None:
        return pictures
    return _frames(pictures, plan, first, stop, _makers(keep)[plan.finish.interpolate.method])


def _makers(keep: Keep) -> dict[str, Callable[[Pair, int], Tensor]]:
    """Return the functions that make an in-between frame of a pair, by method."""
    return {
        "camera": lambda pair, number: pair.faded(number),
        "flow": lambda pair, number: pair.followed(number),
        "network": lambda pair, number: _networked(pair, number, keep),
    }


def _frames(
    pictures: Pictures, plan: Plan, first: int, stop: int, make: Callable[[Pair, int], Tensor]
) -> Pictures:
    held: dict[int, Tensor] = {}
    pair: Pair | None = None
    for number in range(first, stop):
        before, after = neighbours(plan, number)
        while after not in held:
            one = next(pictures)
            held[one.number] = one.picture
        held = {painted: picture for painted, picture in held.items() if painted >= before}
        if before == after:
            yield Shown(number, _only(plan, number, before, held[before]))
            continue
        if pair is None or pair.numbers != (before, after):
            pair = Pair(plan, (before, after), (held[before], held[after]))
        yield Shown(number, make(pair, number))


def _only(plan: Plan, number: int, painted: int, picture: Tensor) -> Tensor:
    """Return the film's frame ``number`` from one painted frame: itself, or before or behind
    all.
    """
    return _warped(plan, picture, _move(plan, painted, number), painted)


@dataclass
class Pair:
    """The painted frames ``numbers`` on both sides of some frames in between, of one chain."""

    plan: Plan
    numbers: tuple[int, int]
    pictures: tuple[Tensor, Tensor]
    _drift: Drift | None = field(default=None, repr=False)

    def share(self, number: int) -> float:
        """Return how far the film's frame ``number`` is on the way from the one to the other."""
        before, after = self.numbers
        return (number / every(self.plan) - before) / (after - before)

    def faded(self, number: int) -> Tensor:
        """Return the frame ``number``: both moved by the camera, and faded over."""
        moved, covered = self.moved(number), self.covered(number)
        weights = self._weights(number, covered)
        return _mixed(moved, weights)

    def followed(self, number: int) -> Tensor:
        """Return the frame ``number``: what moved by itself is moved, the rest `faded`."""
        fade, drift = self.faded(number), self.drift
        if drift.is_still:
            return fade
        halfway = drift.at(self.share(number))
        view = _move(self.plan, self.numbers[0], number)
        found = [_in_view(one, view, fade) for one in (halfway.first, halfway.second, halfway.sure)]
        moved = self._drifted(halfway, self.share(number), view)
        covered = self.covered(number)
        seen = [cover * there for cover, there in zip(covered, found, strict=False)]
        whole = _mixed(moved, self._weights(number, seen))
        return fade + found[2] * torch.maximum(*covered) * (whole - fade)

    def moved(self, number: int) -> list[Tensor]:
        """Return both pictures in the view of the frame ``number``."""
        return [
            _warped(self.plan, picture, _move(self.plan, painted, number), painted)
            for painted, picture in zip(self.numbers, self.pictures, strict=True)
        ]

    def covered(self, number: int, *, feather: float = 0.02) -> list[Tensor]:
        """Return what of the frame ``number`` each picture holds, (1, 1, H, W) in 0..1.

        ``feather`` is the width of the soft rim, in picture heights.
        """
        height, width = self.pictures[0].shape[2:]
        moves = [_move(self.plan, painted, number) for painted in self.numbers]
        return [1 - revealed(move, (height, width), feather=feather) for move in moves]

    @property
    def drift(self) -> Drift:
        """Return the motion that is not the camera's, in the view of the first frame; cached."""
        if self._drift is None:
            height, width = self.pictures[0].shape[2:]
            move = self._undone
            after = _warped(self.plan, self.pictures[1], move, self.numbers[1])
            known = 1 - revealed(move, (height, width))
            self._drift = drift_between(self.pictures[0], after, known)
        return self._drift

    @property
    def _undone(self) -> Move:
        """Return the camera's move from the second picture back to the view of the first."""
        before, after = self.numbers
        return path.move(self.plan, after, before)

    def _drifted(self, halfway: Between, share: float, view: Move) -> list[Tensor]:
        """Return both pictures, what moved being where it is at ``share``, in ``view``: one
        resample.
        """
        (before, after), (one, other) = self.numbers, self.pictures
        there, back = _Shift(-share * halfway.velocity), _Shift((1 - share) * halfway.velocity)
        return [
            _sampled(self.plan, one, Move.of(there, *view.steps), before),
            _sampled(self.plan, other, Move.of(*self._undone.steps, back, *view.steps), after),
        ]

    def _weights(self, number: int, seen: list[Tensor]) -> list[Tensor]:
        share = self.share(number)
        return [
            max(weight, _LEAST) * there.clamp_min(_LEAST)
            for weight, there in zip((1 - share, share), seen, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class _Shift:
    """A `storyboard.motion.moves.Step`: a pixel comes from the place that is ``offset`` away.

    ``offset`` is (2, h, w), in widths and heights of the picture.
    """

    offset: Tensor

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `Step.back`."""
        grid = points.permute(1, 2, 0)[None].to(self.offset)
        found = F.grid_sample(self.offset[None], grid, padding_mode="border", align_corners=False)
        return points + 2 * found[0].to(points), None

    def inverse(self) -> _Shift:
        """Implement `Step.inverse`, nearly: right where neighbours go the same way."""
        return _Shift(-self.offset)


def _networked(pair: Pair, number: int, keep: Keep) -> Tensor:
    """Return the frame ``number`` as a network makes it of both pictures, moved by the camera."""
    file = pair.plan.finish.interpolate.file
    if file is None:
        return pair.faded(number)
    share, (before, after) = pair.share(number), pair.moved(number)
    seen_before, seen_after = pair.covered(number, feather=0)
    ends = [
        before.lerp(after, (1 - seen_before) * seen_after),
        after.lerp(before, (1 - seen_after) * seen_before),
    ]
    whole = b"".join(one.numpy().tobytes() for one in ends)
    key = sha256(repr((ALGORITHM, file_digest(file), share)).encode() + whole)

    def make() -> Picture:
        found = _network(file, file.stat().st_mtime_ns).between(
            ends[0].numpy(), ends[1].numpy(), share
        )
        return to_8_bit(torch.from_numpy(found))

    return from_8_bit(keep(key, make))


@lru_cache(maxsize=1)
def _network(file: Path, _changed_ns: int) -> Interpolator:
    return Interpolator.load(file)


def _mixed(pictures: list[Tensor], weights: list[Tensor]) -> Tensor:
    total = weights[0] + weights[1]
    mixed: Tensor = (pictures[0] * weights[0] + pictures[1] * weights[1]) / total
    return mixed.clamp(0, 1)


def _in_view(mask: Tensor, view: Move, like: Tensor) -> Tensor:
    """Warp a mask (1, 1, h, w) of the first picture's view to another, as large as ``like``."""
    size = [int(side) for side in like.shape[2:]]
    large = F.interpolate(mask, size, mode="bilinear", align_corners=False)
    return warp(large, view, border="zeros", resample="bilinear").clamp(0, 1)


def _move(plan: Plan, painted: int, number: int) -> Move:
    """Return the move from a painted frame to the view of the film's frame ``number``."""
    source, shown = plan.shot_at(painted), plan.film.shot_at(number)
    if source.chain != shown.chain or number == painted * every(plan):
        return IDENTITY
    here: Place = source.index, plan.frames[painted].pose
    there: Place = shown.index, plan.film.frames[number].pose
    aspect = plan.width / plan.height
    if here[0] > there[0]:
        return travel(way(plan, there, here), aspect).inverse()
    return travel(way(plan, here, there), aspect)


def _sampled(plan: Plan, picture: Tensor, m: Move, painted: int) -> Tensor:
    """Return `_warped` without a border's colour, and without smoothing: what things do between two
    frames shrinks nothing, but tears the picture along their outlines, which smoothing would blur.
    """
    height, width = int(picture.shape[2]), int(picture.shape[3])
    shot = plan.shot_at(painted)
    points, _ = m.back(pixel_grid((height, width)))
    size = points.new_tensor([width, height])[:, None, None]
    places = ((points + 1) * size - 1) / 2
    border = shot.border if shot.border in ("reflect", "wrap") else "replicate"
    return sample(picture, places.to(picture), border=border, resample=shot.resample)


def _warped(plan: Plan, picture: Tensor, m: Move, painted: int) -> Tensor:
    shot = plan.shot_at(painted)
    return warp(
        picture,
        m,
        border=shot.border,
        resample=shot.resample,
        color=shot.border_color if shot.border == "color" else None,
        generator=torch.Generator().manual_seed(plan.frames[painted].seed),
    )
