"""Files that are whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from storyboard.errors import StoryboardError
from storyboard.files import missing_hint, told_plainly, write_whole


def test_a_file_is_replaced_whole_and_its_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    for data in (b"old", b"new"):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoryboardError, match=r"cannot write .*b\.txt: File exists; try again"):
        write_whole(tmp_path / "file" / "b.txt", b"new", hint="try again")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoryboardError, match=r"cannot write .*folder: Is a directory$"):
        write_whole(tmp_path / "folder", b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_is_told_in_its_own_words() -> None:
    with (
        pytest.raises(StoryboardError, match="cannot write film: No space left"),
        told_plainly(Path("film")),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_is_not_there_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "song.wav").touch()
    assert missing_hint(tmp_path / "sogn.wav") == "did you mean 'song.wav'?"
    assert missing_hint(tmp_path / "z") is None
    assert missing_hint(tmp_path / "nowhere" / "song.wav") is None
