"""Films as pictures at times: the times are the file's own, and access is random."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from storyboard.errors import BadValue, EncodeFailed
from storyboard.media import ffmpeg
from storyboard.media.clip_file import ClipFile, Timing, read_timing

Make = Callable[..., Path]


def noise(count: int) -> npt.NDArray[np.uint8]:
    """Pictures of which no two are alike, even when they are coded with loss."""
    cells = np.random.default_rng(5).integers(0, 256, (count, 9, 16, 3), dtype=np.uint8)
    return cells.repeat(4, axis=1).repeat(4, axis=2)


@pytest.mark.parametrize(
    ("name", "rate", "tick"),
    [
        ("a.mp4", "12", 0),
        ("a.mp4", "24", 0),
        ("a.mp4", "25", 0),
        ("a.mp4", "30", 0),
        ("a.mp4", "24000/1001", 0),
        ("a.mkv", "24000/1001", Fraction(1, 2000)),  # whole milliseconds are all it can hold
        ("a.gif", "10", 0),
    ],
)
def test_every_picture_has_the_time_that_the_file_gives_it(
    make_clip: Make, name: str, rate: str, tick: Fraction
) -> None:
    timing = read_timing(make_clip(name, noise(30), rate))
    fps = Fraction(rate)
    assert len(timing.starts) == 30
    for n, start in enumerate(timing.starts):
        assert abs(start - n / fps) <= tick
    assert abs(timing.end - len(timing.starts) / fps) <= Fraction(1, 500)


FPS = [Fraction(n) for n in (12, 24, 25, 30, 60)] + [Fraction(24000, 1001)]


@pytest.mark.parametrize("film", FPS, ids=str)
@pytest.mark.parametrize("clip", FPS, ids=str)
def test_a_moment_shows_the_picture_that_is_on(clip: Fraction, film: Fraction) -> None:
    """Ten minutes, and the last frame still shows what it should."""
    count = int(600 * clip)
    timing = Timing(tuple(n / clip for n in range(count)), count / clip)
    for frame in [*range(200), *range(int(600 * film) - 300, int(600 * film) - 100)]:
        time = frame / film
        shown = timing.at(time)
        assert timing.starts[shown] <= time + Fraction(1, 1000)
        assert time + Fraction(1, 1000) < timing.starts[shown] + 1 / clip
        if clip == film:
            assert shown == frame


def test_times_in_whole_milliseconds_skip_and_double_nothing() -> None:
    fps = Fraction(24000, 1001)
    rounded = tuple(Fraction(round(n / fps * 1000), 1000) for n in range(5000))
    timing = Timing(rounded, 5000 / fps)
    assert [timing.at(n / fps) for n in range(5000)] == list(range(5000))


def test_before_the_first_picture_and_after_the_last_the_nearest_is_on() -> None:
    timing = Timing((Fraction(1, 10), Fraction(2, 10)), Fraction(3, 10))
    assert [timing.at(Fraction(n, 20)) for n in (0, 1, 2, 3, 4, 5, 9)] == [0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("order", ["backwards", "shuffled", "skipping"])
def test_a_picture_is_the_same_bytes_whatever_was_read_before(make_clip: Make, order: str) -> None:
    path = make_clip("a.mp4", noise(48))
    count = 48
    straight = ClipFile(path, (18, 32), "cover")
    pictures = [straight.picture(n) for n in range(count)]
    assert len({picture.tobytes() for picture in pictures}) == count
    numbers = list(range(count))
    numbers = {
        "backwards": numbers[::-1],
        "shuffled": random.Random(3).sample(numbers, 12),
        "skipping": numbers[::7],
    }[order]
    clip = ClipFile(path, (18, 32), "cover")
    for number in numbers:
        assert np.array_equal(clip.picture(number), pictures[number]), number


def test_what_an_edit_list_cuts_off_is_not_counted(make_clip: Make, tmp_path: Path) -> None:
    whole = make_clip("a.mp4", noise(48), "24")
    cut = tmp_path / "cut.mp4"
    ffmpeg.run(["-ss", "0.5", "-i", str(whole), "-c", "copy", str(cut)], doing="cut")
    timing = read_timing(cut)
    assert timing.starts[0] == 0
    assert len(timing.starts) == ffmpeg.count_frames(cut)
    last, clip = len(timing.starts) - 1, ClipFile(cut, (36, 64), "cover")
    assert np.array_equal(clip.picture(last), ClipFile(whole, (36, 64), "cover").picture(47))


@pytest.mark.parametrize(
    ("fit", "size", "covered"),
    [
        ("cover", (36, 64), 1.0),
        ("cover", (40, 20), 1.0),
        ("contain", (64, 64), 36 / 64),
        ("contain", (36, 128), 0.5),
        ("stretch", (50, 20), 1.0),
    ],
)
def test_a_clip_of_another_shape_fits(
    make_clip: Make, fit: str, size: tuple[int, int], covered: float
) -> None:
    picture = ClipFile(make_clip("a.mp4", noise(4)), size, fit).picture(3)
    assert picture.shape == (*size, 4)
    assert picture[..., 3].mean() / 65535 == pytest.approx(covered, abs=0.02)


def test_colours_come_out_as_they_are(make_clip: Make) -> None:
    pictures = noise(2)
    picture = ClipFile(make_clip("a.mkv", pictures), (36, 64), "cover").picture(1) / 65535 * 255
    assert np.abs(picture[..., :3] - pictures[1]).max() < 1.5  # of 255: on its way through YUV


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("a.mp4", b"no film at all", "cannot be read as a film"), ("a.mp4", b"", "cannot be read")],
)
def test_what_is_no_film_is_reported(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadValue, match=message):
        read_timing(tmp_path / name)


def test_a_file_with_sound_only_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    ffmpeg.run(["-f", "lavfi", "-i", "sine=duration=0.2", str(path)], doing="make a sound")
    with pytest.raises(BadValue, match="has no video stream"):
        read_timing(path)


def test_a_torn_film_says_which_picture_is_lost(make_clip: Make) -> None:
    path = make_clip("a.avi", noise(48))
    clip = ClipFile(path, (36, 64), "cover")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(EncodeFailed, match=r"damaged: picture \d+ of 48"):
        clip.picture(47)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", "a private note\n" * 40),
        ("list.mp4", "ffconcat version 1.0\nfile 'private.mkv'\n"),
        ("list.m3u8", "#EXTM3U\n#EXTINF:1,\nprivate.mkv\n#EXT-X-ENDLIST\n"),
        ("titles.srt", "1\n00:00:00,000 --> 00:00:09,000\nwords\n"),
        ("tags.mp4", ";FFMETADATA1\ntitle=a\n"),
    ],
)
def test_a_text_and_a_list_of_files_are_no_clips(make_clip: Make, name: str, text: str) -> None:
    file = make_clip("private.mkv", noise(12)).with_name(name)
    file.write_text(text)
    with pytest.raises(BadValue, match="cannot be read as a film") as caught:
        read_timing(file)
    assert "playlists, lists of files and texts" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("a.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p")),
        ("b.webm", ("-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0")),
        ("a.mkv", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p")),
        ("a.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("b.mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
        ("b.mkv", ("-c:v", "ffv1", "-pix_fmt", "bgra")),
    ],
)
def test_what_is_transparent_stays_so(name: str, coding: tuple[str, ...], tmp_path: Path) -> None:
    look = "testsrc2=s=64x36:r=10:d=0.5,format=rgba,colorchannelmixer=aa=0.5"
    ffmpeg.run(["-f", "lavfi", "-i", look, *coding, str(tmp_path / name)], doing="make a test clip")
    clip = ClipFile(tmp_path / name, (36, 64), "stretch")
    for number in (3, 0):
        alpha = clip.picture(number)[..., 3] / 65535
        assert np.abs(alpha - 0.5).max() < 0.02
    clip.close()
