"""Losses for a part of the frame, and targets that are clips, in finished frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from storyboard.render import render
from storyboard.timeline import load_story_text, make_plan

HEAD = (
    "output: {size: 64x36, fps: 4, format: png}\nperceptors: {name: tiny, weight: 0.001}\n"
    "cuts: 4\ndrawer: {name: raw, lr: 0.1}\nlr: 1\nsteps_first: 20\nsteps: 20\nhold: 0\n"
    "color_hold: 0\nprompt: grey\n"
)


@pytest.fixture
def folder(tmp_path: Path, make_clip: Callable[..., Path]) -> Path:
    """A red picture; a mask of the left quarter; a clip that is green, then blue."""
    Image.new("RGB", (64, 36), (255, 0, 0)).save(tmp_path / "red.png")
    levels = np.zeros((36, 64), np.uint8)
    levels[:, :16] = 255
    Image.fromarray(levels).save(tmp_path / "mask.png")
    frames = np.zeros((4, 36, 64, 3), np.uint8)
    frames[:2, ..., 1], frames[2:, ..., 2] = 255, 255
    make_clip("turn.mkv", frames, fps="4")
    return tmp_path


def frames_of(text: str, folder: Path) -> npt.NDArray[np.float64]:
    render(make_plan(load_story_text(HEAD + text, folder=folder)), out=folder / "film")
    paths = sorted((folder / "film").glob("*.png"))
    return np.stack([np.asarray(Image.open(path)).astype(float) for path in paths])


def reds(frame: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How red each of eight columns is, -1 to 1."""
    parts = frame.reshape(36, 8, 8, 3).mean(axis=(0, 2)) / 255
    return parts[:, 0] - parts[:, 1:].mean(axis=1)


def test_a_masked_target_is_painted_in_its_part_alone(folder: Path) -> None:
    (frame,) = frames_of(
        "duration: 0.25s\nlosses: {target: {image: red.png, weight: 4, "
        "where: {mask: mask.png, soft: 0}}}\n",
        folder,
    )
    assert reds(frame)[:2].min() > 0.9
    assert reds(frame)[2:].max() < 0.3


def test_a_mask_moves_with_its_numbers(folder: Path) -> None:
    """The part passes over the picture from left to right and leaves it red behind."""
    film = frames_of(
        "duration: 1s\nlosses: {target: {image: red.png, weight: 4, "
        "where: {box: [t, 0, t + 0.25, 1], soft: 0}}}\n",
        folder,
    )
    for number, frame in enumerate(film):
        seen = reds(frame) > 0.8
        assert seen.tolist() == [n < 2 * (number + 1) for n in range(8)]


def test_a_clip_is_come_to_as_it_moves(folder: Path) -> None:
    film = frames_of("duration: 1s\nlosses: {target: {image: turn.mkv, weight: 4}}\n", folder)
    means = film.mean(axis=(1, 2)) / 255
    assert (means[:2].argmax(axis=1) == 1).all()
    assert (means[2:].argmax(axis=1) == 2).all()
    assert means[-1] == pytest.approx([0, 0, 1], abs=0.1)
