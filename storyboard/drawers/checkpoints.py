"""Tensors of checkpoint files, read without running anything that is in them.

A ``.ckpt`` of PyTorch Lightning is a zip archive: numbers, and a pickle that says which tensors are
made of them, among callbacks, optimisers and parameters of a dozen other packages. A pickle is a
program. This reader follows that program on a machine of its own: it knows text, numbers, lists,
dictionaries and the description of a tensor; anything else that is named, called or changed
becomes an `Inert` that nothing can be done with. No code object is ever looked up.

Imports no torch before numbers are read.
"""

from __future__ import annotations

import math
import pickletools
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.errors import BadValue

if TYPE_CHECKING:
    from torch import Tensor

TYPES = {
    "DoubleStorage": ("float64", 8),
    "FloatStorage": ("float32", 4),
    "HalfStorage": ("float16", 2),
    "BFloat16Storage": ("bfloat16", 2),
    "LongStorage": ("int64", 8),
    "IntStorage": ("int32", 4),
    "ShortStorage": ("int16", 2),
    "CharStorage": ("int8", 1),
    "ByteStorage": ("uint8", 1),
    "BoolStorage": ("bool", 1),
}
"""Storages by their class: torch's name of the type, bytes of a number."""

STATES = ("state_dict", "params_ema", "params")
"""Under which key a checkpoint keeps its tensors: Lightning's, and BasicSR's averaged and last."""

_MARK = object()

_AXES, _LARGEST = 16, 1 << 62
"""Bounds of a tensor's description: axes, and any number in it."""


class Inert:
    """Placeholder of a pickled object that is not a tensor: it has a name and does nothing."""

    def __init__(self, name: str = "") -> None:
        self.name = name


@dataclass(frozen=True)
class Storage:
    """Numbers in the archive: the entry ``key``, ``count`` numbers of the class ``kind``."""

    key: str
    kind: str
    count: int


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as the file describes it, checked to lie within its storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_tensors(file: Path, names: Collection[str]) -> dict[str, Tensor]:
    """Return those of the tensors ``names`` that are in ``file``.

    ``.safetensors`` is read as that; anything else as a checkpoint: the tensors under one of
    `STATES`, or of the file itself. Raises `BadValue` where the file is neither.
    """
    if file.suffix == ".safetensors":
        with _safetensors(file, "pt") as opened:
            here = set(opened.keys())
            return {name: opened.get_tensor(name) for name in names if name in here}
    stored = stored_tensors(file)
    try:
        with zipfile.ZipFile(file) as archive:
            root = _root(archive)
            return {n: _numbers(archive, root, stored[n]) for n in names if n in stored}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadValue(f"{file} is damaged: {error}") from None


def shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors in ``file`` by name, without torch. Raises `BadValue`."""
    if file.suffix != ".safetensors":
        return {name: tensor.shape for name, tensor in stored_tensors(file).items()}
    with _safetensors(file, "np") as opened:
        return {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118


def stored_tensors(file: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a checkpoint by name, without their numbers. Raises `BadValue`."""
    try:
        with zipfile.ZipFile(file) as archive:
            data = _bytes(archive, f"{_root(archive)}data.pkl")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        hint = "a checkpoint of torch before 1.6 must be saved anew by a later one"
        raise BadValue(f"{file} is not a checkpoint of torch: {error}", hint=hint) from None
    try:
        content = _PickleReader().read(data)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise BadValue(f"{file} is damaged or not a checkpoint: {error}") from None
    names = _state(content)
    return {k: v for k, v in names.items() if isinstance(k, str) and isinstance(v, StoredTensor)}


def _state(content: Any) -> dict[Any, Any]:
    """Return the dictionary of tensors within what a checkpoint holds, empty where there is none.

    It may lie under one of `STATES`; the first that there is counts.
    """
    if not isinstance(content, dict):
        return {}
    inner = (content[name] for name in STATES if isinstance(content.get(name), dict))
    return next(inner, content)


@contextmanager
def _safetensors(file: Path, framework: str) -> Iterator[Any]:
    """Open a safetensors file. Raises `BadValue`."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework=framework) as opened:
            yield opened
    except (OSError, SafetensorError) as error:
        raise BadValue(f"{file} is not a safetensors file: {error}") from None


def _root(archive: zipfile.ZipFile) -> str:
    """Return the folder of the archive that all entries lie in. Raises `ValueError`."""
    for name in archive.namelist():
        folder, slash, last = name.rpartition("/")
        if last == "data.pkl" and "/" not in folder:
            return folder + slash
    raise ValueError("no data.pkl in it")


def _bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return an entry that is as long as it says: torch does not compress."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    return archive.read(name)


def _numbers(archive: zipfile.ZipFile, root: str, tensor: StoredTensor) -> Tensor:
    """Return the tensor itself. Raises `ValueError` where its storage is too short."""
    import torch

    kind, size = TYPES[tensor.storage.kind]
    data = _bytes(archive, f"{root}data/{tensor.storage.key}")
    if len(data) < tensor.storage.count * size:
        raise ValueError(f"storage {tensor.storage.key} is too short")
    if not math.prod(tensor.shape):
        return torch.zeros(tensor.shape, dtype=getattr(torch, kind))
    flat = torch.frombuffer(bytearray(data), dtype=getattr(torch, kind))
    return flat.as_strided(tensor.shape, tensor.stride, tensor.offset).contiguous()


def _tensor(arguments: Any) -> StoredTensor:
    """Return what ``torch._utils._rebuild_tensor_v2`` would make. Raises `ValueError`."""
    storage, offset, shape, stride = arguments[:4]
    numbers = (offset, *shape, *stride)
    if not isinstance(storage, Storage) or len(shape) != len(stride) or len(shape) > _AXES:
        raise ValueError("a tensor without a storage")
    if not all(type(n) is int and 0 <= n < _LARGEST for n in numbers):
        raise ValueError("a tensor with a shape that is none")
    count = math.prod(shape)
    last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
    if count > storage.count or (count and last >= storage.count):
        raise ValueError(f"a tensor of shape {shape} in {storage.count} numbers")
    return StoredTensor(storage, offset, tuple(shape), tuple(stride))


def _storage(key: Any) -> Storage:
    """Return what a persistent name ``("storage", class, key, device, count)`` names."""
    _, kind, name, _, count = key
    label = kind.name.rpartition(".")[2] if isinstance(kind, Inert) else ""
    if label not in TYPES or type(count) is not int or not isinstance(name, str):
        raise ValueError(f"unknown storage {label!r}")
    return Storage(name, label, count)


def _called(function: Any, arguments: Any) -> Any:
    """Return what a call in the file gives: a tensor, a dictionary, or something inert."""
    name = function.name if isinstance(function, Inert) else ""
    if name in ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"):
        return _tensor(arguments)
    if name == "torch._utils._rebuild_parameter":
        return arguments[0] if arguments and isinstance(arguments[0], StoredTensor) else Inert()
    if name == "collections.OrderedDict" and not arguments:
        return {}
    return Inert()


@dataclass
class _PickleReader:
    """The machine: a stack, a memo, and a method for each instruction that builds something."""

    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def read(self, data: bytes) -> Any:
        """Return what the pickle ``data`` describes. Raises `ValueError` and its like."""
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return self.stack.pop()
            if opcode.name in _VALUES:
                self.stack.append(argument)
            elif opcode.name in _EMPTY:
                self.stack.append(_EMPTY[opcode.name]())
            elif opcode.name in _DO:
                _DO[opcode.name](self, argument)
            elif opcode.name not in ("PROTO", "FRAME"):
                raise ValueError(f"the instruction {opcode.name} has no place in a checkpoint")
        raise ValueError("it ends too soon")

    def marked(self) -> list[Any]:
        """Take everything above the last mark."""
        above: list[Any] = []
        while (top := self.stack.pop()) is not _MARK:
            above.append(top)
        return above[::-1]

    def take(self, count: int) -> tuple[Any, ...]:
        """Take ``count`` values, the oldest first. Raises `IndexError`."""
        return tuple([self.stack.pop() for _ in range(count)][::-1])

    def set_items(self, pairs: list[Any]) -> None:
        """Put key, value, key, value ... into the dictionary on top; keys are plain."""
        top = self.stack[-1]
        if isinstance(top, dict):
            keys = ((k, v) for k, v in zip(pairs[::2], pairs[1::2], strict=True))
            top.update({k: v for k, v in keys if isinstance(k, str | int | float | bool)})

    def append(self, values: list[Any]) -> None:
        """Put values into the list on top."""
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(values)

    def make_tuple(self, count: int) -> None:
        """Put the topmost values into a tuple."""
        self.stack.append(self.take(count))

    def name(self, text: str) -> None:
        """Name something of another package; nothing is looked up."""
        self.stack.append(Inert(text.replace(" ", ".")))

    def name_from_stack(self) -> None:
        """Name something by the two texts on top."""
        parts = self.take(2)
        if not all(isinstance(part, str) for part in parts):
            raise ValueError("a name that is no text")
        self.stack.append(Inert(".".join(parts)))

    def call(self, count: int) -> None:
        """Call something with a tuple of arguments, in form only."""
        function, arguments, *_ = self.take(count)
        self.stack.append(_called(function, arguments))

    def make_instance(self) -> None:
        """Take a class and its arguments away, to the mark."""
        self.marked()
        self.stack.append(Inert())

    def keep(self, number: int) -> None:
        """Remember what is on top."""
        self.memo[number] = self.stack[-1]


_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE"),
    *("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
"""Instructions that are a value."""

_EMPTY: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": Inert,
    "MARK": lambda: _MARK,
}
"""Instructions that make the same value each time."""

_DO: Mapping[str, Callable[[_PickleReader, Any], Any]] = {
    "GLOBAL": lambda r, text: r.name(text),
    "STACK_GLOBAL": lambda r, _: r.name_from_stack(),
    "REDUCE": lambda r, _: r.call(2),
    "NEWOBJ": lambda r, _: r.call(2),
    "NEWOBJ_EX": lambda r, _: r.call(3),
    "INST": lambda r, _: r.make_instance(),
    "OBJ": lambda r, _: r.make_instance(),
    "BUILD": lambda r, _: r.take(1),
    "BINPERSID": lambda r, _: r.stack.append(_storage(r.stack.pop())),
    "TUPLE": lambda r, _: r.stack.append(tuple(r.marked())),
    "TUPLE1": lambda r, _: r.make_tuple(1),
    "TUPLE2": lambda r, _: r.make_tuple(2),
    "TUPLE3": lambda r, _: r.make_tuple(3),
    "LIST": lambda r, _: r.stack.append(r.marked()),
    "DICT": lambda r, _: r.stack.extend(_dictionary(r.marked())),
    "FROZENSET": lambda r, _: r.make_instance(),
    "SETITEM": lambda r, _: r.set_items(list(r.take(2))),
    "SETITEMS": lambda r, _: r.set_items(r.marked()),
    "APPEND": lambda r, _: r.append(list(r.take(1))),
    "APPENDS": lambda r, _: r.append(r.marked()),
    "ADDITEMS": lambda r, _: r.append(r.marked()),
    "POP": lambda r, _: r.take(1),
    "POP_MARK": lambda r, _: r.marked(),
    "DUP": lambda r, _: r.stack.append(r.stack[-1]),
    "PUT": lambda r, n: r.keep(n),
    "BINPUT": lambda r, n: r.keep(n),
    "LONG_BINPUT": lambda r, n: r.keep(n),
    "MEMOIZE": lambda r, _: r.keep(len(r.memo)),
    "GET": lambda r, n: r.stack.append(r.memo[n]),
    "BINGET": lambda r, n: r.stack.append(r.memo[n]),
    "LONG_BINGET": lambda r, n: r.stack.append(r.memo[n]),
}
"""Instructions that change the stack or the memo."""


def _dictionary(pairs: list[Any]) -> list[Any]:
    reader = _PickleReader([{}])
    reader.set_items(pairs)
    return reader.stack
