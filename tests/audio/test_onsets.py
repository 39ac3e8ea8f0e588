"""Onset detection: exact to the sample, in every format, over other sounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from storyboard.audio import analyse
from storyboard.media import ffmpeg

Make = Callable[..., np.ndarray]
Save = Callable[..., Path]

MS = 0.001
RATE = 44100


def test_a_click_is_where_it_is(clicks: Make, save: Save) -> None:
    found = analyse(save(clicks([0.29], 1)))
    assert found.onsets == pytest.approx([0.29], abs=0.1 * MS)
    assert found.onset_strengths.tolist() == [1.0]


@pytest.mark.parametrize("name", ["c.flac", "c.ogg", "c.mp3", "c.m4a", "c.opus", "c.mp4", "c.mkv"])
def test_in_every_format(name: str, clicks: Make, save: Save) -> None:
    source = save(clicks([0.29, 0.83, 1.4], 2))
    file = source.with_name(name)
    picture = ["-f", "lavfi", "-i", "color=black:s=16x16:d=2:r=25"] if name[2:] in "mp4 mkv" else []
    sound = ["-i", str(source), "-af", "apad", "-t", "2", "-ar", "48000"]
    ffmpeg.run([*picture, *sound, str(file)], doing="make a test sound")
    found = analyse(file)
    assert found.onsets == pytest.approx([0.29, 0.83, 1.4], abs=MS)
    assert found.duration == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_a_sound_that_sets_in_after_its_video(name: str, clicks: Make, save: Save) -> None:
    """As it is found when the video is played, and in the film that is made with it."""
    source = save(clicks([0.29, 0.83], 1))
    picture = ["-f", "lavfi", "-i", "color=black:s=16x16:d=2:r=25"]
    late = ["-itsoffset", "0.5", "-i", str(source), "-map", "0:v", "-map", "1:a"]
    ffmpeg.run([*picture, *late, str(source.with_name(name))], doing="make a test film")
    assert analyse(source.with_name(name)).onsets == pytest.approx([0.79, 1.33], abs=2 * MS)


@pytest.mark.parametrize("under", ["tone", "noise"])
def test_over_what_else_sounds(under: str, clicks: Make, tone: Make, save: Save) -> None:
    noise = np.random.default_rng(1).standard_normal(3 * RATE) * 0.003
    bed = tone(80, 3, loud=0.6) if under == "tone" else noise
    found = analyse(save(clicks([1, 1.25, 2], 3, loud=[0.3] * 3) + bed))
    for time in (1, 1.25, 2):
        assert np.abs(found.onsets - time).min() < MS


def test_a_kick_and_a_quiet_tick_beside_it(clicks: Make, save: Save) -> None:
    t = np.arange(RATE // 4) / RATE
    kick = 0.9 * np.sin(2 * np.pi * 55 * t) * np.exp(-30 * t)
    sound = clicks([0.7], 2, loud=[0.1])
    sound[RATE // 2 : RATE // 2 + len(kick)] += kick
    found = analyse(save(sound))
    assert found.onsets == pytest.approx([0.5, 0.7], abs=2 * MS)
    assert found.onset_strengths[0] == 1
    assert found.onset_strengths[1] < 0.5


def test_strengths_follow_the_clicks(clicks: Make, save: Save) -> None:
    found = analyse(save(clicks([0.5, 1, 1.5], 2, loud=[0.2, 0.8, 0.4])))
    assert found.onset_strengths == pytest.approx([0.25, 1, 0.5], abs=0.02)


def test_strengths_are_of_the_used_part(clicks: Make, save: Save) -> None:
    file = save(clicks([0.5, 1, 1.5], 2, loud=[0.2, 0.8, 0.4]))
    found = analyse(file, used=(1.2, 2.0))
    assert found.onset_strengths == pytest.approx([0.5, 1, 1], abs=0.02)


def test_a_steady_tone_begins_once(tone: Make, save: Save) -> None:
    found = analyse(save(np.concatenate([np.zeros(RATE), tone(440, 3)])))
    assert found.onsets == pytest.approx([1], abs=0.02)


def test_the_signal_has_the_same_onsets(clicks: Make, save: Save) -> None:
    found = analyse(save(clicks([0.29, 0.8], 1, loud=[0.4, 0.8])))
    places = np.flatnonzero(found.signals["onset"])
    assert places / found.rate == pytest.approx([0.29, 0.8], abs=0.5 / found.rate + MS)
    frames = np.arange(24) / 24
    hit = found.sample("onset", frames, width=1 / 24)
    assert np.flatnonzero(hit).tolist() == [7, 19]  # round(0.29 * 24), round(0.8 * 24)
