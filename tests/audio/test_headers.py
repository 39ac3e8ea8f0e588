"""The headers of sound files: what libsndfile says of them, without libsndfile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard.audio import sound_length
from storyboard.audio.headers import read_header
from storyboard.media import ffmpeg

RATE = 44100


def tone(file: Path, *, samples: int = 5 * RATE + 3, channels: int = 2, subtype: str = "") -> Path:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (samples, channels))
    rate = 48000 if subtype == "OPUS" else RATE
    soundfile.write(file, noise, rate, subtype=subtype or None)
    return file


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", ""), ("wav", "FLOAT"), ("wav", "PCM_24"), ("flac", ""), ("ogg", "")],
)
def test_says_what_libsndfile_says(
    suffix: str, subtype: str, channels: int, tmp_path: Path
) -> None:
    file = tone(tmp_path / f"tone.{suffix}", channels=channels, subtype=subtype)
    header, info = read_header(file), soundfile.info(file)
    assert header is not None
    assert (header.frames, header.rate, header.torn) == (info.frames, info.samplerate, False)


@pytest.mark.parametrize("name", ["tone.wav", "tone.flac", "tone.ogg"])
def test_says_of_ffmpegs_files_what_libsndfile_says(name: str, tmp_path: Path) -> None:
    source, file = tone(tmp_path / "source.wav"), tmp_path / name
    codec = ["-strict", "-2", "-c:a", "vorbis"] if name.endswith("ogg") else []
    ffmpeg.run(["-i", str(source), *codec, str(file)], doing="make a test sound")
    header, info = read_header(file), soundfile.info(file)
    assert header is not None
    assert (header.frames, header.rate, header.torn) == (info.frames, info.samplerate, False)


@pytest.mark.parametrize("suffix", ["wav", "ogg"])
@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9, 0.999])
def test_a_file_that_ends_early_is_torn_and_holds_what_is_there(
    suffix: str, kept: float, tmp_path: Path
) -> None:
    file = tone(tmp_path / f"tone.{suffix}")
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * kept)])
    header = read_header(file)
    assert sound_length(file).torn
    assert header is not None
    # an Ogg page is decoded whole or not at all, and holds no more than a second or so
    assert 5 * kept - 1.5 < header.duration <= 5 * kept + 0.5


def test_a_stream_that_did_not_know_its_size_is_whole(tmp_path: Path) -> None:
    file = tone(tmp_path / "tone.wav")
    raw = bytearray(file.read_bytes())
    size = raw.index(b"data") + 4
    raw[size : size + 4] = b"\xff\xff\xff\xff"
    file.write_bytes(raw)
    header = read_header(file)
    assert header is not None
    assert (header.frames, header.torn) == (5 * RATE + 3, False)


@pytest.mark.parametrize(
    "content",
    [b"", b"RI", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC\0", b"OggS", b"OggS" * 99, b"text"],
)
def test_what_is_not_plain_is_left_to_a_library(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sound"
    file.write_bytes(content)
    assert read_header(file) is None


def test_an_mp3_states_what_its_encoder_was_given(tmp_path: Path) -> None:
    source, file = tone(tmp_path / "source.wav"), tmp_path / "tone.mp3"
    ffmpeg.run(["-i", str(source), str(file)], doing="make a test sound")
    header = read_header(file)
    assert header is not None
    assert (header.frames, header.rate, header.counted) == (5 * RATE + 3, RATE, False)


@pytest.mark.parametrize(("suffix", "subtype"), [("ogg", "OPUS"), ("wav", "IMA_ADPCM")])
def test_other_codecs_are_left_to_a_library(suffix: str, subtype: str, tmp_path: Path) -> None:
    assert read_header(tone(tmp_path / f"tone.{suffix}", channels=1, subtype=subtype)) is None
