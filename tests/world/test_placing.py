"""Where things stand: lands that suit them, places beside one another, light and water."""

import pytest
import torch

from storyboard.world.ask import read
from storyboard.world.compose import WorldScene
from storyboard.world.lands import LANDS
from storyboard.world.nouns import nouns
from storyboard.world.placing import (
    AFLOAT,
    BIG,
    FLYING,
    GLOWING,
    HOMES,
    SMALL,
    SPACE,
    TABLE,
    UNDERWATER,
    homes,
)
from storyboard.world.view import Camera

STAGES = {TABLE, UNDERWATER, SPACE, "none"}


def test_every_thing_has_a_home_that_can_be_drawn() -> None:
    assert HOMES.keys() | GLOWING | FLYING | AFLOAT | BIG | SMALL <= nouns().keys()
    for noun in nouns():
        assert homes(noun) and set(homes(noun)) <= LANDS.keys() | STAGES


def drawn(text: str, seed: int = 4) -> torch.Tensor:
    return WorldScene(read(text), seed).draw((72, 128), Camera())


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("a fox in a snowy forest at night", "a snowy forest at night"),
        ("a pink elephant in the desert", "the desert"),
        ("a ghost over the sea", "the sea"),
        ("an astronaut in space", "a nebula"),
        ("a guitar underwater", "underwater"),
        ("a hamburger", "a zyzzyva"),
        ("three penguins", "snow"),
    ],
)
def test_the_thing_is_there(text: str, without: str) -> None:
    """It changes a part of the picture that is neither nothing nor all of it."""
    picture = drawn(text)
    assert float(picture.std()) > 0.05
    assert not torch.equal(picture, drawn(without))


def test_the_colour_that_is_asked_for_is_seen() -> None:
    """Pink pixels: some of the meadow with a pink elephant, hardly any with a grey one."""
    pictures = [drawn(f"{color} elephant in a meadow by day")[0] for color in ("a pink", "a grey")]
    count = [float(((r > 0.7) & (g < 0.62) & (b > 0.4)).float().mean()) for r, g, b in pictures]
    assert count[0] > 0.04 > 0.01 > count[1]


def test_more_of_a_thing_take_more_of_the_picture() -> None:
    """Three tomatoes have more red pixels than one."""
    one, three = (float((drawn(text)[0, 0] - drawn(text)[0, 1] > 0.5).float().mean())
                  for text in ("a tomato by day", "three tomatoes by day"))  # fmt: skip
    assert three > 1.3 * one > 0


def test_at_night_things_are_darker() -> None:
    day, night = (drawn(f"a sheep in a meadow {when}").mean() for when in ("by day", "at night"))
    assert float(night) < 0.6 * float(day)


@pytest.mark.parametrize(("text", "moves"), [("a rabbit", True), ("a hamburger", False)])
def test_what_lives_hops_as_time_goes_on(text: str, moves: bool) -> None:
    scene = WorldScene(read(text), 4)
    times = [scene.draw((72, 128), Camera(), time_s=t) for t in (0.0, 0.6)]
    low = [picture[..., 40:, :] for picture in times]
    assert torch.equal(*low) is not moves
