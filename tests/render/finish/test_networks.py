"""Finishing by networks: a tiny one of a published architecture, and a tiny ONNX file."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.errors import BadValue, StoryError
from storyboard.media import ffmpeg
from storyboard.plan import Plan
from storyboard.render import Event, render, still
from storyboard.render.finish import finished, network
from storyboard.render.finish.network import enlarged, load_network, tiled
from storyboard.render.pictures import from_8_bit, to_8_bit
from storyboard.timeline import load_story_text, make_plan

spandrel = pytest.importorskip("spandrel")

STORY = """
output: {size: 64x36, fps: 12, paint: {size: 32x18}, upscale: {model: esrgan.pth, tile: 32}}
perceptors: tiny
steps: 1
steps_first: 1
cuts: 2
shots: [{name: a, duration: 0.5s, prompt: red}]
"""


def esrgan(scale: int = 2) -> torch.nn.Module:
    """An ESRGAN of spandrel's own, as small as there is, with weights that keep it tame."""
    from spandrel.architectures.ESRGAN import ESRGAN

    torch.manual_seed(3)
    made: torch.nn.Module = ESRGAN(num_filters=4, num_blocks=1, scale=scale)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.save({"params_ema": esrgan().state_dict()}, tmp_path / "esrgan.pth")
    return tmp_path


def planned(folder: Path, **changes: Any) -> Plan:
    overrides = {key.replace("__", "."): value for key, value in changes.items()}
    return make_plan(load_story_text(STORY, folder=folder, overrides=overrides))


def noise(number: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(number).integers(0, 256, (18, 32, 3), np.uint8)


def test_the_network_enlarges_as_spandrel_itself_does(folder: Path) -> None:
    plan = planned(folder)
    (shown,) = finished(plan, noise, first=0, stop=1)
    network = spandrel.ModelLoader(device="cpu").load_from_state_dict(esrgan().state_dict())
    assert np.array_equal(shown, to_8_bit(network(from_8_bit(noise(0)))))
    assert load_network(plan.finish.upscale.file).scale == 2  # type: ignore[union-attr]


def test_safetensors_and_names_as_training_leaves_them_are_read(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    state = {f"module.{name}": tensor for name, tensor in esrgan(4).state_dict().items()}
    save_file(state, tmp_path / "a.safetensors")
    assert load_network(tmp_path / "a.safetensors").scale == 4


def test_what_the_network_makes_too_small_is_scaled_to_the_film(folder: Path) -> None:
    plan = planned(folder, output__size="96x54")
    (shown,) = finished(plan, noise, first=0, stop=1)
    assert shown.shape == (54, 96, 3)


@pytest.mark.parametrize(("tile", "overlap"), [(32, 12), (33, 14), (40, 8), (100, 0), (32, 15)])
def test_tiles_are_as_the_whole_where_the_network_sees_no_farther(tile: int, overlap: int) -> None:
    picture = torch.rand(1, 3, 61, 97, generator=torch.Generator().manual_seed(1))

    def twice(part: Tensor) -> Tensor:
        large = torch.nn.functional.interpolate(part, scale_factor=2, mode="nearest")
        return torch.nn.functional.avg_pool2d(large, 5, 1, 2)  # sees 1 pixel and a half

    made = tiled(picture, twice, scale=2, tile=tile, overlap=overlap)
    torch.testing.assert_close(made, twice(picture), atol=1e-5, rtol=0)


def test_tiles_of_a_network_join_without_seams(folder: Path) -> None:
    network = load_network(folder / "esrgan.pth")
    y, x = torch.meshgrid(torch.linspace(0, 1, 60), torch.linspace(0, 1, 90), indexing="ij")
    smooth = torch.stack([x, y, 1 - x])[None]
    whole = enlarged(smooth, network, tile=512, overlap=16)
    made = enlarged(smooth, network, tile=40, overlap=16)
    assert float((made - whole)[..., 8:-8, 8:-8].abs().max()) < 0.02


def test_a_file_that_runs_something_runs_nothing(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "run",))

    state = {**esrgan().state_dict(), "extra": Hostile()}
    torch.save(state, tmp_path / "esrgan.pth")
    assert load_network(tmp_path / "esrgan.pth").scale == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output__upscale": "gone.pth"}, r"gone\.pth does not exist"),
        ({"output__upscale": "no.pth"}, "is not a checkpoint of torch"),
        ({"output__upscale": "{model: esrgan.pth, tile: 32, overlap: 16}"}, "cannot overlap by 16"),
        ({"output__paint__size": "64x36"}, "nothing is enlarged"),
        ({"output__interpolate": "camera"}, "every frame is painted"),
        ({"output__paint__fps": "6", "output__interpolate": "network"}, "needs model"),
        (
            {"output__paint__fps": "6", "output__interpolate": "{model: no.onnx}"},
            "no.onnx does not",
        ),
        (
            {"output__paint__fps": "6", "output__interpolate": "{method: flow, model: a.onnx}"},
            "the method flow uses no model",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_the_plan(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    (folder / "no.pth").write_bytes(b"nothing")
    with pytest.raises(StoryError, match=message):
        planned(folder, **changes)


def test_weights_of_no_architecture_are_refused_before_anything_is_painted(folder: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, folder / "esrgan.pth")
    plan, kinds = planned(folder), list[Event]()
    with pytest.raises(BadValue, match=r"esrgan\.pth is no upscaling network"):
        render(plan, out=folder / "film.mp4", on_event=kinds.append)
    assert "frame" not in [event.kind for event in kinds]
    assert not (folder / "shots").exists()


def made(folder: Path, **changes: Any) -> list[str]:
    kinds: list[Event] = []
    plan = planned(folder, **changes)
    done = render(plan, out=folder / "film.mp4", on_event=kinds.append)
    assert ffmpeg.count_frames(done.path) == plan.film.frame_count
    return [event.kind for event in kinds]


def test_upscaled_pictures_are_kept_and_another_size_repaints_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made(folder).count("frame") == 6
    kept = sorted((folder / "finished" / "film.mp4").iterdir())
    assert len(kept) == 6
    monkeypatch.setattr(network, "tiled", None)  # nothing is enlarged again
    kinds = made(folder, captions="hello")
    assert "frame" not in kinds and "encode" in kinds
    plan = planned(folder)
    assert still(plan, plan.duration / 2, out=folder / "film.mp4").shape == (36, 64, 3)
    monkeypatch.undo()
    assert "frame" not in made(folder, output__size="128x72")
    other = sorted((folder / "finished" / "film.mp4").iterdir())
    assert len(other) == 6 and not set(kept) & set(other)  # those of the old size are gone
    assert "frame" not in made(folder, output__upscale="{model: esrgan.pth, tile: 33}")


COMMAND = [sys.executable, "-m", "storyboard", "render", "story.yaml", "-o", "film.mp4"]


def test_a_kill_in_the_middle_of_finishing_loses_nothing(folder: Path) -> None:
    story = STORY.replace("duration: 0.5s", "duration: 2s")
    (folder / "story.yaml").write_text(story, encoding="utf-8")
    finishing, kept = folder / "finished" / "film.mp4", dict[Path, int]()
    with subprocess.Popen(COMMAND, cwd=folder) as process:
        while process.poll() is None and len(kept) < 3:
            kept = {file: file.stat().st_mtime_ns for file in finishing.glob("*.png")}
            time.sleep(0.005)
        process.kill()
    assert len(kept) >= 3 and not (folder / "film.mp4").exists()
    again = subprocess.run(COMMAND, cwd=folder, check=True, capture_output=True, text=True)
    assert again.returncode == 0 and ffmpeg.count_frames(folder / "film.mp4") == 24
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum('"kind": "frame"' in line for line in lines) == 24


def test_an_interpolation_network_makes_the_frames_in_between(folder: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    info, shape = helper.make_tensor_value_info, ["n", 3, "h", "w"]
    graph = helper.make_graph(
        [helper.make_node("Max", ["a", "b"], ["out"])],
        "lighter",
        [info("a", TensorProto.FLOAT, shape), info("b", TensorProto.FLOAT, shape)],
        [info("out", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "lighter.onnx")
    changes = {
        "output__paint": "{size: 64x36, fps: 6}",
        "output__interpolate": "{model: lighter.onnx}",
    }
    text = STORY.replace(", upscale: {model: esrgan.pth, tile: 32}", "")
    overrides = {key.replace("__", "."): value for key, value in changes.items()}
    plan = make_plan(load_story_text(text, folder=folder, overrides=overrides))
    large = [np.repeat(np.repeat(noise(n), 2, 0), 2, 1) for n in range(3)]
    shown = list(finished(plan, large.__getitem__, first=0, stop=5))
    for number, wanted in enumerate(
        [large[0], np.maximum(*large[:2]), large[1], np.maximum(*large[1:]), large[2]]
    ):
        assert np.array_equal(shown[number], wanted)
    with pytest.raises(StoryError, match="only the middle"):
        make_plan(
            load_story_text(text, folder=folder, overrides={**overrides, "output.paint.fps": "4"})
        )
