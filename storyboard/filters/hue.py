"""Colours turned round the grey axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from storyboard.filters import filters
from storyboard.filters.color_hold import into_gamut

_LUMA = (0.213, 0.715, 0.072)


def hue_matrix(angle_deg: float, saturation: float = 1.0) -> list[list[float]]:
    """Return the 3x3 matrix that turns the hue by ``angle_deg`` and multiplies the saturation.

    ``saturate(s) hueRotate(a)`` of the W3C's Filter Effects Module 1, section 9.6: grey stays as
    it is, and the luma ``0.213 R + 0.715 G + 0.072 B`` of every colour too.
    """
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    skew = ((-0.213, -0.715, 0.928), (0.143, 0.140, -0.283), (-0.787, 0.715, 0.072))
    turned = [
        [_LUMA[j] + cos * ((i == j) - _LUMA[j]) + sin * skew[i][j] for j in range(3)]
        for i in range(3)
    ]
    return [[_LUMA[j] + saturation * (turned[i][j] - _LUMA[j]) for j in range(3)] for i in range(3)]


def turned(picture: Tensor, *, angle_deg: float, saturation: float = 1.0) -> Tensor:
    """Return the picture, (B, 3, H, W) in [0, 1], with every colour through `hue_matrix`.

    What leaves [0, 1] is brought back by taking colour, not by cutting channels off.
    """
    matrix = picture.new_tensor(hue_matrix(angle_deg, saturation))
    return into_gamut((matrix @ picture.flatten(2)).view_as(picture))


def hue_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `turned` by ``angle`` times ``amount``, its saturation as far toward
    ``saturation``.
    """
    chosen = filters.resolve("hue", options)
    amount, angle = chosen["amount"], chosen["angle"] * chosen["amount"]
    saturation = 1 + amount * (chosen["saturation"] - 1)
    if angle % 360 == 0 and saturation == 1:
        return lambda picture: picture
    return lambda picture: turned(picture, angle_deg=angle, saturation=saturation)


hue_filter.SEEN = False  # type: ignore[attr-defined]
