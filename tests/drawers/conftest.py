"""A start of a frame without a film, a tiny diffusion pipeline, and a small VQGAN."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor


@dataclass
class PlainStart:
    """A `storyboard.drawers.FrameStart`: ``grid`` moves, ``canvas`` is what came of the anchor."""

    canvas: Tensor
    move: Callable[[Tensor], Tensor] = lambda values: values
    change: Callable[[Tensor], Tensor] = lambda colors: colors
    revealed: Tensor | None = None
    matrix: Tensor | None = None

    @property
    def unbroken(self) -> Tensor:
        return self.canvas

    def grid(self, values: Tensor) -> Tensor:
        return self.move(values)

    def points(self, places: Tensor) -> tuple[Tensor, Tensor]:
        m = torch.eye(3).double() if self.matrix is None else self.matrix
        flat = torch.cat([places.double(), torch.ones(len(places), 1).double()], 1) @ m.T
        return (flat[:, :2] / flat[:, 2:]).to(places), flat[:, 2] > 0

    def recolor(self, colors: Tensor) -> Tensor:
        return self.change(colors)

    def color_matrix(self) -> tuple[Tensor, Tensor] | None:
        return None


@pytest.fixture
def start() -> type[PlainStart]:
    """Make a start of a frame."""
    return PlainStart


LETTERS = "abcdefghijklmnopqrstuvwxyz"
LENGTH = 8


def write_pipeline(
    folder: Path, *, predicts: str = "v_prediction", distilled: bool = False, unshuffle: int = 1
) -> Path:
    """Write unet, vae, text encoder, tokenizer and scheduler; return ``folder``."""
    torch.manual_seed(3)
    _unet(distilled).save_pretrained(folder / "unet")
    _vae(folder / "vae", unshuffle)
    ids = _tokenizer(folder / "tokenizer")
    _text(ids).save_pretrained(folder / "text_encoder")
    write_json(
        folder / "scheduler" / "scheduler_config.json",
        {
            "_class_name": "PNDMScheduler",
            "num_train_timesteps": 1000,
            "beta_schedule": "scaled_linear",
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "prediction_type": predicts,
            "rescale_betas_zero_snr": predicts == "v_prediction",
            "skip_prk_steps": True,
        },
    )
    index = {
        "_class_name": "StableDiffusionPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "PNDMScheduler"],
        "safety_checker": [None, None],
    }
    write_json(folder / "model_index.json", index)
    return folder


def write_json(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


def _unet(distilled: bool) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(8, 16),
        layers_per_block=1,
        cross_attention_dim=16,
        attention_head_dim=4,
        norm_num_groups=4,
        time_cond_proj_dim=8 if distilled else None,
    )


def _vae(folder: Path, unshuffle: int) -> None:
    from diffusers import AutoencoderKL

    channels = 3 * unshuffle**2
    vae = AutoencoderKL(
        in_channels=channels,
        out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 8, 8),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        scaling_factor=0.5,
    )
    vae.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "pixel_unshuffle": unshuffle})


def _tokenizer(folder: Path) -> dict[str, int]:
    """Write a tokenizer whose tokens are letters; return its ids."""
    tokens = [
        *LETTERS,
        *(f"{letter}</w>" for letter in LETTERS),
        "<|startoftext|>",
        "<|endoftext|>",
    ]
    ids = {token: number for number, token in enumerate(tokens)}
    write_json(folder / "vocab.json", ids)
    (folder / "merges.txt").write_text("#version: 0.2\n")
    special = {"bos_token": tokens[-2], "eos_token": tokens[-1], "unk_token": tokens[-1]}
    told = {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, **special}
    write_json(folder / "tokenizer_config.json", {**told, "pad_token": tokens[-1]})
    return ids


def _text(ids: dict[str, int]) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        vocab_size=len(ids),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=LENGTH,
        bos_token_id=ids["<|startoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
    )
    return CLIPTextModel(config)


@pytest.fixture
def write() -> Callable[..., Path]:
    """Write a tiny pipeline into a folder; see `write_pipeline`."""
    return write_pipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny pipeline once."""
    return write_pipeline(tmp_path_factory.mktemp("pipeline"))


MODEL = {
    "target": "taming.models.vqgan.VQModel",
    "params": {
        "embed_dim": 3,
        "n_embed": 4096,
        "lossconfig": {"target": "taming.modules.losses.DummyLoss"},
        "ddconfig": {
            "double_z": False,
            "z_channels": 3,
            "resolution": 32,
            "in_channels": 3,
            "out_ch": 3,
            "ch": 128,
            "ch_mult": [1, 1],
            "num_res_blocks": 0,
            "attn_resolutions": [],
            "dropout": 0.0,
        },
    },
}
"""A VQModel in taming's layout: cells of 2x2 pixels, 16^3 codes, one for each colour."""

CARRIER = 100.0
"""What fills half of every group, so that its norm hardly depends on the picture."""


def mosaic_weights() -> dict[str, Tensor]:
    """The weights with which `MODEL` is a mosaic: a cell's latent is its mean colour in [-1, 1].

    A group of four channels is (s, -s, C, -C): its mean is 0, its variance nearly that of the
    constant C, and ``swish(s) - swish(-s) = s``, so norm and nonlinearity leave the colour s alone.
    """
    from storyboard.drawers.vqgan_files import _config
    from storyboard.drawers.vqgan_model import VQModel

    model = VQModel(_config(MODEL))
    weights = {name: torch.zeros_like(value) for name, value in model.state_dict().items()}
    spread = torch.zeros(128, 3)
    for signal in range(3):
        spread[4 * signal, signal], spread[4 * signal + 1, signal] = 1, -1
    carrier = torch.tensor([0.0, 0.0, CARRIER, -CARRIER]).repeat(32)
    for half in ("encoder", "decoder"):
        weights[f"{half}.conv_in.weight"][:, :, 1, 1] = spread
        weights[f"{half}.conv_in.bias"] += carrier
        weights[f"{half}.norm_out.weight"] += CARRIER / 2**0.5
        weights[f"{half}.conv_out.weight"][:, :, 1, 1] = spread.T
    weights["encoder.down.0.downsample.conv.weight"][:, :, :2, :2] = (
        torch.eye(128)[:, :, None, None] / 4
    )
    weights["decoder.up.1.upsample.conv.weight"][:, :, 1, 1] = torch.eye(128)
    for name in ("quant_conv.weight", "post_quant_conv.weight"):
        weights[name] += torch.eye(3)[:, :, None, None]
    levels = torch.linspace(-1, 1, 16)
    weights["quantize.embedding.weight"] = torch.cartesian_prod(levels, levels, levels)
    return weights


@pytest.fixture(scope="session")
def mosaic() -> dict[str, Tensor]:
    """The weights of a VQModel that draws mosaics of 2x2 pixels."""
    return mosaic_weights()


@pytest.fixture(scope="session", autouse=True)
def built_in_models(
    tmp_path_factory: pytest.TempPathFactory, mosaic: dict[str, Tensor]
) -> Iterator[Path]:
    """The folder of models, with the mosaic in place of ``sketch-vqgan``."""
    from storyboard.drawers import vqgan_files

    models = tmp_path_factory.mktemp("models")
    folder = models / vqgan_files.BUILT_IN
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": MODEL}))
    save_file(mosaic, folder / "model.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vqgan_files, "MODELS", models)
        yield models
