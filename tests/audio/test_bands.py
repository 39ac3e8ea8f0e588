"""Loudness without delay, band by band."""

from __future__ import annotations

import numpy as np
import pytest

from storyboard.audio import BANDS, Band
from storyboard.audio.analysis import HOP, SAMPLE_RATE, SIGNAL_RATE
from storyboard.audio.bands import WHOLE, loudness


def sine(hertz: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


@pytest.mark.parametrize("hertz", [30, 60, 100, 440, 1000, 5000, 11000])
def test_a_steady_tone_has_its_rms_and_no_ripple(hertz: float) -> None:
    (level,) = loudness(sine(hertz, 2).astype(np.float32), [WHOLE])
    assert len(level) == 2 * SIGNAL_RATE
    middle = level[120:-120]
    assert middle == pytest.approx(np.full(len(middle), np.sqrt(0.5)), rel=5e-3)


@pytest.mark.parametrize(
    ("hertz", "lit"),
    [
        (35, {"sub"}),
        (60, {"sub", "bass"}),  # an edge belongs to both, with half of the power each
        (120, {"bass"}),
        (350, {"low_mid"}),
        (1000, {"mid"}),
        (3500, {"high_mid"}),
        (9000, {"high"}),
    ],
)
def test_a_tone_lights_its_band_only(hertz: float, lit: set[str]) -> None:
    levels = loudness(sine(hertz, 2).astype(np.float32), list(BANDS.values()))
    middle = {name: float(level[240]) for name, level in zip(BANDS, levels, strict=True)}
    assert {name for name, level in middle.items() if level > 0.01} == lit
    assert sum(level**2 for level in middle.values()) == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("band", [WHOLE, Band(60, 250), Band(6000, 12000)], ids=str)
def test_nothing_is_late(band: Band) -> None:
    """A burst that lies evenly about a second is loudest there, and as loud before as after."""
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE - 1
    middle = np.sqrt(band.low * min(band.high, 9000))
    burst = np.cos(2 * np.pi * middle * t) * np.exp(-((t / 0.02) ** 2))
    (level,) = loudness(burst.astype(np.float32), [band])
    assert level.argmax() == SIGNAL_RATE
    assert level[239:0:-1] == pytest.approx(level[241:], abs=1e-3)


def test_pieces_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).standard_normal(round(5.5 * SAMPLE_RATE)).astype(np.float32)
    bands = [WHOLE, *BANDS.values()]
    whole = loudness(noise, bands)
    monkeypatch.setattr("storyboard.audio.bands._PIECE_S", 2)
    for one, other in zip(whole, loudness(noise, bands), strict=True):
        assert one == pytest.approx(other, abs=2e-3)


@pytest.mark.parametrize("count", [1, HOP, HOP + 1, 5 * HOP])
def test_a_value_every_hop_from_the_first_sample_on(count: int) -> None:
    assert len(loudness(np.ones(count, np.float32), [WHOLE])[0]) == -(-count // HOP)
