"""Whether a perceptor can be loaded without fetching anything."""

from __future__ import annotations

from pathlib import Path

import open_clip
from huggingface_hub import try_to_load_from_cache

from storyboard.perceptors.names import SKETCH, Name

HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
"""What open_clip looks for in a repository of the hub, in its order."""


def is_here(name: Name) -> bool:
    """True where the weights of ``name`` lie on this machine, or come with a package."""
    if name.kind in ("folder", "checkpoint"):
        return bool(name.path and name.path.exists())
    if name.kind == "registered":
        return name.source != "sketch" or (SKETCH / HUB_FILES[0]).is_file()
    if name.kind == "hub":
        return _in_hub_cache(name.source, HUB_FILES)
    return _is_pretrained_here(open_clip.get_pretrained_cfg(name.source, name.tag) or {})


def _is_pretrained_here(config: dict[str, str]) -> bool:
    """Looks where `open_clip.create_model` would: in the hub's cache, else in its own."""
    repository, _, file = config.get("hf_hub", "").rpartition("/")
    if repository:
        return _in_hub_cache(repository, (file,) if file else HUB_FILES)
    fetched = Path("~/.cache/clip", config.get("url", "").rpartition("/")[2])
    return fetched.expanduser().is_file()


def _in_hub_cache(repository: str, files: tuple[str, ...]) -> bool:
    return any(isinstance(try_to_load_from_cache(repository, file), str) for file in files)
