"""The story's file: written by one at a time, changed by others at any time."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import StoryboardError
from storyboard.studio.document import Change, Conflict, Document, ReadOnly, version_of


@pytest.fixture
def document(tmp_path: Path) -> Document:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfseed: 1\r\n# end\r\n")
    return Document(file)


def test_line_ends_and_mark_of_the_file_stay(document: Document) -> None:
    assert document.text == "seed: 1\n# end\n"
    document.write("seed: 2\n# end\n", "a", base=document.version)
    assert document.file.read_bytes() == b"\xef\xbb\xbfseed: 2\r\n# end\r\n"


def test_undo_and_redo_go_through_all_changes(document: Document) -> None:
    texts = ["seed: 1\n# end\n", "seed: 2\n", "seed: 3\n"]
    for text in texts[1:]:
        document.write(text, f"to {text}", base=document.version)
    for text in (*reversed(texts[:-1]),):
        document.undo(base=document.version)
        assert document.text == text
    with pytest.raises(Conflict, match="nothing to undo"):
        document.undo(base=document.version)
    for text in texts[1:]:
        document.redo(base=document.version)
        assert document.text == text
    document.undo(base=document.version)
    document.write("seed: 4\n", "another way", base=document.version)
    with pytest.raises(Conflict, match="nothing to redo"):
        document.redo(base=document.version)


def test_what_another_program_wrote_is_taken_in_and_can_be_undone(document: Document) -> None:
    assert document.look() is None
    document.file.write_text("seed: 9\n")
    change = document.look()
    assert change is not None
    assert (change.after, document.text) == ("seed: 9\n", "seed: 9\n")
    document.undo(base=document.version)
    assert document.text == "seed: 1\n# end\n"


def test_an_edit_of_an_older_version_is_a_conflict_and_writes_nothing(document: Document) -> None:
    base = document.version
    document.file.write_text("seed: 9\n")  # nobody has looked since
    with pytest.raises(Conflict):
        document.write("seed: 2\n", "mine", base=base)
    assert document.file.read_text() == "seed: 9\n"
    document.write("seed: 2\n", "mine", base=version_of("seed: 9\n"))
    assert document.file.read_text() == "seed: 2\n"


def test_the_same_text_is_no_change(document: Document) -> None:
    document.write(document.text, "nothing", base=document.version)
    assert document.done == []


def test_a_document_for_reading_is_never_written(document: Document) -> None:
    shown = Document(document.file, read_only=True)
    before = document.file.read_bytes()
    for change in (lambda: shown.write("x", "x", base=shown.version), shown.undo, shown.redo):
        with pytest.raises((ReadOnly, TypeError)):
            change()
    with pytest.raises(ReadOnly):
        shown.undo(base=shown.version)
    assert document.file.read_bytes() == before


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01" * 3, b"RIFF....WAVEfmt ", b"\xc3\x28"])
def test_what_cannot_be_read_leaves_the_text_as_it_was(document: Document, content: bytes) -> None:
    document.file.write_bytes(content)
    try:
        document.look()
    except StoryboardError:
        assert document.text == "seed: 1\n# end\n"
    document.file.unlink()
    with pytest.raises(StoryboardError):
        document.look()


def test_a_diff_has_the_lines_that_went_and_came() -> None:
    change = Change("a\nb\nc\n", "a\nB\nc\nd\n", "x")
    shown = [(line["sign"], line["line"], line["text"]) for line in change.diff()]
    assert shown == [("-", 2, "b"), ("+", 2, "B"), ("+", 4, "d")]
