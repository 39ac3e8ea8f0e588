"""Films of cells: resumed byte for byte, carried without an encode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from storyboard.drawers.lattice import SHAPES
from storyboard.drawers.pixel import PixelDrawer
from storyboard.plan import Plan, ShotPlan
from storyboard.render import RenderOptions, render
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.state import ChainState, load_state

NAMES = list(SHAPES)
CPU = torch.device("cpu")


@pytest.fixture
def cells(shot: Callable[..., ShotPlan], film: Callable[..., Plan]) -> Callable[[str], Plan]:
    """Make a film of three frames whose camera zooms and pans; its cells are transparent."""

    def made(shape: str) -> Plan:
        options = {
            "shape": shape,
            "cell": 3,
            "transparent": True,
            "palette": [(1, 0, 0), (0, 0, 1)],
        }
        moving = shot(
            count=3, drawer="pixel", drawer_options=options, values={"steps": 2, "reveal": 0.5}
        )
        moving.poses[:, 2] = 0.1 * np.arange(3)
        return film(moving)

    return made


@pytest.mark.parametrize("shape", NAMES)
def test_a_checkpoint_leads_to_the_same_bits(cells: Callable[[str], Plan], shape: str) -> None:
    plan = cells(shape)
    studio = Studio(plan, CPU)
    state: ChainState | None = None
    straight, saved = [], b""
    for frame in plan.frames:
        state, drawn = advance(studio, state, frame)
        straight.append(drawn.picture)
        saved = saved or state.to_bytes(0)
    again: ChainState | None = load_state(saved, plan.shots[0], (18, 32), CPU, frame=0)
    for number in (1, 2):
        again, drawn = advance(studio, again, plan.frames[number])
        assert np.array_equal(drawn.picture, straight[number])


def test_cells_are_carried_and_never_encoded(
    cells: Callable[[str], Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PixelDrawer, "encode", lambda *_: pytest.fail("encoded"))
    render(cells("hexagon"), out=tmp_path / "film.mp4", options=RenderOptions())
    assert len(list(tmp_path.glob("shots/*/*.png"))) == 3
