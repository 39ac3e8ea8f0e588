"""Forests: firs or broad-leaved trees, green, autumnal or snowed in."""

from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import Land, join, masked_below, named, tinted
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky

ROWS = 4
"""Rows of trees, from far to near."""


@dataclass(frozen=True)
class _Tree:
    """Position, height and colours of a tree."""

    cx: Tensor
    foot: Tensor
    height: Tensor
    tone: Tensor
    light: Tensor  # of the sky


def _pine(canvas: Canvas, picture: Tensor, tree: _Tree, *, snowy: bool) -> Tensor:
    """Return a fir tree: branches that hang, shorter towards the top, and a trunk."""
    side = canvas.x - tree.cx
    across, up = side.abs(), (tree.foot - canvas.y) / tree.height
    tiers, sway = canvas.rand(8, 12), canvas.rand(-0.3, 0.3)
    ragged = 0.5 * (canvas.noise(40 / float(tree.height.max()), 2) - 0.5)
    droop = across / tree.height
    step = (1 - up + 0.55 * droop + 0.03 * ragged) * tiers + sway * torch.sign(side)
    tier = 0.55 + 0.45 * (step % 1) ** 0.8
    half = (1 - up).clamp(0, 1) ** 0.86 * tier * tree.height * 0.27 * (1 + 0.5 * ragged)
    inside = torch.where((up > 0.05) & (up < 1), across - half, torch.ones(()))
    trunk = torch.where((up > -0.02) & (up <= 0.09), across - 0.025 * tree.height, torch.ones(()))
    shade = 0.72 + 0.42 * (step % 1) - 0.9 * side / tree.height + 0.12 * up
    leaf = (tree.tone * shade.unsqueeze(1)).clamp(0, 1)
    if snowy:
        load = smooth(0.6, 0.1, (step % 1) - 0.9 * ragged) * 0.85
        white = (0.2 + 0.8 * tree.light) * (0.72 + 0.3 * shade).unsqueeze(1)
        leaf = canvas.lay(leaf, white, load)
    return canvas.lay(picture, leaf.clamp(0, 1), canvas.cover(torch.minimum(inside, trunk)))


def _broad(canvas: Canvas, picture: Tensor, tree: _Tree) -> Tensor:
    """Return a trunk, and a crown of leaves in heaps that the sky lights from above."""
    side, up = (canvas.x - tree.cx) / tree.height, (tree.foot - canvas.y) / tree.height
    bend = canvas.rand(-0.12, 0.12) * up.clamp(0, 1) ** 2
    half = 0.03 + 0.035 * smooth(0.25, 0.0, up) + 0.02 * smooth(0.4, 0.7, up)
    trunk = torch.maximum((side - bend).abs() - half, torch.maximum(up - 0.75, -up))
    wood = canvas.color((0.30, 0.20, 0.13), 0.02) * (0.25 + 0.75 * tree.light)
    wood = wood * (1 - 6 * side.clamp(-0.06, 0.06)).unsqueeze(1)
    picture = canvas.lay(picture, wood.clamp(0, 1), canvas.cover(trunk * tree.height))
    size = 1 / float(tree.height.max())
    heaps = canvas.lattices(7 * size, 1)

    def density(right: float, lower: float) -> Tensor:
        shift_x, shift_y = right * tree.height, lower * tree.height
        folds = (2 * canvas.noise_at(heaps, canvas.x + shift_x, canvas.y + shift_y) - 1).abs()
        egg = torch.hypot((side + right - bend) / 0.36, (up - lower - 0.64) / 0.33)
        return torch.minimum(1 - egg + 0.42 * (folds - 0.4), 3 * (1.15 - egg))

    here, above = density(0.0, 0.0), density(-0.02, -0.05)
    leaves = canvas.noise(60 * size, 1) - 0.5
    light = (0.5 + 1.5 * (here - above) + 0.3 * leaves + 0.5 * (up - 0.64)).clamp(0, 1)
    leaf = canvas.ramp(0.42 * tree.tone, (1.25 * tree.tone + 0.03).clamp(0, 1), light)
    cover = smooth(0.0, 0.05, here + 0.22 * leaves)
    return canvas.lay(picture, leaf.clamp(0, 1), cover)


def forest(canvas: Canvas, sky: Sky, kind: str = "forest") -> Land:
    """Draw rows of trees, hazy far away; fir or broad-leaved, green, autumnal, snowed in, or any
    colour.
    """
    autumn, snowy = kind == "autumn forest", kind == "snowy forest"
    green, words = tinted(canvas, (0.10, 0.42, 0.14), "forest", 0.0 if autumn or snowy else 0.2)
    fir = snowy or (not autumn and canvas.coin(0.8))
    floor = canvas.color((0.92, 0.94, 0.97), 0.02) if snowy else green * 0.6
    picture = canvas.lay(sky.picture, floor * (0.25 + 0.75 * sky.light),
                         masked_below(canvas, sky.horizon + 0.06 * canvas.ridge(2, 2)))  # fmt: skip
    for layer in range(ROWS):
        near = layer / (ROWS - 1)
        count = round((11 - 7 * near) * (1.0 if fir else 0.7) * canvas.reach_x)
        for i in range(count):
            cx = (2 * (i + 0.5) / count - 1) * 1.1 * canvas.reach_x + canvas.rand(-0.16, 0.16)
            height = canvas.rand(0.75, 1.2) * (0.5 + 0.85 * near)
            tone = green * (0.72 + 0.45 * canvas.rand(0, 1).unsqueeze(1))
            if autumn:
                tone = canvas.named(pick_names(canvas, ["orange", "red", "yellow", "golden"]), 0.07)
            if snowy:
                tone = canvas.color((0.22, 0.38, 0.34), 0.04)
            tone = tone * (0.22 + 0.78 * sky.light)
            tone = tone + (sky.haze - tone) * 0.62 * (1 - near) ** 1.2
            foot = sky.horizon + 0.1 + 0.78 * near**1.2 + canvas.rand(-0.06, 0.06)
            tree = _Tree(cx, foot, height, tone, sky.light)
            tall = (canvas.y < foot + 0.1) & (canvas.y > foot - 1.2 * height)
            part, here = canvas.part(tall & ((canvas.x - cx).abs() < 0.5 * height))
            patch = picture[..., *here]
            drawn = _pine(part, patch, tree, snowy=snowy) if fir else _broad(part, patch, tree)
            picture = picture.clone()
            picture[..., *here] = drawn
        picture = _mist(canvas, picture, sky, near)
    extra = ["snow"] if snowy else ["autumn"] if autumn else []
    return picture, join(named(canvas, f"land:{kind}", "trees", *extra), words)


def _mist(canvas: Canvas, picture: Tensor, sky: Sky, near: float) -> Tensor:
    """Return a picture with the haze that lies between one row of trees and the next."""
    foot = sky.horizon + 0.16 + 0.78 * near**1.2
    drifting = 0.7 + 0.6 * (canvas.noise(2.5, 2, 0.4, drift=(0.02, 0.0)) - 0.5)
    thick = 0.34 * (1 - near) * smooth(-0.75, 0.0, canvas.y - foot) * drifting
    return canvas.lay(picture, sky.haze, thick.clamp(0, 1))


def autumn_forest(canvas: Canvas, sky: Sky) -> Land:
    return forest(canvas, sky, "autumn forest")


def snowy_forest(canvas: Canvas, sky: Sky) -> Land:
    return forest(canvas, sky, "snowy forest")
