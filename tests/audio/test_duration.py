"""Durations of sound files: exact to the sample where the format counts samples.

Headers of sound files, as libsndfile reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard.audio import audio_duration, sound_length
from storyboard.audio.duration import read_header
from storyboard.errors import BadValue
from storyboard.media import ffmpeg

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
def test_a_file_without_sound_is_reported(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"text.{suffix}"
    file.write_text("no sound")
    with pytest.raises(BadValue, match=r"cannot read .* as audio"):
        audio_duration(file)


def test_a_film_without_sound_is_no_soundtrack(tmp_path: Path) -> None:
    file = tmp_path / "mute.mp4"
    source = "color=black:s=16x16:d=0.2"
    ffmpeg.run(["-f", "lavfi", "-i", source, str(file)], doing="make a test film")
    with pytest.raises(BadValue, match="has no audio stream"):
        audio_duration(file)


SECONDS = 3
_VBR = ("-c:a", "libmp3lame", "-q:a", "0", "-write_xing", "0")


def song(file: Path, *coding: str) -> bytes:
    """Two seconds of noise and one of silence, coded as given; the file's bytes."""
    noise = f"aevalsrc='if(lt(t,2),0.7*(random(0)-0.5),0)':s=44100:d={SECONDS}"
    ffmpeg.run(["-f", "lavfi", "-i", noise, *coding, str(file)], doing="make a test sound")
    return file.read_bytes()


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("vbr.mp3", _VBR),
        ("tagged.mp3", ()),
        ("raw.aac", ("-f", "adts")),
        ("live.webm", ("-c:a", "libopus", "-live", "1")),
        ("live.mka", ("-c:a", "flac", "-live", "1")),
        ("parts.m4a", ("-movflags", "frag_keyframe+empty_moov", "-frag_duration", "500000")),
        ("cast.ts", ("-c:a", "aac")),
        ("pipe.flac", ("-f", "flac", "-flush_packets", "1")),
        ("old.wma", ()),
        ("raw.ac3", ()),
        ("whole.opus", ()),
    ],
)
def test_a_sound_lasts_as_long_as_what_is_in_it(
    name: str, coding: tuple[str, ...], tmp_path: Path
) -> None:
    song(tmp_path / name, *coding)
    length = sound_length(tmp_path / name)
    assert abs(length.seconds - SECONDS) < Fraction(1, 10)
    assert length.claimed is None


def _flac_stating(seconds: int) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        packed = int.from_bytes(raw[18:26], "big") >> 36 << 36 | seconds * RATE
        return raw[:18] + packed.to_bytes(8, "big") + raw[26:]

    return change


def _without_data_size(raw: bytes) -> bytes:
    place = raw.index(b"data") + 4
    return raw[:place] + bytes(4) + raw[place + 4 :]


@pytest.mark.parametrize(
    ("name", "change", "lasts", "claimed"),
    [
        ("cut.mp3", lambda raw: raw[: len(raw) // 2], None, 3),
        ("cut.flac", lambda raw: raw[: len(raw) // 2], None, 3),
        ("cut.webm", lambda raw: raw[: len(raw) // 2], None, 3),
        ("early.m4a", lambda raw: raw[: len(raw) // 2], None, 3),
        ("long.flac", _flac_stating(100), 3, 100),
        ("short.flac", _flac_stating(1), 3, 1),
        ("none.flac", _flac_stating(0), 3, None),
        ("tagged.flac", lambda raw: b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + raw, 3, None),
        ("twice.mp3", lambda raw: raw + raw, 6, 3),
        ("twice.ogg", lambda raw: raw + raw, 6, 3),
        ("noise.mp3", lambda raw: raw + np.random.default_rng(1).bytes(200_000), None, 3),
        ("zeros.mp3", lambda raw: raw + bytes(200_000), 3, None),
        ("noise.ogg", lambda raw: raw + b"x" * 200_000, 3, None),
        ("sizeless.wav", _without_data_size, 3, None),
    ],
)
def test_what_a_file_states_is_held_against_what_is_in_it(
    name: str,
    change: Callable[[bytes], bytes],
    lasts: int | None,
    claimed: int | None,
    tmp_path: Path,
) -> None:
    file = tmp_path / name
    early = ("-movflags", "+faststart") if file.suffix == ".m4a" else ()
    file.write_bytes(change(song(file, *early)))
    length = sound_length(file)
    decoded = Fraction(len(ffmpeg.decode_audio(file, rate=48000)), 48000)
    assert abs(length.seconds - (decoded if lasts is None else lasts)) < Fraction(1, 10)
    assert abs(length.seconds - decoded) < Fraction(1, 20)
    assert round(length.claimed or 0) == (claimed or 0)


def test_of_several_sounds_the_first_counts_and_pictures_do_not(tmp_path: Path) -> None:
    file = tmp_path / "two.mka"
    sounds = [part for n in (1, 4) for part in ("-f", "lavfi", "-i", f"sine=d={n}")]
    ffmpeg.run([*sounds, "-map", "0:a", "-map", "1:a", str(file)], doing="make two sounds")
    assert abs(audio_duration(file) - 1) < Fraction(1, 20)
    file = tmp_path / "film.mp4"
    picture = ["-f", "lavfi", "-i", "color=s=16x16:d=3:r=10"]
    ffmpeg.run([*picture, "-f", "lavfi", "-i", "sine=d=1", str(file)], doing="make a film")
    assert abs(audio_duration(file) - 1) < Fraction(1, 20)
    assert sound_length(file).claimed is None


def test_a_playlist_is_no_sound(tmp_path: Path) -> None:
    song(tmp_path / "private.ts", "-c:a", "aac")
    listed = f"#EXTINF:3.0,\n{tmp_path}/private.ts\n#EXT-X-ENDLIST\n"
    for name, text in (
        ("song.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n{listed}"),
        ("song.mp3", "ffconcat version 1.0\nfile 'private.ts'\n"),
    ):
        file = tmp_path / name
        file.write_text(text)
        with pytest.raises(BadValue, match=r"cannot read .* as audio") as caught:
            audio_duration(file)
        assert "playlists" in str(caught.value.hint)


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
