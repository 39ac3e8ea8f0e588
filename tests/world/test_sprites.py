"""Drawings as curves: what is stored, how it is coloured, and that every view of it is sharp."""

import colorsys

import numpy as np
import pytest
import torch

from storyboard.world.canvas import COLORS, Canvas
from storyboard.world.nouns import nouns
from storyboard.world.sprites import Layer, Sprite, Stand, lay_sprite, rasterise, sprite

SQUARE = np.array([(-0.5, -1), (-0.5, -1), (0.5, -1), (0.5, -1), (0.5, -1), (0.5, 0), (0.5, 0),
                   (0.5, 0), (-0.5, 0), (-0.5, 0), (-0.5, 0), (-0.5, -1), (-0.5, -1)])  # fmt: skip


def one(value: float) -> torch.Tensor:
    return torch.full((1, 1, 1), value)


def test_every_drawing_stands_on_its_foot_and_is_one_high() -> None:
    for noun in nouns():
        drawing = sprite(noun)
        points = np.concatenate([c for layer in drawing.layers for c in layer.contours])
        assert points[:, 1].min() == pytest.approx(-1) and points[:, 1].max() == pytest.approx(0)
        assert np.abs(points[:, 0]).max() == pytest.approx(drawing.half_width)
        assert drawing.layers and 0 < drawing.half_width < 4


@pytest.mark.parametrize("side", [32, 64])
def test_a_square_covers_its_part_of_the_canvas(side: int) -> None:
    """A red square from -0.5 to 0.5 of half the light, on white."""
    drawing = Sprite((Layer((1.0, 0.0, 0.0, 1.0), (SQUARE,)),), 0.5)
    canvas = Canvas(1, side, 0)
    white = torch.ones(1, 3, side, side)
    stand = Stand(one(0), one(0.5), one(1))
    drawn = lay_sprite(canvas, white, drawing, stand, torch.full((1, 3, 1, 1), 0.5))
    assert float(drawn[0, 0, side // 2, side // 2]) == pytest.approx(0.5, abs=0.01)
    assert float(drawn[0, 1, side // 2, side // 2]) == pytest.approx(0, abs=0.01)
    assert float((1 - drawn[0, 1]).mean()) == pytest.approx(0.25, abs=0.05)
    assert float(drawn[0, :, 0, 0].min()) == 1


def test_holes_stay_open() -> None:
    hole = SQUARE * 0.5 - (0, 0.25)
    image = rasterise((Layer((1, 1, 1, 1), (SQUARE, hole)),), (-0.5, -1.0, 0.5, 0.0), 1 / 64)
    assert image.shape == (4, 64, 64)
    assert float(image[3, 32, 32]) == 0 and float(image[3, 32, 4]) == 1


def test_an_edge_takes_a_pixel_at_any_zoom() -> None:
    drawing = sprite("soccer ball")
    for height in (1.0, 40.0):
        canvas = Canvas(1, 64, 0)
        stand = Stand(one(0.5 * height + 0.2), one(height / 2), one(height))
        drawn = lay_sprite(
            canvas, torch.zeros(1, 3, 64, 64), drawing, stand, torch.ones(1, 3, 1, 1)
        )
        row = drawn[0, 2, 32]
        edge = int((row > 0.02).nonzero()[0])
        assert float(row[max(0, edge - 1)]) < 0.02 and float(row[edge + 3]) > 0.3


@pytest.mark.parametrize("noun", ["elephant", "fox", "car", "guitar"])
@pytest.mark.parametrize("color", ["blue", "pink", "black"])
def test_the_main_colour_is_exchanged(noun: str, color: str) -> None:
    before, after = sprite(noun), sprite(noun).colored(color)
    changed = [b for a, b in zip(before.layers, after.layers, strict=True) if a.color != b.color]
    assert 0 < len(changed) <= len(before.layers)
    hue = colorsys.rgb_to_hsv(*COLORS[color])[0]
    assert all(colorsys.rgb_to_hsv(*layer.color[:3])[0] == pytest.approx(hue) for layer in changed)
    assert before.colored(None) is before


def test_what_is_out_of_sight_costs_nothing() -> None:
    picture = torch.rand(1, 3, 8, 8)
    stand = Stand(one(30), one(0), one(1))
    drawn = lay_sprite(Canvas(1, 8, 0), picture, sprite("fox"), stand, torch.ones(1, 3, 1, 1))
    assert drawn is picture
