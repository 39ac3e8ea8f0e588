"""Synthesise the soundtracks of the example stories.

Everything is computed: additive pads, plucked arpeggios, a kick made of a falling sine, and a
reverb made of decaying noise. The same run gives the same samples. Writes Ogg Vorbis files beside
the stories::

    python examples/make_soundtracks.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

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
    """A soft chord tone: eight harmonics, two detuned voices, one more to each side."""
    t = seconds(duration_s)
    sides = []
    for detune in (-0.06, 0.06):
        f = hertz(note + detune)
        partials = [np.sin(2 * np.pi * f * k * t + k) / k**1.7 for k in range(1, 9)]
        sides.append(np.sum(partials, axis=0))
    shape = envelope(t, attack_s=0.35 * duration_s, release_s=0.4 * duration_s)
    return np.stack(sides, axis=1) * shape[:, None] * 0.1


def pluck(note: float, duration_s: float, *, pan: float = 0.0) -> Stereo:
    """A bell-like note that dies away; ``pan`` from -1 (left) to 1 (right)."""
    t = seconds(duration_s)
    f = hertz(note)
    tone = np.sin(2 * np.pi * f * t + 1.5 * np.exp(-6 * t) * np.sin(2 * np.pi * 3.01 * f * t))
    tone *= np.exp(-3.2 * t) * np.clip(t / 0.004, 0, 1)
    return np.stack([tone * (1 - pan), tone * (1 + pan)], axis=1) * 0.09


def kick(duration_s: float = 0.35) -> Stereo:
    """A drum: a sine that falls from 150 to 45 Hz."""
    t = seconds(duration_s)
    phase = 2 * np.pi * (45 * t + 105 / 30 * (1 - np.exp(-30 * t)))
    tone = np.sin(phase) * np.exp(-9 * t) * 0.6
    return np.stack([tone, tone], axis=1)


def hat(rng: np.random.Generator, duration_s: float = 0.08) -> Stereo:
    """A short burst of high noise."""
    t = seconds(duration_s)
    noise = np.diff(rng.standard_normal((t.size + 1, 2)), axis=0)
    return noise * np.exp(-60 * t)[:, None] * 0.06


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


if __name__ == "__main__":
    here = Path(__file__).parent / "stories"
    first_light(here / "first_light.ogg")
    four_to_the_floor(here / "four_to_the_floor.ogg")
    drift(here / "drift.ogg")
