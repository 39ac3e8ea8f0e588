"""Parts of a MIDI file by name: drums, notes, channels, tracks, controllers.

::

    parts = midi_parts(song)
    parts.notes["kick"] -> MidiNotes            what is struck: kick, note60, ch2, lead, lead.note60
    parts.steps("lead.cc1") -> Steps        what is held: kick.held, lead.pitch, cc1, bend, tempo
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from storyboard.audio.analysis import Floats, window_max
from storyboard.audio.mark_files import mark_name
from storyboard.audio.midi_file import Control, Ints, MidiNotes, MidiSong

Mask = npt.NDArray[np.bool_]

DRUM_CHANNEL = 10
"""The channel on which General MIDI has drums, counted from 1."""

DRUMS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "kick": (35, 36),
        "snare": (38, 40),
        "rim": (37,),
        "clap": (39,),
        "hat": (42, 44, 46),
        "closed_hat": (42,),
        "pedal_hat": (44,),
        "open_hat": (46,),
        "tom": (41, 43, 45, 47, 48, 50),
        "crash": (49, 57),
        "ride": (51, 53, 59),
        "china": (52,),
        "splash": (55,),
        "tambourine": (54,),
        "cowbell": (56,),
        "vibraslap": (58,),
        "bongo": (60, 61),
        "conga": (62, 63, 64),
        "timbale": (65, 66),
        "agogo": (67, 68),
        "cabasa": (69,),
        "maracas": (70,),
        "whistle": (71, 72),
        "guiro": (73, 74),
        "claves": (75,),
        "woodblock": (76, 77),
        "cuica": (78, 79),
        "triangle": (80, 81),
    }
)
"""Percussion of General MIDI: the note numbers of each name, on channel 10."""

MIDI_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "midi.notes": "all notes: velocity where one begins, 0 elsewhere; events, too",
        "midi.drums": f"the same of channel {DRUM_CHANNEL}",
        **{
            f"midi.{name}": f"the same of General MIDI percussion {', '.join(map(str, numbers))}"
            for name, numbers in DRUMS.items()
        },
        "midi.note60": "the same of one note, 0 to 127; 60 is middle C",
        "midi.ch1": "the same of one channel, 1 to 16",
        "midi.TRACK": "the same of a track, by its name; also midi.TRACK.note60, midi.TRACK.cc1",
        "midi.NAME.held": "velocity of the loudest note that sounds, of any of the above",
        "midi.NAME.pitch": "number of the last note begun, of 127",
        "midi.cc1": "a controller, 0 to 1",
        "midi.bend": "pitch bend, -1 to 1",
        "midi.pressure": "channel pressure, 0 to 1",
        "midi.tempo": "beats a minute at this moment",
    }
)
"""What a story can name of a MIDI file, with a line on each."""

_RESERVED = ("bend", "pressure", "tempo", "held", "pitch", "notes")
_KEPT_FORMS = ("cc", "ch", "note")
_ROUNDING_S = 1e-9


@dataclass(frozen=True)
class Steps:
    """A value that holds until it changes: ``seconds`` ascending and ``values``, both (n,); 0
    before the first.
    """

    seconds: Floats
    values: Floats

    def at(self, seconds: Floats) -> Floats:
        """Return the value at ``seconds`` (m,); a change counts from its very moment on."""
        place = np.searchsorted(self.seconds, seconds + _ROUNDING_S, side="right")
        return np.concatenate([[0.0], self.values])[place]

    def largest(self, seconds: Floats, width: float) -> Floats:
        """Return the largest value, 0 at least, within ``width`` seconds centred on each time."""
        first = np.searchsorted(self.seconds, seconds - width / 2, side="left")
        last = np.searchsorted(self.seconds, seconds + width / 2 - _ROUNDING_S, side="left") - 1
        within = window_max(self.values, first, last)
        return np.maximum(within, self.at(seconds - width / 2))


@dataclass(frozen=True)
class MidiParts:
    """What a story can name of a MIDI file, without the leading ``midi.``.

    ``masks`` select the notes of each part, ``controls`` the changes of each controller.
    """

    song: MidiSong
    masks: Mapping[str, Callable[[], Mask]]
    controls: Mapping[str, tuple[Control, ...]]

    @cached_property
    def held(self) -> tuple[str, ...]:
        """Return the names of all that `steps` reads."""
        of_notes = (f"{name}.{kind}" for name in self.masks for kind in ("held", "pitch"))
        return (*of_notes, *self.controls, *(["tempo"] if self.song.tempo.per_beat else []))

    def notes(self, name: str) -> MidiNotes:
        """Return the notes of a part."""
        return self.song.notes.subset(self.masks[name]())

    def steps(self, name: str) -> Steps:
        """Return what is held under ``name``: of a part the velocity (``held``) of the loudest note
        that sounds and the number (``pitch``) of the last one begun, both of 127; of a controller
        its value; the tempo in beats a minute.
        """
        if name == "tempo" and name not in self.controls:
            changes = self.song.tempo.changes
            ticks = np.array([change.tick for change in changes], dtype=np.int64)
            return self._steps(ticks, np.array([float(self.song.tempo.bpm(c)) for c in changes]))
        if name in self.controls:
            return self._steps(*_merged(self.controls[name]))
        part, _, kind = name.rpartition(".")
        notes = self.notes(part)
        if kind == "pitch":
            return self._steps(notes.start, notes.number / 127)
        return self._steps(*_loudest(notes))

    def _steps(self, ticks: Ints, values: Floats) -> Steps:
        return Steps(self.song.tempo.floats(ticks), values)


def midi_parts(song: MidiSong) -> MidiParts:
    """Return the parts of ``song`` that have notes or controller changes.

    A track is called as in the file, made a name (`mark_name`); where a drum is called so too, the
    track has the name.
    """
    tracks = _track_names(song)
    return MidiParts(song, _masks(song.notes, tracks), _controls(song, tracks))


def _masks(notes: MidiNotes, tracks: Mapping[int, str]) -> dict[str, Callable[[], Mask]]:
    """Return what selects the notes of each part, by name."""
    if not len(notes.start):
        return {}
    masks: dict[str, Callable[[], Mask]] = {"notes": lambda: np.ones(len(notes.start), bool)}
    drums = notes.channel == DRUM_CHANNEL
    struck = set(np.unique(notes.number[drums]).tolist())
    if struck:
        masks["drums"] = lambda: drums
    masks |= {
        name: partial(_drum, notes, numbers)
        for name, numbers in DRUMS.items()
        if struck & set(numbers)
    }
    masks |= _each(notes.channel, "ch")
    masks |= _each(notes.number, "note")
    for track, name in tracks.items():
        own = notes.track == track
        masks |= {name: partial(_equal, notes.track, track)} if own.any() else {}
        for number in np.unique(notes.number[own]).tolist():
            masks[f"{name}.note{number}"] = partial(_note_of, notes, track, number)
    return masks


def _each(column: Ints, prefix: str) -> dict[str, Callable[[], Mask]]:
    values = np.unique(column).tolist()
    return {f"{prefix}{value}": partial(_equal, column, value) for value in values}


def _equal(column: Ints, value: int) -> Mask:
    return np.equal(column, value)


def _drum(notes: MidiNotes, numbers: tuple[int, ...]) -> Mask:
    return _equal(notes.channel, DRUM_CHANNEL) & np.isin(notes.number, numbers)


def _note_of(notes: MidiNotes, track: int, number: int) -> Mask:
    return _equal(notes.track, track) & _equal(notes.number, number)


def _track_names(song: MidiSong) -> dict[int, str]:
    """Return the name of each track that has something to read; the nameless are track1 ..."""
    used = {*song.notes.track.tolist(), *(control.track for control in song.controls)}
    names: dict[int, str] = {}
    for track in sorted(used):
        wanted = _free_name(song.tracks[track] or f"track{track + 1}")
        taken = set(names.values())
        names[track] = next(name for name in _numbered(wanted) if name not in taken)
    return names


def _free_name(text: str) -> str:
    name = mark_name(text).lower()
    form = name.rstrip("0123456789")
    reserved = name in _RESERVED or (form in _KEPT_FORMS and form != name)
    return f"{name}_track" if reserved else name


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{n}" for n in count(2))


def _controls(song: MidiSong, tracks: Mapping[int, str]) -> dict[str, tuple[Control, ...]]:
    """Return the controllers: of the whole file, of a channel (``ch2.cc1``), of a track."""
    found: dict[str, list[Control]] = {}
    for control in song.controls:
        for of in ("", f"ch{control.channel}.", f"{tracks[control.track]}."):
            found.setdefault(of + control.kind, []).append(control)
    return {name: tuple(controls) for name, controls in found.items()}


def _merged(controls: Iterable[Control]) -> tuple[Ints, Floats]:
    """Return the changes of several controllers in one row, by tick."""
    ticks = np.concatenate([control.ticks for control in controls])
    values = np.concatenate([control.values for control in controls])
    order = np.argsort(ticks, kind="stable")
    return ticks[order], values[order]


def _loudest(notes: MidiNotes) -> tuple[Ints, Floats]:
    """Return where the velocity (of 127) of the loudest sounding note changes, and to what."""
    ends = np.maximum(notes.end, notes.start + 1)
    ticks = np.unique(np.concatenate([notes.start, ends]))
    level = np.zeros(len(ticks))
    for velocity in np.unique(notes.velocity):
        own = notes.velocity == velocity
        change = np.zeros(len(ticks), np.int64)
        np.add.at(change, np.searchsorted(ticks, notes.start[own]), 1)
        np.add.at(change, np.searchsorted(ticks, ends[own]), -1)
        level = np.where(np.cumsum(change) > 0, float(velocity), level)
    return ticks, level / 127
