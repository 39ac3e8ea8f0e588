"""One batch of the world: choose what to draw, draw it, perhaps in a style, and say what is
there.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas
from storyboard.world.closeups import CLOSEUPS
from storyboard.world.lands import LANDS
from storyboard.world.patterns import draw_pattern
from storyboard.world.shapes import Facts, draw_many, draw_pair, draw_shape
from storyboard.world.shores import SHORE, still_water
from storyboard.world.skies import SKIES
from storyboard.world.sky import Sky
from storyboard.world.styles import STYLES
from storyboard.world.things import THINGS
from storyboard.world.weather import fall

Groups = tuple[tuple[str, float], ...]
GROUPS: Groups = (
    ("landscape", 0.50), ("closeup", 0.27), ("shape", 0.115), ("pair", 0.035), ("many", 0.03),
    ("pattern", 0.05),
)  # fmt: skip
STYLED = 0.22
# What a picture that is not square must show, from its middle (`Canvas.frame`)
SHORT = {"landscape": 0.0, "closeup": 0.88}


def _pick(canvas: Canvas, weights: dict[str, float]) -> str:
    names = list(weights)
    index = torch.multinomial(
        torch.tensor([weights[n] for n in names]), 1, generator=canvas.generator
    )
    return names[int(index)]


def draw_landscape(canvas: Canvas) -> tuple[Tensor, list[Facts]]:
    """Return a sky, a land under it, sometimes a thing in it; rain, snow and fog come last."""
    sky_name = _pick(canvas, {name: weight for name, (_, weight) in SKIES.items()})
    lands = {name: weight for name, (_, weight) in LANDS.items()}
    if sky_name in ("day", "coloured"):
        lands["none"] = 0.5
    land_name = _pick(canvas, lands)
    horizon = canvas.rand(0.75, 1.0) if land_name == "none" else canvas.rand(-0.05, 0.4)
    sky, picture, words = lit_land(canvas, sky_name, land_name, horizon)
    facts = [[*a, *b] for a, b in zip(sky.facts, words, strict=True)]
    fitting = [name for name, (_, where) in THINGS.items() if land_name in where]
    if fitting and canvas.coin(0.45):
        thing = THINGS[fitting[canvas.choice(len(fitting))]][0]
        picture, extra = thing(canvas, sky, picture)
        facts = [[*a, *b] for a, b in zip(facts, extra, strict=True)]
    return fall(canvas, picture, sky), facts


def lit_land(
    canvas: Canvas, sky_name: str, land_name: str, horizon: Tensor
) -> tuple[Sky, Tensor, list[Facts]]:
    """Return a sky, and the land under it."""
    if land_name == "lake":
        canvas.mirror(horizon + SHORE, still_water(canvas, horizon + SHORE))
    sky = SKIES[sky_name][0](canvas, horizon)
    picture, words = LANDS[land_name][0](canvas, sky)
    canvas.unmirror()
    return sky, picture, words


def draw_closeup(canvas: Canvas) -> tuple[Tensor, list[Facts]]:
    """Return one subject that fills the picture."""
    return CLOSEUPS[_pick(canvas, {name: weight for name, (_, weight) in CLOSEUPS.items()})][0](
        canvas
    )


DRAW: dict[str, Callable[[Canvas], tuple[Tensor, list[Facts]]]] = {
    "landscape": draw_landscape, "closeup": draw_closeup, "shape": draw_shape, "pair": draw_pair,
    "many": draw_many, "pattern": draw_pattern,
}  # fmt: skip


def draw(
    seed: int, *, count: int = 8, size: int | tuple[int, int] = 96, groups: Groups = GROUPS
) -> tuple[Tensor, list[Facts]]:
    """Return ``count`` pictures of one kind and the facts of each; a seed draws the same bytes.

    Returns uint8 pictures ``(count, 3, H, W)`` and, per picture, facts such as
    ``sky:sunset``, ``land:sea``, ``thing:boat`` or ``style:watercolor`` that `captions` turns
    into words.
    """
    canvas = Canvas(count, size, seed)
    group = _pick(canvas, dict(groups))
    canvas.frame(short=SHORT.get(group, 1.0), middle=0.06 if group == "landscape" else 0.0)
    picture, facts = DRAW[group](canvas)
    picture = picture.clamp(0, 1)
    if canvas.coin(STYLED * (1.0 if group in ("landscape", "closeup") else 0.3)):
        style = _pick(canvas, {name: weight for name, (_, weight) in STYLES.items()})
        picture = STYLES[style][0](canvas, picture)
        facts = [[*row, f"style:{style}"] for row in facts]
    return (picture.clamp(0, 1) * 255).round().to(torch.uint8), facts
