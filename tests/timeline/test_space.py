"""Depth and two eyes in a story: what is read, what is refused, what a digest covers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.errors import StoryError
from storyboard.plan import DepthPlan, Plan, StereoPlan
from storyboard.timeline import load_story_text, make_plan, space

HEAD = "output: {size: 64x36, fps: 12}\nperceptors: tiny\n"
SHOT = "shots: [{duration: 1s, prompt: red}]\n"


def plan_of(text: str, folder: Path, shots: str = SHOT) -> Plan:
    return make_plan(load_story_text(HEAD + text + "\n" + shots, folder=folder))


def told(text: str, folder: Path, shots: str = SHOT) -> str:
    with pytest.raises(StoryError) as caught:
        plan_of(text, folder, shots)
    return str(caught.value)


@pytest.fixture
def valley(tmp_path: Path) -> Path:
    Image.new("L", (32, 18), 128).save(tmp_path / "valley.png")
    return tmp_path


@pytest.fixture
def extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "find_spec", lambda name: object())


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("plane", None),
        ("sphere", DepthPlan("sphere")),
        ("{kind: sphere, radius: 2}", DepthPlan("sphere", radius=2.0)),
        ("tunnel", DepthPlan("tunnel", far=20.0)),
        ("{kind: tunnel, far: 8, strength: 0}", DepthPlan("tunnel", far=8.0, strength=0.0)),
    ],
)
def test_formulas(written: str, wanted: DepthPlan | None, tmp_path: Path) -> None:
    assert plan_of(f"depth: {written}", tmp_path).shots[0].depth == wanted


def test_a_grey_picture(valley: Path) -> None:
    shot = plan_of("depth: {kind: valley.png, near: 0.5}", valley).shots[0]
    assert shot.depth == DepthPlan("image", near=0.5, file=valley / "valley.png")


@pytest.mark.usefixtures("extra")
def test_models(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for written, model in (
        ("model", space.DEPTH_MODEL),
        ("some/model", "some/model"),
        ("mine", str(tmp_path / "mine")),
    ):
        depth = plan_of(f"depth: {{kind: {written}, every: 3f, smooth: 2s}}", tmp_path).shots[0]
        assert depth.depth == DepthPlan(
            "model", model=model, every=Fraction(1, 4), smooth=Fraction(2)
        )


MISTAKES: list[tuple[str, str]] = [
    ("depth: tunel", "did you mean 'tunnel'?"),
    ("depth: valey.png", "did you mean 'valley.png'?"),
    ("depth: {kind: tunnel, near: 2}", "a depth of the kind 'tunnel' has no 'near'"),
    ("depth: {kind: plane, strength: 1}", "has no 'strength'"),
    ("depth: {kind: valley.png, near: 3, far: 2}", "far, 2, must be farther than near, 3"),
    ("depth: {kind: sphere, radius: 0}", "must be greater than 0"),
    ("depth: model", "pip install 'storyboard-film[depth]'"),
    ("depth: {kind: tunnel, fat: 3}", "did you mean 'far'"),
    ("stereo: side_by_site", "did you mean 'side_by_side'?"),
    ("stereo: {format: anaglyph, ipd: 2}", "must be between 0 and 1"),
]


@pytest.mark.parametrize(("text", "part"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_mistakes_are_told_in_plain_words(
    text: str, part: str, valley: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "find_spec", lambda name: None)
    assert part in told(text, valley)


def test_a_clip_brings_its_own_movement(tmp_path: Path) -> None:
    assert "starts from a clip has no depth" in told("depth: tunnel\nvideo: no.mp4", tmp_path)


def test_a_picture_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"no picture")
    assert "is not a picture that can be read" in told("depth: no.png", tmp_path)


def test_no_program_is_started_for_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An EPS under the name of a PNG: Pillow would give it to Ghostscript."""
    (tmp_path / "depth.png").write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 36\n%%EndComments\nshowpage\n%%EOF\n"
    )
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\necho started > {tmp_path}/started\nexit 1\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert "is not a picture that can be read" in told("depth: depth.png", tmp_path)
    assert not (tmp_path / "started").exists()


def test_a_depth_picture_too_large_is_told(tmp_path: Path) -> None:
    Image.new("1", (9000, 8)).save(tmp_path / "wide.png")
    assert "9000x8 pixels, too many" in told("depth: wide.png", tmp_path)


@pytest.mark.parametrize("depth", ["tunnel", "sphere"])
def test_with_depth_the_camera_may_fly_past_and_turn_away(depth: str, tmp_path: Path) -> None:
    shots = "shots: [{duration: 4s, prompt: red, motion: {dolly_per_s: 1, yaw_per_s: 90}}]\n"
    assert plan_of(f"depth: {depth}", tmp_path, shots).shots[0].exit.yaw == 360
    assert "sees the picture from its edge" in told("depth: plane", tmp_path, shots)


def test_a_flight_is_no_zoom(tmp_path: Path) -> None:
    shots = "shots: [{duration: 4s, prompt: red, motion: {dolly_per_s: 1}}]\n"
    assert not any("zooms" in told for told in plan_of("depth: tunnel", tmp_path, shots).warnings)


STEREOS: list[tuple[str, StereoPlan, tuple[int, int]]] = [
    ("side_by_side", StereoPlan("side_by_side"), (128, 36)),
    ("over_under", StereoPlan("over_under"), (64, 72)),
    ("{format: anaglyph, ipd: 0.05, screen: 2}", StereoPlan("anaglyph", 0.05, 2.0), (64, 36)),
]


@pytest.mark.parametrize(("written", "wanted", "size"), STEREOS)
def test_two_eyes(written: str, wanted: StereoPlan, size: tuple[int, int], tmp_path: Path) -> None:
    plan = plan_of(f"depth: tunnel\nstereo: {written}", tmp_path)
    assert (plan.stereo, plan.film_size) == (wanted, size)
    assert not plan.warnings


def test_a_film_of_one_eye_has_the_pictures_size(tmp_path: Path) -> None:
    assert plan_of("depth: tunnel", tmp_path).film_size == (64, 36)


def test_a_film_larger_than_can_be_written_is_refused(tmp_path: Path) -> None:
    text = "output: {size: 8192x64, fps: 12}\nperceptors: tiny\ndepth: tunnel\n"
    story = load_story_text(text + "stereo: side_by_side\n" + SHOT, folder=tmp_path)
    with pytest.raises(StoryError, match="16384x64; 8192 is the most"):
        make_plan(story)


def test_two_eyes_that_see_the_same_are_told(tmp_path: Path) -> None:
    (warning,) = plan_of("stereo: side_by_side", tmp_path).warnings
    assert "both eyes see the same picture" in warning
    assert not plan_of("stereo: {format: anaglyph, screen: 2}", tmp_path).warnings


def digest(text: str, folder: Path) -> str:
    return plan_of(text, folder).shots[0].digest


def test_a_digest_covers_depth_and_eyes(valley: Path) -> None:
    texts = [
        "depth: plane",
        "depth: tunnel",
        "depth: {kind: tunnel, radius: 2}",
        "depth: valley.png",
        "depth: tunnel\nstereo: anaglyph",
        "depth: tunnel\nstereo: {format: anaglyph, ipd: 0.1}",
    ]
    found = {digest(text, valley) for text in texts}
    assert len(found) == len(texts)
    assert digest("title: x", valley) == digest("depth: plane\ntitle: x", valley)


def test_a_digest_covers_what_is_in_the_picture_not_where_it_lies(valley: Path) -> None:
    before = digest("depth: valley.png", valley)
    (valley / "else").mkdir()
    Image.open(valley / "valley.png").save(valley / "else" / "valley.png")
    assert digest("depth: valley.png", valley / "else") == before
    Image.new("L", (32, 18), 99).save(valley / "valley.png")
    assert digest("depth: valley.png", valley) != before


@pytest.mark.usefixtures("extra")
def test_a_digest_covers_the_files_of_a_model(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "weights").write_bytes(b"1")
    before = digest("depth: mine", tmp_path)
    (folder / "weights").write_bytes(b"2")
    assert digest("depth: mine", tmp_path) != before


def test_the_whole_is_written_as_it_reads(tmp_path: Path) -> None:
    text = "depth: {kind: tunnel, far: 8}\nstereo: {format: anaglyph, ipd: 0.1}"
    plan: Any = plan_of(text, tmp_path)
    again = make_plan(load_story_text(plan.story, folder=tmp_path))
    assert again.digest == plan.digest
    assert (again.shots[0].depth, again.stereo) == (plan.shots[0].depth, plan.stereo)
