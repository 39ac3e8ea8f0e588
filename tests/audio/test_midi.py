"""MIDI files: exact times, the parts by name, and files that are refused."""

from __future__ import annotations

import struct
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.audio import MidiSong, midi_parts, read_midi
from storyboard.audio import midi_file as module
from storyboard.errors import BadValue, UsageError

from .midi_files import PER_BEAT, Row, midi_bytes, note

F = Fraction


def read(tmp_path: Path, raw: bytes) -> MidiSong:
    file = tmp_path / "song.mid"
    file.write_bytes(raw)
    return read_midi(file)


def song_of(tmp_path: Path, *tracks: list[Row]) -> MidiSong:
    return read(tmp_path, midi_bytes(*tracks))


CONDUCTOR: list[Row] = [
    (0, "set_tempo", {"tempo": 500_000}),
    (4 * PER_BEAT, "set_tempo", {"tempo": 666_667}),
    (6 * PER_BEAT, "set_tempo", {"tempo": 400_000}),
    (0, "time_signature", {"numerator": 4, "denominator": 4}),
    (4 * PER_BEAT, "time_signature", {"numerator": 7, "denominator": 8}),
    (8 * PER_BEAT, "marker", {"text": "Drop"}),
]
NOTES = [row for beat in range(12) for row in note(beat * PER_BEAT, 36, channel=10)]


def test_times_follow_the_tempo_map_exactly(tmp_path: Path) -> None:
    song = song_of(tmp_path, CONDUCTOR, NOTES)
    assert song.beats[:5] == tuple(F(n, 2) for n in range(5))
    assert song.beats[6] == 2 + 2 * F(666_667, 1_000_000)
    assert song.beats[8] - song.beats[7] == F(2, 5)
    ticks = np.arange(0, song.end, 7)
    exact = [float(song.tempo.seconds(int(tick))) for tick in ticks]
    assert song.tempo.floats(ticks).tolist() == exact


def test_bars_follow_the_time_signatures(tmp_path: Path) -> None:
    song = song_of(tmp_path, CONDUCTOR, NOTES)
    assert song.bars == (0, 4, F(15, 2), 11, F(29, 2))


def test_a_new_signature_begins_a_bar(tmp_path: Path) -> None:
    rows: list[Row] = [(2 * PER_BEAT, "time_signature", {"numerator": 3, "denominator": 4})]
    song = song_of(tmp_path, rows, NOTES)
    assert song.bars[:4] == (0, 2, 5, 8)


def test_the_usual_tempo_is_the_one_that_lasts_longest(tmp_path: Path) -> None:
    song = song_of(tmp_path, CONDUCTOR, NOTES)
    assert song.tempo.usual_bpm(song.end) == 150


@pytest.mark.parametrize(
    ("frames", "per_second"), [(25, F(1000)), (30, F(1200)), (29, F(1_200_000, 1001))]
)
def test_smpte_files_have_times_but_no_beats(frames: int, per_second: F, tmp_path: Path) -> None:
    raw = bytearray(midi_bytes(note(1000, 60)))
    raw[12:14] = struct.pack(">bB", -frames, 40)
    song = read(tmp_path, bytes(raw))
    assert song.tempo.seconds(1000) == 1000 / per_second
    assert song.beats == ()


def test_a_note_ends_with_velocity_zero_its_own_end_or_the_track(tmp_path: Path) -> None:
    rows: list[Row] = [
        (0, "note_on", {"note": 60, "velocity": 100}),
        (10, "note_on", {"note": 60, "velocity": 50}),
        (20, "note_on", {"note": 60, "velocity": 0}),
        (30, "note_off", {"note": 60}),
        (40, "note_on", {"note": 61, "velocity": 9}),
        (40, "note_off", {"note": 99}),
        (90, "text", {"text": "end"}),
    ]
    notes = song_of(tmp_path, rows).notes
    assert notes.start.tolist() == [0, 10, 40]
    assert notes.end.tolist() == [20, 30, 90]
    assert notes.velocity.tolist() == [100, 50, 9]


BAND: list[list[Row]] = [
    [(0, "track_name", {"name": "Lead Synth"}), *note(0, 60), *note(480, 64, velocity=64)],
    [(0, "track_name", {"name": "Tempo"}), *note(0, 40, channel=3)],
    [(0, "track_name", {"name": "Lead Synth"}), *note(0, 61, channel=2)],
    [
        *note(0, 36, channel=10),
        *note(240, 42, channel=10),
        *note(480, 38, channel=10),
        (0, "control_change", {"control": 1, "value": 127}),
        (480, "control_change", {"control": 1, "value": 0}),
        (0, "pitchwheel", {"pitch": -8192}),
        (240, "pitchwheel", {"pitch": 8191}),
        (0, "aftertouch", {"value": 127}),
    ],
    [(0, "track_name", {"name": "silent"})],
]


def test_parts_have_names(tmp_path: Path) -> None:
    parts = midi_parts(song_of(tmp_path, *BAND))
    expected = {
        "notes": 7,
        "drums": 3,
        "kick": 1,
        "snare": 1,
        "hat": 1,
        "closed_hat": 1,
        "ch1": 2,
        "ch2": 1,
        "ch3": 1,
        "ch10": 3,
        **{f"note{n}": 1 for n in (36, 38, 40, 42, 60, 61, 64)},
        "lead_synth": 2,
        "lead_synth.note60": 1,
        "lead_synth.note64": 1,
        "tempo_track": 1,
        "tempo_track.note40": 1,
        "lead_synth_2": 1,
        "lead_synth_2.note61": 1,
        "track4": 3,
        **{f"track4.note{n}": 1 for n in (36, 38, 42)},
    }
    assert {name: len(parts.notes(name).start) for name in parts.masks} == expected
    kinds = ("cc1", "bend", "pressure")
    owned = {f"{of}{kind}" for of in ("", "ch1.", "track4.") for kind in kinds}
    assert set(parts.controls) == owned


def test_what_is_held(tmp_path: Path) -> None:
    parts = midi_parts(song_of(tmp_path, *BAND))
    at = np.array([-0.1, 0.0, 0.1, 0.2, 0.25, 0.5, 0.6, 9.0])
    held = {
        "lead_synth.held": [0, 1, 1, 0, 0, 64 / 127, 64 / 127, 0],
        "lead_synth.pitch": [0, *[60 / 127] * 4, *[64 / 127] * 3],
        "cc1": [0, 1, 1, 1, 1, 0, 0, 0],
        "ch1.bend": [0, -1, -1, -1, 1, 1, 1, 1],
        "track4.pressure": [0, *[1] * 7],
        "tempo": [0, *[120] * 7],
    }
    for name, values in held.items():
        assert parts.steps(name).at(at) == pytest.approx(values), name
    assert set(held) <= set(parts.held)


def test_the_loudest_of_several_notes_is_held(tmp_path: Path) -> None:
    rows = [*note(0, 60, lasts=480, velocity=40), *note(120, 64, velocity=80), *note(480, 60)]
    steps = midi_parts(song_of(tmp_path, rows)).steps("notes.held")
    assert steps.values.tolist() == [40 / 127, 80 / 127, 40 / 127, 1, 0]
    within = steps.largest(np.array([0.1, 0.3]), 0.1)
    assert within.tolist() == [80 / 127, 40 / 127]


def test_a_track_called_like_a_drum_has_the_name(tmp_path: Path) -> None:
    rows: list[Row] = [(0, "track_name", {"name": "Kick"}), *note(0, 60), *note(480, 60)]
    parts = midi_parts(song_of(tmp_path, rows, note(0, 36, channel=10)))
    assert parts.notes("kick").number.tolist() == [60, 60]


def test_text_is_utf_8_or_latin_1(tmp_path: Path) -> None:
    named = [(0, "track_name", {"name": "Flöte".encode().decode("latin-1")}), *note(0, 60)]
    plain = [(0, "track_name", {"name": "Flöte"}), *note(0, 60)]
    assert song_of(tmp_path, named, plain).tracks == ("Flöte", "Flöte")


def _track(data: bytes, *, tracks: int = 1, division: int = 480, kind: int = 1) -> bytes:
    head = b"MThd" + struct.pack(">Lhhh", 6, kind, tracks, division)
    return head + b"MTrk" + struct.pack(">L", len(data)) + data


END = b"\x00\xff\x2f\x00"
SLOW = b"\x00\xff\x51\x03\xff\xff\xff"
HOSTILE = {
    "nothing": (b"", "is not a MIDI file"),
    "a picture": (b"\x89PNG\r\n" * 9, "is not a MIDI file"),
    "RIFF": (b"RIFF" + _track(END), "is not a MIDI file"),
    "only a head": (_track(END)[:14], "is damaged: it ends too early"),
    "half a head": (b"MThd\x00\x00", "is damaged"),
    "no tracks": (_track(END, tracks=0), "has no tracks"),
    "no division": (_track(END, division=0), "no time division"),
    "cut short": (_track(b"\x00\x90\x3c\x40" + END)[:-5], "is damaged"),
    "no status": (_track(b"\x00\x3c\x40" + END), "is damaged: running status"),
    "an undefined status": (_track(b"\x00\xf5\x00" + END), "is damaged: undefined status"),
    "a long message": (_track(b"\x00\xf0\xff\xff\xff\x7f" + END), "is damaged: Message length"),
    "an endless number": (_track(b"\x81" * 1_900_000), "a number in it does not end"),
    "format 2": (_track(END, kind=2), "is of format 2"),
    "a year": (
        _track((SLOW + b"\xff\xff\xff\x7f\x90\x3c\x40") * 9 + END),
        "lasts longer than 24 hours",
    ),
    "a huge delta": (
        _track(b"\xff" * 4000 + b"\x7f\x90\x3c\x40" + END),
        "lasts longer than 24 hours",
    ),
    "beats": (_track(b"\x00\xff\x51\x03\0\0\1\xff\xff\x7f" + END[1:], division=1), "200000 beats"),
    "bars": (
        _track(b"\x00\xff\x58\x04\x04\x0c\x18\x08\xff\xff\x7f" + END[1:], division=960),
        "200000 bars",
    ),
    "too large": (b"MThd" + bytes(2_000_000), "is too large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    raw, message = HOSTILE[name]
    began = time.process_time()
    with pytest.raises(BadValue) as raised:
        read(tmp_path, raw).beats  # noqa: B018
    assert message in str(raised.value)
    assert time.process_time() - began < 30  # a number read in quadratic time takes hours


def test_too_many_events_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_EVENTS", 11)
    with pytest.raises(BadValue, match="12 notes and controller changes: 11 at most"):
        song_of(tmp_path, NOTES)


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(b"")
    with pytest.raises(UsageError, match=r"song\.mid"):
        read_midi(tmp_path / "sonng.mid")


WHOLE = midi_bytes(CONDUCTOR, NOTES, *BAND)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=12))
def test_a_damaged_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    raw = bytearray(WHOLE)
    for place, byte in changes:
        raw[place] = byte
    _read_or_refuse(tmp_path_factory, bytes(raw))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_track_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    _read_or_refuse(tmp_path_factory, _track(data + END))


def _read_or_refuse(factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = factory.getbasetemp() / "damaged.mid"
    file.write_bytes(raw)
    try:
        song = read_midi(file)
    except BadValue as error:
        assert str(file) in str(error)
        return
    parts = midi_parts(song)
    for name in [*parts.held][:20]:
        assert np.isfinite(parts.steps(name).values).all()
    assert len(song.beats) != 1
    assert list(song.bars) == sorted(set(song.bars))
