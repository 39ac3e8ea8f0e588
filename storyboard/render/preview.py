"""The film without the painting: the camera alone, on a grid or a picture, in seconds.

The matrices, the warp, the borders, the encoder and the sound are those of the film itself, so what
moves here moves there. Every frame is the chain's first picture resampled once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps
from torch import Tensor

from storyboard import ffmpeg
from storyboard.errors import EncodeFailed, UsageError
from storyboard.files import told_plainly
from storyboard.motion.moves import STAY, Move
from storyboard.motion.path import move
from storyboard.motion.warp import warp
from storyboard.render.depths import Depths
from storyboard.render.encode import Encoder, FilmSpec
from storyboard.render.source import Sources
from storyboard.timeline.plan import Frame, Plan, Prompt, ShotPlan

LONGEST_SIDE = 640
CRF = 23
CELLS = 8
TINTS = ((58, 78, 112), (112, 74, 58), (64, 98, 72), (96, 66, 104))
"""Grounds of the grid, one after another, so that a cut to a new chain is seen."""


@dataclass(frozen=True)
class Scale:
    """The size of the preview in pixels; even numbers, close to the film's shape."""

    width: int
    height: int


def scale_of(plan: Plan) -> Scale:
    """The film's own size, or one with `LONGEST_SIDE` where that is smaller."""
    share = min(1.0, LONGEST_SIDE / max(plan.width, plan.height))
    return Scale(*(max(2, round(side * share / 2) * 2) for side in (plan.width, plan.height)))


def preview(
    plan: Plan,
    path: Path,
    *,
    picture: Path | None = None,
    on_frame: Callable[[int], None] = lambda number: None,
) -> Path:
    """Write the preview of ``plan`` to ``path`` and answer it; its suffix says the format.

    ``picture`` is a picture or a film whose first frame is taken; without one the camera moves the
    shot's clip, or a grid where it has none. ``on_frame`` is called with the number of every frame
    written. Raises `UsageError` for a picture that cannot be read, `EncodeFailed`,
    `StoryboardError` where ``path`` cannot be written.
    """
    scale = scale_of(plan)
    spec = FilmSpec(
        width=scale.width,
        height=scale.height,
        fps=plan.fps,
        frame_count=plan.frame_count,
        crf=CRF,
        audio=plan.audio,
        tags={"title": f"{plan.title} (camera)"},
    )
    given = load_picture(picture, scale) if picture else None
    with told_plainly(path), Encoder(path, spec) as encoder:
        for frame, seen in camera_frames(plan, scale, given=given):
            encoder.write(np.asarray(caption(seen, frame)))
            on_frame(frame.number)
    return path


def camera_frames(
    plan: Plan, scale: Scale, *, given: Image.Image | None = None
) -> Iterator[tuple[Frame, Image.Image]]:
    """Every frame of the plan, and what the camera shows there: of the picture, of the shot's clip
    where no picture is ``given``, else of a grid.

    A chain of flat shots shows its first picture moved once, however long it is. With depth a part
    of the picture hides another, and every frame is made from the one before, as the film's are.
    """
    small = replace(plan, width=scale.width, height=scale.height)
    sources, depths = Sources(small, torch.device("cpu")), Depths(small, torch.device("cpu"))
    deep = {shot.chain for shot in plan.shots if shot.depth is not None}
    total, source, held = STAY, torch.empty(0), None
    for frame in plan.frames:
        if frame.number == 0 or frame.shot.chain != plan.frames[frame.number - 1].shot.chain:
            source = _to_tensor(given or draw_grid(scale, TINTS[frame.shot.chain % len(TINTS)]))
            total, held = STAY, None
        elif frame.shot.chain in deep:
            total, held = depths.move(held, source, frame.number - 1, frame)
        else:
            total = move(plan, frame.number - 1, frame.number) @ total
        seen = _moved(source, total, frame.shot)
        source = seen if frame.shot.chain in deep else source
        layer = None if given else sources.layer(frame)
        yield frame, _to_image(seen if layer is None else layer.over(seen, 1.0))


def _moved(source: Tensor, m: Move, shot: ShotPlan) -> Tensor:
    color = shot.border_color if shot.border == "color" else None
    return warp(source, m, border=shot.border, resample=shot.resample, color=color)


def load_picture(path: Path, scale: Scale) -> Image.Image:
    """A picture, or the first frame of a film, cut to the preview's shape from its middle."""
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except FileNotFoundError:
        raise UsageError(f"there is no picture {path}") from None
    except OSError:  # not a picture that Pillow knows; ffmpeg knows films
        picture = _first_picture(path)
    return ImageOps.fit(picture, (scale.width, scale.height), Image.Resampling.LANCZOS)


def _first_picture(film: Path) -> Image.Image:
    try:
        return Image.fromarray(next(ffmpeg.decode_frames(film)))
    except (EncodeFailed, StopIteration):
        raise UsageError(f"{film} is neither a picture nor a film, or it is torn") from None


def draw_grid(scale: Scale, tint: tuple[int, int, int]) -> Image.Image:
    """Square cells, a cross and a circle about the middle, and an arrow that points up."""
    picture = Image.new("RGB", (scale.width, scale.height), tint)
    pen = ImageDraw.Draw(picture)
    cell = scale.height / CELLS
    middle = ((scale.width - 1) / 2, (scale.height - 1) / 2)
    bright, faint = (236, 232, 220), tuple(min(255, part + 46) for part in tint)
    reach = int(max(scale.width, scale.height) / cell) + 1
    for n in range(-reach, reach + 1):
        x, y = middle[0] + n * cell, middle[1] + n * cell
        pen.line([(x, 0), (x, scale.height)], fill=bright if n == 0 else faint)
        pen.line([(0, y), (scale.width, y)], fill=bright if n == 0 else faint)
    for cells in (1, 2, 3):
        pen.circle(middle, cells * cell, outline=bright)
    tip = (middle[0], middle[1] - 3 * cell)
    base = [(middle[0] + side * cell / 3, middle[1] - 2.3 * cell) for side in (-1, 1)]
    pen.polygon([tip, *base], fill=(240, 190, 80))
    pen.rectangle([(0, 0), (scale.width - 1, scale.height - 1)], outline=bright)
    return picture


def caption(picture: Image.Image, frame: Frame) -> Image.Image:
    """Burn in the time, frame and shot at the top and the prompts with their weights below."""
    pen = ImageDraw.Draw(picture, "RGBA")
    font = ImageFont.load_default(size=max(10, picture.height // 18))
    minutes, seconds = divmod(float(frame.time), 60)
    head = f"{int(minutes)}:{seconds:05.2f}  frame {frame.number}  {frame.shot.name}"
    prompts = [prompt_line(p) for p in frame.prompts]
    _write(pen, head, font=font, at=(4, 4), anchor="la")
    _write(pen, "\n".join(prompts), font=font, at=(4, picture.height - 4), anchor="ld")
    return picture


def prompt_line(prompt: Prompt) -> str:
    """What a caption says of a prompt: its text, what it turns into, its weight."""
    toward = f" -> {prompt.toward} {prompt.mix:.0%}" if prompt.toward else ""
    return f"{prompt.text}{toward}  {prompt.weight:.2f}"


def _write(
    pen: ImageDraw.ImageDraw,
    text: str,
    *,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    at: tuple[float, float],
    anchor: str,
) -> None:
    """``text`` on a dark ground; ``anchor`` is Pillow's: which corner of it stands at ``at``."""
    if not text:
        return
    left, top, right, bottom = pen.multiline_textbbox(at, text, font=font, anchor=anchor)
    pen.rectangle([(left - 3, top - 2), (right + 3, bottom + 2)], fill=(0, 0, 0, 150))
    pen.multiline_text(at, text, font=font, anchor=anchor, fill=(255, 255, 255, 255))


def _to_tensor(picture: Image.Image) -> Tensor:
    pixels = torch.from_numpy(np.asarray(picture).copy())
    return pixels.permute(2, 0, 1).unsqueeze(0).to(torch.float32) / 255


def _to_image(picture: Tensor) -> Image.Image:
    pixels = (picture[0].permute(1, 2, 0) * 255).round().clamp(0, 255).to(torch.uint8)
    return Image.fromarray(pixels.numpy())
