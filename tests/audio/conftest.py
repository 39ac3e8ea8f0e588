"""Small sounds to listen to: clicks, tones and noise, made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

RATE = 44100

Sound = npt.NDArray[np.float64]
Save = Callable[..., Path]


def _click() -> Sound:
    """A click of five milliseconds as a metronome makes it."""
    t = np.arange(RATE // 200) / RATE
    return np.cos(2 * np.pi * 2000 * t) * np.exp(-t * 1000)


@pytest.fixture
def clicks() -> Callable[..., Sound]:
    """``clicks(times, seconds, loud=None)``: clicks at exact times, each as loud as given."""

    def make(times: Sequence[float], seconds: float, *, loud: Sequence[float] = ()) -> Sound:
        sound, click = np.zeros(round(seconds * RATE) + RATE), _click()
        for time, gain in zip(times, loud or [0.8] * len(times), strict=True):
            place = round(time * RATE)
            sound[place : place + len(click)] += gain * click
        return sound[: round(seconds * RATE)]

    return make


@pytest.fixture
def tone() -> Callable[..., Sound]:
    """``tone(hertz, seconds, loud=0.5)``: a sine that fades in and out over 50 milliseconds."""

    def make(hertz: float, seconds: float, *, loud: float = 0.5) -> Sound:
        t = np.arange(round(seconds * RATE)) / RATE
        fade = np.clip(np.minimum(t, seconds - t) / 0.05, 0, 1)
        return loud * np.sin(2 * np.pi * hertz * t) * fade

    return make


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """``save(sound, name="sound.wav")``: the sound as a file."""

    def write(sound: Sound, name: str = "sound.wav", *, rate: int = RATE) -> Path:
        file = tmp_path / name
        soundfile.write(file, sound, rate, subtype="FLOAT" if file.suffix == ".wav" else None)
        return file

    return write
