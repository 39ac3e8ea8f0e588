"""Networks that enlarge: spandrel's architectures, with weights from a file, tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers.checkpoints import read_tensors, shapes
from storyboard.errors import BadValue, StoryboardError

_PREFIXES = ("module.", "netG.")
"""What training puts before the names of all tensors; spandrel knows the names without."""

Enlarge = Callable[[Tensor], Tensor]
"""(1, 3, h, w) to (1, 3, scale h, scale w), both in [0, 1]."""


def load_network(file: Path, device: str = "cpu") -> Any:
    """Return spandrel's descriptor of the network in ``file``, ready to be called on ``device``.

    The tensors are read by `storyboard.drawers.checkpoints`, so nothing in the file is run. The
    last network is kept. Raises `BadValue` where spandrel knows no such network, or it does not
    give a picture for a picture.
    """
    return _loaded(file, file.stat().st_mtime_ns, device)


@lru_cache(maxsize=1)
def _loaded(file: Path, _changed_ns: int, device: str) -> Any:
    from spandrel import ImageModelDescriptor, ModelLoader

    tensors = read_tensors(file, shapes(file))
    for prefix in _PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    try:
        network = ModelLoader(device="cpu").load_from_state_dict(tensors)
    except Exception as error:  # each architecture fails in its own way on weights that do not fit
        first = str(error).strip().partition("\n")[0]
        hint = "spandrel's list of architectures says which it reads"
        raise BadValue(f"{file} is no upscaling network: {first}", hint=hint) from None
    channels = (network.input_channels, network.output_channels)
    if not isinstance(network, ImageModelDescriptor) or channels != (3, 3):
        raise BadValue(f"{file} ({network.architecture.name}) does not turn pictures into pictures")
    return network.eval().to(torch.device(device))


def enlarged(picture: Tensor, network: Any, *, tile: int, overlap: int) -> Tensor:
    """Return ``picture``, (1, 3, H, W) in [0, 1], enlarged by the network's scale, on the CPU."""

    def enlarge(part: Tensor) -> Tensor:
        try:
            return network(part.to(network.device)).cpu().float()  # type: ignore[no-any-return]
        except torch.OutOfMemoryError as error:
            message = f"memory is too small for tiles of {tile} pixels; set output.upscale.tile"
            raise StoryboardError(f"{message} lower") from error

    return tiled(picture, enlarge, scale=network.scale, tile=tile, overlap=overlap)


def tiled(picture: Tensor, enlarge: Enlarge, *, scale: int, tile: int, overlap: int) -> Tensor:
    """Return ``picture``, (1, 3, H, W), enlarged by ``scale`` tile by tile, to bound memory.

    Tiles are ``tile`` pixels a side and share at least ``overlap`` pixels with their neighbours.
    The outer quarter of these is thrown away, as a network sees nothing beyond it; over the middle
    half one tile fades to the next. So the result is that of the whole picture where a network
    looks no farther than a quarter of ``overlap``.
    """
    height, width = picture.shape[2:]
    result = picture.new_zeros(1, 3, height * scale, width * scale)
    for top, rows in _stretches(height, tile, overlap, scale):
        for left, columns in _stretches(width, tile, overlap, scale):
            part = picture[:, :, top : top + tile, left : left + tile]
            share = rows[:, None] * columns
            high, wide = share.shape
            place = result[:, :, top * scale :, left * scale :][:, :, :high, :wide]
            place += share * enlarge(part.contiguous())
    return result.clamp_(0, 1)


def _stretches(size: int, tile: int, overlap: int, scale: int) -> Iterator[tuple[int, Tensor]]:
    """Yield where tiles begin along an axis, and the share of each of its enlarged pixels.

    The shares of all tiles add up to 1 everywhere.
    """
    count = 1 if size <= tile else -(-(size - overlap) // (tile - overlap))
    starts = [round(n * (size - tile) / max(count - 1, 1)) for n in range(count)]
    for n, start in enumerate(starts):
        length = min(tile, size)
        places = (torch.arange(length * scale, dtype=torch.float32) + 0.5) / scale
        share = torch.ones(length * scale)
        if n > 0:
            share = share * _rise(places, starts[n - 1] + length - start)
        if n < count - 1:
            share = share * (
                1 - _rise(places - (starts[n + 1] - start), start + length - starts[n + 1])
            )
        yield start, share


def _rise(places: Tensor, shared: int) -> Tensor:
    """Return a ramp from 0 to 1 over the middle half of the first ``shared`` pixels."""
    if shared <= 0:
        return (places >= 0).float()
    return ((places - shared / 4) / (shared / 2)).clamp(0, 1)
