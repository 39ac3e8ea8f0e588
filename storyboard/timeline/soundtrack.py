"""The soundtrack on the clock: its beats, from when to when it is audible, its stems and bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path

from storyboard.audio import (
    AUTO,
    MIDI_SUFFIXES,
    STEMS,
    Band,
    check_bands,
    midi_parts,
    read_midi,
    sound_length,
    stems_of,
)
from storyboard.curves.clock import Clock
from storyboard.curves.expressions import CONSTANTS, FUNCTIONS, TIME_NAMES
from storyboard.errors import BadValue
from storyboard.files import is_file, is_folder, missing_hint
from storyboard.plan import AudioPlan
from storyboard.story.music import AudioSpec, BandSpec, MidiSpec
from storyboard.story.read import Story
from storyboard.story.source import KeyPath
from storyboard.timeline.audio_features import SoundtrackFeatures
from storyboard.timeline.midi import MidiFeatures
from storyboard.timeline.report import Report
from storyboard.times import check_mark_name, parse_time

#: Stands for the end of a soundtrack that cannot be read, so that the rest can be checked.
LOST_END = Fraction(600)
#: Stands for a tempo that is unknown, likewise.
LOST_BPM = Fraction(120)
#: Stands for a band that cannot be measured, likewise: expressions may read its name.
LOST_BAND = Band(60, 250)
#: Seconds by which the length of a stem may miss that of the whole before it is reported.
STEM_SLACK = Fraction(1, 2)


@dataclass(frozen=True)
class Soundtrack:
    """The clock that knows the beats and the end of the soundtrack, and the soundtrack itself.

    ``first`` is when the first beat is audible; the grid of the clock goes on before it. ``shift``
    are the seconds to add to a time in the song to get film time.
    """

    clock: Clock
    audio: AudioPlan | None = None
    features: SoundtrackFeatures | None = None
    midi: MidiFeatures | None = None
    first: Fraction = Fraction(0)
    shift: Fraction = Fraction(0)

    def at_rate(self, fps: Fraction) -> Soundtrack:
        """Return the soundtrack sampled at frames that are painted at ``fps``."""
        features = self.features and replace(self.features, fps=fps, _hits={})
        return replace(self, features=features, midi=self.midi and replace(self.midi, fps=fps))


def soundtrack(story: Story, clock: Clock, report: Report) -> Soundtrack:
    """Return the soundtrack set by ``audio``, on ``clock``; errors go to ``report``."""
    audio = story.spec.audio
    if audio is None:
        lost = report.touched(("audio",))
        return Soundtrack(replace(clock, bpm=LOST_BPM, end=LOST_END) if lost else clock)
    clock = _tempo(audio, clock, report)
    lengths = _audio_times(audio, clock, report)
    start, offset = lengths["start"] or Fraction(0), lengths["offset"] or Fraction(0)
    first = offset - start + (lengths["first_beat"] or Fraction(0))
    clock = replace(clock, first_beat=_within_film(first, clock))
    placed = Soundtrack(clock=clock, first=first, shift=offset - start)
    if audio.file is not None:
        placed = _with_file(story, audio, lengths, placed=placed, report=report)
    elif audio.midi is None and _lost_file(story):
        return replace(placed, clock=replace(_lost_tempo(clock), end=LOST_END))
    else:
        _refuse_without_file(audio, report)
    if audio.midi is not None:
        placed = _with_midi(story, audio.midi, lengths, placed=placed, report=report)
    wanted = None if lengths["first_beat"] is None else first
    if audio.bpm == "auto" and audio.file is not None:
        return _as_played(placed, wanted, report)
    if audio.midi is not None and audio.bpm in (None, "auto"):
        return _as_written(placed, wanted, audio.beats_per_bar, report)
    return replace(placed, clock=_lost_tempo(clock)) if audio.bpm == "auto" else placed


def shift_of(written: str | float | None, clock: Clock) -> Fraction:
    """Return seconds of a length that may be negative: ``-0.2s``."""
    text = str(written or 0)
    amount = clock.duration_of(parse_time(text.lstrip("+-")))
    return -amount if text.startswith("-") else amount


def _tempo(audio: AudioSpec, clock: Clock, report: Report) -> Clock:
    """Return the clock with the tempo and the bars that are written."""
    bars = audio.beats_per_bar or clock.beats_per_bar
    clock = replace(clock, beats_per_bar=bars)
    if isinstance(audio.bpm, float):
        return replace(clock, bpm=Fraction(str(audio.bpm)))
    return _lost_tempo(clock) if report.touched(("audio", "bpm")) else clock


def _lost_tempo(clock: Clock) -> Clock:
    return replace(clock, bpm=LOST_BPM)


def _with_file(
    story: Story,
    audio: AudioSpec,
    lengths: Mapping[str, Fraction | None],
    *,
    placed: Soundtrack,
    report: Report,
) -> Soundtrack:
    """Return ``placed`` with the sound file, its stems and bands, from when to when it is
    audible.
    """
    start, offset = lengths["start"] or Fraction(0), lengths["offset"] or Fraction(0)
    file = file_of(story, str(audio.file), ("audio", "file"), report)
    length = None if file is None else _file_length(file, ("audio", "file"), report)
    end = lengths["end"] if lengths["end"] is not None else length
    song = file or Path(str(audio.file))
    stems, bands = _stems(story, audio, song, length, report), _bands(audio, report)
    if file is None or end is None:
        return replace(placed, clock=replace(placed.clock, end=LOST_END))
    if length is not None and end > length + Fraction(1, 10):
        message = f"the file ends at {float(length):.3f} s, before {float(end):.3f} s"
        report.error(("audio", "end"), message)
        end = length  # what counts beats or frames up to the end must end itself
    first = lengths["first_beat"]
    if length is not None and first is not None and first >= length:
        message = f"the file ends at {float(length):.3f} s, before {float(first):.3f} s"
        report.error(("audio", "first_beat"), message, hint="it counts in the file, not the film")
    if end <= start:
        report.error(("audio",), "the soundtrack ends before it starts")
        return replace(placed, clock=replace(placed.clock, end=LOST_END))
    until = offset + end - start
    plan = AudioPlan(file, start, offset, until, audio.gain or 0.0)
    clock = replace(placed.clock, end=until)
    tracker = audio.tracker and file_of(story, audio.tracker, ("audio", "tracker"), report)
    heard = (plan, clock.fps, stems, bands, clock.beats_per_bar, tracker or None)
    features = SoundtrackFeatures(*heard) if length else None
    return replace(placed, clock=clock, audio=plan, features=features)


def _with_midi(
    story: Story,
    spec: MidiSpec,
    lengths: Mapping[str, Fraction | None],
    *,
    placed: Soundtrack,
    report: Report,
) -> Soundtrack:
    """Return ``placed`` with the MIDI file; a sound file says how long both last."""
    path: KeyPath = ("audio", "midi")
    file = file_of(story, spec.file, path, report)
    shift, parts = placed.shift, None
    with report.at((*path, "offset")):
        shift += shift_of(spec.offset, placed.clock)
    with report.at(path):
        parts = midi_parts(read_midi(file)) if file else None
    if file is None or parts is None:
        return (
            placed if placed.audio else replace(placed, clock=replace(placed.clock, end=LOST_END))
        )
    start, stop = lengths["offset"] or Fraction(0), placed.clock.end
    if placed.audio is None:
        end = lengths["end"]
        stop = shift + parts.song.duration if end is None else placed.shift + end
        if stop <= start:
            report.error(("audio",), "the soundtrack ends before it starts")
            stop = LOST_END
    stop = stop or LOST_END
    midi = MidiFeatures(file, parts, shift, start, stop, placed.clock.fps)
    return replace(placed, clock=replace(placed.clock, end=stop), midi=midi)


def _as_written(
    placed: Soundtrack, wanted: Fraction | None, bars: int | None, report: Report
) -> Soundtrack:
    """Return ``placed`` with the beats and bars of the MIDI file; ``wanted`` is near beat 0."""
    if placed.midi is not None:
        with report.at(("audio", "midi")):
            clock = placed.midi.on_clock(placed.clock, wanted, bars)
            return replace(placed, clock=clock, first=placed.midi.shift)
    return replace(placed, clock=_lost_tempo(placed.clock))


def _as_played(placed: Soundtrack, wanted: Fraction | None, report: Report) -> Soundtrack:
    """Return ``placed`` with the beats of the soundtrack itself; ``wanted`` is near to beat 0."""
    if placed.features is None:
        return replace(placed, clock=_lost_tempo(placed.clock))
    with report.at(("audio", "bpm")):
        grid = placed.features.grid(wanted)
        bpm = Fraction(placed.features.song.tempo).limit_denominator(1000)
        meter = placed.features.meter(grid)
        clock = replace(placed.clock, bpm=bpm, first_beat=grid.first_beat, grid=grid, meter=meter)
        return replace(placed, clock=clock, first=grid.times[0])
    return replace(placed, clock=_lost_tempo(placed.clock))


def _within_film(first_beat: Fraction, clock: Clock) -> Fraction:
    """Return ``first_beat``, or the first bar of the film where the soundtrack begins after it."""
    if first_beat >= 0 or clock.bpm is None:
        return max(first_beat, Fraction(0))
    return first_beat % (60 / clock.bpm * clock.beats_per_bar)


def _audio_times(audio: AudioSpec, clock: Clock, report: Report) -> dict[str, Fraction | None]:
    """Return the lengths set in ``audio``, in seconds."""
    lengths: dict[str, Fraction | None] = {}
    for key in ("offset", "start", "end", "first_beat"):
        written, lengths[key] = getattr(audio, key), None
        if written is not None:
            with report.at(("audio", key)):
                spec = parse_time(written)
                auto = audio.bpm == "auto" or (audio.midi is not None and audio.bpm is None)
                if auto and spec.unit in ("beat", "bar"):
                    message = (
                        f"'{spec}': its beats are known only once the soundtrack has its place"
                    )
                    raise BadValue(message, hint="write the time in seconds")
                lengths[key] = clock.duration_of(spec)
    return lengths


def _lost_file(story: Story) -> bool:
    """Return True where a reported error may have been the file: ``fil: song.wav``."""
    inside = [path[1:] for path in story.pruned if path[0] == "audio"]
    known = {field.name for field in fields(AudioSpec)} - {"file"}
    return any(not path or path[0] not in known for path in inside)


def _refuse_without_file(audio: AudioSpec, report: Report) -> None:
    shared = ("start", "end") if audio.midi is None else ()
    for key in (*shared, "gain", "stems", "bands", "tracker"):
        if getattr(audio, key) is not None:
            report.error(
                ("audio", key), f"{key!r} needs a soundtrack", hint="say audio: {file: ...}"
            )
    if audio.bpm == "auto" and audio.midi is None:
        hint = "say audio: {file: ..., bpm: auto}, or write the number of beats a minute"
        report.error(("audio", "bpm"), "bpm: auto needs a soundtrack to listen to", hint=hint)


def _stems(
    story: Story, audio: AudioSpec, song: Path, length: Fraction | None, report: Report
) -> Mapping[str, Path]:
    """Return the files of the stems, by name; those that are made are made when they are read.

    A stem whose error has been reported still has a name, which expressions may read.
    """
    path: KeyPath = ("audio", "stems")
    if isinstance(audio.stems, str):
        with report.at(path):
            if audio.stems == AUTO:
                return stems_of(song, AUTO)
            folder = story.folder / audio.stems
            if is_file(folder) or (folder.suffix and not is_folder(folder)):
                hint = f"write stems: {{drums: {audio.stems}}}"
                raise BadValue(f"{audio.stems} is the file of a stem without a name", hint=hint)
            return stems_of(song, folder)
        return dict.fromkeys(STEMS, song)
    found = _stem_files(story, audio.stems or {}, length, report)
    return dict.fromkeys(audio.stems or {}, song) | found


def _stem_files(
    story: Story, stems_written: Mapping[str, str], length: Fraction | None, report: Report
) -> dict[str, Path]:
    """Return the files of the stems that are there, by name."""
    stems: dict[str, Path] = {}
    for name, written in stems_written.items():
        path: KeyPath = ("audio", "stems", name)
        with report.at(path):
            check_mark_name(name, what="stem")
        file = file_of(story, written, path, report)
        lasts = None if file is None else _file_length(file, path, report)
        if file is None or lasts is None:
            continue
        stems[name] = file
        if length is not None and abs(lasts - length) > STEM_SLACK:
            message = f"the stem lasts {float(lasts):.3f} s, the soundtrack {float(length):.3f} s"
            report.warn(path, message, hint="both begin at the same moment, whatever their length")
    return stems


def _bands(audio: AudioSpec, report: Report) -> dict[str, Band]:
    """Return the story's own bands."""
    bands: dict[str, Band] = {}
    for name, spec in (audio.bands or {}).items():
        path: KeyPath = ("audio", "bands", name)
        with report.at(path):
            _check_free(name)
            with report.at(path[:-1]):
                check_bands({name: LOST_BAND})
                bands[name] = LOST_BAND
            band = _band(spec)
            with report.at(path[:-1]):
                check_bands({name: band})
                bands[name] = band
    return bands


def _check_free(name: str) -> None:
    """Raise `BadValue` for a name that means something else in expressions."""
    check_mark_name(name, what="band")
    if name in {*TIME_NAMES, *CONSTANTS, *FUNCTIONS}:
        hint = f"another name, such as my_{name}"
        raise BadValue(f"{name!r} means something else and cannot name a band", hint=hint)


def _band(spec: BandSpec) -> Band:
    """Return the band in Hz. Raises `BadValue` unless it is written in just one of the two ways."""
    match (spec.center, spec.width, spec.low, spec.high):
        case (float(center), float(width), None, None):
            low, high = center - width / 2, center + width / 2
        case (None, None, float(low), float(high)):
            pass
        case _:
            message = "a band is {center, width} or {low, high}"
            raise BadValue(message, hint="such as {center: 60, width: 40}, in Hz")
    return Band(low, high)


def file_of(story: Story, written: str, path: KeyPath, report: Report) -> Path | None:
    """Return the file that ``written`` at ``path`` names, relative to the story; None, and a
    problem with the nearest name, where there is none.
    """
    file = story.folder / written
    if is_file(file):
        if file.stat().st_size:
            return file
        report.error(path, f"the file {file} is empty")
        return None
    hint = missing_hint(file) or "the path is relative to the story"
    report.error(path, f"file not found: {file}", hint=hint)
    return None


def _file_length(file: Path, path: KeyPath, report: Report) -> Fraction | None:
    """Return the length of the sound file; None, and a problem, where it is unknown."""
    with report.at(path):
        if file.suffix.lower() in MIDI_SUFFIXES:
            hint = f"write audio: {{midi: {file.name}}}"
            raise BadValue(f"{file.name} is a MIDI file and has no sound of its own", hint=hint)
        length = sound_length(file)
        end = f"its sound ends at {float(length.seconds):.3f} s"
        if length.torn:
            report.warn(path, f"the file is truncated: {end}", hint="copy or fetch it again")
        elif length.claimed is not None:
            message = f"the file states {float(length.claimed):.3f} s, but {end}"
            report.warn(path, message, hint="a copy made with ffmpeg states its true length")
        return length.seconds
    return None
