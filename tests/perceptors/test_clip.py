"""open_clip models as perceptors: the same embeddings with less work, frozen, from a folder."""

from __future__ import annotations

import copy
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch

from storyboard.errors import DeviceError, MissingWeights, UnknownName
from storyboard.perceptors import clip, load, weights
from storyboard.perceptors.device import available_devices, pick_device, pick_dtype
from storyboard.perceptors.fast_towers import FastTransformer, lean_tower
from storyboard.perceptors.names import Name

from .conftest import RESNET, VIT

Maker = Callable[[dict[str, Any]], Path]

TOWERS = {
    "class token": VIT,
    "mean of tokens": {**VIT, "pool_type": "avg", "final_ln_after_pool": True},
    "layer scale": {**VIT, "ls_init_value": 0.3, "no_ln_pre": True},
    "resnet": RESNET,
    "attentional pool": {**VIT, "attentional_pool": True, "attn_pooler_heads": 2},
    "other blocks": {**VIT, "qk_norm": True},
}


def embed_and_slope(tower: Any, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    leaf = views.clone().requires_grad_()
    out = torch.nn.functional.normalize(tower(leaf), dim=-1)
    (out * torch.linspace(-1, 1, out.shape[1])).sum().backward()
    assert leaf.grad is not None
    return out.detach(), leaf.grad


@pytest.mark.parametrize("tower", TOWERS)
@pytest.mark.parametrize("quick", [False, True])
def test_the_lean_tower_computes_the_same(model_folder: Maker, tower: str, quick: bool) -> None:
    source = f"local-dir:{model_folder(TOWERS[tower])}"
    plain = open_clip.create_model(source, quick_gelu=quick).eval().requires_grad_(False).visual
    lean = lean_tower(copy.deepcopy(plain))
    views = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    expected, expected_slope = embed_and_slope(plain, views)
    actual, slope = embed_and_slope(lean, views)
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(slope, expected_slope, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("tower", ["class token", "mean of tokens", "layer scale"])
@pytest.mark.parametrize(
    ("dtype", "near", "slope_near"),
    [(torch.bfloat16, 0.9995, 0.995), (torch.float16, 0.99999, 0.9999)],
)
def test_the_lean_tower_computes_nearly_the_same_in_less_precision(
    model_folder: Maker, tower: str, dtype: torch.dtype, near: float, slope_near: float
) -> None:
    """Weights stay as they are: back in float32 the answer is the first one, bit for bit."""
    source = f"local-dir:{model_folder(TOWERS[tower])}"
    visual = open_clip.create_model(source).eval().requires_grad_(False).visual
    lean = lean_tower(visual)
    assert isinstance(lean, FastTransformer)
    views = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    full, full_slope = embed_and_slope(lean, views)
    lean.compute_in(dtype)
    low, low_slope = embed_and_slope(lean, views)
    assert low.dtype == low_slope.dtype == torch.float32
    assert not torch.equal(low, full)
    alike = torch.nn.functional.cosine_similarity
    assert alike(low, full).min().item() > near
    assert alike(low_slope.flatten(1), full_slope.flatten(1)).min().item() > slope_near
    lean.compute_in(torch.float32)
    assert torch.equal(embed_and_slope(lean, views)[1], full_slope)


def test_products_are_of_two_dimensions_and_attention_is_in_float32(
    model_folder: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What makes the tower fast in bfloat16 on a CPU; autocast does neither."""
    source = f"local-dir:{model_folder(VIT)}"
    lean = lean_tower(open_clip.create_model(source).eval().requires_grad_(False).visual)
    assert isinstance(lean, FastTransformer)
    lean.compute_in(torch.bfloat16)
    products: set[tuple[torch.dtype, int, bool]] = set()
    attended: set[torch.dtype] = set()
    linear = torch.nn.functional.linear
    attention = torch.nn.functional.scaled_dot_product_attention

    def note_linear(x: torch.Tensor, *rest: torch.Tensor | None) -> torch.Tensor:
        products.add((x.dtype, x.ndim, x.is_contiguous()))
        return linear(x, *rest)  # type: ignore[arg-type]

    def note_attention(*given: torch.Tensor) -> torch.Tensor:
        attended.update(one.dtype for one in given)
        return attention(*given)

    monkeypatch.setattr(torch.nn.functional, "linear", note_linear)
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", note_attention)
    lean(torch.rand(2, 3, 32, 32))
    assert products == {(torch.bfloat16, 2, True)}
    assert attended == {torch.float32}


@pytest.mark.parametrize("tower", ["class token", "resnet"])
def test_a_perceptor_is_open_clips_model(model_folder: Maker, tower: str) -> None:
    folder = model_folder(TOWERS[tower])
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(["a red circle"])
    perceptor = load(str(folder), device="cpu")
    pictures = torch.rand(2, 3, 32, 32)
    normalised = preprocess.transforms[-1](pictures)
    model.eval()
    with torch.no_grad():
        expected = model.encode_image(normalised, normalize=True)
        words = model.encode_text(tokens, normalize=True)
    torch.testing.assert_close(perceptor.embed_pictures(pictures), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(perceptor.embed_texts(["a red circle"]), words, atol=1e-5, rtol=0)
    assert (perceptor.size, perceptor.mean) == (32, (0.5, 0.4, 0.3))


def test_weights_are_frozen_and_get_no_slope(model_folder: Maker) -> None:
    perceptor = clip.load_open_clip(
        Name("folder", path=model_folder(VIT)), device=torch.device("cpu")
    )
    pictures = torch.rand(2, 3, 32, 32).requires_grad_()
    perceptor.embed_pictures(pictures).sum().backward()
    assert pictures.grad is not None
    for tower in (perceptor.checkpoint.image_tower(), perceptor.checkpoint.text_tower()):
        assert all(not p.requires_grad and p.grad is None for p in tower.parameters())
        assert not any(module.training for module in tower.modules())


def test_a_text_is_embedded_once(model_folder: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    perceptor = clip.load_open_clip(
        Name("folder", path=model_folder(RESNET)), device=torch.device("cpu")
    )
    monkeypatch.setattr(clip, "_TEXTS", {})
    asked: list[list[str]] = []
    tokenizer = perceptor.tokenizer
    perceptor.tokenizer = lambda texts: (asked.append(list(texts)), tokenizer(texts))[1]
    first = perceptor.embed_texts(["one", "two", "one"])
    again = perceptor.embed_texts(["two", "three"])
    assert asked == [["one"], ["two"], ["three"]]
    assert torch.equal(first[0], first[2])
    assert torch.equal(first[1], again[0])


def test_what_a_model_will_not_understand_is_reported(model_folder: Maker, tmp_path: Path) -> None:
    for file in model_folder(VIT).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "vocabulary.txt").write_text("a red circle on the sea and sky")
    perceptor = load(str(tmp_path), device="cpu")
    assert perceptor.warnings("A red circle") == []
    (unknown,) = perceptor.warnings("a dragon on the sea")
    assert "'dragon'" in unknown
    assert "'draft'" in unknown
    (long,) = perceptor.warnings("a red circle on the sea and the sky and the sea and a sky")
    assert "last 5 tokens" in long


def test_a_checkpoint_of_a_known_architecture(
    model_folder: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = model_folder(VIT)
    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "ViT-B-32", config)
    checkpoint = folder / "open_clip_model.safetensors"
    perceptor = load(f"ViT-B-32/{checkpoint}", device="cpu")
    texts = ["a red circle"]
    expected = load(str(folder), device="cpu").embed_texts(texts)
    assert torch.equal(perceptor.embed_texts(texts), expected)


def test_loading_leaves_torchs_random_numbers_alone(model_folder: Maker) -> None:
    torch.manual_seed(1)
    load(str(model_folder(VIT)), device="cpu")
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))


@pytest.mark.parametrize("name", ["ViT-B-32/openai", "RN50/yfcc15m", "hf-hub:org/model"])
def test_without_a_network_the_way_out_is_reported_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(weights, "getproxies", dict)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeights, match=r"quality 'sketch' needs none"):
        load(name, device="cpu")


def test_a_folder_without_weights_is_reported(model_folder: Maker, tmp_path: Path) -> None:
    config = model_folder(VIT) / "open_clip_config.json"
    (tmp_path / config.name).write_bytes(config.read_bytes())
    with pytest.raises(MissingWeights, match="could not be loaded"):
        load(str(tmp_path), device="cpu")


def test_a_wrong_tag_is_reported_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="'openai'"):
        load("ViT-B-32/opnai", device="cpu")


@pytest.mark.parametrize(
    ("name", "quick"), [("ViT-B-32", True), ("ViT-B-32-quickgelu", True), ("RN50", True)]
)
def test_openai_weights_get_the_gelu_they_were_trained_with(name: str, quick: bool) -> None:
    assert clip._options(Name("pretrained", name, "openai"))["quick_gelu"] is quick
    assert clip._options(Name("pretrained", "ViT-B-32", "laion2b_s34b_b79k"))["quick_gelu"] is False


def test_the_device_asked_for_is_there_or_reported() -> None:
    assert pick_device("auto").type == available_devices()[0].split(":")[0]
    assert pick_device("cpu") == torch.device("cpu")
    with pytest.raises(DeviceError, match=r"available: .*cpu"):
        pick_device("cuda:99")


@pytest.mark.parametrize(
    ("name", "message"), [("cud", "'cuda'"), ("foo", "auto, cpu, cuda, cuda:N")]
)
def test_a_device_that_no_machine_has_is_reported_with_the_known_ones(
    name: str, message: str
) -> None:
    with pytest.raises(DeviceError, match=message):
        pick_device(name)


@pytest.mark.parametrize(
    ("precision", "expected"), [(None, torch.float32), ("bf16", torch.bfloat16)]
)
def test_a_cpu_computes_in_float32_unless_asked(
    precision: str | None, expected: torch.dtype
) -> None:
    assert pick_dtype(torch.device("cpu"), precision) == expected


def test_small_slopes_survive_float16(model_folder: Maker) -> None:
    folder, slopes = model_folder(VIT), []
    for precision in ("", "@fp16"):
        pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        pictures.requires_grad_()
        embedded = load(f"{folder}{precision}", device="cpu").embed_pictures(pictures)
        (1e-5 * embedded * torch.linspace(-1, 1, 24)).sum().backward()
        assert pictures.grad is not None
        slopes.append(pictures.grad)
    error = (slopes[0] - slopes[1]).norm() / slopes[0].norm()
    assert error.item() < 0.03


def test_a_precision_asked_for_is_used(model_folder: Maker) -> None:
    folder = model_folder(VIT)
    pictures = torch.rand(2, 3, 32, 32)
    full, half = (load(f"{folder}{p}", device="cpu") for p in ("", "@bf16"))
    a, b = full.embed_pictures(pictures), half.embed_pictures(pictures)
    assert b.dtype == torch.float32
    assert 0 < (a - b).abs().max().item() < 0.05
