"""The numbers of a film: what is known beforehand of synthetic frames is what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks import look as looking
from benchmarks.look import OTHERS, captions, drift, flicker, look, main_prompt, row, sharpness
from storyboard.errors import UsageError
from storyboard.motion.path import move
from storyboard.motion.warp import warp
from storyboard.plan import Plan
from storyboard.render.output.encode import Encoder, FilmSpec
from storyboard.render.pictures import to_8_bit
from storyboard.timeline import load_story_text, make_plan

STORY = """\
output: {size: 64x48, fps: 4}
motion: {zoom_per_s: 1.3, rotate: 20*shot_t, pan_x: 0.1*shot_t}
shots:
  - {name: one, duration: 4f, prompt: a red circle}
  - {name: two, duration: 4f, cut: true, prompt: a forest}
"""


def noise(seed: int = 0) -> Tensor:
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, (48, 64), mode="bicubic").clamp(0, 1)


def checks(shade: float) -> Tensor:
    """A chessboard of single pixels, ``shade`` apart."""
    grid = (torch.arange(48)[:, None] + torch.arange(64)[None]) % 2
    return (shade * grid).expand(1, 3, 48, 64).float()


@pytest.fixture
def plan() -> Plan:
    return make_plan(load_story_text(STORY))


@pytest.fixture
def moved(plan: Plan) -> list[Tensor]:
    """A film that the camera alone makes: in each shot every frame is the last one, moved."""
    frames = [noise()]
    for n in range(1, plan.frame_count):
        fresh = plan.frames[n].fresh
        frames.append(noise(n) if fresh else warp(frames[-1], move(plan, n - 1, n)).clamp(0, 1))
    return frames


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (torch.full((1, 3, 48, 64), 0.3), 0.0),
        (torch.linspace(0, 1, 64).expand(1, 3, 48, 64), 0.0),
        (checks(1.0), 4 * 255.0),
        (checks(0.5), 2 * 255.0),
    ],
    ids=["flat", "ramp", "chess", "soft chess"],
)
def test_sharpness_is_the_laplacian(picture: Tensor, expected: float) -> None:
    assert sharpness(picture) == pytest.approx(expected, abs=1e-2)


def test_a_film_that_its_camera_makes_does_not_flicker(plan: Plan, moved: list[Tensor]) -> None:
    for shot in plan.shots:
        plain, left = flicker(plan, moved, shot)
        assert plain > 3
        assert left == pytest.approx(0, abs=1e-4)


def test_what_the_camera_does_not_explain_is_flicker(plan: Plan, moved: list[Tensor]) -> None:
    brighter = [(frame * 0.5 + 0.1 * (n % 2)) for n, frame in enumerate(moved)]
    assert flicker(plan, brighter, plan.shots[0])[1] == pytest.approx(25.5, abs=1.0)


def test_a_single_frame_cannot_flicker(moved: list[Tensor]) -> None:
    short = make_plan(load_story_text(STORY.replace("4f", "1f")))
    assert all(isnan(value) for value in flicker(short, moved[:2], short.shots[0]))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p, (0.0, 1.0, 0.0)),
        (lambda p: p.mean(1, keepdim=True).expand_as(p), None),
        (lambda p: p.flip(-1), (0.0, 1.0, 0.0)),
    ],
    ids=["same", "grey", "mirrored"],
)
def test_drift_of_colours(
    change: Callable[[Tensor], Tensor], expected: tuple[float, float, float] | None
) -> None:
    start = 0.2 + 0.6 * noise() * torch.tensor([1.0, 0.5, 0.2])[:, None, None]
    found = drift(start, change(start))
    if expected is None:
        assert found[2] > 10
    else:
        assert found == pytest.approx(expected, abs=1e-3)


def test_lightness_and_contrast_are_signed() -> None:
    grey = 0.4 + 0.2 * noise().mean(1, keepdim=True).expand(1, 3, 48, 64)
    middle = grey.mean()
    rise, spread, away = drift(grey, middle + 0.1 + 0.5 * (grey - middle))
    assert rise > 5
    assert 0.4 < spread < 0.6
    assert away < 0.1


def test_the_main_prompt_is_the_one_of_most_weight() -> None:
    story = STORY.replace("cut: true", "fade: 2f, fade_shape: slerp")
    frames = make_plan(load_story_text(story)).frames
    assert [main_prompt(frames[n]).label for n in (0, 3, 7)] == ["a red circle"] * 2 + ["a forest"]


def test_a_frame_without_prompt_cannot_be_judged(plan: Plan) -> None:
    frame = replace(plan.frames[0], prompts=())
    with pytest.raises(UsageError, match="no prompt guides frame 0"):
        main_prompt(frame)


class Oracle:
    """A judge that puts the second caption first."""

    def score(self, picture: Tensor, texts: list[str]) -> Tensor:
        return torch.tensor([float(n == 1) for n, _ in enumerate(texts)])


def test_every_shot_has_its_numbers(plan: Plan, moved: list[Tensor]) -> None:
    seen = look(plan, moved, Oracle(), ["rain", "a forest"])  # type: ignore[arg-type]
    assert [(s.shot, s.frames, s.rank, s.of, s.seen_as) for s in seen] == [
        ("one", 4, 2, 3, "rain"),
        ("two", 4, 2, 2, "rain"),
    ]
    assert all(len(row(s)) == len(looking.HEADER) for s in seen)


def test_a_film_of_another_story_is_refused(plan: Plan, moved: list[Tensor]) -> None:
    with pytest.raises(UsageError, match="8 frames of 64x48, the film 7"):
        look(plan, moved[1:], Oracle(), ["rain"])  # type: ignore[arg-type]


def test_the_captions_are_those_of_the_examples_and_more() -> None:
    found = captions()
    assert len(found) == len(set(found)) > len(OTHERS) + 5
    assert {"a sunset over the sea", *OTHERS} <= set(found)


def test_a_table_of_a_film(
    plan: Plan, moved: list[Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, story = tmp_path / "film.mp4", tmp_path / "story.yaml"
    story.write_text(STORY)
    spec = FilmSpec(width=64, height=48, fps=plan.fps, frame_count=8, crf=10, audio=None, tags={})
    with Encoder(film, spec) as encoder:
        for frame in moved:
            encoder.write(to_8_bit(frame))
    looking.main([str(film), "--story", str(story)])
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["shot", "frames"]
    assert [line.split()[:2] for line in lines] == [["one", "4"], ["two", "4"]]
