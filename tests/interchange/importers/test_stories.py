"""Files of every tool as stories: they plan, say what the source said, and tell what is left."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storyboard.errors import StoryError, UnknownName
from storyboard.interchange.importers import TOOLS, Imported, import_file, import_settings
from storyboard.interchange.importers.tools import read_data
from storyboard.plan import Plan
from storyboard.timeline import load_story_text, make_plan

DEFORUM: dict[str, Any] = {
    "W": 512,
    "H": 288,
    "seed": 42,
    "fps": 12,
    "max_frames": 96,
    "animation_mode": "2D",
    "prompts": {"0": "a forest --neg fog", "max_f/2": "a (red:1.5) city"},
    "zoom": "0:(1.01)",
    "border": "wrap",
    "color_coherence": "LAB",
    "seed_behavior": "fixed",
    "diffusion_cadence": 3,
    "strength_schedule": "0:(0.65)",
    "cn_1_enabled": True,
    "cn_2_enabled": False,
}


def planned(imported: Imported) -> Plan:
    return make_plan(load_story_text(imported.text))


def deforum(**changes: Any) -> Imported:
    return import_settings({**DEFORUM, **changes}, "deforum")


def told(imported: Imported, heading: str) -> str:
    return "\n".join(imported.notes.get(heading, []))


def test_deforum_says_in_a_story_what_it_said_in_settings() -> None:
    plan = planned(deforum())
    assert (plan.width, plan.height, plan.fps, plan.seed) == (512, 288, 12, 42)
    assert plan.duration == 8
    assert [shot.first for shot in plan.shots] == [0, 47]
    assert {shot.border for shot in plan.shots} == {"wrap"}
    assert [(t.source.label, t.weights[0]) for t in plan.shots[0].tracks] == [
        ("a forest", 1),
        ("fog", -0.3),
    ]
    assert [(t.source.label, t.weights[0]) for t in plan.shots[1].tracks] == [
        ("a red city", 1),
        ("red", 0.5),
    ]
    assert plan.shots[0].values["color_hold"][0] == 1
    assert plan.shots[0].values["cut_hold"][0] == 1


def test_a_camera_that_all_shots_share_is_said_once() -> None:
    text = deforum().text
    assert text.count("zoom_per_s: 1.01**12") == 1


def test_what_has_no_counterpart_and_what_was_mended_is_told_and_written() -> None:
    imported = deforum()
    assert "strength_schedule" in told(imported, "left")
    assert "cn_1_enabled: there is no ControlNet here" in told(imported, "left")
    assert "cn_2_enabled" not in imported.text
    assert "diffusion_cadence 3: every frame is painted" in told(imported, "corrected")
    comments = " ".join(line[2:].strip() for line in imported.text.splitlines() if line[:1] == "#")
    spaced = " ".join(comments.split())
    assert all(note in spaced for notes in imported.notes.values() for note in notes)


def test_interpolation_mode_crosses_two_prompts_over_all_the_way() -> None:
    prompts = {"0": "a forest", "4": "a city"}
    plan = planned(deforum(animation_mode="Interpolation", prompts=prompts, max_frames=7))
    first = {track.source.label: track.weights for track in plan.shots[0].tracks}
    assert first["a forest"] == pytest.approx([1, 0.75, 0.5, 0.25])
    assert first["a city"] == pytest.approx([0, 0.25, 0.5, 0.75])
    assert [track.source.label for track in plan.shots[1].tracks] == ["a city"]


def test_a_weight_that_moves_moves_in_seconds() -> None:
    plan = planned(deforum(prompts={"0": "(cat:`1+t/max_f`) in a hat"}, max_frames=11))
    tracks = {track.source.label: track.weights for track in plan.shots[0].tracks}
    assert tracks["cat in a hat"] == pytest.approx(np.ones(11))
    assert tracks["cat"] == pytest.approx(np.arange(11) / 10)


def test_the_groups_of_a_notebook_and_its_list_of_prompts_are_read(tmp_path: Path) -> None:
    args = {"W": 64, "H": 64, "seed": 1}
    anim = {"animation_mode": "2D", "max_frames": 20, "zoom": "0: (1.04)", "diffusion_cadence": 1}
    file = tmp_path / "settings.txt"
    prompts = {"0": "a fox:1 a dog:-0.5", "10": "b"}
    file.write_text(json.dumps({"args": args, "anim_args": anim, "animation_prompts": prompts}))
    imported = import_file(file)
    assert imported.tool == "deforum"
    tracks = planned(imported).shots[0].tracks
    assert [(track.source.label, track.weights[0]) for track in tracks] == [
        ("a fox", 1),
        ("a dog", -0.5),
    ]


def test_a_soundtrack_beside_the_settings_is_heard_and_another_one_told(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"RIFF")
    file = tmp_path / "settings.json"
    for path, heard in (("C:\\music\\song.wav", True), ("other.mp3", False)):
        file.write_text(json.dumps({**DEFORUM, "add_soundtrack": "File", "soundtrack_path": path}))
        imported = import_file(file)
        assert ("audio: song.wav" in imported.text) is heard
        assert ("not beside the settings" in told(imported, "left")) is not heard


DISCO: dict[str, Any] = {
    "text_prompts": {"0": ["a lighthouse", "fog:-0.5"], "20": ["a desert:2"]},
    "clip_guidance_scale": 5000,
    "max_frames": 40,
    "interp_spline": "Cubic",
    "width_height": [513, 289],
    "angle": "0:(0), 10:(2), 20:(0), 39:(1)",
    "zoom": "0: (1), 10: (1.02), 30: (1)",
    "animation_mode": "2D",
    "set_seed": "random_seed",
}


def test_disco_diffusion_is_read_splines_and_all() -> None:
    imported = import_settings(DISCO, "disco")
    plan = planned(imported)
    assert (plan.width, plan.height) == (512, 288)
    assert [[(t.source.label, t.weights[0]) for t in shot.tracks] for shot in plan.shots] == [
        [("a lighthouse", 1), ("fog", -0.5)],
        [("a desert", 2)],
    ]
    assert "513x289: 512x288" in told(imported, "carried")
    assert plan.shots[0].exit.rotate == pytest.approx(
        sum(_cubic(np.arange(1, 21), [0, 10, 20, 39], [0, 2, 0, 1])), abs=0.05
    )


def _cubic(at: Any, frames: list[int], values: list[float]) -> Any:
    """The polynomial of degree 3 through four points (Lagrange)."""
    total = np.zeros(len(at))
    for n, (frame, value) in enumerate(zip(frames, values, strict=True)):
        others = [f for m, f in enumerate(frames) if m != n]
        total += value * np.prod([(at - f) / (frame - f) for f in others], axis=0)
    return total


PYTTI = """\
# @package _global_
scenes: deep space:2 | nebula:sin(t):-.5 || a city | sky:1_u
scene_suffix: '| text:-1:-.95'
steps_per_scene: 300
steps_per_frame: 10
frames_per_second: 12
interpolation_steps: 30
pre_animation_steps: 100
animation_mode: 2D
translate_x: 10*sin(t)
translate_y: '5'
rotate_2d: '0'
zoom_x_2d: '16'
zoom_y_2d: '9'
infill_mode: mirror
width: 320
height: 180
"""


def test_pytti_is_read_in_its_own_seconds() -> None:
    imported = import_settings(read_data(PYTTI, "x.yaml"), "pytti")
    plan = planned(imported)
    assert [(shot.first, shot.stop) for shot in plan.shots] == [(0, 20), (20, 50)]
    first, second = plan.shots
    assert {t.source.label: t.stop for t in first.tracks} == {
        "deep space": float("-inf"),
        "nebula": -0.5,
        "text": -0.95,
    }
    assert first.tracks[1].weights == pytest.approx(np.sin(np.arange(20) / 12))
    assert [track.weights[0] for track in second.tracks if track.source.label == "a city"] == [0]
    assert list(first.values["steps"][:2]) == [100, 10]
    assert first.border == "reflect"
    assert first.exit.zoom == pytest.approx((320 / 304) ** 20, rel=1e-4)
    assert "where: top" in imported.text


@pytest.mark.parametrize("there", [True, False])
def test_pyttis_pictures_are_prompts_where_they_lie_beside_the_settings(
    tmp_path: Path, there: bool
) -> None:
    if there:
        Image.new("RGB", (8, 8)).save(tmp_path / "cat.png")
    file = tmp_path / "x.yaml"
    scenes = re.sub("^scenes: deep space(.*)$", "scenes: '[cat.png]\\1'", PYTTI, flags=re.M)
    file.write_text(scenes)
    imported = import_file(file, tool="pytti")
    story = load_story_text(imported.text, folder=tmp_path)
    assert [p.image for p in (story.spec.shots or ())[0].prompt or ()][:1] == (
        [("cat.png",)] if there else [None]
    )
    assert make_plan(story).shots[0].tracks[0].weights[0] == 2
    assert ("the picture [cat.png]" in told(imported, "left")) is not there


KEYFRAMED = """\
parameters:
  a forest:
    curve: [[0, 0, eased_lerp], [12, 1, previous], [36, 0.25]]
  a sea: {curve: [[0, 1]], loop: false}
  a fog: {curve: [[0, 0, linear], [5, 1]], loop: true}
  zoom: {curve: [[0, 1, linear], [47, 2]]}
weight: {curve: [[0, 2, previous]]}
"""


def test_keyframed_curves_are_prompts_and_camera() -> None:
    plan = planned(import_settings(read_data(KEYFRAMED, "x.yaml"), "keyframed"))
    (shot,) = plan.shots
    tracks = {track.source.label: track.weights for track in shot.tracks}
    n = np.arange(48)
    eased = np.sin(n / 12 * np.pi / 2) ** 2
    assert tracks["a forest"] == pytest.approx(
        2 * np.where(n < 12, eased, np.where(n < 36, 1, 0.25))
    )
    assert tracks["a fog"] == pytest.approx(2 * (n % 6) / 5, abs=2e-3)
    assert tracks["a sea"] == pytest.approx(np.full(48, 2.0))
    assert shot.poses[47, 0] == pytest.approx(2 * 2)


def test_vqgan_clip_dictionaries_are_read_as_python_writes_them() -> None:
    text = (
        "{'text_prompts': {'Apple': {10: 1, 20: 0}, 'Orange': {10: 0, 20: 1}}, 'seed': 3,\n"
        " 'zoom': '10: 1, 30: 1.02, 50: 1', 'max_frames': 60, 'key_frames': True,\n"
        " 'width': 400, 'height': 300, 'iterations_per_frame': 10, 'fps': 10,}"
    )
    data = read_data(text, "notebook.txt")
    assert TOOLS.detect(data) == "vqgan-clip-animations"
    plan = planned(import_settings(data, "vqgan-clip-animations"))
    weights = {track.source.label: track.weights for track in plan.shots[0].tracks}
    assert weights["Apple"][[0, 15, 20]] == pytest.approx([1, 0.5, 0])
    assert weights["Orange"][[0, 15, 59]] == pytest.approx([0, 0.5, 1])
    assert plan.shots[0].values["steps"][1] == 10


def test_keyed_texts_of_the_same_lineage_are_read() -> None:
    prompts = "10:(Apple:1|Orange:0), 20:(Apple:0|Orange:1)"
    plan = planned(import_settings({"text_prompts": prompts}, "vqgan-clip-animations"))
    assert plan.frame_count == 21
    assert plan.shots[0].tracks[0].weights[15] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("settings", "lengths"),
    [
        ({"iterations": 300}, [5, 5, 5]),
        ({"iterations": 250, "story_transition": 50}, [3, 3, 9]),
        ({"iterations": 60}, [5, 5, 5]),
    ],
    ids=["even", "the last one has the rest", "too few"],
)
def test_pixrays_scenes_are_shots(settings: dict[str, Any], lengths: list[int]) -> None:
    scenes = {"story_prompts": "a sunset | fog:0.5 ^ a night ^ fire:2", "seed": "hello"}
    imported = import_settings({**scenes, **settings, "quality": "better"}, "pixray")
    plan = planned(imported)
    assert [shot.end - shot.start for shot in plan.shots] == [Fraction(n) for n in lengths]
    assert (plan.width, plan.height, plan.quality.name) == (576, 324, "better")
    assert plan.seed == 3168714819
    assert ("would drop scenes" in told(imported, "corrected")) is (settings["iterations"] == 60)


@pytest.mark.parametrize(
    ("settings", "tool"),
    [
        (DEFORUM, "deforum"),
        (DISCO, "disco"),
        (read_data(PYTTI, "x"), "pytti"),
        (read_data(KEYFRAMED, "x"), "keyframed"),
        ({"prompts": "a", "drawer": "fft"}, "pixray"),
        ({"text_prompts": "a", "angle": "0:(1)"}, "vqgan-clip-animations"),
        ({"shots": []}, None),
    ],
)
def test_the_keys_tell_the_tool(settings: dict[str, Any], tool: str | None) -> None:
    assert TOOLS.detect(settings) == tool


def test_a_mode_of_no_animation_is_none_however_it_is_written() -> None:
    for none in ("None", None):
        imported = deforum(animation_mode=none, zoom="0:(1.05)")
        assert "zoom" not in imported.text.partition("version:")[2]
        assert any("animation_mode None" in text for text in imported.notes["left"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prompts": {}}, "prompts: there are no prompts"),
        ({"prompts": {"x": "a"}}, "prompts: unknown name 'x'"),
        ({"angle": "0:(1e300)"}, "the story of settings:.*rotate_per_s: .*number is too large"),
        ({"prompts": {"0": "(cat:`t+`)"}}, "prompts: a value is missing"),
        ({"W": "wide"}, "is no size"),
    ],
)
def test_a_mistake_in_the_source_is_told_with_its_setting(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(StoryError, match=f"(?s){message}"):
        deforum(**change)


LEFT_OUT: list[tuple[str, dict[str, Any], str]] = [
    ("deforum", {**DEFORUM, "border": "mirror"}, "border: 'mirror' is unknown"),
    ("deforum", {**DEFORUM, "max_frames": "many"}, "max_frames: 'many' is not a number"),
    ("deforum", {**DEFORUM, "animation_mode": "4D"}, "animation_mode: unknown mode '4D'"),
    ("deforum", {**DEFORUM, "fps": 0}, "fps: "),
    ("deforum", {**DEFORUM, "zoom": "0:(1), 9:(0)"}, "zoom: at frame 9 it is 0"),
    ("deforum", {**DEFORUM, "prompts": {"0": "a cat", "x": "a dog"}}, "the prompt at 'x': unknown"),
    ("deforum", {**DEFORUM, "fps": {"a": 1}, "border": "mirror"}, "fps: {'a': 1} is not a number"),
    (
        "deforum",
        {**DEFORUM, "animation_mode": "3D", "translation_z": "0:(190)"},
        "translation_z: ",
    ),
    ("disco", {**DISCO, "animation_mode": "Video"}, "animation_mode: unknown mode 'Video'"),
    ("pytti", {"scenes": "a", "steps_per_frame": 0}, "steps_per_frame: 0 is too small"),
    ("pixray", {"prompts": "a", "quality": "great"}, "quality: 'great' is unknown"),
    ("pixray", {"prompts": "a", "aspect": "round"}, "aspect: 'round' is unknown"),
    ("pixray", {"prompts": "a", "iterations": "many"}, "iterations: 'many' is not a number"),
]


@pytest.mark.parametrize(("tool", "settings", "note"), LEFT_OUT)
def test_a_setting_that_cannot_be_read_does_not_stop_the_rest(
    tool: str, settings: dict[str, Any], note: str
) -> None:
    imported = import_settings(settings, tool)
    assert any(text.startswith(note) for text in imported.notes["left"]), imported.notes["left"]
    assert planned(imported).frame_count > 0


LINES = [
    '"animation_prompts": {"0": "a cat"},\n"max_frames": 20,\n"fps": 10,\n',
    '  "animation_prompts": {"0": "a cat"}, "max_frames": 20, "fps": 10',
    '"0": "a cat",\n"20": "a dog",',
]


@pytest.mark.parametrize("text", LINES)
def test_lines_of_json_need_no_braces(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(text)
    assert "prompt: a cat" in import_file(tmp_path / "x.txt").text


def test_a_file_of_no_tool_names_those_that_are_known(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{}")
    with pytest.raises(StoryError, match=", ".join(TOOLS.names())):
        import_file(file)
    with pytest.raises(UnknownName, match="'deforum'"):
        import_file(file, "deforrum")
    file.write_text('{"a": 1,\n "b": [2')
    with pytest.raises(StoryError, match=r"x\.json:2"):
        import_file(file)
    with pytest.raises(StoryError, match="no such file"):
        import_file(tmp_path / "gone.txt")


def test_an_expression_stays_one_and_one_without_counterpart_becomes_keys() -> None:
    imported = deforum(
        angle="0:(2*sinh(sin(t/9)))", translation_x="0:(arcsinh(t/50))", zoom="0:(1)"
    )
    assert "rotate_per_s: 12*(" in imported.text
    assert "pan_x_per_s" not in imported.text
    assert "pan_x (2 shots)" in told(imported, "baked")


@pytest.mark.parametrize(
    ("tool", "settings", "message"),
    [
        ("deforum", {**DEFORUM, "max_frames": 10**9}, "frames; 200000 are the most"),
        ("disco", {**DISCO, "width_height": 512}, "512 is no size"),
        ("pytti", {"scenes": ""}, "there are no scenes"),
        ("keyframed", {"curve": [[0, 1, "bumpy"], [1, 2]]}, "unknown interpolation 'bumpy'"),
        ("keyframed", {"parameters": {}}, "a mapping of names to curves"),
        ("vqgan-clip-animations", {"text_prompts": {"a": {"x": 1}}}, "no numbers by frame"),
    ],
)
def test_what_cannot_be_is_told_with_the_name_of_its_setting(
    tool: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(StoryError, match=message):
        import_settings(settings, tool)


@pytest.mark.parametrize(("ring", "loops"), [("frames", True), (None, False), ("", False)])
def test_a_ring_of_pictures_is_a_loop(ring: str | None, loops: bool) -> None:
    settings = {"prompts": "red", "drawer": "pixel", "animation_dir": ring}
    imported = import_settings({**settings, "animation_alpha": 128}, "pixray")
    plan = make_plan(load_story_text(imported.text, overrides={"perceptors": "[tiny]"}))
    assert (plan.loop is not None) is loops
    assert any("animation_alpha" in text for text in imported.notes.get("left", [])) is loops
