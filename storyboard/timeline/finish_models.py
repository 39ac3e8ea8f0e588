"""The networks of finishing that a story names: found, read and checked before any work starts."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from storyboard.errors import BadValue
from storyboard.media.interpolator import Inputs, inspect
from storyboard.media.picture_files import existing
from storyboard.plan import InterpolatePlan, UpscalePlan
from storyboard.story.finish import InterpolateSpec, UpscaleSpec
from storyboard.story.read import Story
from storyboard.timeline.report import Report

TILE, OVERLAP = 256, 16
"""Defaults, at most a quarter of the tile for the overlap: what a network enlarges at once takes
some hundred megabytes then."""

UPSCALE_PATH, INTERPOLATE_PATH = ("output", "upscale"), ("output", "interpolate")


def upscale_of(story: Story, report: Report) -> UpscalePlan | None:
    """Return the network that enlarges the pictures of ``story``, None without one.

    What is wrong with its file goes to ``report``; which architecture it has is known only to
    spandrel, which is asked when rendering starts.
    """
    spec = story.spec.output and story.spec.output.upscale
    if not spec:
        return None
    tile = TILE if spec.tile is None else spec.tile
    overlap = min(OVERLAP, tile // 4) if spec.overlap is None else spec.overlap
    plan = UpscalePlan(story.folder / spec.model, tile, overlap)
    if plan.overlap * 2 >= plan.tile:
        message = f"tiles of {plan.tile} pixels cannot overlap by {plan.overlap}"
        report.error((*UPSCALE_PATH, "overlap"), message, hint="less than half of tile")
    with report.at(_place(spec)):
        _check_upscaler(plan.file)
    return plan


def _place(spec: UpscaleSpec | InterpolateSpec) -> tuple[str, ...]:
    """Return the path of ``spec``'s model in the story."""
    if isinstance(spec, UpscaleSpec):
        return (*UPSCALE_PATH, "model")
    return (*INTERPOLATE_PATH, "model")


def _check_upscaler(file: Path) -> None:
    """Raise `BadValue` for a file that holds no tensors, or without the package that uses them."""
    from storyboard.drawers.checkpoints import shapes  # unzips: for stories that need it

    existing(file)
    if not shapes(file):
        raise BadValue(f"{file} holds no tensors", hint="a .safetensors or .pth file of weights")
    _require("spandrel", extra="upscale", what="an upscaling network")


def interpolate_of(
    story: Story, size: tuple[int, int], every: int, report: Report
) -> InterpolatePlan:
    """Return how frames in between are made; what is wrong with it goes to ``report``.

    ``size`` is (width, height) of the film; every ``every``-th of its frames is painted.
    """
    spec = (story.spec.output and story.spec.output.interpolate) or InterpolateSpec()
    if spec.model is None:
        if spec.method == "network":
            message = "the method network needs model: with an .onnx file"
            report.error((*INTERPOLATE_PATH, "method"), message)
        return InterpolatePlan(spec.method or "flow")
    if spec.method not in (None, "network"):
        message = f"the method {spec.method} uses no model"
        report.error((*INTERPOLATE_PATH, "model"), message, hint="leave method: or model: out")
    file = story.folder / spec.model
    with report.at(_place(spec)):
        existing(file)
        _require("onnxruntime", extra="interpolate", what="an interpolation network")
        _check_fit(inspect(file), file, size, every)
    return InterpolatePlan("network", file)


def _check_fit(takes: Inputs, file: Path, size: tuple[int, int], every: int) -> None:
    """Raise `BadValue` where a network cannot make the frames that the film needs."""
    if takes.size is not None and (takes.size[0] < size[1] or takes.size[1] < size[0]):
        made = f"{takes.size[1]}x{takes.size[0]}"
        message = f"{file} takes pictures of {made}, the film has {size[0]}x{size[1]}"
        raise BadValue(message, hint="export it for any size, or for the film's")
    if takes.time is None and every & (every - 1):
        message = f"{file} has no time as an input: it makes only the middle of two pictures"
        raise BadValue(
            message, hint=f"fps must be 2, 4 or 8 times that of paint, not {every} times"
        )


def _require(package: str, *, extra: str, what: str) -> None:
    """Raise `BadValue` where an optional package is not installed."""
    if find_spec(package) is None:
        hint = f"pip install 'storyboard-film[{extra}]'"
        raise BadValue(f"{what} needs the package {package}", hint=hint)
