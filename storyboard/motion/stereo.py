"""One picture seen by two eyes.

Convention: as in `storyboard.motion.depth`. The eyes stand ``ipd`` frame widths apart and look
straight ahead; the frames of both are then shifted so that what lies at the depth ``screen`` is at
the same place in both (an off-axis pair, which bends nothing upwards or downwards as eyes turned
inwards would). Nearer things come out of the screen, farther ones lie behind it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from storyboard.errors import UnknownName
from storyboard.motion import STEREO_FORMATS
from storyboard.motion.depth import Shift, steps_needed
from storyboard.motion.depth.scene import Scene
from storyboard.motion.moves import Matrix, Move
from storyboard.plan import StereoPlan


def eyes(stereo: StereoPlan, scene: Scene | None, aspect: float) -> tuple[Move, Move]:
    """Return the moves from the picture to the views of the left and the right eye.

    ``scene`` is the depth in the picture's view; None is the picture plane.
    """
    left, right = (_eye(stereo, side * stereo.ipd / 2) for side in (-1, 1))
    return _seen(left, scene, aspect), _seen(right, scene, aspect)


def join(left: Tensor, right: Tensor, form: str) -> Tensor:
    """Return both eyes' pictures, (1, 3, H, W) each, in one, as `storyboard.motion.STEREO_FORMATS`.

    Returns:
        (1, 3, H, 2 W) side by side, (1, 3, 2 H, W) one over the other, or (1, 3, H, W).

    Raises:
        UnknownName: no such format.
    """
    if form == "side_by_side":
        return torch.cat([left, right], dim=3)
    if form == "over_under":
        return torch.cat([left, right], dim=2)
    if form == "anaglyph":
        return torch.cat([left[:, :1], right[:, 1:]], dim=1)
    raise UnknownName("stereo format", form, STEREO_FORMATS)


def _eye(stereo: StereoPlan, aside: float) -> Shift:
    """Return the move of a camera that stands ``aside``, in frame widths, to the right."""
    turn = torch.eye(3, dtype=torch.float64)
    turn[0, 2] = 2 * aside / stereo.screen
    return Shift(turn, torch.tensor([-2 * aside, 0, 0], dtype=torch.float64))


def _seen(eye: Shift, scene: Scene | None, aspect: float) -> Move:
    if scene is None:
        plane = eye.turn.clone()
        plane[:, 2] += eye.shift
        return Move.of(Matrix(plane))
    count = steps_needed(eye, scene.nearest, aspect)
    still = torch.eye(3, dtype=torch.float64)
    part = Shift(still + (eye.turn - still) / count, eye.shift / count)
    steps, _ = scene.through([part] * count)
    return Move(tuple(steps))
