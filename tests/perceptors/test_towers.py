"""Towers loaded one at a time: the weights of the file, bit for bit, and no second copy of them."""

from __future__ import annotations

import copy
import gc
import json
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from storyboard.errors import MissingWeights
from storyboard.perceptors import clip, load, towers
from storyboard.perceptors.catalogue import SKETCH
from storyboard.perceptors.towers import Checkpoint

from .conftest import RESNET, VIT

Maker = Callable[[dict[str, Any]], Path]
JUDGE = Path(__file__).parent.parent / "data" / "judge"
TIMM = {"timm_model_name": "test_vit", "image_size": 160}

FORMS: dict[str, Callable[[dict[str, Any], Path], None]] = {
    "tensors": torch.save,
    "with its epoch": lambda state, file: torch.save({"epoch": 3, "state_dict": state}, file),
    "of a wrapped model": lambda state, file: torch.save(
        {f"module.{name}": value for name, value in state.items()}, file
    ),
    "not zipped": lambda state, file: torch.save(state, file, _use_new_zipfile_serialization=False),
    "halves": lambda state, file: torch.save(
        {
            name: value.half() if value.is_floating_point() else value
            for name, value in state.items()
        },
        file,
    ),
}


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "_TEXTS", {})
    monkeypatch.setattr(towers, "_HANDFUL", 1 << 20)


def towers_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """All values of both towers under the names that the whole model has for them."""
    seen = checkpoint.image_tower().state_dict()
    return {
        **{f"visual.{name}": value for name, value in seen.items()},
        **checkpoint.text_tower().state_dict(),
    }


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        assert found[name].is_contiguous()
        assert torch.equal(found[name], value), name


@pytest.mark.parametrize("vision", [VIT, RESNET, TIMM], ids=["vit", "resnet", "timm"])
def test_the_towers_of_a_folder_are_open_clips(model_folder: Maker, vision: dict[str, Any]) -> None:
    name = f"local-dir:{model_folder(vision)}"
    whole = open_clip.create_model(name, require_pretrained=True).eval()
    checkpoint = Checkpoint.of(name)
    assert_same(towers_of(checkpoint), whole.state_dict())
    words, views = torch.arange(12)[None], torch.rand(1, 3, *[vision["image_size"]] * 2)
    with torch.no_grad():
        assert torch.equal(checkpoint.text_tower().encode_text(words), whole.encode_text(words))
        assert torch.equal(checkpoint.image_tower()(views), whole.visual(views))


@pytest.mark.parametrize("folder", [SKETCH, JUDGE], ids=["sketch", "judge"])
def test_the_towers_of_our_own_models(folder: Path) -> None:
    name = f"local-dir:{folder}"
    expected = open_clip.create_model(name, require_pretrained=True).state_dict()
    assert_same(towers_of(Checkpoint.of(name)), expected)


@pytest.mark.parametrize("form", FORMS)
def test_the_towers_of_a_checkpoint(
    model_folder: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    folder = model_folder(VIT)
    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "ViT-B-32", config)
    file = tmp_path / "mine.pt"
    FORMS[form](load_file(folder / "open_clip_model.safetensors"), file)
    whole = open_clip.create_model("ViT-B-32", pretrained=str(file))
    assert_same(towers_of(Checkpoint.of("ViT-B-32", pretrained=str(file))), whole.state_dict())


def test_a_skeleton_has_no_weights_and_no_random_numbers(model_folder: Maker) -> None:
    checkpoint = Checkpoint.of(f"local-dir:{model_folder(RESNET)}")
    assert all(p.is_meta for p in checkpoint.skeleton.parameters())
    assert not any(b.is_meta for b in checkpoint.skeleton.buffers())
    checkpoint.image_tower(), checkpoint.text_tower()
    assert all(p.is_meta for p in checkpoint.skeleton.parameters())
    fresh = nn.Linear(2, 2)
    assert not fresh.weight.is_meta
    assert not torch.equal(nn.init.zeros_(copy.deepcopy(fresh.weight)), fresh.weight)


def test_what_a_handful_was_read_from_is_let_go(
    model_folder: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without waiting for the garbage collector: else the whole file would stay mapped."""
    read: list[weakref.ref[Any]] = []
    loaded = open_clip.load_checkpoint

    def load_checkpoint(model: nn.Module, path: str) -> None:
        assert not any(one() for one in read)
        loaded(model, path)
        read.append(weakref.ref(model))

    checkpoint = Checkpoint.of(f"local-dir:{model_folder(VIT)}")
    monkeypatch.setattr(towers, "_HANDFUL", 1 << 14)
    monkeypatch.setattr(open_clip, "load_checkpoint", load_checkpoint)
    gc.disable()
    try:
        checkpoint.image_tower()
    finally:
        gc.enable()
    assert len(read) > 3


def test_what_reads_is_loaded_for_new_texts_and_let_go(
    model_folder: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Any]] = []
    text_tower = Checkpoint.text_tower

    def counted(checkpoint: Checkpoint) -> nn.Module:
        tower = text_tower(checkpoint)
        made.append(weakref.ref(tower))
        return tower

    monkeypatch.setattr(Checkpoint, "text_tower", counted)
    perceptor = load(str(model_folder(VIT)), device="cpu")
    assert made == []
    first = perceptor.embed_texts(["the sea", "a red circle"])
    assert [one() for one in made] == [None]
    assert torch.equal(perceptor.embed_texts(["a red circle"])[0], first[1])
    assert len(made) == 1
    later = perceptor.embed_texts(["the sea", "a later text"])
    assert [one() for one in made] == [None, None]
    assert torch.equal(later[0], first[0])


def test_a_text_means_the_same_beside_others(
    model_folder: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["the sea", "a red circle", "a forest at night"]
    perceptor = load(str(model_folder(VIT)), device="cpu")
    together = perceptor.embed_texts(texts)
    monkeypatch.setattr(clip, "_TEXTS", {})
    alone = torch.cat([perceptor.embed_texts([text]) for text in texts])
    assert torch.equal(together, alone)


def test_weights_that_are_gone_when_they_are_needed_are_reported(
    model_folder: Maker, tmp_path: Path
) -> None:
    for file in model_folder(VIT).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    perceptor = load(str(tmp_path), device="cpu")
    (tmp_path / "open_clip_model.safetensors").unlink()
    with pytest.raises(MissingWeights, match="could not be loaded"):
        perceptor.embed_texts(["the sea"])
    with pytest.raises(MissingWeights, match="could not be loaded"):
        perceptor.embed_pictures(torch.rand(1, 3, 32, 32))
