"""The diffusion drawer on tiny pipelines of the real classes: loading, sampling, key pictures."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from storyboard.drawers import PaintTask, drawers
from storyboard.drawers.pipeline_files import find
from storyboard.drawers.pipelines import Pipeline, load, padded
from storyboard.drawers.sampler import Start, Wanted, mixed, sample, timesteps, weighted_words
from storyboard.errors import MissingWeights
from storyboard.plan import ImagePrompt, Prompt, TextPrompt

CPU = torch.device("cpu")
Write = Callable[..., Path]
QUICK = {"sampler_steps": 3, "lr": 0.0, "every": 1.0}


def make(folder: Path, size: tuple[int, int] = (18, 32), seed: int = 0, **options: Any) -> Any:
    dice = torch.Generator().manual_seed(seed)
    given = {"model": str(folder), **QUICK, **options}
    return drawers.get("diffusion")(size, given, generator=dice)


def task(*prompts: Prompt, **changes: Any) -> PaintTask:
    asked: dict[str, Any] = {
        "objectives": lambda _: (),
        "filters": lambda picture: picture,
        "steps": 4,
        "lr": 1.0,
        "prompts": prompts or (Prompt(TextPrompt("a sea")),),
        "seed": 5,
        "first": True,
        "age_s": 0.0,
        "novelty": 1.0,
        "revealed": 0.0,
    }
    return PaintTask(**(asked | changes))


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
    networks = load(find(str(pipeline)), CPU)
    picture = torch.rand(1, 3, 9, 14)
    assert padded(picture, 4).shape == (1, 3, 12, 16)
    assert torch.equal(padded(picture, 4)[..., 1:10, 1:15], picture)
    assert networks.encode(picture).shape == networks.grid((9, 14)) == (1, 4, 3, 4)


@pytest.mark.parametrize("unshuffle", [1, 2])
def test_the_first_stage_is_that_of_the_folder(
    write: Write, tmp_path: Path, unshuffle: int
) -> None:
    networks = load(write(tmp_path, unshuffle=unshuffle), CPU)
    assert networks.factor == 4 * unshuffle
    side = 4 * networks.factor
    assert networks.encode(torch.rand(1, 3, side, side)).shape == (1, 4, 4, 4)
    assert networks.decode(torch.zeros(1, 4, 4, 4), (side, side)).shape == (1, 3, side, side)


def exact(networks: Pipeline, clean: Tensor) -> None:
    """Replace the UNet by one that knows the clean latents."""

    class Knows:
        config = networks.unet.config

        def __call__(self, x: Tensor, step: Tensor, words: Tensor, **_: Any) -> Any:
            signal, sigma = networks.at(int(step))
            noise = (x - signal * clean) / sigma
            told = {
                "v_prediction": signal * noise - sigma * clean,
                "epsilon": noise,
                "sample": clean.expand_as(x),
            }
            return type("Output", (), {"sample": told[networks.predicts]})()

    networks.unet = Knows()


@pytest.mark.parametrize("predicts", ["v_prediction", "epsilon", "sample"])
@pytest.mark.parametrize("steps", [1, 2, 6])
def test_a_perfect_network_is_sampled_exactly(
    write: Write, tmp_path: Path, predicts: str, steps: int
) -> None:
    networks = load.__wrapped__(write(tmp_path, predicts=predicts), CPU)
    dice = torch.Generator().manual_seed(1)
    clean, noise = (torch.randn(1, 4, 5, 7, generator=dice) for _ in range(2))
    exact(networks, clean)
    wanted = Wanted(torch.zeros(1, 8, 16), torch.ones(1), torch.zeros(1, 8, 16))
    for start in (Start(noise), Start(noise, clean, 0.4), Start(noise, clean, 0.4, clean[:, :1])):
        found = sample(networks, wanted, start, steps=steps, guidance=1.0)
        torch.testing.assert_close(found, clean, atol=2e-3, rtol=0)


STEPS = [(1.0, [999, 749, 499, 249]), (0.4, [399, 299, 199, 99]), (0.001, [0])]


@pytest.mark.parametrize(("strength", "expected"), STEPS)
def test_the_steps_go_evenly_from_the_strength_down(strength: float, expected: list[int]) -> None:
    assert timesteps(1000, 4, strength) == expected


def test_only_loose_places_leave_the_picture_at_strength_nought(pipeline: Path) -> None:
    networks = load(find(str(pipeline)), CPU)
    noise, before = torch.randn(1, 4, 4, 8), torch.zeros(1, 4, 4, 8)
    loose = torch.zeros(1, 1, 4, 8)
    loose[..., 4:] = 1
    wanted = weighted_words([(networks.words("a"), 1.0)], networks.words(""))
    firm = Start(noise, before, 0.01)
    kept = sample(networks, wanted, firm, steps=40, guidance=1.0)
    found = sample(networks, wanted, Start(noise, before, 0.01, loose), steps=40, guidance=1.0)
    assert (found - kept)[..., 5:].abs().mean() > 4 * (found - kept)[..., :3].abs().mean()


def test_weights_and_negative_weights_change_what_is_asked() -> None:
    a, b, c, empty = (torch.full((1, 2, 3), float(n)) for n in (1, 2, 3, 0))
    plain = weighted_words([(a, 1.0), (b, 3.0)], empty)
    assert plain.shares.tolist() == [0.25, 0.75]
    assert torch.equal(plain.against, empty) and plain.unwanted == 0
    led = weighted_words([(a, 1.0), (c, -0.5)], empty)
    assert torch.equal(led.against, 0.5 * c) and led.unwanted == 0.5
    alone = weighted_words([(c, -2.0)], empty)
    assert torch.equal(alone.words, empty) and torch.equal(alone.against, c)


def test_states_are_mixed_along_the_circle() -> None:
    a, b = torch.tensor([[[2.0, 0.0]]]), torch.tensor([[[0.0, 4.0]]])
    torch.testing.assert_close(mixed(a, b, 0.0), a, atol=1e-6, rtol=0)
    torch.testing.assert_close(mixed(a, b, 1.0), b, atol=1e-6, rtol=0)
    assert float(mixed(a, b, 0.5).norm()) == pytest.approx(3.0)
    torch.testing.assert_close(mixed(a, a, 0.3), a, atol=1e-4, rtol=0)


SEA, SUN = TextPrompt("sea"), TextPrompt("sun")
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


def test_a_distilled_network_is_told_the_guidance(write: Write, tmp_path: Path) -> None:
    networks = load(write(tmp_path, distilled=True), CPU)
    x, words = torch.randn(networks.grid((16, 16))), networks.words("sea")
    low, high = (networks.clean(x, 500, words, guidance=scale) for scale in (1.0, 4.0))
    assert not torch.equal(low, high)
    calls: list[int] = []
    networks.unet.register_forward_pre_hook(lambda _, given: calls.append(len(given[0])))
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


def test_a_nearer_camera_asks_for_a_key_picture(pipeline: Path, start: Any) -> None:
    drawer = make(pipeline)
    drawer.paint(task())
    for zoom, expected in ((1.1, False), (1.3, True)):
        matrix = torch.diag(torch.tensor([zoom, zoom, 1.0], dtype=torch.float64))
        drawer.carry(start(drawer.draw().detach(), matrix=matrix))
        assert drawer.paint(task(first=False, age_s=0.1)).anchor is expected


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


def flux(folder: Path) -> None:
    reclassed(folder, "transformer", "FluxTransformer2DModel")


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
    (flux, "FluxTransformer2DModel, which is not supported"),
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


UNKNOWN = [("sketch-difusion", "sketch-diffusion"), ("nobody/no-such-model", "cached")]


@pytest.mark.parametrize(("model", "hint"), UNKNOWN)
def test_an_unknown_model_is_not_looked_for_in_a_network(model: str, hint: str) -> None:
    with pytest.raises(MissingWeights, match=hint):
        find(model)
