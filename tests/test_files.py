"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from storyboard.errors import StoryboardError
from storyboard.files import friendly_os_errors, is_file, missing_hint, read_bounded, write_whole


def test_a_file_is_replaced_whole_and_its_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    for data in (b"old", b"new"):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_what_cannot_be_written_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        StoryboardError, match=r"cannot write .*b\.txt: File exists: .*file; try again"
    ):
        write_whole(tmp_path / "file" / "b.txt", b"new", hint="try again")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoryboardError, match=r"cannot write .*folder: Is a directory$"):
        write_whole(tmp_path / "folder", b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_is_reported_in_its_own_words() -> None:
    with (
        pytest.raises(StoryboardError, match="cannot write film: No space left"),
        friendly_os_errors(Path("film")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_is_not_there_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "song.wav").touch()
    assert missing_hint(tmp_path / "sogn.wav") == "did you mean 'song.wav'?"
    assert missing_hint(tmp_path / "z") is None
    assert missing_hint(tmp_path / "nowhere" / "song.wav") is None


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("https://example.org/a.mp3", "addresses are not fetched"),
        ("http:/example.org/a.mp3", "addresses are not fetched"),
        ("file:///home/a.mp3", "addresses are not fetched"),
        ("www.example.org/a.mp3", "addresses are not fetched"),
        ("~/a.mp3", "write the whole path"),
        ("$HOME/a.mp3", "write the whole path"),
        ("%USERPROFILE%/a.mp3", "write the whole path"),
        ("music\\a.mp3", "write / between folders"),
    ],
)
def test_what_is_no_path_gets_a_hint(written: str, hint: str, tmp_path: Path) -> None:
    assert hint in str(missing_hint(tmp_path / written))


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b", "gone/" * 50])
def test_a_name_that_is_invalid_is_no_file(name: str, tmp_path: Path) -> None:
    assert not is_file(tmp_path / name)
    assert missing_hint(tmp_path / name) is None


def test_only_regular_files_are_read_and_only_to_a_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bounded(tmp_path / "file", 3) == b"1234"
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"regular|folder"):
            read_bounded(other, 3)
