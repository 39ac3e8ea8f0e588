"""Scenes show what was asked for, the same through every camera."""

import pytest
import torch
from torch import Tensor

from storyboard.world.ask import read
from storyboard.world.compose import WorldScene, choose_sky, sky_facts
from storyboard.world.skies import SKIES
from storyboard.world.view import Camera, View, folded, whole

SIZE = (36, 64)
STILL = Camera()

PROMPTS = [
    "a boat on the sea at sunset",
    "a city at night",
    "a forest in the fog",
    "aurora over a lake",
    "a volcano",
    "snowfall on a castle",
    "fireworks over the city",
    "underwater with fish",
    "a galaxy",
    "a red circle on blue",
    "a red circle above a blue square",
    "many green hearts",
    "a blue and white spiral",
    "fire, oil painting",
    "a zyzzyva",
]


def zoomed(factor: float, *, x: float = 0.0, y: float = 0.0, turn: float = 0.0) -> Camera:
    """A camera that comes nearer by ``factor`` after it moved and turned."""
    c, s = torch.cos(torch.tensor(turn)), torch.sin(torch.tensor(turn))
    matrix = torch.tensor([[c, -s, x], [s, c, y], [0, 0, 1]], dtype=torch.float64)
    return Camera(torch.diag(torch.tensor([factor, factor, 1.0], dtype=torch.float64)) @ matrix)


@pytest.mark.parametrize("text", PROMPTS)
def test_a_scene_is_a_picture_and_repeats(text: str) -> None:
    scene = WorldScene(read(text), 5)
    one = scene.draw(SIZE, STILL, time_s=1.5)
    assert one.shape == (1, 3, *SIZE) and float(one.min()) >= 0 and float(one.max()) <= 1
    assert float(one.std()) > 0.01
    assert torch.equal(one, WorldScene(read(text), 5).draw(SIZE, STILL, time_s=1.5))
    assert not torch.equal(one, WorldScene(read(text), 6).draw(SIZE, STILL, time_s=1.5))


@pytest.mark.parametrize("text", [text for text in PROMPTS if "painting" not in text])
def test_the_middle_seen_twice_as_near_is_the_middle(text: str) -> None:
    """Every second pixel of a near view, averaged, is the far view's middle, but for edges."""
    scene = WorldScene(read(text), 3)
    far = scene.draw((144, 256), STILL)[..., 36:108, 64:192]
    near = torch.nn.functional.avg_pool2d(scene.draw((144, 256), zoomed(2.0)), 2)
    assert float((far - near).abs().mean()) < 0.035


def test_a_near_view_is_as_sharp_as_a_far_one() -> None:
    """An edge takes one pixel at any zoom: that of a circle, along its middle row."""
    scene = WorldScene(read("a red circle on blue in the middle"), 2)
    for factor in (1.0, 8.0):
        row = scene.draw((64, 64), zoomed(factor, x=-0.2 if factor > 1 else 0.0))[0, 0, 32]
        between = (row > row.min() + 0.15) & (row < row.max() - 0.15)
        assert int(between.sum()) <= 4


@pytest.mark.parametrize(
    ("text", "where", "rgb"),
    [
        ("a red circle on blue in the middle", (18, 32), (0.87, 0.1, 0.1)),
        ("the color green", (18, 32), (0.13, 0.62, 0.18)),
        ("a purple sky", (0, 32), (0.5, 0.14, 0.68)),
    ],
)
def test_colors_that_are_named_are_drawn(
    text: str, where: tuple[int, int], rgb: tuple[float, ...]
) -> None:
    for seed in range(4):
        pixel = WorldScene(read(text), seed).draw(SIZE, STILL)[0, :, where[0], where[1]]
        assert (pixel - torch.tensor(rgb)).abs().max() < 0.3


@pytest.mark.parametrize("text", ["fire", "waves", "rain", "snowfall", "a windmill"])
def test_what_moves_goes_on_without_a_jump(text: str) -> None:
    scene = WorldScene(read(text), 4)
    first, next_, later = (scene.draw(SIZE, STILL, time_s=t) for t in (1.0, 1.02, 2.5))
    step, far = (float((picture - first).abs().mean()) for picture in (next_, later))
    assert 0 < step < 0.03 < 10 * far


def test_a_camera_that_leaves_sees_the_mirror_image() -> None:
    values = torch.tensor([0.0, 1.0, 1.5, 2.0, 3.5, -1.25])
    expected = torch.tensor([0.0, 1.0, 0.5, 0.0, -0.5, -0.75])
    assert torch.allclose(folded(values, 1.0), expected)
    far = WorldScene(read("a forest"), 1).draw(SIZE, zoomed(1.0, x=-40.0))
    assert float(far.std()) > 0.05


def test_a_perspective_has_pixels_of_many_sizes() -> None:
    tilted = whole()
    tilted[2, 1] = 0.3
    view = View(SIZE, 1, Camera(tilted), means=[])
    assert isinstance(view.pixel, Tensor)
    assert view.pixel.shape == (1, *SIZE) and float(view.pixel.max() / view.pixel.min()) > 1.5


def test_facts_of_skies() -> None:
    always, ever = sky_facts("full moon")
    assert {"moon:full", "sky:night"} <= always and "stars" in ever
    assert all(sky_facts(name)[1] for name in SKIES)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("a thunderstorm at night", "sky:storm"),
        ("a full moon", "moon:full"),
        ("dawn", "sky:sunrise"),
        ("rain over the city", "rain"),
        ("city lights", "sky:night"),
    ],
)
def test_the_sky_that_is_named_first_is_drawn(text: str, fact: str) -> None:
    asked = read(text)
    for seed in range(6):
        view = View(SIZE, seed, STILL, means=[])
        assert fact in sky_facts(choose_sky(view, asked))[1]
