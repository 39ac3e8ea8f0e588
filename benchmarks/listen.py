"""``python -m benchmarks.listen [SONG] [--minutes N]``: what listening to a song costs.

Without a song one of drums and chords is made. Seconds of processor time, of all and by part, and
the memory it takes; with one thread the seconds are those of a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.audio import bands, beats, onsets, sections, spectrogram
from storyboard.audio.analyse import decode
from storyboard.audio.analysis import BANDS, SAMPLE_RATE
from storyboard.audio.bands import Samples
from storyboard.audio.measure import measure


def song(minutes: float) -> Samples:
    """Four parts at 120 beats a minute: chords, drums, both, both louder."""
    t = np.arange(round(minutes * 60 * SAMPLE_RATE)) / SAMPLE_RATE
    part, beat = (4 * t / (60 * minutes)).astype(int), t % 0.5
    noise = np.random.default_rng(0).standard_normal(len(t))
    drums = noise * np.exp(-beat * 30) * 0.2 + np.sin(330 * beat) * np.exp(-beat * 14) * 0.6
    pitch = np.array([220.0, 174.6, 196.0, 164.8])[(t // 2).astype(int) % 4]
    chords = sum(np.sin(2 * np.pi * pitch * step * t) for step in (0.5, 1, 1.26, 1.5)) * 0.06
    mixed = drums * (part > 0) + chords * (part != 1) * (1 + (part == 3))
    return mixed.astype(np.float32)


def timed(name: str, work: Callable[[], Any]) -> Any:
    """Do ``work`` and say how long it took."""
    start = time.process_time()
    result = work()
    print(f"{name:<12} {time.process_time() - start:6.2f} s")
    return result


def taken_mib(samples: Samples) -> float:
    """Return the most memory that listening takes, beside the sound itself."""
    tracemalloc.start()
    measure(samples)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


def main() -> None:
    """Read the arguments, listen, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("song", type=Path, nargs="?")
    parser.add_argument("--minutes", type=float, default=3.0)
    options = parser.parse_args()
    samples = decode(options.song) if options.song else song(options.minutes)
    duration = len(samples) / SAMPLE_RATE
    timed("libraries", lambda: measure(samples[:SAMPLE_RATE]))
    timed(f"{duration / 60:.1f} minutes", lambda: measure(samples))
    print(f"taking at most {taken_mib(samples):.0f} MiB; of this time:")
    timed("bands", lambda: bands.loudness(samples, [bands.WHOLE, *BANDS.values()]))
    seen = timed("spectrum", lambda: spectrogram.spectrum(samples))
    pitches = timed("pitches", lambda: spectrogram.pitch_classes(samples))
    timed("struck, held", lambda: spectrogram.percussive_share(samples))
    flux = timed("flux", lambda: onsets.flux(seen.power))
    begun = timed("onsets", lambda: onsets.find(samples, seen.power, flux.mean(axis=0)))
    grid = timed("beats", lambda: beats.find(flux, begun, duration))
    timed("sections", lambda: sections.find(seen.power, pitches, grid.times, duration))


if __name__ == "__main__":
    main()
