"""The codes of a VQGAN: files, gradients, moves, and films that go on where they were."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from storyboard.drawers import HasLatents, vqgan_files
from storyboard.drawers.vqgan import VQGANDrawer, coloured_noise
from storyboard.drawers.vqgan_files import KNOWN, Files, find, needs, read_config
from storyboard.drawers.vqgan_model import VQModel, load
from storyboard.drawers.vqgan_move import at_cells, cells_of, moved
from storyboard.errors import BadValue, Interrupted, MissingWeights, StoryError
from storyboard.motion.moves import Matrix, Move
from storyboard.motion.warp import warp
from storyboard.render import render
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.check import check_story

Weights = dict[str, Tensor]


def make(size: tuple[int, int] = (18, 32), seed: int = 0, **options: Any) -> VQGANDrawer:
    return VQGANDrawer(size, options, generator=torch.Generator().manual_seed(seed))


def waves(height: int, width: int) -> Tensor:
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([(x / 7 + y / 11).sin(), (x / 9).cos(), (y / 8).sin()])[None] * 0.3 + 0.5


@pytest.fixture
def config(built_in_models: Path) -> dict[str, Any]:
    text = (built_in_models / "sketch-vqgan" / "config.yaml").read_text()
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def gumbel(config: dict[str, Any], weights: Weights) -> tuple[dict[str, Any], Weights]:
    """The same mosaic as a GumbelVQ, whose classifier picks the nearest code."""
    model = config["model"] | {"target": "taming.models.vqgan.GumbelVQ"}
    made = {name: value for name, value in weights.items() if "quantize" not in name}
    codes = weights["quantize.embedding.weight"]
    made["quantize.embed.weight"] = codes
    made["quantize.proj.weight"] = 2 * codes[:, :, None, None]
    made["quantize.proj.bias"] = -codes.square().sum(1)
    return {"model": model}, made


def first_stage(config: dict[str, Any], weights: Weights) -> tuple[dict[str, Any], Weights]:
    """The same mosaic within the checkpoint of a transformer."""
    params = {"first_stage_config": config["model"], "transformer_config": {"target": "x"}}
    model = {"target": "taming.models.cond_transformer.Net2NetTransformer", "params": params}
    made = {f"first_stage_model.{name}": value for name, value in weights.items()}
    return {"model": model}, made | {"transformer.head.weight": torch.ones(2, 2)}


def plain(config: dict[str, Any], weights: Weights) -> tuple[dict[str, Any], Weights]:
    return config, weights | {"loss.discriminator.weight": torch.ones(3)}


@pytest.mark.parametrize("kind", [plain, gumbel, first_stage])
@pytest.mark.parametrize("ending", [".ckpt", ".safetensors"])
def test_every_layout_draws_the_same(
    tmp_path: Path, config: dict[str, Any], mosaic: Weights, kind: Any, ending: str
) -> None:
    written, weights = kind(config, mosaic)
    (tmp_path / "last.yaml").write_text(yaml.safe_dump(written))
    file = tmp_path / f"last{ending}"
    if ending == ".ckpt":
        torch.save({"state_dict": weights, "callbacks": {VQModel: 1}}, file)
    else:
        save_file(weights, file)
    picture = waves(18, 32)
    expected, drawers = make(), [make(model=str(m)) for m in (tmp_path, file)]
    for drawer in (expected, *drawers):
        drawer.encode(picture)
        torch.testing.assert_close(drawer.draw(), expected.draw(), atol=1e-5, rtol=0)
    assert (expected.draw() - picture).abs().mean() < 0.05


def test_the_names_of_the_weights_are_those_of_the_package(config: dict[str, Any]) -> None:
    """Guards the layout: every parameter under taming's own name, none of ours beside them."""
    model = VQModel(vqgan_files._config(config["model"]))
    heads = {name.partition(".")[0] for name in model.state_dict()}
    assert heads == {"encoder", "decoder", "quantize", "quant_conv", "post_quant_conv"}
    assert "decoder.up.1.upsample.conv.weight" in model.state_dict()
    assert model.grid((65, 37)) == (33, 19)


def test_building_it_prints_nothing_and_loads_no_training_code() -> None:
    code = (
        "import sys; from storyboard.drawers import vqgan\n"
        "names = ('pytorch_lightning', 'omegaconf', 'torch._dynamo', 'taming.models')\n"
        "print([n for n in names if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


SIZES = [(65, 37), (2, 2), (17, 64), (64, 17)]


@pytest.mark.parametrize("size", SIZES)
def test_any_size_is_padded_and_cropped(size: tuple[int, int]) -> None:
    drawer = make(size)
    assert drawer.draw().shape == (1, 3, *size)
    drawer.encode(waves(*size))
    (drawer.draw() - 0.2).square().mean().backward()
    assert drawer.latents.grad is not None
    assert bool((drawer.latents.grad.abs().sum(1) > 0).all())


def test_gradients_pass_the_codebook_as_if_it_were_not_there() -> None:
    drawer = make()
    code = drawer._model.straight_through(drawer._raw(drawer.latents))
    (code * torch.arange(code.numel()).view_as(code)).sum().backward()
    expected = torch.arange(code.numel()).view_as(code) * drawer._scale
    torch.testing.assert_close(drawer.latents.grad, expected)
    book = {tuple(row.tolist()) for row in drawer._model.codebook}
    cells = code.detach().movedim(1, -1).flatten(0, 2)
    assert all(tuple(cell.tolist()) in book for cell in cells[::7])


def test_the_nearest_code_is_found_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    drawer = make()
    latents = drawer._raw(drawer.latents.detach())
    whole = drawer._model.nearest(latents)
    flat = latents.movedim(1, -1).flatten(0, 2)
    distances = torch.cdist(flat, drawer._model.codebook)
    chosen = torch.cdist(whole.movedim(1, -1).flatten(0, 2), flat).diagonal()
    torch.testing.assert_close(chosen, distances.min(1).values, atol=1e-4, rtol=0)
    monkeypatch.setattr("storyboard.drawers.vqgan_model._DISTANCES", 10_000)
    assert torch.equal(drawer._model.nearest(latents), whole)


def test_latents_stay_within_the_codebook() -> None:
    drawer = make()
    with torch.no_grad():
        drawer.latents.mul_(100)
    drawer.clamp()
    book = drawer._model.codebook
    raw = drawer._raw(drawer.latents.detach())
    for channel in range(3):
        assert raw[:, channel].min() >= book[:, channel].min() - 1e-5
        assert raw[:, channel].max() <= book[:, channel].max() + 1e-5


def step(drawer: VQGANDrawer, optimiser: Any) -> Tensor:
    """A step towards white; the picture that was seen."""
    optimiser.zero_grad()
    picture = drawer.draw()
    (picture - 1).square().mean().backward()
    optimiser.step()
    drawer.clamp()
    return picture.detach()


def test_noise_is_in_steps_alone_and_goes_on_after_a_resume() -> None:
    drawer = make(noise=2.0)
    optimiser, clean = drawer.optimiser(), drawer.draw().detach()
    state = drawer.state_dict()
    first, second = step(drawer, optimiser), step(drawer, optimiser)
    assert not torch.equal(first, clean)
    assert torch.equal(drawer.draw(), drawer.draw())
    other = make(noise=2.0, seed=5)
    other.load_state_dict(state)
    optimiser = other.optimiser()
    assert torch.equal(step(other, optimiser), first)
    assert torch.equal(step(other, optimiser), second)


def test_the_average_is_shown_and_the_latents_are_stepped() -> None:
    slow, quick = make(average=0.9), make()
    for drawer in (slow, quick):
        optimiser = drawer.optimiser()
        for _ in range(4):
            step(drawer, optimiser)
    assert torch.equal(slow.latents, quick.latents)
    before = make().draw()
    assert 0 < (slow.draw() - before).abs().mean() < 0.6 * (quick.draw() - before).abs().mean()


def test_the_pull_decays() -> None:
    moves = []
    for pull in (0.0, 0.5):
        drawer = make(pull=pull, pull_steps=1.0)
        start, optimiser = drawer.latents.detach().clone(), drawer.optimiser()
        ways = []
        for _ in range(6):
            before = drawer.latents.detach().clone()
            step(drawer, optimiser)
            ways.append(float((drawer.latents.detach() - before).abs().mean()))
        moves.append((ways, float((drawer.latents.detach() - start).abs().mean())))
    (free, far), (held, near) = moves
    assert near < far
    assert held[0] < 0.6 * free[0] and held[-1] > 0.9 * free[-1]
    held_drawer = make(pull=1.0, pull_steps=1e6)
    start = held_drawer.latents.detach().clone()
    step(held_drawer, held_drawer.optimiser())
    assert torch.equal(held_drawer.latents.detach(), start)


def test_options_that_move_keep_the_picture() -> None:
    drawer = make()
    before = drawer.draw()
    assert drawer.retune({"lr": 0.3, "noise": 1.0, "pull": 0.1})
    assert drawer.parameters()[0]["lr"] == 0.3
    assert torch.equal(drawer.draw(), before)
    assert not drawer.retune({"move": "picture"})


def shifted(x: float, y: float, zoom: float = 1.0) -> Callable[[Tensor], Tensor]:
    m = torch.tensor([[zoom, 0, x], [0, zoom, y], [0, 0, 1]]).double()
    return lambda values: warp(values, Move((Matrix(m),)), border="replicate", resample="bilinear")


@pytest.mark.parametrize("size", [(36, 64), (35, 61)])
def test_cells_come_from_where_their_pixels_come_from(size: tuple[int, int], start: Any) -> None:
    shift = shifted(8 / size[1], 4 / size[0])  # 4 pixels right, 2 down
    places = moved(start(None, move=shift), size, 2, device=torch.device("cpu"))
    rows, columns = cells_of(torch.zeros(1, 1, *size), 2).shape[2:]
    inside = places[0, :, 2:-1, 3:-1]
    expected = torch.stack(
        torch.meshgrid(
            torch.arange(columns) * 2 + 0.5 - 4, torch.arange(rows) * 2 + 0.5 - 2, indexing="xy"
        )
    )[:, 2:-1, 3:-1]
    torch.testing.assert_close(inside, expected, atol=2e-3, rtol=0)
    latents = torch.randn(1, 4, rows, columns, generator=torch.Generator().manual_seed(0))
    found = at_cells(latents, places, 2)[..., 2:-1, 3:-1]
    torch.testing.assert_close(found, latents[..., 1:-2, 1:-3], atol=2e-3, rtol=0)


@pytest.mark.parametrize("move", ["picture", "latent"])
def test_moved_then_drawn_is_near_drawn_then_moved(move: str, start: Any) -> None:
    size = (36, 64)
    drawer = make(size, move=move)
    drawer.encode(waves(*size))
    change = shifted(0.11, -0.07, 1.15)
    expected = change(drawer.draw().detach())
    drawer.carry(start(expected, move=change))
    error = (drawer.draw().detach() - expected).abs()
    assert error.mean() < 0.03
    assert drawer.native == (move == "latent")


def test_latents_that_move_take_only_what_is_new_from_the_canvas(start: Any) -> None:
    size = (36, 64)
    drawer = make(size, move="latent")
    drawer.encode(waves(*size))
    before = drawer.draw().detach()
    canvas, new = torch.ones(1, 3, *size), torch.zeros(1, 1, *size)
    new[..., 40:] = 1
    drawer.carry(start(canvas, revealed=new))
    drawn = drawer.draw().detach()
    torch.testing.assert_close(drawn[..., :40], before[..., :40], atol=1e-4, rtol=0)
    assert drawn[..., 40:].min() > 0.95


@pytest.mark.parametrize(
    ("move", "revealed", "encodes"),
    [
        ("latent", False, 0),
        ("latent", True, 1),
        ("picture", False, 1),
        ("picture", True, 1),
    ],
)
def test_the_encoder_is_run_at_most_once_a_frame(
    move: str, revealed: bool, encodes: int, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, calls = (36, 64), []
    drawer = make(size, move=move)
    encode = drawer._model.encode
    monkeypatch.setattr(drawer._model, "encode", lambda p: calls.append(p) or encode(p))
    new = torch.ones(1, 1, *size) if revealed else None
    drawer.carry(darker(start, waves(*size), revealed=new))
    assert len(calls) == encodes


def test_latents_change_colour_without_being_encoded(start: Any) -> None:
    size = (36, 64)
    drawer = make(size, move="latent")
    drawer.encode(waves(*size))
    before = drawer.draw().detach()
    drawer.carry(darker(start, before))
    after, wanted = drawer.draw().detach(), 0.8 * before + 0.02
    assert (after - wanted).abs().mean() < 0.4 * (before - wanted).abs().mean()


def darker(start: Any, canvas: Tensor, revealed: Tensor | None = None) -> Any:
    """Return the start of a frame whose colours get darker."""
    made = start(canvas, revealed=revealed, change=lambda colors: 0.8 * colors + 0.02)
    made.color_matrix = lambda: (0.8 * torch.eye(3), torch.full((3,), 0.02))
    return made


def test_clouds_of_colour_are_smooth_and_seeded() -> None:
    picture = coloured_noise((40, 70), 0.2, torch.Generator().manual_seed(1))
    assert picture.shape == (1, 3, 40, 70) and 0.1 < picture.std() < 0.4
    assert picture.diff(dim=-1).abs().mean() < 0.05
    assert bool((coloured_noise((4, 4), 0.0, None) == 0.5).all())


# ------------------------------------------------------------------------------------------ files


def test_well_known_names_are_looked_up_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path))
    for name, stem in KNOWN.items():
        with pytest.raises(MissingWeights) as caught:
            find(name)
        assert f"{stem}.ckpt" in str(caught.value) and str(tmp_path / "vqgan") in str(caught.value)
        for ending in (".yaml", ".ckpt"):
            file = tmp_path / "vqgan" / f"{stem}{ending}"
            file.parent.mkdir(exist_ok=True)
            file.touch()
        assert find(name) == find(stem) == Files(file.with_suffix(".yaml"), file)


FOLDERS = [
    (["config.yaml", "model.safetensors"], "config.yaml", "model.safetensors"),
    (["configs/model.yaml", "ckpts/last.ckpt"], "configs/model.yaml", "ckpts/last.ckpt"),
    (["configs/1-project.yaml", "checkpoints/last.ckpt", "x.ckpt"], "configs/1-project.yaml", None),
    (["a.yaml", "a.ckpt"], "a.yaml", "a.ckpt"),
]


@pytest.mark.parametrize(("names", "config", "weights"), FOLDERS)
def test_what_is_found_in_a_folder(
    tmp_path: Path, names: list[str], config: str, weights: str | None
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = Files(tmp_path / config, tmp_path / (weights or names[1]))
    assert find(tmp_path) == expected
    if "/" not in config:
        assert find(expected.weights) == find(expected.config) == expected


LACKING = [
    ([], ".", "no configuration"),
    (["a.yaml"], ".", "no weights"),
    (["a.yaml"], "a.yaml", "no weights beside"),
    (["a.ckpt"], "a.ckpt", "no configuration beside"),
    (["a.yaml", "b.yaml", "a.ckpt"], ".", "no configuration"),
    ([], "imagnet_16384", "imagenet_16384"),
    ([], "no/such/folder", "sketch-vqgan"),
]


@pytest.mark.parametrize(("names", "asked", "said"), LACKING)
def test_what_is_lacking_is_named(tmp_path: Path, names: list[str], asked: str, said: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    place = tmp_path / asked if asked == "." or (tmp_path / asked).exists() else asked
    with pytest.raises(MissingWeights, match=said):
        find(place)
    (need,) = needs({"model": str(place), "digest": None})
    assert need.missing and need.option == "model" and "\n" not in need.fault


CONFIGS = [
    ("model: 3", "subscriptable"),
    ("[1, 2]", "indices|integers"),
    ("model: {target: x.Other, params: {}}", "expected VQModel or GumbelVQ"),
    ("model: {target: x.VQModel, params: {n_embed: 4, embed_dim: 3}}", "ddconfig"),
    ("model: !!python/object/apply:os.system [exit]", "constructor"),
    ("{", "flow node"),
]
CHANGES = [
    ({"ch": 48}, "multiple of 32"),
    ({"ch": "many"}, "'many'"),
    ({"ch_mult": []}, "ch_mult"),
    ({"ch_mult": [1] * 40}, "ch_mult"),
    ({"out_ch": 4}, "3 channels"),
    ({"double_z": True}, "double_z"),
    ({"z_channels": 10**9}, "1000000000"),
]


@pytest.mark.parametrize(("text", "said"), CONFIGS)
def test_what_is_no_configuration(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(BadValue, match=said):
        read_config(file)


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_what_a_configuration_may_not_be(
    tmp_path: Path, config: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    config["model"]["params"]["ddconfig"] |= change
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    with pytest.raises(BadValue, match=said):
        read_config(file)


def test_weights_of_another_model_are_refused(
    tmp_path: Path, config: dict[str, Any], mosaic: Weights
) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    files = Files(tmp_path / "config.yaml", tmp_path / "model.safetensors")
    wrong = [
        ({n: v for n, v in mosaic.items() if n != "decoder.conv_in.bias"}, "decoder.conv_in.bias"),
        (mosaic | {"quant_conv.bias": torch.zeros(4)}, r"\(4,\), not \(3,\)"),
    ]
    for weights, said in wrong:
        save_file(weights, files.weights)
        with pytest.raises(BadValue, match=said):
            load(files)


STORY = """\
output: {size: 32x18, fps: 3}
perceptors: tiny
steps: 2
drawer: {name: vqgan, OPTIONS}
motion: {zoom_per_s: 1.3, pan_x: 0.2*t}
shots: [{prompt: red, duration: 1s}]
"""


def story(options: str) -> str:
    return STORY.replace("OPTIONS", options)


def test_check_and_render_refuse_with_file_and_line(
    tmp_path: Path, config: dict[str, Any], mosaic: Weights
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "model.safetensors").write_text("<html>not found</html>")
    file, options = tmp_path / "story.yaml", "model: model"
    table = [
        ("model: modle", "drawer.model", "no VQGAN 'modle'"),
        ("model: imagenet_1024", "drawer.model", "vqgan_imagenet_f16_1024.ckpt"),
        (options, "drawer.model", "is not a safetensors file"),
        (f'{options}, digest: "12ab"', "drawer.model", "not 12ab"),
        ("noize: 1", "drawer.noize", "'noise'"),
        ("move: codes", "drawer.move", "'codes'"),
    ]
    for written, path, said in table:
        file.write_text(story(written))
        (problem,) = check_story(file)
        assert (problem.file, problem.line, problem.path) == (str(file), 4, path)
        assert said in f"{problem.message} {problem.hint}"
        with pytest.raises(StoryError):
            make_plan(load_story_text(file.read_text(), folder=tmp_path))
    save_file(mosaic, folder / "model.safetensors")
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    for written in (options, f'{options}, digest: "{digest[:8].upper()}"'):
        file.write_text(story(written))
        assert check_story(file) == []


@pytest.mark.parametrize("move", ["latent", pytest.param("picture", marks=pytest.mark.slow)])
def test_a_film_that_was_stopped_ends_in_the_same_bytes(tmp_path: Path, move: str) -> None:
    options = f"move: {move}, noise: 0.3, average: 0.5, pull: 0.1"
    plan = make_plan(load_story_text(story(options), folder=tmp_path))
    straight, parts = tmp_path / "straight" / "a.mp4", tmp_path / "parts" / "a.mp4"
    render(plan, out=straight)
    seen: list[Any] = []
    with pytest.raises(Interrupted):
        render(plan, out=parts, on_event=seen.append, stop=lambda: seen[-1].frame == 0)
    render(plan, out=parts)
    frames = [sorted(film.parent.glob("shots/*/*.png")) for film in (straight, parts)]
    assert len(frames[0]) == 3
    assert [f.read_bytes() for f in frames[0]] == [f.read_bytes() for f in frames[1]]
    assert len({f.read_bytes() for f in frames[0]}) == 3


def test_losses_look_at_latents_and_at_the_encoder() -> None:
    drawer = make()
    assert isinstance(drawer, HasLatents)
    target = waves(18, 32)
    wanted = drawer.latents_of(target)
    assert not wanted.requires_grad
    optimiser = drawer.optimiser()
    before = (drawer.latents_now() - wanted).square().mean().item()
    for _ in range(20):
        optimiser.zero_grad()
        (drawer.latents_now() - wanted).square().mean().backward()
        optimiser.step()
        drawer.clamp()
    assert float((drawer.latents_now() - wanted).square().mean()) < 0.2 * before
    leaf = target.clone().requires_grad_()
    found = drawer.features_of(leaf)
    assert list(found) == ["middle"]  # this model has no blocks at its levels
    found["middle"].square().sum().backward()
    assert float(leaf.grad.abs().max()) > 0


def test_a_film_is_pulled_to_a_picture_in_its_latents(tmp_path: Path) -> None:
    levels = (255 * waves(18, 32)[0].permute(1, 2, 0)).byte().numpy()
    Image.fromarray(levels).save(tmp_path / "photo.png")
    text = """output: {size: 32x18, fps: 2, format: png}
duration: 0.5s
perceptors: tiny
prompt: red
drawer: {name: vqgan, lr: 0.3}
steps_first: 30
losses: {target: {image: photo.png, weight: %s, measure: latent}}
"""
    found = []
    for weight in (0, 20):
        plan = make_plan(load_story_text(text % weight, folder=tmp_path))
        out = tmp_path / f"film{weight}"
        render(plan, out=out)
        (frame,) = sorted(out.glob("*.png"))
        found.append(abs(np.asarray(Image.open(frame)).astype(float) - levels).mean())
    assert found[1] < 0.3 * found[0]
