"""Takes of a shot: its middle picture for each of several seeds, scored, on one sheet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan

WIDTH, GAP, LABEL = 320, 8, 24
"""Pixels of the sheet: a picture's width, the space between two, the height of a line."""


@dataclass(frozen=True)
class Take:
    """A shot's middle picture with ``seed``, and how well it fits the prompts, -1 to 1."""

    picture: Picture
    seed: int
    score: float


def take_of(plan: Plan, index: int, seed: int, **how: Any) -> Take:
    """Paint the middle frame of the shot ``index`` of ``plan``; ``how`` as for `still`."""
    import torch

    from storyboard.render import still
    from storyboard.render.chain_session import Studio
    from storyboard.render.pictures import from_8_bit

    shot = plan.shots[index]
    number = (shot.first + shot.stop) // 2
    picture = still(plan, number / plan.fps, **how)
    studio = Studio(plan, torch.device("cpu"))
    return Take(picture, seed, studio.score(plan.frames[number], from_8_bit(picture)))


def sheet(rows: Sequence[tuple[str, Sequence[Take]]]) -> bytes:
    """Return a PNG with a row for each shot and a column for each take, labelled."""
    from PIL import Image, ImageDraw

    from storyboard.media.fonts import default_font, open_font

    font, first = open_font(default_font(), 14), rows[0][1][0].picture
    height = round(WIDTH * first.shape[0] / first.shape[1])
    columns = max(len(takes) for _, takes in rows)
    size = (GAP + columns * (WIDTH + GAP), GAP + len(rows) * (height + LABEL + GAP))
    page = Image.new("RGB", size, (24, 24, 28))
    pen = ImageDraw.Draw(page)
    for row, (name, takes) in enumerate(rows):
        for column, take in enumerate(takes):
            x, y = GAP + column * (WIDTH + GAP), GAP + row * (height + LABEL + GAP)
            shown = Image.fromarray(take.picture).resize((WIDTH, height))
            page.paste(shown, (x, y))
            label = f"{name}={column + 1}  seed {take.seed}  {take.score:.3f}"
            pen.text((x, y + height + 3), label, font=font, fill=(235, 235, 235))
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()
