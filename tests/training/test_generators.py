"""The stages of the built-in generators, tiny: each runs, stores what it says, and goes on."""

import argparse
import itertools
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from diffusers import StableDiffusionPipeline
from transformers import CLIPTokenizer

from storyboard.drawers.first_stage import FirstStage, FirstStageConfig, load_first_stage
from storyboard.world.picture_batch import draw
from training.generators import distill, first_stage, pool, sitting, unet
from training.generators.export import export, pack, unpack
from training.generators.loop import Average, Plan, Run, Schedule, add_options, ahead, read_plan
from training.generators.sheet import Order, Sampling, sample, scores
from training.tokens import load_tokenizer

CHANNELS = 4
TINY_STAGE = FirstStageConfig((8, 8), 1, CHANNELS, 4, (0.0,) * CHANNELS, (1.0,) * CHANNELS)
TINY: dict[str, Any] = {
    "unet": {
        "sample_size": 4, "in_channels": CHANNELS, "out_channels": CHANNELS,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "block_out_channels": [8, 8],
        "layers_per_block": 1, "cross_attention_dim": 8, "attention_head_dim": 2,
        "norm_num_groups": 4,
    },
    "text": {
        "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
        "num_attention_heads": 2, "max_position_embeddings": 24, "hidden_act": "gelu",
    },
}  # fmt: skip
ONE = Plan(steps=2, batch=2, threads=2, lr=1e-3, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool of two chunks of four pictures, with latents."""
    folder = tmp_path_factory.mktemp("pool")
    stage = FirstStage(TINY_STAGE).eval()
    for index in range(2):
        assert pool.write_chunk(folder, index, count=4)
        pool.write_latents(folder, index, stage)
    return folder


@pytest.fixture
def nets() -> unet.Networks:
    torch.manual_seed(0)
    return unet.make_networks(TINY)


def unet_run(nets: unet.Networks, folder: Path) -> Run:
    return Run(folder, (nets.unet, nets.text), Schedule(1e-3, warmup=1),
               lambda: unet.store_networks(nets, folder))  # fmt: skip


def test_chunks_are_drawn_once_and_read_whole(drawn: Path) -> None:
    assert not pool.write_chunk(drawn, 0, count=4)
    latents, texts = pool.LatentPool(drawn).batch(3, random.Random(0))
    height, width = pool.SHAPES[0]
    assert latents.shape[:2] == (3, CHANNELS) and latents.dtype == torch.float32
    assert all(texts) and (drawn / "000000.json").exists() and width > height
    crops = pool.PicturePool(drawn).crops(3, (16, 24), random.Random(0))
    assert crops.shape == (3, 3, 16, 24) and 0 <= crops.min() <= crops.max() <= 1


def test_ten_chunks_have_all_shapes() -> None:
    assert {pool.SHAPES[i * 7 % 10] for i in range(10)} == set(pool.SHAPES)


@pytest.mark.parametrize(
    ("step", "share", "rate"), [(0, 0.0, 0.1), (9, 0.0, 1.0), (99, 0.5, 1.0), (99, 1.0, 0.03)]
)
def test_the_learning_rate_rises_holds_and_falls(step: int, share: float, rate: float) -> None:
    assert Schedule(1.0, warmup=10).at(step, share) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("plan", "share"), [(Plan(minutes=2), 0.5), (Plan(steps=30), 0.1), (Plan(minutes=1), 1.0)]
)
def test_a_plan_ends_by_the_clock_or_by_steps(plan: Plan, share: float) -> None:
    assert plan.share(3, 60.0) == pytest.approx(share)


@pytest.mark.parametrize(
    ("plan", "device", "threads"),
    [(Plan(device="cpu", precision="fp32"), "cpu", 2), (Plan(device="cuda:1"), "cuda:1", 1)],
)
def test_a_plan_is_reported_or_finds_its_device(plan: Plan, device: str, threads: int) -> None:
    found = plan.resolved()
    assert (found.device, found.threads) == (device, threads)
    assert found.precision == ("fp32" if device == "cpu" else "bf16")


def test_the_command_line_makes_a_plan() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, Plan(minutes=15, batch=4))
    plan = read_plan(parser.parse_args(["run", "--pool", "pool", "--minutes", "0.5"]))
    assert (plan.minutes, plan.batch) == (0.5, 4) and plan.device and plan.precision


def test_what_is_made_ahead_comes_in_order() -> None:
    count = itertools.count()
    assert list(itertools.islice(ahead(lambda: next(count)), 4)) == [0, 1, 2, 3]


def test_a_pool_with_a_first_stage_encodes_what_was_drawn(tmp_path: Path) -> None:
    pool.write_chunk(tmp_path, 3, count=4)
    assert not pool.LatentPool(tmp_path).chunks
    assert len(pool.LatentPool(tmp_path, FirstStage(TINY_STAGE).eval()).chunks) == 1


def test_an_average_changes_places_with_the_live_weights() -> None:
    layer = torch.nn.Linear(1, 1)
    average = Average((layer,), 0.5)
    torch.nn.init.constant_(layer.weight, 3.0)
    average.swap()
    assert layer.weight.item() != 3.0
    average.swap()
    assert layer.weight.item() == 3.0


def test_a_unet_run_stores_its_average_and_goes_on_from_it(
    drawn: Path, nets: unet.Networks, tmp_path: Path
) -> None:
    run = unet_run(nets, tmp_path)
    before = nets.unet.conv_in.weight.detach().clone()
    unet.train(run, nets, pool.LatentPool(drawn), ONE)
    assert not torch.equal(before, nets.unet.conv_in.weight)
    stored = unet.load_networks(tmp_path)
    assert torch.allclose(stored.unet.conv_in.weight, run.average.mean[0], atol=1e-3)
    again = unet_run(unet.make_networks(TINY), tmp_path)
    assert again.step == 2 and torch.equal(again.average.live[0], run.average.mean[0])
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert log[0]["step"] == 0 and log[1]["step"] == 2 and log[1]["loss"] > 0


@pytest.mark.parametrize("decoder", [True, False])
def test_a_first_stage_learns_whole_or_its_decoder_alone(
    drawn: Path, tmp_path: Path, decoder: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_stage, "CROP", (16, 16))
    stage = FirstStage(TINY_STAGE)
    stage.encoder.requires_grad_(not decoder)
    encoder = stage.encoder.conv_in.weight.detach().clone()
    decoded = stage.decoder.conv_out.weight.detach().clone()
    run = Run(tmp_path, (stage,), Schedule(1e-3, warmup=1),
              lambda: first_stage.store_stage(stage, tmp_path))  # fmt: skip
    objective = first_stage.Objective(stage, first_stage.Weights(critic_from=0.4))
    critic = [p.detach().clone() for p in objective.critic.parameters()]
    plan = replace(ONE, precision="bf16" if decoder else "fp32")
    first_stage.train(run, objective, pool.PicturePool(drawn), plan)
    assert torch.equal(encoder, stage.encoder.conv_in.weight) == decoder
    assert not torch.equal(decoded, stage.decoder.conv_out.weight)
    assert not torch.equal(critic[0], next(iter(objective.critic.parameters())))
    assert load_first_stage(tmp_path).config == TINY_STAGE


def test_guidance_is_what_two_passes_make_and_a_student_starts_as_the_network(
    nets: unet.Networks,
) -> None:
    with torch.no_grad():
        empty, words = nets.words([""]), nets.words(["fire", "a cat"])
    teacher = distill.Teacher(nets, empty, unet.make_scheduler().alphas_cumprod, guided=False)
    x, t = torch.randn(2, CHANNELS, 4, 4), torch.tensor([999, 400])
    with torch.no_grad():
        conditional = nets.unet(x, t, words).sample
        unconditional = nets.unet(x, t, empty.expand(2, -1, -1)).sample
    guided = teacher.velocity(x, t, words, torch.tensor([1.0, 3.0]))
    assert torch.allclose(guided[0], conditional[0], atol=1e-5)
    assert torch.allclose(
        guided[1], (unconditional + 3 * (conditional - unconditional))[1], atol=1e-5
    )
    student = distill.Teacher(distill.conditioned(nets), empty, teacher.alphas, guided=True)
    alone = student.velocity(x, t, words, torch.tensor([5.0, 2.0]))
    assert torch.allclose(alone, conditional, atol=1e-5)


@pytest.mark.parametrize("t", [999, 749, 130, 0])
def test_one_step_of_a_jump_ends_where_two_of_the_teacher_end(nets: unet.Networks, t: int) -> None:
    with torch.no_grad():
        words = nets.words(["fire"])
    alphas = unet.make_scheduler().alphas_cumprod
    taught = distill.Teacher(distill.conditioned(nets), words, alphas, guided=True)
    x, at, scale = torch.randn(1, CHANNELS, 4, 4), torch.tensor([t]), torch.tensor([2.0])
    end = torch.tensor([max(-1, t - 250)])
    v = taught.jump(x, at, words, scale, 250)
    have = taught.step(x, v, at, end)
    half = torch.tensor([t - 125]) if t > 125 else torch.tensor([0]) if t else end
    want = taught.step(x, taught.velocity(x, at, words, scale), at, half)
    if t:
        second = taught.velocity(want, half, words, scale)
        want = taught.step(want, second, half, end)
    assert torch.allclose(have, want, atol=1e-4)


@pytest.mark.parametrize(("jump", "precision"), [(0, "bf16"), (250, "fp32")])
def test_a_student_learns(
    drawn: Path, nets: unet.Networks, tmp_path: Path, jump: int, precision: str
) -> None:
    nets.unet.requires_grad_(False)
    nets.text.requires_grad_(False)
    student = distill.conditioned(nets)
    student.unet.requires_grad_(True)
    run = Run(tmp_path, (student.unet,), Schedule(1e-3, warmup=1),
              lambda: unet.store_networks(student, tmp_path))  # fmt: skip
    with torch.no_grad():
        empty, alphas = nets.words([""]), unet.make_scheduler().alphas_cumprod
    teacher = distill.Teacher(nets, empty, alphas, guided=jump > 0)
    plan = replace(ONE, precision=precision)
    distill.train(run, distill.Lesson(teacher, student, jump), pool.LatentPool(drawn), plan)
    condition = unet.load_networks(tmp_path).unet.time_embedding.cond_proj.weight
    assert condition.abs().sum() > 0


def test_what_a_sitting_packs_is_unpacked_as_it_was(nets: unet.Networks, tmp_path: Path) -> None:
    first_stage.store_stage(FirstStage(TINY_STAGE), tmp_path / "stage")
    unet.store_networks(nets, tmp_path / "run")
    pack(tmp_path / "run", tmp_path / "stage", tmp_path / "result")
    assert len(list((tmp_path / "result").iterdir())) == 5
    unpack(tmp_path / "result", tmp_path / "run2", tmp_path / "stage2")
    one, two = unet.load_networks(tmp_path / "run"), unet.load_networks(tmp_path / "run2")
    for name, value in one.unet.state_dict().items():
        assert torch.equal(value, two.unet.state_dict()[name])
    assert load_first_stage(tmp_path / "stage2").config == TINY_STAGE


def test_an_exported_folder_is_a_pipeline_of_diffusers(nets: unet.Networks, tmp_path: Path) -> None:
    first_stage.store_stage(FirstStage(TINY_STAGE), tmp_path / "stage")
    unet.store_networks(nets, tmp_path / "run")
    out = tmp_path / "out"
    export(tmp_path / "run", tmp_path / "stage", out)
    pipe = StableDiffusionPipeline.from_pretrained(out, torch_dtype=torch.float32)
    assert pipe.scheduler.config.prediction_type == "v_prediction"
    assert pipe.vae.config.pixel_unshuffle == 4
    made = pipe("fire", num_inference_steps=2, height=64, width=64, output_type="latent")
    assert made.images.shape[:2] == (1, CHANNELS)
    latents = sample(nets, Order(["fire"], [3], (32, 64)), Sampling(steps=2, rescale=0.5))
    assert latents.shape == (1, CHANNELS, 4, 8) and latents.isfinite().all()


def test_the_exported_tokeniser_gives_the_ids_of_sketch(
    nets: unet.Networks, tmp_path: Path
) -> None:
    first_stage.store_stage(FirstStage(TINY_STAGE), tmp_path / "stage")
    unet.store_networks(nets, tmp_path / "run")
    export(tmp_path / "run", tmp_path / "stage", tmp_path / "out")
    theirs = CLIPTokenizer.from_pretrained(tmp_path / "out" / "tokenizer")
    ours = load_tokenizer(unet.TOKENIZER, context_length=24)
    texts = ["", "a sunset over the sea", "Pixel art of an OWL, 8 bit", "zebra's", "a rose " * 20]
    ids = theirs(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
    assert torch.equal(ids, ours(texts))


def test_a_sitting_runs_its_stages_in_turn_and_packs_after_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, ...]] = []
    for module in (unet, first_stage, distill):
        name = module.__name__.rpartition(".")[2]
        monkeypatch.setattr(
            module, "main", lambda arguments, name=name: done.append((name, *arguments))
        )
    monkeypatch.setattr(sitting, "pack", lambda *folders: done.append(("pack", *map(str, folders))))
    monkeypatch.setattr(sitting.sheet, "main", lambda arguments: done.append(("sheet", *arguments)))
    minutes = sitting.Minutes(stage=0, decoder=1, unet=2, guided=1)
    sitting.learn(tmp_path, minutes, fresh=False, batch=4)
    assert [one[0] for one in done] == [
        "unet", "pack", "first_stage", "pack", "distill", "pack", "sheet"
    ]  # fmt: skip
    nets, stage = str(tmp_path / "guided"), str(tmp_path / "decoder")
    assert done[5] == ("pack", nets, stage, str(tmp_path / "result"))
    assert done[4][-1] == str(tmp_path / "unet")
    done.clear()
    sitting.learn(tmp_path, sitting.Minutes(), fresh=True, batch=4)
    assert [one[0] for one in done][:3] == ["first_stage", "unet", "pack"]
    assert "--start" not in done[1]


def test_a_sitting_that_nobody_draws_for_says_so(tmp_path: Path) -> None:
    drawers = sitting.start_drawers(tmp_path, 1, 0)
    with pytest.raises(RuntimeError, match="no chunk was drawn"):
        sitting.wait_for_chunks(tmp_path, drawers)


def test_the_judge_names_drawn_pictures_better_than_noise() -> None:
    judge = Path(__file__).parents[1] / "data" / "judge"
    pictures, facts = draw(7, count=1, size=(48, 85), groups=(("closeup", 1.0),))
    own = facts[0][0].removeprefix("subject:")
    prompts = [own, *(one for one in ("fire", "a cat", "the sea", "an eye") if one != own)][:4]
    noise = torch.rand(3, 3, 48, 85, generator=torch.Generator().manual_seed(0))
    found = scores(judge, torch.cat([pictures.float() / 255, noise]), prompts)
    assert own not in found["missed"] and found["first"] < 1
    flat = scores(judge, torch.full((4, 3, 48, 85), 0.5), prompts)
    assert flat["sharpness"] == 0 < found["sharpness"]
