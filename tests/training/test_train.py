"""Merges make words whole, a run that was stopped goes on as if it had not been, exports load."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

import storyboard
from storyboard.world.describe import phrases, vocabulary
from training.config import RunConfig, TrainConfig
from training.data import Pool, exchanged, fitting, make_batch, stands_upright
from training.export import export
from training.pool import draw_chunk
from training.tokens import PHRASES_FILE, load_tokenizer, write_phrases, write_tokenizer
from training.train import Run, load, save, start, step_once

RECIPE = TrainConfig(
    seed=3, batch=8, steps=10, lr=1e-3, weight_decay=0.05, warmup=2, clean_steps=1, ramp_steps=2,
    radius=(0.25, 1.0), clean_share=0.2, two_steps=0.5, noise=0.1, ema=0.9, precision="fp32",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokeniser and a pool of 32 small pictures."""
    path = tmp_path_factory.mktemp("training")
    write_tokenizer(path, vocabulary())
    write_phrases(path, phrases())
    pictures, facts = draw_chunk(0, size=24, count=32)
    np.save(path / "000000.npy", pictures)
    (path / "000000.json").write_text(json.dumps(facts))
    return path


def test_the_phrases_in_the_package_are_those_of_the_drawn_world(tmp_path: Path) -> None:
    write_phrases(tmp_path, phrases())
    shipped = Path(storyboard.__file__).parent / "models" / "sketch" / PHRASES_FILE
    assert (tmp_path / PHRASES_FILE).read_text() == shipped.read_text()


@pytest.fixture(scope="module")
def config(folder: Path) -> RunConfig:
    """A model that is as small as it can be."""
    size = load_tokenizer(folder, context_length=24).vocab_size
    vision = {"layers": [1, 1, 1, 1], "width": 8, "image_size": 32, "head_width": 64}
    text = {"context_length": 24, "vocab_size": size, "width": 16, "heads": 2, "layers": 1}
    model = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
    return RunConfig(model, {"mean": [0.5] * 3, "std": [0.25] * 3}, RECIPE)


def go(run: Run, config: RunConfig, folder: Path, steps: int) -> list[float]:
    """Some steps; the losses."""
    pool, tokenizer = Pool(folder), load_tokenizer(folder, context_length=24)
    losses = []
    for _ in range(steps):
        batch = make_batch(pool, tokenizer, count=8, size=32, noise=0.1, seed=run.step)
        losses.append(step_once(run, batch, config, run.step / 10)["loss"])
    return losses


def test_every_word_is_one_token(folder: Path) -> None:
    tokenizer = load_tokenizer(folder, context_length=24)
    for word in vocabulary():
        assert int((tokenizer(word) != 0).sum()) == 3, word


def test_resumed_run_equals_straight_run(folder: Path, config: RunConfig) -> None:
    torch.manual_seed(0)
    straight = start(config, "cpu")
    straight.model.train()
    losses = go(straight, config, folder, 4)
    first = start(config, "cpu")
    first.model.train()
    began = go(first, config, folder, 2)
    save(first, folder / "half.pt")
    second = start(replace(config, train=replace(RECIPE, seed=3)), "cpu")
    second.model.train()
    load(second, folder / "half.pt")
    assert began + go(second, config, folder, 2) == losses
    for name, value in straight.average.state_dict().items():
        assert torch.equal(value, second.average.state_dict()[name]), name


def test_export_loads_in_open_clip(folder: Path, config: RunConfig) -> None:
    run = start(config, "cpu")
    save(run, folder / "checkpoint.pt")
    export(config, folder, folder / "out")
    model = open_clip.create_model(f"local-dir:{folder / 'out'}").eval()
    tokens = load_tokenizer(folder / "out", context_length=24)(["a red star"])
    assert model.encode_text(tokens).shape == (1, 16)
    assert model.encode_image(torch.rand(1, 3, 32, 32)).shape == (1, 16)


@pytest.mark.parametrize(
    ("text", "possible"),
    [("a star on the left", "a star on the right"), ("a star above a ring", "a star below a ring")],
)
def test_exchanged_place(text: str, possible: str) -> None:
    assert exchanged(text, random.Random(0)) == possible


def test_a_caption_fits_what_has_all_it_says() -> None:
    fits = fitting([{"a"}, {"a", "b"}], [{"a", "b"}, {"a"}])
    assert fits.tolist() == [[True, True], [True, False]]


def test_what_has_an_up_and_a_down() -> None:
    assert stands_upright(["sky:day", "land:hills"])
    assert not stands_upright(["subject:galaxy"])
