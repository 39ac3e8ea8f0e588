"""The folders that have frames of a story are found again, and only those."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storyboard.plan import Plan
from storyboard.render import render
from storyboard.render.store.work_folders import find_work_folder, note_work_folder


@pytest.fixture
def noted(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the film's first shot, noted for ``s.yaml``."""
    monkeypatch.chdir(tmp_path)
    render(plan, out="work/film.mp4", shots=["dawn"])
    note_work_folder(tmp_path / "s.yaml", Path("work"))
    note_work_folder(tmp_path / "s.yaml", Path("gone"))
    return tmp_path / "work"


def test_frames_are_found_by_the_story_they_are_of(noted: Path, plan: Plan) -> None:
    story = noted.parent / "s.yaml"
    assert find_work_folder(plan, story, Path("desk/a.gif")) == noted
    assert find_work_folder(plan, Path("s.yaml")) == noted
    assert find_work_folder(plan, noted.parent / "other.yaml") is None
    shutil.rmtree(noted)
    assert find_work_folder(plan, story) is None


def test_a_film_that_was_begun_goes_on_where_it_is(noted: Path, plan: Plan) -> None:
    shutil.copytree(noted, noted.parent / "copy")
    shutil.rmtree(next(noted.glob("shots/dawn-*")))
    story = noted.parent / "s.yaml"
    assert find_work_folder(plan, story, Path("copy/a.gif")) is None


def test_the_usual_folder_beside_the_story_is_known_without_a_note(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    usual = tmp_path / "out" / plan.name
    render(plan, out=usual / "film.mp4", shots=["fire"])
    assert find_work_folder(plan, tmp_path / "s.yaml", Path("a.gif")) == usual


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"folders": 3}', '{"folders": [null, "a\\u0000"]}']
)
def test_a_torn_note_is_no_error(
    noted: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setenv("STORYBOARD_CACHE", str(noted / "cache"))
    story = noted.parent / "s.yaml"
    note_work_folder(story, noted)
    (note,) = (noted / "cache" / "work").iterdir()
    note.write_text(content)
    assert find_work_folder(plan, story) is None
    note_work_folder(story, noted)
    assert find_work_folder(plan, story) == noted
