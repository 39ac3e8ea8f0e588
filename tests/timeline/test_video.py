"""Which moment of its clip every frame shows, and what is told of clips that cannot be shown."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from storyboard.errors import Problem, StoryError
from storyboard.media import ffmpeg
from storyboard.media.clip_file import read_timing
from storyboard.plan import Plan
from storyboard.timeline import check_story, load_story_text, make_plan

Make = Callable[..., Path]
HEAD = "output: {size: 64x36, fps: %s}\nperceptors: tiny\n"


@pytest.fixture
def clip(make_clip: Make) -> Path:
    """Two seconds of 24 pictures a second."""
    return make_clip("clip.mp4", numbered(48), "24")


def numbered(count: int) -> npt.NDArray[np.uint8]:
    levels = np.arange(count, dtype=np.uint8) * 5
    return np.broadcast_to(levels[:, None, None, None], (count, 16, 16, 3)).copy()


def plan_of(text: str, clip: Path, fps: str = "12", **overrides: Any) -> Plan:
    story = load_story_text(HEAD % fps + text, folder=clip.parent, overrides=overrides)
    return make_plan(story)


def times(plan: Plan, shot: int = 0) -> tuple[Fraction, ...]:
    video = plan.shots[shot].video
    assert video is not None
    return video.times


def shown(plan: Plan, shot: int = 0) -> list[int]:
    """The numbers of the pictures that a shot shows."""
    video = plan.shots[shot].video
    assert video is not None
    timing = read_timing(video.file)
    return [timing.at(time) for time in video.times]


SHOT = "shots: [{prompt: red, duration: 1s, video: clip.mp4}]"
RATES = ["12", "24", "25", "23.976", "30"]


@pytest.mark.parametrize("film", RATES)
@pytest.mark.parametrize("source", RATES)
def test_every_rate_meets_every_other_by_time(make_clip: Make, source: str, film: str) -> None:
    exact = {"23.976": Fraction(24000, 1001)}
    rate = exact.get(source, Fraction(source))
    path = make_clip("clip.mp4", numbered(40), str(rate))
    plan = plan_of(SHOT, path, film)
    fps = plan.fps
    assert times(plan) == tuple(Fraction(n) / fps for n in range(plan.frame_count))
    for n, number in enumerate(shown(plan)):
        late = n / fps - number / rate
        assert 0 <= late + Fraction(1, 1000) < 1 / rate + Fraction(1, 1000), (n, number)
    if source == film:
        assert shown(plan) == list(range(plan.frame_count))


def test_a_clip_of_the_whole_story_plays_on_from_shot_to_shot(clip: Path) -> None:
    text = "video: clip.mp4\nshots: [{prompt: red, duration: 1s}, {prompt: blue, duration: 0.5s}]"
    plan = plan_of(text, clip)
    assert shown(plan, 0) == list(range(0, 24, 2))
    assert shown(plan, 1) == list(range(24, 36, 2))


def test_a_shots_own_clip_begins_with_the_shot(clip: Path) -> None:
    text = "shots: [{prompt: red, duration: 1s}, {prompt: b, duration: 0.5s, video: clip.mp4}]"
    assert shown(plan_of(text, clip), 1) == list(range(0, 12, 2))


def test_a_shot_can_do_without_the_clip_of_the_others(clip: Path) -> None:
    shots = "{prompt: a, duration: 1s, video: false}, {prompt: b, duration: 5f}"
    text = f"video: clip.mp4\nshots: [{shots}]"
    plan = plan_of(text, clip)
    assert plan.shots[0].video is None
    assert shown(plan, 1) == list(range(24, 34, 2))
    assert "video_mix" not in plan.shots[0].values
    assert plan.shots[1].values["video_mix"].tolist() == [0.3] * 5


def test_the_mix_may_move(clip: Path) -> None:
    text = "shots: [{prompt: red, duration: 1s, video: clip.mp4, video_mix: {0s: 1, 0.5s: 0}}]"
    mix = plan_of(text, clip).shots[0].values["video_mix"]
    assert mix == pytest.approx(np.clip(1 - np.arange(12) / 6, 0, 1))


def test_new_prompts_do_not_let_a_clip_go(clip: Path) -> None:
    """The first frame is held to the clip by its share; nothing learns faster for what is new."""
    text = "shots: [{prompt: red, duration: 4f, %s}, {prompt: blue, duration: 4f, video: clip.mp4}]"
    first, second = plan_of(text % "video: clip.mp4", clip).shots
    assert first.values["hold"] == pytest.approx([0.3, 1, 1, 1])
    assert second.values["hold"] == pytest.approx([1, 1, 1, 1])
    assert set(first.values["lr"]) == set(second.values["lr"]) == {0.35}
    without = plan_of(text % "fade: 0s", clip).shots[0]
    assert without.values["lr"][0] == 1


LENGTHS: list[tuple[str, list[int]]] = [
    ("{file: clip.mp4, at_end: hold}", [*range(0, 48, 2), *[47] * 12]),
    ("{file: clip.mp4, at_end: loop}", [*range(0, 48, 2), *range(0, 24, 2)]),
    ("{file: clip.mp4, at_end: bounce}", [*range(0, 48, 2), 47, *range(46, 24, -2)]),
    ("{file: clip.mp4, start: 1.5s, at_end: loop}", [*range(36, 48, 2)] * 6),
    ("{file: clip.mp4, start: 1s, end: 1.5s, at_end: hold}", [*range(24, 36, 2), *[35] * 30]),
    ("{file: clip.mp4, end: 25%, at_end: loop}", [*range(0, 12, 2)] * 6),
    ("{file: clip.mp4, speed: 0.5}", list(range(36))),
    ("{file: clip.mp4, speed: 0}", [0] * 36),
    ("{file: clip.mp4, speed: 3, at_end: hold}", [*range(0, 48, 6), *[47] * 28]),
]


@pytest.mark.parametrize(("written", "numbers"), LENGTHS, ids=[row[0] for row in LENGTHS])
def test_a_clip_may_be_cut_looped_held_and_slowed(
    clip: Path, written: str, numbers: list[int]
) -> None:
    plan = plan_of(f"shots: [{{prompt: red, duration: 3s, video: {written}}}]", clip)
    assert shown(plan) == numbers


def test_a_speed_that_moves_adds_up_to_the_way_and_not_to_the_frames(clip: Path) -> None:
    text = "shots: [{prompt: red, duration: 2s, video: {file: clip.mp4, speed: {0s: 0, 2s: 1}}}]"
    for fps in ("12", "25"):
        plan = plan_of(text, clip, fps)
        seconds = np.arange(plan.frame_count) / float(plan.fps)
        assert np.array(times(plan), dtype=float) == pytest.approx(seconds**2 / 4, abs=1e-5)


def test_a_film_a_little_longer_than_its_clip_holds_the_last_picture(clip: Path) -> None:
    """As a film's sound is seldom exactly as long as its pictures."""
    text = "shots: [{prompt: red, duration: 2.08s, video: clip.mp4}]"
    assert shown(plan_of(text, clip, "24"))[-4:] == [46, 47, 47, 47]


def problems(text: str, folder: Path) -> list[Problem]:
    path = folder / "story.yaml"
    path.write_text(HEAD % "12" + text)
    return check_story(path)


MISTAKES: list[tuple[str, str, str, str]] = [
    ("clap.mp4", "video", "file not found", "did you mean 'clip.mp4'?"),
    ("sound.wav", "video", "has no video stream", "it holds sound only"),
    ("story.yaml", "video", "cannot be read as a film", ""),
    ("{file: clip.mp4, strt: 1s}", "video.strt", "unknown key 'strt'", "mean 'start'"),
    ("{file: clip.mp4, fit: covr}", "video.fit", "unknown fit 'covr'", "did you mean 'cover'?"),
    ("{file: clip.mp4, flow: raf}", "video.flow", "unknown flow 'raf'", "did you mean 'raft'?"),
    ("{file: clip.mp4, at_end: lop}", "video.at_end", "'lop'", "did you mean 'loop'?"),
    ("{file: clip.mp4, start: 3s}", "video.start", "the clip ends at 2.000 s, before 3.000 s", ""),
    ("{file: clip.mp4, end: 4s}", "video.end", "the clip ends at 2.000 s, before 4.000 s", ""),
    ("{file: clip.mp4, start: 1s, end: 1s}", "video.end", "ends before it starts", ""),
    ("{file: clip.mp4, speed: -1}", "video.speed", "-1 must be between 0 and 100", ""),
    ("{file: clip.mp4, start: soon}", "video.start", "", ""),
    ("{file: clip.mp4, start: 1.2s}", "video", "the clip ends at 2.000 s: from 0.833 s", "at_end"),
    ("{file: clip.mp4, start: 1.5s, end: 1s}", "video.end", "ends before it starts", ""),
    ("{start: 1s}", "video", "'file' is missing here", ""),
    ("true", "video", "expected a text", ""),
]


@pytest.mark.parametrize(("written", "key", "told", "hint"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_mistakes_are_told_where_they_stand(
    clip: Path, written: str, key: str, told: str, hint: str
) -> None:
    ffmpeg.run(
        ["-f", "lavfi", "-i", "sine=duration=0.1", str(clip.parent / "sound.wav")], doing="sing"
    )
    (found,) = problems(f"shots: [{{prompt: red, duration: 1s, video: {written}}}]", clip.parent)
    assert found.line == 3
    assert key in found.path
    assert told in found.message
    assert hint in (found.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "shots: [{prompt: red, duration: 1s, video_mix: 0.5}]",
        "video_mix: 0.5\nshots: [{prompt: red, duration: 1s}]",
        "defaults: {video_mix: 0.5}\nshots: [{prompt: red, duration: 1s}]",
    ],
)
def test_a_mix_without_a_clip_is_told(tmp_path: Path, text: str) -> None:
    (found,) = problems(text, tmp_path)
    assert "there is no clip to mix in" in found.message
    assert "video_mix" in found.path


def test_a_mix_for_all_shots_is_right_where_one_has_a_clip(clip: Path) -> None:
    shots = "{prompt: a, duration: 1s}, {prompt: b, duration: 1s, video: clip.mp4}"
    assert problems(f"video_mix: 0.5\nshots: [{shots}]", clip.parent) == []


def test_a_clip_that_is_too_short_for_many_shots_is_told_once(clip: Path) -> None:
    shots = ", ".join("{prompt: red, duration: 1.5s}" for _ in range(4))
    with pytest.raises(StoryError) as caught:
        plan_of(f"video: clip.mp4\nshots: [{shots}]", clip)
    assert len(caught.value.problems) == 1


CHANGES: list[tuple[str, bool]] = [
    ("clip.mp4", False),
    ("{file: clip.mp4, start: 0, at_end: loop}", False),
    ("{file: clip.mp4, start: 1f}", True),
    ("{file: clip.mp4, speed: 0.9}", True),
    ("{file: clip.mp4, fit: stretch}", True),
    ("{file: clip.mp4, flow: none}", True),
    ("false", True),
]


@pytest.mark.parametrize(("written", "changes"), CHANGES, ids=[row[0] for row in CHANGES])
def test_the_digest_is_that_of_what_is_seen(clip: Path, written: str, changes: bool) -> None:
    before = plan_of(SHOT, clip).shots[0].digest
    after = plan_of(SHOT.replace("clip.mp4", written), clip).shots[0].digest
    assert (before != after) == changes


def test_the_digest_is_of_what_the_clip_holds_not_of_its_name(clip: Path, make_clip: Make) -> None:
    before = plan_of(SHOT, clip).shots[0].digest
    clip.rename(clip.parent / "other.mp4")
    assert plan_of(SHOT.replace("clip.mp4", "other.mp4"), clip).shots[0].digest == before
    make_clip("clip.mp4", numbered(48)[::-1].copy(), "24")
    assert plan_of(SHOT, clip).shots[0].digest != before


def test_a_clips_own_sound_is_a_soundtrack(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=64x36:rate=24:duration=1.5"]
    sound = ["-f", "lavfi", "-i", "sine=duration=1.5", "-c:a", "aac", "-pix_fmt", "yuv420p"]
    ffmpeg.run([*source, *sound, str(path)], doing="make a clip")
    plan = plan_of("audio: clip.mp4\nvideo: clip.mp4\nshots: [{prompt: red}]", path)
    assert plan.audio is not None
    assert abs(plan.duration - Fraction(3, 2)) < Fraction(1, 20)
    assert shown(plan)[:18] == list(range(0, 36, 2))


def test_the_story_that_goes_into_the_film_still_names_the_clip(clip: Path) -> None:
    text = "shots: [{prompt: red, duration: 1s, video: {file: clip.mp4, at_end: loop}}]"
    again = make_plan(load_story_text(plan_of(text, clip).story, folder=clip.parent))
    assert times(again) == times(plan_of(text, clip))
