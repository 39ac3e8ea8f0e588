"""What every drawer promises, whatever it draws with; and the registry's manners."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from storyboard.drawers import Drawer, drawers, option_table
from storyboard.errors import BadValue, UnknownName, UsageError
from storyboard.options import option_errors

NAMES = drawers.names()
FITTED = ["clipdraw", "dots", "gaussians", "line_sketch", "siren"]
"""Drawers that are fitted: what they encode is near a picture, not equal to it."""
CHOSEN = ["scenes"]
"""Drawers that choose a picture; nothing in them is optimised."""
FIELDS = [name for name in NAMES if name not in FITTED]
"""Drawers that draw what they encode."""
SIZES = [(32, 32), (18, 32), (33, 47), (40, 17)]


def make(name: str, size: tuple[int, int] = (18, 32), seed: int = 0, **options: object) -> Drawer:
    return drawers.get(name)(size, options, generator=torch.Generator().manual_seed(seed))


def soft_picture(height: int, width: int) -> Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack([0.1 + 0.8 * x, 0.9 - 0.8 * y, 0.5 + 0.4 * torch.sin(4 * x + 3 * y)])[None]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_picture(name: str, size: tuple[int, int]) -> None:
    picture = make(name, size).draw()
    assert picture.shape == (1, 3, *size)
    assert picture.min() >= 0 and picture.max() <= 1
    assert picture.std() > 0.01
    assert torch.equal(picture, make(name, size).draw())
    assert not torch.equal(picture, make(name, size, seed=1).draw())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FIELDS)
def test_what_is_drawn_encodes_to_itself(name: str, size: tuple[int, int]) -> None:
    drawer = make(name, size)
    drawer.encode(soft_picture(*size))
    drawn = drawer.draw().detach()
    drawer.encode(drawn)
    torch.testing.assert_close(drawer.draw().detach(), drawn, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CHOSEN])
def test_the_parameters_stay_the_same_objects(name: str, start: Any) -> None:
    drawer = make(name)
    before = [p for group in drawer.parameters() for p in group["params"]]
    drawer.encode(soft_picture(18, 32))
    drawer.carry(start(soft_picture(18, 32).flip(3), move=lambda grid: grid.flip(3)))
    drawer.load_state_dict(drawer.state_dict())
    drawer.clamp()
    after = [p for group in drawer.parameters() for p in group["params"]]
    assert len(before) == len(after) > 0
    for old, new in zip(before, after, strict=True):
        assert old is new and new.is_leaf and new.requires_grad


@pytest.mark.parametrize("name", FIELDS)
def test_carried_then_drawn_is_drawn_then_moved(name: str, start: Any) -> None:
    drawer = make(name)
    drawer.encode(soft_picture(18, 32))
    moved = drawer.draw().detach().flip(3)
    drawer.carry(start(moved, move=lambda grid: grid.flip(3)))
    torch.testing.assert_close(drawer.draw().detach(), moved, atol=2e-3, rtol=0)


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in CHOSEN])
def test_it_learns_a_picture(name: str) -> None:
    """Adam at the drawer's own rate comes as near to a soft picture as the drawer can."""
    size = (18, 32)
    target = soft_picture(*size)
    drawer = make(name, size)
    optimizer = torch.optim.Adam(drawer.parameters())
    for _ in range(100):
        optimizer.zero_grad()
        loss = (drawer.draw() - target).square().mean()
        loss.backward()
        optimizer.step()
        drawer.clamp()
    assert loss.sqrt() < 0.04


@pytest.mark.parametrize("name", NAMES)
def test_the_state_brings_the_picture_back(name: str) -> None:
    one, other = make(name), make(name, seed=1)
    state = one.state_dict()
    drawn = one.draw().detach()
    other.load_state_dict(state)
    assert torch.equal(other.draw(), drawn)
    with torch.no_grad():
        for group in one.parameters():
            for parameter in group["params"]:
                parameter.mul_(0.9)
    other.load_state_dict(state)
    assert torch.equal(other.draw(), drawn), "the saved state may not follow the drawer"


@pytest.mark.parametrize("name", NAMES)
def test_a_state_of_another_size_is_refused(name: str) -> None:
    small = make(name, (8, 8))
    before = small.draw()
    with pytest.raises(UsageError, match="does not match drawer size"):
        small.load_state_dict(make(name, (10, 12)).state_dict())
    with pytest.raises(UsageError, match="does not match drawer size"):
        small.load_state_dict({})
    assert torch.equal(small.draw(), before)


@pytest.mark.parametrize("name", [name for name in NAMES if "lr" in option_table(name)])
def test_the_learning_rate_is_the_one_asked_for(name: str) -> None:
    assert make(name, lr=0.2).parameters()[0]["lr"] == 0.2
    assert make(name).parameters()[0]["lr"] == option_table(name)["lr"].default


WRONG = [
    ("fft", {"dekay": 1}, "no option 'dekay'", "decay"),
    ("fft", {"decay": "much"}, "expected a number", None),
    ("fft", {"decay": 9}, "between 0 and 4", None),
    ("fft", {"lr": 0}, "between", None),
    ("fft", {"basis": "waves"}, "unknown word 'waves'", "known: fft, dwt, pixels"),
    ("fft", {"wave": "haar"}, "wave has no effect with basis: fft", "set basis: dwt"),
    ("fft", {"basis": "dwt", "wave": "coif"}, "unknown word 'coif'", "known: haar"),
    ("fft", {"detail": 3}, "between -2 and 2", None),
    ("fft", {"contrast": 2}, "between 0 and 0.5", None),
    ("raw", {"lr": 2}, "between", None),
    ("raw", {"decay": 1}, "drawer 'raw' has no option 'decay'", "known"),
    ("fft", {"cells": [4, 4]}, "drawer 'fft' has no option 'cells'", "known"),
    ("pixel", {"cells": 40}, r"expected \[columns, rows\]", None),
    ("pixel", {"cells": [40, 0]}, "0 must be between", None),
    ("pixel", {"cells": [40.5, 3]}, "whole number", None),
    ("pixel", {"cell": True}, "expected a number", None),
    ("pixel", {"cell": 8, "cells": [4, 4]}, "cells and cell", "remove one"),
]


@pytest.mark.parametrize(("name", "options", "said", "hint"), WRONG)
def test_wrong_options(name: str, options: dict, said: str, hint: str | None) -> None:
    with pytest.raises(BadValue, match=said) as caught:
        make(name, **options)
    assert (hint or "") in (caught.value.hint or "")


def test_every_mistake_is_told_with_its_key() -> None:
    found = list(
        option_errors(
            {"lr": -1, "dekay": 2, "init": 0.5}, option_table("fft"), owner="drawer 'fft'"
        )
    )
    assert [problem.path for problem in found] == [("lr",), ("dekay",)]


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_are_legal_and_explained(name: str) -> None:
    assert drawers.entries()[name].summary
    for option in option_table(name).values():
        assert option.doc
        value = option.read(option.default)
        assert option.read(value) == value


def test_an_unknown_drawer_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="pixel"):
        option_table("pixl")


@pytest.mark.parametrize("room", ["drawers", "losses", "filters", "motion"])
def test_the_tables_need_no_torch(room: str) -> None:
    code = f"import sys, storyboard.{room}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
