"""ffmpeg: found, run, and asked what a file holds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from storyboard.errors import EncodeFailed, MissingTool, UsageError
from storyboard.media import ffmpeg


def make_clip(path: Path, *, fps: str = "24", seconds: str = "0.5", tags: str = "") -> Path:
    """A test pattern of 64x36 with a tone, and ``tags`` in its metadata."""
    written = path.with_suffix(".txt")
    written.write_text(tags or ";FFMETADATA1\n", encoding="utf-8")
    pattern = ["-f", "lavfi", "-i", f"testsrc=s=64x36:r={fps}:d={seconds}"]
    tone = ["-f", "lavfi", "-i", f"sine=d={seconds}", "-i", str(written), "-map_metadata", "2"]
    ffmpeg.run(
        [*pattern, *tone, "-movflags", "+use_metadata_tags", str(path)], doing="make a test clip"
    )
    return path


@pytest.mark.parametrize(
    ("fps", "seconds", "expected", "frames"),
    [
        ("24", "0.5", Fraction(24), 12),
        ("24000/1001", "1.001", Fraction(24000, 1001), 24),
        ("30000/1001", "1.001", Fraction(30000, 1001), 30),
        ("12", "0.5", Fraction(12), 6),
        ("12.5", "0.4", Fraction(25, 2), 5),
        ("60", "0.25", Fraction(60), 15),
    ],
)
def test_probe_names_size_exact_rate_and_count(
    tmp_path: Path, fps: str, seconds: str, expected: Fraction, frames: int
) -> None:
    info = ffmpeg.probe(make_clip(tmp_path / "a.mp4", fps=fps, seconds=seconds), count=True)
    assert (info.width, info.height, info.fps) == (64, 36, expected)
    assert info.frame_count == frames
    assert info.has_audio
    assert info.duration is not None
    assert abs(info.duration - frames / expected) < Fraction(1, 20)


def test_probe_counts_only_when_asked(tmp_path: Path) -> None:
    assert ffmpeg.probe(make_clip(tmp_path / "a.mp4")).frame_count is None


def test_metadata_comes_back_as_it_went_in(tmp_path: Path) -> None:
    tags = {"title": "a=b; #1 \\ back", "storyboard": '{"story": "shots:\\n  - {a: 1}"}\nlast; ä'}
    clip = make_clip(tmp_path / "a.mp4", tags=ffmpeg.write_metadata(tags))
    found = ffmpeg.probe(clip).metadata
    assert {key: found[key] for key in tags} == tags


def test_sound_without_pictures(tmp_path: Path) -> None:
    path = tmp_path / "tone.flac"
    ffmpeg.run(["-f", "lavfi", "-i", "sine=d=1.25:r=44100", str(path)], doing="make a tone")
    info = ffmpeg.probe(path, count=True)
    assert info.has_audio
    assert info.duration == Fraction(5, 4)
    assert (info.width, info.fps, info.frame_count) == (None, None, None)
    sound = ffmpeg.decode_audio(path, rate=8000, channels=2)
    assert sound.shape == (10000, 2)
    assert 0.01 < float(np.abs(sound).max()) <= 1


def test_decoded_frames_have_the_shape_and_number_of_the_clip(tmp_path: Path) -> None:
    frames = list(ffmpeg.decode_frames(make_clip(tmp_path / "a.mp4")))
    assert len(frames) == 12
    assert {frame.shape for frame in frames} == {(36, 64, 3)}
    assert all(frame.dtype == np.uint8 for frame in frames)


def test_decoding_may_be_left_early(tmp_path: Path) -> None:
    frames = ffmpeg.decode_frames(make_clip(tmp_path / "a.mp4", seconds="4"))
    assert next(frames).shape == (36, 64, 3)
    frames.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("ask", [ffmpeg.probe, ffmpeg.count_frames])
def test_a_missing_file_is_named(tmp_path: Path, ask: object) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.mp4"):
        ask(tmp_path / "nowhere.mp4")  # type: ignore[operator]


def test_a_file_that_is_no_media_is_named_with_what_ffmpeg_says(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("not a film")
    with pytest.raises(EncodeFailed, match=r"notes\.mp4") as caught:
        ffmpeg.probe(path)
    assert caught.value.stderr_tail
    with pytest.raises(EncodeFailed):
        list(ffmpeg.decode_frames(path))


def test_a_failed_run_shows_its_command_and_the_end_of_its_messages() -> None:
    with pytest.raises(EncodeFailed, match="could not do this") as caught:
        ffmpeg.run(["-f", "lavfi", "-i", "no_such_source", "x.mp4"], doing="do this")
    assert "no_such_source" in caught.value.stderr_tail
    assert "no_such_source" in caught.value.command


def test_a_wrong_choice_of_ffmpeg_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYBOARD_FFMPEG", "no-such-program")
    with pytest.raises(MissingTool, match="no-such-program"):
        ffmpeg.executable()


def test_the_version_is_one_line() -> None:
    assert ffmpeg.version().startswith("ffmpeg version")
