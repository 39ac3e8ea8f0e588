"""Moves as steps: what meets its inverse goes, matrices that meet are one, the way back returns."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from storyboard.errors import UsageError
from storyboard.motion.matrices import matrix
from storyboard.motion.moves import IDENTITY, Matrix, Move
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Pose

ASPECT = 16 / 9
ZOOM = Matrix(matrix(Pose(zoom=1.3, rotate=20), ASPECT))
PAN = Matrix(matrix(Pose(pan_x=0.2), ASPECT))


@dataclass(frozen=True)
class Fault:
    """Lifts the right half by ``by`` half heights; nothing comes from x > ``edge``."""

    by: float
    edge: float = 2.0

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        x, y = points
        return torch.stack([x, y + self.by * (x > 0)]), x <= self.edge

    def inverse(self) -> Fault:
        return Fault(-self.by, self.edge)


def texture() -> Tensor:
    y, x = torch.meshgrid(torch.arange(18.0), torch.arange(32.0), indexing="ij")
    return (0.5 + 0.25 * torch.sin(x / 3) + 0.25 * torch.cos(y / 4)).expand(1, 3, -1, -1)


SIMPLER = [
    ((), ()),
    ((ZOOM, ZOOM.inverse()), ()),
    ((Fault(0.1), Fault(-0.1)), ()),
    ((Fault(0.1), ZOOM, ZOOM.inverse(), Fault(-0.1)), ()),
    ((ZOOM, Fault(0.1), Fault(-0.1), ZOOM.inverse()), ()),
    ((Fault(0.1), PAN, ZOOM, Fault(-0.1)), (Fault, Matrix, Fault)),
    ((Fault(0.1), Fault(0.1)), (Fault, Fault)),
]


@pytest.mark.parametrize(("steps", "kinds"), SIMPLER)
def test_what_meets_its_inverse_goes(steps: tuple, kinds: tuple) -> None:
    assert tuple(map(type, Move.of(*steps).steps)) == kinds


def test_moves_compose_as_matrices_do() -> None:
    torch.testing.assert_close((Move((PAN,)) @ Move((ZOOM,))).matrix, PAN.m @ ZOOM.m)
    torch.testing.assert_close(Move((PAN,)).inverse().matrix, torch.linalg.inv(PAN.m))
    assert torch.equal(IDENTITY.matrix, torch.eye(3, dtype=torch.float64))


def test_points_go_back_through_every_step() -> None:
    move = Move.of(PAN, Fault(0.2), ZOOM)
    points = torch.rand(2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    seen, _ = move.inverse().back(points)
    returned, valid = move.back(seen)
    torch.testing.assert_close(returned, points)
    assert valid is not None and valid.all()


def test_a_bent_move_is_no_matrix_and_warps_all_the_same() -> None:
    picture = texture()
    bent = Move.of(Fault(0.5), PAN)
    with pytest.raises(UsageError, match="not a homography"):
        _ = bent.matrix
    assert warp(picture, IDENTITY) is picture
    lifted = warp(picture, Move((Fault(8 / 9),)), border="wrap")
    torch.testing.assert_close(lifted[..., 16:], picture[..., 16:].roll(-8, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(lifted[..., :16], picture[..., :16], atol=1e-4, rtol=0)


def test_what_comes_from_nowhere_is_revealed_and_shows_the_border() -> None:
    picture, torn = texture(), Move((Fault(0.0, edge=0.5),))
    mask = revealed(torn, (18, 32))
    assert mask[..., 24:].min() == 1 and mask[..., :24].max() == 0
    assert (warp(picture, torn, border="zeros")[..., 24:] == 0).all()
    mean = picture.mean((-2, -1), keepdim=True).expand(-1, -1, 18, 8)
    for border in ("reflect", "replicate", "wrap", "noise"):
        out = warp(picture, torn, border=border)
        torch.testing.assert_close(out[..., 24:], mean)
        torch.testing.assert_close(out[..., :23], picture[..., :23], atol=1e-5, rtol=0)
