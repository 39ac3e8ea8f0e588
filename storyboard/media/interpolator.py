"""Interpolation networks: ONNX files that make the picture between two pictures.

Exported networks agree on no names, so inputs are identified by their shapes. Understood are two
pictures (N, 3, H, W), or both in one input (N, 6, H, W), and besides a time: a number, or a plane
(N, 1, H, W). Values are in [0, 1], in float32 or float16. Needs numpy and onnxruntime, no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from storyboard.errors import BadValue

MULTIPLE = 64
"""Sides are padded to multiples of this: such networks halve pictures five or six times."""

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}

_HINT = "it needs two pictures (N, 3, H, W), or both as (N, 6, H, W), and at most a time besides"

Planes = npt.NDArray[np.float32]
"""A picture, (1, 3, H, W) in [0, 1]."""


@dataclass(frozen=True)
class Inputs:
    """Inputs of a network by position: the pictures, one or two, and the time, if any.

    ``size`` is the (height, width) that the network was exported for, None where it takes any.
    """

    pictures: tuple[Any, ...]
    time: Any | None
    size: tuple[int, int] | None

    @property
    def is_joined(self) -> bool:
        """Return True if both pictures are one input of six channels."""
        return len(self.pictures) == 1


def inspect(file: Path) -> Inputs:
    """Return what the network in ``file`` takes. Raises `BadValue` where it cannot be used."""
    return _inputs(file, _session(file))


@dataclass(frozen=True)
class Interpolator:
    """A network, ready to be asked."""

    session: Any
    inputs: Inputs

    @classmethod
    def load(cls, file: Path) -> Interpolator:
        """Return the network in ``file``. Raises `BadValue` where it cannot be used."""
        session = _session(file)
        return cls(session, _inputs(file, session))

    def between(self, before: Planes, after: Planes, share: float) -> Planes:
        """Return the picture at ``share``, 0 to 1, of the way from ``before`` to ``after``.

        A network without a time knows only the middle: it is then asked for the middle of the
        half that holds ``share`` until it is met, so ``share`` is a multiple of a power of 1/2.
        """
        if self.inputs.time is not None:
            return self._asked(before, after, share)
        middle = self._asked(before, after, 0.5)
        if share == 0.5:
            return middle
        if share < 0.5:
            return self.between(before, middle, 2 * share)
        return self.between(middle, after, 2 * share - 1)

    def _asked(self, before: Planes, after: Planes, share: float) -> Planes:
        height, width = before.shape[2:]
        pair = [_padded(one, self.inputs.size) for one in (before, after)]
        if self.inputs.is_joined:
            pair = [np.concatenate(pair, axis=1)]
        given = {
            one.name: picture.astype(_FLOATS[one.type])
            for one, picture in zip(self.inputs.pictures, pair, strict=True)
        }
        if self.inputs.time is not None:
            given[self.inputs.time.name] = _time(self.inputs.time, share, pair[0].shape[2:])
        found = self.session.run(None, given)[0]
        made: Planes = found[..., :height, :width].astype(np.float32).clip(0, 1)
        return made


def _session(file: Path) -> Any:
    """Open the network. Raises `BadValue` for a file that is none."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no class of their own
        first = str(error).strip().partition("\n")[0]
        raise BadValue(f"{file} cannot be used by onnxruntime: {first}") from None


def _inputs(file: Path, session: Any) -> Inputs:
    """Return the inputs by their meaning. Raises `BadValue` for a network of another kind."""
    inputs = session.get_inputs()
    pictures = tuple(one for one in inputs if _channels(one) in (3, 6))
    rest = [one for one in inputs if one not in pictures]
    channels = [_channels(one) for one in pictures]
    numbers = all(one.type in _FLOATS for one in inputs)
    if channels not in ([3, 3], [6]) or len(rest) > 1 or not numbers or not _is_time(rest):
        shown = ", ".join(f"{one.name} {_shape(one)} {one.type}" for one in inputs)
        raise BadValue(f"{file} takes {shown}", hint=_HINT)
    result = session.get_outputs()[0]
    if len(result.shape) != 4 or _channels(result) not in (3, None):
        raise BadValue(f"{file} gives {_shape(result)}, no picture (N, 3, H, W)")
    return Inputs(pictures, rest[0] if rest else None, _size(file, pictures))


def _channels(one: Any) -> int | None:
    """Return the channels of an input of four axes, None for any other."""
    return one.shape[1] if len(one.shape) == 4 and isinstance(one.shape[1], int) else None


def _is_time(rest: Sequence[Any]) -> bool:
    """Return whether an input is a number or a plane; an axis of any length may have 1."""
    return all(
        _channels(one) == 1 or all(n == 1 or not isinstance(n, int) for n in one.shape)
        for one in rest
    )


def _shape(one: Any) -> str:
    return "x".join(str(n) if isinstance(n, int) else "?" for n in one.shape) or "a number"


def _size(file: Path, pictures: Sequence[Any]) -> tuple[int, int] | None:
    """Return the size that pictures must have. Raises `BadValue` for one axis that is fixed."""
    height, width = pictures[0].shape[2:]
    if isinstance(height, int) and isinstance(width, int):
        return height, width
    if isinstance(height, int) or isinstance(width, int):
        raise BadValue(f"{file} takes {_shape(pictures[0])}: both sides must be fixed, or neither")
    return None


def _padded(picture: Planes, size: tuple[int, int] | None) -> Planes:
    """Return ``picture``, its right and lower edge drawn out to the sides that a network needs."""
    height, width = picture.shape[2:]
    tall, wide = size or tuple(-(-side // MULTIPLE) * MULTIPLE for side in (height, width))
    return np.pad(picture, ((0, 0), (0, 0), (0, tall - height), (0, wide - width)), mode="edge")


def _time(one: Any, share: float, size: tuple[int, ...]) -> Any:
    """Return the time in the shape that the input ``one`` has."""
    shape = [n if isinstance(n, int) else 1 for n in one.shape]
    if len(shape) == 4 and (one.shape[2] != 1 or one.shape[3] != 1):
        shape[2:] = size
    return np.full(shape, share, _FLOATS[one.type])
