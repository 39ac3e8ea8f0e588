"""Pictures and vectors as prompts, seen by the `tiny` perceptor."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from storyboard.errors import BadValue
from storyboard.files import file_digest
from storyboard.media.fonts import default_font, open_font
from storyboard.perceptors import Guide, GuideStep, Perceptor, embed_sources, load
from storyboard.perceptors.distance import spherical
from storyboard.perceptors.testing import TinyPerceptor
from storyboard.plan import (
    ClipPrompt,
    DifferencePrompt,
    ImagePrompt,
    ImagesPrompt,
    LabelsPrompt,
    NamedPrompt,
    NoisePrompt,
    Prompt,
    Source,
    TextPrompt,
    VectorPrompt,
)

STEP = GuideStep(number=0, frame_seed=5, hold_seed=7, cuts=8, cut_batch=8)
SIZE = (36, 64)


@pytest.fixture
def tiny() -> Perceptor:
    return load("tiny", device="cpu")


@pytest.fixture
def photo(tmp_path: Path) -> ImagePrompt:
    """Red on the left, blue on the right."""
    pixels = np.zeros((*SIZE, 3), np.uint8)
    pixels[:, : SIZE[1] // 2], pixels[:, SIZE[1] // 2 :] = (230, 25, 25), (25, 50, 230)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return ImagePrompt(tmp_path / "photo.png", file_digest(tmp_path / "photo.png"))


def picture_of(source: ImagePrompt) -> torch.Tensor:
    levels = torch.from_numpy(np.array(Image.open(source.file)))
    return levels.permute(2, 0, 1)[None].float() / 255


def vector_file(file: Path, found: object) -> VectorPrompt:
    file.write_text(json.dumps(found))
    return VectorPrompt(file, file_digest(file), ())


def painted(tiny: Perceptor, prompts: list[Prompt], steps: int = 40) -> torch.Tensor:
    """A grey canvas after some steps towards ``prompts``."""
    guide, canvas = Guide([(tiny, 1.0)]), torch.full((1, 3, *SIZE), 0.5, requires_grad=True)
    optimizer = torch.optim.Adam([canvas], lr=0.05)
    for number in range(steps):
        optimizer.zero_grad()
        for objective in guide.objectives(prompts, replace(STEP, number=number)):
            objective(canvas).backward()
        optimizer.step()
        canvas.data.clamp_(0, 1)
    return canvas.detach()


def test_a_picture_is_at_no_distance_from_itself(tiny: Perceptor, photo: ImagePrompt) -> None:
    here, again = embed_sources(tiny, [photo])[0], embed_sources(load("tiny"), [photo])[0]
    assert float(spherical(here[None], again)) == pytest.approx(0, abs=1e-6)
    assert float(here.norm()) == pytest.approx(1, abs=1e-6)
    others = embed_sources(tiny, [TextPrompt("red"), TextPrompt("blue")])
    assert bool((spherical(others, here) > 0.01).all())
    guide = Guide([(tiny, 1.0)])
    scores = guide.score(picture_of(photo), [photo, "red", "blue", TextPrompt("green")])
    assert scores.argmax().item() == 0


def test_following_the_slope_shows_the_picture(tiny: Perceptor, photo: ImagePrompt) -> None:
    guide, grey = Guide([(tiny, 1.0)]), torch.full((1, 3, *SIZE), 0.5)
    canvas = painted(tiny, [Prompt(photo)])
    before, after = guide.score(grey, [photo])[0], guide.score(canvas, [photo])[0]
    assert after > before + 0.2
    left, right = canvas[..., :16].mean(dim=(0, 2, 3)), canvas[..., -16:].mean(dim=(0, 2, 3))
    assert left[0] > right[0]
    assert right[2] > left[2]


def test_a_picture_that_is_unwanted_is_left(tiny: Perceptor, photo: ImagePrompt) -> None:
    guide = Guide([(tiny, 1.0)])
    toward = painted(tiny, [Prompt(photo)])
    away = painted(tiny, [Prompt(photo, weight=-1.0)])
    grey = torch.full((1, 3, *SIZE), 0.5)
    scores = [guide.score(picture, [photo])[0] for picture in (away, grey, toward)]
    assert scores == sorted(scores)
    assert scores[1] > scores[0] + 0.2


def test_labels_are_the_mean_of_their_sentences(tiny: Perceptor) -> None:
    labels = LabelsPrompt(("red", "blue"), ("a {label} sea", "the {label}"))
    assert labels.texts == ("a red sea", "the red", "a blue sea", "the blue")
    (found,) = embed_sources(tiny, [labels])
    mean = tiny.embed_texts(labels.texts).mean(dim=0)
    torch.testing.assert_close(found, mean / mean.norm())


def test_a_canvas_painted_towards_a_picture_is_nearest_to_it_of_sixteen(
    tiny: Perceptor, tmp_path: Path
) -> None:
    levels = torch.rand(16, 2, 3, 3, generator=torch.Generator().manual_seed(3))
    pictures = []
    for number, grid in enumerate((255 * levels).byte().numpy()):
        file = tmp_path / f"{number}.png"
        Image.fromarray(grid).resize(SIZE[::-1], Image.Resampling.NEAREST).save(file)
        pictures.append(ImagePrompt(file, file_digest(file)))
    guide = Guide([(tiny, 1.0)])
    for number in (0, 5, 11):
        canvas = painted(tiny, [Prompt(pictures[number])])
        assert int(guide.score(canvas, pictures).argmax()) == number


@pytest.mark.parametrize("mix", [0.0, 0.25, 0.5, 1.0])
def test_a_text_turns_into_a_picture_along_the_great_circle(
    tiny: Perceptor, photo: ImagePrompt, mix: float
) -> None:
    ends = embed_sources(tiny, [TextPrompt("green"), photo])
    angle = torch.arccos((ends[0] @ ends[1]).clamp(-1, 1))
    target = _target_of(tiny, Prompt(TextPrompt("green"), toward=photo, mix=mix))
    went = torch.arccos((ends[0] @ target).clamp(-1, 1))
    assert float(went) == pytest.approx(mix * float(angle), abs=1e-3)


def _target_of(tiny: Perceptor, prompt: Prompt) -> torch.Tensor:
    from storyboard.perceptors.guide import _target

    return _target(tiny, prompt, 1.0).point


def test_each_perceptor_embeds_a_picture_once(
    tiny: Perceptor, photo: ImagePrompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    embed = TinyPerceptor.embed_views

    def embed_views(self: TinyPerceptor, views: torch.Tensor) -> torch.Tensor:
        seen.append(self)
        return embed(self, views)

    monkeypatch.setattr(TinyPerceptor, "embed_views", embed_views)
    other = load("tiny", device="cpu")
    copy = ImagePrompt(photo.file.with_name("nowhere.png"), photo.digest)
    for perceptor in (tiny, other, tiny, other):
        embed_sources(perceptor, [photo, copy, photo])
    assert seen == [tiny, other]


@pytest.mark.parametrize("named", [True, False])
def test_a_vector_stands_for_itself(tiny: Perceptor, tmp_path: Path, named: bool) -> None:
    red = tiny.embed_texts(["red"])[0]
    written = (3 * red).tolist()
    source = vector_file(tmp_path / "x.json", {"tiny": written} if named else written)
    embedded = embed_sources(tiny, [source, TextPrompt("red")])
    torch.testing.assert_close(embedded[0], embedded[1])


def _torn(photo: ImagePrompt) -> Source:
    photo.file.write_bytes(photo.file.read_bytes()[:60])
    return ImagePrompt(photo.file, file_digest(photo.file))


def _changed(photo: ImagePrompt) -> Source:
    Image.new("RGB", (4, 4)).save(photo.file)
    return photo


def _lost(photo: ImagePrompt) -> Source:
    photo.file.unlink()
    return photo


def _short(photo: ImagePrompt) -> Source:
    return vector_file(photo.file.with_name("x.json"), [1, 2, 3])


def _others(photo: ImagePrompt) -> Source:
    return vector_file(photo.file.with_name("x.json"), {"sketch": [1, 2, 3]})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_torn, "is not a picture that can be read"),
        (_changed, "has changed since the story was read"),
        (_lost, "does not exist"),
        (_short, "the vector has 3 numbers, but perceptor 'tiny' has 49"),
        (_others, "no vector for perceptor 'tiny'"),
    ],
)
def test_what_cannot_be_used_is_refused(
    tiny: Perceptor, photo: ImagePrompt, spoil, message
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValue, match=message):
        embed_sources(tiny, [spoil(photo)])


def test_parts_of_a_picture_are_embedded_alone(tiny: Perceptor, photo: ImagePrompt) -> None:
    both, whole, crops = embed_sources(
        tiny, [replace(photo, view=view) for view in ("both", "whole", "crops")]
    )
    apart = [float(spherical(a, b)) for a, b in ((both, whole), (both, crops), (whole, crops))]
    assert min(apart) > 1e-4
    assert apart[2] == max(apart)
    assert torch.equal(both, embed_sources(tiny, [photo])[0])


def test_pictures_have_their_mean_in_common(tiny: Perceptor, photo: ImagePrompt) -> None:
    whole = replace(photo, view="whole")
    rows = embed_sources(tiny, [photo, whole, ImagesPrompt((photo, whole))])
    torch.testing.assert_close(rows[2], torch.nn.functional.normalize(rows[0] + rows[1], dim=0))


def test_a_difference_points_from_one_text_to_the_other(tiny: Perceptor) -> None:
    red, blue = embed_sources(tiny, [TextPrompt("red"), TextPrompt("blue")])
    (toward,) = embed_sources(tiny, [DifferencePrompt("red", "blue")])
    assert float(toward @ red) > 0 > float(toward @ blue)
    assert float(toward.norm()) == pytest.approx(1, abs=1e-6)
    with pytest.raises(BadValue, match="mean the same"):
        embed_sources(tiny, [DifferencePrompt("red", "the red")])


def test_noise_is_the_same_for_the_same_seed(tiny: Perceptor) -> None:
    one, again, other = embed_sources(tiny, [NoisePrompt(1), NoisePrompt(1), NoisePrompt(2)])
    assert torch.equal(one, again)
    assert abs(float(one @ other)) < 0.6
    assert float(one.norm()) == pytest.approx(1, abs=1e-6)


def test_lettering_is_seen_and_taken_away() -> None:
    """Half of it goes in a few steps; a plain ground has less than a quarter of a word's."""
    perceptor = load("sketch", device="cpu")
    guide = Guide([(perceptor, 0.5)])
    ground = Image.new("RGB", (96, 96), (90, 110, 170))
    written = ground.copy()
    ImageDraw.Draw(written).text(
        (48, 48), "OPEN", "white", font=open_font(default_font(), 34), anchor="mm"
    )
    plain, lettered = (
        torch.from_numpy(np.array(one)).permute(2, 0, 1)[None].float() / 255
        for one in (ground, written)
    )
    begun = float(guide.lettering(lettered))
    assert float(guide.lettering(plain)) < 0.25 * begun
    leaf = lettered.clone().requires_grad_()
    optimiser = torch.optim.Adam([leaf], lr=0.02)
    for _ in range(15):
        optimiser.zero_grad()
        guide.lettering(leaf).backward()
        optimiser.step()
    assert float(guide.lettering(leaf.detach())) < 0.5 * begun


@pytest.mark.parametrize("ink", ["black", "white"])
def test_textoff_points_away_from_lettering(ink: str) -> None:
    perceptor = load("sketch", device="cpu")
    (direction,) = embed_sources(perceptor, [NamedPrompt("textoff")])
    ground = Image.new("RGB", (96, 96), (120, 160, 90))
    written = ground.copy()
    font = open_font(default_font(), 28)
    ImageDraw.Draw(written).text((48, 48), "OPEN 24", ink, font=font, anchor="mm")
    seen = [
        perceptor.embed_pictures(
            torch.nn.functional.interpolate(
                torch.from_numpy(np.array(one)).permute(2, 0, 1)[None].float() / 255,
                perceptor.size,
                mode="area",
            )
        )[0]
        for one in (ground, written)
    ]
    assert float(direction @ seen[0]) > float(direction @ seen[1])


def test_a_clip_is_what_it_shows_at_the_time(
    tiny: Perceptor, make_clip: Callable[..., Path]
) -> None:
    frames = np.zeros((4, 16, 24, 3), np.uint8)
    frames[:2, ..., 0], frames[2:, ..., 2] = 220, 220
    file = make_clip("turn.mp4", frames, fps="4")
    times = (Fraction(0), Fraction(3, 4))
    clip = ClipPrompt(file, file_digest(file), times)
    rows = embed_sources(tiny, [clip.at(0), clip.at(1), clip.at(9)])
    assert torch.equal(rows[1], rows[2])
    red, blue = embed_sources(tiny, [TextPrompt("red"), TextPrompt("blue")])
    assert float(rows[0] @ red) > float(rows[0] @ blue)
    assert float(rows[1] @ blue) > float(rows[1] @ red)


def test_optimising_towards_a_picture_ranks_it_first_of_sixteen(
    tiny: Perceptor, tmp_path: Path
) -> None:
    chance = np.random.default_rng(3)
    photos = []
    for number in range(16):
        cells = Image.fromarray(chance.integers(0, 256, (3, 4, 3), np.uint8))
        file = tmp_path / f"{number}.png"
        cells.resize(SIZE[::-1], Image.Resampling.NEAREST).save(file)
        photos.append(ImagePrompt(file, file_digest(file)))
    guide = Guide([(tiny, 1.0)])
    canvas = painted(tiny, [Prompt(photos[11])], steps=60)
    assert int(guide.score(canvas, photos).argmax()) == 11
