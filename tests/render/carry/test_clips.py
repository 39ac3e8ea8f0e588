"""Frames that start from a clip: its pictures at their times, and the last frame carried along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from storyboard.errors import Interrupted, MissingWeights
from storyboard.media.clip_file import ClipFile
from storyboard.motion.matrices import matrix
from storyboard.motion.warp import warp
from storyboard.plan import Plan, Pose
from storyboard.render import render
from storyboard.render.carry.clips import Clips
from storyboard.render.preview import Scale, camera_frames
from storyboard.timeline import load_story_text, make_plan

Make = Callable[..., Path]
Pictures = npt.NDArray[np.uint8]
CPU = torch.device("cpu")
HEAD = "output: {size: 64x36, fps: 12, format: gif}\nperceptors: tiny\ncuts: 4\n"
UNPAINTED = "steps_first: 0\nsteps: 0\n"


def square(count: int, step: float = 2.0) -> Pictures:
    """A bright textured square that goes to the right over a darker ground, (n, 36, 64, 3)."""
    chance = np.random.default_rng(7)
    ground = np.kron(chance.integers(20, 110, (9, 16, 3)), np.ones((4, 4, 1)))
    patch = np.kron(chance.integers(150, 250, (4, 4, 3)), np.ones((3, 3, 1)))
    pictures = np.repeat(ground[None], count, axis=0)
    for n, picture in enumerate(pictures):
        left = 8 + round(n * step)
        picture[12:24, left : left + 12] = patch
    return pictures.astype(np.uint8)


@pytest.fixture
def clip(make_clip: Make) -> Path:
    """Eighteen pictures, 24 a second."""
    return make_clip("clip.mkv", square(18), "24")


def plan_of(text: str, folder: Path) -> Plan:
    return make_plan(load_story_text(HEAD + text, folder=folder))


def frames_of(plan: Plan, folder: Path) -> Pictures:
    """The frames of the film, rendered in ``folder``."""
    render(plan, out=folder / "film.gif")
    paths = [
        path for shot in plan.shots for path in sorted(folder.glob(f"shots/{shot.name}-*/*.png"))
    ]
    return np.stack([np.asarray(Image.open(path)) for path in paths])


def pictures_of(clip: Path, numbers: range) -> npt.NDArray[np.float64]:
    """The clip's own pictures in the film's size, in grey levels."""
    opened = ClipFile(clip, (36, 64), "cover")
    return np.stack([opened.picture(n)[..., :3] / 257 for n in numbers])


def test_unpainted_and_unmixed_the_film_is_the_clip(clip: Path, tmp_path: Path) -> None:
    text = (
        UNPAINTED + "video_mix: 1\nshots: [{name: a, prompt: red, duration: 8f, video: clip.mkv}]"
    )
    frames = frames_of(plan_of(text, clip.parent), tmp_path)
    assert np.abs(frames - pictures_of(clip, range(0, 16, 2))).max() <= 1


def test_unpainted_and_unrefreshed_the_first_picture_moves_as_the_clip(
    clip: Path, tmp_path: Path
) -> None:
    """Only the flow moves it, so it shows how well what is carried stays where it belongs."""
    text = (
        UNPAINTED + "video_mix: 0\nshots: [{name: a, prompt: red, duration: 3f, video: clip.mkv}]"
    )
    frames = frames_of(plan_of(text, clip.parent), tmp_path).astype(float)
    true = pictures_of(clip, range(0, 6, 2))
    square_then = np.s_[14:22, 8 + 2 * 4 + 2 : 8 + 2 * 4 + 10]  # in the third frame
    carried = np.abs(frames[2] - true[2])
    standing = np.abs(true[0] - true[2])
    assert carried[square_then].mean() < 0.15 * standing[square_then].mean()
    assert carried.mean() < 0.3 * standing.mean()


def test_the_camera_moves_over_the_clip(clip: Path, tmp_path: Path) -> None:
    text = (
        UNPAINTED + "video_mix: 1\nmotion: {zoom: 1.5, rotate: 45*t}\n"
        "shots: [{name: a, prompt: red, duration: 4f, video: clip.mkv}]"
    )
    frames = frames_of(plan_of(text, clip.parent), tmp_path)
    for n, picture in enumerate(pictures_of(clip, range(0, 8, 2))):
        whole = torch.from_numpy(picture / 255).permute(2, 0, 1)[None].float()
        seen = warp(whole, matrix(Pose(zoom=1.5, rotate=45 * n / 12), 64 / 36))
        assert np.abs(frames[n] / 255 - seen[0].permute(1, 2, 0).numpy()).max() < 0.01


def test_the_transition_follows_clip_and_camera_in_one_move(clip: Path) -> None:
    """What is carried through a zoom lands where the camera shows the clip's own picture."""
    text = "motion: {zoom: 1 + 2*t}\nshots: [{prompt: red, duration: 4f, video: clip.mkv}]"
    plan = plan_of(text, clip.parent)
    clips = Clips(plan, CPU)
    before, after = (clips.layer(plan.frames[n]) for n in (0, 1))
    transition = clips.transition(0, plan.frames[1])
    assert before is not None and after is not None and transition is not None
    carried = warp(before.colors, transition.move)
    off = (carried - after.colors).abs().mean(1, keepdim=True)
    still = (before.colors - after.colors).abs().mean()
    assert (off * transition.known).mean() < 0.2 * still
    assert transition.known.mean() > 0.7


def test_a_clip_that_stands_still_moves_nothing(clip: Path) -> None:
    text = "shots: [{prompt: red, duration: 4f, video: {file: clip.mkv, speed: 0}}]"
    plan = plan_of(text, clip.parent)
    transition = Clips(plan, CPU).transition(0, plan.frames[3])
    assert transition is not None
    assert transition.move.steps == ()
    assert transition.known.min() == 1


def test_where_the_clip_uncovers_something_its_own_picture_shows(clip: Path) -> None:
    plan = plan_of("shots: [{prompt: red, duration: 4f, video: clip.mkv}]", clip.parent)
    clips = Clips(plan, CPU)
    transition = clips.transition(0, plan.frames[2])
    assert transition is not None
    painted = torch.zeros(1, 3, 36, 64)
    mixed = transition.mixed(painted, 0.25)
    behind, far = np.s_[..., 14:22, 10:14], np.s_[..., 14:22, 40:60]
    assert (mixed[behind] / transition.layer.colors[behind]).mean() > 0.7
    assert (mixed[far] / transition.layer.colors[far]).mean() == pytest.approx(0.25, abs=0.03)
    lost = transition.unreliable(torch.zeros(1, 1, 36, 64))
    assert lost[behind].mean() > 0.7
    assert lost[far].mean() < 0.05


def test_beside_a_clip_that_is_contained_the_last_picture_goes_on(make_clip: Make) -> None:
    clip = make_clip("tall.mkv", square(18)[:, :, :36])
    text = "shots: [{prompt: red, duration: 4f, video: {file: tall.mkv, fit: contain}}]"
    plan = plan_of(text, clip.parent)
    transition = Clips(plan, CPU).transition(0, plan.frames[1])
    assert transition is not None
    painted = torch.rand(1, 3, 36, 64)
    mixed = transition.mixed(painted, 1.0)
    assert torch.equal(mixed[..., :12], painted[..., :12])
    assert torch.equal(mixed[..., -12:], painted[..., -12:])
    inside = transition.layer.colors[..., 16:48]
    assert torch.allclose(mixed[..., 16:48], inside, atol=1e-3)


def test_held_colours_follow_a_clip_that_fades(make_clip: Make) -> None:
    light = np.linspace(1, 0, 12)[:, None, None, None]
    clip = make_clip("fade.mkv", (square(12, 0) * light).astype(np.uint8))
    plan = plan_of("shots: [{prompt: red, duration: 12f, video: fade.mkv}]", clip.parent)
    clips = Clips(plan, CPU)
    from storyboard.filters.color_hold import LabStats
    from storyboard.render.carry.color_memory import HeldColors

    first = clips.layer(plan.frames[0])
    assert first is not None
    held = HeldColors(LabStats.of(first.colors))
    for n in range(1, 12):
        transition = clips.transition(n - 1, plan.frames[n])
        assert transition is not None
        held = transition.followed(held)
    assert held.stats.mean.abs().max() < 1
    assert held.stats.std.max() < 1


def test_the_preview_shows_the_clip_under_the_camera(clip: Path, tmp_path: Path) -> None:
    text = "shots: [{name: a, prompt: red, duration: 4f, video: clip.mkv, motion: {zoom: 1.5}}]"
    plan = plan_of(text, clip.parent)
    scale = Scale(64, 36)
    clips = Clips(plan, CPU)
    for seen in camera_frames(plan, scale):
        layer = clips.layer(seen.frame)
        assert layer is not None
        shown = seen.picture / 255
        assert np.abs(shown - layer.colors[0].permute(1, 2, 0).numpy()).max() < 0.005
    given = np.full((36, 64, 3), 9, dtype=np.uint8)
    assert {seen.picture.max() for seen in camera_frames(plan, scale, given=given)} == {9}


PAINTED = (
    "steps_first: 4\nsteps: 3\nshots:\n"
    "  - {name: plain, prompt: red, duration: 2f}\n"
    "  - {name: one, prompt: red, duration: 4f, video: clip.mkv, motion: {rotate: 20*t}}\n"
    "  - {name: two, prompt: blue, duration: 3f, video: {file: clip.mkv, start: 0.25s}}\n"
    "  - {name: cut, prompt: blue, duration: 3f, cut: true, steps: {0f: 3, 1f: 0, 2f: 3},\n"
    "     drawer: {name: pixel, cells: [16, 9]},\n"
    "     video: {file: clip.mkv, at_end: bounce, end: 0.1s}}\n"
)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Filled by the first test that renders `PAINTED` undisturbed: its frames by name."""
    return {}


def saved(folder: Path) -> dict[str, bytes]:
    return {f"{p.parent.name}/{p.name}": p.read_bytes() for p in folder.glob("shots/*/*.png")}


@pytest.mark.parametrize("after", [1, 4, 6, 10])
def test_stopped_anywhere_it_goes_on_to_the_same_bytes(
    clip: Path, tmp_path: Path, straight: dict[str, bytes], after: int
) -> None:
    plan = plan_of(PAINTED, clip.parent)
    if not straight:
        render(plan, out=tmp_path / "straight" / "film.gif")
        straight.update(saved(tmp_path / "straight"))
    seen: list[int] = []
    with pytest.raises(Interrupted):
        render(
            plan,
            out=tmp_path / "film.gif",
            on_event=lambda event: seen.append(event.frame or 0) if event.kind == "frame" else None,
            stop=lambda: seen[-1:] == [after],
        )
    render(plan, out=tmp_path / "film.gif")
    assert saved(tmp_path) == straight
    assert len(straight) == plan.frame_count


def test_raft_without_its_weights_is_told_before_work_starts(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    text = "shots: [{prompt: red, duration: 4f, video: {file: clip.mkv, flow: raft}}]"
    with pytest.raises(MissingWeights, match="flow: dis needs none"):
        render(plan_of(text, clip.parent), out=tmp_path / "film.gif")
    assert saved(tmp_path) == {}
