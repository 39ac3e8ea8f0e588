"""Synthesise the soundtracks of the example stories.

Everything is computed: additive pads, plucked arpeggios, a kick made of a falling sine, a voice
made of vowels, and a reverb made of decaying noise. The same run gives the same samples. Writes Ogg
Vorbis files beside the stories, and for *Waltz* the MIDI file of the same notes::

    python examples/make_soundtracks.py
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import mido
import numpy as np
import numpy.typing as npt
import soundfile as sf

from storyboard.audio import read_lyrics

RATE = 44100
Mono = npt.NDArray[np.float64]
Stereo = npt.NDArray[np.float64]


def hertz(note: float) -> float:
    """Frequency of a MIDI note number (69 = A4 = 440 Hz)."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def seconds(duration_s: float) -> Mono:
    """Sample times of a stretch of sound."""
    return np.arange(round(duration_s * RATE)) / RATE


def envelope(t: Mono, *, attack_s: float, release_s: float) -> Mono:
    """Rise over ``attack_s``, fall over the last ``release_s``; both half-cosine."""
    up = 0.5 - 0.5 * np.cos(np.pi * np.clip(t / attack_s, 0, 1))
    down = 0.5 - 0.5 * np.cos(np.pi * np.clip((t[-1] - t) / release_s, 0, 1))
    return up * down


def pad(note: float, duration_s: float) -> Stereo:
    """Return a soft chord tone: eight harmonics, two detuned voices, one more to each side."""
    t = seconds(duration_s)
    sides = []
    for detune in (-0.06, 0.06):
        f = hertz(note + detune)
        partials = [np.sin(2 * np.pi * f * k * t + k) / k**1.7 for k in range(1, 9)]
        sides.append(np.sum(partials, axis=0))
    shape = envelope(t, attack_s=0.35 * duration_s, release_s=0.4 * duration_s)
    return np.stack(sides, axis=1) * shape[:, None] * 0.1


def pluck(note: float, duration_s: float, *, pan: float = 0.0) -> Stereo:
    """Return a bell-like note that dies away; ``pan`` from -1 (left) to 1 (right)."""
    t = seconds(duration_s)
    f = hertz(note)
    tone = np.sin(2 * np.pi * f * t + 1.5 * np.exp(-6 * t) * np.sin(2 * np.pi * 3.01 * f * t))
    tone *= np.exp(-3.2 * t) * np.clip(t / 0.004, 0, 1)
    return np.stack([tone * (1 - pan), tone * (1 + pan)], axis=1) * 0.09


def kick(duration_s: float = 0.35) -> Stereo:
    """Return a drum: a sine that falls from 150 to 45 Hz."""
    t = seconds(duration_s)
    phase = 2 * np.pi * (45 * t + 105 / 30 * (1 - np.exp(-30 * t)))
    tone = np.sin(phase) * np.exp(-9 * t) * 0.6
    return np.stack([tone, tone], axis=1)


def hat(rng: np.random.Generator, duration_s: float = 0.08) -> Stereo:
    """Return a short burst of high noise."""
    t = seconds(duration_s)
    noise = np.diff(rng.standard_normal((t.size + 1, 2)), axis=0)
    return noise * np.exp(-60 * t)[:, None] * 0.06


def snare(rng: np.random.Generator, duration_s: float = 0.22) -> Stereo:
    """Noise over a short low tone."""
    t = seconds(duration_s)
    noise = rng.standard_normal((t.size, 2)) * np.exp(-22 * t)[:, None]
    tone = np.sin(2 * np.pi * 185 * t) * np.exp(-30 * t)
    return noise * 0.11 + tone[:, None] * 0.2


def crash(rng: np.random.Generator, duration_s: float = 1.6) -> Stereo:
    """Return a cymbal: high noise that rings out."""
    t = seconds(duration_s)
    noise = np.diff(rng.standard_normal((t.size + 1, 2)), axis=0)
    return noise * (np.exp(-3 * t) * np.clip(t / 0.002, 0, 1))[:, None] * 0.1


def growl(note: float, duration_s: float) -> Stereo:
    """Return a bass string: a saw whose overtones close while it sounds."""
    t = seconds(duration_s)
    f = hertz(note)
    partials = [np.sin(2 * np.pi * f * k * t) / k * np.exp(-1.6 * k * t) for k in range(1, 25)]
    tone = np.sum(partials, axis=0) * envelope(t, attack_s=0.004, release_s=0.04) * 0.26
    return np.stack([tone, tone], axis=1)


def riser(rng: np.random.Generator, duration_s: float) -> Stereo:
    """Noise and a tone that climb by two octaves: a riser before the drop."""
    t = seconds(duration_s)
    up = t / duration_s
    noise = np.diff(rng.standard_normal((t.size + 1, 2)), axis=0)
    f = 220 * 4**up
    tone = np.sin(2 * np.pi * np.cumsum(f) / RATE)
    return (noise * 0.035 + tone[:, None] * 0.03) * (up**2)[:, None]


#: Formants (Hz) and their loudness, of the vowels that are sung: Peterson and Barney, 1952.
VOWELS = {
    "a": ((730, 1.0), (1090, 0.5), (2440, 0.12)),
    "e": ((530, 1.0), (1840, 0.35), (2480, 0.2)),
    "i": ((270, 1.0), (2290, 0.25), (3010, 0.15)),
    "o": ((570, 1.0), (840, 0.5), (2410, 0.06)),
    "u": ((300, 1.0), (870, 0.3), (2240, 0.05)),
}


def voice(note: float, duration_s: float, vowel: str, *, before: float | None = None) -> Stereo:
    """Return a sung tone: overtones under the formants of ``vowel``, with vibrato once it is held;
    ``before`` is the note that it slides up or down from.
    """
    t = seconds(duration_s)
    slide = 0.0 if before is None else (before - note) * np.exp(-t / 0.03)
    vibrato = 0.25 * np.sin(2 * np.pi * 5.2 * t) * np.clip((t - 0.15) / 0.3, 0, 1)
    f = 440.0 * 2.0 ** ((note + slide + vibrato - 69.0) / 12.0)
    phase = 2 * np.pi * np.cumsum(f) / RATE
    tone = np.zeros(t.size)
    for k in range(1, 16):
        under = sum(loud / (1 + ((k * f - peak) / 120) ** 2) for peak, loud in VOWELS[vowel])
        tone += np.sin(k * phase) * (under + 0.02) / k**0.5
    tone *= envelope(t, attack_s=0.05, release_s=0.09) * 0.22
    return np.stack([tone, tone], axis=1)


def place(film: Stereo, sound: Stereo, at_s: float) -> None:
    """Add ``sound`` to ``film`` from ``at_s`` on; what hangs over the end is cut."""
    start = round(at_s * RATE)
    stop = min(film.shape[0], start + sound.shape[0])
    film[start:stop] += sound[: stop - start]


def reverb(film: Stereo, rng: np.random.Generator, *, amount: float, decay_s: float) -> Stereo:
    """Convolve with decaying noise and mix it in."""
    t = seconds(2.5 * decay_s)
    room = rng.standard_normal((t.size, 2)) * np.exp(-t / decay_s)[:, None]
    size = film.shape[0] + room.shape[0]
    wet = np.fft.irfft(np.fft.rfft(film, size, axis=0) * np.fft.rfft(room, size, axis=0), axis=0)
    wet = wet[: film.shape[0]]
    return film + amount * wet * np.abs(film).max() / np.abs(wet).max()


def finish(film: Stereo, path: Path) -> None:
    """Fade the last half second, bring the peak to -1.5 dB, write."""
    t = seconds(film.shape[0] / RATE)
    film = film * np.clip((t[-1] - t) / 0.5, 0, 1)[:, None]
    film = film / np.abs(film).max() * 0.84
    sf.write(path, film.astype(np.float32), RATE, format="OGG", subtype="VORBIS")


def first_light(path: Path) -> None:
    """Eight seconds, three chords that open slowly: dawn, day, dusk."""
    rng = np.random.default_rng(1)
    film = np.zeros((RATE * 8, 2))
    chords = [(0.0, (45, 57, 64, 69)), (2.7, (41, 60, 65, 69)), (5.3, (48, 60, 67, 76))]
    for start, notes in chords:
        for note in notes:
            place(film, pad(note, 3.6), max(0.0, start - 0.4))
    scale = (69, 72, 76, 81, 84, 81, 76, 72)
    for i in range(24):
        note = scale[i % 8] + (5 if 8 <= i < 16 else 0)
        place(film, pluck(note, 1.4, pan=0.6 * (-1) ** i), i / 3)
    finish(reverb(film, rng, amount=0.5, decay_s=0.9), path)


def four_to_the_floor(path: Path) -> None:
    """Eight seconds at 120 bpm: kick on the beat, hat between, a bass and a melody."""
    rng = np.random.default_rng(2)
    film = np.zeros((RATE * 8, 2))
    bass, tune = (33, 33, 36, 31), (69, 72, 76, 72, 79, 76, 72, 67)
    for beat in range(16):
        place(film, kick(), beat / 2)
        place(film, hat(rng), beat / 2 + 0.25)
        root = bass[beat // 4]
        place(film, pluck(root, 0.5) * 2.2, beat / 2 + 0.25)
        place(film, pluck(tune[beat % 8], 0.8, pan=0.5 * (-1) ** beat), beat / 2)
        if beat % 4 == 0:
            for interval in (12, 19, 24, 27):
                place(film, pad(root + interval, 2.3), beat / 2)
    finish(reverb(film, rng, amount=0.2, decay_s=0.35), path)


def drift(path: Path) -> None:
    """Eight seconds of one slow chord with glints."""
    rng = np.random.default_rng(3)
    film = np.zeros((RATE * 8, 2))
    for note in (40, 52, 59, 64, 66, 71):
        place(film, pad(note, 8.0), 0.0)
    for i in range(11):
        place(film, pluck(rng.choice([76, 78, 83, 88]), 2.0, pan=rng.uniform(-0.8, 0.8)), i * 0.7)
    finish(reverb(film, rng, amount=0.7, decay_s=1.2), path)


def ignition(path: Path) -> None:
    """Eight seconds at 120 bpm: two bars that build up, a beat of silence, and the drop at 4 s."""
    rng = np.random.default_rng(4)
    film = np.zeros((RATE * 8, 2))
    _build_up(film, rng)
    _groove(film, rng, 4.0)
    finish(reverb(film, rng, amount=0.12, decay_s=0.3), path)


def _build_up(film: Stereo, rng: np.random.Generator) -> None:
    """Three and a half seconds: a chord, a riser, a kick that grows, and a roll of the snare."""
    for note in (33, 45, 52, 57, 60):
        place(film, pad(note, 3.6), 0.0)
    for beat in range(7):
        place(film, kick() * (0.55 + 0.05 * beat), beat / 2)
        place(film, growl(33, 0.22) * (0.25 + 0.05 * beat), beat / 2 + 0.25)
    roll = [*np.arange(2, 3, 1 / 4), *np.arange(3, 3.5, 1 / 16)]
    for step, at in enumerate(roll):
        place(film, snare(rng) * (0.25 + 0.05 * step), float(at))
    place(film, riser(rng, 3.5), 0.0)


def _groove(film: Stereo, rng: np.random.Generator, drop: float) -> None:
    """Four seconds from ``drop`` on: kick, snare, hat, a running bass, a tune."""
    roots, tune = (33, 33, 36, 31), (69, 76, 72, 76, 81, 79, 76, 72)
    place(film, crash(rng), drop)
    for beat in range(8):
        at, root = drop + beat / 2, roots[beat // 2]
        place(film, kick() * 1.25, at)
        place(film, hat(rng) * 1.6, at + 0.25)
        place(film, pluck(tune[beat], 0.7, pan=0.5 * (-1) ** beat), at)
        for part, octave in ((0.125, 0), (0.25, 12), (0.375, 0)):
            place(film, growl(root + octave, 0.125) * 0.9, at + part)
        if beat % 2:
            place(film, snare(rng), at)
            continue
        for interval in (12, 19, 24, 27 if root == 33 else 28):
            place(film, pad(root + interval, 1.3), at)


#: The syllables of each line of *Lullaby*, as MIDI note and vowel; the times are in its .lrc.
TUNE = (
    ([(64, "a")], [(69, "e")], [(72, "a")], [(71, "o"), (69, "e")], [(67, "e")], [(64, "i")]),
    ([(64, "e")], [(69, "u")], [(72, "o"), (71, "e")], [(69, "e")], [(67, "a"), (65, "e")]),
    ([(67, "a")], [(72, "o"), (71, "i")], [(72, "o"), (74, "e")], [(71, "i")], [(72, "i")]),
)
HELD = (3.0, 5.6, 10.5)  #: until when the last word of each line is sung, in seconds


def sung(lyrics: Path, length_s: float) -> Stereo:
    """Return the voice of *Lullaby*: every word at the time that the lyrics give it."""
    film = np.zeros((round(RATE * length_s), 2))
    before: float | None = None
    for line, words, held in zip(read_lyrics(lyrics), TUNE, HELD, strict=True):
        starts = [float(word.start) for word in line.words]
        for start, end, notes in zip(starts, [*starts[1:], held], words, strict=True):
            each = (end - start) / len(notes)
            for k, (note, vowel) in enumerate(notes):
                place(film, voice(note, each * 1.05, vowel, before=before), start + k * each)
                before = note
    return film


def lullaby(path: Path) -> None:
    """Four bars at 90 bpm: two lines, a bar without words, a line. The voice is a stem as well."""
    rng = np.random.default_rng(5)
    bar = 8 / 3
    film = np.zeros((round(RATE * 4 * bar), 2))
    chords = ((45, 57, 60, 64), (41, 57, 60, 65), (43, 55, 59, 62), (48, 55, 60, 64))
    for number, notes in enumerate(chords):
        for note in notes:
            place(film, pad(note, bar * 1.25) * 0.8, max(0.0, number * bar - 0.3))
        for step in range(8):
            note = notes[(0, 2, 3, 2)[step % 4]] + (24 if number == 2 else 12)
            glint = pluck(note, 1.2, pan=0.5 * (-1) ** step) * (1.3 if number == 2 else 0.7)
            place(film, glint, number * bar + step / 3)
    words = sung(path.with_suffix(".lrc"), 4 * bar)
    finish(reverb(film + words, rng, amount=0.35, decay_s=0.7), path)
    finish(words, path.with_suffix(".voice.ogg"))


class Struck(NamedTuple):
    """A note of a score: where it begins and how long it lasts, in quarter notes."""

    beat: float
    note: int
    beats: float
    velocity: int


WALTZ_FPS = 12
WALTZ_BPM = ((0, 138), (15, 116), (16, 96), (17, 72))
"""The tempo of *Waltz* from a beat on: 5 bars of three at one, then slower with every beat."""

TICKS = 480
KICK, SNARE, HAT = 36, 38, 42


def waltz_score() -> tuple[list[Struck], list[Struck]]:
    """Return the bells and the drums of *Waltz*: six bars of three quarters."""
    tune = (
        *((76, 2), (79, 1)),
        *((81, 1), (79, 1), (76, 1)),
        *((84, 1), (83, 0.5), (81, 0.5), (79, 1)),
        *((81, 1), (79, 0.5), (77, 0.5), (76, 1)),
        *((77, 0.5), (79, 0.5), (81, 0.5), (83, 0.5), (86, 1)),
        *((84, 1), (79, 1), (72, 1)),
    )
    beats = np.cumsum([0.0, *(length for _, length in tune)])
    bells = [
        Struck(float(beat), note, length, 72 if beat < 6 else 104)
        for beat, (note, length) in zip(beats, tune, strict=False)
    ]
    drums = []
    for bar in range(2, 6):
        drums.append(Struck(3 * bar, KICK, 0.25, 120))
        drums += [Struck(3 * bar + beat, SNARE, 0.25, 70) for beat in (1, 2)]
        drums += [Struck(3 * bar + half / 2, HAT, 0.1, 50) for half in range(6) if bar < 5]
    return bells, sorted(drums)


def waltz_time(beat: float) -> float:
    """Return the second of a beat of *Waltz*."""
    spans = pairwise([*WALTZ_BPM, (np.inf, 1)])
    return sum(max(0.0, min(beat, end) - at) * 60 / bpm for (at, bpm), (end, _) in spans)


def swell(beat: float) -> float:
    """Return how loud the chords of *Waltz* are, 0 to 1: they grow over two bars, and fade."""
    return float(np.interp(beat, (0, 6, 15, 18), (0.1, 1, 1, 0)))


def waltz(path: Path) -> None:
    """Six bars of three with a slow end, and the MIDI file of the same notes."""
    rng = np.random.default_rng(6)
    bells, drums = waltz_score()
    frames = np.ceil(WALTZ_FPS * (waltz_time(18) + 0.6))  # a whole number of the film's
    film = np.zeros((round(RATE / WALTZ_FPS * frames), 2))
    for number, (beat, note, beats, velocity) in enumerate(bells):
        sound = pluck(note, 0.6 + beats, pan=0.4 * (-1) ** number)
        place(film, sound * velocity / 80, waltz_time(beat))
    struck = {KICK: kick(), SNARE: snare(rng) * 0.7, HAT: hat(rng) * 1.2}
    for beat, note, _, velocity in drums:
        place(film, struck[note] * velocity / 100, waltz_time(beat))
    chords = ((48, 60, 64, 67), (45, 60, 64, 69), (48, 60, 64, 67), (41, 60, 65, 69))
    for bar, notes in enumerate((*chords, (43, 59, 62, 65), chords[0])):
        length = waltz_time(3 * bar + 3) - waltz_time(3 * bar)
        for note in notes:
            sound = pad(note, length * 1.3) * swell(3 * bar + 1.5) * 1.3
            place(film, sound, waltz_time(3 * bar))
    finish(reverb(film, rng, amount=0.3, decay_s=0.6), path)
    waltz_midi(bells, drums).save(path.with_suffix(".mid"))


def waltz_midi(bells: list[Struck], drums: list[Struck]) -> mido.MidiFile:
    """Return the score with its tempo, time signature, markers, and the swell as controller 1."""
    head = [(0, mido.MetaMessage("time_signature", numerator=3, denominator=4))]
    head += [
        (beat, mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm))) for beat, bpm in WALTZ_BPM
    ]
    head += [(6, mido.MetaMessage("marker", text="dance")), (18, mido.MetaMessage("end_of_track"))]
    swells = [
        (beat, mido.Message("control_change", control=1, value=round(127 * swell(beat))))
        for beat in np.arange(0, 18, 0.25)
    ]
    made = mido.MidiFile(ticks_per_beat=TICKS)
    for name, rows in (
        ("Tempo", head),
        ("Bells", _rows(bells, channel=0)),
        ("Drums", _rows(drums, channel=9)),
        ("Chords", swells),
    ):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for beat, message in sorted(rows, key=lambda row: row[0]):
            tick = round(beat * TICKS)
            track.append(message.copy(time=tick - now))
            now = tick
        made.tracks.append(track)
    return made


def _rows(score: list[Struck], *, channel: int) -> list[tuple[float, mido.Message]]:
    rows = []
    for beat, note, beats, velocity in score:
        own = {"note": note, "channel": channel}
        rows.append((beat, mido.Message("note_on", velocity=velocity, **own)))
        rows.append((beat + beats * 0.95, mido.Message("note_off", **own)))
    return rows


if __name__ == "__main__":
    here = Path(__file__).parent / "stories"
    first_light(here / "first_light.ogg")
    four_to_the_floor(here / "four_to_the_floor.ogg")
    drift(here / "drift.ogg")
    ignition(here / "ignition.ogg")
    lullaby(here / "lullaby.ogg")
    waltz(here / "waltz.ogg")
