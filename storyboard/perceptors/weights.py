"""Availability of a perceptor's weights: on this machine or downloadable. Needs no torch."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from huggingface_hub import constants as hub

from storyboard.errors import MissingWeights
from storyboard.files import exists
from storyboard.perceptors.catalogue import SKETCH
from storyboard.perceptors.names import Name
from storyboard.perceptors.pretrained import Weights, package, tags

HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
"""What open_clip looks for in a repository of the hub, in its order."""

WAY_OUT = (
    "without a network: quality 'sketch' needs none; or name weights on this machine, "
    "as ARCHITECTURE/path/to/checkpoint.pt or as a folder with open_clip_config.json"
)
"""What to do where weights are not to be had."""

_NETWORK_WAIT_S = 3.0


def require(names: Iterable[Name], *, download: bool = True) -> None:
    """Raise `MissingWeights` for all of ``names`` neither cached nor downloadable; without
    ``download`` for all that are not here.
    """
    gone = [name for name in dict.fromkeys(names) if not is_here(name)]
    if gone and not download:
        listed, sizes = (
            ", ".join(repr(str(name)) for name in gone),
            [size_of(name) for name in gone],
        )
        size = f" (about {sum(sizes) / 1e9:.1f} GB)" if all(sizes) else ""
        raise MissingWeights(
            f"the weights of {listed} are not on this machine{size}; "
            f"--download (download=True) fetches them\n  {WAY_OUT}"
        )
    addresses = {address_of(name) for name in gone}
    silent = {address for address in addresses if address and not is_reachable(address)}
    lost = [str(name) for name in gone if address_of(name) in silent]
    if lost:
        hosts = ", ".join(sorted(urlsplit(address).hostname or address for address in silent))
        raise MissingWeights(
            f"the weights of {', '.join(map(repr, lost))} are not on this machine, "
            f"and {hosts} cannot be reached\n  {WAY_OUT}"
        )


def size_of(name: Name) -> int:
    """Return about how many bytes the weights of ``name`` have, 0 where that is not known.

    A transformer's layer of width w has 12 w^2 weights; each has four bytes.
    """
    folder = package()
    if name.kind != "pretrained" or folder is None:
        return 0
    try:
        text = (folder / "model_configs" / f"{name.source}.json").read_text(encoding="utf-8")
        config = json.loads(text)
        towers = [config["vision_cfg"], config["text_cfg"]]
        count = sum(12 * int(tower["layers"]) * int(tower["width"]) ** 2 for tower in towers)
        count += int(towers[1]["vocab_size"]) * int(towers[1]["width"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0
    return 4 * count


def is_here(name: Name) -> bool:
    """Return True where the weights of ``name`` lie on this machine, or come with a package."""
    if name.kind in ("folder", "checkpoint"):
        return bool(name.path and exists(name.path))
    if name.kind == "registered":
        return name.source != "sketch" or (SKETCH / HUB_FILES[0]).is_file()
    if name.kind == "hub":
        return _in_hub_cache(name.source, HUB_FILES)
    return _is_pretrained_here(_weights(name))


def address_of(name: Name) -> str | None:
    """Return the download location of the weights of ``name``; None if it is unknown."""
    if name.kind == "hub" or _weights(name).hub:
        return str(hub.ENDPOINT)
    return _weights(name).url or None


def is_reachable(address: str) -> bool:
    """Return True if a server answers at ``address``; taken for granted behind a proxy."""
    if hub.HF_HUB_OFFLINE and address == hub.ENDPOINT:
        return False
    parts = urlsplit(address)
    if parts.scheme in getproxies():
        return True
    try:
        port = parts.port or 443
        socket.create_connection((parts.hostname or "", port), timeout=_NETWORK_WAIT_S).close()
    except OSError:
        return False
    return True


def _weights(name: Name) -> Weights:
    known = tags(name.source) if name.kind == "pretrained" else {}
    return known.get(name.tag, Weights())


def _is_pretrained_here(weights: Weights) -> bool:
    """Look where `open_clip.create_model` would: in the hub's cache, else in its own."""
    repository, _, file = weights.hub.rpartition("/")
    if repository:
        return _in_hub_cache(repository, (file,) if file else HUB_FILES)
    fetched = Path("~/.cache/clip", weights.url.rpartition("/")[2])
    return bool(weights.url) and fetched.expanduser().is_file()


def _in_hub_cache(repository: str, files: tuple[str, ...]) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return any(isinstance(try_to_load_from_cache(repository, file), str) for file in files)
