"""The example stories: what they promise in their comments is so in the plan and in the film."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from storyboard.audio import analyse, midi_parts, read_midi
from storyboard.curves.clock import frame_of
from storyboard.media import ffmpeg
from storyboard.plan import Plan
from storyboard.render import render
from storyboard.timeline import load_story, load_story_text, make_plan

STORIES = Path(__file__).parents[1] / "examples" / "stories"
RATE = 24_000
FPS = ["12", "24", "25", "23.976", "30", "60"]


def plan_of(name: str, **overrides: str) -> Plan:
    return make_plan(load_story(STORIES / f"{name}.yaml", overrides=overrides))


@pytest.mark.parametrize("path", sorted(STORIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_is_a_lesson_that_is_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ") and "\n# Lesson: " in text
    assert max(map(len, text.splitlines())) <= 100
    assert sum(file.stat().st_size for file in STORIES.glob(f"{path.stem}.*")) < 250_000
    assert all(file.stat().st_size < 150_000 for file in STORIES.glob(f"{path.stem}.*"))


def values_of(plan: Plan, key: str) -> npt.NDArray[np.float64]:
    """A value over the whole film, 0 where a shot does not have it."""
    return np.concatenate(
        [shot.values.get(key, np.zeros(shot.stop - shot.first)) for shot in plan.shots]
    )


@pytest.mark.parametrize("fps", FPS)
def test_ignition_cuts_and_flashes_on_the_drop(fps: str) -> None:
    plan = plan_of("ignition", **{"output.fps": fps})
    drop = frame_of(plan.marks["drop"], plan.fps)
    assert plan.marks["drop"] == pytest.approx(4, abs=0.002)  # two bars of what was heard
    assert [shot.first for shot in plan.shots if shot.fresh] == [0, drop]
    flash = values_of(plan, "filters.light")
    assert not flash[:drop].any()
    assert flash[drop] == 1 == flash.max()
    assert (np.diff(flash[drop : frame_of(Fraction(6), plan.fps)]) < 0).all()  # one, no flicker


def test_ignition_begins_every_shot_on_a_beat() -> None:
    plan = plan_of("ignition")
    starts = [float(shot.start) for shot in plan.shots]
    assert starts == pytest.approx([0, 2, 4, 6], abs=0.002)  # galaxy is written 30 ms late


@pytest.mark.parametrize("fps", FPS)
def test_lullaby_shows_each_line_from_its_first_frame_and_steps_with_each_word(fps: str) -> None:
    plan = plan_of("lullaby", **{"output.fps": fps})
    starts = [Fraction(text) for text in ("0", "3", "5.6", "7.67")]
    assert [shot.first for shot in plan.shots] == [frame_of(start, plan.fps) for start in starts]
    assert [shot.name for shot in plan.shots] == ["line-001", "line-002", "gap-001", "line-003"]
    words = [at for name, at in plan.marks.items() if name.startswith("words")]
    assert len(words) == 16
    pans = np.concatenate([shot.poses[:, 2] for shot in plan.shots])
    speeds = np.diff(pans)
    assert (speeds > -1e-12).all()
    for at in words:  # the camera sets out anew, when all but a little of the last step is done
        frame = frame_of(at, plan.fps)
        assert speeds[frame] > 1.2 * speeds[frame - 2]


@pytest.mark.parametrize("fps", FPS)
def test_waltz_cuts_on_its_kicks_and_shines_with_every_bell(fps: str) -> None:
    plan = plan_of("waltz", **{"output.fps": fps})
    song = read_midi(STORIES / "waltz.mid")
    parts = midi_parts(song)
    kicks, bells = (
        [frame_of(song.tempo.seconds(tick), plan.fps) for tick in parts.notes(name).start.tolist()]
        for name in ("kick", "bells")
    )
    assert [shot.first for shot in plan.shots if shot.fresh] == [0, *kicks[:3]]
    assert plan.shots[-1].first == kicks[3]
    light = values_of(plan, "filters.light")
    assert np.flatnonzero(np.diff(light, prepend=0) > 0).tolist() == sorted(set(bells))
    bars = [frame_of(song.beats[3 * bar], plan.fps) for bar in range(6)]
    roll = np.concatenate([shot.poses[:, 1] for shot in plan.shots])
    assert np.abs(roll[bars]).max() < 0.5  # it sways through the middle on every bar
    lengths = np.diff([float(song.beats[n]) for n in range(15, 19)])
    assert (np.diff(lengths) > 0.09).all()  # each of the last beats is slower


def test_the_notes_of_waltz_are_heard_where_they_are_written() -> None:
    onsets = analyse(STORIES / "waltz.ogg").onsets
    song = read_midi(STORIES / "waltz.mid")
    kicks = song.tempo.floats(midi_parts(song).notes("kick").start)
    assert np.abs(onsets[None, :] - kicks[:, None]).min(axis=1).max() < 0.004


def test_coast_carries_the_mask_of_the_hill_but_not_that_of_the_sky() -> None:
    plan = plan_of("coast")
    masks = {p.source.label: p.mask for n in (5, 23) for p in plan.frames[n].prompts if p.mask}
    assert {label: mask.carried for label, mask in masks.items()} == {
        "a fire": True,
        "a starry night sky": False,
        "the moon": False,
    }
    assert plan.frames[0].values["init"] == 1
    assert [frame.values.get("init", 0) for frame in plan.frames][1:] == [0] * (
        plan.frame_count - 1
    )
    assert plan.shots[0].drawer == "fft"


CLICKS = [Fraction(1, 2) * n for n in range(5)]

FLASH = """
output: {size: 16x16, crf: 1}
audio: {file: clicks.wav, bpm: BPM}
define: {hit: "decay(beat, 20)"}
shots:
  - {name: dark, until: 2b, prompt: black, steps_first: 1, steps: 0, perceptors: tiny}
  - {name: on, until: end, prompt: black, steps: 0, perceptors: tiny}
filters: {light: {amount: "clamp(hit, 0, 1)", stops: 3}}
"""


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """A click track at 120 beats a minute: 2.4 seconds, every fourth click louder."""
    sound = np.zeros(round(2.4 * RATE))
    n = np.arange(RATE // 20)
    click = np.cos(2 * np.pi * 1000 * n / RATE) * np.exp(-n / (0.008 * RATE))
    for number, time in enumerate(CLICKS):
        at = round(time * RATE)
        sound[at : at + n.size] += click * (0.9 if number % 4 == 0 else 0.5)
    soundfile.write(tmp_path / "clicks.wav", sound, RATE)
    return tmp_path


@pytest.mark.parametrize("bpm", ["auto", "120"])
@pytest.mark.parametrize("fps", FPS)
def test_a_flash_is_seen_on_the_frame_of_its_click(fps: str, bpm: str, clicks: Path) -> None:
    """From the sound to the decoded pixels of the finished film: it jumps bright on the beats."""
    text = FLASH.replace("BPM", bpm)
    plan = make_plan(load_story_text(text, folder=clicks, overrides={"output.fps": fps}))
    film = render(plan, out=clicks / "film.mp4").path
    light = np.array([frame.mean() for frame in ffmpeg.decode_frames(film)])
    assert len(light) == plan.frame_count == frame_of(Fraction("2.4"), plan.fps)
    hits = [frame_of(click, plan.fps) for click in CLICKS]
    jumps = np.flatnonzero(np.diff(light, prepend=light[-1]) > 10)
    assert jumps.tolist() == hits


DOCS = Path(__file__).parents[1] / "docs"
WANTED = re.findall(r"^\| [^|]+ \| `(\w+: .+)` \|$", (DOCS / "music.md").read_text(), flags=re.M)


@pytest.mark.parametrize("wanted", WANTED)
def test_what_the_page_on_music_says_can_be_said(wanted: str, clicks: Path) -> None:
    shutil.copy(clicks / "clicks.wav", clicks / "drums.wav")
    (clicks / "song.lrc").write_text("[00:00.00]one\n[00:01.00]two\n")
    audio = "audio: {file: clicks.wav, bpm: auto, stems: {drums: drums.wav}}\nmarks: {drop: 2b}\n"
    alone = not re.match("shots|lyrics|prompt", wanted)
    shots = "shots: [{until: end, prompt: a}]" if alone else ""
    if wanted.startswith("prompt:"):
        wanted = f"shots: [{{until: end, {wanted}}}]"
    text = f"perceptors: tiny\noutput: {{fps: 12}}\n{audio}{wanted}\n{shots}"
    assert make_plan(load_story_text(text, folder=clicks)).frame_count == 29


def test_there_are_as_many_recipes_as_the_page_has_rows() -> None:
    assert len(WANTED) == 13


README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", README, flags=re.S))
def test_the_stories_of_the_readme_can_be_planned(text: str, tmp_path: Path) -> None:
    for name in ("song.ogg", "ignition.ogg"):
        shutil.copy(STORIES / "ignition.ogg", tmp_path / name)
    if "shots" not in text:
        text += "shots: [{until: end, prompt: a}]"
    assert make_plan(load_story_text(text, folder=tmp_path)).duration == 8


def test_the_readme_names_every_example() -> None:
    assert re.findall(r"\(examples/stories/(\w+)\.yaml\)", README) == [
        *(
            "first_light",
            "coast",
            "drift",
            "four_to_the_floor",
            "carousel",
            "growth",
            "ignition",
            "lullaby",
            "waltz",
            "regatta",
        )
    ]
    assert {path.stem for path in STORIES.glob("*.yaml")} == set(
        re.findall(r"\(examples/stories/(\w+)\.yaml\)", README)
    )
