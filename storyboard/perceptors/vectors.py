"""Files of embeddings: one vector, or a vector for each perceptor by name. Needs no torch.

::

    [0.1, -0.2, ...]                               .json: a list, for every perceptor
    {"ViT-B-32/openai": [...], "vector": [...]}    .json: by name; "vector" is for all others
    array (D,) or (1, D)                           .npy
    tensors (D,) or (1, D) by name                 .safetensors, float16, float32 or float64
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from storyboard.errors import BadValue

Vector = npt.NDArray[np.float64]

EVERY = "vector"
"""The name of the vector that is for every perceptor without one of its own."""

MAX_BYTES = 64 * 1024 * 1024
"""A file larger than this holds something else than embeddings."""

_SHAPE = "write a list of numbers, or {PERCEPTOR: list of numbers}"


def read_vectors(file: Path) -> dict[str, Vector]:
    """Return the vectors in ``file`` by perceptor's name, each (D,) float64, as written.

    Raises `BadValue` for a suffix that is not read, a file that is too large, torn or not
    readable, and for anything in it that is not a vector: wrong dimensions, no numbers, values that
    are not finite, a vector of length zero.
    """
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise BadValue(f"{file} is not read as a vector", hint=f"{', '.join(_READERS)} are read")
    size = file.stat().st_size
    if size > MAX_BYTES:
        most = f"{MAX_BYTES // 2**20} MiB"
        raise BadValue(f"{file} has {size / 2**20:.0f} MiB; at most {most} are read", hint=_SHAPE)
    try:
        found = reader(file)
    except OSError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror or error}") from None
    named = dict(found) if isinstance(found, Mapping) else {EVERY: found}
    if not named:
        raise BadValue(f"{file} holds no vector", hint=_SHAPE)
    return {str(name): _vector(file, str(name), value) for name, value in named.items()}


def vector_name(perceptor: str, names: Iterable[str]) -> str | None:
    """Return which of ``names`` is for ``perceptor``; None where none is.

    That is its own name, with or without the precision, for a model's folder or file also the last
    part of its path, else `EVERY`.

    >>> vector_name("/models/mine@fp16", ["mine", "vector"])
    'mine'
    """
    bare = perceptor.rpartition("@")[0] or perceptor
    known = set(names)
    return next((n for n in (perceptor, bare, Path(bare).name, EVERY) if n in known), None)


def no_vector(file: Path, perceptor: str, names: Iterable[str]) -> BadValue:
    """Return the error of a file without a vector for ``perceptor``."""
    message = f"{file} holds no vector for perceptor {perceptor!r}"
    return BadValue(message, hint=f"it holds {', '.join(names)}; {EVERY!r} would be for all")


def wrong_width(file: Path, perceptor: str, width: int, wanted: int) -> BadValue:
    """Return the error of a vector of ``width`` numbers where ``perceptor`` has ``wanted``."""
    message = f"{file}: the vector has {width} numbers, but perceptor {perceptor!r} has {wanted}"
    return BadValue(message, hint="an embedding belongs to the model that made it")


def _vector(file: Path, name: str, value: Any) -> Vector:
    """Return ``value`` as a vector. Raises `BadValue`."""
    of = f"{file}: {name!r}" if name != EVERY else str(file)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise BadValue(f"{of} holds something else than numbers", hint=_SHAPE)
        array = array.astype(np.float64)
    except ValueError:
        raise BadValue(f"{of} holds lists of different lengths", hint=_SHAPE) from None
    if array.ndim == 2 and len(array) == 1:
        array = array[0]
    if array.ndim != 1 or not array.size:
        shape = "x".join(map(str, array.shape)) or "a single number"
        raise BadValue(f"{of} has the shape {shape}; expected one vector", hint=_SHAPE)
    if not np.isfinite(array).all():
        raise BadValue(f"{of} holds numbers that are not finite")
    if not array.any():
        raise BadValue(f"{of} is all zeros, which points nowhere")
    return array


def _from_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadValue(f"{file} is not JSON: {error}", hint=_SHAPE) from None


def _from_numpy(file: Path) -> Any:
    try:
        return np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise BadValue(f"{file} is not an array of NumPy: {error}", hint="numpy.save") from None


def _from_safetensors(file: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(file)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        hint = "tensors of float16, float32 or float64"
        raise BadValue(f"{file} is not read as safetensors: {error}", hint=hint) from None


_READERS: dict[str, Callable[[Path], Any]] = {
    ".json": _from_json,
    ".npy": _from_numpy,
    ".safetensors": _from_safetensors,
}
