"""MIDI in a story: notes on their frames, beats and bars of the tempo map, marks, and errors."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from storyboard.curves.clock import frame_of
from storyboard.plan import Plan
from storyboard.story import read_story_text
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.check import problems_of
from storyboard.timeline.report import Report
from storyboard.timeline.schedule import FilmSchedule, schedule

from ..audio.midi_files import PER_BEAT, Row, midi_bytes, note

F = Fraction
KICKS = (0, 480, 970, 1440, 2400)
CONDUCTOR: list[Row] = [
    (0, "set_tempo", {"tempo": 500_000}),
    (4 * PER_BEAT, "set_tempo", {"tempo": 1_000_000}),
    (0, "time_signature", {"numerator": 4, "denominator": 4}),
    (4 * PER_BEAT, "time_signature", {"numerator": 3, "denominator": 8}),
    (480, "marker", {"text": "Verse"}),
    (4 * PER_BEAT, "marker", {"text": "The Drop!"}),
    (10 * PER_BEAT, "text", {"text": "end"}),
]
DRUMS = [
    row for n, tick in enumerate(KICKS) for row in note(tick, 36, velocity=127 - 20 * n, channel=10)
]
LEAD: list[Row] = [
    (0, "track_name", {"name": "Lead"}),
    *note(480, 60, lasts=480),
    (960, "control_change", {"control": 1, "value": 127}),
]
SECONDS = (F(0), F(1, 2), F(97, 96), F(3, 2), F(3))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "song.mid").write_bytes(midi_bytes(CONDUCTOR, DRUMS, LEAD))
    (tmp_path / "bad.mid").write_bytes(b"MThd")
    soundfile.write(tmp_path / "song.wav", np.zeros(8 * 24_000), 24_000)
    return tmp_path


def plan_of(text: str, folder: Path, **overrides: Any) -> Plan:
    changes = {"perceptors": "tiny", **overrides}
    return make_plan(load_story_text(text, folder=folder, overrides=changes))


def schedule_of(text: str, folder: Path) -> FilmSchedule:
    story = load_story_text(text, folder=folder)
    report = Report(story)
    made = schedule(story, report)
    assert not report.errors
    return made


def shown(
    expression: str, folder: Path, *, audio: str = "{midi: song.mid}", fps: str = "24"
) -> Any:
    story = f"audio: {audio}\nshots: [{{prompt: a, lr: '{expression}'}}]"
    return plan_of(story, folder, **{"output.fps": fps}).shots[0].values["lr"]


@pytest.mark.parametrize("fps", ["12", "23.976", "24", "25", "30", "60"])
def test_a_note_is_on_its_frame_at_every_rate(fps: str, folder: Path) -> None:
    values = shown("midi.kick", folder, fps=fps)
    rate = plan_of("audio: {midi: song.mid}\nprompt: a", folder, **{"output.fps": fps}).fps
    expected = np.zeros(len(values))
    for n, second in enumerate(SECONDS):
        expected[frame_of(second, rate)] = (127 - 20 * n) / 127
    assert values.tolist() == expected.tolist()


def test_the_film_lasts_as_long_as_the_file(folder: Path) -> None:
    assert plan_of("audio: {midi: song.mid}\nprompt: a", folder).duration == 2 + 6
    assert plan_of("audio: {midi: song.mid, start: 1s, end: 4s}\nprompt: a", folder).duration == 3
    made = plan_of("audio: {midi: song.mid}\nprompt: a", folder)
    assert made.audio is None


def test_events_weigh_as_much_as_they_were_struck(folder: Path) -> None:
    frames = np.arange(192)
    hits = [frame_of(second, F(24)) for second in SECONDS]
    ages = (frames[:, None] - np.array(hits)) / 24
    weights = (127 - 20 * np.arange(5)) / 127
    kernel = (weights * np.where(ages >= 0, np.exp(-6 * np.maximum(ages, 0)), 0)).sum(1)
    assert shown("decay(midi.kick, 6)", folder) == pytest.approx(kernel)
    counted = np.searchsorted(hits, frames, side="right")
    assert shown("count(midi.drums)", folder).tolist() == counted.tolist()


def test_what_is_held_changes_at_the_nearest_frame(folder: Path) -> None:
    held = shown("midi.lead.held", folder)
    assert np.flatnonzero(held).tolist() == list(range(12, 25))
    assert np.flatnonzero(shown("midi.cc1", folder) == 1)[0] == 24
    assert np.flatnonzero(shown("midi.tempo", folder) == 60)[0] == 48
    assert shown("midi.note60.pitch", folder)[12:].tolist() == [60 / 127] * 180


def test_beats_and_bars_are_those_of_the_tempo_map(folder: Path) -> None:
    made = schedule_of("audio: {midi: song.mid}\nprompt: a", folder)
    assert made.sound.events["beat"].times[:6].tolist() == [0, 0.5, 1, 1.5, 2, 3]
    assert made.sound.events["bar"].times[:4].tolist() == [0, 2, 3.5, 5]
    bar = shown("bar", folder)
    assert bar[[0, 24, 48, 84, 102]] == pytest.approx([0, 0.5, 1, 2, 2.5])
    assert shown("1 + sine(2 bars)", folder)[[84, 66]] == pytest.approx([1, 0])
    assert shown("bpm", folder)[0] == 60


TIMES = [
    ("2 bars", F(7, 2)),
    ("1 bar", F(2)),
    ("5b", F(3)),
    ("kicks3", F(97, 96)),
    ("kicks5 + 1 bar", F(3) + F(3, 2)),
    ("part_Verse", F(1, 2)),
    ("part_the_drop", F(2)),
    ("part2", F(2)),
]


@pytest.mark.parametrize(("written", "expected"), TIMES)
def test_notes_and_markers_are_times(written: str, expected: Fraction, folder: Path) -> None:
    marks = "marks: {kicks: {midi: kick}, part: {midi: markers}}"
    shots = f"shots: [{{until: {written}, prompt: a}}, {{until: end, prompt: b}}]"
    plan = plan_of(f"audio: {{midi: song.mid}}\n{marks}\n{shots}", folder)
    assert plan.shots[0].end == expected


def test_shots_snap_to_bars_of_any_length(folder: Path) -> None:
    shots = "shots: [{duration: 3.4s, prompt: a}, {until: end, prompt: b, snap: bar}]"
    plan = plan_of(f"audio: {{midi: song.mid}}\n{shots}", folder)
    assert plan.shots[0].end == F(7, 2)


LATE = tuple(second + F(1, 4) for second in SECONDS)
PLACED = [
    ("{file: song.wav, midi: song.mid}", SECONDS),
    ("{file: song.wav, midi: song.mid, start: 1s, offset: 0.5s}", (F(49, 96), F(1), F(5, 2))),
    (
        "{file: song.wav, midi: {file: song.mid, offset: 250ms}}",
        tuple(s + F(1, 4) for s in SECONDS),
    ),
    ("{file: song.wav, midi: {file: song.mid, offset: -1s}}", (F(1, 96), F(1, 2), F(2))),
    ("{midi: song.mid, start: 1s}", (F(1, 96), F(1, 2), F(2))),
]


@pytest.mark.parametrize(("audio", "expected"), PLACED)
def test_notes_beside_a_sound_file(audio: str, expected: tuple[F, ...], folder: Path) -> None:
    found = schedule_of(f"audio: {audio}\nprompt: a", folder).sound.events["midi.kick"].times
    assert found == pytest.approx([float(second) for second in expected])


CLOCKS = [
    ("{midi: song.mid}", F(0), 60),
    ("{midi: song.mid, bpm: 90}", F(0), 90),
    ("{midi: song.mid, bpm: auto}", F(0), 60),
    ("{midi: song.mid, first_beat: 0.52s}", F(1, 2), 60),
    ("{midi: song.mid, start: 1s}", F(1), 60),
    ("{file: song.wav, midi: song.mid}", F(0), 60),
    ("{file: song.wav, midi: song.mid, bpm: 100}", F(0), 100),
]


@pytest.mark.parametrize(("audio", "first", "bpm"), CLOCKS)
def test_where_the_beats_come_from(audio: str, first: F, bpm: int, folder: Path) -> None:
    clock = schedule_of(f"audio: {audio}\nprompt: a", folder).clock
    assert clock.beats.moment(0) == first
    assert clock.bpm == bpm


def test_the_story_may_count_bars_its_own_way(folder: Path) -> None:
    clock = schedule_of("audio: {midi: song.mid, beats_per_bar: 3}\nprompt: a", folder).clock
    assert clock.bars_between(F(0), F(4)) == [0, F(3, 2)]


WRONG = [
    ("audio: {midi: sogn.mid}", "audio.midi", "file not found"),
    ("audio: {midi: bad.mid}", "audio.midi", "bad.mid is damaged"),
    ("audio: {midi: song.wav}", "audio.midi", "song.wav is not a MIDI file"),
    ("audio: song.mid", "audio", "song.mid is a MIDI file and has no sound of its own"),
    ("audio: {midi: song.mid, gain: 3}", "audio.gain", "'gain' needs a soundtrack"),
    ("audio: {midi: song.mid, start: 9s}", "audio", "ends before it starts"),
    ("audio: {midi: song.mid, start: 4b}", "audio.start", "its beats are known only once"),
    ("audio: {midi: {file: song.mid, offset: x}}", "audio.midi.offset", "'x'"),
    ("audio: {bpm: 99}\nmarks: {k: {midi: kick}}", "marks.k", "'midi' needs a MIDI file"),
    ("audio: {midi: song.mid}\nmarks: {k: {midi: kik}}", "marks.k", "has no notes called 'kik'"),
    ("audio: {midi: song.mid}\nlr: midi.kik", "lr", "unknown name 'midi.kik'"),
]


@pytest.mark.parametrize(("text", "path", "message"), WRONG)
def test_what_is_wrong_is_reported_once(text: str, path: str, message: str, folder: Path) -> None:
    (problem,) = problems_of(read_story_text(f"{text}\nprompt: a\nduration: 4s", folder=folder))
    assert problem.path == path
    assert message in problem.message


@pytest.mark.parametrize("audio", ["{midi: bad.mid}", "{file: song.wav, midi: bad.mid}"])
def test_names_of_a_file_that_cannot_be_read_are_not_wrong_as_well(
    audio: str, folder: Path
) -> None:
    text = f"audio: {audio}\nmarks: {{k: {{midi: kick}}}}\nprompt: a\nlr: decay(midi.kick, 6)"
    (problem,) = problems_of(read_story_text(text, folder=folder))
    assert problem.path == "audio.midi"


def test_the_near_name_is_suggested(folder: Path) -> None:
    text = "audio: {midi: song.mid}\nprompt: a\nlr: midi.leed.held"
    (problem,) = problems_of(read_story_text(text, folder=folder))
    assert "midi.lead.held" in str(problem.hint)


def test_without_a_file_the_hint_says_how(folder: Path) -> None:
    text = "audio: {bpm: 90}\nprompt: a\nduration: 2s\nlr: decay(midi.kick, 6)"
    (problem,) = problems_of(read_story_text(text, folder=folder))
    assert problem.hint == "midi.kick needs audio: {midi: song.mid}"
