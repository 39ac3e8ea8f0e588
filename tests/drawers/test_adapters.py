"""LoRAs on tiny pipelines: loaded by diffusers, weighted frame by frame, checked before use."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from storyboard.drawers import Structure, drawers
from storyboard.drawers.pipelines import Extras, load
from storyboard.errors import MissingWeights

from .tiny_pipelines import write_control, write_pipeline

CPU = torch.device("cpu")
TARGETS = {
    "sd": "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_q",
    "sdxl": "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_q",
    "sd3": "transformer.transformer_blocks.0.attn.to_q",
    "flux": "transformer.transformer_blocks.0.attn.to_q",
}
TEXT = "text_encoder.text_model.encoder.layers.0.self_attn.q_proj"


def write_lora(file: Path, target: str, *, width: int = 16) -> Path:
    """Write a LoRA of one layer, of rank 2, in the names of diffusers."""
    dice = torch.Generator().manual_seed(1)
    save_file(
        {
            f"{target}.lora_A.weight": torch.randn(2, width, generator=dice),
            f"{target}.lora_B.weight": torch.randn(width, 2, generator=dice),
        },
        file,
    )
    return file


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux"])
def test_a_lora_acts_by_its_weight(tmp_path: Path, family: str) -> None:
    folder = write_pipeline(tmp_path / "model", family)
    width = 32 if family == "flux" else 16
    file = write_lora(tmp_path / "lora.safetensors", TARGETS[family], width=width)
    plain, led = (
        load(folder, CPU, (16, 16)),
        load(folder, CPU, (16, 16), extras=Extras(loras=(file,))),
    )
    x, words = torch.randn(plain.grid), plain.words("sea")
    seen = []
    for weight in (0.0, 1.0, 2.0):
        led.weigh([weight])
        seen.append(led.clean(x, 500, words))
    torch.testing.assert_close(seen[0], plain.clean(x, 500, words))
    assert not torch.allclose(seen[0], seen[1]) and not torch.allclose(seen[1], seen[2])


def test_several_loras_change_texts_too(tmp_path: Path, pipeline: Path) -> None:
    files = (
        write_lora(tmp_path / "a.safetensors", TARGETS["sd"]),
        write_lora(tmp_path / "b.safetensors", TEXT),
    )
    networks = load(pipeline, CPU, (16, 16), extras=Extras(loras=files))
    networks.weigh([1.0, 0.0])
    before = networks.words("sea").states
    networks.weigh([1.0, 1.0])
    assert not torch.allclose(networks.words("sea").states, before)
    torch.testing.assert_close(
        before, load(pipeline, CPU, (16, 16)).words("sea").states, atol=1e-5, rtol=1e-5
    )


def pickled(file: Path) -> Path:
    file = file.with_suffix(".bin")
    file.write_bytes(pickle.dumps({"lora": 1}))
    return file


def of_nothing(file: Path) -> Path:
    save_file({"weight": torch.zeros(1)}, file)
    return file


def torn(file: Path) -> Path:
    file.write_bytes(b"\0" * 64)
    return file


REFUSED: list[tuple[Callable[[Path], Path], str]] = [
    (pickled, "is not a .safetensors file"),
    (of_nothing, "holds no LoRA"),
    (torn, "cannot be read"),
]


@pytest.mark.parametrize(("spoil", "said"), REFUSED)
def test_check_refuses_what_is_no_lora(
    pipeline: Path, tmp_path: Path, spoil: Callable[[Path], Path], said: str
) -> None:
    file = spoil(tmp_path / "lora.safetensors")
    (need,) = missing(pipeline, lora_2=file)
    assert said in need.message and need.option == "lora_2"


def test_check_names_the_package_that_a_lora_needs(
    pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_lora(tmp_path / "lora.safetensors", TARGETS["sd"])
    assert missing(pipeline, lora=file) == []
    monkeypatch.setattr("storyboard.drawers.pipeline_files.find_spec", lambda _: None)
    (need,) = missing(pipeline, lora=file)
    assert "peft" in need.message and "storyboard[lora]" in need.todo


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_a_controlnet_follows_a_structure_by_its_weight(tmp_path: Path, family: str) -> None:
    folder = write_pipeline(tmp_path / "model", family)
    control = write_control(tmp_path / "control", folder)
    assert missing(folder, controlnet=str(control)) == []
    plain = load(folder, CPU, (18, 30))
    led = load(folder, CPU, (18, 30), extras=Extras(controlnet=control))
    x, words = torch.randn(plain.grid), plain.words("sea")
    lines = torch.zeros(1, 3, 18, 30)
    lines[..., 9, :] = 1
    expected = plain.clean(x, 500, words)
    for weight, picture in ((0.0, lines), (1.0, lines), (1.0, 1 - lines), (0.5, lines)):
        found = led.clean(x, 500, words, hint=Structure(picture, weight))
        assert torch.allclose(found, expected) is (weight == 0)
        expected = expected if weight == 0 else found


CONTROLS = [
    ("sd", "./nowhere", "no ControlNet"),
    ("sd", "nobody/nothing", "no ControlNet"),
    ("sd", "model", "holds no ControlNetModel"),
    ("flux", "control", "Flux takes no ControlNet"),
    ("sdxl", "control", "is of another model"),
]


@pytest.mark.parametrize(("family", "control", "said"), CONTROLS)
def test_check_refuses_a_controlnet_that_does_not_fit(
    pipeline: Path, tmp_path: Path, family: str, control: str, said: str
) -> None:
    folder = write_pipeline(tmp_path / "model", family)
    write_control(tmp_path / "control", pipeline)
    named = {"model": str(folder / "unet"), "control": str(tmp_path / "control")}
    (need,) = missing(folder, controlnet=named.get(control, control))
    assert said in need.message and need.option == "controlnet"


def missing(model: Path, **options: Any) -> list[Any]:
    given = {"model": str(model), **options}
    record = drawers.record("diffusion")
    return record.missing(drawers.resolve("diffusion", given))


@pytest.mark.parametrize("target", [TARGETS["sd3"], TARGETS["sd"]])
def test_a_lora_of_another_model_is_refused(pipeline: Path, tmp_path: Path, target: str) -> None:
    file = write_lora(tmp_path / "lora.safetensors", target, width=24)
    with pytest.raises(MissingWeights, match=r"lora\.safetensors"):
        load(pipeline, CPU, (16, 16), extras=Extras(loras=(file,)))
