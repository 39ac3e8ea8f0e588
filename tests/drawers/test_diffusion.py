"""The diffusion drawer on tiny pipelines of the real classes: loading, sampling, key pictures."""

from __future__ import annotations

import itertools
import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from storyboard.drawers import HasLatents, PaintTask, drawers
from storyboard.drawers.networks import Ask
from storyboard.drawers.pipeline_files import find
from storyboard.drawers.pipelines import Extras, load
from storyboard.drawers.sampler import (
    Conditioning,
    Start,
    _step,
    regional,
    sample,
    weighted_words,
)
from storyboard.drawers.schedules import Schedule, of_scheduler, timesteps
from storyboard.drawers.stages import Autoencoder, padded
from storyboard.drawers.texts import Words, mixed, slerp
from storyboard.errors import MissingWeights
from storyboard.plan import ImagePrompt, Mask, Prompt, ShapeMask, TextPrompt, WordsMask

from .tiny_pipelines import FLOW, SCHEDULER, task, write_pipeline

CPU = torch.device("cpu")
Write = Callable[..., Path]
SEA, SUN = TextPrompt("sea"), TextPrompt("sun")
TURBO = {"_class_name": "EulerAncestralDiscreteScheduler", "timestep_spacing": "trailing"}
LCM = {"_class_name": "LCMScheduler", "original_inference_steps": 50}
QUICK = {"sampler_steps": 3, "lr": 0.0, "every": 1.0}


def make(folder: Path, size: tuple[int, int] = (18, 32), seed: int = 0, **options: Any) -> Any:
    dice = torch.Generator().manual_seed(seed)
    given = {"model": str(folder), **QUICK, **options}
    return drawers.get("diffusion")(size, given, generator=dice)


def red(picture: Tensor) -> Tensor:
    return (picture - torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)).square().mean()


@pytest.mark.parametrize("size", [(37, 65), (40, 40), (180, 320)])
def test_any_size_is_painted_and_encoded(pipeline: Path, size: tuple[int, int]) -> None:
    drawer = make(pipeline, size, sampler_steps=1)
    assert drawer.paint(task()).anchor
    picture = drawer.draw().detach()
    assert picture.shape == (1, 3, *size)
    assert picture.min() >= 0 and picture.max() <= 1
    drawer.encode(picture.flip(3))
    assert torch.equal(drawer.draw(), picture.flip(3))


def test_what_is_padded_is_cropped_at_the_same_place(pipeline: Path) -> None:
    networks = load(find(str(pipeline)), CPU, (9, 14))
    picture = torch.rand(1, 3, 9, 14)
    assert padded(picture, 4).shape == (1, 3, 12, 16)
    assert torch.equal(padded(picture, 4)[..., 1:10, 1:15], picture)
    assert networks.encode(picture).shape == networks.grid == (1, 4, 3, 4)


@pytest.mark.parametrize("unshuffle", [1, 2])
def test_the_first_stage_is_that_of_the_folder(
    write: Write, tmp_path: Path, unshuffle: int
) -> None:
    side = 16 * unshuffle
    networks = load(write(tmp_path, unshuffle=unshuffle), CPU, (side, side))
    assert networks.factor == 4 * unshuffle
    assert networks.encode(torch.rand(1, 3, side, side)).shape == (1, 4, 4, 4)
    assert networks.decode(torch.zeros(1, 4, 4, 4)).shape == (1, 3, side, side)


FAMILIES: list[tuple[str, dict[str, Any]]] = [
    ("sd", {}),
    ("sd", LCM),
    ("sdxl", {}),
    ("sdxl", TURBO),
    ("sd3", {}),
    ("flux", {"use_dynamic_shifting": True}),
]


@pytest.fixture(params=FAMILIES, ids=lambda f: f"{f[0]}-{f[1].get('_class_name', '')}")
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny pipeline of every kind."""
    kind, scheduler = request.param
    return write_pipeline(tmp_path_factory.mktemp(kind), kind, scheduler=scheduler)


def test_every_family_paints_what_is_asked(family: Path) -> None:
    """Prompt, seed, guidance, what is not wanted, and the objectives all change the picture."""
    changes: list[tuple[dict[str, Any], PaintTask]] = [
        ({}, task()),
        ({}, task(Prompt(SUN))),
        ({}, task(Prompt(SEA), Prompt(SUN, -1.0))),
        ({}, task(seed=6)),
        ({"guidance": 5.0}, task()),
        ({"guidance": 5.0, "negative": "sun"}, task()),
        ({"lr": 2.0}, task(objectives=lambda _: [("red", red)])),
    ]
    seen = [make(family, **options) for options, _ in changes]
    for drawer, (_, asked) in zip(seen, changes, strict=True):
        assert drawer.paint(asked).anchor
    pictures = [drawer.draw().detach() for drawer in seen]
    same = [
        pair
        for pair in itertools.combinations(range(len(pictures)), 2)
        if (pictures[pair[0]] - pictures[pair[1]]).abs().max() < 1e-5
    ]
    assert same == []
    assert red(pictures[-1]) < red(pictures[0])


def test_words_cross_along_the_circle_in_every_family(family: Path) -> None:
    drawer = make(family)
    ends = [drawer.pipeline.words(text) for text in ("sea", "sun")]
    wanted = drawer._wanted(task(Prompt(SEA, toward=SUN, mix=0.25)))
    for part, a, b in zip(wanted.words, *ends, strict=True):
        assert torch.equal(part, slerp(a, b, 0.25))


EULER = {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}
TWINS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("sd", "StableDiffusionPipeline", EULER, {"guidance_scale": 1.0}),
    ("sdxl", "StableDiffusionXLPipeline", EULER, {"guidance_scale": 1.0}),
    ("flux", "FluxPipeline", {"use_dynamic_shifting": True}, {"max_sequence_length": 8}),
    (
        "sd3",
        "StableDiffusion3Pipeline",
        {},
        {"guidance_scale": 1.0, "sigmas": [1.0, 0.75, 0.5, 0.25]},
    ),
]


NO_PARTS = ("text_encoder_3", "tokenizer_3", "feature_extractor", "image_encoder")


@pytest.mark.parametrize(("kind", "twin", "scheduler", "given"), TWINS)
def test_every_family_is_asked_as_its_own_pipeline_asks(
    write: Write,
    tmp_path: Path,
    kind: str,
    twin: str,
    scheduler: dict[str, Any],
    given: dict[str, Any],
) -> None:
    import diffusers

    height, width = 16, 24
    networks = load(
        write(tmp_path, kind, predicts="epsilon", scheduler=scheduler), CPU, (height, width)
    )
    none = dict.fromkeys(NO_PARTS) if kind == "sd3" else {}
    theirs = getattr(diffusers, twin).from_pretrained(tmp_path, **none)
    theirs.set_progress_bar_config(disable=True)
    noise = torch.randn(networks.grid, generator=torch.Generator().manual_seed(4))
    steps = {} if "sigmas" in given else {"num_inference_steps": 4}
    packed, whole = kind == "flux", noise / networks.schedule.at(999)[1]
    expected = theirs(
        "sea",
        height=height,
        width=width,
        latents=pixel_unshuffle(noise, 2).flatten(2).transpose(1, 2) if packed else whole,
        output_type="latent",
        **steps,
        **given,
    ).images
    if packed:
        expected = pixel_shuffle(expected.transpose(1, 2).unflatten(2, (2, 3)), 2)
    wanted = weighted_words([(networks.words("sea"), 1.0)], networks.words(""))
    found = sample(networks, wanted, Start(noise), steps=4, guidance=1.0)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


class Knows:
    """A network that knows the clean latents: what it predicts is exactly right."""

    guided, few, patch, channels, model = False, False, 1, 4, None

    def __init__(self, schedule: Schedule, clean: Tensor) -> None:
        self.schedule, self.clean = schedule, clean

    def __call__(self, x: Tensor, ask: Ask) -> Tensor:
        s = self.schedule
        step = int((s.time - ask.time).abs().argmin())
        return (self.clean - float(s.skip[step]) * x / float(s.scale[step])) / float(s.out[step])


SCHEDULES: list[dict[str, Any]] = [
    {"prediction_type": "v_prediction"},
    {"prediction_type": "epsilon"},
    {"prediction_type": "sample"},
    {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"},
    {"_class_name": "EulerAncestralDiscreteScheduler", "timestep_spacing": "trailing"},
    {"_class_name": "LCMScheduler", "original_inference_steps": 50},
    {"_class_name": "EDMEulerScheduler", "sigma_data": 0.5},
    {"_class_name": "EDMEulerScheduler", "prediction_type": "v_prediction"},
    {
        "_class_name": "EulerDiscreteScheduler",
        "timestep_type": "continuous",
        "prediction_type": "v_prediction",
        "sigma_max": 120.0,
    },
    FLOW,
    {"_class_name": "FlowMatchLCMScheduler"},
]


@pytest.mark.parametrize("scheduler", SCHEDULES, ids=lambda s: "-".join(map(str, s.values())))
@pytest.mark.parametrize("steps", [1, 2, 6])
def test_a_perfect_network_is_sampled_exactly(
    pipeline: Path, scheduler: dict[str, Any], steps: int
) -> None:
    schedule = of_scheduler({**SCHEDULER, **scheduler}, 4)
    dice = torch.Generator().manual_seed(1)
    clean, noise = (torch.randn(1, 4, 5, 7, generator=dice) for _ in range(2))
    networks = replace(
        load(pipeline, CPU, (20, 28)), schedule=schedule, network=Knows(schedule, clean)
    )
    nothing = Words(torch.zeros(1, 8, 16), torch.zeros(1, 0))
    wanted = Conditioning(nothing, torch.ones(1), nothing)
    for start in (Start(noise), Start(noise, clean, 0.4), Start(noise, clean, 0.4, clean[:, :1])):
        found = sample(networks, wanted, start, steps=steps, guidance=1.0)
        torch.testing.assert_close(found, clean, atol=4e-3, rtol=0)


@pytest.mark.parametrize("scheduler", SCHEDULES, ids=lambda s: "-".join(map(str, s.values())))
def test_a_picture_of_nothing_but_noise_stays_one(scheduler: dict[str, Any]) -> None:
    """Steps between levels keep the noise's share: a network that sees through it goes along."""
    schedule = of_scheduler({**SCHEDULER, **scheduler}, 4)
    x = clean = torch.zeros(1, 1, 200, 200)
    noise, fresh = torch.randn(2, 1, 1, 200, 200, generator=torch.Generator().manual_seed(2))
    first, later = schedule.path(4, 0.9)[:2]
    x = schedule.at(first)[1] * noise
    found = _step(schedule, x, clean, None, at=(first, later), noise=fresh)
    assert float(found.std()) == pytest.approx(schedule.at(later)[1], rel=0.02)


FEW = [(1000, 4, 1.0, 20, [999, 759, 499, 239]), (1000, 2, 0.5, 20, [499, 239])]


@pytest.mark.parametrize(("total", "count", "strength", "stride", "expected"), FEW)
def test_a_consistency_model_is_asked_where_it_was_trained(
    total: int, count: int, strength: float, stride: int, expected: list[int]
) -> None:
    assert timesteps(total, count, strength, stride=stride) == expected


STEPS = [(1.0, [999, 749, 499, 249]), (0.4, [399, 299, 199, 99]), (0.001, [0])]


@pytest.mark.parametrize(("strength", "expected"), STEPS)
def test_the_steps_go_evenly_from_the_strength_down(strength: float, expected: list[int]) -> None:
    assert timesteps(1000, 4, strength) == expected


def test_only_loose_places_leave_the_picture_at_strength_nought(pipeline: Path) -> None:
    networks = load(find(str(pipeline)), CPU, (16, 32))
    noise, before = torch.randn(1, 4, 4, 8), torch.zeros(1, 4, 4, 8)
    loose = torch.zeros(1, 1, 4, 8)
    loose[..., 4:] = 1
    wanted = weighted_words([(networks.words("a"), 1.0)], networks.words(""))
    firm = Start(noise, before, 0.01)
    kept = sample(networks, wanted, firm, steps=40, guidance=1.0)
    found = sample(networks, wanted, Start(noise, before, 0.01, loose), steps=40, guidance=1.0)
    assert (found - kept)[..., 5:].abs().mean() > 4 * (found - kept)[..., :3].abs().mean()


def test_weights_and_negative_weights_change_what_is_asked() -> None:
    a, b, c, empty = (
        Words(torch.full((1, 2, 3), float(n)), torch.full((1, 5), float(n))) for n in (1, 2, 3, 0)
    )
    plain = weighted_words([(a, 1.0), (b, 3.0)], empty)
    assert plain.shares.tolist() == [0.25, 0.75]
    assert torch.equal(plain.against.states, empty.states) and plain.unwanted == 0
    assert plain.words.pooled.shape == (2, 5)
    led = weighted_words([(a, 1.0), (c, -0.5)], empty)
    assert torch.equal(led.against.states, 0.5 * c.states) and led.unwanted == 0.5
    assert torch.equal(led.against.pooled, 0.5 * c.pooled)
    alone = weighted_words([(c, -2.0)], empty)
    assert torch.equal(alone.words.states, empty.states)
    assert torch.equal(alone.against.states, c.states)


def test_a_prompt_for_a_part_has_a_prediction_of_its_own() -> None:
    a, b, empty = (Words(torch.full((1, 2, 3), float(n)), torch.zeros(1, 5)) for n in (1, 2, 0))
    left = torch.zeros(1, 1, 4, 6)
    left[..., :3] = 1
    whole = weighted_words([(a, 1.0)], empty)
    assert regional(whole, [], empty, 1.0) is whole
    asked = regional(whole, [(b, 1.0, left)], empty, 1.0)
    assert asked.words.states[:, 0, 0].tolist() == [2, 1]
    shares = asked.shares[:, 0, 0, :]
    torch.testing.assert_close(shares[:, 0], torch.tensor([0.8, 0.2]))
    torch.testing.assert_close(shares[:, -1], torch.tensor([0.0, 1.0]))
    found = torch.stack([torch.full((2, 4, 6), 10.0), torch.full((2, 4, 6), 20.0)])
    mean = asked._mean(found)
    assert mean.shape == (1, 2, 4, 6)
    assert (mean[..., 0] == 12).all() and (mean[..., -1] == 20).all()
    alone = regional(weighted_words([], empty), [(b, 3.0, left)], empty, 0.0)
    assert alone.words.states[:, 0, 0].tolist() == [2, 0]  # beside the part no text is asked for
    torch.testing.assert_close(alone.shares[:, 0, 0, -1], torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(
        alone.shares[:, 0, 0, 0], torch.tensor([1.0, 0.0]), atol=1e-5, rtol=0
    )


def test_masked_prompts_are_asked_of_the_network_where_they_lie(pipeline: Path) -> None:
    drawer = make(pipeline)
    left, sky = Mask(ShapeMask("box", ((0, 0, 0.5, 1),))), Mask(WordsMask("sky"))
    plane = torch.zeros(1, 1, 18, 32)
    plane[..., :16] = 1

    def area(mask: Mask) -> Tensor | None:
        return plane if mask == left else None

    prompts = [
        Prompt(SEA),
        Prompt(SUN, mask=left),
        Prompt(SUN, mask=sky),
        Prompt(SEA, -1, mask=left),
    ]
    wanted = drawer._wanted(task(*prompts, area=area))
    assert wanted.shares.shape == (2, 1, *drawer.pipeline.grid[2:])
    assert wanted.unwanted == 0  # what a part should not show is the perceptors'
    here, other = make(pipeline), make(pipeline)
    here.paint(task(*prompts, area=area))
    other.paint(task(*prompts))
    assert not torch.equal(here.draw(), other.draw())


BEGUN = [
    (1.0, True, 0.4),
    (0.5, True, 0.7),
    (0.0, True, 0.98),
    (1.0, False, 0.4),
    (0.1, False, 0.5),
]


@pytest.mark.parametrize(("begun", "first", "strength"), BEGUN)
def test_a_picture_to_begin_with_stays_by_its_share(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch, begun: float, first: bool, strength: float
) -> None:
    starts: list[Start] = []

    def seen(*given: Any, **named: Any) -> Tensor:
        starts.append(given[2])
        return sample(*given, **named)

    monkeypatch.setattr("storyboard.drawers.diffusion.sample", seen)
    drawer = make(pipeline, strength=0.5)
    drawer.paint(task())
    drawer.encode(torch.rand(1, 3, 18, 32))
    drawer._revealed = torch.ones(1, 1, 18, 32)
    drawer.paint(task(begun=begun, first=first, revealed=1.0, age_s=0.1))
    assert starts[-1].strength == pytest.approx(strength)
    assert starts[-1].latents is not None
    assert (starts[-1].loose is None) == (begun > 0)


def test_states_are_mixed_along_the_circle() -> None:
    a, b = (
        Words(torch.tensor([[place]]), torch.tensor([place])) for place in ([2.0, 0.0], [0.0, 4.0])
    )
    for part in (0, 1):
        torch.testing.assert_close(mixed(a, b, 0.0)[part], a[part], atol=1e-6, rtol=0)
        torch.testing.assert_close(mixed(a, b, 1.0)[part], b[part], atol=1e-6, rtol=0)
        assert float(mixed(a, b, 0.5)[part].norm()) == pytest.approx(3.0)
        torch.testing.assert_close(mixed(a, a, 0.3)[part], a[part], atol=1e-4, rtol=0)


PROMPTS = [
    (Prompt(SUN),),
    (Prompt(SEA), Prompt(SUN)),
    (Prompt(SEA), Prompt(SUN, -1.0)),
    (Prompt(SEA, toward=SUN, mix=0.5),),
    (Prompt(ImagePrompt(Path("cat.png"), "3f9c")),),
]


@pytest.mark.parametrize("prompts", PROMPTS)
def test_prompts_change_the_picture(pipeline: Path, prompts: tuple[Prompt, ...]) -> None:
    plain, other = make(pipeline), make(pipeline)
    plain.paint(task(Prompt(SEA)))
    other.paint(task(*prompts))
    assert not torch.equal(plain.draw(), other.draw())


def test_a_negative_text_changes_the_picture(pipeline: Path) -> None:
    plain, other = make(pipeline), make(pipeline, negative="sun")
    plain.paint(task())
    other.paint(task())
    assert not torch.equal(plain.draw(), other.draw())


@pytest.mark.parametrize("family", ["sd", "flux"])
def test_a_distilled_network_is_told_the_guidance(
    write: Write, tmp_path: Path, family: str
) -> None:
    networks = load(write(tmp_path, family, distilled=True), CPU, (16, 16))
    x, words = torch.randn(networks.grid), networks.words("sea")
    low, high = (networks.clean(x, 500, words, guidance=scale) for scale in (1.0, 4.0))
    assert not torch.equal(low, high)
    calls: list[object] = []
    networks.network.model.register_forward_pre_hook(lambda *_: calls.append(1))
    weighted_words([(words, 1.0)], networks.words("")).clean(networks, x, 500, guidance=4.0)
    assert calls == [1]


@pytest.mark.parametrize(("asked", "expected"), [(3, 3), (80, 4)])
def test_objectives_lead_the_picture(pipeline: Path, asked: int, expected: int) -> None:
    """Of four steps (three, and half as many again for the first picture) two are led."""
    plain, led = make(pipeline), make(pipeline, lr=2.0)
    looks: list[int] = []

    def objectives(step: int) -> Any:
        looks.append(step)
        return [("red", red)]

    plain.paint(task())
    painted = led.paint(task(objectives=objectives, steps=asked))
    assert looks == list(range(expected))
    assert painted.loss is not None
    assert red(led.draw()) < 0.99 * red(plain.draw())


def test_losses_on_latents_lead_the_picture(pipeline: Path) -> None:
    target = torch.rand(1, 3, 18, 32, generator=torch.Generator().manual_seed(2))
    drawer = make(pipeline, lr=0.2)
    assert isinstance(drawer, HasLatents)
    wanted, values = drawer.latents_of(target), list[float]()

    def near(picture: Tensor) -> Tensor:
        value = (drawer.latents_now() - wanted).square().mean() + 0 * picture.sum()
        values.append(float(value.detach()))
        return value

    drawer.paint(task(objectives=lambda _: [("near", near)], steps=80))
    assert len(values) == 4  # two looks in each of the two steps that are led
    assert values[1] < 0.7 * values[0]
    assert values[3] < 0.7 * values[2]
    drawer.paint(task(first=False, steps=1))
    near(drawer.draw()).backward()  # of the picture as it is, once it is painted
    leaf = target.clone().requires_grad_()
    features = make(pipeline).features_of(leaf)
    assert list(features)[-1] == "middle"
    sum(one.square().mean() for one in features.values()).backward()
    assert float(leaf.grad.abs().max()) > 0


def test_the_gradient_reaches_the_latents(pipeline: Path) -> None:
    drawer = make(pipeline)
    drawer.encode(torch.rand(1, 3, 18, 32))
    red(drawer.draw()).backward()
    (latents,) = drawer.parameters()[0]["params"]
    assert latents.grad is not None and float(latents.grad.abs().min()) > 0


def test_frames_between_are_refined_with_the_noise_of_the_anchor(
    pipeline: Path, start: Any
) -> None:
    drawer = make(pipeline)
    drawer.paint(task())
    anchor = drawer.draw().detach()
    state = drawer.state_dict()
    seen = []
    for seed in (6, 7):
        drawer.load_state_dict(state)
        drawer.carry(start(anchor.flip(3)))
        painted = drawer.paint(task(first=False, seed=seed, age_s=0.1))
        assert not painted.anchor
        seen.append(drawer.draw().detach())
    assert torch.equal(*seen)
    still = make(pipeline, refine=0)
    still.load_state_dict(state)
    still.carry(start(anchor.flip(3)))
    still.paint(task(first=False, age_s=0.1))
    assert torch.equal(still.draw(), anchor.flip(3))


@pytest.mark.parametrize(("kept", "same"), [(0.0, False), (1.0, True)])
def test_key_pictures_take_over_the_noise_that_moved(
    pipeline: Path, start: Any, kept: float, same: bool
) -> None:
    """The camera goes on by a cell of the latents' grid."""
    drawer = make(pipeline, noise_kept=kept)
    drawer.paint(task())
    before = drawer._noise.clone()
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[0, 2] = 2 * 4 / 32  # a latent's width
    drawer.carry(start(drawer.draw().detach(), matrix=matrix))
    assert drawer.paint(task(first=False, age_s=2.0, seed=9)).anchor
    found = torch.isclose(drawer._noise[..., 1:], before[..., :-1], atol=1e-5)
    assert bool(found.all()) is same


def test_a_nearer_camera_asks_for_a_key_picture(pipeline: Path, start: Any) -> None:
    drawer = make(pipeline)
    drawer.paint(task())
    for zoom, expected in ((1.1, False), (1.3, True)):
        matrix = torch.diag(torch.tensor([zoom, zoom, 1.0], dtype=torch.float64))
        drawer.carry(start(drawer.draw().detach(), matrix=matrix))
        assert drawer.paint(task(first=False, age_s=0.1)).anchor is expected


@pytest.mark.parametrize("kind", ["sd", "sdxl", "sd3", "flux"])
def test_a_number_format_is_obeyed(write: Write, tmp_path: Path, kind: str) -> None:
    folder = write(tmp_path, kind)
    seen = []
    for precision in ("fp32", "bf16"):
        drawer = make(folder)
        drawer.use_precision(precision)
        drawer.paint(task())
        seen.append(drawer.draw().detach())
    assert seen[1].dtype == torch.float32
    assert 0 < (seen[0] - seen[1]).abs().mean() < 0.05


def test_little_memory_tiles_pictures_and_keeps_texts_on_the_cpu(pipeline: Path) -> None:
    """On the meta device, nothing but shapes: only what stays on the CPU can be computed."""
    tiled, whole = (
        load(pipeline, CPU, (64, 96), extras=Extras(little=little)) for little in (True, False)
    )
    stage = tiled.stage
    assert isinstance(stage, Autoencoder) and stage.vae.use_tiling
    stage.vae.tile_sample_min_size, stage.vae.tile_latent_min_size = 32, 8
    sizes: list[int] = []
    stage.vae.decoder.register_forward_pre_hook(lambda _, given: sizes.append(given[0].shape[-1]))
    latents = torch.randn(whole.grid)
    assert tiled.decode(latents).shape == whole.decode(latents).shape
    assert len(sizes) > 1 and max(sizes) <= 8
    meta = load(pipeline, torch.device("meta"), (64, 96), extras=Extras(little=True))
    assert meta.network.model.device.type == "meta"
    assert next(meta.encoder.clip.model.parameters()).device.type == "cpu"  # type: ignore


def test_options_that_move_keep_the_picture(pipeline: Path) -> None:
    drawer = make(pipeline)
    before = drawer.draw().detach()
    assert drawer.retune({"model": str(pipeline), **QUICK, "guidance": 5.0})
    assert torch.equal(drawer.draw(), before)
    assert not drawer.retune({"model": "another"})


def no_unet(folder: Path) -> None:
    shutil.rmtree(folder / "unet")


def pickled(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    hostile = folder / "unet" / "diffusion_pytorch_model.bin"
    hostile.write_bytes(pickle.dumps(Bomb()))


def wan(folder: Path) -> None:
    reclassed(folder, "transformer", "WanTransformer3DModel")


def own_code(folder: Path) -> None:
    reclassed(folder, "unet", "Bomb")


def reclassed(folder: Path, part: str, name: str) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    index[part] = ["diffusers", name]
    (folder / "model_index.json").write_text(json.dumps(index))


def torn(folder: Path) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"\0" * 64)


def no_schedule(folder: Path) -> None:
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")


class Bomb:
    """Raises when it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('the pickle was run')",)


SPOILED = [
    (no_unet, "has no unet"),
    (pickled, "has no diffusion_pytorch_model.safetensors"),
    (wan, "WanTransformer3DModel, which is not supported"),
    (own_code, "unet is a Bomb, not a UNet2DConditionModel"),
    (torn, "vae cannot be loaded"),
    (no_schedule, "no noise schedule"),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILED)
def test_folders_that_cannot_be_used_are_refused(
    pipeline: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(pipeline, folder)
    spoil(folder)
    with pytest.raises(MissingWeights, match=said):
        make(folder)


UNKNOWN = [
    ("sketch-difusion", "sketch-diffusion"),
    ("nobody/no-such-model", "huggingface-cli download nobody/no-such-model"),
]


@pytest.mark.parametrize(("model", "hint"), UNKNOWN)
def test_an_unknown_model_is_not_looked_for_in_a_network(model: str, hint: str) -> None:
    with pytest.raises(MissingWeights, match=hint):
        find(model)
