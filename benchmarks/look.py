"""A film looked at in numbers: ``python -m benchmarks.look FILM [--story STORY]``.

Per shot, from the frames as they are decoded: whether blur builds up, how much the picture crawls
under the camera, where the colours go, and whether a model that never guided the painting sees what
the prompt says. Without ``--story`` the story inside the film is read; the files that it names are
looked for beside the film.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import nan
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard import load_story, make_plan
from storyboard.cli.console import table
from storyboard.errors import UsageError
from storyboard.filters.color_hold import LabStats
from storyboard.media.ffmpeg import decode_frames
from storyboard.motion.path import move
from storyboard.motion.warp import revealed, warp
from storyboard.perceptors import Guide, load
from storyboard.plan import Frame, Plan, ShotPlan, Source, TextPrompt
from storyboard.render.output.embed import read_embedded
from storyboard.timeline import load_story_text

ROOT = Path(__file__).parent.parent
JUDGE = ROOT / "tests" / "data" / "judge"
OTHERS = (
    "a forest",
    "underwater",
    "a desert",
    "snowy mountains",
    "a red heart on a white background",
    "blue and white stripes",
    "a face",
    "a lighthouse",
    "a green meadow",
    "a full moon",
    "a yellow circle",
    "rain",
)
"""Captions that stand beside those of the examples, so that a rank says something."""

HEADER = (
    "shot",
    "frames",
    "sharp: first",
    "last",
    "ratio",
    "flicker: plain",
    "moved",
    "ratio",
    "L*",
    "contrast",
    "a*b*",
    "rank",
    "seen as",
)


@dataclass(frozen=True)
class Look:
    """The numbers of one shot, each as the function of its name gives it; ``sharp`` holds
    `sharpness` of the first and the last frame, ``rank`` is 1 where the prompt beats ``of - 1``
    other captions, and ``seen_as`` is the caption that the judge puts first.
    """

    shot: str
    frames: int
    sharp: tuple[float, float]
    flicker: tuple[float, float]
    drift: tuple[float, float, float]
    rank: int
    of: int
    seen_as: str


def sharpness(picture: Tensor) -> float:
    """Return the mean absolute Laplacian of the picture's grey, in levels of 255.

    Convention: ``picture`` is (1, 3, H, W) in [0, 1]; the Laplacian is that of the four neighbours,
    taken at the pixels that have all four. 0 for a flat picture and for a straight ramp.
    """
    grey = picture.mean(1, keepdim=True)
    kernel = grey.new_tensor([[0, 1, 0], [1, -4, 1], [0, 1, 0]])[None, None]
    return 255 * float(F.conv2d(grey, kernel).abs().mean())


def flicker(plan: Plan, pictures: Sequence[Tensor], shot: ShotPlan) -> tuple[float, float]:
    """Return the mean difference of each frame of ``shot`` from the previous one: raw, and
    motion-compensated.

    Convention: ``pictures`` are all the film's frames, (1, 3, H, W) in [0, 1]; the differences are
    means of absolute values in levels of 255 over the pixels that both frames hold, what the camera
    uncovered being left out, and then over the frames but the first. Nan for a single frame.
    """
    pairs = [_differences(plan, pictures, n) for n in range(shot.first + 1, shot.stop)]
    if not pairs:
        return nan, nan
    plain, moved = np.mean(pairs, axis=0)
    return float(plain), float(moved)


def _differences(plan: Plan, pictures: Sequence[Tensor], n: int) -> tuple[float, float]:
    before, here, shot = pictures[n - 1], pictures[n], plan.frames[n].shot
    m = move(plan, n - 1, n)
    color = shot.border_color if shot.border == "color" else None
    moved = warp(before, m, border=shot.border, resample=shot.resample, color=color).clamp(0, 1)
    seen = (1 - revealed(m, (plan.height, plan.width))).expand_as(here).bool()
    plain, left = (255 * float((p - here).abs()[seen].mean()) for p in (before, moved))
    return plain, left


def drift(start: Tensor, end: Tensor) -> tuple[float, float, float]:
    """Return the colour drift from ``start`` to ``end``, pictures (1, 3, H, W) in [0, 1], in
    CIELAB.

    Answers how much the mean lightness rose (of 100), by what factor the deviation of the lightness
    grew, and how far the mean colour went in the (a, b) plane. Equal pictures: (0, 1, 0).
    """
    here, there = LabStats.of(start), LabStats.of(end)
    rise = float(there.mean[0] - here.mean[0])
    spread = float(there.std[0] / here.std[0].clamp(min=1e-3)) if float(here.std[0]) else nan
    return rise, spread, float((there.mean - here.mean)[1:].norm())


def main_prompt(frame: Frame) -> Source:
    """Return the prompt of most weight at ``frame``; past half of a fade, the new one.

    Raises `UsageError` for a frame that no prompt guides.
    """
    weights: dict[Source, float] = {}
    for prompt in frame.prompts:
        shares = [(prompt.source, 1 - prompt.mix), (prompt.toward or prompt.source, prompt.mix)]
        for source, share in shares:
            weights[source] = weights.get(source, 0.0) + share * prompt.weight
    if not weights:
        raise UsageError(f"no prompt guides frame {frame.number}: there is nothing to judge")
    return max(weights, key=lambda source: weights[source])


def texts_of(plan: Plan) -> list[str]:
    """Return every text that the plan's prompts name, each once, in their order."""
    named = (source for shot in plan.shots for source in shot.sources)
    return list(dict.fromkeys(one.text for one in named if isinstance(one, TextPrompt)))


def captions() -> list[str]:
    """Return the captions for the judge: the prompts of the example films, and `OTHERS`."""
    stories = sorted((ROOT / "examples" / "stories").glob("*.yaml"))
    shown = [text for story in stories for text in texts_of(make_plan(load_story(story)))]
    return list(dict.fromkeys([*shown, *OTHERS]))


def look(plan: Plan, pictures: Sequence[Tensor], judge: Guide, texts: Sequence[str]) -> list[Look]:
    """Return the numbers of every shot that has frames, from all the film's frames and the
    captions.

    Raises `UsageError` where the film has another number of frames, or another size, than the plan.
    """
    sizes = {tuple(picture.shape) for picture in pictures}
    if len(pictures) != plan.frame_count or sizes != {(1, 3, plan.height, plan.width)}:
        raise UsageError(
            f"the story has {plan.frame_count} frames of {plan.width}x{plan.height}, "
            f"the film {len(pictures)} of {sorted((s[-1], s[-2]) for s in sizes)}"
        )
    see = partial(_look_at, plan, pictures, judge, texts)
    return [see(shot) for shot in plan.shots if shot.frame_count]


def _look_at(
    plan: Plan, pictures: Sequence[Tensor], judge: Guide, texts: Sequence[str], shot: ShotPlan
) -> Look:
    first, last = pictures[shot.first], pictures[shot.stop - 1]
    wanted = main_prompt(plan.frames[shot.stop - 1])
    choice: list[Source] = list(dict.fromkeys([wanted, *map(TextPrompt, texts)]))
    scores = judge.score(last, choice)
    return Look(
        shot=shot.name,
        frames=shot.frame_count,
        sharp=(sharpness(first), sharpness(last)),
        flicker=flicker(plan, pictures, shot),
        drift=drift(first, last),
        rank=1 + int((scores > scores[0]).sum()),
        of=len(choice),
        seen_as=choice[int(scores.argmax())].label,
    )


def row(seen: Look) -> tuple[str, ...]:
    """Return a line of the table under `HEADER`."""
    (sharp, sharp_end), (plain, moved), (rise, spread, away) = seen.sharp, seen.flicker, seen.drift
    ratios = (end / start if start else nan for start, end in (seen.sharp, seen.flicker))
    sharp_ratio, flicker_ratio = (f"{ratio:.2f}" for ratio in ratios)
    sharps = (f"{sharp:.1f}", f"{sharp_end:.1f}", sharp_ratio)
    flickers = (f"{plain:.1f}", f"{moved:.1f}", flicker_ratio)
    colours = (f"{rise:+.1f}", f"x{spread:.2f}", f"{away:.1f}")
    rank = f"{seen.rank} of {seen.of}"
    return seen.shot, str(seen.frames), *sharps, *flickers, *colours, rank, seen.seen_as


def read_plan(film: Path, story: Path | None) -> Plan:
    """Return the plan of ``story``, or of the story inside ``film``. Raises `StoryError`,
    `UsageError`.
    """
    if story is not None:
        return make_plan(load_story(story))
    inside = read_embedded(film)["story"]
    return make_plan(load_story_text(inside, name=film.stem, folder=film.parent))


def read_pictures(film: Path) -> list[Tensor]:
    """Return every frame of ``film``: (1, 3, H, W) float32 in [0, 1]. Raises as `decode_frames`."""
    frames = (torch.from_numpy(np.array(frame)) for frame in decode_frames(film))
    return [frame.permute(2, 0, 1)[None].float() / 255 for frame in frames]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, look, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--story", type=Path, help="by default the story inside the film")
    options = parser.parse_args(arguments)
    plan = read_plan(options.film, options.story)
    judge = Guide([(load(str(JUDGE), device="cpu"), 1.0)])
    seen = look(plan, read_pictures(options.film), judge, captions())
    print(table([row(shot) for shot in seen], header=HEADER))


if __name__ == "__main__":
    main()
