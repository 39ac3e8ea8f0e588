"""The output section of a story: sizes by shape and scale, and several outputs of one story."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import partial
from typing import Any

from storyboard.errors import BadValue, did_you_mean
from storyboard.story import fields as f
from storyboard.story.finish import (
    INTERPOLATE,
    PAINT,
    UPSCALE,
    InterpolateSpec,
    PaintSpec,
    UpscaleSpec,
)
from storyboard.story.kinds import MapOf, RecordOf, Scalar, spec_field
from storyboard.story.scalars import CRF, FPS, SIZE, one_of
from storyboard.values import brief, expected

FORMATS = ("mp4", "webm", "mov", "gif", "png")

ASPECTS = {
    "widescreen": Fraction(16, 9),
    "phone": Fraction(9, 16),
    "square": Fraction(1),
    "portrait": Fraction(4, 5),
}
"""Shapes by name: width / height."""

BASE = 144
"""Side in pixels of a square at scale 1; every other shape has its area: widescreen is 192x108."""

SCALES = {
    "sketch": 8 / 3,
    "draft": 2.0,
    "normal": 8 / 3,
    "better": 10 / 3,
    "best": 5.0,
    "supreme": 20 / 3,
}
"""The scale of an ``aspect`` without one, by quality: sketch paints widescreen in 512x288."""

_RATIO = re.compile(r"\s*([0-9]{1,4}(?:\.[0-9]{1,4})?)\s*[:/]\s*([0-9]{1,4}(?:\.[0-9]{1,4})?)\s*\Z")
_MOST_RATIO = 10


def check_aspect(value: Any) -> str:
    """Return the name of a shape, or a ratio such as ``16:9``. Raises `BadValue`."""
    if not isinstance(value, str):
        raise expected("a shape such as 16:9, square or phone", value)
    found = _RATIO.match(value)
    if found is None and value not in ASPECTS:
        known = did_you_mean(value, ASPECTS) or "known: " + ", ".join(ASPECTS) + ", 16:9"
        raise BadValue(f"unknown shape {brief(value)}", hint=known)
    width, height = (Fraction(one) for one in found.groups()) if found else (1, 1)
    if not (width and height and Fraction(1, _MOST_RATIO) <= width / height <= _MOST_RATIO):
        raise BadValue(f"{brief(value)} must be between 1:{_MOST_RATIO} and {_MOST_RATIO}:1")
    return value


ASPECT = Scalar(check_aspect, {"type": "string", "examples": [*ASPECTS, "16:9", "9:16", "1:1"]})
SHAPED_SIZE = Scalar(f.check_size, {"anyOf": [SIZE.schema(), ASPECT.schema()]})
SCALE = Scalar(
    f.number(above=0, high=100), {"type": "number", "exclusiveMinimum": 0, "maximum": 100}
)


def aspect_size(aspect: str, scale: float) -> tuple[int, int]:
    """Return (width, height) in pixels, both even, of the shape ``aspect`` at ``scale``.

    The area is that of a square of ``scale`` x `BASE` pixels a side. Raises `BadValue` for a
    size that no film has.

    >>> aspect_size("16:9", 2), aspect_size("square", 2.5), aspect_size("phone", 5)
    ((384, 216), (360, 360), (540, 960))
    """
    found = _RATIO.match(aspect)
    ratio = Fraction(found[1]) / Fraction(found[2]) if found else ASPECTS[aspect]
    root = math.sqrt(ratio)
    width, height = (2 * round(BASE * scale * side / 2) for side in (root, 1 / root))
    return f.check_size([width, height])


@dataclass(frozen=True, kw_only=True)
class OutputSpec:
    """The film's file."""

    size: tuple[int, int] | None = spec_field(
        SHAPED_SIZE, "Width x height in pixels, both even, or a shape; 512x288 if not set."
    )
    aspect: str | None = spec_field(
        ASPECT, "Shape in place of a size: 16:9, 9:16, 1:1, widescreen, square, phone, portrait."
    )
    scale: float | None = spec_field(
        SCALE, "Scale of an aspect: 1 is 192x108, 144x144; the quality's if not set."
    )
    fps: Fraction | None = spec_field(FPS, "Frames a second: 24 (default), 23.976, 30000/1001.")
    format: str | None = spec_field(
        one_of("format", FORMATS), "mp4 (default), webm, mov (ProRes), gif, or png (a sequence)."
    )
    crf: int | None = spec_field(CRF, "Encoder quality, 0 (best) to 51; the quality's if not set.")
    paint: PaintSpec | None = spec_field(
        PAINT, "How it is painted where that is not how it is shown: a size, or {size, fps}."
    )
    upscale: UpscaleSpec | None = spec_field(
        UPSCALE,
        "A network that enlarges what is painted small: its file, or {model, tile, overlap}.",
    )
    interpolate: InterpolateSpec | None = spec_field(
        INTERPOLATE,
        "How frames in between are made: flow (default), camera, or {model: FILE.onnx}.",
    )


def short_output(value: Any) -> Any:
    """Return {aspect} or {size} for the short form of one; the size of a text is read as such. A
    shape as a ``size`` is an aspect.
    """
    if isinstance(value, list):
        return {"size": value}
    if isinstance(value, dict):
        size = value.get("size")
        is_shape = isinstance(size, str) and (_RATIO.match(size) or size in ASPECTS)
        if not is_shape or "aspect" in value:
            return value
        return {"aspect" if key == "size" else key: one for key, one in value.items()}
    is_aspect = isinstance(value, str) and (_RATIO.match(value) or not value[:1].isdigit())
    return {"aspect": value} if is_aspect else value


OUTPUT = RecordOf(OutputSpec, short="size", shorten=short_output, forms=(ASPECT,))
OUTPUTS = MapOf(
    OUTPUT, "{phone: 9:16, cover: 1:1}", most=50, named=partial(f.check_file_name, what="file")
)

_SHAPE = ("size", "aspect", "scale", "paint")
"""What an output with a shape of its own does not take over from ``output``."""


def merged_output(shared: OutputSpec | None, own: OutputSpec, pinned: frozenset[str]) -> OutputSpec:
    """Return the output ``own`` of several, over what ``shared`` sets for all of them.

    ``pinned`` are the keys of ``shared`` that were set from outside: they count before its own.
    """
    base, pinned = shared or OutputSpec(), pinned | ({"aspect"} if "size" in pinned else set())
    if own.size is not None or own.aspect is not None:
        base = replace(base, **{key: None for key in _SHAPE if key not in pinned})
    if pinned & {"size", "aspect"}:
        own = replace(own, size=None, aspect=None, scale=None, paint=None)
    own_settings: Mapping[str, Any] = {one.name: getattr(own, one.name) for one in fields(own)}
    new = {key: one for key, one in own_settings.items() if one is not None and key not in pinned}
    return replace(base, **new)
