"""A start of a frame without a film, a tiny diffusion pipeline, and a small VQGAN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor

from storyboard.motion.moves import pixel_grid

from .tiny_pipelines import write_pipeline


@dataclass
class PlainStart:
    """A `storyboard.drawers.FrameStart`: ``grid`` moves, ``canvas`` is what came of the anchor."""

    canvas: Tensor
    move: Callable[[Tensor], Tensor] = lambda values: values
    change: Callable[[Tensor], Tensor] = lambda colors: colors
    revealed: Tensor | None = None
    matrix: Tensor | None = None
    mixes: bool = False

    @property
    def unbroken(self) -> Tensor:
        return self.canvas

    def grid(self, values: Tensor) -> Tensor:
        return self.move(values)

    def points(self, places: Tensor) -> tuple[Tensor, Tensor]:
        m = torch.eye(3).double() if self.matrix is None else self.matrix
        flat = torch.cat([places.double(), torch.ones(len(places), 1).double()], 1) @ m.T
        return (flat[:, :2] / flat[:, 2:]).to(places), flat[:, 2] > 0

    def places(self) -> Tensor:
        return self.move(pixel_grid((self.canvas.shape[2], self.canvas.shape[3]))[None])[0]

    def recolor(self, colors: Tensor) -> Tensor:
        return self.change(colors)

    def color_matrix(self) -> tuple[Tensor, Tensor] | None:
        return None


@pytest.fixture
def start() -> type[PlainStart]:
    """Make a start of a frame."""
    return PlainStart


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


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory, mosaic: dict[str, Tensor]) -> Path:
    """Write a folder of models that has the mosaic as its ``sketch-vqgan``."""
    from storyboard.drawers import vqgan_files

    folder = tmp_path_factory.mktemp("models") / vqgan_files.BUILT_IN
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": MODEL}))
    save_file(mosaic, folder / "model.safetensors")
    return folder.parent


@pytest.fixture(scope="module", autouse=True)
def built_in_models(models_folder: Path) -> Iterator[Path]:
    """Find built-in models in `models_folder` while these tests run, and in no others."""
    from storyboard.drawers import vqgan_files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vqgan_files, "MODELS", models_folder)
        yield models_folder
