"""A song is cut where its parts begin, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from storyboard.audio import analyse
from storyboard.audio.analyse import on_bars

Make = Callable[..., np.ndarray]
Save = Callable[..., Path]

RATE = 44100
BEAT = 0.5


@pytest.fixture
def part(clicks: Make, tone: Make) -> Callable[[str, float], np.ndarray]:
    """A part of a song at 120 beats a minute, by what is played in it."""

    def pad(seconds: float) -> np.ndarray:
        chords = ((220.0, 277.2, 329.6), (174.6, 220.0, 261.6))
        beats = [chords[beat // 4 % 2] for beat in range(round(seconds / BEAT))]
        return np.concatenate([sum(tone(h, BEAT, loud=0.07) for h in chord) for chord in beats])

    def drums(seconds: float) -> np.ndarray:
        noise = np.random.default_rng(0).standard_normal(round(seconds * RATE))
        t = np.arange(len(noise)) / RATE % BEAT
        return noise * np.exp(-t * 25) * 0.3 + np.sin(2 * np.pi * 55 * t) * np.exp(-t * 12) * 0.5

    def lead(seconds: float) -> np.ndarray:
        t = np.arange(round(seconds * RATE)) / RATE
        return np.sign(np.sin(2 * np.pi * np.where(t % 1 < 0.5, 880, 1174.7) * t)) * 0.1

    played = {"p": pad, "d": drums, "l": lead}

    def make(what: str, seconds: float) -> np.ndarray:
        return sum((played[name](seconds) for name in what), np.zeros(round(seconds * RATE)))

    return make


SONGS = {
    "verse and chorus": [("p", 12), ("pd", 12), ("pdl", 12), ("p", 12)],
    "the same comes again": [("pd", 12), ("l", 12), ("pd", 12), ("l", 12)],
    "a pause": [("pd", 14), ("", 8), ("pd", 14)],
    "one part": [("pd", 40)],
    "long and short": [("p", 30), ("d", 8), ("pdl", 22)],
}


@pytest.mark.parametrize("song", SONGS.values(), ids=SONGS)
def test_a_song_is_cut_at_its_parts(
    song: list[tuple[str, float]], part: Callable[[str, float], np.ndarray], save: Save
) -> None:
    found = analyse(save(np.concatenate([part(*played) for played in song])))
    starts = np.cumsum([0.0, *(seconds for _, seconds in song)])[:-1]
    assert len(found.sections) == len(starts)
    assert found.sections == pytest.approx(starts, abs=1)
    assert found.sections[0] == 0


def test_a_cut_lies_on_a_beat(part: Callable[[str, float], np.ndarray], save: Save) -> None:
    found = analyse(save(np.concatenate([part("p", 12), part("pd", 12)])))
    assert np.abs(found.beats - found.sections[1]).min() == 0


def test_noise_has_no_parts(save: Save) -> None:
    noise = np.random.default_rng(0).standard_normal(30 * RATE) * 0.1
    assert analyse(save(noise)).sections.tolist() == [0]


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ([0.0, 3.0, 9.0], [0.0, 2.4, 9.6]),
        ([0.0, 2.3, 2.5], [0.0, 2.4]),
        ([0.3, 4.9], [0.3, 4.8]),
        ([0.0, 0.1], [0.0]),
        ([0.0, 20.0], [0.0, 20.0]),
        ([0.0], [0.0]),
    ],
)
def test_a_section_begins_with_a_bar(sections: list[float], expected: list[float]) -> None:
    bars = np.arange(5) * 2.4
    assert on_bars(np.array(sections), bars) == pytest.approx(expected)


@pytest.mark.parametrize("bars", [[], [1.0]])
def test_without_bars_a_section_stays(bars: list[float]) -> None:
    assert on_bars(np.array([0.0, 3.0]), np.array(bars)).tolist() == [0.0, 3.0]
