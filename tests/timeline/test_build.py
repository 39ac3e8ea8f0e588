"""Story -> Plan: exact spans, chains, prompts that cross over, values, seeds."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from storyboard.errors import StoryError
from storyboard.plan import Plan, TextPrompt
from storyboard.story.quality import QUALITIES
from storyboard.timeline import load_story, load_story_text, make_plan
from storyboard.timeline.digests import frame_seed

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "stories").glob("*.yaml"))
F = Fraction


def plan_of(text: str, *, folder: Path | None = None, **overrides: Any) -> Plan:
    changes = {"perceptors": "tiny", **overrides}
    return make_plan(load_story_text(text, folder=folder or Path(), overrides=changes))


def shots(*each: str, head: str = "") -> str:
    return f"{head}\nshots:\n" + "".join(f"  - {{prompt: a, {one}}}\n" for one in each)


BEATS = "audio: {bpm: 120, first_beat: 0.5}\nmarks: {drop: 8b}"

SPANS: list[tuple[str, list[tuple[Fraction, Fraction, int, int]]]] = [
    (shots("duration: 2s", "duration: 24f"), [(F(0), F(2), 0, 48), (F(2), F(3), 48, 72)]),
    (
        shots("duration: 0.1s", "until: 0:01.5"),
        [(F(0), F(1, 10), 0, 2), (F(1, 10), F(3, 2), 2, 36)],
    ),
    (
        shots("duration: 4b", "duration: 1 bar", head="audio: {bpm: 90, beats_per_bar: 3}"),
        [(F(0), F(8, 3), 0, 64), (F(8, 3), F(14, 3), 64, 112)],
    ),
    (
        shots("until: 4b", "until: drop", head=BEATS),
        [(F(0), F(5, 2), 0, 60), (F(5, 2), F(9, 2), 60, 108)],
    ),
    (
        shots("until: 25%", "until: end", head="duration: 4s"),
        [(F(0), F(1), 0, 24), (F(1), F(4), 24, 96)],
    ),
    (
        shots("duration: 1s", "seed: 1", head="duration: 3s"),
        [(F(0), F(1), 0, 24), (F(1), F(3), 24, 72)],
    ),
    (
        shots("seed: 1", "duration: 2s", head="defaults: {duration: 1s}"),
        [(F(0), F(1), 0, 24), (F(1), F(3), 24, 72)],
    ),
    (
        "duration: 3s\nmarks: {drop: 1s}\nprompts: {0:00: a, drop: b, drop + 12f: c}",
        [(F(0), F(1), 0, 24), (F(1), F(3, 2), 24, 36), (F(3, 2), F(3), 36, 72)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPANS)
def test_shots_lie_end_to_end_in_exact_time(text: str, expected: list[Any]) -> None:
    plan = plan_of(text)
    assert [(s.start, s.end, s.first, s.stop) for s in plan.shots] == expected
    assert plan.duration == expected[-1][1]
    assert plan.frame_count == expected[-1][3] == len(plan.frames)


def test_a_hundred_thirds_of_a_second_are_799_frames() -> None:
    plan = plan_of(shots(*["duration: 1/3 s"] * 100, head="output: {fps: 23.976}"))
    assert plan.fps == F(24000, 1001)
    assert plan.duration == F(100, 3)
    assert plan.frame_count == 799
    assert [s.stop for s in plan.shots[:-1]] == [s.first for s in plan.shots[1:]]


def test_cuts_start_chains_and_a_shot_without_frames_hands_its_cut_on() -> None:
    plan = plan_of(
        shots("duration: 1s", "duration: 1s", "duration: 10ms, cut: true", "duration: 1s")
    )
    assert [shot.chain for shot in plan.shots] == [0, 0, 1, 1]
    assert [shot.fresh for shot in plan.shots] == [True, False, True, True]
    assert [shot.frame_count for shot in plan.shots] == [24, 24, 0, 24]
    assert [f.number for f in plan.frames if f.fresh] == [0, 48]
    assert [len(chain) for chain in plan.chains()] == [2, 2]


def test_every_frame_knows_its_time_seed_and_shot() -> None:
    plan = plan_of(shots("duration: 1s, name: x", "duration: 1s, seed: 4", head="seed: 9"))
    frame = plan.frames[30]
    assert (frame.local, frame.time, frame.shot.name) == (6, F(30, 24), "shot-002")
    assert frame.seed == frame_seed(4, "shot-002", 6)
    assert plan.frames[3].seed == frame_seed(9, "x", 3)
    assert (plan.seed, plan.shots[1].seed) == (9, 4)


def test_a_seed_may_be_a_word() -> None:
    """It stands for a number that expressions read too."""
    text = shots("duration: 1s, name: x, motion: {rotate: seed}", head="seed: hello")
    plan, other = plan_of(text), plan_of(text, seed="hullo")
    assert plan.seed == plan.shots[0].seed == plan.shots[0].entry.rotate != other.seed
    assert plan.frames[3].seed == frame_seed(plan.seed, "x", 3)


CROSSED = """\
output: {fps: 4}
shots:
  - {prompt: [a, {text: b, weight: {0s: 1, 100%: 0.5}}], duration: 1s}
  - {prompt: c, duration: 2s, fade: FADE, fade_shape: SHAPE}
"""


@pytest.mark.parametrize(
    ("fade", "shape", "expected"),
    [
        ("0s", "linear", {"c": [1, 1, 1, 1, 1, 1, 1, 1]}),
        (
            "1s",
            "linear",
            {
                "c": [0, 0.25, 0.5, 0.75, 1, 1, 1, 1],
                "a": [1, 0.75, 0.5, 0.25, 0, 0, 0, 0],
                "b": [0.5, 0.375, 0.25, 0.125, 0, 0, 0, 0],
            },
        ),
        ("1s", "cut", {"c": [1, 1, 1, 1, 1, 1, 1, 1]}),
        ("50%", "smooth", {"c": [0, 0.15625, 0.5, 0.84375, 1, 1, 1, 1]}),
    ],
)
def test_prompts_cross_over_at_the_start_of_a_shot(
    fade: str, shape: str, expected: dict[str, list[float]]
) -> None:
    plan = plan_of(CROSSED.replace("FADE", fade).replace("SHAPE", shape))
    tracks = {track.source.label: track.weights.tolist() for track in plan.shots[1].tracks}
    for text, weights in expected.items():
        assert tracks[text] == pytest.approx(weights)
    assert {p.source.label for p in plan.frames[-1].prompts} == {"c"}


def test_a_slerp_turns_one_prompt_into_the_next() -> None:
    plan = plan_of(CROSSED.replace("FADE", "1s").replace("SHAPE", "slerp"))
    prompt = plan.frames[6].prompts[0]
    assert (prompt.source, prompt.toward, prompt.mix) == (TextPrompt("a"), TextPrompt("c"), 0.5)


def test_the_shorthand_fades_for_a_second_and_a_cut_fades_never() -> None:
    text = "duration: 4s\nprompts: {0:00: a, 0:01: b, 0:03: {prompt: c, cut: true}}"
    tracks = [[t.source.label for t in shot.tracks] for shot in plan_of(text).shots]
    assert tracks == [["a"], ["b", "a"], ["c"]]
    assert [[t.source.label for t in s.tracks] for s in plan_of(text + "\nfade: 0s").shots][1] == [
        "b"
    ]


SETTINGS = """\
hold: 0.1
motion: {zoom: 2, rotate: 5}
losses: {smoothness: 1}
drawer: {name: pixel, cell: 8}
defaults: {hold: 0.2, motion: {rotate: 6, ease: smooth}, filters: {vignette: 0.5}}
shots:
  - {prompt: a, duration: 1s}
  - prompt: b
    duration: 1s
    hold: {0s: 0, 1s: 1}
    motion: {rotate: 7}
    losses: {exposure: {weight: 3, contrast: 0.1}, smoothness: 0}
    drawer: {name: pixel, init: 0}
  - {prompt: c, duration: 1s, drawer: fft}
"""


DRAWERS = [
    ("quality: sketch", "scenes"),
    ("quality: sketch\ndrawer: pixel", "pixel"),
    ("quality: sketch\nperceptors: tiny", "fft"),
    ("quality: draft\nperceptors: tiny", "fft"),
]


@pytest.mark.parametrize(("head", "drawer"), DRAWERS)
def test_the_drawer_of_a_quality_goes_with_its_perceptors(head: str, drawer: str) -> None:
    (shot,) = make_plan(load_story_text(f"{head}\nshots: [{{prompt: fire, duration: 1s}}]")).shots
    assert shot.drawer == drawer


def test_a_shot_counts_before_defaults_and_they_before_the_top() -> None:
    plan = plan_of(SETTINGS)
    first, second, third = plan.shots
    assert [first.entry.zoom, first.entry.rotate, second.entry.rotate] == [2, 6, 7]
    assert (first.values["hold"] == 0.2).all()
    assert second.values["hold"][12] == pytest.approx(0.5)
    assert [shot.drawer for shot in plan.shots] == ["pixel", "pixel", "fft"]
    assert [s.drawer_options for s in plan.shots] == [{"cell": 8}, {"cell": 8, "init": 0}, {}]
    assert (second.values["losses.exposure"] == 3).all()
    assert (second.values["losses.smoothness"] == 0).all()
    assert second.loss_options["exposure"] == {"brightness": 0.45, "contrast": 0.1}
    assert (third.values["filters.vignette"] == 0.5).all()
    assert third.filter_options["vignette"] == {"inner": 0.4}


def test_steps_of_a_fresh_shot_and_numbers_that_count_things() -> None:
    plan = plan_of(shots("duration: 1s, steps: 10 * u, steps_first: 50", "duration: 1s, cuts: 2.5"))
    first, second = (shot.values for shot in plan.shots)
    assert first["steps"][[0, 1, 6, 12]].tolist() == [50, 0, 3, 5]
    assert second["steps"][0] == QUALITIES["sketch"].steps
    assert second["cuts"][0] == 3
    assert "steps_first" not in first


@pytest.mark.parametrize("name", QUALITIES)
def test_a_quality_gives_perceptors_steps_and_encoder(name: str) -> None:
    preset = QUALITIES[name]
    text = shots("duration: 1s", head=f"quality: {name}")
    plan = make_plan(load_story_text(text))
    shot = plan.shots[0]
    assert shot.perceptors == preset.perceptors
    assert [shot.values[k][-1] for k in ("steps", "cuts")] == [preset.steps, preset.cuts]
    assert (shot.values["steps"][0], shot.cut_batch) == (preset.steps_first, preset.cut_batch)
    assert plan.quality == preset
    assert make_plan(load_story_text(text + "output: {crf: 1}")).quality.crf == 1


@pytest.fixture
def song(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "song.wav", np.zeros(44100 * 3 + 7), 44100)
    return tmp_path


LENGTH = F(44100 * 3 + 7, 44100)
AUDIO: list[tuple[str, tuple[Fraction, Fraction, Fraction], Fraction]] = [
    ("song.wav", (F(0), F(0), LENGTH), LENGTH),
    ("{file: song.wav, offset: 1s}", (F(0), F(1), LENGTH + 1), LENGTH + 1),
    ("{file: song.wav, start: 1s, end: 2.5s}", (F(1), F(0), F(3, 2)), F(3, 2)),
]


@pytest.mark.parametrize(("audio", "expected", "duration"), AUDIO)
def test_the_soundtrack_is_placed_to_the_sample(
    audio: str, expected: tuple[Fraction, ...], duration: Fraction, song: Path
) -> None:
    plan = plan_of(f"audio: {audio}\nprompts: {{0:00: a}}", folder=song)
    assert plan.audio is not None
    heard = (plan.audio.source_start, plan.audio.film_start, plan.audio.film_end)
    assert heard == expected
    assert plan.audio.file == song / "song.wav"
    assert plan.duration == duration


def test_the_soundtrack_ends_with_the_film(song: Path) -> None:
    plan = plan_of(shots("duration: 1s", head="audio: {file: song.wav, gain: -3}"), folder=song)
    assert plan.audio is not None
    assert (plan.audio.film_end, plan.audio.gain_db, plan.duration) == (F(1), -3.0, F(1))


@pytest.mark.parametrize(
    ("audio", "until", "end"),
    [
        ("{bpm: 120, first_beat: 0.25}", "2b", F(5, 4)),
        ("{bpm: 120, first_beat: 0.25, offset: 1s, file: song.wav}", "2b", F(9, 4)),
        # the film begins a second into the bar that starts at 0.25 s: the next one is at 1.25 s
        ("{bpm: 120, first_beat: 0.25, start: 1s, file: song.wav}", "1 bar", F(13, 4)),
    ],
)
def test_beats_count_from_the_first_beat(audio: str, until: str, end: Fraction, song: Path) -> None:
    plan = plan_of(shots(f"until: {until}", head=f"audio: {audio}"), folder=song)
    assert plan.shots[0].end == end


def test_a_sound_file_that_holds_no_sound_is_told(song: Path) -> None:
    (song / "song.wav").write_bytes(b"no sound")
    with pytest.raises(Exception, match=r"cannot read .*song\.wav as audio"):
        plan_of("audio: song.wav\nprompts: {0:00: a}", folder=song)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_plan_without_a_warning(path: Path) -> None:
    plan = make_plan(load_story(path))
    assert plan.warnings == ()
    assert plan.frame_count == plan.fps * plan.duration


def test_ten_minutes_at_thirty_frames_are_planned_without_a_step_a_frame() -> None:
    each = "duration: 10s, fade: 1s, motion: {zoom_per_s: 1 + 0.05*sin(t), pan_x: {0s: 0, 100%: 1}}"
    text = shots(*[each] * 60, head="perceptors: tiny") + "output: {fps: 30}"
    calls = 0

    def counted(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(counted)
    try:
        plan = make_plan(load_story_text(text))
    finally:
        sys.setprofile(None)
    assert plan.frame_count == 18000
    assert calls / plan.frame_count < 100


def test_no_torch_is_imported_by_loading_and_planning() -> None:
    script = (
        "import sys; from storyboard import load_story, make_plan;"
        f"plan = make_plan(load_story({str(EXAMPLES[0])!r}));"
        "from storyboard.story import schema_json; schema_json();"
        "print(plan.frame_count, [n for n in ('torch', 'kornia', 'open_clip') if n in sys.modules])"
    )
    assert _python(script).strip() == "96 []"


def _python(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("shots: [{prompt: a, duration: 900000s}]", "900000 frames"),
        ("audio: {bpm: 1000}\nshots: [{prompt: a, duration: 250000s}]", "4166666 beats"),
        ("audio: {bpm: 1000}\nduration: 250000s\nprompts: {0s: a}", "4166666 beats"),
        ("audio: {bpm: 1000}\nshots: [{prompt: a, duration: 4000000b}]", "4000000 beats"),
    ],
)
def test_a_film_too_long_to_be_planned_is_refused_before_that(text: str, what: str) -> None:
    curve = "decay(beat, 3)" if "bpm" in text else "t"
    story = f"output: {{fps: 1}}\nmotion: {{rotate: '{curve}'}}\n{text}"
    with pytest.raises(StoryError, match=f"the film would have {what}; .* are the most"):
        make_plan(load_story_text(story))
