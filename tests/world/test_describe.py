"""The world draws the same bytes from the same seed, and says only words that the model knows."""

import random
import re

import pytest
import torch

from storyboard.world.canvas import Canvas
from storyboard.world.closeups import CLOSEUPS
from storyboard.world.describe import caption, expand, vocabulary
from storyboard.world.lands import LANDS
from storyboard.world.picture_batch import draw
from storyboard.world.skies import SKIES
from storyboard.world.styles import STYLES
from storyboard.world.things import THINGS
from training.pool import draw_chunk


def test_same_seed_same_bytes() -> None:
    for seed in range(12):
        one, facts = draw(seed, count=2, size=32)
        two, again = draw(seed, count=2, size=32)
        assert torch.equal(one, two) and facts == again
        assert one.dtype == torch.uint8 and one.shape == (2, 3, 32, 32)
        assert len(facts) == 2 and all(facts)


SHAPES = [(27, 48), (48, 27), (40, 32)]


@pytest.mark.parametrize("shape", SHAPES)
def test_pictures_of_any_shape(shape: tuple[int, int]) -> None:
    for seed in range(40):
        picture, facts = draw(seed, count=1, size=shape)
        assert picture.shape == (1, 3, *shape) and facts[0]


@pytest.mark.parametrize("style", STYLES)
def test_styles_keep_the_shape(style: str) -> None:
    canvas = Canvas(1, (27, 48), 1)
    picture = canvas.field().unsqueeze(1).expand(-1, 3, -1, -1)
    assert STYLES[style][0](canvas, picture).shape == (1, 3, 27, 48)


@pytest.mark.parametrize("shape", [(32, 32), *SHAPES])
def test_pixels_are_square_and_the_frame_keeps_its_area(shape: tuple[int, int]) -> None:
    canvas = Canvas(1, shape, 1)
    step = canvas.x[0, 0, 1] - canvas.x[0, 0, 0]
    assert torch.allclose(step, canvas.y[0, 1, 0] - canvas.y[0, 0, 0])
    assert canvas.reach_x * canvas.reach_y == pytest.approx(1)
    canvas.frame(short=1.0)
    assert min(canvas.reach_x, canvas.reach_y) == pytest.approx(1)


def test_a_square_covers_the_same_whatever_it_must_show() -> None:
    canvas = Canvas(1, 16, 1)
    canvas.frame(short=0.88, middle=0.06)
    assert (canvas.top, canvas.bottom, canvas.reach_x) == (-1, 1, 1)


def test_a_moon_is_not_cut_off_above() -> None:
    for seed in range(8):
        canvas = Canvas(1, (36, 64), seed)
        canvas.frame(middle=0.06)
        sky = SKIES["full moon"][0](canvas, canvas.rand(0.2, 0.4))
        assert (sky.picture[0, :, 0].amin(0) > 0.7).float().mean() < 0.2


def test_other_seed_other_picture() -> None:
    assert not torch.equal(draw(1, count=1, size=32)[0], draw(2, count=1, size=32)[0])


def test_there_is_much_to_draw() -> None:
    assert len(CLOSEUPS) + len(LANDS) + len(SKIES) + len(THINGS) >= 60
    assert len(STYLES) >= 9


def test_captions_use_known_words_and_tell_the_truth() -> None:
    known, dice = set(vocabulary()), random.Random(1)
    for seed in range(60):
        _, facts = draw(seed, count=1, size=16)
        for whole in (True, False):
            text, named = caption(facts[0], dice, whole=whole)
            assert set(re.findall(r"[a-z0-9]+", text)) <= known, text
            assert named <= expand(facts[0]), (text, facts)


def test_parts_say_nothing_of_places() -> None:
    facts = ["shape:star:red", "ground:blue", "size:big", "at:left"]
    dice = random.Random(0)
    spoken = [caption(facts, dice, whole=False)[1] for _ in range(200)]
    assert not any(fact.startswith(("at:", "size:")) for named in spoken for fact in named)


@pytest.mark.parametrize(
    ("facts", "follows"),
    [
        (["land:snowy forest"], "land:forest"),
        (["moon:full"], "moon"),
        (["shape:star:red"], "shape:star"),
        (["sky:sunny"], "sun"),
        (["subject:campfire"], "subject:fire"),
    ],
)
def test_facts_that_follow(facts: list[str], follows: str) -> None:
    assert follows in expand(facts)


def test_a_chunk_is_its_index() -> None:
    pictures, facts = draw_chunk(3, size=16, count=16)
    again, _ = draw_chunk(3, size=16, count=16)
    assert (pictures == again).all() and len(facts) == 16
