"""Both timed loops are the ones that paint, and do the same work."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from open_clip.model import CLIP
from safetensors.torch import load_file, save_file

from benchmarks import run
from benchmarks.run import Case, build_loop
from benchmarks.stages import STAGES, Stopwatch, step
from benchmarks.storyboard_loop import FRAME_SEED, HOLD_SEED
from storyboard.perceptors import Guide, GuideStep
from storyboard.plan import Prompt, TextPrompt

VISION = {"image_size": 32, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16}
TEXT = {"context_length": 8, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("model")
    config = {"embed_dim": 16, "vision_cfg": VISION, "text_cfg": TEXT}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = CLIP(**config)  # type: ignore[arg-type]
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return Case(str(folder), cuts=10, cut_batch=4, size=48)


@pytest.mark.parametrize(("kind", "batches"), [("reference", 1), ("storyboard", 3)])
def test_a_step_is_timed_stage_by_stage(case: Case, kind: str, batches: int) -> None:
    loop, watch = build_loop(kind, case), Stopwatch()
    before = loop.draw().detach()
    assert len(loop.batches()) == batches
    for _ in range(2):
        step(loop, watch)
    assert not torch.equal(before, loop.draw())
    times = watch.medians()
    assert set(times) == {*STAGES, "all", "all but perceptor"}
    assert all(seconds >= 0 for seconds in times.values())


@pytest.mark.parametrize("size", [(48, 48), (36, 64), (64, 36)])
def test_the_reference_sees_all_cuts_at_once(case: Case, size: tuple[int, int]) -> None:
    loop = build_loop("reference", case)
    loop.aspect = size[1] / size[0]  # type: ignore[attr-defined]
    views = loop.cutouts(torch.rand(1, 3, *size), slice(0, 10))
    assert views.shape == (10, 3, 32, 32)
    assert bool(views.isfinite().all())


def test_the_storyboard_loop_is_the_guides(case: Case) -> None:
    """The stages, put together, give the loss that `Guide` gives for the same views."""
    loop = build_loop("storyboard", case)
    picture = torch.rand(1, 3, 48, 48)
    guided = Guide([(loop.perceptor, 1.0)]).objectives(  # type: ignore[attr-defined]
        [Prompt(TextPrompt(run.TEXT))], GuideStep(0, FRAME_SEED, HOLD_SEED, 10, 4, 0.5)
    )
    expected = sum(objective(picture).item() for objective in guided)
    actual = sum(loop.loss(loop.cutouts(picture, rows)).item() for rows in loop.batches())
    assert actual == pytest.approx(expected, rel=1e-5)


def test_both_loops_look_for_the_same(case: Case) -> None:
    targets = [build_loop(kind, case).target for kind in run.LOOPS]  # type: ignore[attr-defined]
    torch.testing.assert_close(targets[0], targets[1])


def test_the_weights_are_those_of_the_reference(tmp_path: Path, case: Case) -> None:
    file = tmp_path / "weights.safetensors"
    run.save_weights(replace(case, weights=str(file)))
    torch.testing.assert_close(load_file(file), dict(run.build_model(case.model).state_dict()))


def test_the_report_names_every_stage_and_aim(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = {name: 0.5 for name in (*STAGES, "all", "all but perceptor")}
    answers = {"time": {"reference": times, "storyboard": times}}
    monkeypatch.setattr(
        run, "in_child", lambda case, what: answers.get(what, {"model": 100.0, "peak": 300.0})
    )
    run.report(Case("small", cuts=10, cut_batch=4, size=48))
    printed = capsys.readouterr().out
    assert all(name in printed for name in (*STAGES, *run.AIMS))
