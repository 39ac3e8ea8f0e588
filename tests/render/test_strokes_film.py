"""Films of strokes: resumed byte for byte, carried without an encode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from storyboard.drawers.strokes import StrokeDrawer
from storyboard.plan import Plan, ShotPlan
from storyboard.render import RenderOptions, render
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.state import ChainState, load_state

NAMES = ["clipdraw", "line_sketch", "dots"]
CPU = torch.device("cpu")


@pytest.fixture
def strokes(shot: Callable[..., ShotPlan], film: Callable[..., Plan]) -> Callable[[str], Plan]:
    """Make a film of three frames whose camera pans fast, so that strokes are lost."""

    def made(name: str) -> Plan:
        moving = shot(
            count=3, drawer=name, drawer_options={"strokes": 40}, values={"steps": 2, "reveal": 0.5}
        )
        moving.poses[:, 2] = 0.3 * np.arange(3)
        return film(moving)

    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_leads_to_the_same_bits(strokes: Callable[[str], Plan], name: str) -> None:
    plan = strokes(name)
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
    assert again is not None and isinstance(again.drawer, StrokeDrawer)
    assert int(again.drawer._born) > 0, "no stroke was lost"


@pytest.mark.parametrize("name", NAMES)
def test_strokes_are_carried_and_never_encoded(
    strokes: Callable[[str], Plan], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StrokeDrawer, "encode", lambda *_: pytest.fail("encoded"))
    render(strokes(name), out=tmp_path / "film.mp4", options=RenderOptions())
    assert len(list(tmp_path.glob("shots/*/*.png"))) == 3
