"""Variants of a film, side by side: their pictures on a sheet, and what can be measured of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render import still
from storyboard.render.output.film_writer import stored
from storyboard.render.store.folder import output_paths
from storyboard.render.store.shots import ShotFolder

WIDTH, GAP, LABEL = 320, 8, 24
"""Pixels of the sheet: a picture's width, the space between two, the height of a line."""

_SHOWS = "shows"

MOST_SCORED, MOST_TRIPLES = 5, 60
"""Frames of a film that are scored, and from which its flicker is taken."""


@dataclass(frozen=True)
class FilmMeasures:
    """What was measured of the painted frames of a variant.

    Attributes:
        seconds: how long they took to paint, when they were painted.
        score: how well they fit the prompts by the shot's perceptors, -1 to 1, words and looks that
            are added later left out.
        sharpness: standard deviation of the Laplacian of the luma, in levels of 255.
        flicker: how far a frame is from the mean of the two beside it, mean of the luma in levels
            of 255: even motion and fades count little, what jumps to and fro counts fully; None
            for single pictures.
    """

    seconds: float
    score: float
    sharpness: float
    flicker: float | None = None


@dataclass(frozen=True)
class Sample:
    """One picture of the film, finished, and what was measured of it."""

    picture: Picture
    measures: FilmMeasures


def sample(plan: Plan, number: int, **how: Any) -> Sample:
    """Paint the frame ``number`` of ``plan``, and those it flows from; ``how`` as for `still`."""
    picture = still(plan, number / plan.fps, **how)
    return Sample(picture, measure(plan, [number], how.get("work")))


def measure(plan: Plan, numbers: Sequence[int], work: Path | None = None) -> FilmMeasures:
    """Return what can be measured of the painted frames ``numbers``, which are there; of several,
    as of a film, the flicker too. ``work`` as in `storyboard.render.render`.
    """
    shots = output_paths(plan, work=work).shots
    read = stored(plan, shots)
    some = [numbers[n] for n in _spread(len(numbers), MOST_SCORED)]
    pictures = {number: read(number) for number in some}
    triples = [
        three
        for three in zip(numbers, numbers[1:], numbers[2:], strict=False)
        if _is_run(plan, three)
    ]
    chosen = (triples[n] for n in _spread(len(triples), MOST_TRIPLES))
    jumps = [_jump(*(_luma(read(number)) for number in three)) for three in chosen]
    return FilmMeasures(
        seconds=_seconds(plan, shots),
        score=_score(plan, pictures),
        sharpness=float(np.mean([sharpness(picture) for picture in pictures.values()])),
        flicker=float(np.mean(jumps)) if jumps else None,
    )


def _spread(count: int, most: int) -> list[int]:
    """Return up to ``most`` numbers below ``count``, evenly apart."""
    if count <= most:
        return list(range(count))
    return [int((n + 0.5) * count / most) for n in range(most)]


def _is_run(plan: Plan, numbers: Sequence[int]) -> bool:
    first, last = (plan.shot_at(number) for number in (numbers[0], numbers[-1]))
    return first.chain == last.chain and numbers[-1] - numbers[0] == len(numbers) - 1


def _seconds(plan: Plan, shots: Path) -> float:
    """Return how long the frames that are there took."""
    folders = (ShotFolder.open(shots, shot) for shot in plan.painted.shots)
    return sum(line.seconds for folder in folders for line in folder.records.values())


def _score(plan: Plan, pictures: dict[int, Picture]) -> float:
    import torch

    from storyboard.render.chain_session import Studio
    from storyboard.render.pictures import from_8_bit

    studio = Studio(plan, torch.device("cpu"))
    scores = [studio.score(plan.frames[n], from_8_bit(one)) for n, one in pictures.items()]
    return float(np.mean(scores))


def _luma(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the luma (H, W) of a picture, 0 to 255."""
    luma: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = picture @ np.array(
        [0.2126, 0.7152, 0.0722]
    )
    return luma


def sharpness(picture: Picture) -> float:
    """Return the standard deviation of the Laplacian of the luma of ``picture``, (H, W, 3) uint8,
    in levels of 255.
    """
    luma = _luma(picture)
    inside = luma[1:-1, 1:-1]
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float(np.std(around - 4 * inside))


def _jump(before: Any, here: Any, after: Any) -> float:
    return float(np.abs(here - (before + after) / 2).mean())


def sheet(rows: Sequence[Sequence[tuple[str, Picture]]], *, shows: str = "") -> bytes:
    """Return a PNG with all ``rows`` of labels and pictures (H, W, 3) of one shape; ``shows`` names
    what it shows, for `shown_by`.
    """
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    from storyboard.media.fonts import default_font, open_font

    font, first = open_font(default_font(), 14), rows[0][0][1]
    height = round(WIDTH * first.shape[0] / first.shape[1])
    columns = max(map(len, rows))
    size = (GAP + columns * (WIDTH + GAP), GAP + len(rows) * (height + LABEL + GAP))
    page = Image.new("RGB", size, (24, 24, 28))
    pen = ImageDraw.Draw(page)
    for (x, y), (label, picture) in _places(rows, height):
        page.paste(Image.fromarray(picture).resize((WIDTH, height)), (x, y))
        pen.text((x, y + height + 3), label, font=font, fill=(235, 235, 235))
    file = io.BytesIO()
    tags = PngInfo()
    tags.add_text(_SHOWS, shows)
    page.save(file, "PNG", pnginfo=tags)
    return file.getvalue()


def shown_by(file: Path) -> str:
    """Return what the sheet ``file`` shows, as `sheet` was given it; empty for none."""
    from PIL import Image

    try:
        with Image.open(file) as page:
            return str(page.info.get(_SHOWS, ""))
    except (OSError, ValueError, SyntaxError):
        return ""


def _places(
    rows: Sequence[Sequence[tuple[str, Picture]]], height: int
) -> Iterator[tuple[tuple[int, int], tuple[str, Picture]]]:
    for row, pictures in enumerate(rows):
        for column, one in enumerate(pictures):
            yield (GAP + column * (WIDTH + GAP), GAP + row * (height + LABEL + GAP)), one
