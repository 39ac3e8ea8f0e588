"""The first stage: shapes, a round trip through its folder, the built-in one on a drawn picture."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from storyboard.drawers.first_stage import (
    CONFIG_FILE,
    FACTOR,
    WEIGHTS_FILE,
    FirstStage,
    FirstStageConfig,
    config_json,
    load_first_stage,
)

BUILT_IN = Path(__file__).parents[2] / "storyboard" / "models" / "sketch-diffusion"
TINY = FirstStageConfig((8, 12), 1, 4, 4, (0.5, 0.0, 0.0, 0.0), (2.0, 1.0, 1.0, 1.0))


@pytest.fixture
def stage() -> FirstStage:
    torch.manual_seed(0)
    return FirstStage(TINY).eval()


@pytest.mark.parametrize("size", [(16, 16), (24, 40), (64, 8)])
def test_latents_are_eight_times_smaller(stage: FirstStage, size: tuple[int, int]) -> None:
    latents = stage.encode(torch.rand(2, 3, *size))
    assert latents.shape == (2, 4, size[0] // FACTOR, size[1] // FACTOR)
    assert stage.decode(latents).shape == (2, 3, *size)


def test_latents_are_normalised_with_the_mean_and_deviation_of_the_configuration() -> None:
    torch.manual_seed(0)
    other = FirstStage(FirstStageConfig(**{**vars(TINY), "latents_mean": (0.0,) * 4,
                                           "latents_std": (1.0,) * 4}))  # fmt: skip
    torch.manual_seed(0)
    stage = FirstStage(TINY)
    picture = torch.rand(1, 3, 16, 16)
    raw, latents = other.encode(picture), stage.encode(picture)
    assert torch.allclose(latents[:, 0], (raw[:, 0] - 0.5) / 2, atol=1e-6)
    assert torch.allclose(stage.decode(latents), other.decode(raw), atol=1e-5)


def test_gradients_reach_the_picture_and_the_latents(stage: FirstStage) -> None:
    picture = torch.rand(1, 3, 16, 16, requires_grad=True)
    latents = stage.encode(picture)
    latents.retain_grad()
    stage.decode(latents).sum().backward()
    assert picture.grad is not None and picture.grad.abs().sum() > 0
    assert latents.grad is not None and (latents.grad != 0).all()


def test_a_folder_gives_back_what_was_stored(stage: FirstStage, tmp_path: Path) -> None:
    (tmp_path / CONFIG_FILE).write_text(json.dumps(config_json(TINY)))
    save_file({k: v.half() for k, v in stage.state_dict().items()}, tmp_path / WEIGHTS_FILE)
    again = load_first_stage(tmp_path)
    picture = torch.rand(1, 3, 16, 16)
    assert again.config == TINY
    assert torch.allclose(again.encode(picture), stage.encode(picture), atol=1e-2)
    assert not any(p.requires_grad for p in again.parameters())


def test_the_built_in_one_brings_a_sunset_back() -> None:
    stage = load_first_stage(BUILT_IN / "vae")
    down = torch.linspace(0, 1, 48).view(1, 1, 48, 1).expand(1, 1, 48, 64)
    picture = torch.cat([0.9 - 0.3 * down, 0.3 + 0.4 * down, 0.2 + 0.1 * down], 1)
    latents = stage.encode(picture)
    assert latents.abs().max() < 6
    assert (stage.decode(latents) - picture).abs().mean() < 0.04
