"""A loop's seam is no larger than what lies beside it, whatever draws the film."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storyboard.errors import StoryError, UsageError
from storyboard.media import ffmpeg
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render import render, still
from storyboard.render.finish import finished
from storyboard.render.looping import closed
from storyboard.render.output.film_writer import FilmPiece, stored
from storyboard.timeline import load_story, make_plan

STORY: dict[str, Any] = {
    "output": {"size": "48x32", "fps": 4, "format": "png"},
    "loop": {"fade": "1s"},
    "perceptors": ["tiny"],
    "steps": 2,
    "steps_first": 6,
    "cuts": 2,
    "fade": "0.5s",
    "motion": {"zoom_per_s": 1.1, "rotate": "8*t"},
    "shots": [
        {"duration": "2s", "prompt": "red"},
        {"duration": "2s", "prompt": "blue"},
    ],
}
SCENES = {
    "drawer": "scenes",
    "perceptors": ["sketch"],
    "shots": [
        {"duration": "2s", "prompt": "a sunset over the sea"},
        {"duration": "2s", "prompt": "a starry night sky"},
    ],
}


def planned(changes: dict[str, Any]) -> Plan:
    return make_plan(load_story({**STORY, **changes}))


def pictures(plan: Plan, folder: Path) -> list[Picture]:
    film = render(plan, out=folder / "film").path
    return [next(iter(ffmpeg.decode_frames(file))) for file in sorted(film.glob("*.png"))]


def steps_between(frames: list[Picture]) -> list[float]:
    """The mean difference of each frame to the one before; of the first, to the last."""
    ring = [frames[-1], *frames]
    return [
        float(np.abs(after.astype(int) - before.astype(int)).mean())
        for before, after in pairwise(ring)
    ]


WAYS = [
    ("fft", {}),
    ("pixel", {}),
    ("clipdraw", {}),
    ("gaussians", {}),
    ("siren", {}),
    ("scenes", SCENES),
    ("fft", {"shots": [STORY["shots"][0], {**STORY["shots"][1], "cut": True}]}),
]


@pytest.mark.parametrize(("drawer", "changes"), WAYS)
def test_the_seam_is_no_larger_than_its_neighbours(
    drawer: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    plan = planned({"drawer": drawer, **changes})
    frames = pictures(plan, tmp_path)
    assert len(frames) == plan.frame_count == 16
    steps = steps_between(frames)
    assert steps[0] <= max(steps[1], steps[-1])
    apart = steps_between(pictures(planned({"drawer": drawer, **changes, "loop": False}), tmp_path))
    assert steps[0] < apart[0]


def test_a_seam_of_any_size_is_closed() -> None:
    chance = np.random.default_rng(5)

    def picture(low: int, high: int) -> Picture:
        return chance.integers(low, high, (6, 8, 3)).astype(np.uint8)

    for _ in range(50):
        low = int(chance.integers(0, 200))
        third, before, after = (picture(low, low + 20) for _ in range(3))
        first = picture(0, 256)
        shown = closed(third, before, first, after)
        seam, beside = steps_between([before, shown])[1], steps_between([shown, after])[1]
        assert seam <= max(beside, steps_between([third, before])[1])
    near, far = picture(100, 101), picture(200, 201)
    assert np.array_equal(closed(near, near, far, far), near + 50), "drawn to the middle"
    assert closed(far, near, far, far) is far, "a seam that is no larger stays"


def test_the_frames_behind_the_end_are_the_beginning_once_more() -> None:
    plan = planned({})
    loop, first = plan.loop, plan.shots[0]
    assert loop is not None
    assert (loop.first, loop.stop, plan.frame_count, plan.duration) == (16, 20, 16, 4)
    assert np.array_equal(loop.poses, first.poses[:4])
    assert not loop.fresh
    assert loop.values["steps"].tolist() == [2, 2, 2, 2]
    weights = {t.source.label: t.weights.tolist() for t in loop.tracks}
    assert weights == {"red": [0.25, 0.5, 0.75, 1.0], "blue": [0.75, 0.5, 0.25, 0.0]}
    assert plan.painted.frame_count == 20
    assert planned({"loop": False}).loop is None
    assert planned({"loop": False}).shots[1].digest == plan.shots[1].digest


def test_trails_run_over_the_seam(tmp_path: Path) -> None:
    """The first frame has the light that the last ones left behind, in the whole and in parts."""
    trails = {"filters": {"trails": {"amount": 1, "decay_s": 2}}}
    lit, bare = (planned(changes) for changes in (trails, {}))
    shown = pictures(lit, tmp_path / "lit")
    last = pictures(bare, tmp_path / "bare")
    left = shown[-1].astype(float) * 0.1 ** (1 / 4 / 2)
    expected = np.maximum(last[0], left)
    assert np.abs(shown[0] - expected).max() <= 1.01
    assert np.abs(expected - last[0]).max() > 5
    read = stored(lit, tmp_path / "lit" / "shots")
    for first, stop in ((0, 1), (1, 6), (6, 16)):
        part = list(finished(lit, read, first=first, stop=stop))
        assert all(map(np.array_equal, part, shown[first:stop]))
        assert FilmPiece(lit, tmp_path, first, stop).needed() >= set(range(16))


def test_any_part_of_a_loop_is_the_same_as_the_whole(tmp_path: Path) -> None:
    plan = planned({})
    whole = pictures(plan, tmp_path / "whole")
    for number in (0, 2, 9):
        one = still(plan, number / plan.fps, out=tmp_path / str(number) / "film")
        assert np.array_equal(one, whole[number])
    assert FilmPiece(plan, tmp_path, 0, 1).needed() == {0, 1, 14, 15, 16, 17}
    assert FilmPiece(plan, tmp_path, 2, 6).needed() == {2, 3, 4, 5, 18, 19}
    assert FilmPiece(plan, tmp_path, 5, 8).needed() == {5, 6, 7}


LENGTHS = [
    ({"loop": True}, 4),
    ({"loop": True, "shots": [{"prompt": "red", "duration": "2s"}]}, 2),
    ({"loop": {"fade": "25%"}}, 4),
    ({"loop": {"fade": "2s"}}, 8),
]


@pytest.mark.parametrize(("changes", "count"), LENGTHS)
def test_how_long_a_loop_dissolves(changes: dict[str, Any], count: int) -> None:
    loop = planned(changes).loop
    assert loop is not None
    assert loop.frame_count == count


WRONG = [
    ({"loop": {"fade": "3s"}}, "3 s must be from one frame to 2 s"),
    ({"loop": {"fade": 0}}, "0 s must be from one frame to 2 s"),
    ({"loop": "yes"}, "true or false"),
    ({"loop": {"fad": 1}}, "did you mean 'fade'"),
    ({"growth": 2, "motion": {}}, "has no way back to its beginning"),
    (
        {"output": {"size": "48x32", "fps": 4, "paint": {"fps": 2}}},
        "a loop has every frame painted",
    ),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_what_cannot_loop_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StoryError) as caught:
        planned(changes)
    assert message in str(caught.value)


def test_svg_of_frames_that_dissolve_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the first 4 frames of a loop dissolve"):
        render(planned({"drawer": "clipdraw"}), out=tmp_path / "film", svg=True)
