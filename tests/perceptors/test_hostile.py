"""Files of weights that anybody may have made are refused in words, and nothing in them runs."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from storyboard.errors import MissingWeights
from storyboard.perceptors import load

from .conftest import VIT

Maker = Callable[[dict[str, Any]], Path]


class Touches:
    """Unpickling it makes a file beside the weights."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.mark}'",)


def saved(content: object, **how: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **how)
    return file.getvalue()


def script(_: Path) -> bytes:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), file)  # type: ignore[no-untyped-call]
    return file.getvalue()


FILES: dict[str, Callable[[Path], bytes]] = {
    "pickle": lambda mark: pickle.dumps(Touches(mark)),
    "pickle of weights": lambda mark: pickle.dumps({"state_dict": Touches(mark)}, protocol=2),
    "zip": lambda mark: saved({"state_dict": {"a": Touches(mark)}}),
    "older format": lambda mark: saved(Touches(mark), _use_new_zipfile_serialization=False),
    "whole model": lambda _: saved(torch.nn.Linear(1, 1)),
    "TorchScript": script,
    "empty": lambda _: b"",
    "garbage": lambda _: b"\x80\x04garbage",
    "text": lambda _: b"my notes\n" * 50,
    "cut": lambda _: saved({"a": torch.zeros(9)})[:200],
    "a number": lambda _: saved(5),
    "a list": lambda _: saved([torch.zeros(3)]),
    "other weights": lambda _: saved({"a": torch.zeros(3)}),
}


@pytest.mark.parametrize("suffix", ["bin", "safetensors"])
@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_file_is_refused_in_words(
    model_folder: Maker, tmp_path: Path, kind: str, suffix: str
) -> None:
    mark, folder = tmp_path / "executed", tmp_path / "model"
    folder.mkdir()
    for file in model_folder(VIT).iterdir():
        if "open_clip_model" not in file.name:
            (folder / file.name).write_bytes(file.read_bytes())
    name = "open_clip_pytorch_model.bin" if suffix == "bin" else "open_clip_model.safetensors"
    (folder / name).write_bytes(FILES[kind](mark))
    with pytest.raises(MissingWeights, match="could not be loaded") as caught:
        load(str(folder), device="cpu").embed_texts(["the sea"])
    assert not mark.exists()
    message = str(caught.value)
    assert "weights_only" not in message
    assert len(message) < 700
