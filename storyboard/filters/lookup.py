"""Every pixel takes the nearest colour of a palette."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters
from storyboard.palette import lookup


def lookup_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `lookup` with the palette ``colors``, mixed in by ``amount``."""
    chosen = filters.resolve("lookup", options)
    palette = torch.tensor(chosen["colors"])
    return lambda picture: picture.lerp(lookup(picture, palette), chosen["amount"])
