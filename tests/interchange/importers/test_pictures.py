"""Pictures, masks and clips of Deforum's, PyTTI's and Disco's settings, as a story has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from storyboard.interchange.importers.tools import Imported, import_file
from storyboard.timeline import load_story_text, make_plan

DEFORUM = {
    "W": 64,
    "H": 36,
    "max_frames": 40,
    "fps": 10,
    "animation_mode": "2D",
    "prompts": {"0": "rain", "20": "fog"},
    "seed": 5,
    "border": "replicate",
    "zoom": "0:(1)",
}


@pytest.fixture
def folder(tmp_path: Path, make_clip: Callable[..., Path]) -> Path:
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        Image.new("RGB", (8, 8), (90 * number, 30, 30)).save(tmp_path / name)
    make_clip("mask.mp4", np.full((8, 16, 16, 3), 200, np.uint8), fps="8")
    return tmp_path


def imported(folder: Path, tool: str, settings: Any) -> tuple[dict[str, Any], Any, Imported]:
    """The story's data, its plan, and the import with its notes."""
    text = settings if isinstance(settings, str) else json.dumps(settings)
    file = folder / f"settings.{'yaml' if isinstance(settings, str) else 'txt'}"
    file.write_text(text)
    made = import_file(file, tool=tool)
    plan = make_plan(load_story_text(made.text, folder=folder))
    return yaml.safe_load(made.text), plan, made


def left(made: Imported) -> str:
    return "\n".join(made.notes.get("left", []))


def carried(made: Imported) -> str:
    return "\n".join(made.notes.get("carried", []))


def weights_of(plan: Any, label: str) -> list[float]:
    """The weight of the prompt called ``label`` in every frame of the film."""
    found = []
    for frame in plan.frames:
        asked = [p.weight for p in frame.prompts if p.source.label == label]
        found.append(sum(asked))
    return found


def test_deforums_guided_images_are_prompts_that_come_and_go(folder: Path) -> None:
    guided = {
        "use_looper": True,
        "init_images": json.dumps({"0": "a.png", "max_f/2": "/content/b.png", "30": "c.png"}),
        "image_strength_schedule": "0:(0.8), 39:(0.4)",
    }
    data, plan, made = imported(folder, "deforum", {**DEFORUM, **guided})
    assert data["shots"][0]["init"] == "a.png"
    strength = np.linspace(0.8, 0.4, 40)
    frames = np.arange(40)
    for label, shape in (("a.png", [1, 0, 0]), ("b.png", [0, 1, 0]), ("c.png", [0, 0, 1])):
        wanted = np.interp(frames, [0, 19, 30], shape) * strength  # max_f is the last frame
        assert weights_of(plan, label) == pytest.approx(wanted, abs=0.003)
    assert "guided images" in carried(made)
    gone = {**guided, "init_images": {"0": "none.png"}}
    data, _, made = imported(folder, "deforum", {**DEFORUM, **gone})
    assert "init" not in data["shots"][0]
    assert "init_images: none.png is not beside" in left(made)


MASKS = [
    ({"use_mask": True, "mask_file": "b.png"}, "b.png"),
    (
        {"use_mask": True, "mask_file": "b.png", "mask_overlay_blur": 4.5, "invert_mask": True},
        {"mask": "b.png", "outside": True, "soft": 0.5},
    ),
    ({"use_mask_video": True, "video_mask_path": "mask.mp4"}, "mask.mp4"),
    ({"use_mask": True, "mask_schedule": '0: ("<the sky>")'}, {"words": "the sky"}),
    ({"use_mask": True, "mask_file": "gone.png"}, None),
]


@pytest.mark.parametrize(("settings", "where"), MASKS, ids=range(len(MASKS)))
def test_deforums_masks_are_still_moving_or_words(
    folder: Path, settings: dict[str, Any], where: Any
) -> None:
    data, plan, _ = imported(folder, "deforum", {**DEFORUM, **settings})
    prompt = data["shots"][1]["prompt"]
    assert prompt == ("fog" if where is None else [{"text": "fog", "where": where}])
    assert (plan.shots[1].tracks[0].mask is None) == (where is None)


HYBRID = [
    ({"hybrid_composite": "Normal"}, {"flow": "none"}, 0.5, ""),
    (
        {"hybrid_composite": "Normal", "hybrid_comp_alpha_schedule": "0:(0.2)"},
        {"flow": "none"},
        0.2,
        "",
    ),
    ({"hybrid_motion": "Optical Flow", "hybrid_flow_method": "RAFT"}, {}, 0, "flow: raft"),
    ({"hybrid_composite": "Normal", "hybrid_motion": "Affine"}, {}, 0.5, "hybrid_motion Affine"),
]


@pytest.mark.parametrize(("settings", "video", "mix", "told"), HYBRID, ids=range(len(HYBRID)))
def test_deforums_hybrid_video_is_mixed_in_or_followed(
    folder: Path, settings: dict[str, Any], video: dict[str, str], mix: float, told: str
) -> None:
    given = {**DEFORUM, **settings, "video_init_path": "mask.mp4"}
    data, _, made = imported(folder, "deforum", given)
    assert data["video"] == {"file": "mask.mp4", "at_end": "hold", **video}
    assert data["video_mix"] == mix
    assert told in carried(made)


PYTTI = """scenes: "rain:1_[mask.mp4] | fog:2_-[b.png]:0.3"
steps_per_scene: 100
steps_per_frame: 10
frames_per_second: 12
init_image: a.png
pre_animation_steps: 0
"""
STABLE = [
    ("direct_stabilization_weight: 0.5", {"hold": 0.5}, {}),
    ("direct_stabilization_weight: '0.2+0.1*sin(t)'", {"hold": "0.2 + 0.1*sin(t)"}, {}),
    (
        "direct_stabilization_weight: 1_u",
        {},
        {"hold": {"weight": 1, "where": "top"}},
    ),
    ("semantic_stabilization_weight: '2'", {}, {"steady": {"weight": 2}}),
    ("direct_init_weight: '0.5'", {}, {"target": {"image": "a.png", "weight": 0.5}}),
    (
        "semantic_init_weight: '3_[-b.png]'",
        {},
        {
            "target": {
                "image": "a.png",
                "weight": 3,
                "where": {"mask": "b.png", "outside": True},
                "measure": "embedding",
            }
        },
    ),
    (
        "direct_image_prompts: '[c.png]:2'",
        {},
        {"target": {"image": "c.png", "weight": 2}},
    ),
]


@pytest.mark.parametrize(("line", "settings", "losses"), STABLE, ids=[s[0] for s in STABLE])
def test_pyttis_stabilisation_is_hold_steady_and_target(
    folder: Path, line: str, settings: dict[str, Any], losses: dict[str, Any]
) -> None:
    data, plan, _ = imported(folder, "pytti", f"{PYTTI}{line}\n")
    assert data.get("losses", {}) == losses
    assert {key: data[key] for key in settings} == settings
    assert ("hold" in data) == ("hold" in settings)
    rain, fog = (track.mask for track in plan.shots[0].tracks)
    assert (rain.label, rain.outside, len(rain.source.times)) == ("mask.mp4", False, 10)
    assert (fog.label, fog.outside) == ("outside b.png", True)


def test_what_keeps_pytti_steady_and_is_not_here_is_said(folder: Path) -> None:
    more = "edge_stabilization_weight: 1\ndepth_stabilization_weight: 1\n"
    more += "direct_init_weight: 1\nsemantic_init_weight: 2\n"
    data, _, made = imported(folder, "pytti", PYTTI + more)
    assert data["losses"] == {"target": {"image": "a.png", "weight": 1}}
    for told in (
        "edge_stabilization_weight: no loss compares edges",
        "depth_stabilization_weight: no loss guesses depths",
        "semantic_init_weight: a story has one loss `target`",
    ):
        assert told in left(made)


def test_pyttis_video_source_is_a_clip(folder: Path) -> None:
    more = "animation_mode: Video Source\nvideo_path: mask.mp4\nframe_stride: 2\n"
    data, _, _ = imported(folder, "pytti", PYTTI + more)
    assert data["video"] == {"file": "mask.mp4", "at_end": "hold", "speed": 2}
    _, _, made = imported(folder, "pytti", PYTTI + more.replace("mask", "gone"))
    assert "video_path: gone.mp4 is not beside" in left(made)


DISCO = {
    "text_prompts": {"0": ["a lighthouse"]},
    "max_frames": 10,
    "width_height": [64, 64],
    "animation_mode": "2D",
    "steps": 240,
    "skip_steps": 96,
    "init_image": "a.png",
    "init_scale": 2000,
    "frames_scale": 750,
    "frames_skip_steps": "60%",
    "cut_overview": "[12]*400+[4]*600",
    "cut_innercut": "[4]*400+[12]*600",
}


def test_discos_picture_stays_as_far_as_its_skipped_steps_leave_it(folder: Path) -> None:
    data, plan, made = imported(folder, "disco", DISCO)
    assert data["shots"][0]["init"] == {"image": "a.png", "weight": 0.4}
    target = {"image": "a.png", "weight": 2, "measure": "perceptual"}
    assert data["losses"] == {"target": target}
    assert (data["hold"], plan.shots[0].values["cuts"][0]) == (0.5, 16)
    assert "skip_steps 96 of 240" in carried(made)
    bare = {key: one for key, one in DISCO.items() if key != "skip_steps"}
    data, _, made = imported(folder, "disco", bare)
    assert "init" not in data["shots"][0]
    assert "init_image: with skip_steps 0 nothing of it stays" in left(made)
