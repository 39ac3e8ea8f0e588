"""Files of weights, looked at without torch and without running anything in them.

What is found here is reported by ``check``; torch refuses the same, and more, when it loads them.
"""

from __future__ import annotations

import io
import json
import pickletools
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from storyboard.perceptors.names import CHECKPOINTS, CONFIG, Name

WANTED = "a .safetensors file or a plain state dict is wanted"

_LARGEST_INDEX = 100_000_000  # bytes that name the tensors of a file; models have some thousands
_FIRST_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How files of torch before 1.6 begin."""

_HARMLESS = ("torch", "torch._utils", "torch.storage", "torch._tensor", "collections", "_codecs")
"""Modules whose names stand in a pickle of tensors and plain values."""


def file_error(name: Name) -> str | None:
    """Return what is wrong with the file or the folder of weights that ``name`` names; None where
    nothing is, as far as can be seen without torch, and for names of no file.
    """
    if name.path is None:
        return None
    if name.kind != "folder":
        return _file_error(name.path)
    files = sorted(f for f in name.path.iterdir() if f.suffix in CHECKPOINTS and f.is_file())
    if not files:
        return f"no file of weights is in the folder ({', '.join(CHECKPOINTS)})"
    usual = [file for file in files if file.stem.startswith("open_clip")]
    return _config_error(name.path / CONFIG) or _file_error((usual[::-1] or files)[0])


def _config_error(file: Path) -> str | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return f"{CONFIG} cannot be read: {error}"
    known = isinstance(found, dict) and isinstance(found.get("model_cfg"), dict)
    return None if known else f"{CONFIG} has no 'model_cfg'"


def _file_error(file: Path) -> str | None:
    try:
        if file.suffix == ".safetensors":
            return _safetensors_error(file)
        if zipfile.is_zipfile(file):
            return _archive_error(file)
        return _older_error(file)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        return f"{file.name} cannot be read: {error}"


def _older_error(file: Path) -> str | None:
    with file.open("rb") as stream:
        if stream.read(len(_FIRST_TORCH)) != _FIRST_TORCH:
            return f"{file.name} is no file of weights; {WANTED}"
        for _ in range(2):  # its version, and sizes of the machine that wrote it
            list(pickletools.genops(stream))
        return _pickle_error(file, stream)


def _safetensors_error(file: Path) -> str | None:
    with file.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        if not 2 <= size <= min(_LARGEST_INDEX, file.stat().st_size - 8):
            return f"{file.name} is not a .safetensors file, or is cut off"
        try:
            index = json.loads(stream.read(size))
        except (ValueError, RecursionError):
            return f"{file.name} is not a .safetensors file"
    tensors = index.keys() - {"__metadata__"} if isinstance(index, dict) else ()
    return None if tensors else f"{file.name} holds no weights"


def _archive_error(file: Path) -> str | None:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if any(name.endswith(".npy") for name in names):
            return None
        pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if not pickles or any("/code/" in name for name in names):
            return f"{file.name} is no state dict (TorchScript holds code); {WANTED}"
        if archive.getinfo(pickles[0]).file_size > _LARGEST_INDEX:
            return f"{file.name} is no file of weights; {WANTED}"
        return _pickle_error(file, io.BytesIO(archive.read(pickles[0])))


def _pickle_error(file: Path, pickle: IO[bytes]) -> str | None:
    codes = [(code.name, argument) for code, argument, _ in pickletools.genops(pickle)]
    first = next(name for name, _ in codes if name not in ("PROTO", "FRAME"))
    called = list(_called(codes))
    foreign = next((one for one in called if one[0] not in _HARMLESS), None)
    if foreign is not None:
        return f"{file.name} holds more than weights ({'.'.join(foreign)}); {WANTED}"
    if first not in ("EMPTY_DICT", "GLOBAL", "STACK_GLOBAL") or not any(
        function.startswith("_rebuild_tensor") for _, function in called
    ):
        return f"{file.name} holds no weights; {WANTED}"
    return None


def _called(codes: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """Yield module and name of all that the ``codes`` of a pickle, with their arguments, call."""
    texts = ["", ""]
    for code, argument in codes:
        if code == "GLOBAL":
            module, _, function = str(argument).partition(" ")
            yield module, function
        elif code == "STACK_GLOBAL":
            yield texts[-2], texts[-1]
        elif isinstance(argument, str):
            texts = [texts[-1], argument]
