"""Offline analysis of a soundtrack: beats, onsets, sections and signals. Needs no torch.

::

    analyse(file, bands=, used=, beats_per_bar=) -> Analysis    beats, onsets, sections, signals
    SIGNALS                                                     their names, without analysis
    audio_duration(file) -> Fraction                            exact, without decoding
    read_lyrics(file) -> (Line, ...)                            .lrc, .srt
    read_marks(file) -> {name: seconds}                         Audacity labels, .csv, .lrc, .srt
    stems_of(file, "auto") -> {name: file}                      drums, bass, vocals, other
    midi_parts(read_midi(file)) -> MidiParts                    notes, controllers, tempo map
"""

from __future__ import annotations

from storyboard.audio.analyse import analyse, check_bands
from storyboard.audio.analysis import BANDS, SIGNALS, Analysis, Band
from storyboard.audio.duration import SoundLength, audio_duration, sound_length
from storyboard.audio.lyrics import Line, Word, read_lyrics
from storyboard.audio.mark_files import mark_name, read_marks
from storyboard.audio.midi_file import MIDI_SUFFIXES, MidiSong, read_midi
from storyboard.audio.midi_parts import MIDI_NAMES, MidiParts, midi_parts
from storyboard.audio.separation import STEMS
from storyboard.audio.stems import AUTO, Stems, stems_of
from storyboard.audio.transcribe import downloaded_whisper, heard_lyrics

__all__ = [
    "AUTO",
    "BANDS",
    "MIDI_NAMES",
    "MIDI_SUFFIXES",
    "SIGNALS",
    "STEMS",
    "Analysis",
    "Band",
    "Line",
    "MidiParts",
    "MidiSong",
    "SoundLength",
    "Stems",
    "Word",
    "analyse",
    "audio_duration",
    "check_bands",
    "downloaded_whisper",
    "heard_lyrics",
    "mark_name",
    "midi_parts",
    "read_lyrics",
    "read_marks",
    "read_midi",
    "sound_length",
    "stems_of",
]
