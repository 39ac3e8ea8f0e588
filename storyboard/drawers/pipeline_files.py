"""Diffusion pipelines as folders: where they are, and whether they can be used. Imports no torch.

A pipeline is a folder in the layout of diffusers: ``model_index.json`` names the class of each
part, and the parts lie in folders of their own. Only safetensors are read, and only the classes
that `FAMILIES` names are built, so nothing in a folder is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from storyboard.catalogue import Need
from storyboard.errors import BadValue, MissingWeights, did_you_mean
from storyboard.files import expanded, is_file, is_folder

BUILT_IN = "sketch-diffusion"
"""The model that comes with the package."""

MODELS = Path(__file__).parent.parent / "models"

INDEX = "model_index.json"

_CLIP, _PROJECTED, _T5 = "CLIPTextModel", "CLIPTextModelWithProjection", "T5EncoderModel"
_WORDS, _PIECES = ("CLIPTokenizer", "CLIPTokenizerFast"), ("T5Tokenizer", "T5TokenizerFast")


@dataclass(frozen=True)
class Family:
    """A kind of pipeline.

    Attributes:
        name: for people.
        parts: the parts that are used, and the classes that each may have; empty for any.
        optional: those of them that may be missing.
    """

    name: str
    parts: Mapping[str, tuple[str, ...]]
    optional: tuple[str, ...] = ()


_COMMON: Mapping[str, tuple[str, ...]] = {"vae": ("AutoencoderKL",), "scheduler": ()}

FAMILIES: Mapping[str, Family] = {
    "sd": Family(
        "Stable Diffusion 1.x or 2.x",
        {
            "unet": ("UNet2DConditionModel",),
            "text_encoder": (_CLIP,),
            "tokenizer": _WORDS,
            **_COMMON,
        },
    ),
    "sdxl": Family(
        "Stable Diffusion XL",
        {
            "unet": ("UNet2DConditionModel",),
            "text_encoder": (_CLIP,),
            "text_encoder_2": (_PROJECTED,),
            "tokenizer": _WORDS,
            "tokenizer_2": _WORDS,
            **_COMMON,
        },
    ),
    "sd3": Family(
        "Stable Diffusion 3",
        {
            "transformer": ("SD3Transformer2DModel",),
            "text_encoder": (_PROJECTED,),
            "text_encoder_2": (_PROJECTED,),
            "text_encoder_3": (_T5,),
            "tokenizer": _WORDS,
            "tokenizer_2": _WORDS,
            "tokenizer_3": _PIECES,
            **_COMMON,
        },
        optional=("text_encoder_3", "tokenizer_3"),
    ),
    "flux": Family(
        "Flux",
        {
            "transformer": ("FluxTransformer2DModel",),
            "text_encoder": (_CLIP,),
            "text_encoder_2": (_T5,),
            "tokenizer": _WORDS,
            "tokenizer_2": _PIECES,
            **_COMMON,
        },
    ),
}
"""Every kind of pipeline that is supported."""

MODEL_WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "transformer": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
    "text_encoder_3": "model",
}
"""What the weights of a part are called, without ``.safetensors`` and shard numbers."""

EXTRAS = ("prior", "image_encoder", "controlnet", "unet_2", "transformer_2")
"""Parts without which a pipeline that has them does not work, and which are not supported."""


@dataclass(frozen=True)
class Layout:
    """Layout of a pipeline's folder: the key of its family, and the class of each part."""

    family: str
    parts: Mapping[str, str]


LORAS = ("lora", "lora_2", "lora_3")
"""The options that name LoRAs; ``_weight`` after the name is that of the weight."""


def needs(options: Mapping[str, Any]) -> Iterator[Need]:
    """Yield the folder of the model that the resolved ``options`` name, or what it lacks, and what
    is wrong with LoRAs.
    """
    try:
        folder = find(options["model"])
        check_model(folder)
        if not folder.is_dir() and (loras(options) or options.get("controlnet") is not None):
            raise MissingWeights(f"{folder} takes neither LoRAs nor a ControlNet")
    except MissingWeights as error:
        fault, _, todo = str(error).partition("\n  ")
        path = Path(options["model"])
        yield Need("a model", path, "weights", todo, option="model", fault=fault)
    else:
        yield Need("a model", folder, "weights", option="model")
    if options.get("negative") and Path(options["model"]).suffix in PLAIN:
        fault = f"{options['model']} reads no texts, so none is negative"
        todo = "write prompts with negative weights"
        yield Need("a model", Path(options["model"]), "weights", todo, "negative", fault=fault)
    if options.get("controlnet") is not None:
        yield from _control_needs(options)
    for name, file in loras(options).items():
        try:
            check_lora(file)
        except MissingWeights as error:
            fault, _, todo = str(error).partition("\n  ")
            yield Need("a LoRA", file, "weights", todo, option=name, fault=fault)


def _control_needs(options: Mapping[str, Any]) -> Iterator[Need]:
    path = Path(options["controlnet"])
    try:
        path = find_control(options["controlnet"])
        check_control(path, find(options["model"]))
    except MissingWeights as error:
        fault, _, todo = str(error).partition("\n  ")
        yield Need("a ControlNet", path, "weights", todo, option="controlnet", fault=fault)
    else:
        yield Need("a ControlNet", path, "weights", option="controlnet")


def find_control(name: str) -> Path:
    """Return the folder of a ControlNet, by path or cached hub id. Raises `MissingWeights`."""
    path = expanded(name)
    if is_folder(path):
        return path.resolve()
    cached = _cached(name, "config.json")
    if cached is not None:
        return cached
    raise MissingWeights(f"no ControlNet {name!r}\n  {_FETCH.format(name)}")


def check_control(folder: Path, model: Path) -> None:
    """Raise `MissingWeights` where ``folder`` is no ControlNet, or not one for ``model``."""
    family = layout_of(model).family
    config = read_json(folder / "config.json")
    if config.get("_class_name") != "ControlNetModel":
        raise MissingWeights(f"{folder} holds no ControlNetModel\n  {_CONTROLLED}")
    if family not in ("sd", "sdxl"):
        raise MissingWeights(f"{FAMILIES[family].name} takes no ControlNet here\n  {_CONTROLLED}")
    if not list(folder.glob("diffusion_pytorch_model*.safetensors")):
        message = f"{folder} has no diffusion_pytorch_model.safetensors"
        raise MissingWeights(f"{message}\n  pickled weights are not read")
    unet = read_json(model / "unet" / "config.json")
    for key in ("cross_attention_dim", "addition_embed_type"):
        if config.get(key) != unet.get(key):
            there, here = config.get(key), unet.get(key)
            message = f"the ControlNet is of another model: its {key} is {there}, not {here}"
            raise MissingWeights(f"{message}\n  {_CONTROLLED}")


_CONTROLLED = (
    "expected a ControlNetModel for Stable Diffusion 1.x, 2.x or XL, as diffusers saves it"
)

_FETCH = "set it to a folder, or fetch it first: huggingface-cli download {}; nothing is downloaded"


def loras(options: Mapping[str, Any]) -> dict[str, Path]:
    """Return the LoRAs that are given, by option."""
    return {name: Path(options[name]) for name in LORAS if options.get(name) is not None}


def check_lora(file: Path) -> None:
    """Raise `MissingWeights` where ``file`` is no LoRA, or no package is there to load it."""
    if file.suffix != ".safetensors":
        todo = "pickled weights are not read; convert it to .safetensors"
        raise MissingWeights(f"the LoRA {file} is not a .safetensors file\n  {todo}")
    from storyboard.drawers.checkpoints import shapes

    try:
        names = shapes(file)
    except BadValue as error:
        raise MissingWeights(f"the LoRA cannot be read: {error.message}") from None
    if not any("lora" in name.lower() for name in names):
        raise MissingWeights(f"{file} holds no LoRA: no weight in it is called so")
    if find_spec("peft") is None:
        todo = "install it: pip install 'storyboard[lora]'"
        raise MissingWeights(f"a LoRA needs the package peft, which is not installed\n  {todo}")


def find(model: str | Path) -> Path:
    """Return the folder of a model: the built-in one, a folder, or a cached hub id.

    Nothing is downloaded. Raises `MissingWeights` that says what to do.
    """
    name, path = str(model), expanded(model)
    if name == BUILT_IN and not is_folder(path):
        path = MODELS / BUILT_IN
    if is_folder(path) or (path.suffix in PLAIN and is_file(path)):
        return path.resolve()
    if name == BUILT_IN:
        message = "this version comes without a diffusion model of its own"
        raise MissingWeights(f"{message}\n  set model: to the folder of a diffusers pipeline")
    cached = _cached(name)
    if cached is not None:
        return cached
    hint = did_you_mean(name, [BUILT_IN]) or _FETCH.format(name)
    raise MissingWeights(f"no diffusion model {name!r}\n  {hint}")


def _cached(name: str, file: str = INDEX) -> Path | None:
    """Return the newest snapshot of a hub id in the cache of huggingface_hub, None without one;
    ``file`` is one that it must hold.
    """
    owner, _, rest = name.partition("/")
    if not owner or not rest or "/" in rest or name.startswith((".", "~")):
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, file)
    return Path(found).parent if isinstance(found, str) else None


def check_model(path: Path) -> None:
    """Raise `MissingWeights` where ``path`` is neither a pipeline nor a v-diffusion checkpoint."""
    if path.is_dir():
        layout_of(path)
        return
    from storyboard.drawers.checkpoints import shapes

    try:
        names = shapes(path)
    except BadValue as error:
        raise MissingWeights(f"{error.message}\n  {_PLAIN}") from None
    missing = [
        name for name in ("timestep_embed.weight", "net.0.main.0.weight") if name not in names
    ]
    if missing:
        raise MissingWeights(f"{path} has no weight {missing[0]!r}\n  {_PLAIN}")


PLAIN = (".pth", ".pt", ".ckpt", ".safetensors")
"""Endings of files that are models by themselves."""

_PLAIN = "expected a v-diffusion checkpoint (yfcc_2, cc12m_1_cfg, wikiart_256 ...), or a folder"


def layout_of(folder: Path) -> Layout:
    """Return what kind of pipeline lies in ``folder``.

    Raises `MissingWeights` where the folder is no pipeline, or one that cannot be used.
    """
    listed = _listed(folder)
    for part in EXTRAS:
        if part in listed:
            kind = "with " + listed[part]
            raise MissingWeights(
                f"{folder} is a pipeline {kind}, which is not supported\n  {_SORT}"
            )
    key = _family(folder, listed)
    found = {
        part: name
        for part, allowed in FAMILIES[key].parts.items()
        if (name := _class(folder, part, listed.get(part), allowed, FAMILIES[key])) is not None
    }
    return Layout(key, found)


def _family(folder: Path, listed: Mapping[str, str]) -> str:
    """Return the key of the family whose parts the index lists. Raises `MissingWeights`."""
    if "transformer" not in listed:
        return "sdxl" if "text_encoder_2" in listed else "sd"
    name = listed["transformer"]
    for key, family in FAMILIES.items():
        if name in family.parts.get("transformer", ()):
            return key
    message = f"{folder} is a pipeline with {name}, which is not supported"
    raise MissingWeights(f"{message}\n  {_SORT}")


def _class(
    folder: Path, part: str, name: str | None, allowed: tuple[str, ...], family: Family
) -> str | None:
    """Return the class of a part, checked; None where it is missing and may be."""
    if name is None and part in family.optional:
        return None
    if name is None or not (folder / part).is_dir():
        raise MissingWeights(f"{folder} has no {part}\n  as {family.name} has; {_SORT}")
    if allowed and name not in allowed:
        message = f"{folder}: {part} is a {name}, not a {' or '.join(allowed)}"
        raise MissingWeights(f"{message}\n  {_SORT}")
    _check_weights(folder, part)
    return name


_SORT = f"expected one of {', '.join(f.name for f in FAMILIES.values())}, as a diffusers pipeline"


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
    stem = MODEL_WEIGHTS.get(part)
    if stem is not None and not list((folder / part).glob(f"{stem}*.safetensors")):
        message = f"{folder / part} has no {stem}.safetensors"
        todo = "pickled weights are not read; save the pipeline with safe_serialization=True"
        raise MissingWeights(f"{message}\n  {todo}")
