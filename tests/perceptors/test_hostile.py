"""Files of weights that anybody may have made are refused in words, and nothing in them runs."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from storyboard.errors import MissingWeights
from storyboard.perceptors import file_error, load
from storyboard.timeline import check_story

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
    if kind != "other weights":
        assert file_error(str(folder)) is not None


def test_a_file_of_weights_is_right_as_far_as_can_be_seen(
    model_folder: Maker, tmp_path: Path
) -> None:
    whole = model_folder(VIT)
    state = {"state_dict": {"a": torch.zeros(3)}, "epoch": 3}
    (tmp_path / "zip.pt").write_bytes(saved(state))
    (tmp_path / "older.pt").write_bytes(saved(state, _use_new_zipfile_serialization=False))
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    for name in (str(whole), *(f"ViT-B-32/{file}" for file in tmp_path.iterdir())):
        assert file_error(name) is None, name


def test_check_reports_a_file_that_is_no_perceptor(tmp_path: Path) -> None:
    """F38: check said that the story is fine."""
    (tmp_path / "notes.pt").write_bytes(b"my notes")
    text = "perceptors: [ViT-B-32/notes.pt]\nprompt: fire\nduration: 1s\n"
    (tmp_path / "s.yaml").write_text(text)
    errors = [p.message for p in check_story(tmp_path / "s.yaml") if p.severity == "error"]
    assert len(errors) == 1
    assert "notes.pt is no file of weights" in errors[0]
