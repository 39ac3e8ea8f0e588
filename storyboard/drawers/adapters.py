"""LoRAs: small changes of a pipeline's networks and text encoders, weighted from frame to frame.

The files are read as safetensors, and given to diffusers, which knows every layout of names that
trainers write; its adapters are those of the package peft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.errors import MissingWeights

_PIPELINES = {
    "sd": "StableDiffusionPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "sd3": "StableDiffusion3Pipeline",
    "flux": "FluxPipeline",
}

_NONE: Mapping[str, tuple[str, ...]] = {
    "sd": ("vae", "tokenizer", "safety_checker", "feature_extractor"),
    "sdxl": ("vae", "tokenizer", "tokenizer_2"),
    "sd3": ("vae", "tokenizer", "tokenizer_2", "tokenizer_3", "text_encoder_3"),
    "flux": ("vae", "tokenizer", "tokenizer_2"),
}
"""Parts that a diffusers pipeline is made of, and that loading a LoRA does not need."""


@dataclass
class Adapters:
    """The LoRAs of a pipeline.

    Attributes:
        pipe: a diffusers pipeline of the same modules.
        names: of the adapters, in the order of their files.
        weights: that are set now.
    """

    pipe: Any
    names: list[str]
    weights: tuple[float, ...] = ()

    def weigh(self, weights: Sequence[float]) -> bool:
        """Set the weights; return whether that changed anything."""
        if tuple(weights) == self.weights:
            return False
        self.pipe.set_adapters(self.names, list(weights))
        self.weights = tuple(weights)
        return True


def attach(files: Sequence[Path], family: str, modules: Mapping[str, Any]) -> Adapters:
    """Add the LoRAs in ``files`` to the ``modules`` of a pipeline, each with weight 1.

    Raises `MissingWeights` for a file that cannot be read or does not fit.
    """
    import diffusers

    parts = {**dict.fromkeys(_NONE[family]), **modules}
    if family == "sd":
        parts["requires_safety_checker"] = False
    pipe = getattr(diffusers, _PIPELINES[family])(scheduler=diffusers.DDIMScheduler(), **parts)
    adapters = Adapters(pipe, [f"lora_{number}" for number in range(len(files))])
    for name, file in zip(adapters.names, files, strict=True):
        _add(pipe, name, file)
    adapters.weigh([1.0] * len(files))
    return adapters


def _add(pipe: Any, name: str, file: Path) -> None:
    from safetensors.torch import load_file

    try:
        pipe.load_lora_weights(load_file(file), adapter_name=name, low_cpu_mem_usage=False)
        added = {one for names in pipe.get_list_adapters().values() for one in names}
    except Exception as error:  # the libraries raise all sorts
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise MissingWeights(f"the LoRA {file} cannot be used: {first}") from error
    if name not in added:
        raise MissingWeights(f"the LoRA {file} changes nothing that this model has")
