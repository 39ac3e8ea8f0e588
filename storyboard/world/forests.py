"""Forests: firs or broad-leaved trees, green, autumnal or snowed in."""

from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import Land, join, masked_below, named, tinted
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky


@dataclass(frozen=True)
class _Tree:
    """Position, height and colours of a tree."""

    cx: Tensor
    foot: Tensor
    height: Tensor
    tone: Tensor
    light: Tensor  # of the sky


def _pine(canvas: Canvas, picture: Tensor, tree: _Tree, *, snowy: bool) -> Tensor:
    """Return a fir tree: three tiers and a trunk."""
    leaf = _leaf(canvas, tree)
    across, up = (canvas.x - tree.cx).abs(), (tree.foot - canvas.y) / tree.height
    tier = 0.62 + 0.38 * ((1 - up) * 4 % 1)
    half = (1 - up).clamp(0, 1) * tier * tree.height * 0.33
    inside = torch.where((up > 0.06) & (up < 1), across - half, torch.ones(()))
    trunk = torch.where((up > -0.02) & (up <= 0.1), across - 0.04 * tree.height, torch.ones(()))
    if snowy:
        load = smooth(0.45, 0.65, (up * 4 + 0.25) % 1)
        leaf = canvas.lay(leaf, 0.2 + 0.8 * tree.light, load * 0.85)
    return canvas.lay(picture, leaf, canvas.cover(torch.minimum(inside, trunk)))


def _broad(canvas: Canvas, picture: Tensor, tree: _Tree) -> Tensor:
    """Return a trunk and a round crown."""
    leaf = _leaf(canvas, tree)
    cx, foot, height = tree.cx, tree.foot, tree.height
    trunk = torch.maximum(
        (canvas.x - cx).abs() - 0.055 * height,
        torch.maximum(canvas.y - foot, foot - 0.6 * height - canvas.y),
    )
    cy = foot - 0.68 * height
    wobble = 0.16 * height * (canvas.noise(7, 2) - 0.5)
    crown = torch.hypot(canvas.x - cx, (canvas.y - cy) * 1.05) - 0.34 * height + wobble
    wood = canvas.color((0.32, 0.2, 0.11), 0.03) * (0.25 + 0.75 * tree.light)
    return canvas.lay(canvas.lay(picture, wood, canvas.cover(trunk)), leaf, canvas.cover(crown))


def _leaf(canvas: Canvas, tree: _Tree) -> Tensor:
    """Return the colour of leaves, lit from the left."""
    shade = 1.12 - 0.3 * smooth(-0.2, 0.2, canvas.x - tree.cx)
    lit = (0.78 + 0.5 * canvas.noise(9, 2)) * shade
    return (tree.tone * lit.unsqueeze(1)).clamp(0, 1)


def forest(canvas: Canvas, sky: Sky, kind: str = "forest") -> Land:
    """Draw rows of trees, hazy far away; fir or broad-leaved, green, autumnal, snowed in, or any
    colour.
    """
    autumn, snowy = kind == "autumn forest", kind == "snowy forest"
    green, words = tinted(canvas, (0.10, 0.42, 0.14), "forest", 0.0 if autumn or snowy else 0.2)
    fir = snowy or (not autumn and canvas.coin(0.55))
    floor = canvas.color((0.92, 0.94, 0.97), 0.02) if snowy else green * 0.6
    picture = canvas.lay(sky.picture, floor * (0.25 + 0.75 * sky.light),
                         masked_below(canvas, sky.horizon + 0.06 * canvas.ridge(2, 2)))  # fmt: skip
    for layer in range(3):
        count = round((8 - 2 * layer) * canvas.reach_x)
        for i in range(count):
            cx = (2 * (i + 0.5) / count - 1) * 1.1 * canvas.reach_x + canvas.rand(-0.16, 0.16)
            height = canvas.rand(0.8, 1.15) * (0.6 + 0.38 * layer)
            tone = green * (0.72 + 0.45 * canvas.rand(0, 1).unsqueeze(1))
            if autumn:
                tone = canvas.named(pick_names(canvas, ["orange", "red", "yellow", "golden"]), 0.07)
            if snowy:
                tone = canvas.color((0.22, 0.38, 0.34), 0.04)
            tone = tone * (0.22 + 0.78 * sky.light)
            tone = tone + (sky.haze - tone) * (0.4 * (1 - layer / 2))
            foot = sky.horizon + 0.12 + 0.36 * layer + canvas.rand(-0.06, 0.06)
            tree = _Tree(cx, foot, height, tone, sky.light)
            tall = (canvas.y < foot + 0.1) & (canvas.y > foot - 1.2 * height)
            part, here = canvas.part(tall & ((canvas.x - cx).abs() < 0.5 * height))
            patch = picture[..., *here]
            drawn = _pine(part, patch, tree, snowy=snowy) if fir else _broad(part, patch, tree)
            picture = picture.clone()
            picture[..., *here] = drawn
    extra = ["snow"] if snowy else ["autumn"] if autumn else []
    return picture, join(named(canvas, f"land:{kind}", "trees", *extra), words)


def autumn_forest(canvas: Canvas, sky: Sky) -> Land:
    return forest(canvas, sky, "autumn forest")


def snowy_forest(canvas: Canvas, sky: Sky) -> Land:
    return forest(canvas, sky, "snowy forest")
