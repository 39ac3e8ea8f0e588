"""The encoder: every film is decoded and counted, heard and read back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.errors import EncodeFailed, UsageError
from storyboard.media import ffmpeg
from storyboard.media.ffmpeg import Picture
from storyboard.plan import AudioPlan
from storyboard.render.output.containers import format_of
from storyboard.render.output.embed import png_bytes, read_embedded
from storyboard.render.output.encode import AUDIO_RATE, Encoder, FilmSpec, check_film, cut_audio

BODY = json.dumps({"story": "title: a = b; # ä\nshots:\n  - {prompt: x}\n", "seed": 7})
TAGS = {"title": "A film", "comment": "two\nlines", "storyboard": BODY}
SPEC = FilmSpec(64, 36, Fraction(24), 5, crf=16, tags=TAGS)


def pictures(spec: FilmSpec) -> Iterator[Picture]:
    """Smooth colours that move on from picture to picture."""
    y, x = np.mgrid[0 : spec.height, 0 : spec.width]
    for n in range(spec.frame_count):
        shades = (x * 255 / spec.width, y * 255 / spec.height, 0 * x + 40 + 9 * n % 150)
        yield np.stack(shades, axis=-1).astype(np.uint8)


def encode(path: Path, spec: FilmSpec) -> Path:
    with Encoder(path, spec) as encoder:
        for picture in pictures(spec):
            encoder.write(picture)
    return path


def tone(path: Path, *, seconds: str = "1.7", rate: int = 44100) -> Path:
    """Silence for 0.5 s, then a tone."""
    source = f"aevalsrc=gt(t\\,0.5)*0.5*sin(2*PI*440*t):s={rate}:d={seconds}"
    ffmpeg.run(["-f", "lavfi", "-i", source, str(path)], doing="make a tone")
    return path


def loudness(path: Path) -> Callable[[float, float], float]:
    sound = ffmpeg.decode_audio(path, rate=AUDIO_RATE)[:, 0]
    return lambda a, b: float(np.abs(sound[int(a * AUDIO_RATE) : int(b * AUDIO_RATE)]).max())


@pytest.mark.parametrize(
    ("fps", "count"),
    [("24", 7), ("25", 1), ("24000/1001", 31), ("30000/1001", 13), ("12", 5), ("60", 59)],
)
def test_every_frame_arrives_at_the_exact_rate(tmp_path: Path, fps: str, count: int) -> None:
    spec = replace(SPEC, fps=Fraction(fps), frame_count=count)
    info = ffmpeg.probe(encode(tmp_path / "film.mp4", spec), count=True)
    assert (info.width, info.height, info.fps) == (64, 36, Fraction(fps))
    assert info.frame_count == count
    assert info.duration is not None
    assert abs(info.duration - spec.duration) <= Fraction(1, 100)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("a.mp4", 4), ("a.webm", 6), ("a.mov", 3), ("a.gif", 24), ("A.MP4", 4)],
)
def test_every_container_shows_the_colours_that_went_in(
    tmp_path: Path, name: str, tolerance: float
) -> None:
    film = encode(tmp_path / name, SPEC)
    decoded = list(ffmpeg.decode_frames(film))
    assert len(decoded) == SPEC.frame_count
    for got, wanted in zip(decoded, pictures(SPEC), strict=True):
        assert np.abs(got.astype(int) - wanted.astype(int)).mean() < tolerance / 2
        assert abs(float(got.mean()) - float(wanted.mean())) < 1.5
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_still_film_keeps_all_its_frames(tmp_path: Path) -> None:
    still = np.full((36, 64, 3), 90, np.uint8)
    for name in ("a.mp4", "a.gif", "a.webm"):
        with Encoder(tmp_path / name, SPEC) as encoder:
            for _ in range(SPEC.frame_count):
                encoder.write(still)
        assert ffmpeg.count_frames(tmp_path / name) == SPEC.frame_count


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov", "a.gif"])
def test_the_story_is_read_back_from_the_film(tmp_path: Path, name: str) -> None:
    assert read_embedded(encode(tmp_path / name, SPEC)) == json.loads(BODY)


def test_the_story_is_read_back_from_a_picture_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(png_bytes(next(pictures(SPEC)), TAGS))
    assert read_embedded(tmp_path / "1.png") == json.loads(BODY)
    assert read_embedded(tmp_path) == json.loads(BODY)


def test_title_and_comment_are_there_for_people(tmp_path: Path) -> None:
    metadata = ffmpeg.probe(encode(tmp_path / "a.mp4", SPEC)).metadata
    assert (metadata["title"], metadata["comment"]) == ("A film", "two\nlines")


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov", "a.gif"])
def test_a_film_without_a_story_says_so(tmp_path: Path, name: str) -> None:
    film = encode(tmp_path / name, replace(SPEC, tags={"title": "A film"}))
    with pytest.raises(UsageError, match="holds no story"):
        read_embedded(film)


def test_players_get_high_profile_420_limited_bt709_with_the_index_in_front(tmp_path: Path) -> None:
    film = encode(tmp_path / "a.mp4", replace(SPEC, crf=0))
    told = ffmpeg.describe(film)
    assert "h264 (High)" in told
    assert "yuv420p(tv, bt709" in told
    data = film.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize(
    ("container", "fps", "count"), [("mp4", "24000/1001", 24), ("webm", "60", 100)]
)
def test_sound_of_every_format_is_as_long_as_the_pictures(
    tmp_path: Path, suffix: str, container: str, fps: str, count: int
) -> None:
    file = tone(tmp_path / f"tone.{suffix}")
    audio = AudioPlan(file, Fraction(0), Fraction(0), Fraction(5))
    spec = replace(SPEC, fps=Fraction(fps), frame_count=count, audio=audio)
    film = encode(tmp_path / f"film.{container}", spec)
    heard = Fraction(len(ffmpeg.decode_audio(film, rate=AUDIO_RATE)), AUDIO_RATE)
    assert abs(heard - spec.duration) < 1 / spec.fps
    assert ffmpeg.count_frames(film) == count
    level = loudness(film)
    assert level(0, 0.45) < 0.02
    assert level(0.55, 0.9) > 0.4


@pytest.mark.parametrize(
    ("audio", "quiet", "loud"),
    [
        # the tone begins at 0.5 s of the file: heard from its 0.4 s on, at 1 s of the film
        ((Fraction(2, 5), Fraction(1), Fraction(9)), [(0, 1.05)], (1.15, 1.9)),
        # it is cut where the plan ends it, and silence is added to the film's end
        ((Fraction(1), Fraction(0), Fraction(1, 2)), [(0.55, 2)], (0.05, 0.45)),
        # a file that ends before the film does
        ((Fraction(0), Fraction(0), Fraction(9)), [(0, 0.45), (1.75, 2)], (0.6, 1.6)),
    ],
)
def test_sound_is_trimmed_moved_and_padded(
    tmp_path: Path,
    audio: tuple[Fraction, Fraction, Fraction],
    quiet: list[tuple[float, float]],
    loud: tuple[float, float],
) -> None:
    plan = AudioPlan(tone(tmp_path / "tone.wav"), *audio)
    spec = replace(SPEC, fps=Fraction(12), frame_count=24, audio=plan)
    level = loudness(encode(tmp_path / "a.mov", spec))
    assert all(level(*stretch) < 0.01 for stretch in quiet)
    assert level(*loud) == pytest.approx(0.5, abs=0.02)


def test_gain_is_in_decibels(tmp_path: Path) -> None:
    plan = AudioPlan(tone(tmp_path / "tone.wav"), Fraction(1), Fraction(0), Fraction(9), -6.0206)
    film = encode(tmp_path / "a.mov", replace(SPEC, audio=plan))
    assert loudness(film)(0.05, 0.15) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 10, (5, 2, 6)),
        (3, 5, (6, 0, 2)),
        (1, 3, (5, 1, 2)),
        (0, 2, None),
        (6, 9, None),
    ],
)
def test_a_piece_of_the_film_has_its_piece_of_the_sound(
    start: int, end: int, expected: tuple[int, int, int] | None
) -> None:
    audio = AudioPlan(Path("song.wav"), Fraction(5), Fraction(2), Fraction(6), 1.5)
    cut = cut_audio(audio, Fraction(start), Fraction(end))
    got = cut and (cut.source_start, cut.film_start, cut.film_end)
    assert got == expected
    assert cut is None or cut.gain_db == 1.5


def test_too_few_pictures_are_an_error_and_leave_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(EncodeFailed, match="4 pictures were written of 5"),
        Encoder(tmp_path / "a.mp4", SPEC) as encoder,
    ):
        for picture in list(pictures(SPEC))[:4]:
            encoder.write(picture)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_ffmpeg_is_told_with_its_words_and_never_hangs(tmp_path: Path) -> None:
    plan = AudioPlan(tmp_path / "gone.wav", Fraction(0), Fraction(0), Fraction(1))
    spec = replace(SPEC, frame_count=500, audio=plan)
    with pytest.raises(EncodeFailed, match=r"gone\.wav") as caught:
        encode(tmp_path / "a.mp4", spec)
    assert "No such file" in caught.value.stderr_tail
    assert caught.value.command
    assert list(tmp_path.iterdir()) == []
    assert "encoder" not in {thread.name for thread in threading.enumerate()}


def test_an_error_of_the_painter_is_the_one_that_is_heard(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="painter"), Encoder(tmp_path / "a.mp4", SPEC) as encoder:
        encoder.write(next(pictures(SPEC)))
        raise KeyError("painter")
    assert list(tmp_path.iterdir()) == []


def test_the_old_film_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    film = encode(tmp_path / "a.mp4", SPEC)
    before = film.read_bytes()
    with pytest.raises(EncodeFailed):
        encode(
            film, replace(SPEC, audio=AudioPlan(tmp_path / "x", *[Fraction(0)] * 2, Fraction(1)))
        )
    assert film.read_bytes() == before


@pytest.mark.parametrize("shape", [(36, 63, 3), (64, 36, 3), (36, 64)])
def test_a_picture_of_another_size_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with (
        pytest.raises(EncodeFailed, match="must be uint8"),
        Encoder(tmp_path / "a.mp4", SPEC) as encoder,
    ):
        encoder.write(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(("name", "size"), [("a.mp4", (63, 36)), ("a.webm", (64, 35))])
def test_odd_sizes_are_refused_with_the_nearest_even_one(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    with pytest.raises(UsageError, match=f"{size[0] // 2 * 2}x{size[1] // 2 * 2} instead of"):
        Encoder(tmp_path / name, replace(SPEC, width=size[0], height=size[1]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame_count": 6}, "holds 5 frames of 6"),
        ({"width": 66}, "is 64x36, not 66x36"),
        ({"audio": AudioPlan(Path("x"), *[Fraction(0)] * 2, Fraction(1))}, "has no soundtrack"),
    ],
)
def test_the_check_sees_what_is_missing(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    film = encode(tmp_path / "a.mp4", SPEC)
    check_film(film, SPEC)
    with pytest.raises(EncodeFailed, match=message):
        check_film(film, replace(SPEC, **change))  # type: ignore[arg-type]


def test_unknown_suffixes_name_the_nearest() -> None:
    assert format_of(Path("out/frames")) == "png"
    with pytest.raises(UsageError, match=r"did you mean 'mp4'"):
        format_of(Path("film.mp5"))


def test_a_png_is_the_picture_itself(tmp_path: Path) -> None:
    picture = next(pictures(SPEC))
    (tmp_path / "1.png").write_bytes(png_bytes(picture))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "1.png")), picture)


@pytest.mark.parametrize("script", ["exit 0", "cat >/dev/null", "head -c 9 >/dev/null"])
def test_an_ffmpeg_that_ends_well_and_makes_no_film_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """F65: it is the encoder that fails, not the disk."""
    program = tmp_path / "not-ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("STORYBOARD_FFMPEG", str(program))
    spec = FilmSpec(width=64, height=48, fps=Fraction(12), frame_count=40)
    with (
        pytest.raises(EncodeFailed, match=r"film\.mp4: ffmpeg ended with 0 .*not-ffmpeg"),
        Encoder(tmp_path / "film.mp4", spec) as encoder,
    ):
        for _ in range(40):
            encoder.write(np.zeros((48, 64, 3), np.uint8))
    assert not list(tmp_path.glob("*.part"))
