"""Checkpoints give tensors and run nothing, whatever is in them."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from storyboard.drawers.checkpoints import read_tensors, stored_tensors
from storyboard.errors import BadValue

WEIGHTS: dict[str, Tensor] = {
    "a.weight": torch.arange(12, dtype=torch.float32).reshape(3, 4),
    "a.bias": torch.tensor([1.5, -2.0]).half(),
    "count": torch.tensor(7),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "part": torch.arange(10.0)[3:7],
    "small": torch.tensor([1.0, 3.0], dtype=torch.bfloat16),
    "none": torch.zeros(0, 3),
    "parameter": torch.nn.Parameter(torch.ones(2)),
}


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(
        found[n].dtype == wanted[n].dtype and torch.equal(found[n], wanted[n]) for n in wanted
    )


@pytest.fixture
def callback(monkeypatch: pytest.MonkeyPatch) -> type:
    """A class as a Lightning checkpoint names it, from a package that is then gone."""
    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")

    class ModelCheckpoint:
        def __init__(self) -> None:
            self.best_score, self.dirpath = torch.tensor(0.25), "somewhere"

    ModelCheckpoint.__module__ = module.__name__
    ModelCheckpoint.__qualname__ = "ModelCheckpoint"
    module.ModelCheckpoint = ModelCheckpoint  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return ModelCheckpoint


def test_a_lightning_checkpoint_with_callbacks(
    tmp_path: Path, callback: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {
        "epoch": 3,
        "callbacks": {callback: {"best": callback()}, "other": [callback(), {1, 2}, b"x"]},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(3)}}, "lr": 1e-4}],
        "state_dict": OrderedDict(WEIGHTS),
        "hyper_parameters": {"path": Path("configs"), "none": None, "pair": (1, 2.5)},
    }
    file = tmp_path / "last.ckpt"
    torch.save(content, file)
    monkeypatch.delitem(sys.modules, callback.__module__)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(file, weights_only=True)
    assert same(read_tensors(file, [*WEIGHTS, "absent"]), WEIGHTS)
    assert callback.__module__ not in sys.modules


def test_omegaconf_parameters(tmp_path: Path) -> None:
    omegaconf = pytest.importorskip("omegaconf")
    config = omegaconf.OmegaConf.create({"model": {"ch": [1, 2]}, "lr": 1e-4})
    file = tmp_path / "last.ckpt"
    torch.save({"state_dict": WEIGHTS, "hyper_parameters": config}, file)
    assert same(read_tensors(file, WEIGHTS), WEIGHTS)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol(tmp_path: Path, protocol: int) -> None:
    file = tmp_path / "model.ckpt"
    torch.save({"state_dict": WEIGHTS}, file, pickle_protocol=protocol)
    assert same(read_tensors(file, WEIGHTS), WEIGHTS)


def test_tensors_without_a_state_dict_and_safetensors(tmp_path: Path) -> None:
    plain, safe = tmp_path / "model.pt", tmp_path / "model.safetensors"
    torch.save(WEIGHTS, plain)
    save_file({name: value.contiguous() for name, value in WEIGHTS.items()}, safe)
    for file in (plain, safe):
        assert same(read_tensors(file, WEIGHTS), WEIGHTS)


class Runs:
    """What calls a function when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> Any:
        return self.reduced


def archive(file: Path, pickled: bytes, storages: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("archive/data.pkl", pickled)
        for key, data in (storages or {}).items():
            made.writestr(f"archive/data/{key}", data)
    return file


def marked(file: Path) -> str:
    return f"open({str(file)!r}, 'w').close()"


def hostile(mark: Path) -> dict[str, Any]:
    """Objects that leave ``mark`` behind when pickle loads them."""
    import os
    import subprocess

    return {
        "system": Runs(os.system, f"touch {mark}"),
        "eval": Runs(eval, marked(mark)),
        "exec": Runs(exec, marked(mark)),
        "process": Runs(subprocess.call, ["touch", str(mark)]),
        "getattr": Runs(getattr, Runs(__import__, "os"), "system"),
        "nested": {"state_dict": {"w": [Runs(exec, marked(mark))]}},
        "file": Runs(open, str(mark), "w"),
    }


@pytest.mark.parametrize("name", list(hostile(Path("x"))))
def test_nothing_runs(tmp_path: Path, name: str) -> None:
    mark = tmp_path / "ran"
    thing = hostile(mark)[name]
    probe = tmp_path / "probe.ckpt"
    torch.save({"state_dict": WEIGHTS, "callbacks": thing}, probe)
    assert same(read_tensors(probe, WEIGHTS), WEIGHTS)
    for place in ("weight", "whole"):
        torch.save({"state_dict": {"w": thing}} if place == "weight" else thing, probe)
        assert stored_tensors(probe) == {}
    assert not mark.exists()


def test_the_hostile_ones_would_run(tmp_path: Path) -> None:
    """Guards the test above: plain pickle does run them."""
    for name in ("system", "exec", "nested"):
        mark = tmp_path / name
        pickle.loads(pickle.dumps(hostile(mark)[name]))
        assert mark.exists()


FLOAT = (
    b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
)
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def tensor(description: bytes) -> bytes:
    """A pickle of {"w": tensor}: the storage has four numbers."""
    return b"\x80\x02}X\x01\x00\x00\x00w" + REBUILD + b"(" + FLOAT + description + b"tRs."


BROKEN = [
    (b"", "exhausted|ends"),
    (b"\x80\x02}", "exhausted|ends"),
    (b"\x80\x02.", "pop"),
    (b"\x80\x02N.x" * 2, None),
    (b"not a pickle at all", "opcode"),
    (b"\x80\x02\x82\x01.", "EXT1"),
    (b"\x80\x02P0\n.", "PERSID"),
    (b"\x80\x02j\xff\xff\xff\xff.", "4294967295"),
    (b"\x80\x02r\xff\xff\xff\xff.", "range"),
    (b"\x80\x02K\x01K\x02\x93.", "no text"),
    (tensor(b"K\x00K\x05\x85K\x01\x85\x89N"), r"\(5,\) in 4"),
    (tensor(b"K\x02K\x04\x85K\x01\x85\x89N"), r"\(4,\) in 4"),
    (tensor(b"K\x00K\x04\x85J\xff\xff\xff\xff\x85\x89N"), "shape"),
    (tensor(b"K\x00X\x01\x00\x00\x00a\x85K\x01\x85\x89N"), "shape"),
    (tensor(b"K\x00)K\x01\x85\x89N"), "storage"),
    (b"\x80\x02" + REBUILD + b"K\x01\x85R.", "unpack"),
    (b"\x80\x02K\x01Q.", "unpack|iterable"),
    (b"\x80\x02(" + b"\x85" * 3 + b".", None),
]


@pytest.mark.parametrize(("pickled", "said"), BROKEN)
def test_a_broken_file_is_refused_or_empty(
    tmp_path: Path, pickled: bytes, said: str | None
) -> None:
    file = archive(tmp_path / "model.ckpt", pickled)
    if said is None:
        assert stored_tensors(file) == {}
        return
    with pytest.raises(BadValue, match=said):
        stored_tensors(file)


def test_memo_and_depth_cost_nothing(tmp_path: Path) -> None:
    """A memo number of four billion, a tuple a hundred thousand deep, and one that doubles."""
    deep = b"\x80\x02)" + b"\x85" * 100_000
    doubling = b"\x80\x02)" + b"2\x86" * 60
    far = b"\x80\x02}r\xff\xff\xff\xff"
    for pickled in (deep, doubling, far):
        for end in (b".", b"}X\x01\x00\x00\x00aK\x01s\x86."):
            assert stored_tensors(archive(tmp_path / "m.ckpt", pickled + end)) == {}
    as_shape = b"\x80\x02" + REBUILD + b"(" + FLOAT + b"K\x00" + b")" + b"2\x86" * 60 + b")\x89NtR."
    with pytest.raises(BadValue, match="storage"):
        stored_tensors(archive(tmp_path / "m.ckpt", as_shape))


def test_a_tensor_is_built_from_its_storage(tmp_path: Path) -> None:
    numbers = torch.tensor([1.0, 2.0, 3.0, 4.0]).numpy().tobytes()
    pickled = tensor(b"K\x01K\x03\x85K\x01\x85\x89N")
    file = archive(tmp_path / "m.ckpt", pickled, {"0": numbers})
    assert read_tensors(file, ["w"])["w"].tolist() == [2.0, 3.0, 4.0]
    for storages in ({}, {"0": numbers[:-1]}):
        with pytest.raises(BadValue, match="damaged"):
            read_tensors(archive(tmp_path / "m.ckpt", pickled, storages), ["w"])


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    legacy, text, packed = (tmp_path / name for name in ("legacy.ckpt", "text.ckpt", "p.ckpt"))
    torch.save(WEIGHTS, legacy, _use_new_zipfile_serialization=False)
    text.write_text("an error page of a server")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("archive/data.pkl", pickle.dumps({}) + b"\0" * 10_000)
    for file in (legacy, text, packed, tmp_path / "absent.ckpt"):
        with pytest.raises(BadValue, match=file.name):
            stored_tensors(file)
    text = text.rename(tmp_path / "text.safetensors")
    with pytest.raises(BadValue, match="not a safetensors"):
        read_tensors(text, ["w"])


def test_reading_names_needs_no_torch(tmp_path: Path) -> None:
    import subprocess

    buffer = io.BytesIO()
    torch.save(WEIGHTS, buffer)
    file = tmp_path / "m.pt"
    file.write_bytes(buffer.getvalue())
    code = (
        "import sys; from pathlib import Path\n"
        "from storyboard.drawers.checkpoints import stored_tensors\n"
        "print(len(stored_tensors(Path(sys.argv[1]))), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, file], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [str(len(WEIGHTS)), "False"], done.stderr
