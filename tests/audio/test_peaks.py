"""Peaks of a sound: what its waveform is drawn of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard.audio.analysis import SAMPLE_RATE
from storyboard.audio.peaks import FINEST, MOST_PEAKS, extremes, peak_rate, peaks


@pytest.mark.parametrize("rate", [1, 7, 100, 300])
def test_a_column_holds_the_lowest_and_the_highest_sample(rate: int) -> None:
    samples = np.sin(np.arange(SAMPLE_RATE * 2) / 50).astype(np.float32)
    samples[SAMPLE_RATE // 2] = 2.0
    found = extremes(samples, rate)
    assert found.shape == (2 * rate, 2)
    assert (found[rate // 2, 1], found.max()) == (127, 127)
    assert np.all(found[:, 0] <= found[:, 1])


def test_silence_and_a_single_sample_have_peaks() -> None:
    assert extremes(np.zeros(1, np.float32), 10).tolist() == [[0, 0]]


def test_long_sounds_have_fewer_peaks_a_second() -> None:
    assert peak_rate(0) == FINEST
    assert peak_rate(7200) * 7200 <= MOST_PEAKS


def test_peaks_of_a_file_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "a.wav"
    soundfile.write(file, np.r_[np.zeros(8000), np.ones(8000)], 16000)
    found = peaks(file, rate=10)
    assert found.shape == (10, 2)
    assert (found[:4].max() < 5, found[6:, 1].min() > 100) == (True, True)
    assert list((tmp_path / "cache").rglob("*.npz"))
    assert np.array_equal(peaks(file, rate=10), found)
