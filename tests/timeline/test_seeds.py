"""Seeds: known values, so that a film made today is made again tomorrow."""

from __future__ import annotations

import pytest

from storyboard.timeline.digests import FrameSeeds, frame_seed


def test_a_seed_depends_on_story_shot_and_frame() -> None:
    seeds = {frame_seed(s, n, f) for s in (1, 2, "hello") for n in ("a", "b") for f in range(100)}
    assert len(seeds) == 600
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(("one", "other"), [(7, "7"), (7, " 7 "), ("hello", "hello")])
def test_equal_seeds(one: int | str, other: int | str) -> None:
    assert frame_seed(one, "dawn", 3) == frame_seed(other, "dawn", 3)


@pytest.mark.parametrize(
    ("one", "other"),
    [((7, "dawn", 11), (7, "dawn1", 1)), ((7, "dawn", 1), ("int:7", "dawn", 1))],
)
def test_parts_cannot_be_confused(one: tuple, other: tuple) -> None:
    assert frame_seed(*one) != frame_seed(*other)


KNOWN = [
    (7, "dawn", 0, 8956691781113836210),
    (7, "dawn", 1, 533465077101397313),
    ("hello", "night", 41, 2822470052883537415),
]


@pytest.mark.parametrize(("seed", "shot", "frame", "expected"), KNOWN)
def test_known_seeds(seed: int | str, shot: str, frame: int, expected: int) -> None:
    assert frame_seed(seed, shot, frame) == expected


def test_the_seeds_of_a_shot_are_a_sequence() -> None:
    seeds = FrameSeeds(7, "dawn", 3)
    assert list(seeds) == [frame_seed(7, "dawn", local) for local in range(3)]
    assert seeds[-1] == seeds[2]
    with pytest.raises(IndexError):
        seeds[3]
