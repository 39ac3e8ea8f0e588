"""The soundtrack of a story: beats as they are played, stems, bands, and what is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from storyboard.curves.clock import frame_of
from storyboard.plan import Plan
from storyboard.story import read_story_text
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.audio_features import HEARD_S
from storyboard.timeline.check import problems_of
from storyboard.timeline.report import Report
from storyboard.timeline.schedule import FilmSchedule, schedule

ROOT = Path(__file__).parents[2]
F = Fraction
RATE = 24_000
FPS = ["12", "24", "25", "23.976", "30", "60"]
CLICKS = [F(1, 2) * n for n in range(16)]


def clicks(times: list[float], length: float) -> npt.NDArray[np.float64]:
    """A sound that is silent but for a short click at each time, every fourth a loud one."""
    sound = np.zeros(round(length * RATE))
    n = np.arange(RATE // 20)
    one = np.cos(2 * np.pi * 1000 * n / RATE) * np.exp(-n / (0.008 * RATE))
    for number, time in enumerate(times):
        at = round(time * RATE)
        part = one[: len(sound) - at] * (0.9 if number % 4 == 0 else 0.5)
        sound[at : at + len(part)] += part
    return sound


def drifting() -> list[float]:
    """Beats from 0.3 s on that grow from 100 to 120 a minute within twelve seconds."""
    times = [0.3]
    while times[-1] < 11:
        times.append(times[-1] + 60 / (100 + 20 * times[-1] / 12))
    return times


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Songs, each analysed once for all tests of this file."""
    made = tmp_path_factory.mktemp("songs")
    soundfile.write(made / "song.wav", clicks([float(c) for c in CLICKS], 8), RATE)
    soundfile.write(made / "drift.wav", clicks(drifting(), 12), RATE)
    soundfile.write(made / "silence.wav", np.zeros(RATE * 4), RATE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORYBOARD_CACHE", str(made / "cache"))
        yield made


def plan_of(text: str, folder: Path, **overrides: Any) -> Plan:
    changes = {"perceptors": "tiny", **overrides}
    return make_plan(load_story_text(text, folder=folder, overrides=changes))


def schedule_of(text: str, folder: Path) -> FilmSchedule:
    story = load_story_text(text, folder=folder)
    report = Report(story)
    made = schedule(story, report)
    assert not report.errors
    return made


HEARD = "shots: [{prompt: a, hold: onset, motion: {pan_x: 'fract(b) < 0.0001', pan_y: bass}}]"


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("bpm", ["auto", "120"])
def test_a_click_is_at_its_frame_at_every_rate(fps: str, bpm: str, folder: Path) -> None:
    plan = plan_of(f"audio: {{file: song.wav, bpm: {bpm}}}\n{HEARD}", folder, **{"output.fps": fps})
    shot = plan.shots[0]
    expected = [frame_of(click, plan.fps) for click in CLICKS]
    assert np.flatnonzero(shot.values["hold"]).tolist() == expected
    apart = [abs(n / plan.fps - Fraction(round(2 * n / plan.fps), 2)) for n in range(shot.stop)]
    near = HEARD_S if bpm == "auto" else 0
    beats = [n for n, seconds in enumerate(apart) if seconds <= near]
    assert np.flatnonzero(shot.poses[:, 2]).tolist() == beats


def test_a_beat_a_hair_after_its_frame_is_on_it(tmp_path: Path) -> None:
    late = [float(Fraction(n, 2) + Fraction(18, RATE)) for n in range(1, 15)]
    soundfile.write(tmp_path / "song.wav", clicks(late, 8), RATE)
    story = f"audio: {{file: song.wav, bpm: auto}}\n{HEARD}"
    (shot,) = plan_of(story, tmp_path, **{"output.fps": "12"}).shots
    assert np.flatnonzero(shot.poses[:, 2]).tolist() == list(range(0, 96, 6))


FLASHES = """
shots: [{prompt: a, hold: "decay(beat, 6)", losses: {smoothness: since(onset)},
  lr: "count(onset)", filters: {vignette: "clamp(decay(onset, 60), 0, 1)"}}]
"""


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("bpm", ["auto", "120"])
def test_a_flash_is_whole_at_the_frame_of_its_beat(fps: str, bpm: str, folder: Path) -> None:
    text = f"audio: {{file: song.wav, bpm: {bpm}}}\n{FLASHES}"
    plan = plan_of(text, folder, **{"output.fps": fps})
    values = plan.shots[0].values
    hits = [frame_of(click, plan.fps) for click in CLICKS]
    frames = np.arange(plan.frame_count)
    ages = (frames[:, None] - np.array(hits)) / float(plan.fps)
    kernel = np.where(ages >= 0, np.exp(-6 * np.maximum(ages, 0)), 0).sum(1)
    assert values["hold"] == pytest.approx(kernel, rel=1e-12)
    assert np.flatnonzero(np.diff(values["hold"], prepend=0) > 0).tolist() == hits
    assert np.flatnonzero(values["losses.smoothness"] == 0).tolist() == hits
    assert values["lr"].tolist() == np.searchsorted(hits, frames, side="right").tolist()
    assert (values["filters.vignette"][hits] > 0.45).all()


@pytest.mark.parametrize("fps", FPS)
def test_a_click_far_into_a_soundtrack_that_sets_in_late(fps: str, folder: Path) -> None:
    """What is cut off, and where it lands in the film, moves nothing by a frame."""
    audio = "audio: {file: song.wav, bpm: auto, start: 1.25s, offset: 0.4s, end: 7s}"
    plan = plan_of(f"{audio}\n{HEARD}", folder, **{"output.fps": fps})
    moments = [click - F(5, 4) + F(2, 5) for click in CLICKS if F(5, 4) <= click < 7]
    expected = [frame_of(moment, plan.fps) for moment in moments]
    assert np.flatnonzero(plan.shots[0].values["hold"]).tolist() == expected


def test_times_in_beats_lie_on_the_beats_that_are_played(folder: Path) -> None:
    beats = drifting()
    shots = "shots: [{prompt: a, until: 4b}, {prompt: b, duration: 4b}, {prompt: c, until: end}]"
    text = f"audio: {{file: drift.wav, bpm: auto, first_beat: 0.3s}}\n{shots}"
    plan = plan_of(text, folder)
    assert float(plan.shots[0].end) == pytest.approx(beats[4], abs=0.002)
    assert float(plan.shots[1].end) == pytest.approx(beats[8], abs=0.002)
    clock = schedule_of(text, folder).clock
    assert [float(clock.beats.moment(n)) for n in range(18)] == pytest.approx(beats[:18], abs=0.002)


def test_the_beats_of_a_film_are_those_of_its_soundtrack(folder: Path) -> None:
    text = "audio: {file: song.wav, bpm: auto, start: 0.75s, offset: 0.5s, end: 4s}\n" + HEARD
    made = schedule_of(text, folder)
    beat, bar = (made.sound.events[name].times for name in ("beat", "bar"))
    assert beat.tolist() == [0.75, 1.25, 1.75, 2.25, 2.75, 3.25]
    assert made.sound.events["onset"].times.tolist() == beat.tolist()
    assert set(bar.tolist()) <= set(beat.tolist())


def test_before_the_soundtrack_beats_count_but_are_not_heard(folder: Path) -> None:
    text = "audio: {file: song.wav, bpm: 120, offset: 2s}\nmarks: {early: 4b}\n" + HEARD
    made = schedule_of(text, folder)
    assert made.sound.events["beat"].times.tolist() == [2 + n / 2 for n in range(16)]
    assert made.clock.beats.beat(F(1)) == -2
    assert made.clock.marks["early"] == 4


def test_a_changed_song_changes_the_shots_whose_curves_it_changes(folder: Path) -> None:
    text = """\
audio: {file: take.wav, bpm: 120}
perceptors: tiny
shots:
  - {name: a, prompt: a, until: 2s, hold: onset}
  - {name: b, prompt: b, until: 4s, cut: true}
  - {name: c, prompt: c, until: 6s, cut: true, motion: {pan_x: 0.1*(onset > 0)}}
  - {name: d, prompt: d, cut: true}
"""

    def digests(times: list[float]) -> dict[str, str]:
        soundfile.write(folder / "take.wav", clicks(times, 8), RATE)
        return {shot.name: shot.digest for shot in plan_of(text, folder).shots}

    first, early, late = digests([0, 1, 5]), digests([0, 1.5, 5]), digests([0, 1, 5, 7])
    assert {name for name in first if first[name] != early[name]} == {"a"}
    assert first == late


def test_a_stem_and_a_band_are_heard_by_name(folder: Path) -> None:
    audio = "{file: drift.wav, stems: {drums: song.wav}, bands: {tick: {center: 1000, width: 400}}}"
    shots = "shots: [{prompt: a, until: 8s, hold: drums.onset, steps: 9*tick, cuts: 1+drums.tick}]"
    story = load_story_text(
        f"audio: {audio}\n{shots}", folder=folder, overrides={"perceptors": "tiny"}
    )
    plan = make_plan(story)
    hits = np.flatnonzero(plan.shots[0].values["hold"])
    assert hits.tolist() == [frame_of(click, plan.fps) for click in CLICKS]
    assert plan.shots[0].values["steps"].max() > 4
    warned = [p.message for p in problems_of(story)]
    assert warned == ["the stem lasts 8.000 s, the soundtrack 12.000 s"]


WRONG: list[tuple[str, str, str, str]] = [
    ("{bpm: auto}", "audio.bpm", "bpm: auto needs a soundtrack", "file: ..."),
    ("{file: silence.wav, bpm: auto}", "audio.bpm", "no beats detected in silence.wav", "120"),
    ("{file: song.wav, bpm: atuo}", "audio.bpm", "unknown tempo 'atuo'", "'auto'"),
    ("{file: song.wav, bpm: auto, start: 4b}", "audio.start", "known only once", "in seconds"),
    (
        "{file: song.wav, stems: {drums: sogn.wav}}",
        "audio.stems.drums",
        "file not found",
        "'song.wav'",
    ),
    ("{file: song.wav, stems: {my drums: song.wav}}", "audio.stems.my drums", "of a stem", "stem"),
    ("{file: song.wav, bands: {a-b: {low: 1, high: 9}}}", "audio.bands.a-b", "of a band", "band"),
    ("{file: song.wav, bpm: 120, end: 999999999999999s}", "audio.end", "the file ends at", ""),
    ("{file: song.wav, start: 5s, end: 2s}", "audio", "ends before it starts", ""),
    ("3", "audio", "expected a text", ""),
    ("{file: song.wav, bpm: 120, first_beat: 1e9}", "audio.first_beat", "ends at", "in the file"),
    ("{fil: song.wav, bpm: auto, gain: 3}", "audio.fil", "unknown key 'fil'", "'file'"),
    ("{file: song.wav, gain: 1e9}", "audio.gain", "must be between -100 and 100", ""),
    ("{file: song.wav, stems: drums.wav}", "audio.stems", "a stem without a name", "drums: "),
    (
        "{file: song.wav, bands: {bass: {low: 1, high: 9}}}",
        "audio.bands.bass",
        "already a built-in signal",
        "",
    ),
    ("{file: song.wav, bands: {sin: {low: 1, high: 9}}}", "audio.bands.sin", "something else", ""),
    ("{file: song.wav, bands: {t: {low: 1, high: 9}}}", "audio.bands.t", "something else", "my_t"),
    ("{file: song.wav, bands: {x: {low: 1}}}", "audio.bands.x", "{center, width} or {low", "Hz"),
    ("{file: song.wav, bands: {x: {low: 1, width: 3}}}", "audio.bands.x", "or {low, high}", "Hz"),
    (
        "{file: song.wav, bands: {x: {low: 9, high: 1}}}",
        "audio.bands.x",
        "invalid band 9-1 Hz",
        "low",
    ),
    (
        "{file: song.wav, bands: {x: {center: 9, width: 30}}}",
        "audio.bands.x",
        "invalid band -6-24 Hz",
        "low",
    ),
    ("{file: song.wav, bands: {x: {centre: 9}}}", "audio.bands.x.centre", "unknown", "'center'"),
    ("{bpm: 120, bands: {x: {low: 1, high: 9}}}", "audio.bands", "needs a soundtrack", "file"),
]


LOST = [
    ("stems: {drums: sogn.wav}", "drums.onset", "audio.stems.drums"),
    ("bands: {air: {low: 9, high: 1}}", "air", "audio.bands.air"),
    ("start: 99s", "log(bass)+since(section)", "audio"),
    ("file: sogn.wav, stems: {d: song.wav}", "d.rms+count(d.onset)+onset", "audio.file"),
    ("bands: {air: {low: 20000, high: 22000}}", "air", "audio.bands.air"),
]


@pytest.mark.parametrize(("audio", "name", "path"), LOST)
def test_what_is_wrong_with_a_part_is_not_told_again_where_it_is_heard(
    audio: str, name: str, path: str, folder: Path
) -> None:
    file = "" if "file: " in audio else "file: song.wav, "
    text = f"audio: {{{file}{audio}}}\nmotion: {{zoom: 1+{name}}}\nshots: [{{prompt: a}}]"
    (problem,) = problems_of(read_story_text(text, folder=folder))
    assert problem.path == path


@pytest.mark.parametrize(("audio", "path", "message", "hint"), WRONG)
def test_what_is_wrong_is_told_once_in_its_place(
    audio: str, path: str, message: str, hint: str, folder: Path
) -> None:
    text = f"audio: {audio}\nperceptors: tiny\nshots: [{{prompt: a, duration: 1s}}]"
    (problem,) = problems_of(read_story_text(text, folder=folder))
    assert problem.path == path
    assert message in problem.message
    assert hint in (problem.hint or "")
    assert problem.line == 1


def test_a_story_that_does_not_listen_pays_for_no_analysis(folder: Path) -> None:
    """Beats of a written tempo need no listening; nor do stems that nobody hears."""
    text = (
        "audio: {file: song.wav, bpm: 120, stems: {drums: song.wav}}\\nperceptors: tiny\\n"
        "shots: [{prompt: a, until: 4b, snap: beat, motion: {zoom: 1 + 0.1*fract(b)}}]"
    )
    script = (
        "import sys; from storyboard import load_story, make_plan;"
        "from storyboard.timeline import load_story_text;"
        f"make_plan(load_story_text('{text}', folder={str(folder)!r}));"
        "print([n for n in ('librosa', 'scipy', 'numba') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
