"""Standard MIDI files: notes, controllers, tempo map and time signatures, in exact seconds.

::

    read_midi(path) -> MidiSong
    song.notes, song.controls               arrays, in order of time
    song.tempo.seconds(ticks)               ticks of the file to seconds
    song.beats, song.bars                   every quarter note; the starts of the bars, in beats

A beat is a quarter note, whatever the time signature; a bar of 6/8 lasts three of them.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from storyboard.audio.analysis import Floats
from storyboard.errors import BadValue, UsageError
from storyboard.files import is_file, missing_hint, read_bounded

MIDI_SUFFIXES = (".mid", ".midi", ".smf", ".kar")

LARGEST = 2_000_000
"""Largest accepted file in bytes."""

MOST_EVENTS = 200_000
"""Most notes and controller changes of a file."""

LONGEST_S = 86_400
"""Longest accepted file in seconds; times are then exact in 53 bits."""

MOST_BEATS = 200_000
DEFAULT_TEMPO = 500_000
"""Microseconds of a quarter note where the file sets no tempo: 120 beats a minute."""

_LONGEST_RUN = 4096
_MICROSECONDS = 1_000_000
_HINT = "export it again as a standard MIDI file (format 0 or 1)"

Ints = npt.NDArray[np.int64]


class TempoChange(NamedTuple):
    """From ``tick`` on each tick lasts ``per_tick`` parts of a second (`TempoMap.parts`);
    ``start`` are the parts that have passed by then.
    """

    tick: int
    per_tick: int
    start: int


@dataclass(frozen=True)
class TempoMap:
    """Converter of ticks to seconds; ``parts`` of them are a second. ``per_beat`` are the ticks of
    a quarter note, 0 in files that count in SMPTE frames and so have no beats.
    """

    parts: int
    per_beat: int
    changes: tuple[TempoChange, ...]

    def seconds(self, tick: int | Fraction) -> Fraction:
        """Return the exact second of a tick."""
        found = bisect_right(self.changes, tick, key=lambda change: change.tick) - 1
        change = self.changes[max(found, 0)]
        return (change.start + (tick - change.tick) * change.per_tick) / Fraction(self.parts)

    def floats(self, ticks: Ints) -> Floats:
        """Return the floats nearest to the exact seconds of ``ticks`` (n,)."""
        firsts, per_tick, starts = np.array(self.changes, dtype=np.int64).T
        found = np.maximum(np.searchsorted(firsts, ticks, side="right") - 1, 0)
        passed = starts[found] + (ticks - firsts[found]) * per_tick[found]
        seconds: Floats = passed / np.float64(self.parts)
        return seconds

    def bpm(self, change: TempoChange) -> Fraction:
        """Return beats a minute from ``change`` on."""
        return Fraction(60 * self.parts, change.per_tick * self.per_beat)

    def usual_bpm(self, last: int) -> Fraction:
        """Return the beats a minute that hold for most of the time up to the tick ``last``."""
        held: Counter[int] = Counter()
        ends = [*(change.tick for change in self.changes[1:]), last]
        for change, end in zip(self.changes, ends, strict=True):
            held[change.per_tick] += max(end - change.tick, 0) * change.per_tick
        per_tick = held.most_common(1)[0][0]
        return self.bpm(TempoChange(0, per_tick, 0))


@dataclass(frozen=True)
class MidiNotes:
    """Notes in order of their start, as arrays (n,): ticks, ``velocity`` 1..127, ``channel``
    1..16, ``track`` the index of the track.
    """

    start: Ints
    end: Ints
    number: Ints
    velocity: Ints
    channel: Ints
    track: Ints

    @classmethod
    def of(cls, rows: Sequence[tuple[int, ...]]) -> MidiNotes:
        """Return the notes of rows in the order of the fields."""
        return cls(*np.array(sorted(rows), dtype=np.int64).reshape(-1, 6).T)

    def subset(self, chosen: npt.NDArray[np.bool_]) -> MidiNotes:
        """Return the notes selected by the mask ``chosen`` (n,)."""
        return MidiNotes(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Control:
    """The changes of one controller of one track and channel: ticks and values (n,).

    ``kind`` is ``cc1`` ..., ``bend`` (-1..1) or ``pressure``; all others are in 0..1.
    """

    track: int
    channel: int
    kind: str
    ticks: Ints
    values: Floats


@dataclass(frozen=True)
class MidiSong:
    """A MIDI file. ``end`` is its last tick; ``tracks`` are the names of the tracks as written, ""
    for those without; ``meters`` are (tick, beats of a bar); ``markers`` (tick, text).
    """

    tempo: TempoMap
    end: int
    tracks: tuple[str, ...]
    notes: MidiNotes
    controls: tuple[Control, ...]
    meters: tuple[tuple[int, Fraction], ...]
    markers: tuple[tuple[int, str], ...]

    @property
    def duration(self) -> Fraction:
        """Return the seconds up to the last event of the file."""
        return self.tempo.seconds(self.end)

    @cached_property
    def beats(self) -> tuple[Fraction, ...]:
        """Return the second of every quarter note through the file and of the one after its end,
        at least two; none in a file that counts in SMPTE frames.
        """
        per_beat = self.tempo.per_beat
        if not per_beat:
            return ()
        count = max(-(-self.end // per_beat), 1)
        return tuple(self.tempo.seconds(n * per_beat) for n in range(count + 1))

    @cached_property
    def bars(self) -> tuple[Fraction, ...]:
        """Return the start of every bar in beats, and of the one after the end; at least two.

        A new time signature begins a bar, also within one that is not over.
        """
        starts: list[Fraction] = []
        changes = [(Fraction(tick, self.tempo.per_beat), length) for tick, length in self.meters]
        stops = [*(start for start, _ in changes[1:]), Fraction(len(self.beats) - 1)]
        for (start, length), stop in zip(changes, stops, strict=True):
            count = -((start - stop) // length)
            starts += [start + n * length for n in range(count)]
        last = changes[-1][1]
        return (*starts, starts[-1] + last) if starts else (Fraction(0), last)


@dataclass
class _Reading:
    """What has been read of a file so far."""

    notes: list[tuple[int, ...]] = field(default_factory=list)
    controls: dict[tuple[int, int, str], list[tuple[int, float]]] = field(default_factory=dict)
    tempos: dict[int, int] = field(default_factory=dict)
    meters: dict[int, Fraction] = field(default_factory=dict)
    markers: list[tuple[int, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    end: int = 0

    def track(self, messages: Iterable[Any]) -> None:
        """Read one track."""
        number, tick = len(self.names), 0
        self.names.append("")
        sounding: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for message in messages:
            tick += message.time
            if message.type in ("note_on", "note_off"):
                self._note(message, tick, number, sounding)
            elif message.is_meta:
                self._meta(message, tick)
            else:
                self._control(message, tick, number)
        for (channel, note), begun in sounding.items():
            self.notes += [(start, tick, note, v, channel, number) for start, v in begun]
        self.end = max(self.end, tick)

    def _note(
        self,
        message: Any,
        tick: int,
        track: int,
        sounding: dict[tuple[int, int], list[tuple[int, int]]],
    ) -> None:
        channel, note = message.channel + 1, message.note
        begun = sounding.setdefault((channel, note), [])
        if message.type == "note_on" and message.velocity:
            begun.append((tick, message.velocity))
        elif begun:
            start, velocity = begun.pop(0)
            self.notes.append((start, tick, note, velocity, channel, track))

    def _control(self, message: Any, tick: int, track: int) -> None:
        match message.type:
            case "control_change":
                kind, value = f"cc{message.control}", message.value / 127
            case "pitchwheel":
                kind, value = "bend", message.pitch / (8191 if message.pitch > 0 else 8192)
            case "aftertouch":
                kind, value = "pressure", message.value / 127
            case _:
                return
        key = (track, message.channel + 1, kind)
        self.controls.setdefault(key, []).append((tick, value))

    def _meta(self, message: Any, tick: int) -> None:
        match message.type:
            case "set_tempo":
                self.tempos[tick] = max(message.tempo, 1)
            case "time_signature":
                length = Fraction(4 * message.numerator, message.denominator)
                self.meters[tick] = length or Fraction(4)
            case "marker" | "cue_marker":
                self.markers.append((tick, _text(message.text)))
            case "track_name":
                self.names[-1] = self.names[-1] or _text(message.name)
            case _:
                pass


def read_midi(path: str | Path) -> MidiSong:
    """Read a standard MIDI file of format 0 or 1.

    Raises `UsageError` if there is no such file, `BadValue` with the reason for one that is not a
    MIDI file, damaged, or beyond `LARGEST`, `MOST_EVENTS`, `LONGEST_S` or `MOST_BEATS`.
    """
    path = Path(path)
    if not is_file(path):
        guess = missing_hint(path)
        raise UsageError(f"file not found: {path}" + (f"\n  hint: {guess}" if guess else ""))
    raw = read_bounded(path, LARGEST)
    if len(raw) > LARGEST:
        raise BadValue(f"{path} is too large for a MIDI file: {LARGEST // 1_000_000} MB at most")
    if not raw.startswith(b"MThd"):
        raise BadValue(f"{path} is not a MIDI file", hint="use a .mid file as a DAW exports it")
    parsed = _parsed(path, raw)
    reading = _Reading()
    for track in parsed.tracks:
        reading.track(track)
    count = len(reading.notes) + sum(map(len, reading.controls.values()))
    if count > MOST_EVENTS:
        raise BadValue(f"{path} has {count} notes and controller changes: {MOST_EVENTS} at most")
    return _song(path, reading, parsed.ticks_per_beat)


def _parsed(path: Path, raw: bytes) -> Any:
    """Return the file as mido reads it. Raises `BadValue`."""
    from mido import MidiFile
    from mido.midifiles.meta import KeySignatureError

    damaged = (OSError, EOFError, ValueError, TypeError, LookupError, struct.error)
    try:
        parsed = MidiFile(file=_Bytes(raw), clip=True)
    except (*damaged, KeySignatureError) as error:
        reason = str(error) or "it ends too early"
        raise BadValue(f"{path} is damaged: {reason[:200]}", hint=_HINT) from error
    if parsed.type == 2:
        raise BadValue(f"{path} is of format 2: its tracks are not one song", hint=_HINT)
    if not parsed.tracks or not parsed.ticks_per_beat:
        raise BadValue(f"{path} has no tracks or no time division", hint=_HINT)
    return parsed


class _Bytes(BytesIO):
    """Bytes to read, which end where a number would not.

    A length or delta time goes on while its bytes have the highest bit; mido sets no limit, and the
    time to read such a number grows with its square.
    """

    _run = 0

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes; raise OSError within a number that is too long."""
        data = super().read(size)
        self._run = self._run + 1 if len(data) == 1 and data[0] >= 0x80 else 0
        if self._run > _LONGEST_RUN:
            raise OSError("a number in it does not end")
        return data


def _song(path: Path, reading: _Reading, division: int) -> MidiSong:
    tempo = _tempo_map(reading.tempos, division)
    if tempo.seconds(reading.end) > LONGEST_S:
        raise BadValue(f"{path} lasts longer than {LONGEST_S // 3600} hours", hint=_HINT)
    if tempo.per_beat and reading.end // tempo.per_beat > MOST_BEATS:
        raise BadValue(f"{path} has more than {MOST_BEATS} beats")
    meters = dict(sorted({0: Fraction(4), **reading.meters}.items()))
    if tempo.per_beat and _bar_count(meters, reading.end, tempo.per_beat) > MOST_BEATS:
        raise BadValue(f"{path} has more than {MOST_BEATS} bars")
    return MidiSong(
        tempo=tempo,
        end=reading.end,
        tracks=tuple(reading.names),
        notes=MidiNotes.of(reading.notes),
        controls=tuple(
            Control(*key, *_columns(changes)) for key, changes in sorted(reading.controls.items())
        ),
        meters=tuple(meters.items()),
        markers=tuple(sorted(reading.markers)),
    )


def _bar_count(meters: dict[int, Fraction], end: int, per_beat: int) -> Fraction:
    stops = [*list(meters)[1:], end]
    lengths = zip(meters.items(), stops, strict=True)
    return sum(((stop - at) / (beats * per_beat) for (at, beats), stop in lengths), Fraction(0))


def _columns(changes: list[tuple[int, float]]) -> tuple[Ints, Floats]:
    """Return ticks and values; of several changes at one tick the last counts."""
    last = dict(changes)
    return np.array(list(last), dtype=np.int64), np.array(list(last.values()))


def _tempo_map(tempos: dict[int, int], division: int) -> TempoMap:
    """Return the map of ``division``: ticks of a quarter note, or below zero -256 * frames a second
    + ticks of a frame (SMPTE; 29 stands for 30000/1001).
    """
    if division < 0:
        frames, ticks = -(division >> 8), max(division & 0xFF, 1)
        rate = Fraction(30_000, 1001) if frames == 29 else Fraction(frames)
        change = TempoChange(0, rate.denominator, 0)
        return TempoMap(rate.numerator * ticks, 0, (change,))
    changes: list[TempoChange] = []
    for tick, tempo in sorted({0: DEFAULT_TEMPO, **tempos}.items()):
        passed = 0
        if changes:
            before = changes[-1]
            passed = before.start + (tick - before.tick) * before.per_tick
        changes.append(TempoChange(tick, tempo, passed))
    return TempoMap(_MICROSECONDS * division, division, tuple(changes))


def _text(text: str) -> str:
    """Return a text of the file, which mido reads as Latin-1, as UTF-8 where it is that."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return " ".join(text.replace("\0", " ").split())[:200]
