"""A sound as a whole: its signals between 0 and 1, what is remembered of it, what is no sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from storyboard.audio import SIGNALS, Analysis, Band, analyse
from storyboard.audio.analyse import uncancelled
from storyboard.errors import BadValue, UsageError
from storyboard.media import ffmpeg

Make = Callable[..., np.ndarray]
Save = Callable[..., Path]

RATE = 44100


def same(one: Analysis, other: Analysis) -> bool:
    arrays = ("beats", "bars", "onsets", "onset_strengths", "sections")
    signals = all(np.array_equal(one.signals[name], other.signals[name]) for name in one.signals)
    return signals and all(np.array_equal(getattr(one, a), getattr(other, a)) for a in arrays)


def noise(seconds: float, loud: float = 0.1) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(round(seconds * RATE)) * loud


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.3, 2.0])
@pytest.mark.parametrize("kind", ["silence", "noise", "offset"])
def test_nothing_is_too_odd_to_analyse(kind: str, seconds: float, save: Save) -> None:
    level = np.zeros(round(seconds * RATE))
    sound = {"silence": level, "noise": noise(seconds), "offset": level + 0.5}[kind]
    found = analyse(save(sound))
    assert set(found.signals) == set(SIGNALS)
    assert len({len(values) for values in found.signals.values()}) == 1
    for values in found.signals.values():
        assert np.all((values >= 0) & (values <= 1))
    assert found.sections.tolist() == [0]
    assert found.duration == pytest.approx(seconds, abs=1e-3)


def test_silence_is_zeros(save: Save) -> None:
    found = analyse(save(np.zeros(RATE)))
    assert not any(values.any() for values in found.signals.values())
    assert (found.tempo, len(found.beats), len(found.bars), len(found.onsets)) == (0, 0, 0, 0)


def test_the_hiss_of_a_silent_track_is_silence(save: Save) -> None:
    found = analyse(save(noise(1, loud=2e-5)))
    assert not any(values.any() for values in found.signals.values())


def test_a_low_tone_lights_the_low_bands_only(tone: Make, save: Save) -> None:
    found = analyse(save(tone(60, 3)))
    middle = {name: float(values[360]) for name, values in found.signals.items()}
    assert min(middle["rms"], middle["sub"], middle["bass"], middle["harmonic"]) > 0.9
    dark = ("low_mid", "mid", "high_mid", "high", "percussive", "onset", "flux")
    assert {name: level for name, level in middle.items() if name in dark and level > 0.05} == {}


PITCHES = {
    "a": (440, 9),
    "c": (261.63, 0),
    "fs": (369.99, 6),
    "b": (61.74 * 4, 11),
    "e": (164.81, 4),
}


@pytest.mark.parametrize(("name", "hertz", "place"), [(n, *p) for n, p in PITCHES.items()])
def test_the_pitch_of_a_tone(name: str, hertz: float, place: int, tone: Make, save: Save) -> None:
    found = analyse(save(tone(hertz, 2)))
    assert found.signals["pitch"][240] == pytest.approx(place / 12)
    chroma = {n: float(v[240]) for n, v in found.signals.items() if n.startswith("chroma_")}
    assert max(chroma, key=lambda n: chroma[n]) == f"chroma_{name}"
    assert chroma[f"chroma_{name}"] > 0.9
    assert sorted(chroma.values())[-2] < 0.5


def test_brightness_rises_with_a_chirp(save: Save) -> None:
    t = np.arange(4 * RATE) / RATE
    found = analyse(save(0.5 * np.sin(2 * np.pi * 100 * 2 ** (1.5 * t) * (1 / (1.5 * np.log(2))))))
    octaves = found.signals["centroid"][60:900:60]
    assert np.all(np.diff(octaves) > 0)
    rise = np.diff(octaves)
    assert rise == pytest.approx(np.full(len(rise), rise.mean()), rel=0.3)  # as even as the octaves


def test_percussive_and_harmonic_parts(clicks: Make, tone: Make, save: Save) -> None:
    chord = sum(tone(hertz, 6, loud=0.1) for hertz in (220, 277, 330))
    found = analyse(save(chord + clicks(np.arange(3.25, 6, 0.25), 6)))
    held, struck = found.signals["harmonic"], found.signals["percussive"]
    before, after = slice(240, 600), slice(760, 1400)
    assert struck[before].max() < 0.1
    assert struck[after].max() == 1
    assert held[before].mean() == pytest.approx(held[after].mean(), rel=0.25)


def test_a_band_of_ones_own(tone: Make, save: Save) -> None:
    sound = np.concatenate([tone(440, 1), tone(880, 1)])
    found = analyse(save(sound), bands={"a4": Band(400, 480), "a5": Band(800, 960)})
    a4, a5 = found.signals["a4"], found.signals["a5"]
    assert (a4[120] > 0.95, a5[120] < 0.02) == (True, True)
    assert (a4[360] < 0.02, a5[360] > 0.95) == (True, True)


def test_signals_go_up_to_one_over_the_used_part(tone: Make, save: Save) -> None:
    sound = np.concatenate([tone(300, 1, loud=0.9), tone(300, 1, loud=0.3)])
    file = save(sound)
    whole, used = analyse(file), analyse(file, used=(1.0, 2.0))
    assert whole.signals["rms"][360] == pytest.approx(1 / 3, rel=0.02)
    assert used.signals["rms"][360] == pytest.approx(1, rel=0.02)
    assert used.signals["rms"][120] == 1  # before it, what is louder stays 1
    assert analyse(file, used=(0.0, 99.0)).signals["rms"][360] == whole.signals["rms"][360]


def test_a_sound_is_analysed_once(
    clicks: Make, save: Save, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "kept"))
    file = save(clicks(np.arange(0.29, 4, 0.5), 4))
    first = analyse(file, bands={"low": Band(30, 90)})
    monkeypatch.setattr(ffmpeg, "decode_audio", lambda *_, **__: pytest.fail("decoded again"))
    moved = file.rename(tmp_path / "other.wav")
    assert same(first, analyse(moved, bands={"low": Band(30, 90)}))
    assert len(analyse(moved, used=(1, 3), beats_per_bar=3).bars) < len(first.beats)


def test_another_sound_under_the_same_name_is_analysed(clicks: Make, save: Save) -> None:
    assert len(analyse(save(clicks([0.5], 1))).onsets) == 1
    assert len(analyse(save(clicks([0.25, 0.5], 1))).onsets) == 2


def test_what_is_corrupt_is_analysed_again(
    clicks: Make, save: Save, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "kept"))
    file = save(clicks([0.29], 1))
    first = analyse(file)
    (kept,) = (tmp_path / "kept").rglob("*.npz")
    whole = kept.read_bytes()
    for torn in (b"", whole[:1000], whole[:-50], whole[:3000] + b"\xff" * 9 + whole[3009:]):
        kept.write_bytes(torn)
        assert same(first, analyse(file))
        assert kept.read_bytes() == whole
    assert [path.suffix for path in (tmp_path / "kept").rglob("*.*")] == [".npz"]


@pytest.mark.parametrize("place", ["a file", "read-only"])
def test_a_cache_that_cannot_be_written_is_no_error(
    place: str, clicks: Make, save: Save, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    if place == "a file":
        folder.write_text("in the way")
    else:
        folder.mkdir(mode=0o500)
    monkeypatch.setenv("STORYBOARD_CACHE", str(folder))
    assert len(analyse(save(clicks([0.29], 1))).onsets) == 1
    folder.chmod(0o700)


NO_BAND = {
    "backwards": ("kick", Band(90, 60), "invalid band 90-60 Hz"),
    "from nothing": ("kick", Band(0, 60), "invalid band 0-60 Hz"),
    "too high": ("air", Band(15000, 18000), "frequency 15000 Hz is out of range"),
    "taken": ("bass", Band(60, 90), "'bass' is already a built-in signal"),
    "no name": ("my kick", Band(60, 90), "invalid band name"),
    "no number": ("kick", Band(float("nan"), 90), "invalid band nan-90 Hz"),
}


@pytest.mark.parametrize(("name", "band", "message"), NO_BAND.values(), ids=NO_BAND)
def test_a_band_that_is_invalid_is_reported(
    name: str, band: Band, message: str, tone: Make, save: Save
) -> None:
    with pytest.raises(BadValue, match=message) as caught:
        analyse(save(tone(100, 0.2)), bands={name: band})
    assert caught.value.path == (name,)


@pytest.mark.parametrize(
    ("used", "message"),
    [
        ((2, 1), "invalid range 2 to 1 s"),
        ((-1, 1), "invalid range -1"),
        ((5, 6), "the audio ends at 1.000 s"),
    ],
)
def test_a_part_that_is_invalid_is_reported(
    used: tuple[float, float], message: str, tone: Make, save: Save
) -> None:
    with pytest.raises(BadValue, match=message):
        analyse(save(tone(100, 1)), used=used)


def test_a_file_without_sound_is_reported(tmp_path: Path, save: Save) -> None:
    with pytest.raises(UsageError, match="file not found"):
        analyse(tmp_path / "missing.wav")
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    with pytest.raises(BadValue, match=r"cannot read .* as audio") as caught:
        analyse(text)
    assert "wav, mp3, flac" in (caught.value.hint or "")
    with pytest.raises(BadValue, match="contains no samples"):
        analyse(save(np.zeros(0)))


def test_a_film_without_sound_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "mute.mp4"
    source = "color=black:s=16x16:d=0.2"
    ffmpeg.run(["-f", "lavfi", "-i", source, str(file)], doing="make a test film")
    with pytest.raises(BadValue, match=r"has no audio stream|contains no samples"):
        analyse(file)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_reported(tone: Make, save: Save) -> None:
    file = save(tone(100, 0.2))
    file.chmod(0)
    with pytest.raises(UsageError, match="cannot be read"):
        analyse(file)


@pytest.mark.parametrize(
    ("right", "kept"),
    [(-1.0, 1.0), (-0.9, 0.95), (1.0, 1.0), (0.0, 0.5), (0.5, 0.75), (-0.4, 0.3)],
)
def test_channels_that_cancel_are_taken_apart(right: float, kept: float) -> None:
    left = np.sin(np.arange(1000) * 0.1).astype(np.float32)
    sides = np.stack([left, right * left], axis=1)
    found = uncancelled(sides.mean(axis=1), sides)
    assert found == pytest.approx(kept * left, abs=1e-6)
