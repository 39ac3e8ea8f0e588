"""Diffusion pipelines as folders: where they are, and whether they can be used. Imports no torch.

A pipeline is a folder in the layout of diffusers: ``model_index.json`` names the class of each
part, and the parts lie in folders of their own. Only safetensors are read, and only the classes
that `PARTS` names are built, so nothing in a folder is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from storyboard.catalogue import Need
from storyboard.errors import MissingWeights, did_you_mean

BUILT_IN = "sketch-diffusion"
"""The model that comes with the package."""

MODELS = Path(__file__).parent.parent / "models"

INDEX = "model_index.json"

PARTS: Mapping[str, tuple[str, ...]] = {
    "unet": ("UNet2DConditionModel",),
    "vae": ("AutoencoderKL",),
    "text_encoder": ("CLIPTextModel",),
    "tokenizer": ("CLIPTokenizer", "CLIPTokenizerFast"),
    "scheduler": (),
}
"""The parts of a pipeline that are used, and the classes that each may have; empty for any."""

WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "unet": ("diffusion_pytorch_model",),
    "vae": ("diffusion_pytorch_model",),
    "text_encoder": ("model",),
}
"""What the weights of a part are called, without ``.safetensors`` and shard numbers."""

EXTRAS = ("text_encoder_2", "text_encoder_3", "transformer", "prior", "image_encoder", "controlnet")
"""Parts without which a pipeline that has them does not work, and which are not supported."""


def needs(options: Mapping[str, Any]) -> Iterator[Need]:
    """Yield the folder of the model that the resolved ``options`` name, or what it lacks."""
    try:
        folder = find(options["model"])
        classes_of(folder)
    except MissingWeights as error:
        fault, _, todo = str(error).partition("\n  ")
        path = Path(options["model"])
        yield Need("a model", path, "weights", todo, option="model", fault=fault)
    else:
        yield Need("a model", folder, "weights", option="model")


def find(model: str | Path) -> Path:
    """Return the folder of a model: the built-in one, a folder, or a cached hub id.

    Nothing is downloaded. Raises `MissingWeights` that says what to do.
    """
    name, path = str(model), Path(model).expanduser()
    if name == BUILT_IN and not path.is_dir():
        path = MODELS / BUILT_IN
    if path.is_dir():
        return path.resolve()
    if name == BUILT_IN:
        message = "this version comes without a diffusion model of its own"
        raise MissingWeights(f"{message}\n  set model: to the folder of a diffusers pipeline")
    cached = _cached(name)
    if cached is not None:
        return cached
    hint = did_you_mean(name, [BUILT_IN]) or "set model: to a folder, or to a hub id that is cached"
    raise MissingWeights(f"no diffusion model {name!r}\n  {hint}; nothing is downloaded")


def _cached(name: str) -> Path | None:
    """Return the newest snapshot of a hub id in the cache of huggingface_hub, None without one."""
    owner, _, rest = name.partition("/")
    if not owner or not rest or "/" in rest or name.startswith((".", "~")):
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, INDEX)
    return Path(found).parent if isinstance(found, str) else None


def classes_of(folder: Path) -> dict[str, str]:
    """Return the class of each part of the pipeline in ``folder``.

    Raises `MissingWeights` where the folder is no pipeline, or one that cannot be used.
    """
    listed = _listed(folder)
    for part in EXTRAS:
        if part in listed:
            kind = "with " + listed[part]
            raise MissingWeights(
                f"{folder} is a pipeline {kind}, which is not supported\n  {_SORT}"
            )
    found = {}
    for part, allowed in PARTS.items():
        name = listed.get(part)
        if name is None or not (folder / part).is_dir():
            raise MissingWeights(f"{folder} has no {part}\n  {_SORT}")
        if allowed and name not in allowed:
            message = f"{folder}: {part} is a {name}, not a {' or '.join(allowed)}"
            raise MissingWeights(f"{message}\n  {_SORT}")
        _check_weights(folder, part)
        found[part] = name
    return found


_SORT = "expected a pipeline of Stable Diffusion 1.x or 2.x, see docs/drawers/diffusion.md"


def _listed(folder: Path) -> dict[str, str]:
    """Return the classes that the index names, by part."""
    data = read_json(folder / INDEX)
    pairs = {key: value for key, value in data.items() if isinstance(value, list)}
    return {
        key: str(value[1])
        for key, value in pairs.items()
        if len(value) == 2 and value[1] is not None
    }


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a JSON file. Raises `MissingWeights` where there is none."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{file.parent} has no {file.name}"
        raise MissingWeights(f"{message}\n  {_SORT}") from None
    except (OSError, ValueError) as error:
        raise MissingWeights(f"{file} cannot be read: {error}\n  {_SORT}") from None
    if not isinstance(data, dict):
        raise MissingWeights(f"{file} holds no object\n  {_SORT}")
    return data


def _check_weights(folder: Path, part: str) -> None:
    for stem in WEIGHTS.get(part, ()):
        whole = list((folder / part).glob(f"{stem}*.safetensors"))
        if not whole:
            message = f"{folder / part} has no {stem}.safetensors"
            todo = "pickled weights are not read; save the pipeline with safe_serialization=True"
            raise MissingWeights(f"{message}\n  {todo}")
