"""Two eyes: what they see apart, and how their pictures lie in one."""

from __future__ import annotations

import pytest
import torch

from storyboard.errors import UnknownName
from storyboard.motion import STEREO_FORMATS
from storyboard.motion.depth.scene import Scene, scene_of
from storyboard.motion.depth.surface import DepthRange, Surface
from storyboard.motion.moves import IDENTITY, pixel_grid
from storyboard.motion.stereo import eyes, join
from storyboard.plan import DepthPlan, StereoPlan

SIZE = (18, 32)
ASPECT = 32 / 18
GRID = pixel_grid(SIZE)


def disparity(stereo: StereoPlan, depth: float) -> float:
    """Return the parallax of a wall at ``depth`` between the eyes, in frame widths."""
    even = torch.full(SIZE, 1 / depth, dtype=torch.float64)
    wall = Scene(surface=Surface.of(even, DepthRange(0.1, 2.0)))
    left, right = (GRID - move.back(GRID)[0] for move in eyes(stereo, wall, ASPECT))
    apart = (right - left)[0] / 2
    assert float((apart - apart[0, 0]).abs().max()) < 1e-9
    assert float((right - left)[1].abs().max()) < 1e-12  # nothing above or below
    return float(apart[0, 0])


@pytest.mark.parametrize(
    ("depth", "screen", "wanted"),
    [(1.0, 1.0, 0.0), (2.0, 1.0, 0.02), (0.5, 1.0, -0.04), (2.0, 2.0, 0.0), (1.0, 2.0, -0.02)],
)
def test_what_lies_in_the_screen_is_at_one_place(
    depth: float, screen: float, wanted: float
) -> None:
    stereo = StereoPlan("side_by_side", ipd=0.04, screen=screen)
    assert disparity(stereo, depth) == pytest.approx(wanted, abs=1e-9)


def test_a_plane_in_the_screen_is_not_moved() -> None:
    assert eyes(StereoPlan("anaglyph"), None, ASPECT) == (IDENTITY, IDENTITY)


def test_a_plane_before_the_screen_comes_out_of_it() -> None:
    left, right = eyes(StereoPlan("anaglyph", ipd=0.04, screen=2.0), None, ASPECT)
    apart = (GRID - right.back(GRID)[0]) - (GRID - left.back(GRID)[0])
    torch.testing.assert_close(apart[0] / 2, torch.full(SIZE, -0.02).double())


def test_a_tunnel_is_seen_by_two_eyes() -> None:
    scene = scene_of(DepthPlan("tunnel"), SIZE, 2.7)
    left, right = eyes(StereoPlan("side_by_side", ipd=0.1), scene, ASPECT)
    apart = ((GRID - right.back(GRID)[0]) - (GRID - left.back(GRID)[0]))[0]
    assert float(apart[9, 16]) > 0 > float(apart[9, 31])  # the end lies behind, the wall before


def test_how_two_pictures_lie_in_one() -> None:
    left, right = torch.zeros(1, 3, 2, 4), torch.ones(1, 3, 2, 4)
    beside, above, glasses = (join(left, right, form) for form in STEREO_FORMATS)
    assert beside.shape == (1, 3, 2, 8) and not beside[..., :4].any() and beside[..., 4:].all()
    assert above.shape == (1, 3, 4, 4) and not above[..., :2, :].any() and above[..., 2:, :].all()
    assert glasses.shape == (1, 3, 2, 4)
    assert glasses[0, :, 0, 0].tolist() == [0, 1, 1]


def test_a_format_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownName, match="side_by_side"):
        join(torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), "side_by_site")
