"""State carried from one frame to the next, and its checkpoints."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import Drawer, HasPrecision, Optimiser, drawers
from storyboard.drawers.parameters import MovedDrawer
from storyboard.errors import shortened
from storyboard.filters.color_hold import LabStats
from storyboard.plan import ShotPlan
from storyboard.render.carry.color_memory import HeldColors
from storyboard.render.carry.depths import HeldDepth
from storyboard.render.painter import make_optimiser


@dataclass(frozen=True)
class Fading:
    """The picture, (1, 3, H, W) in the anchor's view, that fades into the anchor's in ``seconds``,
    so that nothing jumps in the film where a drawer paints only some frames anew.
    """

    picture: Tensor
    seconds: float

    def over(self, picture: Tensor, passed_s: float, fps: float) -> Tensor:
        """Return the share of ``picture`` that shows ``passed_s`` after the anchor: ``3 x^2 -
        2 x^3`` of the way from the old picture, which never shows alone, nor does any frame jump.
        """
        x = min((passed_s * fps + 1) / (self.seconds * fps + 1), 1.0)
        return self.picture.lerp(picture, x * x * (3 - 2 * x))


@dataclass(frozen=True)
class GrowthState:
    """Progress of a growing picture: ``steps`` since it began, with the random numbers of the frame
    whose seed is ``seed``. ``best`` is the picture that fitted ``prompts`` best, with its
    ``score``; None where the newest is shown.
    """

    seed: int
    steps: int
    best: Tensor | None = None
    score: float | None = None
    prompts: str = ""


@dataclass
class ChainState:
    """A chain of shots between two frames.

    ``anchor`` is the last canvas that was painted to be one, (1, 3, H, W) in [0, 1], as drawn and
    before the filters; ``anchor_frame`` is that frame's number in the film. The drawer's parameters
    and the optimiser belong to the anchor too. ``fading`` is the picture that still fades into it.
    ``colors`` are those of the last seconds, which new frames are held to. ``depth`` is how far
    away the anchor's picture is, None for a plane; ``ahead`` the same in the view of the frame that
    is being made. ``cut_batch`` is how many views may be seen at once since memory ran out, None
    before it did. ``reveal_mask`` is what of the anchor the camera uncovered lately, (1, 1, H, W)
    from 0 to 1, None for nothing. ``tuned`` has the drawer's options that move, as they are now.
    ``growth`` is where a growing picture is, None where none grows.
    """

    drawer: Drawer
    drawer_key: str
    optimiser: Optimiser
    anchor: Tensor
    anchor_frame: int
    colors: HeldColors
    depth: HeldDepth | None = None
    ahead: HeldDepth | None = None
    reveal_mask: Tensor | None = None
    fading: Fading | None = None
    cut_batch: int | None = None
    tuned: Mapping[str, Any] = field(default_factory=dict)
    growth: GrowthState | None = None

    def to_bytes(self, frame: int) -> bytes:
        """Return everything that the frames after film frame ``frame`` depend on."""
        content = {
            "drawer": self.drawer.state_dict(),
            "drawer_key": self.drawer_key,
            "tuned": dict(self.tuned),
            "optimiser": self.optimiser.state_dict(),
            "anchor": self.anchor,
            # counted back, so that it holds for a shot that an edit has moved in time
            "anchor_age": frame - self.anchor_frame,
            "colors": self.colors.to_plain(),
            "depth": self.depth and self.depth.to_plain(),
            "grown": self.reveal_mask,
            "fading": self.fading and (self.fading.picture, self.fading.seconds),
            "cut_batch": self.cut_batch,
            "growth": self.growth and dict(vars(self.growth)),
        }
        file = io.BytesIO()
        torch.save(content, file)
        return file.getvalue()


def shapes_to_bytes(shapes: Mapping[str, Tensor], tuned: Mapping[str, Any]) -> bytes:
    """Return what a frame was drawn of: its drawer's state, and the options that move."""
    file = io.BytesIO()
    torch.save({"shapes": dict(shapes), "tuned": dict(tuned)}, file)
    return file.getvalue()


def drawer_of_shapes(data: bytes, shot: ShotPlan, size: tuple[int, int]) -> Drawer:
    """Return the drawer of a frame of ``shot`` that `shapes_to_bytes` gave, on the CPU."""
    content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    drawer = make_drawer(shot, size, torch.device("cpu"), moving=content["tuned"])
    drawer.load_state_dict(content["shapes"])
    return drawer


def drawer_key(shot: ShotPlan) -> str:
    """Return a text that is equal for shots that can go on with one another's drawer.

    An option that moves counts by its name, not by its value.
    """
    moving = sorted(name for name in shot.moving if name.startswith("drawer."))
    return " ".join([shot.drawer, str(sorted(shot.drawer_options.items())), *moving])


def moving_options(shot: ShotPlan, local: int) -> dict[str, Any]:
    """Return the drawer's options that move, as they are at the shot's frame ``local``."""
    options = shot.options("drawer", shot.drawer, local)
    return {name: value for name, value in options.items() if f"drawer.{name}" in shot.moving}


def make_drawer(
    shot: ShotPlan,
    size: tuple[int, int],
    device: torch.device,
    *,
    moving: Mapping[str, Any] | None = None,
    precision: str | None = None,
) -> Drawer:
    """Return the drawer of ``shot`` for (height, width), with the picture that its seed begins
    with; ``moving`` are its options that move, ``precision`` is the film's number format for a
    drawer that chooses one (`storyboard.drawers.HasPrecision`).
    """
    generator = torch.Generator().manual_seed(shot.seed)
    options = {**shot.drawer_options, **(moving or {})}
    drawer = drawers.get(shot.drawer)(size, options, device=device, generator=generator)
    if precision is not None and isinstance(drawer, HasPrecision):
        drawer.use_precision(precision)
    return drawer if hasattr(drawer, "carry") else MovedDrawer(drawer)


def fresh_state(
    shot: ShotPlan,
    size: tuple[int, int],
    device: torch.device,
    *,
    frame: int,
    precision: str | None = None,
) -> ChainState:
    """Return the state before the first frame of a chain, whose number is ``frame``."""
    tuned = moving_options(shot, frame - shot.first)
    drawer = make_drawer(shot, size, device, moving=tuned, precision=precision)
    anchor = drawer.draw().detach().clone()
    optimiser = make_optimiser(drawer)
    colors = HeldColors(LabStats.of(anchor))
    return ChainState(drawer, drawer_key(shot), optimiser, anchor, frame, colors, tuned=tuned)


def load_state(
    data: bytes,
    shot: ShotPlan,
    size: tuple[int, int],
    device: torch.device,
    *,
    frame: int,
    precision: str | None = None,
) -> ChainState:
    """Return the state that `ChainState.to_bytes` wrote after film frame ``frame`` of ``shot``.

    Raises `UnreadableState` where it was written by another drawer or version, or no state at all.
    """
    with _as_unreadable_state():
        content: Mapping[str, Any] = torch.load(
            io.BytesIO(data), map_location=device, weights_only=True
        )
        _check(content, shot, size)
    drawer = make_drawer(shot, size, device, moving=content.get("tuned"), precision=precision)
    optimiser = make_optimiser(drawer)
    with _as_unreadable_state():
        drawer.load_state_dict(content["drawer"])
        optimiser.load_state_dict(content["optimiser"])
        return ChainState(
            drawer,
            content["drawer_key"],
            optimiser,
            content["anchor"],
            frame - content["anchor_age"],
            HeldColors.from_plain(content["colors"]),
            content["depth"] and HeldDepth.from_plain(content["depth"], shot.depth),
            reveal_mask=content["grown"],
            # not in checkpoints of earlier versions
            fading=Fading(*content["fading"]) if content.get("fading") else None,
            cut_batch=content.get("cut_batch"),
            tuned=content.get("tuned", {}),
            growth=GrowthState(**content["growth"]) if content.get("growth") else None,
        )


class UnreadableState(Exception):
    """A checkpoint cannot be read; the message completes the sentence "the checkpoint ..."."""


@contextmanager
def _as_unreadable_state() -> Iterator[None]:
    """Turn what a checkpoint's content leads to within the block into `UnreadableState`.

    Not where memory runs out: that is no fault of the checkpoint.
    """
    try:
        yield
    except (UnreadableState, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        first = str(error).partition("\n")[0]
        what = f"{type(error).__name__}: {first}" if first else type(error).__name__
        raise UnreadableState(f"is no state of this version ({shortened(what, 120)})") from error


def _check(content: Mapping[str, Any], shot: ShotPlan, size: tuple[int, int]) -> None:
    """Raise `UnreadableState` where the ``content`` of a checkpoint cannot be gone on with."""
    if content["drawer_key"] != drawer_key(shot):
        raise UnreadableState("was written by another drawer")
    expected = (1, 3, *size)
    if tuple(content["anchor"].shape) != expected:
        raise UnreadableState(f"holds a picture {tuple(content['anchor'].shape)}, not {expected}")
    if not isinstance(content["anchor_age"], int) or content["anchor_age"] < 0:
        raise UnreadableState(f"holds a picture of {content['anchor_age']!r} frames before")
    if not all(torch.isfinite(tensor).all() for tensor in _tensors(content)):
        raise UnreadableState("holds values that are no numbers")


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield every tensor of nested dictionaries, lists and tuples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_tensors, value.values()))
    elif isinstance(value, list | tuple):
        yield from chain.from_iterable(map(_tensors, value))
