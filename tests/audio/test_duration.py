"""How long a sound lasts: to the sample where the format says so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard import ffmpeg
from storyboard.audio import audio_duration
from storyboard.errors import BadValue

SAMPLES, RATE = 22050 + 3, 44100


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff"])
def test_samples_over_rate(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"tone.{suffix}"
    soundfile.write(file, np.zeros(SAMPLES), RATE)
    assert audio_duration(file) == Fraction(SAMPLES, RATE)


def test_other_formats_go_through_ffmpeg(tmp_path: Path) -> None:
    source, file = tmp_path / "tone.wav", tmp_path / "tone.m4a"
    soundfile.write(source, np.zeros(RATE), RATE)
    ffmpeg.run(["-i", str(source), str(file)], doing="make a test sound")
    assert abs(audio_duration(file) - 1) < Fraction(1, 10)


@pytest.mark.parametrize("suffix", ["wav", "m4a"])
def test_what_is_no_sound_is_told(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"text.{suffix}"
    file.write_text("no sound")
    with pytest.raises(BadValue, match="cannot be read as sound"):
        audio_duration(file)


def test_a_film_without_sound_is_no_soundtrack(tmp_path: Path) -> None:
    file = tmp_path / "mute.mp4"
    source = "color=black:s=16x16:d=0.2"
    ffmpeg.run(["-f", "lavfi", "-i", source, str(file)], doing="make a test film")
    with pytest.raises(BadValue, match="holds no sound"):
        audio_duration(file)
