"""VQGAN files: well-known names, folders, configurations. Imports no torch.

A model is a configuration (YAML) and weights (``.ckpt`` of PyTorch Lightning, or safetensors). The
configuration is that of taming-transformers: ``model: {target, params: {embed_dim, n_embed,
ddconfig}}``, or one of a transformer whose ``first_stage_config`` has the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.catalogue import Need
from storyboard.drawers.checkpoints import shapes
from storyboard.errors import BadValue, MissingWeights, did_you_mean
from storyboard.files import file_digest, is_file, is_folder

BUILT_IN = "sketch-vqgan"
"""The model that comes with the package, where it does."""

MODELS = Path(__file__).parent.parent / "models"

KNOWN: Mapping[str, str] = {
    "ade20k": "vqgan_ade20k",
    "coco": "coco",
    "faceshq": "faceshq",
    "imagenet_1024": "vqgan_imagenet_f16_1024",
    "imagenet_16384": "vqgan_imagenet_f16_16384",
    "openimages_8192": "vqgan_openimages_f8_8192",
    "openimages_16384": "vqgan_openimages_f8_16384",
    "sflckr": "sflckr",
    "wikiart_1024": "wikiart_1024",
    "wikiart_16384": "wikiart_16384",
}
"""Well-known models, and what their files are called, without the ending."""

CONFIGS = ("config.yaml", "model.yaml", "configs/model.yaml", "configs/*-project.yaml", "*.yaml")
WEIGHTS = (
    *("model.safetensors", "checkpoints/last.ckpt", "ckpts/last.ckpt", "last.ckpt", "model.ckpt"),
    *("*.safetensors", "*.ckpt"),
)
"""What is looked for in a folder, in this order; of a pattern, the only file that fits."""

ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth")

_LARGEST = 1 << 20
"""No whole number in a configuration is larger."""


@dataclass(frozen=True)
class Files:
    """Files of a model."""

    config: Path
    weights: Path


@dataclass(frozen=True)
class Config:
    """Configuration of a model.

    Attributes:
        networks: the keywords of encoder and decoder, taming's ``ddconfig``.
        codes: entries of the codebook.
        code_size: numbers of an entry.
        gumbel: True where codes are chosen by a classifier (``GumbelVQ``).
        prefix: what the names of the weights begin with.
    """

    networks: Mapping[str, Any]
    codes: int
    code_size: int
    gumbel: bool = False
    prefix: str = ""

    @property
    def factor(self) -> int:
        """Return the pixels along the edge of a latent cell."""
        return 1 << (len(self.networks["ch_mult"]) - 1)


def needs(options: Mapping[str, Any]) -> Iterator[Need]:
    """Yield the files of the model that the resolved ``options`` name, or what is wrong with them.

    What can be seen without building the model is checked: the configuration, the digest, and the
    shape of the codebook.
    """
    path = Path(options["model"])
    try:
        files = find(options["model"])
        path = files.weights
        check(files, options["digest"])
    except (MissingWeights, BadValue) as error:
        fault, _, todo = str(error).partition("\n  ")
        todo = todo.removeprefix("hint: ")
        yield Need("a VQGAN", path, kind="weights", todo=todo, option="model", fault=fault)
        return
    for file in (files.config, files.weights):
        yield Need("a VQGAN", file, kind="weights", option="model")


def check(files: Files, digest: str | None) -> None:
    """Raise `BadValue` where weights have another digest or do not fit the configuration."""
    config = read_config(files.config)
    check_digest(files.weights, digest)
    name = config.prefix + (
        "quantize.embed.weight" if config.gumbel else "quantize.embedding.weight"
    )
    found, expected = shapes(files.weights).get(name), (config.codes, config.code_size)
    hint = f"does it belong to {files.config}?"
    if found is None:
        raise BadValue(f"{files.weights} has no weight {name!r}", hint=hint)
    if found != expected:
        raise BadValue(f"{files.weights}: {name!r} is {found}, not {expected}", hint=hint)


def cache() -> Path:
    """Return the folder that well-known models are looked for in: ``vqgan`` in the cache."""
    if chosen := os.environ.get("STORYBOARD_CACHE"):
        return Path(chosen, "vqgan")
    shared = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(shared, "storyboard", "vqgan").expanduser()


def find(model: str | Path) -> Files:
    """Return the files of a model: a well-known name, a folder, a configuration or weights.

    Raises `MissingWeights` that says which files to put where.
    """
    path, name = Path(model), str(model)
    if is_folder(path):
        return _in_folder(path)
    if is_file(path):
        return _beside(path)
    if name == BUILT_IN:
        return _built_in()
    if name in KNOWN or name in KNOWN.values():
        return _known(name)
    hint = did_you_mean(name, [BUILT_IN, *KNOWN]) or "expected a folder, a file or one of: "
    raise MissingWeights(f"no VQGAN {name!r}\n  {hint}" + _names(hint))


def _names(hint: str) -> str:
    return ", ".join([BUILT_IN, *KNOWN]) if hint.endswith(": ") else ""


def _built_in() -> Files:
    folder = MODELS / BUILT_IN
    if not folder.is_dir():
        message = "this version comes without a VQGAN of its own"
        raise MissingWeights(
            f"{message}\n  set model: to a folder, a file or one of: {_names(': ')}"
        )
    return _in_folder(folder)


def _known(name: str) -> Files:
    stem = KNOWN.get(name, name)
    for folder in (cache(), cache() / stem, cache() / name):
        config = folder / f"{stem}.yaml"
        for ending in ENDINGS:
            if config.is_file() and config.with_suffix(ending).is_file():
                return Files(config, config.with_suffix(ending))
    folder = cache() / name
    if folder.is_dir():
        return _in_folder(folder)
    todo = f"put {stem}.yaml and {stem}.ckpt (or .safetensors) into {cache()}"
    raise MissingWeights(f"the weights of VQGAN {name!r} are not on this machine\n  {todo}")


def _in_folder(folder: Path) -> Files:
    config, weights = _first(folder, CONFIGS), _first(folder, WEIGHTS)
    if config and weights:
        return Files(config, weights)
    lacking = "configuration (config.yaml)" if config is None else "weights (model.safetensors)"
    raise MissingWeights(
        f"no {lacking} in {folder}\n  a VQGAN is a .yaml and a .ckpt or .safetensors file"
    )


def _first(folder: Path, patterns: Iterable[str]) -> Path | None:
    for pattern in patterns:
        found = sorted(folder.glob(pattern))
        if len(found) == 1:
            return found[0]
    return None


def _beside(file: Path) -> Files:
    """Return the pair that ``file`` is one half of: the same name with another ending."""
    if file.suffix in (".yaml", ".yml"):
        twins = [t for t in (file.with_suffix(ending) for ending in ENDINGS) if t.is_file()]
        weights = twins[0] if twins else _first(file.parent, WEIGHTS)
        if weights is None:
            todo = f"put {file.with_suffix(ENDINGS[1]).name} there"
            raise MissingWeights(f"no weights beside {file}\n  {todo}")
        return Files(file, weights)
    twin = file.with_suffix(".yaml")
    config = twin if twin.is_file() else _first(file.parent, CONFIGS)
    if config is None:
        raise MissingWeights(f"no configuration beside {file}\n  put {twin.name} there")
    return Files(config, file)


def check_digest(file: Path, expected: str | None) -> None:
    """Raise `BadValue` where the SHA-256 of ``file`` does not begin with ``expected``."""
    if expected is None:
        return
    found = file_digest(file)
    if not found.startswith(expected.lower()):
        raise BadValue(f"{file} has SHA-256 {found}, not {expected}", hint="get the file anew")


def read_config(file: Path) -> Config:
    """Read a configuration. Raises `BadValue` where it is not that of a VQGAN."""
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return _config(content["model"])
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise BadValue(f"{file} is not the configuration of a VQGAN: {reason}") from None


def _config(model: Mapping[str, Any], prefix: str = "") -> Config:
    kind, params = str(model["target"]).rpartition(".")[2], model["params"]
    if "first_stage_config" in params:
        return _config(params["first_stage_config"], prefix + "first_stage_model.")
    if kind not in ("VQModel", "VQNoDiscModel", "GumbelVQ"):
        raise ValueError(f"model {kind!r}; expected VQModel or GumbelVQ")
    networks = _networks(params["ddconfig"])
    codes, size = _whole("n_embed", params["n_embed"]), _whole("embed_dim", params["embed_dim"])
    if kind == "GumbelVQ" and size != networks["z_channels"]:
        raise ValueError(f"embed_dim is {size}, z_channels {networks['z_channels']}")
    return Config(networks, codes, size, kind == "GumbelVQ", prefix)


def _networks(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of encoder and decoder. Raises `ValueError`."""
    names = ("ch", "out_ch", "num_res_blocks", "in_channels", "resolution", "z_channels")
    numbers: dict[str, Any] = {name: _whole(name, written[name]) for name in names}
    for name in ("ch_mult", "attn_resolutions"):
        numbers[name] = tuple(_whole(name, n) for n in written[name])
    if numbers["ch"] % 32 or not 1 <= len(numbers["ch_mult"]) <= 8:
        raise ValueError("ch is a multiple of 32, ch_mult a list of up to 8 numbers")
    if (numbers["in_channels"], numbers["out_ch"]) != (3, 3):
        raise ValueError("a picture has 3 channels (in_channels, out_ch)")
    if written.get("double_z", False):
        raise ValueError("double_z: a codebook needs latents without a variance")
    return {**numbers, "dropout": 0.0, "double_z": False}


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{name} is {value!r}")
    return value
