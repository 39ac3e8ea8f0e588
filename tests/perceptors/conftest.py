"""Small open_clip models with random weights, written to a folder like any other model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VIT = {"image_size": 32, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16}
RESNET = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 32}
TEXT = {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], Path]:
    """A maker of model folders from an open_clip vision configuration."""
    import torch
    from open_clip.model import CLIP
    from safetensors.torch import save_file

    made: dict[str, Path] = {}

    def make(vision: dict[str, Any]) -> Path:
        key = json.dumps(vision, sort_keys=True)
        if key not in made:
            folder = made[key] = tmp_path_factory.mktemp("model")
            model = {"embed_dim": 24, "vision_cfg": vision, "text_cfg": TEXT}
            preprocess = {"mean": [0.5, 0.4, 0.3], "std": [0.3, 0.25, 0.2]}
            text = json.dumps({"model_cfg": model, "preprocess_cfg": preprocess})
            (folder / "open_clip_config.json").write_text(text)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                built = CLIP(**model)
                stir_norms(built)
            save_file(built.state_dict(), folder / "open_clip_model.safetensors")
        return made[key]

    return make


def stir_norms(model: Any) -> None:
    """Give batch norms the statistics of a trained model, so that folding them shows."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.1)
